"""Equilibria of games without agreements, and the disagreement points taken from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bargaining.errors import InvalidProblem, UnknownName
from bargaining.noncooperative import Equilibria, disagreement_from, equilibria
from bargaining.numerics import bimatrix

SEXES = [[3, 0], [0, 2]], [[2, 0], [0, 3]]
PENNIES = [[1, -1], [-1, 1]], [[-1, 1], [1, -1]]
DILEMMA = [[4, 0], [5, 1]], [[4, 5], [0, 1]]
HUNT = [[9, 0], [8, 7]], [[9, 8], [0, 7]]
CONTINUUM = [[-3, 3], [-3, 5]], [[2, 7], [4, 2]]
MIXED_KINDS = [[3, 3], [2, 5], [0, 6]], [[3, 3], [2, 6], [3, 1]]
ACTIONS = {"rows": ["opera", "match"], "columns": ["opera", "match"]}


def random_game(seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(2, 6, 2))
    draw = rng.normal if seed % 2 else lambda size: rng.integers(0, 3, size).astype(float)
    return draw(size=shape), draw(size=shape)


def points(found: Equilibria) -> np.ndarray[Any, Any]:
    return np.array([np.concatenate([profile.row, profile.column]) for profile in found])


# --- what is returned


def test_battle_of_the_sexes() -> None:
    found = equilibria(*SEXES, **ACTIONS)
    assert len(found) == 3
    assert [profile.pure for profile in found] == [True, True, False]
    assert [profile.payoffs.tolist() for profile in found][:2] == [[3, 2], [2, 3]]
    assert found.profiles[2].row == pytest.approx([0.6, 0.4])
    assert found.profiles[2].column == pytest.approx([0.4, 0.6])
    assert found.profiles[2].payoffs == pytest.approx([1.2, 1.2])
    assert all(profile.regret < 1e-15 for profile in found)
    assert (found.components, found.continua) == (((0,), (1,), (2,)), ())
    assert (found.degenerate, found.complete) == (False, True)
    assert repr(found).splitlines() == [
        "3 equilibria; all vertices were compared",
        "  #  row player | column player: payoffs",
        "  0  opera | opera: 3, 2",
        "  1  match | match: 2, 3",
        "  2  0.6 opera + 0.4 match | 0.4 opera + 0.6 match: 1.2, 1.2",
    ]


def test_a_continuum_and_an_isolated_equilibrium() -> None:
    found = equilibria(*MIXED_KINDS)
    assert (found.components, found.continua) == (((0, 1), (2,)), ((0, 1),))
    assert (found.degenerate, found.complete) == (True, True)
    assert found.remark == (
        "degenerate: 1 isolated equilibrium and 1 continuum, given by its extreme points; all vertices were compared"
    )
    (rows, columns), (alone, _) = found.subsets
    assert rows.tolist() == [[1, 0, 0]]
    assert columns == pytest.approx(np.array([[1, 0], [2 / 3, 1 / 3]]))
    assert alone == pytest.approx(np.array([[0, 1 / 3, 2 / 3]]))
    assert "0.6667 column 1 + 0.3333 column 2: 3, 3 (in continuum 1)" in repr(found)


@pytest.mark.parametrize(
    ("game", "remark"),
    [
        (DILEMMA, "1 equilibrium; all vertices were compared"),
        (CONTINUUM, "degenerate: 1 continuum, given by its extreme points; all vertices were compared"),
        (
            ([[2, 2, 0, 0], [0, 0, 1, 1]], [[1, 1, 0, 0], [0, 0, 1, 1]]),
            "degenerate: 3 continua, given by their extreme points; all vertices were compared",
        ),
        (
            ([[-1, 1], [0, 0]], [[1, 0], [1, 0]]),
            "1 equilibrium; all vertices were compared",
        ),
        (
            ([[1, 1], [1, 0]], [[1, 1], [1, 0]]),
            "degenerate: 1 continuum, given by its extreme points; all vertices were compared",
        ),
        (([[1, 0], [0, 0]], [[1, 0], [0, 0]]), "degenerate: 2 isolated equilibria; all vertices were compared"),
    ],
)
def test_remarks(game: Any, remark: str) -> None:
    found = equilibria(*game)
    assert found.remark == remark
    assert found.complete


def test_an_even_number_is_reported_as_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bimatrix._both_vertices

    def without_mixtures(*game: Any) -> Any:
        return tuple(side.take(np.count_nonzero(~side.zero, axis=1) == 1) for side in whole(*game))

    monkeypatch.setattr(bimatrix, "_both_vertices", without_mixtures)
    found = equilibria(*SEXES)
    assert not found.complete
    assert found.remark == (
        "2 equilibria: an even number in a nondegenerate game, so at least one is missing (Wilson 1971; Harsanyi 1973); "
        "4 of 4 paths of Lemke and Howson came to an end (with nashpy: 4)"
    )
    assert len(equilibria(*PENNIES)) == 1  # where all vertices are lost, the paths still lead to it
    with pytest.raises(
        InvalidProblem, match=r"not all equilibria are known \(2 equilibria: an even .* so 'only' has no ans"
    ):
        disagreement_from(*SEXES)
    assert disagreement_from(*SEXES, 0).tolist() == [3, 2]
    with pytest.raises(InvalidProblem, match="'pure' does not decide between 2"):
        disagreement_from(*SEXES, "pure")


def test_what_fails_the_check_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bimatrix, "REGRET", -1.0)
    found = equilibria(*SEXES)
    assert (len(found), found.components, found.complete) == (0, (), False)
    assert "3 candidates left out for too large a regret" in found.remark
    assert found.remark.startswith("0 equilibria: an even number")
    assert len(found.to_frame()) == 0
    with pytest.raises(InvalidProblem, match="selection = 0 is no equilibrium: the game has 0"):
        disagreement_from(*SEXES, 0)
    with pytest.raises(InvalidProblem, match=r"no equilibrium is 'pure': all are mixed\. There are: none"):
        disagreement_from(*SEXES, "pure")


def test_large_games_say_that_the_list_may_be_incomplete() -> None:
    A, B = np.random.default_rng(1).random((2, 14, 14))
    found = equilibria(A, B)
    assert not found.complete
    assert found.remark.startswith("may be incomplete: the game is too large for enumeration; ")
    assert "supports of up to 3 actions were compared; 28 of 28 paths of Lemke and Howson came to an end" in found.remark
    assert all(len(line) <= 80 for line in repr(found).splitlines())


def test_long_lists_are_cut_in_print_only() -> None:
    found = equilibria(np.eye(5), np.eye(5))
    assert len(found) == 31
    assert repr(found).endswith("     and 19 more")
    assert all(len(line) <= 80 for line in repr(found).splitlines())
    assert found.named().endswith("; and 25 more")


def test_order() -> None:
    found = equilibria(np.eye(4), np.eye(4))
    played = [tuple(np.flatnonzero(profile.row)) for profile in found]
    assert played == sorted(played, key=lambda actions: (len(actions), actions))


def test_table() -> None:
    table = equilibria(*MIXED_KINDS, rows=["a", "b", "c"], columns=["a", "b"]).to_frame()
    assert list(table) == [
        "row: a", "row: b", "row: c", "column: a", "column: b",
        "payoff row", "payoff column", "kind", "component", "regret",
    ]  # fmt: skip
    assert table["kind"].tolist() == ["pure", "mixed", "mixed"]
    assert table["component"].tolist() == [0, 0, 1]
    assert table["column: b"].tolist() == pytest.approx([0, 1 / 3, 2 / 3])
    assert table["payoff column"].tolist() == pytest.approx([3, 3, 8 / 3])


# --- invariances


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_do_not_change_strategies(seed: int, scale: float) -> None:
    A, B = random_game(seed)
    base, scaled = equilibria(A, B), equilibria(scale * (A - 3), B / scale + 0.7 / scale)
    assert points(scaled) == pytest.approx(points(base), abs=1e-9)
    assert (scaled.components, scaled.degenerate) == (base.components, base.degenerate)
    for one, other in zip(base, scaled, strict=True):
        assert (other.payoffs * [1 / scale, scale] + [3, -0.7]) == pytest.approx(one.payoffs, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_what_the_other_player_decides_does_not_matter(seed: int) -> None:
    A, B = random_game(seed)
    base = equilibria(A, B)
    moved = equilibria(A + 100 * np.arange(A.shape[1]), B - 50 * np.arange(len(A))[:, None])
    assert points(moved) == pytest.approx(points(base), abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_how_much_is_at_stake_only_moves_the_other_player(seed: int) -> None:
    """With the payoffs against an action multiplied, that action is played in proportion less, and regrets stay small."""
    A, B = random_game(seed)
    m, stakes = len(A), 10.0 ** np.arange(-2, A.shape[1] - 2)
    base, moved = equilibria(A, B), equilibria(A * stakes, B)
    wanted = points(base)
    wanted[:, m:] /= stakes
    wanted[:, m:] /= np.sum(wanted[:, m:], axis=1, keepdims=True)
    assert matched(points(moved), wanted)
    assert max(profile.regret for profile in moved) < 1e-12


def matched(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    apart = np.max(np.abs(one[:, None] - other), axis=-1)
    return len(one) == len(other) and bool(np.all(np.min(apart, axis=0) < 1e-9) and np.all(np.min(apart, axis=1) < 1e-9))


@pytest.mark.parametrize("seed", range(20))
def test_names_and_order_of_actions_and_roles_do_not_matter(seed: int) -> None:
    A, B = random_game(seed)
    m, base, rng = len(A), equilibria(A, B), np.random.default_rng(seed)
    i, j = rng.permutation(m), rng.permutation(A.shape[1])
    moved = equilibria(A[i][:, j], B[i][:, j])
    assert matched(points(moved), points(base)[:, [*i, *(m + j)]])
    turned = equilibria(B.T, A.T)
    assert matched(points(turned), np.roll(points(base), -m, axis=1))
    assert sorted(map(len, turned.components)) == sorted(map(len, moved.components)) == sorted(map(len, base.components))


def test_nothing_that_was_passed_in_is_changed_or_kept() -> None:
    A, B = np.array([[3.0, 0.0], [0.0, 2.0]]), np.array([[2.0, 0.0], [0.0, 3.0]])
    found, point = equilibria(A, B), disagreement_from(A, B, 0)
    A[0, 0] = 99
    assert found.A[0, 0] == 3
    point[0] = 99
    assert disagreement_from(found.A, found.B, 0).tolist() == [3, 2]


# --- selections


@pytest.mark.parametrize(
    ("game", "selection", "payoffs"),
    [
        (DILEMMA, "only", [1, 1]),
        (PENNIES, "only", [0, 0]),
        (([[1, 1], [1, 1]], [[2, 2], [2, 2]]), "only", [1, 2]),
        (HUNT, "payoff-dominant", [9, 9]),
        (HUNT, "risk-dominant", [7, 7]),
        (([[3, 0], [0, 2]], [[3, 0], [0, 2]]), "risk-dominant", [3, 3]),
        (([[9, 0, 0], [8, 7, 0], [0, 0, -1]], [[9, 8, 0], [0, 7, 0], [0, 0, -1]]), "risk-dominant", [7, 7]),
        (SEXES, "best for row", [3, 2]),
        (SEXES, "best for column", [2, 3]),
        (DILEMMA, "pure", [1, 1]),
        (SEXES, 0, [3, 2]),
        (SEXES, np.int64(1), [2, 3]),
        (SEXES, 2, [1.2, 1.2]),
    ],
)
def test_selections(game: Any, selection: Any, payoffs: list[float]) -> None:
    assert disagreement_from(*game, selection) == pytest.approx(payoffs)
    scaled = [
        scale * np.array(table, float) + shift for table, scale, shift in zip(game, (1e6, 1e-6), (5, -2), strict=True)
    ]
    wanted = np.array(payoffs) * [1e6, 1e-6] + [5, -2]
    assert disagreement_from(*scaled, selection) == pytest.approx(wanted, rel=1e-9)


def test_risk_dominance_compares_products_of_losses() -> None:
    """Losses of 1 and 6 in the first, 2 and 2 in the second; sums and single losses would often say something else."""
    A, B = [[1, 0], [0, 2]], [[6, 0], [0, 2]]
    assert disagreement_from(A, B, "risk-dominant").tolist() == [1, 6]


@pytest.mark.parametrize(
    ("game", "selection", "message"),
    [
        (
            SEXES,
            "only",
            "'only' does not decide between 3 equilibria with different payoffs: #0 opera | opera: 3, 2; #1 match",
        ),
        (
            CONTINUUM,
            "only",
            "'only' does not decide between 2 equilibria with different payoffs: #0 match | opera: -3, 4 (in",
        ),
        (
            SEXES,
            "payoff-dominant",
            "no equilibrium is 'payoff-dominant': none gives both players at least as much as every",
        ),
        (SEXES, "risk-dominant", "'risk-dominant' does not decide between 2 equilibria with different payoffs: #0 opera"),
        (
            DILEMMA,
            "risk-dominant",
            "two strict pure equilibria are compared, and the game has 1. There are: #0 match | match",
        ),
        (
            PENNIES,
            "risk-dominant",
            "no equilibrium is 'risk-dominant': two strict pure equilibria are compared, and the game",
        ),
        (CONTINUUM, "best for row", "'best for row' does not decide between 2 equilibria with different payoffs"),
        (PENNIES, "pure", "no equilibrium is 'pure': all are mixed. There are: #0 0.5 opera + 0.5 match | 0.5 opera"),
        (SEXES, "pure", "'pure' does not decide between 2 equilibria with different payoffs"),
        (SEXES, 3, "selection = 3 is no equilibrium: the game has 3, numbered from 0."),
        (SEXES, -1, "selection = -1 is no equilibrium: the game has 3, numbered from 0."),
    ],
)
def test_selections_without_an_answer(game: Any, selection: Any, message: str) -> None:
    with pytest.raises(InvalidProblem) as caught:
        disagreement_from(*game, selection, **ACTIONS)
    assert message in str(caught.value)
    assert np.isnan(disagreement_from(np.array(game[0])[None], game[1], selection)).all()


def test_a_large_game_has_no_only_equilibrium_though_pure_ones_are_known() -> None:
    A, B = np.random.default_rng(2).random((2, 14, 14))
    A[3, 5] = B[3, 5] = 2.0
    assert disagreement_from(A, B, 0).tolist() == [2, 2]
    assert disagreement_from(A - 3 * (np.arange(14)[:, None] != 3), B, "pure").tolist() == [2, 2]
    with pytest.raises(InvalidProblem, match=r"not all equilibria are known .* so 'payoff-dominant' has no answer"):
        disagreement_from(A, B, "payoff-dominant")


# --- stacks


def test_stacks() -> None:
    A, B = np.stack([SEXES[0], PENNIES[0], HUNT[0], DILEMMA[0]]), np.stack([SEXES[1], PENNIES[1], HUNT[1], DILEMMA[1]])
    found = disagreement_from(A, B)
    assert np.isnan(found[[0, 2]]).all()
    assert found[[1, 3]] == pytest.approx(np.array([[0, 0], [1, 1]]))
    square = disagreement_from(A.reshape(2, 2, 2, 2), B.reshape(2, 2, 2, 2), "best for row")
    assert square == pytest.approx(np.array([[[3, 2], [0, 0]], [[9, 9], [1, 1]]]))


def test_stacks_share_tables_and_leave_bad_games_out() -> None:
    A = np.array([DILEMMA[0], DILEMMA[0], DILEMMA[0]], dtype=float)
    A[1, 0, 1] = np.nan
    A[2] += 10
    assert disagreement_from(A, DILEMMA[1]) == pytest.approx(np.array([[1, 1], [np.nan, np.nan], [11, 1]]), nan_ok=True)
    assert disagreement_from(np.zeros((0, 2, 2)), DILEMMA[1]).shape == (0, 2)


# --- calls that make no sense


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: equilibria([1, 2], [1, 2]),
            "A has shape (2,); it must be a table with a row for each action of the row pla",
        ),
        (lambda: equilibria([[1, 2]], 3), "B has shape (); it must be a table"),
        (
            lambda: equilibria([[1, 2, 3], [4, 5, 6]], [[1, 2], [3, 4], [5, 6]]),
            "A has shape (2, 3) and B (3, 2); both hold pay",
        ),
        (lambda: equilibria(np.zeros((0, 2)), np.zeros((0, 2))), "A has shape (0, 2); it must be a table"),
        (
            lambda: equilibria(np.zeros((3, 2, 2)), np.zeros((2, 2))),
            "A has shape (3, 2, 2) and B (2, 2); equilibria takes one",
        ),
        (lambda: equilibria([[1, np.nan]], [[1, 2]]), "A[0, 1] = nan is not finite; every pair of actions needs a payoff."),
        (lambda: equilibria([[1, 2]], [[np.inf, 2]]), "B[0, 0] = inf is not finite"),
        (lambda: disagreement_from([[1, 2]], [[-np.inf, 2]]), "B[0, 0] = -inf is not finite"),
        (lambda: equilibria([["a"]], [[1]]), "A = [['a']] is not an array of real numbers"),
        (lambda: equilibria([[1]], [[1j]]), "B = [[1j]] is not an array of real numbers"),
        (
            lambda: equilibria([[1], [2]], [[1], [2]], rows=["a"]),
            "rows = ['a'] must be 2 different names, one a row of the",
        ),
        (lambda: equilibria([[1], [2]], [[1], [2]], rows=["a", "a"]), "rows = ['a', 'a'] must be 2 different names"),
        (lambda: equilibria([[1]], [[1]], columns="a"), "columns = 'a' must be a list: it is a str."),
        (lambda: equilibria([[1]], [[1]], columns=[1]), "columns = [1] must be a list of strings; 1 is none."),
        (
            lambda: disagreement_from([[1]], [[1]], True),
            "selection = True must be one of 'only', 'payoff-dominant', 'risk-dom",
        ),
        (lambda: disagreement_from([[1]], [[1]], 0.0), "selection = 0.0 must be one of"),
        (lambda: disagreement_from([[1]], [[1]], None), "selection = None must be one of"),
        (
            lambda: disagreement_from(np.zeros((2, 1, 1)), np.zeros((3, 1, 1))),
            "the leading axes (2,), (3,) of a stack do not",
        ),
    ],
)
def test_calls_that_make_no_sense(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)


def test_unknown_selections_name_the_nearest() -> None:
    with pytest.raises(UnknownName, match="no selection named 'payoff dominant'; did you mean 'payoff-dominant'"):
        disagreement_from([[1]], [[1]], "payoff dominant")
    with pytest.raises(UnknownName, match="no selection named 'best'"):
        disagreement_from(np.ones((2, 1, 1)), [[1]], "best")


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e308])
def test_extreme_units(size: float) -> None:
    A, B = size * np.array([[1.0, -1.0], [-1.0, 1.0]]), size * np.array([[-1.0, 1.0], [1.0, -1.0]])
    assert points(equilibria(A, B)).tolist() == [pytest.approx([0.5] * 4)]
    assert disagreement_from(A, B, "best for row") == pytest.approx([0, 0])


@pytest.mark.parametrize("penalty", [-1e3, -1e8, -1e10, -1e14])
def test_a_payoff_that_nobody_ever_gets_changes_no_selection(penalty: float) -> None:
    A, B = [[1, 0], [0, 2], [penalty, penalty]], [[1, 0], [0, 2], [0, penalty]]
    assert len(equilibria(A, B)) == 3
    for selection, payoff in (("payoff-dominant", 2), ("best for row", 2), ("best for column", 2), ("risk-dominant", 2)):
        assert disagreement_from(A, B, selection).tolist() == [payoff, payoff]
    for selection in ("only", "pure"):
        with pytest.raises(InvalidProblem, match="does not decide between"):
            disagreement_from(A, B, selection)


def test_exponentially_many_subsets_are_refused_when_asked_for_and_cost_nothing_before() -> None:
    """Two who want to be in different places: all pairs of different places, so that the subsets are 2^n - 2."""
    apart = 1 - np.eye(22)
    found = equilibria(apart, apart)
    assert len(found) >= 22 * 21
    assert disagreement_from(apart, apart, "pure").tolist() == [1, 1]
    with pytest.raises(InvalidProblem, match="more than 10,000 maximal Nash subsets"):
        found.subsets  # noqa: B018
    assert len(equilibria(1 - np.eye(4), 1 - np.eye(4)).subsets) == 2**4 - 2 + 1  # and the mixture of all
