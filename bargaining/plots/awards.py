"""Schedules of awards: what every claimant gets as the estate grows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bargaining._types import Array
from bargaining.awards import ClaimsRule, award
from bargaining.checks import instance
from bargaining.errors import InvalidProblem
from bargaining.plots.ends import name_ends
from bargaining.plots.marks import COLORS, GREY, LINE
from bargaining.plots.style import paper
from bargaining.problems.claims import ClaimsProblem
from bargaining.sets.base import Status

PALETTE = (LINE, *COLORS)
PARTS = 128  # of the claims: estates that are tried at first
HALVINGS = 12  # of such a part, to find a kink
BENT = 1e-6  # of the claims: between estates, awards that are straight up to this are drawn straight
SAME = 1e-9  # of the claims: awards nearer to each other are the same
CLOSE = 0.003  # of the largest claim: lines nearer to each other, half their width, would hide each other
DASH = 3.5  # line widths of each colour where lines are one
ROOM = 0.13  # of the largest claim: above it, for the name of the estate
TICK = 28.0  # points between ticks, at least
DOT, RING = 4.5, 3.0  # points: a dot, and what is added for every other dot that lies on it


def draw_awards(problem: ClaimsProblem, rule: ClaimsRule, *, ax: Axes | None = None) -> Axes:
    """Draw a rule's schedules of awards: what each claimant gets of every estate, from nothing to all that is claimed.

    Every line bears its claimant's name where it ends, at the claim. Where several claimants get the same, or so nearly
    that lines would cover each other, the line is dashed in their colours; those who get the same of every estate share one
    line and its name. The problem's own estate and its awards are marked.

    Parameters
    ----------
    problem : ClaimsProblem
        A single problem.
    rule : ClaimsRule
        The library's or a user's own.
    ax : Axes, optional
        Where to draw; a new figure in the paper style if left out.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidProblem
        For stacks, claims of zero throughout, or what is no claims problem or rule.
    NotConverged
        If the rule, a user's own, does not divide some estate.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> marriage = bg.ClaimsProblem(200, (100, 200, 300), parties=("first", "second", "third"), unit="zuz")
    >>> ax = plots.draw_awards(marriage, bg.Talmud())
    >>> ax.get_title(), ax.get_xlabel()
    ('Talmud', 'Estate (zuz)')
    """
    instance(problem, ClaimsProblem, "build one with bg.ClaimsProblem(estate, claims)")
    instance(rule, ClaimsRule, "write for example bg.Talmud()")
    if ax is not None:
        instance(ax, Axes, "make one with plt.subplots()")
    if problem.shape:
        raise InvalidProblem(
            f"schedules are drawn of one problem; this is a stack of shape {problem.shape}. Draw one game."
        )
    if not np.any(problem.claims > 0):
        raise InvalidProblem("nobody claims anything, so that there are no awards to draw; give claims above zero.")
    estates, awards = _schedules(problem, rule)
    if ax is None:
        with paper():
            return _draw(plt.subplots()[1], problem, rule, estates, awards)
    return _draw(ax, problem, rule, estates, awards)


def _schedules(problem: ClaimsProblem, rule: ClaimsRule) -> tuple[Array, Array]:
    """Return estates (m,) between which awards (m, n) are straight; kinks are found by halving."""
    total = float(np.sum(problem.claims))
    estates = np.union1d(np.linspace(0.0, total, PARTS + 1), problem.estate)
    awards = _divided(problem, rule, estates)
    open_parts = np.ones(len(estates) - 1, np.bool_)
    for _ in range(HALVINGS):
        part = np.flatnonzero(open_parts)
        middle = (estates[part] + estates[part + 1]) / 2.0
        between = _divided(problem, rule, middle)
        bent = np.max(np.abs(between - (awards[part] + awards[part + 1]) / 2.0), axis=1) > BENT * total
        open_parts[part] = bent
        if not np.any(bent):
            break
        at = part[bent] + 1
        estates, awards = np.insert(estates, at, middle[bent]), np.insert(awards, at, between[bent], axis=0)
        open_parts = np.insert(open_parts, at, True)  # both halves of what is bent may be
    return estates, awards


def _divided(problem: ClaimsProblem, rule: ClaimsRule, estates: Array) -> Array:
    found = award(problem.replace(estate=estates), rule)
    bad = np.flatnonzero(found.status != Status.OK)
    if bad.size:  # alone, the estate that the rule fails on raises an error that says how
        award(problem.replace(estate=estates[bad[0]]), rule)
    return found.awards


def _draw(ax: Axes, problem: ClaimsProblem, rule: ClaimsRule, estates: Array, awards: Array) -> Axes:
    together = _together(awards, SAME * estates[-1])
    paths = awards[:, [group[0] for group in together]]
    colors = [PALETTE[number % len(PALETTE)] for number in range(len(together))]
    ax.set_title(rule.label)
    unit = f" ({problem.unit})" if problem.unit else ""
    ax.set_xlabel(f"Estate{unit}")
    ax.set_ylabel(f"Award{unit}")
    top = float(np.max(problem.claims))
    ax.set_ylim(0.0, (1.0 + ROOM) * top)
    _draw_lines(ax, estates, paths, colors)
    _mark_estate(ax, problem, paths[np.searchsorted(estates, problem.estate)], colors)
    names = [", ".join(problem.parties[i] for i in group) for group in together]
    name_ends(ax, float(estates[-1]), paths[-1], names, colors)
    _frame(ax, float(estates[-1]), top)
    return ax


def _frame(ax: Axes, right: float, top: float) -> None:
    """Let axes, ticks and titles go with the lines, not with the room for names."""
    across, up = right / ax.get_xlim()[1], top / ax.get_ylim()[1]
    ax.title.set_x(across / 2)
    ax.xaxis.label.set_x(across / 2)
    ax.yaxis.label.set_y(up / 2)
    for axis, end, size in ((ax.xaxis, right, across * ax.bbox.width), (ax.yaxis, top, up * ax.bbox.height)):
        points = size / ax.figure.dpi * 72.0
        ticks = MaxNLocator(max(int(points / TICK), 2), steps=[1, 2, 5, 10]).tick_values(0.0, end)
        axis.set_ticks([tick for tick in ticks if 0 <= tick <= end])
    for side, end in (("bottom", right), ("top", right), ("left", top), ("right", top)):
        ax.spines[side].set_bounds(0.0, end)


def _together(awards: Array, same: float) -> list[list[int]]:
    """Return claimants in groups that get the same of every estate."""
    groups: list[list[int]] = []
    for i in range(awards.shape[1]):
        for group in groups:
            if np.all(np.abs(awards[:, i] - awards[:, group[0]]) <= same):
                group.append(i)
                break
        else:
            groups.append([i])
    return groups


def _draw_lines(ax: Axes, estates: Array, paths: Array, colors: Sequence[str]) -> None:
    """Draw a line a claimant; a stretch on which several are one is dashed in their colours, which take turns."""
    near = np.abs(paths[:, :, None] - paths[:, None, :]) <= CLOSE * np.max(paths)
    one = near[:-1] & near[1:]  # (parts, lines, lines)
    for _ in range(len(colors).bit_length()):  # what is one with the same is one
        one = one @ one
    changes = np.any(one[1:] != one[:-1], axis=2)
    for i, color in enumerate(colors):
        stops = [0, *(np.flatnonzero(changes[:, i]) + 1), len(one)]
        for start, stop in pairwise(stops):
            others = np.flatnonzero(one[start, i])
            turn, count = int(np.searchsorted(others, i)), len(others)
            dashes = "solid" if count == 1 else ((count - turn) * DASH, (DASH, (count - 1) * DASH))
            stretch = slice(start, stop + 1)
            ax.plot(
                estates[stretch], paths[stretch, i], color=color, ls=dashes, lw=1.5, zorder=3, clip_on=False,
                dash_capstyle="butt", solid_capstyle="butt",
            )  # fmt: skip


def _mark_estate(ax: Axes, problem: ClaimsProblem, awards: Array, colors: Sequence[str]) -> None:
    """Mark the problem's own estate, and what is awarded of it."""
    estate, top = float(problem.estate), float(np.max(problem.claims))
    ax.plot([estate] * 2, [0.0, (1.0 + 0.4 * ROOM) * top], color=GREY, lw=0.7, ls=(0, (4, 3)), zorder=2)
    for i, color in enumerate(colors):
        inside = np.count_nonzero(np.abs(awards[i + 1 :] - awards[i]) <= CLOSE * top)  # dots on this one
        ax.plot(
            [estate], [awards[i]], ls="", marker="o", ms=DOT + RING * inside, mfc=color, mec="white", mew=0.5, zorder=4,
            clip_on=False,
        )  # fmt: skip
    unit = f" {problem.unit}" if problem.unit else ""
    ax.annotate(
        f"estate {estate:.4g}{unit}", (estate, 1.0), xycoords=("data", "axes fraction"), color=GREY, fontsize="small",
        ha="center" if estate > 0.15 * np.sum(problem.claims) else "left", va="top",
    )  # fmt: skip
