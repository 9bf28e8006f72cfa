"""Offers over time: the staircase of offers in utility space, and the path of terms from round to round."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bargaining._types import Array
from bargaining.checks import instance
from bargaining.errors import InvalidProblem
from bargaining.pareto import frontier
from bargaining.plots.marks import COLORS, GREY, LINE, MARKERS
from bargaining.plots.style import paper
from bargaining.sets.base import Answer, Status
from bargaining.talks import Talks

SHOWN = 40
"""Rounds drawn at most."""

ROOM = 0.06
"""Share of the offers' range that is left around them."""

APART = 0.07
"""Share of the range of the terms by which their labels are kept apart."""

STYLES = ("-", "--", ":", "-.")
"""Lines of the terms."""


@dataclass(frozen=True)
class Step:
    """A proposal that is made in a round, and what everybody would have had after a refusal."""

    round: int
    proposer: int
    offer: Answer
    refused: Array


def draw_offers(talks: Talks, *, axes: tuple[Axes, Axes] | None = None) -> tuple[Axes, Axes]:
    """Draw talks between two parties: offers in utility space, and their terms round by round.

    On the left markers are the offers that are made, one kind a proposer, on the frontiers of their rounds; thin
    lines lead from each offer to what a refusal would leave its proposer: their length is what moving first is worth.
    On the right the same offers' terms, as shares of their ranges, or utilities where deals have no terms.

    Parameters
    ----------
    talks : Talks
        A single game of two parties, from `bg.solve`.
    axes : pair of Axes, optional
        Where to draw; a new figure in the paper style if left out.

    Returns
    -------
    pair of Axes

    Raises
    ------
    InvalidProblem
        If the talks are a stack, of more than two parties, or without an offer.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> pie = bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob"))
    >>> left, right = plots.draw_offers(bg.solve(pie, bg.SequentialOffers(factors=(0.9, 0.8), rounds=6)))
    >>> left.get_xlabel(), right.get_xlabel()
    ('Utility of Ann', 'Round')
    """
    instance(talks, Talks, "talks to draw come from bg.solve(problem, bg.SequentialOffers(...)) and the like")
    steps = _steps(talks)
    if axes is None:
        with paper():
            figure, (left, right) = plt.subplots(1, 2, figsize=(6.6, 3.0), layout="constrained")
            return _draw(talks, steps, left, right, figure)
    for ax in axes:
        instance(ax, Axes, "make two with plt.subplots(1, 2)")
    return _draw(talks, steps, *axes, axes[0].figure.figure)


def _steps(talks: Talks) -> list[Step]:
    """Return the offers that are made, in the order of the rounds."""
    game = talks.game
    if game.shape or game.n != 2:
        raise InvalidProblem(
            f"one game of two parties is drawn; these are {game.n} parties, in a stack of shape {game.shape}."
        )
    if talks.status != Status.OK:
        raise InvalidProblem(f"{talks.label} has no numbers to draw: {Status(int(talks.status)).label}.")
    found = [
        Step(k, i, offer, talks.thresholds[k, i])
        for k, made in enumerate(talks.offers[:SHOWN])
        for i, offer in made.items()
        if talks.agree[k, i]
    ]
    if not found:
        raise InvalidProblem(f"nothing is proposed in these talks{f' before round {SHOWN}' * (len(talks.offers) > SHOWN)}.")
    return found


def _draw(talks: Talks, steps: list[Step], left: Axes, right: Axes, figure: Figure) -> tuple[Axes, Axes]:
    _draw_staircase(talks, steps, left)
    _draw_terms(talks, steps, right)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    return left, right


