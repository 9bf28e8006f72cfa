"""The cache of compiled libraries: whose it is, what it trusts, and what it leaves of the process that loads them."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bargaining.numerics import compiler as room
from bargaining.numerics.compiler import NoCompiler, intact

SOURCE = "double one(void) { return 1.0; }\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home for the cache, and a process that remembers no compiler."""
    try:
        room.compiler()
    except NoCompiler as error:  # pragma: no cover
        pytest.skip(str(error))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for known in (room.library, room._fresh):
        known.cache_clear()
    yield tmp_path
    for known in (room.library, room.search, room._fresh):
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
    before = path.stat().st_ino
    room.library.cache_clear()
    assert built().stat().st_ino == before


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
    room.search.cache_clear()
    with pytest.raises(NoCompiler, match="CC names 'no-such-compiler', which does not run; install gcc or clang"):
        room.compiler()


@pytest.mark.parametrize("mask", [0o000, 0o777])
def test_the_folder_is_the_users_own_whatever_the_mask(home: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        path = built()
    finally:
        os.umask(before)
    assert [stat.S_IMODE(part.stat().st_mode) for part in (path, path.parent, path.parent.parent)] == [0o700] * 3


def test_a_cache_below_a_folder_that_others_can_write_to_is_not_used(home: Path) -> None:
    home.chmod(0o777)
    room.library(SOURCE)
    assert home not in room.folder().parents
    home.chmod(0o1777)  # as /tmp: nobody can rename another's folder
    assert home in room.folder().parents


def test_a_relative_cache_home_is_ignored(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(home))
    assert room.folder() == home / ".cache" / "bargaining" / "compiled"


def test_without_a_home_what_is_compiled_lasts_as_long_as_the_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", none)
    assert intact(built())


def test_a_copy_of_the_process_leaves_the_folder(home: Path) -> None:
    code = textwrap.dedent("""
        import os, sys
        from bargaining.numerics import compiler as room
        folder = room.folder()
        child = os.fork()
        if not child:
            sys.exit()
        os.waitpid(child, 0)
        print(folder.exists(), folder)
    """)
    home.chmod(0o777)
    there, folder = ran(code).split()
    assert there == "True"
    assert not Path(folder).exists()


def test_a_cache_that_is_removed_is_made_again(home: Path) -> None:
    shutil.rmtree(built().parent.parent)
    room.library.cache_clear()
    assert intact(built())


def test_a_disk_that_is_full(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room, "build", full)
    with pytest.raises(NoCompiler, match=r"No space left on device.*XDG_CACHE_HOME"):
        room.library(SOURCE)


def test_the_cache_does_not_grow_without_end(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "KEPT", 2)
    left = room.folder() / "building-left"
    left.mkdir()
    os.utime(left, (0, 0))
    for age in (30, 20, 10):
        old = room.folder() / f"{age}.so"
        old.touch()
        os.utime(old, (time.time() - age,) * 2)
    room.library(SOURCE)
    names = {path.name for path in room.folder().iterdir()}
    assert len(names) == 2
    assert "10.so" in names


@pytest.mark.parametrize(
    ("script", "word"),
    [
        ("garbage", "which does not run"),
        ("#!/bin/sh\n[ $2 = --version ] && echo cc && exit; sleep 60 & sleep 60", "stopped after 1 seconds"),
        ("#!/bin/sh\nexit 0", "text.so"),
    ],
)
def test_a_compiler_that_does_not_work(home: Path, monkeypatch: pytest.MonkeyPatch, script: str, word: str) -> None:
    tool = home / "my cc"
    tool.write_text(script)
    tool.chmod(0o755)
    monkeypatch.setenv("CC", f"'{tool}' -O1")
    monkeypatch.setattr(room, "find_spec", lambda name: None)
    monkeypatch.setattr(room, "PATIENCE", 1.0)
    room.search.cache_clear()
    begun = time.monotonic()
    with pytest.raises(NoCompiler, match=word):
        room.library(SOURCE)
    assert time.monotonic() - begun < 20


def test_text_that_the_compiler_refuses(home: Path) -> None:
    with pytest.raises(NoCompiler, match="refused generated code"):
        room.library("this is no C")
    assert not list(room.folder().iterdir())
