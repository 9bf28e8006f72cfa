"""Check solutions without the methods that found them: by arithmetic, and against deals drawn at random."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bargaining._types import Array
from bargaining.awards import Awards, award
from bargaining.checks import instance, number
from bargaining.concept import Equilibrium, Threats, Welfare, is_rational
from bargaining.demands import Demands
from bargaining.errors import InvalidProblem
from bargaining.evidence import Check, Verification, gives_less, held, rivals_of
from bargaining.problems.problem import Problem
from bargaining.protocols import Played
from bargaining.sets.base import ROUNDING, Status
from bargaining.solution import Solution
from bargaining.threatened import deviation_gain

TOLERANCE = 1e-8

REPLIES, CLOSE = 500, 0.02
"""The largest number of demands of each party that are tried from afar, and as many this close to the one stated."""

LOTTERIES = 20
"""Drawn over each party's actions, to be tried as threats."""


def verify(
    solution: Solution | Awards | Demands | Played,
    *,
    trials: int = 2000,
    tol: float = TOLERANCE,
    rng: np.random.Generator | int | None = 0,
) -> Verification:
    """Re-check a solution independently of how it was found.

    The checks are arithmetic and comparisons with deals drawn at random, far and near. They are necessary conditions: that
    the deal or lottery gives the utilities stated, that everybody has at least disagreement, that no drawn deal is better
    for all, has more of the concept's welfare, or is beyond the ideal point. (The ideal point is the one number taken from
    the solver; the deals that give it are evaluated too.) Of an equilibrium: that each proposal is a deal and accepted,
    that thresholds are the value of waiting, that the outcome is a proposal, and that no drawn deal that would be accepted
    is better for the proposer (the one-shot deviation principle). On convex sets every drawn deal is also tried in mixtures
    with the solution. Of threats: that they make the disagreement point, and that no other action, or drawn lottery over
    actions, gains. Of awards: that they divide the estate. Of demands: that no drawn demand of one party gains. Of talks,
    in every state: the same as of an equilibrium, and that values follow from what is offered, refused and comes next.

    Parameters
    ----------
    solution : Solution, Awards, Demands, Talks or another Played
        From `solve`, or made by hand from a claim to be tested.
    trials : int
        Deals drawn for each game, at most ten million.
    tol : float
        By how much a claim may be missed, as a share of the parties' ranges of utilities.
    rng : Generator or int
        Source of randomness.

    Raises
    ------
    InvalidProblem
        If what is given is no solution, `trials` no whole number, or `rng` no source of randomness.

    Examples
    --------
    >>> import bargaining as bg
    >>> deal = bg.solve(bg.split(1, [bg.Power(0.5), bg.Linear()]), bg.Nash())
    >>> bg.verify(deal).ok
    True
    """
    instance(solution, Solution, "verify what bg.solve returned", Awards, Demands, Played)
    if not number("trials, how many deals to draw,", trials, low=1.0, high=1e7).is_integer():
        raise InvalidProblem(f"trials = {trials!r} must be a whole number of deals.")
    tol = number("tol", tol, low=0.0)
    try:
        source = np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise InvalidProblem(f"rng = {rng!r} is neither a NumPy Generator nor a seed: {error}.") from error
    if isinstance(solution, Awards):
        return Verification(tuple(_division(solution)), tol)
    if isinstance(solution, Demands):
        return Verification(tuple(_replies(solution, min(int(trials), REPLIES), source)), tol)
    if isinstance(solution, Played):
        return Verification(tuple(solution.checks(int(trials), source)), tol)
    return Verification(tuple(_checks(solution, int(trials), source)), tol)


def _division(found: Awards) -> Iterator[Check]:
    """Check that awards divide the estate, by arithmetic, and that they are those of the rule."""
    problem, ok = found.problem, found.status == Status.OK
    unit = np.where(np.sum(problem.claims, axis=-1) > 0, np.sum(problem.claims, axis=-1), 1.0)
    again = award(problem, found.rule).awards
    with np.errstate(invalid="ignore"):
        claims = {
            "awards sum to the estate": np.abs(np.sum(found.awards, axis=-1) - problem.estate),
            "nobody has less than nothing": np.max(-found.awards, axis=-1),
            "nobody has more than its claim": np.max(found.awards - problem.claims, axis=-1),
            "the awards are those of the rule": np.max(np.abs(found.awards - again), axis=-1),
        }
        for claim, missed in claims.items():
            yield held(claim, missed / unit, ok)


