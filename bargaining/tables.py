"""Solutions as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from bargaining._types import Array, Codes
from bargaining.awards import Awards
from bargaining.checks import sequence
from bargaining.demands import Demands
from bargaining.errors import InvalidProblem
from bargaining.problems.claims import ClaimsProblem
from bargaining.problems.problem import Problem
from bargaining.protocols import Played
from bargaining.sets.base import status_labels
from bargaining.solution import Method, Question, Solution, attempt, fractions_of_ideal

if TYPE_CHECKING:
    import pandas as pd

Columns = dict[str, Array | Codes]
"""Numbers by column, an entry a game; statuses are codes."""

OWN = ("concept", "game", "status", "gap")
"""Columns that every table of solutions may have."""


def compare(problem: Question, concepts: Iterable[Method]) -> pd.DataFrame:
    """Solve a problem by several concepts and set the results side by side.

    Parameters
    ----------
    problem : Problem, ThreatGame, ClaimsProblem, StochasticProblem or CoalitionalProblem
        One problem or a stack.
    concepts : iterable of what `solve` takes
        What to compare.

    Returns
    -------
    DataFrame
        One row a concept (a stack: one row a game and concept, with the game's number), with the terms of the deal, each
        party's utility, gain and fraction of its ideal gain, the status and the gap of the certificate. Of a game of
        threats, also what the threats give each party; of talks, expected utilities, and the probability of agreement; of
        conflicting claims, each claimant's award and loss instead. A concept without an answer keeps its row: its status
        says why, its numbers are NaN.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.from_issues([bg.Issue("share")], {"one": lambda share: share, "two": lambda share: 1 - share}, [0, 0.2])
    >>> bg.compare(pie, [bg.Nash(), bg.KalaiSmorodinsky()])["share"].round(6).tolist()
    [0.4, 0.4]
    """
    import pandas as pd

    if isinstance(concepts, Method):
        raise InvalidProblem("compare takes several concepts; give a list, or use solve for one.")
    concepts = sequence("concepts", concepts)
    found = [attempt(problem, concept) for concept in concepts]
    if not found:
        raise InvalidProblem("there is nothing to compare; give at least one concept.")
    if isinstance(problem, ClaimsProblem):
        return pd.concat([awards_frame(problem, result) for result in found], ignore_index=True)
    return pd.concat([frame(result) for result in found if not isinstance(result, Awards)], ignore_index=True)


def frame(found: Solution | Demands | Played, *, fractions: bool = True) -> pd.DataFrame:
    """Return a result as a data frame: one row a game, in the order of `compare`.

    Fractions of the ideal gains cost one more program a game and party; leave them out where games are many.
    """
    return _frame(found.label, found.problem.shape, columns(found, fractions=fractions))


def columns(found: Solution | Demands | Played, *, fractions: bool) -> Columns:
    """Return the columns of a result's table but for those that name the row, statuses as their codes."""
    problem = found.problem
    table: Columns = {}
    if isinstance(found, Solution):
        taken = [name for name in found.terms if name in OWN]
        if taken:
            raise InvalidProblem(f"a term is named {taken[0]!r}, as is another column of every table; rename the issue.")
        table |= {name: np.broadcast_to(value, problem.shape).ravel() for name, value in found.terms.items()}
        if found.threats is not None:
            table |= _by_party("threat", found.threats.point, problem)
    else:
        table["probability"] = found.probability.ravel()
    table |= _by_party("utility", found.utilities, problem) | _by_party("gain", found.gains, problem)
    if fractions:
        ideal = found.ideal_gains if isinstance(found, Played) else problem.gains(problem.ideal)
        table |= _by_party("fraction", fractions_of_ideal(ideal, found.gains), problem)
    table["status"] = found.status.ravel()
    if isinstance(found, Solution):
        table["gap"] = found.certificate.gap.ravel()
    return table


def awards_frame(problem: ClaimsProblem, found: Awards | Solution | Demands | Played) -> pd.DataFrame:
    """Return what a rule awards, or what a concept gives in the bargain over the estate, one row a game."""
    return _frame(found.label, problem.shape, awards_columns(problem, found))


def awards_columns(problem: ClaimsProblem, found: Awards | Solution | Demands | Played) -> Columns:
    """Return the columns of `awards_frame` but for those that name the row, statuses as their codes."""
    if isinstance(found, Demands):
        raise InvalidProblem(
            f"{found.label} leads to demands that may not be met, and to no awards; compare it on the bargaining problem, "
            "claims.problem."
        )
    awards: Array = found.awards if isinstance(found, Awards) else found.utilities
    table: Columns = _by_party("award", awards, problem)
    return table | _by_party("loss", problem.claims - awards, problem) | {"status": found.status.ravel()}


def _frame(label: str, shape: tuple[int, ...], table: Columns) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(_keys(label, shape) | table | {"status": status_labels(table["status"])})


def _keys(label: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the columns that say which row this is."""
    games = int(np.prod(shape, dtype=int))
    return {"concept": [label] * games} | ({"game": np.arange(games)} if shape else {})


def _by_party(word: str, values: Array, problem: Problem | ClaimsProblem) -> dict[str, Any]:
    """Return one column a party."""
    rows = values.reshape(-1, problem.n)
    return {f"{word} {party}": rows[:, i] for i, party in enumerate(problem.parties)}
