"""Reputations: published numbers, indifference by quadrature, simulated talks, limits, stacks, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement
from bargaining.problems.problem import Problem


def pie(size: float = 1.0, fallback: Any = None, impatience: Any = None) -> Problem:
    return bg.split(size, [bg.Linear(), bg.Linear()], fallback, parties=("Ann", "Bob"), impatience=impatience)


def solved(demands: tuple[float, float], stubborn: tuple[float, float], rates: tuple[float, float]) -> bg.Attrition:
    found = bg.solve(pie(), bg.Reputation(demands, stubborn, rates))
    assert isinstance(found, bg.Attrition)
    return found


def test_hazards_dates_and_payoffs() -> None:
    """Abreu and Gul (2000), Econometrica 68: hazards r_j (1 - a_i) / (a_1 + a_2 - 1), T = min -log(z) / hazard.

    By hand for a = (0.6, 0.7), z = 0.1, r = 1: hazards 4/3 and 1, T = (3/4) log 10, and 0.1 exp(T) = 10^(-1/4).
    """
    found = solved((0.6, 0.7), (0.1, 0.1), (1, 1))
    assert found.concession == pytest.approx([4 / 3, 1], abs=1e-14)
    assert found.end == pytest.approx(1.7269388197455344, abs=1e-14)
    assert found.at_once == pytest.approx([0, 0.4376586748096508], abs=1e-14)
    assert found.utilities == pytest.approx([0.4312976024428953, 0.4], abs=1e-14)
    assert found.probability == pytest.approx(0.99, abs=1e-15)
    assert bg.verify(found).ok


@pytest.mark.parametrize("z, chance", [(0.01, 0.8221720589961077), (1e-4, 0.9683772233983162), (1e-8, 0.999)])
def test_the_weaker_party_gives_in_as_stubborn_types_vanish(z: float, chance: float) -> None:
    """Abreu and Gul (2000): for a = (0.8, 0.5), r = (1/2, 2) the second concedes at once, 1 - z^(3/8)."""
    found = solved((0.8, 0.5), (z, z), (0.5, 2))
    assert found.at_once == pytest.approx([0, chance], abs=1e-13)
    assert found.utilities == pytest.approx([0.5 + 0.3 * chance, 0.2], abs=1e-13)
    assert bg.verify(found).ok


CASES = [
    ((0.6, 0.7), (0.1, 0.1), (1.0, 1.0)),
    ((0.9, 0.3), (0.02, 0.2), (0.3, 4.0)),
    ((0.55, 0.5), (0.5, 0.001), (2.0, 0.1)),
    ((0.99, 0.98), (0.3, 0.1), (1.0, 0.01)),
]


@pytest.mark.parametrize("demands, stubborn, rates", CASES)
def test_all_dates_are_as_good_as_stated(demands: Any, stubborn: Any, rates: Any) -> None:
    """Payoffs from conceding at t, integrated over densities written down here, are those stated for all t in (0, T]."""
    found = solved(demands, stubborn, rates)
    end, excess = float(found.end), sum(demands) - 1
    for i in (0, 1):
        j = 1 - i
        hazard = rates[i] * (1 - demands[j]) / excess
        left = stubborn[j] * np.exp(hazard * end)
        for t in end * np.array([1e-6, 0.1, 0.5, 0.9, 1.0]):
            won = quad(lambda s: np.exp(-(rates[i] + hazard) * s) * left * hazard, 0, t, epsabs=1e-14)[0]  # noqa: B023
            own = demands[i] * (1 - left + won) + np.exp(-(rates[i] + hazard) * t) * left * (1 - demands[j])
            assert own == pytest.approx(found.utilities[i], abs=1e-12)


@pytest.mark.parametrize("demands, stubborn, rates", CASES)
def test_reputations_reach_one_together(demands: Any, stubborn: Any, rates: Any) -> None:
    found = solved(demands, stubborn, rates)
    times = np.linspace(0, 1.5 * float(found.end), 61)
    conceded = found.conceded(times)
    assert conceded.shape == (61, 2) and np.all(np.diff(conceded, axis=0) >= 0)
    assert conceded[0] == pytest.approx(found.at_once, abs=1e-14)
    assert np.max(np.abs(conceded[40:] - (1 - np.array(stubborn)))) < 1e-12  # from the end on
    before = found.conceded(0.999 * found.end)
    assert np.all(np.array(stubborn) / (1 - before) < 1)


@pytest.mark.parametrize("demands, stubborn, rates", CASES)
def test_talks_drawn_at_random(demands: Any, stubborn: Any, rates: Any) -> None:
    """Dates of concession by the inverse of F_i: payoffs, dates and disagreement agree with a million drawn talks."""
    found = solved(demands, stubborn, rates)
    count, rng = 1_000_000, np.random.default_rng(3)
    chance = rng.random((count, 2))
    first = np.array(found.at_once)
    with np.errstate(divide="ignore"):
        drawn = np.where(chance < first, 0.0, -np.log((1 - chance) / (1 - first)) / found.concession)
    dates = np.where(chance < 1 - np.array(stubborn), drawn, np.inf)
    when = np.min(dates, axis=1)
    agreed = np.isfinite(when)
    assert np.mean(agreed) == pytest.approx(float(found.probability), abs=5 / np.sqrt(count))
    spread = np.std(when[agreed]) / np.sqrt(np.count_nonzero(agreed))
    assert np.mean(when[agreed]) == pytest.approx(float(found.date), abs=5 * spread)
    for i in (0, 1):
        j, rational = 1 - i, np.isfinite(dates[:, i])
        wins = dates[:, j] < dates[:, i]
        worth = np.exp(-rates[i] * when) * np.where(wins, demands[i], 1 - demands[j])
        assert np.mean(worth[rational]) == pytest.approx(found.utilities[i], abs=5e-3)


def test_parties_that_are_alike_never_concede_at_once() -> None:
    found = solved((0.75, 0.75), (0.05, 0.05), (1, 1))
    assert np.all(found.at_once == 0)
    assert found.utilities == pytest.approx([0.25, 0.25], abs=1e-15)
    assert bg.verify(found).ok


def test_exchanging_the_parties() -> None:
    one, two = solved((0.6, 0.8), (0.02, 0.1), (0.5, 3)), solved((0.8, 0.6), (0.1, 0.02), (3, 0.5))
    for name in ("utilities", "concession", "at_once"):
        assert getattr(one, name) == pytest.approx(getattr(two, name)[::-1], abs=1e-14)
    assert one.end == pytest.approx(two.end) and one.date == pytest.approx(two.date)


def test_what_is_good_for_a_party() -> None:
    """Patience, and to be stubborn more often, never harm; only the ratio of rates matters to payoffs."""
    impatience = [solved((0.7, 0.6), (0.05, 0.05), (r, 1)).utilities[0] for r in np.linspace(0.05, 5, 60)]
    assert np.all(np.diff(impatience) <= 1e-15) and impatience[0] > impatience[-1]
    often = [solved((0.7, 0.6), (z, 0.05), (1, 1)).utilities[0] for z in np.linspace(0.01, 0.9, 60)]
    assert np.all(np.diff(often) >= -1e-15) and often[0] < often[-1]
    slow, fast = solved((0.7, 0.6), (0.05, 0.05), (0.1, 0.3)), solved((0.7, 0.6), (0.05, 0.05), (10, 30))
    assert slow.utilities == pytest.approx(fast.utilities, abs=1e-14) and slow.end == pytest.approx(100 * fast.end)


def test_demands_of_the_rubinstein_shares_are_secure() -> None:
    """Abreu and Gul (2000): who demands r_j / (r_1 + r_2) has it in the limit, whatever the other demands."""
    for other in (0.5, 0.7, 0.95):
        found = solved((0.75, other), (1e-200, 1e-200), (1, 3))
        assert found.utilities[0] == pytest.approx(0.75, abs=1e-3)
    assert solved((0.75, 0.26), (1e-200, 1e-200), (1, 3)).utilities[0] == pytest.approx(0.75, abs=1e-2)


def test_sizes_fallbacks_and_units() -> None:
    """Only gains over disagreement are shared; the problem's own impatience is as good as that of the settings."""
    model, shares = bg.Reputation((0.6, 0.7), (0.1, 0.1)), solved((0.6, 0.7), (0.1, 0.1), (0.5, 2)).utilities
    for problem, scale in (
        (pie(12, [1, 1], (0.5, 2)), [10, 10]),
        (bg.rescaled(pie(12, [1, 1], (0.5, 2)), [3.0, 1.0], [5.0, -1.0]), [30, 10]),
    ):
        found = bg.solve(problem, model)
        assert found.gains == pytest.approx(shares * scale, abs=1e-12)
        assert bg.verify(found).ok


