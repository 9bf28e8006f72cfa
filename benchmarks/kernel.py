"""Nash on 10,000 calibrations of the flagship case: this library against the loop a researcher would write.

The peer is SciPy's SLSQP, game by game: minus the logarithm of the product of gains, utilities in scalar Python floats,
bounds, ftol 1e-12, no gradient, started at the centre of the box. It is handed the prepared numbers of each game for free;
our time includes the preparation of all calibrations and, in the second row, a certificate for each answer.
Speeds are games per CPU second, the median of runs that alternate with the peer's.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.optimize import minimize

import bargaining as bg
from bargaining.cases.microsoft_openai import model

BOUNDS = [(0.0, 0.49), (0.0, 0.2), (0.0, 1.0), (0.0, 1.0)]


def peer_objective(q: Mapping[str, float]) -> Callable[[Any], float]:
    """Minus the log product of one game, in scalar floats, with the probability of approval clipped."""
    V0, PV_M, PV_O, A, C, d_M, d_O = (q[n] for n in ("V0", "PV_M", "PV_O", "A", "C", "d_M", "d_O"))
    eta, phi, gamO, psi, eps, gamM = (q[n] for n in ("eta", "phi", "gamO", "psi", "eps", "gamM"))
    nu, kappa, mu, pbar, b_s, b_a, b_g = (q[n] for n in ("nu", "kappa", "mu", "pbar", "b_s", "b_a", "b_g"))

    def objective(x: Any) -> float:
        s, r, a, g = x.tolist()
        equity = V0 * (1 - eta * s * s) - r * (1 + phi / 2 * r) * PV_O - C * a**gamO
        one = psi * s * equity + r * (1 - eps / 2 * r) * PV_M + A * a**gamM * (1 - nu * g * g) - d_M
        two = (1 - s) * equity - kappa * a * a * (1 - mu * g) - d_O
        p = min(max(pbar - b_s * s - b_a * a + b_g * g, 0.0), 1.0)
        if min(p * one, p * two) <= 0:
            return 1e6 - min(one, two)
        return -0.5 * (math.log(p * one) + math.log(p * two))

    return objective


def run_peer(numbers: Mapping[str, Any], games: range) -> tuple[np.ndarray, float]:
    """Return the log products that the peer reaches and its CPU seconds."""
    objectives = [
        peer_objective({n: float(np.broadcast_to(numbers[n], numbers["d_M"].shape)[g]) for n in model.TERMS}) for g in games
    ]
    start = np.array([0.5 * (low + high) for low, high in BOUNDS])
    begun = time.process_time()
    found = [
        minimize(f, start, method="SLSQP", bounds=BOUNDS, options={"ftol": 1e-12, "maxiter": 200}).fun for f in objectives
    ]
    return -np.array(found), time.process_time() - begun


def run_ours(case: Any, draws: Mapping[str, Any], certify: bool) -> tuple[bg.Solution, float]:
    """Return our solution and its CPU seconds, from raw parameters to deals."""
    begun = time.process_time()
    solution = bg.solve(case.problem(**draws), bg.Nash(), certify=certify)
    return solution, time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    case = bg.cases.load("microsoft-openai")
    draws = case.draw(options.games, rng=1)
    numbers = model.prepare(case.settings(**draws))
    run_ours(case, draws, certify=True)

    pieces = np.array_split(np.arange(options.games), options.rounds)
    peer, ours = [], {False: [], True: []}
    times: dict[str, list[float]] = {"peer": [], "solved": [], "certified": []}
    for piece in pieces:
        log_products, seconds = run_peer(numbers, range(piece[0], piece[-1] + 1))
        peer.append(log_products)
        times["peer"].append(piece.size / seconds)
        for certify, name in ((False, "solved"), (True, "certified")):
            ours[certify], seconds = run_ours(case, draws, certify)
            times[name].append(options.games / seconds)

    solution = ours[True]
    ok = solution.status == bg.Status.OK
    reached = np.concatenate(peer)
    feasible = reached > -1e5
    mine = np.full(options.games, -np.inf)
    mine[ok] = 0.5 * np.sum(np.log(solution.gains[ok]), axis=1)
    short = np.max((reached - mine)[feasible])
    speeds = {name: float(np.median(values)) for name, values in times.items()}
    print(f"{options.games:,} calibrations, {int(ok.sum()):,} with an agreement; the peer has {int(feasible.sum()):,}")
    print(f"{'games per CPU second':32}{'median':>10}{'ratio':>8}")
    labels = {"peer": "SciPy SLSQP, game by game", "solved": "bargaining, solved", "certified": "bargaining, certified"}
    for name, label in labels.items():
        print(f"{label:32}{speeds[name]:>10,.0f}{speeds[name] / speeds['peer']:>7.0f}x")
    print(f"log product: ours falls short of the peer's by {short:.1e} at most,")
    print(f"             the peer's of ours by more than 1e-6 in {int(np.sum(mine[ok] - reached[ok] > 1e-6)):,} games")
    print(f"certificates: largest gap {np.max(np.abs(solution.certificate.gap[ok])):.1e}")


if __name__ == "__main__":
    main()
