"""All extreme equilibria of a bimatrix game, and how they hang together.

The rows of A and B are the actions of one player, the columns those of the other. In units in which all payoffs against an
action lie in [1, 2] (see `replies`), x and y below are strategies divided by the payoff that they leave the other player:

    P = {x >= 0 : B'x <= 1},    Q = {y >= 0 : A y <= 1}.

A point has the label of an action that it does not play, or to which that action of the other player is a best reply. An
extreme equilibrium is a pair of vertices which together have every label (Mangasarian 1964, Equilibrium points of bimatrix
games, Journal of the Society for Industrial and Applied Mathematics 12, 778-780; Winkels 1979; Avis, Rosenberg, Savani and
von Stengel 2010, Enumeration of Nash equilibria for two-player games, Economic Theory 42, 9-37). All equilibria are the
products of the convex hulls of X and Y, where X times Y is a largest set of such pairs: a maximal Nash subset.

A vertex is the solution of as many equations as it has positive entries: all choices of entries and equations are solved,
by elimination side by side. Where there are too many, small supports are, and complementary pivoting adds to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from math import comb

import numpy as np

from bargaining._types import Array, Bools, Indices
from bargaining.errors import InvalidProblem
from bargaining.numerics.pivoting import lemke_howson, nashpy_ends
from bargaining.numerics.replies import gains, regrets, strategies, undominated

REGRET = 1e-9
"""What a player may gain by deviating from an equilibrium, as a share of what is at stake for it."""

TIGHT, LOOSE = 1e-12, 1e-9
"""Slacks that count as zero, at vertices that are determined well and badly."""

ROUNDING = 1e-14
"""The slack's error where the pivots are of the size of 1."""

SINGULAR = 1e-11
"""Systems with a smaller pivot are singular; if their solution is a vertex, another choice of equations gives it."""

UNSURE = 1e-3
"""Below this pivot, whether further labels are there by a tie or by rounding is not known."""

CELLS = 20_000_000
"""Numbers of systems times actions up to which all are solved: 11 actions each, or 4 against 50."""

PORTION = 400_000
"""Numbers of a batch of systems, so that it stays near the processor."""

PAIRS = 20_000_000
"""Pairs of vertices compared at a time."""

SUBSETS = 10_000
"""The largest number of maximal Nash subsets of a component that are listed."""

STARTS, EFFORT = 64, 3e9
"""Paths of complementary pivoting followed where not all vertices can be compared: fewer beyond 80 actions each."""


@dataclass(frozen=True, eq=False)
class Extremes:
    """Extreme equilibria: distinct strategies `rows` (k, m) and `columns` (l, n), and which `pairs` (p, 2) of them.

    Pure ones come first, then those with few actions; strategies are numbered as they appear.

    `regrets` (p,) are shares of what is at stake. `degenerate` says that in some pair a player has more best replies
    than the other plays actions; `exhaustive` that all vertices were compared. Otherwise those of supports up to `support`
    were, and the ends of `starts` paths of complementary pivoting, of which our own code and nashpy's `lost` some.
    `rejected` counts pairs that had all labels but whose regret was too large, `doubtful` those with a label that rounding
    does not decide: a vertex may then stand for others nearby.
    """

    rows: Array
    columns: Array
    pairs: Indices
    regrets: Array
    degenerate: bool
    exhaustive: bool
    support: int
    rejected: int = 0
    doubtful: int = 0
    starts: int = 0
    lost: tuple[int, int] = (0, 0)


