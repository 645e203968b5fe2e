"""Where a map is cut into a region: one value above which pixels belong to it."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from shamsul.storage.spreadsheet import as_cell, meant
from shamsul.storage.text import Table

#: Shares of the range among which `tune` chooses, those of the CheXlocalize scripts [1]_ of
#: `Tuned`.
GRID = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


class Threshold(Protocol):
    """A rule that finds the cut."""

    def level(self, values: NDArray[np.floating], label: str) -> float:
        """The value above which pixels belong to the region.

        Parameters
        ----------
        values : ndarray of shape (H, W)
            Finite.
        label : str

        Returns
        -------
        float
            NaN, above which nothing is, for a constant map.
        """
        ...


@dataclass(frozen=True)
class Otsu:
    """Parts the values into two classes as different as can be.

    The histogram has 256 equal bins from the least to the greatest value.

    References
    ----------
    Otsu 1979, doi 10.1109/TSMC.1979.4310076
    """

    def level(self, values: NDArray[np.floating], label: str = "") -> float:
        """See `Threshold`."""
        least, greatest = float(values.min()), float(values.max())
        if least == greatest:
            return float("nan")
        bins = ((values - least) * np.float32(255 / (greatest - least))).astype(np.uint8)
        last, _ = cv2.threshold(bins, 0, 255, cv2.THRESH_OTSU)
        # Greater than this are the bins after the last one of the lower class.
        edge = least + (last + 1) / 255 * (greatest - least)
        return float(np.nextafter(edge, least))

    def __str__(self) -> str:
        return "otsu"


@dataclass(frozen=True)
class Fixed:
    """A share of the way from the map's least to its greatest value.

    Attributes
    ----------
    share : float
        In [0, 1).
    """

    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise ValueError(f"a threshold is a share from 0 to below 1, not {self.share:g}")

    def level(self, values: NDArray[np.floating], label: str = "") -> float:
        """See `Threshold`."""
        least, greatest = float(values.min()), float(values.max())
        return least + self.share * (greatest - least) if least < greatest else float("nan")

    def __str__(self) -> str:
        return f"{self.share:g}"


@dataclass(frozen=True)
class TopPercent:
    """The greatest values, a part of all pixels.

    Pixels that equal the last one taken are taken too, but never those of the least value.

    Attributes
    ----------
    percent : float
        Above 0, below 100.
    """

    percent: float

    def __post_init__(self) -> None:
        if not 0 < self.percent < 100:
            raise ValueError(f"a percentage is between 0 and 100, not {self.percent:g}")

    def level(self, values: NDArray[np.floating], label: str = "") -> float:
        """See `Threshold`."""
        least = values.min()
        if least == values.max():
            return float("nan")
        count = max(1, round(values.size * self.percent / 100))
        last = np.partition(values, values.size - count, axis=None)[values.size - count]
        return float(max(np.nextafter(last, least), least))

    def __str__(self) -> str:
        return f"top{self.percent:g}%"


@dataclass(frozen=True)
class Tuned:
    """A share of the map's range for each label, see `tune`.

    Attributes
    ----------
    shares : mapping of str to float
        Each in [0, 1).

    References
    ----------
    .. [1] Saporta et al. 2022, doi 10.1038/s42256-022-00536-x; code at
       https://github.com/rajpurkarlab/cheXlocalize
    """

    shares: Mapping[str, float]

    def __post_init__(self) -> None:
        for share in self.shares.values():
            Fixed(share)
        object.__setattr__(self, "shares", MappingProxyType(dict(self.shares)))

    def of(self, label: str) -> Fixed:
        """A label's threshold.

        Raises
        ------
        ValueError
            If none was tuned for it.
        """
        if label not in self.shares:
            raise ValueError(f"there is no tuned threshold for {label}")
        return Fixed(self.shares[label])

    def level(self, values: NDArray[np.floating], label: str) -> float:
        """See `Threshold`; ValueError for a label that was not tuned."""
        return self.of(label).level(values)

    @classmethod
    def read(cls, path: Path) -> "Tuned":
        """The thresholds in a CSV file with the columns threshold and task, as CheXlocalize's.

        Raises
        ------
        ValueError
            If it is no such file.
        """
        return cls(numbers(path, "task", "threshold"))

    def write(self, path: Path) -> None:
        """Write such a CSV file."""
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\r\n")
            table.writerow(("threshold", "task"))
            table.writerows((share, as_cell(label)) for label, share in sorted(self.shares.items()))

    def __str__(self) -> str:
        return "tuned"


def numbers(path: Path, name: str, number: str) -> dict[str, float]:
    """Numbers by name from two columns of a CSV file.

    Raises
    ------
    ValueError
        If there is no such column, a name comes twice or a number is none.
    """
    found: dict[str, float] = {}
    for _, row in Table.read(path).require(name, number).rows():
        named = meant(row[name])
        if named in found:
            raise ValueError(f"{path} has {named} twice")
        try:
            found[named] = row.number(number)
        except ValueError:
            raise ValueError(f"{path} has {row[number]!r} as {number} of {named}") from None
    return found


def parse(text: str) -> Threshold | None:
    """A threshold as one writes it: ``otsu``, ``0.4``, ``top10%``, ``FILE.csv``, or ``none``.

    Returns
    -------
    Threshold or None
        None for "none": nothing is predicted, only the map as it is can be scored.

    Raises
    ------
    ValueError
        If it is none of these, or the file is not one of `Tuned`.

    Examples
    --------
    >>> parse("top10%")
    TopPercent(percent=10.0)
    """
    if text == "none":
        return None
    if text == "otsu":
        return Otsu()
    if text.endswith(".csv"):
        return Tuned.read(Path(text))
    top = text.startswith("top") and text.endswith("%")
    try:
        number = float(text[3:-1] if top else text)
    except ValueError:
        raise ValueError(
            f"a threshold is otsu, a share such as 0.4, top10%, a .csv file or none, not {text!r}"
        ) from None
    return TopPercent(number) if top else Fixed(number)


@dataclass(frozen=True)
class Split:
    """Images to tune on, and images to be scored with what was tuned.

    Attributes
    ----------
    validation, test : frozenset of str

    Raises
    ------
    ValueError
        If an image is in both.
    """

    validation: frozenset[str]
    test: frozenset[str]

    def __post_init__(self) -> None:
        both = sorted(self.validation & self.test)
        if both:
            raise ValueError(
                f"{both[0]} is in the validation and in the test split"
                + (f", and {len(both) - 1} more" if len(both) > 1 else "")
            )


def tune(ious: Mapping[str, ArrayLike], grid: Sequence[float] = GRID) -> Tuned:
    """For each label, the share of the range with the highest mean IoU over validation cases.

    Parameters
    ----------
    ious : mapping of str to array of shape (cases, len(grid))
        By label, the IoU of each validation case at each share; NaN where undefined, which is left
        out of the mean.
    grid : sequence of float
        Shares, ascending; of equally good ones the first is chosen.

    Returns
    -------
    Tuned
        Without the labels that have no defined IoU.
    """
    shares = {}
    for label, scores in ious.items():
        table = np.asarray(scores, float).reshape(-1, len(grid))
        defined = ~np.isnan(table)
        if defined.any():
            mean = np.nansum(table, axis=0) / np.maximum(defined.sum(0), 1)
            shares[label] = grid[int(np.argmax(mean))]
    return Tuned(shares)
