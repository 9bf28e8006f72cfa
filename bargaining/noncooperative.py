"""Games without agreements: Nash equilibria of two payoff tables, and disagreement points taken from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from bargaining._types import Array
from bargaining.checks import action_names, leading_axes, payoff_table, payoff_tables, require_finite
from bargaining.errors import InvalidProblem, NoSelection
from bargaining.numerics import bimatrix, matrix_games
from bargaining.numerics.matrix_games import Saddle
from bargaining.numerics.replies import undominated
from bargaining.numerics.selection import RULES, apart, check_selection, payoffs, strict

if TYPE_CHECKING:
    import pandas as pd

SHOWN, NAMED = 12, 6  # equilibria listed in a repr and in an error
IN_ANY_LIST = ("pure", "risk-dominant")  # selections among pure equilibria, all of which are found in games of any size
REMEDY = "Pass the number of one in equilibria(A, B), or another selection."


@dataclass(frozen=True, eq=False)
class Profile:
    """An equilibrium: a strategy for each player, what it gives both, and what deviating could gain.

    Attributes
    ----------
    row, column : array, shapes (m,) and (n,)
        Probabilities of the actions.
    payoffs : array, shape (2,)
        Of the row player and of the column player.
    regret : float
        The larger of the gains from deviating, as a share of what is at stake: the range of a player's payoffs against an
        action of the other, averaged over what the other plays.
    """

    row: Array
    column: Array
    payoffs: Array
    regret: float

    @property
    def pure(self) -> bool:
        """Whether both players play a single action."""
        return bool(np.count_nonzero(self.row) + np.count_nonzero(self.column) == 2)


@dataclass(frozen=True, eq=False, repr=False)
class Equilibria:
    """The Nash equilibria of a bimatrix game: isolated ones, and the extreme points of continua.

    Attributes
    ----------
    A, B : array, shape (m, n)
        Payoffs of the row player and of the column player.
    rows, columns : tuple of str
        Names of the actions.
    profiles : tuple of Profile
        Pure ones first, then by the number of actions played, then in the order of the actions. Their places in this
        order, from 0, are their numbers.
    components : tuple of tuples of int
        Numbers of profiles that hang together: alone if isolated, else the extreme points of a continuum.
    degenerate : bool
        Whether in some equilibrium a player has more best replies than the other plays actions.
    complete : bool
        Whether all vertices were compared, ties were told from rounding, and nothing speaks against the count.
    remark : str
        What is known about the list, in words.
    extremes : Extremes
        The profiles as pairs of distinct strategies, from which `subsets` are found when asked for.
    """

    A: Array
    B: Array
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    profiles: tuple[Profile, ...]
    components: tuple[tuple[int, ...], ...]
    degenerate: bool
    complete: bool
    remark: str
    extremes: bimatrix.Extremes

    @cached_property
    def subsets(self) -> tuple[tuple[Array, Array], ...]:
        """Maximal Nash subsets: strategies of the row player (k, m) and of the column player (l, n).

        Every mixture of the first with every mixture of the second is an equilibrium. Their union is the set of all
        equilibria, if `complete`, and else of those known.

        Raises
        ------
        InvalidProblem
            If there are more than 10,000: their number can grow exponentially with the actions.
        """
        found = self.extremes
        return tuple((found.rows[xs], found.columns[ys]) for xs, ys in bimatrix.maximal_subsets(found.pairs))

    @property
    def continua(self) -> tuple[tuple[int, ...], ...]:
        """The components that hold more than one equilibrium, hence infinitely many."""
        return tuple(component for component in self.components if len(component) > 1)

    def __len__(self) -> int:
        return len(self.profiles)

    def __iter__(self) -> Iterator[Profile]:
        return iter(self.profiles)

    def __repr__(self) -> str:
        lines = [*wrap(self.remark, 80), "  #  row player | column player: payoffs"]
        for number in range(min(len(self), SHOWN)):
            lines += wrap(f"{number:>3}  {self.describe(number)}", 80, subsequent_indent=" " * 7)
        if len(self) > SHOWN:
            lines.append(f"     and {len(self) - SHOWN:,} more")
        return "\n".join(lines)

    def describe(self, number: int) -> str:
        """Say in words what is played in a profile, and what it pays."""
        profile = self.profiles[number]
        played = [
            " + ".join(name if p == 1.0 else f"{p:.4g} {name}" for p, name in zip(strategy, names, strict=True) if p > 0.0)
            for strategy, names in ((profile.row, self.rows), (profile.column, self.columns))
        ]
        place = [place for place, component in enumerate(self.continua, 1) if number in component]
        among = f" (in continuum {place[0]})" if place else ""
        return f"{played[0]} | {played[1]}: {profile.payoffs[0]:.4g}, {profile.payoffs[1]:.4g}{among}"

    def named(self, chosen: Sequence[int] | None = None) -> str:
        """Describe some profiles, by default all, in a line; of many, the first."""
        chosen = range(len(self)) if chosen is None else chosen
        more = [f"and {len(chosen) - NAMED:,} more"] * (len(chosen) > NAMED)
        return "; ".join([*(f"#{number} {self.describe(number)}" for number in chosen[:NAMED]), *more]) or "none"

    def to_frame(self) -> pd.DataFrame:
        """Return a table with one row a profile.

        Its columns are the probabilities, `row: ` and `column: ` with the name of the action, `payoff row` and `payoff
        column`, `kind` (pure or mixed), `component`, the place in `components`, and `regret`.
        """
        import pandas as pd

        place = {number: k for k, component in enumerate(self.components) for number in component}
        table: dict[str, Any] = {}
        for side, names in (("row", self.rows), ("column", self.columns)):
            for action, name in enumerate(names):
                table[f"{side}: {name}"] = [float(getattr(profile, side)[action]) for profile in self]
        for party, side in enumerate(("row", "column")):
            table[f"payoff {side}"] = [float(profile.payoffs[party]) for profile in self]
        table["kind"] = ["pure" if profile.pure else "mixed" for profile in self]
        table["component"] = [place[number] for number in range(len(self))]
        table["regret"] = [profile.regret for profile in self]
        return pd.DataFrame(table)


def equilibria(A: Any, B: Any, *, rows: Any = None, columns: Any = None) -> Equilibria:
    r"""Return the Nash equilibria of a game given by two payoff tables.

    Players who mix over their actions with probabilities x and y are in equilibrium if neither gains by deviating:
    ``max_i (A y)_i = x'A y`` and ``max_j (x'B)_j = x'B y``. The set of equilibria is a union of finitely many products of
    polytopes, the maximal Nash subsets, whose corners are the extreme equilibria. In nondegenerate games these are all
    there are, and their number is odd.

    1. Solve for all vertices of both best-reply polytopes, for up to 11 actions each, or 2 against 300.
    2. Pair those that together say of every action that it is not played or a best reply, where payoffs that differ by less
       than about 1e-10 of their range are equal. Where it is not known whether payoffs tie, `remark` says so.
    3. Check each pair in the game: what a player could gain is at most 1e-9 of what is at stake for it. What fails is not
       reported, but counted in `remark`.
    4. In games too large for this, or if the count shows that one is missing: search small supports, and follow the paths
       of Lemke and Howson (1964) from many starts, on tableaux of our own and of nashpy.

    Parameters
    ----------
    A, B : array, shape (m, n)
        Payoffs of the row player and of the column player, one row an action of the first, a column one of the second.
    rows, columns : sequences of str, optional
        Names of the actions; "row 1", "row 2", ... and "column 1", ... by default.

    Returns
    -------
    Equilibria

    Raises
    ------
    InvalidProblem
        If the tables are not of real, finite numbers or of different shapes, or the names do not fit them.

    References
    ----------
    Avis, Rosenberg, Savani and von Stengel (2010), Enumeration of Nash equilibria for two-player games, Economic Theory 42,
    9-37. Mangasarian (1964), Equilibrium points of bimatrix games, Journal of the Society for Industrial and Applied
    Mathematics 12, 778-780. Lemke and Howson (1964), Equilibrium points of bimatrix games, the same journal 12, 413-423. On
    the odd number: Wilson (1971), Computing equilibria of n-person games, SIAM Journal on
    Applied Mathematics 21, 80-87; Harsanyi (1973), Oddness of the number of equilibrium points: a new proof, International
    Journal of Game Theory 2, 235-250.

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.equilibria([[3, 0], [0, 2]], [[2, 0], [0, 3]], rows=["opera", "match"], columns=["opera", "match"])
    3 equilibria; all vertices were compared
      #  row player | column player: payoffs
      0  opera | opera: 3, 2
      1  match | match: 2, 3
      2  0.6 opera + 0.4 match | 0.4 opera + 0.6 match: 1.2, 1.2
    """
    A, B = payoff_tables(A, B)
    if A.ndim > 2 or B.ndim > 2:
        raise InvalidProblem(
            f"A has shape {A.shape} and B {B.shape}; equilibria takes one game, two tables without further axes."
        )
    names = action_names(rows, columns, A.shape)
    require_finite(A=A, B=B)
    return _solve(A, B, *names)


def zero_sum(payoffs: Any) -> Saddle:
    """Solve a zero-sum game: its value and optimal strategies (von Neumann 1928), by linear programming.

    Parameters
    ----------
    payoffs : array, shape (m, n)
        What the row player receives from the column player.

    Returns
    -------
    Saddle
        `value`; `row` (m,) and `column` (n,), lotteries over actions; and `gap`, by how much what `row` guarantees at least
        and what `column` holds down to differ beyond rounding, as a share of the range of payoffs that are played.

    Raises
    ------
    InvalidProblem
        If these are no table of finite numbers.
    NotConverged
        If the two guarantees differ by more than 1e-9 of the range of payoffs that are played.

    Examples
    --------
    >>> import bargaining as bg
    >>> found = bg.zero_sum([[0, -0.2], [-0.2, 0.1]])
    >>> round(found.value, 9), found.row.round(9).tolist(), found.column.round(9).tolist()
    (-0.08, [0.6, 0.4], [0.6, 0.4])
    """
    table = payoff_table("payoffs", payoffs)
    if table.ndim > 2:
        raise InvalidProblem(f"payoffs have shape {table.shape}; zero_sum takes one game, a table without further axes.")
    require_finite(payoffs=table)
    return matrix_games.zero_sum(table)


def disagreement_from(A: Any, B: Any, selection: str | int = "only", *, rows: Any = None, columns: Any = None) -> Array:
    """Return the payoffs of an equilibrium of the game that is played without a deal, as a disagreement point.

    Parameters
    ----------
    A, B : array, shape (..., m, n)
        Payoffs of the first party, which chooses the row, and of the second. Leading axes make a stack of games.
    selection : str or int
        Which equilibrium, where there are several:

        - "only": all must give the same payoffs.
        - "payoff-dominant": the one that gives both at least as much as every other (Harsanyi and Selten 1988, A General
          Theory of Equilibrium Selection in Games, MIT Press).
        - "risk-dominant": in games with exactly two strict pure equilibria, which then differ in both actions, the one with
          the larger product of what each party loses by deviating alone to its action in the other; the comparison of
          Harsanyi and Selten (1988) in the 2 by 2 game of these actions.
        - "best for row", "best for column": the one with the largest payoff to that party.
        - "pure": the pure one, if all pure ones give the same payoffs.
        - a whole number: the profile of that number in `equilibria(A, B)`.
    rows, columns : sequences of str, optional
        Names of the actions, for messages.

    Returns
    -------
    array, shape (..., 2)
        In a stack, NaN for games in which the selection has no answer, or with payoffs that are not finite.

    Raises
    ------
    InvalidProblem
        If the tables, names or the selection have no meaning; for a single game also if the selection has no answer.
    UnknownName
        If there is no selection of that name.

    Examples
    --------
    Without a deal two firms set prices, high or low, as in the prisoner's dilemma:

    >>> import bargaining as bg
    >>> bg.disagreement_from([[4, 0], [5, 1]], [[4, 5], [0, 1]])
    array([1., 1.])

    In a stag hunt the equilibrium with the higher payoffs is not the one that risks less:

    >>> hunt = [[9, 0], [8, 7]], [[9, 8], [0, 7]]
    >>> bg.disagreement_from(*hunt, "payoff-dominant"), bg.disagreement_from(*hunt, "risk-dominant")
    (array([9., 9.]), array([7., 7.]))
    """
    shape, profiles = _choices(A, B, selection, rows, columns)
    found = np.full((*shape, 2), np.nan)
    for game, profile in profiles.items():
        found[game] = profile.payoffs
    return found


def chosen(A: Any, B: Any, selection: str | int = "only", *, rows: Any = None, columns: Any = None) -> tuple[Array, Array]:
    """Return both parties' strategies, (..., m) and (..., n), in the equilibria that `disagreement_from` selects."""
    shape, profiles = _choices(A, B, selection, rows, columns)
    m, n = np.shape(A)[-2:]
    x, y = np.full((*shape, m), np.nan), np.full((*shape, n), np.nan)
    for game, profile in profiles.items():
        x[game], y[game] = profile.row, profile.column
    return x, y


