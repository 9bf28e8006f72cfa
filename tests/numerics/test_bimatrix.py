"""Extreme equilibria of bimatrix games, against another enumeration, exact arithmetic, published games and nashpy."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

import nashpy
import numpy as np
import pytest
from scipy.optimize import linprog, nnls

import bargaining as bg
from bargaining.errors import NoSelection
from bargaining.numerics import bimatrix, pivoting
from bargaining.numerics.bimatrix import Extremes, components, extreme_equilibria, maximal_subsets, remark, suspicious
from bargaining.numerics.replies import gains, strategies

Game = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
CLOSE = 1e-7


def profiles(found: Extremes) -> np.ndarray[Any, Any]:
    return np.concatenate([found.rows[found.pairs[:, 0]], found.columns[found.pairs[:, 1]]], axis=1)


def regret(A: Any, B: Any, x: Any, y: Any) -> float:
    """What a player can gain by deviating, as a share of the range of its payoffs."""
    row, column = np.max(A @ y) - x @ A @ y, np.max(x @ B) - x @ B @ y
    return float(max(row / (np.ptp(A) or 1.0), column / (np.ptp(B) or 1.0)))


def holds(known: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> bool:
    """Whether each wanted profile is among those known."""
    return all(np.min(np.max(np.abs(known - one), axis=1), initial=np.inf) < CLOSE for one in wanted)


def same(found: Extremes, wanted: np.ndarray[Any, Any]) -> bool:
    known = profiles(found)
    return len(known) == len(wanted) and holds(known, wanted)


# --- published games: payoffs, extreme equilibria, and the numbers of components and of maximal subsets

third, half = 1 / 3, 1 / 2
PUBLISHED = {
    "battle of the sexes": (
        [[2, 0], [0, 1]], [[1, 0], [0, 2]],
        [[1, 0, 1, 0], [0, 1, 0, 1], [2 / 3, third, third, 2 / 3]], 3, 3,
    ),
    "matching pennies": ([[1, -1], [-1, 1]], [[-1, 1], [1, -1]], [[half, half, half, half]], 1, 1),
    "prisoner's dilemma": ([[3, 0], [5, 1]], [[3, 5], [0, 1]], [[0, 1, 0, 1]], 1, 1),
    "the example of the lrslib manual for nash": (
        [[0, 6], [2, 5], [3, 3]], [[1, 0], [0, 2], [4, 3]],
        [[2 / 3, third, 0, third, 2 / 3], [0, third, 2 / 3, 2 / 3, third], [0, 0, 1, 1, 0]], 3, 3,
    ),
    "nashpy issue 64": (
        [[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]],
        [[1, 0, 0, 1, 0], [0.8, 0.2, 0, 2 / 3, third], [0, third, 2 / 3, third, 2 / 3]], 3, 3,
    ),
    "the degenerate game of QuantEcon.py 326": (
        [[3, 3], [2, 5], [0, 6]], [[3, 3], [2, 6], [3, 1]],
        [[1, 0, 0, 1, 0], [1, 0, 0, 2 / 3, third], [0, third, 2 / 3, third, 2 / 3]], 2, 2,
    ),
    "nashpy issue 222, a continuum": (
        [[-3, 3], [-3, 5]], [[2, 7], [4, 2]], [[0, 1, 1, 0], [2 / 7, 5 / 7, 1, 0]], 1, 1,
    ),
    "nashpy issue 82, signs turned": (
        [[0, 0, -6, 0, 0], [0, 0, -3, -2, -1], [-4, -3, 0, 0, -1]],
        [[-3, 0, -2, -1, 0], [0, -2, 0, 0, -4], [-4, 0, -2, -4, -4]],
        [
            [1, 0, 0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 1], [2 / 3, third, 0, 0, 1, 0, 0, 0],
            [third, half, 1 / 6, 0, 4 / 9, 2 / 9, third, 0], [0, half, half, 0, half, half, 0, 0],
            [0, 1, 0, 3 / 7, 0, 4 / 7, 0, 0], [0, 1, 0, 1, 0, 0, 0, 0], [0, 1, 0, 3 / 8, 0, 1 / 4, 3 / 8, 0],
        ], None, None,
    ),
    "indifferent everywhere": ([[7, 7], [7, 7]], [[0, 0], [0, 0]],
        [[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]], 1, 1),
    "one action each": ([[5]], [[-2]], [[1, 1]], 1, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_games(name: str) -> None:
    A, B, wanted, groups, subsets = PUBLISHED[name]
    found = extreme_equilibria(np.array(A, float), np.array(B, float))
    assert found.exhaustive
    assert same(found, np.array(wanted, float))
    if groups is not None:
        assert len(components(found.pairs)) == groups
        assert len(maximal_subsets(found.pairs)) == subsets


def test_a_game_in_which_a_support_enumeration_missed_one() -> None:
    rng = np.random.default_rng(8)
    A, B = rng.random((8, 8)), rng.random((8, 8))
    found = extreme_equilibria(A, B)
    assert len(found.pairs) == 15
    assert not found.degenerate


@pytest.mark.parametrize("actions", range(1, 9))
def test_coordination_games_have_an_equilibrium_for_each_set_of_actions(actions: int) -> None:
    assert len(extreme_equilibria(np.eye(actions), np.eye(actions)).pairs) == 2**actions - 1


# --- nondegenerate games, against an enumeration of pairs of supports of equal size


def by_supports(A: Any, B: Any) -> np.ndarray[Any, Any]:
    """Solve the conditions of indifference on all pairs of supports of equal size; keep what no deviation improves."""
    (m, n), found = A.shape, []
    for size in range(1, min(m, n) + 1):
        I = np.array([I for I in combinations(range(m), size) for _ in combinations(range(n), size)])  # noqa: E741
        J = np.array(list(combinations(range(n), size)) * (len(I) // len(list(combinations(range(n), size)))))
        sides = []
        for table, own, other, count in ((A, I, J, n), (B.T, J, I, m)):
            system = np.zeros((len(I), size + 1, size + 1))
            system[:, :size, :size] = table[own[:, :, None], other[:, None, :]]
            system[:, :size, size], system[:, size, :size] = -1.0, 1.0
            solved = np.linalg.solve(system, np.eye(size + 1)[:, -1:])[..., 0]
            strategy = np.zeros((len(I), count))
            np.put_along_axis(strategy, other, solved[:, :size], axis=1)
            best = np.all(strategy @ table.T <= solved[:, size:] + 1e-9 * np.ptp(table), axis=1)
            sides.append((strategy, best & np.all(solved[:, :size] > 0, axis=1)))
        (y, fine), (x, sound) = sides
        found.append(np.concatenate([x, y], axis=1)[fine & sound])
    return np.concatenate(found)


def nondegenerate(count: int, seed: int) -> Iterator[Game]:
    rng = np.random.default_rng(seed)
    for number in range(count):
        shape = (2, *rng.integers(2, 7, 2))
        if number % 4 == 0:
            A, B = rng.random(shape)
        elif number % 4 == 1:
            A, B = rng.normal(size=shape)
        elif number % 4 == 2:
            A, B = rng.integers(-1_000_000, 1_000_000, shape).astype(float)
        else:
            A, B = np.exp(3 * rng.normal(size=shape))  # of very different sizes
        yield A, B


@pytest.mark.parametrize("seed", range(4))
def test_nondegenerate_games_against_support_enumeration(seed: int) -> None:
    for A, B in nondegenerate(250, seed):
        found, wanted = extreme_equilibria(A, B), by_supports(A, B)
        assert same(found, wanted)
        assert len(wanted) % 2 == 1
        assert found.exhaustive
        assert not found.degenerate
        assert not found.rejected
        assert all(regret(A, B, p[: len(A)], p[len(A) :]) < 1e-12 for p in profiles(found))
        assert len(components(found.pairs)) == len(maximal_subsets(found.pairs)) == len(wanted)


def test_nashpy_finds_nothing_else() -> None:
    """What it reports with a regret is left out: in some games with large payoffs its vertices are no equilibria."""
    for A, B in nondegenerate(60, 9):
        if A.size > 16:
            continue
        known = profiles(extreme_equilibria(A, B))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            game = nashpy.Game(A, B)
            others = [
                pair for pair in (*game.support_enumeration(), *game.vertex_enumeration()) if regret(A, B, *pair) < 1e-9
            ]
        assert holds(known, np.array([np.concatenate(pair) for pair in others]).reshape(-1, sum(A.shape)))


# --- degenerate games


def degenerate(count: int, seed: int) -> Iterator[Game]:
    """Draw games with ties: few payoffs, equal actions, players who do not care, zero-sum games, in several units."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        m, n = rng.integers(2, 5, 2)
        A, B = rng.integers(0, 3, (2, m, n)).astype(float)
        if number % 5 == 1:
            A[-1], B[:, -1] = A[0], B[:, 0]
        elif number % 5 == 2:
            A[-1], B[-1] = A[0], B[0]
        elif number % 5 == 3:
            A[:] = 1.0
        elif number % 5 == 4:
            B = -A
        yield A * (1 / 3, 1.0, 0.1)[number % 3], B * (1e6, 1.0, 1e-6)[number % 3] + (0.0, 7.0)[number % 2] * 1e-6


