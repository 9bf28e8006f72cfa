"""Straight-line programs written down: symbols that pass through NumPy code and leave behind what was done to them.

A kernel's arithmetic, called with `Symbol`s in place of arrays, runs once and records every operation in a `Graph`: a
list of operations in the order they were made, each with the numbers of its operands. What is computed twice is recorded
once (hash-consing; Aho, Lam, Sethi and Ullman, Compilers, 2nd ed. 2006, section 6.1), operations with 0 and 1 disappear,
and those on constants are carried out. User functions run under the same rules, so that a kernel and a model become one
program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

ARITHMETIC = ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum")
FUNCTIONS = (
    "absolute", "exp", "exp2", "log", "log2", "log10", "log1p", "expm1", "sqrt", "cbrt", "sin", "cos", "tan", "sinh",
    "cosh", "tanh", "arctan", "ndtr", "negative",
)  # fmt: skip
COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
LOGIC = ("logical_and", "logical_or", "logical_not", "isfinite", "isnan")
TRUTHS = {*COMPARISONS, *LOGIC, "truth"}
"""Operations that give true or false."""

SYNONYMS = {
    "true_divide": "divide", "float_power": "power", "fabs": "absolute",
    "bitwise_and": "logical_and", "bitwise_or": "logical_or", "invert": "logical_not",
}  # fmt: skip


class Untraceable(Exception):
    """An operation cannot be written down; the message names it."""


class Graph:
    """A program under construction: `operations[i]` is (name, operands), where operands are earlier numbers."""

    def __init__(self) -> None:
        self.operations: list[tuple[str, tuple[Any, ...]]] = []
        self.shares: set[int] = set()  # operations whose values lie between 0 and 1, as who made them knows
        self._known: dict[tuple[str, tuple[Any, ...]], int] = {}

    def leaf(self, name: str) -> Symbol:
        """Return a new input of this name."""
        return self.record("leaf", (name,))

    def record(self, name: str, operands: tuple[Any, ...]) -> Symbol:
        """Return the symbol of an operation, which is new only if it has not been made before."""
        key = (name, operands)
        if key not in self._known:
            self._known[key] = len(self.operations)
            self.operations.append(key)
        return Symbol(self, self._known[key])

    def number(self, value: Any) -> int:
        """Return the number of a symbol of this graph, or of a constant."""
        if isinstance(value, Symbol):
            if value.graph is not self:
                raise Untraceable("symbols of two programs cannot meet")
            return value.index
        if type(value) is float or type(value) is int:  # the usual case, without NumPy's overhead
            return self.record("constant", (float(value),)).index
        if np.size(value) != 1:
            raise Untraceable(f"an array of shape {np.shape(value)} inside a function; make it a parameter")
        if isinstance(value, bool | np.bool_) or np.asarray(value).dtype.kind == "b":
            return self.record("truth", (bool(np.asarray(value).item()),)).index
        return self.record("constant", (float(np.asarray(value).item()),)).index

    def constant(self, index: int) -> float | None:
        """Return the value of a constant, None for anything else."""
        name, operands = self.operations[index]
        return float(operands[0]) if name == "constant" else None

    def nonnegative(self, index: int) -> bool:
        """Say whether an operation is plainly not negative: made of shares and constants by + and *, or 1 - share."""
        seen: set[int] = set()
        waiting = [index]
        while waiting:
            number = waiting.pop()
            if number in seen or number in self.shares:
                continue
            seen.add(number)
            name, operands = self.operations[number]
            if name in ("add", "multiply"):
                waiting += operands
            elif name == "subtract":
                if operands[1] not in self.shares or not (self.constant(operands[0]) or 0.0) >= 1.0:
                    return False
            elif not (name == "constant" and operands[0] >= 0.0):
                return False
        return True

    def needed(self, outputs: Sequence[int]) -> list[int]:
        """Return the numbers of all operations that the outputs depend on, in order."""
        seen: set[int] = set()
        waiting = list(outputs)
        while waiting:
            index = waiting.pop()
            if index not in seen:
                seen.add(index)
                waiting += self.operands(index)
        return sorted(seen)

    def operands(self, index: int) -> tuple[int, ...]:
        """Return the numbers of an operation's operands."""
        name, operands = self.operations[index]
        return () if name in ("leaf", "constant", "truth") else operands


def _operator(name: str, swapped: bool = False) -> Callable[[Any, Any], Any]:
    """Return the method of `Symbol` for an operator; what is no number, like a jet, is left to its own methods."""

    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, NUMBERS):
            return NotImplemented
        return _make(name, other, self) if swapped else _make(name, self, other)

    return method


