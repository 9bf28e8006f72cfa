"""Fingerprints: a hash of everything that a result depends on, functions and their surroundings included."""

from __future__ import annotations

import dis
import enum
import hashlib
import pickle
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, partial, singledispatch
from pathlib import Path, PurePath
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from bargaining.errors import InvalidProblem

OWN = __name__.partition(".")[0]
HOME = Path(__file__).parent.parent

VALUES = (bool, int, float, complex, str, bytes, tuple, list, set, frozenset, Mapping, np.ndarray, np.generic)
"""What a class may hold that its methods compute with; the rest is machinery of Python's, different in every process."""


def fingerprint(value: Any) -> str:
    """Return a hash of a value, the same in every process: of numbers by their bits, of functions by their code.

    A function counts with its defaults, what it closes over and the global names it uses. Installed packages count by their
    version, this library by its source.

    Raises
    ------
    InvalidProblem
        If a value cannot be told from others of its type.
    """
    return _digest(value, ()).hex()


def _digest(value: Any, within: tuple[int, ...]) -> bytes:
    """Return the hash of a value that is part of the objects `within`, by their ids."""
    return _join("itself", []) if id(value) in within else _hashed(value, (*within, id(value)))


def _parts(values: Iterable[Any], inside: tuple[int, ...]) -> list[bytes]:
    return [_digest(part, inside) for part in values]


@singledispatch
def _hashed(value: Any, inside: tuple[int, ...]) -> bytes:
    """Return the hash of an object: its class, and its attributes, fields that count in comparisons, or pickle."""
    if is_dataclass(value):
        held = {field.name: getattr(value, field.name) for field in fields(value) if field.compare}
    elif hasattr(value, "__dict__") and vars(value):
        held = dict(vars(value))
    else:
        try:
            return _join("object", [_digest(type(value), inside), pickle.dumps(value)])
        except Exception as error:
            raise InvalidProblem(
                f"a {type(value).__name__} is used by what is swept, and nothing tells whether another one is the same, so "
                "that a checkpoint could not be trusted. Use numbers, arrays and functions, or leave out the checkpoint."
            ) from error
    return _join("object", [_digest(type(value), inside), _digest(held, inside)])


for plain in (type(None), bool, int, float, complex, str, bytes, PurePath):
    _hashed.register(plain, lambda value, inside: _join(type(value).__name__, [repr(value).encode()]))
for ordered in (tuple, list):
    _hashed.register(ordered, lambda value, inside: _join(type(value).__name__, _parts(value, inside)))
for unordered in (set, frozenset):
    _hashed.register(unordered, lambda value, inside: _join(type(value).__name__, sorted(_parts(value, inside))))
_hashed.register(
    BuiltinFunctionType, lambda value, inside: _join("builtin", _parts([value.__name__, value.__self__], inside))
)
_hashed.register(enum.Enum, lambda value, inside: _join("enum", _parts([type(value), value.name], inside)))
_hashed.register(MethodType, lambda value, inside: _join("method", _parts([value.__self__, value.__func__], inside)))
_hashed.register(partial, lambda value, inside: _join("partial", _parts([value.func, value.args, value.keywords], inside)))


@_hashed.register(np.ndarray)
@_hashed.register(np.generic)
def _array(value: Any, inside: tuple[int, ...]) -> bytes:
    array = np.asarray(value)
    body = _parts(array.ravel().tolist(), inside) if array.dtype.hasobject else [np.ascontiguousarray(array).tobytes()]
    return _join("array", [repr((array.dtype.str, array.shape)).encode(), *body])


@_hashed.register(Mapping)
def _mapping(value: Mapping[Any, Any], inside: tuple[int, ...]) -> bytes:
    """Return the hash of a mapping in its order, which is that of parties or of issues."""
    return _join("mapping", _parts((part for pair in value.items() for part in pair), inside))


@_hashed.register(CodeType)
def _code(value: CodeType, inside: tuple[int, ...]) -> bytes:
    return _join("code", [value.co_code, *_parts([value.co_consts, value.co_names, value.co_varnames], inside)])


def _join(kind: str, parts: Iterable[bytes]) -> bytes:
    found = hashlib.sha256(kind.encode())
    for part in parts:
        found.update(hashlib.sha256(part).digest())
    return found.digest()


@_hashed.register(FunctionType)
def _function(function: FunctionType, inside: tuple[int, ...]) -> bytes:
    if _installed(function.__module__):
        return _join("function", [f"{function.__module__}.{function.__qualname__}".encode(), _version(function.__module__)])
    known = function.__globals__
    used = {name: known[name] for name in sorted(_globals(function.__code__)) if name in known}
    closed = []
    for cell in function.__closure__ or ():
        try:
            closed.append(cell.cell_contents)
        except ValueError:  # not filled yet
            closed.append(None)
    held = (function.__code__, function.__defaults__, function.__kwdefaults__, closed, used)
    return _join("function", [_digest(part, inside) for part in held])


def _globals(code: CodeType) -> set[str]:
    """Return the global names that code, or code within it, looks up."""
    found = {str(step.argval) for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return found.union(*(_globals(part) for part in code.co_consts if isinstance(part, CodeType)))


@_hashed.register(type)
def _class(kind: type, inside: tuple[int, ...]) -> bytes:
    name = f"{kind.__module__}.{kind.__qualname__}".encode()
    if _installed(kind.__module__):
        return _join("class", [name, _version(kind.__module__)])
    own = {
        key: part
        for key, part in vars(kind).items()
        if isinstance(part, FunctionType | staticmethod | classmethod | property)
        or (isinstance(part, VALUES) and not (key.startswith("__") and key.endswith("__")))
    }
    return _join("class", [name, *(_digest(base, inside) for base in kind.__bases__), _digest(own, inside)])


@_hashed.register(ModuleType)
def _module(module: ModuleType, inside: tuple[int, ...]) -> bytes:
    """Return the hash of a module: of one that is not installed, the source of all in its folder."""
    file = getattr(module, "__file__", None)
    if _installed(module.__name__) or file is None:
        return _join("module", [module.__name__.encode(), _version(module.__name__)])
    sources = sorted(Path(file).parent.glob("*.py"))
    return _join("module", [module.__name__.encode(), *(source.read_bytes() for source in sources)])


@cache
def _installed(name: str | None) -> bool:
    """Say whether a module is of Python, of this library or of an installed package."""
    top = (name or "").partition(".")[0]
    if top == "__main__" or not top:
        return False
    if top in sys.stdlib_module_names or top == OWN:
        return True
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    return any(part in ("site-packages", "dist-packages") for part in Path(file).parts)


@cache
def _version(name: str | None) -> bytes:
    top = (name or "").partition(".")[0]
    if top == OWN:
        return library().encode()
    if top in sys.stdlib_module_names:
        return f"{sys.version_info.major}.{sys.version_info.minor}".encode()
    return str(getattr(sys.modules.get(top), "__version__", "")).encode()


@cache
def library() -> str:
    """Return a hash of this library's source, bundled cases included."""
    sources = sorted(path for path in HOME.rglob("*") if path.suffix in (".py", ".toml", ".c"))
    return _join(
        "library", [part for path in sources for part in (str(path.relative_to(HOME)).encode(), path.read_bytes())]
    ).hex()


def environment() -> dict[str, str]:
    """Return the versions on which the last digit of a result may depend."""
    import scipy

    version = sys.modules[OWN].__version__
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "bargaining": f"{version} ({library()[:16]})",
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": python,
    }
