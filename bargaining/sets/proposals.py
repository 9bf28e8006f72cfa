"""Both proposals of an alternating-offers equilibrium over issues: joint Newton, then its fall-backs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bargaining._types import Array, Codes, Indices
from bargaining.numerics import offers
from bargaining.numerics.batches import PUSH, Optimum, stream
from bargaining.numerics.kernel import MU_START
from bargaining.numerics.roots import decreasing_root
from bargaining.sets.base import Status
from bargaining.sets.games import ACCEPT, Games

WARM_MU = 0.01
ROOT_TOLERANCE = 1e-12  # accuracy of a program's value, which the root finder cannot better


def both_proposals(games: Games, origins: list[Array], factors: list[Array]) -> tuple[list[Optimum], Codes]:
    """Return the first and the second party's proposal in each game, with one status for both.

    A joint Newton iteration from the centre of the box solves nearly every game; those where it stalls start again from
    their Nash deal, and the last ones are left to a bracketing root finder on the indifference conditions.
    """
    program = offers.program(origins, factors, games.constraints, np.ones(games.count))
    centre = np.full((2 * games.issues, games.count), 0.5)
    found = stream(offers, program, games.functions, games.parameters, centre)
    status = np.zeros(games.count, np.int8)
    units = games.units()
    one, two = (games.scraps(half.x, origins, units) for half in _halves(found, games))
    failed = np.flatnonzero(~found.converged(ACCEPT) | np.any(one | two, axis=0))
    if failed.size:
        status[failed] = _fall_back(found, program, games, origins, factors, failed)
    return [replace(half, x=games.snap(half.x, units)) for half in _halves(found, games)], status


def _fall_back(
    found: Optimum, program: offers.OffersProgram, games: Games, origins: list[Array], factors: list[Array],
    failed: Indices,
) -> Codes:  # fmt: skip
    """Solve the failed games from their Nash deals, then by root finding; return their statuses."""
    part = games.take(failed)
    here = [o[failed] for o in origins]
    patience = [-1.0 / np.log(m[failed]) for m in factors]
    deal, codes = part.nash(here, [p / (patience[0] + patience[1]) for p in patience])
    seeds = np.clip(np.concatenate([deal.x, deal.x]), PUSH, 1.0 - PUSH)
    for mu in (WARM_MU, MU_START):
        again = stream(offers, program.take(failed), games.functions, part.parameters, seeds, mu)
        found.update(again, failed, again.residual < found.residual[failed])
    last = np.flatnonzero(~found.converged(ACCEPT)[failed] & (codes == Status.OK))
    if last.size:
        rooted = by_root(part.take(last), [o[last] for o in here], [m[failed[last]] for m in factors])
        found.update(rooted, failed[last], rooted.residual < found.residual[failed[last]])
    late = np.where(found.converged(ACCEPT)[failed], Status.OK, Status.NOT_CONVERGED)
    return np.where(codes == Status.OK, late, codes).astype(np.int8)


def _halves(found: Optimum, games: Games) -> list[Optimum]:
    """Split what was found for both proposers into one optimum each."""
    k, rows = games.issues, 1 + games.constraints
    return [replace(found, x=found.x[b * k : (b + 1) * k], prices=found.prices[b * rows : (b + 1) * rows]) for b in (0, 1)]


def by_root(games: Games, origins: list[Array], factors: list[Array]) -> Optimum:
    """Find the first party's gain g with best_1(m_2 best_2(m_1 g)) = g, where best_i(h) leaves the other a gain of h.

    The left side is decreasing in what the other must be left, so the difference changes sign once on [0, ideal gain].
    """

    def best(proposer: int, left: Array, pick: Indices) -> tuple[Optimum, Array]:
        part = games.take(pick)
        floors = [o[pick] for o in origins]
        floors[1 - proposer] = floors[1 - proposer] + left
        ways = [np.full(pick.size, float(i == proposer)) for i in (0, 1)]
        found, _ = part.reach(floors, ways)
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
    error = np.maximum(np.abs(first - gain) / ideal, ROOT_TOLERANCE) / melting
    rows = [np.concatenate([half.prices[[1 - b]], half.prices[2:]]) for b, half in enumerate((one, two))]
    return Optimum(
        np.concatenate([one.x, two.x]), np.concatenate(rows), np.maximum(error, np.maximum(one.residual, two.residual)),
        one.steps + two.steps, one.starts,
    )  # fmt: skip
