"""Problems over continuous issues, described by plain NumPy functions of the issues by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.checks import flag, sequence, table, words
from bargaining.errors import InvalidProblem, NotDifferentiable, NotFinite, UnknownName
from bargaining.numerics.batches import EVEN, sample
from bargaining.numerics.kernel import differentiate
from bargaining.problems.problem import Problem, pose
from bargaining.sets.issues import Issue, IssueSet

Utility = Callable[..., Any]

LOOKED_AT = 1000
"""Games of a stack whose functions are checked for concavity."""

BENT = 1e-9
"""Share of a function's largest curvature by which it may bend upward through rounding."""

TRIED = 7
"""How many deals a function is tried on: a number that no list of constants in it is likely to have."""


def from_issues(
    issues: Sequence[Issue],
    utilities: Mapping[str, Utility] | None = None,
    disagreement: ArrayLike | None = None,
    *,
    payoffs: Utility | None = None,
    parties: Sequence[str] | None = None,
    constraints: Utility | Sequence[Utility] = (),
    parameters: Mapping[str, ArrayLike] | None = None,
    impatience: ArrayLike | None = None,
    units: Sequence[str] = (),
    concave: bool = False,
) -> Problem:
    """Describe a bargaining problem over continuous issues in a box.

    The feasible utilities are S = {u(x) : low <= x <= high, g(x) >= 0} with free disposal. Utilities u and constraints g
    are called with the issues and parameters they name as keywords, and must be elementwise NumPy expressions, twice
    differentiable inside the box: the solver carries exact derivatives through them. A kink (clip, max, abs, where) at
    the solution stalls it; write the kink as one more issue with a constraint.

    Parameters
    ----------
    issues : sequence of Issue
        The terms of the deal, each with bounds and unit.
    utilities : mapping of party name to function
        One utility function a party. Alternatively `payoffs`.
    disagreement : array, shape (..., n)
        What each party has without a deal, in the units of its utility.
    payoffs : function
        One function that returns all parties' utilities, where they share work; needs `parties`.
    parties : sequence of str
        Names of the parties for `payoffs`.
    constraints : function or sequence of functions
        Numbers, or sequences of numbers, that must not be negative.
    parameters : mapping of name to array
        Further keywords of the functions: scalars, or arrays whose axes make a stack of problems.
    impatience : array, shape (..., n)
        Rates per year at which gains that come later are discounted.
    units : sequence of str
        The unit of each party's utility.
    concave : bool
        Whether all utilities and constraints are known to be concave in the issues. Then the set is convex, there is
        nothing to be gained by lotteries, and a closed certificate is a proof. Second derivatives are checked at points
        spread through the box; between them your word is taken.

    Raises
    ------
    InvalidProblem
        If issues are missing or named twice, functions return the wrong shape, shapes do not match, or a function said to
        be concave is seen not to be.
    UnknownName
        If a function asks for a keyword that is neither an issue nor a parameter, or a parameter is used by none.
    NotDifferentiable, NotFinite
        If derivatives cannot be carried through a function, or it is not finite at the centre of the box.

    Examples
    --------
    >>> import bargaining as bg
    >>> sale = bg.from_issues(
    ...     issues=[bg.Issue("price", 0, 100, "USD"), bg.Issue("quality", 0, 10)],
    ...     utilities={"buyer": lambda price, quality: 12 * quality - price,
    ...                "seller": lambda price, quality, *, cost: price - cost * quality**2},
    ...     disagreement=[5, 5], parameters={"cost": 0.8})
    >>> deal = bg.solve(sale, bg.Nash())
    >>> round(float(deal.terms["price"]), 6), round(float(deal.terms["quality"]), 6)
    (67.5, 7.5)
    """
    issues = sequence("issues", issues)
    _check_issues(issues)
    if utilities is not None and not isinstance(utilities, Mapping):
        raise InvalidProblem("`utilities` maps each party's name to its function; write {'buyer': ..., 'seller': ...}.")
    if (utilities is None) == (payoffs is None):
        raise InvalidProblem("give either `utilities` (one function a party) or `payoffs` (one function for all).")
    if disagreement is None:
        raise InvalidProblem("give `disagreement`, what each party has without a deal.")
    if utilities is not None and parties is not None:
        raise InvalidProblem("`utilities` already names the parties; leave out `parties`.")
    parties = words("parties", list(utilities) if utilities is not None else () if parties is None else parties)
    if len(parties) < 2:
        raise InvalidProblem(f"a bargain needs at least two parties; got {list(parties)}.")
    rules = [constraints] if callable(constraints) else list(sequence("constraints", constraints))
    values = table("parameters", {} if parameters is None else parameters)
    names = [issue.name for issue in issues]
    for name in values:
        if name in names:
            raise InvalidProblem(f"{name!r} is both an issue and a parameter; rename one.")
    payers = list(utilities.values()) if utilities is not None else [payoffs]
    owners = [f"the utility of {p}" for p in parties] if utilities is not None else ["payoffs"]
    pay = _Functions.of(payers, owners, names, list(values))
    obey = _Functions.of(rules, [f"constraint {i + 1}" for i in range(len(rules))], names, list(values))
    issues = tuple(_bind_implied(issue, names, list(values)) for issue in issues)
    _check_used(values, [*pay.keywords, *obey.keywords], issues)
    feasible = IssueSet(issues, pay, obey, values, len(parties), 0)
    feasible = replace(feasible, constraint_count=_try(feasible), concave=flag("concave", concave))
    if feasible.concave:
        _require_concave(feasible)
    return pose(feasible, disagreement, parties, impatience, units)


