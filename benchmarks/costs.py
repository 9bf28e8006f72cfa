"""What answers cost this library: game by game, in growing numbers, and where the time of C goes."""

from __future__ import annotations

import cProfile
import pstats
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

import bargaining as bg
from bargaining.numerics import batches, native

CHUNK = 32768
"""Games solved at a time, as a sweep does: memory stays bounded, and more would not be faster."""

Rows = Callable[[int, int], Mapping[str, Any]]


def rows_of(draws: Mapping[str, np.ndarray[Any, Any]]) -> Rows:
    return lambda first, last: {name: values[first:last] for name, values in draws.items()}


def solutions(case: Any, rows: Rows, games: int, method: Any, backend: str, certify: bool = False) -> Iterator[bg.Solution]:
    """Go from raw calibrations to solutions, a chunk at a time."""
    for first in range(0, games, CHUNK):
        part = rows(first, min(first + CHUNK, games))
        yield bg.solve(case.problem(**part), method, certify=certify, backend=backend)


def first_use(case: Any, method: Any) -> float:
    """Return the seconds that C takes for two games the first time: it is compiled, unless that has been done before."""
    begun = time.perf_counter()
    bg.solve(case.problem(**case.draw(2, rng=0)), method, backend="c")
    return time.perf_counter() - begun


# -- one game at a time --------------------------------------------------------------------------------------------------


def warm(case: Any, games: int) -> dict[str, float]:
    """Print the milliseconds of one game with new numbers; return the medians by concept and backend."""
    draws = case.draw(games, rng=3)
    alone = [{name: float(values[g]) for name, values in draws.items()} for g in range(games)]
    print(f"\n{'one warm solve, ms by the clock':36}{'median':>10}{'90 %':>10}{'least':>10}{'of CPU':>10}")
    _line("case.problem, besides all rows below", [_milliseconds(lambda q=q: case.problem(**q)) for q in alone])
    medians = {}
    for name in ("nash", "rubinstein"):
        for backend in ("c", "numpy"):
            problems = [case.problem(**q) for q in alone]
            method = case.concepts()[name]
            spent = [_milliseconds(lambda p=p, m=method, b=backend: _alone(p, m, b)) for p in problems]
            medians[f"{name} {backend}"] = _line(f"{method.label}, {'C' if backend == 'c' else 'NumPy'}", spent)
    return medians


def _alone(problem: bg.Problem, method: Any, backend: str) -> None:
    with suppress(bg.NoAgreement):  # also an answer
        bg.solve(problem, method, certify=False, backend=backend)


