"""Comparative statics of the flagship case against central differences of solutions found again, on random calibrations.

Run `python benchmarks/statics.py --calibrations 1000` (some minutes). Each raw parameter of each calibration is moved by
+-1, 2 and 3 steps and the game is solved again; `tests/differences.py` says how errors are measured and what is left out.
Differences show the last digits of the solutions divided by the step, so they are taken twice: of solutions as `solve`
returns them, and of the same after Newton steps on their optimality conditions.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import bargaining as bg
from tests.differences import compare

STEPS = (6e-5, 2.5e-4, 1e-3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibrations", type=int, default=1000)
    games = parser.parse_args().calibrations
    case = bg.cases.load("microsoft-openai")
    draws = case.draw(games, rng=2025)
    concepts: list[Any] = [
        bg.Nash(), bg.Nash(weights=(0.7, 0.3)), bg.KalaiSmorodinsky(), bg.AlternatingOffers(period=0),
        case.concepts()["rubinstein"],
    ]  # fmt: skip
    for concept in concepts:
        start = time.perf_counter()
        exact = bg.comparative_statics(case, concept, **draws)
        spent = time.perf_counter() - start
        print(f"{exact!r}; {games / spent:,.0f} a second", flush=True)
        found = compare(case, concept, draws, STEPS)
        for said, table in (("as they are", found.plain), ("polished", found.polished)):
            known = table[np.isfinite(table)]
            quantiles = ", ".join(f"{q:g}% {np.quantile(known, q / 100):.1e}" for q in (50, 99, 99.9, 100))
            print(
                f"  solutions {said}: {known.size:,} compared, {table.size - known.size:,} left out; errors {quantiles}; "
                f"{np.count_nonzero(known > 1e-8):,} beyond 1e-8",
                flush=True,
            )


if __name__ == "__main__":
    main()
