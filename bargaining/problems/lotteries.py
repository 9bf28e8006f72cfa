"""Problems in which the parties may draw lots among deals."""

from __future__ import annotations

from bargaining.checks import flag, instance
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.sets.lotteries import Lotteries
from bargaining.sets.points import Points
from bargaining.sets.polygon import Polygon


def lotteries(problem: Problem, *, free_disposal: bool = True) -> Problem:
    """Allow lotteries over the deals of a problem: its set of utilities becomes the convex hull.

    Utilities are expected utilities. The answers report the lottery: `Solution.lottery` holds the deals that are drawn,
    their probabilities and what each gives. Two parties' alternatives make a polygon, answered in closed form; of other
    sets the hull is found through supporting lines, to about 1e-12 of the parties' ranges.

    Parameters
    ----------
    problem : Problem
        Any problem or stack.
    free_disposal : bool
        Whether utility may be thrown away. It matters to concepts that follow a ray, such as Kalai-Smorodinsky for three
        and more parties (Roth 1979, International Journal of Game Theory 8, 129-132). Without it, for alternatives only.

    Raises
    ------
    InvalidProblem
        If free disposal is denied to a set that is not a list of alternatives.

    Examples
    --------
    >>> import bargaining as bg
    >>> hull = bg.lotteries(bg.from_points([[0, 12], [6, 10], [9, 4], [10, 0]], disagreement=[0, 0]))
    >>> deal = bg.solve(hull, bg.KalaiSmorodinsky())  # (55/8, 33/4)
    >>> deal.utilities.tolist(), deal.lottery.terms["alternative"].tolist()
    ([6.875, 8.25], [2.0, 1.0])
    """
    instance(problem, Problem, "lotteries are over the deals of a problem, as bg.from_points makes one")
    free_disposal = flag("free_disposal", free_disposal)
    feasible = problem.feasible
    if not free_disposal and not isinstance(feasible, Points):
        raise InvalidProblem("free disposal can be denied to lotteries over alternatives only: bg.from_points.")
    if free_disposal and not feasible.free_disposal:
        raise InvalidProblem("these lotteries are without free disposal; make them from the alternatives, bg.from_points.")
    if feasible.convex:
        return problem
    if isinstance(feasible, Points) and feasible.parties == 2 and free_disposal:
        return problem.replace(feasible=Polygon(feasible))
    return problem.replace(feasible=Lotteries(feasible, free_disposal))
