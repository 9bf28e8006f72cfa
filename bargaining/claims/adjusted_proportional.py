"""The adjusted proportional rule.

Curiel, Maschler and Tijs (1987), Bankruptcy games, Zeitschrift fuer Operations Research 31, A143-A159.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.awards import ClaimsRule
from bargaining.claims.proportional_awards import in_proportion
from bargaining.problems.claims import minimal_rights


@dataclass(frozen=True)
class AdjustedProportional(ClaimsRule):
    """Award minimal rights, and the rest in proportion to what is still claimed of it (Curiel, Maschler and Tijs 1987).

    With the minimal rights m_i = max(0, E - sum of the others' claims) and the rest R = E - sum_j m_j, everybody is awarded
    m_i and its part of R in proportion to min(c_i - m_i, R). It is the tau-value of the game in which a group of claimants
    can count on what the others leave, v(S) = max(0, E - sum of the claims outside S).

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.solve(bg.ClaimsProblem(200, (100, 200, 300)), bg.AdjustedProportional()).awards.round(9).tolist()
    [40.0, 80.0, 80.0]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "adjusted proportional"

    def awards(self, estate: Array, claims: Array) -> Array:
        """Return minimal rights and parts of the rest, (games, n)."""
        rights = minimal_rights(estate, claims)
        rest = np.maximum(estate - np.sum(rights, axis=-1), 0.0)
        return rights + in_proportion(rest, np.minimum(claims - rights, rest[..., None]))
