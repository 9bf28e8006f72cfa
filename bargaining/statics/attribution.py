"""Which parameters move a deal over the ranges chosen: Sobol' indices of terms and payoffs.

Let parameters be drawn uniformly and independently from ranges. The first-order index of a parameter is the share of an
outcome's variance that goes when the parameter is fixed, the total index the share that stays when all others are (Sobol'
1993, Sensitivity estimates for nonlinear mathematical models, Mathematical Modelling and Computational Experiment 1,
407-414; Homma and Saltelli 1996, Reliability Engineering and System Safety 52, 1-17). Estimated as in Saltelli, Annoni,
Azzini, Campolongo, Ratto and Tarantola (2010), Computer Physics Communications 181, 259-270, by
`scipy.stats.sobol_indices`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools, Codes
from bargaining.case import Case
from bargaining.checks import instance, number, spans, whole, words
from bargaining.concept import Concept, StrategicModel
from bargaining.errors import InvalidProblem, NotConverged, UnknownName
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status
from bargaining.sets.issues import IssueSet
from bargaining.solution import Solution, solve
from bargaining.statics.comparative import entering
from bargaining.sweeps.swept import OfProblem

if TYPE_CHECKING:
    import pandas as pd

CONSTANT = 1e-9
"""Share of an outcome's range by which draws must differ for it to have a variance, and not rounding."""

LOST = 0.01
"""Share of games that may have no outcome: the draws that they belong to are left out."""

PORTION = 65536
"""Games solved at a time."""

WEIGHTS = 2**23
"""Weights of draws that are held at a time."""