def _choices(
    A: Any, B: Any, selection: str | int, rows: Any, columns: Any
) -> tuple[tuple[int, ...], dict[tuple[int, ...], Profile]]:
    """Return the leading axes of a stack, and the selected equilibrium of every game that has one."""
    A, B = payoff_tables(A, B)
    check_selection(selection)
    names = action_names(rows, columns, A.shape[-2:])
    if A.ndim == 2 and B.ndim == 2:
        require_finite(A=A, B=B)
        return (), {(): _selected(_solve(A, B, *names), selection)}
    shape = leading_axes(A.shape[:-2], B.shape[:-2])
    A, B = (np.broadcast_to(table, shape + table.shape[-2:]) for table in (A, B))
    profiles = {}
    for game in map(tuple, np.argwhere(np.all(np.isfinite(A) & np.isfinite(B), axis=(-2, -1))).tolist()):
        try:
            profiles[game] = _selected(_solve(A[game], B[game], *names), selection)
        except NoSelection:  # it says why this game has no answer, and so does NaN
            continue
    return shape, profiles


def _solve(A: Array, B: Array, rows: tuple[str, ...], columns: tuple[str, ...]) -> Equilibria:
    """Enumerate the equilibria and say what is known about them."""
    found = bimatrix.extreme_equilibria(A, B)
    x, y = found.rows[found.pairs[:, 0]], found.columns[found.pairs[:, 1]]
    components = bimatrix.components(found.pairs)
    return Equilibria(
        A, B, rows, columns,
        tuple(map(Profile, x, y, payoffs(A, B, x, y), found.regrets.tolist())),
        tuple(map(tuple, components)),
        found.degenerate, found.exhaustive and not bimatrix.suspicious(found), bimatrix.remark(found, components),
        found,
    )  # fmt: skip


