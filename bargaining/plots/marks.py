"""What figures mark: solutions, grouped where they coincide, and other points; all of it checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bargaining._types import Array
from bargaining.checks import instance, sequence
from bargaining.errors import InvalidProblem
from bargaining.plots.labels import Label
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status
from bargaining.solution import Solution

POINTERS = (">", "^")
"""Proposals of the first and the second party point along that party's axis."""

COLORS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7B3294", "#8C510A")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
NUMBERED = "#111111"
GREY = "#555555"
LINE = "#0072B2"

SAME = 1e-6
"""Solutions coincide if no gain differs by more than this share of the ideal gain."""


@dataclass(frozen=True)
class Mark:
    """A marked point of a figure, in gains; one without a text is only drawn."""

    gains: tuple[float, ...]
    text: str
    color: str
    marker: str | tuple[int, int, float]
    size: float = 5.0
    hollow: bool = False

    @property
    def label(self) -> Label:
        """The text at the point, dark enough to be read."""
        return Label((float(self.gains[0]), float(self.gains[1])), self.text, self.color)

    def draw(self, ax: Axes) -> None:
        """Draw the marker alone."""
        face = "none" if self.hollow else self.color
        ax.plot(
            *([value] for value in self.gains), ls="", marker=self.marker, mec=self.color, mfc=face, ms=self.size, mew=0.9,
            zorder=4 if self.hollow else 5, clip_on=False, in_layout=False,
        )  # fmt: skip

    def at(self, gains: Iterable[float]) -> Mark:
        """Return the mark at another place."""
        return replace(self, gains=tuple(float(value) for value in gains))


@dataclass(frozen=True)
class Group:
    """Solutions that coincide, and their numbers in the list they came in, from one."""

    numbers: tuple[int, ...]
    solutions: tuple[Solution, ...]

    @property
    def gains(self) -> tuple[float, ...]:
        """Where they are."""
        return tuple(float(gain) for gain in self.solutions[0].gains)

    @property
    def figure(self) -> str:
        """The numbers as text."""
        return ", ".join(map(str, self.numbers))

    @property
    def names(self) -> str:
        """The names as text, each once."""
        return "; ".join(dict.fromkeys(solution.concept.label for solution in self.solutions))

    def mark(self, keyed: bool) -> Mark:
        """Return the group's marker, labelled by number or by name."""
        if keyed:
            return Mark(self.gains, self.figure, NUMBERED, "o", 4.0)
        place = (self.numbers[0] - 1) % len(COLORS)
        return Mark(self.gains, "\n".join(folded(self.names, 28)), COLORS[place], MARKERS[place])


def drawable(solutions: Any, problem: Problem) -> tuple[Solution, ...]:
    """Return the solutions of a problem, all of them with numbers to draw.

    Raises
    ------
    InvalidProblem
        If they are no list of solutions, are of another problem, or one has no numbers.
    """
    found = sequence("solutions", solutions)
    for solution in found:
        instance(solution, Solution, "solutions to draw come from bg.solve(problem, concept)")
        name, asked = solution.concept.label, solution.problem
        if asked.shape or asked.n != problem.n:
            parties = {2: "two", 3: "three"}[problem.n]
            raise InvalidProblem(
                f"only solutions of single {parties}-party problems can be drawn here; {name} is of a stack of shape "
                f"{asked.shape}, or of {asked.n} parties. Draw one game of it."
            )
        if solution.status != Status.OK:
            raise InvalidProblem(
                f"{name} has no numbers to draw: its status is {Status(int(solution.status)).label!r}. Leave it out."
            )
        if asked.parties != problem.parties or not np.array_equal(asked.disagreement, problem.disagreement):
            raise InvalidProblem(
                f"{name} is a solution of {asked!r}, the figure is of {problem!r}: gains over different disagreement "
                "points cannot be compared. Draw solutions of the problem that is drawn."
            )
    return found


def grouped(solutions: Sequence[Solution], ideal: Array) -> list[Group]:
    """Return the solutions, those that coincide together, in the order of their first members."""
    groups: list[Group] = []
    for number, solution in enumerate(solutions, start=1):
        for place, group in enumerate(groups):
            if np.all(np.abs(solution.gains - np.array(group.gains)) <= SAME * ideal):
                groups[place] = Group((*group.numbers, number), (*group.solutions, solution))
                break
        else:
            groups.append(Group((number,), (solution,)))
    return groups


def deal_marks(deals: Any, problem: Problem) -> list[Mark]:
    """Return marks for named deals, given by their terms."""
    if not isinstance(deals, Mapping):
        raise InvalidProblem(f"deals = {deals!r} must map names to terms, as in {{'press': {{'price': 60}}}}.")
    marks = []
    for name, terms in deals.items():
        if not isinstance(terms, Mapping):
            raise InvalidProblem(f"deals[{name!r}] = {terms!r} must map issues to values, as in {{'price': 60}}.")
        gains = problem.gains(problem.evaluate(terms))
        if gains.shape != (problem.n,):
            raise InvalidProblem(f"deals[{name!r}] is a stack of shape {gains.shape[:-1]}; mark one deal.")
        marks.append(Mark(tuple(float(gain) for gain in gains), str(name), "black", "x"))
    return marks


def folded(text: str, width: int, indent: str = "") -> list[str]:
    """Return text in lines, broken between words but not inside brackets or at hyphens; further lines are indented."""
    whole = re.sub(r"\([^)]*\)", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)
    lines = wrap(whole, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def name_common_unit(ax: Axes, problem: Problem, pad: float | None = None) -> Problem:
    """Write the parties' unit `pad` points above the axes if they share one, and return the problem without it.

    Three titles with a long unit each do not fit around a figure of three parties.
    """
    if not problem.units[0] or len(set(problem.units)) > 1:
        return problem
    ax.set_title(f"Gains in {problem.units[0]}", loc="left", fontsize="small", pad=pad)
    return problem.replace(units=("",) * problem.n)


def axis_titles(problem: Problem) -> list[str]:
    """Return what each axis measures: whose gain, in which unit."""
    return [
        f"Gain of {party}" + (f"\n({unit})" if unit else "")
        for party, unit in zip(problem.parties, problem.units, strict=True)
    ]
