"""What a re-examination of a solution finds: claims, and by how much each is missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bargaining._types import Array, Bools
from bargaining.sets.base import FeasibleSet, Lottery

PORTION = 4_000_000
"""Numbers drawn at a time, so that a stack of a million games fits."""


class Stated(Protocol):
    """What is said of a deal: the utilities it gives, its terms or lottery, and what it gives besides."""

    @property
    def utilities(self) -> Array:
        """What each party has."""
        ...

    @property
    def terms(self) -> Mapping[str, Array]:
        """The deal."""
        ...

    @property
    def lottery(self) -> Lottery | None:
        """The lottery over deals, if it is one."""
        ...

    @property
    def spare(self) -> Array | None:
        """What the deal gives besides, if anything."""
        ...


@dataclass(frozen=True)
class Check:
    """One claim about a solution: by how much it is missed in each game, as a share of the parties' ranges of utilities."""

    claim: str
    missed: Array

    def passed(self, tol: float) -> Bools:
        """Say in which games the claim holds; games without an answer have none to check."""
        return np.asarray(~(self.missed > tol))


@dataclass(frozen=True)
class Verification:
    """What a re-examination of a solution found; `ok` says whether every claim held in every game, up to `tol`."""

    checks: tuple[Check, ...]
    tol: float

    @property
    def ok(self) -> bool:
        """Whether every claim held in every game."""
        return all(bool(np.all(check.passed(self.tol))) for check in self.checks)

    def __repr__(self) -> str:
        lines = []
        for check in self.checks:
            bad = int(np.count_nonzero(~check.passed(self.tol)))
            worst = float(np.max(np.nan_to_num(check.missed, nan=0.0), initial=0.0))
            games = f" in {bad:,} of {check.missed.size:,} games" if check.missed.ndim else ""
            verdict = "FAILED" if bad else "ok    "
            lines.append(f"{verdict} {check.claim}: missed by {abs(max(worst, 0.0)):.0e}{games if bad else ''}")
        return "\n".join(lines)


def held(claim: str, missed: Array, ok: Bools) -> Check:
    """Return a check that games without an answer pass, and that numbers which are none miss by infinity."""
    return Check(claim, np.where(ok, np.nan_to_num(missed, nan=np.inf, neginf=-np.inf), 0.0))


def gives_less(feasible: FeasibleSet, found: Stated, spread: Array) -> Array:
    """Return by how much the deal, or the lottery, misses the utilities stated, and what it is said to give besides."""
    stated = found.utilities if found.spare is None else found.utilities + found.spare
    gives = feasible.gives(stated, found.terms, found.lottery)
    return np.asarray(np.max(np.abs(gives - stated) / spread, axis=-1))


def rivals_of(
    feasible: FeasibleSet, u: Array, terms: Mapping[str, Array], trials: int, rng: np.random.Generator
) -> Iterator[Array]:
    """Draw feasible utilities, (..., count, n), in portions: anywhere, near the deal, and mixed with `u` on convex sets."""
    portion = max(PORTION // max(u.size, 1), 1)
    for done in range(0, trials, portion):
        count = min(portion, trials - done)
        far = feasible.sample(count, rng)[0]
        close = feasible.sample(count, rng, terms)[0]
        found = [far, close]
        if feasible.convex:
            share = np.power(10.0, rng.uniform(-4.0, 0.0, (far.shape[-2], 1)))
            found.append(u[..., None, :] + share * (far - u[..., None, :]))
        lead = np.broadcast_shapes(u.shape[:-1], *(draw.shape[:-2] for draw in found))
        yield np.concatenate([np.broadcast_to(draw, (*lead, *draw.shape[-2:])) for draw in found], axis=-2)
