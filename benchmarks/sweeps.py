"""Sweeps of any size put to the proof: memory, interruptions, workers and their deaths.

    memory   peak memory of a sweep with a checkpoint that returns files, and its speed against `solve` alone
    kill     a sweep in a process of its own is killed at random moments; what it ends with is compared, byte for byte, with
             a sweep that was left in peace, and every chunk that was begun more than once is counted
    dask     two worker processes on a cluster over TCP against one process, in NumPy, then again with one worker killed

Speeds depend on the machine and its neighbours, efficiency on whether two cores are free.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import bargaining as bg
from bargaining.calibrations.rows import Calibrations
from bargaining.sweeps.chunks import Plan
from bargaining.sweeps.running import CHUNK

KEPT = ("L", "psi", "theta", "stake", "revenue_share", "access", "safety", "gain Microsoft", "gain OpenAI")


def question(games: int) -> dict[str, Any]:
    """Return what is swept: Nash on draws from all ranges of the flagship case."""
    case = bg.cases.load("microsoft-openai")
    return {"asked": case, "calibrations": bg.draws(case.ranges, games, rng=1), "concepts": bg.Nash(), "keep": KEPT}


def sweep(games: int, chunk: int, folder: Path, **options: Any) -> tuple[Path, ...]:
    return bg.sweep(**question(games), chunk=chunk, checkpoint=folder, form="files", **options)


def child(games: int, chunk: int, folder: str) -> None:
    """Sweep, and write down which chunks are begun."""
    solve = Plan.table

    def noted(self: Plan, calibrations: Calibrations, first: int) -> Any:
        with Path(folder + ".begun").open("a", encoding="utf-8") as file:
            file.write(f"{first // chunk}\n")
        return solve(self, calibrations, first)

    Plan.table = noted  # type: ignore[method-assign]
    sweep(games, chunk, Path(folder))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def word(same: bool) -> str:
    return "the same" if same else "OTHER"


def started(games: int, chunk: int, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "child", "--games", str(games), "--chunk", str(chunk), "--folder", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def begun(folder: Path) -> list[int]:
    return [int(line) for line in Path(f"{folder}.begun").read_text(encoding="utf-8").split()]


def least(work: Callable[[], Any]) -> float:
    """Return the least CPU time of three runs."""
    spent = []
    for _ in range(3):
        clock = time.process_time()
        work()
        spent.append(time.process_time() - clock)
    return min(spent)


def memory(games: int, chunk: int, place: Path) -> bool:
    clock = time.perf_counter()
    with started(games, chunk, place / "memory") as process:
        said, _ = process.communicate()
    seconds = time.perf_counter() - clock
    size = sum(path.stat().st_size for path in (place / "memory").glob("part-*"))
    peak = int(said) / 2**20
    print(f"{games:,} games in chunks of {chunk:,}: peak {peak:.2f} GiB, {size / 2**30:.2f} GiB of files")
    print(f"{games / seconds:,.0f} games a second, start and checkpoint included")
    drawn = question(games)
    rows = drawn["calibrations"].rows(0, min(games, 100_000))

    def alone() -> Any:
        return bg.solve(drawn["asked"].problem(**rows), drawn["concepts"], certify=False)

    def swept() -> Any:
        return bg.sweep(**{**drawn, "calibrations": rows}, chunk=chunk)

    print(f"CPU time of a sweep in memory: {least(swept) / least(alone):.2f} times that of solve alone")
    return peak < 2.0


def kill(games: int, chunk: int, place: Path, kills: int) -> bool:
    clock = time.perf_counter()
    peaceful = sweep(games, chunk, place / "peace")
    seconds = time.perf_counter() - clock
    rng = np.random.default_rng()
    killed = 0
    Path(f"{place / 'killed'}.begun").touch()
    while True:
        before = len(begun(place / "killed"))
        with started(games, chunk, place / "killed") as process:
            if killed == kills:
                process.communicate()
                break
            while process.poll() is None and len(begun(place / "killed")) == before:
                time.sleep(0.01)  # until it is at work
            try:
                process.wait(timeout=rng.uniform(0.0, seconds / kills))
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                killed += 1
    files = sorted((place / "killed").glob("part-*"))
    same = [path.name for path in files] == [path.name for path in peaceful]
    same &= all(filecmp.cmp(one, two, shallow=False) for one, two in zip(files, peaceful, strict=True))
    chunks = begun(place / "killed")
    twice = len(chunks) - len(set(chunks))
    print(f"{games:,} games, killed {killed} times: {word(same)} bytes")
    print(f"{twice} of {len(set(chunks))} chunks begun again")
    if killed < kills:
        print(f"it ended before it was killed {kills} times, which proves nothing: ask for more games")
    return same and killed == kills and twice <= killed


def dask(games: int, chunk: int, place: Path) -> bool:
    from distributed import Client, LocalCluster

    asked = {**question(games), "chunk": chunk, "backend": "numpy"}  # C uses both cores in one process
    clock = time.perf_counter()
    serial = bg.sweep(**asked)
    one = time.perf_counter() - clock
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="tcp://127.0.0.1", dashboard_address=None,
            local_directory=str(place), silence_logs=50,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        executor = client.get_executor()
        client.run(bg.sweep, **{**asked, **question(100)})  # imports, in each worker
        clock = time.perf_counter()
        parallel = bg.sweep(**asked, executor=executor)
        two = time.perf_counter() - clock
        same = parallel.equals(serial)
        print(f"{games:,} games: {one:.1f} s alone, {two:.1f} s with two workers: efficiency {one / two / 2:.2f}")
        print(f"with two workers: {word(same)} answers")
        victim = next(iter(client.run(os.getpid).values()))
        timer = threading.Timer(two / 2, os.kill, (victim, signal.SIGKILL))
        timer.start()
        again = bg.sweep(**asked, executor=executor)
        survived = again.equals(serial) and victim not in client.run(os.getpid).values()
        print(f"with a worker killed half-way: {word(survived)} answers")
    return same and survived


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["memory", "kill", "dask", "all", "child"])
    parser.add_argument("--games", type=int, default=100_000)
    parser.add_argument("--chunk", type=int, default=CHUNK)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--folder", help="where to work; a temporary folder by default")
    chosen = parser.parse_args()
    if chosen.what == "child":
        child(chosen.games, chosen.chunk, chosen.folder)
        return 0
    held = True
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        place = Path(name)
        if chosen.what in ("memory", "all"):
            held &= memory(chosen.games, chosen.chunk, place)
        if chosen.what in ("kill", "all"):
            held &= kill(chosen.games, chosen.chunk, place, chosen.kills)
        if chosen.what in ("dask", "all"):
            held &= dask(chosen.games, chosen.chunk, place)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
