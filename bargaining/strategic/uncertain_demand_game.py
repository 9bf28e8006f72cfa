"""The demand game over a sum of money of uncertain size.

Nash (1953), Two-person cooperative games, Econometrica 21, 128-140, and Carlsson (1991), A bargaining model where parties
make errors, Econometrica 59, 1487-1496, for the idea; boldness and fear of ruin are from Aumann and Kurz (1977), Power and
taxes, Econometrica 45, 1137-1161.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array
from bargaining.demands import DemandGame, Demands, uncertainty
from bargaining.errors import InvalidProblem
from bargaining.numerics.roots import decreasing_root
from bargaining.problems.problem import Problem
from bargaining.sets.base import ROUNDING, Answer, Status, choose, flat_numbers
from bargaining.sets.pie import Pie
from bargaining.utilities.base import Utility
from bargaining.utilities.linear import Linear


@dataclass(frozen=True)
class UncertainDemandGame(DemandGame):
    """All parties demand money at once, not knowing how much there is.

    There is Z times the size M of the pie, Z uniform on [1 - e, 1 + e]. If demands x sum to no more, they are met, and else
    every party has its fallback: with h = P(Z M >= x_1 + ... + x_n), party i maximises h u_i(x_i) + (1 - h) d_i. Write

        m = (1 + e) M - (x_1 + ... + x_n)

    for the money that the demands leave of the largest pie. Where agreement is not certain, h = m / (2 e M), and the
    condition for a maximum is that everybody's fear of ruin, the inverse of its boldness u_i' / (u_i - d_i), is m:

        (u_i(x_i) - d_i) / u_i'(x_i) = m    for every i.

    Fear of ruin rises with x_i by at least one for one, so that these equations have one solution. Being equally bold, the
    parties have Nash's solution of the pie that they demand together, and it is the share that they get of Nash's solution
    of the largest pie if one more, risk-neutral party divides it with them: chance, which gets m. Linear utilities, with
    fallbacks f_i of sum F, make m = ((1 + e) M - F) / (n + 1) and x_i = f_i + m.

    If that m is 2 e M or more, the parties demand no more than is certain to be there, (1 - e) M in sum, and there is
    agreement for sure. Then all x with this sum are equilibria in which nobody's fear of ruin is below 2 e M: a polytope
    with x_i >= lowest_i for every i. It shrinks to a point as e rises to where demands become risky, for linear utilities
    e = (1 - F / M) / (2 n + 1), and grows to all efficient divisions as e -> 0. Of these equilibria the result is Nash's
    solution of the pie of size (1 - e) M.

    In both cases the result is the maximiser of sum_i log(u_i - d_i) + log h, the potential of the game in logarithms, and
    these are all equilibria in which agreement is possible. There always are some in which it is not: all demand so much
    that nobody, whatever it demands, finds more than its fallback left of (1 + e) M.

    There are no numbers (`NO_AGREEMENT`) if the largest pie does not exceed the sum of the fallbacks. If it does but the
    pie of size M does not, agreement takes luck, and `limit` is NaN.

    Parameters
    ----------
    spread : float
        The largest deviation e of the pie from its size, as a fraction of it: above 0, up to 1.

    Raises
    ------
    InvalidProblem
        If the spread is no such number; when played, if the problem is not one of money made by `split`.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Linear()])
    >>> risky = bg.solve(pie, bg.UncertainDemandGame(spread=0.5))  # (1 + e) / 3
    >>> risky.demands.round(9).tolist(), round(float(risky.probability), 9)
    ([0.5, 0.5], 0.5)
    >>> sure = bg.solve(pie, bg.UncertainDemandGame(spread=0.1))  # e < 1/5: from 2 e to 1 - e - 2 e
    >>> sure.demands.round(9).tolist(), sure.lowest.round(9).tolist()
    ([0.45, 0.45], [0.2, 0.2])
    """

    spread: float

    def __post_init__(self) -> None:
        uncertainty("spread", self.spread, 1.0)

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"uncertain demand game ({float(self.spread):.3g})"

    def demands(self, problem: Problem) -> Demands:
        """Return the equilibrium demands of every game."""
        pie, e, d = _pie(problem), float(self.spread), problem.disagreement
        largest, left = _with_chance(replace(pie, size=pie.size * (1.0 + e)), d)
        risk = np.broadcast_to(2.0 * e * pie.size, problem.shape)
        ok = largest.status == Status.OK
        with np.errstate(invalid="ignore", divide="ignore"):  # of a stack, some games may have no such sizes
            sure = ok & (left >= risk * (1.0 - ROUNDING)) & (e < 1.0)  # with e = 1, nothing is certain to be there
            probability = np.where(sure, 1.0, np.minimum(left / risk, 1.0))
        found, money = largest, _amounts(pie, largest)
        lowest = lowest_money = np.full((*problem.shape, problem.n), np.nan)
        if np.any(sure):
            smallest = _nash(replace(pie, size=pie.size * (1.0 - e)), d)
            here = sure[..., None]
            found, money = choose(sure, smallest, largest), np.where(here, _amounts(pie, smallest), money)
            lowest, lowest_money = (np.where(here, values, np.nan) for values in _least(pie, d, risk))
        limit = _nash(pie, d).utilities
        return Demands(
            problem, self, found.utilities, money, probability, limit, found.status, found.residual, lowest, lowest_money
        )

    def chance(self, problem: Problem, demands: Array) -> Array:
        """Return the probability that the pie is as large as the money that demands (..., n), in utility, cost together."""
        pie, e = _pie(problem), float(self.spread)
        with np.errstate(all="ignore"):  # no amount may give so much
            costs = [np.maximum(utility.inverse(demands[..., i]), 0.0) for i, utility in enumerate(pie.utilities)]
            return np.asarray(np.clip((1.0 + e - sum(costs) / pie.size) / (2.0 * e), 0.0, 1.0))


def _pie(problem: Problem) -> Pie:
    """Return the problem's pie; refuse other sets."""
    if not isinstance(problem.feasible, Pie):
        raise InvalidProblem(
            "UncertainDemandGame divides money, of which there may be more or less than thought: the problem must come "
            f"from bg.split, and this one's set is of another kind, {type(problem.feasible).__name__}. Pies that were "
            "rescaled or capped are no longer pies. For every convex set there is bg.NashDemandGame."
        )
    return problem.feasible


