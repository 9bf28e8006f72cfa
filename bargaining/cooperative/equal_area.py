"""The equal-area solution.

Anbarci and Bigelow (1994), The area monotonic solution to the cooperative bargaining problem, Mathematical Social Sciences
28, 133-142.
"""

from __future__ import annotations

from dataclasses import dataclass

from bargaining.arcs import arcs, sector
from bargaining.concept import Concept
from bargaining.problems.problem import Problem
from bargaining.rays import towards
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class EqualArea(Concept):
    """Let the line from disagreement to the deal halve the area of the individually rational part of the set.

    For two parties and convex sets (Anbarci and Bigelow 1994). A party gains from every enlargement of the set on its own
    side of the line. Areas of polygons are exact; those of smooth frontiers have an error of about 1e-11.

    Examples
    --------
    >>> import bargaining as bg
    >>> hull = bg.lotteries(bg.from_points([[0, 12], [6, 10], [9, 4], [10, 0]], disagreement=[0, 0]))
    >>> bg.solve(hull, bg.EqualArea()).utilities.round(9).tolist()  # (149/22, 93/11)
    [6.772727273, 8.454545455]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "equal area"

    def outcome(self, problem: Problem) -> Answer:
        """Return the last point on the ray that halves the area."""
        chain = arcs(problem, sector, "the equal-area solution")
        return towards(problem, chain.halved(sector), chain.error, chain.status)
