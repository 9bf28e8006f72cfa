"""The structural model of the Microsoft-OpenAI renegotiation, version 1, in closed form.

A deal gives Microsoft (M) a stake s in the converted company, a share r of revenue to the end of 2030 or declared AGI, and
access of scope a to technology after either; g is the level of safety guarantees. Money is in $bn, present value at 29 July
2025 (t = 0). Party i discounts at rho_i and believes that AGI is declared with hazard lam_i. With OpenAI's revenue R(t),

    PV_i = int_0^2031 R exp(-(rho_i + lam_i) t) dt                       revenue base each side expects to be shared
    A    = (1 - theta) m_M omega int_0^T R exp(-rho_M t) [G P_M(tau < t) + 1{t > 2031} P_M(tau > t)] dt
    C    = (1 - theta) omega D m_O int_0^T R exp(-rho_O t) [G P_O(tau < t) + 1{t > 2031} P_O(tau > t)] dt
    V0   = V + r_ref PV_O
    W    = V0 (1 - eta s^2) - r (1 + phi r / 2) PV_O - C a^gamO          equity under the deal
    U_M  = psi s W + r (1 - eps r / 2) PV_M + A a^gamM (1 - nu g^2)
    U_O  = (1 - s) W - kappa a^2 (1 - mu g)
    u_i  = d_i + p (U_i - d_i),   p <= pbar - b_s s - b_a a + b_g g,   p <= 1

where p is the probability that regulators approve; it is carried as a variable below its two bounds, which is smooth where
a clip is not. Disagreement d is the contract to 2030 without conversion; see `impasse`. R is constant within a calendar
year, so all integrals are sums of exponentials over year pieces.

With `sides="three"` OpenAI's side is two parties, the non-profit (N) and all other investors and staff (I), and a deal also
gives N a stake f in the converted company. Microsoft is as before, and what U_O and d_O were is divided:

    U_N  = psi_N f W - kappa a^2 (1 - mu g)      d_N = n_share d_O           N has the mission to lose, by assumption
    U_I  = (1 - s - f) W                         d_I = (1 - n_share) d_O
    p   <= pbar - b_s s - b_a a + b_g g + b_f f,      s + f <= 1

In the baseline (psi_N = 1, b_f = 0) f moves money between N and I one for one and nothing else, and U_N + U_I = U_O.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import ndtr

from bargaining._types import Array, Entry
from bargaining.case import Inputs, Settings
from bargaining.cases.microsoft_openai import no_deal as no_deal_game
from bargaining.cases.microsoft_openai import talks as over_time
from bargaining.concept import Concept, StrategicModel
from bargaining.cooperative.egalitarian import Egalitarian
from bargaining.cooperative.kalai_smorodinsky import KalaiSmorodinsky
from bargaining.cooperative.nash import Nash
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.numerics.jets import plain
from bargaining.problems.issues import from_issues
from bargaining.problems.problem import Problem
from bargaining.problems.stochastic import StochasticProblem
from bargaining.problems.threats import ThreatGame
from bargaining.sets.issues import Issue
from bargaining.strategic.alternating_offers import AlternatingOffers, Breakdown

PARTIES = ("Microsoft", "OpenAI")
THREE_PARTIES = ("Microsoft", "non-profit", "other investors and staff")
MONEY = "$bn, present value at 29 July 2025"
START = 2025.573  # 29 July 2025
SHARE_ENDS = 2031  # the revenue share and the old access end on 1 January
GROWTH = (0.25, 0.20, 0.15, 0.12, 0.10)  # of revenue from 2031 on, then TREND: assumptions
TREND = 0.06
SHARE = 0.20  # of revenue, paid to Microsoft under the contract; also the stake it keeps without conversion

TERMS = (
    "V0", "PV_M", "PV_O", "A", "C", "d_M", "d_O", "eta", "phi", "gamO", "psi", "eps", "gamM", "nu", "kappa", "mu",
    "pbar", "b_s", "b_a", "b_g",
)  # fmt: skip
"""The numbers that utilities and constraint need, of those that `prepare` returns."""

TERMS_OF_THREE = (*(name for name in TERMS if name != "d_O"), "d_N", "d_I", "psi_N", "b_f", "f_press", "basis")
"""The same with OpenAI's side as two parties."""