def _milliseconds(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the milliseconds by the clock, and of CPU time."""
    clock, core = time.perf_counter(), time.process_time()
    work()
    return 1e3 * (time.perf_counter() - clock), 1e3 * (time.process_time() - core)


def _line(name: str, spent: list[tuple[float, float]]) -> float:
    clock, core = np.array(spent).T
    median, high, least = np.quantile(clock, [0.5, 0.9, 0.0])
    print(f"{name:36}{median:>10.2f}{high:>10.2f}{least:>10.2f}{np.median(core):>10.2f}")
    return float(median)


# -- growing numbers -----------------------------------------------------------------------------------------------------


def growth(case: Any, largest: int) -> None:
    """Print what 1, 10, ... games cost; solutions are dropped as they come, so that any number fits in memory."""
    print(f"\n{'':>10}{'C':>21}{'':15}{'NumPy':>19}\n{'Nash, games':>12}", end="")
    print(f"{'wall s':>10}{'CPU s':>10}{'us a game':>11}{'':>5}{'wall s':>10}{'CPU s':>10}{'us a game':>11}")
    for power in range(int(np.log10(largest)) + 1):
        games = 10**power
        drawn = bg.draws(case.ranges, games, rng=1)
        print(f"{games:>12,}", end="")
        for backend in ("c", "numpy"):
            runs = [_spent(case, drawn, games, backend) for _ in range(1 if games > 1e5 else 5)]
            wall, cpu = np.median(runs, axis=0)
            print(f"{wall:>10.4g}{cpu:>10.4g}{1e6 * cpu / games:>11,.2f}" + ("" if backend == "numpy" else " " * 5), end="")
        print(flush=True)


def _spent(case: Any, drawn: Any, games: int, backend: str) -> tuple[float, float]:
    """Return wall and CPU seconds of preparing and solving, without the draws."""
    wall = cpu = 0.0
    for first in range(0, games, CHUNK):
        part = drawn.rows(first, min(first + CHUNK, games))
        clock, core = time.perf_counter(), time.process_time()
        bg.solve(case.problem(**part), bg.Nash(), certify=False, backend=backend)
        wall, cpu = wall + time.perf_counter() - clock, cpu + time.process_time() - core
    return wall, cpu


# -- what is left to the limit -------------------------------------------------------------------------------------------

PARTS = {
    "prepare: raw parameters to problem": ("case.py", "problem"),
    "kernel in C": ("native.py", "run_stream"),
    "re-check in NumPy": ("recheck.py", "passes"),
    "glance at sampled points in C": ("survey.py", "glance"),
    "found again in NumPy": ("batches.py", "_in_numpy"),
}
DEAR = {"exp": 20, "log": 20, "pow": 40, "plain_power": 40, "sqrt": 8, "/": 8}
"""Vector operations that cost more than one addition: what they take, in additions, on current processors (roughly)."""


def limit(case: Any, games: int) -> None:
    """Print where the time of C goes, and how long the arithmetic of the kernel would take with nothing in its way."""
    draws = case.draw(games, rng=1)
    texts, steps = _watched(lambda: list(solutions(case, rows_of(draws), min(games, CHUNK), bg.Nash(), "c")))
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for _ in solutions(case, rows_of(draws), games, bg.Nash(), "c"):
        pass
    profile.disable()
    stats = pstats.Stats(profile)
    total = 1e6 * stats.total_tt / games  # type: ignore[attr-defined]
    print(f"\n{'Nash in C, where the time goes':45}{'us a game':>11}{'share':>8}")
    rest = total
    for name, (file, function) in PARTS.items():
        own = 1e6 * _cumulative(stats, file, function) / games
        rest -= own
        print(f"{name:45}{own:>11.2f}{own / total:>8.0%}")
    print(f"{'rest':45}{rest:>11.2f}{rest / total:>8.0%}\n{'all, under a profiler':45}{total:>11.2f}")
    _floor(texts, steps)


def _cumulative(stats: pstats.Stats, file: str, function: str) -> float:
    found = stats.stats.items()  # type: ignore[attr-defined]
    return float(sum(entry[3] for (path, _, name), entry in found if Path(path).name == file and name == function))


def _watched(work: Callable[[], Any]) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Return the C texts that some work calls, and the steps of the games of its largest run."""
    texts: list[str] = []
    ages: list[np.ndarray[Any, Any]] = []
    run = native.run_stream

    def watched(text: Any, *rest: Any) -> Any:
        found = run(text, *rest)
        texts.append(text.source)
        ages.append(found[1])
        return found

    batches.run_stream = watched
    try:
        work()
    finally:
        batches.run_stream = run
    most = max(range(len(ages)), key=lambda i: ages[i].size)
    return [texts[most]], ages[most]


def _floor(texts: list[str], steps: np.ndarray[Any, Any]) -> None:
    """Print the least time that the arithmetic of the kernel's steps takes."""
    body = texts[0].split("for (long age")[1].split("for (int l")[1]
    lines = re.findall(r"const (?:double|_Bool) v\d+ = (.*);", body)
    lines = [line for line in lines if not re.fullmatch(r"\w+\[\d+\]\[l\]", line)]  # reads
    calls = [re.match(r"(\w+)\(", line) for line in lines]
    names = [call[1] if call else "/" if " / " in line else "" for call, line in zip(calls, lines, strict=True)]
    work = sum(DEAR.get(name, 1) for name in names)
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    width = 8 if "avx512f" in info else 4 if "avx2" in info else 2
    speeds = [float(value) for value in re.findall(r"cpu MHz\s*: ([\d.]+)", info)]
    ghz = max(speeds) / 1e3 if speeds else 3.0
    lanes = 16 if width == 8 else 4  # as the C text says
    whole = steps[: steps.size // lanes * lanes].reshape(-1, lanes)
    own, slowest = float(np.mean(steps)), float(np.mean(np.max(whole, axis=1)))
    least = work * own / (width * 2 * ghz) / 1e3
    print(f"a step: {len(lines)} operations, worth {work} additions; {own:.1f} steps a game, "
          f"{slowest:.1f} with the slowest of {lanes} lanes")  # fmt: skip
    print(f"arithmetic alone, two vectors of {width} a cycle at {ghz:.1f} GHz: {least:.2f} us a game, "
          f"{least * slowest / own:.2f} with the slowest lane")  # fmt: skip
