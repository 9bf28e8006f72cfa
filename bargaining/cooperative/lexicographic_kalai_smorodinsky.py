"""The lexicographic Kalai-Smorodinsky solution.

Imai (1983), Individual monotonicity and lexicographic maxmin solution, Econometrica 51, 389-401.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining.concept import Concept
from bargaining.lexicographic import leximin
from bargaining.problems.problem import Problem
from bargaining.rays import prospects
from bargaining.sets.base import Answer, Status


@dataclass(frozen=True)
class LexicographicKalaiSmorodinsky(Concept):
    """Raise the smallest fraction of an ideal gain as far as possible, then the second smallest, and so on (Imai 1983).

    For three and more parties the Kalai-Smorodinsky point may be only weakly efficient; here those who can still gain go
    on, so that the point is always efficient. For two parties and a convex set both are the same.

    Examples
    --------
    >>> import bargaining as bg
    >>> capped = bg.lotteries(
    ...     bg.from_points([[0.2, 0.2, 0], [0.2, 0, 0.8], [0, 0.2, 0.8], [0, 1, 0], [0, 0, 1]], disagreement=[0, 0, 0]))
    >>> bg.solve(capped, bg.LexicographicKalaiSmorodinsky()).fractions.round(4).tolist()
    [0.4545, 0.4545, 0.4545]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "lexicographic Kalai-Smorodinsky"

    def outcome(self, problem: Problem) -> Answer:
        """Return the deal whose fractions of ideal gains, in rising order, are lexicographically largest."""
        possible = prospects(problem)
        gains = np.where((possible == Status.OK)[..., None], problem.gains(problem.ideal), 1.0)
        answer = leximin(problem, gains)
        return replace(answer, status=np.where(possible == Status.OK, answer.status, possible)).where_ok()
