"""The average pay-off solution.

Anbarci (1995), Reference functions and balanced concessions in bargaining, Canadian Journal of Economics 28, 675-682;
Radzik (1998), On a new solution concept for bargaining problems, Applicationes Mathematicae 25, 285-294.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining.arcs import arcs, moment
from bargaining.concept import Concept
from bargaining.problems.problem import Problem
from bargaining.rays import towards
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class AveragePayoff(Concept):
    """Go from disagreement through the centre of gravity of the individually rational part of the set to the frontier.

    The centre of gravity is what the parties would have on average, were every feasible outcome equally likely (Anbarci
    1995, Radzik 1998). For two parties and convex sets. Centres of polygons are exact; those of sets with smooth frontiers
    have an error of about 1e-11.

    Examples
    --------
    >>> import bargaining as bg
    >>> curve = bg.from_curve(lambda u: 4 - u**2, disagreement=[0, 0], low=0, high=2)
    >>> bg.solve(curve, bg.AveragePayoff()).utilities.round(9).tolist()  # (6/5, 64/25)
    [1.2, 2.56]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "average pay-off"

    def outcome(self, problem: Problem) -> Answer:
        """Return the last point on the ray through the centre of gravity."""
        chain = arcs(problem, moment, "the average pay-off solution")
        centre = np.sum(moment(chain.start, chain.first, chain.second), axis=1)  # times the area, which does not matter
        return towards(problem, centre, chain.error, chain.status)