@dataclass(frozen=True)
class _Functions:
    """The user's functions, called with the keywords that each of them names."""

    functions: tuple[Utility, ...]
    keywords: tuple[frozenset[str], ...]

    @staticmethod
    def of(functions: Sequence[Utility | None], owners: Sequence[str], issues: list[str], known: list[str]) -> _Functions:
        keywords = []
        for function, owner in zip(functions, owners, strict=True):
            if not callable(function):
                raise InvalidProblem(f"{owner} is {function!r}; give a function of the issues.")
            keywords.append(_keywords(function, owner, [*issues, *known]))
        return _Functions(tuple(f for f in functions if f is not None), tuple(keywords))

    def __call__(self, values: Mapping[str, Any], parameters: Mapping[str, Any]) -> list[Any]:
        results: list[Any] = []
        for function, keywords in zip(self.functions, self.keywords, strict=True):
            result = function(**{name: values[name] if name in values else parameters[name] for name in keywords})
            results += result if isinstance(result, (list, tuple)) else [result]
        return results


def _keywords(function: Utility, owner: str, known: list[str]) -> frozenset[str]:
    """Return the known names that a function takes; refuse names that nobody can supply."""
    taken = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            return frozenset(known)
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
            raise InvalidProblem(f"{owner} takes {parameter}; issues and parameters are passed by keyword.")
        if parameter.name in known:
            taken.append(parameter.name)
        elif parameter.default is parameter.empty:
            raise UnknownName(f"issue or parameter, asked for by {owner},", parameter.name, known)
    return frozenset(taken)


def _bind_implied(issue: Issue, issues: list[str], known: list[str]) -> Issue:
    if issue.implied is None or isinstance(issue.implied, _Implied):
        return issue
    others = [name for name in issues if name != issue.name]
    keywords = _keywords(issue.implied, f"the implied value of {issue.name}", [*others, *known])
    return replace(issue, implied=_Implied(issue.implied, keywords))


@dataclass(frozen=True)
class _Implied:
    function: Utility
    keywords: frozenset[str]

    def __call__(self, values: Mapping[str, Any], parameters: Mapping[str, Any]) -> Any:
        missing = [name for name in self.keywords if name not in values and name not in parameters]
        if missing:
            raise InvalidProblem(f"the deal does not say {', '.join(map(repr, sorted(missing)))}.")
        return self.function(**{name: values[name] if name in values else parameters[name] for name in self.keywords})


def _check_issues(issues: tuple[Issue, ...]) -> None:
    if not issues:
        raise InvalidProblem("there is nothing to bargain over: give at least one Issue.")
    for issue in issues:
        if not isinstance(issue, Issue):
            raise InvalidProblem(f"{issue!r} is no Issue; write Issue(name, low, high, unit).")
    names = [issue.name for issue in issues]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidProblem(f"issue {', '.join(map(repr, twice))} is given more than once; names must be distinct.")


