"""Which executor solves the games: NumPy, or C that is generated for them."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar, cast

from bargaining.errors import NotCompiled, UnknownName
from bargaining.numerics.compiler import NoCompiler, compiler
from bargaining.numerics.memory import keep_freed

Found = TypeVar("Found")

BACKENDS = ("auto", "numpy", "c")
OWN = (__name__.partition(".")[0], "contextlib")  # modules whose lines no user wrote
MANY = 20_000
"""Games from which compiling, which takes about a second the first time, pays."""


@dataclass(frozen=True)
class Backend:
    """An executor, how many threads it may use, and what has been found out since it was chosen."""

    name: str = "auto"
    threads: int = 0  # 0: one a core
    found: dict[Hashable, Any] = field(default_factory=dict)


_current: ContextVar[Backend | None] = ContextVar("backend", default=None)


@contextmanager
def using(name: str, games: int, threads: int = 0) -> Iterator[None]:
    """Let questions that are asked inside be answered by this executor.

    "auto" keeps what has been chosen outside; where nothing has, it chooses by the number of games. So do 0 threads.

    Raises
    ------
    UnknownName
        If there is no such executor.
    """
    keep_freed()
    outer = _current.get()
    inherited = outer is not None and name == "auto"
    chosen = outer.name if outer is not None and inherited else resolved(name, games)
    token = _current.set(Backend(chosen, threads or (outer.threads if outer is not None else 0)))
    try:
        yield
    finally:
        _current.reset(token)


def resolved(name: str, games: int) -> str:
    """Return "numpy" or "c": what `name` comes to for so many games on this machine."""
    if name not in BACKENDS:
        raise UnknownName("backend", str(name), BACKENDS)
    if name == "numpy" or (name == "auto" and games < MANY):
        return "numpy"
    try:
        compiler()
    except NoCompiler as error:
        notice(str(error))
        return "numpy"
    return "c"


def once(key: Hashable, find: Callable[[], Found]) -> Found:
    """Return what has been found under this key since the executor was chosen, or find it."""
    current = _current.get()
    if current is None:
        return find()
    if key not in current.found:
        current.found[key] = find()
    return cast("Found", current.found[key])


def wanted(games: int) -> bool:
    """Say whether so many games are to be solved in C here."""
    return resolved((_current.get() or Backend()).name, games) == "c"


def threads() -> int:
    """Return how many threads to use."""
    return (_current.get() or Backend()).threads or (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )


@cache
def notice(reason: str) -> None:
    """Say once why games are solved in NumPy."""
    told = f"generated C is not used: {reason}. NumPy solves the games instead."
    warnings.warn(told, NotCompiled, stacklevel=_outside())


def _outside() -> int:
    """Return how many calls above `notice` the user's own code stands."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in OWN:
        frame, level = frame.f_back, level + 1
    return level