@dataclass(frozen=True, eq=False)
class Vertices:
    """Vertices (k, d) of {z >= 0, C z <= 1}: which entries are zero, (k, d), and which rows are tight, (k, rows).

    `doubtful` (k,) are those whose slacks, being small, do not say which they have of these labels.
    """

    points: Array
    zero: Bools
    tight: Bools
    doubtful: Bools

    def take(self, chosen: Indices | Bools) -> Vertices:
        """Return some of them."""
        return Vertices(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[Vertices]) -> Vertices:
        """Return all of several."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


def extreme_equilibria(A: Array, B: Array) -> Extremes:
    """Return the extreme equilibria of a game, each verified; all of them if the game is small enough.

    Strictly dominated actions are dropped first: so they cost no time, and their payoffs blur no comparison of others.
    """
    rows, columns = undominated(A, B)
    if len(rows) == len(A) and len(columns) == A.shape[1]:
        return _ordered(_enumerated(A, B))
    cells = np.ix_(rows, columns)
    found = _enumerated(A[cells], B[cells])
    x, y = np.zeros((len(found.rows), len(A))), np.zeros((len(found.columns), A.shape[1]))
    x[:, rows], y[:, columns] = found.rows, found.columns
    return _ordered(replace(found, rows=x, columns=y))


def _enumerated(A: Array, B: Array) -> Extremes:
    support = _largest_support(*A.shape)
    x, y = _both_vertices(A, B, support)
    found = _match(A, B, x, y, support)
    return found if found.exhaustive and not suspicious(found) else _with_paths(A, B, x, y, found)


def _ordered(found: Extremes) -> Extremes:
    """Order pairs by the number of actions played, by which these are, and by probabilities; number strategies alike."""

    def rank(number: int) -> tuple[int, list[list[int]], list[float]]:
        x, y = found.rows[found.pairs[number, 0]], found.columns[found.pairs[number, 1]]
        played = [np.flatnonzero(strategy).tolist() for strategy in (x, y)]
        return sum(map(len, played)), played, np.round(-np.concatenate([x, y]), 9).tolist()  # rounding has no say in it

    order = sorted(range(len(found.pairs)), key=rank)
    pairs, sides = found.pairs[order], []
    for k, known in enumerate((found.rows, found.columns)):
        used, first, place = np.unique(pairs[:, k], return_index=True, return_inverse=True)
        by_appearance = np.argsort(first)
        pairs[:, k] = np.argsort(by_appearance)[place]
        sides.append(known[used[by_appearance]])
    return replace(found, rows=sides[0], columns=sides[1], pairs=pairs, regrets=found.regrets[order])


def suspicious(found: Extremes) -> bool:
    """Say whether equilibria may be missing for other reasons than size: rounding, or the count.

    Without degeneracy their number is odd (Wilson 1971).
    """
    count = len(found.pairs)
    return bool(found.rejected or found.doubtful) or count == 0 or (not found.degenerate and count % 2 == 0)


def components(pairs: Indices) -> list[list[int]]:
    """Return the connected components of the graph whose edges are pairs, as sorted lists of the pairs' numbers."""
    first = np.arange(len(pairs))  # the first pair that is known to hang together with each
    while True:
        before = first
        for side in pairs.T:
            least = np.full(np.max(side, initial=0) + 1, len(pairs))
            np.minimum.at(least, side, first)
            first = least[side]
        if np.array_equal(first, before):
            return [np.flatnonzero(first == number).tolist() for number in np.unique(first)]


def maximal_subsets(pairs: Indices) -> list[tuple[list[int], list[int]]]:
    """Return the largest sets X and Y of which all pairs are there: the maximal bicliques of the graph.

    Y is what some strategies x have in common: their sets of partners and all intersections of these, as bits of integers.
    """
    subsets = []
    for component in components(pairs):
        partners: dict[int, int] = {}
        for x, y in pairs[component].tolist():
            partners[x] = partners.get(x, 0) | 1 << y
        closed: set[int] = set()
        for own in partners.values():
            closed |= {own} | {common for known in closed if (common := known & own)}
            if len(closed) > SUBSETS:
                raise InvalidProblem(
                    f"there are more than {SUBSETS:,} maximal Nash subsets; components says which equilibria hang together."
                )
        for common in closed:
            xs = [x for x, own in partners.items() if own & common == common]
            subsets.append((sorted(xs), [y for y in range(common.bit_length()) if common >> y & 1]))
    return sorted(subsets)


