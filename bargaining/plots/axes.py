"""Axes that a user brings for a figure of several panels."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from bargaining.checks import instance, sequence
from bargaining.errors import InvalidProblem


def given_axes(axes: Any, panels: int, what: str) -> tuple[Axes, ...]:
    """Return axes, one for each of so many panels; one alone may stand for itself.

    Raises
    ------
    InvalidProblem
        If something is no Axes, or their number is another; `what` says what the panels are of.
    """
    given = (axes,) if isinstance(axes, Axes) else sequence("axes", axes)
    for ax in given:
        instance(ax, Axes, "make them with plt.subplots()")
    if len(given) != panels:
        raise InvalidProblem(f"{panels} {what} need as many axes; {len(given)} are given.")
    return given
