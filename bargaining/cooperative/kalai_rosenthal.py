"""The Kalai-Rosenthal solution.

Kalai and Rosenthal (1978), Arbitration of two-party disputes under ignorance, International Journal of Game Theory 7,
65-72.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.concept import Concept
from bargaining.problems.problem import Problem
from bargaining.rays import along, granted
from bargaining.sets.base import Answer, Status


@dataclass(frozen=True)
class KalaiRosenthal(Concept):
    """Give every party the same, largest possible fraction of what it could have had if the others had no say.

    As Kalai-Smorodinsky, but the ideal point is taken over the whole set instead of its individually rational part (Kalai
    and Rosenthal 1978). With more than two parties the point may be only weakly efficient; `Solution.spare` then says how
    much more the deal gives. Where some party's utility has no bound in the whole set, or is highest only where another's
    is minus infinity, there is no ideal point, and the status is "not finite".

    Examples
    --------
    >>> import bargaining as bg
    >>> line = bg.lotteries(bg.from_points([[10, 0], [0, 10]], disagreement=[2, 3]))
    >>> [bg.solve(line, c).utilities.round(6).tolist() for c in (bg.KalaiRosenthal(), bg.KalaiSmorodinsky())]
    [[4.666667, 5.333333], [4.5, 5.5]]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "Kalai-Rosenthal"

    def outcome(self, problem: Problem) -> Answer:
        """Return the last point on the way to the ideal point of the whole set."""
        best = self._best(problem)
        way = problem.gains(_own(best))
        found = granted(problem, along(problem, np.where(np.all(way > 0, axis=-1, keepdims=True), way, 1.0)))
        # Sets are never empty here: no best deal is one without bound.
        missed = np.where(best.status == Status.INFEASIBLE, Status.NOT_FINITE, best.status)
        return found.with_status(np.where(found.status == Status.OK, np.max(missed, axis=0), found.status))

    def ideal(self, problem: Problem) -> Array:
        """Return the most that each party can have in the whole set, (..., n); NaN where there is no such number."""
        return _own(self._best(problem))

    def _best(self, problem: Problem) -> Answer:
        """Return the best deal of every party, (n, ...)."""
        return problem.feasible.support(problem.lift(np.eye(problem.n)) + np.zeros((1, *problem.shape, 1)))


def _own(best: Answer) -> Array:
    return np.stack([best.utilities[i, ..., i] for i in range(len(best.utilities))], axis=-1)
