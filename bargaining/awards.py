"""Rules for claims problems, what they award, and the check that they do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from html import escape

import numpy as np

from bargaining._types import Array, Bools, Codes
from bargaining.checks import instance, numbers
from bargaining.errors import InvalidProblem, NotConverged
from bargaining.problems.claims import ClaimsProblem
from bargaining.sets.base import ROUNDING, Status, flat, flat_numbers
from bargaining.sets.pie import PENNY


class ClaimsRule(ABC):
    """A rule that divides every estate among its claimants.

    A rule is a frozen dataclass whose fields are its settings, so that its `repr` is the full record of what was computed.
    Subclass it, define `label` and `awards`, and `solve` and the plots work with it.
    """

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for tables and figures."""

    @abstractmethod
    def awards(self, estate: Array, claims: Array) -> Array:
        """Return what every claimant is awarded, (games, n), of estates (games,) and claims (games, n).

        All numbers are finite, none is negative, and no estate exceeds the sum of its claims. Awards must lie between zero
        and the claim and sum to the estate.
        """


@dataclass(frozen=True, eq=False)
class Awards:
    """What a rule awards in every game of a claims problem.

    Attributes
    ----------
    problem, rule
        What was asked, in full.
    awards : array, shape (..., n)
        What each claimant gets: between zero and its claim, and in sum the estate.
    status : array of Status codes
        Why a game of a stack has numbers, or why they are NaN.
    """

    problem: ClaimsProblem
    rule: ClaimsRule
    awards: Array
    status: Codes

    @property
    def label(self) -> str:
        """The name of the rule in tables and figures."""
        return self.rule.label

    @cached_property
    def losses(self) -> Array:
        """Claims less awards, (..., n)."""
        with np.errstate(invalid="ignore"):  # of a stack, some games may have no such numbers
            return np.asarray(self.problem.claims - self.awards)

    @cached_property
    def fractions(self) -> Array:
        """Which part of its claim each claimant gets, (..., n); a claim of zero is met in full."""
        claims = np.broadcast_to(self.problem.claims, self.awards.shape)
        nothing = (claims == 0) & np.isfinite(self.awards)
        return np.where(nothing, 1.0, self.awards / np.where(claims == 0, 1.0, claims))

    def __repr__(self) -> str:
        if self.problem.shape:
            ok = int(np.count_nonzero(self.status == Status.OK))
            return f"{self.rule!r}: {ok:,} of {self.status.size:,} games divided"
        shares = ", ".join(f"{party} {x:.4g}" for party, x in zip(self.problem.parties, self.awards, strict=True))
        unit = f" {self.problem.unit}" if self.problem.unit else ""
        return f"{self.rule.label}: {shares} [sum to the estate, {self.problem.estate:.4g}{unit}]"

    def _repr_html_(self) -> str:
        return _html(self)


def award(problem: ClaimsProblem, rule: ClaimsRule) -> Awards:
    """Divide the estate of a claims problem, or of every problem of a stack, by a rule, and check the awards.

    Raises
    ------
    InvalidProblem
        If `problem` is no claims problem, `rule` no rule, or the rule returns something else than numbers, one a claim.
    NotConverged
        On a single problem whose awards do not sum to the estate, or do not lie between zero and the claims. Of a stack
        such games get a status.
    """
    instance(problem, ClaimsProblem, "build one with bg.ClaimsProblem(estate, claims)")
    instance(rule, ClaimsRule, "write for example bg.Talmud()")
    lead = problem.shape
    estate, claims = flat_numbers(problem.estate, lead), flat(problem.claims, lead)
    valid = flat_numbers(problem.valid, lead)
    awards = np.full(claims.shape, np.nan)
    status = np.where(valid, np.int8(Status.OK), np.int8(Status.NOT_FINITE))
    if np.any(valid):
        given = _given(rule, estate[valid], claims[valid])
        kept = _is_division(given, estate[valid], claims[valid])
        if not lead and not kept:
            raise _no_division(problem, rule, given[0])
        status[valid] = np.where(kept, np.int8(Status.OK), np.int8(Status.NOT_CONVERGED))
        # What exceeds a bound by rounding is cut off.
        awards[valid] = np.where(kept[:, None], np.clip(given, 0.0, claims[valid]), np.nan)
    return Awards(problem, rule, awards.reshape(*lead, problem.n), status.reshape(lead))


def _given(rule: ClaimsRule, estate: Array, claims: Array) -> Array:
    """Return what a rule, perhaps a user's own, says."""
    given = numbers(f"the awards of {rule.label}", rule.awards(estate, claims))
    if given.shape != claims.shape:
        raise InvalidProblem(
            f"the awards of {rule.label} have shape {given.shape}; a rule returns awards of the shape of the claims it is "
            f"given, here {claims.shape}, with one row a game."
        )
    return given


def _is_division(awards: Array, estate: Array, claims: Array) -> Bools:
    """Say in which games awards sum to the estate and lie between zero and the claims, up to rounding."""
    slack = PENNY * estate + ROUNDING * np.max(claims, axis=-1)
    with np.errstate(all="ignore"):
        whole = np.abs(np.sum(awards, axis=-1) - estate) <= slack
        within = np.all((awards >= -slack[:, None]) & (awards <= claims + slack[:, None]), axis=-1)
    return np.asarray(whole & within)


def _no_division(problem: ClaimsProblem, rule: ClaimsRule, awards: Array) -> NotConverged:
    return NotConverged(
        f"{rule.label} does not divide the estate: its awards {awards.tolist()} sum to {np.sum(awards):.10g}. They must "
        f"sum to {problem.estate:.10g} and lie between zero and the claims, {problem.claims.tolist()}; mend "
        f"{type(rule).__name__}.awards.",
        {"awards": awards, "estate": problem.estate, "claims": problem.claims},
    )


def _html(found: Awards) -> str:
    """Return a small table of awards for notebooks."""
    problem = found.problem
    if problem.shape:
        return f"<pre>{escape(repr(found))}</pre>"
    rows = "".join(
        f"<tr><td>{escape(party)}</td><td>{c:.4g}</td><td>{x:.4g}</td><td>{loss:.4g}</td><td>{part:.1%}</td></tr>"
        for party, c, x, loss, part in zip(
            problem.parties, problem.claims, found.awards, found.losses, found.fractions, strict=True
        )
    )
    unit = f" {escape(problem.unit)}" if problem.unit else ""
    return (
        f"<p><b>{escape(found.rule.label)}</b> <code>{escape(repr(found.rule))}</code></p>"
        "<table><tr><th>party</th><th>claim</th><th>award</th><th>loss</th><th>of claim</th></tr>"
        f"{rows}</table><p><small>sum to the estate, {problem.estate:.4g}{unit}</small></p>"
    )
