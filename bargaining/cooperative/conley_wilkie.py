"""The Conley-Wilkie extension of the Nash solution to sets that are not convex.

Conley and Wilkie (1996), An extension of the Nash bargaining solution to nonconvex problems, Games and Economic Behavior
13, 26-38.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining.concept import Concept, bargaining_weights, weights_label
from bargaining.problems.lotteries import lotteries
from bargaining.problems.problem import Problem
from bargaining.rays import along
from bargaining.sets.base import Answer, Status


@dataclass(frozen=True)
class ConleyWilkie(Concept):
    """Go from disagreement towards the Nash point of the convex hull as far as is feasible (Conley and Wilkie 1996).

    Unlike the set of maximisers of the Nash product, `NashSet`, it is one point on every set, and it moves continuously
    with the set; it may be only weakly efficient, and `Solution.spare` then says how much more the deal gives. On convex
    sets it is the Nash solution.

    Parameters
    ----------
    weights : tuple of float, optional
        Bargaining weights, one a party, as in `Nash`; equal if left out.

    Examples
    --------
    >>> import bargaining as bg
    >>> points = bg.from_points([[1, 4], [4, 1], [2.2, 1.6]], disagreement=[0, 0])
    >>> bg.solve(points, bg.ConleyWilkie()).utilities.round(9).tolist()
    [1.6, 1.6]
    """

    weights: tuple[float, ...] | None = None

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"Conley-Wilkie{weights_label(self.weights)}"

    def outcome(self, problem: Problem) -> Answer:
        """Return the last feasible point on the way to the Nash point with lotteries."""
        weights = bargaining_weights(self.weights, problem)
        best = lotteries(problem).feasible.nash(problem.disagreement, weights)
        if problem.feasible.convex:
            return best
        known = best.status == Status.OK
        way = np.where(known[..., None], np.maximum(problem.gains(best.utilities), 0.0), 1.0)
        way = np.where(weights > 0, way, 0.0)
        answer = along(problem, way)
        status = np.where(known, answer.status, best.status)
        return answer.with_status(status)
