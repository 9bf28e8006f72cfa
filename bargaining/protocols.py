"""Talks in equilibrium: what models of bargaining over time return."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import numpy as np

from bargaining._types import Array, Bools, Codes
from bargaining.markov import Found, Solver
from bargaining.problems.problem import Problem
from bargaining.problems.stochastic import StochasticProblem
from bargaining.sets.base import Answer, Status

SHOWN = 12  # states listed in a repr


class ProtocolModel(ABC):
    """A rule that says how a problem is bargained over in time; it is played in a Markov perfect equilibrium."""

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for tables and figures."""

    @abstractmethod
    def play(self, problem: Any) -> Talks:
        """Return the equilibrium in every game of a problem."""


@dataclass(frozen=True, eq=False)
class Talks:
    """Talks in equilibrium, in every game of a stack. Numbers are NaN exactly where the status is not ok.

    Attributes
    ----------
    game : StochasticProblem
        The talks.
    model : ProtocolModel
        How they were set up and solved.
    values : array, shape (..., rounds, n)
        What the game is worth at the start of each round, before it is known who proposes.
    waiting : array, shape (..., rounds, n)
        What it is worth after a refusal after which nobody opts out.
    refused : array, shape (..., rounds, n)
        What all have after a refusal: the outside options if somebody then opts out, else `waiting`.
    thresholds : array, shape (..., rounds, n)
        The least that each party accepts: the larger of its outside option and of what waiting is worth to it.
    offers : tuple of dict of int to Answer
        `offers[k][i]` is the best deal that party i can get accepted in round k. It is proposed if it is worth more to the
        party than a refusal.
    agree : array of bool, shape (..., rounds, n)
        Whether it is: if not, the party lets the round pass.
    status : array of Status codes, shape (...)
        Why a game has numbers, or why they are NaN.
    residual : array, shape (...)
        By how much values may miss those that repeat themselves, as a share of the parties' ranges of utilities.
    """

    game: StochasticProblem
    model: ProtocolModel
    values: Array
    waiting: Array
    refused: Array
    thresholds: Array
    offers: tuple[Mapping[int, Answer], ...]
    agree: Bools
    status: Codes
    residual: Array

    @property
    def label(self) -> str:
        """The name of the model in tables and figures."""
        return self.model.label

    @cached_property
    def problem(self) -> Problem:
        """The deals of the first round that has some, from the start on."""
        game = self.game
        first = game.rounds[game.place(str(game.start))].deals
        found = first if first is not None else next(state.deals for state in game.rounds if state.deals is not None)
        return found.whole if found.shape == game.shape else _spread_out(found, game.shape)

    @cached_property
    def utilities(self) -> Array:
        """What the game is worth to the parties at its start, (..., n)."""
        return np.asarray(self.values[..., self.game.place(str(self.game.start)), :])

    @cached_property
    def gains(self) -> Array:
        """The same less disagreement, (..., n)."""
        return self.problem.gains(self.utilities)

    @cached_property
    def slack(self) -> Array:
        """How much more than its threshold each party is offered by each proposer, (..., rounds, proposers, n).

        NaN for a proposer itself, and where nothing is proposed.
        """
        game = self.game
        found = np.full((*game.shape, len(game.rounds), game.n, game.n), np.nan)
        for k, made in enumerate(self.offers):
            for i, offer in made.items():
                more = np.where(self.agree[..., k, i, None], offer.utilities - self.thresholds[..., k, :], np.nan)
                more[..., i] = np.nan
                found[..., k, i, :] = more
        return found

    @property
    def probability(self) -> Array:
        """The probability of agreement, (...), from the start on."""
        return np.asarray(self.agreement[..., self.game.place(str(self.game.start))])

    @cached_property
    def agreement(self) -> Array:
        """The probability of agreement, (..., rounds), from each round on."""
        return self._outcomes[0]

    @cached_property
    def date(self) -> Array:
        """The expected number of rounds that pass before agreement, (..., rounds), if there is one: 0 if at once."""
        chance, passed = self._outcomes
        return np.where(chance > 0, passed / np.where(chance > 0, chance, 1.0), np.nan)

    @cached_property
    def _outcomes(self) -> tuple[Array, Array]:
        """Return the probability of agreement, and the expected number of rounds before it, 0 without."""
        game, count = self.game, len(self.game.rounds)
        known = (self.status == Status.OK)[..., None]
        now = np.sum(np.where(self.agree, game.recognition, 0.0), axis=-1)
        stays = np.all(self.refused == self.waiting, axis=-1)
        on = np.where(stays, np.maximum(1.0 - now, 0.0), 0.0) * (1.0 - game.breakdown)
        on, now = (np.where(known, share, 0.0) for share in (on, now))
        ahead = np.where(known[..., None], game.transitions[..., :count], 0.0)
        chance, passed = np.zeros((*game.shape, count)), np.zeros((*game.shape, count))
        for group in game.circles:
            links = on[..., group, None] * ahead[..., group, :]
            within = np.eye(len(group)) - links[..., group]
            outer = np.where(np.isin(np.arange(count), group), 0.0, 1.0)
            later = (links * outer) @ chance[..., None]
            chance[..., group] = np.linalg.solve(within, now[..., group, None] + later)[..., 0]
            more = links @ chance[..., None] + (links * outer) @ passed[..., None]
            passed[..., group] = np.linalg.solve(within, more)[..., 0]
        return tuple(np.where(known, found, np.nan) for found in (chance, passed))  # type: ignore[return-value]

    def in_state(self, name: str) -> Array:
        """Return what the game is worth, (..., n), at the start of a state.

        Raises
        ------
        UnknownName
            If there is no such state.
        """
        place, count = self.game.place(name), len(self.game.rounds)
        return np.asarray(self.values[..., place, :] if place < count else self.game.payoffs[..., place - count, :])

    def __repr__(self) -> str:
        game = self.game
        if game.shape:
            ok = int(np.count_nonzero(self.status == Status.OK))
            return f"{self.label}: {ok:,} of {self.status.size:,} games solved"
        if self.status != Status.OK:
            return f"{self.label}: {Status(int(self.status)).label}"
        worth = ", ".join(f"{p} {float(u):.4g}" for p, u in zip(game.parties, self.utilities, strict=True))
        start = game.place(str(game.start))
        lines = [f"{self.label}: worth {worth}; {_prospects(self, start)}"]
        lines += [f"  {game.names[k]}: {self._said(k)}" for k in range(min(len(game.rounds), SHOWN))]
        if len(game.rounds) > SHOWN:
            lines.append(f"  and {len(game.rounds) - SHOWN:,} more rounds")
        return "\n".join(lines)

    def _said(self, k: int) -> str:
        """Say in words what is proposed in a round."""
        said = []
        for i, offer in self.offers[k].items():
            if self.agree[k, i]:
                terms = ", ".join(f"{name} {float(value):.4g}" for name, value in offer.terms.items())
                point = ", ".join(f"{float(u):.4g}" for u in offer.utilities)
                said.append(f"{self.game.parties[i]} proposes {terms or 'a deal'} ({point})")
            else:
                said.append(f"{self.game.parties[i]} lets the round pass")
        return "; ".join(said) or "nothing can be agreed on"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