def build(settings: Settings) -> Problem:
    """Return the bargaining problem of these settings, of two parties or of three; arrays make a stack."""
    numbers = prepare(settings)
    problem = _bargain(settings, numbers)
    if settings["impasse"] == "contract":
        return problem
    one_side = _bargain({**settings, "sides": "two"}, numbers)
    point = no_deal_game.disagreement(numbers, settings["impasse"], one_side)
    if settings["sides"] == "three":  # without a deal OpenAI's side acts as one, and divides what it has as ever
        share = numbers["n_share"]
        point = _columns(point[..., 0], share * point[..., 1], (1 - share) * point[..., 1])
    return problem.replace(disagreement=point)


def inputs(settings: Settings) -> Inputs:
    """Return the numbers that `build` puts a problem together from; jets among the settings give jets.

    `T_ext` moves the integrals through their horizon, and at the turn of a year, where revenue jumps, the derivative is
    that to the left: of access which ends a little earlier.
    """
    if settings["impasse"] != "contract":
        raise InvalidProblem(
            f"with impasse = {settings['impasse']!r} the disagreement point is an equilibrium of another game, which may "
            "jump as a parameter moves; derivatives are those of `impasse` = 'contract'."
        )
    return _inputs(settings, prepare(settings))


def _inputs(settings: Settings, numbers: Mapping[str, Entry]) -> Inputs:
    """Return the numbers that the bargain over what the contract gives without a deal is put together from."""
    three = settings["sides"] == "three"
    rates = [settings["impatience_M"], *[settings["impatience_O"]] * (2 if three else 1)]
    whole_year = np.equal(np.ceil(plain(settings["T_ext"])), plain(settings["T_ext"]))
    return Inputs(
        parameters={name: numbers[name] for name in (TERMS_OF_THREE if three else TERMS)},
        disagreement=[numbers[name] for name in (("d_M", "d_N", "d_I") if three else ("d_M", "d_O"))],
        impatience=rates,
        bounds={"stake": (settings["s_low"], settings["s_high"])},
        kinks={"T_ext": whole_year},
    )


def no_deal(settings: Settings) -> ThreatGame:
    """Return the game that the two firms play without a deal, with the deals that they can agree on instead."""
    numbers = prepare(settings)
    return no_deal_game.game(numbers, _bargain({**settings, "sides": "two"}, numbers))


def talks(settings: Settings, game: str, first: int) -> StochasticProblem:
    """Return the two firms' talks over time; see `talks` beside this module for the games."""
    if settings["sides"] == "three":
        raise InvalidProblem("the case's talks over time are between two; leave `sides` at 'two'.")
    if _one(settings, "period") <= 0:
        raise InvalidProblem("talks over time need a `period` above zero; the limit is bg.AlternatingOffers(period=0).")
    if game not in over_time.GAMES:
        raise UnknownName("game", game, over_time.GAMES)
    if settings["impasse"] != "contract":
        raise InvalidProblem("the case's talks over time start from the contract; leave `impasse` at 'contract'.")
    parts = over_time.Parts(settings, prepare, impasse, lambda numbers: _bargain(settings, numbers))
    return over_time.GAMES[game](parts, first)


def _bargain(settings: Settings, numbers: Mapping[str, Entry]) -> Problem:
    """Return the bargain over what the contract gives without a deal."""
    three = settings["sides"] == "three"
    given = _inputs(settings, numbers)
    reported = [Issue("nonprofit_stake", 0.0, 1.0, "fully diluted", implied=reported_stake)] if three else []
    return from_issues(
        issues=[
            Issue("stake", _one(settings, "s_low"), _one(settings, "s_high"), "fully diluted"),
            *reported,
            Issue("revenue_share", 0.0, SHARE, "of all revenue"),
            Issue("access", 0.0, 1.0, "scope 0 to 1"),
            Issue("safety", 0.0, 1.0, "level 0 to 1"),
            Issue("approval", 0.0, 1.0, "probability", implied=approval),
        ],
        payoffs=utilities_of_three if three else utilities,
        parties=THREE_PARTIES if three else PARTIES,
        constraints=[room_for_approval, room_for_investors] if three else room_for_approval,
        parameters=given.parameters,
        disagreement=_columns(*given.disagreement),
        impatience=_columns(*given.impatience),
        units=(MONEY,) * len(given.disagreement),
    )


