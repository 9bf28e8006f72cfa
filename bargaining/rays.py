"""Points on rays: how the concepts that follow a line, or search the frontier by directions, find their deals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bargaining._types import Array, Bools, Codes
from bargaining.errors import InvalidProblem, NotConvex
from bargaining.numerics.roots import decreasing_root
from bargaining.problems.problem import Problem
from bargaining.sets.base import LEAST_GAIN, Answer, Status


def along(problem: Problem, direction: Array) -> Answer:
    """Return the last feasible point d + t * direction on a ray from disagreement, with a deal at least as good.

    A party without part in the direction is held to its disagreement payoff. Where the deal gives somebody more than the
    point, the point is only weakly efficient, and what the deal gives on top is the answer's `spare`.
    """
    answer = problem.feasible.reach(problem.disagreement, direction)
    moving = direction > 0
    least = problem.feasible.least_gain()
    gains = problem.gains(answer.utilities)
    with np.errstate(all="ignore"):  # of a stack, some games may have no such numbers
        t, most, tiny = (
            np.min(np.where(moving, steps / np.where(moving, direction, 1.0), np.inf), axis=-1, keepdims=True)
            for steps in (gains, gains + least, np.broadcast_to(least, gains.shape))
        )
    none = (answer.status == Status.OK) & ~(t[..., 0] > tiny[..., 0])
    status = np.where(none, np.int8(Status.NO_AGREEMENT), answer.status)
    if np.any(none) and problem.feasible.convex and problem.feasible.free_disposal:
        # The parties agree on something in these proportions, but on less than numbers can tell from nothing.
        some = np.all(problem.gains(problem.ideal) > least, axis=-1)
        status = np.where(none & some, np.int8(Status.NOT_CONVERGED), status)
    # What is left over may be rounding: of the gains, or of a small gain that tells how far along the ray the deal is.
    with np.errstate(all="ignore"):
        given = np.all(moving & (gains - most * direction <= LEAST_GAIN * problem.feasible.spread()) | ~moving, axis=-1)
        point = np.where(moving & ~given[..., None], problem.disagreement + t * direction, answer.utilities)
        spare = answer.utilities - point
    return replace(answer, utilities=point, spare=spare, status=status).where_ok()


def settled(problem: Problem, answer: Answer, point: Array) -> Answer:
    """Return an answer whose utilities are `point`, and whose `spare` is what its deal gives on top.

    Where the deal gives the point up to rounding, its own utilities are kept.
    """
    with np.errstate(invalid="ignore"):
        same = np.abs(answer.utilities - point) <= LEAST_GAIN * problem.feasible.spread()
    utilities = np.where(same, answer.utilities, point)
    return replace(answer, utilities=utilities, spare=answer.utilities - utilities)


def nothing_for_all(problem: Problem) -> Bools:
    """Say in which games no deal is strictly better than disagreement for every party."""
    feasible = problem.feasible
    if feasible.free_disposal:
        best = feasible.reach(problem.disagreement, feasible.spread())
        found, gains = best.status, problem.gains(best.utilities)
    else:  # the ray may miss the set, but a convex set holds the mean of the parties' best points
        found, gains = np.max(problem.best.status, axis=0), problem.gains(problem.ideal)
    none = (found == Status.OK) & ~np.all(gains > feasible.least_gain(), axis=-1)
    return np.asarray(none | (found == Status.NO_AGREEMENT))


def prospects(problem: Problem) -> Codes:
    """Return OK for games in which every party has something to gain from an agreement, else why there are no numbers."""
    best = np.max(problem.best.status, axis=0)
    return np.where((best == Status.OK) & nothing_for_all(problem), np.int8(Status.NO_AGREEMENT), best).astype(np.int8)


def granted(problem: Problem, answer: Answer) -> Answer:
    """Return the answer without numbers where no deal is better than disagreement for all."""
    status = prospects(problem)
    return replace(answer, status=np.where(status == Status.OK, answer.status, status)).where_ok()


def on_ray(problem: Problem, share: Array) -> tuple[Answer, Array]:
    """Return the last points of two parties' set on rays that give the second party this share of the way to its ideal."""
    gains = problem.gains(problem.ideal)
    way = np.stack([(1.0 - share) * gains[..., 0], share * gains[..., 1]], axis=-1)
    known = np.all(gains > 0, axis=-1) & np.isfinite(share)
    answer = problem.feasible.reach(problem.disagreement, np.where(known[..., None], way, 1.0))
    return answer, way


def crossing(problem: Problem, score: Callable[[Answer], Array]) -> Answer:
    """Return the efficient deal of two parties at which a score changes sign.

    `score` of the deals on rays must fall as the second party's share rises, and be positive before the deal sought and
    negative after it; it may jump there.
    """

    def asked(share: Array, games: Array) -> Array:
        whole = np.full(problem.shape, 0.5).ravel()
        pick = games.astype(np.intp)
        whole[pick] = share
        return np.asarray(score(on_ray(problem, whole.reshape(problem.shape))[0])).ravel()[pick]

    count = int(np.prod(problem.shape, dtype=int))
    found = decreasing_root(asked, np.zeros(count), np.ones(count), np.arange(count))
    return granted(problem, on_ray(problem, found.reshape(problem.shape))[0])


def require_two(problem: Problem, what: str) -> None:
    """Refuse other than two parties."""
    if problem.n != 2:
        raise InvalidProblem(f"{what} is defined for two parties; the problem has {problem.n}.")


def require_convex(problem: Problem, what: str) -> None:
    """Refuse sets known not to be convex."""
    if problem.feasible.convex is False:
        raise NotConvex(
            f"{what} is defined on convex sets, and separate alternatives are none. Allow lotteries over them: "
            "bg.lotteries(problem).", {},
        )  # fmt: skip


def towards(problem: Problem, point: Array, error: Array, status: Codes) -> Answer:
    """Return the last deals on rays from disagreement through points, (games, n), given as fractions of ideal gains.

    `error` (games,) is that of the points, and `status` says which of them have a meaning.
    """
    known = status.reshape(problem.shape) == Status.OK
    way = np.where(known[..., None], point.reshape(*problem.shape, problem.n) * problem.gains(problem.ideal), 1.0)
    answer = along(problem, np.maximum(way, 0.0))
    residual = np.maximum(answer.residual, error.reshape(problem.shape))
    return replace(answer, residual=residual).with_status(np.where(known, answer.status, status.reshape(problem.shape)))
