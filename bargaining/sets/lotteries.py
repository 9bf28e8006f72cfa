"""Lotteries over the deals of any set: its convex hull, reached through supporting lines.

A deal through which a supporting line of the whole set passes needs no lottery. Elsewhere the hull is built up from deals:
the best mixture of those found so far has prices, the deal that is worth most at these prices joins them, and when none is
worth more than the mixture, the mixture is best (Dantzig and Wolfe 1960, Decomposition principle for linear programs,
Operations Research 8, 101-111; von Hohenbalken 1977, Simplicial decomposition in nonlinear programming algorithms,
Mathematical Programming 13, 49-68). No more than n deals are drawn from in the end (Caratheodory 1907).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import nnls

from bargaining._types import Array, Bools, Indices
from bargaining.checks import leading_axes, query
from bargaining.numerics.mixtures import Mixtures, mix
from bargaining.sets.base import (
    LEAST_GAIN,
    Answer,
    FeasibleSet,
    Lottery,
    Status,
    Trace,
    choose,
    flat,
    flat_numbers,
)
from bargaining.sets.boundary import trace
from bargaining.sets.hull import Hull
from bargaining.sets.points import ALTERNATIVE, Points

ROUNDS = 100
CLOSED = 1e-11  # of a party's range: no deal is worth more than the mixture
ACCEPT = 1e-9  # a larger error is reported as not converged
SLANT = 0.01  # of the other parties' weight, in the search for a party's best deal, so that it is efficient
CELLS = 500_000  # listed deals mixed at a time
FAR = 100.0  # ranges below an origin: a floor that does not matter
DRAWN = 1e-9  # a deal whose price falls short by more is not drawn


@dataclass(frozen=True, eq=False)
class Lotteries(Hull):
    """The convex hull of the utilities of `deals`, with free disposal unless told otherwise."""

    deals: FeasibleSet
    free_disposal: bool = True

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`)."""
        origin = query("origin", origin, self.parties)
        direction = query("direction", direction, self.parties, least=0.0, some=True)
        if not self.free_disposal:
            return self._mixed(np.ones((), np.bool_), origin, direction, np.zeros(self.parties))
        plain = self.deals.reach(origin, direction)
        return self._unless_sure(plain, origin, direction, np.zeros(self.parties))

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`)."""
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        if floor is None:
            return _sure(self.deals.support(weights))
        floor = query("floor", floor, self.parties)
        free = _sure(
            self.deals.support(
                np.broadcast_to(weights, (*leading_axes(self.shape, weights.shape[:-1], floor.shape[:-1]), self.parties))
            )
        )
        held = np.all(free.utilities >= floor, axis=-1) | (free.status != Status.OK)
        if np.all(held):
            return free
        return choose(held, free, self._mixed(~held, floor, np.zeros(self.parties), np.zeros(self.parties), weights))

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`)."""
        origin = query("origin", origin, self.parties)
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        plain = self.deals.nash(origin, weights)
        return self._unless_sure(plain, origin, np.zeros(self.parties), weights)

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Trace the frontier (see `FeasibleSet.boundary`)."""
        return replace(trace(self, floor, best, tol), terms={})

    def least_gain(self) -> Array:
        """Return the accuracy of the mixtures and of the deals."""
        return np.maximum(self.deals.least_gain(), ACCEPT * self.spread())

    # -- how they are answered ---------------------------------------------------------------------------------------

    def _unless_sure(self, plain: Answer, origin: Array, direction: Array, weights: Array) -> Answer:
        """Return the plain deal where a supporting line of the whole set passes through it, else the best lottery."""
        ok = plain.status == Status.OK
        slopes = np.where(ok[..., None], np.maximum(np.nan_to_num(plain.normal), 0.0), 1.0)
        rival = self.deals.support(slopes)
        scale = np.sum(slopes * self.spread(), axis=-1)
        with np.errstate(invalid="ignore"):
            level = np.sum(slopes * (rival.utilities - plain.utilities), axis=-1) <= CLOSED * scale
        sure = ok & level & (rival.status == Status.OK)
        return _sure(plain) if np.all(sure) else choose(sure, _sure(plain), self._mixed(~sure, origin, direction, weights))

    def _mixed(
        self, asked: Bools, origin: Array, direction: Array, weights: Array, objective: Array | None = None
    ) -> Answer:
        """Answer the games asked for by the best mixture of deals: a reach, a Nash or a support, whichever is not zero."""
        queries = [origin, direction, weights, np.zeros(self.parties) if objective is None else objective]
        lead = leading_axes(self.shape, *(q.shape[:-1] for q in queries))
        o, d, a, c = (flat(q, lead) for q in queries)
        if isinstance(self.deals, Points) and len(o) > 1 and len(o) * self.deals.points.shape[-2] > CELLS:
            return self._in_pieces(self.deals, lead, np.broadcast_to(asked, lead).ravel(), o, d, a, c)
        hull = _Hull(self, lead, o)
        open_games = np.broadcast_to(asked, lead).ravel() & (hull.status == Status.OK)
        none = np.zeros(len(o), np.bool_)
        floored = open_games & ~np.all(d > 0, axis=1)  # without floors there is a mixture, however far down
        if np.any(floored) and self.free_disposal:
            none = hull.lacks_room(floored, np.where(np.any(a > 0, axis=1), LEAST_GAIN, -ACCEPT))
            backward = none & np.any(d > 0, axis=1)  # only those without part in the direction are held to their floors
            if np.any(backward):
                lowered = _Hull(self, lead, np.where(d > 0, o - FAR * hull.unit, o))
                none = np.where(backward, lowered.lacks_room(backward, np.full(len(o), -ACCEPT)), none)
        return hull.answer(hull.grow(open_games & ~none, d, a, c), none)

    def _in_pieces(self, deals: Points, lead: tuple[int, ...], *queries: Any) -> Answer:
        """Answer a few games at a time, each with a list of its own, so that long lists and many games fit together."""
        tables = deals.points.reshape(-1, *deals.points.shape[-2:])
        own = flat_numbers(np.arange(len(tables)).reshape(deals.shape), lead)
        size = max(1, CELLS // tables.shape[1])
        parts = [
            replace(self, deals=Points(tables[own[at]]))._mixed(*(q[at] for q in queries))
            for at in np.array_split(np.arange(own.size), -(-own.size // size))
        ]

        def joined(values: list[Any]) -> Any:
            whole = np.concatenate(values)
            return whole.reshape(*lead, *whole.shape[1:])

        lotteries = [part.lottery for part in parts if part.lottery is not None]
        return Answer(
            joined([part.utilities for part in parts]), {}, joined([part.normal for part in parts]),
            joined([part.status for part in parts]), joined([part.residual for part in parts]),
            lottery=Lottery(
                joined([lot.probabilities for lot in lotteries]), joined([lot.utilities for lot in lotteries]),
                {ALTERNATIVE: joined([lot.terms[ALTERNATIVE] for lot in lotteries])},
            ),
        )  # fmt: skip


class _Hull:
    """Deals found so far: utilities (k, games, n) and terms (k, games), of which `member` (k, games) belong to a game."""

    def __init__(self, feasible: Lotteries, lead: tuple[int, ...], origin: Array) -> None:
        self.feasible, self.lead, self.origin = feasible, lead, origin
        self.unit = flat(feasible.spread(), lead)
        self.status = np.where(np.all(np.isfinite(origin), axis=1), Status.OK, Status.NOT_FINITE).astype(np.int8)
        self.gap = np.zeros(len(origin))
        self.listed = isinstance(feasible.deals, Points)
        if isinstance(feasible.deals, Points):
            m, n = feasible.deals.points.shape[-2:]
            rows = np.broadcast_to(feasible.deals.points, (*lead, m, n)).reshape(-1, m, n)
            self.utilities = np.ascontiguousarray(np.moveaxis(rows, 1, 0))  # sums must run alike however many games
            self.terms = {ALTERNATIVE: np.broadcast_to(np.arange(float(m))[:, None], self.utilities.shape[:2])}
        else:
            axes = np.eye(feasible.parties) + SLANT
            found = [self._worth_most(np.broadcast_to(axis, origin.shape) / self.unit) for axis in axes]
            self.utilities = np.stack([answer.utilities for answer in found])
            self.terms = {name: np.stack([a.terms[name] for a in found]) for name in found[0].terms}
        self.member = np.ones(self.utilities.shape[:2], np.bool_)
        self.status = np.where(np.all(np.isfinite(self.utilities), axis=(0, 2)), self.status, np.int8(Status.NOT_FINITE))

    def _worth_most(self, prices: Array) -> Answer:
        """Return the deals, flattened, that are worth most at these prices."""
        found = self.feasible.deals.support(prices.reshape(*self.lead, -1))
        self.status = np.maximum(self.status, found.status.ravel())
        return Answer(
            found.utilities.reshape(len(self.origin), -1), {name: v.ravel() for name, v in found.terms.items()},
            prices, found.status.ravel(), found.residual.ravel(),
        )  # fmt: skip

    def grow(self, games: Bools, direction: Array, weights: Array, objective: Array) -> _Best:
        """Mix deals, and add the one that is worth most at the mixture's prices, until none is worth more.

        A game that is done is left alone, so that its answer does not depend on its company.
        """
        best = self._mix(direction, weights, objective)
        if self.listed:
            return best
        growing = games & (self.status == Status.OK)
        for _ in range(ROUNDS):
            rival = self._worth_most(np.maximum(np.where(growing[:, None], best.prices, 1.0), 0.0))
            scale = np.sum(np.abs(best.prices) * self.unit, axis=1)
            with np.errstate(invalid="ignore"):
                gap = np.maximum(np.sum(best.prices * (rival.utilities - best.utilities), axis=1) / scale, 0.0)
            self.gap = np.where(growing, gap, self.gap)
            growing &= (self.gap > CLOSED) & (self.status == Status.OK)
            if not np.any(growing):
                break
            self.utilities = np.concatenate([self.utilities, rival.utilities[None]])
            self.terms = {name: np.concatenate([v, rival.terms[name][None]]) for name, v in self.terms.items()}
            self.member = np.concatenate([self.member, growing[None]])
            best = best.renewed(self._mix(direction, weights, objective), growing)
        return best

    def lacks_room(self, games: Bools, least: Array) -> Bools:
        """Say in which of the games no mixture gives everybody `least` more than the origin, in ranges."""
        nothing = np.zeros(self.origin.shape)
        return np.asarray(games & ~(self.grow(games, self.unit, nothing, nothing).t > least))

    def _mix(self, direction: Array, weights: Array, objective: Array) -> _Best:
        """Return the best mixtures of the deals found so far."""
        ok = self.status == Status.OK
        vectors = np.where(ok[:, None] & self.member[..., None], (self.utilities - self.origin) / self.unit, 0.0)
        way = direction / self.unit
        pace = 1.0 / np.maximum(np.max(way, axis=1), 1e-300)
        ray = bool(np.any(direction > 0))
        worth = np.sum(objective * self.unit, axis=1)
        slope = objective * self.unit / np.where(worth > 0, worth, 1.0)[:, None]
        equal = np.zeros(way.shape, np.bool_) if self.feasible.free_disposal else way > 0
        program = Mixtures(
            vectors, self.member, np.sum(vectors * slope, axis=-1), way * pace[:, None] if ray else np.zeros(way.shape),
            weights, ray, equal,
        )  # fmt: skip
        found = mix(program)
        p = found.probabilities
        rows = found.prices * (pace if ray else np.where(worth > 0, worth, 1.0))[:, None]
        utilities = np.sum(p[..., None] * np.where(self.member[..., None], self.utilities, 0.0), axis=0)
        return _Best(p, utilities, rows / self.unit + objective, found.t * pace, found.residual)

    def answer(self, best: _Best, none: Bools) -> Answer:
        """Return the mixtures as lotteries over few deals."""
        error = np.maximum(best.residual, self.gap)
        status = np.where((self.status == Status.OK) & none, np.int8(Status.NO_AGREEMENT), self.status)
        missed = np.int8(Status.NOT_CONVERGED if self.feasible.free_disposal else Status.NO_AGREEMENT)
        status = np.where((status == Status.OK) & ~(error <= ACCEPT), missed, status)
        games, n = best.utilities.shape
        chosen, shares = np.zeros((games, n + 1), np.intp), np.zeros((games, n + 1))
        for game in map(int, np.flatnonzero(status == Status.OK)):
            deals, p = self._few(game, best)
            chosen[game], shares[game, : p.size] = np.pad(deals, (0, n + 1 - p.size), mode="edge"), p
        rows = np.arange(games)[:, None]
        drawn = self.utilities[chosen, rows]
        lottery = Lottery(
            shares.reshape(*self.lead, n + 1), drawn.reshape(*self.lead, n + 1, n),
            {name: v[chosen, rows].reshape(*self.lead, n + 1) for name, v in self.terms.items()},
        )  # fmt: skip
        utilities = np.sum(shares[..., None] * drawn, axis=1)
        return Answer(
            utilities.reshape(*self.lead, n), {}, best.prices.reshape(*self.lead, n), status.reshape(self.lead),
            error.reshape(self.lead), lottery=lottery,
        ).where_ok()  # fmt: skip

    def _few(self, game: int, best: _Best) -> tuple[Indices, Array]:
        """Return deals and probabilities of a lottery with the same utilities, over deals that are linearly independent."""
        own = np.flatnonzero(self.member[:, game])
        u = (self.utilities[own, game] - self.origin[game]) / self.unit[game]
        worth = u @ (best.prices[game] * self.unit[game])
        size = float(np.max(np.abs(worth)))
        p = best.probabilities[own, game]
        face = np.flatnonzero((worth >= np.max(worth) - DRAWN * size) | (p > DRAWN))
        target = (best.utilities[game] - self.origin[game]) / self.unit[game]
        shares = nnls(np.vstack([u[face].T, np.ones(face.size)]), np.append(target, 1.0))[0]
        kept = np.flatnonzero(shares > 0)
        return own[face[kept]], shares[kept] / np.sum(shares[kept])


@dataclass(frozen=True)
class _Best:
    """Best mixtures: probabilities (k, games), utilities and prices (games, n), t and residual (games,)."""

    probabilities: Array
    utilities: Array
    prices: Array
    t: Array
    residual: Array

    def renewed(self, new: _Best, games: Bools) -> _Best:
        """Return the mixtures, new for some games; the new ones may mix more deals."""
        more = len(new.probabilities) - len(self.probabilities)
        padded = np.concatenate([self.probabilities, np.zeros((more, games.size))])
        return _Best(
            np.where(games, new.probabilities, padded), np.where(games[:, None], new.utilities, self.utilities),
            np.where(games[:, None], new.prices, self.prices), np.where(games, new.t, self.t),
            np.where(games, new.residual, self.residual),
        )  # fmt: skip


def _sure(answer: Answer) -> Answer:
    """Return a deal as a lottery that draws it for sure."""
    lottery = Lottery(
        np.ones((*answer.status.shape, 1)), answer.utilities[..., None, :],
        {name: value[..., None] for name, value in answer.terms.items()},
    )  # fmt: skip
    return replace(answer, terms={}, ties=None, lottery=lottery).where_ok()
