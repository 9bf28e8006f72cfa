"""Calibrations: many values of a problem's parameters, made a few rows at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from reprlib import repr as brief
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.checks import instance, sequence
from bargaining.errors import InvalidProblem

Rows: TypeAlias = dict[str, np.ndarray[Any, Any]]
"""Columns of equal length by name: numbers are floats, words are objects, a missing word is None."""


MOST_GAMES = 10**11
"""More are a slip of the pen: nobody solves them, and the list of chunks alone would fill the memory."""


class Calibrations(ABC):
    """Rows of values, one a game, for parameters and choices by name.

    Any rows can be made at any time, the same whatever rows were made before and wherever: nothing larger than what is
    asked for is held in memory, and work that is divided among machines gives the same numbers.
    """

    @property
    @abstractmethod
    def games(self) -> int:
        """How many rows there are."""

    @property
    @abstractmethod
    def spans(self) -> Mapping[str, tuple[float, float]]:
        """The least and the largest value of every column of numbers; NaN if it holds none."""

    @property
    @abstractmethod
    def kinds(self) -> Sequence[Mapping[str, str]]:
        """The combinations of words that occur, one mapping each, such as {"cap_reading": "joint"}; [{}] without words."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""

    def rows(self, start: int, stop: int) -> Rows:
        """Return rows `start` to `stop - 1`, one array a column.

        Raises
        ------
        InvalidProblem
            If there are no such rows.
        """
        if not 0 <= start <= stop <= self.games:
            raise InvalidProblem(f"rows {start} to {stop} are not among the {self.games:,} rows of {self!r}.")
        return self._made(start, stop)

    @abstractmethod
    def _made(self, start: int, stop: int) -> Rows:
        """Return rows that there are."""

    @abstractmethod
    def excerpt(self, start: int, stop: int) -> Calibrations:
        """Return rows `start` to `stop - 1` as calibrations that are small to send to another process."""

    def __len__(self) -> int:
        return self.games


@dataclass(frozen=True, repr=False)
class Excerpt(Calibrations):
    """Some rows of calibrations that are made from a recipe, so that the recipe can travel in place of the rows."""

    whole: Calibrations
    start: int
    stop: int

    @property
    def games(self) -> int:
        """How many rows there are."""
        return self.stop - self.start

    @property
    def spans(self) -> Mapping[str, tuple[float, float]]:
        """The spans of the whole."""
        return self.whole.spans

    @property
    def kinds(self) -> Sequence[Mapping[str, str]]:
        """The kinds of the whole."""
        return self.whole.kinds

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.whole.names

    def _made(self, start: int, stop: int) -> Rows:
        """Return some of the rows."""
        return self.whole.rows(self.start + start, self.start + stop)

    def excerpt(self, start: int, stop: int) -> Calibrations:
        """Return fewer rows."""
        return Excerpt(self.whole, self.start + start, self.start + stop)

    def __repr__(self) -> str:
        return f"rows {self.start:,} to {self.stop:,} of {self.whole!r}"


