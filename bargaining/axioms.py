"""Axioms of cooperative bargaining, as searches for a problem on which a concept breaks them.

An axiom compares what a concept says about problems that belong together: a set and its subset, one disagreement point and
another, two parties and three. No number of trials proves that it holds; one violation, returned with its problems, proves
that it does not. The problems are convex hulls of a few points with free disposal, drawn at random or near a given problem,
so that concepts are exact on them. The definitions follow Thomson (1994), Cooperative models of bargaining, in Aumann and
Hart (eds), Handbook of Game Theory 2, chapter 35, and the papers that each axiom names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bargaining._types import Array
from bargaining.checks import instance, number, sequence
from bargaining.concept import Concept
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.problems.lotteries import lotteries
from bargaining.problems.pies import split
from bargaining.problems.points import from_points
from bargaining.problems.problem import Problem
from bargaining.problems.transforms import section
from bargaining.rays import prospects
from bargaining.sets.base import Status
from bargaining.solution import Solution, attempt, solve
from bargaining.utilities.power import Power

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-6
"""Share of a party's ideal gain by which an axiom must be missed to count as violated."""

POINTS = 7
"""Alternatives whose lotteries make up a random problem."""

VIEWS = 40
"""Directions in which the frontier of a given problem is looked at for efficient deals."""

LEFT_OVER = 1e-4
"""Share of an ideal gain that a party can have at no cost to others before a point counts as inefficient: rounding of the
others' payoffs, on a steep frontier, leaves some."""

Make = Callable[[Any], Problem]
"""Of the number of a trial: its problem; of slice(None): the stack of all."""


@dataclass(frozen=True)
class Violation:
    """A proof that a concept breaks an axiom: the problems compared, what the concept says of each, and by how much.

    `missed` is a share of the ideal gains in the first problem.
    """

    problems: tuple[Problem, ...]
    solutions: tuple[Solution, ...]
    missed: float


@dataclass(frozen=True)
class Search:
    """What a search found; `violation` is None if there was none in the `tested` trials that had solutions."""

    axiom: Axiom
    concept: Concept
    tested: int
    violation: Violation | None

    def __repr__(self) -> str:
        if self.violation is None:
            return f"{self.axiom.title}, {self.concept.label}: none in {self.tested:,} trials"
        told = ", then ".join(_point(solution.utilities) for solution in self.violation.solutions)
        return (
            f"{self.axiom.title}, {self.concept.label}: violated, by {self.violation.missed:.2%} of an ideal gain. "
            f"The axiom says: {self.axiom.statement}. The concept says: {told} (see violation.problems)"
        )


@dataclass(frozen=True)
class Case:
    """The problems that an axiom compares, and by how much it is missed in each trial, (trials,)."""

    makes: tuple[Make, ...]
    missed: Array


@dataclass(frozen=True)
class Axiom:
    """A property that solutions may have: `statement` says what, for S with disagreement d, its ideal point a and choice F.

    `least` is the number of parties that it needs. `test` draws problems and compares what a concept says of them.
    """

    name: str
    title: str
    statement: str
    source: str
    least: int
    test: Callable[[Draws, Concept], Case]

    def __repr__(self) -> str:
        return f"{self.title}: {self.statement} ({self.source})"


AXIOMS: dict[str, Axiom] = {}
"""All axioms by name."""


