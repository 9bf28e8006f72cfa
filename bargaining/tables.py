"""Solutions as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from bargaining.checks import sequence
from bargaining.concept import Concept, StrategicModel
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.sets.base import status_labels
from bargaining.solution import Solution, attempt

if TYPE_CHECKING:
    import pandas as pd


def compare(problem: Problem, concepts: Iterable[Concept | StrategicModel]) -> pd.DataFrame:
    """Solve a problem by several concepts and set the results side by side.

    Parameters
    ----------
    problem : Problem
        One problem or a stack.
    concepts : iterable of Concept or StrategicModel
        What to compare.

    Returns
    -------
    DataFrame
        One row a concept (a stack: one row a game and concept, with the game's number), with the terms of the deal, each
        party's utility, gain and fraction of its ideal gain, the status and the gap of the certificate. A concept without
        an answer keeps its row: its status says why, its numbers are NaN.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.from_issues([bg.Issue("share")], {"one": lambda share: share, "two": lambda share: 1 - share}, [0, 0.2])
    >>> bg.compare(pie, [bg.Nash(), bg.KalaiSmorodinsky()])["share"].round(6).tolist()
    [0.4, 0.4]
    """
    import pandas as pd

    if isinstance(concepts, (Concept, StrategicModel)):
        raise InvalidProblem("compare takes several concepts; give a list, or use solve for one.")
    concepts = sequence("concepts", concepts)
    frames = [frame(attempt(problem, concept)) for concept in concepts]
    if not frames:
        raise InvalidProblem("there is nothing to compare; give at least one concept.")
    return pd.concat(frames, ignore_index=True)


def frame(solution: Solution) -> pd.DataFrame:
    """Return a solution as a data frame: one row a game, in the order of `compare`."""
    import pandas as pd

    problem = solution.problem
    games = int(np.prod(problem.shape, dtype=int))
    columns: dict[str, Any] = {"concept": [solution.concept.label] * games}
    if problem.shape:
        columns["game"] = np.arange(games)
    columns |= {name: np.broadcast_to(value, problem.shape).ravel() for name, value in solution.terms.items()}
    for word, values in (("utility", solution.utilities), ("gain", solution.gains), ("fraction", solution.fractions)):
        flat = values.reshape(games, problem.n)
        columns |= {f"{word} {party}": flat[:, i] for i, party in enumerate(problem.parties)}
    columns["status"] = status_labels(solution.status).ravel()
    columns["gap"] = solution.certificate.gap.ravel()
    return pd.DataFrame(columns)
