"""Rules as values of the game in which a group counts on what others leave: v(S) = max(0, E - sum of claims outside S)."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from bargaining.claims.adjusted_proportional import AdjustedProportional
from bargaining.claims.random_arrival import RandomArrival
from bargaining.claims.talmud import Talmud
from bargaining.problems.claims import ClaimsProblem
from tests.claims.problems import PROBLEMS, SIZES, Numbers, divided, groups, worths

EXACT = 1e-12
every_size = pytest.mark.parametrize("n", SIZES)


def shapley_value(n: int, worth: Numbers) -> Numbers:
    """Return the mean of marginal contributions over all orders (Shapley 1953)."""
    weights = 2 ** np.arange(n - 1, -1, -1)  # the place of a group in the list
    orders = list(permutations(range(n)))
    value = np.zeros((len(worth), n))
    for order in orders:
        place = 0
        for i in order:
            value[:, i] += (worth[:, place + weights[i]] - worth[:, place]) / len(orders)
            place += weights[i]
    return value


def tau_value(n: int, worth: Numbers) -> Numbers:
    """Return the efficient point between minimal rights and utopia payoffs (Tijs 1981)."""
    listed = groups(n)
    utopia = worth[:, [-1]] - worth[:, -1 - 2 ** np.arange(n - 1, -1, -1)]
    left = worth - utopia @ listed.T  # once all of the group have their utopia payoffs
    rights = np.stack([np.max(np.where(listed[:, i], left, -np.inf), axis=1) for i in range(n)], axis=1) + utopia
    width = np.sum(utopia - rights, axis=1, keepdims=True)
    part = (worth[:, [-1]] - np.sum(rights, axis=1, keepdims=True)) / np.where(width > 0, width, 1.0)
    return rights + part * (utopia - rights)


def nucleolus(n: int, worth: Numbers) -> Numbers:
    """Return the nucleolus of each game by a sequence of linear programs (Maschler, Peleg and Shapley 1979).

    Each program raises the least excess x(S) - v(S) of the groups not yet settled; groups with a positive price are at it
    in every solution and settled there, and with them all whose sum they determine. The games are blocks of one program.
    """
    listed = groups(n)[1:-1]
    floors = worth[:, 1:-1].copy()
    settled = np.zeros(floors.shape, bool)
    found = np.full((len(worth), n), np.nan)
    for _ in range(n):
        open_games = np.flatnonzero(np.isnan(found[:, 0]))
        if not open_games.size:
            return found
        points, least, priced = _raised(listed, worth[open_games, -1], floors[open_games], settled[open_games])
        floors[open_games] += np.where(priced & ~settled[open_games], least[:, None], 0.0)
        settled[open_games] |= priced
        rows = np.concatenate([settled[open_games, :, None] * listed, np.ones((open_games.size, 1, n))], axis=1)
        rank = np.linalg.matrix_rank(rows)
        found[open_games[rank == n]] = points[rank == n]
        for place, group in enumerate(listed):  # determined by the settled ones, hence not to be raised
            more = np.concatenate([rows, np.broadcast_to(group, (open_games.size, 1, n))], axis=1)
            known = (np.linalg.matrix_rank(more) == rank) & ~settled[open_games, place]
            floors[open_games, place] = np.where(known, points @ group, floors[open_games, place])
            settled[open_games, place] |= known
    assert not np.any(np.isnan(found))
    return found


def _raised(listed: Numbers, estate: Numbers, floors: Numbers, settled: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return the points, the least excesses and which groups have a price."""
    games, m = floors.shape
    n = listed.shape[1]
    blocks = np.zeros((games, m, n + 1))
    blocks[:, :, :n], blocks[:, :, n] = -listed, ~settled
    own = np.arange(games)[:, None, None] * (n + 1) + np.arange(n + 1)
    rows = np.broadcast_to(np.arange(games * m).reshape(games, m, 1), blocks.shape)
    table = csr_array((blocks.ravel(), (rows.ravel(), np.broadcast_to(own, blocks.shape).ravel())))
    sums = csr_array(
        (np.ones(games * n), (np.repeat(np.arange(games), n), own[:, 0, :n].ravel())), shape=(games, games * (n + 1))
    )
    aim = np.tile([*np.zeros(n), -1.0], games)
    solved = linprog(
        aim, table, -floors.ravel(), sums, estate, bounds=(None, None), method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )  # fmt: skip
    assert solved.success, solved.message
    x = solved.x.reshape(games, n + 1)
    return x[:, :n], x[:, n], solved.ineqlin.marginals.reshape(games, m) < -1e-6


def scaled(n: int) -> tuple[ClaimsProblem, Numbers]:
    """Return the problems of n claimants in units in which all claim one together, and what groups are worth."""
    total = np.sum(PROBLEMS[n].claims, axis=1)
    unit = np.where(total > 0, total, 1.0)
    problem = ClaimsProblem(PROBLEMS[n].estate / unit, PROBLEMS[n].claims / unit[:, None])
    return problem, worths(problem)


@every_size
def test_random_arrival_is_the_shapley_value(n: int) -> None:
    problem, worth = scaled(n)
    assert divided(problem, RandomArrival()) == pytest.approx(shapley_value(n, worth), abs=EXACT)


@every_size
def test_adjusted_proportional_is_the_tau_value(n: int) -> None:
    problem, worth = scaled(n)
    assert divided(problem, AdjustedProportional()) == pytest.approx(tau_value(n, worth), abs=EXACT)


@every_size
def test_talmud_is_the_nucleolus(n: int) -> None:
    problem, worth = scaled(n)
    assert divided(problem, Talmud()) == pytest.approx(nucleolus(n, worth), abs=1e-9)


def test_the_nucleolus_of_the_test_is_not_the_shapley_value() -> None:
    problem = ClaimsProblem([200.0], [[100, 200, 300]])
    assert nucleolus(3, worths(problem))[0] == pytest.approx([50, 75, 75])
    assert shapley_value(3, worths(problem))[0] == pytest.approx([100 / 3, 250 / 3, 250 / 3])
