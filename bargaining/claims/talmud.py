"""The Talmud rule.

Aumann and Maschler (1985), Game theoretic analysis of a bankruptcy problem from the Talmud, Journal of Economic Theory 36,
195-213.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.awards import ClaimsRule
from bargaining.claims.constrained_equal_awards import equal_awards


@dataclass(frozen=True)
class Talmud(ClaimsRule):
    """Divide equally up to half of everybody's claim, and beyond that let losses be equal (Aumann and Maschler 1985).

    With C the sum of the claims: constrained equal awards of E on half-claims if E <= C / 2, else c less constrained equal
    awards of C - E on half-claims. Any two claimants divide what they have together like the contested garment of the
    Talmud, and no other rule does that for all. It is the nucleolus of the game in which a group of claimants can count on
    what the others leave, v(S) = max(0, E - sum of the claims outside S).

    Examples
    --------
    >>> import bargaining as bg
    >>> marriage = bg.ClaimsProblem([100, 200, 300], (100, 200, 300))  # Ketubot 93a
    >>> bg.solve(marriage, bg.Talmud()).awards.round(2).tolist()
    [[33.33, 33.33, 33.33], [50.0, 75.0, 75.0], [50.0, 100.0, 150.0]]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "Talmud"

    def awards(self, estate: Array, claims: Array) -> Array:
        """Return equal awards or equal losses on half-claims, (games, n)."""
        total = np.sum(claims, axis=-1)
        small = estate <= total / 2.0
        part = equal_awards(np.where(small, estate, np.maximum(total - estate, 0.0)), claims / 2.0)
        return np.where(small[..., None], part, claims - part)
