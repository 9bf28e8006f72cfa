"""The random arrival rule.

O'Neill (1982), A problem of rights arbitration from the Talmud, Mathematical Social Sciences 2, 345-371.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from bargaining._types import Array
from bargaining.awards import ClaimsRule
from bargaining.errors import InvalidProblem

MOST = 20
"""The largest number of claimants: their groups are listed."""

PORTION = 2**22
"""Groups of claimants held at a time, so that a stack of a million games fits."""


@dataclass(frozen=True)
class RandomArrival(ClaimsRule):
    """Pay claimants in full as they arrive until nothing is left, on average over all orders of arrival (O'Neill 1982).

    Whoever arrives after a group S is paid min(c_i, max(0, E - sum of the claims in S)), and finds this group there with
    probability |S|! (n - 1 - |S|)! / n!. It is the Shapley value of the game in which a group of claimants can count on
    what the others leave, v(S) = max(0, E - sum of the claims outside S). Up to 20 claimants.

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.solve(bg.ClaimsProblem(200, (100, 200, 300)), bg.RandomArrival()).awards.round(4).tolist()
    [33.3333, 83.3333, 83.3333]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "random arrival"

    def awards(self, estate: Array, claims: Array) -> Array:
        """Return the mean payments over all groups that may have come before, (games, n).

        Raises
        ------
        InvalidProblem
            If there are more than 20 claimants.
        """
        games, n = claims.shape
        if n > MOST:
            raise InvalidProblem(
                f"random arrival averages over all groups of claimants, 2^{n} of them: at most {MOST} claimants, not {n}. "
                "Take another rule, for example bg.Talmud()."
            )
        portion = max(1, PORTION >> n)
        starts = range(0, games, portion)
        return np.concatenate([_mean_payments(estate[i : i + portion], claims[i : i + portion]) for i in starts])


def _mean_payments(estate: Array, claims: Array) -> Array:
    """Return the payments; group number b holds the claimants whose bits are set in b."""
    n = claims.shape[-1]
    left, sizes = estate[:, None], np.zeros(1, np.intp)
    for i in range(n):
        left = np.concatenate([left, left - claims[:, [i]]], axis=1)
        sizes = np.concatenate([sizes, sizes + 1])
    chances = np.array([*(1.0 / (n * comb(n - 1, size)) for size in range(n)), 0.0])[sizes]
    left = np.maximum(left, 0.0)
    awards = np.empty(claims.shape)
    for i in range(n):
        before = left.reshape(-1, 2 ** (n - 1 - i), 2, 2**i)[:, :, 0]  # the groups without claimant i
        chance = chances.reshape(-1, 2, 2**i)[:, 0]
        paid = np.minimum(claims[:, i, None, None], before) * chance
        awards[:, i] = np.sum(paid.reshape(len(claims), -1), axis=1)
    return awards