def _replies(found: Demands, trials: int, rng: np.random.Generator) -> Iterator[Check]:
    """Check that demands have the chance stated, and that no other demand of one party serves it better."""
    problem, game, ok = found.problem, found.game, found.status == Status.OK
    known = np.all(np.isfinite(found.demands), axis=-1)
    yield Check("numbers are NaN exactly where there is no answer", np.where(ok == known, 0.0, np.inf))
    demands = np.where((ok & known)[..., None], found.demands, problem.disagreement)
    yield held(
        "the demands are compatible with this probability", np.abs(game.chance(problem, demands) - found.probability), ok
    )
    gains = problem.gains(demands)
    for i, party in enumerate(problem.parties):
        far, close = 10.0 ** rng.uniform(-2.0, 1.0, trials), 1.0 + rng.uniform(-CLOSE, CLOSE, trials)
        factors = np.concatenate([far, close]).reshape(-1, *(1 for _ in problem.shape))
        rivals = np.repeat(demands[None], 2 * trials, axis=0)
        rivals[..., i] = problem.disagreement[..., i] + factors * gains[..., i]
        with np.errstate(invalid="ignore", divide="ignore"):
            worth = game.chance(problem, rivals) * factors / found.probability - 1.0
        yield held(f"no other demand serves {party} better", np.max(np.nan_to_num(worth, nan=-np.inf), axis=0), ok)


def _checks(solution: Solution, trials: int, rng: np.random.Generator) -> Iterator[Check]:
    problem, u = solution.problem, solution.utilities
    # Where nothing at all is worth minus infinity, the gains over disagreement may be larger than what is called a range.
    spread = np.fmax(problem.feasible.spread(), np.abs(problem.gains(problem.ideal)))
    ok = solution.status == Status.OK

    def check(claim: str, missed: Array) -> Check:
        return held(claim, missed, ok)

    blank = np.all(np.isnan(u), axis=-1)
    yield Check(
        "numbers are NaN exactly where there is no answer", np.where(ok == ~np.any(np.isnan(u), axis=-1), 0.0, np.inf)
    )
    if np.all(blank):
        return
    yield check("the deal gives these utilities", gives_less(problem.feasible, solution, spread))
    if solution.lottery is not None:
        p = solution.lottery.probabilities
        yield check("its probabilities sum to one", np.abs(np.sum(p, axis=-1) - 1.0) + np.max(-p, axis=-1))
    if solution.equilibrium is not None:
        yield from (check(*found) for found in _deviations(solution, solution.equilibrium, spread, trials, rng))
        return
    if solution.threats is not None:
        yield from (check(*found) for found in _threats(solution, solution.threats, spread, rng))
    if is_rational(solution.concept):
        yield check("everybody has at least disagreement", np.max(-solution.gains / spread, axis=-1))
    known = np.all(problem.best.status == Status.OK, axis=0)  # the ideal point, which not every concept needs
    short = np.max(gives_less(problem.feasible, problem.best, spread), axis=0)
    yield check("deals give the ideal point", np.where(known, short, 0.0))
    better, more, further = (np.full(ok.shape, -np.inf) for _ in range(3))
    for others in rivals_of(problem.feasible, u, solution.terms, trials, rng):
        beyond = np.min((others - u[..., None, :]) / spread[..., None, :], axis=-1)
        better = np.fmax(better, np.fmax.reduce(beyond, axis=-1))
        if isinstance(solution.concept, Welfare):
            more = np.fmax(more, _more_welfare(solution, solution.concept, others))
        further = np.fmax(further, _beyond_ideal(problem, others, spread))
    yield check("no drawn deal is better for all", better)
    yield check("no drawn deal is beyond the ideal point", np.where(known, further, 0.0))
    if isinstance(solution.concept, Welfare):
        yield check("no drawn deal has more welfare", more)