def test_a_stack_is_its_games() -> None:
    d = np.array([[0.0, 0.0], [0.1, 0.2], [0.6, 0.6], [np.nan, 0], [0.0, 0.0], [0.0, 0.0]])
    rates = np.array([[1.0, 1.0], [0.2, 3.0], [1.0, 1.0], [1.0, 1.0], [1.0, 0.0], [np.nan, 1.0]])
    model = bg.Reputation((0.6, 0.7), (0.1, 0.05))
    stack = bg.solve(pie().replace(disagreement=d, impatience=rates), model)
    assert isinstance(stack, bg.Attrition)
    bad = [bg.Status.NO_AGREEMENT, bg.Status.NOT_FINITE, bg.Status.NOT_FINITE, bg.Status.NOT_FINITE]
    assert stack.status.tolist() == [bg.Status.OK] * 2 + bad
    for k in range(2):
        alone = bg.solve(pie().replace(disagreement=d[k], impatience=rates[k]), model)
        for name in ("utilities", "concession", "at_once", "end", "date", "probability", "residual"):
            assert getattr(stack, name)[k] == pytest.approx(getattr(alone, name), abs=1e-14)
    for name in ("utilities", "concession", "at_once", "end", "date", "probability", "residual"):
        assert np.all(np.isnan(getattr(stack, name)[2:]))
    assert stack.conceded(np.ones((3, 1))).shape == (3, 6, 2)
    assert repr(stack) == "reputation: 2 of 6 games solved"
    assert bg.verify(stack).ok


