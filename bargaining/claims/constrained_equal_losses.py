"""The constrained equal losses rule.

Maimonides (12th century), Mishneh Torah; in the literature, Aumann and Maschler (1985), Game theoretic analysis of a
bankruptcy problem from the Talmud, Journal of Economic Theory 36, 195-213.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.awards import ClaimsRule


@dataclass(frozen=True)
class ConstrainedEqualLosses(ClaimsRule):
    """Let everybody lose the same, but nobody more than its claim (Maimonides): max(0, c_i - t), with a sum of E.

    It is the equal-loss solution of `ClaimsProblem.problem` with losses measured from the claims, and the dual of
    constrained equal awards.

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.solve(bg.ClaimsProblem(200, (100, 200, 300)), bg.ConstrainedEqualLosses()).awards.tolist()
    [0.0, 50.0, 150.0]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "constrained equal losses"

    def awards(self, estate: Array, claims: Array) -> Array:
        """Return max(0, c_i - t), (games, n).

        With a growing estate the largest claim is awarded alone what it exceeds the next by, then these two together what
        they exceed the third by, and so on. Only differences of claims enter, so that claims far above the estate cost no
        digits, as c_i - t would.
        """
        n = claims.shape[-1]
        order = -np.sort(-claims, axis=-1)
        costs = np.cumsum(-np.diff(order, axis=-1) * np.arange(1, n), axis=-1)
        starts = np.concatenate([np.zeros((*estate.shape, 1)), costs], axis=-1)  # the estates from which each has a share
        last = np.count_nonzero(starts <= estate[..., None], axis=-1)[..., None] - 1
        least = (estate[..., None] - np.take_along_axis(starts, last, axis=-1)) / (last + 1)
        return np.asarray(np.clip(claims - np.take_along_axis(order, last, axis=-1) + least, 0.0, claims))
