"""Second-order jets: numbers that carry exact first and second derivatives through plain NumPy code.

A jet holds a value, a sparse gradient and a sparse Hessian; every entry is a float or an array of shape (games,).
A user's function is called with jets in place of arrays and returns jets: the chain rule is applied operation by
operation (forward accumulation; Griewank and Walther, Evaluating Derivatives, 2nd ed. 2008, chapter 13), so the
derivatives are exact to rounding and cost a small multiple of the values. Terms that do not depend on a variable have
no entry for it, which is what keeps separable utilities cheap.

Variables have numbers. Those below zero are parameters: second derivatives in two of them, which nobody asks for, are left
out, so that a jet in parameters alone is of first order, and one in issues and parameters holds the mixed derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bargaining._types import Entry, Sparse
from bargaining.errors import NotDifferentiable
from bargaining.numerics.tracing import Symbol

Gradient = dict[int, Entry]
Hessian = dict[tuple[int, int], Entry]

SUPPORTED = (
    "+ - * / **, exp, log, log1p, expm1, sqrt, sin, cos, tan, sinh, cosh, tanh, arctan, ndtr, abs, maximum, minimum, "
    "clip, where"
)


ONE = 1.0
"""The slope of a variable in itself, recognised by identity."""


class Jet:
    """A value with its gradient `{i: d/dx_i}` and Hessian `{(i, j): d2/dx_i dx_j}`, i <= j; absent entries are zero."""

    __slots__ = ("gradient", "hessian", "value")

    def __init__(self, value: Entry, gradient: Gradient, hessian: Hessian) -> None:
        self.value, self.gradient, self.hessian = value, gradient, hessian

    # -- arithmetic ----------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value + other, self.gradient, self.hessian)
        return Jet(
            self.value + other.value,
            _merge(self.gradient, other.gradient),
            _merge(self.hessian, other.hessian),
        )

    __radd__ = __add__

    def __neg__(self) -> Jet:
        return self.chain(-self.value, -1.0, None)

    def __pos__(self) -> Jet:
        return self

    def __sub__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value - other, self.gradient, self.hessian)
        return Jet(
            self.value - other.value,
            _less(self.gradient, other.gradient),
            _less(self.hessian, other.hessian),
        )

    def __rsub__(self, other: Any) -> Jet:
        return self.chain(other - self.value, -1.0, None)

    def __mul__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return self.chain(self.value * other, other, None)
        a, b = self, other
        gradient = _merge(_scaled(a.gradient, b.value), _scaled(b.gradient, a.value))
        hessian = _merge(_scaled(a.hessian, b.value), _scaled(b.hessian, a.value))
        return Jet(a.value * b.value, gradient, _merge(hessian, _symmetric(a.gradient, b.gradient)))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Jet:
        return Jet.__mul__(self, _reciprocal(other) if isinstance(other, Jet) else 1.0 / other)

    def __rtruediv__(self, other: Any) -> Jet:
        return Jet.__mul__(_reciprocal(self), other)

    def __pow__(self, power: Any) -> Jet:
        if isinstance(power, Jet):
            return _jet_to_jet(self, power)
        if np.ndim(power) == 0 and power in (0, 1, 2):  # a symbol has an axis: its value is not known
            return self * self if power == 2 else self * 1.0 if power == 1 else self * 0.0 + 1.0
        value, base = self.value**power, self.value
        if _may_be_zero(base):
            base = np.where(base == 0, 1e-150, base)
            slope = np.where((self.value == 0) & (power > 1), 0.0, power * base**power / base)
        else:
            slope = power * value / base
        return self.chain(value, slope, (power - 1) * slope / base if self.curved else None)

    def __rpow__(self, base: Any) -> Jet:
        return _exp(self * np.log(base))

    def __abs__(self) -> Jet:
        return Jet.__mul__(self, np.sign(self.value))

    @property
    def curved(self) -> bool:
        """Whether second derivatives are asked for: of parameters alone they are not."""
        return any(j >= 0 for j in self.gradient)

    def chain(self, value: Entry, slope: Entry, curvature: Sparse) -> Jet:
        """Apply a scalar function with this value, first and second derivative (None: zero) at the jet's value."""
        gradient, hessian = _scaled(self.gradient, slope), _scaled(self.hessian, slope)
        if curvature is not None and self.curved:
            outer: Hessian = {}
            for i, gi in self.gradient.items():
                scaled = _product(curvature, gi)
                for j, gj in self.gradient.items():
                    if i <= j and j >= 0:
                        outer[i, j] = _product(scaled, gj)
            hessian = _merge(hessian, outer)
        return Jet(value, gradient, hessian)

    # -- comparisons give plain booleans, for the conditions of `where` ----------------------------------------------

    def __lt__(self, other: Any) -> Any:
        return self.value < plain(other)

    def __le__(self, other: Any) -> Any:
        return self.value <= plain(other)

    def __gt__(self, other: Any) -> Any:
        return self.value > plain(other)

    def __ge__(self, other: Any) -> Any:
        return self.value >= plain(other)

    # -- NumPy's protocols -------------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        name = ufunc.__name__
        if method == "__call__" and not options and name in _UFUNCS:
            return _UFUNCS[name](*inputs)
        raise NotDifferentiable(
            f"cannot differentiate numpy's {name}{'' if method == '__call__' else '.' + method}"
            f"{' with options ' + ', '.join(options) if options else ''}; write the utility with: {SUPPORTED}."
        )

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, options: Any) -> Any:
        if function.__name__ in _FUNCTIONS:
            return _FUNCTIONS[function.__name__](*args, **options)
        raise NotDifferentiable(f"cannot differentiate numpy's {function.__name__}; write the utility with: {SUPPORTED}.")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotDifferentiable("a utility turned an issue into a plain array; use NumPy functions on the issue itself.")

    def __float__(self) -> float:
        raise NotDifferentiable("a utility turned an issue into a plain float; use numpy's functions, not math's.")

    def __bool__(self) -> bool:
        raise NotDifferentiable(
            "a utility branches on the value of an issue; write the branch with numpy.where(condition, a, b)."
        )

    def __repr__(self) -> str:
        return f"Jet({self.value!r}, variables={sorted(self.gradient)})"


