"""Claims problems: an estate, and claims on it that sum to more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools
from bargaining.checks import instance, leading_axes, numbers, vector, with_changes, words
from bargaining.errors import InvalidProblem
from bargaining.problems.pies import split
from bargaining.problems.problem import LARGEST, Problem
from bargaining.problems.transforms import capped
from bargaining.sets.pie import PENNY
from bargaining.utilities.linear import Linear


@dataclass(frozen=True, eq=False)
class ClaimsProblem:
    """A claims, or bankruptcy, problem (c, E): parties claim c_i of an estate E that does not meet all claims.

    O'Neill (1982), A problem of rights arbitration from the Talmud, Mathematical Social Sciences 2, 345-371; Aumann and
    Maschler (1985), Game theoretic analysis of a bankruptcy problem from the Talmud, Journal of Economic Theory 36,
    195-213; the survey is Thomson (2003), Axiomatic and game-theoretic analysis of bankruptcy and taxation problems,
    Mathematical Social Sciences 45, 249-297.

    Parameters
    ----------
    estate : array, shape (...)
        What there is to divide, at least zero and at most the sum of the claims. Leading axes make a stack.
    claims : array, shape (..., n)
        What each party claims, at least zero.
    parties : sequence of str, optional
        Names of the claimants; "claimant 1", "claimant 2", ... if left out.
    unit : str
        The unit of estate and claims, with its date where it is money.

    Raises
    ------
    InvalidProblem
        If a claim or the estate is negative or not finite, the estate exceeds the sum of the claims, there are fewer than
        two claimants, or names do not fit. In a stack such games get a status.

    Examples
    --------
    >>> import bargaining as bg
    >>> marriage = bg.ClaimsProblem(200, (100, 200, 300), parties=("first", "second", "third"))
    >>> marriage.truncated.tolist(), marriage.minimal_rights.tolist()
    ([100.0, 200.0, 200.0], [0.0, 0.0, 0.0])
    >>> bg.solve(marriage.problem, bg.KalaiSmorodinsky()).utilities.round(9).tolist()
    [40.0, 80.0, 80.0]
    """

    estate: Array
    claims: Array
    parties: tuple[str, ...]
    unit: str

    # Written out, for more may be passed than the fields hold.
    def __init__(self, estate: ArrayLike, claims: ArrayLike, parties: Sequence[str] | None = None, unit: str = "") -> None:
        wanted = _claims(claims)
        n = wanted.shape[-1]
        names = tuple(f"claimant {i + 1}" for i in range(n)) if parties is None else words("parties", parties)
        if len(names) != n or len(set(names)) != n:
            raise InvalidProblem(f"parties {names!r}: give {n} distinct names, one for each claim.")
        instance(unit, str, "write the unit of the estate, for example 'USD'")
        _require_no_debts(wanted, names)
        found = _estate(estate)
        lead = leading_axes(found.shape, wanted.shape[:-1])
        total = np.sum(wanted, axis=-1)
        with np.errstate(invalid="ignore"):  # of a stack, some games may have no such numbers
            rounded = (found > total) & (found <= total * (1 + PENNY))
        if np.any(rounded):  # 0.1 + 0.2 is more than 0.3
            found = np.where(rounded, total, found)
        if not lead and found > total:
            raise InvalidProblem(
                f"the estate {found:.10g} is more than the claims, which sum to {total:.10g}: nobody's claim is contested. "
                f"Pay all in full, or lower the estate to {total:.10g} at most."
            )
        for name, value in (("estate", found), ("claims", wanted), ("parties", names), ("unit", unit)):
            object.__setattr__(self, name, value)

    @property
    def n(self) -> int:
        """The number of claimants."""
        return int(self.claims.shape[-1])

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the stack; () for a single problem."""
        return leading_axes(self.estate.shape, self.claims.shape[:-1])

    @cached_property
    def valid(self) -> Bools:
        """Which games, (...), are claims problems: of a stack, some may have numbers without meaning."""
        with np.errstate(invalid="ignore"):
            sound = np.all((self.claims >= 0) & (self.claims <= LARGEST), axis=-1)
            return np.asarray(sound & (self.estate >= 0) & (self.estate <= np.sum(self.claims, axis=-1)))

    @cached_property
    def truncated(self) -> Array:
        """Claims cut at the estate, min(c_i, E), (..., n)."""
        return self._where_valid(np.minimum(self.claims, self.estate[..., None]))

    @cached_property
    def minimal_rights(self) -> Array:
        """What is left for each claimant once all others are paid in full, max(0, E - sum of their claims), (..., n)."""
        return self._where_valid(minimal_rights(self.estate, self.claims))

    @cached_property
    def problem(self) -> Problem:
        """The bargaining problem S = {x : 0 <= x_i <= c_i, sum_i x_i <= E}, d = 0, with money for utility.

        Its solutions are rules: Nash's gives constrained equal awards, with claims for weights proportional awards, and
        Kalai and Smorodinsky's awards in proportion to truncated claims (Dagan and Volij 1993, The bankruptcy problem: a
        cooperative bargaining approach, Mathematical Social Sciences 26, 287-297). An estate of zero is nothing to bargain
        over, and for a party that claims nothing no deal is better than none: rules divide such games, and in bargaining
        they have no agreement.
        """
        none = self.estate == 0  # a pie has some size, of which nobody can have anything
        size = np.where(self.valid, np.where(none, 1.0, self.estate), np.nan)
        pie = split(size, [Linear()] * self.n, parties=self.parties, unit=self.unit)
        return capped(pie.replace(units=(self.unit,) * self.n), np.where(none[..., None], 0.0, self.claims))

    def replace(self, **changes: Any) -> ClaimsProblem:
        """Return this problem with some of its fields changed.

        Raises
        ------
        UnknownName
            If a change names no field.
        """
        return ClaimsProblem(**with_changes("a claims problem", self, changes))

    def __repr__(self) -> str:
        numbers = (
            f"stack of shape {self.shape}"
            if self.shape
            else f"estate={self.estate.tolist()}, claims={self.claims.tolist()}"
        )
        return f"ClaimsProblem({' v '.join(self.parties)}: {numbers})"

    def _where_valid(self, value: Array) -> Array:
        return np.where(self.valid[..., None], value, np.nan)


