"""Values of random zero-sum games, against the linear program of nashpy on the same matrices.

nashpy solves two programs, one a player, by the same solver (HiGHS) with its default method; ours is one program, whose
prices are the other player's strategy, by its interior point method and crossover from 100 actions on.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import nashpy
import numpy as np

import bargaining as bg


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    found = function()
    return time.process_time() - start, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[10, 100, 300, 1000], help="actions of each player")
    sizes = parser.parse_args().sizes
    bg.zero_sum(np.eye(3))  # what is loaded at first use is not measured
    print(f"{'size':>6}{'seconds':>10}{'nashpy / ours':>15}{'gap':>10}{'values apart':>14}")
    for size in sizes:
        payoffs = np.random.default_rng(size).normal(size=(size, size))
        own, found = timed(lambda payoffs=payoffs: bg.zero_sum(payoffs))
        other, pair = timed(lambda payoffs=payoffs: nashpy.Game(payoffs).linear_program())
        value = float(np.min(np.asarray(pair[0]) @ payoffs))
        apart = abs(value - found.value) / np.ptp(payoffs)
        print(f"{size:>6}{own:>10.3f}{other / own:>15.1f}{found.gap:>10.0e}{apart:>14.0e}")


if __name__ == "__main__":
    main()
