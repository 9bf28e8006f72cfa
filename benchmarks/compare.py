"""This library against the tools that a researcher would otherwise use: the same games, the same run, one yardstick.

    python benchmarks/compare.py                       everything at a middling size
    python benchmarks/compare.py --games 1000000 --largest 10000000      the full claim
    python benchmarks/compare.py nash warm             only these parts
    python benchmarks/compare.py --install-peers       casadi and negmas, 1.1 GB, in an environment of their own

nash        The Nash deal of the flagship case. Ours goes from raw calibrations to deals, preparation included: `solve`
            takes 32,768 at a time, `sweep` makes a table of them, and "certified" adds the line that proves each. The
            peers get the prepared numbers of a game free and solve a sample: SLSQP and L-BFGS-B as a careful researcher
            would call them (see `rivals.py`), ipopt with exact derivatives, compiled once, and negmas on a grid (see
            `peers.py`).
quadratic   The same of a concave quadratic family, which cvxpy can express; the flagship it cannot.
rubinstein  Alternating offers by the case's own concept, against brentq over SLSQP (see `talks.py`, whose careful peer,
            with exact gradients and many starts, says how far the timed one is off).
warm        One game at a time with new numbers every time, as inside an estimation loop: milliseconds by the clock.
growth      What 1, 10, ... games cost, prepared and solved by Nash.
limit       Where the time of C goes, and what its arithmetic alone would take.

Speeds are CPU time of one core, everybody's: one thread, BLAS included. Ours and the peers' runs alternate, and medians are
shown. A deal is scored by its log product of gains, in the model's own NumPy utilities, after it has been put between its
bounds: `short` is how far the worst falls below the best that anybody in the run found for the same game, `>1e-6` the share
of games that fall short by more, and `none` counts games with no deal although somebody found one. Compiling, a second or
two the first time, is shown apart. The last lines hold what was measured against what is promised, and the exit status is 1
if a promise is broken.
"""

# ruff: noqa: E402
from __future__ import annotations

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy: a thread that waits for another still burns CPU time

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import costs
import numpy as np
import rivals
from scores import Array, Promises, Row, block, heading
from talks import Peer

import bargaining as bg
from bargaining.cases.microsoft_openai import model
from bargaining.numerics.backends import using
from bargaining.sets.base import status_labels

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parent / ".venv-peers"
CLOSED = 1e-9
FEW = 20  # games that negmas gets: it takes a tenth of a second for each

# -- Nash on the flagship ------------------------------------------------------------------------------------------------


@dataclass
class Answers:
    """Our answers to all games, from raw calibrations, and the CPU seconds they took."""

    deals: Array
    status: Array
    seconds: float
    gaps: Array = field(default_factory=lambda: np.empty(0))  # of the certificates of the games that are solved


def swept(case: Any, draws: Mapping[str, Array], backend: str) -> Answers:
    begun = time.process_time()
    table = bg.sweep(case, draws, bg.Nash(), keep=rivals.TERMS, backend=backend)
    seconds = time.process_time() - begun
    return Answers(table[list(rivals.TERMS)].to_numpy(), table["status"].to_numpy(str), seconds)


def solved(case: Any, draws: Mapping[str, Array], backend: str, certify: bool = False) -> Answers:
    games = next(iter(draws.values())).size
    begun = time.process_time()
    parts = list(costs.solutions(case, costs.rows_of(draws), games, bg.Nash(), backend, certify))
    seconds = time.process_time() - begun
    deals = np.concatenate([np.stack([part.terms[name] for name in rivals.TERMS], axis=-1) for part in parts])
    gaps = [np.abs(part.certificate.gap[part.status == bg.Status.OK]) for part in parts]
    status = status_labels(np.concatenate([part.status for part in parts]))
    return Answers(deals, status, seconds, np.concatenate(gaps))