def _check_used(values: Mapping[str, Array], keywords: list[frozenset[str]], issues: tuple[Issue, ...]) -> None:
    used = frozenset().union(*keywords, *(i.implied.keywords for i in issues if isinstance(i.implied, _Implied)))
    for name in values:
        if name not in used:
            raise UnknownName("keyword of any utility or constraint", name, used)


def _try(feasible: IssueSet) -> int:
    """Call the functions at the centre of the box, with derivatives, and return how many constraints there are.

    Several games are tried at once, so that a branch on the value of an issue shows.
    """
    parameters = {name: np.resize(value.reshape(-1)[:1], TRIED) for name, value in feasible.parameters.items()}
    centre = [np.full(TRIED, 0.5)] * len(feasible.issues)
    values = {issue.name: issue.at(np.full(TRIED, 0.5)) for issue in feasible.issues}
    with np.errstate(all="ignore"):
        try:
            found = [*feasible.payoffs(values, parameters)], [*feasible.constraints(values, parameters)]
            jets = differentiate(feasible.functions, centre, parameters)
        except NotDifferentiable:
            raise
        except (TypeError, ValueError, AttributeError) as error:
            raise NotDifferentiable(
                f"a utility or constraint is not an elementwise NumPy expression in the issues ({error}). Use NumPy's "
                "functions on the issues themselves, and numpy.where, numpy.maximum or numpy.minimum for if, max or min."
            ) from error
    if len(found[0]) != feasible.size:
        raise InvalidProblem(f"the utilities are {len(found[0])} numbers a deal; there are {feasible.size} parties.")
    names = _names(feasible.size, len(found[1]))
    for name, plain, jet in zip(names, found[0] + found[1], jets, strict=True):
        if np.asarray(plain).dtype.kind == "b":
            raise InvalidProblem(
                f"{name} is true or false; write a number that must not be negative: 0.4 - x for x <= 0.4."
            )
        if np.asarray(jet.value).dtype.kind == "c":
            raise InvalidProblem(f"{name} is a complex number; give a real one.")
        if np.shape(jet.value) not in ((), (TRIED,)):
            raise InvalidProblem(f"{name} is not one number a deal: it has shape {np.shape(jet.value)} for {TRIED} deals.")
        if not feasible.shape and not np.all(np.isfinite(jet.value)):
            raise NotFinite(
                f"{name} is {np.ravel(jet.value)[0]} at the centre of the issues' ranges; it must be finite there."
            )
    return len(found[1])


def _names(parties: int, constraints: int) -> list[str]:
    return [f"utility {i + 1}" for i in range(parties)] + [f"constraint {i + 1}" for i in range(constraints)]


def _require_concave(feasible: IssueSet) -> None:
    """Refuse functions that bend upward at one of the points looked at."""
    k = len(feasible.issues)
    points = sample(k)[:, :EVEN]
    count = int(np.prod(feasible.shape, dtype=int))
    games = np.unique(np.linspace(0, count - 1, min(count, LOOKED_AT)).astype(np.intp))
    wide = {
        name: np.broadcast_to(value, feasible.shape).reshape(-1)[games, None] for name, value in feasible.parameters.items()
    }
    x = [np.broadcast_to(p, (games.size, EVEN)) for p in points]
    with np.errstate(all="ignore"):
        jets = differentiate(feasible.functions, x, wide)
    for name, jet in zip(_names(feasible.size, feasible.constraint_count), jets, strict=True):
        hessian = np.zeros((games.size, EVEN, k, k))
        for (i, j), entry in jet.hessian.items():
            hessian[..., i, j] = hessian[..., j, i] = np.nan_to_num(entry)
        bends = np.linalg.eigvalsh(hessian)
        upward = bends[..., -1] > BENT * np.max(np.abs(bends))
        if np.any(upward):
            at = np.argwhere(upward)[0][1]
            deal = ", ".join(
                f"{issue.name} = {float(issue.at(p[at])):.4g}" for issue, p in zip(feasible.issues, points, strict=True)
            )
            raise InvalidProblem(f"{name} is not concave: it bends upward at {deal}. Leave out concave=True.")
