"""Quantiles of a sweep: shares add up, ends are found, and nothing is pooled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.sweeps.spreads import AT, percent, spreads

CASE = bg.cases.load("microsoft-openai")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    draws = bg.crossed(bg.draws(CASE.ranges, 400, rng=1), cap_reading=["separate", "revenue_only"])
    return bg.sweep(CASE, draws, bg.Nash(), keep=["cap_reading", "stake", "revenue_share", "gain OpenAI"])


def made(values: list[float], status: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"concept": "Nash", "stake": values, "status": status or ["ok"] * len(values)})


def test_shares_are_of_all_rows_and_quantiles_of_those_with_an_answer(table: pd.DataFrame) -> None:
    for row in bg.quantiles(table, ["stake", "revenue_share"], bounds={"stake": (0, 0.49)}).to_dict("records"):
        rows = table[table["cap_reading"] == row["cap_reading"]]
        values = rows[row["outcome"]]
        known = values.dropna()
        low, high = {"stake": (0.0, 0.49), "revenue_share": (0.0, 0.2)}[row["outcome"]]
        near = AT * (high - low)
        assert row["rows"] == len(rows) == 400
        assert row["at low"] == pytest.approx(np.mean(values <= low + near))
        assert row["at high"] == pytest.approx(np.mean(values >= high - near))
        assert row["no agreement"] == pytest.approx(np.mean(rows["status"] == "no agreement"))
        assert row["no answer"] == 0
        assert [row[f"{q}%"] for q in (5, 25, 50, 75, 95)] == np.quantile(known, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist()


def test_every_row_is_inside_at_an_end_or_without_an_answer(table: pd.DataFrame) -> None:
    for column in ("stake", "revenue_share", "gain OpenAI"):
        for spread in spreads(table, column):
            shares = len(spread.inside) / spread.rows + sum(spread.at) + sum(spread.missing.values())
            assert shares == pytest.approx(1.0)


def test_an_end_is_a_value_that_rows_share() -> None:
    (spread,) = spreads(made([0.0, 1e-9, 0.2, 0.3, 0.4]), "stake")
    assert spread.at == (0.4, 0.0) and spread.ends[0] == 0.0 and np.isnan(spread.ends[1])
    (alone,) = spreads(made([0.0, 0.1, 0.2]), "stake")
    assert alone.at == (0.0, 0.0) and len(alone.inside) == 3
    (constant,) = spreads(made([0.2, 0.2]), "stake")
    assert constant.at == (1.0, 0.0) and not constant.inside.size
    (single,) = spreads(made([0.2, np.nan], ["ok", "no agreement"]), "stake")
    assert single.ends[0] == 0.2 and single.at == (0.5, 0.0)
    (bound,) = spreads(made([0.0, 0.1, 0.2]), "stake", bounds=(0.0, 0.49))
    assert bound.at == (pytest.approx(1 / 3), 0.0)


def test_rows_without_an_answer_are_counted_by_why() -> None:
    (spread,) = spreads(made([0.1, np.nan, np.nan, np.nan], ["ok", "no agreement", "no agreement", "not finite"]), "stake")
    assert spread.missing == {"no agreement": 0.5, "not finite": 0.25}
    (none,) = spreads(made([np.nan], ["no agreement"]), "stake")
    assert np.all(np.isnan(none.levels)) and none.missing == {"no agreement": 1.0}


def test_a_term_that_another_scenario_has_is_left_out() -> None:
    mixed = pd.DataFrame({"scenario": ["two", "three"], "concept": "Nash", "share": [np.nan, 0.3], "status": "ok"})
    (only,) = spreads(mixed, "share")
    assert only.group == {"scenario": "three"} and only.label == "three"


def test_groups_are_never_pooled(table: pd.DataFrame) -> None:
    with pytest.raises(InvalidProblem, match=r"differ in cap_reading, and discrete questions are never averaged"):
        bg.quantiles(table, "stake", by="concept")
    assert bg.quantiles(table, "stake")["cap_reading"].tolist() == ["separate", "revenue_only"]
    assert len(bg.quantiles(table[table["cap_reading"] == "separate"], "stake")) == 1


def test_refusals(table: pd.DataFrame) -> None:
    with pytest.raises(UnknownName, match="did you mean 'stake'"):
        bg.quantiles(table, "stak")
    with pytest.raises(UnknownName, match="column of numbers named 'concept'"):
        bg.quantiles(table, "concept")
    with pytest.raises(UnknownName, match="did you mean 'cap_reading'"):
        bg.quantiles(table, "stake", by="cap_readin")
    with pytest.raises(UnknownName, match="did you mean 'stake'"):
        bg.quantiles(table, "stake", bounds={"stak": (0.0, 0.49)})
    for bounds in ((0.49, 0.0), (0.0,), "x", (0.0, np.inf)):
        with pytest.raises(InvalidProblem, match="bounds of stake"):
            bg.quantiles(table, "stake", bounds={"stake": bounds})  # type: ignore[dict-item]
    with pytest.raises(InvalidProblem, match=r"must hold all outcomes, which run from 0 to"):
        bg.quantiles(table, "stake", bounds={"stake": (0.0, 0.1)})  # what lies beyond is not at the end
    for thing in (None, 3, pd.DataFrame({"stake": [1.0]}), table.iloc[:0]):
        with pytest.raises(InvalidProblem, match=r"bg\.sweep|no rows"):
            bg.quantiles(thing)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (1e-6, "under 0.1 %"), (0.0123, "1.2 %"), (0.31, "31 %"), (0.9996, "over 99.9 %"), (1, "100 %")],
)
def test_shares_in_words(share: float, said: str) -> None:
    assert percent(share) == said
