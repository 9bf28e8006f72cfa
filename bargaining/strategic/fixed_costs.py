"""Alternating offers when each round of delay costs a fixed amount.

Rubinstein (1982), Perfect equilibrium in a bargaining model, Econometrica 50, 97-109, Conclusion I.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bargaining._types import Array, Codes, Indices
from bargaining.checks import numbers, party_number
from bargaining.errors import InvalidProblem
from bargaining.numerics.roots import decreasing_root
from bargaining.problems.problem import Problem
from bargaining.ranges import IntervalModel, PayoffRange, payoff_range
from bargaining.sets.base import Answer, Status, flat
from bargaining.strategic.common import ideal_gains, require_two

LEVEL = 1e-12
"""Share of the first party's ideal gain by which a payoff may miss one that repeats itself and still count as one."""

WIDE, CURVED, WIDEST = 1e-6, 1e4, 1e-2
"""Share of the ideal gain beyond which an interval of such payoffs is one: at least; times LEVEL over the cost; at most."""

SMALL = 1e-8
"""Share of the ideal gain that a cost must be, for an interval to be told from a frontier that hardly bends."""

ACCEPT = 1e-9
"""Share of the ideal gain by which a payoff found may miss one that repeats itself."""


@dataclass(frozen=True)
class FixedCosts(IntervalModel):
    """Two parties propose in turn until one accepts; each round of delay costs party i the utility c_i (Rubinstein 1982).

    With f_i(h) the most that party i can have if the other has at least h, the proposals x (party 1) and y (party 2) solve

        u_1(x) = f_1(max(u_2(y) - c_2, d_2)),   u_2(y) = f_2(max(u_1(x) - c_1, d_1)).

    On a convex set the highest and the lowest solution are the highest and the lowest payoffs of all subgame perfect
    equilibria (the argument of Shaked and Sutton 1984, Econometrica 52, 1351-1364). They are the same, with x and y on
    the frontier such that a move from one to the other costs the parties c_1 and c_2, or at its ends. On a pie that two
    risk-neutral parties share, c_1 < c_2 gives all of it to party 1 if it proposes first, and all but c_1 if it does not.
    Only where the frontier runs straight in the slope -c_2 / c_1 is there a continuum: on this pie with equal costs. A
    proposer with several best deals is taken to propose the one that is best for the other.

    Parameters
    ----------
    costs : tuple of float
        c_i, above zero, in units of each party's utility, for a round. Nobody is ever left with less than disagreement.
    first : int or str
        The party that proposes first, by number or name.

    Raises
    ------
    InvalidProblem
        When made, if the costs are no two positive numbers; when solved, if there are not two parties, or, of a single
        problem, if equilibria are a continuum. In a stack such a game has the status UNDETERMINED and the ends of the
        interval.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Linear()])
    >>> [bg.solve(pie, bg.FixedCosts((0.1, 0.2), first)).utilities.round(9).tolist() for first in (0, 1)]
    [[1.0, 0.0], [0.9, 0.1]]
    """

    costs: tuple[float, float]
    first: int | str = 0

    def __post_init__(self) -> None:
        costs = numbers("costs", self.costs)
        if costs.shape != (2,) or not np.all(np.isfinite(costs) & (costs > 0)):
            raise InvalidProblem(f"costs = {self.costs!r} must be two positive numbers, what a round costs each party.")

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "fixed costs"

    def play(self, problem: Any) -> PayoffRange:
        """Return the payoffs of all subgame perfect equilibria in every game of a problem."""
        require_two(problem, "bargaining with fixed costs")
        problem = problem.whole
        first = party_number("first", self.first, problem.parties)
        talks = _Talks(problem, np.array(self.costs, dtype=float))
        ends = [talks.proposals(own)[first] for own in talks.own_proposals]
        utilities = np.stack([end.utilities.reshape(*problem.shape, 2) for end in ends])
        found = payoff_range(
            problem, self, np.min(utilities, axis=0), np.max(utilities, axis=0), talks.status(ends).reshape(problem.shape)
        )
        if not problem.shape and found.status == Status.UNDETERMINED:
            raise InvalidProblem(self._continuum(found))
        return found

    def conditions(self, found: PayoffRange) -> Iterator[tuple[str, Array]]:
        """Check that what the first proposal gives repeats itself, at both ends of the interval."""
        problem = found.problem
        first = party_number("first", self.first, problem.parties)
        talks = _Talks(problem, np.array(self.costs, dtype=float))
        gains = ideal_gains(problem)[0]
        for own, other, word in ((found.highest, found.lowest, "most"), (found.lowest, found.highest, "least")):
            stated = np.stack([own[..., first], other[..., 1 - first]], axis=-1)
            stated = stated if first == 0 else stated[..., ::-1]
            repeated = talks.followed(first, np.where(np.isfinite(stated), stated, talks.origin.reshape(stated.shape)))
            missed = np.max(np.abs(repeated - stated) / gains, axis=-1)
            yield f"the {word} that {problem.parties[first]} has repeats itself two rounds later", missed

        span = gains[..., first]
        bottom = problem.disagreement[..., first]
        found_outside = np.zeros(problem.shape)
        for share in np.linspace(0.1, 1.0, 10):
            for own, limit in ((found.highest[..., first], bottom + span), (found.lowest[..., first], bottom)):
                tried = own + share * (limit - own)
                point = np.stack([tried, tried], axis=-1)
                point = np.where(np.isfinite(point), point, talks.origin.reshape(point.shape))
                same = np.abs(talks.followed(first, point)[..., first] - tried) <= LEVEL * span
                found_outside = np.where(same & (np.abs(tried - own) > WIDEST * span), np.inf, found_outside)
        yield "nothing beyond the ends repeats itself", found_outside

    def _continuum(self, found: PayoffRange) -> str:
        low, high = found.lowest, found.highest
        intervals = ", ".join(
            f"{name} from {a:.6g} to {b:.6g}" for name, a, b in zip(found.problem.parties, low, high, strict=True)
        )
        return (
            f"equal fixed costs leave a continuum of equilibria: costs {tuple(self.costs)} are in the proportion in which "
            f"the frontier runs straight from one party's utility to the other's. Possible are {intervals}. Let costs "
            "differ, or let delay shrink gains, bg.AlternatingOffers(factors=...)."
        )


