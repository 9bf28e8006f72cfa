"""Bargaining with threats: what the parties have without a deal is what they do to each other then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools, Codes
from bargaining.checks import (
    action_names,
    flag,
    instance,
    leading_axes,
    numbers,
    payoff_tables,
    require_finite,
    with_changes,
    words,
)
from bargaining.errors import InvalidProblem
from bargaining.problems.lotteries import lotteries
from bargaining.problems.points import from_points
from bargaining.problems.problem import LARGEST, Problem, pose
from bargaining.sets.base import LEAST_GAIN, FeasibleSet, Status
from bargaining.sets.transfers import Transfers

PARTIES = ("row player", "column player")


@dataclass(frozen=True, eq=False)
class ThreatGame:
    """A bargain whose disagreement point is made by the parties' threats (Nash 1953).

    Each party commits itself to an action, or a lottery over its actions, that it will carry out if there is no deal; what
    the two actions give is the disagreement point of the bargain that follows. What can be agreed on is the convex hull of
    the payoffs of joint actions, as the parties may draw lots; with side payments, all divisions of the largest joint
    payoff; or the deals of a problem of its own.

    Parameters
    ----------
    A, B : array, shape (..., m, k)
        What each of the first party's m actions against each of the second's k gives the first and the second party, in
        their units. Leading axes make a stack.
    transferable : bool
        Whether the parties can pay each other, a unit of one's utility for a unit of the other's.
    agreements : Problem, optional
        A convex problem of two parties whose deals can be agreed on; its disagreement point is not used. The payoffs of all
        pairs of actions must be feasible in it.
    parties : sequence of str, optional
        Names; those of `agreements`, or "row player" and "column player", if left out.
    rows, columns : sequence of str, optional
        Names of the first and the second party's actions; "row 1", "column 1" and so on if left out.
    units : sequence of str, optional
        The unit of each party's utility.

    Raises
    ------
    InvalidProblem
        If the two arrays differ in shape or hold numbers that are not finite (a bad game of a stack gets a status instead),
        names do not fit, both `transferable` and `agreements` are given, the agreements are not those of a convex problem
        of two parties, or some actions give more than any agreement.

    References
    ----------
    Nash (1953), Two-person cooperative games, Econometrica 21, 128-140.

    Examples
    --------
    >>> import bargaining as bg
    >>> game = bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]])
    >>> bg.solve(game, bg.RationalThreats()).utilities.round(9).tolist()
    [6.5, 3.375]
    """

    A: Array
    B: Array
    transferable: bool = False
    agreements: Problem | None = None
    parties: tuple[str, ...] | None = None
    rows: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        A, B = payoff_tables(self.A, self.B)
        if A.ndim == B.ndim == 2:
            require_finite(A=A, B=B)
        A, B = np.broadcast_arrays(A, B)
        rows, columns = action_names(self.rows, self.columns, A.shape[-2:])
        transferable = flag("transferable", self.transferable)
        for name, value in (("A", A), ("B", B), ("rows", rows), ("columns", columns), ("transferable", transferable)):
            set_field(self, name, value)
        if self.agreements is not None:
            self._check_agreements(self.agreements)
        model = self.agreements
        parties = PARTIES if model is None else model.parties
        units = ("", "") if model is None else model.units
        set_field(self, "parties", parties if self.parties is None else words("parties", self.parties))
        set_field(self, "units", units if self.units is None else words("units", self.units))
        if self.transferable and len({unit for unit in self.units or () if unit}) > 1:
            raise InvalidProblem(
                f"side payments are one for one, and utilities are in {' and '.join(self.units or ())}; give both in one "
                "unit."
            )
        if not self.shape:
            self._require_meaning()

    def _require_meaning(self) -> None:
        """Refuse a single game with payoffs out of range, or with actions that are better than every agreement."""
        if self.status == Status.NOT_FINITE:
            raise InvalidProblem("payoffs lead out of the range of floating-point numbers; give them in other units.")
        if self.status == Status.INFEASIBLE:
            row, column = divmod(int(np.argmin(self._slack)), self.A.shape[1])
            raise InvalidProblem(
                f"the actions {(self.rows or ())[row]!r} and {(self.columns or ())[column]!r} give "
                f"{[float(self.A[row, column]), float(self.B[row, column])]}, more than any agreement gives both: threats "
                "would be better than deals. Check the payoffs, and the units of the agreements."
            )

    def _check_agreements(self, agreements: Any) -> None:
        instance(agreements, Problem, "agreements are the deals of a problem, as bg.from_issues makes one")
        if self.transferable:
            raise InvalidProblem(
                "transferable=True and agreements say two things about what can be agreed on; give one of them. Side "
                "payments can be an issue of the agreements."
            )
        if agreements.n != 2:
            raise InvalidProblem(f"agreements are between two parties; the problem has {agreements.n}.")
        if agreements.feasible.convex is False:
            raise InvalidProblem(
                "threats are solved over convex sets of agreements, and separate alternatives are none. Allow lotteries "
                "over them: bg.lotteries(problem)."
            )

    def replace(self, **changes: Any) -> ThreatGame:
        """Return this game with some of its fields changed.

        Raises
        ------
        UnknownName
            If a change names no field.
        """
        return ThreatGame(**with_changes("a game of threats", self, changes))

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the stack; () for a single game."""
        return self._deals.shape

    @property
    def feasible(self) -> FeasibleSet:
        """The utilities that agreements can give."""
        return self._deals.feasible

    def problem(self, disagreement: ArrayLike) -> Problem:
        """Return the bargaining problem that is left once the threats, and so the disagreement point, are known."""
        return self._deals.replace(disagreement=disagreement)

    def payoffs(self, row: ArrayLike, column: ArrayLike) -> Array:
        """Return what lotteries over the actions, (..., m) and (..., k), give the parties on average, (..., 2)."""
        x, y = numbers("row", row), numbers("column", column)
        if x.shape[-1:] != self.A.shape[-2:-1] or y.shape[-1:] != self.A.shape[-1:]:
            raise InvalidProblem(
                f"lotteries of shapes {x.shape} and {y.shape} do not fit a game of {self.A.shape[-2:]} actions; their last "
                "axes hold a probability for each action of the row and of the column player."
            )
        for name, lots in (("row", x), ("column", y)):
            if np.any((lots < -LEAST_GAIN) | (np.abs(np.sum(lots, axis=-1, keepdims=True) - 1.0) > LEAST_GAIN)):
                raise InvalidProblem(f"{name} holds no lotteries: probabilities must not be negative and must sum to one.")
        return np.stack([(x[..., None, :] @ payoffs @ y[..., :, None])[..., 0, 0] for payoffs in (self.A, self.B)], axis=-1)

    @cached_property
    def status(self) -> Codes:
        """Which games, (...), have a meaning, and why others have none: their numbers, or actions better than all deals."""
        sizes = [np.max(np.abs(payoffs), axis=(-2, -1), initial=0.0) for payoffs in (self.A, self.B)]
        finite = (sizes[0] <= LARGEST) & (sizes[1] <= LARGEST)
        for payoffs in (self.A, self.B):  # a range so small is lost when it is scaled
            with np.errstate(all="ignore"):
                stakes = np.ptp(payoffs, axis=(-2, -1))
            finite = finite & ~((stakes > 0.0) & (stakes < 1.0 / LARGEST))
        beyond = np.any(self._slack < -LEAST_GAIN, axis=0)
        found = np.where(finite, np.where(beyond, Status.INFEASIBLE, Status.OK), Status.NOT_FINITE)
        return np.broadcast_to(found.astype(np.int8), self.shape)

    @property
    def sound(self) -> Bools:
        """Which games, (...), have a meaning."""
        return np.asarray(self.status == Status.OK)

    @cached_property
    def _slack(self) -> Array:
        """How far the payoffs of each pair of actions, (m k, ...), are inside the agreements, as a share of their range."""
        if self.agreements is None:
            return np.zeros((1, *self.shape))  # they are among the agreements
        points, spread = np.moveaxis(self._cells, -2, 0), self.feasible.spread()
        points = points.reshape(len(points), *(1 for _ in self.shape[points.ndim - 2 :]), *points.shape[1:])
        found = self.feasible.reach(points, spread)
        with np.errstate(invalid="ignore"):
            room = np.min((found.utilities - points) / spread, axis=-1)
        return np.where(found.status == Status.OK, room, 0.0)

    @cached_property
    def worst(self) -> Array:
        """The least that each party can get in a game without agreement, (..., 2)."""
        return np.stack([np.min(table, axis=(-2, -1)) for table in (self.A, self.B)], axis=-1)

    @cached_property
    def _cells(self) -> Array:
        """What each pair of actions gives, (..., m k, 2), row by row."""
        m, k = self.A.shape[-2:]
        return np.stack([payoffs.reshape(*payoffs.shape[:-2], m * k) for payoffs in (self.A, self.B)], axis=-1)

    @cached_property
    def _deals(self) -> Problem:
        """The problem of agreeing, with the worst payoffs for disagreement."""
        names: Any = {"parties": self.parties, "units": self.units}
        if self.agreements is not None:
            leading_axes(self.agreements.shape, self.A.shape[:-2])
            return self.agreements.replace(disagreement=self.worst, **names)
        if self.transferable:
            return pose(self._side_payments(), self.worst, self.parties, None, self.units)
        return lotteries(from_points(self._cells, self.worst, **names))

    def _side_payments(self) -> FeasibleSet:
        """Return the divisions of the largest joint payoff: its actions, and a payment from the first party to the second.

        Those that set the scale range so far that whoever pays has less than its worst payoff.
        """
        fine = np.all(np.abs(self._cells) <= LARGEST, axis=(-2, -1), keepdims=True)
        cells = np.where(fine, self._cells, np.nan)
        best = np.argmax(np.sum(cells, axis=-1), axis=-1)
        worth = np.take_along_axis(cells, best[..., None, None], axis=-2)[..., 0, :]
        most = 2.0 * np.max(worth - np.min(cells, axis=-2), axis=-1)
        size = np.max(np.abs(worth), axis=-1)
        room = np.where(most == 0.0, np.where(size > 0, size, 1.0), most)  # where nothing is at stake
        return Transfers(worth, room, next((unit for unit in self.units or () if unit), ""))

    def __repr__(self) -> str:
        m, k = self.A.shape[-2:]
        kind = (
            "side payments" if self.transferable else "deals of their own" if self.agreements is not None else "lotteries"
        )
        stack = f", stack of shape {self.shape}" if self.shape else ""
        return f"ThreatGame({' v '.join(self.parties or ())}: {m} x {k} actions, {kind}{stack})"
