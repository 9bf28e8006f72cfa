"""Bargaining among many in which whoever is refused may be out: a game whose payoffs are Shapley's.

Hart and Mas-Colell (1996), Bargaining and value, Econometrica 64, 357-380.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np

from bargaining._types import Array, Bools
from bargaining.checks import number
from bargaining.errors import InvalidProblem
from bargaining.evidence import Check, held
from bargaining.problems.coalitional import CoalitionalProblem
from bargaining.protocols import Played, ProtocolModel
from bargaining.sets.base import ROUNDING, Status


@dataclass(frozen=True)
class HartMasColell(ProtocolModel):
    """A party drawn at random proposes how to divide v(S), which all others of the coalition S must accept.

    S consists of all parties at first. If one refuses, the round is repeated with probability rho; else the proposer is
    out, with what it has alone, and the others go on without it. With a(S) what the members of S expect, party i proposes
    to every other member j

        rho a_j(S) + (1 - rho) a_j(S without i),

    what a refusal is worth to it, and keeps the rest. For every rho in [0, 1) the stationary subgame perfect equilibrium
    payoffs a(S) are the Shapley value of the game on S (theorem 2): they do not depend on rho, though proposals do, which
    tend to the value as rho tends to 1. It is an equilibrium if no proposer would rather be refused, which is so if and
    only if v(S) >= v(S without i) + v(i) for all S and i.

    Parameters
    ----------
    rho : float
        Probability, in [0, 1), that a refused proposer stays.

    Raises
    ------
    InvalidProblem
        If rho has no meaning, the problem is no `CoalitionalProblem`, or some coalition is worth less than its members have
        in two groups, one of them of one party; in a stack such a game has the status NO_AGREEMENT.

    Examples
    --------
    >>> import bargaining as bg
    >>> game = bg.CoalitionalProblem({("a", "b"): 6, ("a", "c"): 4, ("b", "c"): 2, ("a", "b", "c"): 10}, ("a", "b", "c"))
    >>> found = bg.solve(game, bg.HartMasColell(0.5))
    >>> found
    Hart-Mas-Colell: the stationary equilibrium
      a expects 4.333; proposes a 6.167, b 2.167, c 1.667
      b expects 3.333; proposes a 3.167, b 4.667, c 2.167
      c expects 2.333; proposes a 3.667, b 3.167, c 3.167
    >>> found.worth("a", "b").tolist()
    [3.0, 3.0]
    """

    about = CoalitionalProblem

    rho: float = 0.0

    def __post_init__(self) -> None:
        if number("rho, the probability that a refused proposer stays,", self.rho, low=0.0) >= 1.0:
            raise InvalidProblem(f"rho = {self.rho!r} must be below 1: who loses nothing by waiting never gives in.")

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "Hart-Mas-Colell"

    def play(self, problem: Any) -> Coalitions:
        """Return the stationary equilibrium in every game of a stack."""
        game: CoalitionalProblem = problem
        broken = _better_apart(game)
        if not game.shape and np.any(broken):
            place, i = (int(k[0]) for k in np.nonzero(broken))
            members = [name for j, name in enumerate(game.parties) if place >> j & 1]
            raise InvalidProblem(
                f"the coalition {' and '.join(members)} is worth {game.table[place]:g}, less than its members have if "
                f"{game.parties[i]} stays alone: as proposer it would rather be refused."
            )
        status = np.where(np.any(broken, axis=(-2, -1)), Status.NO_AGREEMENT, Status.OK)
        status = np.where(game.valid, status, Status.NOT_FINITE).astype(np.int8)
        values = np.where((status == Status.OK)[..., None, None], expected(game), np.nan)
        residual = np.where(status == Status.OK, 0.0, np.nan)
        return Coalitions(game.problem, self, values[..., -1, :], status, residual, game, values)


@dataclass(frozen=True, eq=False, repr=False)
class Coalitions(Played):
    """A stationary equilibrium in which proposers drop out: what the members of every coalition expect and propose.

    Attributes
    ----------
    game : CoalitionalProblem
        What coalitions can have.
    values : array, shape (..., 2**n, n)
        What the members of each coalition expect, in the order of `game.table`; NaN for who is not a member.
    """

    game: CoalitionalProblem
    values: Array

    @property
    def probability(self) -> Array:
        """The probability of agreement: the first proposal is accepted."""
        return np.where(self.status == Status.OK, 1.0, np.nan)

    def worth(self, *members: int | str) -> Array:
        """Return what members of a coalition expect in it, (..., members), in the order of the parties."""
        place = self.game.place(members)
        return np.asarray(self.values[..., place, [i for i in range(self.game.n) if place >> i & 1]])

    def thresholds(self, place: int, proposer: int) -> Array:
        """Return what a refusal is worth, (..., n), when a party has proposed in a coalition; NaN for who is not in it."""
        rho = getattr(self.model, "rho", 0.0)
        without = self.values[..., place & ~(1 << proposer), :].copy()
        without[..., proposer] = self.game.table[..., 1 << proposer]
        return np.asarray(rho * self.values[..., place, :] + (1.0 - rho) * without)

    def proposal(self, place: int, proposer: int) -> Array:
        """Return what a party proposes in a coalition, (..., n); NaN for who is not in it."""
        offer = self.thresholds(place, proposer)
        offer[..., proposer] = 0.0
        offer[..., proposer] = self.game.table[..., place] - np.nansum(offer, axis=-1)
        return np.where((self.status == Status.OK)[..., None], offer, np.nan)

    def checks(self, trials: int, rng: np.random.Generator) -> Iterator[Check]:
        """Check that expectations follow from proposals in every coalition, and that no proposer gains by a refusal."""
        game, ok = self.game, self.status == Status.OK
        unit = np.max(np.abs(np.where(ok[..., None], game.table, 1.0)), axis=-1) + np.finfo(float).tiny
        yield Check("numbers are NaN exactly where there is no answer",
                    np.where(ok == np.all(np.isfinite(self.utilities), axis=-1), 0.0, np.inf))  # fmt: skip
        missed, regret, spent = (np.zeros(game.shape) for _ in range(3))
        for place in range(1, 2**game.n):
            members = [i for i in range(game.n) if place >> i & 1]
            if len(members) == 1:
                continue
            offers = np.stack([self.proposal(place, i) for i in members], axis=-2)[..., members]
            mean = np.mean(offers, axis=-2)
            missed = np.fmax(missed, np.max(np.abs(mean - self.values[..., place, members]), axis=-1) / unit)
            spent = np.fmax(spent, np.max(np.abs(np.sum(offers, axis=-1) - game.table[..., place, None]), axis=-1) / unit)
            for row, i in enumerate(members):
                regret = np.fmax(regret, (self.thresholds(place, i)[..., i] - offers[..., row, row]) / unit)
        yield held("what members expect is the mean of what is proposed", missed, ok)
        yield held("proposals divide what there is", spent, ok)
        yield held("no proposer would rather be refused", regret, ok)
        apart = np.max(np.abs(shapley(game) - self.utilities), axis=-1) / unit
        yield held("payoffs are mean marginal contributions", apart, ok)

    def told(self) -> str:
        """Say the equilibrium of a single game in words."""
        lines = ["the stationary equilibrium"]
        for i, (party, value) in enumerate(zip(self.game.parties, self.utilities, strict=True)):
            offer = self.proposal(2**self.game.n - 1, i)
            said = ", ".join(f"{name} {share:.4g}" for name, share in zip(self.game.parties, offer, strict=True))
            lines.append(f"  {party} expects {value:.4g}; proposes {said}")
        return "\n".join(lines)


def expected(game: CoalitionalProblem) -> Array:
    """Return what the members of every coalition expect, (..., 2**n, n), NaN for others.

    Summed over proposers, a_j(S) = (v(S) - v(S without j) + sum over i != j of a_j(S without i)) / |S|: rho cancels.
    """
    n, table = game.n, game.table
    values = np.full((*game.shape, 2**n, n), np.nan)
    for place in sorted(range(1, 2**n), key=int.bit_count):
        members = [i for i in range(n) if place >> i & 1]
        for j in members:
            total = table[..., place] - np.where(len(members) > 1, table[..., place & ~(1 << j)], 0.0)
            for i in members:
                if i != j:
                    total = total + values[..., place & ~(1 << i), j]
            values[..., place, j] = total / len(members)
    return values


def shapley(game: CoalitionalProblem) -> Array:
    """Return the mean of what each party adds to coalitions, (..., n), over all orders in which they may form.

    Shapley (1953), A value for n-person games, in Kuhn and Tucker (eds.), Contributions to the Theory of Games 2, 307-317.
    """
    n, places = game.n, np.arange(2**game.n)
    sizes = np.array([int(place).bit_count() for place in places])
    share = np.array([factorial(k) * factorial(max(n - k - 1, 0)) / factorial(n) for k in range(n + 1)])[sizes]
    rows = []
    for i in range(n):
        without = places[(places >> i & 1) == 0]
        adds = game.table[..., without | (1 << i)] - game.table[..., without]
        rows.append(np.sum(share[without] * adds, axis=-1))
    return np.stack(rows, axis=-1)


def _better_apart(game: CoalitionalProblem) -> Bools:
    """Say for which coalitions and members, (..., 2**n, n), the coalition is worth less than both apart."""
    n, table = game.n, game.table
    places, found = np.arange(2**n), np.zeros((*game.shape, 2**n, n), np.bool_)
    for i in range(n):
        inside = (places >> i & 1) == 1
        apart = table[..., places & ~(1 << i)] + table[..., [1 << i]]
        scale = np.max(np.abs(table), axis=-1, keepdims=True)
        with np.errstate(invalid="ignore"):
            found[..., i] = inside & (table < apart - ROUNDING * scale)
    return found
