"""One parameter at a time: solved again at both ends, the others where they were."""

from __future__ import annotations

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, OutsideRange, UnknownName
from bargaining.problems.problem import Problem

CASE = bg.cases.load("microsoft-openai")


def sale() -> Problem:
    return bg.from_issues(
        issues=[bg.Issue("price", 0, 100, "USD"), bg.Issue("quality", 0, 10)],
        utilities={
            "buyer": lambda price, quality, *, worth: worth * quality - price,
            "seller": lambda price, quality, *, cost: price - cost * quality**2,
        },
        disagreement=[5, 5],
        parameters={"worth": 12.0, "cost": 0.8},
    )


@pytest.mark.parametrize("scenario", [None, "cap-joint", "common-12"])
def test_each_end_is_a_game_of_its_own(scenario: str | None) -> None:
    found = bg.one_at_a_time(CASE, bg.Nash(), scenario)
    base = bg.solve(CASE.problem(scenario), bg.Nash()).terms["stake"]
    assert found.value("stake") == pytest.approx(float(base), abs=1e-12)
    swings = found.swings("stake")
    assert np.all(np.diff(swings["span"]) <= 0)
    set_ = CASE.scenarios[scenario].set if scenario else {}
    assert set(swings["parameter"]) == set(CASE.ranges) - set(set_)
    for row in swings.head(4).to_dict("records"):
        for end in ("low", "high"):
            alone = bg.solve(CASE.problem(scenario, **{row["parameter"]: row[end]}), bg.Nash()).terms["stake"]
            assert row[f"at {end}"] == pytest.approx(float(alone - base), abs=1e-9)
        assert row["value"] == CASE.parameters[row["parameter"]].value
        assert row["unit"] == CASE.parameters[row["parameter"]].unit
    still = swings[swings["span"] == 0]["parameter"].tolist()
    assert "n_share" in still and "theta" not in still


def test_overrides_stay() -> None:
    found = bg.one_at_a_time(CASE, bg.Nash(), ranges={"L": (0.1, 0.5)}, cap_reading="joint", theta=0.5)
    base = bg.solve(CASE.problem(cap_reading="joint", theta=0.5), bg.Nash())
    assert found.value("gain OpenAI") == pytest.approx(float(base.gains[1]), abs=1e-9)
    assert list(found.ranges) == ["L"] and found.baseline == {"L": 0.25}
    assert repr(found) == "OneAtATime(Nash: 1 parameters at both ends)"


def test_a_problem_and_an_end_without_a_deal() -> None:
    found = bg.one_at_a_time(sale(), bg.Nash(), ranges={"cost": (0.5, 50.0), "disagreement seller": (0, 10)})
    rows = found.swings("price").set_index("parameter")
    assert np.isnan(rows.loc["cost", "at high"]) and rows.loc["cost", "status high"] == "no agreement"
    assert rows.loc["cost", "span"] == pytest.approx(abs(rows.loc["cost", "at low"]))
    assert rows.loc["disagreement seller", ["at low", "at high"]].tolist() == pytest.approx([-2.5, 2.5])
    assert "1 of 5 games without an answer" in repr(found)


def test_near_the_baseline_it_is_the_derivative() -> None:
    moves = bg.comparative_statics(CASE, bg.Nash())
    step = 1e-4
    found = bg.one_at_a_time(CASE, bg.Nash(), ranges={n: (CASE.parameters[n].value - step, CASE.parameters[n].value + step)
                                                      for n in ("L", "theta", "psi")})  # fmt: skip
    for row in found.swings("stake").to_dict("records"):
        slope = (row["at high"] - row["at low"]) / (2 * step)
        assert slope == pytest.approx(float(moves.derivative("stake", row["parameter"])), rel=1e-5)


def test_refusals() -> None:
    with pytest.raises(InvalidProblem, match="nothing to move"):
        bg.one_at_a_time(sale(), bg.Nash())
    with pytest.raises(UnknownName, match="did you mean 'cost'"):
        bg.one_at_a_time(sale(), bg.Nash(), ranges={"cos": (0, 1)})
    with pytest.raises(UnknownName, match="did you mean 'theta'"):
        bg.one_at_a_time(CASE, bg.Nash(), ranges={"thet": (0, 1)})
    with pytest.raises(InvalidProblem, match="low < high"):
        bg.one_at_a_time(CASE, bg.Nash(), ranges={"L": (0.5, 0.1)})
    with pytest.raises(InvalidProblem, match="both set"):
        bg.one_at_a_time(CASE, bg.Nash(), ranges={"L": (0.1, 0.5)}, L=0.2)
    with pytest.raises(InvalidProblem, match="no scenarios or overrides"):
        bg.one_at_a_time(sale(), bg.Nash(), ranges={"cost": (0.5, 1)}, cost=0.7)
    with pytest.raises(InvalidProblem, match="must be one number"):
        bg.one_at_a_time(CASE, bg.Nash(), theta=[0.4, 0.5])
    with pytest.raises(InvalidProblem, match="no solution concept"):
        bg.one_at_a_time(CASE, "nash")  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match="give a case"):
        bg.one_at_a_time(3, bg.Nash())  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="did you mean 'stake'"):
        bg.one_at_a_time(CASE, bg.Nash(), ranges={"L": (0.1, 0.5)}).swings("stak")
    poor = sale().replace(disagreement=np.array([500.0, 500.0]))
    with pytest.raises(InvalidProblem, match=r"baseline has no answer \(no agreement\)"):
        bg.one_at_a_time(poor, bg.Nash(), ranges={"cost": (0.5, 1)})
    with pytest.warns(OutsideRange):
        bg.one_at_a_time(CASE, bg.Nash(), ranges={"L": (0.1, 0.6)})
