"""Selections among the equilibria of a bimatrix game.

On dominance: Harsanyi and Selten (1988), A General Theory of Equilibrium Selection in Games, MIT Press. Each rule takes
payoff tables (m, n) and profiles of strategies (k, m) and (k, n), and returns which profiles it picks, (k,).
"""

from __future__ import annotations

from collections.abc import Callable
from reprlib import repr as brief
from typing import Any

import numpy as np

from bargaining._types import Array, Bools
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.numerics.replies import best_replies, gains

SAME = 1e-9
"""Payoffs that differ by less, as a share of the range of those that are played, are equal."""

ROUNDING = 64 * float(np.finfo(float).eps)

Rule = Callable[[Array, Array, Array, Array], Bools]


def payoffs(A: Array, B: Array, rows: Array, columns: Array) -> Array:
    """Return both players' payoffs (k, 2); what cannot be told from nothing in a table is nothing."""
    found = np.stack([np.sum((rows @ table) * columns, axis=1) for table in (A, B)], axis=1)
    noise = np.finfo(float).eps * np.array([np.max(np.abs(table)) for table in (A, B)])
    return np.where(np.abs(found) <= noise, 0.0, found)


def apart(A: Array, B: Array, rows: Array, columns: Array) -> Array:
    """Return by how much payoffs (2,) must differ to be different.

    Only payoffs that are played in some profile say how exact the others are: one that nobody ever gets does not.
    """
    played = (rows.T > 0) @ (columns > 0)
    used = [table[played] for table in (A, B)]
    return np.array([
        SAME * np.max(u) - SAME * np.min(u) + ROUNDING * np.max(np.abs(u)) if u.size else 0.0 for u in used
    ])  # fmt: skip


def every(A: Array, B: Array, rows: Array, columns: Array) -> Bools:
    """Pick all."""
    return np.ones(len(rows), np.bool_)


def pure(A: Array, B: Array, rows: Array, columns: Array) -> Bools:
    """Pick those in which both play a single action."""
    return np.asarray(np.count_nonzero(rows, axis=1) + np.count_nonzero(columns, axis=1) == 2)


def payoff_dominant(A: Array, B: Array, rows: Array, columns: Array) -> Bools:
    """Pick those that give both at least as much as every other."""
    worth = payoffs(A, B, rows, columns)
    return np.asarray(np.all(worth >= np.max(worth, axis=0, initial=-np.inf) - apart(A, B, rows, columns), axis=1))


def best_for_row(A: Array, B: Array, rows: Array, columns: Array) -> Bools:
    """Pick those with the largest payoff to the row player."""
    worth = payoffs(A, B, rows, columns)[:, 0]
    return np.asarray(worth >= np.max(worth, initial=-np.inf) - apart(A, B, rows, columns)[0])


def best_for_column(A: Array, B: Array, rows: Array, columns: Array) -> Bools:
    """Pick those with the largest payoff to the column player."""
    return best_for_row(B, A, rows, columns)


def strict(A: Array, B: Array, rows: Array, columns: Array) -> Bools:
    """Pick the pure ones in which each action is the only best reply to the other."""
    mutual = best_replies(A)[1] & best_replies(B.T)[1].T
    return np.asarray(pure(A, B, rows, columns) & mutual[np.argmax(rows, axis=1), np.argmax(columns, axis=1)])


def risk_dominant(A: Array, B: Array, rows: Array, columns: Array) -> Bools:
    """Pick, of exactly two strict ones, that with the larger product of losses from deviating alone to the other.

    Two that tie are both picked. Players' actions differ between strict equilibria, so the comparison is in a 2 by 2 game.
    """
    picked = strict(A, B, rows, columns)
    if np.count_nonzero(picked) != 2:
        return np.zeros(len(rows), np.bool_)
    (i, k), (j, o) = (np.argmax(plays[picked], axis=1) for plays in (rows, columns))
    own, other = (over * stakes for over, stakes in (gains(A), gains(B.T)))
    other = other.T
    losses = np.array([
        (own[i, j] - own[k, j]) * (other[i, j] - other[i, o]), (own[k, o] - own[i, o]) * (other[k, o] - other[k, j])
    ])  # fmt: skip
    picked[picked] = losses >= np.max(losses) * (1.0 - SAME)
    return picked


RULES: dict[str, tuple[Rule, str]] = {
    "only": (every, "none was found"),
    "payoff-dominant": (payoff_dominant, "none gives both players at least as much as every other"),
    "risk-dominant": (
        risk_dominant,
        "two strict pure equilibria are compared, and the game has {strict}",
    ),
    "best for row": (best_for_row, "none was found"),
    "best for column": (best_for_column, "none was found"),
    "pure": (pure, "all are mixed"),
}
"""Selections by name, with the reason why one picks nothing."""


def check_selection(selection: Any) -> None:
    """Refuse what is neither the name of a rule nor a whole number."""
    if isinstance(selection, str):
        if selection not in RULES:
            raise UnknownName("selection", selection, RULES)
    elif isinstance(selection, bool) or not isinstance(selection, (int, np.integer)):
        known = ", ".join(map(repr, RULES))
        raise InvalidProblem(f"selection = {brief(selection)} must be one of {known}, or the number of an equilibrium.")
