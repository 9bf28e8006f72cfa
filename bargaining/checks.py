"""What users pass in, checked: each function returns it in the form the library works with, or says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import fields
from reprlib import repr as brief
from typing import Any

import numpy as np

from bargaining._types import Array
from bargaining.errors import InvalidProblem, UnknownName


def numbers(name: str, value: Any) -> Array:
    """Return a value as an array of floats of its own, so that what becomes of the original does not matter."""
    try:
        if isinstance(value, np.ma.MaskedArray):
            raise TypeError("it is masked; fill the gaps, for example with nan")
        array = np.asarray(value)
        if array.dtype.kind not in "bifu":
            held = {"U": "text", "S": "text", "O": "things that are no numbers", "c": "complex numbers"}
            raise TypeError(f"it holds {held.get(array.dtype.kind, array.dtype)}")
        return np.array(array, dtype=float)
    except (TypeError, ValueError) as error:
        raise InvalidProblem(f"{name} = {brief(value)} is not an array of real numbers: {error}.") from error


def number(name: str, value: Any, *, low: float = -np.inf, high: float = np.inf) -> float:
    """Return a single finite number in its range."""
    array = numbers(name, value)
    if array.ndim or not np.isfinite(array) or not low <= array <= high:
        limits = [f"at least {low:g}"] * (low > -np.inf) + [f"at most {high:g}"] * (high < np.inf)
        raise InvalidProblem(
            f"{name} = {brief(value)} must be one finite number{', ' * bool(limits)}{' and '.join(limits)}."
        )
    return float(array)


def option(name: str, value: Any, known: Sequence[str]) -> None:
    """Refuse a setting that is none of the known words."""
    if not isinstance(value, str) or value not in known:
        raise InvalidProblem(f"{name} = {brief(value)} is unknown; write one of {', '.join(map(repr, known))}.")


def whole(name: str, value: Any) -> int:
    """Return a count: a positive whole number."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidProblem(f"{name} = {brief(value)} must be a positive whole number.")
    return int(value)


def vector(name: str, value: Any, parties: int) -> Array:
    """Return numbers with one entry a party on the last axis; in a stack a bad number is left to the status of its game."""
    array = numbers(name, value)
    if array.ndim == 0 or array.shape[-1] != parties:
        raise InvalidProblem(
            f"{name} has shape {array.shape}; its last axis must hold one number for each of the {parties} parties."
        )
    if array.ndim == 1 and not np.all(np.isfinite(array)):
        raise InvalidProblem(f"{name} = {array.tolist()} is not finite; every party needs a number.")
    return array


def query(name: str, value: Any, parties: int, *, least: float = -np.inf, some: bool = False) -> Array:
    """Return a vector that a set is asked about; with `some`, an entry must be positive."""
    array = vector(name, value, parties)
    if array.ndim == 1 and np.any(array < least):
        raise InvalidProblem(f"{name} must not be below {least:g}; it is {array.tolist()}.")
    if array.ndim == 1 and some and not np.any(array > 0):
        raise InvalidProblem(f"{name} = {array.tolist()} points nowhere: some entry must be positive.")
    return array


def party_number(what: str, value: Any, parties: Sequence[str]) -> int:
    """Return the number of a party given by number or name."""
    if isinstance(value, str):
        if value not in parties:
            raise UnknownName("party", value, parties)
        return parties.index(value)
    scalar = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not scalar or value not in range(len(parties)):
        names = " or ".join(parties)
        raise InvalidProblem(
            f"{what} = {value!r} is no party: give a number from 0 to {len(parties) - 1}, or a name, {names}."
        )
    return int(value)


