"""Solutions as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from bargaining.concept import Concept, StrategicModel
from bargaining.errors import NoAgreement, NotConverged, NotFinite
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status, status_labels
from bargaining.solution import Solution, solve

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

    return pd.concat([_rows(problem, concept) for concept in concepts], ignore_index=True)


def _rows(problem: Problem, concept: Concept | StrategicModel) -> pd.DataFrame:
    import pandas as pd

    try:
        return frame(solve(problem, concept))
    except NoAgreement:
        status = Status.NO_AGREEMENT
    except NotConverged:
        status = Status.NOT_CONVERGED
    except NotFinite:
        status = Status.NOT_FINITE
    return pd.DataFrame({"concept": [concept.label], "status": [status.label]})


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
