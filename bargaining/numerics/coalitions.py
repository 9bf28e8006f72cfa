"""Stationary equilibria of legislative bargaining over one unit: values, and who is included by whom.

Let c be the price of the q-th cheapest member, W the sum of the q lowest prices and a = 1 - W. A proposer that is one of
the q cheapest pays W - w_i, any other W - c: it keeps a + min(w_i, c). With x_i the probability that others include i,

    w_i < c:  x_i = 1 - p_i,  so  v_i = p_i a / (1 - delta_i);      w_i > c:  x_i = 0,  so  v_i = p_i (a + c);
    w_i = c:  x_i = 1 / delta_i - p_i (1 + a / c).

In all cases x_i is the last expression, limited to [0, 1 - p_i]. Coalitions have q - 1 members besides the proposer, so
that the x_i sum to q - 1: a decreasing, piecewise linear equation in t = a / c.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from bargaining._types import Array, Bools

TIE = 1e-12
"""Difference of prices, as a share of all there is, below which members are equally dear."""

ROUNDS = 20
"""How often probabilities that leave [0, 1] are held at its ends before a linear program decides."""

ROUNDING = 1e-13
"""Error of a sum of probabilities."""


def stationary_values(factors: Array, chances: Array, quota: int) -> Array:
    """Return the values (n,) of the stationary equilibrium."""
    n, factors = len(factors), np.maximum(factors, np.finfo(float).tiny)
    with np.errstate(divide="ignore", over="ignore"):
        last_in, first_out = (1.0 / factors - 1.0) / chances, 1.0 / (factors * chances) - 1.0

    def included(t: Array) -> Array:
        with np.errstate(invalid="ignore"):  # who never proposes has the first value, never the last
            between = chances * (first_out - t[:, None])
        return np.where(t[:, None] <= last_in, 1.0 - chances, np.where(t[:, None] >= first_out, 0.0, between))

    kinks = np.unique(np.concatenate([[0.0], last_in, first_out]))
    kinks = kinks[np.isfinite(kinks)]
    enough = np.sum(included(kinks), axis=-1) >= quota - 1 - n * ROUNDING
    k = int(np.flatnonzero(enough)[-1])
    left, right = kinks[k], kinks[k + 1] if k + 1 < len(kinks) else np.inf
    cheap, dear = last_in >= right, first_out <= left
    tied = ~cheap & ~dear
    if not np.any(tied):  # the dearest of the cheap sets the price
        inverse = 1.0 / right
    elif np.isinf(right):  # votes that cost nothing are enough
        inverse = 0.0
    else:
        rest = np.sum(1.0 / factors[tied] - chances[tied]) + np.sum(1.0 - chances[cheap]) - (quota - 1)
        inverse = 1.0 / np.clip(rest / np.sum(chances[tied]), left, right)
    own = chances / (1.0 - factors)
    a = 1.0 / (1.0 + np.sum((factors * own)[cheap]) + (quota - np.count_nonzero(cheap)) * inverse)
    c = a * inverse
    return np.where(cheap, a * own, np.where(dear, chances * (a + c), c / factors))


def inclusion(values: Array, prices: Array, chances: Array, quota: int) -> Array:
    """Return probabilities (n, n) with which proposers include others, which make the values what they are.

    Each proposer includes the cheapest. Of mixtures over equally dear members the one nearest to equal ones is taken, if
    all of its entries are probabilities; else what leaves [0, 1] is held at its ends and the rest adjusted, and if that
    does not succeed a linear program finds some mixture.
    """
    n, needed = len(prices), quota - 1
    own = np.eye(n, dtype=bool)
    others = np.where(own, np.inf, prices[None, :])
    cutoff = np.sort(others, axis=-1)[:, [max(needed - 1, 0)]]
    sure = others < cutoff - TIE
    free = (np.abs(np.where(own, np.inf, others) - cutoff) <= TIE) & (needed > 0)
    sure &= needed > 0
    left = needed - np.count_nonzero(sure, axis=-1)
    z = sure + free * (left / np.maximum(np.count_nonzero(free, axis=-1), 1))[:, None]
    kept = 1.0 - sure @ prices - left * np.where(left > 0, cutoff[:, 0], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.where(prices > TIE, (values - chances * kept) / prices, np.nan)  # of free votes, any number will do
    near, inner = z, free
    for _ in range(ROUNDS):  # what leaves [0, 1] is held at its end
        near = _corrected(near, inner, chances, wanted, needed)
        if np.all((near >= -TIE) & (near <= 1.0 + TIE)):
            near = np.clip(near, 0.0, 1.0)
            if _missed(near, free, chances, wanted, needed) <= TIE:
                return near
            break
        inner = inner & (near > 0.0) & (near < 1.0)
        near = np.clip(near, 0.0, 1.0)
    z = _feasible(z, free, chances, wanted)
    inner = free & (z > TIE) & (z < 1.0 - TIE)
    return np.clip(_corrected(z, inner, chances, wanted, needed), 0.0, 1.0)


def _missed(z: Array, free: Bools, chances: Array, wanted: Array, needed: int) -> float:
    """Return by how much the sums of probabilities are not what they must be."""
    columns = np.where(np.any(free, axis=0), chances @ z - wanted, 0.0)
    return float(max(np.max(np.abs(np.sum(z, axis=-1) - needed)), np.max(np.abs(np.nan_to_num(columns)))))


def _corrected(z: Array, free: Bools, chances: Array, wanted: Array, needed: int) -> Array:
    """Return the probabilities nearest to z, equal to it where they are not free, with the right sums."""
    fixed = np.isfinite(wanted) & np.any(free, axis=0)
    target = np.where(fixed, np.nan_to_num(wanted) - chances @ z, 0.0)
    moves = free & fixed
    cross = chances[:, None] * moves
    system = np.block([
        [np.diag(np.count_nonzero(free, axis=-1).astype(float)), cross],
        [cross.T, np.diag(chances**2 @ moves)],
    ])  # fmt: skip
    found = np.linalg.lstsq(system, np.concatenate([needed - np.sum(z, axis=-1), target]), rcond=1e-12)[0]
    rows, columns = found[: len(z)], found[len(z) :]
    return np.asarray(z + free * rows[:, None] + cross * columns)


def _feasible(z: Array, free: Bools, chances: Array, wanted: Array) -> Array:
    """Return probabilities between 0 and 1 with the right sums, by linear programming."""
    i, j = np.nonzero(free)
    fixed = np.flatnonzero(np.isfinite(wanted) & np.any(free, axis=0))
    place = np.full(len(z), -1)
    place[fixed] = len(z) + np.arange(len(fixed))
    cells = np.arange(len(i))
    told = place[j] >= 0
    rows = np.concatenate([i, place[j][told]])
    entries = np.concatenate([np.ones(len(i)), chances[i][told]])
    matrix: Any = coo_array((entries, (rows, np.concatenate([cells, cells[told]]))), shape=(len(z) + len(fixed), len(i)))
    held = np.where(free, 0.0, z)
    sums = np.concatenate([np.sum(np.where(free, z, 0.0), axis=-1), (wanted - chances @ held)[fixed]])
    found = linprog(np.zeros(len(i)), A_eq=matrix.tocsr(), b_eq=sums, bounds=(0.0, 1.0), method="highs")
    if found.x is None:
        return z
    held[i, j] = found.x
    return held