@dataclass(frozen=True, eq=False)
class _Talks:
    """All games of a stack, flattened: (games,) numbers."""

    problem: Problem
    costs: Array

    @cached_property
    def asking(self) -> tuple[int, ...]:
        """The leading axes of questions: always a stack, so that a question on the way that fails is a status."""
        return self.problem.shape or (1,)

    @cached_property
    def gains(self) -> tuple[Array, Codes]:
        """Ideal gains, (games, 2), and a status for every game."""
        gains, status = ideal_gains(self.problem)
        if self.problem.feasible.convex is False:
            status = np.where(status == Status.OK, np.int8(Status.NOT_CONVEX), status)
        return flat(gains, self.asking), np.broadcast_to(status, self.asking).ravel()

    @cached_property
    def origin(self) -> Array:
        """Disagreement, (games, 2), zero in games without a meaning."""
        return np.nan_to_num(flat(self.problem.disagreement, self.asking), posinf=0.0, neginf=0.0)

    def best(self, proposer: int, floor: Array) -> Answer:
        """Return the proposer's best deal that leaves the other at least a floor, (games,)."""
        origin = self.origin.copy()
        origin[:, 1 - proposer] = floor
        answer = self.problem.feasible.reach(origin.reshape(*self.asking, 2), np.eye(2)[proposer])
        return Answer(
            answer.utilities.reshape(-1, 2),
            {},
            answer.normal.reshape(-1, 2),
            answer.status.ravel(),
            answer.residual.ravel(),
        )

    def proposals(self, own: Array) -> tuple[Answer, Answer]:
        """Return what the parties propose if the first expects its own proposal to be worth `own` to it."""
        origin, (mine, yours) = self.origin, self.costs
        second = self.best(1, np.maximum(own - mine, origin[:, 0]))
        return self.best(0, np.maximum(second.utilities[:, 1] - yours, origin[:, 1])), second

    def followed(self, first: int, point: Array) -> Array:
        """Return what the first proposal gives, (..., 2), if one of the same party two rounds later gives a point."""
        point, other = point.reshape(-1, 2), 1 - first
        now = point[:, first]
        for proposer in (other, first):
            floor = np.maximum(now - self.costs[1 - proposer], self.origin[:, 1 - proposer])
            deal = self.best(proposer, floor).utilities
            now = deal[:, proposer]
        return np.asarray(deal.reshape(*self.problem.shape, 2))

    def repeated(self, own: Array) -> Array:
        """Return what the first party's proposal is then worth to it."""
        return np.asarray(self.proposals(own)[0].utilities[:, 0])

    @cached_property
    def own_proposals(self) -> tuple[Array, Array]:
        """Return the lowest and the highest worth of the first party's proposal that repeats itself.

        On a convex set what is repeated exceeds lower payoffs and falls short of higher ones.
        """
        range_ = self.gains[0][:, 0]
        lowest, root, highest = (self._root(shift * LEVEL * range_) for shift in (-1.0, 0.0, 1.0))
        with np.errstate(over="ignore"):
            wide = np.clip(CURVED * LEVEL * range_ / self.costs[0], WIDE, WIDEST) * range_
        several = highest - lowest > wide
        return np.where(several, self.repeated(lowest), root), np.where(several, self.repeated(highest), root)

    def _root(self, shift: Array) -> Array:
        games = np.arange(shift.size)

        def excess(own: Array, picked: Array) -> Array:
            at: Indices = picked.astype(np.intp)
            asked = self.origin[:, 0].copy()
            asked[at] = own
            return np.asarray((self.repeated(asked) - asked + shift)[at])

        low = self.origin[:, 0]
        return decreasing_root(excess, low, low + self.gains[0][:, 0], games)

    def status(self, ends: list[Answer]) -> Codes:
        """Return a status for every game, given the first proposals at both ends."""
        range_, status = self.gains[0][:, 0], self.gains[1]
        missed = np.max([np.abs(self.repeated(own) - own) / range_ for own in self.own_proposals], axis=0)
        apart = self.own_proposals[1] > self.own_proposals[0]
        missed = np.where(apart & np.any(self.costs < SMALL * self.gains[0], axis=-1), np.inf, missed)
        asked = np.maximum.reduce([end.status for end in ends])
        status = np.where(status == Status.OK, asked, status)
        return np.where((status == Status.OK) & ~(missed <= ACCEPT), np.int8(Status.NOT_CONVERGED), status).astype(np.int8)