class Draws:
    """Random problems: hulls of points in gains over disagreement, all trials at once."""

    def __init__(self, trials: int, n: int, rng: np.random.Generator, around: Problem | None) -> None:
        self.trials, self.n, self.rng = trials, n, rng
        self.scale = 10.0 ** rng.uniform(-0.5, 0.5, (trials, 1, n))
        self.base = rng.normal(size=(trials, n)) * self.scale[:, 0]
        self.views: Array | None = None
        if around is not None:
            if prospects(around) != Status.OK:
                raise InvalidProblem("problems are drawn around one that has an agreement; this one has none.")
            self.views = _views(around, rng)
            self.scale = np.broadcast_to(around.gains(around.ideal), (trials, 1, n))
            self.base = np.broadcast_to(around.disagreement, (trials, n))

    def gains(self, count: int = POINTS) -> Array:
        """Return gains of alternatives, (trials, count, n): random, or efficient ones of the given problem, moved."""
        if self.views is not None:
            pick = self.rng.integers(len(self.views), size=(self.trials, count))
            pick[:, : self.n] = np.arange(self.n)[:count]  # the parties' best deals, so that ideal points stay near
            return np.asarray(self.views[pick] * self.rng.uniform(0.9, 1.1, (self.trials, count, self.n)))
        rays = np.abs(self.rng.normal(size=(self.trials, count, self.n))) ** 1.5
        power = self.rng.uniform(1.1, 4.0, (self.trials, 1, 1))
        norm = np.sum(rays**power, axis=-1, keepdims=True) ** (1.0 / power)
        return np.asarray(rays / norm * self.rng.uniform(0.75, 1.0, (self.trials, count, 1)) * self.scale)

    def party(self) -> Array:
        """Return a party for each trial, marked by True, (trials, n)."""
        return np.asarray(np.arange(self.n) == self.rng.integers(self.n, size=self.trials)[:, None])

    def share(self, low: float, high: float, *shape: int) -> Array:
        """Return uniform numbers, (trials, ...)."""
        return np.asarray(self.rng.uniform(low, high, (self.trials, *shape)))


def search(
    axiom: str | Axiom, concept: Concept, *, around: Problem | None = None, parties: int = 2, trials: int = 1000,
    rng: np.random.Generator | int | None = 0,
) -> Search:  # fmt: skip
    """Look for a problem on which a concept breaks an axiom.

    Parameters
    ----------
    axiom : str or Axiom
        Its name, one of `AXIOMS`, as in "iia".
    concept : Concept
        What is put to the test.
    around : Problem, optional
        Problems are drawn near this one, as hulls of some of its efficient deals, whose gains are moved by up to a tenth;
        wholly at random if left out.
    parties : int
        How many parties random problems have; `around` brings its own.
    trials : int
        Problems, or pairs of problems, to look at.
    rng : Generator or int
        Source of randomness.

    Returns
    -------
    Search
        With the worst violation found and its witness, or none.

    Raises
    ------
    UnknownName, InvalidProblem
        If there is no such axiom, it needs more parties, or the concept does not apply to these problems.

    Examples
    --------
    Nash and Kalai-Smorodinsky part ways over two axioms:

    >>> import bargaining as bg
    >>> bg.axioms.search("iia", bg.Nash(), trials=200)
    independence of irrelevant alternatives, Nash: none in 200 trials
    >>> found = bg.axioms.search("iia", bg.KalaiSmorodinsky(), trials=200)
    >>> larger, smaller = found.violation.solutions
    >>> bool(found.violation.missed > 0.05)
    True
    """
    rule = _named(axiom)
    instance(concept, Concept, "axioms speak of solution concepts, for example bg.Nash()")
    count = number("trials", trials, low=1.0, high=1e7)
    size = number("parties", parties, low=2.0, high=10.0)
    if not (count.is_integer() and size.is_integer()):
        raise InvalidProblem(f"trials = {trials!r} and parties = {parties!r} must be whole numbers.")
    if around is not None:
        instance(around, Problem, "problems are drawn around a problem")
        if around.shape:
            raise InvalidProblem(f"problems are drawn around one problem; this is a stack of shape {around.shape}.")
    try:
        source = np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise InvalidProblem(f"rng = {rng!r} is neither a NumPy Generator nor a seed: {error}.") from error
    draws = Draws(int(count), int(size) if around is None else around.n, source, around)
    if draws.n < rule.least:
        raise InvalidProblem(f"{rule.title} compares groups of parties: it needs at least {rule.least}, not {draws.n}.")
    case = rule.test(draws, concept)
    tested = int(np.count_nonzero(np.isfinite(case.missed)))
    if not tested:
        raise InvalidProblem(f"{concept.label} has no solution on any of the {int(count)} problems drawn.")
    missed = np.where(np.isfinite(case.missed), case.missed, -np.inf)
    worst = int(np.argmax(missed))
    if not missed[worst] > TOLERANCE:
        return Search(rule, concept, tested, None)
    problems = tuple(make(worst) for make in case.makes)
    solutions = tuple(solve(problem, concept) for problem in problems)
    return Search(rule, concept, tested, Violation(problems, solutions, float(missed[worst])))


