"""Bounds on the payoffs of all subgame perfect equilibria of two parties' talks, which may prove that there is one.

Order values by what is better for the first party and worse for the second. The more of them talks are worth in all states
from tomorrow on, the more they are worth today: one round, Phi, keeps this order. So the highest payoffs of any subgame
perfect equilibrium are at most the largest fixed point of Phi, the lowest at least the smallest one (the argument of Shaked
and Sutton 1984, Econometrica 52, 1351-1364), and where the two are equal the equilibrium is the only one.

Each is approached from outside. Seen from the end at which one party does best, its own proposals are replaced by the
tangents of the frontier there, which promise it more than the frontier does, and the other's choices between offering,
waiting and opting out are held fixed; the other's proposals are kept as they are. On convex sets such a round is convex in
values, so that Newton's method finds its fixed point from below, and that is the next end: the policy iteration of Hoffman
and Karp (1966), On nonterminating stochastic games, Management Science 12, 359-370, for payoffs that cannot be transferred.
Where a set is not convex, or a step does not help, an end is replaced by what a round makes of it.

Where all that talks can lead to lies in one convex set, no pair of payoffs that waiting can be worth is beyond its
frontier: agreement is sure, which a pair made of one party's highest and the other's highest would not show.
"""

from __future__ import annotations

import numpy as np

from bargaining._types import Array, Bools, Indices
from bargaining.problems.problem import Problem
from bargaining.rounds import Play, Rounds
from bargaining.sets.base import LEAST_GAIN, Status

STEPS, INNER, IDLE = 300, 60, 12
"""Steps of the ends, and Newton steps in each, at most; how many may pass without ends that are closer by a tenth."""

EXACT = 4 * float(np.finfo(float).eps)
"""Share of a range that is rounding."""

CROSSED = 1e-9
"""Share of a range by which ends may pass each other by rounding."""

ORDER = np.array([1.0, -1.0])
"""What is better for the first party and worse for the second counts as higher."""


def enclosed(rounds: Rounds) -> tuple[Array, Array]:
    """Return the lowest and the highest, (..., rounds, n), that each party has in any subgame perfect equilibrium.

    They are bounds, met by equilibria where they are equal.
    """
    p, count = rounds.problem, len(rounds.problem.rounds)
    low, high = (np.full((*p.shape, len(p.names), p.n), np.nan) for _ in range(2))
    low[..., count:, :] = high[..., count:, :] = p.payoffs
    sure = _sure(rounds)
    orderly = _orderly(rounds, sure)
    for group in p.circles:
        _box(rounds, low, high, group)
        if p.turns(group):
            _tighten(rounds, low, high, group, orderly, sure)
        else:
            _replace(rounds, low, high, group, orderly, sure)
    room = (rounding(rounds)[..., None] * rounds.unit)[..., None, :]
    return np.minimum(low, high)[..., :count, :] - room, np.maximum(low, high)[..., :count, :] + room


def rounding(rounds: Rounds) -> Array:
    """Return by how much bounds may be wrong in rounding, (...), as a share of ranges: more where rounds lose less."""
    lost = 1.0 - np.max(np.where(rounds.problem.circling[..., None], rounds.kept, 0.0), axis=(-2, -1))
    return np.asarray(EXACT * (1.0 + 2.0 / np.where(lost > 0, lost, EXACT)))


def _orderly(rounds: Rounds, sure: Bools) -> Bools:
    """Say in which games a round keeps the order: where nobody can opt out, or agreement is sure.

    Elsewhere waiting may be worth more than all deals of a state, and a party that opts out, because waiting has become
    worth less to it, leaves the other worse off, too.
    """
    p = rounds.problem
    return np.asarray((p.status == Status.OK) & (sure | ~np.any(np.isfinite(p.outside_options), axis=(-2, -1))))


def _sure(rounds: Rounds) -> Bools:
    """Say in which games all that talks can lead to lies in one convex set, so that agreement in it is never postponed.

    With o what waiting for ever is worth, a refusal is worth c = o + k (V - o). That is in the set with o and V if both
    parties lose the same share 1 - k; if they do not, it is where V is at least o for both, which holds if o is no more
    than anything that a party which always refuses can be left with.
    """
    p = rounds.problem
    deals = [state.deals for state in p.rounds if state.deals is not None]
    found = np.full(p.shape, all(other.feasible is deals[0].feasible for other in deals) and bool(deals[0].feasible.convex))
    if not np.any(found):
        return found
    lost = 1.0 - rounds.kept
    waiting = np.where(lost > 0, rounds.base / np.where(lost > 0, lost, 1.0), p.inside)
    for table in (waiting, p.outside_options, p.payoffs):
        for k in range(table.shape[-2]):
            found = found & _within(deals[0], table[..., k, :])
    left = [waiting, p.payoffs, np.where(np.isfinite(p.outside_options), p.outside_options, np.inf)]
    least = np.min(np.concatenate(left, axis=-2), axis=-2, keepdims=True)
    unit = rounds.unit[..., None, :]
    with np.errstate(invalid="ignore"):
        low = np.all(waiting <= least + EXACT * (unit + np.abs(least)), axis=-1)
        even = np.abs(rounds.kept[..., 0] - rounds.kept[..., 1]) <= EXACT * lost[..., 0]
    return np.asarray(found & np.all(low | even, axis=-1))


