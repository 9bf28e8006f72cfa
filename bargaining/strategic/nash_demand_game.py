"""The demand game with a blurred frontier.

Nash (1953), Two-person cooperative games, Econometrica 21, 128-140; Binmore (1987), Nash bargaining theory II, in Binmore
and Dasgupta (eds.), The Economics of Bargaining; van Damme (1991), Stability and Perfection of Nash Equilibria, chapter 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array, Bools
from bargaining.demands import DemandGame, Demands, uncertainty
from bargaining.problems.problem import Problem
from bargaining.rays import require_convex
from bargaining.sets.base import Answer, Status

ROUGHEST = 10.0
"""The largest smoothing: demands at eleven times the gains that can be had would be met with probability exp(-1/2)."""

DENT = 1e-6
"""Share by which a deal may raise the sum of gains, in units of those at Nash's solution: more is a dent in the set."""

NO_FLOOR = -1e30
"""What games without an answer are asked for, whose floors may be out of reach."""


@dataclass(frozen=True)
class NashDemandGame(DemandGame):
    """All parties demand utilities at once; demands beyond the frontier may still be met (Nash 1953).

    Let p(x) be the gauge of demands x, the least number with d + (x - d) / p feasible: up to 1, some deal gives everybody
    what it demands. Beyond, the demands are compatible with a probability that falls smoothly,

        h(p) = exp(-((p - 1) / s)^2 / 2) for p > 1,    h(p) = 1 for p <= 1,    s = `smoothing`,

    and else all have d. The tails of a normal distribution are a choice: for any smooth h with h'(1) = 0 whose logarithm is
    concave, only p below would be another number. Party i maximises (x_i - d_i) h(p(x)), so that

        (x_i - d_i) dp/dx_i = -h / h' = s^2 / (p - 1)    for every i.

    The derivatives of p are a normal of the frontier where the ray through x meets it. Gains times normal are equal for
    all: the ray is that of Nash's solution u, whatever the smoothing. The gauge is homogeneous, so that the n left sides
    sum to p (Euler): p (p - 1) = n s^2, and

        x = d + p (u - d),    p - 1 = 2 n s^2 / (1 + sqrt(1 + 4 n s^2)).

    As s -> 0 agreement becomes certain, like exp(-n^2 s^2 / 2), and demands tend to u, like n s^2 (u - d).

    Is this the only equilibrium? In logarithms every party's payoff differs from

        P(x) = sum_i log(x_i - d_i) + log h(p(x))

    by what it cannot change: the game has the potential P (Monderer and Shapley 1996, Games and Economic Behavior 14,
    124-143), which is strictly concave on a convex set. Where every point of the frontier has one normal, an equilibrium is
    therefore the maximiser of P and the only one; nobody is ever without a reply that leaves agreement possible. At kinks
    there are others, because each party may count with a normal of its own. Two parties' demands still lie on the ray of
    Nash's solution, but if u is a kink, at which the first party's share normal_1 (u_1 - d_1) / (normal . (u - d)) ranges
    over [a, b], then p may be any number with

        s^2 / (p (p - 1)) in [max(a, 1 - b), min(b, 1 - a)],

    an interval around 1/2. With three or more parties, demands on other rays through a ridge of the frontier can be in
    equilibrium as well. The result is always the maximiser of P, to which the equilibria on smooth frontiers nearby tend.

    On a set of which it is not known whether it is convex, Nash's solution must have a supporting line that closes; this
    makes it an equilibrium, dents elsewhere or not. Games in which it has none get the status `NOT_CONVEX`.

    Parameters
    ----------
    smoothing : float
        The width s of the blur, as a fraction of the gains on the frontier: above 0, up to 10.

    Raises
    ------
    InvalidProblem
        If the smoothing is no such number.
    NotConvex
        When played on a set known not to be convex.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(100, [bg.Linear(), bg.Linear()], fallback=[0, 20], parties=("cloud", "lab"))
    >>> bg.solve(pie, bg.NashDemandGame(smoothing=0.1))  # p = (1 + sqrt 1.08) / 2
    Nash demand game (0.1): demands cloud 40.78, lab 60.78; agreement with probability 0.9809; gains cloud +40.01,
    lab +40.01
    """

    smoothing: float

    def __post_init__(self) -> None:
        uncertainty("smoothing", self.smoothing, ROUGHEST)

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"Nash demand game ({float(self.smoothing):.3g})"

    def demands(self, problem: Problem) -> Demands:
        """Return the equilibrium demands of every game."""
        require_convex(problem, "the equilibrium of Nash's demand game")
        s, n = float(self.smoothing), problem.n
        nash = problem.feasible.nash(problem.disagreement, np.full(n, 1.0 / n))
        blurred = 2.0 * n * s / (1.0 + np.sqrt(1.0 + 4.0 * n * s * s))  # (p - 1) / s, without cancellation
        status = np.where(_dented(problem, nash), np.int8(Status.NOT_CONVEX), nash.status)
        return Demands(
            problem, self,
            demands=nash.utilities + s * blurred * problem.gains(nash.utilities),
            money=None,
            probability=np.full(nash.status.shape, np.exp(-0.5 * blurred * blurred)),
            limit=nash.utilities,
            status=status,
            residual=nash.residual,
        )  # fmt: skip

    def chance(self, problem: Problem, demands: Array) -> Array:
        """Return h(p) of demands (..., n); whoever demands no more than disagreement is in nobody's way."""
        asked = np.maximum(problem.gains(demands), 0.0)
        some = np.any(asked > 0, axis=-1)
        way = np.where(some[..., None], asked, 1.0)
        found = problem.feasible.reach(np.broadcast_to(problem.disagreement, way.shape), way)
        with np.errstate(invalid="ignore", divide="ignore"):
            steps = problem.gains(found.utilities) / np.where(way > 0, way, np.nan)
            beyond = np.maximum(1.0 / np.fmin.reduce(steps, axis=-1) - 1.0, 0.0)
        return np.where(some, np.exp(-0.5 * (beyond / float(self.smoothing)) ** 2), 1.0)


def _dented(problem: Problem, nash: Answer) -> Bools:
    """Say in which games some deal lies beyond the line through Nash's solution that makes gains times normal equal.

    With the line, nobody does better against the others' demands than on the convex set below it, where these demands are
    an equilibrium.
    """
    ok = nash.status == Status.OK
    if problem.feasible.convex is not None or not np.any(ok):
        return np.zeros(ok.shape, dtype=np.bool_)
    here = ok[..., None]
    normal = 1.0 / np.where(here, problem.gains(nash.utilities), 1.0)
    rival = problem.feasible.support(normal, floor=np.where(here, problem.disagreement, NO_FLOOR))
    with np.errstate(invalid="ignore"):  # of a stack, some games have no such numbers
        more = np.mean(normal * (rival.utilities - nash.utilities), axis=-1)
    return np.asarray(ok & (more > DENT))
