"""The errors that a model was surest of, as small pictures."""

import io
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shamsul.assessment.scored import Scored
from shamsul.reporting.page import Plate

#: Of a kind and label.
MOST: Final = 6
#: Pixels of a picture's side.
_SIDE: Final = 160


def worst(scored: Scored, column: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The surest errors of a label, the surest first.

    Returns
    -------
    false_positives, false_negatives : ndarray of intp
        Places of the images; at most `MOST` each.
    """
    probabilities = scored.probabilities[:, column]
    wrong = scored.known[:, column] & (scored.present[:, column] != scored.positive[:, column])
    order = np.argsort(probabilities, kind="stable")
    low = order[wrong[order] & scored.present[order, column]]
    high = order[::-1][(wrong & ~scored.present[:, column])[order[::-1]]]
    return high[:MOST], low[:MOST]


def plates(
    scored: Scored, pixels: NDArray[np.uint8], places: NDArray[np.intp]
) -> Iterator[tuple[str, str, tuple[Plate, ...]]]:
    """Label, kind of error and pictures, of those that there are.

    Parameters
    ----------
    scored : Scored
        Of N images.
    pixels : ndarray of shape (M, h, w), uint8
        On the model's grid. Pictures are made of nothing else, so that no more of a file gets into
        a report than what the model saw.
    places : ndarray of shape (N,), intp
        Which of them are the images.
    """
    for column, label in enumerate(scored.labels):
        kinds = zip(("False positives", "False negatives"), worst(scored, column), strict=True)
        for kind, wrong in kinds:
            shown = tuple(
                Plate(
                    f"Image {scored.numbers[one]}, probability "
                    f"{scored.probabilities[one, column]:.2f}",
                    _png(pixels[places[one]]),
                )
                for one in wrong
            )
            if shown:
                yield label, kind, shown


def _png(grid: NDArray[np.uint8]) -> bytes:
    small = Image.fromarray(np.ascontiguousarray(grid))
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    small.save(data, "PNG", optimize=True)
    return data.getvalue()