@dataclass(frozen=True, eq=False)
class VarianceShares:
    """Shares of the variance of outcomes over the ranges chosen, each parameter uniform and independent of the others.

    They describe the ranges, nothing else: a wider range has a larger share, and no share is one of the uncertainty about
    the world. Intervals say how far another sample of this size might differ.

    Attributes
    ----------
    question, concept, scenario
        What was asked.
    ranges : mapping of parameter to (low, high)
        In the order of the last axis of all indices.
    first, total : mapping of outcome to array, shape (p,)
        First-order and total indices; zero of an outcome that does not vary, which `constant` names.
    first_interval, total_interval : mapping of outcome to array, shape (p, 2)
        Their bootstrap intervals.
    mean, deviation : mapping of outcome to float
        Of the outcome over the draws.
    constant : mapping of outcome to float
        Outcomes that are the same in every draw, with their value.
    games, without_deal : int
        Draws of each of the two samples, and how many of all games have no agreement: there gains are zero.
    left_out : mapping of outcome to int
        Draws left out because one of their games has no such outcome: the solver could not finish it or, of terms, it has
        no agreement.
    confidence : float
        Of the intervals.
    """

    question: Case | Problem = field(repr=False)
    concept: Concept | StrategicModel
    scenario: str | None
    ranges: Mapping[str, tuple[float, float]]
    first: Mapping[str, Array] = field(repr=False)
    total: Mapping[str, Array] = field(repr=False)
    first_interval: Mapping[str, Array] = field(repr=False)
    total_interval: Mapping[str, Array] = field(repr=False)
    mean: Mapping[str, float]
    deviation: Mapping[str, float]
    constant: Mapping[str, float]
    games: int
    without_deal: int
    left_out: Mapping[str, int]
    confidence: float

    @property
    def label(self) -> str:
        """What the numbers are, for tables and figures."""
        return "share of the variance over the ranges chosen, uniform and independent"

    def table(self, of: str) -> pd.DataFrame:
        """Return one row a parameter, the largest total index first, with both indices and their intervals."""
        frame = self.to_dataframe()
        if of not in self.first:
            raise UnknownName("outcome of this analysis", str(of), self.first)
        rows = frame[frame["outcome"] == of].drop(columns=["outcome", "note"])
        return rows.sort_values("total", ascending=False, ignore_index=True, kind="stable")

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row an outcome and parameter; a note says of an outcome that it does not vary."""
        import pandas as pd

        lows, highs = (np.array([ends[side] for ends in self.ranges.values()]) for side in (0, 1))
        frames = []
        for name in self.first:
            columns: dict[str, Any] = {"outcome": name, "parameter": list(self.ranges), "low": lows, "high": highs}
            for word, index, ends in (
                ("first", self.first, self.first_interval), ("total", self.total, self.total_interval),
            ):  # fmt: skip
                columns |= {word: index[name], f"{word} from": ends[name][:, 0], f"{word} to": ends[name][:, 1]}
            columns["note"] = f"the same in every draw: {self.constant[name]:.6g}" if name in self.constant else ""
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def __repr__(self) -> str:
        said = []
        for name, total in self.total.items():
            if name in self.constant:
                said.append(f"{name} is {self.constant[name]:.4g} in every draw")
            else:
                top = np.argsort(-total, kind="stable")[:3]
                said.append(f"{name} " + ", ".join(f"{list(self.ranges)[p]} {total[p]:.2f}" for p in top))
        most = max(self.left_out.values())
        lost = [f"up to {most:,} of {self.games:,} draws left out"] * bool(most)
        lost += [f"{self.without_deal:,} games without a deal"] * bool(self.without_deal)
        return f"VarianceShares({self.concept.label}; {self.label}; totals: {'; '.join([*said, *lost])})"

    def _repr_html_(self) -> str:
        tables = [
            f"<p><b>{escape(name)}</b></p>{self.table(name).to_html(index=False, float_format=lambda v: f'{v:.3g}')}"
            for name in self.first
            if name not in self.constant
        ]
        return f"<p>{escape(repr(self))}</p>{''.join(tables)}"


def variance(
    question: Case | Problem,
    concept: Concept | StrategicModel,
    of: str | Iterable[str] | None = None,
    *,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    scenario: str | None = None,
    games: int = 4096,
    confidence: float = 0.95,
    resamples: int = 999,
    rng: int | np.random.Generator | None = None,
    **overrides: ArrayLike | str,
) -> VarianceShares:
    """Share the variance of terms and payoffs over ranges out among the parameters.

    Parameters are uniform on their ranges and independent: that is a choice, and all shares are relative to it. Discrete
    choices of a case are never averaged over; ask about one scenario at a time.

    Parameters
    ----------
    question : Case or Problem
        A case, or one problem over issues.
    concept : Concept or StrategicModel
        What `solve` takes.
    of : str or sequence of str, optional
        Outcomes: terms by name, "gain PARTY", "utility PARTY"; all terms and gains if left out.
    ranges : mapping of parameter to (low, high), optional
        A case's documented ranges of all parameters that enter, less those that the scenario or an override sets, if left
        out. Of a problem: its parameters, "disagreement PARTY" and "impatience PARTY".
    scenario, **overrides
        Of a case: what stays fixed, and at what.
    games : int
        Draws of each of two samples, a power of two, 16 or more; games * (parameters + 2) games are solved.
    confidence : float
        Of the intervals, which are percentiles of indices over draws that are drawn again with replacement.
    resamples : int
        How often.
    rng : int or Generator
        Source of randomness; the draws are scrambled Sobol' points.

    Returns
    -------
    VarianceShares

    Raises
    ------
    InvalidProblem
        On stacks, on ranges without meaning, and on terms where more than 1 % of the games have no agreement. Without a
        deal gains are zero and utilities those of disagreement, but there are no terms; draws with such games are left out
        of the indices of terms, and counted.
    NotConverged
        If the solver could not finish more than 1 % of the games; draws with such games are left out, and counted.
    UnknownName
        If a parameter, outcome or scenario has another name.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.from_issues([bg.Issue("share")], {"one": lambda share: share, "two": lambda share: 1 - share}, [0, 0])
    >>> found = bg.variance(pie, bg.Nash(), "share", games=256, rng=1,
    ...                     ranges={"disagreement one": (0.0, 0.1), "disagreement two": (0.0, 0.2)})
    >>> found.total["share"].round(2).tolist()  # share = (1 + d_1 - d_2) / 2: variances as 1 to 4
    [0.2, 0.8]
    """
    instance(question, Problem, "give a case, or a problem over issues made by bg.from_issues", Case)
    if not isinstance(concept, Concept | StrategicModel):
        raise InvalidProblem(f"{concept!r} is no solution concept or strategic model; write for example bg.Nash().")
    level = number("confidence", confidence, low=0.5, high=0.999)
    count = int(number("games", whole("games", games), low=16, high=2**20))
    again = int(number("resamples", whole("resamples", resamples), low=10, high=1e6))
    try:
        source = np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise InvalidProblem(f"rng = {rng!r} is neither a NumPy Generator nor a seed: {error}.") from error
    if count & (count - 1):
        raise InvalidProblem(f"games = {games!r} must be a power of two, of which Sobol' points are balanced; try 1024.")
    base, build = _builder(question, scenario, overrides)
    if base.shape:
        raise InvalidProblem("what is fixed makes a stack; variance is of one problem, and draws the rest itself.")
    limits = _limits(question, concept, base, ranges, scenario, overrides)
    sample = _Sample(base, build, concept, limits, _outcomes(base, of))
    return sample.shares(question, scenario, count, level, again, source)


Build = Callable[[Mapping[str, Array]], Problem]


def _builder(question: Case | Problem, scenario: str | None, overrides: Mapping[str, Any]) -> tuple[Problem, Build]:
    """Return the problem as it is, and what makes a stack of it from values of parameters."""
    if isinstance(question, Case):
        return question.problem(scenario, **overrides), lambda values: question.problem(scenario, **{**overrides, **values})
    if scenario is not None or overrides:
        raise InvalidProblem("a problem has no scenarios or overrides; build another, or give a case.")
    return question, lambda values: OfProblem(question).build(None, {}, values)


def _limits(
    question: Case | Problem, concept: Concept | StrategicModel, base: Problem,
    ranges: Mapping[str, tuple[float, float]] | None, scenario: str | None, overrides: Mapping[str, Any],
) -> dict[str, tuple[float, float]]:  # fmt: skip
    """Return the ranges asked for, or those of a case's documentation; what a scenario or the user sets stays."""
    fixed = set(overrides)
    if isinstance(question, Case):
        known = list(question.parameters)
        fixed |= set() if scenario is None else set(question.scenarios[scenario].set)
        if ranges is None:
            names = entering(question, dict(question.settings(scenario, **overrides)), concept)
            ends = {n: (question.parameters[n].low, question.parameters[n].high) for n in names if n not in fixed}
            ranges = {
                n: (low, high) for n, (low, high) in ends.items() if low is not None and high is not None and low < high
            }
    else:
        known = list(base.feasible.parameters) if isinstance(base.feasible, IssueSet) else []
        known += [f"disagreement {party}" for party in base.parties]
        known += [] if base.impatience is None else [f"impatience {party}" for party in base.parties]
    found = spans("ranges", {} if ranges is None else ranges)
    for name in found:
        if name not in known:
            raise UnknownName("parameter to draw", name, known)
        if name in fixed:
            raise InvalidProblem(f"{name} is both fixed and drawn from a range, by the scenario or by you; leave out one.")
    if not found:
        raise InvalidProblem("there is nothing to draw: give ranges={'name': (low, high)}.")
    return found


