"""Coalitions in which refused proposers drop out: Shapley's value, proposals by hand, stacks, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement, UnknownName
from tests.problems import hart_mas_colell

NAMES = ("a", "b", "c", "d")


def random_game(rng: np.random.Generator, n: int = 4, shape: tuple[int, ...] = ()) -> bg.CoalitionalProblem:
    """A game in which larger coalitions have more, as convex games do: v(S) = f(w(S)) with f convex."""
    weights = rng.uniform(0.2, 1, (*shape, n))
    worth = {}
    for place in range(1, 2**n):
        members = [i for i in range(n) if place >> i & 1]
        worth[tuple(NAMES[i] for i in members)] = np.sum(weights[..., members], axis=-1) ** 2 - 0.1 * len(members)
    return bg.CoalitionalProblem(worth, NAMES[:n])


@pytest.mark.parametrize("rho", [0, 0.3, 0.99])
def test_payoffs_are_means_over_orders(rho: float) -> None:
    """Hart and Mas-Colell (1996), theorem 2: the Shapley value, here by its definition, whatever rho is."""
    rng = np.random.default_rng(3)
    for n in (2, 3, 4):
        game = random_game(rng, n)
        mean = np.zeros(n)
        orders = list(permutations(range(n)))
        for order in orders:
            for k, i in enumerate(order):
                before = [NAMES[j] for j in order[:k]]
                mean[i] += float(game(*before, NAMES[i])) - (float(game(*before)) if before else 0.0)
        found = bg.solve(game, bg.HartMasColell(rho))
        assert found.utilities == pytest.approx(mean / len(orders), abs=1e-12)
        assert bg.verify(found).ok


def test_proposals_repeat_themselves_in_every_coalition() -> None:
    """The fixed point of proposals, iterated from zero, coalition by coalition: written without the closed form."""
    game, rho = random_game(np.random.default_rng(4), 3), 0.7
    found = bg.solve(game, bg.HartMasColell(rho))
    expected: dict[tuple[int, ...], dict[int, float]] = {(i,): {i: float(game(i))} for i in range(3)}
    for coalition in [(0, 1), (0, 2), (1, 2), (0, 1, 2)]:
        a = dict.fromkeys(coalition, 0.0)
        for _ in range(400):
            sums = dict.fromkeys(coalition, 0.0)
            for i in coalition:
                rest = tuple(j for j in coalition if j != i)
                offer = {j: rho * a[j] + (1 - rho) * expected[rest][j] for j in rest}
                for j in rest:
                    sums[j] += offer[j]
                sums[i] += float(game(*coalition)) - sum(offer.values())
            a = {i: total / len(coalition) for i, total in sums.items()}
        expected[coalition] = a
        assert found.worth(*coalition) == pytest.approx(list(a.values()), abs=1e-9)
    last = expected[0, 1, 2]
    assert found.proposal(7, 0)[1:] == pytest.approx([
        rho * last[j] + (1 - rho) * expected[1, 2][j] for j in (1, 2)
    ], abs=1e-9)  # fmt: skip


def test_proposals_tend_to_the_value_as_refusals_cost_less() -> None:
    gaps = []
    for rho in (0.9, 0.99, 0.999):
        found = bg.solve(hart_mas_colell(), bg.HartMasColell(rho))
        gaps.append(np.max(np.abs([found.proposal(7, i) - found.utilities for i in range(3)])))
    assert gaps[0] / gaps[1] == pytest.approx(10) and gaps[1] / gaps[2] == pytest.approx(10)


def test_what_parties_have_alone_is_added() -> None:
    """The value is covariant: what each has alone comes on top."""
    alone = (0.5, -1.0, 2.0)
    base, shifted = hart_mas_colell(), {}
    for members in [("a",), ("b",), ("c",), *base.worth]:
        shifted[members] = float(base(*members)) + sum(alone[NAMES.index(name)] for name in members)
    found = bg.solve(bg.CoalitionalProblem(shifted, NAMES[:3]), bg.HartMasColell(0.2))
    assert found.utilities == pytest.approx(np.add([13 / 3, 10 / 3, 7 / 3], alone), abs=1e-12)
    assert found.gains == pytest.approx([13 / 3, 10 / 3, 7 / 3], abs=1e-12)
    assert found.problem.disagreement == pytest.approx(alone)


def test_stacks_are_their_games() -> None:
    game = random_game(np.random.default_rng(5), 3, (4,))
    worth = dict(game.worth)
    worth["a", "b", "c"] = np.where([False, False, True, False], np.nan, worth["a", "b", "c"])
    worth["a", "b"] = np.where([False, False, False, True], -9.0, worth["a", "b"])
    stack = bg.CoalitionalProblem(worth, NAMES[:3])
    found = bg.solve(stack, bg.HartMasColell(0.5))
    assert found.status.tolist() == [bg.Status.OK, bg.Status.OK, bg.Status.NOT_FINITE, bg.Status.NO_AGREEMENT]
    for k in (0, 1):
        alone = bg.CoalitionalProblem({members: value[k] for members, value in worth.items()}, NAMES[:3])
        assert found.utilities[k] == pytest.approx(bg.solve(alone, bg.HartMasColell(0.5)).utilities, abs=1e-13)
    assert np.all(np.isnan(found.utilities[2:]))
    assert bg.verify(found).ok
    assert "2 of 4 games solved" in repr(found)
    table = bg.compare(stack, [bg.HartMasColell(0.5), bg.HartMasColell()])
    assert table["status"].tolist() == ["ok", "ok", "not finite", "no agreement"] * 2


def test_a_tampered_equilibrium_is_found_out() -> None:
    found = bg.solve(hart_mas_colell(), bg.HartMasColell(0.5))
    values = found.values.copy()
    values[3, :2] = [2.5, 3.5]
    assert not bg.verify(replace(found, values=values)).ok
    assert not bg.verify(replace(found, utilities=np.array([4.0, 4.0, 2.0]))).ok


def test_nothing_to_gain_together() -> None:
    flat = bg.CoalitionalProblem({("a",): 1, ("b",): 2}, NAMES[:2])
    assert bg.solve(flat, bg.HartMasColell()).utilities.tolist() == [1, 2]
    with pytest.raises(NoAgreement):
        bg.solve(flat.problem, bg.Nash())


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "rho": (lambda: bg.HartMasColell(1), InvalidProblem, "below 1"),
    "negative": (lambda: bg.HartMasColell(-0.1), InvalidProblem, "at least 0"),
    "apart": (
        lambda: bg.solve(bg.CoalitionalProblem({("a",): 1, ("a", "b"): 0.5}, NAMES[:2]), bg.HartMasColell()),
        InvalidProblem,
        "a and b is worth 0.5, less",
    ),
    "unknown": (lambda: bg.CoalitionalProblem({("a", "z"): 1}, NAMES[:2]), UnknownName, "z"),
    "twice": (lambda: bg.CoalitionalProblem({("a", "b"): 1, ("b", "a"): 2}, NAMES[:2]), InvalidProblem, "given twice"),
    "doubled": (lambda: bg.CoalitionalProblem({("a", "a"): 1}, NAMES[:2]), InvalidProblem, "named once"),
    "empty": (lambda: bg.CoalitionalProblem({(): 1}, NAMES[:2]), InvalidProblem, "must have members"),
    "nan": (lambda: bg.CoalitionalProblem({("a", "b"): np.nan}, NAMES[:2]), InvalidProblem, "finite"),
    "alone": (lambda: bg.CoalitionalProblem({}, NAMES[:1]), InvalidProblem, "2 to 12"),
    "a list": (lambda: bg.CoalitionalProblem([1, 2], NAMES[:2]), InvalidProblem, "mapping"),
    "no coalitions": (
        lambda: bg.solve(bg.split(1, [bg.Linear()] * 2), bg.HartMasColell()), InvalidProblem, "bg.CoalitionalProblem",
    ),
    "no bargain": (lambda: bg.solve(hart_mas_colell(), bg.Nash()), InvalidProblem, "game.problem"),
    "no offers": (lambda: bg.solve(hart_mas_colell(), bg.FixedCosts((1, 2))), InvalidProblem, "game.problem"),
    "no talks": (lambda: bg.solve(hart_mas_colell(), bg.MarkovPerfect()), InvalidProblem, "StochasticProblem"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_meant_is_refused(name: str) -> None:
    call, error, words = BAD[name]
    with pytest.raises(error, match=words):
        call()
