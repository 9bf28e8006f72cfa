"""Best replies in a bimatrix game: what a player's choice is worth, and what deviating gains."""

from __future__ import annotations

import numpy as np

from bargaining._types import Array, Bools, Indices

TIED, ROUNDING = 1e-12, 4 * np.finfo(float).eps
"""Payoffs against an action are equal if they differ by less than these shares of the largest stakes and payoff."""

LEAST = 1e-6
"""Smaller stakes, as shares of the largest, are not told from this, so that probabilities are not lost beside others."""


def gains(payoffs: Array) -> tuple[Array, Array]:
    """Return what a player's actions (rows) gain over its worst against each of the other's (columns), and the stakes.

    Gains (m, n) run from 0 to 1 in each column; stakes (n,) are what 1 is worth there, as shares of the largest. Strategies
    of the other, times the stakes, have the same best replies in the gains: so neither units matter, nor what a player gets
    anyway, nor that more is at stake against some actions than against others. Stakes below `LEAST` are taken as that.
    """
    exponent = np.frexp(np.max(np.abs(payoffs)))[1]
    over = np.ldexp(payoffs, -exponent)  # the largest is between 0.5 and 1, nothing is rounded, and no difference overflows
    order = np.argsort(over, axis=0, kind="stable")
    steps = np.diff(np.take_along_axis(over, order, axis=0), axis=0)
    steps[steps <= max(ROUNDING, TIED * np.max(np.sum(steps, axis=0)))] = 0.0
    climbed = np.concatenate([np.zeros((1, over.shape[1])), np.cumsum(steps, axis=0)])
    largest = np.max(climbed[-1]) or 1.0
    stakes = np.maximum(climbed[-1], LEAST * largest)
    found = np.empty_like(over)
    np.put_along_axis(found, order, climbed / stakes, axis=0)
    return found, stakes / largest


def best_replies(payoffs: Array) -> tuple[Bools, Bools]:
    """Say which rows are best replies to each column, and which the only ones, both (m, n)."""
    own = gains(payoffs)[0]
    best = own == np.max(own, axis=0)  # `gains` made equal what ties
    return best, best & (np.count_nonzero(best, axis=0) == 1)


def strategies(points: Array, stakes: Array) -> Array:
    """Return the strategies (..., n) that are proportional to points once these are divided by the stakes."""
    shares = points / stakes
    return np.asarray(shares / np.sum(shares, axis=-1, keepdims=True))


def regrets(A: Array, B: Array, rows: Array, columns: Array) -> Array:
    """Return the larger of both players' regrets (p,) in profiles (p, m), (p, n), as shares of what is at stake."""
    found = np.zeros(len(rows))
    for table, own, other in ((A, rows, columns), (B.T, columns, rows)):
        over, stakes = gains(table)
        weights = other * stakes
        worth = weights @ over.T / np.sum(weights, axis=1, keepdims=True)
        found = np.maximum(found, np.max(worth, axis=1) - np.sum(worth * own, axis=1))
    return found


def undominated(A: Array, B: Array) -> tuple[Indices, Indices]:
    """Return the actions (rows, columns) left when those strictly dominated by another action are dropped, over and over.

    No equilibrium plays one that is dropped, and none of them is ever a best reply. Payoffs that differ by their own
    rounding are equal.
    """
    rows, columns = np.arange(len(A)), np.arange(A.shape[1])
    while True:
        kept = rows[~_dominated(A[np.ix_(rows, columns)])]
        left = columns[~_dominated(B[np.ix_(kept, columns)].T)]
        if len(kept) == len(rows) and len(left) == len(columns):
            return rows, columns
        rows, columns = kept, left


def _dominated(payoffs: Array) -> Bools:
    """Say which rows are everywhere below some other row, by more than rounding."""
    low, high = payoffs + ROUNDING * np.abs(payoffs), payoffs - ROUNDING * np.abs(payoffs)
    return np.array([bool(np.any(np.all(high > row, axis=1))) for row in low], np.bool_)
