"""Partial commitments: the published rule, best replies by brute force, limits, stacks, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement
from bargaining.problems.problem import Problem


def pie(size: float = 1.0, fallback: Any = None) -> Problem:
    return bg.split(size, [bg.Linear(), bg.Linear()], fallback, parties=("Ann", "Bob"))


def solved(costs: Any, problem: Problem | None = None) -> bg.Commitments:
    found = bg.solve(pie() if problem is None else problem, bg.PartialCommitments(costs))
    assert isinstance(found, bg.Commitments)
    return found


def settled(z: Any, k: Any) -> Any:
    """The Nash solution of the second stage by numerical search, as written in Muthoo (1996)."""
    if sum(z) <= 1 + 1e-12:
        return np.array(z, dtype=float)

    def worth(s: float) -> Any:
        return np.array([s - k[0] * max(0, z[0] - s), 1 - s - k[1] * max(0, z[1] - 1 + s)])

    def less(s: float) -> float:
        u = worth(s)
        return -float(np.log(u).sum()) if np.all(u > 0) else float("inf")

    low, high = k[0] * z[0] / (1 + k[0]), 1 - k[1] * z[1] / (1 + k[1])
    if low >= high:
        return np.zeros(2)
    return worth(float(minimize_scalar(less, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x))


COSTS = [(1.0, 1.0), (2.0, 0.5), (9.0, 0.2), (0.01, 30.0), (0.1, 0.1), (0.0, 2.0), (0.0, 0.0)]


@pytest.mark.parametrize("k", COSTS)
def test_shares_go_with_costs(k: tuple[float, float]) -> None:
    """Muthoo (1996), JET 69; Muthoo (1999), chapter 8: with linear costs (1 + k_1) / (2 + k_1 + k_2)."""
    found = solved(k)
    share = (1 + k[0]) / (2 + k[0] + k[1])
    assert found.utilities == pytest.approx([share, 1 - share], abs=1e-15)
    assert found.demands.sum() == pytest.approx(1, abs=1e-15) and found.probability == 1
    assert bg.verify(found).ok


@pytest.mark.parametrize("k", [(1.0, 1.0), (2.0, 0.5), (9.0, 0.2), (0.0, 2.0)])
def test_what_demands_are_worth_by_search(k: tuple[float, float]) -> None:
    model, rng = bg.PartialCommitments(k), np.random.default_rng(2)
    for z in [*rng.random((100, 2)), (1, 1), (1, 0), (0, 0), (0.5, 0.5), (1, 0.01)]:
        assert model.worth(z) == pytest.approx(settled(z, k), abs=2e-6)


@pytest.mark.parametrize("k", [(1.0, 1.0), (3.0, 1.0), (0.25, 0.5), (9.0, 0.2), (0.1, 0.1)])
def test_no_other_pair_of_demands_is_an_equilibrium(k: tuple[float, float]) -> None:
    """Best replies on a grid of demands: what gains nothing lies next to the equilibrium stated."""
    model, z, fine = bg.PartialCommitments(k), np.linspace(0, 1, 201), np.linspace(0, 1, 2001)
    worth = model.worth(np.stack(np.meshgrid(z, z, indexing="ij"), axis=-1))
    first = np.max(model.worth(np.stack(np.meshgrid(fine, z, indexing="ij"), axis=-1))[..., 0], axis=0)
    second = np.max(model.worth(np.stack(np.meshgrid(z, fine, indexing="ij"), axis=-1))[..., 1], axis=1)
    gain = np.maximum(first[None, :] - worth[..., 0], second[:, None] - worth[..., 1])
    at = np.argwhere(gain < 5e-4 * min(1, *k)) / 200
    assert all(np.abs(pair - solved(k).demands).max() <= 0.011 for pair in at)
    best = np.unravel_index(np.argmin(gain), gain.shape)
    assert np.abs(np.array(best) / 200 - solved(k).demands).max() <= 0.006


def test_commitment_is_a_strength() -> None:
    """Muthoo (1996), abstract: a share is strictly increasing in the party's own marginal cost of revoking."""
    shares = [solved((k, 1.0)).utilities[0] for k in np.linspace(0, 20, 50)]
    assert np.all(np.diff(shares) > 0)
    assert solved((1e9, 1.0)).utilities[0] == pytest.approx(1, abs=1e-8)
    assert solved((1e300, 1e300)).utilities == pytest.approx([0.5, 0.5])
    assert solved((3e-300, 0.0)).utilities == pytest.approx([0.5, 0.5])


