"""SIIM-ACR pneumothorax segmentation: run lengths relative to the end of the run before.

References
----------
.. [1] SIIM-ACR Pneumothorax Segmentation. Kaggle 2019.
   https://www.kaggle.com/c/siim-acr-pneumothorax-segmentation (Data, Evaluation)
"""

from collections.abc import Iterator

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Found
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.rle import from_runs
from shamsul.annotations.formats.values import whole
from shamsul.storage.text import Row

_SHAPE = (1024, 1024)


def _entries(given: Given) -> Iterator[Entry]:
    """The masks; an image may have several rows.

    Notes
    -----
    Numbers are pairs: how many pixels lie between the end of the run before and this run, and how
    many it has. Pixels are counted down the columns, from 0. That they are not counted along the
    rows is not in the challenge's words but in its sample code; the example there, "387620 23 996
    33 986 43 ...", has a run in every 1024 pixels that grows at its upper end, as a mask's columns
    do. Data sets since, such as torchxrayvision's, read it in the same way.
    """

    def read(row: Row) -> Iterator[Entry]:
        try:
            numbers = [whole(text) for text in row["EncodedPixels"].split()]
        except ValueError:
            raise ValueError("EncodedPixels are not whole numbers") from None
        if numbers == [-1]:
            return
        if not numbers or len(numbers) % 2:
            raise ValueError("EncodedPixels are not pairs of numbers")
        rest = _SHAPE[0] * _SHAPE[1] - sum(numbers)
        region = from_runs([*numbers, rest], _SHAPE)
        found = Annotation.of_region("Pneumothorax", "SIIM-ACR pneumothorax", region)
        yield Found(row["ImageId"], found, _SHAPE)

    return given.each_row(read)


SIIM = Format(
    "siim",
    "SIIM-ACR pneumothorax segmentation",
    "Kaggle 2019",
    "https://www.kaggle.com/c/siim-acr-pneumothorax-segmentation",
    (".csv",),
    lambda given: {"ImageId", "EncodedPixels"} <= given.columns,
    _entries,
)
