"""One at a time: every parameter at the low and the high end of its range, the others at the baseline, solved again.

The data of a tornado plot without a tangent, so that bounds which the deal meets on the way show. What parameters do
together does not: that is for a sweep, and for shares of variance (Saltelli and others 2008, Global Sensitivity Analysis:
The Primer, section 2.4.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining.case import Case
from bargaining.checks import instance, spans
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status
from bargaining.solution import Method
from bargaining.sweeps.running import sweep
from bargaining.sweeps.spreads import outcomes
from bargaining.sweeps.swept import BASELINE, swept

if TYPE_CHECKING:
    import pandas as pd


ROUNDING = 1e-9
"""Share of the largest value of an outcome below which a change is the solver's last digits, and none."""


@dataclass(frozen=True, eq=False)
class OneAtATime:
    """What a concept picks at the baseline, and with each parameter at the ends of its range.

    Attributes
    ----------
    question : Case or Problem
        What was asked about.
    concept : Concept or StrategicModel
        What solved it.
    scenario : str, optional
        Of a case.
    baseline : mapping of parameter to float
        Where all other parameters stay.
    ranges : mapping of parameter to (low, high)
        In the order of the rows.
    rows : DataFrame
        A row of `bg.sweep` for the baseline, then two a parameter, at its low and at its high end.
    """

    question: Case | Problem = field(repr=False)
    concept: Any
    scenario: str | None
    baseline: Mapping[str, float] = field(repr=False)
    ranges: Mapping[str, tuple[float, float]]
    rows: pd.DataFrame = field(repr=False)

    @property
    def label(self) -> str:
        """What solved the games, for titles."""
        return str(self.rows["concept"].iloc[0])

    @property
    def outcomes(self) -> list[str]:
        """What can be asked for: terms, "utility PARTY" and "gain PARTY"."""
        return outcomes(self.rows)

    def value(self, of: str) -> float:
        """Return an outcome at the baseline."""
        self._require(of)
        return float(self.rows[of].iloc[0])

    def swings(self, of: str) -> pd.DataFrame:
        """Return how far each parameter moves an outcome: the data of a tornado plot, the largest move first.

        One row a parameter: unit, baseline value, range, the outcome's change `at low` and `at high`, and the `span` of the
        outcome over low end, baseline and high end; a change in the last digits is none. Where an end has no answer, the
        change is NaN and `status low` or `status high` says why.
        """
        import pandas as pd

        base, units = self.value(of), self.rows.attrs["units"]
        changes = self.rows[of].to_numpy(dtype=float) - base
        changes[np.abs(changes) <= ROUNDING * np.nanmax(np.abs(self.rows[of].to_numpy(dtype=float)))] = 0.0
        rows = []
        for number, (name, (low, high)) in enumerate(self.ranges.items()):
            both = slice(1 + 2 * number, 3 + 2 * number)
            moves = changes[both]
            span = float(np.nanmax([*moves, 0.0]) - np.nanmin([*moves, 0.0]))
            rows.append(
                (name, units.get(name, ""), self.baseline[name], low, high, *moves, span, *self.rows["status"].iloc[both])
            )
        names = ["parameter", "unit", "value", "low", "high", "at low", "at high", "span", "status low", "status high"]
        return pd.DataFrame(rows, columns=names).sort_values("span", ascending=False, ignore_index=True, kind="stable")

    def _require(self, of: str) -> None:
        if of not in self.outcomes:
            raise UnknownName("outcome", str(of), self.outcomes)

    def __repr__(self) -> str:
        lost = int(np.count_nonzero(self.rows["status"] != Status.OK.label))
        without = f", {lost} of {len(self.rows)} games without an answer" if lost else ""
        return f"OneAtATime({self.label}: {len(self.ranges)} parameters at both ends{without})"


def one_at_a_time(
    question: Case | Problem,
    concept: Method,
    scenario: str | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    **overrides: ArrayLike | str,
) -> OneAtATime:
    """Solve again with every parameter at the low and at the high end of its range, the others at the baseline.

    All games are solved as one stack. A range of zero effect is kept, with a span of zero.

    Parameters
    ----------
    question : Case or Problem
        A case, or one problem over issues.
    concept : what `solve` takes
        Which deal.
    scenario : str, optional
        Of a case; what it sets stays as set.
    ranges : mapping of name to (low, high)
        The documented ranges of a case's parameters, less those that the scenario or an override sets, if not given.
    **overrides
        Of a case: parameters and choices that stay at these values.

    Returns
    -------
    OneAtATime

    Raises
    ------
    InvalidProblem, UnknownName
        If names are unknown, ranges have no meaning or there are none, or the baseline has no answer.

    Examples
    --------
    >>> import bargaining as bg
    >>> case = bg.cases.load("microsoft-openai")
    >>> found = bg.one_at_a_time(case, bg.Nash())
    >>> found.swings("stake")[["parameter", "low", "high", "at low", "at high"]].head(3).round(3)
      parameter      low    high  at low  at high
    0     theta     0.30     0.9  -0.112    0.102
    1     T_ext  2033.00  2041.0   0.088   -0.112
    2     omega     0.25     1.0   0.074   -0.112
    """
    instance(question, Problem, "give a case from bg.cases.load, or a problem over issues made by bg.from_issues", Case)
    if not isinstance(concept, Method):
        raise InvalidProblem(f"{concept!r} is no solution concept or strategic model; write for example bg.Nash().")
    fixed = _fixed(question, scenario, overrides)
    moved = _moved(question, ranges, fixed)
    baseline = swept(question, None).typical(list(moved)) or {}
    columns: dict[str, Any] = {name: np.full(1 + 2 * len(moved), value) for name, value in baseline.items()}
    for number, (name, ends) in enumerate(moved.items()):
        columns[name][1 + 2 * number : 3 + 2 * number] = ends
    columns |= {name: value for name, value in fixed.items() if name not in columns and name in overrides}
    rows = sweep(question, columns, concept, scenarios=scenario)
    if rows["status"].iloc[0] != Status.OK.label:
        raise InvalidProblem(
            f"the baseline has no answer ({rows['status'].iloc[0]}), from which nothing can be moved; bg.solve says why."
        )
    return OneAtATime(question, concept, scenario, baseline, moved, rows)


def _fixed(question: Case | Problem, scenario: str | None, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a scenario and the user set, checked."""
    if not isinstance(question, Case):
        if scenario is not None or overrides:
            raise InvalidProblem("a problem has no scenarios or overrides; build another, or give a case.")
        return {}
    settings = question.settings(None if scenario == BASELINE else scenario, **overrides)
    for name in overrides:
        if np.ndim(settings[name]):
            raise InvalidProblem(f"{name} must be one number here: the baseline is one game.")
    named = dict(question.scenarios[scenario].set) if scenario not in (None, BASELINE) else {}
    return {name: settings[name] for name in {**named, **overrides}}


def _moved(question: Case | Problem, ranges: Any, fixed: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Return the ranges asked for, or those of a case's documentation."""
    if ranges is None:
        known = question.ranges if isinstance(question, Case) else {}
        ranges = {name: ends for name, ends in known.items() if name not in fixed}
    found = spans("ranges", ranges)
    if not found:
        raise InvalidProblem("there is nothing to move: give ranges={'name': (low, high)}.")
    for name in found:
        if name in fixed:
            raise InvalidProblem(f"{name} is both set, by the scenario or by you, and moved over a range; leave out one.")
    return found
