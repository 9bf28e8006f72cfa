"""The proportional rule.

Aristotle, Nicomachean Ethics, book V; in the literature, O'Neill (1982), A problem of rights arbitration from the Talmud,
Mathematical Social Sciences 2, 345-371.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.awards import ClaimsRule


@dataclass(frozen=True)
class ProportionalAwards(ClaimsRule):
    """Award everybody the same part of its claim: c_i E / sum_j c_j.

    It is the Nash bargaining solution of `ClaimsProblem.problem` with the claims for weights (Dagan and Volij 1993,
    Mathematical Social Sciences 26, 287-297).

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.solve(bg.ClaimsProblem(150, (100, 200, 300)), bg.ProportionalAwards()).awards.round(9).tolist()
    [25.0, 50.0, 75.0]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "proportional"

    def awards(self, estate: Array, claims: Array) -> Array:
        """Return c_i E / sum_j c_j, (games, n)."""
        return in_proportion(estate, claims)


def in_proportion(estate: Array, claims: Array) -> Array:
    """Return c_i E / sum_j c_j, (games, n), of estates (games,) and claims (games, n); nothing where nothing is claimed."""
    total = np.sum(claims, axis=-1, keepdims=True)
    shares = claims / np.where(total > 0, total, 1.0)
    return np.minimum(claims, estate[..., None] * shares)
