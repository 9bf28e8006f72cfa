"""Games of threats: against brute force written here, by their theorems, and where nothing is left to agree on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement, UnknownName
from bargaining.threatened import deviation_gain


def random_game(rng: np.random.Generator, *, transferable: bool = False, lead: tuple[int, ...] = ()) -> bg.ThreatGame:
    m, k = rng.integers(1, 5, 2)
    return bg.ThreatGame(rng.normal(size=(*lead, m, k)), rng.normal(size=(*lead, m, k)), transferable=transferable)


def value(payoffs: np.ndarray) -> float:
    """The value of a zero-sum game, by a linear program of our own."""
    m, n = payoffs.shape
    found = linprog(
        [*[0.0] * m, -1.0], A_ub=np.hstack([-payoffs.T, np.ones((n, 1))]), b_ub=[0.0] * n, A_eq=[[*[1.0] * m, 0.0]],
        b_eq=[1.0], bounds=[(0, None)] * m + [(None, None)],
    )  # fmt: skip
    return float(found.x[-1])


def by_faces(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Nash's deal with rational threats, face by face: a face holds it, or a corner that neither side lets go of."""
    cells = np.unique(np.stack([A.ravel(), B.ravel()], axis=-1), axis=0)
    best = cells[np.lexsort((cells[:, 0], cells[:, 1]))[-1]]  # the second party's best point; the frontier falls from there
    corners, normals = [best], [np.array([0.0, 1.0])]
    while True:
        right = cells[cells[:, 0] > corners[-1][0] + 1e-12]
        if not right.size:
            break
        slopes = (right - corners[-1])[:, 1] / (right - corners[-1])[:, 0]
        steepest = right[slopes >= slopes.max() - 1e-12]
        normals.append(np.array([-slopes.max(), 1.0]))
        corners.append(steepest[np.argmax(steepest[:, 0])])
    normals.append(np.array([1.0, 0.0]))
    sign = np.array([1.0, -1.0])
    for w, (before, after) in zip(normals[1:-1], pairwise(corners), strict=True):
        level = w @ before
        deal = (np.array([level, level]) + sign * value(w[0] * A - w[1] * B)) / (2 * w)
        if before[0] - 1e-9 <= deal[0] <= after[0] + 1e-9:
            return deal
    for corner, (left, right) in zip(corners, pairwise(normals), strict=True):
        ahead = [value(w[0] * A - w[1] * B) - sign * w @ corner for w in (left, right)]
        if ahead[0] >= -1e-9 and ahead[1] <= 1e-9:
            return corner
    raise AssertionError("no face and no corner holds an equilibrium in threats")


