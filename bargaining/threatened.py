"""What the rules for games of threats share: zero-sum games of a whole stack, and the deal that follows from threats."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array
from bargaining.checks import instance
from bargaining.concept import Concept, Threats
from bargaining.errors import NotConverged
from bargaining.numerics.matrix_games import zero_sum
from bargaining.problems.problem import Problem
from bargaining.problems.threats import ThreatGame
from bargaining.sets.base import LEAST_GAIN, Answer, Status, choose

ACCEPT = 1e-8
"""What another threat may gain, as a share of what there is to gain over the point: more, and there is no equilibrium."""


def matrices(game: ThreatGame) -> tuple[Array, Array]:
    """Return both parties' payoffs with one matrix a game, (games, m, k)."""
    m, k = game.A.shape[-2:]
    games = game.status.size
    A, B = (np.broadcast_to(payoffs, (*game.shape, m, k)).reshape(games, m, k) for payoffs in (game.A, game.B))
    return A, B


@dataclass(frozen=True)
class Duels:
    """Values (...), optimal strategies (..., m) and (..., k) of the zero-sum games of a stack; NaN where one is unsound."""

    value: Array
    row: Array
    column: Array

    @classmethod
    def of(cls, game: ThreatGame, payoffs: Array) -> Duels:
        """Solve the zero-sum games with these payoffs to the first party, (games, m, k), one for each game of the stack."""
        m, k = payoffs.shape[-2:]
        values, rows, columns = (np.full((len(payoffs), *tail), np.nan) for tail in ((), (m,), (k,)))
        for i in np.flatnonzero(game.sound.ravel()):
            saddle = zero_sum(payoffs[i])
            values[i], rows[i], columns[i] = saddle.value, saddle.row, saddle.column
        return cls(values.reshape(game.shape), rows.reshape(*game.shape, m), columns.reshape(*game.shape, k))


def agreement(game: ThreatGame, concept: Concept, row: Array, column: Array) -> tuple[Problem, Answer, Threats]:
    """Return the problem that threats in equilibrium leave, what the concept picks, and the threats.

    Raises
    ------
    NotConverged
        If in a single game another action gains, so that these are no equilibrium. In a stack such games get a status.
    """
    problem, found, threats = from_point(game, concept, row, column, game.payoffs(row, column))
    m, k = game.A.shape[-2:]
    gap = deviation_gain(threats, found.utilities, np.eye(m), np.eye(k))
    missed = gap > ACCEPT
    if not game.shape and missed:
        raise NotConverged(
            f"no threats in equilibrium were found: another than those found gains {float(gap):.1e} of what there is "
            "to gain. Payoffs that differ by many orders of magnitude are the usual cause; drop actions that are never "
            "used.",
            {"gap": float(gap)},
        )
    status = np.where(missed & (found.status == Status.OK), np.int8(Status.NOT_CONVERGED), found.status)
    return problem, found.with_status(status), replace(threats, gap=gap)


def from_point(
    game: ThreatGame, concept: Concept, row: Array, column: Array, point: Array, missing: Status = Status.NOT_CONVERGED
) -> tuple[Problem, Answer, Threats]:
    """Return the problem that a threat point leaves, what the concept picks, and the threats, said to be no equilibrium.

    `missing` is the status of games of a stack that have a meaning and no threat point.

    Raises
    ------
    NotConverged
        If a single game has no threat point, because its frontier was not found. In a stack such games get a status.
    """
    known = np.all(np.isfinite(point), axis=-1)
    if not game.shape and not known:
        raise NotConverged("the frontier of the agreements was not found, so that no threats were.", {"point": point})
    problem = game.problem(point)
    found = settle(problem, concept)
    status = np.where(known, found.status, np.int8(missing))
    found = found.with_status(np.where(game.sound, status, game.status))
    return problem, found, Threats(game, concept, row, column, point, np.full(game.shape, np.nan))


def settle(problem: Problem, concept: Concept) -> Answer:
    """Return the deal that a concept picks where both have something to gain, and else the best one for both.

    Threats may leave nothing to bargain over: in strictly competitive games the point that they make is itself efficient.
    """
    instance(concept, Concept, "write for example bg.Nash()")
    found = concept.outcome(problem)
    none = found.status == Status.NO_AGREEMENT
    if not np.any(none):
        return found
    d, feasible = problem.disagreement, problem.feasible
    nearest = feasible.reach(d, feasible.spread())
    with np.errstate(invalid="ignore"):
        inside = np.min((nearest.utilities - d) / feasible.spread(), axis=-1) >= -LEAST_GAIN
    efficient = none & (nearest.status == Status.OK) & inside
    one = feasible.reach(d, np.eye(2)[0])
    start = np.where((one.status == Status.OK)[..., None], one.utilities, d)
    two = feasible.reach(start, np.eye(2)[1])
    return choose(~efficient, found, replace(two, status=np.maximum(one.status, two.status)).where_ok())


def deviation_gain(threats: Threats, utilities: Array, rows: Array, columns: Array) -> Array:
    """Return the most that one of these lotteries over actions, as a threat, would raise its party's payoff from the deal.

    As a share of the most that the party could have over the threat point, or of its range of utilities if there is nothing
    to have; NaN where there are no threats. Deals that differ by rounding for one of the two are one. Threat points from
    which a party has more than now lie on one side of a straight line (that through the deal on which the Nash solution
    stays the same), so that no lottery over actions does better if no action does.
    """
    game, problem = threats.game, threats.game.problem(threats.point)
    least, gain = game.feasible.least_gain(), problem.gains(problem.ideal)
    with np.errstate(invalid="ignore"):
        unit = np.where(gain > least, gain, game.feasible.spread())
    most = np.full(game.shape, -np.inf)
    for party, others in ((0, rows), (1, columns)):
        for other in others:
            point = game.payoffs(other, threats.column) if party == 0 else game.payoffs(threats.row, other)
            rival = settle(game.problem(point), threats.concept)
            with np.errstate(invalid="ignore"):
                moved = rival.utilities - utilities
                told = np.all((np.abs(moved) > least) | np.isnan(moved), axis=-1)
                most = np.fmax(most, np.where(told, moved[..., party] / unit[..., party], 0.0))
    return np.asarray(np.where(np.isfinite(most), np.maximum(most, 0.0), np.nan))
