"""Arbitration from security levels.

Luce and Raiffa (1957), Games and Decisions, chapter 6, where it is Shapley's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bargaining.concept import Concept, ThreatModel, Threats
from bargaining.cooperative.nash import Nash
from bargaining.problems.problem import Problem
from bargaining.problems.threats import ThreatGame
from bargaining.sets.base import Answer
from bargaining.threatened import Duels, from_point, matrices


@dataclass(frozen=True)
class SecurityLevels(ThreatModel):
    """Bargain from what each party can guarantee itself, whatever the other does (Luce and Raiffa 1957).

    The disagreement point is (max_x min_y x'Ay, max_y min_x x'By): two zero-sum games, in each of which the other party is
    out to hurt, however much that costs it. The strategies that guarantee these levels are reported as threats; they need
    not give this point when they meet. Where it leaves nothing to bargain over, the deal is the best one for both.

    Parameters
    ----------
    concept : Concept
        What is agreed on over this point; the Nash solution if left out.

    Examples
    --------
    Straffin (1993, Game Theory and Strategy, chapter 16), (17/3, 43/6):

    >>> import bargaining as bg
    >>> game = bg.ThreatGame([[2, 10], [4, 0]], [[6, 5], [8, 0]])
    >>> bg.solve(game, bg.SecurityLevels()).utilities.round(6).tolist()
    [5.666667, 7.166667]
    """

    concept: Concept = field(default_factory=Nash)

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"{self.concept.label}, security levels"

    def resolve(self, game: ThreatGame) -> tuple[Problem, Answer, Threats]:
        """Return the problem with security levels for disagreement, what the concept picks, and the strategies."""
        first, second = matrices(game)
        one, two = Duels.of(game, first), Duels.of(game, np.swapaxes(second, 1, 2))
        return from_point(game, self.concept, one.row, two.row, np.stack([one.value, two.value], axis=-1))