def concepts(settings: Settings) -> dict[str, Concept | StrategicModel]:
    """Return the concepts the case is solved by.

    Of two parties: Nash, Kalai-Smorodinsky, and alternating offers with breakdown. Offers alternate between two, so three
    parties have the egalitarian solution instead, which may compare their gains because all are in the same money.
    """
    if settings["sides"] == "three":
        return {"nash": Nash(), "kalai-smorodinsky": KalaiSmorodinsky(), "egalitarian": Egalitarian()}
    talks = AlternatingOffers(period=_one(settings, "period"), breakdown=Breakdown(_one(settings, "breakdown")))
    return {"nash": Nash(), "kalai-smorodinsky": KalaiSmorodinsky(), "rubinstein": talks}


def restate(terms: Mapping[str, Array], settings: Settings) -> dict[str, Array]:
    """Return the stakes on the basis that the press uses, before the dilution by the rounds of 2024 and 2025."""
    stakes = {"stake": "stake, as the press counts it", "nonprofit_stake": "nonprofit stake, press basis"}
    return {words: np.asarray(terms[name] / settings["basis"]) for name, words in stakes.items() if name in terms}


def utilities(approval: Any, *, d_M: Any, d_O: Any, **deal: Any) -> tuple[Any, Any]:
    """Return u_M and u_O of the module's formulas."""
    equity, microsoft, harm = worth(**deal)
    openai = (1 - deal["stake"]) * equity - harm
    return d_M + approval * (microsoft - d_M), d_O + approval * (openai - d_O)


def utilities_of_three(
    nonprofit_stake: Any, approval: Any, *, d_M: Any, d_N: Any, d_I: Any, psi_N: Any, **deal: Any
) -> tuple[Any, Any, Any]:
    """Return u_M, u_N and u_I of the module's formulas."""
    equity, microsoft, harm = worth(**deal)
    nonprofit = psi_N * nonprofit_stake * equity - harm
    investors = (1 - deal["stake"] - nonprofit_stake) * equity
    return d_M + approval * (microsoft - d_M), d_N + approval * (nonprofit - d_N), d_I + approval * (investors - d_I)