def _refused(sign: str) -> Callable[..., Any]:
    """Return the method of `Symbol` for an operator that cannot be written down."""

    def method(*_: Any) -> Any:
        raise Untraceable(f"the operator {sign}")

    return method


class Symbol:
    """A number that is not known yet."""

    __slots__ = ("graph", "index")

    def __init__(self, graph: Graph, index: int) -> None:
        self.graph, self.index = graph, index

    # -- what Python calls -------------------------------------------------------------------------------------------

    __add__, __radd__ = _operator("add"), _operator("add", swapped=True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", swapped=True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", swapped=True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", swapped=True)
    __pow__, __rpow__ = _operator("power"), _operator("power", swapped=True)
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")
    __eq__, __ne__ = _operator("equal"), _operator("not_equal")
    __and__, __rand__ = _operator("logical_and"), _operator("logical_and", swapped=True)
    __or__, __ror__ = _operator("logical_or"), _operator("logical_or", swapped=True)

    __mod__ = __rmod__ = _refused("%")
    __floordiv__ = __rfloordiv__ = _refused("//")
    __getitem__ = _refused("[]")

    def __neg__(self) -> Symbol:
        return _make("negative", self)

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Symbol:
        return _make("absolute", self)

    __hash__ = object.__hash__

    def __invert__(self) -> Symbol:
        return _make("logical_not", self)

    # -- NumPy's protocols -------------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        name = SYNONYMS.get(ufunc.__name__, ufunc.__name__)
        if method != "__call__" or options:
            raise Untraceable(f"numpy's {name}.{method} or its options")
        if not all(isinstance(value, NUMBERS) for value in inputs):
            return NotImplemented
        if name in _REWRITTEN:
            return _REWRITTEN[name](*inputs)
        if name in ARITHMETIC or name in FUNCTIONS or name in COMPARISONS or name in LOGIC:
            return _make(name, *inputs)
        raise Untraceable(f"numpy's {name}")

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, options: Any) -> Any:
        if function.__name__ not in _FUNCTIONS and all(kind in (Symbol, np.ndarray) for kind in types):
            raise Untraceable(f"numpy's {function.__name__}")
        if not all(value is None or isinstance(value, NUMBERS) for value in args):
            return NotImplemented
        return _FUNCTIONS[function.__name__](*args, **options)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise Untraceable("a conversion into a plain array")

    def __float__(self) -> float:
        raise Untraceable("a conversion into a plain float")

    def __bool__(self) -> bool:
        raise Untraceable("a branch on a value")

    def __getattr__(self, name: str) -> Any:
        """Refuse what arrays have and symbols have not; called only where nothing else is found."""
        public = hasattr(np.ndarray, name) and not name.startswith("_")
        raise Untraceable(f"an array's {name}") if public else AttributeError(name)

    def __repr__(self) -> str:
        return f"Symbol({self.index})"


NUMBERS = (Symbol, float, int, np.generic, np.ndarray)
"""What symbols may meet in an operation."""


def _make(name: str, *inputs: Any) -> Symbol:
    """Record an operation, or what it comes to where an operand is 0 or 1 or all are constants."""
    graph = next(value.graph for value in inputs if isinstance(value, Symbol))
    numbers = [graph.number(value) for value in inputs]
    name, numbers = _of_truths(name, graph, numbers)
    known = [graph.constant(number) for number in numbers]
    if None not in known and name not in ("ndtr", "negative", *LOGIC):
        with np.errstate(all="ignore"):
            return _symbol(graph, getattr(np, name)(*known))
    short = _shortened(name, graph, numbers, known)
    if short is not None:
        return short
    if name in ("add", "multiply", "maximum", "minimum", "logical_and", "logical_or"):
        numbers.sort()  # so that a + b and b + a are the same operation
    return graph.record(name, tuple(numbers))


def _of_truths(name: str, graph: Graph, numbers: list[int]) -> tuple[str, list[int]]:
    """Return an operation as NumPy means it: sums of truths say "or", products "and", and logic asks what is not zero."""
    if name in ("add", "multiply") and all(graph.operations[number][0] in TRUTHS for number in numbers):
        return "logical_or" if name == "add" else "logical_and", numbers
    if name in ("logical_and", "logical_or"):
        asked = (Symbol(graph, number) for number in numbers)
        return name, [s.index if graph.operations[s.index][0] in TRUTHS else (s != 0.0).index for s in asked]
    return name, numbers