OURS: dict[str, Callable[[Any, Mapping[str, Array]], Answers]] = {
    "bargaining, C, solve": lambda case, draws: solved(case, draws, "c"),
    "bargaining, C, sweep": lambda case, draws: swept(case, draws, "c"),
    "bargaining, C, certified": lambda case, draws: solved(case, draws, "c", True),
    "bargaining, NumPy, solve": lambda case, draws: solved(case, draws, "numpy"),
    "bargaining, NumPy, sweep": lambda case, draws: swept(case, draws, "numpy"),
    "bargaining, NumPy, certified": lambda case, draws: solved(case, draws, "numpy", True),
}
HAND = {"SciPy, SLSQP": rivals.slsqp, "SciPy, L-BFGS-B": rivals.l_bfgs_b}


def nash(case: Any, options: argparse.Namespace, promises: Promises) -> None:
    draws = case.draw(options.games, rng=1)
    numbers = model.prepare(case.settings(**draws))
    numbers = {name: np.broadcast_to(numbers[name], (options.games,)) for name in model.TERMS}
    rows = {name: Row(name) for name in (*OURS, *HAND)}
    last: dict[str, Answers] = {}
    for piece in np.array_split(np.arange(min(options.peers, options.games)), options.rounds):
        own, games = first_of(numbers, piece), rivals.plain(numbers, piece)
        for name, rival in HAND.items():
            deals, seconds = rivals.timed(rival, games)
            rows[name].timed(piece.size, seconds)
            rows[name].reached = np.append(rows[name].reached, rivals.log_product(own, deals))
        for name, run in OURS.items():
            last[name] = run(case, draws)
            rows[name].timed(options.games, last[name].seconds)
    for name, answers in last.items():
        rows[name].games, rows[name].reached = options.games, rivals.log_product(numbers, answers.deals)
    cvxpy = Row("cvxpy", note=f"not expressible: refused as {rivals.rules_broken()}")
    others = elsewhere(first_of(numbers, np.arange(min(options.peers, options.games))))
    base = rows["SciPy, SLSQP"]
    worst = block("Nash on the flagship case", [*rows.values(), *others, cvxpy], base)
    words, counts = np.unique(last["bargaining, C, solve"].status, return_counts=True)
    print("in C: " + ", ".join(f"{count:,} {word}" for word, count in zip(words, counts, strict=True)))
    gaps = last["bargaining, C, certified"].gaps
    closed, none = int(np.sum(gaps <= CLOSED)), int(np.sum(np.isnan(gaps)))
    print(f"certificates: {closed:,} close to {CLOSED:g}, {gaps.size - closed - none:,} do not, {none:,} cannot be had")
    promises.least("Nash in C, times SLSQP", 1000, rows["bargaining, C, solve"].speed / base.speed)
    promises.least("Nash in NumPy, times SLSQP", 100, rows["bargaining, NumPy, solve"].speed / base.speed)
    promises.most("flagship: our log products fall short by", 1e-9, max(worst[name] for name in OURS))
    promises.most("Nash: games without answer or verdict", 0, max(open_games(answers.status) for answers in last.values()))


def open_games(status: Array) -> int:
    """Count the games of which it is not known what their answer is, or that there is none."""
    return int(np.sum(~np.isin(status, ["ok", "no agreement"])))


def first_of(numbers: Mapping[str, Array], games: Array) -> dict[str, Array]:
    return {name: values[games] for name, values in numbers.items()}