def _draw_staircase(talks: Talks, steps: list[Step], ax: Axes) -> None:
    game = talks.game
    points = np.array([step.offer.utilities for step in steps])
    seen: set[int] = set()
    for step in steps:
        deals = game.rounds[step.round].deals
        if deals is not None and id(deals.feasible) not in seen and len(seen) < len(STYLES):
            edge = frontier(deals.replace(disagreement=np.minimum(deals.disagreement, points.min(axis=0))))
            ax.plot(*edge.points.T, color=LINE, ls=STYLES[len(seen)], zorder=1)
            seen.add(id(deals.feasible))
    for step in steps:
        corner = step.offer.utilities.copy()
        corner[step.proposer] = step.refused[step.proposer]  # the others have as much after a refusal
        path = np.array([step.offer.utilities, corner])
        ax.plot(*path.T, color=GREY, lw=0.7, zorder=2)
    for i, party in enumerate(game.parties):
        own = np.array([step.offer.utilities for step in steps if step.proposer == i]).reshape(-1, 2)
        ax.plot(*own.T, ls="", marker=MARKERS[i], color=COLORS[i], ms=4.5, label=f"{party} proposes", zorder=4)
    for first in steps[: 2 if len(steps) <= 2 else 1]:
        ax.annotate(
            game.names[first.round], tuple(first.offer.utilities), xytext=(6, 4), textcoords="offset points",
            fontsize="x-small",
        )  # fmt: skip
    refusals = np.array([step.refused for step in steps])
    around = np.concatenate([points, np.where(np.isfinite(refusals), refusals, points)])
    low, high = around.min(axis=0), around.max(axis=0)
    room = np.maximum(ROOM * (high - low), 1e-3 * talks.problem.feasible.spread())
    ax.set_xlim(low[0] - room[0], high[0] + 3 * room[0])
    ax.set_ylim(low[1] - room[1], high[1] + room[1])
    for axis, party, unit in zip((ax.xaxis, ax.yaxis), game.parties, game.units, strict=True):
        axis.set_label_text(f"Utility of {party}" + (f"\n({unit})" if unit else ""))


def _draw_terms(talks: Talks, steps: list[Step], ax: Axes) -> None:
    """Draw the terms of offers against the number of the round, or the utilities where there are none."""
    bounds = talks.problem.feasible.bounds()
    whole = len({tuple(sorted(state.deals.feasible.bounds())) for state in talks.game.rounds if state.deals}) == 1
    rounds = [step.round + 1 for step in steps]
    if bounds and whole:
        lines = {
            name: [(float(step.offer.terms[name]) - low) / (high - low) for step in steps]
            for name, (low, high) in bounds.items()
        }
        ax.set_ylabel("Term, as a share of its range")
    else:
        lines = {party: [float(step.offer.utilities[i]) for step in steps] for i, party in enumerate(talks.game.parties)}
        ax.set_ylabel("Utility of the offer")
    for number, values in enumerate(lines.values()):
        ax.plot(rounds, values, color=GREY, ls=STYLES[number % len(STYLES)], lw=0.8, zorder=2)
        for step, place, value in zip(steps, rounds, values, strict=True):
            ax.plot([place], [value], ls="", marker=MARKERS[step.proposer], color=COLORS[step.proposer], ms=4, zorder=3)
    ends = [values[-1] for values in lines.values()]
    for name, end, height in zip(lines, ends, _apart(ends), strict=True):
        ax.annotate(
            name.replace("_", " "), (rounds[-1], end), xytext=(rounds[-1] + 0.04 * max(rounds[-1], 3), height), va="center",
            fontsize="x-small",
        )  # fmt: skip
    ax.set_xlim(0.5, rounds[-1] + 0.35 * max(rounds[-1], 3))
    ax.set_xticks([place for place in MaxNLocator(6, integer=True).tick_values(1, rounds[-1]) if 1 <= place <= rounds[-1]])
    ax.set_xlabel("Round")


def _apart(heights: list[float]) -> list[float]:
    """Return heights of labels that are as near to these as labels that do not overlap can be."""
    gap = APART * max(max(heights) - min(heights), 1e-9)
    order = np.argsort(heights)
    placed = np.array(heights, dtype=float)
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + gap)
    placed -= np.max(np.where(placed > np.array(heights), placed - np.array(heights), 0.0)) / 2
    for above, below in pairwise(order[::-1]):
        placed[below] = min(placed[below], placed[above] - gap)
    return [float(height) for height in placed]
