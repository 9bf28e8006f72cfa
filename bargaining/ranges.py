"""Ranges of payoffs: what a model says that has many equilibria."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bargaining._types import Array, Bools, Codes
from bargaining.evidence import Check, held
from bargaining.problems.problem import Problem
from bargaining.protocols import Played, ProtocolModel
from bargaining.sets.base import Status

SAME = 1e-12
"""Share of a range of utilities below which the ends of an interval count as one point."""


class IntervalModel(ProtocolModel):
    """A model whose equilibria may form an interval, the ends of which satisfy conditions that can be checked."""

    @abstractmethod
    def conditions(self, found: PayoffRange) -> Iterator[tuple[str, Array]]:
        """Say by how much, (...), as a share of the ideal gains, the ends miss each condition that they must satisfy."""


@dataclass(frozen=True, eq=False)
class PayoffRange(Played):
    """The payoffs of all subgame perfect equilibria of a game: for each party an interval, whose ends are such payoffs.

    Where there is one point only, it is `utilities`; elsewhere the status is UNDETERMINED and `utilities` are NaN.

    Attributes
    ----------
    lowest, highest : array, shape (..., n)
        The least and the most that a party has in any equilibrium.
    """

    lowest: Array
    highest: Array

    @cached_property
    def unique(self) -> Bools:
        """Whether all equilibria, (...), give the same."""
        return np.asarray(self.status == Status.OK)

    @property
    def probability(self) -> Array:
        """The probability of agreement: 1 where payoffs are unique, NaN where equilibria differ."""
        return np.where(self.unique, 1.0, np.nan)

    def checks(self, trials: int, rng: np.random.Generator) -> Iterator[Check]:
        """Check that the ends are in order, that each is part of a division that can be agreed on, and what is unique."""
        problem, unit = self.problem, self.problem.feasible.spread()
        known = (self.status == Status.OK) | (self.status == Status.UNDETERMINED)
        yield held("no end lies beyond the other", np.max((self.lowest - self.highest) / unit, axis=-1), known)
        for i, party in enumerate(problem.parties):
            corner = self.lowest.copy()
            corner[..., i] = self.highest[..., i]
            deal = problem.feasible.reach(np.where(known[..., None], corner, problem.disagreement), np.eye(problem.n)[i])
            lacks = (corner - deal.utilities)[..., i] / unit[..., i]
            yield held(f"some deal gives {party} its most and the others their least", lacks, known)
        apart = np.max((self.highest - self.lowest) / unit, axis=-1)
        yield held("payoffs said to be unique are", apart, self.unique)
        stated = np.maximum(self.lowest - self.utilities, self.utilities - self.highest)
        yield held("payoffs lie between the ends", np.max(stated / unit, axis=-1), self.unique)
        if isinstance(self.model, IntervalModel):
            for claim, missed in self.model.conditions(self):
                yield held(claim, missed, known)

    def __repr__(self) -> str:
        if self.problem.shape:
            count = int(np.count_nonzero(self.unique))
            return f"{self.label}: payoffs unique in {count:,} of {self.status.size:,} games"
        if self.status not in (Status.OK, Status.UNDETERMINED):
            return f"{self.label}: {Status(int(self.status)).label}"
        ends = ", ".join(
            f"{party} {low:.4g}" if self.unique else f"{party} {low:.4g} to {high:.4g}"
            for party, low, high in zip(self.problem.parties, self.lowest, self.highest, strict=True)
        )
        return f"{self.label}: {'the only' if self.unique else 'all'} subgame perfect payoffs: {ends}"


def payoff_range(problem: Problem, model: ProtocolModel, lowest: Array, highest: Array, status: Codes) -> PayoffRange:
    """Return intervals, (..., n), as a result: a point where their ends meet, a range where they do not."""
    fine = (status == Status.OK)[..., None]
    lowest, highest = np.where(fine, lowest, np.nan), np.where(fine, highest, np.nan)
    with np.errstate(invalid="ignore"):
        apart = np.any(highest - lowest > SAME * problem.feasible.spread(), axis=-1)
    status = np.where((status == Status.OK) & apart, np.int8(Status.UNDETERMINED), status).astype(np.int8)
    utilities = np.where((status == Status.OK)[..., None], (lowest + highest) / 2, np.nan)
    residual = np.where(status == Status.OK, 0.0, np.nan)
    return PayoffRange(problem, model, utilities, status, residual, lowest, highest)
