"""One chunk of a sweep: from rows of calibrations to a table of answers. The one place where a sweep solves problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bargaining._types import Bools, Codes, Indices
from bargaining.awards import Awards
from bargaining.calibrations.rows import Calibrations, Rows
from bargaining.errors import InvalidProblem, NoAgreement, NotConverged, NotConvex, NotFinite
from bargaining.numerics.backends import using
from bargaining.problems.claims import ClaimsProblem
from bargaining.sets.base import Status
from bargaining.solution import Method, Question, attempt
from bargaining.sweeps.swept import Swept
from bargaining.tables import Columns, awards_columns, columns

if TYPE_CHECKING:
    import pandas as pd

FAULTS = (ValueError, ArithmeticError)
"""What is raised for numbers that make no problem: InvalidProblem, NotFinite and their like, overflow, division by zero. A
name that does not exist or an operation without a derivative concerns all games and is none of these."""

STATUSES = {NotFinite: Status.NOT_FINITE, NotConverged: Status.NOT_CONVERGED, NotConvex: Status.NOT_CONVEX,
            NoAgreement: Status.NO_AGREEMENT}  # fmt: skip

KEYS = ("game", "scenario", "concept", "status")
"""Columns that say what a row is; they are always kept."""


@dataclass(frozen=True)
class Plan:
    """All that is needed to solve any rows of a sweep.

    `labels` are the concepts' names in the table, `numbers` its columns of answers in order, `columns` those of all columns
    that are kept, and `units` what they are measured in. `backend` and `threads` are what solves the games (see `solve`),
    the same for all chunks.
    """

    swept: Swept
    concepts: tuple[Method, ...]
    labels: tuple[str, ...]
    certify: bool
    numbers: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    backend: str = "numpy"
    threads: int = 0

    @property
    def scenarios(self) -> tuple[str | None, ...]:
        """The scenarios; a single None where there is no such thing."""
        return (None,) if self.swept.scenarios is None else self.swept.scenarios

    def table(self, calibrations: Calibrations, first: int) -> pd.DataFrame:
        """Solve all games of these calibrations, the first of which has the number `first`.

        One row a game, scenario and concept, in this order: the answers do not depend on the company of a game, nor does
        their order.
        """
        import pandas as pd

        games = calibrations.games
        rows = calibrations.rows(0, games)
        width = len(self.scenarios) * len(self.labels)
        answers = _Answers(games, width, self.numbers, [name for name in self.numbers if name in self.columns])
        for block, scenario in enumerate(self.scenarios):
            for words, at in _groups(rows, calibrations):
                self._solve(answers, block * len(self.labels), scenario, words, rows, at)
        if answers.unforeseen:
            raise InvalidProblem(
                f"what is swept makes problems of another shape for some numbers: {', '.join(sorted(answers.unforeseen))} "
                "did not occur in those it was tried on. Let a parameter that is a word tell such problems apart."
            )
        found: dict[str, Any] = {"game": np.repeat(np.arange(first, first + games), width)}
        found |= {name: np.repeat(values, width) for name, values in rows.items()}
        outer, inner = np.divmod(np.tile(np.arange(width), games), len(self.labels))
        if self.swept.scenarios is not None:
            found["scenario"] = _words(self.swept.scenarios, outer)
        found["concept"] = _words(self.labels, inner)
        found |= answers.columns()
        return pd.DataFrame({name: found[name] for name in self.columns})

    def _solve(
        self, answers: _Answers, block: int, scenario: str | None, words: Mapping[str, str], rows: Rows, at: Indices
    ) -> None:
        """Solve the games `at` by all concepts, and write the answers into the blocks from `block` on."""
        inputs = {name: values for name, values in rows.items() if values.dtype != object}

        def build(games: Indices) -> Question:
            return self.build(scenario, words, {name: values[games] for name, values in inputs.items()})

        sound, problem = _sift(build, at, answers, slice(block, block + len(self.labels)))
        for place, concept in enumerate(self.concepts, start=block):
            if problem is None:
                return

            def work(games: Indices, concept: Method = concept, place: int = place) -> None:
                asked = problem if games is sound else build(games)
                answers.write(games, place, self.answer(asked, concept))

            def blame(game: Indices, status: Status, place: int = place) -> None:
                answers.blame(game, place, status)

            _isolate(work, sound, blame)

    def build(self, scenario: str | None, words: Mapping[str, str], numbers: Rows) -> Question:
        """Return the problem of some rows: a stack with one game a row, or a single problem that holds for all."""
        with np.errstate(all="ignore"):  # what is not finite has a status
            problem = self.swept.build(
                scenario, words, {name: np.ascontiguousarray(values) for name, values in numbers.items()}
            )
        games = len(next(iter(numbers.values()), ()))
        if problem.shape not in ((), (games,)):
            raise InvalidProblem(
                f"{games} calibrations made a stack of problems of shape {problem.shape}; what is swept must return one "
                "problem a calibration, by arithmetic on arrays of one number a game."
            )
        return problem

    def answer(self, problem: Question, concept: Method) -> Columns:
        """Return a concept's answer to every game of a problem as columns, statuses as codes."""
        with using(self.backend, 1, self.threads):
            found = attempt(problem, concept, certify=self.certify)
        if isinstance(problem, ClaimsProblem) or isinstance(found, Awards):
            table = awards_columns(problem, found)  # type: ignore[arg-type] # awards are those of claims problems
        else:
            table = columns(found, fractions=False)
        return table if self.certify else {name: values for name, values in table.items() if name != "gap"}


