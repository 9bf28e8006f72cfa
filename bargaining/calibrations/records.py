"""Calibrations that users have: tables in memory, and the rows of files."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from reprlib import repr as brief
from typing import TYPE_CHECKING, Any

import numpy as np

from bargaining.calibrations.rows import Calibrations, Rows, Table, table
from bargaining.errors import InvalidProblem, MissingPackage

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq


def calibrations(given: Any) -> Calibrations:
    """Return what a user passes as calibrations: draws, a grid, a mapping of columns, a DataFrame, or a file's rows.

    Raises
    ------
    InvalidProblem
        If it is none of these, holds no rows, or a file cannot be read.
    """
    if isinstance(given, Calibrations):
        found = given
    elif isinstance(given, Mapping):
        found = table(given)
    elif isinstance(given, str | Path):
        found = _file(Path(given).expanduser())
    elif type(given).__name__ == "DataFrame" and hasattr(given, "itertuples"):
        found = _of_frame(given)
    else:
        raise InvalidProblem(
            f"{brief(given)} holds no calibrations; give bg.draws(...), bg.grid(...), a mapping of names to columns, a "
            "DataFrame, or the path of a CSV or Parquet file."
        )
    if not found.games:
        raise InvalidProblem("the calibrations have no row; there is nothing to solve.")
    return found


def _file(path: Path) -> Calibrations:
    if not path.is_file():
        raise InvalidProblem(f"there is no file {str(path)!r} to read calibrations from.")
    if path.suffix.lower() in (".parquet", ".pq"):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return ParquetRows(digest, path.resolve(), path.stat().st_mtime_ns)
    if path.suffix.lower() == ".csv":
        return _of_csv(path)
    raise InvalidProblem(f"{path.name} is neither a .csv nor a .parquet file; save the calibrations as one of them.")


def _of_csv(path: Path) -> Table:
    """Return the rows of a CSV file. Left alone, pandas renames columns and takes the first for an index, unasked."""
    import pandas as pd

    try:
        heads = pd.read_csv(path, header=None, nrows=1, dtype=str).iloc[0]
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows that are longer than the line of names
            frame = pd.read_csv(path, index_col=False)
    except (ValueError, UnicodeError, pd.errors.ParserWarning) as error:  # what pandas raises for a file that is none
        raise InvalidProblem(
            f"{path} is no table of comma-separated values with a line of names: {str(error).strip('.')}."
        ) from error
    if heads.isna().any() or not heads.is_unique:
        raise InvalidProblem(
            f"the columns of {path} are named {', '.join(heads.fillna('(nothing)'))}; each needs a name of its own. "
            "A DataFrame is saved without its index by to_csv(path, index=False)."
        )
    return _of_frame(frame)


def _of_frame(frame: pd.DataFrame) -> Table:
    import pandas as pd

    def column(values: pd.Series[Any]) -> Any:
        if pd.api.types.is_complex_dtype(values.dtype):
            return values.to_numpy()  # to be refused
        if pd.api.types.is_numeric_dtype(values.dtype):
            return values.to_numpy(dtype=float, na_value=np.nan)
        return values.astype(object).where(values.notna(), None).to_numpy()

    if not frame.columns.is_unique:
        raise InvalidProblem(f"the calibrations have columns {list(frame.columns)}; names must be distinct.")
    indices = [str(name) for name in frame.index.names if name is not None]
    if indices:
        raise InvalidProblem(
            f"the calibrations have {', '.join(indices)} as an index, which would be lost: make columns of it by "
            "frame.reset_index(), or leave it out by frame.reset_index(drop=True)."
        )
    return table({str(name): column(frame[name]) for name in frame.columns})


@dataclass(frozen=True, repr=False)
class ParquetRows(Calibrations):
    """The rows of a Parquet file, read a row group at a time; a file that has changed since is refused."""

    digest: str
    path: Path = field(compare=False)
    changed: int = field(compare=False)

    @cached_property
    def _starts(self) -> Sequence[int]:
        about = _opened(self.path, self.changed).metadata
        return list(accumulate((about.row_group(g).num_rows for g in range(about.num_row_groups)), initial=0))

    @property
    def games(self) -> int:
        """How many rows the file has."""
        return self._starts[-1]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.rows(0, 0))

    @cached_property
    def spans(self) -> Mapping[str, tuple[float, float]]:
        """The least and the largest value of every column of numbers."""
        return self._seen[0]

    @property
    def kinds(self) -> Sequence[Mapping[str, str]]:
        """The combinations of words that occur."""
        return self._seen[1]

    @cached_property
    def _seen(self) -> tuple[Mapping[str, tuple[float, float]], Sequence[Mapping[str, str]]]:
        low: dict[str, float] = {}
        high: dict[str, float] = {}
        kinds: list[Mapping[str, str]] = []
        for group in range(len(self._starts) - 1):
            part = _group(self.path, self.changed, group)
            for name, (least, most) in part.spans.items():
                low[name], high[name] = (
                    float(np.fmin(low.get(name, np.nan), least)),
                    float(np.fmax(high.get(name, np.nan), most)),
                )
            kinds += [kind for kind in part.kinds if kind not in kinds]
        return {name: (low[name], high[name]) for name in low}, kinds

    def _made(self, start: int, stop: int) -> Rows:
        """Return some of the rows."""
        starts = self._starts
        found = np.searchsorted(starts, [start, max(stop - 1, start)], side="right") - 1
        first, last = np.minimum(found, len(starts) - 2).tolist()  # beyond the last row there is no group
        parts = [
            _group(self.path, self.changed, g).rows(max(start - starts[g], 0), min(stop, starts[g + 1]) - starts[g])
            for g in range(first, last + 1)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def excerpt(self, start: int, stop: int) -> Calibrations:
        """Return these rows alone: another machine may not see the file."""
        return Table(self.rows(start, stop))

    def __repr__(self) -> str:
        return f"ParquetRows({self.path.name}: {self.games:,} games)"


@lru_cache(maxsize=2)
def _group(path: Path, changed: int, group: int) -> Table:
    """Return a row group; the last ones are kept, because chunks are asked for in order."""
    return _of_frame(_opened(path, changed).read_row_group(group).to_pandas())


def _opened(path: Path, changed: int) -> pq.ParquetFile:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingPackage("a Parquet file", "pyarrow", "io") from error
    if not path.is_file() or path.stat().st_mtime_ns != changed:
        raise InvalidProblem(f"{path} has changed since its rows were first read; start again from the file as it is now.")
    try:
        return pq.ParquetFile(path)
    except pa.ArrowException as error:
        raise InvalidProblem(f"{path} cannot be read as a Parquet file: {error}.") from error
