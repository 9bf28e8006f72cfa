"""Yu's compromise solutions.

Yu (1973), A class of solutions for group decision problems, Management Science 19, 936-946; Freimer and Yu (1976), Some new
results on compromise solutions for group decision problems, Management Science 22, 688-693.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.checks import numbers
from bargaining.concept import Welfare, party_weights, weights_label
from bargaining.cooperative.equal_loss import EqualLoss
from bargaining.cooperative.utilitarian import Utilitarian
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.rays import crossing, require_convex
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class Yu(Welfare):
    """Come as close to the ideal point as possible: minimise (sum_i (w_i (a_i - u_i))^p)^(1/p) (Yu 1973).

    Distance is that of the l_p norm. With p = 1 it is the utilitarian solution, as p grows the largest loss counts ever
    more, and with p = infinity it is the equal-loss solution. It compares utilities between the parties, so their units
    matter. For p between 1 and infinity it is computed for two parties, on convex sets.

    Parameters
    ----------
    p : float
        Between 1 and infinity, both included.
    weights : tuple of float, optional
        What a unit of each party's loss counts, positive; one each if left out.

    Examples
    --------
    >>> import bargaining as bg
    >>> line = bg.lotteries(bg.from_points([[2, 0], [0, 1]], disagreement=[0, 0]))
    >>> bg.solve(line, bg.Yu(2)).utilities.round(9).tolist()  # the point of the line nearest to (2, 1)
    [1.6, 0.2]
    """

    p: float = 2.0
    weights: tuple[float, ...] | None = None

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"Yu, p = {self.p:g}{weights_label(self.weights)}"

    @property
    def compares(self) -> bool:
        """Losses are compared in their units."""
        return True

    def outcome(self, problem: Problem) -> Answer:
        """Return the feasible point nearest to the ideal point."""
        p, weights = self._settings(problem)
        if p == 1.0:
            return Utilitarian(tuple(weights.tolist())).outcome(problem)
        if p == np.inf:
            return EqualLoss(tuple((1.0 / weights).tolist())).outcome(problem)
        if problem.n != 2:
            raise InvalidProblem(
                f"{self.label} is computed for two parties; the problem has {problem.n}. For more, p = 1 and p = inf are "
                "the utilitarian and the equal-loss solution."
            )
        require_convex(problem, self.label)

        def pull(answer: Answer) -> Array:
            """Say which party's loss weighs more, against what the frontier exchanges: the first's before the optimum."""
            losses = weights * np.maximum(problem.ideal - answer.utilities, 0.0)
            largest = np.max(losses, axis=-1, keepdims=True)
            steep = weights * (losses / np.where(largest > 0, largest, 1.0)) ** (p - 1.0)
            return np.asarray(steep[..., 1] * answer.normal[..., 0] - steep[..., 0] * answer.normal[..., 1])

        return crossing(problem, pull)

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the distance from the ideal point, below zero."""
        p, weights = self._settings(problem)
        losses = weights * np.maximum(problem.ideal - utilities, 0.0)
        largest = np.max(losses, axis=-1)
        if p == np.inf:
            return np.asarray(-largest)
        scaled = losses / np.where(largest > 0, largest, 1.0)[..., None]
        return np.asarray(-largest * np.sum(scaled**p, axis=-1) ** (1.0 / p))

    def _settings(self, problem: Problem) -> tuple[float, Array]:
        p = numbers("p", self.p)
        if p.ndim or not p >= 1.0:
            raise InvalidProblem(f"p = {self.p!r} must be one number from 1 to infinity: below 1 there is no distance.")
        weights = party_weights(self.weights, problem)
        if np.any(weights == 0):
            raise InvalidProblem(f"weights {self.weights!r} of losses must all be positive.")
        return float(p), weights
