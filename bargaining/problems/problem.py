"""The bargaining problem: a feasible set, a disagreement point, and who the parties are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools
from bargaining.checks import instance, leading_axes, vector, with_changes, words
from bargaining.errors import InvalidProblem
from bargaining.sets.base import LEAST_GAIN, Answer, FeasibleSet, Status

LARGEST = 1e100
"""The largest range of utilities, and its inverse the smallest: products of several must stay floating-point numbers."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A bargaining problem (S, d) of Nash (1950, Econometrica 18, 155-162), for n parties, or a stack of such problems.

    Parameters
    ----------
    feasible : FeasibleSet
        The utilities that agreements can give.
    disagreement : array, shape (..., n)
        What each party has if there is no agreement; taken as given. Leading axes make a stack.
    parties : sequence of str
        Names of the parties, in the order of the last axis.
    impatience : array, shape (..., n), optional
        Rates per year at which each party discounts gains that come later.
    units : sequence of str, optional
        The unit of each party's utility, with its date where it is money.

    Raises
    ------
    InvalidProblem
        If names, shapes or numbers do not fit together.
    """

    feasible: FeasibleSet
    disagreement: Array
    parties: tuple[str, ...]
    impatience: Array | None = None
    units: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        instance(
            self.feasible, FeasibleSet, "build problems with bg.from_issues, bg.split, bg.from_points or bg.from_curve"
        )
        n = self.feasible.parties
        set_field = object.__setattr__
        set_field(self, "parties", words("parties", self.parties))
        set_field(self, "units", words("units", self.units) or ("",) * n)
        set_field(self, "disagreement", vector("disagreement", self.disagreement, n))
        if self.impatience is not None:
            rates = vector("impatience", self.impatience, n)
            if rates.ndim == 1 and np.any(rates < 0):
                raise InvalidProblem(f"impatience {rates!r} has a negative rate; rates per year are zero or more.")
            set_field(self, "impatience", rates)
        if len(self.parties) != n or len(set(self.parties)) != n:
            raise InvalidProblem(f"parties {self.parties!r}: give {n} distinct names, one for each utility.")
        if len(self.units) != n:
            raise InvalidProblem(f"units {self.units!r}: give {n} units, one a party.")
        self.shape  # noqa: B018 - leading axes that do not match must fail here, not in a later query

    @property
    def n(self) -> int:
        """The number of parties."""
        return self.feasible.parties

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the stack; () for a single problem."""
        rates = () if self.impatience is None else self.impatience.shape[:-1]
        return leading_axes(self.feasible.shape, self.disagreement.shape[:-1], rates)

    @cached_property
    def whole(self) -> Problem:
        """The problem with a disagreement point of its own for every game, where the stack is in another field."""
        if self.disagreement.shape[:-1] == self.shape:
            return self
        return self.replace(disagreement=np.broadcast_to(self.disagreement, (*self.shape, self.n)))

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of a deal given as issue names and values.

        Raises
        ------
        UnknownName, InvalidProblem
            If the deal names no such issue, leaves one out, or is infeasible.
        """
        return self.feasible.evaluate(terms)

    def gains(self, utilities: ArrayLike) -> Array:
        """Return utilities less the disagreement point, (..., n)."""
        with np.errstate(invalid="ignore"):  # of a stack, some games may have no such numbers
            return np.asarray(utilities, dtype=float) - self.disagreement

    def replace(self, **changes: Any) -> Problem:
        """Return this problem with some of its fields changed.

        Raises
        ------
        UnknownName
            If a change names no field.
        """
        return Problem(**with_changes("a problem", self, changes))

    @cached_property
    def best(self) -> Answer:
        """Each party's best deal that leaves the others at least their disagreement payoffs.

        The leading axes of the answer are (n, ...): the first counts the party that does best.
        """
        return self.feasible.reach(self.disagreement, self.lift(np.eye(self.n)))

    @cached_property
    def ideal(self) -> Array:
        """The ideal point, (..., n): the most each party can have on the individually rational part of the set.

        Source: Kalai and Smorodinsky (1975), Econometrica 43, 513-518. NaN where there is no agreement.
        """
        best = self.best
        point = np.stack([best.utilities[i, ..., i] for i in range(self.n)], axis=-1)
        return np.where(np.any(best.status != Status.OK, axis=0)[..., None], np.nan, point)

    @cached_property
    def measurable(self) -> Bools:
        """Whether rounding is small beside the gains that each game, (...), has to offer.

        It is not where utilities range over next to nothing or beyond the reach of floating-point numbers, or where the
        disagreement point is so far away that differences between gains are lost.
        """
        spread, far = self.feasible.spread(), np.abs(self.disagreement) * np.finfo(float).eps
        lost = (spread < 1.0 / LARGEST) | (spread > LARGEST) | (far > LEAST_GAIN * spread)
        return np.asarray(~np.any(lost, axis=-1))

    def lift(self, vectors: Array) -> Array:
        """Shape (m, n) vectors to be asked of every game: (m, 1, ..., 1, n)."""
        return vectors.reshape(len(vectors), *(1 for _ in self.shape), self.n)

    def __repr__(self) -> str:
        stack = f", stack of shape {self.shape}" if self.shape else f", disagreement={self.disagreement.tolist()}"
        return f"Problem({' v '.join(self.parties)}: {type(self.feasible).__name__}{stack})"


def pose(feasible: FeasibleSet, disagreement: Any, parties: Any, impatience: Any, units: Any = ()) -> Problem:
    """Put a problem together from what a user passed: `Problem` checks it and makes arrays of it."""
    return Problem(feasible, disagreement, parties, impatience, units)


def require_measurable(problem: Problem) -> None:
    """Refuse a single problem whose gains are lost in rounding; in a stack such games get a status."""
    if not problem.shape and not problem.measurable:
        raise InvalidProblem(
            f"gains are lost in rounding: utilities range over {problem.feasible.spread().tolist()} and disagreement is "
            f"{problem.disagreement.tolist()}. Measure utilities in units of the size of the gains, from a zero near them."
        )
