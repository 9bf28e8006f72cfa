"""The commands sweep, statics and weights: what they print, write and refuse."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bargaining as bg
from tests.test_cli import run

CASE = bg.cases.load("microsoft-openai")
NAME = "microsoft-openai"


def words(text: str) -> str:
    return " ".join(text.split())


def test_sweep_prints_quantiles_beside_the_press_midpoint(tmp_path: Path) -> None:
    result = run("sweep", NAME, "--draws", "300", "--rng", "1", "--concept", "nash", "--choice", "cap_reading=all",
                 "--keep", "stake", "--out", str(tmp_path))  # fmt: skip
    assert result.exit_code == 0, result.output
    printed = result.output.split("\nWrote")[0]
    assert max(map(len, printed.splitlines())) <= 80
    draws = bg.crossed(bg.draws(CASE.ranges, 300, rng=1), cap_reading=CASE.choices["cap_reading"].options)
    table = bg.sweep(CASE, draws, bg.Nash())
    rows = [line.split() for line in printed.splitlines() if line.startswith("stake, fully diluted")]
    for row, (_, group) in zip(rows, table.groupby("cap_reading", sort=False), strict=True):
        levels = np.quantile(group["stake"].dropna(), [0.05, 0.25, 0.5, 0.75, 0.95])
        assert row[-7:-2] == [f"{level:.3f}" for level in levels]
        assert row[-1] == "0.270" and row[-2] == "-"
        assert float(row[3]) == round(100 * np.mean(group["stake"] <= 1e-6 * 0.49))
    for said in ("0.325", "no confidence interval, no forecast of the deal", "does not predict", "cap_reading=revenue_only",
                 "a naive baseline", "an agreement"):  # fmt: skip
        assert said in words(printed)
    written = sorted(path.name for path in tmp_path.iterdir())
    figures = [f"distribution-stake-nash.{kind}" for kind in ("pdf", "png", "svg")]
    assert written == [*figures, "quantiles.csv", "sweep.parquet"]
    kept = pd.read_parquet(tmp_path / "sweep.parquet")
    assert np.array_equal(kept["stake"], table["stake"], equal_nan=True)
    assert len(pd.read_csv(tmp_path / "quantiles.csv")) == 6


def test_sweep_writes_csv_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bargaining.sweep_reports.find_spec", lambda name: None)
    result = run("sweep", NAME, "--draws", "20", "--concept", "nash", "--keep", "stake", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert len(pd.read_csv(tmp_path / "sweep.csv")) == 20


def test_sweep_of_scenarios_keeps_their_numbers_and_their_terms() -> None:
    result = run(
        "sweep", NAME, "--draws", "40", "--concept", "nash", "--scenario", "common-12", "--scenario", "three-parties"
    )
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines())) <= 80
    said = words(result.output)
    assert "Nash, common-12: 40 draws" in said and "nonprofit stake, press basis" in said and "gain non-profit" in said
    assert "51 ranges" in said  # rho is the scenario's


def test_a_grid_is_printed_row_by_row_and_drawn_as_lines(tmp_path: Path) -> None:
    result = run(
        "sweep", NAME, "--grid", "L=0.1:0.5:3", "--concept", "nash", "--concept", "rubinstein", "--out", str(tmp_path)
    )
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.output.splitlines() if line[:1].isdigit()]
    assert [row[1:3] for row in rows] == [[L, c] for L in ("0.1", "0.3", "0.5") for c in ("Nash", "Rubinstein")]
    assert float(rows[0][3]) == pytest.approx(0.0671, abs=1e-4)
    assert (tmp_path / "sweep-stake.png").exists()


def test_wide_tables_lose_no_digit_and_repeated_options_add_up(tmp_path: Path) -> None:
    result = run("sweep", NAME, "--grid", "L=0.1,0.2", "--grid", "L=0.3", "--grid", "theta=0.5", "--choice",
                 "cap_reading=joint", "--choice", "cap_reading=separate", "--scenario", "baseline", "--scenario",
                 "three-parties", "--concept", "nash")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines())) <= 80 and "…" not in result.output
    assert "The same in all rows: theta 0.5, concept Nash" in words(result.output)
    grid = bg.grid(cap_reading=["joint", "separate"], L=[0.1, 0.2, 0.3], theta=[0.5])
    table = bg.sweep(CASE, grid, bg.Nash(), scenarios=["baseline", "three-parties"])
    rows = [line.split() for line in result.output.splitlines() if line[:1].isdigit()]
    for number, row in table.iterrows():
        cells = [cell for printed in rows if printed[0] == str(number) for cell in printed[1:]]
        for name in ("cap_reading", "L", "scenario", "stake", "safety", "gain Microsoft"):
            assert (row[name] if isinstance(row[name], str) else f"{row[name]:.4g}") in cells


def test_a_folder_that_cannot_be_made_is_known_before_work_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bg, "sweep", lambda *question, **options: pytest.fail("work has begun"))
    (tmp_path / "file").touch()
    result = run("sweep", NAME, "--draws", "9", "--concept", "nash", "--out", str(tmp_path / "file"))
    assert result.exit_code == 1 and "cannot write" in result.output


def test_grids_of_one_value_are_said_and_grids_of_two_parameters_are_maps(tmp_path: Path) -> None:
    one = run("sweep", NAME, "--grid", "L=-5", "--concept", "nash", "--keep", "stake")
    assert "L -5, scenario baseline, concept Nash, stake none, status no agreement" in words(one.output)
    asked = ("sweep", NAME, "--grid", "L=0.1:0.5:3", "--grid", "theta=0.3:0.9:3", "--keep", "stake", "--concept", "nash")
    assert run(*asked, "--out", str(tmp_path)).exit_code == 0
    assert (tmp_path / "sweep-stake-baseline-nash.png").exists()
    assert not (tmp_path / "quantiles.csv").exists()  # of single deals


def test_a_grid_with_draws_has_a_block_a_value() -> None:
    result = run("sweep", NAME, "--grid", "L=0.1,0.4", "--draws", "30", "--concept", "nash", "--keep", "stake")
    assert result.exit_code == 0
    assert "Nash, baseline, L=0.1: 30 draws" in result.output and "Nash, baseline, L=0.4: 30 draws" in result.output


def test_a_sweep_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    asked = ("sweep", NAME, "--draws", "50", "--rng", "2", "--concept", "nash", "--choice", "cap_reading=joint", "--keep",
             "stake", "--checkpoint", str(tmp_path))  # fmt: skip
    first, second = run(*asked), run(*asked)
    assert first.exit_code == second.exit_code == 0, first.output
    assert first.output == second.output
    other = run(*asked[:4], "--rng", "3", *asked[6:])
    assert other.exit_code == 2 and "another sweep" in words(other.output)


def test_statics_prints_derivatives_and_both_ends(tmp_path: Path) -> None:
    result = run("statics", NAME, "--of", "stake", "--most", "3", "--out", str(tmp_path))
    assert result.exit_code == 0, result.output
    printed = result.output.split("\nWrote")[0]
    assert max(map(len, printed.splitlines())) <= 80
    rows = {
        line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.split()[:1] in (["theta"], ["T_ext"])
    }
    moves = bg.comparative_statics(CASE, bg.Nash())
    assert float(rows["theta"][1]) == pytest.approx(float(moves.derivative("stake", "theta")), rel=2e-3)
    assert rows["theta"][3:] == ["0.3", "0.9", "0", "0.214"]
    assert len(rows["T_ext"]) == 6  # no elasticity in a calendar year
    for said in (
        "revenue share 0.200 (at its upper bound)",
        "one parameter at a time",
        "left of a kink",
        "does not predict",
    ):
        assert said in words(printed)
    assert {"derivatives.csv", "tornado-stake.png"} <= {path.name for path in tmp_path.iterdir()}
    assert len(pd.read_csv(tmp_path / "derivatives.csv")) == len(moves.parameters) * len(moves.outcomes)


def test_statics_of_a_scenario_with_changes() -> None:
    result = run(
        "statics", NAME, "--set", "phi=4", "--scenario", "cap-joint", "--of", "gain OpenAI", "--of", "revenue_share"
    )
    base = bg.solve(CASE.problem("cap-joint", phi=4), bg.Nash())
    assert result.exit_code == 0
    assert f"gain OpenAI, $bn, present value at 29 July 2025: {float(base.gains[1]):.4g}" in result.output
    assert not any(line.startswith("phi ") for line in result.output.splitlines())  # it is set, not moved


def test_weights_are_said_and_spread(tmp_path: Path) -> None:
    one = run("weights", NAME, "--term", "stake=0.2")
    assert one.exit_code == 0
    assert "baseline: Microsoft's weight 0.778 (identified)" in one.output and "do not measure power" in words(one.output)
    asked = ("--uncertain", "L", "--uncertain", "cap_reading", "--draws", "20", "--out", str(tmp_path))
    spread = run("weights", NAME, "--term", "stake=0.2", *asked)
    assert spread.exit_code == 0, spread.output
    assert max(map(len, spread.output.split("\nWrote")[0].splitlines())) <= 80
    assert "20 draws a row" in spread.output and "no confidence interval" in words(spread.output)
    assert len(pd.read_csv(tmp_path / "weights.csv")) == 3
    ranged = run("weights", NAME, "--term", "stake=0.17:0.41")
    assert "between 0.6869 and 1: stake was observed as a range" in words(ranged.output)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("sweep", "microsoft-opnai"), "did you mean 'microsoft-openai'"),
        (("sweep", NAME, "--concept", "nsh"), "did you mean 'nash'"),
        (("sweep", NAME, "--scenario", "comon-12"), "did you mean 'common-12'"),
        (("sweep", NAME, "--choice", "cap_readin=all"), "did you mean 'cap_reading'"),
        (("sweep", NAME, "--choice", "cap_reading=jint"), "did you mean 'joint'"),
        (("sweep", NAME, "--choice", "cap_reading"), "write name=value"),
        (("sweep", NAME, "--grid", "L=1:2"), "NAME=LOW:HIGH:COUNT"),
        (("sweep", NAME, "--grid", "thet=0.3:0.9:3"), "did you mean 'theta'"),
        (("sweep", NAME, "--grid", "L=0.1,0.1"), "names a value twice"),
        (("sweep", NAME, "--method", "sobl"), "write one of"),
        (("sweep", NAME, "--draws", "0"), "positive whole number"),
        (("sweep", NAME, "--draws", "9", "--keep", "stak"), "did you mean 'stake'"),
        (("sweep", NAME, "--draws", "9", "--keep", "L"), "no term or gain to keep"),
        (("sweep", NAME, "--draws", "9", "--out", "here", "--checkpoint", "./here"), "a folder of its own"),
        (("sweep", NAME, "--draws", "9", "--backend", "d"), "no backend named 'd'"),
        (("statics", NAME, "--concept", "nsh"), "did you mean 'nash'"),
        (("statics", NAME, "--concept", "raiffa"), "comparative statics of Raiffa"),
        (("statics", NAME, "--of", "stak"), "did you mean 'stake'"),
        (("statics", NAME, "--set", "thet=1"), "did you mean 'theta'"),
        (("statics", NAME, "--most", "0"), "at least one"),
        (("statics", NAME, "--set", "L=0.1", "--set", "L=0.2"), "names L twice"),
        (("weights", NAME, "--term", "stake=0.2", "--term", "stake=0.3"), "names stake twice"),
        (("weights", NAME), "say what was observed"),
        (("weights", NAME, "--term", "stak=0.2"), "did you mean 'stake'"),
        (("weights", NAME, "--term", "stake=much"), "write a number"),
        (("weights", NAME, "--term", "stake=0.2", "--uncertain", "thet"), "did you mean 'theta'"),
        (("weights", NAME, "--term", "stake=0.2", "--scenario", "cap-jint"), "did you mean 'cap-joint'"),
    ],
)
def test_refusals_name_the_remedy(asked: tuple[str, ...], message: str) -> None:
    result = run(*asked)
    assert result.exit_code == 2
    assert message in words(result.output)
    assert "Traceback" not in result.output


def test_the_commands_start_without_loading_what_they_do_not_need() -> None:
    import subprocess

    code = "import sys, bargaining.cli; print(sorted({'matplotlib', 'xarray', 'pyarrow'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
