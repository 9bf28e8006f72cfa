"""What a sweep asks of many calibrations: a case, a problem with other parameters, or a function of parameters."""

from __future__ import annotations

import inspect
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bargaining._types import Array
from bargaining.calibrations.rows import Calibrations
from bargaining.case import Case
from bargaining.checks import instance, words
from bargaining.errors import InvalidProblem, OutsideRange, UnknownName
from bargaining.problems.claims import ClaimsProblem
from bargaining.problems.coalitional import CoalitionalProblem
from bargaining.problems.problem import Problem
from bargaining.problems.stochastic import StochasticProblem
from bargaining.problems.threats import ThreatGame
from bargaining.sets.issues import IssueSet
from bargaining.solution import Question

BASELINE = "baseline"
"""The name of a case as it is, among its scenarios."""


class Swept(ABC):
    """A family of problems: one for each scenario, combination of words and row of numbers."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What is swept, for messages and records."""

    @property
    @abstractmethod
    def scenarios(self) -> tuple[str, ...] | None:
        """The scenarios, each of which is asked of every calibration; None where there is no such thing."""

    @property
    @abstractmethod
    def as_of(self) -> str:
        """The date of the information; empty where there is none."""

    @abstractmethod
    def check(self, calibrations: Calibrations) -> None:
        """Refuse calibrations whose columns have no meaning here."""

    @abstractmethod
    def typical(self, names: list[str]) -> dict[str, float] | None:
        """Return numbers that are known to make a problem, for these columns; None if none are known."""

    @property
    @abstractmethod
    def units(self) -> Mapping[str, str]:
        """The units of the columns of calibrations, as far as they are known."""

    @abstractmethod
    def build(self, scenario: str | None, words: Mapping[str, str], numbers: Mapping[str, Array]) -> Question:
        """Return the stack of problems for columns of numbers; a single problem if they make no difference."""


@dataclass(frozen=True)
class OfCase(Swept):
    """The problems of a documented case."""

    case: Case
    names: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is swept, for messages and records."""
        return f"case {self.case.name}"

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios asked for."""
        return self.names

    @property
    def as_of(self) -> str:
        """The date of the case's information."""
        return self.case.as_of

    def check(self, calibrations: Calibrations) -> None:
        """Refuse unknown names and options, and scenarios whose numbers the calibrations would overwrite."""
        case = self.case
        for name in calibrations.names:
            if name not in case.parameters and name not in case.choices:
                raise UnknownName("parameter or choice", name, [*case.parameters, *case.choices])
            if (name in case.parameters) != (name in calibrations.spans):
                raise InvalidProblem(
                    f"{name} is {'a parameter: give numbers' if name in case.parameters else 'a choice: give words'}."
                )
        for kind in calibrations.kinds:
            case.settings(**kind)
        for scenario in self.names:
            if scenario != BASELINE:
                case.settings(scenario)
                lost = [name for name in case.scenarios[scenario].set if name in calibrations.names]
                if lost:
                    hint = f", as in bg.draws({{n: ends for n, ends in case.ranges.items() if n not in {lost}}}, ...)"
                    raise InvalidProblem(
                        f"scenario {scenario!r} sets {', '.join(lost)}, which is also asked with other values, so that "
                        "nothing would be left of it. "
                        f"Leave out the scenario, or these{hint if set(lost) <= set(case.ranges) else ''}."
                    )
        self._warn(calibrations)

    def _warn(self, calibrations: Calibrations) -> None:
        """Say once which columns leave the documented ranges, before work begins."""
        for name, (least, most) in calibrations.spans.items():
            known = self.case.parameters[name]
            if known.low is not None and known.high is not None and (least < known.low or most > known.high):
                warnings.warn(
                    f"{name} runs from {least:g} to {most:g}, beyond the documented range {known.low:g} to {known.high:g} "
                    f"({known.title}).",
                    OutsideRange,
                    stacklevel=5,
                )

    def typical(self, names: list[str]) -> dict[str, float] | None:
        """Return the values of the baseline."""
        values = {name: parameter.value for name, parameter in self.case.parameters.items()}
        return _picked("parameter", values, names)

    @property
    def units(self) -> Mapping[str, str]:
        """The units of parameters."""
        return {name: parameter.unit for name, parameter in self.case.parameters.items()}

    def build(self, scenario: str | None, words: Mapping[str, str], numbers: Mapping[str, Array]) -> Question:
        """Return the case's problem; its ranges were looked at before."""
        settings = self.case.settings(None if scenario == BASELINE else scenario, **words)
        return self.case.model.build({**settings, **numbers})


