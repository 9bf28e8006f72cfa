"""The Nash bargaining solution.

Nash (1950), The bargaining problem, Econometrica 18, 155-162; with weights, Kalai (1977), Nonsymmetric Nash solutions and
replications of 2-person bargaining, International Journal of Game Theory 6, 129-133.
"""

from __future__ import annotations

from dataclasses import dataclass

from bargaining.concept import Concept, bargaining_weights
from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class Nash(Concept):
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
        return "Nash" if self.weights is None else f"Nash ({', '.join(f'{w:.3g}' for w in self.weights)})"

    def outcome(self, problem: Problem) -> Answer:
        """Return the maximiser of the weighted product of gains."""
        return problem.feasible.nash(problem.disagreement, bargaining_weights(self.weights, problem))