def symmetric(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return A, A.T


KINDS: dict[str, Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]] = {
    "drawn": lambda rng: tuple(rng.normal(size=(2, *rng.integers(1, 5, 2)))),
    "integers": lambda rng: tuple(rng.integers(0, 4, (2, *rng.integers(1, 4, 2))).astype(float)),
    "symmetric": lambda rng: symmetric(rng.normal(size=(rng.integers(2, 5),) * 2)),
    "symmetric integers": lambda rng: symmetric(rng.integers(0, 4, (rng.integers(2, 4),) * 2).astype(float)),
    "twice the same action": lambda rng: tuple(np.concatenate([table, table]) for table in rng.normal(size=(2, 2, 3))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_against_linear_programs_face_by_face(kind: str) -> None:
    rng = np.random.default_rng(sum(map(ord, kind)))
    for _ in range(60):
        A, B = KINDS[kind](rng)
        found = bg.solve(bg.ThreatGame(A, B), bg.RationalThreats(), certify=False)
        assert found.utilities == pytest.approx(by_faces(A, B), abs=1e-8)
        if kind.startswith("symmetric"):
            assert found.utilities[0] == pytest.approx(found.utilities[1], abs=1e-9)
        paid = bg.ThreatGame(A, B, transferable=True)
        rational, coco = (bg.solve(paid, model, certify=False) for model in (bg.RationalThreats(), bg.Coco()))
        assert rational.utilities == pytest.approx(coco.utilities, abs=1e-9)
        together, transfer = np.max(A + B) / 2, value((A - B) / 2)
        assert coco.utilities == pytest.approx([together + transfer, together - transfer], abs=1e-8)


def test_battle_of_the_sexes() -> None:
    """val(A - B) = 0, so that (5/2, 5/2) on the face with rates 1 to 1: the first ray of the search hits it exactly."""
    found = bg.solve(bg.ThreatGame([[3, 0], [0, 2]], [[2, 0], [0, 3]]), bg.RationalThreats())
    assert found.utilities == pytest.approx([2.5, 2.5], abs=1e-12)


def test_saddle_of_random_games() -> None:
    """No other action for a threat raises anybody's payoff (Nash 1953): hulls, side payments, a curve, unequal weights."""
    rng = np.random.default_rng(0)
    count = 0
    for size in (2, 3, 4):
        shape = (60, size, size + 1)
        for transferable in (False, True):
            game = bg.ThreatGame(rng.normal(size=shape), rng.normal(size=shape), transferable=transferable)
            found = bg.solve(game, bg.RationalThreats(weights=(0.3, 0.7) if size == 3 else None), certify=False)
            assert np.all(found.status == bg.Status.OK)
            assert found.threats is not None
            assert np.max(found.threats.gap) <= 1e-10
            count += found.status.size
    curve = bg.from_curve(lambda u: 4 - u**2, [0, 0], low=0, high=2, concave=True)
    game = bg.ThreatGame(rng.random((60, 3, 3)), 2 * rng.random((60, 3, 3)), agreements=curve)
    found = bg.solve(game, bg.RationalThreats(), certify=False)
    assert np.all(found.status == bg.Status.OK)
    assert found.threats is not None and np.max(found.threats.gap) <= 1e-9
    assert count + found.status.size == 420


def test_games_of_a_stack_may_have_units_of_their_own() -> None:
    """One game in billions does not blur another in millionths: (11/2, 11/2) in each."""
    A, B = np.array([[1, 8], [4, 2.0]]), np.array([[2, 3], [4, 1.0]])
    units = np.array([1e9, 1.0, 1e-6, 1e-12])[:, None, None]
    game = bg.ThreatGame(A * units, B * units, transferable=True)
    for model in (bg.Coco(), bg.RationalThreats()):
        found = bg.solve(game, model)
        assert found.utilities / units[:, 0] == pytest.approx(np.full((4, 2), 5.5), rel=1e-12)
        assert bg.verify(found).ok
    far = bg.ThreatGame([[1, 8], [4, -1e9]], [[2, 3], [4, -1e9]], transferable=True)
    together, transfer = bg.Coco().components(far)
    assert bg.solve(far, bg.Coco()).utilities == pytest.approx([together + transfer, together - transfer])
    offset = bg.ThreatGame(A + 1e9, B + 1e9, transferable=True)
    assert bg.solve(offset, bg.RationalThreats()).utilities - 1e9 == pytest.approx([5.5, 5.5], abs=1e-6)


def test_actions_beyond_all_agreements_are_a_status_in_a_stack() -> None:
    pie = bg.split(7, [bg.Linear()] * 2)
    game = bg.ThreatGame([[[1, 2], [6, 4]], [[1, 2], [3, 4]]], [[[3, 1], [6, 0]], [[3, 1], [3, 0]]], agreements=pie)
    for model in (bg.RationalThreats(), bg.SecurityLevels(), bg.NoDealEquilibrium("best for row")):
        found = bg.solve(game, model)
        assert found.status.tolist() == [bg.Status.INFEASIBLE, bg.Status.OK]
        assert np.all(np.isnan(found.utilities[0])) and np.all(found.gains[1] >= 0)
    with pytest.raises(NoAgreement):  # a point outside the set is not one that leaves nothing to bargain over
        bg.solve(bg.ThreatGame([[1]], [[1]], agreements=pie).problem([6, 6]), bg.Nash())


def test_a_stack_of_no_games() -> None:
    for transferable in (False, True):
        game = bg.ThreatGame(np.zeros((0, 2, 3)), np.zeros((0, 2, 3)), transferable=transferable)
        assert bg.solve(game, bg.RationalThreats()).utilities.shape == (0, 2)


def test_bargaining_from_an_equilibrium() -> None:
    """Without a deal a prisoner's dilemma is played: (1, 1), from which the parties share the gains."""
    game = bg.ThreatGame([[4, 0], [5, 1]], [[4, 5], [0, 1]])
    found = bg.solve(game, bg.NoDealEquilibrium())
    assert found.threats is not None
    assert found.threats.point.tolist() == [1, 1] and found.utilities.tolist() == [4, 4]
    assert bg.verify(found).ok
    sexes = np.array([[3, 0], [0, 2.0]]), np.array([[2, 0], [0, 3.0]])
    with pytest.raises(InvalidProblem, match="does not decide between 3"):
        bg.solve(bg.ThreatGame(*sexes), bg.NoDealEquilibrium())
    stack = bg.ThreatGame(*(np.stack([table, np.eye(2)[0] + np.zeros((2, 2))]) for table in sexes))
    found = bg.solve(stack, bg.NoDealEquilibrium("pure"))
    assert found.status[0] == bg.Status.UNDETERMINED and np.all(np.isnan(found.utilities[0]))


def test_verify_tries_lotteries_over_threats_and_finds_worse_ones_out() -> None:
    game = bg.ThreatGame([[8, 0], [2, 6]], [[4, 6], [9, 1]])
    found = bg.solve(game, bg.RationalThreats())
    assert bg.verify(found).ok
    assert found.threats is not None
    rival = bg.solve(game, bg.SecurityLevels())
    assert rival.threats is not None
    false = replace(rival, threats=replace(rival.threats, gap=np.zeros(())))
    report = bg.verify(false)
    assert not report.ok
    assert "FAILED no other threat" in repr(report) or "FAILED the threats give" in repr(report)
    lower = replace(rival, threats=replace(rival.threats, point=rival.threats.point - 1))
    assert "FAILED the threats give" in repr(bg.verify(lower))


@pytest.mark.parametrize("seed", range(20))
def test_theorems_about_side_payments(seed: int) -> None:
    rng = np.random.default_rng(seed)
    game = random_game(rng, transferable=True)
    value = bg.solve(game, bg.RationalThreats()).utilities
    assert bg.solve(game, bg.Coco()).utilities == pytest.approx(value, abs=1e-9)
    together, transfer = bg.Coco().components(game)
    assert value == pytest.approx([together + transfer, together - transfer], abs=1e-9)
    assert np.sum(value) == pytest.approx(np.max(game.A + game.B), abs=1e-9)
    swapped = bg.ThreatGame(game.B.T, game.A.T, transferable=True)
    assert bg.solve(swapped, bg.RationalThreats()).utilities == pytest.approx(value[::-1], abs=1e-9)
    twice = bg.ThreatGame(np.vstack([game.A] * 2), np.vstack([game.B] * 2), transferable=True)
    assert bg.solve(twice, bg.RationalThreats()).utilities == pytest.approx(value, abs=1e-9)
    richer = bg.ThreatGame(game.A + 3, game.B, transferable=True)
    assert bg.solve(richer, bg.RationalThreats()).utilities == pytest.approx(np.add(value, [3, 0]), abs=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_units_of_each_party_do_not_matter_without_payments(seed: int) -> None:
    rng = np.random.default_rng(seed)
    game = random_game(rng)
    plain = bg.solve(game, bg.RationalThreats())
    scale, shift = np.array([1e6, 1e-3]), np.array([-5.0, 7.0])
    other = bg.ThreatGame(scale[0] * game.A + shift[0], scale[1] * game.B + shift[1])
    found = bg.solve(other, bg.RationalThreats())
    assert (found.utilities - shift) / scale == pytest.approx(plain.utilities, abs=1e-9)
    assert plain.threats is not None and found.threats is not None
    assert found.threats.row == pytest.approx(plain.threats.row, abs=1e-7)


@pytest.mark.parametrize("transferable", [False, True])
def test_strictly_competitive_games_give_the_value(transferable: bool) -> None:
    rng = np.random.default_rng(5)
    A = rng.normal(size=(3, 4))
    value = bg.zero_sum(A).value
    game = bg.ThreatGame(A, -A, transferable=transferable)
    for model in (bg.RationalThreats(), bg.SecurityLevels()):
        found = bg.solve(game, model)
        assert found.utilities == pytest.approx([value, -value], abs=1e-9)
        assert "nothing left to bargain over" in repr(found)
        assert bg.verify(found).ok


def test_nothing_is_left_in_a_game_of_one_outcome() -> None:
    for transferable in (False, True):
        game = bg.ThreatGame([[3, 3]], [[1, 1]], transferable=transferable)
        assert bg.solve(game, bg.RationalThreats()).utilities == pytest.approx([3, 1], abs=1e-9)


def test_agreements_of_their_own_reproduce_the_hull() -> None:
    """The hull of the same payoffs, given as a problem, has the same threats."""
    rng = np.random.default_rng(2)
    A, B = rng.random((2, 3, 3))
    hull = bg.lotteries(bg.from_points(np.stack([A.ravel(), B.ravel()], axis=-1), disagreement=[0, 0]))
    own, given = (bg.solve(bg.ThreatGame(A, B, agreements=deals), bg.RationalThreats()) for deals in (None, hull))
    assert given.utilities == pytest.approx(own.utilities, abs=1e-12)


def test_threats_on_a_curve_meet_the_condition_of_the_tangent() -> None:
    """On u_2 = 4 - u_1^2 the normal is (2 u_1, 1): 2 u_1 (u_1 - d_1) = u_2 - d_2, and threats solve 2 u_1 A - B."""
    curve = bg.from_curve(lambda u: 4 - u**2, [0, 0], low=0, high=2, concave=True)
    A, B = np.random.default_rng(7).random((2, 3, 3))
    found = bg.solve(bg.ThreatGame(A, B, agreements=curve), bg.RationalThreats())
    u, threats = found.utilities, found.threats
    assert threats is not None
    assert 2 * u[0] * (u[0] - threats.point[0]) == pytest.approx(u[1] - threats.point[1], abs=1e-8)
    scaled = 2 * u[0] * A - B
    assert np.min(threats.row @ scaled) == pytest.approx(np.max(scaled @ threats.column), abs=1e-8)


def test_a_curve_need_not_be_described_below_all_threats() -> None:
    A, B = [[0.5, 1.2], [0.2, 0.9]], [[0.3, 1.0], [1.5, 0.1]]
    found = [
        bg.solve(bg.ThreatGame(A, B, agreements=bg.from_curve(lambda u: 4 - u**2, [0, 0], **ends)), bg.RationalThreats())
        for ends in ({}, {"low": 0, "high": 2, "concave": True})
    ]
    assert found[0].utilities == pytest.approx(found[1].utilities, abs=1e-9)


def test_a_stack_is_its_games() -> None:
    rng = np.random.default_rng(11)
    for transferable in (False, True):
        A, B = rng.normal(size=(2, 6, 3, 3))
        A[2, 0, 0] = np.nan
        models = [bg.RationalThreats(), bg.SecurityLevels(), *([bg.Coco()] if transferable else [])]
        for model in models:
            stack = bg.solve(bg.ThreatGame(A, B, transferable=transferable), model)
            assert stack.status.tolist() == [0, 0, bg.Status.NOT_FINITE, 0, 0, 0]
            assert np.all(np.isnan(stack.utilities[2])) and np.all(np.isfinite(stack.utilities[[0, 1, 3, 4, 5]]))
            for i in (0, 5):
                alone = bg.solve(bg.ThreatGame(A[i], B[i], transferable=transferable), model)
                assert stack.utilities[i] == pytest.approx(alone.utilities, abs=1e-9)
            assert bg.verify(stack, trials=50).ok


def test_other_concepts_over_security_levels() -> None:
    """The disagreement point is Straffin's (1993, chapter 16); the concept over it is free."""
    game = bg.ThreatGame([[2, 10], [4, 0]], [[6, 5], [8, 0]])
    found = bg.solve(game, bg.SecurityLevels(bg.KalaiSmorodinsky()))
    by_hand = bg.solve(game.problem([10 / 3, 6]), bg.KalaiSmorodinsky())
    assert found.utilities == pytest.approx(by_hand.utilities, abs=1e-9)


def test_words_say_what_makes_the_disagreement_point() -> None:
    """Strategies that guarantee security levels may give more when they meet: here (3.43, 5.43), not (3.43, 2)."""
    paid = bg.ThreatGame([[0, 6, -1], [4, 3, 5]], [[0, 2, 2], [-1, 6, 5]], transferable=True)
    secure = bg.solve(paid, bg.SecurityLevels())
    assert secure.threats is not None
    assert paid.payoffs(secure.threats.row, secure.threats.column) == pytest.approx([24 / 7, 38 / 7])
    assert "0.1429 row 1 + 0.8571 row 2 guarantees 3.429, column 2 guarantees 2" in repr(secure)
    assert "threats 0.3 row 1 + 0.7 row 2 v 0.3 column 2 + 0.7 column 3 give (3.41, 4.31)" in repr(
        bg.solve(paid, bg.Coco())
    )
    dilemma = bg.ThreatGame([[4, 0], [5, 1]], [[4, 5], [0, 1]])
    played = bg.solve(dilemma, bg.NoDealEquilibrium())
    assert "without a deal row 2 v column 2 give (1, 1)" in repr(played)
    assert "without a deal row 2 v column 2 give (1, 1)" in played._repr_html_()


def test_comparisons_of_utility_and_empty_gains_are_said() -> None:
    game = bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]], units=("USD", "EUR"))
    assert "compares utilities between parties (USD with EUR)" in repr(bg.solve(game, bg.SecurityLevels(bg.Egalitarian())))
    table = bg.compare(game, [bg.NoDealEquilibrium(1)])  # (4, 4) is efficient already
    assert table["gain row player"].tolist() == [0.0] and table["fraction row player"].isna().all()


