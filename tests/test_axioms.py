"""Axioms: what theory asserts is never broken on random problems, and what it denies is broken by a witness."""

from __future__ import annotations

import numpy as np
import pytest

import bargaining as bg
from bargaining.axioms import AXIOMS
from bargaining.concept import Concept
from bargaining.errors import InvalidProblem, UnknownName

NASH, KS, PM = bg.Nash(), bg.KalaiSmorodinsky(), bg.PerlesMaschler()
EGALITARIAN, RAIFFA = bg.Egalitarian(), bg.Raiffa()

BASIC = ("weak_efficiency", "individual_rationality", "symmetry", "anonymity")
COVARIANT = (
    *BASIC,
    "scale_covariance",
    "efficiency",
    "midpoint_domination",
    "disagreement_monotonicity",
    "risk_sensitivity",
)
MONOTONE = ("restricted_monotonicity", "individual_monotonicity")

# For two parties and convex sets: Thomson (1994), table of section 5; Roth (1979); for Perles-Maschler, Perles and Maschler
# (1981); for Raiffa's discrete solution, Diskin, Koppel and Samet (2011) and a search of 400 random polygons.
HOLDS: dict[Concept, tuple[str, ...]] = {
    NASH: (*COVARIANT, "iia"),
    KS: (*COVARIANT, *MONOTONE),
    PM: (*COVARIANT, "superadditivity"),
    EGALITARIAN: (*BASIC, *MONOTONE, "iia", "strong_monotonicity", "superadditivity", "disagreement_monotonicity",
                  "disagreement_concavity", "decomposability", "risk_sensitivity"),
    RAIFFA: COVARIANT,
    bg.EqualLoss(): (*BASIC, *MONOTONE, "superadditivity"),  # Chun (1988)
    bg.EqualArea(): (*BASIC, "scale_covariance", "efficiency"),
    bg.AveragePayoff(): (*BASIC, "scale_covariance", "efficiency"),
    bg.Utilitarian(): ("weak_efficiency", "individual_rationality", "efficiency", "iia", "anonymity"),
    bg.LexicographicEgalitarian(): (*BASIC, "efficiency"),
    bg.Yu(2): (*BASIC, "efficiency"),  # Yu (1973)
}  # fmt: skip

BROKEN: dict[Concept, tuple[str, ...]] = {
    NASH: (*MONOTONE, "strong_monotonicity", "superadditivity", "disagreement_concavity", "decomposability"),
    KS: ("iia", "strong_monotonicity", "superadditivity", "disagreement_concavity", "decomposability"),
    PM: ("iia", *MONOTONE, "strong_monotonicity", "decomposability"),
    EGALITARIAN: ("efficiency", "scale_covariance", "midpoint_domination"),
    RAIFFA: ("iia", *MONOTONE, "strong_monotonicity", "superadditivity"),
    bg.EqualLoss(): ("scale_covariance", "iia", "strong_monotonicity"),
    bg.EqualArea(): ("iia", "strong_monotonicity"),
    bg.Utilitarian(): ("scale_covariance", "restricted_monotonicity", "strong_monotonicity"),
    bg.Dictatorial(0): ("symmetry", "anonymity", "efficiency", "midpoint_domination"),
    bg.Nash((0.7, 0.3)): ("symmetry", "anonymity"),
    bg.LexicographicEgalitarian(): ("strong_monotonicity", "scale_covariance"),
    bg.Yu(2): ("scale_covariance", "iia"),
}

ANY_NUMBER = ("weak_efficiency", "individual_rationality", "symmetry", "anonymity")
HOLDS_FOR_MANY: dict[Concept, tuple[str, ...]] = {
    NASH: (*ANY_NUMBER, "scale_covariance", "efficiency", "iia", "midpoint_domination", "consistency"),  # Lensberg (1988)
    KS: (*ANY_NUMBER, "scale_covariance", "population_monotonicity"),  # Thomson (1983)
    EGALITARIAN: (*ANY_NUMBER, "strong_monotonicity", "iia", "superadditivity", "population_monotonicity"),
    bg.LexicographicEgalitarian(): (*ANY_NUMBER, "efficiency"),  # Imai (1983), Chun and Peters (1988)
    bg.LexicographicKalaiSmorodinsky(): (*ANY_NUMBER, "efficiency", "scale_covariance"),
    RAIFFA: (*ANY_NUMBER, "scale_covariance", "midpoint_domination"),
    bg.EqualLoss(): ANY_NUMBER,
}
BROKEN_FOR_MANY: dict[Concept, tuple[str, ...]] = {
    NASH: ("population_monotonicity", "restricted_monotonicity"),
    KS: ("efficiency", "consistency", "iia"),  # efficiency: Roth (1979)
    EGALITARIAN: ("efficiency", "scale_covariance"),
    bg.LexicographicEgalitarian(): ("scale_covariance",),
    RAIFFA: ("consistency",),
}


def pairs(claims: dict[Concept, tuple[str, ...]]) -> list[object]:
    return [pytest.param(c, name, id=f"{name}-{c.label}") for c, names in claims.items() for name in names]


