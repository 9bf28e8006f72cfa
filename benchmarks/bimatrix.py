"""All equilibria of random bimatrix games, against the support and vertex enumerations of nashpy on the same games.

Times are medians over games, as multiples of ours; `found` counts distinct equilibria without regret, in all games.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import nashpy
import numpy as np

from bargaining.numerics.bimatrix import extreme_equilibria
from bargaining.numerics.replies import regrets

Array = np.ndarray[Any, Any]
Profiles = list[tuple[Array, Array]]

GAMES = {4: 40, 6: 10, 8: 3}
"""Games of each size; those of nashpy take seconds each at 8 actions."""


def ours(A: Array, B: Array) -> Profiles:
    found = extreme_equilibria(A, B)
    return [(found.rows[x], found.columns[y]) for x, y in found.pairs]


def supports(A: Array, B: Array) -> Profiles:
    return list(nashpy.Game(A, B).support_enumeration())


def vertices(A: Array, B: Array) -> Profiles:
    return list(nashpy.Game(A, B).vertex_enumeration())


def count(A: Array, B: Array, profiles: Iterable[tuple[Array, Array]]) -> int:
    """Count what is an equilibrium, once each."""
    kept: list[Array] = []
    for x, y in profiles:
        both = np.concatenate([x, y])
        if regrets(A, B, x[None], y[None])[0] > 1e-9 or np.min(both) < -1e-9:
            continue
        if all(np.max(np.abs(both - other)) > 1e-7 for other in kept):
            kept.append(both)
    return len(kept)


def measure(method: Callable[[Array, Array], Profiles], games: list[tuple[Array, Array]]) -> tuple[Array, int]:
    """Return the seconds that each game took and how many equilibria were found."""
    seconds, found = [], 0
    for A, B in games:
        begun = time.perf_counter()
        profiles = method(A, B)
        seconds.append(time.perf_counter() - begun)
        found += count(A, B, profiles)
    return np.array(seconds), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    rng = np.random.default_rng(parser.parse_args().seed)
    warnings.simplefilter("ignore")  # nashpy warns of even numbers and of divisions by zero
    print(f"{'':26}{'ours':>16}{'nashpy supports':>20}{'nashpy vertices':>20}")
    print(f"{'payoffs':9}{'actions':>8}{'games':>9}{'ms':>9}{'found':>7}" + f"{'times':>13}{'found':>7}" * 2)
    for name, draw in (("uniform", rng.random), ("normal", rng.standard_normal)):
        for size, number in GAMES.items():
            games = [(draw((size, size)), draw((size, size))) for _ in range(number)]
            ours(*games[0])  # first calls take longer
            (own, found), *others = [measure(method, games) for method in (ours, supports, vertices)]
            line = f"{name:9}{size:>5} x {size}{number:8}{1e3 * np.median(own):9.1f}{found:7}"
            print(line + "".join(f"{np.median(t / own):13.0f}{k:7}" for t, k in others), flush=True)


if __name__ == "__main__":
    main()