def test_changes_make_a_new_game() -> None:
    game = bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]], rows=("up", "down"))
    paid = game.replace(transferable=True)
    assert paid.transferable and not game.transferable and paid.rows == ("up", "down")
    with pytest.raises(UnknownName, match="no field of a game of threats"):
        game.replace(first=1)


def test_faces_on_which_the_scaled_game_is_not_valid() -> None:
    """Only the rates of the face that holds the deal will do (Nash 1953): here 1 to 4."""
    game = bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]])
    assert bg.solve(game, bg.RationalThreats(rates=(1, 4))).utilities == pytest.approx([6.5, 3.375], abs=1e-9)
    with pytest.raises(InvalidProblem, match=r"no threats are in equilibrium at the rates \[1.0, 1.0\].*\[6.5, 3.375\]"):
        bg.solve(game, bg.RationalThreats(rates=(1, 1)))


def test_corner_between_two_faces() -> None:
    """Between the faces (4, 8)-(6, 7) and (6, 7)-(7, 4) the deal is the corner: each side holds the other there."""
    game = bg.ThreatGame([[4, 6, 0], [7, 0, 3]], [[8, 7, 0], [4, 0, 3]])
    found = bg.solve(game, bg.RationalThreats())
    assert found.utilities == pytest.approx([6, 7], abs=1e-12)
    assert bg.verify(found).ok


