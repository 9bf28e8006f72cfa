"""Problems made from others: in other units, or with parties that can have too much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.sets.affine import Affine
from bargaining.sets.base import numbers
from bargaining.sets.capped import Capped


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
        If a factor is not positive, or there is not one for each party.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Power(0.5)])
    >>> bg.solve(bg.rescaled(pie, [100, 1]), bg.Nash()).utilities.round(9).tolist()
    [66.666666667, 0.577350269]
    """
    factors, terms = numbers("scale", scale), numbers("shift", np.zeros(problem.n) if shift is None else shift)
    for name, array in (("scale", factors), ("shift", terms)):
        if array.ndim == 0 or array.shape[-1] != problem.n:
            raise InvalidProblem(f"{name} has shape {array.shape}; give one number for each of the {problem.n} parties.")
        if array.ndim == 1 and not np.all(np.isfinite(array)):
            raise InvalidProblem(f"{name} = {array.tolist()} is not finite.")
    if np.any(factors <= 0):
        raise InvalidProblem(f"scale = {factors.tolist()} must be positive: a change of units keeps what is better.")
    return problem.replace(
        feasible=Affine(problem.feasible, factors, terms), disagreement=problem.disagreement * factors + terms,
        units=() if units is None else tuple(units),
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
        If there is not one cap for each party, one is NaN, or the set has no free disposal.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(10, [bg.Linear(), bg.Linear()])
    >>> bg.solve(bg.capped(pie, [3, float("inf")]), bg.Nash()).utilities.tolist()
    [3.0, 7.0]
    """
    limits = numbers("caps", caps)
    if limits.ndim == 0 or limits.shape[-1] != problem.n:
        raise InvalidProblem(f"caps have shape {limits.shape}; give one number for each of the {problem.n} parties.")
    if np.any(np.isnan(limits)) or np.any(np.isneginf(limits)):
        raise InvalidProblem(f"caps = {limits.tolist()} must be numbers, or infinite for parties without one.")
    if not problem.feasible.free_disposal:
        raise InvalidProblem("a cap throws utility away; the set has no free disposal.")
    return problem.replace(feasible=Capped(problem.feasible, limits))
