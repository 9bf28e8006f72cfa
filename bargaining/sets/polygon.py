"""Lotteries over two parties' alternatives: a polygon, on which every question has a closed form.

The efficient edges have normals w > 0; with free disposal the polygon is {u : w . u <= w . v on every edge, u <= max v}.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools, Indices
from bargaining.checks import leading_axes, query
from bargaining.errors import InvalidProblem
from bargaining.sets.base import (
    ROUNDING,
    Answer,
    Lottery,
    Status,
    Trace,
    flat,
    flat_numbers,
)
from bargaining.sets.hull import Hull
from bargaining.sets.points import ALTERNATIVE, Points

CELLS = 2_000_000  # edges looked at at a time


@dataclass(frozen=True, eq=False)
class Polygon(Hull):
    """The convex hull of two parties' alternatives, the points `deals`, with free disposal."""

    deals: Points

    @property
    def free_disposal(self) -> bool:
        """Utility can be thrown away."""
        return True

    @cached_property
    def chain(self) -> tuple[Array, Indices]:
        """The efficient vertices, (games, k, 2), from the first party's best to the second's, and their alternatives.

        Shorter chains are filled up with copies of their last vertex.
        """
        m = self.deals.points.shape[-2]
        return _chain(self.deals.points.reshape(-1, m, 2))

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`)."""
        origin, direction = query("origin", origin, 2), query("direction", direction, 2, least=0.0, some=True)
        return self._answer(_reach, origin, direction)

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`)."""
        weights = query("weights", weights, 2, least=0.0, some=True)
        if floor is None:
            return self._answer(_support, weights)
        return self._answer(_support_above, weights, query("floor", floor, 2))

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`)."""
        origin, weights = query("origin", origin, 2), query("weights", weights, 2, least=0.0, some=True)
        return self._answer(_nash, origin, weights)

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Return the vertices above the floor and the ends of the edges that cross it (see `FeasibleSet.boundary`)."""
        if self.shape:
            raise InvalidProblem(f"a frontier is that of one set; this is a stack of shape {self.shape}.")
        vertices = self.chain[0][0]
        ends = best.utilities
        inside = np.all(vertices > np.array([ends[1, 0], ends[0, 1]]), axis=1)
        inside &= np.all(vertices < np.array([ends[0, 0], ends[1, 1]]), axis=1)
        points = np.concatenate([ends[[1]], vertices[inside][::-1], ends[[0]]])
        distinct = np.concatenate([[True], np.any(np.diff(points, axis=0) != 0, axis=1)])
        points = points[distinct]
        edges = np.diff(points, axis=0)
        slopes = np.stack([-edges[:, 1], edges[:, 0]], axis=-1)
        normals = np.concatenate([slopes, slopes[-1:]]) if len(slopes) else best.normal[:1]
        return Trace(points, {}, normals, 0.0, 0)

    def least_gain(self) -> Array:
        """Return the rounding error of each party's utility: the set is exact."""
        return self.deals.least_gain()

    def _answer(self, solve: Callable[..., Found], *queries: Array) -> Answer:
        lead = leading_axes(self.shape, *(q.shape[:-1] for q in queries))
        rows = [flat(q, lead) for q in queries]
        vertices, names = self.chain
        m = self.deals.points.shape[-2]
        finite = np.all(np.isfinite(self.deals.points.reshape(-1, m, 2)), axis=(1, 2))
        which = flat_numbers(np.arange(len(vertices)).reshape(self.shape), lead)  # each game's polygon: they may share one
        size, k = which.size, vertices.shape[1]
        u, w, start, share = np.zeros((size, 2)), np.zeros((size, 2)), np.zeros(size, np.intp), np.zeros(size)
        none = np.zeros(size, np.bool_)
        for at in np.array_split(np.arange(size), max(1, -(-size * k // CELLS))):
            with np.errstate(all="ignore"):
                u[at], w[at], start[at], share[at], none[at] = solve(_Chains(vertices[which[at]]), *(q[at] for q in rows))
        broken = ~finite[which] | np.any([np.any(np.isnan(q), axis=1) for q in rows], axis=0)
        status = np.where(broken, Status.NOT_FINITE, np.where(none, Status.NO_AGREEMENT, Status.OK)).astype(np.int8)
        deals = np.stack([start, np.minimum(start + 1, k - 1)], axis=-1)
        lottery = Lottery(
            np.stack([1.0 - share, share], axis=-1).reshape(*lead, 2),
            vertices[which[:, None], deals].reshape(*lead, 2, 2),
            {ALTERNATIVE: names[which[:, None], deals].astype(float).reshape(*lead, 2)},
        )
        return Answer(
            u.reshape(*lead, 2), {}, w.reshape(*lead, 2), status.reshape(lead), np.zeros(lead), lottery=lottery
        ).where_ok()


Found = tuple[Array, Array, Indices, Array, Bools]
"""Points and normals (games, 2); vertex where the edge of the point starts, share of the way to the next; no agreement."""


class _Chains:
    """Efficient vertices of some games, with their edges."""

    def __init__(self, vertices: Array) -> None:
        self.v = vertices
        edge = np.diff(vertices, axis=1, append=vertices[:, -1:])  # the last vertex is an edge without length
        self.edge = edge
        self.normal = np.stack([edge[..., 1], -edge[..., 0]], axis=-1)
        self.rounding = ROUNDING * np.max(np.abs(vertices), axis=1)
        self.everyone = np.arange(len(vertices))

    def on_edge(self, points: Array, start: Indices) -> Array:
        """Return how far along its edge each point lies, from 0 to 1."""
        edge = self.edge[self.everyone, start]
        size = np.where(np.any(edge, axis=1)[:, None], np.max(np.abs(self.edge), axis=1), 1.0)
        scaled = edge / np.where(size > 0, size, 1.0) ** 2
        way = np.sum((points - self.v[self.everyone, start]) * scaled, axis=1)
        length = np.sum(edge * scaled, axis=1)
        return np.where(length > 0, np.clip(way / np.where(length > 0, length, 1.0), 0.0, 1.0), 0.0)


def _reach(chains: _Chains, origin: Array, way: Array) -> Found:
    """Take the first edge, or the first end of the chain, that the ray meets."""
    v, w = chains.v, chains.normal
    ends = np.stack([v[:, 0, 0], v[:, -1, 1]], axis=-1)
    slack = ends - origin
    none = np.any((way == 0) & (slack < -chains.rounding), axis=1)
    steep = np.sum(w * way[:, None, :], axis=-1)
    steps = np.where(steep > 0, np.sum(w * (v - origin[:, None, :]), axis=-1) / np.where(steep > 0, steep, 1.0), np.inf)
    caps = np.where(way > 0, slack / np.where(way > 0, way, 1.0), np.inf)
    start, cap = np.argmin(steps, axis=1), np.argmin(caps, axis=1)
    t_edge, t_cap = steps[chains.everyone, start], caps[chains.everyone, cap]
    capped = t_cap <= t_edge
    corner = np.where(cap == 0, 0, v.shape[1] - 1)
    start = np.where(capped, corner, start)
    u = np.where(capped[:, None], v[chains.everyone, corner], origin + t_edge[:, None] * way)
    axis = np.eye(2)[cap] / np.where(way > 0, way, 1.0)
    normal = np.where(capped[:, None], axis, w[chains.everyone, start] / steep[chains.everyone, start][:, None])
    return u, normal, start, np.where(capped, 0.0, chains.on_edge(u, start)), none


def _support(chains: _Chains, weights: Array) -> Found:
    """Take the best vertex."""
    start = np.argmax(np.sum(chains.v * weights[:, None, :], axis=-1), axis=1)
    nobody = np.zeros(len(weights), np.bool_)
    return chains.v[chains.everyone, start], weights, start, np.zeros(len(weights)), nobody


def _support_above(chains: _Chains, weights: Array, floor: Array) -> Found:
    """Take the best vertex above the floor, or the end of an edge that crosses it."""
    held = np.all(chains.v >= (floor - chains.rounding)[:, None, :], axis=-1)
    values = np.where(held, np.sum(chains.v * weights[:, None, :], axis=-1), -np.inf)
    start = np.argmax(values, axis=1)
    best = chains.v[chains.everyone, start], weights, start, np.zeros(len(weights)), ~np.any(held, axis=1)
    top = values[chains.everyone, start]
    for party in (0, 1):
        way = np.broadcast_to(np.eye(2)[party], floor.shape)
        end = _reach(chains, floor, way)
        below = end[4] | np.any(end[0] < floor - chains.rounding, axis=1)  # the ray meets the set on its way back only
        value = np.where(below, -np.inf, np.sum(weights * end[0], axis=1))
        better = value > top
        slope = end[1] * np.where(end[1][:, [party]] > 0, weights[:, [party]] / end[1][:, [party]], 1.0)
        end = (end[0], np.maximum(slope, weights), *end[2:])
        best = _take_better(better, end, best)
        top = np.where(better, value, top)
    return best


def _take_better(better: Bools, one: Found, two: Found) -> Found:
    u, w, start, share, none = (
        np.where(better[:, None] if a.ndim == 2 else better, a, b) for a, b in zip(one, two, strict=True)
    )
    return u, w, start.astype(np.intp), share, none.astype(np.bool_)


def _nash(chains: _Chains, origin: Array, weights: Array) -> Found:
    """Take the best of the best points of all edges: on the line w . g = c the gains are g_i = a_i c / w_i."""
    v, w = chains.v, chains.normal
    a = (weights / np.sum(weights, axis=1, keepdims=True))[:, None, :]
    gains = v - origin[:, None, :]
    level = np.sum(w * gains, axis=-1, keepdims=True)
    ideal = a * level / np.where(w > 0, w, 1.0)
    clear = np.argmax(np.abs(chains.edge) / (np.abs(gains) + np.abs(ideal)), axis=-1)[..., None]  # loses fewest digits
    way, length = (np.take_along_axis(x, clear, axis=-1)[..., 0] for x in (ideal - gains, chains.edge))
    share = np.clip(np.where(length != 0, way / np.where(length != 0, length, 1.0), 0.0), 0.0, 1.0)
    inner = (share > 0) & (share < 1)
    found = np.where(inner[..., None], ideal, gains + share[..., None] * chains.edge)
    found = np.where((share == 1.0)[..., None], np.concatenate([gains[:, 1:], gains[:, -1:]], axis=1), found)
    wanted = np.broadcast_to(a > 0, found.shape)
    good = np.all(np.where(wanted, found > chains.rounding[:, None, :], found >= -chains.rounding[:, None, :]), axis=-1)
    value = np.where(good, np.sum(np.where(wanted, a * np.log(np.where(found > 0, found, 1.0)), 0.0), axis=-1), -np.inf)
    start = np.argmax(value, axis=1)
    pick = chains.everyone, start
    g = found[pick]
    normal = weights / np.where(g > 0, g, 1.0)
    best = origin + g, normal, start, share[pick], ~np.any(good, axis=1)
    at_end = share[pick] == 1.0  # a vertex belongs to the edge that it starts
    start = np.where(at_end, np.minimum(start + 1, v.shape[1] - 1), start)
    exact = v[chains.everyone, start]
    at_vertex = ~inner[pick]
    best = np.where(at_vertex[:, None], exact, best[0]), normal, start, np.where(at_vertex, 0.0, share[pick]), best[4]
    for party in (0, 1):  # a party of weight zero is only held to its floor
        alone = weights[:, 1 - party] == 0
        end = _reach(chains, origin, np.broadcast_to(np.eye(2)[party], origin.shape))
        gain = end[0][:, party] - origin[:, party]
        scale = np.where(gain > 0, weights[:, party] / gain, 1.0)
        slope = end[1] * scale[:, None]
        best = _take_better(alone, (end[0], slope, *end[2:4], end[4] | ~(gain > chains.rounding[:, party])), best)
    return best


def _chain(points: Array) -> tuple[Array, Indices]:
    """Return efficient hull vertices by Andrew's monotone chain (1979), all games at once, one point a step."""
    games, m, _ = points.shape
    rows = np.arange(games)
    order = np.lexsort((-points[..., 1], -points[..., 0]), axis=-1)
    ranked = np.take_along_axis(points, order[..., None], axis=1)
    top = np.maximum.accumulate(ranked[..., 1], axis=1)
    rises = np.concatenate([np.ones((games, 1), np.bool_), ranked[:, 1:, 1] > top[:, :-1]], axis=1)
    stack, size = np.zeros((games, m + 1), np.intp), np.zeros(games, np.intp)  # room to look back by two
    for j in range(m):
        new = rises[:, j]
        while True:
            here, before = stack[rows, size - 1], stack[rows, size - 2]
            with np.errstate(invalid="ignore"):  # games whose points are not finite get a status
                one, two = ranked[rows, here] - ranked[rows, before], ranked[:, j] - ranked[rows, here]
                drop = new & (size >= 2) & (one[:, 0] * two[:, 1] <= one[:, 1] * two[:, 0])
            if not np.any(drop):
                break
            size = size - drop
        stack[rows[new], size[new]] = j
        size = size + new
    k = int(np.max(size, initial=1))
    columns = np.minimum(np.arange(k)[None, :], size[:, None] - 1)
    chosen = np.take_along_axis(stack, columns, axis=1)
    return np.take_along_axis(ranked, chosen[..., None], axis=1), np.take_along_axis(order, chosen, axis=1)
