"""A documented case: parameters with sources, scenarios, and a model that turns them into a bargaining problem."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bargaining._types import Array, Bools, Entry
from bargaining.calibrations.sampling import Sampling, draws
from bargaining.checks import party_number
from bargaining.concept import Concept, StrategicModel
from bargaining.errors import InvalidProblem, OutsideRange, UnknownName
from bargaining.problems.problem import Problem
from bargaining.problems.stochastic import StochasticProblem
from bargaining.problems.threats import ThreatGame

Settings = Mapping[str, Any]
"""Every parameter and choice of a case by name: numbers or arrays, and words."""

EVIDENCE = Literal["SEEN", "SEEN-2", "MEM", "A"]
"""SEEN: read in the source; SEEN-2: another outlet's retelling; MEM: recalled, not confirmed; A: an assumption."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Entry):
    """A number of a case: its value and range, and where it comes from."""

    title: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str
    source: str
    as_of: str
    evidence: EVIDENCE

    @model_validator(mode="after")
    def _ordered(self) -> Parameter:
        if (self.low is None) != (self.high is None):
            raise ValueError("give both low and high, or neither")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"value {self.value} is outside its range [{self.low}, {self.high}]")
        return self


class Choice(_Entry):
    """A question that has a few discrete answers, never to be averaged over."""

    title: str
    value: str
    options: tuple[str, ...]
    source: str
    evidence: EVIDENCE


class Scenario(_Entry):
    """A named set of changes to the baseline."""

    title: str
    set: dict[str, float | str]


class Deal(_Entry):
    """A deal that somebody else might have in mind, to be marked beside the solutions."""

    title: str
    terms: dict[str, float]


class CaseFile(_Entry):
    """The contents of a case's `parameters.toml`."""

    title: str
    as_of: str
    parameters: dict[str, Parameter]
    choices: dict[str, Choice] = {}
    scenarios: dict[str, Scenario] = {}
    deals: dict[str, Deal] = {}


@dataclass(frozen=True)
class Inputs:
    """What a model turns settings into, and puts its problem together from: numbers, or jets where settings are jets.

    `parameters` are those of the problem's functions, `disagreement` and `impatience` have an entry a party, `bounds` are
    those issues' ends that depend on settings, and `kinks` says of settings in which games the numbers have a kink right
    there: their derivatives are those to the left.
    """

    parameters: Mapping[str, Entry]
    disagreement: Sequence[Entry]
    impatience: Sequence[Entry] = ()
    bounds: Mapping[str, tuple[Entry, Entry]] = field(default_factory=dict)
    kinks: Mapping[str, Bools] = field(default_factory=dict)


class Model(Protocol):
    """What the `model` module of a case provides."""

    def build(self, settings: Settings) -> Problem:
        """Return the problem, a stack if some settings are arrays."""

    def inputs(self, settings: Settings) -> Inputs:
        """Return the numbers that the problem is put together from; settings may be jets (for `comparative_statics`)."""

    def no_deal(self, settings: Settings) -> ThreatGame:
        """Return the game that the parties play without a deal, with the deals that they can agree on instead."""

    def talks(self, settings: Settings, game: str, first: int) -> StochasticProblem:
        """Return the parties' talks over time, in which the party of this number proposes first."""

    def concepts(self, settings: Settings) -> dict[str, Concept | StrategicModel]:
        """Return the concepts that the case is solved by, under the names of the command line."""

    def restate(self, terms: Mapping[str, Array], settings: Settings) -> dict[str, Array]:
        """Return terms in other conventions in use, by name."""


