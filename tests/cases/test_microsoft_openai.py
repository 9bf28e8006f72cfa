"""The flagship case: the numbers of its version 1, its scenarios, its parameter file and its refusals.

Expected values are from two independent rebuilds of the model in closed form (stakes to .002, other terms to .005, gains
to .3).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

import bargaining as bg
from bargaining import cases
from bargaining.case import Case, read
from bargaining.cases.microsoft_openai import model
from bargaining.errors import InvalidProblem, OutsideRange, UnknownName

CASE = cases.load("microsoft-openai")
RETURNS = {"impatience": (0.085, 0.20)}
BREAKDOWN = bg.Breakdown(hazard=0.5)

# concept, then stake, revenue share, access, safety, Microsoft's gain, OpenAI's gain
BASELINE: list[tuple[Any, tuple[float | None, ...]]] = [
    (bg.Nash(), (0.112, 0.200, 0.907, 0.773, 36.7, 55.0)),
    (bg.KalaiSmorodinsky(), (0.113, 0.200, None, None, 36.8, 54.7)),
    (bg.AlternatingOffers(period=1 / 12, **RETURNS), (0.175, 0.200, 0.95, 0.76, 50.0, 34.0)),
    (bg.AlternatingOffers(period=1 / 12, first="OpenAI", **RETURNS), (0.173, 0.200, 0.95, 0.76, 50.0, 34.4)),
    (bg.AlternatingOffers(period=0, **RETURNS), (0.174, 0.200, 0.95, 0.76, 50.1, 34.4)),
    (bg.AlternatingOffers(period=1 / 12, breakdown=BREAKDOWN, **RETURNS), (0.129, 0.200, 0.92, 0.77, 40.7, 49.1)),
]


@pytest.mark.parametrize(("concept", "expected"), BASELINE, ids=lambda value: repr(value)[:60])
def test_baseline(concept: Any, expected: tuple[float | None, ...]) -> None:
    deal = bg.solve(CASE.problem(), concept)
    names = ("stake", "revenue_share", "access", "safety")
    found = [float(deal.terms[name]) for name in names] + deal.gains.tolist()
    for value, target, tolerance in zip(found, expected, (0.002, 0.0005, 0.005, 0.005, 0.3, 0.4), strict=True):
        if target is not None:
            assert value == pytest.approx(target, abs=tolerance)
    assert abs(deal.certificate.gap) <= 1e-9


# scenario or overrides, then stake, access, joint gain
MOVES: list[tuple[str | None, dict[str, Any], tuple[float | None, float | None, float | None]]] = [
    ("common-12", {}, (0.173, 0.49, 76)),
    ("common-20", {}, (0.208, 0.38, None)),
    ("cap-joint", {}, (0.06, None, None)),
    ("cap-revenue-only", {}, (0.0, None, None)),
    ("cap-growing", {}, (0.19, None, None)),
    ("no-conversion-loss", {}, (None, None, 24)),
    ("sourced-conversion-loss", {}, (0.051, None, 38)),
    (None, {"L": 0.5}, (0.168, None, None)),
    (None, {"theta": 0.9}, (0.21, 0.41, None)),
    (None, {"T_ext": 2033}, (0.20, None, None)),
    (None, {"T_ext": 2041}, (0.0, None, None)),
    (None, {"h": 0.4}, (0.18, None, None)),
    (None, {"h": 1.0}, (0.036, None, None)),
    (None, {"psi": 0.6}, (0.047, None, None)),
]


@pytest.mark.parametrize(("scenario", "changes", "expected"), MOVES, ids=str)
def test_scenarios_move_as_reported(scenario: str | None, changes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    deal = bg.solve(CASE.problem(scenario, **changes), bg.Nash())
    found = (float(deal.terms["stake"]), float(deal.terms["access"]), float(np.sum(deal.gains)))
    for value, target, tolerance in zip(found, expected, (0.004, 0.006, 0.6), strict=True):
        if target is not None:
            assert value == pytest.approx(target, abs=tolerance)


def test_impatience_of_its_own_leaves_equal_weights() -> None:
    talks = CASE.concepts()["rubinstein"]
    assert isinstance(talks, bg.AlternatingOffers)
    assert talks.limit_weights(CASE.problem()) == pytest.approx([0.5, 0.5])
    variant = CASE.concepts("required-returns")["rubinstein"]
    assert isinstance(variant, bg.AlternatingOffers)
    assert variant.limit_weights(CASE.problem("required-returns")) == pytest.approx([0.702, 0.298], abs=5e-4)


def test_seed_range_of_the_stake_binds_nothing_but_the_ideal_point() -> None:
    narrow, wide = CASE.problem("stake-10-30"), CASE.problem()
    assert narrow.feasible.bounds()["stake"] == (0.083, 0.249)
    assert bg.solve(narrow, bg.Nash()).utilities == pytest.approx(bg.solve(wide, bg.Nash()).utilities, rel=1e-9)
    assert np.all(narrow.ideal <= wide.ideal + 1e-9)


def test_closed_forms_match_quadrature() -> None:
    q = dict(CASE.settings())
    numbers = model.prepare(q)
    pieces = model.year_pieces(q)

    def integral(f: Any) -> float:
        return sum(revenue * quad(f, start, end)[0] for start, end, revenue in pieces)

    ends = model.SHARE_ENDS - model.START
    for party in ("M", "O"):
        rho, lam = q[f"rho_{party}"], q[f"lam_{party}"]
        base = integral(lambda t, k=rho + lam: (t < ends) * np.exp(-k * t))
        assert numbers[f"PV_{party}"] == pytest.approx(base, rel=1e-8)
        after = integral(
            lambda t, r=rho, a=lam: np.exp(-r * t) * (q["G"] * (1 - np.exp(-a * t)) + (t > ends) * np.exp(-a * t))
        )
        weight = (1 - q["theta"]) * q["omega"] * (q["m_M"] if party == "M" else q["D"] * q["m_O"])
        assert numbers["A" if party == "M" else "C"] == pytest.approx(weight * after, rel=1e-8)
    assert (numbers["PV_M"], numbers["PV_O"]) == pytest.approx((207, 107), abs=0.5)
    assert (numbers["A"], numbers["C"]) == pytest.approx((51, 16), abs=0.5)
    # 20 % of the company's own projected revenue from August 2025 to 2030 sums to $91.7bn.
    assert model.prepare({**q, "h": 1.0})["payments"] == pytest.approx(91.7, abs=0.6)


def test_approval_as_a_variable_equals_the_clipped_probability() -> None:
    deal = bg.solve(CASE.problem(pbar=1.0), bg.Nash())
    game = deal.problem
    terms = {name: float(value) for name, value in deal.terms.items() if name != "approval"}
    assert game.evaluate(terms) == pytest.approx(deal.utilities, rel=1e-9)
    clipped = model.approval(terms["stake"], terms["access"], terms["safety"], pbar=1.0, b_s=0.3, b_a=0.05, b_g=0.05)
    assert float(deal.terms["approval"]) == pytest.approx(clipped, abs=1e-9)


def test_both_stake_bases() -> None:
    other = model.restate({"stake": np.asarray(0.27)}, CASE.settings())
    assert float(next(iter(other.values()))) == pytest.approx(0.27 / 0.830)
    assert pytest.approx(CASE.parameters["basis"].value, abs=5e-4) == (1 - 40 / 300) * (1 - 6.6 / 157)


def test_stacks_of_calibrations_agree_with_single_ones() -> None:
    draws = CASE.draw(50, rng=3)
    stack = bg.solve(CASE.problem(**draws), bg.Nash())
    for game in (0, 17, 49):
        single = bg.solve(CASE.problem(**{name: float(value[game]) for name, value in draws.items()}), bg.Nash())
        assert stack.utilities[game] == pytest.approx(single.utilities, rel=1e-11)
    assert np.array_equal(CASE.draw(50, rng=3)["L"], draws["L"])


THREE = "three-parties"
SEATED: list[bg.Concept] = [bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian()]


def test_three_parties_divide_what_two_have() -> None:
    q = model.prepare(CASE.settings())
    rng = np.random.default_rng(5)
    deal = {name: rng.random(500) for name in ("stake", "revenue_share", "access", "safety", "approval", "nonprofit_stake")}
    two = model.utilities(**{name: v for name, v in deal.items() if name != "nonprofit_stake"}, **terms_of(q, model.TERMS))
    three = model.utilities_of_three(**deal, **terms_of(q, model.TERMS_OF_THREE))
    assert np.array_equal(three[0], two[0])
    assert three[1] + three[2] == pytest.approx(two[1], rel=1e-13)
    assert CASE.problem(THREE).disagreement[1:].sum() == pytest.approx(CASE.problem().disagreement[1], rel=1e-14)


def terms_of(numbers: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: numbers[name] for name in names}


@pytest.mark.parametrize("concept", SEATED, ids=lambda concept: concept.label)
@pytest.mark.parametrize("scenario", [None, *CASE.scenarios])
def test_three_parties_all_gain_and_the_certificate_closes(scenario: str | None, concept: bg.Concept) -> None:
    deal = bg.solve(CASE.problem(scenario, sides="three"), concept)
    assert np.all(deal.gains > 0)
    assert abs(deal.certificate.gap) <= 1e-9
    assert deal.spare is None or np.all(deal.spare <= 1e-6)
    assert bg.verify(deal).ok


# How three count, how two must count for the same terms: with free transfers within OpenAI's side, seats are weights.
SEATS: list[tuple[bg.Concept, bg.Concept]] = [
    (bg.Nash(), bg.Nash(weights=(1, 2))),
    (bg.Nash(weights=(2, 1, 1)), bg.Nash()),
    (bg.KalaiSmorodinsky(), bg.KalaiSmorodinsky(weights=(1, 2))),
    (bg.Egalitarian(), bg.Proportional(weights=(1, 2))),
]


@pytest.mark.parametrize(("apart", "merged"), SEATS, ids=repr)
@pytest.mark.parametrize("n_share", [0.02, 0.25, 0.55])
def test_a_side_that_splits_counts_twice(apart: bg.Concept, merged: bg.Concept, n_share: float) -> None:
    three, two = bg.solve(CASE.problem(THREE, n_share=n_share), apart), bg.solve(CASE.problem(), merged)
    assert three.gains[0] == pytest.approx(two.gains[0], rel=1e-8)
    assert three.gains[1:] == pytest.approx([two.gains[1] / 2] * 2, rel=1e-8)
    for name, value in two.terms.items():
        assert float(three.terms[name]) == pytest.approx(float(value), abs=1e-7)


def test_seats_favour_the_side_that_has_two() -> None:
    for concept, apart, together in zip(SEATED, (25.3, 24.5, 31.4), (36.7, 36.8, 43.9), strict=True):
        gains = [float(bg.solve(CASE.problem(scenario), concept).gains[0]) for scenario in (THREE, None)]
        assert gains == pytest.approx([apart, together], abs=0.05)


def test_ideal_gains_of_three_are_those_of_their_sides() -> None:
    two, three = (game.gains(game.ideal) for game in (CASE.problem(), CASE.problem(THREE)))
    assert three == pytest.approx([two[0], two[1], two[1]], rel=1e-8)


def test_stacks_of_three_parties_agree_with_single_ones_and_never_sell_the_whole_company() -> None:
    draws = CASE.draw(200, rng=4)
    stack = bg.solve(CASE.problem(THREE, **draws), bg.Nash())
    ok = stack.status == bg.Status.OK
    assert np.count_nonzero(ok) > 190
    assert np.all(stack.terms["stake"][ok] + stack.terms["nonprofit_stake"][ok] < 0.9)
    assert bg.verify(stack, trials=200).ok
    for game in np.flatnonzero(ok)[[0, 99]]:
        single = bg.solve(CASE.problem(THREE, **{name: float(value[game]) for name, value in draws.items()}), bg.Nash())
        assert stack.utilities[game] == pytest.approx(single.utilities, rel=1e-11)
    oversold = {"stake": 0.4, "nonprofit_stake": 0.7, "revenue_share": 0.2, "access": 0.5, "safety": 0.5}
    with pytest.raises(InvalidProblem, match="constraint 2"):
        CASE.problem(THREE).evaluate(oversold)


def test_a_deal_that_does_not_name_the_nonprofit_gives_it_what_the_press_expected() -> None:
    game, press = CASE.problem(THREE), CASE.deals["press-midpoint"].terms
    assert float(game.feasible.complete(press)["nonprofit_stake"]) == pytest.approx(0.25 * 0.83)
    assert np.all(game.gains(game.evaluate(press)) > 0)
    assert game.evaluate(press)[0] == pytest.approx(CASE.problem().evaluate(press)[0], rel=1e-14)


def test_range_of_the_nonprofits_share_ends_at_the_bid_for_it() -> None:
    assert CASE.parameters["n_share"].high == pytest.approx(97.4 / CASE.problem().disagreement[1], abs=0.005)


def test_approval_may_rise_with_the_nonprofits_stake() -> None:
    terms = {"stake": 0.1, "nonprofit_stake": 0.3, "revenue_share": 0.2, "access": 0.5, "safety": 0.0}
    plain, helped = (CASE.problem(THREE, b_f=b_f).feasible.complete(terms)["approval"] for b_f in (0.0, 0.1))
    assert helped - plain == pytest.approx(0.03)


def test_every_number_is_documented() -> None:
    for name, p in CASE.parameters.items():
        assert p.source, name
        assert p.unit, name
        assert p.as_of <= "2025-07-29", f"{name} is dated after the case"
        assert "ssumption" in p.source or "efinition" in p.source or p.evidence != "A", name
    text = bg.cases.microsoft_openai.__doc__ or ""
    for words in ("Never to be claimed", "predicts the deal", "prior predictive", "Limits"):
        assert words in text


def test_unknown_names_and_values() -> None:
    with pytest.raises(UnknownName, match="did you mean 'microsoft-openai'"):
        cases.load("microsoft-openia")
    with pytest.raises(UnknownName, match="did you mean 'cap-joint'"):
        CASE.problem("cap-jont")
    with pytest.raises(UnknownName, match="did you mean 'kappa'"):
        CASE.problem(kapa=3)
    with pytest.raises(UnknownName, match="joint"):
        CASE.problem(cap_reading="joined")
    with pytest.raises(InvalidProblem, match="not a number"):
        CASE.problem(L="much")
    with pytest.raises(InvalidProblem, match="one number"):
        CASE.problem(s_high=[0.3, 0.4])
    with pytest.warns(OutsideRange, match=r"L = 0\.9 is outside the documented range 0\.03 to 0\.5"):
        CASE.problem(L=0.9)


def test_faults_of_a_parameter_file_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "parameters.toml"
    path.write_text(
        'title = "t"\nas_of = "2025"\n[parameters.a]\ntitle = "a"\nvalue = 5\nlow = 0\nhigh = 1\nunit = "u"\n'
        'source = "s"\nas_of = "2025"\nevidence = "B"\n[parameters.b]\ntitle = "b"\nvalue = "x"\n'
    )
    with pytest.raises(InvalidProblem) as caught:
        read(path, "toy", model)
    for words in ("parameters.a.evidence", "parameters.b.value", "parameters.b.source"):
        assert words in str(caught.value)
    path.write_text("title = ")
    with pytest.raises(InvalidProblem, match="no valid TOML"):
        read(path, "toy", model)


def test_a_case_is_a_value() -> None:
    assert isinstance(CASE, Case)
    assert cases.names() == ["microsoft-openai"]
    assert CASE.settings()["L"] == 0.25
    with pytest.raises(TypeError):
        CASE.settings()["L"] = 1  # type: ignore[index]


@pytest.mark.parametrize("years", [[np.nan, np.nan], []])
def test_access_of_no_meaning_gives_no_number_in_any_stack(years: list[float]) -> None:
    """Also where no year of the stack is later than the contract, so that there is nothing to discount after it."""
    found = bg.solve(CASE.problem(T_ext=np.array(years)), bg.Nash())
    assert found.status.tolist() == [bg.Status.NOT_FINITE] * len(years)


def test_deals_worth_nothing_hide_none_that_are_worth_little() -> None:
    """No approval is a stationary point of whatever is asked: found where gains are a thousandth of the payoffs' range."""
    drawn = [{name: v[game] for name, v in CASE.draw(32768, rng=seed).items()} for seed, game in LITTLE_TO_GAIN]
    game = CASE.problem(
        **{name: np.array([d[name] for d in drawn]) for name in drawn[0] if name not in ("period", "breakdown")}
    )
    nash = bg.solve(game, bg.Nash())
    assert np.all(game.ideal >= nash.utilities)
    for concept in (bg.KalaiSmorodinsky(), bg.Egalitarian(), CASE.concepts()["rubinstein"]):
        found = bg.solve(game, concept)
        assert np.all(found.status == bg.Status.OK), concept
        assert np.all(found.gains > 1e-3), concept


LITTLE_TO_GAIN = ((1, 3367), (2, 31262), (4, 24485), (5, 11414))
"""Draws by seed and number: their Nash gains are $0.02bn to $0.1bn."""
