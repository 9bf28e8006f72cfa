"""Two parties who can pay each other: closed forms on the line u_1 + u_2 = S, from anywhere and in any units."""

from __future__ import annotations

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement, NotFinite
from bargaining.sets.base import Status
from bargaining.sets.transfers import Transfers

GAME = bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]], transferable=True)  # S = 11
LINE = Transfers(np.array([8.0, 3.0]), np.array(14.0))


@pytest.mark.parametrize("point", [[0, 0], [-50, 3], [3, -100], [1e4, -1e5], [4.5, 6.4]])
@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.9, 0.1), (0.0, 1.0), (1e-9, 1.0)])
def test_the_surplus_is_shared_by_weight_however_far_the_point(point: list[float], weights: tuple[float, float]) -> None:
    """Gains a_i (S - d_1 - d_2): the Nash solution of transferable utility (Kalai 1977, Nonsymmetric Nash solutions)."""
    solution = bg.solve(GAME.problem(point), bg.Nash(weights))
    shares = np.array(weights) / sum(weights)
    assert solution.utilities == pytest.approx(point + shares * (11 - sum(point)), rel=1e-12)
    assert bg.verify(solution).ok


def test_concepts_agree_on_a_line() -> None:
    """With transferable utility Nash, Kalai-Smorodinsky, egalitarian and equal-loss deals share the surplus equally."""
    for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.EqualLoss()):
        assert bg.solve(GAME.problem([-50, 3]), concept).utilities == pytest.approx([-21, 32], abs=1e-12)
        assert bg.solve(GAME.problem([3, -100]), concept).utilities == pytest.approx([57, -46], abs=1e-12)


def test_who_has_no_part_is_held_to_its_floor_exactly() -> None:
    for party, way in enumerate(np.eye(2)):
        found = LINE.reach([-1e9, 3.25][:: 1 - 2 * party], way)
        assert found.utilities[1 - party] == 3.25
        assert found.utilities[party] == 11 - 3.25
        assert found.normal == pytest.approx([1, 1])


def test_weighted_sums_have_a_bound_only_with_a_floor() -> None:
    assert LINE.support([1, 1]).utilities.sum() == 11
    assert LINE.support([1, 1], [10, 0]).utilities.tolist() == [10, 1]
    assert LINE.support([2, 1], [0, 4]).utilities.tolist() == [7, 4]
    assert LINE.support([1, 2], [5, 4]).utilities.tolist() == [5, 6]
    assert LINE.support([1, 1 + 1e-15]).utilities.sum() == 11
    assert LINE.support([1, 1], [6, 6]).status == Status.NO_AGREEMENT
    assert LINE.support([2, 1]).status == Status.NOT_FINITE


def test_what_has_no_bound_is_refused_with_the_reason() -> None:
    with pytest.raises(NotFinite, match="grows without bound"):
        bg.solve(GAME.problem([0, 0]), bg.KalaiRosenthal())
    with pytest.raises(InvalidProblem, match=r"no face has the normal \[2.0, 1.0\].*the rates are \(1, 1\)"):
        bg.solve(GAME, bg.RationalThreats(rates=(2, 1)))
    with pytest.raises(NoAgreement, match=r"disagreement were worse by: row player 0\.5, column player 0\.5"):
        bg.solve(GAME.problem([7, 5]), bg.Nash())
    with pytest.raises(InvalidProblem, match="a payment of inf is not finite"):
        LINE.evaluate({"payment": np.inf})


def test_stacks_ask_each_game_by_itself() -> None:
    worth = np.array([[8.0, 3.0], [1e6, -1e6 + 2], [np.nan, 1.0], [1.0, 1.0]])
    stack = Transfers(worth, np.array([14.0, 2e6, 1.0, 1.0]))
    found = stack.nash([[0, 0], [-1e6, 1e6], [0, 0], [2, 2]], [1, 1])
    assert found.status.tolist() == [Status.OK, Status.OK, Status.NOT_FINITE, Status.NO_AGREEMENT]
    assert found.utilities[:2] == pytest.approx(np.array([[5.5, 5.5], [-1e6 + 1, 1e6 + 1]]), abs=1e-9)
    assert np.all(np.isnan(found.utilities[2:]))
    assert stack.gives(found.utilities, {"payment": found.terms["payment"]})[:2] == pytest.approx(found.utilities[:2])
    assert stack.reach([[0.0, 0.0]] * 3 + [[np.nan, 0.0]], [1, 1]).status.tolist() == [0, 0, *[Status.NOT_FINITE] * 2]


@pytest.mark.parametrize("unit", [1e-90, 1e-6, 1e6, 1e90])
def test_units(unit: float) -> None:
    rng = np.random.default_rng(3)
    A, B = rng.normal(size=(2, 3, 3))
    for model in (bg.RationalThreats(), bg.SecurityLevels(), bg.Coco()):
        plain = bg.solve(bg.ThreatGame(A, B, transferable=True), model)
        found = bg.solve(bg.ThreatGame(unit * A, unit * B, transferable=True), model)
        assert found.utilities == pytest.approx(unit * plain.utilities, rel=1e-9)
        assert bg.verify(found).ok