TWO = [[1, 2], [3, 4]]
BAD: dict[str, tuple[Callable[[], object], str]] = {
    "shapes": (lambda: bg.ThreatGame(TWO, [[1, 2]]), r"A has shape \(2, 2\) and B \(1, 2\); both hold payoffs of the same"),
    "one row of numbers": (lambda: bg.ThreatGame([1, 2], [3, 4]), r"A has shape \(2,\); it must be a table with a row for"),
    "no actions": (lambda: bg.ThreatGame(np.zeros((0, 2)), np.zeros((0, 2))), "at least one of each"),
    "nan": (lambda: bg.ThreatGame(TWO, [[1, np.nan], [3, 4]]), r"B\[0, 1\] = nan is not finite; every pair of actions"),
    "infinity": (lambda: bg.ThreatGame([[1, 2], [-np.inf, 4]], TWO), r"A\[1, 0\] = -inf is not finite"),
    "words": (lambda: bg.ThreatGame([["a"]], [[1]]), "A = .* is not an array of real numbers"),
    "names": (lambda: bg.ThreatGame(TWO, TWO, rows=["a", "a"]), "rows = .* must be 2 different names, one a row"),
    "parties": (lambda: bg.ThreatGame(TWO, TWO, parties=["a"]), "give 2 distinct names"),
    "transferable": (lambda: bg.ThreatGame(TWO, TWO, transferable="yes"), "transferable = 'yes' must be True or False"),
    "both": (
        lambda: bg.ThreatGame(TWO, TWO, transferable=True, agreements=bg.split(9, [bg.Linear()] * 2)),
        "say two things about what can be agreed on",
    ),
    "no problem": (lambda: bg.ThreatGame(TWO, TWO, agreements=TWO), "is no Problem; agreements are the deals"),
    "three": (lambda: bg.ThreatGame(TWO, TWO, agreements=bg.split(9, [bg.Linear()] * 3)), "the problem has 3"),
    "points": (lambda: bg.ThreatGame(TWO, TWO, agreements=bg.from_points(TWO, [0, 0])), r"bg\.lotteries"),
    "beyond": (
        lambda: bg.ThreatGame(TWO, TWO, agreements=bg.split(7, [bg.Linear()] * 2)),
        r"actions 'row 2' and 'column 2' give \[4.0, 4.0\], more than any agreement",
    ),
    "stacks": (
        lambda: bg.ThreatGame(np.ones((3, 2, 2)), np.ones((3, 2, 2)), agreements=bg.split([7, 8], [bg.Linear()] * 2)),
        "leading axes",
    ),
    "two units": (
        lambda: bg.ThreatGame(TWO, TWO, transferable=True, units=("USD", "EUR")),
        "side payments are one for one, and utilities are in USD and EUR",
    ),
    "no lottery": (lambda: bg.ThreatGame(TWO, TWO).payoffs([1, 1], [1, 0]), "row holds no lotteries: .* must sum to one"),
    "too many probabilities": (lambda: bg.ThreatGame(TWO, TWO).payoffs([1, 0, 0], [1, 0]), "do not fit a game of"),
    "no payments": (lambda: bg.solve(bg.ThreatGame(TWO, TWO), bg.Coco()), "coco value is defined with side payments"),
    "no weight": (lambda: bg.solve(bg.ThreatGame(TWO, TWO), bg.RationalThreats(weights=(1, 0))), "must both be positive"),
    "no rate": (
        lambda: bg.solve(bg.ThreatGame(TWO, TWO), bg.RationalThreats(rates=(0, 1))),
        "rates .* must be two positive numbers",
    ),
    "rates of a stack": (
        lambda: bg.solve(bg.ThreatGame([TWO], [TWO]), bg.RationalThreats(rates=(1, 1))),
        "each game of a stack has its own: leave rates out",
    ),
    "a concept": (
        lambda: bg.solve(bg.ThreatGame(TWO, TWO), bg.Nash()),
        r"Nash needs a disagreement point.*bg\.RationalThreats",
    ),
    "a problem": (
        lambda: bg.solve(bg.split(1, [bg.Linear()] * 2), bg.RationalThreats()),
        r"is no ThreatGame; RationalThreats is about games of threats: bg\.ThreatGame\(A, B\)",
    ),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidProblem, match=message):
        call()


