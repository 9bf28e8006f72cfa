"""C text of a traced program: one statement an operation, in loops over lanes that a compiler turns into vector code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bargaining.numerics.tracing import TRUTHS, Graph

SHARE = "share "

PRELUDE = """\
#include <math.h>
#include <stdint.h>
#include <string.h>
/* Games that advance together: few enough to end together and to stay in registers, enough to fill them (measured). */
#ifdef __AVX512F__
#define LANES 16
#else
#define LANES 4
#endif

/* Fast arithmetic lets the compiler assume that NaN and infinity do not occur; tests on bits share no assumption. */
static inline uint64_t bits(double x) { uint64_t u; memcpy(&u, &x, sizeof u); return u & 0x7fffffffffffffffULL; }
static inline uint64_t is_finite(double x) { return bits(x) < 0x7ff0000000000000ULL; }
static inline uint64_t is_nan(double x) { return bits(x) > 0x7ff0000000000000ULL; }
static inline uint64_t is_infinite(double x) { uint64_t u; memcpy(&u, &x, sizeof u); return u == 0x7ff0000000000000ULL; }
static inline double distribution(double x) { return 0.5 * erfc(-0.70710678118654752440 * x); }
/* x to the power p of a share of a range, 0 <= x <= 1: half the work of pow, and what depends on x alone is done once. */
#define share_power(x, p) ((x) > 0.0 ? exp((p) * log(x)) : (p) > 0.0 ? 0.0 : (p) < 0.0 ? inf_ : 1.0)
static volatile const double endless = __builtin_inf();
"""

CALLS = {
    "absolute": "fabs", "exp": "exp", "exp2": "exp2", "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p",
    "expm1": "expm1", "sqrt": "sqrt", "cbrt": "cbrt", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "arctan": "atan", "ndtr": "distribution", "power": "pow", "isfinite": "is_finite",
    "isnan": "is_nan", "negative": "-", "logical_not": "!",
}  # fmt: skip
SIGNS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "less": "<", "less_equal": "<=", "greater": ">",
    "greater_equal": ">=", "equal": "==", "not_equal": "!=", "logical_and": "&", "logical_or": "|",
}  # fmt: skip


def literal(value: float) -> str:
    """Return a number with all its digits."""
    if np.isnan(value):
        return "(endless - endless)"
    if np.isinf(value):
        return "inf_" if value > 0 else "(-inf_)"
    return value.hex() if value != int(value) or abs(value) > 1e15 else f"{value:.1f}"


def statements(
    graph: Graph, places: Mapping[str, str], outputs: Sequence[tuple[str, int]], given: Mapping[int, str]
) -> str:
    """Return the loop over lanes that reads leaves from `places` and writes operations where `outputs` say.

    `given` are operations that stand ready elsewhere; `places` are C expressions in which `l` is the lane. Leaves whose
    names begin with SHARE are numbers between 0 and 1.
    """
    names: dict[int, str] = dict(given)
    lines = []
    wanted = [number for _, number in outputs]
    for index in _pending(graph, wanted, set(given)):
        name, operands = graph.operations[index]
        if name == "constant":
            names[index] = literal(operands[0])
            continue
        if name == "truth":
            names[index] = str(int(operands[0]))
            continue
        names[index] = f"v{index}"
        kind = "_Bool" if name in TRUTHS else "double"
        of_share = name == "power" and _is_share(graph, operands[0])
        lines.append(
            f"const {kind} v{index} = {_expression('share_power' if of_share else name, operands, names, places)};"
        )
    lines += [f"{place} = {names[number]};" for place, number in outputs]
    body = "\n        ".join(lines)
    return f"    for (int l = 0; l < LANES; l++) {{\n        {body}\n    }}\n"


def _pending(graph: Graph, wanted: Sequence[int], given: set[int]) -> list[int]:
    """Return the operations to be made, in order: those that the wanted ones depend on and that are not given."""
    seen: set[int] = set()
    waiting = [number for number in wanted if number not in given]
    while waiting:
        index = waiting.pop()
        if index not in seen:
            seen.add(index)
            waiting += [number for number in graph.operands(index) if number not in given]
    return sorted(seen)


def _is_share(graph: Graph, index: int) -> bool:
    name, operands = graph.operations[index]
    return name == "leaf" and str(operands[0]).startswith(SHARE)


def _expression(name: str, operands: tuple[object, ...], names: Mapping[int, str], places: Mapping[str, str]) -> str:
    if name == "leaf":
        return places[str(operands[0])]
    words = [names[operand] for operand in operands if isinstance(operand, int)]
    if name in SIGNS:
        return f"{words[0]} {SIGNS[name]} {words[1]}"
    if name == "where":
        return f"{words[0]} ? {words[1]} : {words[2]}"
    if name in ("maximum", "minimum"):
        return f"{words[0]} {'>' if name == 'maximum' else '<'} {words[1]} ? {words[0]} : {words[1]}"
    return f"{CALLS.get(name, name)}({', '.join(words)})"
