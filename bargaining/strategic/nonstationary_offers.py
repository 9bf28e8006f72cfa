"""Offers one after the other in a world that changes: pies that shrink, an impasse that wastes away.

Coles and Muthoo (2003), Bargaining in a non-stationary environment, Journal of Economic Theory 109, 70-89; Binmore (1987),
Perfect equilibria in bargaining models, in Binmore and Dasgupta (eds.), The Economics of Bargaining.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bargaining.checks import instance, party_number, sequence
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem, require_measurable
from bargaining.problems.stochastic import End, State, StochasticProblem
from bargaining.protocols import ProtocolModel
from bargaining.strategic.sequential_offers import SequentialOffers
from bargaining.talks import Talks, played


@dataclass(frozen=True)
class NonstationaryOffers(ProtocolModel):
    """Parties propose as in `SequentialOffers`, but what can be agreed on, and what an impasse pays, changes over time.

    In round t the deals and the disagreement point are those of the t-th problem. The last one lasts: for ever, or until
    the last round. Values follow backwards from what it is worth: with f_i,t(h) the most that the proposer i has in round t
    if the other, j, is left with h, and z(t) what the impasse of round t is worth while it lasts,

        V_i(t) = f_i,t(c_j(t)),   V_j(t) = c_j(t) = (1 - delta_j) z_j(t) + delta_j V_j(t + 1),

    where agreement in round t is at least as good as waiting; if a later round offers more to both, the round passes.

    Parameters
    ----------
    offers : SequentialOffers
        Who proposes, what a round costs, what else may happen, and the number of rounds if there is a last one. Rates that
        are left out are those of the problem of the first round, in all rounds.
    later : sequence of Problem
        What can be agreed on from the second round on, a problem for each round, between the same parties.

    Raises
    ------
    InvalidProblem
        If there are no later rounds, more of them than rounds, or other parties in one of them.

    Examples
    --------
    A pie that is worth a fifth less every round, for ten rounds, is settled at once:

    >>> import bargaining as bg
    >>> pies = [bg.split(0.8**t, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob")) for t in range(11)]
    >>> model = bg.NonstationaryOffers(bg.SequentialOffers(factors=(0.9, 0.9)), pies[1:])
    >>> bg.solve(pies[0], model).utilities.round(4).tolist()
    [0.5793, 0.4207]
    """

    offers: SequentialOffers
    later: Sequence[Problem]

    def __post_init__(self) -> None:
        instance(self.offers, SequentialOffers, "say how offers are made by bg.SequentialOffers(...)")
        later = sequence("later", self.later)
        for deals in later:
            instance(deals, Problem, "what can be agreed on later is a list of problems, as bg.split makes them")
            require_measurable(deals)
        if not later:
            raise InvalidProblem("later = []: nothing changes; solve the problem by bg.SequentialOffers alone.")
        if self.offers.rounds is not None and len(later) >= self.offers.rounds:
            raise InvalidProblem(
                f"there are {self.offers.rounds} rounds, and {len(later)} problems after the first: give at most "
                f"{self.offers.rounds - 1}, or more rounds."
            )
        object.__setattr__(self, "later", later)

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"{self.offers.label}, changing deals"

    def play(self, problem: Any) -> Talks:
        """Return the equilibrium in every game of a problem."""
        return played(self.game(problem), self)

    def game(self, problem: Problem) -> StochasticProblem:
        """Return the talks as a chain of states, of which more can be made."""
        last = self.later[-1]
        for deals in self.later:
            if deals.parties != problem.parties:
                raise InvalidProblem(
                    f"one round is between {problem.parties}, another between {deals.parties}; all rounds have the same "
                    "parties, in the same order."
                )
        count = self.offers.rounds or len(self.later)
        path = [problem, *self.later, *[last] * count][:count]
        turns = replace(self.offers, rounds=count, end=self.offers.end if self.offers.rounds else None).game(problem)
        rounds = tuple(state.replace(deals=deals) for state, deals in zip(turns.rounds, path, strict=True))
        if self.offers.rounds:
            end = last.disagreement if self.offers.end is None else self.offers.end
            return StochasticProblem((*rounds, End("the deadline", end)))
        first = party_number("first", self.offers.first, problem.parties)
        tail = (
            replace(self.offers, first=(first + count) % problem.n).game(last.replace(impatience=problem.impatience)).rounds
        )
        lasting: tuple[State, ...] = (*rounds[:-1], rounds[-1].replace(next=tail[0].name))
        return StochasticProblem((*lasting, *tail))
