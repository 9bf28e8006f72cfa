"""The frontier of two parties as a chain of parabolic arcs, for the concepts that measure areas or lengths along it.

Supporting lines at two points of the frontier of a convex set meet in a point T; between them the frontier runs inside the
triangle. The parabola that touches both lines at these points (a quadratic Bezier curve with control point T) follows a
smooth frontier with an error of the fourth order, and its area, moments and length have simple forms. An arc is split where
the ray from disagreement through T leaves the set, until that changes what is measured by nothing; where T itself is
feasible, the frontier has a corner there, so that polygons come out exactly. The triangles bound what is left. Measured in
fractions of ideal gains, a convex frontier is never nearly parallel to such a ray, so that these points are always well
determined. Where a solver finds them, what falls by less than its accuracy counts as level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.numerics.roots import decreasing_root
from bargaining.problems.problem import Problem
from bargaining.rays import prospects, require_convex, require_two
from bargaining.sets.base import Status, flat, flat_numbers

ROUNDS = 60
SETTLED = 1e-12  # of the whole: an arc whose split changes what is measured by less needs no further one
ALIKE = 1e-4  # of its chord: by so much its parabola may miss the point at which it was split
SOLVER = 1e-11  # of the parties' ranges: sets that can tell less from nothing have closed forms
STRAIGHT = 2e-13  # of the parties' ranges: what rises less above a chord is rounding
EXACT = 1e-15  # the same on sets in closed form
ROUNDING = 4 * float(np.finfo(float).eps)  # of the ideal gains
LEVEL = 1e-9  # a frontier with such a slope, or its inverse, over no more than the solver's accuracy is level, or upright
NEGLIGIBLE = 1e-14  # of the area under the ideal point, and of the length of the frontier
ACCEPT = 1e-8  # a larger error in area or length is reported as not converged
DENT = 1e-8  # by so much of its length a ray may miss the middle of a chord

Measure = Callable[[Array, Array, Array], Array]
"""Of arcs, (..., 2) each: their start, and the ways from there to the control point and on to the end."""


@dataclass(frozen=True)
class Arcs:
    """The frontier of every game, from where the first party has nothing to where the second has nothing.

    Gains are fractions of ideal gains. Arc k of a game starts at `start` (games, k, 2) and goes `first` (games, k, 2) to
    its control point and `second` from there to its end; shorter chains are filled up with arcs without length. `error` and
    `status` (games,) say what is known of each chain.
    """

    start: Array
    first: Array
    second: Array
    error: Array
    status: Codes

    def halved(self, measure: Measure) -> Array:
        """Return the points, (games, 2), that halve a measure which adds up along the chain.

        A chain without length has one efficient point, its corner (1, 1).
        """
        sizes = measure(self.start, self.first, self.second)
        total = np.cumsum(sizes, axis=-1)
        half = 0.5 * total[:, -1]
        games = np.arange(len(half))
        arc = np.minimum(np.sum(total < half[:, None], axis=-1), sizes.shape[1] - 1)
        rest = half - (total - sizes)[games, arc]
        start, first, second = (value[games, arc] for value in (self.start, self.first, self.second))

        def missing(t: Array, which: Array) -> Array:
            at = which.astype(np.intp)
            return np.asarray(rest[at] - measure(start[at], *part(first[at], second[at], t)))

        t = decreasing_root(missing, np.zeros(len(half)), np.ones(len(half)), games)
        ways = part(first, second, t)
        return np.where(half[:, None] > 0.0, start + ways[0] + ways[1], 1.0)


def part(first: Array, second: Array, t: Array) -> tuple[Array, Array]:
    """Return the ways of the piece of an arc from its start to the parameter t (de Casteljau)."""
    t = t[..., None]
    return t * first, t * ((1.0 - t) * first + t * second)


def arcs(problem: Problem, measure: Measure, what: str) -> Arcs:
    """Follow the frontier of two parties, in every game, until splitting an arc changes what is measured by nothing.

    Raises
    ------
    InvalidProblem, NotConvex
        For other than two parties, and for sets known not to be convex. Dents that are only seen on the way give a status.
    """
    require_two(problem, what)
    require_convex(problem, what)
    status = prospects(problem).ravel()
    known = status == Status.OK
    chain = _Chain(problem, known, measure)
    open_ = np.ones(len(chain.game), np.bool_)
    for _ in range(ROUNDS):
        if not np.any(open_):
            break
        open_ = chain.split(open_)
    error = chain.errors(open_)
    failed = chain.failed | (error > ACCEPT)
    status = np.where(known & failed, np.int8(Status.NOT_CONVERGED), status)
    if problem.feasible.convex is None:
        status = np.where((status == Status.OK) & chain.dented(), np.int8(Status.NOT_CONVEX), status)
    return Arcs(*chain.padded(), error, status)


class _Chain:
    """Arcs of all games in one list, from p to q with the normals of the lines there; `game` says whose they are."""

    def __init__(self, problem: Problem, known: Bools, measure: Measure) -> None:
        self.problem, self.count, self.measure = problem, len(known), measure
        gains = flat(problem.gains(problem.ideal), problem.shape)
        self.unit = np.where(known[:, None], gains, 1.0)
        self.floor = np.where(known[:, None], flat(problem.disagreement, problem.shape), 0.0)
        exact = np.all(problem.feasible.least_gain() < SOLVER * problem.feasible.spread(), axis=-1)
        digits = np.where(flat_numbers(exact, problem.shape), EXACT, STRAIGHT)
        self.noise = digits * np.max(flat(problem.feasible.spread(), problem.shape) / self.unit, axis=1)
        self.accuracy = 5.0 * self.noise
        self.level = np.where(flat_numbers(exact, problem.shape), 1.0, 10.0) * self.accuracy
        self.failed = np.zeros(self.count, np.bool_)
        self.changed = np.zeros(self.count)  # by how much the last splits changed what is measured, added up
        self.game = np.flatnonzero(known)
        self.p, self.q = (np.tile(end, (self.game.size, 1)) for end in ([0.0, 1.0], [1.0, 0.0]))
        lines = [flat(problem.best.pick(i).normal, problem.shape)[self.game] * self.unit[self.game] for i in (1, 0)]
        self.p_line, self.q_line = lines

    def _reach(self, ways: Array, games: Indices) -> tuple[Array, Array, Array]:
        """Return how far rays from disagreement, one an arc, stay inside in steps of `ways`, with deals and normals."""
        order = np.argsort(games, kind="stable")
        counts = np.bincount(games, minlength=self.count)
        rank = np.empty(len(games), np.intp)
        rank[order] = np.arange(len(games)) - np.repeat(np.cumsum(counts) - counts, counts)
        table = np.ones((int(counts.max(initial=1)), self.count, 2))
        table[rank, games] = ways * self.unit[games]
        shape = self.problem.shape
        found = self.problem.feasible.reach(self.floor.reshape(*shape, 2), table.reshape(len(table), *shape, 2))
        rows = rank * self.count + games
        gains = (found.utilities.reshape(-1, 2)[rows] - self.floor[games]) / self.unit[games]
        self.failed[games[found.status.ravel()[rows] != Status.OK]] = True
        with np.errstate(all="ignore"):
            t = np.min(np.where(ways > 0, gains / ways, np.inf), axis=1)
        return np.where(np.isfinite(t), t, 0.0), gains, found.normal.reshape(-1, 2)[rows] * self.unit[games]

    def ways(self) -> tuple[Array, Array]:
        """Return the ways to the control points and on to the ends."""
        return _ways(self.p, self.q, self.p_line, self.q_line)

    def split(self, open_: Bools) -> Bools:
        """Split the open arcs on the rays through their control points; return which of the new list stay open."""
        rows = np.flatnonzero(open_)
        games, p, chord = self.game[rows], self.p[rows], (self.q - self.p)[rows]
        first, second = (way[rows] for way in self.ways())
        span = np.linalg.norm(chord, axis=1)
        height = np.abs(_cross(first, chord)) / np.where(span > 0, span, 1.0)
        level = ~(height > self.noise[games])  # both lines run along the chord
        control = p + first
        t, deal, normal = self._reach(control, games)
        middle = t[:, None] * control
        near = np.all((deal >= np.minimum(p, p + chord)) & (deal <= np.maximum(p, p + chord)), axis=1)
        middle = np.where(near[:, None], deal, middle)  # on the frontier to the last digit, the ray's point a bit below it
        rise = _cross(chord, middle - p) / np.where(span > 0, span, 1.0)
        short = 1.0 - t
        corner = ~level & (short <= self.noise[games])
        straight = level | ~corner & ~(rise > self.noise[games])
        lines = [np.where(corner[:, None], own[rows], normal) for own in (self.p_line, self.q_line)]
        middle = np.where(corner[:, None], control, middle)
        halves = _ways(p, middle, self.p_line[rows], lines[0]), _ways(middle, p + chord, lines[1], self.q_line[rows])
        change = self.measure(p, first, second) - self.measure(p, *halves[0]) - self.measure(middle, *halves[1])
        change = np.max(np.abs(change).reshape(len(rows), -1), axis=1)
        near = np.abs(_on_ray(p, first, second, middle) - 1.0) <= ALIKE * span
        done = ~straight & ~corner & ((change <= SETTLED) & near | (_doubt(first, second) <= NEGLIGIBLE))
        np.add.at(self.changed, games[done], change[done])
        np.add.at(self.changed, games[straight], self._blurred(games, p, chord)[straight])
        along = np.stack([-chord[:, 1], chord[:, 0]], axis=1)
        self.p_line[rows[straight]] = self.q_line[rows[straight]] = along[straight]
        kept, cut = np.concatenate([np.flatnonzero(~open_), rows[straight]]), rows[~straight]
        self._cut(kept, cut, middle[~straight], lines[0][~straight], lines[1][~straight])
        again = ~(done | corner)[~straight]
        return np.concatenate([np.zeros(len(kept), np.bool_), again, again])

    def _blurred(self, games: Indices, p: Array, chord: Array) -> Array:
        """Return by how much the solver's error in its ends may change what is measured of an arc that looks straight."""
        blur = np.where(self._is_level(games, chord), 0.0, self.accuracy[games])
        ways = 0.5 * chord, 0.5 * (chord + blur[:, None] * [1.0, -1.0])
        change = self.measure(p, ways[0], ways[0]) - self.measure(p, ways[1], ways[1])
        return np.asarray(np.max(np.abs(change).reshape(len(p), -1), axis=1))

    def _is_level(self, games: Indices, chord: Array) -> Bools:
        """Say which arcs are level, or upright, as far as can be told: long in one direction, of no length in the other."""
        least, most = np.min(np.abs(chord), axis=1), np.max(np.abs(chord), axis=1)
        return np.asarray((least <= self.level[games]) & (least <= LEVEL * most))

    def _cut(self, kept: Indices, cut: Indices, middle: Array, before: Array, after: Array) -> None:
        """Put two arcs in the place of each cut one, with the normals of the lines before and after the middle."""
        self.game = np.concatenate([self.game[kept], self.game[cut], self.game[cut]])
        self.p_line = np.concatenate([self.p_line[kept], self.p_line[cut], after])
        self.q_line = np.concatenate([self.q_line[kept], before, self.q_line[cut]])
        self.p = np.concatenate([self.p[kept], self.p[cut], middle])
        self.q = np.concatenate([self.q[kept], middle, self.q[cut]])

    def errors(self, open_: Bools) -> Array:
        """Return a bound, or the estimate where the parabolas fit, of the error in area and length of every chain."""
        total = self.changed.copy()
        np.add.at(total, self.game[open_], _doubt(*(way[open_] for way in self.ways())))
        return total

    def dented(self) -> Bools:
        """Say in which games the middle of some chord is infeasible."""
        middle = 0.5 * (self.p + self.q)
        t = self._reach(middle, self.game)[0]
        return np.bincount(self.game[t < 1.0 - DENT], minlength=self.count) > 0

    def padded(self) -> tuple[Array, Array, Array]:
        """Return starts and ways in order, (games, k, 2) each; chains end with arcs without length where others go on."""
        order = np.lexsort((-self.p[:, 1], self.p[:, 0], self.game))
        counts = np.bincount(self.game, minlength=self.count)
        column = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        level = self._is_level(self.game, self.q - self.p)[:, None]
        first, second = self.ways()
        small = np.abs(first + second) <= np.min(np.abs(first + second), axis=1, keepdims=True)
        first, second = (np.where(level & small, 0.0, way) for way in (first, second))
        tables = []
        for values, rest in zip((self.p, first, second), ([1.0, 0.0], [0.0, 0.0], [0.0, 0.0]), strict=True):
            table = np.tile(np.array(rest), (self.count, int(counts.max(initial=1)), 1))
            table[self.game[order], column] = values[order]
            tables.append(table)
        return tables[0], tables[1], tables[2]


