"""NumPy against generated C on random programs: every family, size and question, the same games, the same run.

Printed for each: how many games both solve, the largest difference of payoffs as a share of the party's range, and games
per CPU second of both, compilation apart.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import bargaining as bg
from bargaining.numerics.backends import using
from bargaining.sets.base import Answer
from tests.programs import FAMILIES, QUESTIONS, SIZES, ask, random_games, random_query


def run(backend: str, question: str, problem: Any, query: Any, games: int) -> tuple[list[Answer], float]:
    """Return the answers of one executor and its CPU seconds, on one core."""
    with using(backend, games, threads=1):
        begun = time.process_time()
        found = ask(question, problem, query)
        return found, time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=500)
    parser.add_argument("--questions", nargs="*", default=list(QUESTIONS))
    options = parser.parse_args()
    heads = f"{'solved by both':>15}{'apart':>9}{'compiling':>11}{'NumPy/s':>10}{'C/s':>10}"
    print(f"{'family':12}{'k':>3}{'n':>3}  {'question':16}{heads}")
    worst = 0.0
    for family in FAMILIES:
        for issues, parties in SIZES:
            rng = np.random.default_rng([FAMILIES.index(family), issues, parties, 7])
            problem = random_games(family, issues, parties, options.games, rng)
            for question in options.questions:
                query = random_query(question, problem, rng)
                if question == "offers" and parties != 2:
                    continue
                here, slow = run("numpy", question, problem, query, options.games)
                begun = time.perf_counter()
                run("c", question, problem, query, options.games)
                first = time.perf_counter() - begun
                there, fast = run("c", question, problem, query, options.games)
                both = np.logical_and.reduce([a.status == bg.Status.OK for a in (*here, *there)])
                same = all(np.array_equal(a.status, b.status) for a, b in zip(here, there, strict=True))
                apart = max(
                    float(np.max(np.abs(a.utilities - b.utilities)[both] / problem.feasible.spread()[both], initial=0.0))
                    for a, b in zip(here, there, strict=True)
                )
                worst = max(worst, apart)
                row = f"{int(both.sum()):>8} of {options.games:<4}{apart:>8.0e}{first - fast:>9.1f} s"
                row += f"{options.games / slow:>10,.0f}{options.games / fast:>10,.0f}{'' if same else '  statuses differ'}"
                print(f"{family:12}{issues:>3}{parties:>3}  {question:16}{row}", flush=True)
    print(f"largest difference {worst:.0e}")


if __name__ == "__main__":
    main()
