"""The Kalai-Smorodinsky solution.

Kalai and Smorodinsky (1975), Other solutions to Nash's bargaining problem, Econometrica 43, 513-518; with weights, Dubra
(2001), An asymmetric Kalai-Smorodinsky solution, Economics Letters 73, 131-136.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array
from bargaining.concept import Welfare, bargaining_weights, weights_label
from bargaining.problems.problem import Problem
from bargaining.rays import along
from bargaining.sets.base import Answer, Status


@dataclass(frozen=True)
class KalaiSmorodinsky(Welfare):
    """Give every party the same, largest possible fraction of its ideal gain (Kalai and Smorodinsky 1975).

    The point d + t (ideal - d) with the largest feasible t, the ideal point being taken over the individually rational
    part of the set. With more than two parties, or on sets that are not convex, the point need only be weakly efficient:
    no deal is better for all, but one may be better for some (Roth 1979, An impossibility result concerning n-person
    bargaining games, International Journal of Game Theory 8, 129-132). `Solution.spare` then says how much more the deal
    gives.

    Parameters
    ----------
    weights : tuple of float, optional
        Weights a_i >= 0, one a party: fractions of the ideal gains are in their proportion (Dubra 2001); equal if left out.
        A party of weight zero is held to at least its disagreement payoff.

    Examples
    --------
    >>> import bargaining as bg
    >>> trade = bg.from_issues(
    ...     [bg.Issue("x"), bg.Issue("y")],
    ...     {"one": lambda x, y: 3 * x + y, "two": lambda x, y: (1 - x) + 2 * (1 - y)}, [0, 0])
    >>> bg.solve(trade, bg.KalaiSmorodinsky()).utilities.round(9).tolist()  # (36/13, 27/13)
    [2.769230769, 2.076923077]
    """

    weights: tuple[float, ...] | None = None

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"Kalai-Smorodinsky{weights_label(self.weights)}"

    @property
    def compares(self) -> bool:
        """Fractions of ideal gains have no unit."""
        return False

    def outcome(self, problem: Problem) -> Answer:
        """Return the last point on the segment from disagreement to the ideal point."""
        gains = problem.gains(problem.ideal)
        solvable = np.all(gains > problem.feasible.least_gain(), axis=-1)
        way = gains * bargaining_weights(self.weights, problem)
        answer = along(problem, np.where(solvable[..., None], way, 1.0))
        failed = np.max(problem.best.status, axis=0)
        failed = np.where(failed == Status.OK, np.int8(Status.NO_AGREEMENT), failed)
        return replace(answer, status=np.where(solvable, answer.status, failed)).where_ok()

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the smallest fraction of an ideal gain, in proportion to the weights."""
        way = problem.gains(problem.ideal) * bargaining_weights(self.weights, problem)
        return np.asarray(np.min(problem.gains(utilities) / np.where(way > 0, way, np.nan), axis=-1))
