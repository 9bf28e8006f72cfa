"""Markov perfect equilibrium of talks that are given as a chain of states.

Merlo and Wilson (1995), A stochastic model of sequential bargaining with complete information, Econometrica 63, 371-399;
Maskin and Tirole (2001), Markov perfect equilibrium, Journal of Economic Theory 100, 191-219.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bargaining.problems.stochastic import StochasticProblem
from bargaining.protocols import ProtocolModel
from bargaining.talks import Talks, played


@dataclass(frozen=True)
class MarkovPerfect(ProtocolModel):
    """Play a `StochasticProblem` so that what parties do depends on the state alone, and nobody gains by doing otherwise.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob"))
    >>> talks = bg.StochasticProblem([
    ...     bg.State("Ann's turn", pie, "Ann", next="Bob's turn", factors=0.9),
    ...     bg.State("Bob's turn", pie, "Bob", next="Ann's turn", factors=0.9),
    ... ])
    >>> bg.solve(talks, bg.MarkovPerfect())
    Markov perfect equilibrium: worth Ann 0.5263, Bob 0.4737; agreement at once
      Ann's turn: Ann proposes Ann 0.5263, Bob 0.4737 (0.5263, 0.4737)
      Bob's turn: Bob proposes Ann 0.4737, Bob 0.5263 (0.4737, 0.5263)
    """

    about = StochasticProblem

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "Markov perfect equilibrium"

    def play(self, problem: Any) -> Talks:
        """Return the equilibrium in every game of a stack of talks."""
        return played(problem, self)
