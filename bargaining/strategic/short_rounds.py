"""Proposals in very short rounds: interpolated between the limit of ever shorter rounds and longer ones.

To solve for proposals that differ by a share r * Delta of what is at stake loses digits like 1 / (r * Delta). The limit is
known exactly, as a Nash solution, and between corners of the frontier proposals are smooth functions of the period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from bargaining._types import Array, Bools
from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer, Status, choose

SHORT = 1e-3
"""Rate times period below which proposals are interpolated: solving for them loses digits like 1 / (rate * period)."""

FINER = (30, 1000)
"""Parts of the first step of interpolation that are tried next."""

KINK = 1e-3
"""Share of the distance between the proposals by which two interpolations may differ where the frontier is smooth."""

VISIBLE = 1e-12
"""Share of a term's range by which two interpolations of it may always differ."""

SAME = 1e-9
"""Share of a party's range of utilities by which deals may miss those of a proposal."""

NEGLIGIBLE = 1e-13
"""Share of a party's range of utilities that is rounding."""


Direct = Callable[[Array], Sequence[Answer]]
"""Solves for all proposals, given the length of a round in every game."""


def interpolated(
    problem: Problem, limit: Sequence[Answer], direct: Direct, origin: Array, fastest: Array, period: Array
) -> tuple[list[Answer], Bools]:
    """Return proposals in short rounds, and in which games they can be trusted: the others are to be solved for.

    `origin` (..., n) is what waiting for ever is worth and `fastest` (...) the largest rate at which gains melt.
    """
    short = period < SHORT / fastest
    found, trusted = _between(problem, limit, direct, origin, period, SHORT / fastest)
    trusted = trusted & short
    for finer in FINER:  # a corner of the frontier nearby is out of the way of shorter steps
        step = SHORT / fastest / finer
        if not np.any(short & ~trusted & (period < step)):
            break
        again, better = _between(problem, limit, direct, origin, period, step)
        use = ~trusted & better & (period < step)
        found, trusted = [choose(use, *pair) for pair in zip(again, found, strict=True)], trusted | use
    return found, trusted


def _between(
    problem: Problem, limit: Sequence[Answer], direct: Direct, origin: Array, period: Array, step: Array
) -> tuple[list[Answer], Bools]:
    """Return proposals for very short rounds, and whether they can be trusted.

    Each proposal is the cubic in the period through the limit and three longer rounds. Between corners of the frontier it
    is a smooth function; where it is not, the quadratic through fewer points differs.
    """
    longer = [direct(node * step) for node in (1, 2, 3)]
    t, unit, bounds = period / step, problem.feasible.spread(), problem.feasible.bounds()
    cubic = [(1 - t) * (2 - t) * (3 - t) / 6, t * (2 - t) * (3 - t) / 2, t * (1 - t) * (t - 3) / 2]
    cubic.append(t * (1 - t) * (2 - t) / 6)
    quadratic = [(1 - t) * (2 - t) / 2, t * (2 - t), -t * (1 - t) / 2, 0.0 * t]
    # Where the limit is a corner, its normal is one of many, and those of the proposals do not tend to it.
    beyond = [0.0 * t, (2 - t) * (3 - t) / 2, (1 - t) * (t - 3), (1 - t) * (2 - t) / 2]
    nodes = [[_even(answer, unit) for answer in answers] for answers in zip(limit, *longer, strict=True)]
    proposals = [
        replace(_mix(cubic, beyond, answers, bounds), lottery=end.lottery)
        for answers, end in zip(nodes, limit, strict=True)
    ]
    others = [_mix(quadratic, beyond, answers, bounds) for answers in nodes]
    stated = np.array([proposal.utilities for proposal in proposals])
    gap = np.max((np.max(stated, axis=0) - np.min(stated, axis=0)) / unit, axis=-1, keepdims=True)
    trusted = np.ones(gap.shape[:-1], np.bool_)
    for i, (found, other) in enumerate(zip(proposals, others, strict=True)):
        smooth = np.abs(found.utilities - other.utilities) <= (KINK * gap + NEGLIGIBLE) * unit
        proposals[i], known = _with_deals(problem, origin, found, other)
        trusted &= np.all(smooth, axis=-1) & known
    failed = np.any([proposal.status != Status.OK for proposal in proposals], axis=0)
    return proposals, trusted | failed


def _even(answer: Answer, unit: Array) -> Answer:
    """Return the answer with its normal on a common scale, so that normals can be averaged."""
    return replace(answer, normal=answer.normal / np.sum(answer.normal * unit, axis=-1, keepdims=True))


def _with_deals(problem: Problem, origin: Array, found: Answer, other: Answer) -> tuple[Answer, Bools]:
    """Return the answer with deals that give its utilities, and where such deals are known.

    Terms are left where two interpolations give the same. Elsewhere, and of lotteries, the deals are those of the frontier
    on the way to these utilities from the origin.
    """
    unknown = np.full(found.status.shape, found.lottery is not None)
    for name, (low, high) in problem.feasible.bounds().items():
        unknown |= np.abs(found.terms[name] - other.terms[name]) > VISIBLE * (high - low)
    unknown &= (found.status == Status.OK) & np.all(np.isfinite(found.utilities), axis=-1)
    if not np.any(unknown):
        return found, ~unknown
    way = np.where(unknown[..., None], found.utilities - origin, 1.0)
    deal = problem.feasible.reach(origin, np.maximum(way, 0.0))
    miss = np.max(np.abs(deal.utilities - found.utilities) / problem.feasible.spread(), axis=-1)
    drawn = replace(found, terms=deal.terms, lottery=deal.lottery)
    return choose(~unknown, replace(found, lottery=deal.lottery), drawn), ~unknown | (miss <= SAME)


def _mix(
    shares: list[Array], sides: list[Array], answers: list[Answer], bounds: Mapping[str, tuple[float, float]]
) -> Answer:
    """Return the sum of answers weighted by `shares`, normals by `sides`, as bad as the worst, with terms in bounds."""
    shape = np.broadcast_shapes(*(answer.status.shape for answer in answers))

    def blend(weights: list[Array], values: list[Array], lift: int) -> Array:
        terms = [np.asarray(w)[(..., *[None] * lift)] * v for w, v in zip(weights, values, strict=True)]
        return np.asarray(sum(terms))

    return Answer(
        blend(shares, [answer.utilities for answer in answers], 1),
        {
            name: np.clip(blend(shares, [answer.terms[name] for answer in answers], 0), *bounds.get(name, (None, None)))
            for name in answers[0].terms
        },
        blend(sides, [answer.normal for answer in answers], 1),
        np.max([np.broadcast_to(answer.status, shape) for answer in answers], axis=0),
        np.max([np.broadcast_to(answer.residual, shape) for answer in answers], axis=0),
    )
