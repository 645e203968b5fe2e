"""TOML files that people write: read with all their faults, each by its line."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

Place = tuple[str | int, ...]
"""Where a value stands in the file: keys of tables, and numbers of their entries."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file.

    Attributes
    ----------
    line : int
        From 1.
    reason : str
        One sentence.
    place : tuple of str and int
        Of the value: keys of tables, and numbers of their entries; empty where it has none.
    """

    line: int
    reason: str
    place: Place = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class TomlError(ValueError):
    """A file is wrong.

    Attributes
    ----------
    faults : tuple of Fault
        All of them, by line.
    """

    def __init__(self, faults: Collection[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("; ".join(map(str, self.faults)))


class TomlTable(BaseModel):
    """A table whose keys and kinds of values are known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


T = TypeVar("T")
M = TypeVar("M", bound=TomlTable)


@dataclass
class Check:
    """A file being checked; faults are gathered on the way."""

    lines: Mapping[Place, int]
    faults: list[Fault] = field(default_factory=list)

    def say(self, place: Place, reason: str) -> None:
        """Note a fault of a value, at its line or that of the nearest table around it."""
        around = place
        while around and around not in self.lines:
            around = around[:-1]
        name = ".".join(part for part in place if isinstance(part, str))
        self.faults.append(
            Fault(self.lines.get(around, 1), f"{name}: {reason}" if name else reason, place)
        )

    def table(self, kind: type[M], content: object, place: Place) -> M | None:
        """The values of a table, each of the right kind; None if one is not."""
        try:
            return kind.model_validate(content)
        except ValidationError as error:
            for fault in error.errors():
                self.say((*place, *fault["loc"]), _in_words(fault))
        return None

    def built(self, make: Callable[[], T], place: Place) -> T | None:
        """What `make` gives; None where it finds a contradiction, which is noted."""
        try:
            return make()
        except ValueError as error:
            self.say(place, str(error))
        return None


def parsed(text: str) -> tuple[dict[str, Any], Check]:
    """The content of a file, and the check that finds its lines.

    Raises
    ------
    TomlError
        It is not TOML.
    """
    try:
        content = tomllib.loads(text)
        with_nul = list(_with_nul(content, ()))
    except tomllib.TOMLDecodeError as error:
        raise TomlError([_syntax(error, text)]) from None
    except (RecursionError, ValueError):
        reason = "this is not readable: nested too deep, or a figure is too long"
        raise TomlError([Fault(1, reason)]) from None
    check = Check(dict(_lines(text)))
    for place in with_nul:
        check.say(place, "holds a NUL, a character that cannot be kept")
    return content, check


def line_of(text: str, place: Place) -> int:
    """The line of a file in which a value stands, or else the table around it."""
    lines = dict(_lines(text))
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _in_words(fault: Any) -> str:
    """A fault of pydantic's in one of our sentences."""
    match fault["type"]:
        case "missing":
            return "is missing"
        case "model_type" | "model_attributes_type" | "dict_type" | "mapping_type":
            return "must be a table"
        case "tuple_type" | "list_type":
            return "must be a list"
        case "extra_forbidden":
            return "there is no such setting"
        case "literal_error":
            allowed = fault["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
            return f"must be one of {allowed}"
        case "string_pattern_mismatch":
            return "may hold small letters and digits, with a hyphen or _ between them"
        case "too_short" | "string_too_short":
            return "is empty"
    said = str(fault["msg"]).replace("Input should be a valid", "must be of kind", 1)
    return said.replace("Input should", "must", 1)


def _with_nul(value: object, place: Place) -> Iterator[Place]:
    """Where texts hold a NUL, which TOML writes as an escape."""
    if isinstance(value, str) and "\0" in value:
        yield place
    parts = enumerate(value) if isinstance(value, list) else ()
    for key, part in value.items() if isinstance(value, dict) else parts:
        yield from _with_nul(part, (*place, key))


def _syntax(error: tomllib.TOMLDecodeError, text: str) -> Fault:
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
    reason = str(error)[: found.start()] if found else str(error)
    line = int(found[1]) if found and found[1] else max(len(text.splitlines()), 1)
    return Fault(line, f"this is not TOML: {reason[:1].lower()}{reason[1:]}")


_HEADER = re.compile(r"^\s*(\[\[|\[)\s*([A-Za-z0-9_.\-\s]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-]+)\s*=(.*)$")


def _lines(text: str) -> Iterator[tuple[Place, int]]:
    """Where tables and keys stand: places and line numbers.

    Keys and headers begin lines in TOML; what looks like one inside of a value over several lines
    may be taken for one, which costs no more than a line number that is off.
    """
    table: Place = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = header[2]
            table = tuple(name.split("."))
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                table = (*table, counts[name])
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *key[1].split(".")), number