def elsewhere(numbers: Mapping[str, Array]) -> list[Row]:
    """Run the peers of the other environment on these games."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        return [Row(name, note="not installed: --install-peers") for name in ("casadi, ipopt", "negmas, grid of 10,000")]
    table = np.stack([numbers[name] for name in model.TERMS], axis=-1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "games.npz"
        np.savez(file, names=model.TERMS, table=table, bounds=np.array(rivals.BOUNDS).T, few=FEW)
        own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run([str(python), str(HERE / "peers.py"), str(file)], check=True, env=own)
        said = json.loads(file.with_name("seconds.json").read_text(encoding="utf-8"))
        with np.load(file.with_name("deals.npz")) as found:
            deals = {name: found[name] for name in ("ipopt", "negmas")}
    rows = []
    labels = (f"casadi {said['versions'][0]}, ipopt", f"negmas {said['versions'][1]}, grid of 10,000")
    for label, (name, own_deals) in zip(labels, deals.items(), strict=True):
        row = Row(label, reached=rivals.log_product(first_of(numbers, np.arange(len(own_deals))), own_deals))
        row.timed(len(own_deals), said[name])
        rows.append(row)
    return rows


def install() -> None:
    """Make the environment of the peers that are under copyleft licences."""
    print(f"casadi (LGPL) and negmas (AGPL), with what they need about 1.1 GB, go to {ENVIRONMENT}", flush=True)
    venv.create(ENVIRONMENT, with_pip=True)
    subprocess.run([str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "casadi", "negmas"], check=True)


# -- a family that cvxpy can express -------------------------------------------------------------------------------------


def quadratic(_: Any, options: argparse.Namespace, promises: Promises) -> None:
    problem = rivals.quadratics(options.games)
    games = rivals.quadratic_numbers(problem, range(min(options.peers, options.games)))
    hand = {"SciPy, SLSQP": rivals.quadratic_slsqp, "cvxpy, Clarabel": rivals.Clarabel()}
    hand["cvxpy, Clarabel"](games[0])  # compiles
    ours = {"bargaining, C, solve": "c", "bargaining, NumPy, solve": "numpy"}
    bg.solve(rivals.quadratics(2), bg.Nash(), certify=False, backend="c")
    rows = {name: Row(name) for name in (*ours, *hand)}
    for piece in np.array_split(np.arange(len(games)), options.rounds):
        for name, backend in ours.items():
            begun = time.process_time()
            found = bg.solve(problem, bg.Nash(), certify=False, backend=backend)
            rows[name].timed(problem.shape[0], time.process_time() - begun)
            deals = np.stack(list(found.terms.values()), axis=-1)[: len(games)]
            rows[name].reached = np.array([rivals.quadratic_log_product(*pair) for pair in zip(games, deals, strict=True)])
        for name, rival in hand.items():
            own = [games[g] for g in piece]
            deals, seconds = rivals.timed(rival, own)
            rows[name].timed(piece.size, seconds)
            reached = [rivals.quadratic_log_product(*pair) for pair in zip(own, deals, strict=True)]
            rows[name].reached = np.append(rows[name].reached, reached)
    for name in ours:
        rows[name].games = problem.shape[0]
    worst = block("Nash on concave quadratic games, four issues", list(rows.values()), rows["cvxpy, Clarabel"])
    promises.most("quadratic games: our log products fall short by", 1e-9, max(worst[name] for name in ours))


# -- alternating offers --------------------------------------------------------------------------------------------------


def rubinstein(case: Any, options: argparse.Namespace, promises: Promises) -> None:
    draws = case.draw(options.games, rng=1)
    del draws["period"], draws["breakdown"]  # the concept's own, the same for all games
    concept = case.concepts()["rubinstein"]
    rates = np.stack([draws["impatience_M"], draws["impatience_O"]], axis=-1)
    factors = np.exp(-(rates + concept.breakdown.hazard) * concept.period)
    numbers = model.prepare(case.settings(**draws))
    numbers = {name: np.broadcast_to(numbers[name], (options.games,)) for name in model.TERMS}
    sample = np.arange(min(options.talks, options.games))
    games = rivals.plain(numbers, sample)
    rows = {name: Row(name) for name in ("bargaining, C", "bargaining, NumPy", "brentq over SLSQP")}
    timed: list[tuple[float, float]] = []
    status: dict[str, Array] = {}
    for piece in np.array_split(sample, options.rounds):
        for name, backend in (("bargaining, C", "c"), ("bargaining, NumPy", "numpy")):
            begun = time.process_time()
            parts = list(costs.solutions(case, costs.rows_of(draws), options.games, concept, backend))
            rows[name].timed(options.games, time.process_time() - begun)
            rows[name].games, rows[name].reached = options.games, proposals(parts)
            status[name] = status_labels(np.concatenate([part.status for part in parts]))
        begun = time.process_time()
        peers = [Peer(games[g], factors[g]) for g in piece]
        first = [peer.equilibrium() for peer in peers]
        rows["brentq over SLSQP"].timed(piece.size, time.process_time() - begun)
        timed += [both(peer, gain) for peer, gain in zip(peers, first, strict=True)]
    slow = [Peer(game, own, careful=True) for game, own in zip(games, factors, strict=False)]
    careful = np.array([both(peer, peer.equilibrium()) for peer in slow])
    level = np.stack([numbers["d_M"], numbers["d_O"]], axis=-1)
    rows["brentq over SLSQP"].reached = np.array(timed) + level[sample]
    columns = [
        ("games", 11),
        ("us a game", 12),
        ("x brentq", 12),
        ("median", 10),
        ("worst", 10),
        ("none", 6),
    ]  # no agreement, or not solved
    heading("Alternating offers on the flagship case: payoffs of both proposals off the careful peer's", columns)
    base = rows["brentq over SLSQP"].speed
    for row in rows.values():
        off = np.abs(row.reached[sample] / (careful + level[sample]) - 1.0)
        none = np.sum(np.isnan(row.reached).any(axis=-1))
        print(
            f"{row.name:36}{row.games:>11,}{1e6 / row.speed:>12,.2f}{row.speed / base:>12,.1f}"
            f"{np.nanmedian(off):>10.0e}{np.nanmax(off):>10.0e}{none:>6,}"
        )
    between = np.nanmax(np.abs(rows["bargaining, C"].reached / rows["bargaining, NumPy"].reached - 1.0))
    print(f"C and NumPy apart by {between:.0e} at most, on all {options.games:,} games")
    promises.most("Rubinstein: games without answer or verdict", 0, max(map(open_games, status.values())))
    promises.least("Rubinstein in C, times brentq over SLSQP", 10_000, rows["bargaining, C"].speed / base)


def both(peer: Peer, gain: float) -> tuple[float, float]:
    """Return both parties' gains from their own proposals, given the first's."""
    return gain, peer.best(1, peer.factors[0] * gain, 1.0)


def proposals(parts: list[bg.Solution]) -> Array:
    """Return both parties' payoffs from their own proposals, (games, 2)."""
    offers = [part.equilibrium.proposals for part in parts if part.equilibrium is not None]
    return np.concatenate([np.stack([one.utilities[:, 0], two.utilities[:, 1]], axis=-1) for one, two in offers])


