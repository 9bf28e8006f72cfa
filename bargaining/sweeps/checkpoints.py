"""Checkpoints of a sweep: a folder with one Parquet file a chunk, from which a sweep that was killed goes on.

A part is written under a name that is ignored, flushed to disk and renamed, so that a file with the name of a part is
whole. Its name ends with the hash of its bytes and its metadata say which sweep it belongs to, so that a damaged file and a
stranger are told from a part. Files that do not begin with "part-" begin with "_" or ".", which readers of Parquet folders
pass over: `pandas.read_parquet(folder)` gives the table.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bargaining.errors import MissingPackage, UnusableCheckpoint
from bargaining.sweeps.fingerprints import fingerprint

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
MANIFEST, LOCK = "_manifest.json", "_lock"
KEY = b"bargaining.sweep"
DIGITS = 32  # of a part's hash, in its name
IN_USE: set[Path] = set()
"""Folders that sweeps of this process write to: the system's locks only keep other processes away."""

_GUARD = threading.Lock()


@dataclass(frozen=True)
class Checkpoint:
    """A folder of parts; `key` identifies the sweep."""

    folder: Path
    key: str
    chunks: int
    found: dict[int, Path] = field(default_factory=dict)

    @property
    def missing(self) -> list[int]:
        """The chunks that are still to be computed, in order."""
        return [chunk for chunk in range(self.chunks) if chunk not in self.found]

    @property
    def files(self) -> tuple[Path, ...]:
        """The parts that there are, in order."""
        return tuple(self.found[chunk] for chunk in sorted(self.found))

    def write(self, chunk: int, frame: pd.DataFrame) -> None:
        """Add a part, all of it or nothing."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(frame, preserve_index=False)
        mark = {KEY: f"{self.key} {chunk}".encode()}
        temporary = self.folder / f".part-{chunk:06d}.tmp"
        pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **mark}), temporary)
        path = self.folder / f"part-{chunk:06d}-{_hash(temporary)}.parquet"
        _settle(temporary, path)
        self.found[chunk] = path

    def read(self) -> Iterator[pd.DataFrame]:
        """Return the parts as tables, in order."""
        import pyarrow.parquet as pq

        for path in self.files:
            yield pq.ParquetFile(path).read().to_pandas()


@contextmanager
def opened(folder: str | Path, record: Mapping[str, Any], chunks: int) -> Iterator[Checkpoint]:
    """Open a checkpoint for the sweep that `record` describes, new or begun, and keep all other processes out.

    Raises
    ------
    UnusableCheckpoint
        If another process uses the folder, it belongs to another sweep, holds other files, or a part of it is damaged.
    MissingPackage
        If pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise MissingPackage("a checkpoint", "pyarrow", "io") from error
    path = Path(folder).expanduser().resolve()  # one name a folder, or a second sweep of this process would be let in
    try:
        path.mkdir(parents=True, exist_ok=True)
        _require_no_other_use(path)
        (path / LOCK).touch()
    except OSError as error:
        raise UnusableCheckpoint(f"{path} cannot be used as a folder for a checkpoint: {error}.") from error
    with _locked(path):
        _require_manifest(path, record, chunks)
        for left in path.glob(".*.tmp"):
            left.unlink()
        checkpoint = Checkpoint(path, fingerprint(record), chunks)
        for part in sorted(path.iterdir()):
            if not part.name.startswith(("_", ".")):
                checkpoint.found[_verified(part, checkpoint)] = part
        yield checkpoint


def _require_no_other_use(folder: Path) -> None:
    """Refuse a folder that is in use for something else, before anything is written into it."""
    names = {path.name for path in folder.iterdir()}
    others = sorted(names - {LOCK, f".{MANIFEST}.tmp"})
    if others and MANIFEST not in names:
        raise UnusableCheckpoint(
            f"{folder} holds no checkpoint but other files ({', '.join(others[:3])}); name a new folder."
        )


def _require_manifest(folder: Path, record: Mapping[str, Any], chunks: int) -> None:
    """Write down which sweep the folder holds, or refuse it if that is another one."""
    manifest = folder / MANIFEST
    now = {"format": FORMAT, "chunks": chunks, **record}
    if not manifest.exists():
        temporary = folder / f".{MANIFEST}.tmp"
        temporary.write_text(json.dumps(now, indent=2), encoding="utf-8")
        _settle(temporary, manifest)
        return
    try:
        before = json.loads(manifest.read_text(encoding="utf-8"))
        if not isinstance(before, dict):
            raise ValueError("it is no JSON object")
    except (ValueError, OSError) as error:
        raise UnusableCheckpoint(
            f"{manifest} is damaged ({error}), so nothing says which sweep {folder} belongs to; name a new folder."
        ) from error
    differ = [
        f"{name} was {before.get(name, 'absent')}, is {now.get(name, 'absent')}"
        for name in dict.fromkeys([*before, *now])
        if before.get(name) != now.get(name)
    ]
    if differ:
        raise UnusableCheckpoint(
            f"{folder} holds the checkpoint of another sweep: {'; '.join(differ)}. Ask as before, or name a new folder."
        )


def _verified(part: Path, checkpoint: Checkpoint) -> int:
    """Return the number of a part, or refuse it."""
    import pyarrow.parquet as pq

    remedy = "Delete this file, and its chunk is computed again; or name a new folder."
    words = part.name.removesuffix(".parquet").split("-")
    if len(words) != 3 or part.suffix != ".parquet" or not words[1].isdigit():
        raise UnusableCheckpoint(
            f"{part} has a name that no part of a checkpoint has, and whoever reads the folder would read it too. Move it "
            "elsewhere; or name a new folder."
        )
    if _hash(part) != words[2]:
        raise UnusableCheckpoint(f"{part} is damaged: its contents do not match the hash in its name. {remedy}")
    chunk = int(words[1])
    mark = (pq.read_schema(part).metadata or {}).get(KEY, b"").decode()
    if mark != f"{checkpoint.key} {chunk}" or chunk >= checkpoint.chunks or chunk in checkpoint.found:
        raise UnusableCheckpoint(f"{part} belongs to another sweep than this folder. {remedy}")
    return chunk


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]


def _settle(temporary: Path, path: Path) -> None:
    """Bring a file to disk, then give it its name: whoever sees the name sees all of the file."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)
    if sys.platform != "win32":  # where folders cannot be opened
        place = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other sweeps out of a folder.

    The system gives the lock of a process that has died to the next one that asks; the file says whose it is.
    """
    lock = folder / LOCK
    with _GUARD:
        if folder in IN_USE:
            raise UnusableCheckpoint(f"{folder} is in use by another sweep of this process; wait, or name another folder.")
        IN_USE.add(folder)
    try:
        with lock.open("a+", encoding="utf-8") as file:
            file.seek(0)
            try:
                _take(file.fileno())
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EAGAIN):  # what the system says of a lock that another one holds
                    raise UnusableCheckpoint(
                        f"{folder} cannot be locked ({error}), so that nothing would keep other sweeps out of it; name a "
                        "folder on a disk of this machine."
                    ) from error
                owner = file.read().strip() or "another process"
                raise UnusableCheckpoint(
                    f"{folder} is in use by {owner}, which does the same work. Wait, or name another folder."
                ) from error
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            file.flush()
            yield
            file.truncate(0)
    finally:
        with _GUARD:
            IN_USE.discard(folder)


def _take(descriptor: int) -> None:
    """Take a lock that no other process has, and that a forked child does not inherit; OSError if there is one."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
