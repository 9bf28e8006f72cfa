"""Deals over issues of which some are held fixed: the best of the rest, and which way the fixed terms are pulled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bargaining._types import Array, Codes, Entry
from bargaining.numerics.kernel import Parameters, differentiate
from bargaining.sets.base import Status
from bargaining.sets.games import Games
from bargaining.sets.issues import IssueSet, UnitFunctions, columns

HELD = "held "
"""Begins the names of parameters that are terms held fixed: no Python name, so that it meets no parameter's."""


@dataclass(frozen=True)
class Pulled:
    """The weighted Nash deal of every game, (games,), under terms that are held fixed.

    `pulls` (held, games) are the derivatives of the weighted sum of log gains in the held terms, the other terms adjusting
    (by the envelope theorem those of the Lagrangian), as shares of the sum of the absolute values of their parts: positive
    where a larger term would be better, zero where the held deal is the best of all.
    """

    utilities: Array
    pulls: Array
    status: Codes


@dataclass(frozen=True)
class HeldFunctions:
    """Payoffs, then constraints, of unit-box coordinates of the terms that are free; the others are parameters."""

    whole: UnitFunctions
    names: tuple[str, ...]

    def __call__(self, x: Sequence[Any], parameters: Parameters) -> list[Entry]:
        """Evaluate them."""
        rest = iter(x)
        terms = {
            issue.name: parameters[HELD + issue.name] if issue.name in self.names else issue.at(next(rest))
            for issue in self.whole.issues
        }
        return [*self.whole.payoffs(terms, parameters), *self.whole.constraints(terms, parameters)]


@dataclass(frozen=True, eq=False)
class HeldIssues:
    """The deals of a set over issues whose terms `names` are fixed."""

    whole: IssueSet
    names: tuple[str, ...]

    def nash(self, origin: Array, weights: Array, values: Array) -> Pulled:
        """Find the deals with the largest weighted sum of log gains, with terms held at `values`, (games, held).

        `origin` and `weights` are (games, n); the set is one, or a stack of as many games.
        """
        count, whole = len(origin), self.whole
        parameters: Parameters = dict(whole.parameters)
        parameters |= {HELD + name: np.ascontiguousarray(values[:, h]) for h, name in enumerate(self.names)}
        free = [issue for issue in whole.issues if issue.name not in self.names]
        games = Games(self.functions, parameters, count, len(free), whole.size, whole.constraint_count)
        if free:
            found, status = games.nash(columns(origin, (count,)), columns(weights, (count,)))
            x, prices = list(found.x), found.prices
        else:
            x, prices, status = [], *self._alone(games, origin, weights)
        utilities = np.where(status == Status.OK, games.payoffs(np.array(x).reshape(len(x), count)), np.nan)
        pulls = np.where(status == Status.OK, self._pulls(x, parameters, prices, values), np.nan)
        return Pulled(utilities.T, pulls, status)

    @property
    def functions(self) -> HeldFunctions:
        """Payoffs, then constraints, of unit-box coordinates of the terms that are free."""
        return HeldFunctions(self.whole.functions, self.names)

    def _alone(self, games: Games, origin: Array, weights: Array) -> tuple[Array, Codes]:
        """Return the prices of the only deal where no term is free, and whether it is one."""
        values = games.at(np.empty((0, games.count)))
        gains = values[: games.parties] - origin.T
        good = np.all((gains > 0) | (weights.T == 0) & (gains == 0), axis=0) & np.all(values[games.parties :] >= 0, axis=0)
        prices = np.zeros_like(values)
        prices[: games.parties] = weights.T / np.where(gains > 0, gains, 1.0)
        return prices, np.where(good, Status.OK, Status.NO_AGREEMENT).astype(np.int8)

    def _pulls(self, x: list[Array], parameters: Parameters, prices: Array, values: Array) -> Array:
        rest = iter(x)
        at: list[Entry] = []
        for issue in self.whole.issues:
            if issue.name in self.names:
                at.append((values[:, self.names.index(issue.name)] - issue.low) / (issue.high - issue.low))
            else:
                at.append(next(rest))
        with np.errstate(all="ignore"):
            jets = differentiate(self.whole.functions, at, parameters)
            found = []
            for j, issue in enumerate(self.whole.issues):
                if issue.name in self.names:
                    parts = [price * jet.gradient.get(j, 0.0) for price, jet in zip(prices, jets, strict=True)]
                    found.append(_share(np.array(np.broadcast_arrays(*parts))))
        order = [[i.name for i in self.whole.issues if i.name in self.names].index(name) for name in self.names]
        return np.array(found)[order]


def _share(parts: Array) -> Array:
    """Return the sum of parts (p, games) as a share of the sum of their absolute values; slopes may be infinite."""
    steep = np.isinf(parts)
    parts = np.where(np.any(steep, axis=0), np.where(steep, np.sign(parts), 0.0), parts)
    size = np.sum(np.abs(parts), axis=0)
    return np.asarray(np.sum(parts, axis=0) / np.where(size > 0, size, 1.0))
