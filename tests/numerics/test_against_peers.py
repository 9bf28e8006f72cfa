"""Concave programs in units from 1e-9 to 1e9: never worse than cvxpy and Clarabel by more than their tolerance."""

from __future__ import annotations

import numpy as np
import pytest

from tests.peers import FEASIBLE, clarabel, slsqp, tasks
from tests.programs import CONCAVE, QUESTIONS, ask, random_games, random_query

GAMES = 4  # of each family, question and size


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("family", CONCAVE)
def test_no_worse_than_clarabel(family: str, question: str) -> None:
    shortfalls = []
    for issues, parties in ((2, 2), (3, 2 if question == "offers" else 3)):
        rng = np.random.default_rng([CONCAVE.index(family), QUESTIONS.index(question), issues])
        problem = random_games(family, issues, parties, GAMES, rng)
        query = random_query(question, problem, rng)
        answers = ask(question, problem, query)
        for game in range(GAMES):
            for task, answer in zip(tasks(question, problem, query, answers, family, game), answers, strict=True):
                own = float(task.worth(np.array([value[game] for value in answer.terms.values()])))
                shortfalls.append((clarabel(task) - own) / max(1.0, abs(own)))
    assert np.isfinite(shortfalls).mean() >= 0.75  # Clarabel itself gives up on some
    assert np.nanmax(shortfalls) <= FEASIBLE


def test_no_worse_than_many_starts_of_slsqp() -> None:
    # The other peer knows nothing of convexity, and is the only one for programs that have none.
    rng = np.random.default_rng(1)
    problem = random_games("ces", 2, 2, 5, rng)
    query = random_query("nash", problem, rng)
    answers = ask("nash", problem, query)
    for game in range(5):
        [task] = tasks("nash", problem, query, answers, "ces", game)
        own = float(task.worth(np.array([value[game] for value in answers[0].terms.values()])))
        assert slsqp(task, 256, 4, rng) - own == pytest.approx(0.0, abs=FEASIBLE)
