"""Random claims problems, the rules that divide them, and the coalitional games that belong to them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from bargaining.awards import ClaimsRule, award
from bargaining.claims.adjusted_proportional import AdjustedProportional
from bargaining.claims.constrained_equal_awards import ConstrainedEqualAwards
from bargaining.claims.constrained_equal_losses import ConstrainedEqualLosses
from bargaining.claims.minimal_overlap import MinimalOverlap
from bargaining.claims.proportional_awards import ProportionalAwards
from bargaining.claims.random_arrival import RandomArrival
from bargaining.claims.talmud import Talmud
from bargaining.problems.claims import ClaimsProblem
from bargaining.sets.base import Status

Numbers = np.ndarray[Any, Any]

RULES: tuple[ClaimsRule, ...] = (
    ConstrainedEqualAwards(), ConstrainedEqualLosses(), ProportionalAwards(), Talmud(), RandomArrival(), MinimalOverlap(),
    AdjustedProportional(),
)  # fmt: skip

SIZES = (2, 3, 4, 5)


def random_problems(n: int, games: int = 250) -> ClaimsProblem:
    """Draw problems of n claimants: smooth claims, whole numbers with ties and zeros, claims that differ by factors of 1e4.

    A part is in units between 1e-9 and 1e9; estates are anything, or nothing, all claims, half of them, or one of them.
    """
    rng = np.random.default_rng(n)
    kind = rng.integers(0, 3, games)[:, None]
    smooth, whole, skewed = rng.random((games, n)), rng.integers(0, 6, (games, n)), 10 ** rng.uniform(-4, 0, (games, n))
    claims = np.where(kind == 0, smooth, np.where(kind == 1, whole, skewed))
    claims *= np.where(rng.random(games) < 0.5, 10 ** rng.uniform(-9, 9, games), 1.0)[:, None]
    total = np.sum(claims, axis=1)
    special = np.array([0.0 * total, total, total / 2, claims[:, 0], np.max(claims, axis=1)])
    which = rng.integers(0, 20, games)
    estate = np.where(which < len(special), special[np.minimum(which, 4), np.arange(games)], rng.random(games) * total)
    return ClaimsProblem(estate, claims)


def positive_problems(n: int, games: int) -> ClaimsProblem:
    """Draw problems in which everybody has something to bargain for; a part is in units between 1e-9 and 1e9."""
    rng = np.random.default_rng(100 + n)
    claims = np.where(rng.random(games)[:, None] < 0.5, rng.uniform(0.05, 1.0, (games, n)), rng.integers(1, 6, (games, n)))
    claims *= np.where(rng.random(games) < 0.5, 10 ** rng.uniform(-9, 9, games), 1.0)[:, None]
    return ClaimsProblem(rng.uniform(0.05, 0.95, games) * np.sum(claims, axis=1), claims)


PROBLEMS = {n: random_problems(n) for n in SIZES}


def divided(problem: ClaimsProblem, rule: ClaimsRule) -> Numbers:
    """Return the awards of a stack, all of them found."""
    found = award(problem, rule)
    assert np.all(found.status == Status.OK)
    return found.awards


def groups(n: int) -> Numbers:
    """List all groups of n claimants, none and all included, as rows of zeros and ones."""
    return np.array(list(product((0, 1), repeat=n)))


def worths(problem: ClaimsProblem) -> Numbers:
    """Return v(S) = max(0, E - sum of the claims outside S), (games, groups), for the groups as listed."""
    outside = 1 - groups(problem.n)
    return np.maximum(problem.estate[:, None] - problem.claims @ outside.T, 0.0)
