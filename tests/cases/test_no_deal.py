"""What Microsoft and OpenAI do without a deal: the numbers of the page, and how the game feeds into the bargain."""

from __future__ import annotations

import re

import numpy as np
import pytest

import bargaining as bg
from bargaining.cases.microsoft_openai import model, no_deal
from bargaining.errors import InvalidProblem, UnknownName
from tests.cases.test_page import CASE, TEXT

NEW = ("close", "build_cost", "supply", "move_cost", "moved", "m_Z", "void", "hold", "suit_M", "suit_O", "defence", "rift")
CONTRACT = CASE.problem().disagreement
TALKS_GO_ON = "None of these actions is an outside option"


def test_every_number_of_the_game_is_called_an_assumption() -> None:
    for name in NEW:
        parameter = CASE.parameters[name]
        assert parameter.evidence == "A" and parameter.low is not None
        assert f"`{name}`" in TEXT


def test_keeping_to_the_contract_is_the_contract() -> None:
    game = CASE.no_deal()
    assert [game.A[0, 0], game.B[0, 0]] == pytest.approx(CONTRACT, rel=1e-14)
    assert CASE.problem(impasse="contract").disagreement == pytest.approx(CONTRACT, rel=1e-14)


def test_cells_by_hand() -> None:
    """The formulas of the page, written out once more from the model's blocks."""
    q = model.prepare(CASE.settings())
    slower, (d_M, d_O) = 1 - q["L"] / 2, CONTRACT
    game = CASE.no_deal()
    lost_by_declaration = 0.2 * 0.9 * slower * (q["R_M0"] / q["R_M"] - 1) * q["PV_M"]  # the cap does not bind
    litigate = 0.5 * lost_by_declaration - 1
    assert game.A[2, 0] == pytest.approx(0.97 * d_M + litigate, abs=1e-9)
    assert game.B[0, 2] == pytest.approx(0.97 * d_O + 0.2 * 0.2 * q["PV_O"] * slower - 1, abs=1e-9)
    assert game.A[0, 2] == pytest.approx(0.97 * d_M - 0.2 * 0.2 * 0.9 * q["PV_M"] * slower - 0.5, abs=1e-9)
    assert game.A[1, 1] == pytest.approx(d_M + 0.1 * q["A"] - 6 - 0.1 * 0.3 * q["PV_M"] * slower, abs=1e-9)
    assert game.B[1, 1] == pytest.approx(d_O - 0.1 * q["C"] + 0.01 * q["V_nd"] - 1.5, abs=1e-9)
    # One rift, not two; the complaint is about what the suit has saved as well.
    assert game.A[2, 2] - game.A[2, 0] == pytest.approx(game.A[0, 2] - 0.97 * d_M - 0.2 * (litigate + 1), abs=1e-9)


def test_the_table_of_the_page() -> None:
    game = CASE.no_deal()
    for i, action in enumerate(game.rows or ()):
        row = re.search(rf"^\| \*\*{action}\*\* \|(.*)\|$", TEXT, re.MULTILINE)
        assert row is not None
        cells = [[float(x.replace("−", "-")) for x in cell.split("/")] for cell in row[1].split("|")]
        computed = np.stack([game.A[i] - CONTRACT[0], game.B[i] - CONTRACT[1]], axis=-1)
        assert cells == pytest.approx(computed, abs=0.0501)


def test_calm_and_dispute_are_equilibria_and_there_is_one_between_them() -> None:
    game = CASE.no_deal()
    found = bg.equilibria(game.A, game.B, rows=game.rows, columns=game.columns)
    assert len(found) == 3 and found.complete
    payoffs = [profile.payoffs for profile in found]
    for impasse in ("calm", "dispute"):
        point = CASE.problem(impasse=impasse).disagreement
        assert any(np.allclose(point, each, rtol=1e-12) for each in payoffs)
    best = bg.disagreement_from(game.A, game.B, "payoff-dominant")
    assert best == pytest.approx(CASE.problem(impasse="calm").disagreement)


def test_rational_threats_of_the_case() -> None:
    deal = bg.solve(CASE.no_deal(), bg.RationalThreats())
    assert bg.verify(deal).ok
    assert deal.threats is not None
    assert CASE.problem("rational-threats").disagreement == pytest.approx(deal.threats.point)
    assert bg.solve(CASE.problem("rational-threats"), bg.Nash()).utilities == pytest.approx(deal.utilities, abs=1e-9)


