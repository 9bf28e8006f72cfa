"""Alternating offers on 100,000 calibrations of the flagship case: this library against the loop a researcher would write.

The peer finds the first party's gain g at which best_1(m_2 best_2(m_1 g)) = g by SciPy's brentq (xtol 1e-12 of the ideal
gain), where best_i(h) is party i's largest gain that leaves the other h, from SciPy's SLSQP: utilities in scalar Python
floats, bounds, one constraint, ftol 1e-14, no gradient, started at the deal that it found last. It is handed the prepared
numbers of each game for free and solves a sample of the games; our time includes the preparation of all calibrations.
SLSQP often stops too early, and what it misses, waiting for a month magnifies. So payoffs are compared with a careful peer,
too, which is not timed: exact gradients, by complex steps, and every program solved anew from nearby points, the best
answer kept. Speeds are games per CPU second, the median of runs that alternate with the peer's.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize

import bargaining as bg
from bargaining.cases.microsoft_openai import model

BOUNDS = [(0.0, 0.49), (0.0, 0.2), (0.0, 1.0), (0.0, 1.0)]

DISTANCES = (0.1, 0.03, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
"""How far, as a share of the bounds, the careful peer starts anew."""

SLACK = 1e-14
"""By how much the careful peer may miss its constraint."""


def slopes(f: Callable[[Any], Any], step: float = 1e-30) -> Callable[[Any], np.ndarray]:
    """Return the gradient of a function, exactly, by complex steps."""
    return lambda x: np.array([f(x + 1j * h).imag / step for h in step * np.eye(len(x))])


class Peer:
    """One game, as a researcher would write it down."""

    def __init__(self, q: Mapping[str, float], factors: np.ndarray, careful: bool = False) -> None:
        self.q, self.factors, self.careful = q, factors, careful
        self.at = [np.array([0.5 * (low + high) for low, high in BOUNDS])] * 2

    def gains(self, x: Any) -> tuple[Any, Any]:
        s, r, a, g = x.tolist()
        a = a if a.real > 0.0 else 0.0
        q = self.q
        equity = q["V0"] * (1 - q["eta"] * s * s) - r * (1 + q["phi"] / 2 * r) * q["PV_O"] - q["C"] * a ** q["gamO"]
        one = q["psi"] * s * equity + r * (1 - q["eps"] / 2 * r) * q["PV_M"] - q["d_M"]
        one += q["A"] * a ** q["gamM"] * (1 - q["nu"] * g * g)
        two = (1 - s) * equity - q["kappa"] * a * a * (1 - q["mu"] * g) - q["d_O"]
        p = q["pbar"] - q["b_s"] * s - q["b_a"] * a + q["b_g"] * g
        p = p if 0.0 <= p.real <= 1.0 else float(p.real > 1.0)
        return p * one, p * two

    def best(self, proposer: int, left: float, unit: float) -> float:
        """Return the proposer's largest gain that leaves the other one of `left`."""

        def lost(x: Any) -> Any:
            return -self.gains(x)[proposer] / unit

        def room(x: Any) -> Any:
            return (self.gains(x)[1 - proposer] - left) / unit

        rule: dict[str, Any] = {"type": "ineq", "fun": room}
        told: dict[str, Any] = {"method": "SLSQP", "bounds": BOUNDS, "constraints": rule}
        if self.careful:
            rule["jac"], told["jac"] = slopes(room), slopes(lost)
        found = minimize(lost, self.at[proposer], options={"ftol": 1e-14, "maxiter": 300}, **told)
        if self.careful:
            low, high = np.array(BOUNDS).T
            rng = np.random.default_rng(0)
            for distance in DISTANCES:
                start = np.clip(found.x + distance * rng.standard_normal(4) * (high - low), low, high)
                again = minimize(lost, start, options={"ftol": 1e-16, "maxiter": 300}, **told)
                allowed = room(again.x) >= -SLACK
                if allowed and (again.fun < found.fun or room(found.x) < -SLACK):
                    found = again
        self.at[proposer] = found.x
        return -float(found.fun) * unit

    def equilibrium(self) -> float:
        """Return the first party's gain when it proposes, NaN if the loop fails."""
        unit = 1.0
        ideal = [self.best(i, 0.0, unit) for i in (0, 1)]
        if min(ideal) <= 0:
            return math.nan
        unit = max(ideal)

        def excess(gain: float) -> float:
            return self.best(0, self.factors[1] * self.best(1, self.factors[0] * gain, unit), unit) - gain

        try:
            return float(brentq(excess, 0.0, ideal[0], xtol=1e-12 * ideal[0], rtol=1e-14))
        except ValueError:
            return math.nan