def _nash(pie: Pie, disagreement: Array) -> Answer:
    return pie.nash(disagreement, np.full(pie.parties, 1.0 / pie.parties))


def _with_chance(pie: Pie, disagreement: Array) -> tuple[Answer, Array]:
    """Return Nash's solution, for the parties, of a pie divided with one more, risk-neutral party, and what that gets."""
    chance = f"left by {', '.join(pie.names)}"  # longer than every name, so that it is none of them
    with_it = replace(pie, utilities=(*pie.utilities, Linear()), names=(*pie.names, chance))
    found = _nash(with_it, np.concatenate([disagreement, np.zeros_like(disagreement[..., :1])], axis=-1))
    return replace(found, utilities=found.utilities[..., :-1], normal=found.normal[..., :-1]), found.terms[chance]


def _amounts(pie: Pie, answer: Answer) -> Array:
    return np.stack([answer.terms[name] for name in pie.names], axis=-1)


def _least(pie: Pie, disagreement: Array, risk: Array) -> tuple[Array, Array]:
    """Return the least demands (..., n) at which fear of ruin is as large as `risk` (...), in utility and in money."""
    lead, worth, money = risk.shape, [], []
    for i, shared in enumerate(pie.utilities):
        utility = shared.change(lambda setting: flat_numbers(setting, lead))
        with np.errstate(all="ignore"):  # slopes of infinity at no money are meant
            found = _fearful(utility, disagreement[..., i].ravel(), risk.ravel())
        worth.append(found[0].reshape(lead))
        money.append(found[1].reshape(lead))
    return np.stack(worth, axis=-1), np.stack(money, axis=-1)


def _fearful(utility: Utility, d: Array, risk: Array) -> tuple[Array, Array]:
    """Return the utility and the amount, no less than 0, at which (u - d) / u' reaches `risk`; one entry a game."""
    base = np.maximum(utility.inverse(d), 0.0)
    start = np.where(base > 0, 0.0, utility.value(base) - d)  # what a party gains though it gets nothing

    def missing(more: Array, games: Array) -> Array:
        at = games.astype(np.intp)
        own = utility.change(lambda setting: setting[at])
        slope = own.slope(base[at] + more)
        fear = np.where(np.isinf(slope), 0.0, (start[at] + own.gain(base[at], more)) / slope)
        return np.asarray(risk[at] - fear)

    # Fear of ruin rises by at least as much as the money.
    more = decreasing_root(missing, np.zeros(risk.size), risk, np.arange(risk.size))
    return d + start + utility.gain(base, more), base + more