def test_a_stack_of_calibrations_has_the_points_of_its_games() -> None:
    draws = CASE.draw(40, rng=3)
    for impasse in ("calm", "dispute", "rational-threats"):
        points = CASE.problem(impasse=impasse, **draws).disagreement
        for i in range(8):
            own = {name: value[i] for name, value in draws.items()}
            if np.isnan(points[i, 0]):
                with pytest.raises(InvalidProblem, match="without a deal there is no single"):
                    CASE.problem(impasse=impasse, **own)
            else:
                assert CASE.problem(impasse=impasse, **own).disagreement == pytest.approx(points[i], rel=1e-9)
    both = [np.isfinite(CASE.problem(impasse=impasse, **draws).disagreement[:, 0]) for impasse in ("calm", "dispute")]
    assert np.any(both[0]) and np.any(~both[0]) and np.any(both[1]) and np.any(~both[1])


@pytest.mark.parametrize("name", [*NEW, "V", "L"])
def test_a_stack_may_be_in_one_parameter(name: str) -> None:
    value = CASE.parameters[name].value
    for impasse in ("calm", "dispute", "rational-threats"):
        stack = CASE.problem(impasse=impasse, **{name: np.array([value, value])})
        assert stack.disagreement == pytest.approx(np.tile(CASE.problem(impasse=impasse).disagreement, (2, 1)), rel=1e-12)


def test_counts_of_the_page() -> None:
    game = CASE.no_deal(**CASE.draw(1000, rng=1))
    found = [
        np.any([no_deal._stable(game, cell) for cell in cells], axis=0)
        for cells in (no_deal.CALM, no_deal.BOTH, no_deal.ONE_SIDED)
    ]
    counts = [int(np.count_nonzero(each)) for each in found]
    words = (
        f"{counts[0]} have a calm one, {counts[1]} one in which both are in dispute, and {counts[2]} one in which one side"
    )
    assert words in " ".join(TEXT.split())


def test_a_dispute_may_be_of_one_side() -> None:
    """At a large share voided and no gain from a suit, OpenAI complains and Microsoft keeps still."""
    game = CASE.no_deal(void=0.5, hold=0.0)
    point = CASE.problem(impasse="dispute", void=0.5, hold=0.0).disagreement
    assert point == pytest.approx([game.A[0, 2], game.B[0, 2]])


def test_pure_equilibria_of_random_calibrations_are_found_by_enumeration_too() -> None:
    draws = CASE.draw(60, rng=5)
    numbers = model.prepare(CASE.settings(**draws))
    first, second = no_deal.payoffs(numbers)
    points = CASE.problem(impasse="dispute", **draws).disagreement
    for i in range(60):
        pure = {
            (int(np.argmax(profile.row)), int(np.argmax(profile.column)))
            for profile in bg.equilibria(first[i], second[i])
            if np.max(profile.row) == 1 and np.max(profile.column) == 1
        }
        assert any(cell in pure for cell in (*no_deal.BOTH, *no_deal.ONE_SIDED)) == np.isfinite(points[i, 0])


def test_three_parties_divide_what_openai_has_without_a_deal() -> None:
    two, three = (CASE.problem("no-deal-dispute", sides=sides).disagreement for sides in ("two", "three"))
    assert three == pytest.approx([two[0], 0.25 * two[1], 0.75 * two[1]])


def test_unknown_readings_are_refused_and_missing_equilibria_named() -> None:
    with pytest.raises(UnknownName, match="calm"):
        CASE.problem(impasse="clam")
    with pytest.raises(
        InvalidProblem, match=r"no single equilibrium in pure actions with a dispute at these parameters.*case\.no_deal\(\)"
    ):
        CASE.problem("no-deal-dispute", void=0.0, hold=0.0)


def test_the_page_says_what_the_game_is_not() -> None:
    section = TEXT.split("## Without a deal")[1].split("## Three parties")[0]
    assert TALKS_GO_ON in section
    assert "No chance that a suit or a complaint is brought or succeeds can be read from any of this" in " ".join(
        section.split()
    )


def test_the_rift_keeps_the_calm_equilibrium() -> None:
    for rift in (0.0, 0.01, 0.02):
        game = CASE.no_deal(rift=rift)
        (only,) = bg.equilibria(game.A, game.B)
        assert (np.argmax(only.row), np.argmax(only.column)) == no_deal.BOTH[0]
    assert "with `rift` at 0.02 or less there is only the one in dispute" in " ".join(TEXT.split())


def test_what_signing_alone_is_worth_in_a_dispute() -> None:
    dispute = CASE.problem("no-deal-dispute")
    together = float(np.sum(bg.solve(dispute, bg.Nash()).gains))
    alone = float(np.sum(CONTRACT - dispute.disagreement))
    assert f"joint gain of {together:.1f} in the dispute reading {alone:.1f} come" in " ".join(TEXT.split())
