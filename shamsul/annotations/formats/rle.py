"""Masks as lengths of runs along the columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shamsul.annotations.formats.values import whole

#: More pixels than any radiograph has; a larger mask is a damaged or hostile file.
MOST_PIXELS = 2**28


def from_runs(runs: Sequence[int], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask of the lengths of its runs, down the columns, off and on by turns, off first.

    Parameters
    ----------
    runs : sequence of int
    shape : (int, int)
        Rows and columns.

    Raises
    ------
    ValueError
        If the runs do not fill the mask.

    Examples
    --------
    >>> from_runs([1, 2, 1], (2, 2)).astype(int).tolist()
    [[0, 1], [1, 0]]
    """
    rows, columns = shape
    if rows < 1 or columns < 1 or rows * columns > MOST_PIXELS:
        raise ValueError(f"a mask of {rows} x {columns} pixels cannot be")
    if min(runs, default=-1) < 0 or sum(runs) != rows * columns:
        raise ValueError(f"its runs do not fill {rows} x {columns} pixels")
    on = np.arange(len(runs)) % 2 == 1
    return np.repeat(on, runs).reshape(columns, rows).T


def region(content: Any) -> NDArray[np.bool_]:
    """The mask of run lengths as COCO has them: `size`, rows before columns, and `counts`.

    The lengths are a list or packed into a string; see `coco_runs`.

    Raises
    ------
    ValueError
        If they are damaged, or do not fill the mask.
    """
    rows, columns = map(whole, content["size"])
    counts = content["counts"]
    runs = coco_runs(counts) if isinstance(counts, str) else list(map(whole, counts))
    return from_runs(runs, (rows, columns))


def to_runs(mask: NDArray[np.bool_]) -> list[int]:
    """The lengths of a mask's runs, as :func:`from_runs` takes them.

    Parameters
    ----------
    mask : ndarray of shape (H, W), bool

    Examples
    --------
    >>> to_runs(np.array([[False, True], [True, False]]))
    [1, 2, 1]
    """
    down = mask.T.ravel()
    changes = np.flatnonzero(down[1:] != down[:-1]) + 1
    runs: list[int] = np.diff(changes, prepend=0, append=down.size).tolist()
    return [0, *runs] if down[0] else runs


def coco_runs(text: str) -> list[int]:
    """The lengths that COCO packs into a string.

    Each number takes characters of six bits, lowest first: five of the number, in two's
    complement, and one that says whether more follow. From the fourth on a number is the
    difference to the one before the last.

    Raises
    ------
    ValueError
        If the string is no such list.

    References
    ----------
    .. [1] COCO API, ``common/maskApi.h`` and ``maskApi.c``, rleToString.
       https://github.com/cocodataset/cocoapi
    """
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError("its run lengths are damaged")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("its run lengths end too early")
    return runs