def exact_solution(system: list[list[Fraction]]) -> list[Fraction] | None:
    """Solve equations with ones on the right; None if singular."""
    T = [[*row, Fraction(1)] for row in system]
    for k in range(len(T)):
        pivot = next((i for i in range(k, len(T)) if T[i][k]), None)
        if pivot is None:
            return None
        T[k], T[pivot] = T[pivot], T[k]
        T[k] = [t / T[k][k] for t in T[k]]
        T = [row if i == k else [a - row[k] * b for a, b in zip(row, T[k], strict=True)] for i, row in enumerate(T)]
    return [row[-1] for row in T]


def exact_vertices(C: list[list[Fraction]]) -> set[tuple[Fraction, ...]]:
    found = set()
    for size in range(1, min(len(C), len(C[0])) + 1):
        for rows in combinations(range(len(C)), size):
            for entries in combinations(range(len(C[0])), size):
                solved = exact_solution([[C[r][e] for e in entries] for r in rows])
                if solved is None or min(solved) < 0:
                    continue
                z = [Fraction(0)] * len(C[0])
                for e, value in zip(entries, solved, strict=True):
                    z[e] = value
                if all(sum(c * v for c, v in zip(row, z, strict=True)) <= 1 for row in C):
                    found.add(tuple(z))
    return found


