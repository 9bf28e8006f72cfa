"""Two thousand random smooth concave programs a question: all solved, all certified, none infeasible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bargaining as bg
from bargaining.numerics.batches import TOL
from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer
from tests.programs import CONCAVE, SIZES, ask, gap, random_games, random_query

GAMES = 80  # of each family and size: 2,000 a question


@pytest.fixture(params=[(family, *size) for family in CONCAVE for size in SIZES], ids=str)
def stack(request: pytest.FixtureRequest) -> tuple[Problem, np.random.Generator]:
    family, issues, parties = request.param
    rng = np.random.default_rng([CONCAVE.index(family), issues, parties, 2026])
    return random_games(family, issues, parties, GAMES, rng), rng


def assert_solved(problem: Problem, answer: Answer, floors: np.ndarray | None) -> None:
    assert np.all(answer.status == bg.Status.OK)
    assert np.all(answer.residual <= TOL)
    q = problem.feasible.parameters
    slack = problem.feasible.constraints(answer.terms, q)
    assert all(np.all(value >= -1e-9 * q[f"unit_{r}"]) for r, value in enumerate(slack))
    if floors is not None:
        assert np.all(answer.utilities - floors >= -1e-9 * problem.feasible.spread())


def test_nash(stack: tuple[Problem, np.random.Generator]) -> None:
    problem, rng = stack
    weights = rng.dirichlet(np.ones(problem.n), GAMES)
    assert_solved(problem, problem.feasible.nash(problem.disagreement, weights), problem.disagreement)
    solution = bg.solve(problem, bg.Nash())
    assert np.all(np.abs(solution.certificate.gap) <= 1e-9)


def test_reach_with_floors(stack: tuple[Problem, np.random.Generator]) -> None:
    problem, rng = stack
    directions = problem.feasible.spread() * rng.dirichlet(np.ones(problem.n), GAMES)
    directions *= rng.random(directions.shape) < 0.7
    directions[~directions.any(axis=1), 0] = 1.0
    answer = problem.feasible.reach(problem.disagreement, directions)
    assert_solved(problem, answer, None)
    gains = answer.utilities - problem.disagreement
    assert np.all(gains[directions == 0] >= -1e-9 * problem.feasible.spread()[directions == 0])
    # No feasible point lies beyond: by the supporting line, whose weights are scaled to normal . direction = 1.
    assert np.sum(answer.normal * directions, axis=1) == pytest.approx(1.0, rel=1e-9)
    with np.errstate(divide="ignore"):
        t = np.min(np.where(directions > 0, gains / directions, np.inf), axis=1)
    rival = problem.feasible.support(answer.normal, problem.disagreement)
    best = np.sum(answer.normal * (rival.utilities - problem.disagreement), axis=1)
    assert np.all(best - t <= 1e-8 * np.maximum(1.0, np.abs(t)))


def test_support_with_and_without_floor(stack: tuple[Problem, np.random.Generator]) -> None:
    problem, rng = stack
    weights = rng.dirichlet(np.ones(problem.n), GAMES) / problem.feasible.spread()
    floored = problem.feasible.support(weights, problem.disagreement)
    free = problem.feasible.support(weights)
    assert_solved(problem, floored, problem.disagreement)
    assert_solved(problem, free, None)
    assert np.all(np.sum(weights * (free.utilities - floored.utilities), axis=1) >= -1e-9)


def test_each_game_is_solved_as_if_alone(stack: tuple[Problem, np.random.Generator]) -> None:
    problem, _ = stack
    together = bg.solve(problem, bg.Nash()).utilities
    chosen = {name: value[3:4] for name, value in problem.feasible.parameters.items()}
    alone = Problem(replace(problem.feasible, parameters=chosen), problem.disagreement[3:4], problem.parties)
    assert bg.solve(alone, bg.Nash()).utilities[0] == pytest.approx(together[3], rel=1e-12)


@pytest.mark.parametrize("question", ["reach", "floored support"])
def test_certificates_close_beside_stiff_rows(question: str) -> None:
    # A floor and a budget that bind leave one direction free, whose curvature is 1e-13 of the rows' stiffness.
    rng = np.random.default_rng(1)
    problem = random_games("coupled", 2, 2, 10_000, rng)
    [answer] = ask(question, problem, random_query(question, problem, rng))
    assert_solved(problem, answer, problem.disagreement)
    assert np.all(np.abs(gap(problem, answer)) <= 5e-10)


def test_games_without_numbers_or_constraints_do_not_fail_the_rest() -> None:
    problem = random_games("quadratic", 2, 2, 3, np.random.default_rng(1))
    directions = np.where(np.arange(3)[:, None] == 1, np.nan, problem.feasible.spread())
    answer = problem.feasible.reach(np.where(np.isnan(directions), np.inf, problem.disagreement), np.abs(directions))
    assert answer.status.tolist() == [bg.Status.OK, bg.Status.NOT_FINITE, bg.Status.OK]