@dataclass(frozen=True, repr=False)
class Grid(Calibrations):
    """Every combination of values of each parameter; the last one varies fastest."""

    axes: Mapping[str, tuple[float, ...] | tuple[str, ...]]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each parameter takes."""
        return tuple(len(values) for values in self.axes.values())

    @property
    def games(self) -> int:
        """How many combinations there are."""
        return prod(self.shape)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(self.axes)

    @property
    def spans(self) -> Mapping[str, tuple[float, float]]:
        """The least and the largest value of every parameter that is a number."""
        return {name: _span(np.array(values)) for name, values in self.axes.items() if not isinstance(values[0], str)}

    @property
    def kinds(self) -> Sequence[Mapping[str, str]]:
        """Every combination of words."""
        words = {name: values for name, values in self.axes.items() if isinstance(values[0], str)}
        return [{name: str(word) for name, word in zip(words, drawn, strict=True)} for drawn in product(*words.values())]

    def _made(self, start: int, stop: int) -> Rows:
        """Return some of the combinations."""
        places = np.unravel_index(np.arange(start, stop), self.shape)
        return {name: _column(name, values)[at] for (name, values), at in zip(self.axes.items(), places, strict=True)}

    def excerpt(self, start: int, stop: int) -> Calibrations:
        """Return some of the combinations, by the recipe."""
        return Excerpt(self, start, stop)

    def __repr__(self) -> str:
        sizes = " x ".join(f"{name} {len(values)}" for name, values in self.axes.items())
        return f"Grid({sizes}: {self.games:,} games)"


@dataclass(frozen=True, repr=False)
class Crossed(Calibrations):
    """Every row of some calibrations with every combination of a grid, whose rows follow each other."""

    outer: Calibrations
    inner: Grid

    @property
    def games(self) -> int:
        """How many pairs there are."""
        return self.outer.games * self.inner.games

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, those of the grid last."""
        return (*self.outer.names, *self.inner.names)

    @property
    def spans(self) -> Mapping[str, tuple[float, float]]:
        """The spans of both."""
        return {**self.outer.spans, **self.inner.spans}

    @property
    def kinds(self) -> Sequence[Mapping[str, str]]:
        """Every combination of words."""
        return [{**one, **two} for one in self.outer.kinds for two in self.inner.kinds]

    def _made(self, start: int, stop: int) -> Rows:
        """Return some of the pairs."""
        row, place = np.divmod(np.arange(start, stop), self.inner.games)
        first = start // self.inner.games
        outer, inner = self.outer.rows(first, -(-stop // self.inner.games)), self.inner.rows(0, self.inner.games)
        return {
            **{name: values[row - first] for name, values in outer.items()},
            **{name: values[place] for name, values in inner.items()},
        }

    def excerpt(self, start: int, stop: int) -> Calibrations:
        """Return some of the pairs, by the recipe."""
        return Excerpt(self, start, stop)

    def __repr__(self) -> str:
        return f"{self.outer!r} x {self.inner!r}"


@dataclass(frozen=True, repr=False, eq=False)
class Table(Calibrations):
    """Rows that are held in memory."""

    columns: Rows

    @property
    def games(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values())))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.columns)

    @cached_property
    def spans(self) -> Mapping[str, tuple[float, float]]:
        """The least and the largest value of every column of numbers."""
        return {name: _span(values) for name, values in self.columns.items() if values.dtype != object}

    @cached_property
    def kinds(self) -> Sequence[Mapping[str, str]]:
        """The combinations of words that occur, in the order in which they first do; rows with a missing word aside."""
        words = {name: values for name, values in self.columns.items() if values.dtype == object}
        drawn = dict.fromkeys(zip(*words.values(), strict=True)) if words else {(): None}
        return [dict(zip(words, kind, strict=True)) for kind in drawn if None not in kind]

    def _made(self, start: int, stop: int) -> Rows:
        """Return some of the rows."""
        return {name: values[start:stop] for name, values in self.columns.items()}

    def excerpt(self, start: int, stop: int) -> Calibrations:
        """Return these rows alone."""
        return Table(self.rows(start, stop))

    def __repr__(self) -> str:
        return f"Table({', '.join(self.names)}: {self.games:,} games)"


def grid(**axes: ArrayLike | Sequence[str]) -> Grid:
    """Return every combination of values of parameters and choices, to be swept.

    Parameters
    ----------
    **axes : array of numbers, or list of words
        The values that each parameter or choice takes, each only once.

    Raises
    ------
    InvalidProblem
        If there is no axis, or one is empty, not a list, not finite, or names a value twice, or there are more than 1e11
        games.

    Examples
    --------
    >>> import bargaining as bg
    >>> calibrations = bg.grid(L=[0.1, 0.2, 0.3], cap_reading=["separate", "joint"])
    >>> calibrations
    Grid(L 3 x cap_reading 2: 6 games)
    >>> calibrations.rows(1, 3)
    {'L': array([0.1, 0.2]), 'cap_reading': array(['joint', 'separate'], dtype=object)}
    """
    if not axes:
        raise InvalidProblem("a grid needs at least one parameter: bg.grid(L=[0.1, 0.2, 0.3]).")
    found = Grid({name: _axis(name, values) for name, values in axes.items()})
    _require_feasible(found)
    return found