class _Answers:
    """Answers as they come in, one row a game and one column a scenario and concept; games without one have a status.

    `unforeseen` are columns that nothing was known of.
    """

    def __init__(self, games: int, width: int, known: Sequence[str], kept: Sequence[str]) -> None:
        self.known = {*known, "status"}
        self.unforeseen: set[str] = set()
        self.numbers = {name: np.full((games, width), np.nan) for name in kept}
        self.status = np.full((games, width), np.int8(Status.NOT_FINITE))

    def write(self, games: Indices, place: int, found: Columns) -> None:
        """Write down what was found for these games; one row holds for all."""
        self.unforeseen |= {*found} - self.known
        for name, values in found.items():
            if name in self.numbers:
                self.numbers[name][games, place] = values
        self.status[games, place] = found["status"]

    def blame(self, game: Indices, place: int | slice, status: Status) -> None:
        """Write down why a game has no answer."""
        self.status[game, place] = status

    def columns(self) -> dict[str, Any]:
        """Return the columns of a table with a row a game, scenario and concept."""
        status = _words([status.label for status in Status], self.status.ravel())
        return {**{name: values.ravel() for name, values in self.numbers.items()}, "status": status}


def _groups(rows: Rows, calibrations: Calibrations) -> Iterator[tuple[dict[str, str], Indices]]:
    """Return every combination of words with the rows that have it; rows in which something is missing belong to none."""
    known = finite(rows)
    words = {name: values for name, values in rows.items() if values.dtype == object}
    if not words:
        yield {}, np.flatnonzero(known)
        return
    kinds = dict.fromkeys(zip(*(values[known] for values in words.values()), strict=True))
    for kind in kinds:
        same = [values == word for values, word in zip(words.values(), kind, strict=True)]
        yield dict(zip(words, kind, strict=True)), np.flatnonzero(np.logical_and.reduce([known, *same]))


def finite(rows: Rows) -> Bools:
    """Say in which rows every number is finite and no word is missing."""
    known = [values != None if values.dtype == object else np.isfinite(values) for values in rows.values()]  # noqa: E711 - elementwise
    return np.asarray(np.logical_and.reduce(known), dtype=np.bool_)


def _sift(
    build: Callable[[Indices], Question], games: Indices, answers: _Answers, blocks: slice
) -> tuple[Indices, Question | None]:
    """Return the games whose numbers make a problem, and the problem they make; the others get a status."""
    if not games.size:
        return games, None
    try:
        return games, build(games)
    except FAULTS:
        sound = np.ones(games.size, np.bool_)

    def blame(game: Indices, status: Status) -> None:
        sound[np.searchsorted(games, game)] = False
        answers.blame(game, blocks, status)

    _isolate(build, games, blame)
    return games[sound], build(games[sound]) if sound.any() else None


def _isolate(work: Callable[[Indices], Any], games: Indices, blame: Callable[[Indices, Status], None]) -> None:
    """Do work on games; where it is refused, halve them until those at fault are alone, and blame these."""
    waiting = [games]
    while waiting:
        part = waiting.pop()
        try:
            work(part)
        except FAULTS as error:
            if part.size == 1:
                blame(part, next((status for kind, status in STATUSES.items() if isinstance(error, kind)), Status.INVALID))
            else:
                waiting += [part[part.size // 2 :], part[: part.size // 2]]


def _words(labels: Sequence[str], codes: Indices | Codes) -> Any:
    """Return a column of words by their numbers: taken from a few, not made one by one."""
    import pandas as pd

    return pd.Series(list(labels)).array.take(codes)
