"""What the two firms do to each other while there is no deal: a game of three actions each, from which d can come.

The contract to 2030 runs on, and talks may go on beside it: all of this is part of what an impasse pays, the disagreement
point, and none of it an outside option (Binmore, Shaked and Sutton 1989, Quarterly Journal of Economics 104, 753-770),
since no action ends the talks. Microsoft keeps to the contract, builds or buys models elsewhere, or goes to court over the
AGI clause; OpenAI keeps to it, buys computing elsewhere, or complains to the antitrust authorities. Over d_M and d_O of the
contract, in $bn, present value at 29 July 2025,

    build      M + close A - build_cost                O - close C
    litigate   M + hold (R_M0 - R_M) - suit_M          O - hold (R_O0 - R_O) - defence
    buy        O + supply V_nd - move_cost             M - moved m_Z PV_M (1 - L / 2)
    complain   O + void P_O - suit_O                   M - void P_M - defence
    either litigate or complain                        M - rift d_M,  O - rift d_O

R_i are the payments of revenue share under the contract as party i values them, and R_i0 what they would be if no
declaration of AGI could end them. P_i are the payments that a complaint is about: R_i, and what a suit has saved of the
rest if Microsoft litigates. `close` is of the part of Microsoft's dependent business that neither its own nor other models
can serve as it is: what they can serve, `theta`, is in d and in every deal already and is not counted again. A dispute
costs both the same share of all that they have under the contract, whoever began it and whether or not the other joins in,
so that a dispute may invite another: the game can have a calm equilibrium, one in dispute, and a mixed one between them.

All twelve numbers are assumptions; `hold` and `void` are shares of payments, and no chance of a ruling can be read from
them. Simplifications besides: a deal ends all of these actions (in it OpenAI's computing stays with Microsoft, which builds
nothing more), and a deal that regulators refuse leaves the contract and no dispute; Microsoft's capped claim is priced as
under the contract, whatever the actions do to OpenAI's value; and a suit protects payments, not access.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bargaining._types import Array, Bools, Entry
from bargaining.case import Settings
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.problems.threats import ThreatGame
from bargaining.threats.rational_threats import RationalThreats

MICROSOFT = ("keep", "build", "litigate")
OPENAI = ("keep", "buy elsewhere", "complain")
CALM = ((0, 0), (0, 1), (1, 0), (1, 1))
BOTH, ONE_SIDED = ((2, 2),), ((2, 0), (2, 1), (0, 2), (1, 2))
KINDS = {"calm": "calm equilibrium in pure actions", "dispute": "equilibrium in pure actions with a dispute"}


def payoffs(q: Settings) -> tuple[Array, Array]:
    """Return what each pair of actions gives Microsoft and OpenAI, (..., 3, 3), from the numbers of the model."""
    nothing = {"M": 0.0, "O": 0.0}
    own = [nothing, _build(q), _litigate(q)]
    cells: list[list[dict[str, Entry]]] = []
    for row, action in zip(own, MICROSOFT, strict=True):
        litigates = action == MICROSOFT[-1]
        other = [nothing, _buy(q), _complain(q, litigates)]
        kept = [1 - q["rift"] if litigates or reply == OPENAI[-1] else 1.0 for reply in OPENAI]
        cells.append([
            {side: share * q[f"d_{side}"] + row[side] + reply[side] for side in ("M", "O")}
            for share, reply in zip(kept, other, strict=True)
        ])  # fmt: skip
    first, second = (_table([[cell[side] for cell in row] for row in cells]) for side in ("M", "O"))
    return first, second


def _build(q: Settings) -> dict[str, Entry]:
    """Return what Microsoft's models, its own or others', add to either side's payoff."""
    return {"M": q["close"] * q["A"] - q["build_cost"], "O": -q["close"] * q["C"]}


def _litigate(q: Settings) -> dict[str, Entry]:
    """Return what a suit over the AGI clause adds."""
    return {"M": _saved(q, "M") - q["suit_M"], "O": -_saved(q, "O") - q["defence"]}


def _buy(q: Settings) -> dict[str, Entry]:
    """Return what computing elsewhere adds."""
    return {
        "M": -q["moved"] * q["m_Z"] * q["PV_M"] * (1 - q["L"] / 2), "O": q["supply"] * q["V_nd"] - q["move_cost"]
    }  # fmt: skip


def _complain(q: Settings, litigates: bool) -> dict[str, Entry]:
    """Return what an antitrust complaint adds: it is about all payments, those that a suit has saved included."""
    paid = {side: q[f"R_{side}"] + (_saved(q, side) if litigates else 0.0) for side in ("M", "O")}
    return {"M": -q["void"] * paid["M"] - q["defence"], "O": q["void"] * paid["O"] - q["suit_O"]}


def _saved(q: Settings, side: str) -> Entry:
    """Return the payments that a suit saves, of those that a declaration of AGI would end, as one side values them."""
    return q["hold"] * (q[f"R_{side}0"] - q[f"R_{side}"])


def _table(cells: list[list[Any]]) -> Array:
    """Return entries, numbers or arrays, as matrices on the last two axes."""
    flat = np.broadcast_arrays(*(np.asarray(cell, dtype=float) for row in cells for cell in row))
    return np.stack(flat, axis=-1).reshape(*flat[0].shape, len(cells), len(cells[0]))


def game(q: Settings, agreements: Problem) -> ThreatGame:
    """Return the game that is played without a deal, with the case's deals to be agreed on."""
    first, second = payoffs(q)
    return ThreatGame(first, second, agreements=agreements, rows=MICROSOFT, columns=OPENAI)


def disagreement(q: Settings, impasse: str, agreements: Problem) -> Array:
    """Return what the parties have without a deal, (..., 2), under a reading of the impasse.

    "calm" is the equilibrium in pure actions in which nobody goes to court or complains, "dispute" that in which both do,
    or else the only one in which one of them does, and "rational-threats" what optimal threats give. Games of a stack
    without such an equilibrium, or with several, have NaN.

    Raises
    ------
    InvalidProblem
        If a single game has no equilibrium of the kind asked for, or several.
    """
    found = game(q, agreements)
    if impasse == "rational-threats":
        return RationalThreats().resolve(found)[2].point
    points = np.full((*found.A.shape[:-2], 2), np.nan)
    for cells in (CALM,) if impasse == "calm" else (ONE_SIDED, BOTH):  # the last that there is counts
        stable = [_stable(found, cell) for cell in cells]
        only = np.count_nonzero(stable, axis=0) == 1
        for cell, here in zip(cells, stable, strict=True):
            payoff = np.stack([found.A[..., *cell], found.B[..., *cell]], axis=-1)
            points = np.where((only & here)[..., None], payoff, points)
    if points.ndim == 1 and np.any(np.isnan(points)):
        raise InvalidProblem(
            f"without a deal there is no single {KINDS[impasse]} at these parameters. bg.equilibria(game.A, game.B) of the "
            "game that case.no_deal() returns lists those that there are; problem.replace(disagreement=...) takes any."
        )
    return points


def _stable(found: ThreatGame, cell: tuple[int, int]) -> Bools:
    """Say in which games neither party gains by another action than that of a cell."""
    row, column = cell
    own, other = found.A[..., row, column], found.B[..., row, column]
    return np.asarray((own >= np.max(found.A[..., :, column], axis=-1)) & (other >= np.max(found.B[..., row, :], axis=-1)))
