"""Weights of two parties under which the Nash deal has given terms, by following it from one party's best to the other's.

Let V(b, x) be the largest weighted sum of log gains at weight b of the first party among deals with term x, the other terms
free. Where V is concave in x the Nash deals at b include one with a term of at least x exactly if dV/dx >= 0, and one with
at most x if dV/dx <= 0: a condition at either end of the range that was observed. At an end of the issue's own range there
is none, so that a term at its bound is explained by many weights. The derivative is smooth where the deal itself stops
moving, so its roots are found to the accuracy of the solver: by signs at NODES weights, then by bracketing (Chandrupatla
1997). Roots that come and go between two neighbouring weights would be missed; where no weight will do, the search zooms in
on the nearest deal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.numerics.roots import decreasing_root
from bargaining.sets.base import Answer, Status
from bargaining.sets.held import HeldIssues, Pulled
from bargaining.sets.issues import IssueSet
from bargaining.weights.implied import CLOSED, log_shortfall

Measure: TypeAlias = Callable[["_Condition", Indices, Array], Array]

NODES = 33
ZOOMS, FINER = 3, 16
LEVEL = 1e-9
"""A pull, or a share of an issue's range, that counts as zero."""

BESIDE = 1e-4
"""The first of three equal levels by which a function is seen to leave zero."""

QUERIES = 32768
"""Programs put to the solver at a time."""


