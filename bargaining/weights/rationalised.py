"""Weights under which given payoffs are those of the Nash deal.

The Nash deal maximises sum_i a_i log(u_i - d_i). Where the set is convex, efficient payoffs u are its solution exactly for
weights a_i proportional to w_i (u_i - d_i), with w the weights of a line that supports the set at u: one point where the
frontier is smooth, an interval or polytope where it has a corner. Lines come from the multipliers of the deal where issues
have bounds, and from cuts otherwise: a feasible point beyond a line rules out that line and all on its far side, so that on
polygons the two ends are found in as many steps as there are edges between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.errors import InvalidProblem
from bargaining.numerics.cones import AT_BOUND, Polytope, open_directions
from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer, FeasibleSet, Status, flat
from bargaining.sets.issues import IssueSet
from bargaining.sets.pie import Pie
from bargaining.weights.implied import CLOSED, SAME, ImpliedWeights, Reason, identification, log_shortfall

CUTS = 60
NARROW = 1e-6
"""Lines this close are one: cuts approach the line at a smooth point no closer than the root of what rounding leaves."""

ROUGH = 1e-9
"""Share of the ideal gains by which payoffs may be out of reach, or below disagreement, through rounding."""

BACK = 1e-3
"""Share of the ideal gains by which a ray begins before payoffs that are out of reach through rounding."""

STEEP = 1e-4
"""Share by which a slope changes within AT_BOUND of a bound where it has no finite end."""

INWARDS = 1e-3
"""Share of an interval of weights that its ends are moved inwards to be checked."""

SLIGHT = 1e-10
"""The least weight that is tried on alternatives: at none at all, a party's gain may be nothing."""

Line = Callable[[Indices, Array], Array]
"""Of games and weights (games,) of the first party: what the best point there has more, (games, 2), in own measures."""


def rationalise(
    problem: Problem, observed: Mapping[str, tuple[float, float]], payoffs: Array, tolerance: float
) -> ImpliedWeights:
    """Return the weights of payoffs (..., n) of a whole problem: where they lie, and which lines support the set there.

    Raises
    ------
    InvalidProblem
        Of three and more parties whose set has no multipliers to read lines off.
    """
    n, feasible, shape = problem.n, problem.feasible, problem.shape
    if n > 2 and not isinstance(feasible, (IssueSet, Pie)):
        raise InvalidProblem(
            f"weights of {n} parties are read off deals over issues, or pies, and this set is a {type(feasible).__name__}; "
            "describe it by bg.from_issues."
        )
    placed = place(problem, payoffs, tolerance)
    why = _verdict(placed, tolerance, np.any(np.isnan(flat(payoffs, shape)), axis=-1))
    lower, upper, gap = np.full((len(why), n), np.nan), np.full((len(why), n), np.nan), np.full(len(why), np.nan)
    polytopes, solver = {}, placed.status.copy()
    games = np.flatnonzero(why == Reason.NONE)
    if games.size:
        found = weights_of(problem, placed, games)
        gaps, fresh = _gaps(problem, placed, games, found)
        solved = fresh == Status.OK
        least = np.min(np.where(solved, gaps, np.inf), axis=0)
        good = np.all(np.isfinite(found.lower), axis=-1) & (least <= CLOSED)
        lower[games[good]], upper[games[good]] = found.lower[good], found.upper[good]
        gap[games] = np.where(good, np.max(np.where(solved, gaps, -np.inf), axis=0), least)
        why[games[~good]] = Reason.BEATEN
        lost = ~np.any(solved, axis=0)  # without a fresh solve nothing is known to do better
        why[games[lost]], solver[games[lost]], gap[games[lost]] = Reason.FAILED, np.max(fresh[:, lost], axis=0), np.nan
        polytopes = {game: found.polytopes[game] for game in games[good].tolist() if game in found.polytopes}
    with np.errstate(invalid="ignore"):
        why = np.where((why == Reason.NONE) & np.any(upper - lower > SAME, axis=-1), Reason.OPEN, why).astype(np.int8)
    distance = np.where(why == Reason.BELOW, placed.below, np.abs(placed.short))
    distance = np.where(np.isin(why, (Reason.INSIDE, Reason.BELOW, Reason.OUT_OF_REACH)), distance, 0.0)
    distance[np.isin(why, (Reason.FAILED, Reason.BROKEN))] = np.nan
    return ImpliedWeights(
        problem, observed, payoffs, tolerance, lower.reshape(*shape, n), upper.reshape(*shape, n),
        identification(why).reshape(shape), why.reshape(shape), distance.reshape(shape), gap.reshape(shape),
        solver.reshape(shape), slack=placed.slack.reshape(*shape, n), polytopes=polytopes,
    )  # fmt: skip