@dataclass(frozen=True)
class OfProblem(Swept):
    """A problem over issues, with other parameters, disagreement payoffs or impatience."""

    problem: Problem

    @property
    def words(self) -> str:
        """What is swept, for messages and records."""
        return repr(self.problem)

    @property
    def scenarios(self) -> None:
        """A problem has no scenarios."""
        return

    @property
    def as_of(self) -> str:
        """A problem has no date."""
        return ""

    def check(self, calibrations: Calibrations) -> None:
        """Refuse columns that are no numbers of this problem."""
        known = self._known()
        for name in calibrations.names:
            if name not in known:
                raise UnknownName("parameter of the problem", name, known)
            if name not in calibrations.spans:
                raise InvalidProblem(f"{name} is a number of the problem; give numbers.")

    def typical(self, names: list[str]) -> dict[str, float] | None:
        """Return the values that the problem has now."""
        return _picked("parameter of the problem", self._known(), names)

    @property
    def units(self) -> Mapping[str, str]:
        """A problem does not say the units of its parameters."""
        return {}

    def build(self, scenario: str | None, words: Mapping[str, str], numbers: Mapping[str, Array]) -> Problem:
        """Return the problem with these numbers in place of its own."""
        problem, feasible = self.problem, self.problem.feasible
        changes: dict[str, Any] = {}
        if isinstance(feasible, IssueSet):
            own = {name: numbers.get(name, value) for name, value in feasible.parameters.items()}
            changes["feasible"] = replace(feasible, parameters=own)
        for word, values in (("disagreement", problem.disagreement), ("impatience", problem.impatience)):
            columns = [f"{word} {party}" for party in problem.parties]
            if values is not None and any(name in numbers for name in columns):
                entries = [numbers.get(name, value) for name, value in zip(columns, values, strict=True)]
                changes[word] = np.stack(np.broadcast_arrays(*entries), axis=-1)
        return problem.replace(**changes)

    def _known(self) -> dict[str, Any]:
        """Return the numbers that can be replaced."""
        problem = self.problem
        known: dict[str, Any] = dict(problem.feasible.parameters) if isinstance(problem.feasible, IssueSet) else {}
        for word, values in (("disagreement", problem.disagreement), ("impatience", problem.impatience)):
            if values is not None:
                known |= {f"{word} {party}": value for party, value in zip(problem.parties, values, strict=True)}
        return known


@dataclass(frozen=True)
class OfFunction(Swept):
    """What a function of parameters by keyword returns."""

    function: Callable[..., Any]

    @property
    def words(self) -> str:
        """What is swept, for messages and records."""
        return f"function {getattr(self.function, '__qualname__', type(self.function).__name__)}"

    @property
    def scenarios(self) -> None:
        """A function has no scenarios; a word among its parameters does as well."""
        return

    @property
    def as_of(self) -> str:
        """A function has no date."""
        return ""

    def check(self, calibrations: Calibrations) -> None:
        """Refuse columns that the function does not take, and parameters that nobody gives."""
        try:
            taken = inspect.signature(self.function).parameters
        except (TypeError, ValueError):  # some built-in functions do not say
            return
        kinds = {parameter.kind for parameter in taken.values()}
        for name in calibrations.names:
            if name not in taken and inspect.Parameter.VAR_KEYWORD not in kinds:
                raise UnknownName("parameter of the function swept", name, taken)
        for name, parameter in taken.items():
            if parameter.kind is parameter.POSITIONAL_ONLY:
                raise InvalidProblem(f"the function swept takes {name} by position; parameters are passed by keyword.")
            free = parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
            if not free and parameter.default is parameter.empty and name not in calibrations.names:
                raise InvalidProblem(f"the function swept needs {name!r}, which the calibrations do not give.")

    def typical(self, names: list[str]) -> dict[str, float] | None:
        """Nothing is known of the function before it is called."""
        return None

    @property
    def units(self) -> Mapping[str, str]:
        """A function does not say the units of its parameters."""
        return {}

    def build(self, scenario: str | None, words: Mapping[str, str], numbers: Mapping[str, Array]) -> Question:
        """Call the function with arrays of numbers, and with words."""
        found = self.function(**words, **numbers)
        kinds = (ThreatGame, ClaimsProblem, StochasticProblem, CoalitionalProblem)
        instance(found, Problem, "the function swept must return the problem of these parameters", *kinds)
        return found  # type: ignore[no-any-return]


def _picked(kind: str, values: Mapping[str, Any], names: list[str]) -> dict[str, float]:
    for name in names:
        if name not in values:
            raise UnknownName(kind, name, values)
    return {name: float(values[name]) for name in names}


def units_of(problem: Question) -> dict[str, str]:
    """Return the units of a problem's terms, and of its parties' utilities and gains."""
    if not isinstance(problem, Problem):
        return {}
    found = dict(problem.feasible.units()) if isinstance(problem.feasible, IssueSet) else {}
    for party, unit in zip(problem.parties, problem.units, strict=True):
        found |= dict.fromkeys((f"utility {party}", f"gain {party}"), unit)
    return {name: unit for name, unit in found.items() if unit}


def swept(asked: Any, scenarios: Any) -> Swept:
    """Return what a user wants swept.

    Raises
    ------
    InvalidProblem, UnknownName
        If it is neither a case, a single problem, nor a function, or there are scenarios of something else than a case.
    """
    if isinstance(asked, Case):
        given = BASELINE if scenarios is None else scenarios
        names = (given,) if isinstance(given, str) else words("scenarios", given)
        if not names:
            raise InvalidProblem(f"there is no scenario to sweep; leave `scenarios` out, or name {BASELINE!r}.")
        for name in names:
            if name != BASELINE and name not in asked.scenarios:
                raise UnknownName("scenario", name, [BASELINE, *asked.scenarios])
        if len(set(names)) < len(names):
            raise InvalidProblem(f"scenarios = {list(names)} names one twice.")
        return OfCase(asked, names)
    if scenarios is not None:
        raise InvalidProblem(
            "only a case has scenarios; leave `scenarios` out, or let a parameter that is a word say them."
        )
    if isinstance(asked, Problem):
        if asked.shape:
            raise InvalidProblem(f"the problem is a stack already, of shape {asked.shape}; solve it by bg.compare.")
        return OfProblem(asked)
    if callable(asked):
        return OfFunction(asked)
    raise InvalidProblem(f"{asked!r} cannot be swept; give a case, a problem, or a function that returns a problem.")