def _outcomes(problem: Problem, of: str | Iterable[str] | None) -> list[str]:
    """Return the names of outcomes, checked."""
    terms, gains = list(problem.feasible.bounds()), [f"gain {party}" for party in problem.parties]
    if of is None:
        return [*terms, *gains]
    known = [*terms, *gains, *(f"utility {party}" for party in problem.parties)]
    asked = words("of", [of] if isinstance(of, str) else of)
    for name in asked:
        if name not in known:
            raise UnknownName("outcome", name, known)
    if not asked:
        raise InvalidProblem("`of` names no outcome; leave it out for all terms and gains.")
    return list(dict.fromkeys(asked))


@dataclass(frozen=True)
class _Sample:
    """What is drawn and solved."""

    base: Problem
    build: Build
    concept: Concept | StrategicModel
    limits: dict[str, tuple[float, float]]
    outcomes: list[str]

    def shares(
        self, question: Case | Problem, scenario: str | None, count: int, confidence: float, resamples: int,
        rng: np.random.Generator,
    ) -> VarianceShares:  # fmt: skip
        """Draw, solve and estimate."""
        from scipy.stats import qmc, sobol_indices

        p = len(self.limits)
        values, status = self._solved(_points(p, qmc.Sobol(2 * p, rng=rng).random(count).T))
        values, status = values.reshape(len(self.outcomes), p + 2, count), status.reshape(p + 2, count)
        kept = self._kept(status)
        mean = np.array([np.mean(own[:2, use]) for own, use in zip(values, kept, strict=True)])
        values = np.where(kept[:, None], values, mean[:, None, None])  # draws at the mean take no part in any of the sums
        spread = np.ptp(values, axis=(1, 2))
        constant = {n: float(mean[s]) for s, n in enumerate(self.outcomes) if spread[s] <= CONSTANT * self._unit(n)}
        values = np.where(np.isin(self.outcomes, list(constant))[:, None, None], mean[:, None, None], values)
        more = values[[*range(len(values)), 0]]  # SciPy cannot hold one index of one outcome: one outcome is given twice
        parts: dict[Literal["f_A", "f_B", "f_AB"], Array] = {
            "f_A": more[:, 0],
            "f_B": more[:, 1],
            "f_AB": np.moveaxis(more[:, 2:], 0, 1),
        }
        found = sobol_indices(func=parts, n=count)
        first, total = (np.reshape(index, (-1, p))[:-1] for index in (found.first_order, found.total_order))
        tails = [50 * (1 - confidence), 50 * (1 + confidence)]
        ends = _intervals(values - mean[:, None, None], resamples, tails, rng)
        ends[np.isin(self.outcomes, list(constant))] = 0.0
        named = dict(enumerate(self.outcomes))
        return VarianceShares(
            question, self.concept, scenario, self.limits,
            {n: first[s] for s, n in named.items()}, {n: total[s] for s, n in named.items()},
            {n: ends[s][0] for s, n in named.items()}, {n: ends[s][1] for s, n in named.items()},
            {n: float(mean[s]) for s, n in named.items()},
            {n: float(np.std(values[s, :2][:, kept[s]])) for s, n in named.items()},
            constant, count, int(np.count_nonzero(status == Status.NO_AGREEMENT)),
            {n: int(np.count_nonzero(~kept[s])) for s, n in named.items()}, confidence,
        )  # fmt: skip

    def _solved(self, points: Array) -> tuple[Array, Codes]:
        """Return outcomes, (outcomes, games), of points of the unit box, (parameters, games), and statuses."""
        values, statuses = [], []
        for part in np.array_split(points, -(-points.shape[1] // PORTION), axis=1):
            drawn = {n: low + (high - low) * u for (n, (low, high)), u in zip(self.limits.items(), part, strict=True)}
            found = solve(self.build(drawn), self.concept, certify=False)
            status = np.broadcast_to(found.status, (part.shape[1],))
            values.append(np.stack([self._outcome(found, name, status) for name in self.outcomes]))
            statuses.append(status)
        return np.concatenate(values, axis=1), np.concatenate(statuses)

    def _outcome(self, found: Solution, name: str, status: Codes) -> Array:
        """Return an outcome of every game: without a deal parties have what disagreement gives them."""
        if name in found.terms:
            return np.broadcast_to(found.terms[name], status.shape)
        word, party = name.split(" ", 1)
        i = found.problem.parties.index(party)
        gain = np.where(status == Status.NO_AGREEMENT, 0.0, found.gains[..., i])
        return gain if word == "gain" else np.asarray(found.problem.disagreement[..., i] + gain)

    def _kept(self, status: Codes) -> Bools:
        """Return the draws, (outcomes, draws), all of whose games have the outcome; refuse if many games have none."""
        none = status == Status.NO_AGREEMENT
        lost = ~none & (status != Status.OK)
        if np.mean(lost) > LOST:
            codes, counts = np.unique(status, return_counts=True)
            said = {Status(int(code)).label: int(c) for code, c in zip(codes, counts, strict=True)}
            raise NotConverged(
                f"{np.count_nonzero(lost):,} of {lost.size:,} games were not solved ({said}); narrow the ranges to where "
                "the utilities are finite and a deal is found.", {"statuses": said},
            )  # fmt: skip
        terms = np.isin(self.outcomes, list(self.base.feasible.bounds()))
        if np.any(terms) and np.mean(none) > LOST:
            raise InvalidProblem(
                f"{np.count_nonzero(none):,} of {none.size:,} games have no agreement, and so no terms; variance "
                "would be that of the other games. Narrow the ranges, or ask for gains, which are zero without a deal: "
                f"of={[f'gain {party}' for party in self.base.parties]}."
            )
        return np.stack([~np.any(lost | none if term else lost, axis=0) for term in terms])

    def _unit(self, name: str) -> float:
        """Return the size of an outcome's own range, in the middle of the ranges drawn from."""
        bounds = self.base.feasible.bounds()
        if name in bounds:
            return bounds[name][1] - bounds[name][0]
        middle = self.build({n: np.array([0.5 * (low + high)]) for n, (low, high) in self.limits.items()})
        return float(np.max(middle.feasible.spread()[..., self.base.parties.index(name.split(" ", 1)[1])]))


def _points(parameters: int, draws: Array) -> Array:
    """Return all points to be solved, (parameters, games): the samples A and B, then A with each parameter in turn from B.

    `draws` (2 parameters, draws) holds A above B.
    """
    p, count = parameters, draws.shape[1]
    points = np.empty((p + 2, p, count))
    points[0], points[1], points[2:] = draws[:p], draws[p:], draws[:p]
    points[2 + np.arange(p), np.arange(p)] = draws[p:]
    return np.moveaxis(points, 1, 0).reshape(p, -1)


def _intervals(values: Array, resamples: int, tails: list[float], rng: np.random.Generator) -> Array:
    """Return percentiles, (outcomes, 2, parameters, 2), of both indices over draws drawn again with replacement."""
    count = values.shape[2]
    blocks = np.array_split(np.arange(resamples), -(-resamples * count // WEIGHTS))
    shares = []
    for block in blocks:
        weights = rng.multinomial(count, np.full(count, 1.0 / count), size=block.size).astype(float)
        shares.append(np.stack([_shares(own, weights) for own in values]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # outcomes that do not vary have no shares
        return np.moveaxis(np.nanpercentile(np.concatenate(shares, axis=2), tails, axis=2), 0, -1)


def _shares(values: Array, weights: Array) -> Array:
    """Return both indices, (2, resamples, parameters), of an outcome with mean zero; NaN where it does not vary.

    `values` are (parameters + 2, draws), and `weights` (resamples, draws) count how often each draw was drawn.
    """
    a, b, mixed = values[0], values[1], values[2:]
    size = np.sum(weights[0])
    both = (weights @ (a**2 + b**2)) / (2 * size) - (weights @ (a + b) / (2 * size)) ** 2
    first = weights @ (b * (mixed - a)).T / size
    total = weights @ ((mixed - a) ** 2).T / (2 * size)
    return np.stack([first, total]) / np.where(both > 0, both, np.nan)[:, None]
