"""Checkpoints: a killed sweep goes on where it stopped and ends the same; damaged and foreign files are refused."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bargaining as bg
from bargaining.calibrations.rows import Calibrations
from bargaining.errors import MissingPackage, UnusableCheckpoint
from bargaining.problems.problem import Problem
from bargaining.sweeps import checkpoints
from bargaining.sweeps.chunks import Plan
from tests.test_sweeps import exact, sale

DRAWS = bg.draws({"cost": (0.5, 1.5), "disagreement seller": (0.0, 60.0)}, 100, rng=1)
CONCEPTS = [bg.Nash(), bg.KalaiSmorodinsky()]


def run(folder: Path | None, **options: Any) -> pd.DataFrame:
    settings = {"asked": sale(), "calibrations": DRAWS, "concepts": CONCEPTS, "chunk": 24} | options
    return bg.sweep(**settings, checkpoint=folder)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The first game of every chunk that is solved."""
    first: list[int] = []
    solve = Plan.table

    def counting(self: Plan, calibrations: Calibrations, start: int) -> pd.DataFrame:
        first.append(start)
        return solve(self, calibrations, start)

    monkeypatch.setattr(Plan, "table", counting)
    return first


def test_what_is_read_is_what_was_computed(tmp_path: Path, counted: list[int]) -> None:
    plain = run(None)
    assert {"ok", "no agreement"} <= set(plain["status"])
    assert plain["price"].isna().any()
    exact(run(tmp_path / "a"), plain)
    files = run(tmp_path / "a", form="files")
    assert [path.name[:11] for path in files] == [f"part-{i:06d}" for i in range(5)]
    exact(pd.read_parquet(tmp_path / "a"), plain)
    assert counted == [0, 24, 48, 72, 96] * 2  # nothing is solved again


def test_only_what_is_missing_is_computed(tmp_path: Path, counted: list[int]) -> None:
    plain = run(tmp_path)
    files = run(tmp_path, form="files")
    names = [path.name for path in files]
    contents = [path.read_bytes() for path in files]
    for lost in (1, 3):
        files[lost].unlink()
    (tmp_path / ".part-000003.tmp").write_bytes(b"half of a part")
    counted.clear()
    exact(run(tmp_path), plain)
    assert counted == [24, 72]
    assert not list(tmp_path.glob(".*"))
    assert [(tmp_path / name).read_bytes() for name in names] == contents


def test_other_sweeps_are_refused(tmp_path: Path) -> None:
    run(tmp_path)
    other = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0])
    changed: dict[str, dict[str, Any]] = {
        "concepts": {"concepts": [bg.Nash()]},
        "certify": {"certify": True},
        "columns": {"keep": ["price"]},
        "calibrations": {"calibrations": bg.draws(DRAWS.ranges, 100, rng=2)},
        "chunks": {"calibrations": bg.draws(DRAWS.ranges, 200, rng=1)},
        "chunk": {"chunk": 25},
        "swept": {"asked": sale(0.9)},
        "calibrations was": {"asked": other, "calibrations": {"disagreement a": np.linspace(0, 0.1, 100)}},
    }
    for what, options in changed.items():
        with pytest.raises(UnusableCheckpoint, match=rf"another sweep: .*{what}.*name a new folder"):
            run(tmp_path, **options)


def damage(path: Path, change: Callable[[bytearray], Any]) -> None:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