def _prospects(found: Talks, start: int) -> str:
    """Say when a single game's talks end, and with what chance in agreement."""
    chance = float(found.agreement[start])
    if chance == 0.0:
        return "no agreement"
    when = float(found.date[start])
    date = "at once" if when == 0.0 else f"after {when:.4g} rounds on average"
    return f"agreement {date}" if chance >= 1.0 - 1e-12 else f"agreement with probability {chance:.4g}, {date}"


def _spread_out(problem: Problem, shape: tuple[int, ...]) -> Problem:
    """Return a problem with a disagreement point for every game of a stack."""
    return problem.replace(disagreement=np.broadcast_to(problem.disagreement, (*shape, problem.n)))


def played(game: StochasticProblem, model: ProtocolModel) -> Talks:
    """Return the Markov perfect equilibrium of talks, in every game of a stack."""
    return settled(game, model, Solver(game).solve())


def settled(game: StochasticProblem, model: ProtocolModel, found: Found) -> Talks:
    """Return what was found as a result, with NaN in the numbers of games whose status is not ok."""
    bad = found.status != Status.OK

    def blank(table: Array) -> Array:
        return np.where(bad[..., None, None], np.nan, table)

    offers = tuple(
        {i: offer.with_status(np.where(bad, found.status, offer.status)) for i, offer in made.items()}
        for made in found.offers
    )
    agree = found.agree & ~bad[..., None, None]
    return Talks(
        game, model, blank(found.values), blank(found.waiting), blank(found.refused), blank(found.thresholds), offers,
        agree, found.status, found.residual,
    )  # fmt: skip
