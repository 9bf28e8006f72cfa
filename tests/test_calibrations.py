"""Calibrations: any rows at any time, the same whatever was asked before; grids, draws of three kinds, files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import qmc

import bargaining as bg
from bargaining.calibrations.records import calibrations
from bargaining.calibrations.sampling import permuted
from bargaining.errors import InvalidProblem

BOX = {"a": (0.0, 1.0), "b": (-2.0, 3.0), "c": (5.0, 5.0)}
GAMES = 500


def parquet(folder: Path) -> str:
    frame = pd.DataFrame({"a": np.arange(GAMES, dtype=float), "word": ["x", "y"] * (GAMES // 2), "n": np.arange(GAMES)})
    frame.to_parquet(folder / "rows.parquet", row_group_size=64)
    return str(folder / "rows.parquet")


KINDS: dict[str, Callable[[Path], Any]] = {
    "uniform": lambda _: bg.draws(BOX, GAMES, rng=1),
    "latin hypercube": lambda _: bg.draws(BOX, GAMES, rng=1, method="latin-hypercube"),
    "sobol": lambda _: bg.draws(BOX, GAMES, rng=1, method="sobol"),
    "grid": lambda _: bg.grid(a=[1, 2, 3, 4, 5], b=np.linspace(0, 1, 20), word=["x", "y", "z", "u", "v"]),
    "mapping": lambda _: {"a": np.arange(GAMES), "word": ["x"] * GAMES},
    "parquet": parquet,
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_the_same_however_they_are_asked_for(kind: str, tmp_path: Path) -> None:
    whole = calibrations(KINDS[kind](tmp_path))
    assert len(whole) == whole.games == GAMES
    rows = whole.rows(0, GAMES)
    assert tuple(rows) == whole.names
    for start, stop in ((0, 1), (7, 71), (400, 500), (130, 131), (63, 65), (10, 10), (GAMES, GAMES)):
        for part in (whole.rows(start, stop), whole.excerpt(start, stop).rows(0, stop - start)):
            assert all(np.array_equal(part[name], rows[name][start:stop]) for name in rows)
            assert all(part[name].dtype == rows[name].dtype for name in rows)
    inner = whole.excerpt(100, 300).excerpt(20, 40)
    assert inner.games == 20
    assert inner.names == whole.names
    assert all(np.array_equal(inner.rows(0, 20)[name], rows[name][120:140]) for name in rows)
    for name, (low, high) in whole.spans.items():
        assert np.all((rows[name] >= low) & (rows[name] <= high))
    words = [name for name in rows if name not in whole.spans]
    seen = set(zip(*(rows[name] for name in words), strict=True)) if words else {()}
    assert {tuple(found.values()) for found in whole.kinds} == seen


def test_uniform_draws_are_those_of_numpy() -> None:
    case = bg.cases.load("microsoft-openai")
    generator = np.random.default_rng(3)
    drawn = case.draw(40, rng=3)
    assert isinstance(drawn, dict)
    for name, (low, high) in case.ranges.items():
        assert np.array_equal(drawn[name], generator.uniform(low, high, 40))
    assert np.all(case.draw(8, rng=3, method="sobol")["L"] >= 0.03)


def test_a_generator_moves_on() -> None:
    rng, other = np.random.default_rng(5), np.random.default_rng(5)
    first, second = (bg.draws({"a": (0, 1)}, 10, rng).rows(0, 10)["a"] for _ in range(2))
    assert np.array_equal(np.concatenate([first, second]), other.random(20))
    old = np.random.Generator(np.random.MT19937(1))
    assert not np.array_equal(bg.draws(BOX, 9, old).rows(0, 9)["a"], bg.draws(BOX, 9, old).rows(0, 9)["a"])


@pytest.mark.parametrize("games", [1, 2, 10, 100, 257, 5000])
def test_latin_hypercube_has_one_draw_in_each_part(games: int) -> None:
    rows = bg.draws({"a": (0, 1), "b": (2, 4)}, games, rng=2, method="latin-hypercube").rows(0, games)
    for values, low, high in ((rows["a"], 0, 1), (rows["b"], 2, 4)):
        parts = np.floor((values - low) / (high - low) * games).astype(int)
        assert np.array_equal(np.sort(parts), np.arange(games))
    if games >= 5000:
        assert abs(np.corrcoef(rows["a"], rows["b"])[0, 1]) < 0.05


def test_every_place_of_a_permutation_is_as_likely() -> None:
    rng = np.random.default_rng(4)
    keys = rng.integers(0, 2**64, (500, 8), dtype=np.uint64)
    found = np.array([permuted(np.arange(10, dtype=np.uint64), 10, key) for key in keys]).astype(int)
    counts = np.array([np.bincount(found[:, i], minlength=10) for i in range(10)])
    assert np.max(np.abs(counts - 50)) < 5 * np.sqrt(50)  # fifty expected in each of a hundred cells


def test_sobol_fills_the_box_more_evenly_than_chance() -> None:
    box = dict.fromkeys("abcde", (0.0, 1.0))
    even, chance = (
        qmc.discrepancy(np.column_stack(list(bg.draws(box, 256, rng=1, method=method).rows(0, 256).values())))
        for method in ("sobol", "uniform")  # type: ignore[arg-type]
    )
    assert even < chance / 4


def test_files(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"L": [0.1, np.nan, 0.3], "cap": ["joint", "separate", None], "n": pd.array([1, None, 3], "Int64")}
    )
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    for given in (frame, tmp_path / "a.csv", str(tmp_path / "a.parquet")):
        found = calibrations(given)
        rows = found.rows(0, 3)
        assert np.array_equal(rows["L"], [0.1, np.nan, 0.3], equal_nan=True)
        assert np.array_equal(rows["n"], [1, np.nan, 3], equal_nan=True)
        assert rows["cap"].tolist() == ["joint", "separate", None]
        assert found.spans == {"L": (0.1, 0.3), "n": (1.0, 3.0)}
        assert list(found.kinds) == [{"cap": "joint"}, {"cap": "separate"}]
    pd.DataFrame({"L": [1.0, 2.0, 3.0, 4.0]}).to_parquet(tmp_path / "b.parquet", row_group_size=2)
    changing = calibrations(tmp_path / "b.parquet")
    assert changing.rows(0, 1)["L"] == 1
    (tmp_path / "b.parquet").unlink()
    with pytest.raises(InvalidProblem, match="changed"):
        changing.rows(3, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_there_are_not_are_refused(kind: str, tmp_path: Path) -> None:
    whole = calibrations(KINDS[kind](tmp_path))
    for start, stop in ((0, GAMES + 1), (-1, 3), (5, 4)):
        with pytest.raises(InvalidProblem, match="not among the 500 rows"):
            whole.rows(start, stop)
    with pytest.raises(InvalidProblem, match="not among the 10 rows"):
        whole.excerpt(0, 10).rows(0, 11)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: bg.grid(), "at least one parameter"),
    (lambda: bg.grid(L=[]), "no value"),
    (lambda: bg.grid(L=np.zeros((2, 2))), "shape"),
    (lambda: bg.grid(L=0.1), "must be a list"),  # type: ignore[arg-type]
    (lambda: bg.grid(L=[0.1, 0.1]), "twice"),
    (lambda: bg.grid(L=[0.1, np.nan]), "missing or not finite"),
    (lambda: bg.grid(L=["a", None]), "missing or not finite"),  # type: ignore[list-item]
    (lambda: bg.grid(L=["a", 1]), "neither numbers nor words"),  # type: ignore[list-item]
    (lambda: bg.grid(L=[[1, 2], [3]]), "L ="),  # type: ignore[list-item]
    (lambda: bg.grid(**{f"p{i}": np.arange(10.0) for i in range(20)}), "fewer values"),
    (lambda: bg.crossed(bg.draws(BOX, 10**6), x=np.arange(1e6)), "fewer values"),
    (lambda: bg.draws({}, 10), "must map names"),
    (lambda: bg.draws({"a": (1, 0)}, 10), "lower first"),
    (lambda: bg.draws({"a": (0, np.inf)}, 10), "finite"),
    (lambda: bg.draws({"a": (-1e308, 1e308)}, 10), "wider than any float"),
    (lambda: bg.draws({"a": 3}, 10), "two finite numbers"),
    (lambda: bg.draws(BOX, 0), "positive whole number"),
    (lambda: bg.draws(BOX, 1.5), "positive whole number"),  # type: ignore[arg-type]
    (lambda: bg.draws(BOX, 10, method="halton"), "unknown"),  # type: ignore[arg-type]
    (lambda: bg.draws(BOX, 10, rng="x"), "neither a seed"),  # type: ignore[arg-type]
    (lambda: bg.draws(BOX, 10, rng=-1), "neither a seed"),
    (lambda: bg.draws(BOX, 2**31, method="sobol"), "beyond"),
    (lambda: calibrations({"a": [1, 2], "b": [1, 2, 3]}), "equal length"),
    (lambda: calibrations({"a": [[1, 2], [3, 4]]}), "equal length"),
    (lambda: calibrations({"a": 1.0}), "equal length"),
    (lambda: calibrations({}), "no column"),
    (lambda: calibrations({"a": []}), "no row"),
    (lambda: calibrations({"a": np.ma.masked_array([1.0, 2.0], [True, False])}), "masked"),
    (lambda: calibrations({"a": [1j]}), "neither numbers nor words"),
    (lambda: calibrations(pd.DataFrame({"a": [1j]})), "neither numbers nor words"),
    (lambda: calibrations(pd.DataFrame({"L": [0.1], "a": [1.0]}).set_index("L")), "have L as an index"),
    (lambda: calibrations([1, 2]), "holds no calibrations"),
    (lambda: calibrations("nowhere.csv"), "no file"),
    (lambda: calibrations(__file__), "neither a .csv nor"),
]


@pytest.mark.parametrize(("call", "match"), REFUSED)
def test_refusals(call: Callable[[], Any], match: str) -> None:
    with pytest.raises(InvalidProblem, match=match):
        call()


def test_files_that_are_none(tmp_path: Path) -> None:
    for name in ("a.parquet", "a.csv"):
        (tmp_path / name).write_bytes(b"\xff\x00not a table")
        with pytest.raises(InvalidProblem, match=r"a\.parquet|a\.csv"):
            calibrations(tmp_path / name)


CSV_FAULTS = [
    ("L,theta\n0.1,0.5,0.9\n0.2,0.6,0.8\n", "no table"),  # pandas would take the first column for names of rows
    ("L,theta\n0.1,0.5\n0.2,0.6,0.8\n", "no table"),
    ("size,size\n10,20\n", "named size, size"),  # pandas would rename the second
    (",L\n0,0.1\n", "index=False"),
]


@pytest.mark.parametrize(("text", "match"), CSV_FAULTS)
def test_columns_of_a_csv_file_are_not_guessed(text: str, match: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidProblem, match=match):
        calibrations(tmp_path / "a.csv")


def test_commas_at_the_ends_of_lines_shift_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("L,theta\n0.1,0.5,\n0.2,0.6,\n", encoding="utf-8")
    rows = calibrations(tmp_path / "a.csv").rows(0, 2)
    assert rows["L"].tolist() == [0.1, 0.2] and rows["theta"].tolist() == [0.5, 0.6]


def test_the_index_of_a_parquet_file_is_not_lost(tmp_path: Path) -> None:
    pd.DataFrame({"L": [0.1, 0.2], "theta": [0.5, 0.6]}).set_index("L").to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InvalidProblem, match="have L as an index"):
        calibrations(tmp_path / "a.parquet").rows(0, 1)


def test_crossed_rows_are_pairs_wherever_they_are_cut() -> None:
    draws = bg.draws({"L": (0.1, 0.5), "psi": (0.6, 1.0)}, 7, rng=1)
    pairs = bg.crossed(draws, cap_reading=["separate", "joint"], theta=[0.3, 0.6, 0.9])
    whole, alone = pairs.rows(0, pairs.games), draws.rows(0, 7)
    assert pairs.games == 42 and pairs.names == ("L", "psi", "cap_reading", "theta")
    assert np.array_equal(whole["L"], np.repeat(alone["L"], 6))
    assert whole["cap_reading"].tolist() == (["separate"] * 3 + ["joint"] * 3) * 7
    assert np.array_equal(whole["theta"], np.tile([0.3, 0.6, 0.9], 14))
    for start, stop in ((0, 1), (5, 13), (11, 12), (36, 42), (6, 6)):
        for name, values in pairs.rows(start, stop).items():
            assert np.array_equal(values, whole[name][start:stop])
            assert np.array_equal(pairs.excerpt(start, 42).rows(0, stop - start)[name], whole[name][start:stop])
    assert pairs.spans == {"L": (0.1, 0.5), "psi": (0.6, 1.0), "theta": (0.3, 0.9)}
    assert list(pairs.kinds) == [{"cap_reading": "separate"}, {"cap_reading": "joint"}]


def test_what_cannot_be_crossed_is_refused() -> None:
    draws = bg.draws({"L": (0.1, 0.5)}, 7, rng=1)
    with pytest.raises(InvalidProblem, match="L would be both"):
        bg.crossed(draws, L=[0.1])
    with pytest.raises(InvalidProblem, match="no Calibrations"):
        bg.crossed({"L": [0.1]}, theta=[0.5])  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match="at least one parameter"):
        bg.crossed(draws)
