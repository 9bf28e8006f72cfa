"""The Pareto frontier of a convex two-party set between two certified polylines.

The sandwich algorithm: points of the frontier span the inner polyline, supporting lines through them the outer one, and
new points are sought where the two are farthest apart, in the direction of the chord. The number of points needed for an
error eps grows like eps**(-1/2), which no method can better (Rote 1992, The convergence rate of the sandwich algorithm for
approximating convex functions, Computing 48, 337-361). All open segments of a round are asked in one batch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array, Bools, Indices
from bargaining.errors import NotConverged, NotConvex
from bargaining.sets.base import Answer, FeasibleSet, Status, Trace

ROUNDS = 60
SOLVER = 1e-13  # accuracy of a program, as a share of the range of utilities
RAYS, BENDS = 33, 8  # first rays of a fan, and how often those between bent segments are halved
NOISE = 1e-12  # of the ideal gains: a difference that does not count


def trace(feasible: FeasibleSet, floor: Array, best: Answer, tol: float) -> Trace:
    """Trace the part of the frontier above `floor` to within `tol`, from both parties' best points `best` (2, 2).

    Raises
    ------
    NotConvex
        If the midpoint of a chord is infeasible: the set has a dent, and supporting lines say nothing there.
    NotConverged
        If a support program fails.
    """
    ends = _Nodes.of([best.pick(1), best.pick(0)])
    unit = np.array([best.utilities[0, 0], best.utilities[1, 1]]) - floor
    nodes, error, calls = ends, 0.0, 0
    closed: Bools = np.zeros(1, np.bool_)  # one entry a segment
    for _ in range(ROUNDS):
        points = (nodes.utilities - floor) / unit
        heights = _heights(points, nodes.normals * unit)
        open_segments = np.flatnonzero(~closed & (heights > tol))
        error = max(error, float(np.max(heights[~closed & (heights <= tol)], initial=0.0)))
        closed = closed | (heights <= tol)
        if not open_segments.size:
            break
        across = _across(points)[open_segments]
        found = feasible.support(across / unit, floor)
        calls += open_segments.size
        _require(found)
        rise = np.sum(across * ((found.utilities - floor) / unit - points[open_segments]), axis=-1)
        flat = rise <= tol  # the line through the found point, parallel to the chord, bounds the segment
        error = max(error, float(np.max(rise[flat], initial=0.0)))
        closed[open_segments[flat]] = True
        nodes, closed = nodes.insert(open_segments[~flat], _Nodes.from_batch(found, across / unit, ~flat), closed)
    else:
        raise NotConverged(
            f"the frontier was not traced to {tol:g} in {ROUNDS} rounds; ask for a larger tol.", {"points": len(points)}
        )
    noise = SOLVER * float(np.max(feasible.spread() / unit))
    shortfall = _check_convex(feasible, floor, unit, nodes, tol + noise)
    nodes = nodes.undominated(NOISE + noise)
    return Trace(nodes.utilities, nodes.terms, nodes.normals, max(error, shortfall) + noise, calls)


def fan(feasible: FeasibleSet, floor: Array, best: Answer, tol: float) -> Trace:
    """Follow the edge of any set with free disposal along rays from the floor; new rays go where the edge bends most.

    The points are those of the set with free disposal, so that across a dent they may be only weakly efficient; the terms
    are those of deals at least as good. Nothing is proved: `error` is the largest distance seen between the middle of a
    segment and the edge there.
    """
    unit = np.array([best.utilities[0, 0], best.utilities[1, 1]]) - floor
    angles = np.linspace(0.5 * np.pi, 0.0, RAYS)
    inner = _on_rays(feasible, floor, unit, angles[1:-1])
    nodes = _Nodes.of([best.pick(1), *(inner.pick(i) for i in range(RAYS - 2)), best.pick(0)])
    error = np.inf
    open_segments = np.arange(RAYS - 1)
    for _ in range(BENDS):
        middle = 0.5 * (angles[open_segments] + angles[open_segments + 1])
        found = _on_rays(feasible, floor, unit, middle)
        new = _Nodes(found.utilities, dict(found.terms), found.normal)
        points, seen = (nodes.utilities - floor) / unit, (new.utilities - floor) / unit
        bend = np.abs(_dot(_across(points)[open_segments], seen - points[open_segments]))
        error = float(np.max(bend))
        at = open_segments + 1
        nodes = nodes.insert(open_segments, new, np.zeros(len(nodes.utilities) - 1, np.bool_))[0]
        angles = np.insert(angles, at, middle)
        bent = open_segments[bend > tol] + np.flatnonzero(bend > tol)
        open_segments = np.unique(np.concatenate([bent, bent + 1]))
        if not open_segments.size:
            break
    return Trace(nodes.utilities, nodes.terms, nodes.normals, error, len(angles), dented=True)


def _on_rays(feasible: FeasibleSet, floor: Array, unit: Array, angles: Array) -> Answer:
    """Return the points of the set's edge on rays from the floor."""
    ways = unit * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    found = feasible.reach(floor, ways)
    _require(found)
    t = np.min((found.utilities - floor) / ways, axis=-1, keepdims=True)
    return replace(found, utilities=floor + t * ways)


