"""Weights from deals: exact where they are identified, sets at corners, none with a distance where no weight will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status
from bargaining.weights.implied import Reason

CASE = bg.cases.load("microsoft-openai")
FLAGSHIP = CASE.problem()


def smooth(parties: int, games: int, seed: int) -> Problem:
    """Concave utilities of three issues, of unlike size, with one constraint."""
    rng = np.random.default_rng(seed)
    names = [f"c{i}{j}" for i in range(parties) for j in range(3)]
    parameters = {name: rng.uniform(0.5, 2.0, games) for name in names}
    scale = 10.0 ** rng.uniform(-3.0, 3.0, parties)

    def payoffs(x: Any, y: Any, z: Any, **c: Any) -> list[Any]:
        found = []
        for i in range(parties):
            terms = [v if (i + j) % parties == 0 else 1 - v for j, v in enumerate((x, y, z))]
            found.append(scale[i] * sum(c[f"c{i}{j}"] * np.sqrt(v + 0.1) for j, v in enumerate(terms)))
        return found

    return bg.from_issues(
        [bg.Issue("x"), bg.Issue("y"), bg.Issue("z")], payoffs=payoffs, parties=[f"p{i}" for i in range(parties)],
        disagreement=scale * 0.3, parameters=parameters, constraints=lambda x, y, z: 2.6 - x - y - z, concave=True,
    )  # fmt: skip


def trade() -> Problem:
    return bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"one": lambda x, y: 3 * x + y, "two": lambda x, y: (1 - x) + 2 * (1 - y)}, [0, 0], concave=True,
    )  # fmt: skip


def pie() -> Problem:
    return bg.from_issues([bg.Issue("share")], {"one": lambda share: share, "two": lambda share: 1 - share}, [0, 0])


# -- identified --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parties", [2, 3])
def test_weights_of_synthetic_deals_come_back(parties: int) -> None:
    game = smooth(parties, 60, seed=parties)
    weights = np.random.default_rng(9).dirichlet(3 * np.ones(parties), 60)
    deals = game.feasible.nash(game.disagreement, weights)
    assert np.all(deals.status == bg.Status.OK)
    found = bg.implied_weights(game, utilities=deals.utilities)
    one = found.status == bg.Identification.IDENTIFIED
    assert np.sum(one) > 40
    assert np.max(np.abs(found.lower - weights)[one]) < 1e-8
    assert np.max(np.abs(found.upper - weights)[one]) < 1e-8
    assert np.all(found.status[~one] == bg.Identification.SET)  # deals at corners of the box, where several weights agree
    for game_number in np.flatnonzero(~one):
        assert found.contains(weights[game_number])[game_number]
    assert np.max(np.abs(found.gap)) < 1e-9
    assert np.all(found.distance == 0)


@pytest.mark.parametrize("seed", range(3))
def test_one_term_is_enough_where_it_moves(seed: int) -> None:
    game, b = smooth(2, 1, seed), 0.2 + 0.17 * seed
    deal = bg.solve(game, bg.Nash((b, 1 - b)))
    name = max(deal.terms, key=lambda term: min(deal.terms[term][0], 1 - deal.terms[term][0]))  # inside its range
    found = bg.implied_weights(game, {name: float(deal.terms[name][0])})
    assert found.contains([b, 1 - b])[0]
    assert np.min(np.abs(found.pieces[0] - b)) < 1e-8
    assert np.abs(found.gap[0]) < 1e-9


@pytest.mark.parametrize("b", [0.05, 0.5, 0.7, 0.93])
def test_flagship(b: float) -> None:
    deal = bg.solve(FLAGSHIP, bg.Nash((b, 1 - b)))
    terms = {name: float(value) for name, value in deal.terms.items()}
    whole = bg.implied_weights(FLAGSHIP, terms)
    assert np.abs(whole.lower - [b, 1 - b]).max() < 1e-8
    if b > 0.15:
        part = bg.implied_weights(FLAGSHIP, {"stake": terms["stake"]})
        assert part.status == bg.Identification.IDENTIFIED
        assert np.abs(part.upper - [b, 1 - b]).max() < 1e-8


def test_units_do_not_matter() -> None:
    u = bg.solve(FLAGSHIP, bg.Nash((0.3, 0.7))).utilities
    scale, shift = np.array([1e6, 1e-6]), np.array([-3.0, 1e-4])
    other = bg.rescaled(FLAGSHIP, scale, shift)
    found = bg.implied_weights(other, utilities=scale * u + shift)
    assert found.status == bg.Identification.IDENTIFIED
    assert np.abs(found.lower - [0.3, 0.7]).max() < 1e-8
    deals = [bg.implied_weights(game, {"share": 0.3}).lower for game in (pie(), bg.rescaled(pie(), [7, 2]))]
    assert np.allclose(deals[0], deals[1], atol=1e-9)


# -- published, closed forms -------------------------------------------------------------------------------------------


def test_linear_pie_share_is_the_weight() -> None:
    for share in (0.0, 0.2, 0.5, 1.0):
        found = bg.implied_weights(pie(), {"share": share})
        assert np.allclose(found.lower, [share, 1 - share], atol=1e-9)
        assert np.allclose(found.upper, [share, 1 - share], atol=1e-9)


def test_pie_with_risk_aversion() -> None:
    """Maximising sum a_i rho_i log x_i divides a pie by a_i rho_i (Roth 1979, Axiomatic Models of Bargaining, part I)."""
    rho, x = np.array([0.5, 0.8, 1.0]), np.array([20.0, 50.0, 30.0])
    game = bg.split(100, [bg.Power(0.5), bg.Power(0.8), bg.Linear()], parties=("a", "b", "c"))
    found = bg.implied_weights(game, dict(zip("abc", x.tolist(), strict=True)))
    assert np.allclose(found.lower, x / rho / np.sum(x / rho), atol=1e-12)
    two = bg.split(1, [bg.Power(0.5), bg.Linear()], parties=("a", "b"))
    assert np.allclose(bg.implied_weights(two, {"a": 0.25}).lower, np.array([0.5, 0.75]) / 1.25, atol=1e-12)


def test_wage_bargaining() -> None:
    """The wage w = beta y + (1 - beta) b (Pissarides 2000, Equilibrium Unemployment Theory, chapter 1, in flow terms)."""
    y, b, beta = 1.0, 0.4, 0.72
    job = bg.from_issues([bg.Issue("wage", 0, 2)], {"worker": lambda wage: wage, "firm": lambda wage: y - wage}, [b, 0])
    found = bg.implied_weights(job, {"wage": beta * y + (1 - beta) * b})
    assert np.abs(found.lower - [beta, 1 - beta]).max() < 1e-10
    span = bg.implied_weights(job, {"wage": (0.7, 0.76)})
    assert np.abs(span.lower[0] - 0.5) < 1e-9
    assert np.abs(span.upper[0] - 0.6) < 1e-9


def test_curve() -> None:
    """On u_2 = 4 - u_1^2 the normal is (2 u_1, 1), so that a_1 : a_2 = 2 u_1^2 : 4 - u_1^2."""
    game = bg.from_curve(lambda u1: 4 - u1**2, [0, 0])
    for u in (0.3, 1.0, 1.7):
        a = 2 * u * u / (4 + u * u)
        assert np.abs(bg.implied_weights(game, utilities=[u, 4 - u * u]).lower - [a, 1 - a]).max() < 1e-8


# -- sets --------------------------------------------------------------------------------------------------------------

HULL = bg.lotteries(bg.from_points([[0, 3], [3, 2], [4, 0]], [0, 0]))


@pytest.mark.parametrize(
    "found",
    [
        lambda: bg.implied_weights(trade(), {"x": 1, "y": 0}),
        lambda: bg.implied_weights(trade(), utilities=[3, 2]),
        lambda: bg.implied_weights(HULL, utilities=[3, 2]),
    ],
)
def test_a_corner_gives_an_interval(found: Callable[[], bg.ImpliedWeights]) -> None:
    """The edges at (3, 2) have normals (1, 3) and (2, 1): weights from 3 : 6 to 6 : 2."""
    result = found()
    assert result.status == bg.Identification.SET
    assert np.allclose(result.lower, [1 / 3, 1 / 4], atol=1e-9)
    assert np.allclose(result.upper, [3 / 4, 2 / 3], atol=1e-9)
    assert result.contains([0.5, 0.5])
    assert not result.contains([0.8, 0.2])
    assert "between 0.3333 and 0.75" in repr(result)


def test_an_edge_identifies() -> None:
    found = bg.implied_weights(HULL, utilities=[1.5, 2.5])
    assert np.allclose(found.lower, np.array([1.5, 7.5]) / 9, atol=1e-9)


def test_a_corner_of_three_parties_gives_a_polytope() -> None:
    """All issues at their upper ends, where 4 a_i >= 1 - a_i for every party: the simplex with a_i >= 1/5."""
    game = bg.from_issues(
        [bg.Issue("x"), bg.Issue("y"), bg.Issue("z")],
        payoffs=lambda x, y, z: (4 * x - y - z, 4 * y - x - z, 4 * z - x - y), parties=("a", "b", "c"),
        disagreement=[0, 0, 0], concave=True,
    )  # fmt: skip
    found = bg.implied_weights(game, {"x": 1, "y": 1, "z": 1})
    assert np.allclose(found.lower, 0.2, atol=1e-9)
    assert np.allclose(found.upper, 0.6, atol=1e-9)
    for weights, inside in (((0.2, 0.2, 0.6), True), ((0.3, 0.3, 0.4), True), ((0.45, 0.45, 0.1), False)):
        assert bool(found.contains(weights)) is inside
        deal = bg.solve(game, bg.Nash(weights))
        assert bool(np.allclose(deal.utilities, 2, atol=1e-8)) is inside
    smaller = bg.implied_weights(game.replace(disagreement=[1, 0, 0]), {"x": 1, "y": 1, "z": 1})
    assert not smaller.contains((0.6, 0.2, 0.2))  # within the bounds of each, and out of the polytope
    assert not np.allclose(bg.solve(smaller.problem, bg.Nash((0.6, 0.2, 0.2))).utilities, 2, atol=1e-6)


def test_alternatives() -> None:
    """Of (0, 12), (6, 10), (9, 4), (10, 0) the second is best while b log(9/6) <= (1 - b) log(10/4)."""
    game = bg.from_points([[0, 12], [6, 10], [9, 4], [10, 0]], [0, 0])
    edge = np.log(2.5) / (np.log(2.5) + np.log(1.5))
    found = bg.implied_weights(game, utilities=[6, 10])
    assert np.allclose([found.lower[0], found.upper[0]], [0, edge], atol=1e-9)
    found = bg.implied_weights(game, utilities=[9, 4])
    assert np.allclose([found.lower[0], found.upper[0]], [edge, 1], atol=1e-9)
    dent = bg.from_points([[1, 10], [2, 4], [10, 1]], [0, 0])
    assert bg.implied_weights(dent, utilities=[2, 4]).why == Reason.BEATEN


def test_a_term_at_its_bound_leaves_an_interval_with_exact_ends() -> None:
    found = bg.implied_weights(trade(), {"x": 1})
    assert np.allclose([found.lower[0], found.upper[0]], [1 / 3, 1], atol=1e-9)
    low = bg.implied_weights(FLAGSHIP, {"stake": 0.0})
    assert low.lower[0] == 0
    edge = float(low.upper[0])
    inside, outside = (bg.solve(FLAGSHIP, bg.Nash((b, 1 - b))).terms["stake"] for b in (edge - 1e-3, edge + 1e-3))
    assert inside < 1e-9
    assert outside > 1e-5
    assert "stake is at a bound" in repr(low)
    flat = bg.implied_weights(FLAGSHIP, {"revenue_share": 0.2})
    assert np.allclose([flat.lower[0], flat.upper[0]], [0, 1])


def test_deals_that_are_alike() -> None:
    """Both issues move the same money: at b any x + y = 2 b is best, so x = 0.3 says 0.15 <= b <= 0.65."""
    game = bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")], {"one": lambda x, y: x + y, "two": lambda x, y: 2 - x - y}, [0, 0]
    )
    found = bg.implied_weights(game, {"x": 0.3})
    assert np.allclose([found.lower[0], found.upper[0]], [0.15, 0.65], atol=1e-7)


def test_a_term_that_comes_back_has_several_pieces() -> None:
    def payoffs(s: Any, v: Any) -> tuple[Any, Any]:
        both = 0.2 * v * (3.2 * s * (1 - s) - v / 2)
        return s + both, 1 - s + both

    game = bg.from_issues([bg.Issue("s"), bg.Issue("v")], payoffs=payoffs, parties=("a", "b"), disagreement=[0, 0])
    found = bg.implied_weights(game, {"v": 0.5})
    assert found.pieces is not None
    assert found.pieces.shape == (2, 2)
    assert np.allclose(found.pieces[0] + found.pieces[1], 1, atol=1e-9)
    for b in found.pieces[:, 0]:
        assert abs(float(bg.solve(game, bg.Nash((b, 1 - b))).terms["v"]) - 0.5) < 1e-8
    assert not found.contains([0.5, 0.5])
    assert " or " in repr(found)


def test_ranges_and_several_terms() -> None:
    stake = bg.implied_weights(FLAGSHIP, {"stake": (0.17, 0.41)})
    assert abs(stake.lower[0] - bg.implied_weights(FLAGSHIP, {"stake": 0.17}).lower[0]) < 1e-8
    assert stake.upper[0] == 1
    both = bg.implied_weights(FLAGSHIP, {"stake": (0.1, 0.2), "access": (0.9, 0.95)})
    alone = [bg.implied_weights(FLAGSHIP, {n: e}) for n, e in (("stake", (0.1, 0.2)), ("access", (0.9, 0.95)))]
    assert np.allclose(both.lower[0], max(one.lower[0] for one in alone), atol=1e-8)
    assert np.allclose(both.upper[0], min(one.upper[0] for one in alone), atol=1e-8)
    never = bg.implied_weights(FLAGSHIP, {"stake": 0.2, "access": 0.5})
    assert never.status == bg.Identification.EMPTY
    assert "all terms at once" in never.reason


# -- none --------------------------------------------------------------------------------------------------------------


def test_a_stake_of_30_percent_at_the_baseline_has_no_weight() -> None:
    most = float(bg.solve(FLAGSHIP, bg.Nash((1, 0))).terms["stake"])
    assert 0.28 < most < 0.29
    found = bg.implied_weights(FLAGSHIP, {"stake": 0.30})
    assert found.status == bg.Identification.EMPTY
    assert np.all(np.isnan(found.lower))
    assert found.at == 1
    assert abs(float(found.nearest["stake"]) - most) < 1e-8
    assert 0 < found.distance < 0.05
    assert "largest stake of any Nash deal is 0.286" in found.reason
    assert "short of 0.3" in found.reason
    far = bg.implied_weights(FLAGSHIP, {"stake": 0.45})
    assert np.isnan(far.distance)
    assert "no deal with such terms is better than disagreement" in far.reason
    assert bg.implied_weights(CASE, {"stake": 0.3}, scenario="stake-10-30").nearest["stake"] == 0.249


def test_a_deal_inside_the_frontier_has_a_distance() -> None:
    """Of 36 that can be divided above disagreement, with ideal gains of 35 each, 15 are left."""
    sale = bg.from_issues(
        [bg.Issue("price", 0, 100), bg.Issue("quality", 0, 10)],
        {"buyer": lambda price, quality: 12 * quality - price, "seller": lambda price, quality: price - 0.8 * quality**2},
        [5, 5],
    )
    found = bg.implied_weights(sale, utilities=[20, 10])
    assert found.why == Reason.INSIDE
    assert abs(float(found.distance) - 15 / 70) < 1e-9
    assert found.slack is not None
    assert np.allclose(found.slack, 15, atol=1e-7)
    rounded = {"price": 60.0, "quality": 7.4}
    assert bg.implied_weights(sale, rounded).status == bg.Identification.EMPTY
    close = bg.implied_weights(sale, rounded, tolerance=1e-3)
    assert close.status == bg.Identification.IDENTIFIED
    gains = np.array([12 * 7.4 - 60 - 5, 60 - 0.8 * 7.4**2 - 5])
    assert np.allclose(close.lower, (gains + (35 - np.sum(gains)) / 2) / 35, atol=1e-9)  # raised alike to the frontier


def test_below_disagreement_and_out_of_reach() -> None:
    assert bg.implied_weights(pie().replace(disagreement=[0.3, 0]), {"share": 0.2}).why == Reason.BELOW
    beyond = bg.implied_weights(pie(), utilities=[0.7, 0.5])
    assert beyond.why == Reason.OUT_OF_REACH
    assert abs(float(beyond.distance) - 0.1) < 1e-9
    assert bg.implied_weights(trade(), utilities=[4, 0]).lower[0] == pytest.approx(1)


def test_a_dent_needs_more_than_the_first_order_condition() -> None:
    game = bg.from_issues(
        [bg.Issue("x")], {"one": lambda x: x, "two": lambda x: 1 - x + 0.05 * np.cos(4 * np.pi * x) - 0.05}, [0, 0]
    )
    found = bg.implied_weights(game, {"x": 0.25})  # a local minimum of its Nash product
    assert found.why == Reason.BEATEN
    assert found.gap > 1e-4
    peak = float(bg.solve(game, bg.Nash()).terms["x"])
    assert bg.implied_weights(game, {"x": peak}).contains([0.5, 0.5])
    part = bg.implied_weights(game, {"x": (0.24, 0.26)})  # jumped over by the Nash deal
    assert part.status == bg.Identification.EMPTY


def test_no_agreement() -> None:
    found = bg.implied_weights(pie().replace(disagreement=[0.6, 0.6]), {"share": 0.5})
    assert found.status == bg.Identification.FAILED
    assert "no agreement" in found.reason


# -- stacks and spreads ------------------------------------------------------------------------------------------------


def test_a_stack_is_its_games() -> None:
    losses = np.array([0.05, 0.25, 0.4])
    games = bg.implied_weights(CASE.problem(L=losses), {"stake": 0.2})
    for k, loss in enumerate(losses):
        alone = bg.implied_weights(CASE.problem(L=loss), {"stake": 0.2})
        assert games.status[k] == alone.status
        assert np.allclose(games.lower[k], alone.lower, atol=1e-9, equal_nan=True)
        assert np.allclose(games.nearest["stake"][k], alone.nearest["stake"], atol=1e-7)
    table = games.to_dataframe()
    assert list(table["status"]) == ["empty", "identified", "identified"]
    assert np.array_equal(np.isnan(table["lower Microsoft"]), table["status"] == "empty")
    whole = bg.implied_weights(CASE.problem(L=losses), CASE.deals["press-midpoint"].terms)
    assert np.all(whole.status == bg.Identification.EMPTY)
    assert np.all(whole.distance > 0)


def test_stacks_of_payoffs_and_of_disagreement_points() -> None:
    found = bg.implied_weights(pie(), utilities=[[0.3, 0.7], [0.2, 0.2], [np.nan, 1.0]])
    assert [Reason(code) for code in found.why] == [Reason.NONE, Reason.INSIDE, Reason.BROKEN]
    assert np.allclose(found.lower[0], [0.3, 0.7])
    assert list(found.reason)[1] == "both parties could have more"
    stack = pie().replace(disagreement=[[[0, 0], [0.2, 0]], [[0, 0.5], [0.6, 0.6]]])
    found = bg.implied_weights(stack, {"share": (0.25, 0.3)})
    assert found.status.tolist() == [[1, 1], [1, 3]]
    assert np.allclose(found.lower[..., 0], [[0.25, 0.0625], [0.5, np.nan]], atol=1e-9, equal_nan=True)
    assert np.allclose(found.upper[..., 0], [[0.3, 0.125], [0.6, np.nan]], atol=1e-9, equal_nan=True)


def test_spread_over_uncertain_parameters_and_choices() -> None:
    found = bg.implied_weights(CASE, {"stake": 0.2}, uncertain=["L", "cap_reading"], games=12, rng=3)
    assert isinstance(found, bg.WeightSpread)
    assert [row.options["cap_reading"] for row in found.rows] == ["separate", "joint", "revenue_only"]
    table = found.to_dataframe()
    assert np.allclose(table[["identified", "set", "empty", "failed"]].sum(axis=1), 1)
    first = found.rows[0].found
    assert first.status.shape == (12,)
    loss = float(found.draws["L"][7])
    alone = bg.implied_weights(CASE.problem(L=loss), {"stake": 0.2})
    assert np.allclose(first.lower[7], alone.lower, atol=1e-9, equal_nan=True)
    some = first.lower[first.status == bg.Identification.IDENTIFIED][:, 0]
    assert np.isclose(table["lower 50%"][0], np.median(some))
    again = bg.implied_weights(CASE, {"stake": 0.2}, uncertain={"L": None}, games=12, rng=3)
    assert np.array_equal(again.rows[0].found.lower, first.lower, equal_nan=True)
    assert "no confidence interval" in repr(found)
    assert "do not measure power" in found._repr_html_()


def test_spread_over_scenarios_and_own_ranges() -> None:
    found = bg.implied_weights(
        CASE, {"stake": 0.1}, scenario=[None, "cap-growing"], uncertain={"L": (0.2, 0.3), "cap_reading": ["separate"]},
        games=5,
    )  # fmt: skip
    assert [row.scenario for row in found.rows] == [None, "cap-growing"]
    for scenario, uncertain in (("cap-joint", {"cap_reading": ["separate"]}), ("no-conversion-loss", ["L"])):
        with pytest.raises(InvalidProblem, match=f"scenario '{scenario}' sets {next(iter(uncertain))}"):
            bg.implied_weights(CASE, {"stake": 0.1}, scenario=[None, scenario], uncertain=uncertain, games=5)
    assert np.all((found.draws["L"] >= 0.2) & (found.draws["L"] <= 0.3))
    options = bg.implied_weights(CASE, {"stake": 0.1}, uncertain=["cap_reading"])
    assert options.rows[0].found.status.shape == ()
    assert list(options.to_dataframe()["draws"]) == [1, 1, 1]


THREE = CASE.problem("three-parties")
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: bg.implied_weights(FLAGSHIP), InvalidProblem, "either the deal's `terms` or"),
    (lambda: bg.implied_weights(FLAGSHIP, {"stake": 0.2}, utilities=[1, 2]), InvalidProblem, "either"),
    (lambda: bg.implied_weights(FLAGSHIP, {"steak": 0.2}), UnknownName, "did you mean 'stake'"),
    (lambda: bg.implied_weights(FLAGSHIP, {}), InvalidProblem, "must map terms"),
    (lambda: bg.implied_weights(FLAGSHIP, {"stake": (0.3, 0.2)}), InvalidProblem, "low first"),
    (lambda: bg.implied_weights(FLAGSHIP, {"stake": np.nan}), InvalidProblem, "one number, or a range"),
    (lambda: bg.implied_weights(FLAGSHIP, {"stake": "much"}), InvalidProblem, "real numbers"),
    (lambda: bg.implied_weights(FLAGSHIP, {"stake": 0.2}, tolerance=0.1), InvalidProblem, "by a range"),
    (lambda: bg.implied_weights(FLAGSHIP, {"stake": 0.2}, tolerance=-1), InvalidProblem, "tolerance"),
    (lambda: bg.implied_weights(FLAGSHIP, utilities=[1, 2, 3]), InvalidProblem, "each of the 2 parties"),
    (lambda: bg.implied_weights(FLAGSHIP, {"stake": 0.2}, uncertain=["L"]), InvalidProblem, "belong to a case"),
    (lambda: bg.implied_weights(THREE, {"stake": 0.2}), InvalidProblem, "surface of weights"),
    (lambda: bg.implied_weights(HULL, {"stake": 0.2}), UnknownName, "stake"),
    (lambda: bg.implied_weights(bg.Nash(), {"stake": 0.2}), InvalidProblem, "no Problem"),  # type: ignore[call-overload]
    (lambda: bg.implied_weights(CASE, {"stake": 0.2}, uncertain=["l"]), UnknownName, "parameter or choice"),
    (lambda: bg.implied_weights(CASE, {"stake": 0.2}, uncertain="L"), InvalidProblem, "must be a list"),
    (lambda: bg.implied_weights(CASE, {"stake": 0.2}, uncertain={"L": (0.3, 0.2)}), InvalidProblem, "low first"),
    (lambda: bg.implied_weights(CASE, {"stake": 0.2}, uncertain=["cap"]), InvalidProblem, "no documented range"),
    (lambda: bg.implied_weights(CASE, {"stake": 0.2}, uncertain={"cap_reading": ["none"]}), UnknownName, "option"),
    (lambda: bg.implied_weights(CASE, {"stake": 0.2}, uncertain=["L"], games=0), InvalidProblem, "games"),
    (lambda: bg.implied_weights(CASE, {"stake": 0.2}, uncertain=["L"], rng="x"), InvalidProblem, "rng"),  # type: ignore[call-overload]
    (lambda: bg.implied_weights(CASE, {"stake": 0.2}, scenario="calm"), UnknownName, "scenario"),
    (lambda: bg.implied_weights(CASE, {"stake": 0.2}, scenario=[]), InvalidProblem, "no scenario"),
    (lambda: bg.implied_weights(pie(), {"share": 0.3}).contains([1, -1]), InvalidProblem, "not negative"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_calls_name_cause_and_remedy(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("whole", [False, True])
def test_on_a_flat_part_of_the_frontier_who_could_have_more_has_no_weight(whole: bool) -> None:
    points = bg.from_points([[0, 2], [2, 2], [3, 0]], [0, 0])
    flat = bg.lotteries(points) if whole else points
    found = bg.implied_weights(flat, utilities=[1, 2])
    assert found.lower.tolist() == found.upper.tolist() == [0.0, 1.0]
    corner = bg.implied_weights(flat, utilities=[2, 2])  # all weights up to those of the edge to (3, 0)
    assert corner.lower[0] == 0.0 and corner.upper[0] == pytest.approx(2 / 3 if whole else 1.0, abs=1e-9)
    assert bg.implied_weights(bg.capped(flat, [1.5, 3.0]), utilities=[1.5, 1]).lower.tolist() == [1.0, 0.0]
    rounded = bg.implied_weights(flat, utilities=[1.9, 1.95], tolerance=0.1)  # a deal within the tolerance is the corner
    assert rounded.upper[0] == corner.upper[0]


def test_where_the_deal_cannot_be_solved_afresh_nothing_is_said_to_do_better() -> None:
    level = bg.from_issues(  # the product of gains is one everywhere: equal weights have all deals, and the solver none
        [bg.Issue("x", -1, 1)], {"one": lambda x: np.exp(2 * x), "two": lambda x: np.exp(-2 * x)}, [0, 0]
    )
    best = level.whole.feasible.nash(level.disagreement, np.array([0.5, 0.5]))
    found = bg.implied_weights(level, {"x": 0.5})
    if best.status == Status.OK:
        assert found.lower.tolist() == pytest.approx([0.5, 0.5])
    else:
        assert found.why == Reason.FAILED and found.solver == best.status and np.isnan(found.gap)
        assert "not converged" in repr(found)


def test_at_a_bound_with_an_infinite_slope_weights_are_those_of_deals_beside_it() -> None:
    game = bg.from_issues(
        [bg.Issue("share"), bg.Issue("other")],
        {"a": lambda share, other: share**0.95 + 0.1 * other, "b": lambda share, other: 1 - share + 0.2 * other}, [-0.1, 0],
    )  # fmt: skip
    found = bg.implied_weights(game, {"share": 0, "other": 1})
    slope = 0.95 * 1e-8**-0.05  # 2.4, at the share within which a deal is at the bound: slope a / 0.2 <= b / 1.2
    end = 0.2 / (0.2 + 1.2 * slope)
    assert found.lower[0] == 0.0 and found.upper[0] == pytest.approx(end, rel=1e-6) and found.gap < 1e-8
    for b, least, most in ((0.999 * end, 0.0, 1e-8), (1.001 * end, 1e-8, 1e-6)):
        assert least <= float(bg.solve(game, bg.Nash((b, 1 - b))).terms["share"]) <= most


def test_deals_beside_bounds_that_rounding_takes_out_of_reach() -> None:
    game = bg.from_issues(
        [bg.Issue("x"), bg.Issue("y"), bg.Issue("z")],
        {
            "a": lambda x, y, z: x**0.9 + 0.31 * y + 0.2 * z,
            "b": lambda x, y, z: 0.95 * (1 - x) + 0.87 * y**0.95 + 0.1 * z,
            "c": lambda x, y, z: 0.5 * (1 - y) ** 0.7 + 0.34 * (1 - x) + 0.3 * z - 0.05 * z**2,
        },
        [0, 0, 0],
    )
    weights = np.random.default_rng(1).dirichlet([0.7, 0.7, 0.7], 60)
    deals = game.whole.feasible.nash(np.zeros((60, 3)), weights)
    found = bg.implied_weights(game, utilities=deals.utilities)
    assert np.all((found.lower <= weights + 1e-5) & (weights <= found.upper + 1e-5))
