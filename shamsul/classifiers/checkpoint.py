"""Reading the tensors of a pickled torch module without unpickling it.

torchxrayvision publishes its weights as ``torch.save(module)``: a pickle of the module itself, in
the layout torch wrote before version 1.6. Opening one the usual way
(``torch.load(weights_only=False)``) runs whatever the file says. torch's ``weights_only=True``
cannot open that layout at all, and for the newer one would need module classes on its allow-list,
whose ``__new__`` and ``__setstate__`` it then calls with the file's content.

So the pickle is read here as data. ``pickletools`` decodes it, and a small interpreter turns
"import this", "call this" and "set this state" into records of what was asked: no import, no call
and no attribute of the file's choosing ever happens. From these records only the tensors below
``_modules``, ``_parameters`` and ``_buffers`` are taken. As a second lock, a file that so much as
names anything outside torch, torchvision, torchxrayvision and two containers is refused.
"""

import io
import math
import pickletools
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import torch

from shamsul.classifiers.manifest import ModelError

_ROOTS: Final = ("torch", "torchvision", "torchxrayvision")
_CONTAINERS: Final = ("collections OrderedDict", "__builtin__ set", "builtins set")
_DTYPES: Final = {
    "torch FloatStorage": torch.float32,
    "torch DoubleStorage": torch.float64,
    "torch HalfStorage": torch.float16,
    "torch LongStorage": torch.int64,
}
_LEGACY_MAGIC: Final = 0x1950A86A20F9469CFC6C
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class _Name:
    """The file asked to import this: module and attribute, a space between."""

    text: str


@dataclass(eq=False)
class _Call:
    """The file asked to call `function`, then to give the result a state."""

    function: _Name
    arguments: tuple[Any, ...]
    state: Any = field(default=None)


@dataclass(frozen=True, eq=False)
class _Outside:
    """The file pointed at something outside the pickle, a tensor's storage."""

    key: Any


class _Refused(Exception):
    """The file names something that no weights need."""


def read_module(path: Path) -> dict[str, torch.Tensor]:
    """Read the parameters and buffers of a pickled module, by their dotted names.

    Parameters
    ----------
    path : Path
        Written by ``torch.save(module)`` of any version.

    Raises
    ------
    ModelError
        The file names anything other than torch's and torchxrayvision's own classes, is
        damaged, or does not hold a module; one sentence.
    """
    try:
        with path.open("rb") as file:
            read = _read_zip if zipfile.is_zipfile(file) else _read_legacy
            file.seek(0)
            module, storages = read(file)
        state = {name: _tensor(call, storages) for name, call in _tensors(module, "")}
    except _Refused as error:
        raise ModelError(
            f"{path.name} is refused: it refers to {error}, which no weights need."
        ) from None
    except _DAMAGE:
        raise ModelError(f"{path.name} is damaged, or no torch module.") from None
    if not state:
        raise ModelError(f"{path.name} holds no weights.")
    return state


def _read_zip(file: IO[bytes]) -> tuple[Any, dict[str, bytes]]:
    """Layout of torch 1.6 and later: a zip archive, a member per storage."""
    with zipfile.ZipFile(file) as archive:
        # torch stores members as they are; a compressed one could unpack to any size.
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise ValueError("compressed members")
        root = next(
            name.removesuffix("data.pkl")
            for name in archive.namelist()
            if name.count("/") == 1 and name.endswith("/data.pkl")
        )
        order = root + "byteorder"
        if order in archive.namelist() and archive.read(order) != b"little":
            raise ValueError("big-endian")
        module = _interpret(io.BytesIO(archive.read(root + "data.pkl")))
        prefix = root + "data/"
        storages = {
            name.removeprefix(prefix): archive.read(name)
            for name in archive.namelist()
            if name.startswith(prefix)
        }
    return module, storages


def _read_legacy(file: IO[bytes]) -> tuple[Any, dict[str, bytes]]:
    """Layout before torch 1.6: five pickles, then the storages one after the other."""
    if _interpret(file) != _LEGACY_MAGIC:
        raise ValueError("no torch file")
    _interpret(file)  # protocol version
    if _interpret(file).get("little_endian") is not True:
        raise ValueError("big-endian")
    sizes: dict[str, int] = {}
    module = _interpret(file, sizes)
    storages = {}
    for key in _interpret(file):
        (count,) = struct.unpack("<q", file.read(8))
        length = count * sizes[key]
        storages[key] = file.read(length)
        if count < 0 or len(storages[key]) != length:
            raise EOFError
    return module, storages