def exact_equilibria(A: Any, B: Any) -> np.ndarray[Any, Any]:
    """Compare all vertices in exact arithmetic; payoffs are whole numbers, from 0."""
    Q = [[Fraction(int(a) + 1) for a in row] for row in A]
    P = [[Fraction(int(b) + 1) for b in row] for row in B.T]
    found, ys = set(), exact_vertices(Q)
    for x in exact_vertices(P):
        replies = [sum(c * v for c, v in zip(row, x, strict=True)) == 1 for row in P]
        for y in ys:
            if not all(reply or not v for reply, v in zip(replies, y, strict=True)):
                continue
            if all(not u or sum(c * v for c, v in zip(row, y, strict=True)) == 1 for row, u in zip(Q, x, strict=True)):
                found.add((*(u / sum(x) for u in x), *(v / sum(y) for v in y)))
    return np.array(sorted(found), dtype=float)


def whole(table: Any) -> np.ndarray[Any, Any]:
    """Bring payoffs of two or three evenly spaced sizes back to whole numbers."""
    sizes = np.unique(np.round((table - table.min()) / (np.ptp(table) or 1.0), 6))
    unit = sizes[1] if len(sizes) > 1 else 1.0
    return np.asarray(np.round((table - table.min()) / (np.ptp(table) or 1.0) / unit))


def test_degenerate_games_against_exact_arithmetic() -> None:
    for A, B in degenerate(200, 3):
        found = extreme_equilibria(A, B)
        assert same(found, exact_equilibria(whole(A), whole(B)))
        assert found.exhaustive
        assert not found.rejected
        groups = components(found.pairs)
        assert sorted(number for group in groups for number in group) == list(range(len(found.pairs)))
        if any(len(group) > 1 for group in groups):
            assert found.degenerate


def test_all_mixtures_in_a_maximal_subset_are_equilibria() -> None:
    rng = np.random.default_rng(4)
    for A, B in degenerate(200, 4):
        found = extreme_equilibria(A, B)
        subsets = maximal_subsets(found.pairs)
        covered = {(x, y) for xs, ys in subsets for x in xs for y in ys}
        assert covered == set(map(tuple, found.pairs.tolist()))
        for xs, ys in subsets:
            for _ in range(3):
                x, y = rng.dirichlet(np.ones(len(xs))) @ found.rows[xs], rng.dirichlet(np.ones(len(ys))) @ found.columns[ys]
                assert regret(A, B, x, y) < 1e-12