@pytest.mark.parametrize("name, change", [
    ("utilities", [0.001, 0.0]), ("utilities", [0.0, -0.001]), ("at_once", [0.0, 0.001]), ("at_once", [0.001, 0.001]),
    ("concession", [0.001, 0.0]), ("end", 0.001), ("end", np.nan),
])  # fmt: skip
def test_what_is_not_the_equilibrium_fails(name: str, change: Any) -> None:
    found = solved((0.6, 0.7), (0.1, 0.1), (1, 1))
    assert not bg.verify(replace(found, **{name: getattr(found, name) + np.array(change)})).ok


def test_another_model_fails() -> None:
    found = solved((0.6, 0.7), (0.1, 0.1), (1, 1))
    assert not bg.verify(replace(found, model=bg.Reputation((0.6, 0.7), (0.1, 0.11), (1, 1)))).ok


@pytest.mark.parametrize("demands, stubborn, rates", [
    ((0.5, 0.5 + 1e-9), (0.01, 0.3), (1e-9, 2e6)), ((1 - 1e-12, 1e-6), (0.01, 0.3), (1.0, 1.0)),
    ((0.999, 0.999), (1e-300, 0.999999), (1.0, 50.0)), ((0.8, 0.5), (1 - 1e-9, 1 - 1e-9), (0.5, 2.0)),
])  # fmt: skip
def test_settings_at_the_ends_of_their_ranges(demands: Any, stubborn: Any, rates: Any) -> None:
    found = solved(demands, stubborn, rates)
    assert bg.verify(found).ok and 0 <= found.date <= found.end


def secured(share: float) -> float:
    """The probability of commitment for which a posture of present value `share` is never given up too early.

    Wolitzky (2012): the other party waits only for concessions, at least at the rate that makes up for delay, and by the
    time at which the posture demands everything who has not conceded must be committed. Here with r = 1.
    """

    def hazard(t: float) -> float:
        demand = growth = share * float(np.exp(t))
        return (1 - demand + growth) / demand  # r (1 - g) + g', over what the other has more if it is conceded to, g

    return float(np.exp(-quad(hazard, 0, -np.log(share), epsabs=1e-14)[0]))


