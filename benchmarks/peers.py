"""Nash deals by casadi with ipopt, and by negmas on a grid: run by the Python of an environment of their own.

Both are under copyleft licences (casadi LGPL, negmas AGPL), so nothing of this project is imported here and nothing of
theirs there; `compare.py --install-peers` makes the environment. The one argument is a file NumPy wrote with the numbers
of every game, the deals' bounds and how many games negmas gets; deals and CPU seconds are written beside it.

casadi has the program compiled once, with exact derivatives, the numbers as parameters, the gains and the probability of
approval as variables of their own (so that an infeasible start does no harm), and starts at the centre. negmas lists the
outcomes of a grid of ten levels an issue, 10,000 in all, keeps the efficient ones and picks the Nash point among them.
"""

from __future__ import annotations

import json
import math
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

LEVELS = 10
LEAST = 1e-9
"""The least gain that ipopt is allowed: logarithms end at zero."""


def worths(s: Any, r: Any, a: Any, g: Any, q: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return what a deal that is approved adds to both parties' disagreement payoffs, and the room for approval."""
    equity = q["V0"] * (1 - q["eta"] * s * s) - r * (1 + q["phi"] / 2 * r) * q["PV_O"] - q["C"] * a ** q["gamO"]
    one = q["psi"] * s * equity + r * (1 - q["eps"] / 2 * r) * q["PV_M"] - q["d_M"]
    one += q["A"] * a ** q["gamM"] * (1 - q["nu"] * g * g)
    two = (1 - s) * equity - q["kappa"] * a * a * (1 - q["mu"] * g) - q["d_O"]
    return one, two, q["pbar"] - q["b_s"] * s - q["b_a"] * a + q["b_g"] * g


def ipopt(names: list[str], table: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, float]:
    """Return deals, (games, 4), with no number where ipopt does not succeed, and CPU seconds."""
    import casadi as ca

    x, gains, p, known = ca.SX.sym("x", 4), ca.SX.sym("gains", 2), ca.SX.sym("p"), ca.SX.sym("q", len(names))
    one, two, room = worths(*ca.vertsplit(x), dict(zip(names, ca.vertsplit(known), strict=True)))
    program = {
        "x": ca.vertcat(x, p, gains),
        "p": known,
        "f": -ca.log(gains[0]) - ca.log(gains[1]),
        "g": ca.vertcat(p * one - gains[0], p * two - gains[1], room - p),
    }
    quiet = {"print_level": 0, "sb": "yes", "tol": 1e-11, "max_iter": 300, "bound_relax_factor": 0.0}
    solver = ca.nlpsol("nash", "ipopt", program, {"ipopt": quiet, "print_time": False, "error_on_fail": False})
    low, high = [*bounds[0], 0.0, LEAST, LEAST], [*bounds[1], 1.0, math.inf, math.inf]
    start = [*(0.5 * (bounds[0] + bounds[1])), 0.5, 10.0, 10.0]
    solver(x0=start, p=table[0], lbx=low, ubx=high, lbg=0.0, ubg=math.inf)  # the first call sets things up
    deals = np.full((len(table), 4), np.nan)
    begun = time.process_time()
    for game, row in enumerate(table):
        found = solver(x0=start, p=row, lbx=low, ubx=high, lbg=0.0, ubg=math.inf)
        if solver.stats()["success"]:
            deals[game] = np.asarray(found["x"]).ravel()[:4]
    return deals, time.process_time() - begun


def negmas(names: list[str], table: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the best deals on the grid, (games, 4), with no number where there is none, and CPU seconds."""
    from negmas import make_issue, make_os
    from negmas.preferences import MappingUtilityFunction
    from negmas.preferences.ops import nash_points, pareto_frontier

    axes = [np.linspace(low, high, LEVELS).tolist() for low, high in bounds.T]
    space = make_os([make_issue(axis, name=f"issue {j}") for j, axis in enumerate(axes)])
    outcomes = list(space.enumerate())
    deals = np.full((len(table), 4), np.nan)
    begun = time.process_time()
    for game, row in enumerate(table.tolist()):
        q = dict(zip(names, row, strict=True))

        def gain(outcome: Any, party: int, q: dict[str, float] = q) -> float:
            found = worths(*outcome, q)
            return float(min(max(found[2], 0.0), 1.0) * found[party])

        both = [
            MappingUtilityFunction(lambda o, i=i, f=gain: f(o, i), outcome_space=space, reserved_value=0.0) for i in (0, 1)
        ]
        points, where = pareto_frontier(both, outcomes=outcomes)
        rational = [k for k, point in enumerate(points) if min(point) > 0]  # two losses have a positive product, too
        if not rational:
            continue
        ranges = [(0.0, max(points[k][i] for k in rational)) for i in (0, 1)]
        (_, best), *_ = nash_points(both, [points[k] for k in rational], ranges=ranges)
        deals[game] = outcomes[where[rational[best]]]
    return deals, time.process_time() - begun


def main() -> None:
    path = Path(sys.argv[1])
    with np.load(path) as file:
        names, table, bounds, few = file["names"].tolist(), file["table"], file["bounds"], int(file["few"])
    smooth, seconds = ipopt(names, table, bounds)
    grid, slow = negmas(names, table[:few], bounds)
    np.savez(path.with_name("deals.npz"), ipopt=smooth, negmas=grid)
    said = {"ipopt": seconds, "negmas": slow, "versions": [version("casadi"), version("negmas")]}
    path.with_name("seconds.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main()