def _verdict(placed: Placed, tolerance: float, broken: Bools) -> Codes:
    """Say of payoffs why no weights rationalise them; NONE where they are efficient and as good as disagreement."""
    with np.errstate(invalid="ignore"):
        why = np.where(placed.short > tolerance, Reason.INSIDE, Reason.NONE)
        why = np.where(placed.short < -max(tolerance, ROUGH), Reason.OUT_OF_REACH, why)
        why = np.where(placed.below > max(tolerance, ROUGH), Reason.BELOW, why)
    why = np.where(placed.status != Status.OK, Reason.FAILED, why)
    return np.where(broken & np.isin(placed.status, (Status.OK, Status.NOT_FINITE)), Reason.BROKEN, why).astype(np.int8)


def _gaps(problem: Problem, placed: Placed, games: Indices, found: Weights) -> tuple[Array, Codes]:
    """Return by how much fresh solves at the weights found beat the deals, in weighted sums of log gains, and their status.

    Both are (3, games).
    """
    ends = [found.inner] * 3
    if problem.n == 2:
        low, mean, high = found.lower[:, 0], found.inner[:, 0], found.upper[:, 0]
        step = INWARDS * (high - low)  # at no weight at all a party may have less, however small a weight gives it more
        ends = [np.stack([a, 1.0 - a], axis=-1) for a in (low + step, mean, high - step)]
    asked = np.ones((3, placed.status.size, problem.n))
    for k, weights in enumerate(ends):
        asked[k, games] = np.where(np.isfinite(weights), np.maximum(weights, 0.0), 1.0)
    best = problem.feasible.nash(problem.disagreement, asked.reshape(3, *problem.shape, problem.n))
    u, origin = best.utilities.reshape(3, -1, problem.n)[:, games], flat(problem.disagreement, problem.shape)[games]
    gaps = log_shortfall(asked[:, games], u, origin + placed.gains[games], origin)
    return gaps, np.broadcast_to(best.status, (3, *problem.shape)).reshape(3, -1)[:, games]


@dataclass(frozen=True)
class Placed:
    """Where payoffs (games, n) lie, in shares of the ideal gains.

    `short` (games,) is what all parties could have on top at once, negative where the payoffs are out of reach, and `slack`
    (games, n) what each could have alone, in units of its utility; `below` is the most by which a party has less than
    disagreement. `deal` is the efficient deal behind the payoffs, and `gains` (games, n) what it gives; `loose` (games, n)
    says which parties have more there than in the point where all have equal shares on top: they could take it from nobody.
    """

    short: Array
    slack: Array
    below: Array
    deal: Answer
    gains: Array
    loose: Bools
    ideal: Array
    status: Codes


