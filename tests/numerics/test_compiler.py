"""The cache of compiled libraries: whose it is, what it trusts, and what it leaves of the process that loads them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bargaining.numerics import compiler as room
from bargaining.numerics.compiler import NoCompiler, intact

SOURCE = "double one(void) { return 1.0; }\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for the cache, and a process that remembers no compiler."""
    try:
        room.compiler()
    except NoCompiler as error:  # pragma: no cover
        pytest.skip(str(error))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for known in (room.folder, room.library):
        known.cache_clear()
    yield tmp_path
    for known in (room.folder, room.library, room.compiler):
        known.cache_clear()


def ran(code: str) -> str:
    """Run code in a process of its own, and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ))
    return done.stdout


def built() -> Path:
    """Return the one library in the cache."""
    room.library(SOURCE)
    (found,) = room.folder().glob("*.so")
    return found


def test_the_folder_is_the_users_own(home: Path) -> None:
    path = built()
    assert path.parent == home / "bargaining" / "compiled"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.stat().st_mode & 0o077
    assert intact(path)


def test_what_is_there_is_used_again(home: Path) -> None:
    path = built()
    before = path.stat().st_mtime_ns
    room.library.cache_clear()
    assert built().stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["cut", "changed", "empty"])
def test_a_damaged_library_is_built_again(home: Path, damage: str) -> None:
    path = built()
    whole = path.read_bytes()
    path.unlink()  # loaded ones must not be written to
    path.write_bytes({"cut": whole[: len(whole) // 2], "changed": b"\0" + whole[1:], "empty": b""}[damage])
    assert not intact(path)
    room.library.cache_clear()
    assert intact(built())


def test_a_folder_that_others_can_write_to_is_not_used(home: Path) -> None:
    open_to_all = home / "bargaining" / "compiled"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o777)
    room.library(SOURCE)
    assert room.folder() != open_to_all
    assert not list(open_to_all.iterdir())
    assert stat.S_IMODE(room.folder().stat().st_mode) == 0o700


def test_a_library_that_others_can_write_to_is_built_again(home: Path) -> None:
    path = built()
    path.chmod(0o722)
    assert not intact(path)


def test_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    path = built()
    elsewhere = tmp_path / "elsewhere.so"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert not intact(path)


def test_several_processes_at_once(home: Path) -> None:
    code = f"from bargaining.numerics.compiler import library; print(library({SOURCE!r}) is not None)"

    def run(_: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
        )
        return done.stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(run, range(4))) == {"True"}
    assert intact(built())
    assert [path.suffix for path in room.folder().iterdir()] == [".so"]


def test_subnormal_numbers_survive(home: Path) -> None:
    code = textwrap.dedent("""
        import numpy as np, bargaining as bg
        case = bg.cases.load("microsoft-openai")
        bg.solve(case.problem(L=np.linspace(0.1, 0.5, 40)), bg.Nash(), backend="c")
        tiny = np.full(64, 1e-310)
        print(np.all(tiny * 0.5 > 0), np.all(tiny + tiny == 2e-310), 5e-324 / 1.0 > 0)
    """)
    assert ran(code).split() == ["True"] * 3


def test_a_compiler_that_is_named_and_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setattr(room, "find_spec", lambda name: None)
    room.compiler.cache_clear()
    with pytest.raises(NoCompiler, match="CC names 'no-such-compiler', which does not run; install gcc or clang"):
        room.compiler()


def test_text_that_the_compiler_refuses(home: Path) -> None:
    with pytest.raises(NoCompiler, match="refused generated code"):
        room.library("this is no C")
    assert not list(room.folder().iterdir())
