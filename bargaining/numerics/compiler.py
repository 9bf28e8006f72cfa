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
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

COMPILE = ("-O3", "-march=native", "-ffast-math", "-fno-math-errno", "-fPIC", "-w", "-c")
LINK = ("-shared",)
"""Compiled with fast arithmetic and linked without: linking with it adds start-up code that makes the whole process flush
subnormal numbers to zero."""

IN_ORDER = ("-fschedule-insns", "-fsched-pressure")
GCC = ((IN_ORDER, ("-lmvec", "-lm")), (IN_ORDER, ("-lm",)))
CLANG = ((("-fno-finite-math-only", "-fveclib=libmvec"), ("-lmvec", "-lm")), (("-fno-finite-math-only",), ("-lm",)))
"""Further options and libraries, tried in turn: the vector functions of libmvec are part of glibc only. gcc puts a long
step's instructions in a better order if told to (a kernel is 3 to 9 % faster). Where NaN and infinity are assumed away,
clang makes of them what it likes; gcc leaves them be, and assumes it for the functions' sake."""

DIGEST = hashlib.sha256().digest_size

PATIENCE = 300.0
"""Seconds after which a compiler is given up: the largest programs take a minute on a slow machine."""

KEPT = 500
"""Libraries in the cache, of a tenth of a megabyte each; those that have not been used for longest go first."""

STALE = 86400.0
"""Seconds after which the folder of a build that was interrupted is removed."""


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


def compiler() -> Compiler:
    """Return the C compiler to use: that of the variable CC, the system's, or the one of the package ziglang.

    Raises
    ------
    NoCompiler
        If none is found, or none runs.
    """
    found = search()
    if isinstance(found, str):
        raise NoCompiler(found)
    return found


@cache
def search() -> Compiler | str:
    """Return the compiler, or what to say where there is none: looked for once, since one may take long not to run."""
    if os.name != "posix":
        return "generated C is for Linux and macOS"
    given = os.environ.get("CC", "")
    try:
        named = shlex.split(given)
    except ValueError:  # quotes that do not close
        named = [given]
    commands = [named] if named else [["cc"], ["gcc"], ["clang"]]
    candidates = [(os.path.abspath(path), *rest) for first, *rest in commands if (path := shutil.which(first))]
    if find_spec("ziglang") is not None:
        candidates.append((sys.executable, "-m", "ziglang", "cc"))
    for command in candidates:
        failed, said = _run([*command, "--version"], None)
        if not failed:
            return Compiler(command, said)
    what = f"CC names {named[0]!r}, which does not run" if named else "no C compiler was found"
    return f'{what}; install gcc or clang, or the extra "fast": pip install "bargaining[fast]"'


@cache
def library(source: str) -> ctypes.CDLL:
    """Return a compiled C text, from the cache if it has been compiled before.

    Raises
    ------
    NoCompiler
        If there is no compiler, it refuses the text, or what it makes cannot be stored or loaded.
    """
    tool = compiler()
    name = hashlib.sha256(
        "\0".join([source, *tool.command, tool.version, *COMPILE, *LINK, repr(tool.ways), processor()]).encode()
    )
    try:
        path = folder() / f"{name.hexdigest()}.so"
        if intact(path):
            os.utime(path)
        else:
            build(source, path, tool)
            prune(path.parent)
        return ctypes.CDLL(str(path))
    except OSError as error:  # a full disk, or a file system from which nothing is run
        raise NoCompiler(
            f"compiled code cannot be stored or loaded ({error}); let XDG_CACHE_HOME name a folder where it can"
        ) from error


@cache
def processor() -> str:
    """Return what the processor can do, as far as the system says."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.exists() else []
    abilities = [line for line in lines if line.startswith(("flags", "Features", "model name"))]
    return "\n".join([platform.machine(), platform.processor(), *sorted(set(abilities))])


def folder() -> Path:
    """Return the cache's folder: the user's own if nobody else can write there, else a fresh one for this process."""
    try:
        named = Path(os.environ.get("XDG_CACHE_HOME", ""))
        base = (named if named.is_absolute() else Path.home() / ".cache").resolve()
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = base
        for part in ("bargaining", "compiled"):
            path = path / part
            if not path.is_dir():
                path.mkdir(mode=0o700, exist_ok=True)
                path.chmod(0o700)  # whatever the mask says
        if all(_private(own, stat.S_ISDIR) for own in (path, path.parent)) and all(map(_guarded, path.parent.parents)):
            return path
    except (OSError, RuntimeError):
        pass  # no home, or one that cannot be written to: what is compiled lasts as long as the process
    return _fresh(os.getpid())


@cache
def _fresh(process: int) -> Path:
    """Return a folder for one process, which takes it away at its end; a copy of the process gets its own."""
    path = Path(tempfile.mkdtemp(prefix="bargaining-"))

    def remove() -> None:
        if os.getpid() == process:
            shutil.rmtree(path, ignore_errors=True)

    atexit.register(remove)
    return path


def _private(path: Path, kind: object) -> bool:
    """Say whether a path is what it should be, belongs to this user, and can be written by nobody else."""
    found = path.lstat()
    own = found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return own and bool(kind(found.st_mode))  # type: ignore[operator]


def _guarded(above: Path) -> bool:
    """Say whether nobody but this user and the system can put another folder in the place of one inside `above`.

    A group of the same number as its owner is taken to be the owner's alone.
    """
    found = above.stat()
    writers = stat.S_IWOTH | (0 if found.st_gid == found.st_uid else stat.S_IWGRP)
    return found.st_uid in (0, os.geteuid()) and bool(found.st_mode & stat.S_ISVTX or not found.st_mode & writers)


def prune(path: Path) -> None:
    """Remove what has not been used for longest beyond KEPT libraries, and what interrupted builds have left."""

    def used(entry: Path) -> float:
        try:
            return entry.stat().st_mtime
        except OSError:  # another process has removed it
            return 0.0

    for entry in sorted(path.glob("*.so"), key=used)[:-KEPT]:
        entry.unlink(missing_ok=True)
    for entry in path.glob("building-*"):
        if used(entry) < time.time() - STALE:
            shutil.rmtree(entry, ignore_errors=True)


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
        made = Path(work) / "text.so"
        (Path(work) / "text.c").write_text(source, encoding="utf-8")
        failed, said = True, ""
        for options, libraries in tool.ways:  # names without folders, so that the same trouble is told in the same words
            failed, said = _run([*tool.command, *COMPILE, *options, "text.c", "-o", "text.o"], work)
            if not failed:
                failed, said = _run([*tool.command, *LINK, "text.o", "-o", "text.so", *libraries], work)
            if not failed:
                break
        if failed:
            raise NoCompiler(f"{' '.join(tool.command)} refused generated code: {said[:500]}")
        contents = made.read_bytes()
        with made.open("ab") as file:  # loaders ignore what follows the last section
            file.write(hashlib.sha256(contents).digest())
            file.flush()
            os.fsync(file.fileno())
        made.chmod(0o700)
        made.replace(path)


def _run(command: list[str], where: str | None) -> tuple[bool, str]:
    """Run a command, with all its children, for no longer than PATIENCE; say whether it failed, and what it said."""
    with tempfile.TemporaryFile() as said:
        try:
            running = subprocess.Popen(  # noqa: S603
                command, cwd=where, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        except OSError as error:
            return True, str(error)
        try:
            code = running.wait(PATIENCE)
        except BaseException as error:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                return True, f"it was stopped after {PATIENCE:g} seconds"
            raise
        said.seek(0)
        return code != 0, said.read().decode(errors="replace").strip() or f"it ended with {code}"