def variable(index: int, value: Entry) -> Jet:
    """Return the `index`-th independent variable."""
    return Jet(value, {index: ONE}, {})


def as_jet(value: Any) -> Jet:
    """Return `value` itself if it is a jet, else a constant jet."""
    if isinstance(value, Jet):
        return value
    return Jet(value if isinstance(value, Symbol) else np.asarray(value, dtype=float), {}, {})


def plain(x: Any) -> Any:
    """Return the value of a jet, and anything else as it is."""
    return x.value if isinstance(x, Jet) else x


def _may_be_zero(value: Entry) -> bool:
    """Say whether a value is zero somewhere; of symbols, whether it could be while issues are inside their ranges."""
    if isinstance(value, Symbol):
        return not value.graph.nonnegative(value.index)
    return bool(np.any(value == 0))


def _product(a: Entry, b: Entry) -> Entry:
    """Multiply; a slope of one, which every plain variable has, costs nothing."""
    return b if a is ONE else a if b is ONE else a * b


def _scaled(vector: dict[Any, Entry], factor: Entry) -> dict[Any, Entry]:
    """Multiply a sparse vector by a number."""
    return {key: _product(factor, entry) for key, entry in vector.items()} if vector else vector


def _merge(a: dict[Any, Entry], b: dict[Any, Entry]) -> dict[Any, Entry]:
    """Add two sparse vectors."""
    if not b:
        return a
    if not a:
        return b
    total = dict(a)
    for key, value in b.items():
        total[key] = total[key] + value if key in total else value
    return total


def _less(a: dict[Any, Entry], b: dict[Any, Entry]) -> dict[Any, Entry]:
    """Subtract a sparse vector from another."""
    if not b:
        return a
    total = dict(a)
    for key, value in b.items():
        total[key] = total[key] - value if key in total else -value
    return total


def _symmetric(a: Gradient, b: Gradient) -> Hessian:
    """Return the upper triangle of a b' + b a', without the part of two parameters."""
    outer: Hessian = {}
    for i, ai in a.items():
        for j, bj in b.items():
            if i < 0 and j < 0:
                continue
            key = (i, j) if i <= j else (j, i)
            term = _product(ai, bj)
            term = term + term if i == j else term
            outer[key] = outer[key] + term if key in outer else term
    return outer


def _unary(rule: Callable[[Entry], tuple[Entry, Entry, Entry]]) -> Callable[[Jet], Jet]:
    return lambda x: x.chain(*rule(x.value))


def _exp_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    e = np.exp(v)
    return e, e, e


def _log_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    slope = 1.0 / v
    return np.log(v), slope, -slope * slope


def _log1p_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    slope = 1.0 / (1.0 + v)
    return np.log1p(v), slope, -slope * slope


def _expm1_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    e = np.exp(v)
    return np.expm1(v), e, e


def _sqrt_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    root = np.sqrt(v)
    slope = 0.5 / root
    return root, slope, -0.5 * slope / v


def _sin_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    s = np.sin(v)
    return s, np.cos(v), -s


def _cos_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    c = np.cos(v)
    return c, -np.sin(v), -c