def reply_to(table: Any, own: Any, other: Any, objective: Any) -> np.ndarray[Any, Any] | None:
    """Return a strategy on the support `other` to which all actions in `own` are best replies, if there is one."""
    n = table.shape[1]
    rows = np.concatenate([table / (np.ptp(table) or 1.0), -np.ones((len(table), 1))], axis=1)
    solved = linprog(
        np.append(objective, 0.0), A_ub=rows, b_ub=np.zeros(len(table)),
        A_eq=np.vstack([rows[own], np.append(np.ones(n), 0.0)]), b_eq=np.append(np.zeros(len(own)), 1.0),
        bounds=[(0, None if j in other else 0) for j in range(n)] + [(None, None)],
    )  # fmt: skip
    return solved.x[:n] if solved.status == 0 else None


def within(points: Any, p: Any) -> bool:
    return bool(nnls(np.vstack([points.T, np.ones(len(points))]), np.append(p, 1.0))[1] < CLOSE)


def test_no_equilibrium_lies_outside_the_maximal_subsets() -> None:
    """On supports of any sizes, linear programs with objectives drawn at random find equilibria, also inside continua."""
    rng, met = np.random.default_rng(5), 0
    for A, B in degenerate(40, 5):
        found = extreme_equilibria(A, B)
        subsets = maximal_subsets(found.pairs)
        for _ in range(8):
            I, J = (np.flatnonzero(rng.random(count) < 0.6).tolist() for count in A.shape)  # noqa: E741
            if not I or not J:
                continue
            ends = [
                (reply_to(A, I, J, rng.normal(size=A.shape[1])), reply_to(B.T, J, I, rng.normal(size=A.shape[0])))
                for _ in range(2)
            ]
            if any(y is None or x is None for y, x in ends):
                continue
            y, x = (0.3 * np.array(one) + 0.7 * np.array(other) for one, other in zip(*ends, strict=True))
            met += 1
            assert regret(A, B, x, y) < 1e-8
            assert any(within(found.rows[xs], x) and within(found.columns[ys], y) for xs, ys in subsets)
    assert met > 50


def test_payoffs_that_differ_by_their_rounding_tie() -> None:
    A = np.array([[0.1 + 0.2, 1.0], [0.3, 1.0]])
    found = extreme_equilibria(A, np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert found.degenerate
    assert len(components(found.pairs)) == 1


# --- the parts


def test_components_and_maximal_subsets_of_a_graph() -> None:
    """A path of three edges, a square, and an edge of its own."""
    pairs = np.array([[0, 0], [1, 0], [1, 1], [2, 2], [2, 3], [3, 2], [3, 3], [4, 4]])
    assert components(pairs) == [[0, 1, 2], [3, 4, 5, 6], [7]]
    assert maximal_subsets(pairs) == [([0, 1], [0]), ([1], [0, 1]), ([2, 3], [2, 3]), ([4], [4])]


def test_gains_in_any_units() -> None:
    table = np.array([[1.0, 5.0], [3.0, 1.0]])
    for scale in (1.0, 1e-300, 1e300):
        over, stakes = gains(scale * table)
        assert over.tolist() == [[0, 1], [1, 0]]
        assert stakes == pytest.approx([0.5, 1])
    assert gains(np.array([[1e308, -1e308], [-1e308, 1e308]]))[0].tolist() == [[1, 0], [0, 1]]
    assert gains(np.array([[2.0, 7.0], [2.0, 7.0]]))[0].tolist() == [[0, 0], [0, 0]]
    assert gains(np.array([[0.1 + 0.2, 1.0], [0.3, 3.0]]))[0].tolist() == [[0, 0], [0, 1]]


# --- large games


@pytest.mark.parametrize("shape", [(5, 4), (4, 5), (7, 3), (12, 12), (30, 30)])
def test_paths_lead_to_equilibria(shape: tuple[int, int]) -> None:
    """nashpy reads off strategies in the wrong order with 5 rows and 4 columns, and loses paths in larger games."""
    A, B = np.random.default_rng(6).random((2, *shape))
    (P, u), (Q, v) = gains(B.T), gains(A)
    P, Q = 1 + P, 1 + Q
    starts = list(range(sum(shape)))
    own, other = [pivoting.lemke_howson(P, Q, start) for start in starts], pivoting.nashpy_ends(P, Q, starts)
    assert None not in own
    assert A.size > 100 or None not in other
    for end in (*own, *other):
        if end is not None:
            x, y = strategies(end[0], u), strategies(end[1], v)
            assert regret(A, B, x, y) < 1e-12


def test_paths_in_degenerate_games() -> None:
    for A, B in degenerate(100, 7):
        (P, u), (Q, v) = gains(B.T), gains(A)
        P, Q = 1 + P, 1 + Q
        for start in range(sum(A.shape)):
            end = pivoting.lemke_howson(P, Q, start)
            assert end is not None
            x, y = strategies(end[0], u), strategies(end[1], v)
            assert regret(A, B, x, y) < 1e-12


def test_a_path_that_is_too_long_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pivoting, "PIVOTS", 1)
    P, Q = 2 * np.ones((3, 3)) - np.eye(3), 1 + np.eye(3)
    assert pivoting.lemke_howson(P, Q, 0) is None
    assert pivoting.nashpy_ends(P, Q, [0, 1]) == [None, None]


