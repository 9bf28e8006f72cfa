"""Draws from ranges of parameters: uniform, in a Latin hypercube, or along a Sobol sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from bargaining.calibrations.rows import Calibrations, Excerpt, Rows
from bargaining.checks import option, span, whole
from bargaining.errors import InvalidProblem

Sampling = Literal["uniform", "latin-hypercube", "sobol"]
Words: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]

ROUNDS = 8  # of a Feistel network; four make a pseudo-random permutation (Luby and Rackoff 1988), the rest is margin
LEAST_HALF = 3  # bits of each half: with fewer there are too few permutations to be drawn
SOBOL_GAMES = 2**30  # SciPy's Sobol points have 30 bits


@dataclass(frozen=True, repr=False)
class Draws(Calibrations):
    """Independent or stratified draws from a box; `state` is that of the PCG64 stream from which they are made.

    Row i is a function of i alone. A uniform draw is a number of the stream that can be jumped to; a stratum of a Latin
    hypercube is a keyed permutation of the rows' numbers; a Sobol point has its place in the sequence.
    """

    ranges: Mapping[str, tuple[float, float]]
    count: int
    method: Sampling
    state: tuple[int, int]

    @property
    def games(self) -> int:
        """How many draws there are."""
        return self.count

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(self.ranges)

    @property
    def spans(self) -> Mapping[str, tuple[float, float]]:
        """The ranges."""
        return self.ranges

    @property
    def kinds(self) -> Sequence[Mapping[str, str]]:
        """Draws hold no words."""
        return [{}]

    def _made(self, start: int, stop: int) -> Rows:
        """Return some of the draws."""
        if self.method == "sobol":
            return self._sobol(start, stop)
        if self.method == "latin-hypercube":
            return self._stratified(start, stop)
        return {
            name: self._stream(j * self.count + start).uniform(low, high, stop - start)
            for j, (name, (low, high)) in enumerate(self.ranges.items())
        }

    def excerpt(self, start: int, stop: int) -> Calibrations:
        """Return some of the draws, by the recipe."""
        return Excerpt(self, start, stop)

    def _stream(self, ahead: int, jumps: int = 0) -> np.random.Generator:
        """Return the stream of random numbers from its number `ahead` on."""
        bits = np.random.PCG64(0)
        at: Any = {"state": self.state[0], "inc": self.state[1]}
        bits.state = {"bit_generator": "PCG64", "state": at, "has_uint32": 0, "uinteger": 0}
        return np.random.Generator((bits.jumped(jumps) if jumps else bits).advance(ahead))

    def _stratified(self, start: int, stop: int) -> Rows:
        keys = self._stream(0, jumps=1).integers(0, 2**64, (len(self.ranges), ROUNDS), dtype=np.uint64)
        games = np.arange(start, stop, dtype=np.uint64)
        found: Rows = {}
        for j, (name, (low, high)) in enumerate(self.ranges.items()):
            stratum = permuted(games, self.count, keys[j])
            inside = self._stream(j * self.count + start).random(stop - start)
            found[name] = np.minimum(low + (high - low) * ((stratum + inside) / self.count), high)
        return found

    def _sobol(self, start: int, stop: int) -> Rows:
        from scipy.stats import qmc

        points = qmc.Sobol(len(self.ranges), scramble=True, rng=self._stream(0))
        if start:
            points.fast_forward(start)
        # One point at first: SciPy, which cannot know how many there are in all, warns of other numbers than powers of two.
        drawn = np.concatenate([points.random(min(stop - start, 1)), points.random(max(stop - start - 1, 0))])
        return {name: low + (high - low) * drawn[:, j] for j, (name, (low, high)) in enumerate(self.ranges.items())}

    def __repr__(self) -> str:
        return f"Draws({len(self.ranges)} ranges, {self.method}: {self.count:,} games)"


def draws(
    ranges: Mapping[str, Any], games: int, rng: int | np.random.Generator | None = None, method: Sampling = "uniform"
) -> Draws:
    """Return random values of parameters from their ranges, to be swept.

    Nothing is drawn yet: rows are made when they are asked for, the same whatever was asked for before, so that ten million
    draws need no more memory than one chunk of them. They describe boxes of ignorance, nothing else: their quantiles are no
    confidence interval.

    Parameters
    ----------
    ranges : mapping of name to (low, high)
        The box; that of a case is `case.ranges`.
    games : int
        How many draws.
    rng : int or Generator, optional
        A seed, or a generator, which moves on by as many numbers as a uniform draw takes.
    method : "uniform", "latin-hypercube" or "sobol"
        Independent draws; one draw in each of `games` equal parts of every range (McKay, Beckman and Conover 1979,
        Technometrics 21, 239-245; the parts are matched by keyed permutations, so that no list of them is held in memory);
        or points of a scrambled Sobol sequence (SciPy's), which fills the box more evenly and is at its best where `games`
        is a power of two.

    Raises
    ------
    InvalidProblem
        If a range is not two ordered finite numbers, the number of games is not a positive integer, or there is no such
        method.

    Examples
    --------
    >>> import bargaining as bg
    >>> case = bg.cases.load("microsoft-openai")
    >>> bg.draws({"L": (0.1, 0.5), "psi": case.ranges["psi"]}, 10_000_000, rng=1, method="sobol")
    Draws(2 ranges, sobol: 10,000,000 games)
    """
    option("method", method, get_args(Sampling))
    size = whole("games", games)
    if method == "sobol" and size > SOBOL_GAMES:
        raise InvalidProblem(
            f"games = {size:,} is beyond the {SOBOL_GAMES:,} points of the Sobol sequence; draw uniformly."
        )
    box = _box(ranges)
    bits = _stream(rng)
    state = bits.state["state"]
    bits.advance(len(box) * size)
    return Draws(box, size, method, (state["state"], state["inc"]))


def _stream(rng: Any) -> np.random.PCG64:
    """Return the stream of numbers that a seed or generator stands for, one that can be jumped along."""
    try:
        generator = np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise InvalidProblem(f"rng = {rng!r} is neither a seed, a whole number from 0 on, nor a generator.") from error
    bits = generator.bit_generator
    return bits if isinstance(bits, np.random.PCG64) else np.random.PCG64(int(generator.integers(2**63)))


def _box(ranges: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(ranges, Mapping) or not ranges:
        raise InvalidProblem("ranges must map names to (low, high), as in {'L': (0.1, 0.5)}; a case has case.ranges.")
    return {str(name): _range(str(name), ends) for name, ends in ranges.items()}


def _range(name: str, ends: Any) -> tuple[float, float]:
    low, high = span(f"the range of {name}", ends, point=True)
    if not np.isfinite(high - low):
        raise InvalidProblem(f"the range of {name}, {ends!r}, is wider than any float; measure in larger units.")
    return low, high


def permuted(positions: Words, count: int, keys: Words) -> Words:
    """Return where a keyed pseudo-random permutation of 0 ... count - 1 takes positions.

    A Feistel network permutes all numbers of 2 h bits; one that leads beyond `count` is followed until it comes back,
    which permutes those below it. Source: Black and Rogaway (2002), Topics in Cryptology - CT-RSA, 114-130.
    """
    half = np.uint64(max(-(-max(count - 1, 1).bit_length() // 2), LEAST_HALF))
    mask = np.uint64((1 << int(half)) - 1)
    found = positions.copy()
    out = np.arange(found.size)
    while out.size:
        left, right = found[out] >> half, found[out] & mask
        for key in keys:
            left, right = right, left ^ (_mixed(right + key) & mask)
        found[out] = (left << half) | right
        out = out[found[out] >= np.uint64(count)]
    return found


def _mixed(z: Words) -> Words:
    """Return a hash of each number: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
