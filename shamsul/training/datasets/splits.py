"""Which images a model learns from, is chosen on, and is tested on: never two for one patient."""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from shamsul.storage.atomic import write_atomically
from shamsul.storage.spreadsheet import as_cell, meant
from shamsul.storage.text import Table as Text
from shamsul.training.datasets.table import Side, Table, objects

_COLUMNS: Final = ("image", "side")
_HELD_OUT: Final = (Side.VALIDATION, Side.TEST)


def check(table: Table) -> Table:
    """The table itself, if each patient is on one side.

    Raises
    ------
    ValueError
        If a patient is on two, or an image on none; one sentence, which names no patient.
    """
    if (table.sides == Side.OPEN).any():
        count = int((table.sides == Side.OPEN).sum())
        raise ValueError(f"{count} images are on no side of the split.")
    sides: dict[str, Side] = {}
    both = {
        patient
        for patient, side in zip(table.patients, table.sides, strict=True)
        if sides.setdefault(patient, side) is not side
    }
    if both:
        raise ValueError(f"{len(both)} patients are on two sides of the split.")
    return table


def draw(table: Table, *, validation: float, test: float, seed: int) -> Table:
    """The table with every image on a side, drawn patient by patient.

    What the owner set aside for validation or test stays there; patients with nothing there are
    drawn from, whether the owner calls them training or says nothing. The draw depends on the set
    of these patients and on the seed alone, not on the order of the rows.

    Parameters
    ----------
    table : Table
    validation, test : float
        Shares of the patients that are drawn from, in [0, 1); the rest is for training. 0 for a
        side that the owner has set aside.
    seed : int

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If the shares leave nothing for training, are more than 0 for a side that the owner has, or
        the owner's own sides share a patient; one sentence.
    """
    shares = {Side.VALIDATION: validation, Side.TEST: test}
    _check_shares(table, shares)
    held_out = np.isin(table.sides, np.array(_HELD_OUT, object))
    patients = sorted(set(table.patients[~held_out]))
    drawn = dict.fromkeys(patients, Side.TRAIN)
    order = iter(np.random.default_rng(seed).permutation(len(patients)))
    for side, share in shares.items():
        for _ in range(round(share * len(patients))):
            drawn[patients[next(order)]] = side
    pairs = zip(table.patients, table.sides, strict=True)
    sides = [side if side in _HELD_OUT else drawn[patient] for patient, side in pairs]
    return check(replace(table, sides=objects(sides)))


def _check_shares(table: Table, shares: Mapping[Side, float]) -> None:
    if not (all(0 <= share < 1 for share in shares.values()) and sum(shares.values()) < 1):
        raise ValueError("The shares of validation and test must be at least 0, together below 1.")
    for side, share in shares.items():
        if share and (table.sides == side).any():
            raise ValueError(f"The owner has set a {side.value} side aside: its share must be 0.")


def write(table: Table, path: Path) -> str:
    """Write a split as CSV: the columns image and side, a row for each image, no patient.

    Returns
    -------
    str
        SHA-256 of the file, for a card to name.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        As `check`.
    """
    check(table)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for image, side in zip(table.images, table.sides, strict=True):
        writer.writerow((as_cell(image), side.value))
    data = text.getvalue().encode()
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def read(table: Table, path: Path) -> Table:
    """The table with the sides that a file has written down.

    Images that the file names but the table does not have, since they are not chosen or not there,
    are passed over.

    Raises
    ------
    OSError
        If it cannot be opened.
    ValueError
        If it is no split, does not name an image of the table, puts one on a side other than that
        which the owner set aside, or as `check`; one sentence.
    """
    try:
        rows = Text.read(path).require(*_COLUMNS).rows()
        words = {meant(row["image"]): row["side"] for _, row in rows}
    except ValueError as error:
        raise ValueError(f"{error}.") from None
    known = {side.value: side for side in Side if side is not Side.OPEN}
    strange = next((word for word in words.values() if word not in known), None)
    if strange is not None:
        raise ValueError(f"{path.name} has the side {strange!r}, not {', '.join(known)}.")
    missing = [image for image in table.images if image not in words]
    if missing:
        raise ValueError(f"{path.name} does not name {len(missing)} images, such as {missing[0]}.")
    sides = [known[words[image]] for image in table.images]
    moved = [
        image
        for image, side, owners in zip(table.images, sides, table.sides, strict=True)
        if owners in _HELD_OUT and side is not owners
    ]
    if moved:
        raise ValueError(f"{path.name} moves {moved[0]} away from the side its owner gave it.")
    return check(replace(table, sides=objects(sides)))
