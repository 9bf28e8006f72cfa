"""The Kalai-Smorodinsky solution.

Kalai and Smorodinsky (1975), Other solutions to Nash's bargaining problem, Econometrica 43, 513-518.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining.concept import Concept
from bargaining.problems.problem import Problem
from bargaining.sets.base import LEAST_GAIN, Answer, Status


@dataclass(frozen=True)
class KalaiSmorodinsky(Concept):
    """Give every party the same, largest possible fraction of its ideal gain (Kalai and Smorodinsky 1975).

    The point d + t (ideal - d) with the largest feasible t, the ideal point being taken over the individually rational
    part of the set. With more than two parties the point need only be weakly efficient: no deal is better for all, but one
    may be better for some (Roth 1979, An impossibility result concerning n-person bargaining games, International Journal
    of Game Theory 8, 129-132). Its utilities are those of a deal that gives every party at least the common fraction.

    Examples
    --------
    >>> import bargaining as bg
    >>> trade = bg.from_issues(
    ...     [bg.Issue("x"), bg.Issue("y")],
    ...     {"one": lambda x, y: 3 * x + y, "two": lambda x, y: (1 - x) + 2 * (1 - y)}, [0, 0])
    >>> bg.solve(trade, bg.KalaiSmorodinsky()).utilities.round(9).tolist()  # (36/13, 27/13)
    [2.769230769, 2.076923077]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "Kalai-Smorodinsky"

    def outcome(self, problem: Problem) -> Answer:
        """Return the point of the frontier on the segment from disagreement to the ideal point."""
        gains = problem.gains(problem.ideal)
        solvable = np.all(gains > LEAST_GAIN * problem.feasible.spread(), axis=-1)
        answer = problem.feasible.reach(problem.disagreement, np.where(solvable[..., None], gains, 1.0))
        failed = np.max(problem.best.status, axis=0)
        failed = np.where(failed == Status.OK, np.int8(Status.NO_AGREEMENT), failed)
        return replace(answer, status=np.where(solvable, answer.status, failed)).where_ok()
