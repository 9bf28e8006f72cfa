"""What a solution concept and a strategic model are: frozen values with one method that does the mathematics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.checks import numbers
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import LARGEST, Problem
from bargaining.problems.threats import ThreatGame
from bargaining.sets.base import LEAST_GAIN, Answer


@dataclass(frozen=True)
class Certificate:
    """What was proved about a solution; arrays have one entry a game.

    `residual` is the scaled error of the optimality conditions. `gap` is the most by which any feasible deal, at least as
    good as disagreement for all, raises the weighted sum of gains with the weights of the supporting line at the
    solution, as a fraction of that sum. With concave utilities it bounds how far the answer is from the true one: for the
    Nash solution it bounds the shortfall of the weighted sum of log gains (log z <= z - 1; Shapley 1969). With others a
    closed gap is evidence, not proof: no better deal was found from the centre of the box and among sampled points. A gap
    that does not close means a local optimum, or a payoff set with a dent. `claims` says it in words.
    """

    residual: Array
    gap: Array
    claims: tuple[str, ...]

    def __repr__(self) -> str:
        return "; ".join(self.claims)


@dataclass(frozen=True)
class Equilibrium:
    """A stationary subgame-perfect equilibrium of a bargaining game.

    `proposals[i]` is the deal that party i proposes whenever it is its turn; it is accepted at once. `thresholds` (..., n)
    is the least utility each party accepts, and `slack` (..., n) how much more than that it is offered: zero unless the
    proposer's best deal of all is one the other would accept anyway. `origin` (..., n) is what waiting for ever is worth,
    from which gains in the talks are counted, and `factors` (..., n) are what a round of waiting leaves of them.
    """

    proposals: tuple[Answer, ...]
    thresholds: Array
    slack: Array
    origin: Array
    factors: Array


class Concept(ABC):
    """A rule that picks a deal from every bargaining problem.

    A concept is a frozen dataclass whose fields are its settings, so that its `repr` is the full record of what was
    computed. Subclass it, define `label` and `outcome`, and `solve`, `compare` and the plots work with it.
    """

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for tables and figures."""

    @abstractmethod
    def outcome(self, problem: Problem) -> Answer:
        """Return the deal that the concept picks in every game of the problem."""

    @property
    def compares(self) -> bool:
        """Whether the concept compares utilities between parties, so that their units matter."""
        return False


class Welfare(Concept):
    """A concept that picks the deal with the largest welfare, a number that can be computed for any utilities.

    With the number at hand a solution can be checked against any other deal, however it was found: see `verify`.
    """

    @abstractmethod
    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the welfare (...) of utilities (..., n) that are at least as good as disagreement for all."""

    @property
    @abstractmethod
    def compares(self) -> bool:
        """Whether the concept compares utilities between parties, so that their units matter."""


def is_rational(concept: Concept | StrategicModel | ThreatModel) -> bool:
    """Say whether a concept gives everybody at least disagreement: all do, but those whose setting `rational` is off."""
    return bool(getattr(concept, "rational", True))


class StrategicModel(ABC):
    """A bargaining game in extensive form; its outcome is that of an equilibrium."""

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for tables and figures."""

    @abstractmethod
    def equilibrium(self, problem: Problem) -> tuple[Answer, Equilibrium]:
        """Return the agreement reached and the equilibrium that leads to it, in every game of the problem."""


@dataclass(frozen=True)
class Threats:
    """What the parties commit themselves to do without a deal, and what that gives them.

    `row` (..., m) and `column` (..., k) are lotteries over the parties' actions, `point` (..., 2) is the disagreement point
    that they make, and `concept` picks the deal over it. `gap` (...) is the most that a party could raise its payoff from
    the deal by another action for a threat, beyond rounding, as a share of the most that it could have over the point; NaN
    where the threats are not claimed to be in equilibrium.
    """

    game: ThreatGame
    concept: Concept
    row: Array
    column: Array
    point: Array
    gap: Array


class ThreatModel(ABC):
    """A rule that derives the disagreement point from a game of threats, and picks a deal of the bargain that follows."""

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for tables and figures."""

    @abstractmethod
    def resolve(self, game: ThreatGame) -> tuple[Problem, Answer, Threats]:
        """Return the problem that the threats leave, the deal that is agreed on, and the threats, in every game."""


def weights_label(weights: Sequence[float] | None) -> str:
    """Return weights as the end of a label; nothing if they are equal by default."""
    return "" if weights is None else f" ({', '.join(f'{weight:.3g}' for weight in weights)})"


def bargaining_weights(weights: ArrayLike | None, problem: Problem) -> Array:
    """Return weights, one a party, that sum to one; equal ones if none are given.

    Raises
    ------
    InvalidProblem
        If their number is not that of the parties, one is negative or not finite, none is positive, or one is next to
        nothing beside another.
    """
    array = party_weights(weights, problem)
    if np.any((array > 0) & (array < LEAST_GAIN * np.max(array))):
        raise InvalidProblem(
            f"weights {weights!r} are too far apart: what a party gets for less than {LEAST_GAIN:g} of another's weight "
            "cannot be told from nothing. Write 0 for no weight."
        )
    return np.asarray(array / np.sum(array))


def party_weights(weights: ArrayLike | None, problem: Problem) -> Array:
    """Return weights, one a party, as they were given; ones if none are given.

    Raises
    ------
    InvalidProblem
        As `bargaining_weights`.
    """
    if weights is None:
        return np.ones(problem.n)
    array = numbers("weights", weights)
    if array.shape != (problem.n,):
        raise InvalidProblem(
            f"weights {weights!r} do not match the {problem.n} parties {', '.join(problem.parties)}; give one number each."
        )
    if not np.all(np.isfinite(array)) or np.any(array < 0) or not np.sum(array) > 0:
        raise InvalidProblem(f"weights {weights!r} must be finite, not negative, and not all zero.")
    if np.any((array > 0) & (array < np.max(array) / LARGEST)):
        raise InvalidProblem(f"weights {weights!r} are too far apart for floating-point numbers; write 0 for no weight.")
    return array
