"""What implied weights are: results that remember what was observed, and say it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools, Codes
from bargaining.checks import vector
from bargaining.errors import InvalidProblem
from bargaining.numerics.cones import Polytope
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status

if TYPE_CHECKING:
    import pandas as pd

SAME = 1e-8
"""Weights this close are one."""


CLOSED = 1e-8
"""A shortfall in the weighted sum of log gains within which a deal is the best one."""


class Identification(IntEnum):
    """What an observation says about weights: one point, a set, nothing that agrees with it, or no answer was found."""

    IDENTIFIED = 0
    SET = 1
    EMPTY = 2
    FAILED = 3

    @property
    def label(self) -> str:
        """The word that tables print."""
        return self.name.lower()


class Reason(IntEnum):
    """Why weights are not identified."""

    NONE = 0
    OPEN = 1
    NO_WEIGHT = 2
    INSIDE = 3
    BELOW = 4
    OUT_OF_REACH = 5
    BEATEN = 6
    BROKEN = 7
    FAILED = 8

    @property
    def words(self) -> str:
        """The reason in words."""
        return {
            Reason.NONE: "",
            Reason.OPEN: "several weights lead to it",
            Reason.NO_WEIGHT: "no weight leads to it",
            Reason.INSIDE: "both parties could have more",
            Reason.BELOW: "a party has less than without a deal",
            Reason.OUT_OF_REACH: "no deal gives as much",
            Reason.BEATEN: "at every weight another deal does better",
            Reason.BROKEN: "the deal breaks a constraint, or its payoffs are no numbers",
            Reason.FAILED: "no answer was found",
        }[self]


def log_shortfall(weights: Array, best: Array, own: Array, origin: Array) -> Array:
    """Return by how much the weighted sum of log gains of `own` falls short of that of `best`; infinite without numbers."""
    with np.errstate(all="ignore"):
        logs = np.log((best - origin) / (own - origin))
        apart = np.sum(np.where(weights > 0, weights * logs, 0.0), axis=-1)
    return np.asarray(np.nan_to_num(apart, nan=np.inf))


def identification(why: Codes) -> Codes:
    """Return what reasons leave of identification."""
    kind = np.where(why == Reason.OPEN, Identification.SET, np.where(why == Reason.NONE, Identification.IDENTIFIED,
                    Identification.EMPTY))  # fmt: skip
    return np.where(why == Reason.FAILED, Identification.FAILED, kind).astype(np.int8)


@dataclass(frozen=True, eq=False)
class ImpliedWeights:
    """Bargaining weights under which what was observed is the Nash deal, in every game of a problem.

    They say which weights of `bg.Nash` reproduce a deal in a model; they do not measure power.

    Attributes
    ----------
    problem : Problem
        The game, or stack, that was asked about.
    observed : mapping of term to (low, high)
        The terms observed; empty if payoffs were.
    utilities : array, shape (..., n), or None
        The payoffs observed, or those of the terms where they say the whole deal.
    tolerance : float
        Share of the ideal gains within which a whole deal counts as on the frontier.
    lower, upper : array, shape (..., n)
        The least and the largest weight of every party; NaN where there is none.
    status : array of Identification codes
        Whether weights are identified, form a set, or do not exist; FAILED where the game has no answer, see `solver`.
    why : array of Reason codes
        Why they are not identified.
    distance : array, shape (...)
        How far the observation is from an explained one, in shares of the ideal gains: what all parties could have on top
        of it at once, where the deal is inside the frontier or, of some terms, on top of the best deals with these; what a
        party lacks to disagreement; by how much payoffs are out of reach. Zero where there are weights; NaN where no
        deal with these terms is better than disagreement for both.
    gap : array, shape (...)
        By how much some deal beats the observed one in the weighted sum of log gains, solved afresh at the weights found.
    solver : array of Status codes
        What the solver said of each game.
    slack : array, shape (..., n), or None
        Of a whole deal: what each party could have alone on top of it, in units of its utility.
    pieces : array, shape (..., p, 2), or None
        Of two parties and some terms: the intervals that the first party's weights form; NaN beyond a game's last.
    nearest : mapping of term to array
        Of some terms: those of the Nash deal nearest to what was observed.
    at : array, shape (...), or None
        The first party's weight in that deal.
    """

    problem: Problem = field(repr=False)
    observed: Mapping[str, tuple[float, float]]
    utilities: Array | None
    tolerance: float
    lower: Array
    upper: Array
    status: Codes
    why: Codes
    distance: Array
    gap: Array
    solver: Codes
    slack: Array | None = None
    pieces: Array | None = None
    nearest: Mapping[str, Array] = field(default_factory=dict)
    at: Array | None = None
    polytopes: Mapping[int, Polytope] = field(default_factory=dict, repr=False)

    @property
    def reason(self) -> Any:
        """Why weights are not identified, in words: a text, or of a stack an array of texts."""
        if not self.status.ndim:
            return self._said()
        words = np.array([reason.words for reason in Reason])
        return words[self.why.astype(int)]

    def contains(self, weights: ArrayLike, tol: float = SAME) -> Bools:
        """Say in which games weights (n,), scaled to sum to one, are among those implied, up to `tol` each.

        Raises
        ------
        InvalidProblem
            If the weights are not one a party, negative, or all zero.
        """
        a = vector("weights", weights, self.problem.n)
        if a.ndim != 1 or np.any(a < 0) or not np.any(a > 0):
            raise InvalidProblem(f"weights {a.tolist()} must be one a party, not negative, and not all zero.")
        a = a / np.sum(a)
        with np.errstate(invalid="ignore"):
            inside = np.all((a >= self.lower - tol) & (a <= self.upper + tol), axis=-1)
            if self.pieces is not None:
                among = (a[0] >= self.pieces[..., 0] - tol) & (a[0] <= self.pieces[..., 1] + tol)
                inside &= np.any(among, axis=-1)
        flat = np.array(inside).reshape(-1)
        for game, polytope in self.polytopes.items():
            flat[game] = flat[game] and polytope.contains(a, tol)
        return flat.reshape(self.status.shape)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a game: status, bounds of every party's weight, distance, the nearest terms and the reason."""
        import pandas as pd

        games = self.status.size
        columns: dict[str, Any] = {"game": np.arange(games)} if self.status.shape else {}
        labels = np.array([status.label for status in Identification])
        columns["status"] = labels[self.status.reshape(-1).astype(int)]
        for i, party in enumerate(self.problem.parties):
            columns |= {f"lower {party}": self.lower[..., i].reshape(-1), f"upper {party}": self.upper[..., i].reshape(-1)}
        columns["distance"] = self.distance.reshape(-1)
        columns |= {f"nearest {name}": value.reshape(-1) for name, value in self.nearest.items()}
        columns |= {"gap": self.gap.reshape(-1), "reason": np.reshape(self.reason, -1)}
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        if self.status.ndim:
            counts = [f"{kind.label} {int(np.sum(self.status == kind)):,}" for kind in Identification]
            return f"implied weights of {self.status.size:,} games: {', '.join(counts)}"
        if self.status >= Identification.EMPTY:
            return ("none: " if self.status == Identification.EMPTY else "no answer: ") + str(self.reason)
        parties = self.problem.parties
        if self.problem.n == 2:
            said = f"{parties[0]}'s weight {self._spans()}"
        else:
            ends = zip(parties, self.lower, self.upper, strict=True)
            said = "weights " + ", ".join(f"{p} {_span(float(a), float(b), '', ' to ')}" for p, a, b in ends)
        said += " (identified)" if self.status == Identification.IDENTIFIED else f": {self.reason}"
        local = self.gap > CLOSED
        return said + (f" [LOCAL: at some of these weights another deal does better, by {self.gap:.1e}]" if local else "")

    def _repr_html_(self) -> str:
        if self.status.ndim:
            return f"<pre>{escape(repr(self))}</pre>"
        rows = "".join(
            f"<tr><td>{escape(party)}</td><td>{low:.4g}</td><td>{high:.4g}</td></tr>"
            for party, low, high in zip(self.problem.parties, self.lower, self.upper, strict=True)
        )
        table = f"<table><tr><th>party</th><th>least weight</th><th>largest weight</th></tr>{rows}</table>"
        return f"<p>{escape(repr(self))}</p>{'' if self.status >= Identification.EMPTY else table}"

    def _spans(self) -> str:
        """Say which weights the first of two parties has."""
        pieces = [(self.lower[0], self.upper[0])] if self.pieces is None else self.pieces[~np.isnan(self.pieces[:, 0])]
        return " or ".join(_span(float(low), float(high), "between ", " and ") for low, high in pieces)

    def _said(self) -> str:
        """Say of a single game why its weights are not identified."""
        why, distance = Reason(int(self.why)), float(self.distance)
        if why == Reason.OPEN:
            return self._open()
        if why == Reason.NO_WEIGHT:
            return self._no_weight()
        ends = zip(
            self.problem.parties, np.zeros(0) if self.slack is None else self.slack, self.problem.units, strict=False
        )
        alone = ", ".join(f"{party} {float(more):.4g}{' ' + unit if unit else ''}" for party, more, unit in ends)
        return {
            Reason.INSIDE: (
                f"the deal is inside the frontier: all parties could have {distance:.2g} of their ideal gains more at "
                f"once, or one alone: {alone}"
            ),
            Reason.BELOW: f"a party has less than without a deal, by {distance:.2g} of its ideal gain",
            Reason.OUT_OF_REACH: f"no deal gives as much: out of reach by {distance:.2g} of the ideal gains",
            Reason.BEATEN: f"{why.words}, by at least {float(self.gap):.2g} in the weighted sum of log gains",
            Reason.FAILED: f"the game has no answer ({Status(int(self.solver)).label})",
        }.get(why, why.words)

    def _open(self) -> str:
        bounds = self.problem.feasible.bounds()
        held, given = [], []
        for name, (low, high) in self.observed.items():
            ends = bounds.get(name, (-np.inf, np.inf))
            reach = SAME * (ends[1] - ends[0]) if np.all(np.isfinite(ends)) else 0.0
            if low < high:
                given.append(f"{name} was observed as a range")
            elif low <= ends[0] + reach or high >= ends[1] - reach:
                held.append(name)
        said = ([f"{' and '.join(held)} {'is' if len(held) == 1 else 'are'} at a bound"] if held else []) + given
        if said:
            return "; ".join(said)
        return "the frontier has a corner there" if self.pieces is None else "the Nash deals of several weights have it"

    def _no_weight(self) -> str:
        """Say which terms a Nash deal can come nearest to those observed."""
        units, said = self.problem.feasible.units(), []
        best = self.at in (0.0, 1.0)  # beyond a party's best deal there is none
        for name, (low, high) in self.observed.items():
            found = float(self.nearest[name])
            if low <= found <= high:
                continue
            under, unit = found < low, f" ({units[name]})" if units.get(name) else ""
            away = f"{low - found:.4g} short of {low:.4g}" if under else f"{found - high:.4g} above {high:.4g}"
            word = ("largest" if under else "smallest") if best else "nearest"
            said.append(f"the {word} {name} of any Nash deal is {found:.4g}, {away}{unit}")
        if len(self.observed) > 1:
            said = ["no weight gives all terms at once: in the nearest deal " + ", ".join(
                f"{name} is {float(value):.4g}" for name, value in self.nearest.items())]  # fmt: skip
        weight = f"at {self.problem.parties[0]}'s weight {float(np.nan if self.at is None else self.at):.3g}"
        if np.isnan(self.distance):
            return f"{said[0]}, {weight}; no deal with such terms is better than disagreement for both"
        return (
            f"{said[0]}, {weight}; the best deals with the terms observed leave {float(self.distance):.2g} of the ideal "
            "gains of both unused"
        )


def _span(low: float, high: float, before: str, between: str) -> str:
    return f"{before}{low:.4g}{between}{high:.4g}" if high - low > SAME else f"{0.5 * (low + high):.4g}"