def _more_welfare(solution: Solution, concept: Welfare, others: Array) -> Array:
    """Return by how much welfare is raised by a drawn deal, as a share of what all parties' ranges would add."""
    problem, u = solution.problem, solution.utilities
    own = concept.welfare(problem, u + ROUNDING * problem.feasible.spread())
    draws = np.moveaxis(others, -2, 0)
    held = np.all(problem.gains(draws) >= 0, axis=-1) if is_rational(concept) else np.all(np.isfinite(draws), axis=-1)
    with np.errstate(all="ignore"):
        best = np.max(np.where(held, np.nan_to_num(concept.welfare(problem, draws), nan=-np.inf), -np.inf), axis=0)
        scale = np.abs(concept.welfare(problem, u + problem.feasible.spread()) - own)
        return np.asarray(np.nan_to_num((best - own) / scale, nan=0.0, neginf=0.0))


def _beyond_ideal(problem: Problem, others: Array, spread: Array) -> Array:
    """Return by how much a drawn deal that is no worse than disagreement for anybody gives a party more than its ideal."""
    draws = np.moveaxis(others, -2, 0)
    with np.errstate(invalid="ignore"):
        excess = np.max((draws - problem.ideal) / spread, axis=-1)
        return np.asarray(np.fmax.reduce(np.where(np.all(problem.gains(draws) >= 0, axis=-1), excess, -np.inf), axis=0))


def _threats(solution: Solution, threats: Threats, spread: Array, rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """Check that threats make the disagreement point and, where they are said to, that no party gains by another one."""
    game = threats.game
    for who, strategy in (("first", threats.row), ("second", threats.column)):
        yield (
            f"the {who} party's threat is a lottery over its actions",
            np.abs(np.sum(strategy, axis=-1) - 1.0) + np.maximum(np.max(-strategy, axis=-1), 0.0),
        )
    given = np.max(np.abs(game.payoffs(threats.row, threats.column) - threats.point) / spread, axis=-1)
    least = [np.min(threats.row[..., None, :] @ game.A, axis=(-2, -1))]
    least.append(np.min(game.B @ threats.column[..., None], axis=(-2, -1)))
    guaranteed = np.max(np.abs(threats.point - np.stack(least, axis=-1)) / spread, axis=-1)
    claimed = np.isfinite(threats.gap)
    yield (
        "the threats give, or guarantee, the disagreement point",
        np.where(claimed, given, np.minimum(given, guaranteed)),
    )
    yield (
        "the disagreement point is theirs",
        np.max(np.abs(solution.problem.disagreement - threats.point) / spread, axis=-1),
    )
    if np.any(claimed):
        rows, columns = (np.concatenate([np.eye(k), rng.dirichlet(np.ones(k), LOTTERIES)]) for k in game.A.shape[-2:])
        gain = deviation_gain(threats, solution.utilities, rows, columns)
        yield "no other threat, or lottery over some, gains", np.where(claimed, gain, 0.0)


def _deviations(
    solution: Solution, found: Equilibrium, spread: Array, trials: int, rng: np.random.Generator
) -> Iterator[tuple[str, Array]]:
    """Check that no party gains by departing once from the equilibrium."""
    own = np.stack([proposal.utilities[..., i] for i, proposal in enumerate(found.proposals)], axis=-1)
    waiting = found.origin + found.factors * (own - found.origin)
    apart = [np.max(np.abs(proposal.utilities - solution.utilities) / spread, axis=-1) for proposal in found.proposals]
    yield "the outcome is a proposal", np.minimum.reduce(apart)
    yield "thresholds are the value of waiting", np.max(np.abs(found.thresholds - waiting) / spread, axis=-1)
    for i, proposal in enumerate(found.proposals):
        party, other = solution.problem.parties[i], 1 - i
        short = (found.thresholds - proposal.utilities)[..., other] / spread[..., other]
        yield f"the offer of {party} is a deal", gives_less(solution.problem.feasible, proposal, spread)
        yield f"the offer of {party} is accepted", short
        more = np.full(short.shape, -np.inf)
        for rivals in rivals_of(solution.problem.feasible, proposal.utilities, proposal.terms, trials, rng):
            accepted = rivals[..., other] >= found.thresholds[..., None, other]
            with np.errstate(invalid="ignore"):
                gain = np.where(accepted, (rivals[..., i] - own[..., None, i]) / spread[..., None, i], -np.inf)
            more = np.fmax(more, np.fmax.reduce(gain, axis=-1))
        yield f"no drawn offer serves {party} better", more
