"""Values of zero-sum games whose payoffs lie far apart, or next to each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import bargaining as bg
from bargaining.errors import InvalidProblem, NotConverged
from bargaining.numerics.matrix_games import zero_sum


def guarantees(payoffs: Any, found: Any) -> tuple[float, float]:
    """Return what both strategies guarantee the row player, in longer arithmetic."""
    long = np.asarray(payoffs, np.longdouble)
    return float(np.min(found.row.astype(np.longdouble) @ long)), float(np.max(long @ found.column.astype(np.longdouble)))


def by_linear_program(payoffs: Any) -> float:
    """The value, solved from the column player's side."""
    m, n = payoffs.shape
    found = linprog(
        [0.0] * n + [1.0], A_ub=np.hstack([payoffs, -np.ones((m, 1))]), b_ub=np.zeros(m),
        A_eq=[[1.0] * n + [0.0]], b_eq=[1.0], bounds=[(0, None)] * n + [(None, None)],
    )  # fmt: skip
    return float(found.fun)


@pytest.mark.parametrize("shape", [(2, 2), (3, 5), (8, 4), (30, 30), (120, 110)])
def test_random_games_against_the_other_players_program(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(shape)
    for _ in range(5):
        payoffs = rng.normal(size=shape)
        found = bg.zero_sum(payoffs)
        assert found.value == pytest.approx(by_linear_program(payoffs), abs=1e-8)
        low, high = guarantees(payoffs, found)
        assert high - low <= 1e-12
        assert found.row.sum() == pytest.approx(1.0, abs=1e-14)
        assert found.gap <= 1e-12


@pytest.mark.parametrize("penalty", [10.0, 1e3, 2e9, 1e10, 1e12, 1e100, 1e300])
def test_penalties_that_are_never_met_do_not_matter(penalty: float) -> None:
    """The game [[3, 0], [0, 2]] has the value 6/5, whatever a third action of either player costs that player."""
    for worse in ([[-penalty, -penalty]], [[-penalty, 0.5]]):
        found = bg.zero_sum([[3, 0], [0, 2], *worse])
        assert found.value == pytest.approx(1.2, abs=1e-14)
        assert found.row == pytest.approx([0.4, 0.6, 0.0], abs=1e-14)
    assert bg.zero_sum([[3, 0, penalty], [0, 2, 1.5]]).value == pytest.approx(1.2, abs=1e-14)


def test_a_penalty_that_is_feared_is_met_with_next_to_no_probability() -> None:
    """[[1, -P], [0, 1]]: the row player plays its first action with probability 1/(2 + P); the value is 1/(2 + P)."""
    for penalty in (1e3, 1e6, 1e9):
        found = bg.zero_sum([[1, -penalty], [0, 1]])
        assert found.value == pytest.approx(1 / (2 + penalty), abs=1e-15 * penalty)
        assert found.row[0] == pytest.approx(1 / (2 + penalty), abs=1e-15)


@pytest.mark.parametrize("size", [1e6, 1e7, 1e8])
def test_whole_numbers_next_to_each_other(size: float) -> None:
    rng = np.random.default_rng(int(size))
    for _ in range(150):
        payoffs = size * rng.integers(0, 3, rng.integers(2, 5, 2)) + rng.integers(0, 3)
        payoffs += rng.integers(0, 3, payoffs.shape)
        low, high = guarantees(payoffs, bg.zero_sum(payoffs))
        assert high - low <= 1e-12 * size


def test_units_from_the_smallest_to_the_largest() -> None:
    payoffs = np.array([[3.0, 0.0, 1.0], [0.0, 2.0, 5.0]])
    plain = bg.zero_sum(payoffs)
    for unit in (1e-300, 1e-100, 1e-9, 1e9, 1e100, 3e307):
        found = bg.zero_sum(unit * payoffs)
        assert found.value == pytest.approx(unit * plain.value, rel=1e-12)
        assert found.row == pytest.approx(plain.row, abs=1e-12)
    found = bg.zero_sum([[1e308, -1e308], [-1e308, 1e308]])
    assert (found.value, found.row.tolist(), found.column.tolist()) == (0.0, [0.5, 0.5], [0.5, 0.5])


def test_a_gap_that_stays_open_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bargaining.numerics.matrix_games._attempts", lambda payoffs: iter([[(np.ones(2) / 2,) * 2]]))
    with pytest.raises(NotConverged, match=r"differs by 2e-01 of the range of payoffs that are played"):
        zero_sum(np.array([[3.0, 0.0], [0.0, 2.0]]))


def test_bad_tables_are_called_by_their_name() -> None:
    with pytest.raises(InvalidProblem, match=r"payoffs has shape \(3,\)"):
        bg.zero_sum([1, 2, 3])
    with pytest.raises(InvalidProblem, match=r"payoffs\[0, 1\] = nan is not finite"):
        bg.zero_sum([[1, np.nan]])
