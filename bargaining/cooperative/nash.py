"""The Nash bargaining solution.

Nash (1950), The bargaining problem, Econometrica 18, 155-162; with weights, Kalai (1977), Nonsymmetric Nash solutions and
replications of 2-person bargaining, International Journal of Game Theory 6, 129-133.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.concept import Welfare, bargaining_weights, weights_label
from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class Nash(Welfare):
    """Maximise the product of gains, prod_i (u_i - d_i)^a_i, over the feasible deals (Nash 1950).

    Parameters
    ----------
    weights : tuple of float, optional
        Bargaining weights a_i >= 0, one a party, scaled to sum to one (Kalai 1977); equal weights if left out. A party of
        weight zero is held to at least its disagreement payoff.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.from_issues([bg.Issue("share")], {"one": lambda share: share, "two": lambda share: 1 - share}, [0, 0])
    >>> bg.solve(pie, bg.Nash(weights=(0.7, 0.3))).utilities.round(9).tolist()
    [0.7, 0.3]
    """

    weights: tuple[float, ...] | None = None

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"Nash{weights_label(self.weights)}"

    @property
    def compares(self) -> bool:
        """The product of gains is maximised by the same deal in all units."""
        return False

    def outcome(self, problem: Problem) -> Answer:
        """Return the maximiser of the weighted product of gains."""
        return problem.feasible.nash(problem.disagreement, bargaining_weights(self.weights, problem))

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the weighted sum of log gains."""
        weights = bargaining_weights(self.weights, problem)
        with np.errstate(all="ignore"):
            logs = np.log(np.maximum(problem.gains(utilities), 0.0))
        return np.asarray(np.sum(np.where(weights > 0, weights * np.where(weights > 0, logs, 0.0), 0.0), axis=-1))