def worth(
    stake: Any, revenue_share: Any, access: Any, safety: Any, *, V0: Any, PV_M: Any, PV_O: Any, A: Any, C: Any, eta: Any,
    phi: Any, gamO: Any, psi: Any, eps: Any, gamM: Any, nu: Any, kappa: Any, mu: Any, **_: Any,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Return W, U_M, and the harm that access does to OpenAI's mission, kappa a^2 (1 - mu g)."""
    s, r, a, g = stake, revenue_share, access, safety
    equity = V0 * (1 - eta * s * s) - r * (1 + phi / 2 * r) * PV_O - C * a**gamO
    microsoft = psi * s * equity + r * (1 - eps / 2 * r) * PV_M + A * a**gamM * (1 - nu * g * g)
    return equity, microsoft, kappa * a * a * (1 - mu * g)


def room_for_approval(
    stake: Any, access: Any, safety: Any, approval: Any, *, pbar: Any, b_s: Any, b_a: Any, b_g: Any,
    nonprofit_stake: Any = 0.0, b_f: Any = 0.0,
) -> Any:  # fmt: skip
    """Return how far the probability of approval lies below what the terms permit."""
    return pbar - b_s * stake - b_a * access + b_g * safety + b_f * nonprofit_stake - approval


def room_for_investors(stake: Any, nonprofit_stake: Any) -> Any:
    """Return what of the company is left to investors and staff.

    It binds in no deal that they would sign; without it the set would also hold deals that sell more than the company.
    """
    return 1 - stake - nonprofit_stake


def approval(
    stake: Any, access: Any, safety: Any, *, pbar: Any, b_s: Any, b_a: Any, b_g: Any,
    nonprofit_stake: Any = 0.0, b_f: Any = 0.0,
) -> Any:  # fmt: skip
    """Return the probability of approval of a deal."""
    return np.clip(pbar - b_s * stake - b_a * access + b_g * safety + b_f * nonprofit_stake, 0.0, 1.0)


def reported_stake(*, f_press: Any, basis: Any) -> Any:
    """Return the non-profit's stake of a deal that does not name it: the one that the press expected, fully diluted."""
    return f_press * basis


def prepare(settings: Settings) -> dict[str, Entry]:
    """Turn raw parameters into the numbers the utilities need, once a stack."""
    q = dict(settings)
    if not np.ndim(plain(q["T_ext"])) and plain(q["T_ext"]) < SHARE_ENDS:
        raise InvalidProblem(
            f"T_ext = {plain(q['T_ext']):g}: extended access cannot end before the contract does, in {SHARE_ENDS}."
        )
    rho_M, rho_O = (q["rho"], q["rho"]) if q["capital_markets"] == "common" else (q["rho_M"], q["rho_O"])
    pieces = year_pieces(q)
    base_M, access_M, lasting_M = present_values(pieces, q["T_ext"], rho_M, q["lam_M"], q["G"])
    base_O, access_O, lasting_O = present_values(pieces, q["T_ext"], rho_O, q["lam_O"], q["G"])
    dependent = (1 - q["theta"]) * q["omega"]
    numbers = q | {
        "PV_M": base_M,
        "PV_O": base_O,
        "A": dependent * q["m_M"] * access_M,
        "C": dependent * q["D"] * q["m_O"] * access_O,
        "V0": q["V"] + q["r_ref"] * base_O,
        "payments": SHARE * sum(revenue * (end - start) for start, end, revenue in pieces if end <= SHARE_ENDS - START),
    }
    numbers |= impasse(numbers)
    numbers |= lasting_payments(numbers, lasting_M, lasting_O)
    return numbers | {"d_N": q["n_share"] * numbers["d_O"], "d_I": (1 - q["n_share"]) * numbers["d_O"]}


def year_pieces(q: Mapping[str, Any]) -> list[tuple[float, float, Entry]]:
    """Return (start, end, revenue a year) of every calendar year, in years from START and $bn."""
    ratio = (q["R_2029"] / q["R_2026"]) ** (1 / 3)
    path = [q["R_2025"], q["R_2026"], q["R_2026"] * ratio, q["R_2026"] * ratio**2, q["R_2029"], q["R_2030"]]
    last = int(np.ceil(np.nanmax(plain(q["T_ext"]), initial=SHARE_ENDS)))
    for step in range(last - SHARE_ENDS):
        path.append(path[-1] * (1 + (GROWTH[step] if step < len(GROWTH) else TREND)))
    haircut = [1.0] + [q["h"]] * (len(path) - 1)
    return [
        (max(year - START, 0.0), year + 1 - START, share * revenue)
        for year, (share, revenue) in enumerate(zip(haircut, path, strict=True), start=2025)
    ]


def present_values(
    pieces: list[tuple[float, float, Entry]], until: Entry, rho: Entry, lam: Entry, growth: Entry
) -> tuple[Entry, Entry, Entry]:
    """Return the revenue base to 2030 or AGI, revenue after either up to the year `until`, and the base without AGI."""
    horizon = np.where(until >= SHARE_ENDS, until, np.nan) - START  # access that ends before the contract has no meaning
    lasting, later = discounted(pieces, horizon, rho)
    base, waiting = discounted(pieces, horizon, rho + lam)
    return base, growth * (lasting + later - base - waiting) + waiting, lasting


def discounted(pieces: list[tuple[float, float, Entry]], horizon: Entry, rate: Entry) -> tuple[Entry, Entry]:
    """Return the integrals of revenue times exp(-rate t) to the end of 2030, and from there to the horizon."""
    fall, stop = np.exp(-rate), np.exp(-rate * horizon)  # over any whole year, and where the horizon ends the last one
    (_, begun, first), *whole = pieces[: SHARE_ENDS - int(START)]
    at = np.exp(-rate * begun)
    before: Entry = 0.0
    for _, _, revenue in reversed(whole):  # Horner's rule: every year is worth `fall` of the one before
        before = revenue + fall * before
    before = first * (1 - at) + at * (1 - fall) * before
    for _ in whole:
        at = at * fall
    after: Entry = 0.0 * horizon  # of no meaning where the horizon is none
    for _, end, revenue in pieces[1 + len(whole) :]:
        below = np.where(end < horizon, at * fall, stop)  # at whole years the derivatives are those to the left
        after = after + revenue * (at - below)
        at = below
    return before / rate, after / rate


def impasse(q: Mapping[str, Any]) -> dict[str, Entry]:
    """Return what the parties have without a deal: the contract to 2030, no conversion, and Microsoft's capped claim.

    Value falls by L and growth by L/2. The claim K is a share s_c of the company up to the cap, priced as the asset less a
    call struck at the cap (Black and Scholes 1973). `cap_reading` says what the cap covers: the claim apart from the
    revenue share ("separate"), both together ("joint"), or the revenue share alone, which leaves no claim
    ("revenue_only").
    """
    slower = 1 - q["L"] / 2
    value = (1 - q["L"]) * q["V0"] - SHARE * (1 + 0.1 * q["phi"]) * q["PV_O"] * slower
    payments = q["payments"] * slower
    cap = q["cap"] * (1 + q["cap_g"]) ** q["T_c"]
    if q["cap_reading"] == "revenue_only":
        claim = 0.0 * value
    else:
        left = cap - payments if q["cap_reading"] == "joint" else cap
        strike = np.maximum(left, 1e-9) / q["s_c"]
        claim = q["s_c"] * (value - call(value, strike, q["sig"], q["T_c"], q["rf"]))
    received = royalties(q, q["PV_M"])
    return {"K": claim, "V_nd": value, "R_M": received, "d_M": received + q["psi"] * claim, "d_O": value - claim}


def royalties(q: Mapping[str, Any], base: Entry) -> Entry:
    """Return what Microsoft's share of this revenue base is worth to it under the contract, up to the cap."""
    slower = 1 - q["L"] / 2
    return SHARE * (1 - 0.1 * q["eps"]) * base * slower * np.minimum(1.0, q["cap"] / (q["payments"] * slower))


def lasting_payments(q: Mapping[str, Any], base_M: Entry, base_O: Entry) -> dict[str, Entry]:
    """Return the payments of revenue share as OpenAI values them, and both sides' values if AGI could not end them.

    The bases are those without AGI.
    """
    paid = SHARE * (1 + 0.1 * q["phi"]) * (1 - q["L"] / 2)
    return {"R_O": paid * q["PV_O"], "R_M0": royalties(q, base_M), "R_O0": paid * base_O}


def call(asset: Entry, strike: Entry, volatility: Entry, years: Entry, rate: Entry) -> Entry:
    """Return the price of a European call (Black and Scholes 1973, Journal of Political Economy 81, 637-654)."""
    spread = volatility * np.sqrt(years)
    up = (np.log(asset / strike) + rate * years) / spread + spread / 2
    return asset * ndtr(up) - strike * np.exp(-rate * years) * ndtr(up - spread)


def _one(settings: Settings, name: str) -> float:
    if np.ndim(settings[name]):
        raise InvalidProblem(f"{name} must be one number: it is the same for all games of a stack.")
    return float(settings[name])


def _columns(*entries: Entry) -> Array:
    return np.stack(np.broadcast_arrays(*(np.asarray(entry, dtype=float) for entry in entries)), axis=-1)