def test_the_point_can_be_given_by_hand() -> None:
    game = bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]], parties=("firm", "union"), units=("USD", "USD"))
    assert bg.solve(game.problem([1, 2]), bg.Nash()).utilities == pytest.approx([6.5, 3.375])
    with pytest.raises(NoAgreement):
        bg.solve(game.problem([9, 9]), bg.Nash())
    table = bg.compare(game, [bg.RationalThreats(), bg.SecurityLevels()])
    assert table[["threat firm", "threat union"]].to_numpy() == pytest.approx(np.array([[1, 2], [10 / 3, 2.5]]))


@pytest.mark.parametrize("penalty", [1e3, 1e6, 1e9, 1e12])
def test_actions_that_nobody_would_choose_do_not_matter(penalty: float) -> None:
    """Each party gets 3/2: the two games without a third row are each other's mirror image."""
    A, B = [[3, 0], [0, 2], [-penalty] * 2], [[0, 2], [3, 0], [3, 2]]
    for transferable in (False, True):
        game = bg.ThreatGame(A, B, transferable=transferable)
        found = bg.solve(game, bg.RationalThreats())
        assert found.utilities == pytest.approx([1.5, 1.5], abs=1e-9)
        assert bg.verify(found).ok
        assert found.threats is not None
        wrong = replace(found.threats, row=np.array([1.0, 0.0, 0.0]), point=game.payoffs([1, 0, 0], found.threats.column))
        assert deviation_gain(wrong, bg.solve(game.problem(wrong.point), bg.Nash()).utilities, np.eye(3), np.eye(2)) > 0.1
    levels = bg.solve(bg.ThreatGame([[2, 10], [4, 0], [-penalty] * 2], [[6, 5], [8, 0], [3, 2]]), bg.SecurityLevels())
    assert levels.utilities == pytest.approx([26 / 3, 17 / 3], abs=1e-9)


def test_a_flat_face_next_to_a_corner() -> None:
    """The deal is on the face from (2e-5, 2.00002) to (2.00002, 2.00001); the second party can gain 4e-10."""
    game = bg.ThreatGame([[1e-05, 2.00002], [2.0, 2e-05]], [[2.00002, 2.00001], [1.0, 2.00002]])
    found = bg.solve(game, bg.RationalThreats())
    assert found.utilities == pytest.approx([1.99998, 2.00001], abs=1e-6)
    assert bg.verify(found).ok


def test_payoffs_too_small_or_too_large_for_products_are_refused() -> None:
    for unit in (1e-200, 1e200):
        with pytest.raises(InvalidProblem, match="out of the range of floating-point numbers"):
            bg.ThreatGame([[1 * unit, 3 * unit]], [[2, 1]])
    game = bg.ThreatGame(
        np.array([1.0, 1e-200, 1e300])[:, None, None] * [[1, 8], [4, 2]], [[2, 3], [4, 1]], transferable=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = bg.solve(game, bg.RationalThreats())
    assert found.status.tolist() == [bg.Status.OK, bg.Status.NOT_FINITE, bg.Status.NOT_FINITE]
    assert np.all(np.isnan(found.utilities[1:]))
