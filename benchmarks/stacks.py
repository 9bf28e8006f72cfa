"""A million games of every kind of set: a bad game, and the order of games, leave the others as they are, to the last bit.

Prints games per second of CPU time, without certificates, and whether every number came back the same.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

import bargaining as bg


def stacks(games: int, rng: np.random.Generator) -> dict[str, bg.Problem]:
    """Return a stack of each kind, by disagreement points drawn below the frontier."""
    low = rng.uniform(0.0, 0.3, (games, 2))
    points = rng.random((20, 2)) + 0.4
    return {
        "linear pie": bg.split(1, [bg.Linear(), bg.Linear()], low),
        "risk-averse pie": bg.split(1, [bg.CRRA(2, 0.1), bg.Power(0.5)], low),
        "points": bg.from_points(points, low),
        "polygon": bg.lotteries(bg.from_points(points, low)),
        "polygon each": bg.lotteries(bg.from_points(rng.random((games, 8, 2)) + 0.4, low)),
        "curve": bg.from_curve(lambda u: 1 - u**2, low, low=0, high=1),
        "issues": bg.from_issues(
            [bg.Issue("x"), bg.Issue("y")],
            {"one": lambda x, y: x + 0.5 * np.sqrt(y + 0.01), "two": lambda x, y: 1.2 - x * x + 0.5 * (1 - y)},
            low,
        ),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=int, default=1_000_000)
    games = parser.parse_args().games
    print(f"{games:,} games a stack\n{'set':<18}{'concept':<20}{'games/s':>12}{'unsolved':>10}  same to the last bit")
    failed = False
    for name, problem in stacks(games, np.random.default_rng(1)).items():
        for concept in (bg.Nash(), bg.KalaiSmorodinsky()):
            begun = time.process_time()
            plain = bg.solve(problem, concept, certify=False)
            speed = games / (time.process_time() - begun)
            d = problem.disagreement.copy()
            d[games // 2] = np.nan
            spoilt = bg.solve(problem.replace(disagreement=d), concept, certify=False)
            others = np.arange(games) != games // 2
            same = np.array_equal(plain.utilities[others], spoilt.utilities[others])
            same &= spoilt.status[games // 2] == bg.Status.NOT_FINITE
            if not problem.feasible.shape:
                back = bg.solve(problem.replace(disagreement=problem.disagreement[::-1]), concept, certify=False)
                same &= np.array_equal(plain.utilities, back.utilities[::-1])
            unsolved = int(np.count_nonzero(plain.status))
            failed |= not same or unsolved > 0
            print(f"{name:<18}{concept.label:<20}{speed:>12,.0f}{unsolved:>10}  {'yes' if same else 'NO'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