@dataclass(frozen=True)
class _Nodes:
    """Points of the frontier in order, with the normals of supporting lines through them."""

    utilities: Array
    terms: dict[str, Array]
    normals: Array

    @staticmethod
    def of(answers: list[Answer]) -> _Nodes:
        return _Nodes(
            np.array([a.utilities for a in answers]),
            {name: np.array([float(a.terms[name]) for a in answers]) for name in answers[0].terms},
            np.array([a.normal for a in answers]),
        )

    @staticmethod
    def from_batch(answer: Answer, normals: Array, keep: Bools) -> _Nodes:
        return _Nodes(answer.utilities[keep], {n: v[keep] for n, v in answer.terms.items()}, normals[keep])

    def undominated(self, noise: float) -> _Nodes:
        """Return the nodes that no other beats in one utility without losing in the other: ends may be weakly efficient."""
        scale = np.ptp(self.utilities, axis=0)
        u = self.utilities / np.where(scale > 0, scale, 1.0)
        rivals = np.stack([_best_of_others(u, i, noise) for i in (0, 1)], axis=-1)
        keep = np.all(rivals <= u + max(noise, 1e-9), axis=-1)
        keep &= np.concatenate([[True], np.any(np.abs(np.diff(self.utilities, axis=0)) > NOISE * scale, axis=1)])
        return _Nodes(self.utilities[keep], {n: v[keep] for n, v in self.terms.items()}, self.normals[keep])

    def insert(self, segments: Indices, new: _Nodes, closed: Bools) -> tuple[_Nodes, Bools]:
        """Put one new node into each of these segments; both halves of a split segment are open."""
        at = segments + 1
        nodes = _Nodes(
            np.insert(self.utilities, at, new.utilities, axis=0),
            {name: np.insert(value, at, new.terms[name]) for name, value in self.terms.items()},
            np.insert(self.normals, at, new.normals, axis=0),
        )
        return nodes, np.insert(closed, segments, False)


def _best_of_others(u: Array, i: int, noise: float) -> Array:
    """Return the most of utility i among the nodes that have, up to noise, at least as much of the other utility."""
    order = np.argsort(u[:, 1 - i])
    most = np.maximum.accumulate(u[order[::-1], i])[::-1]  # over this node and those with more of the other utility
    return np.asarray(most[np.searchsorted(u[order, 1 - i], u[:, 1 - i] - noise)])


def _across(points: Array) -> Array:
    """Return the unit normals of the chords, (segments, 2), pointing outward; never negative on a frontier."""
    chord = np.diff(points, axis=0)
    normals = np.stack([-chord[:, 1], chord[:, 0]], axis=-1)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.maximum(normals / np.where(length > 0, length, 1.0), 0.0)


def _heights(points: Array, normals: Array) -> Array:
    """Return how far above each chord the supporting lines of its two ends meet."""
    chord = np.diff(points, axis=0)
    length = np.linalg.norm(chord, axis=-1)
    along = chord / np.where(length > 0, length, 1.0)[:, None]
    across = _across(points)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.maximum(-_dot(normals[:-1], across) / _dot(normals[:-1], along), 0.0)  # inverse slopes of the lines
        right = np.maximum(_dot(normals[1:], across) / _dot(normals[1:], along), 0.0)
        heights = length / (left + right)
    return np.where((length > 0) & np.isfinite(heights), heights, 0.0)


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(np.sum(a * b, axis=-1))


def _check_convex(feasible: FeasibleSet, floor: Array, unit: Array, nodes: _Nodes, tol: float) -> float:
    """Return how far short of a chord's midpoint the set falls at most, as a share of the gains there."""
    middle = 0.5 * (nodes.utilities[:-1] + nodes.utilities[1:]) - floor
    inside = np.all(middle > 1e-6 * unit, axis=-1)
    if not np.any(inside):
        return 0.0
    found = feasible.reach(floor, middle[inside])
    _require(found)
    short = 1.0 - np.min((found.utilities - floor) / middle[inside], axis=-1)
    worst = int(np.argmax(short))
    if short[worst] > tol:
        raise NotConvex(
            f"the set of utilities is not convex: near {(floor + middle[inside][worst]).tolist()} the frontier falls "
            f"{short[worst]:.2%} short of the chord between efficient deals. Supporting lines miss such a dent.",
            {"utilities": floor + middle[inside][worst], "depth": float(short[worst])},
        )
    return max(float(short[worst]), 0.0)


def _require(answer: Answer) -> None:
    if np.any(answer.status != Status.OK):
        worst = float(np.max(answer.residual))
        raise NotConverged(
            f"a point of the frontier was not found to tolerance (optimality error {worst:.1e}); the usual cause is a kink "
            "in a utility (clip, maximum, minimum, abs, where).",
            {"residual": worst},
        )