def test_what_is_found_in_games_taken_for_large_is_among_all_equilibria(monkeypatch: pytest.MonkeyPatch) -> None:
    games = [*nondegenerate(30, 11), *degenerate(30, 11)]
    known = [extreme_equilibria(A, B) for A, B in games]
    monkeypatch.setattr(bimatrix, "CELLS", 0)
    for (A, B), all_of_them in zip(games, known, strict=True):
        found = bimatrix._enumerated(A, B)  # as if no action could be dropped
        assert (found.support, found.exhaustive) == (1, False)
        assert found.starts == sum(A.shape)
        assert len(found.pairs) > 0
        assert holds(profiles(all_of_them), profiles(found))


def test_large_games() -> None:
    for shape in ((14, 14), (40, 25)):
        A, B = np.random.default_rng(12).random((2, *shape))
        found = extreme_equilibria(A, B)
        assert not found.exhaustive
        assert len(found.pairs) > 0
        assert np.max(found.regrets) < 1e-12
        assert all(regret(A, B, p[: shape[0]], p[shape[0] :]) < 1e-12 for p in profiles(found))


def test_narrow_games_are_searched_in_full() -> None:
    for shape in ((2, 150), (40, 3), (3, 150)):
        A, B = np.random.default_rng(13).random((2, *shape))
        found = extreme_equilibria(A, B)
        assert found.exhaustive
        assert len(found.pairs) % 2 == 1


def test_dominated_actions_are_dropped_over_and_over_and_nothing_is_lost() -> None:
    """Each game below has dominated actions around a core, with payoffs of any size; its equilibria are the core's."""
    rng = np.random.default_rng(21)
    for size in (1.0, 1e6, 1e12):
        for _ in range(20):
            m, n = rng.integers(1, 4, 2)
            core = rng.random((2, m, n))
            A, B = (np.pad(table, ((0, 2), (0, 2))) for table in core)
            A[m:] = np.min(A[:m], axis=0) - size * (1 + rng.random((2, n + 2)))
            B[:, n:] = np.min(B[:, :n], axis=1, keepdims=True) - size * (1 + rng.random((m + 2, 2)))
            found, wanted = extreme_equilibria(A, B), profiles(extreme_equilibria(*core))
            inside = np.concatenate([np.arange(m), np.arange(m + 2, m + 2 + n)])
            assert profiles(found)[:, inside] == pytest.approx(wanted, abs=1e-12)
            assert found.exhaustive


def test_ties_that_rounding_does_not_decide_are_said() -> None:
    """Three isolated equilibria; in doubles, a mixed one lies within 5e-13 of two more ties."""
    A, B = (
        np.array([[1000002, 0, 2], [1000001, 2000000, 0]]),
        np.array([[1000002, 1000001, 2000001], [1000000, 1000001, 0]]),
    )
    found = extreme_equilibria(A.astype(float), B.astype(float))
    assert found.doubtful
    assert suspicious(found)
    assert remark(found, components(found.pairs)).startswith("may be incomplete; degenerate")
    with pytest.raises(NoSelection, match=r"not all equilibria are known.*ties that rounding does not decide"):
        bg.disagreement_from(A, B, "best for row")


@pytest.mark.parametrize("size", [1e3, 1e4, 1e5, 1e6])
def test_whole_numbers_next_to_each_other_against_exact_arithmetic(size: float) -> None:
    rng = np.random.default_rng(int(size))
    settled = 0
    for _ in range(60):
        shape = tuple(rng.integers(2, 4, 2))
        A, B = size * rng.integers(0, 3, (2, *shape)) + rng.integers(0, 3, (2, *shape))
        found = extreme_equilibria(A, B)
        if not suspicious(found):
            settled += 1
            assert same(found, exact_equilibria(A, B))
    assert settled >= 55
