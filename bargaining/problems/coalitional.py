"""Coalitional games: what every group of parties can have if it agrees on its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bargaining._types import Array, Bools
from bargaining.checks import instance, leading_axes, numbers, party_number, with_changes, words
from bargaining.errors import InvalidProblem
from bargaining.problems.pies import split
from bargaining.problems.problem import LARGEST, Problem
from bargaining.problems.transforms import rescaled
from bargaining.utilities.linear import Linear

MOST = 12
"""Parties of a game at most: every coalition is looked at."""


@dataclass(frozen=True, eq=False)
class CoalitionalProblem:
    """A game in coalitional form with transferable utility: a coalition S of parties can divide v(S) among its members.

    Von Neumann and Morgenstern (1944), Theory of Games and Economic Behavior, Princeton University Press, chapter VI.

    Parameters
    ----------
    worth : mapping of coalition to float or array, shape (...)
        v(S), by the tuple of names or numbers of the members of S. A coalition that is left out is worth what its members
        are worth alone, and a member, if left out, zero. Leading axes make a stack.
    parties : sequence of str
        Names of the parties, two to twelve.
    unit : str
        The unit of what there is to divide.

    Raises
    ------
    InvalidProblem
        If coalitions are empty, given twice or have unknown members, or values are no finite numbers. In a stack, games
        with such numbers get a status.

    Examples
    --------
    >>> import bargaining as bg
    >>> game = bg.CoalitionalProblem({("a", "b"): 6, ("a", "c"): 4, ("b", "c"): 2, ("a", "b", "c"): 10}, ("a", "b", "c"))
    >>> game("a", "c").item(), game("a").item()
    (4.0, 0.0)
    >>> bg.solve(game.problem, bg.Nash()).utilities.round(4).tolist()
    [3.3333, 3.3333, 3.3333]
    """

    worth: Mapping[Any, Any]
    parties: tuple[str, ...]
    unit: str = ""

    # Written out, for more may be passed than the fields hold.
    def __init__(self, worth: Mapping[Any, Any], parties: Sequence[str], unit: str = "") -> None:
        names = words("parties", parties)
        if not 2 <= len(names) <= MOST or len(set(names)) < len(names):
            raise InvalidProblem(f"parties {names!r} must be 2 to {MOST} distinct names.")
        instance(unit, str, "write the unit of what is divided, for example 'USD'")
        instance(worth, Mapping, "write a mapping of coalitions to what they are worth, {('a', 'b'): 6}")
        found: dict[tuple[str, ...], Array] = {}
        for members, given in worth.items():
            coalition = _coalition(members, names)
            if coalition in found:
                raise InvalidProblem(f"coalition {coalition} is given twice.")
            found[coalition] = numbers(f"worth of coalition {coalition}", given)
        for field, value in (("worth", found), ("parties", names), ("unit", unit)):
            object.__setattr__(self, field, value)
        if not self.shape and not self.valid:
            raise InvalidProblem(f"worth = {found!r}: what coalitions can have must be finite.")

    @property
    def n(self) -> int:
        """The number of parties."""
        return len(self.parties)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the stack; () for a single game."""
        return leading_axes(*(value.shape for value in self.worth.values()), ())

    @cached_property
    def table(self) -> Array:
        """v(S), (..., 2**n): the place of S is the sum of 2**i over its members i."""
        table = np.zeros((*self.shape, 2**self.n))
        for i, name in enumerate(self.parties):
            alone = self.worth.get((name,), 0.0)
            table += np.where((np.arange(2**self.n) >> i) & 1 == 1, np.asarray(alone)[..., None], 0.0)
        for coalition, value in self.worth.items():
            table[..., self.place(coalition)] = value
        return table

    @cached_property
    def valid(self) -> Bools:
        """Which games, (...), have finite numbers."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.all(np.abs(self.table) <= LARGEST, axis=-1))

    def place(self, members: Any) -> int:
        """Return the place of a coalition in `table`."""
        return sum(1 << self.parties.index(name) for name in _coalition(members, self.parties))

    def __call__(self, *members: int | str) -> Array:
        """Return what a coalition can have, (...)."""
        return np.asarray(self.table[..., self.place(members)])

    @cached_property
    def problem(self) -> Problem:
        """The bargaining problem of all parties: v(N) to divide, and what each has alone as disagreement point."""
        alone = np.where(self.valid[..., None], self.table[..., [1 << i for i in range(self.n)]], np.nan)
        surplus = self.table[..., -1] - np.sum(alone, axis=-1)
        with np.errstate(invalid="ignore"):  # of a stack, some games may have no such numbers
            size = np.where(surplus <= 0.0, 1.0, surplus)  # with nothing to gain: a part of the line below disagreement
            lowest = alone + np.where(surplus <= 0.0, surplus - 1.0, 0.0)[..., None] / self.n
        pie = split(size, [Linear()] * self.n, parties=self.parties, unit=self.unit)
        return rescaled(pie, np.ones(self.n), lowest, units=(self.unit,) * self.n).replace(disagreement=alone)

    def replace(self, **changes: Any) -> CoalitionalProblem:
        """Return this game with some of its fields changed."""
        return CoalitionalProblem(**with_changes("a coalitional game", self, changes))

    def __repr__(self) -> str:
        stack = f", stack of shape {self.shape}" if self.shape else f", {self.table[-1]:g} for all"
        return f"CoalitionalProblem({' v '.join(self.parties)}: {len(self.worth)} coalitions{stack})"


def _coalition(members: Any, parties: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of members in the order of the parties."""
    given = [members] if isinstance(members, str) or not isinstance(members, Iterable) else list(members)
    numbers_ = sorted(party_number("a member of a coalition", one, parties) for one in given)
    if not numbers_ or len(set(numbers_)) < len(numbers_):
        raise InvalidProblem(f"coalition {members!r} must have members, each named once.")
    return tuple(parties[i] for i in numbers_)
