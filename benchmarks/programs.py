"""Random bargaining programs over all families, sizes and questions, against promises and against independent solvers.

Concave programs, with parties in units from 1e-9 to 1e9, must all converge to 1e-12, have certificates that close to 1e-9,
and on a sample never fall short of cvxpy with Clarabel, in units of the parties' ranges, by more than Clarabel's own 1e-8.
The residual of alternating offers is divided by 1 - m1 m2, their condition number, and is multiplied back here.

Programs with a ripple are not concave, and nothing is promised: the second half of the table says what share of a sample
reached the best objective that SciPy's SLSQP found from the best of many random points, and how often the certificate was
open although it had (no proof, though right) or closed although it had not (a wrong proof). `support` has no certificate.
Exits with status 1 if a promise is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer, Status
from bargaining.solution import CLOSED
from tests.peers import clarabel, slsqp, tasks
from tests.programs import CONCAVE, FAMILIES, QUESTIONS, SIZES, Query, ask, gap, random_games, random_query

CONVERGED, CERTIFIED, PEER = 1e-12, 1e-9, 1e-8
GLOBAL = 1e-6  # a larger shortfall, in ranges, is another optimum
POINTS, STARTS = 4096, 8  # of the reference for a program that is not concave


@dataclass
class Tally:
    """What was seen of one family and question; shortfalls and openness are of the sampled answers, one a proposer."""

    programs: int = 0
    unconverged: int = 0
    gap: float = 0.0
    short: list[float] = field(default_factory=list)
    open: list[bool] = field(default_factory=list)
    solved: list[bool] = field(default_factory=list)


def unconverged(answers: list[Answer], query: Query) -> np.ndarray[Any, Any]:
    melting = 1.0 - np.prod(query["factors"], axis=1) if "factors" in query else 1.0
    bad = [(a.status != Status.OK) | ~(a.residual * melting <= CONVERGED) for a in answers]
    return np.any(bad, axis=0)


def compare(
    tally: Tally, problem: Problem, question: str, query: Query, answers: list[Answer], family: str, sample: int,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Hold the first games against the independent solver."""
    gaps = [np.zeros(problem.shape)] * 2 if question == "support" else [gap(problem, a) for a in answers]
    if family in CONCAVE:
        tally.gap = max(tally.gap, float(np.max(np.nan_to_num(np.abs(gaps), nan=np.inf))))
    for game in range(min(sample, problem.shape[0])):
        for task, answer, g in zip(tasks(question, problem, query, answers, family, game), answers, gaps, strict=False):
            solved = bool(answer.status[game] == Status.OK)
            own = float(task.worth(np.array([v[game] for v in answer.terms.values()]))) if solved else -np.inf
            peer = clarabel(task) if family in CONCAVE else slsqp(task, POINTS, STARTS, rng)
            tally.short.append((peer - own) / max(1.0, abs(own)) if solved else np.inf)
            tally.open.append(not abs(g[game]) <= CLOSED)
            tally.solved.append(solved)


def measure(family: str, question: str, games: int, sample: int) -> Tally:
    """Draw, solve and judge programs of all sizes."""
    tally = Tally()
    for issues, parties in SIZES:
        if question == "offers" and parties != 2:
            continue
        rng = np.random.default_rng([FAMILIES.index(family), QUESTIONS.index(question), issues, parties])
        problem = random_games(family, issues, parties, games, rng)
        query = random_query(question, problem, rng)
        answers = ask(question, problem, query)
        tally.programs += games
        tally.unconverged += int(np.count_nonzero(unconverged(answers, query)))
        compare(tally, problem, question, query, answers, family, sample, rng)
    return tally


def concave_row(family: str, question: str, tally: Tally) -> bool:
    """Print what was seen of concave programs; return whether all promises hold."""
    short = np.array(tally.short)
    worst = float(np.nanmax(short))
    closed = "-" if question == "support" else f"{tally.gap:.0e}"
    print(
        f"{family:12}{question:16}{tally.programs:9,}{tally.unconverged:13,}{closed:>9}"
        f"{short.size:9,}{int(np.isnan(short).sum()):5}{worst:9.0e}",
        flush=True,
    )
    return tally.unconverged == 0 and tally.gap <= CERTIFIED and worst <= PEER


def rippled_row(family: str, question: str, tally: Tally) -> None:
    """Print what was seen of programs that are not concave."""
    best, doubted, solved = np.array(tally.short) <= GLOBAL, np.array(tally.open), np.array(tally.solved)
    words = ["-", "-"]
    if question != "support":
        words = [f"{np.mean(best & doubted):.1%}", f"{np.mean(solved & ~best & ~doubted):.1%}"]
    print(
        f"{family:12}{question:16}{tally.programs:9,}{tally.unconverged:13,}{best.size:9,}"
        f"{np.mean(best):9.1%}{words[0]:>8}{words[1]:>8}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=100_000, help="in all")
    parser.add_argument(
        "--sample", type=int, default=20, help="held against another solver, of each family, question and size"
    )
    options = parser.parse_args()
    cells = len(FAMILIES) * sum(len([n for _, n in SIZES if n == 2 or question != "offers"]) for question in QUESTIONS)
    games = -(-options.programs // cells)
    begun, kept, total = time.perf_counter(), True, 0
    print(f"{'':60}{'against Clarabel':>22}")
    print(f"{'family':12}{'question':16}{'programs':>9}{'unconverged':>13}{'gap':>9}{'sample':>9}{'none':>5}{'short':>9}")
    for family in FAMILIES:
        if family not in CONCAVE:
            print(f"\n{'':59}{'certificate':>25}\n{'not concave':28}{'programs':>9}{'unconverged':>13}", end="")
            print(f"{'sample':>9}{'global':>9}{'open':>8}{'wrong':>8}")
        for question in QUESTIONS:
            tally = measure(family, question, games, options.sample)
            total += tally.programs
            if family in CONCAVE:
                kept &= concave_row(family, question, tally)
            else:
                rippled_row(family, question, tally)
    verdict = "every promise kept" if kept else "A PROMISE IS BROKEN"
    print(f"\n{total:,} programs in {time.perf_counter() - begun:.0f} s; {verdict}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