@dataclass(frozen=True)
class Term:
    """A term that was observed in [low, high], in the units of the issue."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """What weights explain terms: `pieces` (games, p, 2) of the first party's weight, NaN beyond a game's last piece.

    `nearest` (games, terms) are the terms of the Nash deal that is nearest to those observed, at the weight `at` (games,);
    `gap` is by how much another deal beats those explained in the sum of log gains, and `beaten` says that this is why
    there is no piece. `status` tells games without numbers.
    """

    pieces: Array
    nearest: Array
    at: Array
    gap: Array
    beaten: Bools
    status: Codes

    @staticmethod
    def blank(games: int, terms: int) -> Curve:
        """Return no weights in any game."""
        none = np.full(games, np.nan)
        status = np.zeros(games, np.int8)
        return Curve(np.full((games, 1, 2), np.nan), np.full((games, terms), np.nan), none, none, status != 0, status)

    def updated(self, games: Indices, other: Curve) -> Curve:
        """Return this with the results of some games replaced."""
        width = max(self.pieces.shape[1], other.pieces.shape[1])
        pieces = np.full((len(self.pieces), width, 2), np.nan)
        pieces[:, : self.pieces.shape[1]] = self.pieces
        pieces[games] = np.nan
        pieces[games, : other.pieces.shape[1]] = other.pieces
        fields = {"pieces": pieces}
        for name in ("nearest", "at", "gap", "beaten", "status"):
            fields[name] = getattr(self, name).copy()
            fields[name][games] = getattr(other, name)
        return Curve(**fields)


@dataclass(frozen=True, eq=False)
class ContractCurve:
    """The Nash deals of every game, (games,), of a stack over issues, and of the same with a term held fixed."""

    feasible: IssueSet
    lead: tuple[int, ...]
    origin: Array
    terms: tuple[Term, ...]

    def take(self, games: Indices) -> ContractCurve:
        """Return the picked games."""
        return replace(self, feasible=self.feasible.take(self.lead, games), lead=(len(games),), origin=self.origin[games])

    def deals(self, games: Indices, b: Array) -> Answer:
        """Return the Nash deals of these games at these weights."""
        one = self.take(games)
        return one.feasible.nash(one.origin, _pairs(b))

    def held(self, names: tuple[str, ...], values: Array, games: Indices, b: Array) -> Pulled:
        """Return the Nash deals of these games at these weights with terms held at `values`, (games, held)."""
        one = self.take(games)
        return HeldIssues(one.feasible, names).nash(one.origin, _pairs(b), values)

    def ranges(self) -> Array:
        """Return the range of every term that was observed, (terms, 2)."""
        bounds = self.feasible.bounds()
        return np.array([bounds[term.name] for term in self.terms])

    def shortfall(self, values: Array, ideal: Array) -> Array:
        """Return what the best deals with terms at `values` (games, terms) leave unused, in shares of the `ideal` gains.

        That is the least that both parties could have on top of any deal with these terms that is better than disagreement
        for both, over a row of weights; NaN where there is no such deal.
        """
        games, b = np.repeat(np.arange(len(self.origin)), NODES), np.tile(np.linspace(0.0, 1.0, NODES), len(self.origin))
        found = []
        for at in _portions(b.size):
            held = self.held(tuple(term.name for term in self.terms), values[games[at]], games[at], b[at])
            fine = (held.status == Status.OK)[:, None]
            start = np.where(fine, held.utilities, self.origin[games[at]])
            ahead = self.take(games[at]).feasible.reach(start, ideal[games[at]])
            found.append(np.where(fine[:, 0], np.min((ahead.utilities - start) / ideal[games[at]], axis=1), np.inf))
        least = np.min(np.concatenate(found).reshape(-1, NODES), axis=1)
        return np.where(np.isfinite(least), np.maximum(least, 0.0), np.nan)

    def search(self) -> Curve:
        """Find the weights that explain the terms in every game; where there are none, zoom in on the nearest deal."""
        count, step = len(self.origin), 1.0 / (NODES - 1)
        found = _Scan.of(self, np.broadcast_to(np.linspace(0.0, 1.0, NODES), (count, NODES))).curve()
        for _ in range(ZOOMS):
            lost = np.flatnonzero((found.status == Status.OK) & np.isnan(found.pieces[:, 0, 0]) & ~found.beaten)
            lost = lost[(found.at[lost] > 0.0) & (found.at[lost] < 1.0)]  # beyond a party's best deal there is nothing
            if not lost.size:
                break
            nodes = np.clip(found.at[lost, None] + step * np.linspace(-1.0, 1.0, FINER + 1), 0.0, 1.0)
            found = found.updated(lost, _Scan.of(self.take(lost), nodes).curve())
            step *= 2.0 / FINER
        return found


@dataclass(frozen=True, eq=False)
class _Condition:
    """One end of one term's range: `side` 1 asks for at least `value`, -1 for at most; arrays are (games, nodes).

    `pull` is the derivative of V there and `past` by how much the deal's own term is beyond the end, both with the sign by
    which more is better; `holds` says where the condition does.
    """

    term: int
    side: float
    value: float
    pull: Array
    past: Array

    @property
    def holds(self) -> Bools:
        """Where some Nash deal meets the condition."""
        with np.errstate(invalid="ignore"):
            return (self.pull >= -LEVEL) | (self.past >= -LEVEL)


@dataclass(frozen=True, eq=False)
class _Scan:
    """Deals at some weights of every game, `nodes` (games, nodes), with the conditions that the observed terms make."""

    curve_of: ContractCurve
    nodes: Array
    values: Array  # (terms, games, nodes)
    status: Codes
    conditions: tuple[_Condition, ...]
    possible: bool

    @staticmethod
    def of(curve: ContractCurve, nodes: Array) -> _Scan:
        """Solve for the deals at the nodes, and for those with each term held at the ends of its range."""
        count, width = nodes.shape
        games, b = np.repeat(np.arange(count), width), nodes.ravel()
        ranges = curve.ranges()
        deals = [curve.deals(games[at], b[at]) for at in _portions(b.size)]
        status = np.concatenate([deal.status for deal in deals]).reshape(count, width)
        values = np.array([np.concatenate([deal.terms[term.name] for deal in deals]) for term in curve.terms])
        values = values.reshape(-1, count, width)
        conditions, possible = [], True
        for t, (term, (low, high)) in enumerate(zip(curve.terms, ranges, strict=True)):
            unit = high - low
            possible &= term.low <= high + LEVEL * unit and term.high >= low - LEVEL * unit
            pulls: dict[float, Array] = {}
            for side, value in ((1.0, term.low), (-1.0, term.high)):
                if side * (value - (low if side > 0 else high)) <= LEVEL * unit:
                    continue  # every deal has at least the lowest value, and at most the highest
                if value not in pulls:
                    pulls[value] = _pulls(curve, t, value, games, b).reshape(count, width)
                past = side * (values[t] - value) / unit
                conditions.append(_Condition(t, side, value, side * pulls[value], past))
        return _Scan(curve, nodes, values, status, tuple(conditions), possible)

    def curve(self) -> Curve:
        """Return the weights at which all conditions hold, each piece checked by solving at its ends and middle."""
        ends: list[Array] = []
        for k, condition in enumerate(self.conditions):  # both ends of a range of one point are ends of the same stretch
            twin = k and (condition.term, condition.value) == (self.conditions[k - 1].term, self.conditions[k - 1].value)
            ends.append(self._ends(condition, ends[-1] if twin else None))
        pieces = _pieces(self.nodes, self.conditions, ends)
        if not self.possible:
            pieces = np.full_like(pieces[:, :1], np.nan)
        status = np.max(self.status, axis=1)
        for condition, end in zip(self.conditions, ends, strict=True):
            lost = np.any(np.isnan(end) & self._changes(condition), axis=1)
            status = np.where((status == Status.OK) & lost, np.int8(Status.NOT_CONVERGED), status)
        pieces = np.where((status == Status.OK)[:, None, None], pieces, np.nan)
        gap = self._gaps(pieces)
        keep = np.min(np.where(np.isnan(gap), np.inf, gap), axis=2) <= CLOSED
        beaten = ~np.isnan(pieces[:, 0, 0]) & ~np.any(keep, axis=1)
        worst = np.max(np.where(keep[..., None] & ~np.isnan(gap), gap, 0.0), axis=(1, 2), initial=0.0)
        best = np.nanmin(np.where(np.isnan(gap), np.inf, gap), axis=(1, 2), initial=np.inf)
        nearest, at = self._nearest()
        return Curve(_front(pieces, keep), nearest, at, np.where(beaten, best, worst), beaten, status)

    def _nearest(self) -> tuple[Array, Array]:
        """Return the deal whose terms are least outside their observed ranges, and its weight."""
        ranges = self.curve_of.ranges()
        outside = np.zeros(self.nodes.shape)
        for term, value, (low, high) in zip(self.curve_of.terms, self.values, ranges, strict=True):
            outside = np.maximum(outside, np.maximum(term.low - value, value - term.high) / (high - low))
        best = np.argmin(np.where(self.status == Status.OK, outside, np.inf), axis=1)
        rows = np.arange(len(best))
        return self.values[:, rows, best].T, self.nodes[rows, best]

    def _changes(self, condition: _Condition) -> Bools:
        return np.asarray(condition.holds[:, 1:] != condition.holds[:, :-1])

    def _ends(self, condition: _Condition, known: Array | None) -> Array:
        """Return where, between two nodes, a condition begins or ceases to hold, (games, nodes - 1); NaN elsewhere.

        `known` are such ends found before, of the opposite condition at the same value.
        """
        changes = self._changes(condition)
        found = np.full(changes.shape, np.nan) if known is None else np.where(changes, known, np.nan)
        games, cells = np.nonzero(changes & np.isnan(found))
        if not games.size:
            return found
        left, right = self.nodes[games, cells], self.nodes[games, cells + 1]
        sign = np.where(condition.holds[games, cells], 1.0, -1.0)  # so that the functions decrease
        pulls = condition.pull[games, cells], condition.pull[games, cells + 1]
        past = condition.past[games, cells], condition.past[games, cells + 1]
        told = np.isfinite(pulls[0]) & np.isfinite(pulls[1])
        with np.errstate(invalid="ignore"):
            told &= (sign * pulls[0] >= -LEVEL) & (sign * pulls[1] <= LEVEL)
        for use, (one, two), measure in ((told, pulls, self._pull_at), (~told, past, self._past_at)):

            def crossing(rows: Indices, level: Array, measure: Measure = measure) -> Array:
                def missing(b: Array, which: Array) -> Array:
                    at = which.astype(np.intp)
                    return np.asarray(sign[rows[at]] * (measure(condition, games[rows[at]], b) - level[at]))

                return decreasing_root(missing, left[rows], right[rows], np.arange(rows.size))

            flat = use & ((np.abs(one) <= LEVEL) | (np.abs(two) <= LEVEL))
            rows = np.flatnonzero(use & ~flat)
            if rows.size:
                found[games[rows], cells[rows]] = crossing(rows, np.zeros(rows.size))
            rows = np.flatnonzero(flat)
            if rows.size:
                # Beside a stretch on which the function is zero it is known up to the solver's tolerance only: three levels
                # that it reaches further on tell, by extrapolation, where it leaves zero.
                far = np.where(np.abs(one) <= LEVEL, two, one)[rows]
                step = np.sign(far) * np.minimum(BESIDE, 0.25 * np.abs(far))
                levels = np.concatenate([step, 2.0 * step, 3.0 * step])
                first, second, third = crossing(np.tile(rows, 3), levels).reshape(3, -1)
                found[games[rows], cells[rows]] = np.clip(3.0 * (first - second) + third, left[rows], right[rows])
        return found

    def _pull_at(self, condition: _Condition, games: Indices, b: Array) -> Array:
        return condition.side * _pulls(self.curve_of, condition.term, condition.value, games, b)

    def _past_at(self, condition: _Condition, games: Indices, b: Array) -> Array:
        term = self.curve_of.terms[condition.term].name
        low, high = self.curve_of.ranges()[condition.term]
        deals = self.curve_of.deals(games, b)
        return np.asarray(condition.side * (deals.terms[term] - condition.value) / (high - low))

    def _gaps(self, pieces: Array) -> Array:
        """Return by how much the best deal beats that with the observed terms, (games, pieces, 3), in sums of logs."""
        b = np.stack([pieces[..., 0], 0.5 * (pieces[..., 0] + pieces[..., 1]), pieces[..., 1]], axis=-1)
        games, piece, part = np.nonzero(~np.isnan(b))
        gap = np.full(b.shape, np.nan)
        if games.size:
            at = b[games, piece, part]
            curve, terms = self.curve_of, self.curve_of.terms
            deals = curve.deals(games, at)
            values = np.stack([np.clip(deals.terms[term.name], term.low, term.high) for term in terms], axis=-1)
            bounds = curve.ranges()
            held = curve.held(tuple(t.name for t in terms), np.clip(values, bounds[:, 0], bounds[:, 1]), games, at)
            gap[games, piece, part] = log_shortfall(_pairs(at), deals.utilities, held.utilities, curve.origin[games])
        return gap


def _portions(size: int) -> list[slice]:
    return [slice(first, first + QUERIES) for first in range(0, size, QUERIES)]


def _pulls(curve: ContractCurve, term: int, value: float, games: Indices, b: Array) -> Array:
    """Return the derivative of V in a term held at a value, in these games at these weights."""
    found = [
        curve.held((curve.terms[term].name,), np.full((len(b[at]), 1), value), games[at], b[at]).pulls[0]
        for at in _portions(b.size)
    ]
    return np.concatenate(found)


def _pieces(nodes: Array, conditions: Sequence[_Condition], ends: Sequence[Array]) -> Array:
    """Return the intervals on which all conditions hold, (games, p, 2), NaN beyond a game's last."""
    points = np.sort(np.concatenate([nodes[:, :1], nodes[:, -1:], *ends], axis=1), axis=1)
    points = points[:, : max(2, int(np.max(np.sum(~np.isnan(points), axis=1))))]
    points = np.where(np.isnan(points), np.nanmax(points, axis=1, keepdims=True), points)
    steps = np.empty((len(points), 2 * points.shape[1] - 1))
    steps[:, ::2], steps[:, 1::2] = points, 0.5 * (points[:, 1:] + points[:, :-1])
    good = np.ones(steps.shape, np.bool_)
    cell = np.sum(nodes[:, None, :] <= steps[..., None], axis=2) - 1
    cell = np.clip(cell, 0, nodes.shape[1] - 2)
    rows = np.arange(len(nodes))[:, None]
    for condition, end in zip(conditions, ends, strict=True):
        before, after, root = condition.holds[rows, cell], condition.holds[rows, cell + 1], end[rows, cell]
        with np.errstate(invalid="ignore"):
            good &= np.where(before, after | (steps <= root), after & (steps >= root))
    edge = np.zeros((len(points), 1), np.bool_)
    begins, stops = good & ~np.hstack([edge, good[:, :-1]]), good & ~np.hstack([good[:, 1:], edge])
    pieces = np.full((len(points), max(1, int(np.max(np.sum(begins, axis=1), initial=0))), 2), np.nan)
    for k, (marks, shift) in enumerate(((begins, -1), (stops, 1))):
        games, at = np.nonzero(marks)
        rank = np.cumsum(marks, axis=1)[games, at] - 1
        pieces[games, rank, k] = steps[games, np.where(at % 2, at + shift, at)]  # an open stretch is closed by its end
    return pieces


def _front(pieces: Array, keep: Bools) -> Array:
    """Return the pieces to keep, moved to the front, NaN behind."""
    order = np.argsort(~keep, axis=1, kind="stable")
    kept = np.where(keep[..., None], pieces, np.nan)
    return np.take_along_axis(kept, order[..., None], axis=1)


def _pairs(b: Array) -> Array:
    return np.stack([b, 1.0 - b], axis=-1)
