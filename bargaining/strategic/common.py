"""What models of bargaining ask of a problem: two parties, something to gain, a straight frontier."""

from __future__ import annotations

from typing import Any

import numpy as np

from bargaining._types import Array, Codes
from bargaining.checks import number, numbers
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status

STRAIGHT = 1e-8
"""Share of the ideal gains by which the middle of a straight frontier may miss the mean of its ends."""


def require_two(problem: Problem, what: str) -> None:
    """Refuse problems of more than two parties."""
    if problem.n != 2:
        raise InvalidProblem(f"{what} is about two parties; the problem has {problem.n}.")


def discount_factor(name: str, value: Any) -> float:
    """Return a discount factor, strictly between zero and one."""
    found = number(name, value)
    if not 0.0 < found < 1.0:
        raise InvalidProblem(f"{name} = {value!r} must lie strictly between 0 and 1.")
    return found


def two_factors(value: Any) -> Array:
    """Return the discount factors of two parties, (2,), given one for both or one for each."""
    found = numbers("factors", value)
    if found.shape not in {(), (2,)} or not np.all((found > 0) & (found < 1)):
        raise InvalidProblem(
            f"factors = {value!r} must lie strictly between 0 and 1: one for both parties, or one for each."
        )
    return np.broadcast_to(found, (2,))


def ideal_gains(problem: Problem) -> tuple[Array, Codes]:
    """Return the most that each party can gain over disagreement, (..., n), one where there is nothing, and a status."""
    best = np.max(problem.best.status, axis=0)
    lost = ~np.all(np.isfinite(problem.disagreement), axis=-1) | ~problem.measurable
    gains = problem.gains(problem.ideal)
    with np.errstate(invalid="ignore"):
        some = np.all(gains > problem.feasible.least_gain(), axis=-1)
    status = np.where(best == Status.OK, np.where(some, Status.OK, Status.NO_AGREEMENT), best)
    status = np.where(lost, Status.NOT_FINITE, status).astype(np.int8)
    status = np.broadcast_to(status, problem.shape)
    return np.where((status == Status.OK)[..., None], gains, 1.0), status


def straight(problem: Problem, what: str) -> tuple[Array, Codes]:
    """Return `ideal_gains` of problems whose frontier over disagreement is straight; refuse others.

    On it what one party gives up, as a share of its ideal gain, all others can gain as shares of theirs: utility is
    transferable, up to units. A convex set is so if and only if the middle of the parties' best deals is efficient.
    """
    gains, status = ideal_gains(problem)
    fine = status == Status.OK
    origin = np.where(fine[..., None], problem.disagreement, 0.0)
    middle = problem.feasible.reach(origin, gains)
    with np.errstate(invalid="ignore"):
        reached = np.min((middle.utilities - origin) / gains, axis=-1)
        bent = fine & ~(np.abs(reached - 1.0 / problem.n) <= STRAIGHT)
    if np.any(bent) or problem.feasible.convex is False:
        raise InvalidProblem(
            f"{what} is solved where utility can be transferred, so that the frontier over disagreement is straight, and "
            "this one is not. Divide money among risk-neutral parties, bg.split(size, [bg.Linear(), ...]), or points by "
            "lotteries over two deals."
        )
    return gains, status
