"""The constrained equal awards rule.

Maimonides (12th century), Mishneh Torah; in the literature, Aumann and Maschler (1985), Game theoretic analysis of a
bankruptcy problem from the Talmud, Journal of Economic Theory 36, 195-213.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.awards import ClaimsRule


@dataclass(frozen=True)
class ConstrainedEqualAwards(ClaimsRule):
    """Award everybody the same, but nobody more than its claim (Maimonides): min(c_i, t), with a sum of E.

    It is the Nash bargaining solution of `ClaimsProblem.problem` (Dagan and Volij 1993, Mathematical Social Sciences 26,
    287-297), and the dual of constrained equal losses.

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.solve(bg.ClaimsProblem(300, (40, 200, 300)), bg.ConstrainedEqualAwards()).awards.tolist()
    [40.0, 130.0, 130.0]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "constrained equal awards"

    def awards(self, estate: Array, claims: Array) -> Array:
        """Return min(c_i, t), (games, n)."""
        return equal_awards(estate, claims)


def equal_awards(estate: Array, claims: Array) -> Array:
    """Return min(c_i, t), (games, n), of estates (games,) and claims (games, n).

    The common award rises through the claims in order. Between two of them it costs its rise times the number of those not
    yet paid in full, which says at which estate each claim is met.
    """
    n = claims.shape[-1]
    nothing = np.zeros((*estate.shape, 1))
    levels = np.concatenate([nothing, np.sort(claims, axis=-1)], axis=-1)
    costs = np.concatenate([nothing, np.cumsum(np.diff(levels, axis=-1) * np.arange(n, 0, -1), axis=-1)], axis=-1)
    paid = np.count_nonzero(costs[..., 1:] <= estate[..., None], axis=-1)[..., None]  # so many in full
    left = estate[..., None] - np.take_along_axis(costs, paid, axis=-1)
    common = np.take_along_axis(levels, paid, axis=-1) + left / np.maximum(n - paid, 1)
    return np.asarray(np.minimum(claims, common))
