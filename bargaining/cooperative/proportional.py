"""The proportional solutions.

Kalai (1977), Proportional solutions to bargaining situations: interpersonal utility comparisons, Econometrica 45,
1623-1630.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.concept import Welfare, party_weights, weights_label
from bargaining.problems.problem import Problem
from bargaining.rays import along
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class Proportional(Welfare):
    """Raise all gains in fixed proportions as far as possible (Kalai 1977): the last feasible point d + t a.

    It compares utilities between the parties, so their units matter. The point is weakly efficient; where the deal gives
    somebody more, `Solution.spare` says how much.

    Parameters
    ----------
    weights : tuple of float
        Proportions a_i >= 0 of the gains, one a party. A party of weight zero is held to at least its disagreement payoff.

    Examples
    --------
    >>> import bargaining as bg
    >>> hull = bg.lotteries(bg.from_points([[0, 12], [6, 10], [9, 4], [10, 0]], disagreement=[1, 2]))
    >>> bg.solve(hull, bg.Proportional((2, 1))).utilities.round(9).tolist()  # (41/5, 28/5)
    [8.2, 5.6]
    """

    weights: tuple[float, ...]

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"proportional{weights_label(self.weights)}"

    @property
    def compares(self) -> bool:
        """Gains are compared in their units."""
        return True

    def outcome(self, problem: Problem) -> Answer:
        """Return the last point on the ray from disagreement in the direction of the weights."""
        return along(problem, _proportions(self.weights, problem))

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the smallest gain in proportion to its weight."""
        weights = _proportions(self.weights, problem)
        gains = problem.gains(utilities) / np.where(weights > 0, weights, 1.0)
        return np.asarray(np.min(np.where(weights > 0, gains, np.inf), axis=-1))


def _proportions(weights: tuple[float, ...], problem: Problem) -> Array:
    """Return the weights, which have the parties' units, on a common scale."""
    array = party_weights(weights, problem)
    return np.asarray(array / np.sum(array))