def _symbol(graph: Graph, value: Any) -> Symbol:
    return Symbol(graph, graph.number(value))


def _shortened(name: str, graph: Graph, numbers: list[int], known: list[float | None]) -> Symbol | None:
    """Return what an operation with a 0 or 1 comes to, None if it has to be made."""
    if name in LOGIC:
        return _logic(name, graph, numbers)
    found = _RULES[name](graph, numbers, known) if name in _RULES else None
    return None if found is None else Symbol(graph, found)


def _add(graph: Graph, numbers: list[int], known: list[float | None]) -> int | None:
    return numbers[1] if known[0] == 0 else numbers[0] if known[1] == 0 else None


def _subtract(graph: Graph, numbers: list[int], known: list[float | None]) -> int | None:
    if known[0] == 0:
        return (-Symbol(graph, numbers[1])).index
    return numbers[0] if known[1] == 0 else None


def _multiply(graph: Graph, numbers: list[int], known: list[float | None]) -> int | None:
    for mine, other in ((0, 1), (1, 0)):
        if known[mine] == 0:
            return graph.number(0.0)
        if known[mine] == 1:
            return numbers[other]
        if known[mine] == -1:
            return (-Symbol(graph, numbers[other])).index
    return None


def _divide(graph: Graph, numbers: list[int], known: list[float | None]) -> int | None:
    return graph.number(0.0) if known[0] == 0 else numbers[0] if known[1] == 1 else None


def _power(graph: Graph, numbers: list[int], known: list[float | None]) -> int | None:
    if known[1] == 2:
        return _make("multiply", Symbol(graph, numbers[0]), Symbol(graph, numbers[0])).index
    return graph.number(1.0) if known[1] == 0 else numbers[0] if known[1] == 1 else None


def _negative(graph: Graph, numbers: list[int], known: list[float | None]) -> int | None:
    name, operands = graph.operations[numbers[0]]
    if name == "negative":
        return int(operands[0])
    return None if known[0] is None else graph.number(-known[0])


_RULES = {
    "add": _add, "subtract": _subtract, "multiply": _multiply, "divide": _divide, "power": _power, "negative": _negative,
}  # fmt: skip


def _logic(name: str, graph: Graph, numbers: list[int]) -> Symbol | None:
    """Return what a logical operation with a known truth comes to."""
    if name not in LOGIC:
        return None
    truths = [graph.operations[number][1][0] if graph.operations[number][0] == "truth" else None for number in numbers]
    if name in ("isfinite", "isnan"):
        value = graph.constant(numbers[0])
        return None if value is None else _symbol(graph, bool(getattr(np, name)(value)))
    if name == "logical_not":
        return None if truths[0] is None else _symbol(graph, not truths[0])
    for mine, other in ((0, 1), (1, 0)):
        if truths[mine] is not None:
            decisive = truths[mine] is (name == "logical_or")
            return Symbol(graph, numbers[mine] if decisive else numbers[other])
    return None


def _where(condition: Any, a: Any, b: Any) -> Any:
    if not isinstance(condition, Symbol):
        if np.size(condition) != 1:
            raise Untraceable(f"a condition of shape {np.shape(condition)} inside a function")
        return a if bool(np.asarray(condition).item()) else b
    graph = condition.graph
    name, operands = graph.operations[condition.index]
    if name == "truth":
        return a if operands[0] else b
    numbers = graph.number(a), graph.number(b)
    if numbers[0] == numbers[1]:
        return Symbol(graph, numbers[0])
    return graph.record("where", (condition.index, *numbers))


def _clip(x: Any, low: Any = None, high: Any = None) -> Any:
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _sign(x: Any) -> Any:
    return _where(x > 0, 1.0, _where(x < 0, -1.0, 0.0))


def _known(choice: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a choice between two numbers that takes the other where one is none."""
    return lambda a, b: _where(np.isnan(a), b, _where(np.isnan(b), a, choice(a, b)))


_REWRITTEN: dict[str, Callable[..., Any]] = {
    "fmax": _known(np.maximum),
    "fmin": _known(np.minimum),
    "positive": lambda x: x,
    "reciprocal": lambda x: 1.0 / x,
    "square": lambda x: x * x,
    "sign": _sign,
}

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "where": _where,
    "clip": _clip,
    "ndim": lambda x: 1,  # to NumPy code a symbol is an array with an entry a game
    "ones_like": lambda x, **_: 1.0,
    "zeros_like": lambda x, **_: 0.0,
}
