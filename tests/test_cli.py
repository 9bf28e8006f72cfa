"""The command line: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import bargaining as bg
from bargaining.cli import app


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_list() -> None:
    result = run("list")
    assert result.exit_code == 0
    assert "microsoft-openai" in result.output
    detail = run("list", "microsoft-openai").output
    for words in (
        "cap-joint",
        "kalai-smorodinsky",
        "T_ext",
        "2033-2041",
        "assumption",
        "of three-parties: nash, kalai-smorodinsky, egal",
    ):
        assert words in detail


def test_solve_prints_a_table_of_80_columns() -> None:
    result = run("solve", "microsoft-openai")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert max(map(len, lines)) <= 80
    rows = {line.split("  ")[0].strip(): line.split() for line in lines}
    assert rows["stake, fully diluted"][-4:] == ["0.112", "0.113", "0.116", "0.270"]
    assert rows["stake, as the press counts it"][-4:] == ["0.135", "0.136", "0.139", "0.325"]
    assert rows["revenue share, of all revenue"][-4:] == ["0.200*", "0.200*", "0.200*", "0.150"]
    for words in ("$bn, present value", "+36.7", "share of its ideal gain", "supporting-line gap", "does not predict"):
        assert words in result.output
    assert "Microsoft proposes stake 0.116" in result.output


def test_solve_writes_figure_and_results(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    result = run("solve", "microsoft-openai", "--concept", "nash", "--scenario", "common-12", "--out", str(folder))
    assert result.exit_code == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["frontier.pdf", "frontier.png", "frontier.svg", "solutions.csv", "solutions.json"]
    data = json.loads((folder / "solutions.json").read_text())
    assert data["scenario"] == "common-12"
    assert data["settings"]["capital_markets"] == "common"
    assert data["solutions"]["nash"]["terms"]["stake"] == pytest.approx(0.173, abs=0.001)
    assert data["solutions"]["nash"]["certificate"]["supporting_line_gap"] < 1e-9
    with (folder / "solutions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["concept"] for row in rows] == ["nash"]
    assert float(rows[0]["gain Microsoft"]) == data["solutions"]["nash"]["gains"][0]


def test_three_parties_have_a_table_of_80_columns_and_figures_of_their_own(tmp_path: Path) -> None:
    result = run("solve", "microsoft-openai", "--scenario", "three-parties", "--out", str(tmp_path))
    assert result.exit_code == 0
    written, lines = result.output.split("\nWrote")[1], result.output.split("\nWrote")[0].splitlines()
    assert max(map(len, lines)) <= 80
    rows = {line.split("  ")[0].strip(): line.split() for line in lines}
    assert rows["nonprofit stake, fully diluted"][-4:] == ["0.325", "0.326", "0.312", "0.207"]
    assert rows["nonprofit stake, press basis"][-4:] == ["0.391", "0.393", "0.376", "0.250"]
    assert rows["other investors and staff: value"][-4:] == ["169.5", "170.0", "165.1", "145.9"]
    words = " ".join(result.output.split())
    assert "Gains are compared between the parties, in $bn, present value at 29 July 2025, by: egalitarian." in words
    assert "the non-profit has the 25 % that the press expected" in words
    figures = [f"{name}.{kind}" for name in ("shares", "surface") for kind in ("pdf", "png", "svg")]
    assert {path.name for path in tmp_path.iterdir()} == {*figures, "solutions.csv", "solutions.json"}
    assert all(str(tmp_path / name) in written for name in figures)
    data = json.loads((tmp_path / "solutions.json").read_text())
    assert data["parties"] == ["Microsoft", "non-profit", "other investors and staff"]
    assert data["settings"]["sides"] == "three"
    assert data["solutions"]["nash"]["gains"] == pytest.approx([25.3, 35.8, 35.8], abs=0.05)
    refused = run("solve", "microsoft-openai", "--set", "sides=three", "--concept", "rubinstein")
    assert refused.exit_code == 2
    assert "no concept named 'rubinstein'" in " ".join(refused.output.split())


def test_all_concepts_at_once_fit_80_columns(tmp_path: Path) -> None:
    two = run("solve", "microsoft-openai", "--concept", "all", "--out", str(tmp_path))
    assert two.exit_code == 0
    lines = two.output.split("\nWrote")[0].splitlines()
    assert max(map(len, lines)) <= 80
    shown = set(json.loads((tmp_path / "solutions.json").read_text())["solutions"])
    assert shown == {"nash", "kalai-smorodinsky", "rubinstein", *bg.concepts()}
    assert any(line.startswith("Perles-Maschler") and line.split()[1] == "0.113" for line in lines)
    three = run("solve", "microsoft-openai", "--scenario", "three-parties", "--concept", "all")
    assert three.exit_code == 0 and max(map(len, three.output.splitlines())) <= 80
    words = " ".join(three.output.split())
    assert "Left out: the Perles-Maschler solution is defined for two parties; the problem has 3." in words
    one = run("solve", "microsoft-openai", "--scenario", "three-parties", "--concept", "equal-area")
    assert one.exit_code == 2 and "is defined for two parties" in " ".join(one.output.split())


def test_a_folder_that_cannot_be_made_is_an_error_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "taken"
    file.write_text("")
    result = run("solve", "microsoft-openai", "--concept", "nash", "--out", str(file))
    assert result.exit_code == 1
    assert "cannot write" in result.output
    assert "Traceback" not in result.output


def test_set_changes_parameters_and_choices() -> None:
    result = run("solve", "microsoft-openai", "--concept", "nash", "--set", "cap_reading=joint", "--set", "L=0.1")
    assert result.exit_code == 0
    assert "0.112 " not in result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("solve", "microsoft-opnai"), "did you mean 'microsoft-openai'"),
        (("solve", "microsoft-openai", "--concept", "nsh"), "did you mean 'nash'"),
        (("solve", "microsoft-openai", "--scenario", "comon-12"), "did you mean 'common-12'"),
        (("solve", "microsoft-openai", "--set", "kapa=3"), "did you mean 'kappa'"),
        (("solve", "microsoft-openai", "--set", "kappa"), "write name=value"),
        (("solve", "microsoft-openai", "--set", "kappa=much"), "not a number"),
        (("list", "opnai"), "no case named"),
        (("solve", "microsoft-openai", "--set", "V=nan"), "not a finite number"),
        (("solve", "microsoft-openai", "--set", "T_ext=2030"), "cannot end before the contract"),
        (("solve", "microsoft-openai", "--set", "s_low=0.6"), "low must be below high"),
        (("solve", "microsoft-openai", "--set", "breakdown=0", "--set", "impatience_M=0"), "never gives in"),
    ],
)
def test_refusals_name_the_remedy(words: tuple[str, ...], message: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_a_value_outside_its_range_warns_once() -> None:
    result = run("solve", "microsoft-openai", "--concept", "nash", "--set", "L=0.9")
    assert result.exit_code == 0
    assert result.output.count("outside the documented range") == 1


def test_no_agreement_is_an_answer_with_its_evidence() -> None:
    result = run("solve", "microsoft-openai", "--concept", "nash", "--set", "L=0", "--set", "psi=0", "--set", "theta=1")
    assert result.exit_code == 2
    assert "no deal is strictly better" in " ".join(result.output.split())


def test_version() -> None:
    assert run("--version").output.strip().startswith("0.")
