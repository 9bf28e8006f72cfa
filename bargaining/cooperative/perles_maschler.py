"""The Perles-Maschler (super-additive) solution.

Perles and Maschler (1981), The super-additive solution for the Nash bargaining game, International Journal of Game Theory
10, 163-193.
"""

from __future__ import annotations

from dataclasses import dataclass

from bargaining.arcs import arcs, length
from bargaining.concept import Concept
from bargaining.problems.problem import Problem
from bargaining.rays import towards
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class PerlesMaschler(Concept):
    """Let two points move from the ends of the frontier until they meet, with the same product of the speeds of both gains.

    The deal halves the length of the frontier measured by the integral of sqrt(-du_1 du_2). It is the only efficient,
    symmetric, scale-covariant and continuous solution with which nobody loses by bargaining over two problems together,
    F(S + T) >= F(S) + F(T) (Perles and Maschler 1981). For two parties and convex sets; for more there is none (Perles
    1982, Nonexistence of super-additive solutions for 3-person games, International Journal of Game Theory 11, 151-161).
    Lengths of polygons are exact; those of smooth frontiers have an error of about 1e-11.

    Examples
    --------
    >>> import bargaining as bg
    >>> curve = bg.from_curve(lambda u: 4 - u**2, disagreement=[0, 0], low=0, high=2)
    >>> bg.solve(curve, bg.PerlesMaschler()).utilities.round(8).tolist()  # (2^(1/3), 4 - 2^(2/3))
    [1.25992105, 2.41259895]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "Perles-Maschler"

    def outcome(self, problem: Problem) -> Answer:
        """Return the point that halves the length of the frontier."""
        chain = arcs(problem, length, "the Perles-Maschler solution")
        return towards(problem, chain.halved(length), chain.error, chain.status)
