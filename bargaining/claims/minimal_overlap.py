"""The minimal overlap rule.

O'Neill (1982), A problem of rights arbitration from the Talmud, Mathematical Social Sciences 2, 345-371; Alcalde, Marco and
Silva (2008), The minimal overlap rule revisited, Social Choice and Welfare 31, 109-128.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.awards import ClaimsRule


@dataclass(frozen=True)
class MinimalOverlap(ClaimsRule):
    """Let claims on parts of the estate overlap as little as can be, and share each part equally (O'Neill 1982).

    Everybody claims particular parts of the estate, arranged such that as much as possible is claimed by one party alone,
    of the rest as much as possible by two, and so on; whoever claims a part shares it equally. If some claim is at least
    the estate, claims are nested: with t_i = min(c_i, E) in rising order, i is awarded Ibn Ezra's
    sum_{k <= i} (t_k - t_{k-1}) / (n - k + 1). If none is, there is one t with sum_i max(0, c_i - t) = E - t: everybody
    is awarded the claim beyond t, and t is divided like Ibn Ezra's estate among the claims cut at t (Alcalde, Marco and
    Silva 2008).

    Examples
    --------
    >>> import bargaining as bg
    >>> sons = bg.ClaimsProblem(120, (30, 40, 60, 120))  # Ibn Ezra's: each shows a deed to another part of the same estate
    >>> bg.solve(sons, bg.MinimalOverlap()).awards.round(4).tolist()
    [7.5, 10.8333, 20.8333, 80.8333]
    """

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "minimal overlap"

    def awards(self, estate: Array, claims: Array) -> Array:
        """Return what each claims alone and its share of what is claimed by more, (games, n)."""
        nested = np.max(claims, axis=-1) >= estate
        shared = np.where(nested, estate, _shared_part(estate, claims))[..., None]
        alone = np.where(nested[..., None], 0.0, np.maximum(claims - shared, 0.0))
        return alone + _nested_awards(np.minimum(claims, shared))


def _nested_awards(claims: Array) -> Array:
    """Return Ibn Ezra's awards, (games, n), of an estate as large as the largest claim."""
    n = claims.shape[-1]
    order = np.argsort(claims, axis=-1)
    steps = np.diff(np.take_along_axis(claims, order, axis=-1), axis=-1, prepend=0.0)
    awards = np.empty(claims.shape)
    np.put_along_axis(awards, order, np.cumsum(steps / np.arange(n, 0, -1), axis=-1), axis=-1)
    return awards


def _shared_part(estate: Array, claims: Array) -> Array:
    """Return the t, (games,), with sum_i max(0, c_i - t) = E - t, of claims below the estate.

    The left side less the right falls in t, by one less than the number of claims above t, and linearly between claims.
    """
    n = claims.shape[-1]
    levels = np.concatenate([np.zeros((*estate.shape, 1)), np.sort(claims, axis=-1)[..., :-1]], axis=-1)
    first = np.maximum(np.sum(claims, axis=-1) - estate, 0.0)[..., None]  # at t = 0
    falls = np.cumsum(np.diff(levels, axis=-1) * np.arange(n - 1, 0, -1), axis=-1)
    excess = np.concatenate([first, first - falls], axis=-1)
    last = np.count_nonzero(excess[..., 1:-1] > 0, axis=-1)[..., None]  # the level below t
    rise = np.take_along_axis(excess, last, axis=-1) / (n - 1 - last)
    return np.asarray((np.take_along_axis(levels, last, axis=-1) + rise)[..., 0])