def minimal_rights(estate: Array, claims: Array) -> Array:
    """Return max(0, E - sum of the others' claims), (..., n), of estates (...) and claims (..., n)."""
    with np.errstate(invalid="ignore"):
        # Cut at the estate, claims leave the same rights, and their sum is not so large that a small estate is lost in it.
        cut = np.minimum(claims, estate[..., None])
        others = np.sum(cut, axis=-1, keepdims=True) - cut
        return np.asarray(np.clip(estate[..., None] - others, 0.0, cut))


def _claims(value: ArrayLike) -> Array:
    claims = numbers("claims", value)
    if claims.ndim == 0 or claims.shape[-1] < 2:
        raise InvalidProblem(
            f"claims have shape {claims.shape}; give those of at least two claimants, on the last axis. A single claim no "
            "larger than the estate is paid in full, and a larger one takes all."
        )
    claims = vector("claims", claims, claims.shape[-1])
    if claims.ndim == 1 and np.any(claims > LARGEST):
        raise InvalidProblem(f"claims = {claims.tolist()} lead out of the range of floating-point numbers.")
    return claims


def _require_no_debts(claims: Array, names: tuple[str, ...]) -> None:
    if claims.ndim == 1 and np.any(claims < 0):
        worst = int(np.argmin(claims))
        raise InvalidProblem(
            f"{names[worst]} claims {claims[worst]:.10g}; a claim must be zero or more. What a party owes belongs to the "
            "estate."
        )


def _estate(value: ArrayLike) -> Array:
    estate = numbers("estate", value)
    if not estate.ndim and not np.isfinite(estate):
        raise InvalidProblem(f"estate = {estate} is not finite; give the amount that there is to divide.")
    if not estate.ndim and estate < 0:
        raise InvalidProblem(
            f"estate = {estate:.10g} must be zero or more: claims are met from what there is. What the estate owes is one "
            "more claim on it."
        )
    return estate