def place(problem: Problem, utilities: Array, tolerance: float) -> Placed:
    """Measure payoffs (..., n) against disagreement and the frontier, in every game."""
    n, feasible = problem.n, problem.feasible
    lead = problem.shape
    ideal = problem.gains(problem.ideal)
    best = np.max(problem.best.status, axis=0)
    none = (best == Status.OK) & ~np.all(ideal > feasible.least_gain(), axis=-1)
    status = np.where(none, np.int8(Status.NO_AGREEMENT), best)
    fine = (status == Status.OK)[..., None] & np.all(np.isfinite(utilities), axis=-1, keepdims=True)
    way = np.where(fine, ideal, 1.0)
    u = np.where(fine, utilities, np.where(np.isfinite(problem.disagreement), problem.disagreement, 0.0))
    ahead = feasible.reach(u, way)
    lost = fine & (ahead.status == Status.NO_AGREEMENT)[..., None]
    if np.any(lost):  # beside infinite slopes rounding takes payoffs out of reach: the ray is the same from further back
        ahead = feasible.reach(np.where(lost, u - BACK * way, u), way)
    alone = feasible.reach(u, problem.lift(np.eye(n)))
    more = np.stack([alone.utilities[i, ..., i] for i in range(n)], axis=-1) - u
    with np.errstate(invalid="ignore"):
        short = np.min((ahead.utilities - u) / way, axis=-1)
        below = np.max((problem.disagreement - u) / way, axis=-1)
        loose = (ahead.utilities - u) / way - short[..., None] > max(tolerance, NARROW)
    bad = (status == Status.OK) & (ahead.status != Status.OK)
    status = np.where(bad, ahead.status, status)
    status = np.where((status == Status.OK) & ~fine[..., 0], np.int8(Status.NOT_FINITE), status).astype(np.int8)
    rows = int(np.prod(lead, dtype=int))
    return Placed(
        short.reshape(rows), more.reshape(rows, n), below.reshape(rows), ahead, flat(problem.gains(ahead.utilities), lead),
        loose.reshape(rows, n), flat(way, lead), status.reshape(rows),
    )  # fmt: skip


@dataclass(frozen=True)
class Weights:
    """Bargaining weights of some games: their least and largest values (games, n), one of them, and polytopes by game."""

    lower: Array
    upper: Array
    inner: Array
    polytopes: dict[int, Polytope]


def weights_of(problem: Problem, placed: Placed, games: Indices) -> Weights:
    """Return the weights under which the deals at the frontier are the Nash deals of these games."""
    gains = np.maximum(placed.gains[games], 0.0)
    normal = np.maximum(flat(placed.deal.normal, problem.shape)[games], 0.0)
    point = normal * gains
    point = point / np.sum(point, axis=-1, keepdims=True)
    if isinstance(problem.feasible, IssueSet):
        return _by_multipliers(problem, problem.feasible, placed, games, point)
    if problem.n > 2:
        return Weights(point, point, point, {})
    return _by_cuts(problem, placed, games, point)


def _by_multipliers(problem: Problem, feasible: IssueSet, placed: Placed, games: Indices, point: Array) -> Weights:
    terms = {name: value.reshape(-1)[games] for name, value in placed.deal.terms.items()}
    x, values, slopes = feasible.take(problem.shape, games).slopes(terms)
    n = problem.n
    unit = flat(np.broadcast_to(feasible.spread(), (*problem.shape, n)), problem.shape)[games]
    gains = np.maximum(placed.gains[games], 0.0) / unit
    at_low, at_high = x <= AT_BOUND, x >= 1.0 - AT_BOUND
    active = np.concatenate([np.ones((len(games), n), np.bool_), values[:, n:] <= AT_BOUND], axis=1)
    slopes = _slopes_beside(feasible.take(problem.shape, games), x, slopes)
    lower, upper, inner, polytopes = point.copy(), point.copy(), point.copy(), {}
    for row in np.flatnonzero(open_directions(slopes, active, ~(at_low | at_high)) > 1):  # corners: one program each
        found = Polytope.of(slopes[row, active[row]], gains[row], at_low[row], at_high[row])
        ends = None if found is None else found.bounds()
        if found is not None and ends is not None:
            lower[row], upper[row], inner[row] = ends
            polytopes[int(games[row])] = found
    return Weights(lower, upper, inner, polytopes)


def _slopes_beside(feasible: IssueSet, x: Array, slopes: Array) -> Array:
    """Return slopes at deals `x` (games, k) of the unit box, of those that end in an infinite one just inside the bound.

    A deal at a bound is one within AT_BOUND of it, which is what the slope there decides.
    """
    inside = np.clip(x, AT_BOUND, 1.0 - AT_BOUND)
    terms = {i.name: i.low + (i.high - i.low) * inside[:, j] for j, i in enumerate(feasible.issues)}
    beside = feasible.slopes(terms)[2]
    smooth = np.abs(beside - slopes) <= STEEP * np.maximum(np.abs(beside), 1.0)  # others move by AT_BOUND's share
    return np.where(smooth, slopes, beside)