@pytest.mark.parametrize("eps, share", [(0.1, 0.3027931065641139), (0.001, 0.12645813694537056)])
def test_what_a_posture_guarantees(eps: float, share: float) -> None:
    """Wolitzky (2012), Econometrica 80, abstract: about 30 % with probability 1 in 10, 13 % with 1 in 1000."""
    assert bg.guaranteed_share(eps) == pytest.approx(share, abs=1e-15)
    assert brentq(lambda x: secured(x) - eps, 0.01, 0.99, xtol=1e-13) == pytest.approx(share, abs=1e-10)
    assert round(100 * share) == (30 if eps == 0.1 else 13)


@pytest.mark.parametrize("eps", [0.5, 0.1, 0.001, 1e-9])
def test_no_constant_posture_guarantees_more(eps: float) -> None:
    """A constant demand g is given in to by t = -log(eps) g / (r (1 - g)): it secures g exp(-r t) = g eps^(g / (1 - g))."""
    g = np.linspace(0.001, 0.999, 999)
    constant = np.max(g * eps ** (g / (1 - g)))
    assert 0 < constant < bg.guaranteed_share(eps)


def test_guarantees_of_many_probabilities() -> None:
    eps = np.array([[1e-300, 0.01], [0.5, 1.0]])
    assert bg.guaranteed_share(eps).shape == (2, 2) and bg.guaranteed_share(1) == 1
    assert np.all(np.diff(bg.guaranteed_share(np.linspace(0.001, 1, 100))) > 0)


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "one demand": (lambda: bg.Reputation((0.6,), (0.1, 0.1)), InvalidProblem, "two shares"),  # type: ignore[arg-type]
    "all": (lambda: bg.Reputation((1.0, 0.6), (0.1, 0.1)), InvalidProblem, "strictly between 0 and 1"),
    "a demand that is none": (lambda: bg.Reputation((np.nan, 0.6), (0.1, 0.1)), InvalidProblem, "strictly between"),
    "both can be met": (lambda: bg.Reputation((0.3, 0.7), (0.1, 0.1)), InvalidProblem, "sum to more than one"),
    "never stubborn": (lambda: bg.Reputation((0.6, 0.7), (0.0, 0.1)), InvalidProblem, "two probabilities"),
    "rates": (lambda: bg.Reputation((0.6, 0.7), (0.1, 0.1), (1, 0)), InvalidProblem, "above zero"),
    "no rates": (lambda: bg.solve(pie(), bg.Reputation((0.6, 0.7), (0.1, 0.1))), InvalidProblem, "how impatient"),
    "a rate of zero": (
        lambda: bg.solve(pie(impatience=(1, 0)), bg.Reputation((0.6, 0.7), (0.1, 0.1))), InvalidProblem, "never concedes",
    ),
    "three parties": (
        lambda: bg.solve(bg.split(1, [bg.Linear()] * 3), bg.Reputation((0.6, 0.7), (0.1, 0.1), (1, 1))), InvalidProblem,
        "about two parties",
    ),
    "curved": (
        lambda: bg.solve(bg.split(1, [bg.Power(0.5), bg.Linear()]), bg.Reputation((0.6, 0.7), (0.1, 0.1), (1, 1))),
        InvalidProblem, "straight",
    ),
    "nothing": (
        lambda: bg.solve(pie(1, [0.6, 0.6]), bg.Reputation((0.6, 0.7), (0.1, 0.1), (1, 1))), NoAgreement, "no deal",
    ),
    "time": (lambda: solved((0.6, 0.7), (0.1, 0.1), (1, 1)).conceded(-1), InvalidProblem, "zero or more"),
    "no commitment": (lambda: bg.guaranteed_share(0), InvalidProblem, "above 0"),
    "no probability": (lambda: bg.guaranteed_share([0.5, np.nan]), InvalidProblem, "above 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_refused(name: str) -> None:
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()