def table(
    concepts: Iterable[Concept], axioms: Iterable[str | Axiom] | None = None, *, parties: int = 2, trials: int = 300,
    rng: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Set axioms against concepts: where a violation was found, and where none was.

    Returns
    -------
    DataFrame
        One row an axiom, one column a concept: "no" where some problem breaks the axiom, "none found" where no trial did,
        and "-" where the axiom does not apply.

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.axioms.table([bg.Nash(), bg.KalaiSmorodinsky()], ["iia", "individual_monotonicity"], trials=100)
                                                   Nash Kalai-Smorodinsky
    independence of irrelevant alternatives  none found                no
    individual monotonicity                          no        none found
    """
    import pandas as pd

    listed = sequence("concepts", concepts)
    rules = [_named(axiom) for axiom in (AXIOMS if axioms is None else sequence("axioms", axioms))]
    rows = {rule.title: [_cell(rule, concept, parties, trials, rng) for concept in listed] for rule in rules}
    return pd.DataFrame.from_dict(rows, orient="index", columns=[concept.label for concept in listed])


def _cell(rule: Axiom, concept: Concept, parties: int, trials: int, rng: int) -> str:
    if parties < rule.least:
        return "-"
    found = search(rule, concept, parties=parties, trials=trials, rng=rng)
    return "none found" if found.violation is None else "no"


def _named(axiom: str | Axiom) -> Axiom:
    if isinstance(axiom, Axiom):
        return axiom
    if axiom not in AXIOMS:
        raise UnknownName("axiom", str(axiom), AXIOMS)
    return AXIOMS[axiom]


def _point(utilities: Array) -> str:
    return f"({', '.join(f'{float(u):.4g}' for u in utilities)})"


def _views(problem: Problem, rng: np.random.Generator) -> Array:
    """Return gains, (m, n), of the parties' best deals and of efficient deals in random directions, none below zero."""
    ideal = problem.gains(problem.ideal)
    weights = np.concatenate([np.eye(problem.n) + 1e-3, rng.dirichlet(np.ones(problem.n), VIEWS)]) / ideal
    found = problem.feasible.support(weights, problem.disagreement)
    return np.maximum(problem.gains(found.utilities[found.status == Status.OK]), 0.0)


# -- the axioms ------------------------------------------------------------------------------------------------------


def axiom(
    title: str, statement: str, source: str, least: int = 2
) -> Callable[[Callable[[Draws, Concept], Case]], Callable[[Draws, Concept], Case]]:
    """Enter a function that draws problems and compares solutions into the table of axioms, under its own name."""

    def entered(test: Callable[[Draws, Concept], Case]) -> Callable[[Draws, Concept], Case]:
        name = test.__name__.removeprefix("_")
        AXIOMS[name] = Axiom(name, title, statement, source, least, test)
        return test

    return entered


def _hull(gains: Array, base: Array) -> Make:
    return lambda trial: lotteries(from_points(gains[trial] + np.expand_dims(base[trial], -2), base[trial]))


def _asked(make: Make, concept: Concept) -> tuple[Array, Array, Problem]:
    """Return gains (trials, n), ideal gains as their unit, and the stack of problems."""
    problem = make(slice(None))
    solution = attempt(problem, concept, certify=False)
    return solution.gains, problem.gains(problem.ideal), problem


@axiom("weak efficiency", "no point of S is better than F for all", "Roth (1979)")
def _weak_efficiency(draws: Draws, concept: Concept) -> Case:
    make = _hull(draws.gains(), draws.base)
    gains, unit, problem = _asked(make, concept)
    farther = _farther(problem, gains, unit[None], unit)[0]
    return Case((make,), np.min(farther, axis=-1))


@axiom("efficiency", "no point of S is better than F for one and as good for all", "Nash (1950)")
def _efficiency(draws: Draws, concept: Concept) -> Case:
    make = _hull(draws.gains(), draws.base)
    gains, unit, problem = _asked(make, concept)
    farther = _farther(problem, gains, np.eye(draws.n)[:, None, :] * unit, unit)
    most = np.max(np.stack([farther[i, :, i] for i in range(draws.n)]), axis=0)
    return Case((make,), np.where(most > LEFT_OVER, most, np.minimum(most, 0.0)))


def _farther(problem: Problem, gains: Array, ways: Array, unit: Array) -> Array:
    """Return how much farther, in ideal gains, the set reaches beyond `gains` along some ways, (ways, trials, n)."""
    known = np.all(np.isfinite(gains), axis=-1, keepdims=True)
    start = problem.disagreement + np.where(known, gains - 1e-9 * unit, 0.0)
    found = problem.feasible.reach(start, ways)
    return np.where(known & (found.status == Status.OK)[..., None], (found.utilities - start) / unit, np.nan)


@axiom("individual rationality", "F >= d", "Nash (1950)")
def _individual_rationality(draws: Draws, concept: Concept) -> Case:
    make = _hull(draws.gains(), draws.base)
    gains, unit, _ = _asked(make, concept)
    return Case((make,), np.max(-gains / unit, axis=-1))


@axiom("symmetry", "if S and d are the same under all exchanges of parties, F_1 = ... = F_n", "Nash (1950)")
def _symmetry(draws: Draws, concept: Concept) -> Case:
    own, other, equal = draws.share(0.2, 1.0, 2), draws.share(0.0, 0.8, 2), draws.share(0.3, 0.6)
    rows = [np.ones(draws.n) * equal[:, None, None]]
    rows += [np.where(np.eye(draws.n, dtype=bool), own[:, k, None, None], other[:, k, None, None]) for k in (0, 1)]
    make = _hull(np.concatenate(rows, axis=1), np.broadcast_to(draws.base[:, :1], draws.base.shape))
    gains, unit, _ = _asked(make, concept)
    return Case((make,), np.ptp(gains / unit, axis=-1))


@axiom("anonymity", "if the parties of S change places, F moves with them", "Thomson (1994)")
def _anonymity(draws: Draws, concept: Concept) -> Case:
    points = draws.gains()
    places = np.argsort(draws.share(0.0, 1.0, draws.n), axis=-1)
    moved = np.take_along_axis(points, places[:, None, :], axis=-1), np.take_along_axis(draws.base, places, axis=-1)
    makes = _hull(points, draws.base), _hull(*moved)
    one, unit, _ = _asked(makes[0], concept)
    two = _asked(makes[1], concept)[0]
    off = np.abs(np.take_along_axis(one / unit, places, axis=-1) - two / np.take_along_axis(unit, places, axis=-1))
    return Case(makes, np.max(off, axis=-1))


@axiom("scale covariance", "if utilities are measured in other units, from another zero, F moves with them", "Nash (1950)")
def _scale_covariance(draws: Draws, concept: Concept) -> Case:
    points = draws.gains()
    factor, shift = 10.0 ** draws.share(-1.0, 1.0, draws.n), draws.share(-1.0, 1.0, draws.n)
    makes = _hull(points, draws.base), _hull(points * factor[:, None, :], draws.base * factor + shift)
    one, unit, _ = _asked(makes[0], concept)
    two = _asked(makes[1], concept)[0] / factor
    return Case(makes, np.max(np.abs(one - two) / unit, axis=-1))


@axiom("independence of irrelevant alternatives", "if T is in S and F(S) in T, then F(T) = F(S)", "Nash (1950)")
def _iia(draws: Draws, concept: Concept) -> Case:
    points = draws.gains()
    larger = _hull(points, draws.base)
    one, unit, _ = _asked(larger, concept)
    kept = draws.share(0.0, 1.0, points.shape[1], 1) < 0.5
    chosen = np.where(np.isfinite(one), one, 0.5 * unit / draws.n)[:, None, :]
    smaller = _hull(np.concatenate([np.where(kept, points, chosen), chosen], axis=1), draws.base)
    two = _asked(smaller, concept)[0]
    return Case((larger, smaller), np.max(np.abs(one - two) / unit, axis=-1))


@axiom("restricted monotonicity", "if S is in T and their ideal points are the same, F(S) <= F(T)", "Rosenthal (1976)")
def _restricted_monotonicity(draws: Draws, concept: Concept) -> Case:
    points = draws.gains()
    small = _hull(points, draws.base)
    one, unit, _ = _asked(small, concept)
    more = draws.share(0.3, 1.0, 2, draws.n) * unit[:, None, :]
    large = _hull(np.concatenate([points, more], axis=1), draws.base)
    return Case((small, large), np.max((one - _asked(large, concept)[0]) / unit, axis=-1))


@axiom(
    "individual monotonicity", "if T grows out of S in the direction of party i's utility alone, F_i(S) <= F_i(T)",
    "Kalai and Smorodinsky (1975)",
)  # fmt: skip
def _individual_monotonicity(draws: Draws, concept: Concept) -> Case:
    points, party = draws.gains(), draws.party()
    room = np.max(points, axis=1, keepdims=True) * draws.share(1.0, 1.2, 1, 1) - points
    rises = room * draws.share(0.0, 1.0, points.shape[1], 1) * (draws.share(0.0, 1.0, points.shape[1], 1) < 0.3)
    grown = points + np.where(party[:, None, :], rises, 0.0)
    makes = _hull(points, draws.base), _hull(np.concatenate([points, grown], axis=1), draws.base)
    one, unit, _ = _asked(makes[0], concept)
    lost = (one - _asked(makes[1], concept)[0]) / unit
    return Case(makes, np.max(np.where(party, lost, -np.inf), axis=-1))


@axiom("strong monotonicity", "if S is in T, F(S) <= F(T)", "Kalai (1977a)")
def _strong_monotonicity(draws: Draws, concept: Concept) -> Case:
    points = draws.gains()
    more = draws.gains(2) * draws.share(1.0, 1.6, 2, draws.n)
    makes = _hull(points, draws.base), _hull(np.concatenate([points, more], axis=1), draws.base)
    one, unit, _ = _asked(makes[0], concept)
    return Case(makes, np.max((one - _asked(makes[1], concept)[0]) / unit, axis=-1))


@axiom("super-additivity", "F(S + T) >= F(S) + F(T)", "Perles and Maschler (1981)")
def _superadditivity(draws: Draws, concept: Concept) -> Case:
    one, two = draws.gains(), draws.gains()
    both = (one[:, :, None, :] + two[:, None, :, :]).reshape(draws.trials, -1, draws.n)
    makes = _hull(one, draws.base), _hull(two, draws.base), _hull(both, 2.0 * draws.base)
    (first, unit, _), second, third = _asked(makes[0], concept), _asked(makes[1], concept)[0], _asked(makes[2], concept)[0]
    return Case(makes, np.max((first + second - third) / unit, axis=-1))


@axiom("midpoint domination", "F >= d + (a - d) / n", "Sobel (1981)")
def _midpoint_domination(draws: Draws, concept: Concept) -> Case:
    make = _hull(draws.gains(), draws.base)
    gains, unit, _ = _asked(make, concept)
    return Case((make,), np.max(1.0 / draws.n - gains / unit, axis=-1))


@axiom("disagreement-point monotonicity", "if d_i rises and nothing else changes, F_i does not fall", "Thomson (1987)")
def _disagreement_monotonicity(draws: Draws, concept: Concept) -> Case:
    points, party = draws.gains(), draws.party()
    before = _hull(points, draws.base)
    one, unit, _ = _asked(before, concept)
    rise = np.where(party & np.isfinite(one), draws.share(0.1, 0.9, 1) * one, 0.0)
    after = _moved(points, draws.base, rise)
    lost = (one - rise - _asked(after, concept)[0]) / unit
    return Case((before, after), np.max(np.where(party, lost, -np.inf), axis=-1))


def _moved(gains: Array, base: Array, rise: Array) -> Make:
    """Return problems whose disagreement point has risen in the same set."""
    return lambda trial: lotteries(from_points(gains[trial] + np.expand_dims(base[trial], -2), (base + rise)[trial]))


@axiom(
    "disagreement-point concavity", "F at the mean of two disagreement points gives no less than the mean of F at both",
    "Chun and Thomson (1990)",
)  # fmt: skip
def _disagreement_concavity(draws: Draws, concept: Concept) -> Case:
    points = draws.gains()
    inside, unit, _ = _asked(_hull(points, draws.base), concept)
    inside = np.where(np.isfinite(inside), np.maximum(inside, 0.0), 0.0)
    rises = [draws.share(0.0, 0.9, draws.n) * inside for _ in range(2)]
    rises.append(0.5 * (rises[0] + rises[1]))
    makes = tuple(_moved(points, draws.base, rise) for rise in rises)
    one, two, mean = (_asked(make, concept)[0] + rise for make, rise in zip(makes, rises, strict=True))
    return Case(makes, np.max((0.5 * (one + two) - mean) / unit, axis=-1))


@axiom("decomposability", "if T is in S, F(S, d) = F(S, F(T, d)): bargaining in steps changes nothing", "Kalai (1977a)")
def _decomposability(draws: Draws, concept: Concept) -> Case:
    points = draws.gains()
    first = _hull(points * draws.share(0.3, 0.9, points.shape[1], 1), draws.base)
    step, _, _ = _asked(first, concept)
    rise = np.where(np.isfinite(step), np.maximum(step, 0.0), 0.0)
    then, whole = _moved(points, draws.base, rise), _hull(points, draws.base)
    one, unit, _ = _asked(whole, concept)
    return Case((whole, first, then), np.max(np.abs(one - rise - _asked(then, concept)[0]) / unit, axis=-1))


@axiom("population monotonicity", "if a party joins and S grows by its axis alone, nobody else gains", "Thomson (1983)", 3)
def _population_monotonicity(draws: Draws, concept: Concept) -> Case:
    points = draws.gains()
    all_, fewer = _hull(points, draws.base), _hull(points[..., :-1], draws.base[..., :-1])
    many, unit, _ = _asked(all_, concept)
    return Case((fewer, all_), np.max((many[..., :-1] - _asked(fewer, concept)[0]) / unit[..., :-1], axis=-1))


@axiom("consistency", "those left, when a party has left with its share, agree on what they had", "Lensberg (1988)", 3)
def _consistency(draws: Draws, concept: Concept) -> Case:
    make = _hull(draws.gains(), draws.base)
    gains, unit, problem = _asked(make, concept)
    leaver, paid = problem.parties[-1], np.where(np.isfinite(gains), gains, 0.0)[:, -1] + draws.base[:, -1]

    def rest(trial: Any) -> Problem:
        return section(make(trial), {leaver: paid[trial]})

    off = np.abs(gains[..., :-1] - _asked(rest, concept)[0]) / unit[..., :-1]
    return Case((make, rest), np.max(off, axis=-1))


@axiom(
    "risk sensitivity", "dividing a pie, nobody is worse off when another party becomes more risk averse",
    "Kihlstrom, Roth and Schmeidler (1981)",
)  # fmt: skip
def _risk_sensitivity(draws: Draws, concept: Concept) -> Case:
    powers, party = draws.share(0.4, 1.0, draws.n), draws.party()
    averse = np.where(party, powers * draws.share(0.4, 0.9, 1), powers)

    def pie(rho: Array) -> Make:
        return lambda trial: split(1.0, [Power(rho[trial, i]) for i in range(draws.n)])

    makes = pie(powers), pie(averse)
    one, unit, _ = _asked(makes[0], concept)
    lost = (one - _asked(makes[1], concept)[0]) / unit
    return Case(makes, np.max(np.where(party, -np.inf, lost), axis=-1))
