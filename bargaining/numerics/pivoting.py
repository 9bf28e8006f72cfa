"""Complementary pivoting: one equilibrium of a bimatrix game of any size, at the end of a path.

Lemke and Howson (1964), Equilibrium points of bimatrix games, Journal of the Society for Industrial and Applied Mathematics
12, 413-423. On the path every label but one is there (see `bimatrix`); it leads from the pair of origins to an equilibrium.
Ties are broken lexicographically, so that no path runs in circles (von Stengel 2002, Computing equilibria for two-person
games, section 2.6).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bargaining._types import Array, Indices

PIVOTS = 5_000
"""Steps after which a path counts as lost; some games have paths of exponential length."""

LEAST = 1e-11
"""Smaller entries of a column do not limit what enters."""

TIED = 1e-12
"""Differences of ratios below which rows tie."""

End = tuple[Array, Array] | None
"""Strategies of both players up to a factor, or None for a path that got lost."""


def lemke_howson(P: Array, Q: Array, start: int) -> End:
    """Follow the path on which the label `start` is missing, in {x >= 0, P x <= 1} and {y >= 0, Q y <= 1}.

    All entries of P and Q must be positive. Labels are the numbers of the rows of Q, where x is zero or Q y is 1, and
    beyond them those of the rows of P.
    """
    (n, m), entering = P.shape, start
    tables = [
        np.concatenate([P, np.eye(n), np.ones((n, 1))], axis=1),
        np.concatenate([np.eye(m), Q, np.ones((m, 1))], axis=1),
    ]
    bases, slacks, side = [np.arange(m, m + n), np.arange(m)], [slice(m, m + n), slice(m)], int(start >= m)
    for _ in range(PIVOTS):
        T, basis = tables[side], bases[side]
        row = _leaving_row(T[:, entering], T[:, -1], T[:, slacks[side]])
        if row is None:
            return None
        T[row] /= T[row, entering]
        others = np.arange(len(T)) != row
        T[others] -= T[others, entering, None] * T[row]
        leaving, basis[row] = int(basis[row]), entering
        if leaving == start:
            return _vertices(P, Q, bases[0], bases[1])
        side, entering = 1 - side, leaving
    return None


def _leaving_row(column: Array, level: Array, tie_breaks: Array) -> int | None:
    """Return the row whose basic variable is the first to reach zero; None if none does."""
    rows = np.flatnonzero(column > LEAST)
    for measure in (level, *tie_breaks.T):
        ratio = measure[rows] / column[rows]
        rows = rows[ratio <= np.min(ratio, initial=np.inf) + TIED]
        if len(rows) <= 1:
            break
    return int(rows[0]) if len(rows) else None


def _vertices(P: Array, Q: Array, first: Indices, second: Indices) -> End:
    """Return the points at which the labels of two bases are those of the variables that are not zero."""
    n, m = P.shape
    return _vertex(P, first), _vertex(Q, (second - m) % (m + n))


def _vertex(C: Array, basis: Indices) -> Array:
    """Return the vertex of {z >= 0, C z <= 1} with this basis, in which slacks are numbered after the entries of z."""
    count = C.shape[1]
    entries, tight = basis[basis < count], np.ones(len(C), np.bool_)
    tight[basis[basis >= count] - count] = False
    z = np.zeros(count)
    z[entries] = np.maximum(np.linalg.lstsq(C[tight][:, entries], np.ones(len(entries)))[0], 0.0)
    return z


def nashpy_ends(P: Array, Q: Array, starts: list[int]) -> list[End]:
    """Follow paths on the tableaux of nashpy, an independent code, from several labels.

    Its pivots multiply without dividing. Where they overflow, in some games from 10 actions on, its own loop never ends; so
    the steps are taken here, and a path on which numbers get too large or too small is lost. Only the labels at the end are
    used: the strategies that it reads off are in the wrong order in some games, such as all with 5 rows and 4 columns.
    """
    from nashpy.linalg import create_col_tableau, create_row_tableau  # here because it takes long to load

    ends: list[End] = []
    for start in starts:
        tables = create_row_tableau(P.T), create_col_tableau(Q, True)
        try:
            with np.errstate(all="ignore", over="raise", under="raise"):
                ended = _follow(tables, start, int(start >= len(Q)))
        except (ArithmeticError, LookupError, ValueError):  # overflow, a label that is not there, no row to pivot on
            ended = False
        first, second = (np.array(sorted(table.basic_variables), dtype=np.intp) for table in tables)
        ends.append(_vertices(P, Q, first, second) if ended else None)
    return ends


def _follow(tables: tuple[Any, Any], start: int, side: int) -> bool:
    """Pivot until the first label is met again; say whether it was."""
    label = start
    for _ in range(PIVOTS):
        label = tables[side].pivot_and_drop_label(label)
        if label == start:
            return True
        side = 1 - side
    return False
