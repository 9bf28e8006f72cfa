"""Answers held against their optimality conditions, whoever found them: from the points and prices alone, in NumPy.

With multipliers p_r >= 0 of the rows c_r(x) >= 0 and g the gradient of the Lagrangian at x, a concave program can gain at
most

    sum_j max(-g_j x_j, g_j (1 - x_j)) + sum_r p_r c_r(x)

over the unit box (the linear bound on a concave function; Boyd and Vandenberghe, Convex Optimization, 2004, section 5.5).
A true optimum makes it zero, and nothing in it comes from the iteration that led there.
"""

from __future__ import annotations

import numpy as np

from bargaining._types import Array, Bools, Entry, Pick, Sparse
from bargaining.numerics.jets import Jet, as_jet, variable
from bargaining.numerics.kernel import (
    NOISE,
    Functions,
    Parameters,
    Program,
    largest,
    steepness,
    take_each,
    times,
    total,
    worth,
)
from bargaining.numerics.offers import OffersProgram

PASSES = 1e-9
"""Of the objective: an answer that may fall short by more, or misses a row by more, is found again in NumPy."""

PORTION = 8192
"""Games examined at a time: their numbers stay in the processor's cache."""


def passes(
    program: Program | OffersProgram, functions: Functions, parameters: Parameters, x: Array, prices: Array
) -> Bools:
    """Say in which games the points `x`, (variables, games), with the rows' `prices` are optimal to within PASSES."""
    games = x.shape[1]
    good = np.zeros(games, np.bool_)
    for first in range(0, games, PORTION):
        pick = slice(first, first + PORTION) if games > 1 else 0  # a view; of one game plain numbers, which are faster
        good[pick] = _pass(program, functions, parameters, x, prices, pick, second=False)
    left = np.flatnonzero(~good)  # slopes alone are cheap, and nearly always enough
    if left.size:
        good[left] = _pass(program, functions, parameters, x, prices, left, second=True)
    return good


def _pass(
    program: Program | OffersProgram, functions: Functions, parameters: Parameters, x: Array, prices: Array, pick: Pick,
    second: bool,
) -> Bools:  # fmt: skip
    """Say of the picked games whether they pass."""
    asked = program.take(pick), functions, take_each(parameters, pick), x[:, pick], prices[:, pick]
    with np.errstate(all="ignore"):
        return np.asarray(_errors(*asked, second) <= PASSES)


def _errors(
    program: Program | OffersProgram, functions: Functions, parameters: Parameters, x: Array, prices: Array, second: bool
) -> Array:
    """Return the errors of answers.

    Of alternating offers it is the larger one of both proposers', each held to the threshold that the other makes.
    """
    if isinstance(program, Program):
        return _error(program, _jets(functions, parameters, x, second), x, prices)
    k, rows = len(x) // 2, len(prices) // 2
    points = [x[:k], x[k:]]
    jets = [_jets(functions, parameters, point, second) for point in points]
    errors = []
    for b in (0, 1):
        other = 1 - b
        owed = program.origin[other] + program.factors[other] * (jets[other][other].value - program.origin[other])
        block = program.blocks[b]
        asked = Program(block.weights, block.rows, [owed, *block.offsets[1:]], None, block.targets)
        errors.append(_error(asked, jets[b], points[b], prices[b * rows : (b + 1) * rows]))
    return np.maximum(*errors)


def _jets(functions: Functions, parameters: Parameters, x: Array, second: bool) -> list[Jet]:
    """Return the functions with first derivatives in the variables -1, -2, ..., or with `second` ones too in 0, 1, ..."""
    numbers = range(len(x)) if second else range(-1, -len(x) - 1, -1)
    return [as_jet(f) for f in functions([variable(j, v) for j, v in zip(numbers, x, strict=True)], parameters)]


def _error(program: Program, jets: list[Jet], x: Array, prices: Array) -> Array:
    """Return the most that the objective can rise, or that a row is missed by, in units of the objective or row.

    With second derivatives, what a few ulps of x do to a slope is no error: it is large at corners of infinite slope.
    """
    steep = [steepness(jet) for jet in jets]
    slacks = [jets[i].value - o for i, o in zip(program.rows, program.offsets, strict=True)]
    counts = worth(program, list(prices))
    rise: Entry = 0.0
    if program.directions is not None:
        slacks, rise = _along(slacks, program.directions, prices)
    missed = largest([0.0, *(-c / steep[i] for i, c in zip(program.rows, slacks, strict=True))])
    for c, price, a in zip(slacks, prices, program.targets, strict=True):
        rise = rise + np.abs(price * c - (0.0 if a is None else a))
    for j, v in enumerate(x):
        slope = total(
            [times(w, jet.gradient.get(j, jet.gradient.get(-1 - j))) for w, jet in zip(counts, jets, strict=True)]
        )
        bend = total([times(w, jet.hessian.get((j, j))) for w, jet in zip(counts, jets, strict=True)])
        if slope is not None:
            noise = 0.0 if bend is None else NOISE * np.abs(bend)
            rise = rise + np.maximum(-slope * v, slope * (1.0 - v) - noise)
    shares = [a for a in program.targets if a is not None]
    unit = total(shares) if shares else total([times(w, s) for w, s in zip(counts, steep, strict=True)])
    signed = np.all(prices >= 0.0, axis=0)  # the bound holds for no others
    return np.where(signed, np.maximum(rise / unit, missed), np.inf)


def _along(slacks: list[Entry], directions: list[Sparse], prices: Array) -> tuple[list[Entry], Entry]:
    """Return what rows leave beyond the largest t that all allow, and what prices that do not add up to one may cost."""
    ways = [0.0 if d is None else d for d in directions]
    t = np.min([np.where(d > 0, c / np.where(d > 0, d, 1.0), np.inf) for c, d in zip(slacks, ways, strict=True)], axis=0)
    value = sum(price * d for price, d in zip(prices, ways, strict=True))
    return [c - t * d for c, d in zip(slacks, ways, strict=True)], np.abs((1.0 - value) * t)
