"""C text of a traced program: one statement an operation, in loops over lanes that a compiler turns into vector code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bargaining.numerics.tracing import TRUTHS, Graph

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
#define INFINITE 0x7ff0000000000000ULL
static inline uint64_t pattern(double x) { uint64_t u; memcpy(&u, &x, sizeof u); return u; }
static inline double number(uint64_t u) { double x; memcpy(&x, &u, sizeof x); return x; }
static inline uint64_t all_if(int c) { return 0 - (uint64_t)c; }
static inline uint64_t bits(double x) { return pattern(x) & 0x7fffffffffffffffULL; }
static inline uint64_t is_finite(double x) { return bits(x) < INFINITE; }
static inline uint64_t is_nan(double x) { return bits(x) > INFINITE; }
static inline uint64_t is_infinite(double x) { return pattern(x) == INFINITE; }
static inline double distribution(double x) { return 0.5 * erfc(-0.70710678118654752440 * x); }

/* exp to 2 + |x| / 6 units in the last place, a third of what the rounding of a computed x does, inlined: the vector
   library's takes three times as long. With n the integer next to x / log 2 and r what is left, Taylor's polynomial of
   exp r, exact to rounding for |r| <= log(2) / 2, has n added to its exponent. Below 1e-307 it is 0, above 1.6e308
   infinite. Masks, not conditions: those would keep loops from becoming vector code. */
static inline double exponential(double x)
{
    const double n = rint(x * 1.4426950408889634), r = x - n * 0.6931471805599453, r2 = r * r, r4 = r2 * r2;
    const double sum = 1.0 + r + r2 * (0.5 + r / 6.0) + r4 * (1.0 / 24.0 + r / 120.0 + r2 * (1.0 / 720.0 + r / 5040.0))
        + r4 * r4 * (1.0 / 40320.0 + r / 362880.0 + r2 * (1.0 / 3628800.0 + r / 39916800.0) + r4 / 479001600.0);
    const uint64_t low = all_if(x < -707.0), high = all_if(x > 709.7);
    const uint64_t moved = pattern(sum) + (pattern(n + 6755399441055744.0) << 52);
    return number((moved & ~(low | high)) | (high & INFINITE) | (all_if(is_nan(x)) & 0x7ff8000000000000ULL));
}
/* x to the power p where 0 <= x: what depends on x alone is done once. Zero is told by its bits: where fast arithmetic
   compares numbers, NaN may equal it. */
static inline double plain_power(double x, double p)
{
    return exponential(number(pattern(p * log(x)) & ~all_if(pattern(p) << 1 == 0)));
}
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

    `given` are operations that stand ready elsewhere; `places` are C expressions in which `l` is the lane.
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
        if name == "power" and graph.nonnegative(operands[0]):
            name = "plain_power"
        lines.append(f"const {kind} v{index} = {_expression(name, operands, names, places)};")
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
