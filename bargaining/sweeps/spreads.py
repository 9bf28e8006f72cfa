"""How outcomes of a sweep are spread: quantiles, the shares that lie at the ends, and the share without a deal.

A sweep of draws from ranges is a prior predictive of the ranges chosen (Box 1980, Sampling and Bayes' inference in
scientific modelling and robustness, Journal of the Royal Statistical Society A 143, 383-430): its quantiles are those of
our boxes of ignorance, no confidence interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bargaining._types import Array
from bargaining.checks import span, words
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.sets.base import Status
from bargaining.sweeps.chunks import KEYS

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that are reported."""

AT = 1e-6
"""Share of the range within which an outcome is at its end: where a bound only just binds, the solver's own distance."""

SHARED = 1e-4
"""Share of the rows with an answer that lie at a value before it counts as an end, if bounds are not given."""


@dataclass(frozen=True)
class Spread:
    """One outcome of a sweep in one group of its rows: all that a figure or a table says of it.

    Attributes
    ----------
    group : mapping of column to word
        What the rows have in common, such as {"cap_reading": "joint"}.
    rows : int
        How many there are, with and without an answer.
    inside : array
        The outcome where it has an answer and is at neither end.
    ends : (low, high)
        NaN for an end that no row lies at.
    at : (share, share)
        Shares of all rows that lie at the ends.
    missing : mapping of status to share of all rows
        Rows without an answer.
    levels : array
        The quantiles of `LEVELS` over the rows with an answer; NaN if there is none.
    """

    group: Mapping[str, str]
    rows: int
    inside: Array
    ends: tuple[float, float]
    at: tuple[float, float]
    missing: Mapping[str, float]
    levels: Array

    @property
    def label(self) -> str:
        """The group in words."""
        return ", ".join(word if name in KEYS else f"{name}: {word}" for name, word in self.group.items())


