"""Jets against finite differences, operation by operation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from bargaining.errors import NotDifferentiable
from bargaining.numerics.jets import variable

POINT = (0.7, 1.3)
STEP = 1e-4

EXPRESSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y + 1.0,
    "subtract": lambda x, y: 2.0 - x - y,
    "multiply": lambda x, y: x * y * x,
    "divide": lambda x, y: x / y + 1.0 / x + y / 3.0,
    "power of a number": lambda x, y: x**2.5 * y**2 + x**0 + y**1 + x**-1.5,
    "number to a power": lambda x, y: 2.0 ** (x * y),
    "power of a variable": lambda x, y: x**y,
    "exp": lambda x, y: np.exp(x * y),
    "exp2": lambda x, y: np.exp2(x * y),
    "log": lambda x, y: np.log(x + y * y),
    "log2 and log10": lambda x, y: np.log2(x * y) * np.log10(x + y),
    "log1p": lambda x, y: np.log1p(x * y),
    "expm1": lambda x, y: np.expm1(x * y),
    "sqrt": lambda x, y: np.sqrt(x * y),
    "cbrt": lambda x, y: np.cbrt(x * y),
    "square": lambda x, y: np.square(x - y * y),
    "reciprocal": lambda x, y: np.reciprocal(x * y),
    "sin": lambda x, y: np.sin(x * y),
    "cos": lambda x, y: np.cos(x * y),
    "tan": lambda x, y: np.tan(0.5 * x * y),
    "sinh": lambda x, y: np.sinh(x * y),
    "cosh": lambda x, y: np.cosh(x * y),
    "tanh": lambda x, y: np.tanh(x * y),
    "arctan": lambda x, y: np.arctan(x * y),
    "ndtr": lambda x, y: ndtr(x * y - 0.5),
    "abs": lambda x, y: abs(x - y) * np.abs(y),
    "maximum": lambda x, y: np.maximum(x * x, y) + np.maximum(0.1, x),
    "minimum": lambda x, y: np.minimum(x * x, y) + np.minimum(0.1, x),
    "clip": lambda x, y: np.clip(x * y, 0.0, 5.0) + np.clip(x, 2.0, 3.0),
    "where": lambda x, y: np.where(x < y, x * y, x) + np.where(x > 1, 1.0, y * y),
    "array on the left": lambda x, y: np.array([2.0]) * x - np.array([3.0]) / y + np.array([2.0]) ** x,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_derivatives_match_central_differences(name: str) -> None:
    f = EXPRESSIONS[name]
    jet = f(*(variable(i, np.array([v])) for i, v in enumerate(POINT)))
    at = lambda a, b: float(np.squeeze(f(np.array([POINT[0] + a]), np.array([POINT[1] + b]))))  # noqa: E731
    h = STEP
    assert np.squeeze(jet.value) == pytest.approx(at(0, 0), rel=1e-14)
    expected_gradient = [(at(h, 0) - at(-h, 0)) / (2 * h), (at(0, h) - at(0, -h)) / (2 * h)]
    expected_hessian = {
        (0, 0): (at(h, 0) - 2 * at(0, 0) + at(-h, 0)) / h**2,
        (1, 1): (at(0, h) - 2 * at(0, 0) + at(0, -h)) / h**2,
        (0, 1): (at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)) / (4 * h**2),
    }
    gradient = [float(np.squeeze(jet.gradient.get(i, 0.0))) for i in (0, 1)]
    assert gradient == pytest.approx(expected_gradient, rel=1e-6, abs=1e-7)
    for key, expected in expected_hessian.items():
        assert float(np.squeeze(jet.hessian.get(key, 0.0))) == pytest.approx(expected, rel=1e-5, abs=1e-6), key


def test_zero_to_a_power_above_one_is_flat() -> None:
    jet = variable(0, np.zeros(1)) ** 1.5
    assert jet.value[0] == jet.gradient[0][0] == 0.0


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: np.arcsin(x), "arcsin"),
        (lambda x: np.add.reduce(x), "add"),
        (lambda x: np.sum(x), "sum"),
        (lambda x: math.exp(x), "numpy's functions, not math's"),
        (lambda x: x if x > np.array([0.5]) else -x, None),
        (lambda x: 1.0 if x else 0.0, r"numpy\.where"),
        (lambda x: np.asarray(x) + 1, "plain array"),
        (lambda x: np.exp(x, where=True), "with options where"),
    ],
)
def test_what_cannot_be_differentiated_is_named(f: Callable[[Any], Any], words: str | None) -> None:
    if words is None:  # a comparison of one game is an ordinary truth value; it is the branch on many that fails
        with pytest.raises(ValueError, match="ambiguous"):
            f(variable(0, np.array([0.2, 0.7])))
        return
    with pytest.raises(NotDifferentiable, match=words):
        f(variable(0, np.array([0.7])))


def test_parameters_have_first_and_mixed_derivatives_only() -> None:
    x, p, q = (variable(i, np.array([v])) for i, v in ((0, 0.7), (-1, 1.3), (-2, 0.4)))
    jet = np.exp(x * p) * q + p**q + (p / q) ** 2
    assert set(jet.gradient) == {0, -1, -2}
    assert set(jet.hessian) == {(0, 0), (-1, 0), (-2, 0)}
    assert jet.hessian[-1, 0] == pytest.approx(np.exp(0.91) * 0.4 * (1 + 0.91))
    assert jet.hessian[-2, 0] == pytest.approx(1.3 * np.exp(0.91))
    assert jet.gradient[-2] == pytest.approx(np.exp(0.91) + 1.3**0.4 * np.log(1.3) - 2 * 1.3**2 / 0.4**3)
    assert not (p * q + p**q).hessian


def test_zero_to_a_power_below_one_is_steep_and_to_the_power_one_has_slope_one() -> None:
    jet = variable(0, np.zeros(2)) ** np.array([0.5, 1.0])
    assert jet.value.tolist() == [0.0, 0.0]
    assert jet.gradient[0][0] > 1e50
    assert jet.gradient[0][1] == 1.0


def test_a_power_of_zero_has_no_slope_in_its_exponent() -> None:
    jet = variable(0, np.array([0.0])) ** variable(-1, np.array([1.5]))
    assert jet.value == 0.0
    assert jet.gradient[0] == 0.0
    assert jet.gradient[-1] == 0.0