def _tan_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    t = np.tan(v)
    slope = 1.0 + t * t
    return t, slope, 2.0 * t * slope


def _sinh_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    s = np.sinh(v)
    return s, np.cosh(v), s


def _cosh_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    c = np.cosh(v)
    return c, np.sinh(v), c


def _tanh_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    t = np.tanh(v)
    slope = 1.0 - t * t
    return t, slope, -2.0 * t * slope


def _arctan_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    slope = 1.0 / (1.0 + v * v)
    return np.arctan(v), slope, -2.0 * v * slope * slope


def _ndtr_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    from scipy.special import ndtr  # only for utilities that use it: importing SciPy's special functions takes time

    density = np.exp(-0.5 * v * v) / np.sqrt(2.0 * np.pi)
    return ndtr(v), density, -v * density


def _reciprocal_rule(v: Entry) -> tuple[Entry, Entry, Entry]:
    inverse = 1.0 / v
    slope = -inverse * inverse
    return inverse, slope, -2.0 * slope * inverse


_exp, _log, _reciprocal = _unary(_exp_rule), _unary(_log_rule), _unary(_reciprocal_rule)


def _jet_to_jet(base: Jet, power: Jet) -> Jet:
    """Raise one jet to another: through the logarithm, but with the value, and at zero the slopes, of the power itself."""
    known = np.where(base.value == 0, 1e-150, base.value)  # whose logarithm's slopes are still numbers
    exponent = _log(Jet(known, base.gradient, base.hessian)) * power
    value = base.value**power.value
    return exponent.chain(value, value, value)


def _power(base: Any, power: Any) -> Any:
    return base**power if isinstance(base, Jet) else power.__rpow__(base)


def _divide(a: Any, b: Any) -> Any:
    return a / b if isinstance(a, Jet) else b.__rtruediv__(a)


def _subtract(a: Any, b: Any) -> Any:
    return a - b if isinstance(a, Jet) else b.__rsub__(a)


def _where(condition: Any, a: Any, b: Any) -> Jet:
    """Pick entry by entry; the branch not taken leaves no trace in the derivatives."""
    mask = condition if isinstance(condition, Symbol) else np.asarray(condition)
    a, b = as_jet(a), as_jet(b)

    def pick(left: dict[Any, Entry], right: dict[Any, Entry]) -> dict[Any, Entry]:
        keys = {**left, **right}
        return {key: np.where(mask, left.get(key, 0.0), right.get(key, 0.0)) for key in keys}

    return Jet(np.where(mask, a.value, b.value), pick(a.gradient, b.gradient), pick(a.hessian, b.hessian))


def _maximum(a: Any, b: Any) -> Jet:
    return _where(plain(a) >= plain(b), a, b)


def _minimum(a: Any, b: Any) -> Jet:
    return _where(plain(a) <= plain(b), a, b)


def _clip(x: Any, low: Any = None, high: Any = None) -> Any:
    x = x if low is None else _maximum(x, low)
    return x if high is None else _minimum(x, high)


_UFUNCS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b if isinstance(a, Jet) else b + a,
    "subtract": _subtract,
    "multiply": lambda a, b: a * b if isinstance(a, Jet) else b * a,
    "divide": _divide,
    "true_divide": _divide,
    "power": _power,
    "float_power": _power,
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "reciprocal": _reciprocal,
    "square": lambda x: x * x,
    "absolute": abs,
    "fabs": abs,
    "exp": _exp,
    "log": _log,
    "log2": lambda x: _log(x) * (1.0 / np.log(2.0)),
    "log10": lambda x: _log(x) * (1.0 / np.log(10.0)),
    "exp2": lambda x: _exp(x * np.log(2.0)),
    "log1p": _unary(_log1p_rule),
    "expm1": _unary(_expm1_rule),
    "sqrt": _unary(_sqrt_rule),
    "cbrt": lambda x: x ** (1.0 / 3.0),
    "sin": _unary(_sin_rule),
    "cos": _unary(_cos_rule),
    "tan": _unary(_tan_rule),
    "sinh": _unary(_sinh_rule),
    "cosh": _unary(_cosh_rule),
    "tanh": _unary(_tanh_rule),
    "arctan": _unary(_arctan_rule),
    "ndtr": _unary(_ndtr_rule),
    "maximum": _maximum,
    "minimum": _minimum,
    "fmax": _maximum,
    "fmin": _minimum,
    "less": lambda a, b: plain(a) < plain(b),
    "less_equal": lambda a, b: plain(a) <= plain(b),
    "greater": lambda a, b: plain(a) > plain(b),
    "greater_equal": lambda a, b: plain(a) >= plain(b),
}

_FUNCTIONS: dict[str, Callable[..., Any]] = {"where": _where, "clip": _clip}