def _interpret(file: IO[bytes], sizes: dict[str, int] | None = None) -> Any:
    """Turn one pickle into plain values and records, up to its STOP.

    Parameters
    ----------
    file : binary file
        Left just behind the pickle.
    sizes : dict, optional
        Filled with the bytes per element of each storage pointed at.
    """
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def since_mark() -> list[Any]:
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    def set_items(pairs: list[Any]) -> None:
        if not isinstance(stack[-1], dict):
            raise TypeError("items of something that is no dictionary")
        # Only plain keys: nested tuples can be made that take for ever to hash.
        if not all(isinstance(key, str | int) for key in pairs[::2]):
            raise TypeError("unusual dictionary key")
        stack[-1].update(zip(pairs[::2], pairs[1::2], strict=True))

    argument: Any
    for opcode, argument, _ in pickletools.genops(file):
        match opcode.name:
            case "PROTO":
                pass
            case "STOP":
                return stack.pop()
            case "MARK":
                marks.append(len(stack))
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "NONE":
                stack.append(None)
            case "NEWTRUE" | "NEWFALSE":
                stack.append(opcode.name == "NEWTRUE")
            case "EMPTY_TUPLE" | "EMPTY_LIST" | "EMPTY_DICT":
                stack.append({"EMPTY_TUPLE": tuple, "EMPTY_LIST": list}.get(opcode.name, dict)())
            case "TUPLE":
                stack.append(tuple(since_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                length = int(opcode.name[-1])
                stack[-length:] = [tuple(stack[-length:])]
            case "APPEND":
                item = stack.pop()
                _list(stack[-1]).append(item)
            case "APPENDS":
                items = since_mark()
                _list(stack[-1]).extend(items)
            case "SETITEM":
                pair = stack[-2:]
                del stack[-2:]
                set_items(pair)
            case "SETITEMS":
                set_items(since_mark())
            case "GLOBAL":
                stack.append(_name(argument))
            case "REDUCE" | "NEWOBJ":
                arguments = stack.pop()
                stack.append(_call(stack.pop(), arguments))
            case "BUILD":
                state = stack.pop()
                if isinstance(stack[-1], _Call):
                    stack[-1].state = state
            case "BINPERSID":
                stack.append(_outside(stack.pop(), sizes))
            case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT" | "BINUNICODE":
                stack.append(argument)
            case other:
                raise ValueError(f"pickle operation {other}")
    raise EOFError


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("append to something that is no list")
    return value


def _name(text: str) -> _Name:
    if text not in _CONTAINERS and text.replace(" ", ".").split(".")[0] not in _ROOTS:
        raise _Refused(text.replace(" ", "."))
    return _Name(text)


def _call(function: Any, arguments: Any) -> Any:
    if not isinstance(function, _Name) or not isinstance(arguments, tuple):
        raise TypeError("call of something that is no name")
    if function.text == "collections OrderedDict" and not arguments:
        return {}
    return _Call(function, arguments)


def _outside(key: Any, sizes: dict[str, int] | None) -> Any:
    match key:
        case ("module", _Name() as name, str() | None, str() | None):
            # The old layout sets each module class's source text beside its name.
            return name
        case ("storage", _Name(text), str() as name, str(), int(), *view) if view in ([], [None]):
            if sizes is not None:
                sizes[name] = _DTYPES[text].itemsize
            return _Outside((name, _DTYPES[text]))
    raise ValueError("unknown pointer out of the pickle")


def _tensors(module: Any, prefix: str) -> Iterator[tuple[str, _Call]]:
    """Parameters and buffers below a module's record, by dotted name."""
    if not isinstance(module, _Call) or not isinstance(module.state, dict):
        raise TypeError("no module")
    for kind in ("_parameters", "_buffers"):
        for name, value in module.state[kind].items():
            if value is not None:
                yield prefix + name, value
    for name, child in module.state["_modules"].items():
        yield from _tensors(child, f"{prefix}{name}.")


def _tensor(call: Any, storages: dict[str, bytes]) -> torch.Tensor:
    """Tensor of a record; never larger than its storage, and not sharing it."""
    match call:
        case _Call(_Name("torch._utils _rebuild_parameter"), (inner, *_)):
            return _tensor(inner, storages)
        case _Call(
            _Name("torch._utils _rebuild_tensor_v2"),
            (_Outside((key, dtype)), int() as offset, tuple() as size, tuple() as stride, *_),
        ):
            storage = torch.frombuffer(bytearray(storages[key]), dtype=dtype)
            if min(size, default=1) < 0 or math.prod(size) > storage.numel():
                raise ValueError("tensor larger than its storage")
            return torch.as_strided(storage, size, stride, offset).clone()
    raise ValueError("no tensor")
