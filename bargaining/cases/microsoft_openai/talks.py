"""The two firms' talks month by month, as chains of states: who proposes, what may happen meanwhile, and what is then left.

An offer and the reply's counter-offer are a `period` apart. While talks last both have the contract to 2030; with hazard
`breakdown` talks end for good and leave the same. What else may happen is one event a game:

    monthly      nothing else
    cliff        conditional funding lapses after 31 December 2025: a deal is then worth less by `cliff_loss`
    declaration  AGI is declared, with hazard `lam_talks`: talks end, and the contract is left without revenue share or
                 access
    ruling       regulators rule before a deal, with hazard `ruling`: with probability `pbar` any deal is free to go
                 ahead, else none is, and the contract is left
    declining    what the contract is worth without conversion declines month by month up to 31 December 2025, when the
                 whole loss L is reached

Both sides attach the same probabilities to events during the talks, though their beliefs about AGI differ where they value
what comes after a deal: an assumption. The model has complete information and says nothing of how long talks last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bargaining._types import Array, Entry
from bargaining.case import Settings
from bargaining.problems.problem import Problem
from bargaining.problems.stochastic import End, State, StochasticProblem

Numbers = Mapping[str, Entry]

WHOLE = 1e-9
"""Part of a round by which a number of rounds may miss a whole one in rounding."""

NO_PAYMENTS = 1e-9
"""What has been paid under the contract by a declaration during the talks, in $bn: next to nothing, but a divisor."""


@dataclass(frozen=True)
class Parts:
    """The model's parts: settings, what `prepare` makes of them, what an `impasse` then pays, and the `deals`."""

    settings: Settings
    prepare: Callable[[Settings], Numbers]
    impasse: Callable[[Numbers], Numbers]
    deals: Callable[[Numbers], Problem]

    @cached_property
    def numbers(self) -> Numbers:
        """The numbers of the model."""
        return self.prepare(self.settings)


def costs(settings: Settings, problem: Problem) -> dict[str, Any]:
    """Return what a round without agreement costs."""
    period = float(settings["period"])
    return {
        "factors": np.exp(-np.asarray(problem.impatience) * period),
        "breakdown": -np.expm1(-np.asarray(settings["breakdown"]) * period),
    }


def turns(problem: Problem, first: int) -> list[tuple[int, str]]:
    """Return who proposes and after whom: numbers and names, the first to propose first."""
    return [(who, problem.parties[who]) for who in (first, 1 - first)]


def endless(problem: Problem, settings: Settings, first: int, prefix: str = "") -> list[State]:
    """Return two states in which the parties propose in turn without end."""
    (one, mine), (two, yours) = turns(problem, first)
    spent = costs(settings, problem)
    return [
        State(f"{prefix}{mine} proposes", problem, one, f"{prefix}{yours} proposes", **spent),
        State(f"{prefix}{yours} proposes", problem, two, f"{prefix}{mine} proposes", **spent),
    ]


def months(settings: Settings) -> int:
    """Return the number of rounds that end by 31 December 2025."""
    return max(int(float(settings["cliff"]) / float(settings["period"]) + WHOLE), 1)


def monthly(parts: Parts, first: int) -> StochasticProblem:
    """Return talks in which nothing else happens: Rubinstein's, with breakdown."""
    return StochasticProblem(tuple(endless(parts.deals(parts.numbers), parts.settings, first)))


def cliff(parts: Parts, first: int) -> StochasticProblem:
    """Return talks in which a deal after 31 December 2025 is worth less to OpenAI's side by what funding lapses."""
    settings, numbers = parts.settings, parts.numbers
    before = parts.deals(numbers)
    after = parts.deals({**numbers, "V0": numbers["V0"] - settings["cliff_loss"]})
    count = months(settings)
    late = endless(after, settings, (first + count) % 2, "after the cliff, ")
    return StochasticProblem((*_countdown([before] * count, settings, first, late[0].name), *late))


def declining(parts: Parts, first: int) -> StochasticProblem:
    """Return talks in which the impasse is worth less every month until the whole loss of not converting is reached."""
    settings, count = parts.settings, months(parts.settings)
    path = [parts.deals(parts.prepare({**settings, "L": settings["L"] * month / count})) for month in range(count)]
    late = endless(parts.deals(parts.numbers), settings, (first + count) % 2, "from 2026 on, ")
    return StochasticProblem((*_countdown(path, settings, first, late[0].name), *late))


def declaration(parts: Parts, first: int) -> StochasticProblem:
    """Return talks in which AGI may be declared, which ends the contract's revenue share and access, and the talks."""
    settings, numbers = parts.settings, parts.numbers
    left = parts.impasse({**numbers, "PV_M": 0.0 * numbers["PV_M"], "PV_O": 0.0 * numbers["PV_O"], "payments": NO_PAYMENTS})
    chance = -np.expm1(-np.asarray(settings["lam_talks"]) * float(settings["period"]))
    states = [
        state.replace(next={state.next: 1 - chance, "AGI declared": chance})
        for state in endless(parts.deals(parts.numbers), parts.settings, first)
    ]
    return StochasticProblem((*states, End("AGI declared", _pair(left["d_M"], left["d_O"]))))


def ruling(parts: Parts, first: int) -> StochasticProblem:
    """Return talks in which regulators may rule before there is a deal."""
    settings, numbers = parts.settings, parts.numbers
    before, chance = parts.deals(numbers), -np.expm1(-np.asarray(settings["ruling"]) * float(settings["period"]))
    pbar = np.asarray(settings["pbar"])
    clear = parts.deals({**numbers, "pbar": 1.0 + 0 * pbar, "b_s": 0 * pbar, "b_a": 0 * pbar, "b_g": 0 * pbar})
    states = [
        state.replace(
            next={state.next: 1 - chance, f"cleared, {state.next}": chance * pbar, "refused": chance * (1 - pbar)}
        )
        for state in endless(before, settings, first)
    ]
    return StochasticProblem(
        (*states, *endless(clear, settings, 1 - first, "cleared, "), End("refused", before.disagreement))
    )


GAMES: dict[str, Callable[[Parts, int], StochasticProblem]] = {
    "monthly": monthly, "cliff": cliff, "declaration": declaration, "ruling": ruling, "declining": declining,
}  # fmt: skip


def _countdown(path: list[Problem], settings: Settings, first: int, after: str) -> list[State]:
    """Return a round a month, over these deals, in which the parties propose in turn; then talks go on elsewhere."""
    names = [f"month {month + 1}" for month in range(len(path))]
    return [
        State(name, problem, (first + month) % 2, follows, **costs(settings, problem))
        for month, (name, problem, follows) in enumerate(zip(names, path, [*names[1:], after], strict=True))
    ]


def _pair(first: Entry, second: Entry) -> Array:
    return np.stack(np.broadcast_arrays(np.asarray(first, dtype=float), np.asarray(second, dtype=float)), axis=-1)