def quantiles(
    table: pd.DataFrame,
    columns: str | Iterable[str] | None = None,
    by: str | Iterable[str] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """Summarise outcomes of a sweep: quantiles, shares at both ends, the share without an agreement.

    Groups are never pooled: scenarios, concepts and choices that differ between rows have rows of their own, in the order
    in which they come. Quantiles are over rows with an answer, shares are of all rows. They are those of the ranges drawn
    from: no confidence interval, and no probability of anything in the world.

    Parameters
    ----------
    table : DataFrame
        From `bg.sweep`.
    columns : str or list of str
        Outcomes; the terms and gains by default.
    by : str or list of str
        Columns of words that tell groups apart; all that differ between rows by default, and these must be among them.
    bounds : mapping of column to (low, high)
        The ends of outcomes, which must hold them all. If not given, the least and the largest value count as ends where
        several rows share them.

    Returns
    -------
    DataFrame
        One row a group and outcome: the group, "outcome", "rows", "no agreement" and "no answer" for other reasons,
        "at low" and "at high", and the quantiles "5%", "25%", "50%", "75%", "95%".

    Raises
    ------
    InvalidProblem, UnknownName
        If the table is no table of a sweep, has no such columns, or would be pooled, or outcomes lie beyond bounds.

    Examples
    --------
    >>> import bargaining as bg
    >>> case = bg.cases.load("microsoft-openai")
    >>> table = bg.sweep(case, bg.draws(case.ranges, 500, rng=1), bg.Nash(), scenarios=["baseline", "cap-revenue-only"])
    >>> bg.quantiles(table, "stake")[["scenario", "no agreement", "at low", "50%", "95%"]].round(2)
               scenario  no agreement  at low   50%   95%
    0          baseline           0.0    0.29  0.12  0.31
    1  cap-revenue-only           0.0    0.59  0.00  0.15
    """
    import pandas as pd

    require_sweep(table)
    held = outcomes(table)
    shown = [name for name in held if not name.startswith("utility ")] if columns is None else _names("columns", columns)
    ends = {} if bounds is None else bounds
    for name in ends:
        require_outcome(table, name)
    found = []
    for name in shown:
        for spread in spreads(table, name, by, ends.get(name)):
            entry: dict[str, Any] = {**spread.group, "outcome": name, "rows": spread.rows}
            entry["no agreement"] = spread.missing.get(Status.NO_AGREEMENT.label, 0.0)
            entry["no answer"] = sum(spread.missing.values()) - entry["no agreement"]
            entry |= {"at low": spread.at[0], "at high": spread.at[1]}
            entry |= {f"{level:.0%}": float(value) for level, value in zip(LEVELS, spread.levels, strict=True)}
            found.append(entry)
    return pd.DataFrame(found)


def percent(share: float) -> str:
    """Return a share in words: nothing that is there is called zero, and nothing that is not all is called all."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    return f"{100 * share:.1f} %" if 0 < share < 0.0995 or 0.995 < share < 1 else f"{100 * share:.0f} %"


def spreads(
    table: pd.DataFrame, column: str, by: str | Iterable[str] | None = None, bounds: tuple[float, float] | None = None
) -> tuple[Spread, ...]:
    """Return how an outcome is spread in every group of a sweep's rows; see `quantiles`.

    With `by` None rows are told apart by all words that differ between them.
    """
    require_sweep(table)
    require_outcome(table, column)
    mixed = discrete(table)
    keys = mixed if by is None else list(_names("by", by))
    for name in keys:
        if name not in table.columns:
            raise UnknownName("column to tell groups apart by", name, words_of(table))
    pooled = [name for name in mixed if name not in keys]
    if pooled:
        raise InvalidProblem(
            f"the rows differ in {', '.join(pooled)}, and discrete questions are never averaged over: name all of "
            f"{mixed} in `by`, or choose rows, as in table[table[{pooled[0]!r}] == {table[pooled[0]].iloc[0]!r}]."
        )
    if keys:
        groups = table.groupby(keys, sort=False, dropna=False)
        parts = [(dict(zip(keys, map(str, group), strict=True)), rows) for group, rows in groups]
    else:
        parts = [({}, table)]
    found = [_spread(group, rows, column, bounds) for group, rows in parts]
    return tuple(spread for spread in found if spread is not None)


def require_sweep(table: Any) -> None:
    """Refuse what is no table of a sweep."""
    if not hasattr(table, "groupby") or not {"concept", "status"} <= set(getattr(table, "columns", ())):
        raise InvalidProblem("give a table from bg.sweep(case, draws, concepts), with its columns concept and status.")
    if not len(table):
        raise InvalidProblem("the table has no rows.")


def require_outcome(table: pd.DataFrame, column: Any) -> None:
    """Refuse a name that is no column of numbers."""
    known = numeric(table)
    if column not in known:
        raise UnknownName("column of numbers", str(column), known)


def numeric(table: pd.DataFrame) -> list[str]:
    """Return the columns of numbers but for the games' own."""
    return [str(name) for name, kind in table.dtypes.items() if kind.kind in "fiu" and name != "game"]


def outcomes(table: pd.DataFrame) -> list[str]:
    """Return the columns of answers: those after the concept."""
    after = list(table.columns)[list(table.columns).index("concept") + 1 :]
    return [name for name in numeric(table) if name in after and name != "gap"]


def words_of(table: pd.DataFrame) -> list[str]:
    """Return the columns of words, of scenarios, choices and concepts."""
    return [str(name) for name, kind in table.dtypes.items() if kind.kind not in "fiu" and name != "status"]


def discrete(table: pd.DataFrame) -> list[str]:
    """Return the columns of words that differ between rows."""
    return [name for name in words_of(table) if table[name].nunique(dropna=False) > 1]


def _names(what: str, given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else words(what, given)


def _ends(column: str, values: Array, bounds: Any) -> tuple[float, float, float]:
    """Return both ends, NaN where values only happen to end, and the distance within which an outcome is at one."""
    known = values[np.isfinite(values)]
    if bounds is not None:
        low, high = span(f"the bounds of {column}", bounds)
        near = AT * (high - low)
        if known.size and (known.min() < low - near or known.max() > high + near):
            raise InvalidProblem(
                f"the bounds of {column}, {bounds!r}, must hold all outcomes, which run from {known.min():.4g} to "
                f"{known.max():.4g}; leave them out where there are none."
            )
        return low, high, near
    if not known.size:
        return np.nan, np.nan, 0.0
    low, high = float(known.min()), float(known.max())
    if low == high:  # all at one place
        return low, np.nan, 0.0
    near = AT * (high - low)
    least = max(2.0, SHARED * known.size)
    ends_met = [np.count_nonzero(known <= low + near) >= least, np.count_nonzero(known >= high - near) >= least]
    return (low if ends_met[0] else np.nan), (high if ends_met[1] else np.nan), near


def _spread(group: Mapping[str, str], rows: pd.DataFrame, column: str, bounds: tuple[float, float] | None) -> Spread | None:
    """Return the spread of some rows; None if there is no such outcome in them, as a term that other scenarios have."""
    values, count = rows[column].to_numpy(dtype=float), len(rows)
    status, answered = rows["status"].to_numpy(dtype=object), np.isfinite(values)
    if not np.any(answered) and np.any(status == Status.OK.label):
        return None
    low, high, near = _ends(column, values, bounds)
    at_low, at_high = values <= low + near, values >= high - near
    names, counts = np.unique(status[~answered].astype(str), return_counts=True)
    known = values[answered]
    return Spread(
        group, count, values[answered & ~at_low & ~at_high], (low, high), (float(np.mean(at_low)), float(np.mean(at_high))),
        {str(name): float(number / count) for name, number in zip(names, counts, strict=True)},
        np.quantile(known, LEVELS) if known.size else np.full(len(LEVELS), np.nan),
    )  # fmt: skip
