"""Problems whose deals are listed with their utilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bargaining.checks import numbers, words
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem, pose
from bargaining.sets.points import Points


def from_points(
    points: ArrayLike,
    disagreement: ArrayLike,
    *,
    parties: Sequence[str] | None = None,
    impatience: ArrayLike | None = None,
    units: Sequence[str] = (),
) -> Problem:
    """Describe a bargain over finitely many alternatives, without lotteries.

    The alternatives are compared one by one. Several that a concept likes equally are all reported, in `Solution.ties`. Use
    `lotteries` for bargains in which the parties may draw lots.

    Parameters
    ----------
    points : array, shape (..., m, n)
        Utilities of m alternatives for n parties; leading axes make a stack.
    disagreement : array, shape (..., n)
        What each party has without a deal.
    parties : sequence of str, optional
        Names; "party 1", "party 2", ... if left out.
    impatience : array, shape (..., n), optional
        Rates per year at which gains that come later are discounted.
    units : sequence of str
        The unit of each party's utility.

    Raises
    ------
    InvalidProblem
        If there are no points, or they are not finite numbers.

    Examples
    --------
    Both maximisers of the Nash product are kept (Kaneko 1980, Theory and Decision 13, 131-148):

    >>> import bargaining as bg
    >>> deal = bg.solve(bg.from_points([[1, 4], [4, 1], [2.2, 1.6]], disagreement=[0, 0]), bg.Nash())
    >>> deal.ties.utilities.tolist()
    [[1.0, 4.0], [4.0, 1.0]]
    """
    table = numbers("points", points)
    if table.ndim < 2 or table.shape[-1] < 2 or table.shape[-2] < 1:
        raise InvalidProblem(
            f"points have shape {table.shape}; give one row an alternative and one column a party, at least two parties."
        )
    if table.ndim == 2 and not np.all(np.isfinite(table)):
        row = int(np.flatnonzero(~np.all(np.isfinite(table), axis=1))[0])
        raise InvalidProblem(f"alternative {row} has utilities {table[row].tolist()}; they must be finite.")
    names = [f"party {i + 1}" for i in range(table.shape[-1])] if parties is None else words("parties", parties)
    return pose(Points(table), disagreement, names, impatience, units)