def test_every_damaged_byte_is_noticed(tmp_path: Path) -> None:
    run(tmp_path, chunk=60)
    part = run(tmp_path, chunk=60, form="files")[1]
    sound = part.read_bytes()
    rng = np.random.default_rng(1)
    for at in [0, len(sound) // 2, len(sound) - 1, *rng.integers(0, len(sound), 20)]:
        damage(part, lambda data, at=at: data.__setitem__(at, data[at] ^ 1))
        with pytest.raises(UnusableCheckpoint, match=rf"{part.name} is damaged.*Delete this file"):
            run(tmp_path, chunk=60)
        part.write_bytes(sound)
    part.write_bytes(sound[:-100])
    with pytest.raises(UnusableCheckpoint, match="damaged"):
        run(tmp_path, chunk=60)
    part.write_bytes(sound)
    run(tmp_path, chunk=60)


def test_strangers_are_noticed(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    run(one)
    other = bg.sweep(sale(0.9), DRAWS, CONCEPTS, chunk=24, checkpoint=two, form="files")
    mine = run(one, form="files")
    mine[2].unlink()
    (one / other[2].name).write_bytes(other[2].read_bytes())
    with pytest.raises(UnusableCheckpoint, match="belongs to another sweep"):
        run(one)
    (one / other[2].name).unlink()
    renamed = one / mine[1].name.replace("000001", "000002")
    renamed.write_bytes(mine[1].read_bytes())
    with pytest.raises(UnusableCheckpoint, match="belongs to another sweep"):
        run(one)
    renamed.unlink()
    (one / "part-1.parquet").write_bytes(b"")
    with pytest.raises(UnusableCheckpoint, match="has a name"):
        run(one)
    (one / "part-1.parquet").rename(one / "mine.parquet")  # which pandas.read_parquet(folder) would read as well
    with pytest.raises(UnusableCheckpoint, match=r"mine\.parquet has a name.*Move it elsewhere"):
        run(one)


def test_folders_that_are_no_checkpoint(tmp_path: Path) -> None:
    full, file, spoilt = tmp_path / "full", tmp_path / "file", tmp_path / "spoilt"
    full.mkdir()
    (full / "thesis.tex").write_text("mine")
    with pytest.raises(UnusableCheckpoint, match=r"thesis\.tex"):
        run(full)
    file.write_text("mine")
    with pytest.raises(UnusableCheckpoint, match="cannot be used as a folder"):
        run(file)
    run(spoilt)
    for text in ("{", "[]", ""):
        (spoilt / checkpoints.MANIFEST).write_text(text)
        with pytest.raises(UnusableCheckpoint, match="damaged"):
            run(spoilt)
    assert [path.name for path in full.iterdir()] == ["thesis.tex"]  # nothing was written
    assert (full / "thesis.tex").read_text() == "mine"


def test_a_disk_without_locks_is_told_from_a_lock_that_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(checkpoints, "_take", refused)
    with pytest.raises(UnusableCheckpoint, match=r"cannot be locked.*No locks available"):
        run(tmp_path)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refused)
    with pytest.raises(UnusableCheckpoint, match=r"cannot be used.*Permission denied"):
        run(tmp_path)


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingPackage, match=r"pyarrow.*bargaining\[io\]"):
        run(tmp_path)
    with pytest.raises(ImportError):
        run(tmp_path)


def test_two_sweeps_of_one_process_do_not_meet(tmp_path: Path) -> None:
    class Nested(bg.Nash):
        def outcome(self, problem: Problem) -> Any:
            if problem.shape == (24,):
                for name in (tmp_path / "store", tmp_path / "alias"):
                    with pytest.raises(UnusableCheckpoint, match="in use by another sweep of this process"):
                        run(name)
                reached.append(True)
            return bg.Nash().outcome(problem)

    reached: list[bool] = []
    (tmp_path / "alias").symlink_to(tmp_path / "store")
    checkpoints_of = bg.sweep(sale(), DRAWS, Nested(), chunk=24, checkpoint=tmp_path / "store")
    assert len(checkpoints_of) == 100
    assert reached


SLOW = """
import sys, time
import bargaining as bg
from bargaining.sweeps.chunks import Plan
from tests.test_checkpoints import CONCEPTS, DRAWS
from tests.test_sweeps import sale
solve = Plan.table
def slowly(self, calibrations, start):
    print("chunk", start, flush=True)
    time.sleep(float(sys.argv[2]))
    return solve(self, calibrations, start)
Plan.table = slowly
bg.sweep(sale(), DRAWS, CONCEPTS, chunk=5, checkpoint=sys.argv[1])
"""


def begun(folder: Path, pause: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder), str(pause)], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[1], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


def test_a_killed_sweep_goes_on(tmp_path: Path, counted: list[int]) -> None:
    with begun(tmp_path, 0.02) as child:
        assert child.stdout is not None
        while child.stdout.readline() != "chunk 35\n":
            pass
        with pytest.raises(UnusableCheckpoint, match=f"in use by process {child.pid} on "):
            run(tmp_path, chunk=5)
        time.sleep(0.03)
        os.kill(child.pid, signal.SIGKILL)
    done = len(list(tmp_path.glob("part-*")))
    assert 7 <= done < 20
    counted.clear()
    resumed = run(tmp_path, chunk=5)
    assert counted == list(range(5 * done, 100, 5))  # all but the chunk that was under way when it was killed
    exact(resumed, run(None))
    manifest = json.loads((tmp_path / checkpoints.MANIFEST).read_text())
    assert manifest["chunks"] == 20
