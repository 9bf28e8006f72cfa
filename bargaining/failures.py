"""Why a single problem has no answer, as an error with its evidence."""

from __future__ import annotations

import numpy as np

from bargaining._types import Array
from bargaining.errors import InvalidProblem, NoAgreement, NotConverged, NotConvex, NotFinite
from bargaining.problems.problem import Problem
from bargaining.sets.base import LEAST_GAIN, Status


def failure(problem: Problem, what: str, status: Status, residual: float, origin: Array | None = None) -> Exception:
    """Turn the status of a single problem, in which `what` was not found, into an error with its evidence."""
    if status == Status.NO_AGREEMENT:
        return _no_agreement(problem, what, origin)
    if status == Status.INFEASIBLE:
        problem.feasible.reach(problem.disagreement, problem.feasible.spread())  # some sets say more when asked alone
        return InvalidProblem("no deal meets the constraints; relax one, or widen the issues' ranges.")
    if status == Status.NOT_FINITE:
        return NotFinite(
            "a utility or constraint is NaN or infinite inside the issues' ranges, or a utility grows without bound "
            "towards one of their ends; narrow the ranges or mend the function."
        )
    if status == Status.NOT_CONVEX:
        return NotConvex(
            f"{what} is defined on convex sets; this one has a dent, where the mean of two deals is out of reach. Allow "
            "lotteries over its deals: bg.lotteries(problem).", {},
        )  # fmt: skip
    if residual <= LEAST_GAIN:
        return NotConverged(
            f"{what} was not found: optimality holds where the search ended (error {residual:.1e}), but sampled deals "
            "do better than that. A utility has several narrow peaks, or a jump; narrow the issues' ranges to "
            "those of interest, or list the deals with bg.from_points.",
            {"residual": residual},
        )
    return NotConverged(
        f"{what} was not found to tolerance (optimality error {residual:.1e}). The usual cause is a kink at "
        "the solution (clip, maximum, minimum, abs or where in a utility): write it as one more issue with a constraint. "
        "Others: a jump in a utility, or gains that are lost in rounding beside much larger payoffs.",
        {"residual": residual},
    )


def _no_agreement(problem: Problem, what: str, origin: Array | None) -> Exception:
    """Return the error that says how far the parties of a single problem are from a deal better than `origin` for all.

    The origin is disagreement, or what waiting for ever is worth in talks that may break down.
    """
    name = "disagreement" if origin is None else "waiting for ever"
    origin = problem.disagreement if origin is None else origin
    spread = problem.feasible.spread()
    if not problem.feasible.free_disposal and np.all(problem.gains(problem.ideal) > problem.feasible.least_gain()):
        return NoAgreement(
            f"{what} asks for gains over {name} in proportions that no deal gives: without free disposal the ray from "
            f"{origin.tolist()} misses the set. Allow free disposal, or use bg.Nash.", np.full(problem.n, np.nan), {},
        )  # fmt: skip
    nearest = problem.feasible.reach(origin, spread)
    if nearest.status != Status.OK:
        return NoAgreement(
            f"no deal is strictly better than {name} for every party, and how much is missing could not be measured: its "
            f"payoffs {origin.tolist()} are far from all deals. Check them and their units.",
            np.full(problem.n, np.nan), {},
        )  # fmt: skip
    if np.all(nearest.utilities - origin > problem.feasible.least_gain()):
        return NotConverged(
            f"{what} leaves some party with less than can be told from nothing, though there are deals that are better for "
            "all. Its weights or proportions are very unequal for these ranges of utilities; write 0 for a party that is "
            "to get nothing.",
            {"utilities": nearest.utilities},
        )
    short = np.maximum(-np.min((nearest.utilities - origin) / spread), 0.0) * spread
    deal = {term: float(value) for term, value in nearest.terms.items()}
    if np.all(short <= problem.feasible.least_gain()):
        return NoAgreement(
            f"no deal is strictly better than {name}, worth {origin.tolist()}, for every party; some deal is as good. "
            "Check these payoffs and their units.",
            short, deal,
        )  # fmt: skip
    lacks = ", ".join(
        f"{party} {float(s):.4g}{' ' + unit if unit else ''}"
        for party, s, unit in zip(problem.parties, short, problem.units, strict=True)
    )
    words = ", ".join(f"{term} = {value:.4g}" for term, value in deal.items())
    return NoAgreement(
        f"no deal is strictly better than {name} for every party. The nearest one ({words}) would be accepted if {name} "
        f"were worse by: {lacks}. Check its payoffs {origin.tolist()} and their units.",
        short, deal,
    )  # fmt: skip