def remark(found: Extremes, groups: list[list[int]]) -> str:
    """Say what is known about the list of equilibria, whose connected components are given."""
    count, continua = len(found.pairs), sum(len(group) > 1 for group in groups)
    alone = len(groups) - continua
    if found.degenerate:
        kinds = [_count(alone, "isolated equilibrium", "isolated equilibria")] * (alone > 0)
        kinds += [_count(continua, "continuum", "continua")] * (continua > 0)
        points = f", given by {'its' if continua == 1 else 'their'} extreme points" * (continua > 0)
        parts = [f"degenerate: {' and '.join(kinds)}{points}"]
    elif count % 2:
        parts = [_count(count, "equilibrium", "equilibria")]
    else:
        missing = "an even number in a nondegenerate game, so at least one is missing (Wilson 1971; Harsanyi 1973)"
        parts = [f"{_count(count, 'equilibrium', 'equilibria')}: {missing}"]
    if not found.exhaustive:
        parts = ["may be incomplete: the game is too large for enumeration", *parts]
        parts.append(f"supports of up to {_count(found.support, 'action', 'actions')} were compared")
    if found.starts:
        own, other = (found.starts - lost for lost in found.lost)
        parts.append(f"{own} of {found.starts} paths of Lemke and Howson came to an end (with nashpy: {other})")
    if found.doubtful:
        ties = "ties that rounding does not decide (payoffs differ by next to nothing beside their size)"
        parts = ["may be incomplete", *parts, f"{_count(found.doubtful, 'equilibrium', 'equilibria')} with {ties}"]
    if found.rejected:
        parts.append(f"{_count(found.rejected, 'candidate', 'candidates')} left out for too large a regret")
    return "; ".join(parts if len(parts) > 1 else [*parts, "all vertices were compared"])


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _largest_support(m: int, n: int) -> int:
    """Return the size of supports up to which the systems of all pairs of supports can be solved."""
    cells = 0
    for size in range(2, min(m, n) + 1):
        cells += comb(m, size) * comb(n, size) * (m + n)
        if cells > CELLS:
            return size - 1
    return min(m, n)


def _both_vertices(A: Array, B: Array, support: int) -> tuple[Vertices, Vertices]:
    """Return the vertices of P, and those of Q that do not play what is no best reply to a vertex of P; or vice versa.

    The player with fewer actions comes first: its polytope has few vertices, which leave the other few supports.
    """
    P, Q = 1.0 + gains(B.T)[0], 1.0 + gains(A)[0]
    if len(A) <= len(B.T):
        x = _vertices(P, support, None)
        return x, _vertices(Q, support, x.tight)
    y = _vertices(Q, support, None)
    return _vertices(P, support, y.tight), y


def _vertices(C: Array, support: int, within: Bools | None) -> Vertices:
    """Return vertices of {z >= 0, C z <= 1} other than 0 with supports of some size at most, each inside a set if given."""
    single = np.diag(1.0 / np.max(C, axis=0))  # vertices with one positive entry
    sure = np.zeros(len(single), np.bool_)
    found, quality = [Vertices(single, single == 0.0, single @ C.T >= 1.0 - TIGHT, sure)], [np.ones(len(single))]
    for size in range(2, support + 1):
        for part, pivots in _solved(C, size, within):
            found.append(part)
            quality.append(pivots)
    return _distinct(Vertices.joined(found), np.concatenate(quality))


