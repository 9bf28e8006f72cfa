"""The lexicographic egalitarian solution (leximin).

Chun and Peters (1988), The lexicographic egalitarian solution, Cahiers du CERO 30, 149-156; the construction is Imai's
(1983), Individual monotonicity and lexicographic maxmin solution, Econometrica 51, 389-401.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining.concept import Concept
from bargaining.lexicographic import leximin
from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class LexicographicEgalitarian(Concept):
    """Raise the smallest gain as far as possible, then the second smallest, and so on (Chun and Peters 1988).

    Where equal gains are only weakly efficient, those who can still gain go on, so that the point is always efficient. It
    compares utilities between the parties, so their units matter.

    Examples
    --------
    >>> import bargaining as bg
    >>> wide = bg.lotteries(bg.from_points([[1, 3]], disagreement=[0, 0]))
    >>> [bg.solve(wide, concept).utilities.tolist() for concept in (bg.Egalitarian(), bg.LexicographicEgalitarian())]
    [[1.0, 1.0], [1.0, 3.0]]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "lexicographic egalitarian"

    @property
    def compares(self) -> bool:
        """Gains are compared in their units."""
        return True

    def outcome(self, problem: Problem) -> Answer:
        """Return the deal whose gains, in rising order, are lexicographically largest."""
        return leximin(problem, np.ones(problem.n))
