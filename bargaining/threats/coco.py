"""The coco value: the cooperative and the competitive part of a game with side payments.

Kalai and Kalai (2013), Cooperation in strategic games revisited, Quarterly Journal of Economics 128, 917-966.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.concept import ThreatModel, Threats
from bargaining.cooperative.nash import Nash
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.problems.threats import ThreatGame
from bargaining.sets.base import Answer
from bargaining.threatened import Duels, agreement, matrices


@dataclass(frozen=True)
class Coco(ThreatModel):
    """Share what a team would earn, after a transfer that the competitive part of the game decides (Kalai and Kalai 2013).

    A game is the sum of a team game, in which both receive (A + B) / 2, and a zero-sum game, in which the first party
    receives (A - B) / 2 from the second. The coco (cooperative-competitive) value gives the parties

        max (A + B) / 2 + val((A - B) / 2)    and    max (A + B) / 2 - val((A - B) / 2).

    With complete information it is Nash's solution with side payments and rational threats (Nash 1953), without a search:
    the threats are the optimal strategies of the zero-sum part.

    Raises
    ------
    InvalidProblem
        When solving, if the game is without side payments.

    Examples
    --------
    You pick low bananas, worth 2, or climb to some worth 4, for which a friend must boost you (Sodomka, Hilliard, Littman
    and Greenwald 2013, Coco-Q: learning in stochastic games with side payments):

    >>> import bargaining as bg
    >>> bananas = bg.ThreatGame([[2, 2], [0, 4]], [[0, 0], [0, 0]], transferable=True)
    >>> bg.Coco().components(bananas).tolist()
    [2.0, 1.0]
    >>> deal = bg.solve(bananas, bg.Coco())
    >>> deal.utilities.round(9).tolist(), round(float(deal.terms["payment"]), 9)
    ([3.0, 1.0], 1.0)
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "coco value"

    def components(self, game: ThreatGame) -> Array:
        """Return the cooperative and the competitive part of the value, (..., 2), each as it counts for the first party."""
        _require_payments(game, self.label)
        return np.stack([np.max(game.A + game.B, axis=(-2, -1)) / 2, self._competition(game).value], axis=-1)

    def resolve(self, game: ThreatGame) -> tuple[Problem, Answer, Threats]:
        """Return the problem that the optimal strategies of the zero-sum part leave, the equal split of it, and these."""
        _require_payments(game, self.label)
        found = self._competition(game)
        return agreement(game, Nash(), found.row, found.column)

    def _competition(self, game: ThreatGame) -> Duels:
        first, second = matrices(game)
        return Duels.of(game, (first - second) / 2)


def _require_payments(game: ThreatGame, what: str) -> None:
    if not game.transferable:
        raise InvalidProblem(
            f"the {what} is defined with side payments; build the game with transferable=True, or use "
            "bg.RationalThreats() for agreements without them."
        )