def test_units_fallbacks_and_exchange() -> None:
    for problem, scale in ((pie(12, [1, 1]), [10, 10]), (bg.rescaled(pie(12, [1, 1]), [3, 1], [5, -1]), [30, 10])):
        found = solved((2, 0.5), problem)
        assert found.gains == pytest.approx(np.array([2 / 3, 1 / 3]) * scale, abs=1e-12)
        assert bg.verify(found).ok
    assert solved((0.5, 2)).utilities == pytest.approx(solved((2, 0.5)).utilities[::-1])
    assert solved([np.float32(2), np.float32(0.5)]).utilities == pytest.approx(solved((2, 0.5)).utilities)


def test_a_stack_is_its_games() -> None:
    d = np.array([[0.0, 0.0], [0.1, 0.2], [0.6, 0.6], [np.nan, 0]])
    stack = solved((2, 0.5), pie().replace(disagreement=d))
    assert stack.status.tolist() == [bg.Status.OK, bg.Status.OK, bg.Status.NO_AGREEMENT, bg.Status.NOT_FINITE]
    for k in range(2):
        alone = solved((2, 0.5), pie().replace(disagreement=d[k]))
        for name in ("utilities", "demands", "probability", "residual"):
            assert getattr(stack, name)[k] == pytest.approx(getattr(alone, name), abs=1e-15)
    for name in ("utilities", "demands", "probability", "residual"):
        assert np.all(np.isnan(getattr(stack, name)[2:]))
    assert repr(stack) == "partial commitments: 2 of 4 games solved"
    assert bg.verify(stack).ok


@pytest.mark.parametrize("change", [
    {"utilities": np.array([0.6, 0.4])}, {"demands": np.array([0.6, 0.4])}, {"model": bg.PartialCommitments((2, 0.6))},
    {"demands": np.array([0.6, 0.4]), "utilities": np.array([0.6, 0.4])}, {"demands": np.array([np.nan, 0.5])},
    {"demands": np.array([0.6, 0.3]), "utilities": np.array([0.6, 0.3])}, {"demands": np.array([1.2, -0.2])},
])  # fmt: skip
def test_what_is_not_the_equilibrium_fails(change: dict[str, Any]) -> None:
    assert not bg.verify(replace(solved((2, 0.5)), **change)).ok


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "one cost": (lambda: bg.PartialCommitments((1.0,)), InvalidProblem, "two numbers"),  # type: ignore[arg-type]
    "a reward": (lambda: bg.PartialCommitments((1.0, -0.1)), InvalidProblem, "zero or more"),
    "no cost": (lambda: bg.PartialCommitments((1.0, np.nan)), InvalidProblem, "zero or more"),
    "without end": (lambda: bg.PartialCommitments((1.0, np.inf)), InvalidProblem, "zero or more"),
    "three parties": (
        lambda: bg.solve(bg.split(1, [bg.Linear()] * 3), bg.PartialCommitments((1, 1))), InvalidProblem, "two parties",
    ),
    "curved": (lambda: solved((1, 1), bg.split(1, [bg.Power(0.5), bg.Linear()])), InvalidProblem, "straight"),
    "nothing": (lambda: solved((1, 1), pie(1, [0.6, 0.6])), NoAgreement, "no deal"),
    "more than all": (lambda: bg.PartialCommitments((1, 1)).worth([1.1, 0]), InvalidProblem, "shares of the surplus"),
    "no demand": (lambda: bg.PartialCommitments((1, 1)).worth([[0.5, np.nan]]), InvalidProblem, "shares of the surplus"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_refused(name: str) -> None:
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()