@pytest.mark.parametrize(("concept", "name"), pairs(HOLDS))
def test_what_theory_asserts_is_not_broken(concept: Concept, name: str) -> None:
    found = bg.axioms.search(name, concept, trials=100, rng=11)
    assert found.violation is None, found
    assert found.tested >= 90


@pytest.mark.parametrize(("concept", "name"), pairs(BROKEN))
def test_what_theory_denies_is_broken_by_a_witness(concept: Concept, name: str) -> None:
    found = bg.axioms.search(name, concept, trials=600, rng=5)
    assert found.violation is not None, found
    for problem, solution in zip(found.violation.problems, found.violation.solutions, strict=True):
        again = bg.solve(problem, concept)
        assert np.array_equal(again.utilities, solution.utilities) and not problem.shape
        assert bg.verify(again, trials=200).ok, bg.verify(again, trials=200)
    assert found.violation.missed > 1e-3
    assert "violated" in repr(found) and AXIOMS[name].statement in repr(found)


@pytest.mark.parametrize("n", [3, 5])
@pytest.mark.parametrize(("concept", "name"), pairs(HOLDS_FOR_MANY))
def test_what_theory_asserts_of_many_parties(concept: Concept, name: str, n: int) -> None:
    trials = 8 if name == "superadditivity" or n == 5 else 25
    if isinstance(concept, bg.Raiffa):  # many steps on hulls
        trials = 8 if n == 3 else 1
    found = bg.axioms.search(name, concept, parties=n, trials=trials, rng=3)
    assert found.violation is None, found


@pytest.mark.parametrize(("concept", "name"), pairs(BROKEN_FOR_MANY))
def test_what_theory_denies_of_many_parties(concept: Concept, name: str) -> None:
    trials = 30 if isinstance(concept, bg.Raiffa) else 120
    found = bg.axioms.search(name, concept, parties=3, trials=trials, rng=2)
    assert found.violation is not None, found


def test_the_matrix_is_that_of_the_literature() -> None:
    """Rows audited on random polygons and from the literature (Thomson 1994; Perles and Maschler 1981)."""
    rows = {
        "symmetry": "- - - - -",
        "scale covariance": "- - - no -",
        "independence of irrelevant alternatives": "- no no - no",
        "restricted monotonicity": "no - no - no",
        "individual monotonicity": "no - no - no",
        "strong monotonicity": "no no no - no",
        "super-additivity": "no no - - no",
        "midpoint domination": "- - - no -",
        "disagreement-point monotonicity": "- - - - -",
        "weak efficiency": "- - - - -",
    }
    table = bg.axioms.table([NASH, KS, PM, EGALITARIAN, RAIFFA], trials=250)
    assert list(table.index) == [axiom.title for axiom in AXIOMS.values()]
    for title, marks in rows.items():
        expected = ["none found" if mark == "-" else mark for mark in marks.split()]
        assert table.loc[title].tolist() == expected, title
    assert table.loc["consistency"].tolist() == ["-"] * 5  # of two parties none is left to agree


def test_problems_around_a_given_one() -> None:
    game = bg.cases.load("microsoft-openai").problem()
    found = bg.axioms.search("iia", KS, around=game, trials=300, rng=1)
    assert found.violation is not None
    ideal = game.gains(game.ideal)
    near, part = found.violation.problems  # the second is a subset of the first
    assert np.all(np.abs(near.gains(near.ideal) / ideal - 1) < 0.11)
    assert near.disagreement == pytest.approx(game.disagreement) and np.array_equal(part.disagreement, near.disagreement)
    assert bg.axioms.search("iia", NASH, around=game, trials=300, rng=1).violation is None
    assert "none in 300 trials" in repr(bg.axioms.search("iia", NASH, around=game, trials=300, rng=1))


def test_the_same_seed_finds_the_same_witness() -> None:
    one, two = (bg.axioms.search("iia", KS, trials=50, rng=9) for _ in range(2))
    assert one.violation is not None and two.violation is not None
    assert one.violation.missed == two.violation.missed
    assert repr(one) == repr(two)


def test_refusals() -> None:
    pie = bg.split(1, [bg.Linear()] * 2)
    with pytest.raises(UnknownName, match="did you mean 'symmetry'"):
        bg.axioms.search("symmetri", NASH)
    with pytest.raises(InvalidProblem, match="at least 3"):
        bg.axioms.search("consistency", NASH)
    with pytest.raises(InvalidProblem, match="two parties"):
        bg.axioms.search("symmetry", PM, parties=3, trials=5)
    with pytest.raises(InvalidProblem, match="stack"):
        bg.axioms.search("symmetry", NASH, around=pie.replace(disagreement=[[0, 0], [0.1, 0]]))
    with pytest.raises(InvalidProblem, match="agreement"):
        bg.axioms.search("symmetry", NASH, around=pie.replace(disagreement=[0.7, 0.7]))
    with pytest.raises(InvalidProblem, match="no Concept"):
        bg.axioms.search("symmetry", "nash")  # type: ignore[arg-type]
    for wrong in (0, 1.5, -3, "many"):
        with pytest.raises(InvalidProblem, match="trials"):
            bg.axioms.search("symmetry", NASH, trials=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match="rng"):
        bg.axioms.search("symmetry", NASH, rng="dice")  # type: ignore[arg-type]
