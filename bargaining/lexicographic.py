"""Lexicographic maximin: raise the smallest gain as far as possible, then the second smallest, and so on.

Imai (1983), Individual monotonicity and lexicographic maxmin solution, Econometrica 51, 389-401.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bargaining._types import Array
from bargaining.problems.problem import Problem
from bargaining.rays import along
from bargaining.sets.base import TIE, Answer, Status, choose, flat

BINDS = 1e-6  # of all prices together: a party with a smaller one is not what ends the rise
SLACK = 0.1  # of the least gain: by this much those who have reached their level may fall short of it


def leximin(problem: Problem, way: Array) -> Answer:
    """Return the deal whose gains, measured along `way`, are lexicographically largest from the smallest up.

    All rise together until some can rise no more: those whose price is positive at the last point. They are held there,
    and the others go on (Imai 1983).
    """
    if problem.feasible.convex is False:
        return _leximin_of_list(problem, way)
    answer = along(problem, way)
    status, least = answer.status, problem.feasible.least_gain()
    way = np.broadcast_to(way, problem.disagreement.shape)
    level, open_ = problem.disagreement, np.broadcast_to((status == Status.OK)[..., None], way.shape)
    for stage in range(problem.n):
        asked = np.any(open_, axis=-1)
        if not np.any(asked):
            break
        direction = np.where(open_, way, 0.0)
        floors = np.where(open_ | (stage == 0), level, level - SLACK * least)
        found = problem.feasible.reach(
            np.where(asked[..., None], floors, problem.disagreement), np.where(asked[..., None], direction, 1.0)
        )
        with np.errstate(invalid="ignore"):
            t = np.min(np.where(open_, (found.utilities - level) / way, np.inf), axis=-1)
            level = np.where(open_, level + np.maximum(t, 0.0)[..., None] * way, level)
            open_ = open_ & ~(found.normal * direction > BINDS) & (found.status == Status.OK)[..., None]
        answer = choose(asked, found, answer)
        status = np.where(asked, found.status, status)
    return answer.with_status(status)


def _leximin_of_list(problem: Problem, way: Array) -> Answer:
    """Return the best of listed alternatives: of those whose smallest gain is largest, the lexicographically best."""
    answer = along(problem, way)
    if answer.spare is not None:
        answer = replace(answer, utilities=answer.utilities + answer.spare, spare=None)
    ties = answer.ties
    if ties is None:
        return answer
    gains = (ties.utilities - flat(problem.disagreement, problem.shape)[ties.games]) / flat(way, problem.shape)[ties.games]
    ranks = np.sort(gains, axis=-1)
    order = np.lexsort((*(-ranks.T[::-1]), ties.games))
    first = order[np.unique(ties.games[order], return_index=True)[1]]
    best = np.zeros((int(np.prod(problem.shape, dtype=int)), problem.n))
    best[ties.games[first]] = ranks[first]
    own = best[ties.games]
    tied = np.all(np.abs(ranks - own) <= TIE * np.max(np.abs(own), axis=-1, keepdims=True), axis=-1)
    utilities = answer.utilities.reshape(-1, problem.n).copy()
    utilities[ties.games[first]] = ties.utilities[first]
    terms = {name: value.ravel().copy() for name, value in answer.terms.items()}
    for name, value in terms.items():
        value[ties.games[first]] = ties.terms[name][first]
    several = np.bincount(ties.games[tied], minlength=len(best))[ties.games] > 1
    return replace(
        answer, utilities=utilities.reshape(answer.utilities.shape), ties=ties.where(tied & several),
        terms={name: value.reshape(problem.shape) for name, value in terms.items()},
    )  # fmt: skip