def crossed(calibrations: Calibrations, **axes: ArrayLike | Sequence[str]) -> Crossed:
    """Return every row of calibrations with every combination of values of further parameters and choices.

    Each combination meets the same rows (common random numbers), so that what differs between them is their own doing.

    Parameters
    ----------
    calibrations : Calibrations
        `bg.draws` or `bg.grid`, without the parameters of the axes.
    **axes : array of numbers, or list of words
        As in `bg.grid`.

    Raises
    ------
    InvalidProblem
        If a parameter is in both, or an axis is none.

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.crossed(bg.draws({"L": (0.1, 0.5)}, 1000, rng=1), cap_reading=["separate", "joint"])
    Draws(1 ranges, uniform: 1,000 games) x Grid(cap_reading 2: 2 games)
    """
    instance(calibrations, Calibrations, "make draws with bg.draws(ranges, games)")
    inner = grid(**axes)
    twice = [name for name in inner.names if name in calibrations.names]
    if twice:
        raise InvalidProblem(
            f"{', '.join(twice)} would be both in the calibrations and in the grid; leave it out of the ranges drawn from."
        )
    found = Crossed(calibrations, inner)
    _require_feasible(found)
    return found


def _require_feasible(found: Calibrations) -> None:
    """Refuse more games than anybody can solve: combinations grow faster than one thinks."""
    if found.games > MOST_GAMES:
        raise InvalidProblem(
            f"these are {found.games:.1e} games, and at most {MOST_GAMES:.0e} can be swept; give fewer values, or draw "
            "from ranges with bg.draws."
        )


def _axis(name: str, values: Any) -> tuple[float, ...] | tuple[str, ...]:
    column = _column(name, values if isinstance(values, np.ndarray) else sequence(name, values))
    if column.ndim != 1:
        raise InvalidProblem(f"{name} = {brief(values)} has shape {column.shape}; give a list of values.")
    if not column.size:
        raise InvalidProblem(f"{name} takes no value; give at least one.")
    found = tuple(column.tolist())
    if len(set(found)) < len(found):
        raise InvalidProblem(f"{name} = {brief(values)} names a value twice; each gives the same games.")
    if None in found or (column.dtype != object and not np.isfinite(column).all()):
        raise InvalidProblem(
            f"{name} = {brief(values)} holds a value that is missing or not finite; leave it out of the grid."
        )
    return found


def table(columns: Mapping[str, Any]) -> Table:
    """Return columns as calibrations; single values hold for all rows.

    Raises
    ------
    InvalidProblem
        If there is no column, lengths differ, or a column holds neither numbers nor words.
    """
    found = {str(name): _column(str(name), values) for name, values in columns.items()}
    if not found:
        raise InvalidProblem("the calibrations have no column; give the values of at least one parameter.")
    games = {name: values.shape for name, values in found.items()}
    lengths = {shape[0] for shape in games.values() if shape}
    if len(lengths) != 1 or any(len(shape) > 1 for shape in games.values()):
        raise InvalidProblem(
            f"the calibrations are columns of shapes {', '.join(f'{name} {shape}' for name, shape in games.items())}; they "
            "must be lists of equal length, one number a game."
        )
    return Table({name: np.broadcast_to(values, (*lengths,)) for name, values in found.items()})


def _column(name: str, values: Any) -> np.ndarray[Any, Any]:
    """Return a column as floats, or as an object array of words in which a missing one is None."""
    if isinstance(values, np.ma.MaskedArray):
        raise InvalidProblem(f"column {name} is masked; fill the gaps, for example with nan.")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InvalidProblem(f"column {name} = {brief(values)} is no list of numbers or words: {error}.") from error
    if array.dtype.kind in "bifu":
        return np.array(array, dtype=float)
    if array.dtype.kind not in "OTU":
        raise InvalidProblem(f"column {name} = {brief(values)} holds neither numbers nor words, but {array.dtype}.")
    if array.dtype.kind == "U":  # NumPy makes words of the numbers that stand beside words
        array = np.asarray(values, dtype=object)
    missing = [isinstance(entry, float) and np.isnan(entry) for entry in array.ravel().tolist()]
    entries = [None if lost else entry for lost, entry in zip(missing, array.ravel().tolist(), strict=True)]
    found = np.empty(array.size, object)
    if all(entry is None or isinstance(entry, str) for entry in entries):
        found[:] = entries
        return found.reshape(array.shape)
    try:
        return np.array(array, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidProblem(f"column {name} = {brief(values)} holds neither numbers nor words alone: {error}.") from error


def _span(values: Array) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    return (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)
