"""C text to callable machine code: the compiler that is found, and a cache of what it has made.

The cache is a folder that only its owner can read or write. A library is named by everything it depends on: the text, the
compiler and its version, the options, and the processor's abilities, since code for one may crash another. It is written
under a name of its own, closed by a digest of its contents, and moved into place in one step, so that a process never
sees half of one, nor two processes each other's. A folder or file that others could have written to is not used.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

COMPILE = ("-O3", "-march=native", "-ffast-math", "-fno-math-errno", "-fPIC", "-w", "-c")
LINK = ("-shared",)
"""Compiled with fast arithmetic and linked without: linking with it adds start-up code that makes the whole process flush
subnormal numbers to zero."""

GCC = (((), ("-lmvec", "-lm")), ((), ("-lm",)))
CLANG = ((("-fno-finite-math-only", "-fveclib=libmvec"), ("-lmvec", "-lm")), (("-fno-finite-math-only",), ("-lm",)))
"""Further options and libraries, tried in turn: the vector functions of libmvec are part of glibc only. Where NaN and
infinity are assumed away, clang makes of them what it likes; gcc leaves them be, and assumes it for the functions' sake."""

DIGEST = hashlib.sha256().digest_size


class NoCompiler(Exception):
    """There is no compiler, or it does not work here; the message says which and why."""


@dataclass(frozen=True)
class Compiler:
    """A C compiler: the command that runs it, and what it says of itself."""

    command: tuple[str, ...]
    version: str

    @property
    def ways(self) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        """Options and libraries to try in turn."""
        return CLANG if "clang" in self.version else GCC


@cache
def compiler() -> Compiler:
    """Return the C compiler to use: that of the variable CC, the system's, or the one of the package ziglang.

    Raises
    ------
    NoCompiler
        If none is found, or none runs.
    """
    if os.name != "posix":
        raise NoCompiler("generated C is for Linux and macOS")
    named = os.environ.get("CC", "").split()
    commands = [named] if named else [["cc"], ["gcc"], ["clang"]]
    found = [[shutil.which(command[0]) or "", *command[1:]] for command in commands]
    candidates = [tuple(command) for command in found if command[0]]
    if find_spec("ziglang") is not None:
        candidates.append((sys.executable, "-m", "ziglang", "cc"))
    for command in candidates:
        said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        if said.returncode == 0:
            return Compiler(command, said.stdout.strip())
    what = f"CC names {named[0]!r}, which does not run" if named else "no C compiler was found"
    raise NoCompiler(f'{what}; install gcc or clang, or the extra "fast": pip install "bargaining[fast]"')


@cache
def library(source: str) -> ctypes.CDLL:
    """Return a compiled C text, from the cache if it has been compiled before.

    Raises
    ------
    NoCompiler
        If there is no compiler, or it refuses the text.
    """
    tool = compiler()
    name = hashlib.sha256(
        "\0".join([source, *tool.command, tool.version, *COMPILE, *LINK, repr(tool.ways), processor()]).encode()
    )
    path = folder() / f"{name.hexdigest()}.so"
    if not intact(path):
        build(source, path, tool)
    return ctypes.CDLL(str(path))


@cache
def processor() -> str:
    """Return what the processor can do, as far as the system says."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.exists() else []
    abilities = [line for line in lines if line.startswith(("flags", "Features", "model name"))]
    return "\n".join([platform.machine(), platform.processor(), *sorted(set(abilities))])


@cache
def folder() -> Path:
    """Return the cache's folder: the user's own if nobody else can write there, else a fresh one for this process."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = base / "bargaining" / "compiled"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _private(path, stat.S_ISDIR):
            return path
    except OSError:
        pass  # a home that cannot be written to: what is compiled lasts as long as the process
    fresh = Path(tempfile.mkdtemp(prefix="bargaining-"))
    atexit.register(shutil.rmtree, fresh, ignore_errors=True)
    return fresh


def _private(path: Path, kind: object) -> bool:
    """Say whether a path is what it should be, belongs to this user, and can be written by nobody else."""
    found = path.lstat()
    own = found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return own and bool(kind(found.st_mode))  # type: ignore[operator]


def intact(path: Path) -> bool:
    """Say whether a library stands in the cache, is this user's, and is what was written."""
    try:
        if not _private(path, stat.S_ISREG):
            return False
        contents = path.read_bytes()
    except OSError:
        return False
    return len(contents) > DIGEST and hashlib.sha256(contents[:-DIGEST]).digest() == contents[-DIGEST:]


def build(source: str, path: Path, tool: Compiler) -> None:
    """Compile a C text and put the library in its place.

    Raises
    ------
    NoCompiler
        With what the compiler said, if it refuses.
    """
    with tempfile.TemporaryDirectory(prefix="building-", dir=path.parent) as work:
        text, objects, made = Path(work) / "text.c", Path(work) / "text.o", Path(work) / "text.so"
        text.write_text(source, encoding="utf-8")
        said = ""
        for options, libraries in tool.ways:
            said = _run([*tool.command, *COMPILE, *options, str(text), "-o", str(objects)])
            said = said or _run([*tool.command, *LINK, str(objects), "-o", str(made), *libraries])
            if not said:
                break
        if said:
            raise NoCompiler(f"{' '.join(tool.command)} refused generated code: {said[:500]}")
        contents = made.read_bytes()
        with made.open("ab") as file:  # loaders ignore what follows the last section
            file.write(hashlib.sha256(contents).digest())
            file.flush()
            os.fsync(file.fileno())
        made.chmod(0o700)
        made.replace(path)


def _run(command: list[str]) -> str:
    """Run a command; return what it said if it failed, nothing otherwise."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return "" if said.returncode == 0 else said.stderr.strip() or f"it ended with {said.returncode}"
