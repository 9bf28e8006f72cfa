"""Both proposals of an alternating-offers equilibrium over issues: joint Newton, then its fall-backs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.numerics import offers
from bargaining.numerics.batches import PUSH, TOL, Optimum, stream
from bargaining.numerics.kernel import MU_START, take_all
from bargaining.numerics.roots import decreasing_root
from bargaining.numerics.survey import Stakes
from bargaining.sets.base import Status
from bargaining.sets.games import ACCEPT, FIRST_STEPS, Games, blank

WARM_MU = 0.01
APART = 30.0  # in shares of the issues' ranges, by the share of the gains that two rounds cost: further than is usual
BETTER = 1e-8  # of a party's range of utilities: a reply that is better by more shows that a proposal is not the best
ROOT_TOLERANCE = 1e-12  # accuracy of a program's value, which the root finder cannot better


def both_proposals(games: Games, origins: list[Array], factors: list[Array]) -> tuple[list[Optimum], Codes]:
    """Return the first and the second party's proposal in each game, with one status for both.

    A joint Newton iteration from the centre of the box solves nearly every game. Those where it stalls or is slow, or where
    a sampled deal would be a better reply, start again from their Nash deal, with more time; the last ones are left to a
    bracketing root finder.
    """
    program = offers.program(origins, factors, games.constraints, np.ones(games.count))
    centre = np.full((2 * games.issues, games.count), 0.5)
    found = stream(offers, program, games.functions, games.parameters, centre, steps=FIRST_STEPS)
    status = np.zeros(games.count, np.int8)
    good = sound(games, found, origins, factors) & found.converged()
    failed = np.flatnonzero(~good)
    if failed.size:
        found.residual[failed] = np.inf
        part, here, shrink = games.take(failed), take_all(origins, failed), take_all(factors, failed)
        rescued, status[failed] = _fall_back(part, program.take(failed), here, shrink)
        found.update(rescued, failed, rescued.converged(ACCEPT))
    # An issue at its bound is off by the last barrier parameter, which moves the proposals by 1 / melting as much.
    found.residual[:] = np.maximum(found.residual, TOL / 20 / (1.0 - factors[0] * factors[1]))
    return _halves(found, games), status


def _fall_back(
    games: Games, program: offers.OffersProgram, origins: list[Array], factors: list[Array]
) -> tuple[Optimum, Codes]:
    """Solve games again from their Nash deals, with more steps, by root finding; return what is sound, and all statuses."""
    patience = [-1.0 / np.log(np.clip(m, 1e-300, 1.0 - 1e-16)) for m in factors]
    deal, codes = games.nash(origins, [p / (patience[0] + patience[1]) for p in patience])
    open_ = (codes == Status.OK) | (codes == Status.NOT_CONVERGED)  # the others have no agreement, whoever proposes
    seeds = np.clip(np.concatenate([deal.x, deal.x]), PUSH, 1.0 - PUSH)
    prices, nothing = np.full((len(program.rows), games.count), np.nan), np.full(games.count, np.inf)
    found = Optimum(seeds.copy(), prices, nothing, deal.steps, deal.starts)
    for mu, tol in ((WARM_MU, TOL), (MU_START, TOL), (None, ACCEPT)):
        left = np.flatnonzero(open_ & ~found.converged(tol))
        if left.size:
            part, here, shrink = games.take(left), take_all(origins, left), take_all(factors, left)
            if mu is None:
                again = by_root(part, here, shrink, deal.x[:, left])
            else:
                again = stream(offers, program.take(left), part.functions, part.parameters, seeds[:, left], mu)
            better = sound(part, again, here, shrink) & (again.residual < found.residual[left])
            found.update(again, left, better)
    late = np.where(found.converged(ACCEPT), Status.OK, Status.NOT_CONVERGED)
    return found, np.where(open_, late, codes).astype(np.int8)


def sound(games: Games, found: Optimum, origins: list[Array], factors: list[Array]) -> Bools:
    """Say in which games proposals converged, gain more than rounding, and are best among the sampled acceptable deals.

    Issues at their bounds are put there exactly.
    """
    good = found.converged(ACCEPT)
    halves = _halves(found, games)
    values = [games.at(half.x) for half in halves]
    for b, half in enumerate(halves):
        other = 1 - b
        floors = list(origins)
        floors[other] = origins[other] + factors[other] * (values[other][other] - origins[other])
        ways = [np.full(games.count, float(i == b)) for i in (0, 1)]
        program = replace(games.rows(floors), directions=[*ways, *blank(games.constraints)])
        prices = [half.prices[0]] * 2 + list(half.prices[1:])
        prices[b] = np.ones(games.count)
        seen = games.glance(half.x, Stakes.of(program, prices, games.parties), values[b])
        # One who melts fast accepts next to nothing.
        good &= ~games.scraps(seen, origins)[b] & ~seen.broken & ~games.beaten(program, seen)
        half.x[:] = seen.snapped(half.x)
    one, two = halves
    apart = np.max(np.abs(one.x - two.x), axis=0) > APART * (1.0 - factors[0] * factors[1])
    doubtful = np.flatnonzero(good & apart)  # one proposal may be a local best reply, on another arc of the frontier
    if doubtful.size:
        part, here, shrink = games.take(doubtful), take_all(origins, doubtful), take_all(factors, doubtful)
        good[doubtful] = _best_replies(
            part, [half.x[:, doubtful] for half in (one, two)], here, shrink, seen.spans[:, doubtful]
        )
    return good


def _best_replies(games: Games, points: list[Array], origins: list[Array], factors: list[Array], ranges: Array) -> Bools:
    """Say where a search from many starts finds nothing better for the proposer that the other party accepts."""
    payoffs = [games.payoffs(x) for x in points]
    best = np.ones(games.count, np.bool_)
    for b in (0, 1):
        other = 1 - b
        floors = list(origins)
        floors[other] = origins[other] + factors[other] * (payoffs[other][other] - origins[other])
        rival, status = games.reach(floors, [np.full(games.count, float(i == b)) for i in (0, 1)])
        more = games.payoffs(rival.x)[b] - payoffs[b][b]
        best &= ~((status == Status.OK) & (more > BETTER * ranges[b]))
    return best


def _halves(found: Optimum, games: Games) -> list[Optimum]:
    """Split what was found for both proposers into one optimum each."""
    k, rows = games.issues, 1 + games.constraints
    return [replace(found, x=found.x[b * k : (b + 1) * k], prices=found.prices[b * rows : (b + 1) * rows]) for b in (0, 1)]


def by_root(games: Games, origins: list[Array], factors: list[Array], x: Array) -> Optimum:
    """Find the first party's gain g with best_1(m_2 best_2(m_1 g)) = g, where best_i(h) leaves the other a gain of h.

    The left side is decreasing in what the other must be left, so the difference changes sign once on [0, ideal gain].
    `x` are deals by which both gain, from which all others are sought.
    """

    def best(proposer: int, left: Array, pick: Indices) -> tuple[Optimum, Array]:
        part = games.take(pick)
        floors = [o[pick] for o in origins]
        floors[1 - proposer] = floors[1 - proposer] + left
        ways = [np.full(pick.size, float(i == proposer)) for i in (0, 1)]
        found = part.reach_from(x[:, pick], floors, ways)
        return found, part.payoffs(found.x)[proposer] - origins[proposer][pick]

    def excess(gain: Array, pick: Array) -> Array:
        at = pick.astype(np.intp)
        _, second = best(1, factors[0][at] * gain, at)
        _, first = best(0, factors[1][at] * second, at)
        return first - gain

    everyone = np.arange(games.count)
    ideal = best(0, np.zeros(games.count), everyone)[1]
    gain = decreasing_root(excess, np.zeros(games.count), ideal, everyone)
    two, second = best(1, factors[0] * gain, everyone)
    one, first = best(0, factors[1] * second, everyone)
    melting = 1.0 - factors[0] * factors[1]
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing to gain: no root
        error = np.maximum(np.abs(first - gain) / ideal, ROOT_TOLERANCE) / melting
    rows = [np.concatenate([half.prices[[1 - b]], half.prices[2:]]) for b, half in enumerate((one, two))]
    return Optimum(
        np.concatenate([one.x, two.x]), np.concatenate(rows), np.maximum(error, np.maximum(one.residual, two.residual)),
        one.steps + two.steps, one.starts,
    )  # fmt: skip