def run_peer(
    numbers: Mapping[str, Any], factors: np.ndarray, games: np.ndarray, careful: bool = False
) -> tuple[np.ndarray, float]:
    """Return the first party's gains that the peer finds and its CPU seconds."""
    peers = [
        Peer(
            {n: float(np.broadcast_to(numbers[n], numbers["d_M"].shape)[g]) for n in model.TERMS},
            factors[g],
            careful,
        )
        for g in games
    ]
    begun = time.process_time()
    return np.array([peer.equilibrium() for peer in peers]), time.process_time() - begun


def run_ours(case: Any, draws: Mapping[str, Any], hazard: float, month: float) -> tuple[bg.Solution, float]:
    """Return our solution and its CPU seconds, from raw parameters to proposals."""
    begun = time.process_time()
    talks = bg.AlternatingOffers(month, breakdown=bg.Breakdown(hazard))
    return bg.solve(case.problem(**draws), talks, certify=False), time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=300, help="games that the peer solves")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    case = bg.cases.load("microsoft-openai")
    draws = case.draw(options.games, rng=1)
    del draws["period"], draws["breakdown"]
    draws["impatience_M"], draws["impatience_O"] = (np.maximum(draws[f"impatience_{i}"], 0.01) for i in "MO")
    hazard, month = (float(case.settings()[name]) for name in ("breakdown", "period"))
    numbers = model.prepare(case.settings(**draws))
    rates = np.stack([draws["impatience_M"], draws["impatience_O"]], axis=-1)
    factors = np.exp(-(rates + hazard) * month)
    run_ours(case, {name: values[:1000] for name, values in draws.items()}, hazard, month)

    peer, speeds = [], {"peer": [], "ours": []}
    for piece in np.array_split(np.arange(options.sample), options.rounds):
        gains, seconds = run_peer(numbers, factors, piece)
        peer.append(gains)
        speeds["peer"].append(piece.size / seconds)
        solution, seconds = run_ours(case, draws, hazard, month)
        speeds["ours"].append(options.games / seconds)

    sample = np.arange(options.sample)
    default, fine = np.concatenate(peer), run_peer(numbers, factors, sample, careful=True)[0]
    ok = int(np.sum(solution.status == bg.Status.OK))
    solved = int(np.sum(np.isfinite(default)))
    print(f"{options.games:,} calibrations, {ok:,} solved; of {options.sample} the peer solves {solved}")
    fast, slow = (float(np.median(speeds[name])) for name in ("ours", "peer"))
    print(f"games per CPU second: ours {fast:,.0f}, brentq over SLSQP {slow:,.1f}: {fast / slow:,.0f} times")
    mine, payoff = solution.gains[sample, 0], np.abs(solution.utilities[sample, 0])
    for name, reached in (("the timed peer", default), ("the careful peer", fine)):
        apart = np.abs(reached - mine) / payoff
        apart = apart[np.isfinite(apart)]
        median, most, worst = np.quantile(apart, [0.5, 0.9, 1.0])
        print(f"{name}: payoffs differ by {median:.0e} (median), {most:.0e} (90 %), {worst:.0e} (worst); "
              f"within 1e-8 in {np.mean(apart <= 1e-8):.1%}")  # fmt: skip

    few = {name: values[sample] for name, values in draws.items()}
    begun = time.process_time()
    chain = bg.solve(case.talks("monthly", **few), bg.MarkovPerfect())
    seconds = time.process_time() - begun
    miss = np.abs(chain.proposing(0) / solution.utilities[sample] - 1.0)
    rate, known = options.sample / seconds, int(np.sum(chain.status == bg.Status.OK))
    print(f"the same as a chain of states ({rate:,.0f} games per CPU second): {known} solved, payoffs differ by "
          f"{np.nanmax(miss):.1e} at most")  # fmt: skip


if __name__ == "__main__":
    main()