# -- everything ----------------------------------------------------------------------------------------------------------


def warm(case: Any, options: argparse.Namespace, promises: Promises) -> None:
    medians = costs.warm(case, options.warm)
    promises.most("one warm solve by Nash in C, ms", 1.0, medians["nash c"])
    promises.most("one warm solve of alternating offers in C, ms", 1.0, medians["rubinstein c"])


PARTS: dict[str, Callable[[Any, argparse.Namespace, Promises], None]] = {
    "nash": nash,
    "quadratic": quadratic,
    "rubinstein": rubinstein,
    "warm": warm,
    "growth": lambda case, options, _: costs.growth(case, options.largest),
    "limit": lambda case, options, _: costs.limit(case, options.games),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all, if none is named")
    parser.add_argument("--games", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=int, default=500, help="games that the peers solve")
    parser.add_argument("--talks", type=int, default=12, help="games that brentq over SLSQP solves")
    parser.add_argument("--warm", type=int, default=200, help="games solved one at a time")
    parser.add_argument("--largest", type=int, default=1_000_000, help="games at which growth ends")
    parser.add_argument("--install-peers", action="store_true")
    options = parser.parse_args()
    if options.install_peers:
        install()
        return 0
    case, promises = bg.cases.load("microsoft-openai"), Promises()
    with using("auto", options.games, threads=1):
        spent = {label: costs.first_use(case, case.concepts()[label]) for label in ("nash", "rubinstein")}
        print("first use of C, compiling if nothing is cached: "
              + ", ".join(f"{label} {seconds:.1f} s" for label, seconds in spent.items()))  # fmt: skip
        for name in options.parts or PARTS:
            PARTS[name](case, options, promises)
            sys.stdout.flush()
    return 0 if promises.report() else 1


if __name__ == "__main__":
    sys.exit(main())
