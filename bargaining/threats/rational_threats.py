"""Rational threats: both parties choose what they threaten with so as to improve the deal that follows.

Nash (1953), Two-person cooperative games, Econometrica 21, 128-140.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array, Indices
from bargaining.checks import numbers
from bargaining.concept import ThreatModel, Threats, bargaining_weights, weights_label
from bargaining.cooperative.nash import Nash
from bargaining.errors import InvalidProblem
from bargaining.numerics.matrix_games import Saddle, zero_sum
from bargaining.numerics.roots import decreasing_jump
from bargaining.problems.problem import LARGEST, Problem
from bargaining.problems.threats import ThreatGame
from bargaining.rays import on_ray
from bargaining.sets.base import LEAST_GAIN, Answer, Status, flat
from bargaining.threatened import agreement, matrices, settle

BELOW = 0.5  # of a party's range: how far below the worst payoffs rays start if these leave somebody nothing to gain
SAME = 1e-14  # normals, scaled, that differ by less are those of one face


@dataclass(frozen=True)
class RationalThreats(ThreatModel):
    """Let both parties choose threats, then agree on the Nash solution over the point that these make (Nash 1953).

    Deals move along the frontier, so that what a party gains by a better threat the other loses, and the choice of threats
    has a value. If the deal u lies on a face of the set with normal w, the first party wants the threats d to make
    w_1 d_1 / a_1 - w_2 d_2 / a_2 large, the second small: they play the zero-sum game with the matrix
    w_1 A / a_1 - w_2 B / a_2, and its value is w_1 u_1 / a_1 - w_2 u_2 / a_2. The frontier is searched for the deal at
    which this holds. At a corner between two faces the first party's threat is optimal on the face towards the second
    party's best deal, and the second's on the face towards the first's. With side payments w = (1, 1) everywhere. The
    payoffs are unique, the threats need not be. Where they leave nothing to bargain over, the deal is the point that they
    make.

    Parameters
    ----------
    weights : tuple of float, optional
        Bargaining weights a_i > 0 of the Nash solution; equal if left out.
    rates : tuple of float, optional
        The normal w of the face to solve on, two positive numbers. Left out, the right face is found; given, the zero-sum
        game is solved for these rates alone, as is done by hand.

    Raises
    ------
    InvalidProblem
        When solving, if a weight is not positive, or if the deal that `rates` lead to does not lie on a face with this
        normal: then no threats are in equilibrium there.

    Examples
    --------
    Luce and Raiffa (1957, chapter 6); each party threatens with its first action:

    >>> import bargaining as bg
    >>> game = bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]])
    >>> deal = bg.solve(game, bg.RationalThreats())
    >>> deal.threats.point.tolist(), deal.utilities.round(9).tolist()
    ([1.0, 2.0], [6.5, 3.375])
    """

    weights: tuple[float, ...] | None = None
    rates: tuple[float, ...] | None = None

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        rates = "" if self.rates is None else f", rates ({', '.join(f'{rate:.3g}' for rate in self.rates)})"
        return f"rational threats{weights_label(self.weights)}{rates}"

    def resolve(self, game: ThreatGame) -> tuple[Problem, Answer, Threats]:
        """Return the problem that optimal threats leave, its Nash solution, and the threats."""
        powers = bargaining_weights(self.weights, game.problem(np.zeros(2)))
        if np.any(powers == 0):
            raise InvalidProblem(f"weights {self.weights!r} of rational threats must both be positive.")
        duel = _Duel(game, powers)
        if self.rates is None:
            row, column = duel.search()
        elif game.shape:
            raise InvalidProblem("rates are those of one face, and each game of a stack has its own: leave rates out.")
        else:
            row, column = duel.on_face(_rates(self.rates))
        return agreement(game, Nash(self.weights), row, column)


def _rates(values: tuple[float, ...]) -> Array:
    rates = numbers("rates", values)
    if rates.shape != (2,) or not np.all((rates >= 1.0 / LARGEST) & (rates <= LARGEST)):
        raise InvalidProblem(f"rates {values!r} must be two positive numbers: the normal of an efficient face.")
    return rates


class _Duel:
    """The choice of threats in every game of a stack: zero-sum games, scaled by the normals of the frontier."""

    def __init__(self, game: ThreatGame, powers: Array) -> None:
        self.game, self.powers = game, powers
        self.A, self.B = matrices(game)
        self.spread = flat(game.feasible.spread(), game.shape)
        worst = game.problem(np.where(game.sound[..., None], game.worst, 0.0))
        with np.errstate(invalid="ignore"):
            below = np.any(~(worst.gains(worst.ideal) > LEAST_GAIN * game.feasible.spread()), axis=-1, keepdims=True)
        self.problem = game.problem(worst.disagreement - np.where(below, BELOW * game.feasible.spread(), 0.0))
        self.known: dict[int, tuple[Array, Saddle]] = {}

    def search(self) -> tuple[Array, Array]:
        """Return both parties' optimal threats, (..., m) and (..., k); NaN where the frontier was not found."""
        games = np.flatnonzero(self.game.sound.ravel())
        left, right = decreasing_jump(self._advantage, np.zeros(games.size), np.ones(games.size), games)
        m, k = self.A.shape[-2:]
        rows, columns = np.full((len(self.A), m), np.nan), np.full((len(self.A), k), np.nan)
        # On the second party's side of the deal the first's threat keeps it from moving there, and the other way round.
        for i, w in zip(games, self._deals(right, games)[0], strict=True):
            if np.all(np.isfinite(w)):
                rows[i] = self._saddle(int(i), w).row
        for i, w in zip(games, self._deals(left, games)[0], strict=True):
            if np.all(np.isfinite(w)):
                columns[i] = self._saddle(int(i), w).column
        return rows.reshape(*self.game.shape, m), columns.reshape(*self.game.shape, k)

    def on_face(self, normal: Array) -> tuple[Array, Array]:
        """Return the threats that are optimal on the face of a single game with this normal.

        The deal solves w_1 u_1 + w_2 u_2 = level and w_1 u_1 / a_1 - w_2 u_2 / a_2 = value, where a_1 + a_2 = 1.
        """
        a, feasible = self.powers, self.game.feasible
        saddle = zero_sum(self._scaled(0, normal))
        highest = feasible.support(normal)
        if highest.status == Status.NOT_FINITE:
            raise InvalidProblem(
                f"no face has the normal {normal.tolist()}: a weighted sum of utilities with these weights has no bound. "
                "With side payments, one for one, the rates are (1, 1)."
            )
        level = float(np.sum(normal * highest.utilities))
        deal = (a * level + np.prod(a) * saddle.value * np.array([1.0, -1.0])) / normal
        spread = feasible.spread()
        if np.min((feasible.reach(deal, spread).utilities - deal) / spread) < -LEAST_GAIN:
            right = settle(self.game.problem(self.game.payoffs(*self.search())), Nash((float(a[0]), float(a[1]))))
            raise InvalidProblem(
                f"no threats are in equilibrium at the rates {normal.tolist()}: the zero-sum game scaled by them leads to "
                f"the deal {deal.tolist()}, beyond the face with this normal. The equilibrium has the deal "
                f"{right.utilities.tolist()}; leave rates out to find it."
            )
        return saddle.row, saddle.column

    def _advantage(self, share: Array, games: Array) -> Array:
        """Return by how much deals favour the first party more than the threats that are optimal there would.

        It falls as the second party's share rises.
        """
        picked = games.astype(np.intp)
        normals, utilities = self._deals(share, picked)
        values = [
            self._saddle(int(i), w).value if np.all(np.isfinite(w)) else np.nan
            for i, w in zip(picked, normals, strict=True)
        ]
        return np.asarray(np.sum(normals * utilities / self.powers * np.array([1.0, -1.0]), axis=1) - values)

    def _deals(self, share: Array, games: Indices) -> tuple[Array, Array]:
        """Return the normals, of the size of one over the ranges, and utilities of the deals on rays, (games, 2)."""
        whole = np.full(len(self.A), 0.5)
        whole[games] = share
        answer = on_ray(self.problem, whole.reshape(self.game.shape))[0]
        normals, utilities = answer.normal.reshape(-1, 2)[games], answer.utilities.reshape(-1, 2)[games]
        return normals / np.sum(normals * self.spread[games], axis=1, keepdims=True), utilities

    def _saddle(self, game: int, normal: Array) -> Saddle:
        """Return the solution of the zero-sum game at these rates; along a face it is the last one."""
        last = self.known.get(game)
        if last is None or np.any(np.abs(last[0] - normal) > SAME * normal):
            last = self.known[game] = normal, zero_sum(self._scaled(game, normal))
        return last[1]

    def _scaled(self, game: int, normal: Array) -> Array:
        w = normal / self.powers
        return np.asarray(w[0] * self.A[game] - w[1] * self.B[game])
