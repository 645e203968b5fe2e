"""Numbers, sizes and names of JSON files, where a program may have made text of a number, or a
number of a name."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shamsul.storage.text import number


def numbers(given: Any, width: int) -> NDArray[np.float64]:
    """A table of a list of lists, each of as many numbers as the table has columns.

    Returns
    -------
    ndarray of shape (n, width), float64

    Raises
    ------
    ValueError
        If it is anything else; one sentence without a full stop.

    Examples
    --------
    >>> numbers([["1", 2]], 2).tolist()
    [[1.0, 2.0]]
    """
    if not isinstance(given, list) or not all(isinstance(one, list) for one in given):
        raise ValueError("its numbers do not stand in lists of lists")
    odd = next((one for one in given if len(one) != width), None)
    if odd is not None:
        raise ValueError(f"it has {len(odd)} numbers where {width} belong together")
    table = [[number(value) for value in one] for one in given]
    return np.array(table, float).reshape(-1, width)


def flat(given: Any, width: int) -> NDArray[np.float64]:
    """The same table of one list, for example of columns and rows by turns."""
    if not isinstance(given, list) or len(given) % width:
        raise ValueError(f"its numbers are no list of which {width} each belong together")
    return numbers([given[start : start + width] for start in range(0, len(given), width)], width)


def whole(value: Any) -> int:
    """A whole number, which may be text; else ValueError."""
    found = number(value)
    if not found.is_integer():
        raise ValueError(f"{value!r} is not a whole number")
    return int(found)


def size(rows: Any, columns: Any) -> tuple[int, int] | None:
    """Rows and columns of an image; None where the file has neither, or 0 for both.

    Raises
    ------
    ValueError
        If it has one of them, or one is no number of pixels; one sentence without a full stop.
    """
    shape = tuple(whole(0 if value in (None, "") else value) for value in (rows, columns))
    if shape == (0, 0):
        return None
    if min(shape) < 1:
        raise ValueError(f"an image of {shape[0]} x {shape[1]} pixels (rows x columns) cannot be")
    return shape[0], shape[1]


def name(value: Any, what: str) -> str:
    """A name, which may be a number: 3 is named "3", and so is 3.0.

    Parameters
    ----------
    value : object
    what : str
        What is named, for the sentence.

    Raises
    ------
    ValueError
        If it has none, or one that is neither text nor a number; one sentence without a full stop.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if value is None or value == "":
        raise ValueError(f"it has no {what}")
    if not isinstance(value, str):
        raise ValueError(f"its {what} is {str(value)[:40]!r}, which is no name")
    return value


def names(value: Any, what: str) -> Sequence[str]:
    """Names in a list; text by itself is the only one, not a list of letters."""
    return [name(one, what) for one in (value if isinstance(value, list) else [value])]
