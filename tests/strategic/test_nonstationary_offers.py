"""Offers in a world that changes: shrinking pies, a wasting impasse, deadlines, against formulas and backward induction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem

OFFERS = bg.SequentialOffers(factors=(0.9, 0.8))


def pie(size: float = 1.0, fallback: Any = None) -> Problem:
    return bg.split(size, [bg.Linear(), bg.Linear()], fallback, parties=("Ann", "Bob"))


@pytest.mark.parametrize("first", [0, "Bob"])
def test_a_pie_that_shrinks_for_ever_is_impatience(first: Any) -> None:
    """A pie of s^t is one of 1 with factors s delta (Rubinstein 1982); after 300 rounds what is left is rounding."""
    pies = [pie(0.85**t) for t in range(300)]
    offers = bg.SequentialOffers(factors=(0.9, 0.8), first=first)
    found = bg.solve(pies[0], bg.NonstationaryOffers(offers, pies[1:]))
    alone = bg.solve(pie(), bg.SequentialOffers(factors=(0.9 * 0.85, 0.8 * 0.85), first=first))
    assert found.utilities == pytest.approx(alone.utilities, abs=1e-12)
    assert found.probability == 1


def test_what_does_not_change_is_the_same_game() -> None:
    for settings in (
        {},
        {"rounds": 6},
        {"rounds": 6, "end": (0.1, -0.2)},
        {"outside_options": (0, 0.6)},
        {"proposers": (0.3, 0.7)},
    ):
        offers = bg.SequentialOffers(factors=(0.9, 0.8), **settings)
        changing = bg.solve(pie(), bg.NonstationaryOffers(offers, [pie()] * 3))
        assert changing.utilities == pytest.approx(bg.solve(pie(), offers).utilities, abs=1e-13), settings
        assert bg.verify(changing, trials=50).ok


def test_an_impasse_that_wastes_away() -> None:
    """Backward induction by hand: z falls to nothing in five rounds, after which Rubinstein's division is reached."""
    waste = [(0.5 - 0.1 * t, 0.25 - 0.05 * t) for t in range(6)]
    found = bg.solve(pie(fallback=waste[0]), bg.NonstationaryOffers(OFFERS, [pie(fallback=z) for z in waste[1:]]))
    factors = np.array([0.9, 0.8])
    bobs = (1 - 0.9) / (1 - 0.72)
    value = np.array([1 - bobs, bobs])  # from round 6 on Bob proposes, with nothing to fall back on
    for t in range(4, -1, -1):
        waits = (1 - factors) * waste[t] + factors * value
        proposer = t % 2
        value = waits.copy()
        value[proposer] = 1 - waits[1 - proposer]
    assert found.utilities == pytest.approx(value, abs=1e-12)
    assert found.unique is not None and bg.verify(found).ok


def test_a_pie_that_grows_is_waited_for() -> None:
    found = bg.solve(pie(), bg.NonstationaryOffers(bg.SequentialOffers(factors=(0.9, 0.9), rounds=3), [pie(1), pie(5)]))
    assert found.date[0] == 2
    assert found.utilities == pytest.approx([0.81 * 5, 0])


def test_experiments_with_shrinking_pies() -> None:
    """Neelin, Sonnenschein and Spiegel (1988): the first offer to the second mover is 1.25 of 5 in all three games."""
    for sizes in ((5, 1.25), (5, 2.5, 1.25), (5, 1.7, 0.58, 0.2, 0.07)):
        offers = bg.SequentialOffers(factors=(1 - 1e-13, 1 - 1e-13), rounds=len(sizes))
        found = bg.solve(pie(sizes[0]), bg.NonstationaryOffers(offers, [pie(size) for size in sizes[1:]]))
        assert found.utilities[1] == pytest.approx(1.25, abs=1e-9)


def test_rates_are_those_of_the_first_problem() -> None:
    """A deadline that is far away does not matter, and so later problems' rates must not, with or without it."""
    patient, hasty = pie().replace(impatience=(0.1, 0.2)), pie().replace(impatience=(2.0, 0.1))
    payoffs = [
        bg.solve(patient, bg.NonstationaryOffers(bg.SequentialOffers(0.5, rounds=rounds), later)).utilities
        for rounds in (None, 1000) for later in ([hasty, pie()], [pie()])
    ]  # fmt: skip
    assert np.ptp(payoffs, axis=0) == pytest.approx([0, 0], abs=1e-12)


BAD: dict[str, tuple[Any, str]] = {
    "nothing changes": (lambda: bg.NonstationaryOffers(OFFERS, []), "nothing changes"),
    "no offers": (lambda: bg.NonstationaryOffers(0.9, [pie()]), "bg.SequentialOffers"),
    "no problem": (lambda: bg.NonstationaryOffers(OFFERS, [0.5]), "bg.split"),
    "too many": (
        lambda: bg.NonstationaryOffers(bg.SequentialOffers(factors=(0.9, 0.8), rounds=2), [pie()] * 2), "at most 1",
    ),
    "others": (
        lambda: bg.solve(pie(), bg.NonstationaryOffers(OFFERS, [bg.split(1, [bg.Linear()] * 2)])), "same parties",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_meant_is_refused(name: str) -> None:
    call, words = BAD[name]
    with pytest.raises(InvalidProblem, match=words):
        call()
