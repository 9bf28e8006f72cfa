"""Published results and textbook closed forms, written as problems over issues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.concept import Concept, StrategicModel
from bargaining.problems.problem import Problem


@dataclass(frozen=True)
class Case:
    name: str
    problem: Callable[[], Problem]
    concept: Concept | StrategicModel
    expected: dict[str, float]  # terms, or "u_1" and "u_2" for utilities
    tolerance: float
    source: str


def pie(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[], Problem]:
    """Divide a unit pie: x goes to the first party, 1 - x to the second."""
    return lambda: bg.from_issues([bg.Issue("x")], {"one": lambda x: first(x), "two": lambda x: second(1 - x)}, [0, 0])


def log_rolling() -> Problem:
    return bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"one": lambda x, y: 3 * x + y, "two": lambda x, y: (1 - x) + 2 * (1 - y)},
        [0, 0],
    )


def edgeworth_box() -> Problem:
    return bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {
            "one": lambda x, y: x ** (2 / 3) * y ** (1 / 3),
            "two": lambda x, y: (1 - x) ** (1 / 3) * (1 - y) ** (2 / 3),
        },
        [0, 0],
    )


CASES = [
    Case(
        "CARA 1 against CARA 2", pie(lambda x: 1 - np.exp(-x), lambda y: 1 - np.exp(-2 * y)), bg.Nash(),
        {"x": 0.5491770806462644},  # ln z with 2 z^3 - z^2 = e^2
        1e-9, "Roth (1979); Kihlstrom, Roth and Schmeidler (1981)",
    ),
    Case(
        "log against risk neutral", pie(np.log1p, lambda y: y), bg.Nash(),
        {"x": 0.4547332175610647},  # exp(W(2e) - 1) - 1
        1e-9, "Osborne and Rubinstein (1990), Bargaining and Markets, chapter 2",
    ),
    Case(
        "log-rolling, Nash", log_rolling, bg.Nash(), {"u_1": 3, "u_2": 2, "x": 1, "y": 0}, 1e-9,
        "Raiffa (1982), The Art and Science of Negotiation",
    ),
    Case(
        "log-rolling, Kalai-Smorodinsky", log_rolling, bg.KalaiSmorodinsky(), {"u_1": 36 / 13, "u_2": 27 / 13}, 1e-9,
        "Brams and Taylor (1996), Fair Division (adjusted winner)",
    ),
    Case(
        "Edgeworth box, Cobb-Douglas", edgeworth_box, bg.Nash(),
        {"x": 2 / 3, "y": 1 / 3, "u_1": 2 ** (2 / 3) / 3, "u_2": 2 ** (2 / 3) / 3}, 1e-8, "textbook",
    ),
    Case(
        "Rubinstein with CRRA utilities, first proposes", pie(lambda x: x**0.5, lambda y: y**0.8),
        bg.AlternatingOffers(factors=(0.9, 0.85)),
        {"x": 0.5424493829419045},  # (1 - .85^1.25) / (1 - .81 * .85^1.25)
        1e-9, "Binmore, Rubinstein and Wolinsky (1986)",
    ),
    Case(
        "Rubinstein with CRRA utilities, second proposes", pie(lambda x: x**0.5, lambda y: y**0.8),
        bg.AlternatingOffers(factors=(0.9, 0.85), first="two"), {"x": 0.4393840001829427}, 1e-9,
        "Binmore, Rubinstein and Wolinsky (1986)",
    ),
    Case(
        "Rubinstein, linear pie", pie(lambda x: x, lambda y: y), bg.AlternatingOffers(factors=(0.9, 0.8)),
        {"x": (1 - 0.8) / (1 - 0.72)}, 1e-11, "Rubinstein (1982), Econometrica 50, 97-109",
    ),
    Case(
        "time preference: limit weights 1 / r", pie(lambda x: x**0.5, lambda y: y),
        bg.AlternatingOffers(period=0, impatience=(0.05, 0.10)), {"x": 0.5}, 1e-9,
        "Binmore, Rubinstein and Wolinsky (1986), RAND Journal of Economics 17, 176-188",
    ),
    Case(
        "risk of breakdown alone: equal weights", pie(lambda x: x**0.5, lambda y: y),
        bg.AlternatingOffers(period=0, impatience=(0, 0), breakdown=bg.Breakdown(0.3)), {"x": 1 / 3}, 1e-9,
        "Binmore, Rubinstein and Wolinsky (1986), RAND Journal of Economics 17, 176-188",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_closed_form(case: Case) -> None:
    solution = bg.solve(case.problem(), case.concept)
    found = {name: float(value) for name, value in solution.terms.items()}
    found |= {f"u_{i + 1}": float(u) for i, u in enumerate(solution.utilities)}
    for name, expected in case.expected.items():
        assert found[name] == pytest.approx(expected, abs=case.tolerance), name
    assert abs(solution.certificate.gap) <= 1e-9
