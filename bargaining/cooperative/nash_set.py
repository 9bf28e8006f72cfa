"""The set-valued Nash solution on sets that are not convex.

Kaneko (1980), An extension of the Nash bargaining problem and the Nash social welfare function, Theory and Decision 12,
135-148; Herrero (1989), The Nash program: non-convex bargaining problems, Journal of Economic Theory 49, 266-277.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array, Bools
from bargaining.concept import bargaining_weights, weights_label
from bargaining.cooperative.nash import Nash
from bargaining.errors import InvalidProblem
from bargaining.numerics.roots import decreasing_root
from bargaining.problems.problem import Problem
from bargaining.rays import granted, on_ray
from bargaining.sets.base import Answer, Status, Ties, joined

RAYS = 257  # on which dents are looked for
EQUAL = 1e-9  # of the logarithm of the weighted product of gains
APART = 1e-6  # of a party's range of utilities: deals that differ by less are one


@dataclass(frozen=True)
class NashSet(Nash):
    """All deals with the largest product of gains (Kaneko 1980; Herrero 1989): several where the set is not convex.

    `Solution.ties` holds them all where there are several, and `Solution.utilities` is one of them. Lists of alternatives
    are compared one by one, and on sets known to be convex the maximiser is unique. On other sets of two parties the
    frontier is searched along rays for every peak of the product; a peak narrower than the distance of the rays, a
    two-hundred-and-fiftieth of a right angle, may be missed.

    Parameters
    ----------
    weights : tuple of float, optional
        Bargaining weights, one a party, as in `Nash`; equal if left out.

    Examples
    --------
    >>> import bargaining as bg
    >>> dent = bg.from_issues([bg.Issue("x")], {"a": lambda x: x**2, "b": lambda x: (1 - x) ** 2}, [-1, -1])
    >>> bg.solve(dent, bg.NashSet()).ties.utilities.round(6).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"Nash set{weights_label(self.weights)}"

    def outcome(self, problem: Problem) -> Answer:
        """Return the maximisers of the weighted product of gains."""
        if problem.feasible.convex is not None:
            return super().outcome(problem)
        if problem.n != 2:
            raise InvalidProblem(
                f"{self.label}: on sets not known to be convex all maximisers are sought for two parties only; the problem "
                f"has {problem.n}. bg.Nash gives the best deal found; concave=True says that utilities are concave."
            )
        weights = bargaining_weights(self.weights, problem)
        if not (weights > 0).all():
            return super().outcome(problem)

        def slope(answer: Answer) -> Array:
            gains = problem.gains(answer.utilities)
            pull = answer.normal * gains / weights
            return np.asarray(pull[..., 0] - pull[..., 1])

        return granted(problem, _peaks(problem, slope, lambda u: self.welfare(problem, u), super().outcome(problem)))


def _peaks(problem: Problem, slope: Callable[[Answer], Array], value: Callable[[Array], Array], known: Answer) -> Answer:
    """Return the deals of two parties with the largest value, as ties where there are several, on sets with dents.

    `slope` says, of deals on rays, whether the value rises (positive) or falls with the second party's share. Every
    interval between rays in which it turns from rising to falling is searched; `known` is one more deal to compare.
    """
    lead = (-1, *(1 for _ in problem.shape))
    grid = np.linspace(0.0, 1.0, RAYS).reshape(lead)
    rises = slope(on_ray(problem, np.broadcast_to(grid, (RAYS, *problem.shape)))[0]) > 0
    turns = (rises[:-1] & ~rises[1:]).reshape(RAYS - 1, -1)
    rank = np.cumsum(turns, axis=0) - 1
    most = max(int(np.max(rank, initial=-1)) + 1, 1)
    low = np.full((most, turns.shape[1]), np.nan)
    where = np.nonzero(turns)
    low[rank[where], where[1]] = grid.ravel()[where[0]]

    def asked(share: Array, games: Array) -> Array:
        whole = np.full(low.size, 0.5)
        pick = games.astype(np.intp)
        whole[pick] = share
        return np.asarray(slope(on_ray(problem, whole.reshape(most, *problem.shape))[0])).ravel()[pick]

    used = np.flatnonzero(np.isfinite(low))
    share = np.full(low.size, 0.5)
    if used.size:
        share[used] = decreasing_root(asked, low.ravel()[used], low.ravel()[used] + 1.0 / (RAYS - 1), used)
    found = on_ray(problem, share.reshape(most, *problem.shape))[0]
    rivals = joined(found, known)
    with np.errstate(invalid="ignore"):
        values = np.where(rivals.status == Status.OK, value(rivals.utilities), -np.inf)
    values[:-1] = np.where(np.isfinite(low).reshape(values[:-1].shape), values[:-1], -np.inf)
    best = np.argmax(values, axis=0)
    return replace(rivals.chosen(best), ties=_distinct(problem, rivals, values >= np.max(values, axis=0) - EQUAL))


def _distinct(problem: Problem, rivals: Answer, tied: Bools) -> Ties | None:
    """Return the deals among `rivals` (k, ...) that tie and differ from each other."""
    keep = tied & (rivals.status == Status.OK)
    with np.errstate(invalid="ignore"):
        for k in range(1, len(tied)):
            apart = np.any(np.abs(rivals.utilities[k] - rivals.utilities[:k]) > APART * problem.feasible.spread(), axis=-1)
            keep[k] &= np.all(apart | ~keep[:k], axis=0)
    keep &= np.count_nonzero(keep, axis=0) > 1
    rows = np.nonzero(keep.reshape(len(tied), -1))
    if not rows[0].size:
        return None
    return Ties(
        rows[1], rivals.utilities.reshape(len(tied), -1, problem.n)[rows],
        {name: np.broadcast_to(terms, tied.shape).reshape(len(tied), -1)[rows] for name, terms in rivals.terms.items()},
    )  # fmt: skip
