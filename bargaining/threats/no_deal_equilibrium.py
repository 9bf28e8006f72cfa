"""Bargaining from an equilibrium of the game that is played without a deal."""

from __future__ import annotations

from dataclasses import dataclass, field

from bargaining.concept import Concept, ThreatModel, Threats
from bargaining.cooperative.nash import Nash
from bargaining.noncooperative import chosen
from bargaining.problems.problem import Problem
from bargaining.problems.threats import ThreatGame
from bargaining.sets.base import Answer, Status
from bargaining.threatened import from_point


@dataclass(frozen=True)
class NoDealEquilibrium(ThreatModel):
    """Bargain from a Nash equilibrium of the game that is played if there is no deal.

    Nobody is bound to a threat: without a deal each does what is best for itself, given what the other does. Where
    there are several equilibria, one is selected as in `disagreement_from`.

    Parameters
    ----------
    selection : str or int
        Which equilibrium, where there are several: "only", "payoff-dominant", "risk-dominant", "best for row", "best for
        column", "pure", or the number of a profile in `equilibria(game.A, game.B)`.
    concept : Concept
        What is agreed on over this point; the Nash solution if left out.

    Raises
    ------
    InvalidProblem, UnknownName
        When solving, if the selection has no answer in a single game or is unknown. In a stack such games have the status
        "undetermined".

    Examples
    --------
    Two firms that can share a market at 4 each, and would fight a prisoner's dilemma over prices without a deal:

    >>> import bargaining as bg
    >>> game = bg.ThreatGame([[4, 0], [5, 1]], [[4, 5], [0, 1]], rows=("high", "low"), columns=("high", "low"))
    >>> deal = bg.solve(game, bg.NoDealEquilibrium())
    >>> deal.threats.point.tolist(), deal.utilities.tolist()
    ([1.0, 1.0], [4.0, 4.0])
    """

    selection: str | int = "only"
    concept: Concept = field(default_factory=Nash)

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        which = "" if self.selection == "only" else f" ({self.selection})"
        return f"{self.concept.label}, no-deal equilibrium{which}"

    def resolve(self, game: ThreatGame) -> tuple[Problem, Answer, Threats]:
        """Return the problem with the equilibrium for disagreement, what the concept picks, and the strategies."""
        row, column = chosen(game.A, game.B, self.selection, rows=game.rows, columns=game.columns)
        return from_point(game, self.concept, row, column, game.payoffs(row, column), Status.UNDETERMINED)
