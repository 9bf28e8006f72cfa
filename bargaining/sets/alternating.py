"""Both proposals of an alternating-offers equilibrium on any convex two-party set that knows each party's best reply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Indices
from bargaining.checks import leading_axes, query
from bargaining.errors import InvalidProblem
from bargaining.numerics.roots import decreasing_root
from bargaining.sets.base import Answer, FeasibleSet, Offers, Status, flat

EXACT = 1e-15  # accuracy of a best reply on an exact set


def offers_by_reach(feasible: FeasibleSet, origin: ArrayLike, factors: ArrayLike) -> Offers:
    """Find the first party's gain g with best_1(m_2 best_2(m_1 g)) = g (see `FeasibleSet.offers`).

    Here best_i(h) is party i's largest gain that leaves the other a gain of h. Gains melt by m in a round, so the left side
    less the right is decreasing, and the root is unique.
    """
    origin, factors = offers_query(feasible, origin, factors)
    lead = leading_axes(feasible.shape, origin.shape[:-1], factors.shape[:-1])
    asking = lead or (1,)  # always a stack, so that a question on the way that fails is a status and no error
    origins, m = np.broadcast_to(origin, (*asking, 2)), flat(factors, asking)
    games = np.arange(len(m))

    def best(proposer: int, left: Array) -> tuple[Answer, Array]:
        floors = origins.copy()
        floors[..., 1 - proposer] += left.reshape(asking)
        answer = feasible.reach(floors, np.eye(2)[proposer])
        return answer, np.asarray(answer.utilities[..., proposer] - origins[..., proposer]).ravel()

    def excess(gain: Array, picked: Array) -> Array:
        asked = np.zeros(games.size)
        at: Indices = picked.astype(np.intp)
        asked[at] = gain
        second = best(1, m[:, 0] * asked)[1]
        return (best(0, m[:, 1] * second)[1] - asked)[at]

    ends = [best(party, np.zeros(games.size)) for party in (0, 1)]
    ideal = np.stack([gain for _, gain in ends], axis=-1)
    least = np.broadcast_to(feasible.least_gain(), (*asking, 2)).reshape(-1, 2)
    hopeless = ~np.all(ideal > least, axis=-1)
    gain = decreasing_root(excess, np.zeros(games.size), np.where(hopeless, 0.0, ideal[:, 0]), games)
    second, theirs = best(1, m[:, 0] * np.nan_to_num(gain))
    first, ours = best(0, m[:, 1] * np.nan_to_num(theirs))
    with np.errstate(all="ignore"):
        error = np.maximum(np.abs(ours - gain) / ideal[:, 0], EXACT) / (1.0 - m[:, 0] * m[:, 1])
    status = np.maximum.reduce([end.status.ravel() for end, _ in ends] + [first.status.ravel(), second.status.ravel()])
    status = np.where((status == Status.OK) & hopeless, np.int8(Status.NO_AGREEMENT), status)
    status = np.where((status == Status.OK) & ~(error <= 1e-9), np.int8(Status.NOT_CONVERGED), status)
    first, second = (
        replace(answer, status=status.reshape(asking).astype(np.int8), residual=error.reshape(asking)).where_ok()
        for answer in (first, second)
    )
    return Offers(first, second) if lead else Offers(first.pick(0), second.pick(0))


def offers_query(feasible: FeasibleSet, origin: ArrayLike, factors: ArrayLike) -> tuple[Array, Array]:
    """Return the query as arrays, or say what is wrong with it."""
    if feasible.parties != 2:
        raise InvalidProblem(f"alternating offers are solved for two parties; this set has {feasible.parties}.")
    origin, factors = query("origin", origin, 2), query("factors", factors, 2, least=0.0)
    if factors.ndim == 1 and not np.all(factors < 1):
        raise InvalidProblem(f"factors {factors.tolist()} must lie below 1.")
    return origin, factors
