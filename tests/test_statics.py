"""Comparative statics: closed forms, central differences, bounds and kinks, stacks, tables, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import BargainingError, InvalidProblem, NoAgreement, OutsideRange, UnknownName
from bargaining.problems.problem import Problem
from bargaining.statics.comparative import Activity
from tests.bad_calls import NUMBERS, THINGS
from tests.differences import compare

CASE = bg.cases.load("microsoft-openai")


def sale(worth: Any = 12.0, cost: Any = 0.8, disagreement: Any = (5, 5), **options: Any) -> Problem:
    return bg.from_issues(
        issues=[bg.Issue("price", 0, 100, "USD"), bg.Issue("quality", 0, 10)],
        utilities={
            "buyer": lambda price, quality, *, worth: worth * quality - price,
            "seller": lambda price, quality, *, cost: price - cost * quality**2,
        },
        disagreement=disagreement, parameters={"worth": worth, "cost": cost}, **options,
    )  # fmt: skip


def pie(disagreement: Any = (0, 0), **options: Any) -> Problem:
    return bg.from_issues(
        [bg.Issue("share")], {"one": lambda share: share, "two": lambda share: 1 - share}, disagreement, **options
    )


# -- closed forms ------------------------------------------------------------


@pytest.mark.parametrize(
    "concept", [bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Proportional((2, 3)), bg.Nash((2, 3))]
)
def test_price_and_quality(concept: Any) -> None:
    # quality v / 2c, and the price splits v^2 / 4c - d1 - d2 in the proportions of the weights
    v, c, d1, d2 = 12.0, 0.8, 5.0, 5.0
    weights = np.array(getattr(concept, "weights", None) or (1.0, 1.0))
    a, b = weights / np.sum(weights)
    found = bg.comparative_statics(sale(v, c), concept)
    surplus = v**2 / (4 * c) - d1 - d2
    price = {
        "worth": v / (2 * c) + b * v / (2 * c),
        "cost": -(v**2) / (4 * c**2) - b * v**2 / (4 * c**2),
        "disagreement buyer": -b,
        "disagreement seller": 1 - b,
    }
    for name, expected in price.items():
        assert found.derivative("price", name) == pytest.approx(expected, rel=1e-10), name
    assert found.derivative("quality", "worth") == pytest.approx(1 / (2 * c), rel=1e-10)
    assert found.derivative("quality", "cost") == pytest.approx(-v / (2 * c**2), rel=1e-10)
    assert found.derivative("gain buyer", "cost") == pytest.approx(-a * v**2 / (4 * c**2), rel=1e-10)
    if "weight seller" in found.parameters:
        slope = surplus * weights[0] / np.sum(weights) ** 2
        assert found.derivative("price", "weight seller") == pytest.approx(slope, rel=1e-10)
    assert found.elasticities("quality")[0] == pytest.approx(1.0, rel=1e-10)


def test_a_party_of_no_weight_gains_from_its_first_weight() -> None:
    held = bg.comparative_statics(sale(), bg.Nash((1, 0)))  # at its floor: it gets its share of the surplus of 35
    assert held.derivative("gain seller", "weight seller") == pytest.approx(35.0, rel=1e-9)
    assert held.derivative("price", "weight seller") == pytest.approx(35.0, rel=1e-9)
    single = bg.from_issues([bg.Issue("x")], {"a": lambda x: x * (1 - x), "b": lambda x: 1 + x}, [0, 0])
    above = bg.comparative_statics(single, bg.Nash((1, 0)))  # (1 - 2x) / (x - x^2) + b / (1 + x) = 0 from x = 1/2
    assert above.derivative("x", "weight b") == pytest.approx(1 / 12, rel=1e-9)
    assert above.derivative("x", "weight a") == pytest.approx(0.0, abs=1e-12)


def test_power_utilities_share_by_their_exponents() -> None:
    game = bg.from_issues(
        [bg.Issue("share")],
        {"one": lambda share, *, alpha: share**alpha, "two": lambda share, *, beta: (1 - share) ** beta}, [0, 0],
        parameters={"alpha": 0.3, "beta": 0.6},
    )  # fmt: skip
    found = bg.comparative_statics(game, bg.Nash())  # share alpha / (alpha + beta)
    assert found.derivative("share", "alpha") == pytest.approx(0.6 / 0.81, rel=1e-10)
    assert found.derivative("share", "beta") == pytest.approx(-0.3 / 0.81, rel=1e-10)
    x = 1 / 3
    by_hand = x**0.3 * (np.log(x) + 0.3 / x * (0.6 / 0.81))
    assert found.derivative("utility one", "alpha") == pytest.approx(by_hand, rel=1e-10)


def test_rubinstein_in_rates_period_and_hazard() -> None:
    r, delta = np.array([0.3, 0.5]), 0.4
    talks = bg.AlternatingOffers(period=delta, impatience=(0.2, 0.4), breakdown=bg.Breakdown(0.1))
    found = bg.comparative_statics(pie(), talks)

    def share(rates: Any, period: float) -> Any:  # (1 - m2) / (1 - m1 m2)
        m = np.exp(-np.asarray(rates) * period)
        return (1 - m[1]) / (1 - m[0] * m[1])

    h = 1e-20j  # complex steps: exact to rounding
    expected = {
        "impatience one": np.imag(share(r + np.array([h, 0]), delta)) / 1e-20,
        "impatience two": np.imag(share(r + np.array([0, h]), delta)) / 1e-20,
        "breakdown hazard": np.imag(share(r + h, delta)) / 1e-20,
        "period": np.imag(share(r + 0j, delta + h)) / 1e-20,
    }
    for name, slope in expected.items():
        assert found.derivative("share", name) == pytest.approx(slope, rel=1e-10), name
    second = bg.comparative_statics(pie(), bg.AlternatingOffers(factors=(0.9, 0.8), first="two"))
    # the first keeps m1 (1 - m2) / (1 - m1 m2)
    assert second.derivative("share", "factor one") == pytest.approx(0.2 / (1 - 0.72) ** 2, rel=1e-10)


def test_limit_of_short_rounds_has_the_derivatives_of_weighted_nash() -> None:
    rates = (0.2, 0.3)
    limit = bg.comparative_statics(pie(impatience=rates), bg.AlternatingOffers(period=0))
    assert limit.derivative("share", "impatience one") == pytest.approx(-0.3 / 0.25, rel=1e-10)  # r2 / (r1 + r2)
    short = bg.comparative_statics(pie(impatience=rates), bg.AlternatingOffers(period=1e-2))
    assert short.derivative("share", "impatience one") == pytest.approx(-0.3 / 0.25, rel=1e-2)


def test_breakdown_payoffs_and_hazard_by_differences() -> None:
    def talks(hazard: float = 0.3, payoff: float = 1.0, period: float = 0.25) -> bg.AlternatingOffers:
        return bg.AlternatingOffers(period=period, impatience=(0.1, 0.2), breakdown=bg.Breakdown(hazard, (payoff, 2.0)))

    for period in (0.25, 0.0):
        found = bg.comparative_statics(sale(), talks(period=period))
        for name, moved in (("breakdown hazard", {"hazard": 0.3}), ("breakdown payoff buyer", {"payoff": 1.0})):
            (key, value), h = next(iter(moved.items())), 1e-4
            ends = [float(bg.solve(sale(), talks(period=period, **{key: value + s * h})).terms["price"]) for s in (1, -1)]
            assert found.derivative("price", name) == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6), name


def test_utilitarian_with_a_floor_that_binds() -> None:
    game = bg.from_issues(
        [bg.Issue("x", 0, 2)], {"a": lambda x: 3 * x, "b": lambda x, *, k: k - x**2}, [0, 0.5], parameters={"k": 1.0}
    )
    found = bg.comparative_statics(game, bg.Utilitarian())  # x = sqrt(k - d2)
    root = np.sqrt(0.5)
    assert found.derivative("x", "k") == pytest.approx(0.5 / root, rel=1e-10)
    assert found.derivative("x", "disagreement b") == pytest.approx(-0.5 / root, rel=1e-10)
    assert found.derivative("x", "weight a") == pytest.approx(0.0, abs=1e-12)
    free = bg.comparative_statics(game, bg.Utilitarian(weights=(1, 2), rational=False))  # x = 3 w1 / 2 w2
    assert free.derivative("x", "weight b") == pytest.approx(-3 / 8, rel=1e-10)


def test_three_parties_and_weakly_efficient_points() -> None:
    game = bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"a": lambda x, *, k: k * x, "b": lambda y: y, "c": lambda x, y: 2 - x - y}, [0, 0, 0], parameters={"k": 2.0},
    )  # fmt: skip
    found = bg.comparative_statics(game, bg.Nash())
    assert found.derivatives("x") == pytest.approx([0, 0.5 * 2 / 3, -1 / 3, -1 / 3, 2 / 9 * 2, -2 / 9, -2 / 9], abs=1e-9)


# -- the flagship ------------------------------------------------------------


@pytest.mark.parametrize(
    ("concept", "games"),
    [(bg.Nash(), 60), (bg.KalaiSmorodinsky(), 10), (CASE.concepts()["rubinstein"], 10)], ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_derivatives_match_central_differences(concept: Any, games: int) -> None:
    found = compare(CASE, concept, CASE.draw(games, rng=7), steps=[2.5e-4])
    known = found.polished[np.isfinite(found.polished)]
    assert known.size > 0.9 * found.polished.size
    assert np.max(known) < 1e-8
    assert np.nanquantile(found.plain, 0.9) < 1e-7  # the solutions' own last digits, divided by a short step


@pytest.mark.parametrize("scenario", ["common-12", "cap-joint", "cap-growing", "three-parties", "required-returns"])
def test_scenarios_by_differences(scenario: str) -> None:
    found = bg.comparative_statics(CASE, bg.Nash(), scenario)
    for name in ("L", "theta", "cap", "h"):
        value, h = float(found.parameters[name].value), 1e-4 * float(found.parameters[name].value)
        again = bg.solve(CASE.problem(scenario, **{name: value + h * np.array([-2, -1, 1, 2])}), bg.Nash(), certify=False)  # type: ignore[arg-type]
        for i, party in enumerate(again.problem.parties):
            rough = again.gains[:, i] @ np.array([1, -8, 8, -1]) / (12 * h)
            assert found.derivative(f"gain {party}", name) * value == pytest.approx(rough * value, rel=1e-6, abs=1e-6)
    assert ("impatience_M" in found.parameters) is False
    assert ("rho" in found.parameters) == (scenario == "common-12")


def test_impatience_of_the_case_moves_talks() -> None:
    found = bg.comparative_statics(CASE, bg.AlternatingOffers(period=1 / 12))
    assert found.derivative("gain Microsoft", "impatience_M") < 0 < found.derivative("gain Microsoft", "impatience_O")


def test_a_term_at_its_bound_moves_with_the_bound() -> None:
    found = bg.comparative_statics(CASE, bg.Nash(), "cap-revenue-only")
    assert found.activity["stake"] == Activity.AT_LOW
    assert found.activity["revenue_share"] == Activity.AT_HIGH
    assert found.derivative("stake", "s_low") == 1.0
    assert found.derivative("stake", "L") == 0.0
    assert np.isnan(found.elasticities("stake")).all()  # of zero there are no per cent
    ends = [bg.solve(CASE.problem("cap-revenue-only", s_low=low), bg.Nash()).gains for low in (1e-5, 0.0)]
    assert found.gains[:, list(found.parameters).index("s_low")] == pytest.approx((ends[0] - ends[1]) / 1e-5, rel=1e-3)


def test_the_kink_at_whole_years_is_taken_from_the_left() -> None:
    found = bg.comparative_statics(CASE, bg.Nash())
    assert found.from_left["T_ext"]
    assert "from the left in T_ext" in repr(found)
    assert found.table().loc["T_ext", "side"] == "left"
    now, before, after = (bg.solve(CASE.problem(T_ext=2036 + h), bg.Nash()).gains[0] for h in (0, -1e-4, 1e-4))
    left, right = (now - before) / 1e-4, (after - now) / 1e-4
    assert found.derivative("gain Microsoft", "T_ext") == pytest.approx(left, rel=1e-4)
    assert abs(right / left - 1) > 0.02
    later = bg.comparative_statics(CASE, bg.Nash(), T_ext=np.array([2036.5, 2036.0, 2039.0]))
    assert later.from_left["T_ext"].tolist() == [False, True, True]
    assert later.derivative("gain Microsoft", "T_ext")[1] == pytest.approx(left, rel=1e-4)


def test_stacks_are_their_games_one_by_one() -> None:
    draws = CASE.draw(6, rng=3)
    shaped = {name: value.reshape(2, 3) for name, value in draws.items()}
    for concept in (bg.Nash(), bg.AlternatingOffers(period=0)):
        found = bg.comparative_statics(CASE, concept, **shaped)  # type: ignore[arg-type]
        assert found.terms["stake"].shape == (2, 3, len(found.parameters))
        one = bg.comparative_statics(CASE, concept, **{name: value[4] for name, value in draws.items()})  # type: ignore[arg-type]
        assert list(one.parameters) == list(found.parameters)
        assert found.gains[1, 1] == pytest.approx(one.gains, rel=1e-7, abs=1e-9)


# -- kinks, failures ------------------------------------------------------------


def test_weakly_active_bounds_are_flagged() -> None:
    exact = bg.from_issues([bg.Issue("share", 0, 0.5)], {"a": lambda share: share, "b": lambda share: 1 - share}, [0, 0])
    found = bg.comparative_statics(exact, bg.Nash())  # the even split lies on the bound
    assert found.weak
    assert found.activity["share"] == Activity.WEAK
    assert "weakly active" in repr(found)
    assert set(found.table()["side"]) == {"one"}
    near = exact.replace(disagreement=[0, 1e-5]), exact.replace(disagreement=[1e-5, 0])  # just off it, on either side
    inside, held = (bg.comparative_statics(problem, bg.Nash()) for problem in near)
    assert not inside.weak
    assert inside.derivative("share", "disagreement a") == pytest.approx(0.5, rel=1e-10)
    assert not held.weak
    assert held.derivative("share", "disagreement a") == 0.0


def test_the_ideal_point_may_have_a_kink_where_the_deal_has_none() -> None:
    found = bg.comparative_statics(pie(), bg.KalaiSmorodinsky())  # at a bound of the share and at the other's floor
    assert found.weak
    assert found.activity["share"] == Activity.INTERIOR
    moved = bg.comparative_statics(pie([0.1, 0.2]), bg.KalaiSmorodinsky())
    assert not moved.weak
    assert moved.derivatives("share")[:2] == pytest.approx([0.5, -0.5])


def test_deals_that_are_not_determined_have_no_derivatives() -> None:
    with pytest.raises(InvalidProblem, match="no derivatives here"):
        bg.comparative_statics(sale(), bg.Utilitarian())
    found = bg.comparative_statics(sale(worth=np.array([12.0, 13.0])), bg.Utilitarian())
    assert set(found.status) == {bg.Status.UNDETERMINED}
    assert np.isnan(found.terms["price"]).all()


def test_games_without_a_deal_have_their_status() -> None:
    found = bg.comparative_statics(sale(worth=np.array([12.0, 1.0, np.nan])), bg.Nash())
    assert found.status.tolist() == [bg.Status.OK, bg.Status.NO_AGREEMENT, bg.Status.NOT_FINITE]
    assert np.isfinite(found.gains[0]).all()
    assert np.isnan(found.gains[1:]).all()
    assert "1 of 3 games" in repr(found)
    with pytest.raises(NoAgreement):
        bg.comparative_statics(sale(worth=1.0), bg.Nash())


def test_a_power_at_its_corner() -> None:
    game = bg.from_issues(
        [bg.Issue("x"), bg.Issue("s")],
        {"a": lambda x, s, *, k: s + 0 * k - 2 * x, "b": lambda x, s, *, k: 1 - s + x**k}, [0, 0], parameters={"k": 1.5},
    )  # fmt: skip
    found = bg.comparative_statics(game, bg.Nash())
    assert found.solution.terms["x"] == 0.0
    assert found.derivative("s", "k") == pytest.approx(0.0, abs=1e-12)
    assert found.derivative("utility b", "k") == 0.0


# -- what is asked and shown ------------------------------------------------------------


def test_chosen_parameters_and_outcomes() -> None:
    found = bg.comparative_statics(CASE, bg.Nash(), with_respect_to=["theta", "close", "weight OpenAI"])
    assert list(found.parameters) == ["theta", "close", "weight OpenAI"]
    assert found.derivative("stake", "close") == 0.0  # a parameter that does not enter
    whole = bg.comparative_statics(CASE, bg.Nash())
    assert found.derivative("stake", "theta") == pytest.approx(float(whole.derivative("stake", "theta")), rel=1e-12)
    with pytest.raises(UnknownName, match="did you mean 'theta'"):
        bg.comparative_statics(CASE, bg.Nash(), with_respect_to=["thetta"])
    with pytest.raises(UnknownName, match="parameter"):
        found.derivative("stake", "L")
    with pytest.raises(UnknownName, match="outcome"):
        found.derivatives("steak")


def test_tables() -> None:
    found = bg.comparative_statics(CASE, bg.Nash())
    table = found.table(["stake"])
    assert table.loc["L", "stake"] == pytest.approx(0.273, abs=1e-3)
    assert table.loc["L", "unit"] == "share"
    assert found.table("stake", elasticities=True).loc["L", "stake"] == pytest.approx(0.273 * 0.25 / 0.1117, rel=1e-2)
    assert np.isnan(found.table("stake", elasticities=True).loc["T_ext", "stake"])  # per cent of a calendar year
    swings = found.swings("stake")
    assert swings["span"].is_monotonic_decreasing
    row = swings.set_index("parameter").loc["L"]
    assert row["at high"] == pytest.approx(table.loc["L", "stake"] * (0.5 - 0.25))
    assert len(found.swings("stake", {"cap": (80, 100)})) == 1
    frame = bg.comparative_statics(CASE, bg.Nash(), L=[0.2, 0.3]).to_dataframe(["stake", "gain OpenAI"])
    assert len(frame) == 2 * 2 * len(found.parameters)
    assert frame["value"][frame["parameter"] == "L"].tolist() == [0.2, 0.3, 0.2, 0.3]
    assert "<table" in found._repr_html_()
    with pytest.raises(InvalidProblem, match="stack"):
        bg.comparative_statics(CASE, bg.Nash(), L=[0.2, 0.3]).table()
    with pytest.raises(InvalidProblem, match="documented range"):
        bg.comparative_statics(sale(), bg.Nash()).swings("price")


def test_a_value_outside_its_range_is_said_once() -> None:
    with pytest.warns(OutsideRange) as said:
        bg.comparative_statics(CASE, bg.Nash(), L=0.6)
    assert len(said) == 1


@pytest.mark.parametrize("ranges", [{"cap": 80}, {"cap": (100, 80)}, {"cap": (np.nan, 80)}, {"cap": "ab"}, ["cap"], 3])
def test_ranges_of_swings_have_a_low_and_a_high_end(ranges: Any) -> None:
    moves = bg.comparative_statics(CASE, bg.Nash(), with_respect_to=["cap"])
    with pytest.raises(InvalidProblem, match=r"range|cap"):
        moves.swings("stake", ranges)
    with pytest.raises(InvalidProblem, match="must be a list"):
        moves.table(ranges if isinstance(ranges, dict) else 3)  # type: ignore[arg-type]


REFUSED: list[tuple[str, Any, Any, dict[str, Any], type[BargainingError], str]] = [
    ("no question", 3, bg.Nash(), {}, InvalidProblem, "give a case"),
    ("no concept", sale(), 3, {}, InvalidProblem, "bg.Nash"),
    ("a concept without", sale(), bg.PerlesMaschler(), {}, InvalidProblem, "bg.AlternatingOffers"),
    ("a pie", bg.split(1, [bg.Linear(), bg.Linear()]), bg.Nash(), {}, InvalidProblem, "over issues"),
    ("overrides of a problem", sale(), bg.Nash(), {"cost": 1}, InvalidProblem, "no scenarios"),
    ("an equilibrium as impasse", CASE, bg.Nash(), {"scenario": "no-deal-calm"}, InvalidProblem, "contract"),
    ("no scenario", CASE, bg.Nash(), {"scenario": "x"}, UnknownName, "scenario"),
    ("one word", CASE, bg.Nash(), {"with_respect_to": "L"}, InvalidProblem, "list"),
    ("nothing", CASE, bg.Nash(), {"with_respect_to": []}, InvalidProblem, "names no parameter"),
]


@pytest.mark.parametrize(("what", "question", "concept", "options", "error", "match"), REFUSED, ids=lambda v: str(v)[:20])
def test_refusals(what: str, question: Any, concept: Any, options: dict[str, Any], error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        bg.comparative_statics(question, concept, **options)


@pytest.mark.parametrize("argument", ["question", "concept", "with_respect_to"])
def test_things_that_make_no_sense_are_refused(argument: str) -> None:
    good: dict[str, Any] = {"question": sale(), "concept": bg.Nash(), "with_respect_to": ["cost"]}
    for thing in [*THINGS, *NUMBERS]:
        try:
            found = bg.comparative_statics(**{**good, argument: thing})
        except BargainingError as error:
            assert str(error)
        else:
            assert np.isfinite(found.terms["price"]).all(), thing


def test_who_proposes_first_is_told_in_stacks_with_broken_games_too() -> None:
    talks = bg.AlternatingOffers(period=1.0, impatience=(0.2, 0.4), first="two")
    stack = pie([[0.1, 0.2], [np.nan, 0.2]])
    found, one = (bg.comparative_statics(problem, talks) for problem in (stack, pie([0.1, 0.2])))
    assert found.status.tolist() == [bg.Status.OK, bg.Status.NOT_FINITE]
    assert found.terms["share"][0] == pytest.approx(one.terms["share"], rel=1e-9)


def test_a_cost_with_an_endless_slope_holds_an_issue_at_its_bound() -> None:
    """The buyer gains .3 q and the seller loses q**.5: no quality, and the price halves what 1 - 0 leaves."""
    sale = bg.from_issues(
        issues=[bg.Issue("price"), bg.Issue("quality")],
        utilities={
            "buyer": lambda price, quality, *, worth: 1 + worth * quality - price,
            "seller": lambda price, quality, *, cost: price - cost * quality**0.5,
        },
        disagreement=[0, 0],
        parameters={"worth": 0.3, "cost": 1.0},
    )
    statics = bg.comparative_statics(sale, bg.Nash())
    assert not statics.weak
    assert np.all(statics.derivatives("quality") == 0.0)