def leading_axes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the leading axes that stacks share."""
    distinct = set(shapes)
    if len(distinct) == 1:  # the usual case, a hundred times as fast
        return distinct.pop()
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise InvalidProblem(
            f"the leading axes {', '.join(map(str, shapes))} of a stack do not match; they must be equal, or one."
        ) from error


def sequence(name: str, value: Any) -> tuple[Any, ...]:
    """Return the entries of a sequence; a string is not meant as one of letters, and a set has no order."""
    try:
        if isinstance(value, (str, bytes, Mapping, Set)):
            raise TypeError(f"it is a {type(value).__name__}")
        return tuple(value)
    except TypeError as error:
        raise InvalidProblem(f"{name} = {brief(value)} must be a list: {error}.") from error


def words(name: str, value: Any) -> tuple[str, ...]:
    """Return a sequence of strings."""
    found = sequence(name, value)
    for word in found:
        if not isinstance(word, str):
            raise InvalidProblem(f"{name} = {brief(value)} must be a list of strings; {brief(word)} is none.")
    return found


def table(name: str, value: Any) -> dict[str, Array]:
    """Return numbers by name."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidProblem(f"{name} = {brief(value)} must map names to numbers, as in {{'x': 0.5}}.")
    return {key: numbers(key, entry) for key, entry in value.items()}


def spans(name: str, value: Any) -> dict[str, tuple[float, float]]:
    """Return ranges by name, each with its low end first."""
    return {key: span(f"the range of {key}", value[key]) for key in table(name, value)}


def span(what: str, value: Any, *, point: bool = False) -> tuple[float, float]:
    """Return both ends of a range, its low end first; they may be one `point`."""
    pair = numbers(what, value)
    if pair.shape != (2,) or not np.all(np.isfinite(pair)) or pair[0] > pair[1] or (pair[0] == pair[1] and not point):
        order = "the lower first" if point else "low < high"
        raise InvalidProblem(f"{what}, {brief(value)}, must be two finite numbers, {order}.")
    return float(pair[0]), float(pair[1])


def flag(what: str, value: Any) -> bool:
    """Return a setting that is on or off."""
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidProblem(f"{what} = {value!r} must be True or False.")
    return bool(value)


def with_changes(what: str, value: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a value, what `what` is, with some of them changed."""
    known = [field.name for field in fields(value)]
    for name in changes:
        if name not in known:
            raise UnknownName(f"field of {what}", name, known)
    return {**{name: getattr(value, name) for name in known}, **changes}


def instance(value: Any, kind: type, remedy: str, *others: type) -> None:
    """Refuse a value that is neither of a kind nor of one of the others."""
    if not isinstance(value, (kind, *others)):
        raise InvalidProblem(f"{brief(value)} is no {kind.__name__}; {remedy}.")


def payoff_table(name: str, payoffs: Any) -> Array:
    """Return payoffs for pairs of actions, (..., m, n)."""
    array = numbers(name, payoffs)
    if array.ndim < 2 or 0 in array.shape[-2:]:
        raise InvalidProblem(
            f"{name} has shape {array.shape}; it must be a table with a row for each action of the row player and a column "
            "for each action of the column player, at least one of each."
        )
    return array


def payoff_tables(A: Any, B: Any) -> tuple[Array, Array]:
    """Return the payoffs of a row and a column player, (..., m, n) each, whose last two axes are the same actions."""
    A, B = payoff_table("A", A), payoff_table("B", B)
    if A.shape[-2:] != B.shape[-2:]:
        raise InvalidProblem(
            f"A has shape {A.shape} and B {B.shape}; both hold payoffs of the same pairs of actions, with a row for each "
            "action of the row player. If B was written from the column player's side, transpose it."
        )
    leading_axes(A.shape[:-2], B.shape[:-2])
    return A, B


def require_finite(**tables: Array) -> None:
    """Refuse the payoff tables of a single game, by name, in which a payoff is missing."""
    for name, payoffs in tables.items():
        for i, j in np.argwhere(~np.isfinite(payoffs)).tolist():
            raise InvalidProblem(f"{name}[{i}, {j}] = {payoffs[i, j]} is not finite; every pair of actions needs a payoff.")


def action_names(rows: Any, columns: Any, shape: tuple[int, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of both players' actions: those given, or numbered ones."""
    found = []
    for side, given, count in (("row", rows, shape[0]), ("column", columns, shape[1])):
        names = tuple(f"{side} {k + 1}" for k in range(count)) if given is None else words(f"{side}s", given)
        if len(names) != count or len(set(names)) != count or not all(names):
            raise InvalidProblem(f"{side}s = {brief(given)} must be {count} different names, one a {side} of the tables.")
        found.append(names)
    return found[0], found[1]
