"""Text, tables and JSON that people made, in whatever way their program saves them."""

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The longer one first: UTF-32 begins as UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# No part of these patterns may give back what another can take: a long cell would take minutes.
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
#: A whole cell with one comma among its digits, but not as thousands are set off: 1,024 is neither
#: the one nor the other for sure.
_DECIMAL_COMMA = re.compile(
    r'(?:^|[;\t])[^\S\n\t]*"?[-+]?(?![1-9]\d{0,2},\d{3}"?[^\S\n\t]*(?:[;\t]|$))'
    r'\d*,\d+(?:e[-+]?\d+)?"?[^\S\n\t]*(?:[;\t]|$)',
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_SWAPPED = str.maketrans(",.", ".,")
_SEPARATORS = (",", ";", "\t")
# A cell may be as long as a mask is, and a line with another separator is one cell; all of it is in
# memory already.
csv.field_size_limit(2**31 - 1)


def decoded(data: bytes, name: str) -> str:
    """Text of a file's bytes, without a byte order mark.

    Parameters
    ----------
    data : bytes
        In UTF-8 or UTF-16, with or without a byte order mark, or in UTF-32 with one (RFC 3629
        section 6, RFC 2781 section 3). What begins with a character of ASCII needs no mark.
    name : str
        Of the file, for the sentence.

    Raises
    ------
    ValueError
        If it is none of these; one sentence without a full stop.

    Examples
    --------
    >>> decoded("é".encode("utf-16"), "a.csv") == decoded("é".encode("utf-8-sig"), "a.csv") == "é"
    True
    """
    coding = next((coding for mark, coding in _MARKS if data.startswith(mark)), "")
    if not coding and b"\0" in data[:2]:
        coding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    try:
        text = data.decode(coding or "utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError(f"{name} is not text in UTF-8 or UTF-16")
    return text


def read_text(path: Path) -> str:
    """The text of a file; see `decoded`.

    Raises
    ------
    OSError
        If it cannot be opened.
    ValueError
        If it is no text; one sentence without a full stop.
    """
    return decoded(path.read_bytes(), path.name)


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises
    ------
    OSError
        If it cannot be opened.
    ValueError
        If it is no JSON, or an object has one name twice, of which others would drop one without a
        word (RFC 8259 section 4), or a text holds half a pair of UTF-16, which nothing can write
        (section 8.2); one sentence without a full stop.
    """
    text = read_text(path)
    try:
        content = json.loads(text, object_pairs_hook=_once)
        if _ESCAPED_HALF.search(text):
            _check_whole(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is not valid JSON: {error}") from None
    return content


def _check_whole(content: Any) -> None:
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("a text in it holds half a character") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise ValueError(f"it has {name!r} twice in one object")
        content[name] = value
    return content


def number(value: object) -> float:
    """A number, or text that is one: digits with a full stop before the fraction.

    Raises
    ------
    ValueError
        If it is none; one sentence without a full stop.

    Examples
    --------
    >>> number(3), number(" 3.5 ")
    (3.0, 3.5)
    >>> number("3,5")
    Traceback (most recent call last):
        ...
    ValueError: '3,5' is not a number
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    raise ValueError(f"{value!r} is not a number")


class Row(dict[str, str]):
    """The cells of a row by their columns, trimmed."""

    def __init__(self, cells: dict[str, str], decimal_comma: bool = False) -> None:
        super().__init__(cells)
        self._decimal_comma = decimal_comma

    def number(self, column: str) -> float:
        """The number in a cell, with a decimal comma where the table has such.

        Raises
        ------
        KeyError
            If there is no such column.
        ValueError
            If it is no number; one sentence without a full stop.
        """
        text = self[column]
        try:
            return number(text.translate(_SWAPPED) if self._decimal_comma else text)
        except ValueError:
            raise ValueError(f"{column} is {text!r}, not a number") from None


@dataclass(frozen=True)
class Table:
    """A table with the names of its columns in the first line.

    Attributes
    ----------
    name : str
        Of its file.
    columns : tuple of str
        Some may have no name, but the last one has.
    """

    name: str
    columns: tuple[str, ...]
    _text: str
    _separator: str
    _decimal_comma: bool

    @classmethod
    def of(cls, text: str, name: str) -> "Table":
        """The table that a text is.

        Parameters
        ----------
        text : str
            Cells are separated by commas, semicolons or tabs: by what divides the first line into
            most cells, or by what a line ``sep=;`` before it says. Where it is not a comma, numbers
            may have a decimal comma; they have one if a cell is a number with one.
        name : str
            Of the file, for sentences.

        Raises
        ------
        ValueError
            If two columns have one name, or two separators divide the first line alike; one
            sentence without a full stop.
        """
        first, _, rest = text.partition("\n")
        told = re.fullmatch(r'"?sep=(.)"?', first.strip("\r"))
        separators = (told[1],) if told else _SEPARATORS
        text = rest if told else text
        headers = {one: next(_cells(text, one, name, strict=False), []) for one in separators}
        most = max(map(len, headers.values()))
        fitting = [one for one, header in headers.items() if len(header) == most]
        if most > 1 and len(fitting) > 1:
            raise ValueError(f"{name} may be separated by {fitting[0]!r} or by {fitting[1]!r}")
        separator = fitting[0]
        named = headers[separator]
        while named and not named[-1]:
            named.pop()
        columns = tuple(named)
        counts = Counter(columns)
        twice = next((one for one in columns if one and counts[one] > 1), None)
        if twice is not None:
            raise ValueError(f"{name} has the column {twice} twice")
        comma = separator != "," and _DECIMAL_COMMA.search(text) is not None
        return cls(name, columns, text, separator, comma)

    @classmethod
    def read(cls, path: Path) -> "Table":
        """The table in a file; raises OSError if it cannot be opened, and as `of`."""
        return cls.of(read_text(path), path.name)

    def lines(self) -> Iterator[tuple[str, list[str]]]:
        """The cells of each row that has any, and where it stands, for example "row 2"."""
        lines = _cells(self._text, self._separator, self.name)
        next(lines, None)
        for place, cells in enumerate(lines, 2):
            if any(cells):
                yield f"row {place}", cells

    def row(self, cells: list[str]) -> Row:
        """The row of some cells; empty ones may follow.

        Raises
        ------
        ValueError
            If there are too few or too many, since it cannot be told which one is missing or too
            much; one sentence without a full stop.
        """
        count = len(self.columns)
        if len(cells) < count:
            raise ValueError(f"it has too few cells, {len(cells)} of {count}")
        if any(cells[count:]):
            raise ValueError(f"it has too many cells, {len(cells)} for {count} columns")
        return Row(dict(zip(self.columns, cells, strict=False)), self._decimal_comma)

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Every row, and where it stands.

        Raises
        ------
        ValueError
            If one has too many or too few cells; one sentence without a full stop.
        """
        for place, cells in self.lines():
            try:
                yield place, self.row(cells)
            except ValueError as error:
                raise ValueError(f"{place} of {self.name} is wrong: {error}") from None

    def require(self, *columns: str) -> "Table":
        """The table itself if it has some columns; else ValueError, without a full stop."""
        missing = [column for column in columns if column not in self.columns]
        if missing:
            raise ValueError(f"{self.name} has no column {missing[0]}")
        return self


def _cells(text: str, separator: str, name: str, strict: bool = True) -> Iterator[list[str]]:
    """The cells of each line, trimmed; ValueError if strict and a quotation has no end."""
    lines = csv.reader(io.StringIO(text, newline=None), delimiter=separator, strict=strict)
    try:
        for cells in lines:
            yield [cell.strip() for cell in cells]
    except csv.Error as error:
        raise ValueError(f"{name} is not valid CSV, line {lines.line_num}: {error}") from None