def _within(deals: Problem, point: Array) -> Bools:
    """Say in which games payoffs, (..., n), are not beyond all deals; minus infinity, which nobody can have, is not."""
    some = np.all(np.isfinite(point), axis=-1)
    unit = deals.feasible.spread()
    asked = np.where(some[..., None], point, deals.disagreement)
    deal = deals.feasible.reach(asked, unit)
    with np.errstate(invalid="ignore"):
        room = np.min((deal.utilities - asked) / unit, axis=-1)
    return np.asarray(~some | (room >= -LEAST_GAIN))


def _corners(low: Array, high: Array) -> tuple[Array, Array]:
    """Return the lower and the upper end of the order: the first party's low with the second's high, and the reverse."""
    first = ORDER > 0
    return np.where(first, low, high), np.where(first, high, low)


def _box(rounds: Rounds, low: Array, high: Array, group: Indices) -> None:
    """Fill in what no payoff of a group of rounds can lie beyond: all that talks in and after them can end in."""
    p = rounds.problem
    ahead = np.any(p.transitions[..., group, :] > 0, axis=tuple(range(p.transitions.ndim - 1)))
    ahead[group] = False
    options = p.outside_options[..., group, :]
    ends = [p.inside[..., group, :], p.breakdown_payoffs[..., group, :]]
    best = [np.max(end, axis=-2) for end in (*ends, options)]
    worst = [np.min(end, axis=-2) for end in (*ends, np.where(np.isfinite(options), options, np.inf))]
    if np.any(ahead):
        best.append(np.max(high[..., ahead, :], axis=-2))
        worst.append(np.min(low[..., ahead, :], axis=-2))
    for k in group:
        deals = p.rounds[k].deals
        if deals is not None:
            ideal = deals.feasible.support(np.eye(p.n).reshape(p.n, *(1 for _ in deals.feasible.shape), p.n))
            best.append(np.broadcast_to(np.stack([ideal.utilities[i, ..., i] for i in range(p.n)], axis=-1), best[0].shape))
    low[..., group, :] = np.minimum.reduce(worst)[..., None, :]
    high[..., group, :] = np.maximum.reduce(best)[..., None, :]


def _ends(rounds: Rounds, low: Array, high: Array, group: Indices, sure: Bools) -> tuple[Play, Play]:
    """Play a round at the lower and at the upper end of the order."""
    forced = sure[..., None, None]
    plays = [rounds.play(rounds.waiting(corner, group), group, forced) for corner in _corners(low, high)]
    return plays[0], plays[1]


def _replace(rounds: Rounds, low: Array, high: Array, group: Indices, orderly: Bools, sure: Bools) -> None:
    """Take rounds that do not come back for what they are worth at both ends."""
    under, over = _ends(rounds, low, high, group, sure)
    lower, upper = _corners(under.values, over.values)
    held = orderly[..., None, None]
    low[..., group, :] = np.where(held, lower, low[..., group, :])
    high[..., group, :] = np.where(held, upper, high[..., group, :])


def _tighten(rounds: Rounds, low: Array, high: Array, group: Indices, orderly: Bools, sure: Bools) -> None:
    """Bring the ends of the order of rounds that come back as near to each other as equilibria allow."""
    deals = [rounds.problem.rounds[k].deals for k in group]
    convex = all(d is None or d.feasible.convex for d in deals)
    going, idle = orderly.copy(), np.zeros(rounds.problem.shape, dtype=int)
    kept = _width(rounds, low, high, group)
    for _ in range(STEPS):
        corners, plays = _corners(low, high), _ends(rounds, low, high, group, sure)
        ends = [play.values for play in plays]
        if convex:
            ends = [_better(rounds, corners, plays, group, winner, sure) for winner in (1, 0)]
        lower, upper = _corners(ends[0], ends[1])
        use = going[..., None, None]
        with np.errstate(invalid="ignore"):
            new_low = np.where(use, np.maximum(low[..., group, :], lower), low[..., group, :])
            new_high = np.where(use, np.minimum(high[..., group, :], upper), high[..., group, :])
        crossed = new_low > new_high
        with np.errstate(invalid="ignore"):
            off = np.any(new_low - new_high > CROSSED * rounds.unit[..., None, :], axis=(-2, -1))
        going = going & ~off  # ends that pass each other bound nothing: what was known before is kept
        new_low, new_high = (
            np.where(off[..., None, None], old[..., group, :], new) for old, new in ((low, new_low), (high, new_high))
        )
        crossed &= ~off[..., None, None]  # by rounding: both are then as near as they can be told apart
        middle = (new_low + new_high) / 2
        low[..., group, :] = np.where(crossed, middle, new_low)
        high[..., group, :] = np.where(crossed, middle, new_high)
        width = _width(rounds, low, high, group)
        closer = width < 0.9 * kept
        idle, kept = np.where(closer, 0, idle + 1), np.where(closer, width, kept)
        going = going & (width > EXACT) & (idle < IDLE)
        if not np.any(going):
            return


