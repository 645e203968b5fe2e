"""Tables made in memory."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from shamsul.training.datasets.table import Label, Sex, Side, Table, View, constant, objects


def table(
    values: Sequence[Sequence[int]],
    labels: Sequence[str],
    *,
    patients: Sequence[str] | None = None,
    views: Sequence[View] | None = None,
    sides: Sequence[Side] | None = None,
) -> Table:
    """A table of some labels; what is not given is unknown, and each image a patient's own."""
    count = len(values)
    images = objects([f"{index}.png" for index in range(count)])
    return Table(
        Path("nowhere"),
        tuple(labels),
        images,
        np.array(values, np.int8).reshape(count, len(labels)),
        images if patients is None else objects(patients),
        constant(View.UNKNOWN, count) if views is None else objects(views),
        constant(Sex.UNKNOWN, count),
        np.full(count, np.nan, np.float32),
        constant(Side.OPEN, count) if sides is None else objects(sides),
    )


def of_patients(patients: Sequence[str], sides: Sequence[Side] | None = None) -> Table:
    """A table of images of which all that counts is whose they are."""
    return table([[Label.ABSENT]] * len(patients), ("Edema",), patients=patients, sides=sides)