@dataclass(frozen=True)
class Case:
    """A real bargain as data and model; `problem` puts them together.

    Examples
    --------
    >>> import bargaining as bg
    >>> case = bg.cases.load("microsoft-openai")
    >>> deal = bg.solve(case.problem(), bg.Nash())
    >>> round(float(deal.terms["stake"]), 3)
    0.112
    """

    name: str
    title: str
    as_of: str
    parameters: Mapping[str, Parameter]
    choices: Mapping[str, Choice]
    scenarios: Mapping[str, Scenario]
    deals: Mapping[str, Deal]
    model: Model = field(repr=False)

    def settings(self, scenario: str | None = None, **overrides: ArrayLike | str) -> Settings:
        """Return all parameters and choices: the baseline, changed by a scenario, then by overrides.

        Raises
        ------
        UnknownName, InvalidProblem
            If a scenario, parameter or option has another name, or a value is not a number.

        Warns
        -----
        OutsideRange
            If an override lies outside the documented range of its parameter.
        """
        values: dict[str, Any] = {name: p.value for name, p in self.parameters.items()}
        values |= {name: c.value for name, c in self.choices.items()}
        if scenario is not None:
            if scenario not in self.scenarios:
                raise UnknownName("scenario", scenario, self.scenarios)
            values |= self.scenarios[scenario].set
        for name, value in overrides.items():
            values[name] = self._checked(name, value)
        return MappingProxyType(values)

    def _checked(self, name: str, value: ArrayLike | str) -> Array | str:
        if name in self.choices:
            if value not in self.choices[name].options:
                raise UnknownName(f"option of {name}", str(value), self.choices[name].options)
            return str(value)
        if name not in self.parameters:
            raise UnknownName("parameter or choice", name, [*self.parameters, *self.choices])
        try:
            number = np.asarray(value, dtype=float)
        except (TypeError, ValueError) as error:
            raise InvalidProblem(f"{name} = {value!r} is not a number.") from error
        if not number.ndim and not np.isfinite(number):
            raise InvalidProblem(f"{name} = {number} is not a finite number.")
        known = self.parameters[name]
        if known.low is not None and known.high is not None and np.any((number < known.low) | (number > known.high)):
            warnings.warn(
                f"{name} = {number} is outside the documented range {known.low:g} to {known.high:g} ({known.title}).",
                OutsideRange,
                stacklevel=4,
            )
        return number

    def problem(self, scenario: str | None = None, **overrides: ArrayLike | str) -> Problem:
        """Return the bargaining problem of the baseline, a scenario, or your own values; arrays make a stack."""
        return self.model.build(self.settings(scenario, **overrides))

    def no_deal(self, scenario: str | None = None, **overrides: ArrayLike | str) -> ThreatGame:
        """Return the game that the parties play without a deal, of the baseline, a scenario, or your own values.

        Its equilibria and threats are other answers to the question what each party has if there is no deal.

        Raises
        ------
        InvalidProblem
            If the case has no such game.

        Examples
        --------
        >>> import bargaining as bg
        >>> game = bg.cases.load("microsoft-openai").no_deal()
        >>> game.rows, game.columns
        (('keep', 'build', 'litigate'), ('keep', 'buy elsewhere', 'complain'))
        """
        if not hasattr(self.model, "no_deal"):
            raise InvalidProblem(f"case {self.name!r} says nothing of what the parties do without a deal.")
        return self.model.no_deal(self.settings(scenario, **overrides))

    def talks(
        self, game: str, scenario: str | None = None, *, first: int | str = 0, **overrides: ArrayLike | str
    ) -> StochasticProblem:
        """Return talks over time between the parties, who propose in turn; the model says which games there are.

        Raises
        ------
        UnknownName, InvalidProblem
            If there is no such game or party, or the case has no talks over time.

        Examples
        --------
        >>> import bargaining as bg
        >>> case = bg.cases.load("microsoft-openai")
        >>> found = bg.solve(case.talks("cliff", first="OpenAI"), bg.MarkovPerfect())
        >>> round(float(found.offers[0][1].terms["stake"]), 2)
        0.1
        """
        if not hasattr(self.model, "talks"):
            raise InvalidProblem(f"case {self.name!r} has no talks over time.")
        settings = self.settings(scenario, **overrides)
        parties = self.model.build(settings).parties
        return self.model.talks(settings, game, party_number("first", first, parties))

    def concepts(self, scenario: str | None = None, **overrides: ArrayLike | str) -> dict[str, Concept | StrategicModel]:
        """Return the concepts and models that the case is solved by, by name."""
        return self.model.concepts(self.settings(scenario, **overrides))

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The documented range of every parameter that has one."""
        return {
            name: (p.low, p.high)
            for name, p in self.parameters.items()
            if p.low is not None and p.high is not None and p.low < p.high
        }

    def draw(
        self, games: int, rng: int | np.random.Generator | None = None, method: Sampling = "uniform"
    ) -> dict[str, Array]:
        """Draw parameters from their documented ranges: `bg.draws(case.ranges, games, rng, method)`, all of them at once.

        The draws describe our boxes of ignorance, nothing else: their quantiles are no confidence interval. Choices and
        parameters without a range stay at the baseline.
        """
        return draws(self.ranges, games, rng, method).rows(0, games)


def read(path: Path, name: str, model: Model) -> Case:
    """Read a case's `parameters.toml`.

    Raises
    ------
    InvalidProblem
        With every fault of the file, each with its place and rule.
    """
    import tomllib

    try:
        found = CaseFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise InvalidProblem(f"{path.name} of case {name!r} is no valid TOML: {error}.") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']} (got {e['input']!r})" for e in error.errors())
        raise InvalidProblem(f"{path.name} of case {name!r} has {error.error_count()} faults: {faults}.") from error
    for label, scenario in found.scenarios.items():
        for key in scenario.set:
            if key not in found.parameters and key not in found.choices:
                raise UnknownName(f"parameter or choice, set by scenario {label!r},", key, found.parameters)
    return Case(name, found.title, found.as_of, found.parameters, found.choices, found.scenarios, found.deals, model)