def _selected(found: Equilibria, selection: str | int) -> Profile:
    """Return the equilibrium that a selection picks; say why if there is none, or several whose payoffs differ."""
    if not isinstance(selection, str):
        if not 0 <= selection < len(found):
            raise NoSelection(f"selection = {selection} is no equilibrium: the game has {len(found)}, numbered from 0.")
        return found.profiles[selection]
    if not found.complete and selection not in IN_ANY_LIST:
        raise NoSelection(f"not all equilibria are known ({found.remark}), so {selection!r} has no answer. {REMEDY}")
    rule, why = RULES[selection]
    left = undominated(found.A, found.B)  # the payoffs of other actions, however large, compare with none that is played
    profiles = [
        np.array([getattr(profile, side)[actions] for profile in found]).reshape(len(found), len(actions))
        for side, actions in zip(("row", "column"), left, strict=True)
    ]
    A, B = found.A[np.ix_(*left)], found.B[np.ix_(*left)]
    picked = np.flatnonzero(rule(A, B, *profiles)).tolist()
    if not picked:
        why = why.format(strict=np.count_nonzero(strict(A, B, *profiles)))
        raise NoSelection(f"no equilibrium is {selection!r}: {why}. There are: {found.named()}. {REMEDY}")
    tables = A, B, *(strategies[picked] for strategies in profiles)
    if np.any(np.ptp(payoffs(*tables), axis=0) > apart(*tables)):
        several = f"{len(picked)} equilibria with different payoffs"
        raise NoSelection(f"{selection!r} does not decide between {several}: {found.named(picked)}. {REMEDY}")
    return found.profiles[picked[0]]
