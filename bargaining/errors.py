"""What can go wrong, as types: each message names the cause and the remedy, each error carries its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any


class BargainingError(Exception):
    """Base of every error the library raises on purpose."""


class InvalidProblem(BargainingError, ValueError):
    """A problem, query or concept was described in a way that has no meaning."""


class NoSelection(InvalidProblem):
    """An equilibrium was to be selected, and none answers the description, or several that differ do."""


class UnknownName(BargainingError, LookupError):
    """A name is not among the known ones; the message offers the nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        near = get_close_matches(name.lower(), self.known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(self.known)}."
        super().__init__(f"no {kind} named {name!r}; {hint}")


class NotDifferentiable(BargainingError, TypeError):
    """A utility uses an operation through which exact derivatives cannot be carried."""


class NotFinite(BargainingError, ArithmeticError):
    """A utility or constraint returned NaN or infinity inside the box of the issues."""


class NotConverged(BargainingError, ArithmeticError):
    """The solver stopped before the optimality conditions held; `evidence` holds the residual reached."""

    def __init__(self, message: str, evidence: Mapping[str, Any]) -> None:
        self.evidence = dict(evidence)
        super().__init__(message)


class NotConvex(BargainingError, ValueError):
    """A question that needs a convex payoff set met one with a dent; `evidence` locates the dent."""

    def __init__(self, message: str, evidence: Mapping[str, Any]) -> None:
        self.evidence = dict(evidence)
        super().__init__(message)


class NoAgreement(BargainingError, ValueError):
    """No feasible deal is strictly better than disagreement for every party.

    `shortfall` is an array with one entry per party, in that party's units: handing each party this much at the
    disagreement point (lowering it by `shortfall`) would make the first deal acceptable to all; `terms` is that deal.
    """

    def __init__(self, message: str, shortfall: Any, terms: Mapping[str, Any]) -> None:
        self.shortfall, self.terms = shortfall, dict(terms)
        super().__init__(message)


class MissingPackage(BargainingError, ImportError):
    """Something needs a package that is not installed; the message names the extra that brings it."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(f"{what} needs {package}, which is not installed; pip install 'bargaining[{extra}]' brings it.")


class UnusableCheckpoint(BargainingError, ValueError):
    """A folder that a sweep was to be resumed from is damaged, in use, or of another sweep."""


class SweepStopped(BargainingError, RuntimeError):
    """The workers of a sweep are gone; chunks that are in a checkpoint are not lost."""


class OutsideRange(UserWarning):
    """A parameter lies outside the range its documentation gives."""


class NotCompiled(UserWarning):
    """Games are solved in NumPy although generated C would be faster; the message says why and what to do."""
