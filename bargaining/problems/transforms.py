"""Problems made from others: in other units, with parties that can have too much, or after some have left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from bargaining.checks import instance, leading_axes, numbers, table, vector, words
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.problems.problem import LARGEST, Problem
from bargaining.sets.affine import Affine
from bargaining.sets.capped import Capped
from bargaining.sets.points import Points
from bargaining.sets.section import Section


def rescaled(
    problem: Problem, scale: ArrayLike, shift: ArrayLike | None = None, *, units: Sequence[str] | None = None
) -> Problem:
    """Measure utilities in other units: v_i = scale_i u_i + shift_i, for the set and the disagreement point.

    Covariant concepts (Nash 1950, axiom of invariance; Kalai-Smorodinsky) pick the same deal; those that compare utilities
    between parties do not.

    Parameters
    ----------
    problem : Problem
        What to rescale.
    scale : array, shape (..., n)
        Positive factors.
    shift : array, shape (..., n), optional
        Added after scaling; nothing if left out.
    units : sequence of str, optional
        The new units; none if left out.

    Raises
    ------
    InvalidProblem
        If a factor is not positive, or there is not one for each party. In a stack of factors such games get a status.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Power(0.5)])
    >>> bg.solve(bg.rescaled(pie, [100, 1]), bg.Nash()).utilities.round(9).tolist()
    [66.666666667, 0.577350269]
    """
    instance(problem, Problem, "give what is to be rescaled")
    factors = vector("scale", scale, problem.n)
    terms = vector("shift", np.zeros(problem.n) if shift is None else shift, problem.n)
    if factors.ndim == 1 and np.any(factors <= 0):
        raise InvalidProblem(f"scale = {factors.tolist()} must be positive: a change of units keeps what is better.")
    meant = (factors >= 1.0 / LARGEST) & (factors <= LARGEST)
    if factors.ndim == 1 and not np.all(meant):
        raise InvalidProblem(f"scale = {factors.tolist()} leads out of the range of floating-point numbers.")
    leading_axes(problem.shape, factors.shape[:-1], terms.shape[:-1])
    factors = np.where(meant, factors, np.nan)  # of a stack, such games get a status
    with np.errstate(over="ignore", invalid="ignore"):
        disagreement = problem.disagreement * factors + terms
    return problem.replace(
        feasible=Affine(problem.feasible, factors, terms), disagreement=disagreement,
        units=() if units is None else words("units", units),
    )  # fmt: skip


def capped(problem: Problem, caps: ArrayLike) -> Problem:
    """Give parties caps above which utility is worth no more: S becomes {u in S : u_i <= cap_i}.

    Kalai and Smorodinsky (1975) and Roth (1977) study how solutions react to such truncations.

    Parameters
    ----------
    problem : Problem
        A problem with free disposal.
    caps : array, shape (..., n)
        The largest utility of each party, in its units; infinite for none.

    Raises
    ------
    InvalidProblem
        If there is not one cap for each party, one is NaN, or the set has no free disposal. In a stack of caps such games
        get a status.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(10, [bg.Linear(), bg.Linear()])
    >>> bg.solve(bg.capped(pie, [3, float("inf")]), bg.Nash()).utilities.tolist()
    [3.0, 7.0]
    """
    instance(problem, Problem, "give what is to be capped")
    limits = numbers("caps", caps)
    leading_axes(problem.shape, limits.shape[:-1])
    if limits.ndim == 0 or limits.shape[-1] != problem.n:
        raise InvalidProblem(f"caps have shape {limits.shape}; give one number for each of the {problem.n} parties.")
    none = np.isnan(limits) | np.isneginf(limits)
    if limits.ndim == 1 and np.any(none):
        raise InvalidProblem(f"caps = {limits.tolist()} must be numbers, or infinite for parties without one.")
    if not problem.feasible.free_disposal:
        raise InvalidProblem("a cap throws utility away; the set has no free disposal.")
    if np.any(none):  # of a stack, such games get a status
        lost = np.any(none, axis=-1, keepdims=True)
        problem = problem.replace(disagreement=np.where(lost, np.nan, problem.disagreement))
        limits = np.where(none, np.inf, limits)
    if isinstance(problem.feasible, Points):
        return problem.replace(feasible=Points(np.minimum(problem.feasible.points, limits[..., None, :])))
    return problem.replace(feasible=Capped(problem.feasible, limits))


def section(problem: Problem, payoffs: Mapping[str, ArrayLike]) -> Problem:
    """Fix the payoffs of some parties and leave the rest of the bargain to the others.

    The set becomes {u_P : (u_P, x_Q) in S}, of which consistency speaks: a solution is consistent if the parties left would
    agree on what they had (Lensberg 1988, Stability and the Nash solution, Journal of Economic Theory 45, 330-341).

    Parameters
    ----------
    problem : Problem
        A problem with free disposal.
    payoffs : mapping of party to utility
        What each of the parties that leave is to have; arrays make a stack.

    Raises
    ------
    UnknownName, InvalidProblem
        If there is no such party, fewer than two are left, or the set has no free disposal.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(10, [bg.Linear()] * 3, parties=("a", "b", "c"))
    >>> bg.solve(bg.section(pie, {"c": 4}), bg.Nash()).utilities.round(9).tolist()
    [3.0, 3.0]
    """
    instance(problem, Problem, "give the problem of which some parties leave")
    values = table("payoffs", payoffs)
    for name in values:
        if name not in problem.parties:
            raise UnknownName("party", name, problem.parties)
    kept = tuple(i for i, party in enumerate(problem.parties) if party not in values)
    if len(kept) < 2:
        raise InvalidProblem(f"payoffs of {', '.join(values)} are fixed; at least two of {problem.parties} must be left.")
    if not problem.feasible.free_disposal:
        raise InvalidProblem(
            "whoever has a fixed payoff may be given more, to be thrown away; the set has no free disposal."
        )
    levels = np.stack(np.broadcast_arrays(*(values.get(party, np.zeros(())) for party in problem.parties)), axis=-1).astype(
        float
    )
    leading_axes(problem.shape, levels.shape[:-1])
    pick = list(kept)
    return Problem(
        Section(problem.feasible, kept, levels), problem.disagreement[..., pick], tuple(problem.parties[i] for i in kept),
        None if problem.impatience is None else problem.impatience[..., pick], tuple(problem.units[i] for i in kept),
    )  # fmt: skip
