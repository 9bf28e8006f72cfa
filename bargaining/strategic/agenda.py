"""Several issues that are negotiated one after the other.

Fershtman (1990), The importance of the agenda in bargaining, Games and Economic Behavior 2, 224-238; Busch and Horstmann
(1997), Bargaining frictions, bargaining procedures and implied costs in multiple-issue bargaining, Economica 64, 669-680.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.checks import instance, leading_axes, party_number, sequence
from bargaining.errors import InvalidProblem
from bargaining.evidence import Check, held
from bargaining.multiplicity import markov_perfect
from bargaining.problems.problem import Problem, require_measurable
from bargaining.problems.stochastic import State, StochasticProblem
from bargaining.problems.transforms import rescaled
from bargaining.protocols import Played, ProtocolModel, in_words
from bargaining.sets.base import Status
from bargaining.strategic.common import require_two, two_factors
from bargaining.talks import Talks, talks


@dataclass(frozen=True)
class Agenda(ProtocolModel):
    """Two parties settle issues in a given order: alternating offers over one, and only then over the next.

    The problem is the first issue; `later` are those that follow. Who refuses proposes next, a period later. What is agreed
    on is enjoyed at once, and a period later the next issue is opened by the party that accepted. Utilities of issues add
    up, with disagreement payoffs d that last as long as an issue is not settled: with D_k the sum of d from issue k on, and
    V_k(i) what talks are worth when party i opens issue k, a deal x on issue k proposed by i is worth

        u_k(x) + (1 - delta) D_k+1 + delta V_k+1(j),

    with j the other party, and a refusal (1 - delta) D_k + delta V_k(j). So issue k is a game of alternating offers over
    deals whose worth is shifted, once for each proposer, and issues are solved backwards, exactly. If the other would
    accept less than nothing of an issue, for the sake of opening the next one, the proposer takes all of it. It may accept
    less than its disagreement payoff on an issue, too. If no deal gives both what a refusal does, the round passes.

    Settled together, `bg.AlternatingOffers` on a problem with all issues, parties can trade a share in one issue for a
    share in another that they value more. In order they cannot: the outcome is seldom efficient and depends on the order.

    Parameters
    ----------
    factors : float or tuple of float
        Discount factor per period, in (0, 1), of both or of each.
    later : sequence of Problem
        The issues that follow, in order, between the same parties.
    first : int or str
        Who opens the first issue, by number or name.

    Raises
    ------
    InvalidProblem
        If the settings have no meaning, or there are not two parties, the same in all issues.

    Examples
    --------
    X is worth 4 to Ann and 3 to Bob, Y 1 and 2. Settled together both have more: Ann most of X, and Bob the rest and Y.

    >>> import bargaining as bg
    >>> x = bg.rescaled(bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob")), [4, 3])
    >>> y = bg.rescaled(bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob")), [1, 2])
    >>> bg.solve(x, bg.Agenda(0.9, later=[y]))
    issue by issue: worth Ann 3.368, Bob 1.741
      issue 1: Ann proposes Ann 0.7355, Bob 0.2645 (2.942, 0.7934)
      issue 2: Bob proposes Ann 0.4737, Bob 0.5263 (0.4737, 1.053)
    >>> both = bg.from_issues(
    ...     [bg.Issue("x"), bg.Issue("y")],
    ...     {"Ann": lambda x, y: 4 * x + y, "Bob": lambda x, y: 3 * (1 - x) + 2 * (1 - y)}, [0, 0],
    ... )
    >>> bg.solve(both, bg.AlternatingOffers(factors=(0.9, 0.9))).utilities.round(3).tolist()
    [3.509, 2.368]
    """

    factors: float | tuple[float, ...]
    later: Sequence[Problem] = ()
    first: int | str = 0

    def __post_init__(self) -> None:
        two_factors(self.factors)
        later = sequence("later", self.later)
        for issue in later:
            instance(issue, Problem, "the issues that follow are problems, as bg.split and bg.from_issues make them")
            require_two(issue, "an agenda")
            require_measurable(issue)
        object.__setattr__(self, "later", later)

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "issue by issue"

    def issues(self, problem: Problem) -> tuple[Problem, ...]:
        """Return all issues in order, of which the problem is the first.

        Raises
        ------
        InvalidProblem
            If they are not between the same two parties.
        """
        require_two(problem, "an agenda")
        for issue in self.later:
            if issue.parties != problem.parties:
                raise InvalidProblem(
                    f"one issue is between {problem.parties}, another between {issue.parties}; all issues of an agenda are "
                    "between the same parties, in the same order."
                )
        return (problem, *self.later)

    def following(self, problem: Problem, k: int, values: Array | None) -> Array:
        """Return what comes after a deal on issue k, (..., 2, n), for each proposer of it.

        `values`, (..., 2, n), is what the next issue is worth for each party that may open it; None after the last.
        """
        if values is None:
            return np.zeros((2, 2))
        factors = two_factors(self.factors)
        rest = sum(issue.disagreement for issue in self.issues(problem)[k + 1 :])
        return np.asarray((1.0 - factors) * np.asarray(rest)[..., None, :] + factors * values[..., ::-1, :])

    def game(self, problem: Problem, k: int, values: Array | None) -> StochasticProblem:
        """Return the talks over issue k, counted from 0, in which deals are worth what they give and what comes after.

        `values` are as in `following`; games in which they are no numbers are made with nothing to follow.
        """
        issues = self.issues(problem)
        after = np.nan_to_num(self.following(problem, k, values))
        lasting = np.asarray(sum(issue.disagreement for issue in issues[k:]))
        names = [f"{name} proposes" for name in problem.parties]
        states = [
            State(
                names[i],
                rescaled(issues[k], [1.0, 1.0], after[..., i, :], units=issues[k].units).replace(disagreement=lasting),
                i, names[1 - i], factors=self.factors,
            )
            for i in (0, 1)
        ]  # fmt: skip
        opens = (party_number("first", self.first, problem.parties) + k) % 2
        return StochasticProblem(tuple(states), names[opens])

    def play(self, problem: Any) -> IssueByIssue:
        """Return the equilibrium in every game of a problem."""
        issues = self.issues(problem)
        shape = leading_axes(*(issue.shape for issue in issues))
        problem = problem.replace(disagreement=np.broadcast_to(problem.disagreement, (*shape, 2)))
        opens = party_number("first", self.first, problem.parties)
        values: Array | None = None
        status: Codes = np.zeros((), np.int8)
        solved: list[Talks] = []
        for k in reversed(range(len(issues))):
            game = self.game(problem, k, values)
            found = markov_perfect(game)
            meant = issues[k].measurable & np.all(np.isfinite(issues[k].disagreement), axis=-1)
            lost = np.where(meant, found.status, np.int8(Status.NOT_FINITE))
            status = np.where(status == Status.OK, lost, status).astype(np.int8)
            status = np.broadcast_to(status, game.shape)
            solved.insert(0, talks(game, self, replace(found, status=status)))
            values = solved[0].values
        residual = np.maximum.reduce([np.broadcast_to(found.residual, shape) for found in solved])
        residual = np.where(status == Status.OK, residual, np.nan)
        return IssueByIssue(problem, self, solved[0].values[..., opens, :], status, residual, tuple(solved))


@dataclass(frozen=True, eq=False, repr=False)
class IssueByIssue(Played):
    """Talks over one issue after the other in equilibrium.

    Attributes
    ----------
    talks : tuple of Talks
        Of each issue, the talks over it, with a round for each party's turn. Payoffs are those from this issue on, at the
        time at which it is opened: `talks[k].values[..., i, :]` is what all have when party i opens issue k.
    """

    model: Agenda
    talks: tuple[Talks, ...]

    @cached_property
    def gains(self) -> Array:
        """Utilities less disagreement on all issues, (..., n)."""
        rest = sum(issue.disagreement for issue in self.model.issues(self.problem))
        return np.asarray(self.utilities - rest)

    @property
    def ideal_gains(self) -> Array:
        """The most that each party can gain on all issues, (..., n), each settled at once."""
        return np.asarray(sum(issue.gains(issue.ideal) for issue in self.model.issues(self.problem)))

    @cached_property
    def _path(self) -> tuple[Indices, Array]:
        """Return who makes the proposal that is accepted, and when, of each issue, (..., issues)."""
        shape = self.problem.shape
        opener = np.full(shape, party_number("first", self.model.first, self.problem.parties))
        alive: Bools = np.asarray(self.status == Status.OK)
        round_ = np.zeros(shape)
        who, when = [], []
        for found in self.talks:
            own = np.broadcast_to(np.diagonal(found.agree, axis1=-2, axis2=-1), (*shape, 2))
            now, then = (np.take_along_axis(own, turn[..., None], axis=-1)[..., 0] for turn in (opener, 1 - opener))
            proposer = np.where(now, opener, 1 - opener)
            alive = alive & (now | then)
            round_ = round_ + np.where(now, 0.0, 1.0)
            who.append(np.where(alive, proposer, -1))
            when.append(np.where(alive, round_, np.nan))
            opener, round_ = 1 - proposer, round_ + 1.0
        return np.stack(who, axis=-1), np.stack(when, axis=-1)

    @property
    def proposers(self) -> Indices:
        """Who makes the proposal that is accepted, (..., issues), by number; -1 if there is none."""
        return self._path[0]

    @property
    def dates(self) -> Array:
        """The period, counted from 0, in which each issue is settled, (..., issues); NaN if it is not."""
        return self._path[1]

    @property
    def probability(self) -> Array:
        """The probability, 0 or 1, that all issues are settled."""
        return np.where(self.status == Status.OK, np.all(self.proposers >= 0, axis=-1).astype(float), np.nan)

    @cached_property
    def deals(self) -> tuple[Mapping[str, Array], ...]:
        """The deal on each issue; NaN if there is none."""
        return tuple(
            {name: self._settled(k, *(made[i][i].terms[name] for i in (0, 1))) for name in made[0][0].terms}
            for k, made in enumerate(found.offers for found in self.talks)
        )

    @cached_property
    def agreed(self) -> Array:
        """What the deal on each issue gives, (..., issues, n), by itself; NaN if there is none."""
        given = []
        for k, found in enumerate(self.talks):
            after = self.model.following(self.problem, k, self._next(k))
            offers = [found.offers[i][i].utilities - after[..., i, :] for i in (0, 1)]
            given.append(np.stack([self._settled(k, *(offer[..., i] for offer in offers)) for i in (0, 1)], axis=-1))
        return np.stack(given, axis=-2)

    @cached_property
    def unique(self) -> Bools:
        """Whether this is proved to be the only subgame perfect equilibrium, (...): it is the only one for each issue."""
        return np.asarray(np.all([np.broadcast_to(found.unique, self.problem.shape) for found in self.talks], axis=0))

    def checks(self, trials: int, rng: np.random.Generator) -> Iterator[Check]:
        """Check the talks over each issue against what comes next, and payoffs against the deals agreed on."""
        model, problem, ok = self.model, self.problem, self.status == Status.OK
        known = np.all(np.isfinite(self.utilities), axis=-1)
        yield Check("numbers are NaN exactly where there is no answer", np.where(ok == known, 0.0, np.inf))
        for k, found in enumerate(self.talks):
            anew = replace(found, game=model.game(problem, k, self._next(k)))
            for check in anew.checks(trials, rng):
                yield Check(f"issue {k + 1}: {check.claim}", check.missed)
        issues = model.issues(problem)
        unit = np.maximum.reduce([np.broadcast_to(i.feasible.spread(), (*problem.shape, 2)) for i in issues])
        worth = self.talks[0].values[..., party_number("first", model.first, problem.parties), :]
        yield held("payoffs are those of the talks", np.max(np.abs(self.utilities - worth) / unit, axis=-1), ok)
        factors = two_factors(model.factors)
        least = np.stack([np.broadcast_to(issue.disagreement, (*problem.shape, 2)) for issue in issues], axis=-2)
        flows = np.where(np.isnan(self.dates)[..., None], 0.0, factors ** self.dates[..., None] * (self.agreed - least))
        missed = np.max(np.abs(np.sum(flows, axis=-2) - self.gains) / unit, axis=-1)
        yield held("payoffs are those of the deals, each discounted to the start", missed, ok)

    def _next(self, k: int) -> Array | None:
        return self.talks[k + 1].values if k + 1 < len(self.talks) else None

    def _settled(self, k: int, one: Array, two: Array) -> Array:
        """Return, of numbers (...) that go with each party's proposal on issue k, that of the one that is accepted."""
        who = self.proposers[..., k]
        return np.where(who == 0, one, np.where(who == 1, two, np.nan))

    def told(self) -> str:
        """Say the equilibrium of a single game in words."""
        problem = self.problem
        lines = [f"worth {self.payoffs_in_words}"]
        for k, deal in enumerate(self.deals):
            who, when = int(self.proposers[k]), self.dates[k]
            if who < 0:
                lines.append(f"issue {k + 1}: no agreement")
                break
            late = "" if when == k else f" in period {when:g}"
            terms, point = in_words(deal, self.agreed[k])
            lines.append(f"issue {k + 1}: {problem.parties[who]} proposes {terms}{late} ({point})")
        return "\n  ".join(lines)