def _width(rounds: Rounds, low: Array, high: Array, group: Indices) -> Array:
    """Return how far the ends are apart, as a share of the parties' ranges."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.max((high - low)[..., group, :] / rounds.unit[..., None, :], axis=(-2, -1)))


def _better(
    rounds: Rounds, corners: tuple[Array, Array], plays: tuple[Play, Play], group: Indices, winner: int, sure: Bools
) -> Array:
    """Return values, (..., k, n), nearer to the equilibria than the end at which the `winner` does best.

    They are those that repeat themselves when the winner's proposals are replaced by tangents at this end, found from the
    other end; where they are not found, what a round makes of this end.
    """
    side = ORDER if winner == 0 else -ORDER
    here, there = (corners[1], corners[0]) if winner == 0 else corners
    play = plays[1 - winner]
    start = rounds.waiting(here, group)
    known, v = there.copy(), there[..., group, :].copy()
    change = np.zeros_like(v)
    for _ in range(INNER):
        known[..., group, :] = v
        after, slopes = _flattened(rounds, play, start, rounds.waiting(known, group), group, winner, sure)
        with np.errstate(invalid="ignore"):
            change = np.maximum(rounds.solved(side * (after - v), np.abs(slopes), group), 0.0)  # it only comes nearer
            v = v + side * np.nan_to_num(change)
            left = np.max(np.abs(change) / rounds.unit[..., None, :], axis=(-2, -1))
        if not np.any(left > EXACT):
            break
    with np.errstate(invalid="ignore"):
        found = left <= 16 * EXACT
        best = np.minimum(side * play.values, side * v)
    return np.where(found[..., None, None], side * best, play.values)


def _flattened(
    rounds: Rounds, play: Play, start: Array, waiting: Array, group: Indices, winner: int, sure: Bools
) -> tuple[Array, Array]:
    """Return values of a round whose `winner` proposes along the tangents at `start`, and their slopes."""
    a, b = winner, 1 - winner
    fixed = play.agree.copy()
    other = rounds.play(waiting, group, fixed, ~fixed)
    shares, slopes = other.shares.copy(), other.slopes.copy()
    moved = waiting[..., b] - start[..., b]
    shares[..., a, b] = play.shares[..., a, b] + play.slopes[..., a, b, b] * moved
    slopes[..., a, b, :] = 0.0
    slopes[..., a, b, b] = play.slopes[..., a, b, b]
    # Unless agreement is sure, the winner may let the round pass, which leaves the other no more than waiting.
    unsure = ~sure[..., None] & (shares[..., a, b] > waiting[..., b])
    shares[..., a, b] = np.where(unsure, waiting[..., b], shares[..., a, b])
    slopes[..., a, b, b] = np.where(unsure, 1.0, slopes[..., a, b, b])
    # Where the other lets the round pass it might propose elsewhere, and leave the winner more than that asks for.
    for k, place in enumerate(group):
        deals = rounds.problem.rounds[place].deals
        if deals is not None and b in play.offers[k]:
            spare = deals.best.utilities[b][..., a]
            more = ~fixed[..., k, b] & (spare > shares[..., k, b, a])
            shares[..., k, b, a] = np.where(more, spare, shares[..., k, b, a])
            slopes[..., k, b, a, :] = np.where(more[..., None], 0.0, slopes[..., k, b, a, :])
    for k, place in enumerate(group):
        deals, offer = rounds.problem.rounds[place].deals, play.offers[k].get(a)
        offered, slope = np.full(rounds.problem.shape, -np.inf), np.zeros(rounds.problem.shape)
        if deals is not None and offer is not None:
            least = play.thresholds[..., k, a, b]
            with np.errstate(invalid="ignore"):
                bound = offer.utilities[..., b] - least <= deals.feasible.least_gain()[..., b]
                slope = np.where(bound & (least == start[..., k, b]), -offer.normal[..., b], 0.0)
                offered = np.where(offer.status == Status.OK, offer.utilities[..., a] + slope * moved[..., k], -np.inf)
        with np.errstate(invalid="ignore"):
            makes = np.isfinite(offered) & (sure | (offered >= waiting[..., k, a]))
        shares[..., k, a, a] = np.where(makes, offered, waiting[..., k, a])
        slopes[..., k, a, a, a] = np.where(makes, 0.0, 1.0)
        slopes[..., k, a, a, b] = np.where(makes, slope, 0.0)
    return rounds.mean(shares, group), rounds.slopes(slopes, group)
