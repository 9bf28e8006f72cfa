"""Demand games: parties name at once what they want, and have it if the demands turn out to be compatible.

Nash (1953), Two-person cooperative games, Econometrica 21, 128-140. Where it is certain which demands are compatible, every
efficient division is an equilibrium; uncertainty can leave one of them, near Nash's solution.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import Any

import numpy as np

from bargaining._types import Array, Codes
from bargaining.checks import instance, number
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem, require_measurable
from bargaining.sets.base import Status
from bargaining.utilities.base import TINIEST


class DemandGame(ABC):
    """A game of simultaneous demands; it is played at an equilibrium in which agreement is possible.

    A demand game is a frozen dataclass whose fields are its settings. Subclass it, define `label` and `demands`, and it is
    solved like the others.
    """

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for tables and figures."""

    @abstractmethod
    def demands(self, problem: Problem) -> Demands:
        """Return the equilibrium of every game of a problem whose disagreement has a row for each of them."""

    @abstractmethod
    def chance(self, problem: Problem, demands: Array) -> Array:
        """Return the probability (...) that demands (..., n), whatever they are, turn out to be compatible."""


@dataclass(frozen=True, eq=False)
class Demands:
    """An equilibrium in demands, in every game of a problem. Numbers are NaN exactly where the status is not ok.

    Attributes
    ----------
    problem, game
        What was asked, in full.
    demands : array, shape (..., n)
        What each party demands, in its units of utility.
    money : array, shape (..., n), or None
        The same in money, where money is demanded.
    probability : array, shape (...)
        That the demands turn out to be compatible.
    limit : array, shape (..., n)
        The deal that the demands tend to as the uncertainty shrinks: Nash's solution. Also NaN in a game in which there is
        something to agree on only with luck, so that without uncertainty there is no deal.
    status : array of Status codes, shape (...)
        Why a game has numbers, or why they are NaN.
    residual : array, shape (...)
        The scaled error of the optimality conditions of the deal that the demands are made from.
    lowest, lowest_money : array, shape (..., n), or None
        The least that each party demands in any of several equilibria, in utility and in money; NaN in games with only one.
        None where the question does not arise.
    """

    problem: Problem
    game: DemandGame
    demands: Array
    money: Array | None
    probability: Array
    limit: Array
    status: Codes
    residual: Array
    lowest: Array | None = None
    lowest_money: Array | None = None

    @property
    def label(self) -> str:
        """The name of the game for tables and figures."""
        return self.game.label

    @cached_property
    def gains(self) -> Array:
        """Expected utilities less disagreement, (..., n)."""
        return np.asarray(self.probability[..., None] * self.problem.gains(self.demands))

    @cached_property
    def utilities(self) -> Array:
        """Expected utilities, (..., n): the demand if there is agreement, and disagreement else."""
        return np.asarray(self.problem.disagreement + self.gains)

    def with_status(self, status: Codes) -> Demands:
        """Return this result with other statuses, and NaN in the numbers of games whose status is not ok."""
        codes = np.asarray(status, dtype=np.int8)
        bad = codes != Status.OK

        def blank(values: Array | None) -> Array | None:
            return None if values is None else np.where(bad[..., None], np.nan, values)

        numbers: dict[str, Any] = {
            name: blank(getattr(self, name)) for name in ("demands", "money", "limit", "lowest", "lowest_money")
        }
        return replace(self, probability=np.where(bad, np.nan, self.probability), status=codes, **numbers)

    def __repr__(self) -> str:
        if self.problem.shape:
            ok = int(np.count_nonzero(self.status == Status.OK))
            return f"{self.game!r}: {ok:,} of {self.status.size:,} games solved"
        if self.status != Status.OK:
            return f"{self.label}: {Status(int(self.status)).label}"
        asked = self.demands if self.money is None else self.money
        said = [
            f"demands {_listed(self.problem, asked)}",
            f"agreement with probability {float(self.probability):.4g}",
            f"gains {_listed(self.problem, self.gains, '+')}",
        ]
        return f"{self.label}: {'; '.join(said)}{_others(self)}"

    def _repr_html_(self) -> str:
        return _html(self)


def play(problem: Problem, game: DemandGame) -> Demands:
    """Find the equilibrium of a demand game, for one problem or for every problem of a stack.

    What is wrong with the data of a game, of a stack or alone, shows in its status and never raises.

    Raises
    ------
    InvalidProblem
        If these are no problem and no demand game, if a single problem's gains are lost in rounding, or if the game is
        about another kind of set.
    NotConvex
        If the set is known not to be convex.
    """
    instance(problem, Problem, "build one with bg.from_issues, bg.split, bg.from_points or bg.from_curve")
    instance(game, DemandGame, "write for example bg.NashDemandGame(smoothing=0.1)")
    problem = problem.whole
    require_measurable(problem)
    found = game.demands(problem)
    lost = ~problem.measurable & (found.status == Status.OK) | ~np.all(np.isfinite(problem.disagreement), axis=-1)
    return found.with_status(np.where(lost, np.int8(Status.NOT_FINITE), found.status))


def uncertainty(name: str, value: Any, most: float) -> float:
    """Return the setting that says how uncertain a demand game is: a number above zero, up to `most`."""
    amount = number(name, value, high=most)
    if not amount >= TINIEST:
        raise InvalidProblem(
            f"{name} = {amount:g} must be above zero: where it is certain which demands are compatible, every efficient "
            "division is an equilibrium (Nash 1953). The `limit` of the result is what demands tend to as it shrinks."
        )
    return amount


def _listed(problem: Problem, values: Array, sign: str = "") -> str:
    return ", ".join(f"{party} {float(value):{sign}.4g}" for party, value in zip(problem.parties, values, strict=True))


def _others(found: Demands) -> str:
    """Say of a single game's demands whether they are one of many equilibria."""
    floor = found.lowest if found.money is None else found.lowest_money
    if floor is None or np.any(np.isnan(floor)):
        return ""
    return f"; one of many equilibria, with demands from {_listed(found.problem, floor)} up"


def _html(found: Demands) -> str:
    """Return a small table for notebooks."""
    problem = found.problem
    if problem.shape or found.status != Status.OK:
        return f"<pre>{escape(repr(found))}</pre>"
    columns = {"demand": found.demands} if found.money is None else {"money": found.money, "demand": found.demands}
    columns |= {"expected utility": found.utilities, "expected gain": found.gains, "limit": found.limit}
    head = "".join(f"<th>{name}</th>" for name in ("party", *columns, "unit"))
    rows = "".join(
        f"<tr><td>{escape(party)}</td>{''.join(f'<td>{float(values[i]):.4g}</td>' for values in columns.values())}"
        f"<td>{escape(problem.units[i])}</td></tr>"
        for i, party in enumerate(problem.parties)
    )
    return (
        f"<p><b>{escape(found.label)}</b> <code>{escape(repr(found.game))}</code></p><table><tr>{head}</tr>{rows}</table>"
        f"<p><small>agreement with probability {float(found.probability):.4g}{escape(_others(found))}</small></p>"
    )
