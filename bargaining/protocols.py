"""What models of bargaining over time have in common, and what they return."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, ClassVar

import numpy as np

from bargaining._types import Array, Codes
from bargaining.evidence import Check
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status


class ProtocolModel(ABC):
    """A rule that says how a problem is bargained over in time, and is played in equilibrium.

    A protocol is a frozen dataclass whose fields are its settings. Subclass it, define `label` and `play`, and it is
    solved, compared and verified like the others. `about` is the kind of problem that it is played on.
    """

    about: ClassVar[type] = Problem

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for tables and figures."""

    @abstractmethod
    def play(self, problem: Any) -> Played:
        """Return the equilibrium in every game of a problem."""


@dataclass(frozen=True, eq=False, repr=False)
class Played(ABC):
    """A protocol in equilibrium, in every game of a stack. Numbers are NaN exactly where the status is not ok.

    Subclasses are dataclasses with `repr=False`, and say in `told` what is special about them.

    Attributes
    ----------
    problem : Problem
        The deals that are bargained over, from the start on.
    model : ProtocolModel
        How, in full.
    utilities : array, shape (..., n)
        What the game is worth to the parties at its start.
    status : array of Status codes, shape (...)
        Why a game has numbers, or why they are NaN: UNDETERMINED where several equilibria give different utilities.
    residual : array, shape (...)
        By how much utilities may miss those of an equilibrium, as a share of the parties' ranges of utilities.
    """

    problem: Problem
    model: ProtocolModel
    utilities: Array
    status: Codes
    residual: Array

    @property
    def label(self) -> str:
        """The name of the model in tables and figures."""
        return self.model.label

    @cached_property
    def gains(self) -> Array:
        """Utilities less disagreement, (..., n)."""
        return self.problem.gains(self.utilities)

    @property
    def ideal_gains(self) -> Array:
        """The most that each party can gain in any deal, (..., n)."""
        return self.problem.gains(self.problem.ideal)

    @property
    @abstractmethod
    def probability(self) -> Array:
        """The probability of agreement, (...), from the start on; NaN where equilibria differ."""

    def why(self) -> Exception | None:
        """Return an error that says why a single game has no answer, if there is more to say than its status does."""
        return None

    @property
    def payoffs_in_words(self) -> str:
        """What a single game is worth to each party, in words."""
        return ", ".join(f"{p} {float(u):.4g}" for p, u in zip(self.problem.parties, self.utilities, strict=True))

    def told(self) -> str:
        """Say the equilibrium of a single game in words."""
        return f"worth {self.payoffs_in_words}"

    def __repr__(self) -> str:
        if self.problem.shape:
            solved = int(np.count_nonzero(self.status == Status.OK))
            return f"{self.label}: {solved:,} of {self.status.size:,} games solved"
        if self.status != Status.OK:
            several = ", several equilibria give different payoffs" if self.status == Status.UNDETERMINED else ""
            return f"{self.label}: {Status(int(self.status)).label}{several}"
        return f"{self.label}: {self.told()}"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"

    @abstractmethod
    def checks(self, trials: int, rng: np.random.Generator) -> Iterator[Check]:
        """Re-examine every claim by arithmetic, and by departures of single parties, some drawn at random."""


def in_words(terms: Mapping[str, Array], utilities: Array) -> tuple[str, str]:
    """Return the terms of a single game's deal, and what it gives, in words."""
    deal = ", ".join(f"{name} {float(value):.4g}" for name, value in terms.items())
    return deal or "a deal", ", ".join(f"{float(u):.4g}" for u in utilities)