def _ways(p: Array, q: Array, p_line: Array, q_line: Array) -> tuple[Array, Array]:
    """Return the ways from p to where the lines meet, and on to q; half-way each where they do not meet between."""
    chord, det = q - p, _cross(p_line, q_line)
    with np.errstate(all="ignore"):  # the line through p is crossed by that through q
        first = (np.sum(q_line * chord, axis=1) / det)[:, None] * np.stack([-p_line[:, 1], p_line[:, 0]], axis=1)
    meet = np.all(np.isfinite(first), axis=1) & (np.abs(det) > 0)
    first = np.where(meet[:, None], first, 0.5 * chord)
    first = np.clip(first, np.minimum(chord, 0.0), np.maximum(chord, 0.0))
    return first, chord - first


def _on_ray(start: Array, first: Array, second: Array, way: Array) -> Array:
    """Return how far along a ray from the origin it meets an arc that starts at one side of it and ends at the other."""
    c, b, a = _cross(way, start), 2.0 * _cross(way, first), _cross(way, second - first)
    with np.errstate(all="ignore"):
        root = np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0))
        t = np.clip(np.nan_to_num(2.0 * c / (-b + np.where(c > 0, root, -root))), 0.0, 1.0)
    ways = part(first, second, t)
    return np.asarray(np.sum((start + ways[0] + ways[1]) * way, axis=-1) / np.sum(way * way, axis=-1))


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _doubt(first: Array, second: Array) -> Array:
    """Return how far area and length between a chord and the lines through its ends can be apart."""
    area = 0.5 * np.abs(_cross(first, second))
    return np.asarray(np.maximum(area, _root(first + second) - _root(first) - _root(second)))


