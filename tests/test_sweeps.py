# ruff: noqa: E501 - one case a line
"""Sweeps: what a game gets is what `solve` gives it, whatever its company; bad calibrations end as statuses."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pandas.testing import assert_frame_equal

import bargaining as bg
from bargaining.errors import InvalidProblem, NotDifferentiable, OutsideRange, UnknownName
from bargaining.problems.problem import Problem

CASE = bg.cases.load("microsoft-openai")
CONCEPTS = [bg.Nash(), bg.KalaiSmorodinsky()]
RANGES = {name: CASE.ranges[name] for name in ("L", "psi", "theta", "T_ext")}


def sale(cost: Any = 0.8, least: Any = 5.0) -> Problem:
    return bg.from_issues(
        [bg.Issue("price", 0, 100, "USD"), bg.Issue("quality", 0, 10)],
        {"buyer": lambda price, quality: 12 * quality - price,
         "seller": lambda price, quality, *, cost: price - cost * quality**2},
        disagreement=np.stack(np.broadcast_arrays(5.0, least), axis=-1), parameters={"cost": cost}, concave=True,
    )  # fmt: skip


def exact(one: pd.DataFrame, two: pd.DataFrame) -> None:
    assert_frame_equal(one, two, check_exact=True)
    assert one.dtypes.equals(two.dtypes)


def test_a_sweep_is_solve_over_a_stack() -> None:
    draws = bg.draws(RANGES, 40, rng=1)
    table = bg.sweep(CASE, draws, CONCEPTS, certify=True)
    stack = CASE.problem(**draws.rows(0, 40))
    for concept in CONCEPTS:
        found, rows = bg.solve(stack, concept), table[table["concept"] == concept.label]
        assert np.array_equal(rows["game"], np.arange(40))
        assert np.array_equal(rows["psi"], draws.rows(0, 40)["psi"])
        for name, value in found.terms.items():
            assert np.array_equal(rows[name], value, equal_nan=True)
        for i, party in enumerate(stack.parties):
            assert np.array_equal(rows[f"utility {party}"], found.utilities[:, i], equal_nan=True)
            assert np.array_equal(rows[f"gain {party}"], found.gains[:, i], equal_nan=True)
        assert rows["status"].tolist() == [bg.Status(code).label for code in found.status]
        assert np.array_equal(rows["gap"], found.certificate.gap, equal_nan=True)
    parties = ["utility Microsoft", "utility OpenAI", "gain Microsoft", "gain OpenAI"]
    assert list(table.columns) == [
        "game",
        *RANGES,
        "scenario",
        "concept",
        *stack.feasible.units(),
        *parties,
        "status",
        "gap",
    ]
    assert table.attrs == {
        "swept": "case microsoft-openai", "calibrations": repr(draws), "concepts": [repr(concept) for concept in CONCEPTS],
        "units": {
            **{name: CASE.parameters[name].unit for name in RANGES}, **stack.feasible.units(),
            **dict.fromkeys(parties, stack.units[0]),
        },
        "as_of": "29 July 2025",
    }  # fmt: skip


def test_nothing_depends_on_the_chunk() -> None:
    draws = bg.draws(RANGES, 60, rng=2, method="sobol")
    whole = bg.sweep(CASE, draws, bg.Nash())
    for chunk in (17, 59):
        exact(bg.sweep(CASE, draws, bg.Nash(), chunk=chunk), whole)


def test_scenarios_and_choices_have_rows_of_their_own() -> None:
    grid = bg.grid(L=[0.1, 0.4], cap_reading=["joint", "separate"])
    table = bg.sweep(CASE, grid, CONCEPTS, scenarios=["baseline", "cap-growing"], chunk=3)
    assert len(table) == 4 * 2 * 2
    assert table["scenario"].tolist()[:4] == ["baseline"] * 2 + ["cap-growing"] * 2
    for row in table.itertuples():
        scenario = None if row.scenario == "baseline" else row.scenario
        (concept,) = (c for c in CONCEPTS if c.label == row.concept)
        alone = bg.solve(CASE.problem(scenario, L=[row.L], cap_reading=row.cap_reading), concept, certify=False)
        assert alone.terms["stake"][0] == row.stake
    assert bg.sweep(CASE, grid, bg.Nash(), scenarios="cap-growing")["scenario"].unique().tolist() == ["cap-growing"]


def test_scenarios_with_other_parties_leave_gaps_and_no_averages() -> None:
    table = bg.sweep(CASE, bg.grid(L=[0.25]), bg.Nash(), scenarios=["baseline", "three-parties"])
    two, three = table.iloc[0], table.iloc[1]
    assert np.isnan(two["gain non-profit"])
    assert np.isnan(three["gain OpenAI"])
    assert three["gain non-profit"] > 0
    assert list(table["status"]) == ["ok", "ok"]


def test_missing_words_are_the_same_in_chunks_of_their_own() -> None:
    words = {"who": ["proud", None, "meek"], "cost": [0.8, 0.8, 0.7]}
    whole = bg.sweep(lambda who, cost: sale(cost, 9.0 if who == "proud" else 5.0), words, bg.Nash())
    exact(bg.sweep(lambda who, cost: sale(cost, 9.0 if who == "proud" else 5.0), words, bg.Nash(), chunk=1), whole)
    assert whole["who"].isna().tolist() == [False, True, False]


def test_choices_alone_make_one_problem_each() -> None:
    table = bg.sweep(CASE, bg.grid(cap_reading=["joint", "revenue_only"]), bg.Nash())
    alone = [bg.solve(CASE.problem(cap_reading=word), bg.Nash()).terms["stake"] for word in ("joint", "revenue_only")]
    assert np.array_equal(table["stake"], alone)


def test_numbers_of_a_problem_are_replaced() -> None:
    table = bg.sweep(sale(), bg.grid(**{"cost": [0.5, 0.8], "disagreement seller": [1.0, 5.0]}), bg.Nash())
    for row in table.to_dict("records"):
        alone = bg.solve(sale([row["cost"]], row["disagreement seller"]), bg.Nash())
        assert (row["price"], row["gain seller"]) == (alone.terms["price"][0], alone.gains[0, 1])
    patient = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0], impatience=[0.1, 0.1])
    rates = bg.sweep(patient, {"impatience b": [0.1, 0.3]}, bg.AlternatingOffers(period=0))
    assert np.allclose(rates["x"], [0.5, 0.75])


def test_functions_of_parameters() -> None:
    table = bg.sweep(sale, bg.grid(cost=[0.5, 0.8]), bg.Nash())
    other = bg.sweep(sale(), bg.grid(cost=[0.5, 0.8]), bg.Nash())
    exact(table, other)
    assert table.attrs["units"] == other.attrs["units"] == {"price": "USD"}
    estate = bg.sweep(lambda e: bg.ClaimsProblem(e, [100, 200, 300]), {"e": [100.0, 300.0]}, bg.Talmud())
    assert estate.filter(like="award").to_numpy().round(6).tolist()[0] == [33.333333] * 3
    words = bg.sweep(lambda cost, who: sale(cost, 9.0 if who == "proud" else 5.0),
                     bg.grid(cost=[0.8], who=["proud", "meek"]), bg.Nash())  # fmt: skip
    assert words["gain seller"].diff().iloc[1] == pytest.approx(2.0)  # the pie shrinks by the four that the proud ask


def test_games_of_demands_and_of_talks_have_their_columns() -> None:
    pie = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0])
    table = bg.sweep(pie, {"disagreement a": [0.0, 0.2]}, [bg.Nash(), bg.NashDemandGame(0.1)])
    compared = bg.compare(pie.replace(disagreement=[[0, 0], [0.2, 0]]), [bg.Nash(), bg.NashDemandGame(0.1)])
    for label in table["concept"].unique():
        one, two = (frame[frame["concept"] == label] for frame in (table, compared))
        for name in ("x", "probability", "utility a", "gain b"):
            assert np.array_equal(one[name], two[name], equal_nan=True)


def test_bad_calibrations_end_as_statuses() -> None:
    def strict(cost: Any) -> Problem:
        if np.any(cost < 0):
            raise ValueError("costs are not negative")
        return sale(cost)

    costs = np.full(50, 0.8)
    costs[[3, 17, 18, 49]] = -1.0
    costs[5], costs[6] = np.nan, np.inf
    costs[9] = 1e9  # quality is worthless, but there is still something to sell
    table = bg.sweep(strict, {"cost": costs}, CONCEPTS, chunk=20).set_index(["game", "concept"])
    status = table["status"].unstack("concept")
    assert (status.loc[[3, 17, 18, 49]] == "invalid").all(axis=None)
    assert (status.loc[[5, 6]] == "not finite").all(axis=None)
    fine = [0, 1, 2, 4, 7, 8, 10, 16, 19, 48]
    assert (status.loc[fine] == "ok").all(axis=None)
    assert table["price"].isna().eq(table["status"] != "ok").all()
    alone = bg.solve(sale([0.8]), bg.Nash(), certify=False)
    assert (table["price"].xs("Nash", level="concept").loc[fine] == alone.terms["price"][0]).all()


def test_terms_and_parties_that_only_some_numbers_have_are_not_lost() -> None:
    def family(cost: Any) -> Problem:
        return other.replace(disagreement=np.zeros((len(cost), 2))) if np.any(cost > 1) else sale(cost)

    other = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0])
    with pytest.raises(InvalidProblem, match=r"another shape.*: gain a, gain b, utility a, utility b, x did"):
        bg.sweep(family, {"cost": [0.7, 0.8, 0.9, 1.1]}, bg.Nash(), chunk=1)


def test_one_good_calibration_is_found_among_bad_ones() -> None:
    costs = np.full(61, np.nan)
    costs[::2], costs[30] = -1.0, 0.8

    def strict(cost: Any) -> Problem:
        if np.any(cost < 0):
            raise ValueError("costs are not negative")
        return sale(cost)

    status = bg.sweep(strict, {"cost": costs}, bg.Nash())["status"].to_numpy()
    assert np.array_equal(status == "ok", costs == 0.8)
    assert np.array_equal(status == "invalid", costs == -1.0)


def test_bad_calibrations_of_a_case() -> None:
    rows = {"T_ext": [2036.0, 2030.0, np.inf, np.nan, 2036.0], "cap_reading": ["joint", "joint", "joint", "joint", None]}
    with pytest.warns(OutsideRange, match="T_ext runs from 2030 to inf"):
        table = bg.sweep(CASE, rows, bg.Nash())
    assert table["status"].tolist() == ["ok", "not finite", "not finite", "not finite", "not finite"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutsideRange)
        lost = bg.sweep(CASE, {"L": [np.nan, np.nan]}, bg.Nash())
    assert lost["status"].tolist() == ["not finite"] * 2
    assert lost["stake"].isna().all()


def test_a_concept_that_refuses_some_games_keeps_the_others() -> None:
    class Picky(bg.Nash):
        def outcome(self, problem: Problem) -> Any:
            if np.any(problem.disagreement[..., 1] > 6):
                raise OverflowError("too much")
            return bg.Nash().outcome(problem)

    table = bg.sweep(sale(), {"disagreement seller": [5.0, 7.0, 6.0, 8.0]}, Picky())
    assert table["status"].tolist() == ["ok", "invalid", "ok", "invalid"]


def test_columns_are_kept_on_demand() -> None:
    grid = bg.grid(L=[0.1, 0.2], psi=[0.8])
    table = bg.sweep(CASE, grid, bg.Nash(), keep=["stake", "L"])
    assert list(table.columns) == ["game", "L", "scenario", "concept", "stake", "status"]
    exact(table, bg.sweep(CASE, grid, bg.Nash())[list(table.columns)])


def test_grids_become_arrays(tmp_path: Path) -> None:
    grid = bg.grid(L=[0.1, 0.2, 0.3], cap_reading=["joint", "separate"])
    found = bg.sweep(CASE, grid, bg.Nash(), scenarios=["baseline", "cap-growing"], form="grid")
    assert dict(found.sizes) == {"L": 3, "cap_reading": 2, "scenario": 2, "concept": 1}
    table = bg.sweep(CASE, grid, bg.Nash(), scenarios=["baseline", "cap-growing"])
    for row in table.to_dict("records"):
        at = {name: row[name] for name in found.dims}
        assert float(found["stake"].sel(at)) == row["stake"]
        assert str(found["status"].sel(at).item()) == row["status"]
    units = table.attrs["units"]
    assert {name: found[name].attrs["units"] for name in units} == units
    found.to_netcdf(tmp_path / "grid.nc")
    read = xr.load_dataset(tmp_path / "grid.nc")
    assert read.equals(found)
    assert read.attrs == found.attrs
    assert read["stake"].attrs == found["stake"].attrs


def test_concepts_with_one_label_go_by_their_settings() -> None:
    talks = [bg.AlternatingOffers(period=p, impatience=(0.1, 0.2)) for p in (0.5, 1)]
    table = bg.sweep(sale(), {"cost": [0.8]}, talks)
    assert table["concept"].tolist() == [repr(model) for model in talks]


def test_a_bar_is_shown_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    bg.sweep(sale(), {"cost": [0.8, np.nan]}, bg.Nash())
    assert capsys.readouterr() == ("", "")
    bg.sweep(sale(), {"cost": [0.8, np.nan]}, bg.Nash(), progress=True)
    out, err = capsys.readouterr()
    assert not out
    assert "2/2" in err
    assert "1 rows without an answer" in " ".join(err.split())


def scalar(cost: Any) -> Problem:
    return sale(cost if cost > 0 else -cost)


def named_gap(c: Any) -> Problem:
    return bg.from_issues(
        [bg.Issue("gap")], {"a": lambda gap, c: c * gap, "b": lambda gap: 1 - gap}, [0, 0], parameters={"c": c}
    )


REFUSED: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    ("an unknown parameter", lambda: bg.sweep(CASE, {"LL": [1.0]}, bg.Nash()), UnknownName, "LL"),
    ("an unknown option", lambda: bg.sweep(CASE, {"cap_reading": ["joit"]}, bg.Nash()), UnknownName, "joint"),
    ("words for numbers", lambda: bg.sweep(CASE, {"L": ["joint"]}, bg.Nash()), InvalidProblem, "a parameter: give numbers"),
    ("numbers for words", lambda: bg.sweep(CASE, {"sides": [2.0]}, bg.Nash()), InvalidProblem, "a choice: give words"),
    ("a number for all games", lambda: bg.sweep(CASE, {"s_low": [0.0, 0.1]}, bg.Nash()), InvalidProblem, "s_low must be one"),
    ("an unknown scenario", lambda: bg.sweep(CASE, {"L": [0.1]}, bg.Nash(), scenarios="calm"), UnknownName, "calm"),
    ("a scenario undone", lambda: bg.sweep(CASE, {"L": [0.1]}, bg.Nash(), scenarios=["no-conversion-loss"]), InvalidProblem, "sets L, which"),
    ("a scenario twice", lambda: bg.sweep(CASE, {"L": [0.1]}, bg.Nash(), scenarios=["baseline"] * 2), InvalidProblem, "twice"),
    ("scenarios of a problem", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash(), scenarios="x"), InvalidProblem, "only a case"),
    ("no scenario", lambda: bg.sweep(CASE, {"L": [0.1]}, bg.Nash(), scenarios=[]), InvalidProblem, "no scenario"),
    ("a scenario that is no word", lambda: bg.sweep(CASE, {"L": [0.1]}, bg.Nash(), scenarios=[1]), InvalidProblem, "list of strings"),  # type: ignore[call-overload]
    ("a stack", lambda: bg.sweep(sale([1, 2]), {"cost": [1.0]}, bg.Nash()), InvalidProblem, "stack already"),
    ("an unknown number", lambda: bg.sweep(sale(), {"costs": [1.0]}, bg.Nash()), UnknownName, "cost"),
    ("words of a problem", lambda: bg.sweep(sale(), {"cost": ["x"]}, bg.Nash()), InvalidProblem, "give numbers"),
    ("nothing to sweep", lambda: bg.sweep(3, {"cost": [1.0]}, bg.Nash()), InvalidProblem, "cannot be swept"),
    ("no concept", lambda: bg.sweep(sale(), {"cost": [1.0]}, []), InvalidProblem, "no concept"),
    ("a concept that is none", lambda: bg.sweep(sale(), {"cost": [1.0]}, [1]), InvalidProblem, "no solution concept"),
    ("a concept by name", lambda: bg.sweep(sale(), {"cost": [1.0]}, "nash"), InvalidProblem, "no solution concept"),  # type: ignore[call-overload]
    ("a concept without settings", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash), InvalidProblem, "no solution concept"),  # type: ignore[call-overload]
    ("a concept twice", lambda: bg.sweep(sale(), {"cost": [1.0]}, [bg.Nash(), bg.Nash()]), InvalidProblem, "twice"),
    ("weights of others", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash((1, 1, 1))), InvalidProblem, "do not match"),
    ("another kind of problem", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Talmud()), InvalidProblem, "ClaimsProblem"),
    ("a function's unknown keyword", lambda: bg.sweep(sale, {"coast": [1.0]}, bg.Nash()), UnknownName, "cost"),
    ("a function's missing keyword", lambda: bg.sweep(lambda cost, x: sale(cost), {"cost": [1.0]}, bg.Nash()), InvalidProblem, "needs 'x'"),
    ("a function by position", lambda: bg.sweep(abs, {"x": [1.0]}, bg.Nash()), InvalidProblem, "by position|by keyword"),
    ("a function of scalars", lambda: bg.sweep(scalar, {"cost": [1.0, 2.0]}, bg.Nash()), ValueError, "truth value"),
    ("a function of something else", lambda: bg.sweep(lambda cost: cost, {"cost": [1.0]}, bg.Nash()), InvalidProblem, "must return"),
    ("too many problems", lambda: bg.sweep(lambda c: sale([1, 2, 3]), {"c": [1.0]}, bg.Nash()), InvalidProblem, "one\\s+problem a calibration"),
    ("no finite number", lambda: bg.sweep(sale, {"cost": [np.nan]}, bg.Nash()), InvalidProblem, "finite numbers"),
    ("no derivative", lambda: bg.sweep(lambda c: bg.from_issues([bg.Issue("x")], {"a": lambda x, c: np.floor(c * x), "b": lambda x: 1 - x}, [0, 0], parameters={"c": c}), {"c": [1.0]}, bg.Nash()), NotDifferentiable, "floor"),
    ("a name of two columns", lambda: bg.sweep(lambda price: sale(price), {"price": [0.8]}, bg.Nash()), InvalidProblem, "two columns"),
    ("a term that hides a column", lambda: bg.sweep(named_gap, {"c": [1.0]}, bg.Nash()), InvalidProblem, "term is named 'gap'"),
    ("a term that hides one in a comparison", lambda: bg.compare(named_gap(1.0), [bg.Nash()]), InvalidProblem, "rename the issue"),
    ("an unknown column", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash(), keep=["stake"]), UnknownName, "stake"),
    ("an unknown form", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash(), form="list"), InvalidProblem, "form"),  # type: ignore[call-overload]
    ("no grid", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash(), form="grid"), InvalidProblem, "bg.grid"),
    ("no folder", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash(), form="files"), InvalidProblem, "folder"),
    ("no chunk", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash(), chunk=0), InvalidProblem, "chunk"),
    ("no executor", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash(), executor=2), InvalidProblem, "get_executor"),  # type: ignore[call-overload]
    ("no path", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash(), checkpoint=3), InvalidProblem, "path"),  # type: ignore[call-overload]
    ("no flag", lambda: bg.sweep(sale(), {"cost": [1.0]}, bg.Nash(), certify="yes"), InvalidProblem, "certify"),  # type: ignore[call-overload]
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "match"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_concerns_all_games_is_refused_at_once(call: Callable[[], Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


def test_rows_of_a_file(tmp_path: Path) -> None:
    frame = pd.DataFrame(bg.draws(RANGES, 30, rng=4).rows(0, 30))
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_parquet(tmp_path / "rows.parquet", row_group_size=7)
    expected = bg.sweep(CASE, frame, bg.Nash())
    exact(bg.sweep(CASE, tmp_path / "rows.parquet", bg.Nash(), chunk=11), expected)
    exact(bg.sweep(CASE, str(tmp_path / "rows.csv"), bg.Nash()), expected)
