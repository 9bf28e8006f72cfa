"""Awards that the literature prints, or that follow by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bargaining.awards import ClaimsRule, award
from bargaining.claims.adjusted_proportional import AdjustedProportional
from bargaining.claims.constrained_equal_awards import ConstrainedEqualAwards
from bargaining.claims.constrained_equal_losses import ConstrainedEqualLosses
from bargaining.claims.minimal_overlap import MinimalOverlap
from bargaining.claims.proportional_awards import ProportionalAwards
from bargaining.claims.random_arrival import RandomArrival
from bargaining.claims.talmud import Talmud
from bargaining.problems.claims import ClaimsProblem

WIVES = (100, 200, 300)
SMALL = (2, 4, 7, 8)
THIRD = 100 / 3
Case = tuple[ClaimsRule, float, Sequence[float], Sequence[float]]

# Aumann and Maschler (1985), Journal of Economic Theory 36, 195-213, table I; the last two by self-duality.
AUMANN_MASCHLER: list[Case] = [
    (Talmud(), 100, WIVES, (THIRD, THIRD, THIRD)),
    (Talmud(), 200, WIVES, (50, 75, 75)),
    (Talmud(), 300, WIVES, (50, 100, 150)),
    (Talmud(), 400, WIVES, (50, 125, 225)),
    (Talmud(), 500, WIVES, (2 * THIRD, 5 * THIRD, 8 * THIRD)),
]

# O'Neill (1982), Mathematical Social Sciences 2, 345-371. The last is Ibn Ezra's: four sons with deeds to all, a half, a
# third and a quarter of 120; the quarter is shared by four, what the third holds more by three, and so on.
O_NEILL: list[Case] = [
    (RandomArrival(), 100, WIVES, (THIRD, THIRD, THIRD)),
    (RandomArrival(), 200, WIVES, (THIRD, 250 / 3, 250 / 3)),
    (RandomArrival(), 300, WIVES, (50, 100, 150)),
    (MinimalOverlap(), 120, (30, 40, 60, 120), (7.5, 10 + 5 / 6, 20 + 5 / 6, 80 + 5 / 6)),
]

# Dagan and Volij (1993), Mathematical Social Sciences 26, 287-297: the rules that bargaining solutions lead to.
DAGAN_VOLIJ: list[Case] = [
    (ConstrainedEqualAwards(), 200, WIVES, (200 / 3, 200 / 3, 200 / 3)),
    (ProportionalAwards(), 200, WIVES, (THIRD, 200 / 3, 100)),
    (ConstrainedEqualLosses(), 200, WIVES, (0, 50, 150)),
    (ConstrainedEqualAwards(), 300, (40, 200, 300), (40, 130, 130)),
]

# By hand from the definitions of Curiel, Maschler and Tijs (1987), Zeitschrift fuer Operations Research 31, A143-A159.
# 200 of (100, 200, 300): no minimal rights, claims cut to (100, 200, 200).
# 400: rights (0, 0, 100), rest 300, claims left (100, 200, 200); its dual is the row before.
# 18 of (2, 4, 7, 8): rights (0, 1, 4, 5), rest 8, claims left (2, 3, 3, 3).
CURIEL_MASCHLER_TIJS: list[Case] = [
    (AdjustedProportional(), 100, WIVES, (THIRD, THIRD, THIRD)),
    (AdjustedProportional(), 200, WIVES, (40, 80, 80)),
    (AdjustedProportional(), 300, WIVES, (50, 100, 150)),
    (AdjustedProportional(), 400, WIVES, (60, 120, 220)),
    (AdjustedProportional(), 10, SMALL, (20 / 21, 40 / 21, 70 / 21, 80 / 21)),
    (AdjustedProportional(), 18, SMALL, (16 / 11, 35 / 11, 68 / 11, 79 / 11)),
]

# By hand from the formula in Alcalde, Marco and Silva (2008), Social Choice and Welfare 31, 109-128.
# 350 of (100, 200, 300): t = 150, for 50 + 150 = 350 - 150; t is divided as (100/3, 175/3, 175/3).
# 400: t = 100, for 0 + 100 + 200 = 300; t is divided equally. 500: t = 50, likewise.
# 10 of (2, 4, 7, 8): t = 5, for 2 + 3 = 5; t is divided as (1/2, 7/6, 5/3, 5/3).
ALCALDE_MARCO_SILVA: list[Case] = [
    (MinimalOverlap(), 100, WIVES, (THIRD, THIRD, THIRD)),
    (MinimalOverlap(), 200, WIVES, (THIRD, 250 / 3, 250 / 3)),
    (MinimalOverlap(), 300, WIVES, (THIRD, 250 / 3, 550 / 3)),
    (MinimalOverlap(), 350, WIVES, (THIRD, 325 / 3, 625 / 3)),
    (MinimalOverlap(), 400, WIVES, (THIRD, 400 / 3, 700 / 3)),
    (MinimalOverlap(), 500, WIVES, (2 * THIRD, 5 * THIRD, 8 * THIRD)),
    (MinimalOverlap(), 10, SMALL, (1 / 2, 7 / 6, 11 / 3, 14 / 3)),
]

# Of two claimants these divide the contested garment: each concedes what it does not claim, the rest is halved.
GARMENT: list[Case] = [
    (rule, 200, (100, 200), (50, 150)) for rule in (Talmud(), RandomArrival(), MinimalOverlap(), AdjustedProportional())
]

CASES = [*AUMANN_MASCHLER, *O_NEILL, *DAGAN_VOLIJ, *CURIEL_MASCHLER_TIJS, *ALCALDE_MARCO_SILVA, *GARMENT]


@pytest.mark.parametrize(
    ("rule", "estate", "claims", "expected"), CASES, ids=[f"{c[0].label} of {c[1]:g} for {c[2]}" for c in CASES]
)
def test_awards(rule: ClaimsRule, estate: float, claims: Sequence[float], expected: Sequence[float]) -> None:
    assert award(ClaimsProblem(estate, claims), rule).awards == pytest.approx(expected, rel=1e-14, abs=1e-14)
    backwards = award(ClaimsProblem(estate, claims[::-1]), rule)
    assert backwards.awards[::-1] == pytest.approx(expected, rel=1e-14, abs=1e-14)