def _root(way: Array) -> Array:
    return np.asarray(np.sqrt(np.abs(way[..., 0] * way[..., 1])))


# -- measures --------------------------------------------------------------------------------------------------------


def sector(start: Array, first: Array, second: Array) -> Array:
    """Return the area between an arc and the lines from its ends to disagreement."""
    control, end = start + first, start + first + second
    return np.asarray(-(_cross(start, control) + _cross(control, end) + 0.5 * _cross(start, end)) / 3.0)


_GAUSS = [0.5 - np.sqrt(0.15), 0.5, 0.5 + np.sqrt(0.15)], [5 / 18, 4 / 9, 5 / 18]


def moment(start: Array, first: Array, second: Array) -> Array:
    """Return the integral of position, (..., 2), over the sector of an arc: a polynomial, exact in three points."""
    total = np.zeros(start.shape)
    for t, weight in zip(*_GAUSS, strict=True):
        point = start + (2 * t - t * t) * first + t * t * second
        speed = 2.0 * ((1.0 - t) * first + t * second)
        total -= weight / 3.0 * point * _cross(point, speed)[..., None]
    return total


_NODES = np.pi * np.sinh(np.arange(-25, 26) / 8.0)
_LATE = 1.0 / (1.0 + np.exp(-_NODES))
_EARLY = 1.0 / (1.0 + np.exp(_NODES))
_WEIGHTS = np.pi / 8.0 * np.cosh(np.arange(-25, 26) / 8.0) * _LATE * _EARLY


def length(start: Array, first: Array, second: Array) -> Array:
    """Return the integral of sqrt(-du_1 du_2) along an arc.

    By tanh-sinh quadrature (Takahasi and Mori 1974, Publications of RIMS 9, 721-741), for which it does not matter that an
    end may be level or steep; exactly on straight arcs.
    """
    one, two = np.abs(first), np.abs(second)
    speed = [one[..., None, i] * _EARLY + two[..., None, i] * _LATE for i in (0, 1)]
    curved = np.sum(2.0 * np.sqrt(speed[0] * speed[1]) * _WEIGHTS, axis=-1)
    straight = np.abs(_cross(one, two)) <= 1e-15 * np.abs(one[..., 0] * two[..., 1])
    whole = _root(first + second)
    level = np.min(np.abs(first + second), axis=-1) <= ROUNDING  # what rounding makes of no length at all
    return np.where(level, 0.0, np.where(straight, whole, curved))