def _by_cuts(problem: Problem, placed: Placed, games: Indices, point: Array) -> Weights:
    """Return the weights of two parties between two lines, or two lists of weights on sets with dents."""
    feasible, rows = problem.feasible, len(games)
    u = flat(placed.deal.utilities, problem.shape)[games]
    origin = flat(problem.disagreement, problem.shape)[games]
    ideal, gains = placed.ideal[games], placed.gains[games]
    whole = (games, placed.status.size)

    def beyond_line(pick: Indices, a: Array) -> Array:
        w = np.stack([a, 1.0 - a], axis=-1) / ideal[pick]
        return (_asked(problem, whole, pick, w, log=False) - u[pick]) / ideal[pick]

    def better_deal(pick: Indices, a: Array) -> Array:
        w = np.stack([a, 1.0 - a], axis=-1)
        best = _asked(problem, whole, pick, w, log=True)
        with np.errstate(all="ignore"):
            return np.log((best - origin[pick]) / gains[pick])

    dented = feasible.convex is False
    least = flat(np.broadcast_to(feasible.least_gain(), (*problem.shape, 2)), problem.shape)[games]
    blur = 4.0 * np.max(least / ideal, axis=1)
    low, high = _cut(better_deal if dented else beyond_line, blur)
    low, high = np.where(low <= SLIGHT, 0.0, low), np.where(high >= 1.0 - SLIGHT, 1.0, high)
    weightless = placed.loose[games]  # who could have more at nobody's expense
    if dented:
        weightless = weightless | (gains <= least)  # or gains nothing
        ends = np.where(low <= high, np.stack([low, high]), np.nan).T
        smooth = np.zeros(rows, np.bool_)
    else:
        lines = np.stack([np.stack([a, 1.0 - a], axis=-1) for a in (low, high)], axis=-2)  # (games, 2 lines, party)
        shares = lines * (np.maximum(gains, 0.0) / ideal)[:, None, :]
        ends = shares[..., 0] / np.sum(shares, axis=-1)
        smooth = high - low <= np.maximum(NARROW, 20.0 * np.sqrt(blur))
    ends = np.where(smooth[:, None], point[:, :1], ends)
    ends = np.where(weightless[:, :1], 0.0, np.where(weightless[:, 1:], 1.0, ends))
    lower = np.stack([ends[:, 0], 1.0 - ends[:, 1]], axis=-1)
    upper = np.stack([ends[:, 1], 1.0 - ends[:, 0]], axis=-1)
    return Weights(lower, upper, 0.5 * (lower + upper), {})


def _asked(
    problem: Problem, whole: tuple[Indices, int], pick: Indices, weights: Array, *, log: bool
) -> Array:  # fmt: skip
    """Return the points above disagreement with the largest weighted sum of utilities, or of log gains, of picked games."""
    games, count = whole
    table = np.ones((count, 2))
    table[games[pick]] = weights
    table = table.reshape(*problem.shape, 2)
    feasible: FeasibleSet = problem.feasible
    d = problem.disagreement
    found = feasible.nash(d, table) if log else feasible.support(table, floor=d)
    return flat(found.utilities, problem.shape)[games[pick]]


def _cut(beyond: Line, blur: Array) -> tuple[Array, Array]:
    """Return the least and the largest weight of the first party at which no point is beyond; NaN if there is none.

    The weighted sum of a point's excesses must not be positive, up to `blur` (games,), which rules out all weights on one
    side of where it is zero.
    """
    rows = len(blur)
    ends = np.full(rows, SLIGHT), np.full(rows, 1.0 - SLIGHT)
    for side in (0, 1):
        end, open_ = ends[side], np.arange(rows)
        for _ in range(CUTS):
            if not open_.size:
                break
            excess = beyond(open_, end[open_])
            level = end[open_] * excess[:, 0] + (1.0 - end[open_]) * excess[:, 1]
            over = ~(level <= blur[open_])
            open_, excess = open_[over], excess[over]
            way = excess[:, 1] - excess[:, 0]
            with np.errstate(all="ignore"):
                new = excess[:, 1] / way
                inwards = (way > 0) & (new >= end[open_]) if side == 0 else (way < 0) & (new <= end[open_])
            end[open_] = np.where(inwards, new, np.nan)  # else the point rules out the weights on the other side too
            open_ = open_[inwards]
    return ends
