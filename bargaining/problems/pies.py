"""Problems of dividing a sum of money."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bargaining.checks import leading_axes, numbers, sequence, vector, words
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem, pose
from bargaining.sets.pie import Pie
from bargaining.utilities.base import Utility


def split(
    size: ArrayLike,
    utilities: Sequence[Utility],
    fallback: ArrayLike | None = None,
    *,
    parties: Sequence[str] | None = None,
    impatience: ArrayLike | None = None,
    unit: str = "",
) -> Problem:
    """Describe the division of a sum of money among risk-averse parties ("divide the dollar").

    S = {(u_1(x_1), ..., u_n(x_n)) : x_i >= 0, sum_i x_i <= size} with free disposal, and d_i = u_i(fallback_i).

    Parameters
    ----------
    size : array, shape (...)
        The money to be divided, above zero; an array makes a stack.
    utilities : sequence of Utility
        `Linear()`, `Power(...)`, `CRRA(...)`, `CARA(...)` or `Log(...)`, one a party.
    fallback : array, shape (..., n), optional
        What each party has without a deal, in money (not utility); nothing if left out.
    parties : sequence of str, optional
        Names; "party 1", "party 2", ... if left out.
    impatience : array, shape (..., n), optional
        Rates per year at which gains that come later are discounted.
    unit : str
        The unit of the money, with its date.

    Raises
    ------
    InvalidProblem
        If the size or a fallback is no sensible amount, or a fallback of nothing is worth minus infinity. In a stack such
        games get a status.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(100, [bg.Linear(), bg.CRRA(0.3)], fallback=[0, 20], parties=("cloud", "lab"))
    >>> {name: round(float(x), 4) for name, x in bg.solve(pie, bg.Nash()).terms.items()}
    {'cloud': 42.6895, 'lab': 57.3105}
    """
    utilities = sequence("utilities", utilities)
    for utility in utilities:
        if not isinstance(utility, Utility):
            raise InvalidProblem(f"{utility!r} is no utility of money; write for example bg.Linear() or bg.CRRA(2).")
    n = len(utilities)
    if n < 2:
        raise InvalidProblem(f"a pie is divided by at least two parties; got {n} utilities.")
    names = tuple(f"party {i + 1}" for i in range(n)) if parties is None else words("parties", parties)
    if len(names) != n:
        raise InvalidProblem(f"parties {names!r}: give {n} names, one for each utility.")
    money = numbers("size", size)
    if not money.ndim and not (np.isfinite(money) and money > 0):
        raise InvalidProblem(f"the pie's size is {money:g}; there must be some finite amount to divide.")
    amounts = np.zeros(n) if fallback is None else vector("fallback", fallback, n)
    if amounts.ndim == 1 and np.any(amounts < 0):
        raise InvalidProblem(f"fallback {amounts.tolist()} must hold amounts of money, none negative.")
    pie = Pie(money, utilities, names, unit)
    leading_axes(pie.shape, amounts.shape[:-1])
    with np.errstate(all="ignore"):
        values = np.broadcast_arrays(*(u.value(amounts[..., i]) for i, u in enumerate(utilities)))
    for name, utility, value in zip(names, utilities, values, strict=True):
        if not value.ndim and np.isneginf(value):
            raise InvalidProblem(
                f"a fallback of nothing is worth minus infinity to {name} with {utility!r}; any deal would be better. "
                "Give it a fallback above zero, or wealth."
            )
    worth = np.stack(values, axis=-1)
    disagreement = np.where((amounts >= 0) & ~np.isneginf(worth), worth, np.nan)  # of a stack, such games get a status
    return pose(pie, disagreement, names, impatience)
