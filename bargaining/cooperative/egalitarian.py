"""The egalitarian solution.

Kalai (1977), Proportional solutions to bargaining situations: interpersonal utility comparisons, Econometrica 45,
1623-1630.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.concept import Welfare
from bargaining.problems.problem import Problem
from bargaining.rays import along
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class Egalitarian(Welfare):
    """Give all parties the same, largest possible gain (Kalai 1977): the last feasible point d + t (1, ..., 1).

    It compares utilities between the parties, so their units matter. The point is weakly efficient; where the deal gives
    somebody more, `Solution.spare` says how much.

    Examples
    --------
    >>> import bargaining as bg
    >>> wide = bg.lotteries(bg.from_points([[1, 3]], disagreement=[0, 0]))
    >>> deal = bg.solve(wide, bg.Egalitarian())
    >>> deal.utilities.tolist(), deal.spare.tolist()
    ([1.0, 1.0], [0.0, 2.0])
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "egalitarian"

    @property
    def compares(self) -> bool:
        """Gains are compared in their units."""
        return True

    def outcome(self, problem: Problem) -> Answer:
        """Return the last point of equal gains."""
        return along(problem, np.ones(problem.n))

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the smallest gain."""
        return np.asarray(np.min(problem.gains(utilities), axis=-1))
