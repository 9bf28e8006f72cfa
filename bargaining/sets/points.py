"""Finitely many deals, given by their utilities: compared one by one, so that nothing is missed and ties are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools, Indices
from bargaining.checks import leading_axes, query, table
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.sets.base import (
    ROUNDING,
    TIE,
    Answer,
    FeasibleSet,
    Lottery,
    Offers,
    Status,
    Ties,
    Trace,
    flat,
    flat_numbers,
)

ALTERNATIVE = "alternative"
CELLS = 2_000_000  # deals compared at a time


@dataclass(frozen=True, eq=False)
class Points(FeasibleSet):
    """The utilities `points` (..., m, n) of m alternatives; the terms of a deal are the number of its alternative, from 0.

    Without lotteries the set is not convex, even with free disposal.
    """

    points: Array

    @property
    def parties(self) -> int:
        """How many parties' utilities a point holds."""
        return int(self.points.shape[-1])

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the points."""
        return self.points.shape[:-2]

    @property
    def convex(self) -> bool:
        """Points alone are not convex."""
        return False

    @property
    def certain(self) -> bool:
        """All alternatives are compared."""
        return True

    @property
    def free_disposal(self) -> bool:
        """Utility can be thrown away."""
        return True

    @cached_property
    def _spread(self) -> Array:
        with np.errstate(invalid="ignore"):  # of a stack, some games may have no such points
            ranges = np.ptp(self.points, axis=-2)
        sizes = np.max(np.abs(self.points), axis=-2)
        return np.where(ranges > 0, ranges, np.where(sizes > 0, sizes, 1.0))

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`)."""
        origin = query("origin", origin, self.parties)
        direction = query("direction", direction, self.parties, least=0.0, some=True)

        def rank(points: Array, spread: Array, o: Array, way: Array) -> tuple[Array, Array, Array]:
            moving = way > 0
            gains = points - o[:, None, :]
            steps = np.where(moving[:, None, :], gains / np.where(moving, way, 1.0)[:, None, :], np.inf)
            size = np.max(np.abs(points), axis=1)
            held = np.all(moving[:, None, :] | (gains >= -ROUNDING * size[:, None, :]), axis=-1)
            margin = TIE * np.min(np.where(moving, spread / np.where(moving, way, 1.0), np.inf), axis=-1)
            best = np.argmin(steps, axis=-1)
            tight = np.zeros(points.shape)
            np.put_along_axis(tight, best[..., None], 1.0, axis=-1)
            return np.where(held, np.min(steps, axis=-1), -np.inf), margin, tight / np.where(moving, way, 1.0)[:, None, :]

        return self._answer(rank, origin, direction)

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`)."""
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        floor = np.full(self.parties, -np.inf) if floor is None else query("floor", floor, self.parties)

        def rank(points: Array, spread: Array, w: Array, low: Array) -> tuple[Array, Array, Array]:
            size = np.max(np.abs(points), axis=1)
            held = np.all(points >= (low - ROUNDING * size)[:, None, :], axis=-1)
            value = np.sum(points * w[:, None, :], axis=-1)
            return (
                np.where(held, value, -np.inf),
                TIE * np.sum(w * spread, axis=-1),
                np.broadcast_to(w[:, None, :], points.shape),
            )

        return self._answer(rank, weights, floor)

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`)."""
        origin = query("origin", origin, self.parties)
        weights = query("weights", weights, self.parties, least=0.0, some=True)

        def rank(points: Array, spread: Array, o: Array, w: Array) -> tuple[Array, Array, Array]:
            gains = points - o[:, None, :]
            least = ROUNDING * np.max(np.abs(points), axis=1)[:, None, :]
            wanted = (w > 0)[:, None, :]
            held = np.all(np.where(wanted, gains > least, gains >= -least), axis=-1)
            some = np.where(wanted & (gains > 0), gains, 1.0)
            value = np.sum(w[:, None, :] * np.log(some), axis=-1)
            return np.where(held, value, -np.inf), TIE * np.sum(w, axis=-1), w[:, None, :] / some

        return self._answer(rank, origin, weights)

    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Refuse: between separate points nobody can be made indifferent."""
        raise InvalidProblem(
            "alternating offers need a convex set: among separate points no offer makes the other side indifferent. "
            "Allow lotteries over the alternatives: bg.lotteries(problem)."
        )

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Return the points that no other dominates, all copies of equal ones kept (see `FeasibleSet.boundary`)."""
        if self.shape:
            raise InvalidProblem(f"a frontier is that of one set; this is a stack of shape {self.shape}.")
        order = np.lexsort((-self.points[:, 1], -self.points[:, 0]))
        ranked = self.points[order]
        before = np.concatenate([[-np.inf], np.maximum.accumulate(ranked[:, 1])[:-1]])
        copies = np.concatenate([[False], np.all(ranked[1:] == ranked[:-1], axis=1)])
        keep = ranked[:, 1] > before
        for row in np.flatnonzero(copies):
            keep[row] = keep[row - 1]
        chosen = order[keep & np.all(ranked >= floor, axis=1)][::-1]
        blank = np.full((chosen.size, 2), np.nan)
        return Trace(self.points[chosen], {ALTERNATIVE: chosen.astype(float)}, blank, 0.0, 0, joined=False)

    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Return all points, or `count` of them drawn at random if there are more (see `FeasibleSet.sample`)."""
        m = self.points.shape[-2]
        pick = np.arange(m) if m <= count else rng.choice(m, count, replace=False)
        return np.asarray(self.points[..., pick, :]), {
            ALTERNATIVE: np.broadcast_to(pick.astype(float), (*self.shape, pick.size))
        }

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of alternatives given by number."""
        number = self.complete(terms)[ALTERNATIVE]
        m = self.points.shape[-2]
        if np.any((number != np.floor(number)) | (number < 0) | (number >= m)):
            raise InvalidProblem(f"alternative {number.tolist()} is none of 0, ..., {m - 1}.")
        return self._numbered(np.broadcast_to(number, leading_axes(self.shape, number.shape)))

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return the utilities of alternatives given by number (see `FeasibleSet.gives`)."""
        number, m = terms[ALTERNATIVE], self.points.shape[-2]
        known = (number == np.floor(number)) & (number >= 0) & (number < m)
        return np.where(known[..., None], self._numbered(np.where(known, number, 0.0)), np.nan)

    def _numbered(self, number: Array) -> Array:
        """Return the utilities of one alternative in each game."""
        points = np.broadcast_to(self.points, (*number.shape, *self.points.shape[-2:]))
        return np.asarray(np.take_along_axis(points, number.astype(np.intp)[..., None, None], axis=-2)[..., 0, :])

    def complete(self, terms: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return the number of the alternative."""
        values = table("the deal", terms)
        for name in values:
            if name != ALTERNATIVE:
                raise UnknownName("term", name, [ALTERNATIVE])
        if not values:
            raise InvalidProblem(f"the deal does not say which alternative; write {{{ALTERNATIVE!r}: 0}}.")
        return values

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Return the numbers of the first and the last alternative."""
        return {ALTERNATIVE: (0.0, float(self.points.shape[-2] - 1))}

    def units(self) -> dict[str, str]:
        """Return that numbers of alternatives have no unit."""
        return {ALTERNATIVE: ""}

    def spread(self) -> Array:
        """Return each party's range of utilities, (..., n); the size of its utility where the range is nothing."""
        return self._spread

    def least_gain(self) -> Array:
        """Return the rounding error of each party's utility: the set is exact."""
        return np.asarray(ROUNDING * np.max(np.abs(self.points), axis=-2))

    def _answer(self, rank: Callable[..., tuple[Array, Array, Array]], *queries: Array) -> Answer:
        """Return the best points by a ranking: values (games, m), tie margins (games,) and normals (games, m, n)."""
        lead = leading_axes(self.shape, *(q.shape[:-1] for q in queries))
        m, n = self.points.shape[-2:]
        rows = [flat(q, lead) for q in queries]
        tables = self.points.reshape(-1, m, n)
        own = flat_numbers(np.arange(len(tables)).reshape(self.shape), lead)  # each game's table: they may share one
        spread = flat(self._spread, lead)
        games = own.size
        chosen, normal, status = np.zeros(games, np.intp), np.ones((games, n)), np.zeros(games, np.int8)
        ties: list[Indices] = []
        for at in np.array_split(np.arange(games), max(1, -(-games * m // CELLS))):
            part, units = tables[own[at]], spread[at]
            bad = ~np.all(np.isfinite(part), axis=(1, 2)) | np.any([np.any(np.isnan(q[at]), axis=1) for q in rows], axis=0)
            with np.errstate(all="ignore"):
                values, margin, slopes = rank(part, units, *(q[at] for q in rows))
                top = np.max(values, axis=1)
                tied = values >= (top - margin)[:, None]
                second = np.where(tied, np.sum(part / units[:, None, :], axis=-1), -np.inf)
            chosen[at] = np.argmax(second, axis=1)
            normal[at] = np.take_along_axis(slopes, chosen[at][:, None, None], axis=1)[:, 0]
            status[at] = np.where(bad, Status.NOT_FINITE, np.where(np.isfinite(top), Status.OK, Status.NO_AGREEMENT))
            ties += self._tied(part, tied & (status[at] == Status.OK)[:, None], int(at[0]) if at.size else 0)
        utilities = tables[own, chosen]
        rivals = np.concatenate(ties, axis=1) if ties else np.zeros((2, 0), np.intp)
        return Answer(
            utilities.reshape(*lead, n), {ALTERNATIVE: chosen.astype(float).reshape(lead)}, normal.reshape(*lead, n),
            status.reshape(lead), np.zeros(lead),
            ties=Ties(rivals[0], tables[own[rivals[0]], rivals[1]], {ALTERNATIVE: rivals[1] * 1.0}) if ties else None,
        ).where_ok()  # fmt: skip

    @staticmethod
    def _tied(points: Array, tied: Bools, first: int) -> list[Indices]:
        """Return (game, alternative) rows, (2, r), of games with several best points, those dominated left out."""
        found = []
        for game in np.flatnonzero(np.count_nonzero(tied, axis=1) > 1):
            rows = np.flatnonzero(tied[game])
            u = points[game, rows]
            worse = np.all(u[:, None, :] <= u[None, :, :], axis=-1) & np.any(u[:, None, :] < u[None, :, :], axis=-1)
            rows = rows[~np.any(worse, axis=1)]
            if rows.size > 1:
                found.append(np.stack([np.full(rows.size, game + first), rows]))
        return found
