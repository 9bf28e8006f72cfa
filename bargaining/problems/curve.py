"""Problems whose frontier is given as a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.checks import leading_axes, numbers, table
from bargaining.errors import InvalidProblem, NoAgreement
from bargaining.problems.issues import from_issues
from bargaining.problems.problem import Problem
from bargaining.sets.base import ROUNDING
from bargaining.sets.curve import Curve
from bargaining.sets.issues import Issue, IssueSet

DOUBLINGS = 80
HALVINGS = 200


def from_curve(
    f: Callable[..., Any],
    disagreement: ArrayLike,
    *,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    parties: Sequence[str] = ("party 1", "party 2"),
    parameters: Mapping[str, ArrayLike] | None = None,
    impatience: ArrayLike | None = None,
    units: Sequence[str] = (),
    concave: bool = False,
) -> Problem:
    """Describe a two-party bargain by its frontier u_2 = f(u_1): S = {(u_1, u_2) : u_2 <= f(v), u_1 <= v}.

    Parameters
    ----------
    f : function
        A NumPy expression, decreasing on the part above disagreement, in the first party's utility; parameters are further
        keywords.
    disagreement : array, shape (..., 2)
        What each party has without a deal.
    low, high : array, shape (...), optional
        The ends of the frontier, in the first party's utility. If left out, the curve is followed from the disagreement
        point to where it leaves the second party no more than disagreement, and questions that need more of it are refused.
    parties : sequence of str
        Names.
    parameters : mapping of name to array, optional
        Further keywords of `f`: scalars, or arrays whose axes make a stack.
    impatience : array, shape (..., 2), optional
        Rates per year at which gains that come later are discounted.
    units : sequence of str
        The unit of each party's utility.
    concave : bool
        Whether the curve is known to be concave, so that a closed certificate is a proof (see `from_issues`).

    Raises
    ------
    InvalidProblem
        If an end is no number, or the curve never falls to the second party's disagreement payoff.
    NoAgreement
        If even the first point leaves the second party no more than disagreement.

    Examples
    --------
    >>> import bargaining as bg
    >>> curve = bg.from_curve(lambda u: 4 - u**2, disagreement=[0, 0])
    >>> bg.solve(curve, bg.Nash()).utilities.round(9).tolist()  # (2 / sqrt 3, 8 / 3)
    [1.154700538, 2.666666667]
    """
    if not callable(f):
        raise InvalidProblem(f"the curve is {f!r}; give a function of the first party's utility.")
    point = numbers("disagreement", disagreement)
    if point.ndim == 0 or point.shape[-1] != 2:
        raise InvalidProblem(f"disagreement has shape {point.shape}; a curve is the frontier of two parties.")
    values = table("parameters", {} if parameters is None else parameters)
    for name in values:
        if name in ("part", "low", "high"):
            raise InvalidProblem(f"{name!r} has a meaning of its own for curves; rename the parameter.")
    names = list(values)

    def height(u: Any, known: Mapping[str, Any]) -> Any:
        return f(u, **{name: known[name] for name in names})

    start = point[..., 0] if low is None else numbers("low", low)
    end = _meets(lambda u: height(u, values), start, point[..., 1]) if high is None else numbers("high", high)
    if high is None and not end.ndim and end - start <= ROUNDING * max(abs(float(start)), abs(float(end))):
        raise NoAgreement(
            f"disagreement {point.tolist()} lies on the curve; no deal is strictly better for both parties.",
            np.zeros(2),
            {},
        )
    if start.ndim == 0 and end.ndim == 0 and not (np.isfinite(start) and np.isfinite(end) and start < end):
        raise InvalidProblem(f"the curve runs from {start:g} to {end:g}; low must be below high, both finite.")
    lead = leading_axes(start.shape, end.shape)

    def payoffs(part: Any, low: Any, high: Any, **known: Any) -> list[Any]:
        u = low + (high - low) * part
        return [u, height(u, known)]

    line = from_issues(
        [Issue("part")], payoffs=payoffs, parties=parties, disagreement=point, impatience=impatience, units=units,
        parameters={**values, "low": np.broadcast_to(start, lead), "high": np.broadcast_to(end, lead)}, concave=concave,
    )  # fmt: skip
    return line.replace(feasible=Curve(cast(IssueSet, line.feasible), low is not None, high is not None))


def _meets(f: Callable[[Array], Any], start: Array, level: Array) -> Array:
    """Return the last points from `start` on at which f, as far as it has values, is at least `level`."""

    def above(u: Array) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(f(u)) >= level

    try:
        first = above(start)
        if not first.ndim:
            above(np.array([start, start]))
    except (TypeError, ValueError) as error:
        raise InvalidProblem(
            f"the curve cannot be evaluated ({error}); write it with NumPy's functions, which take arrays (numpy.sqrt for "
            "math.sqrt), and name its parameters in parameters={...}."
        ) from error
    shape = np.broadcast_shapes(np.shape(first), start.shape, level.shape)
    if not shape and not first:
        raise NoAgreement(
            f"at the first party's disagreement payoff {start:g} the curve leaves the second party less than its own, "
            f"{level:g}. Check the payoffs and their units.", np.array([0.0, float(level - f(start))]), {},
        )  # fmt: skip
    inside = np.broadcast_to(start, shape).astype(float)
    step = np.maximum(np.abs(inside), 1.0)
    outside = inside + step
    for _ in range(DOUBLINGS):
        still = above(outside)
        if not np.any(still):
            break
        inside, step = np.where(still, outside, inside), np.where(still, 2.0 * step, step)
        outside = np.where(still, outside + step, outside)
    else:
        if not shape:
            raise InvalidProblem(
                "the curve never falls to the second party's disagreement payoff; the set would be unbounded. "
                "Give the end of the frontier, high=."
            )
        inside = np.where(still, np.nan, inside)  # of a stack, such games get a status
        outside = np.where(still, np.nan, outside)
    for _ in range(HALVINGS):
        middle = 0.5 * (inside + outside)
        still = above(middle)
        inside, outside = np.where(still, middle, inside), np.where(still, outside, middle)
        if np.all(np.isnan(middle) | (middle == inside) | (middle == outside)) and not np.any(
            outside - inside > np.spacing(np.abs(inside))
        ):
            break
    return np.asarray(inside)