def _solved(C: Array, size: int, within: Bools | None) -> Iterator[tuple[Vertices, Array]]:
    """Solve for the vertices with supports of one size in batches; return them with their smallest pivots."""
    rows, entries = _subsets(len(C), size), _subsets(C.shape[1], size)
    if within is not None:
        held = np.zeros(len(entries), np.bool_)
        for allowed in np.unique(within, axis=0):
            held |= np.all(allowed[entries], axis=1)
        entries = entries[held]
    total, step = len(rows) * len(entries), max(1, PORTION // (size * (size + 1)))
    for begin in range(0, total, step):
        number = np.arange(begin, min(begin + step, total))
        row, entry = rows[number // len(entries)].T, entries[number % len(entries)].T
        z, pivots = _eliminate(C[row[:, None], entry[None]])
        error = np.clip(ROUNDING / np.maximum(pivots, SINGULAR), TIGHT, LOOSE)
        kept = (pivots > SINGULAR) & np.all(z >= -error, axis=0)
        point = np.zeros((np.count_nonzero(kept), C.shape[1]))
        np.put_along_axis(point, entry[:, kept].T, z[:, kept].T, axis=1)
        error, pivots = error[kept, None], pivots[kept]
        slack = 1.0 - point @ C.T
        fine = np.all(slack >= -error, axis=1)
        point, slack, error, pivots = point[fine], slack[fine], error[fine], pivots[fine]
        zero, tight = point <= error, slack <= error
        unsure = pivots[:, None] < UNSURE
        more = tight & (unsure | (np.abs(slack) > ROUNDING / pivots[:, None]))
        np.put_along_axis(more, row[:, kept].T[fine], False, axis=1)  # its own equations hold
        fewer = zero & (point != 0.0) & (unsure | (np.abs(point) > ROUNDING / pivots[:, None]))
        yield Vertices(point, zero, tight, np.any(more, axis=1) | np.any(fewer, axis=1)), pivots


def _subsets(count: int, size: int) -> Indices:
    return np.array(list(combinations(range(count), size)), dtype=np.intp).reshape(-1, size)


def _eliminate(systems: Array) -> tuple[Array, Array]:
    """Solve systems (s, s, batch) with ones on the right; return solutions (s, batch) and the smallest pivots (batch,)."""
    size, _, batch = systems.shape
    T = np.concatenate([systems, np.ones((size, 1, batch))], axis=1)
    smallest = np.full(batch, np.inf)
    for k in range(size):
        best = k + np.argmax(np.abs(T[k:, k]), axis=0)[None, None]
        row, other = np.take_along_axis(T, best, axis=0)[0], T[k].copy()
        np.put_along_axis(T, best, other[None], axis=0)
        smallest = np.minimum(smallest, np.abs(row[k]))
        T[k] = row / np.where(row[k] == 0.0, 1.0, row[k])
        T[k + 1 :, k + 1 :] -= T[k + 1 :, k, None] * T[k, k + 1 :]
    z = T[:, size]
    for k in range(size - 1, 0, -1):
        z[:k] -= T[:k, k] * z[k]
    return z, smallest


def _distinct(found: Vertices, quality: Array) -> Vertices:
    """Merge equal vertices: those with the same labels; of copies, the best determined is kept.

    No vertex has all the labels of another and more: a point that seems to lack some of them was determined badly.
    """
    order = np.argsort(-quality, kind="stable")
    labels = np.concatenate([found.zero, found.tight], axis=1)[order]
    _, first = np.unique(np.packbits(labels, axis=1), axis=0, return_index=True)
    kept = np.sort(first)
    labels, counts = labels[kept], np.count_nonzero(labels[kept], axis=1)
    rich = np.flatnonzero(counts > found.points.shape[1])
    whole = np.ones(len(kept), np.bool_)
    for number in rich:
        held = np.count_nonzero(labels[:, labels[number]], axis=1)
        whole &= (held < counts) | (counts >= counts[number])
    return found.take(order[kept[whole]])


def _match(A: Array, B: Array, x: Vertices, y: Vertices, support: int) -> Extremes:
    """Return the pairs of vertices that have all labels together, verified."""
    lacking = [~np.concatenate(labels, axis=1) for labels in ((x.zero, x.tight), (y.tight, y.zero))]
    left, right = (labels.astype(np.float32) for labels in lacking)
    step = max(1, PAIRS // max(1, len(right)))
    met = [np.argwhere(left[k : k + step] @ right.T == 0.0) + np.array([k, 0]) for k in range(0, len(left), step)]
    pairs = np.concatenate(met)
    used, numbers = zip(*(np.unique(side, return_inverse=True) for side in pairs.T), strict=True)
    x, y, pairs = x.take(used[0]), y.take(used[1]), np.stack(numbers, axis=1)
    rows, columns = _polished(*gains(B.T), x), _polished(*gains(A), y)
    regret = regrets(A, B, rows[pairs[:, 0]], columns[pairs[:, 1]])
    fine = regret <= REGRET
    pairs = pairs[fine]
    degenerate = any(
        np.any(np.count_nonzero(side.zero, axis=1) + np.count_nonzero(side.tight, axis=1) > side.points.shape[1])
        for side in (x.take(pairs[:, 0]), y.take(pairs[:, 1]))
    )
    doubtful = int(np.count_nonzero(x.doubtful[pairs[:, 0]] | y.doubtful[pairs[:, 1]]))
    exhaustive, rejected = support == min(A.shape), int(np.count_nonzero(~fine))
    return Extremes(rows, columns, pairs, regret[fine], degenerate, exhaustive, support, rejected, doubtful)


def _polished(over: Array, stakes: Array, found: Vertices) -> Array:
    """Return the vertices as strategies, solved again with all equations that hold there if that is more exact."""
    C, points = 1.0 + over, np.where(found.zero, 0.0, found.points)
    for number in np.flatnonzero(_missed(C, points, found.tight) > ROUNDING):
        zero, tight = found.zero[number], found.tight[number]
        z = np.zeros(len(zero))
        z[~zero] = np.maximum(np.linalg.lstsq(C[tight][:, ~zero], np.ones(np.count_nonzero(tight)))[0], 0.0)
        if _missed(C, z, tight) < _missed(C, points[number], tight):
            points[number] = z
    return strategies(points, stakes)


def _missed(C: Array, points: Array, tight: Bools) -> Array:
    """Return by how much points miss the equations that should hold, or the other inequalities."""
    over = points @ C.T - 1.0
    return np.asarray(np.max(np.where(tight, np.abs(over), over), axis=-1))


def _with_paths(A: Array, B: Array, x: Vertices, y: Vertices, found: Extremes) -> Extremes:
    """Add the equilibria at which complementary pivoting ends, by our own pivots and by those of nashpy."""
    P, Q = 1.0 + gains(B.T)[0], 1.0 + gains(A)[0]
    labels = sum(A.shape)
    count = int(np.clip(EFFORT / A.size**2, 2, min(labels, STARTS)))
    starts = (np.arange(count) * labels // count).tolist()  # of both players, evenly
    own, other = [lemke_howson(P, Q, start) for start in starts], nashpy_ends(P, Q, starts)
    ends = [end for end in (*own, *other) if end is not None]
    x, y = _joined(P, x, [end[0] for end in ends]), _joined(Q, y, [end[1] for end in ends])
    lost = (sum(end is None for end in own), sum(end is None for end in other))
    return replace(_match(A, B, x, y, found.support), starts=len(starts), lost=lost)


def _joined(C: Array, known: Vertices, strategies: list[Array]) -> Vertices:
    """Return vertices with those at some strategies among them."""
    points = np.array(strategies).reshape(-1, C.shape[1])
    points = points / np.max(points @ C.T, axis=1, keepdims=True)
    ends = Vertices(points, points <= LOOSE, points @ C.T >= 1.0 - LOOSE, np.zeros(len(points), np.bool_))
    return _distinct(Vertices.joined([known, ends]), np.repeat([1.0, 0.0], [len(known.points), len(points)]))
