"""Annotation files given to the cases of a study, and taken from them again."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from io import BufferedIOBase
from pathlib import Path

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.formats import coco
from shamsul.annotations.formats.dicom import identifier
from shamsul.annotations.formats.entry import Entry, Fault, Found
from shamsul.annotations.image_names import Images
from shamsul.annotations.matching import Annotators, Brought, bring
from shamsul.findings.labels import LabelTable, is_finding, normalised
from shamsul.radiographs import RadiographArchive
from shamsul.radiographs.archive import Extent
from shamsul.reading.database.store import Store
from shamsul.reading.design.study import Case
from shamsul.studies import opening


@dataclass(frozen=True)
class Proposal:
    """A label of annotation files, and what a table makes of it.

    Attributes
    ----------
    label : str
        As it is first spelled.
    marks : int
    of_model : str or None
        The model's label; None where the table knows none.
    """

    label: str
    marks: int
    of_model: str | None


def labels_of(store: Store, study: str) -> Collection[str]:
    """The labels that a study's model has.

    Raises
    ------
    ValueError
        If there is no such study, or its model is not here; one sentence.
    """
    known = opening.known(store).models
    model = store.study(study).model
    if model not in known:
        raise ValueError(f"The labels of the model {model} are not known here; download it.")
    return known[model]


def names_of_file(name: str, file: BufferedIOBase) -> tuple[str, tuple[str, ...]]:
    """What annotations may call a radiograph by whose very file this is.

    Parameters
    ----------
    name : str
        Of the file, with folders.
    file : file
        Open for reading in binary, at its beginning.

    Returns
    -------
    sha256 : str
    names : tuple of str
        The file's, and a DICOM image's SOP Instance UID.
    """
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return sha256, (name, *identifier(file))


def names_in(folder: Path) -> dict[str, list[str]]:
    """What annotations may call the files of a folder by, by SHA-256.

    Raises
    ------
    ValueError
        If it is no folder; one sentence without a full stop.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    names: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with open(path, "rb") as file:
                sha256, own = names_of_file(path.relative_to(folder).as_posix(), file)
            names.setdefault(sha256, []).extend(own)
    return names


def proposals(
    entries: Iterable[Entry], labels: Collection[str], table: LabelTable
) -> tuple[Proposal, ...]:
    """What a table makes of each finding that is marked; unknown ones first.

    Parameters
    ----------
    entries : iterable of Entry
    labels : collection of str
        Those of the model.
    table : LabelTable
    """
    spelled: dict[str, str] = {}
    marks: Counter[str] = Counter()
    for entry in entries:
        if isinstance(entry, Found) and is_finding(entry.annotation.label):
            label = entry.annotation.label
            marks[spelled.setdefault(normalised(label), label)] += 1
    found = [Proposal(one, count, table.of_model(one, labels)) for one, count in marks.items()]
    return tuple(sorted(found, key=lambda one: (one.of_model is not None, normalised(one.label))))


def matched(entries: Iterable[Entry], images: Images) -> tuple[int, int]:
    """How many of the images that files name are there, and how many they name."""
    names = {entry.image for entry in entries if not isinstance(entry, Fault)}
    there = 0
    for name in names:
        try:
            images.find(name)
        except ValueError:
            continue
        there += 1
    return there, len(names)


def give(
    entries: Iterable[Entry],
    images: Images,
    labels: Collection[str],
    table: LabelTable,
    annotators: Annotators,
    source: str,
    *,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
) -> Brought:
    """Give cases the annotations of files, in place of the same source's of the same label.

    Parameters
    ----------
    entries : iterable of Entry
    images : Images
        The cases' radiographs.
    labels : collection of str
        Those of the model.
    table : LabelTable
    annotators : Annotators
    source : str
        Whose they are; as the files state it if empty.
    archive, annotations
        Where radiographs and annotations are kept.

    Raises
    ------
    ValueError
        If the source is the one of what readers draw, or annotations that a case has are damaged;
        one sentence without a full stop.
    shamsul.radiographs.ArchiveError
        If the radiograph of a case is missing.
    """
    if source == DRAWN:
        raise ValueError(f"{DRAWN!r} is the source of what readers draw; choose another one")
    brought = bring(entries, images, archive.extent, labels, table, annotators, source)
    for sha256, found in brought.annotations.items():
        annotations.add(sha256, found, whoever=True)
    return brought


def exported(
    cases: Iterable[Case],
    *,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
) -> bytes:
    """What cases have, readers' drawings too, as a COCO file; see :func:`.formats.coco.document`.

    Raises
    ------
    ValueError
        If annotations of a case are damaged; one sentence without a full stop.
    shamsul.radiographs.ArchiveError
        If the radiograph of an annotated case is missing.
    """
    images = (
        _as_in_the_file(case.name, archive.extent(case.image_sha256), found)
        for case in cases
        if (found := annotations.get(case.image_sha256))
    )
    return json.dumps(coco.document(images), ensure_ascii=False).encode()


def _as_in_the_file(name: str, extent: Extent, found: Iterable[Annotation]) -> coco.Annotated:
    """Annotations on the pixels of a radiograph's file, as those that are given are."""
    back = extent.turn.inverse
    marks = tuple(replace(one, mark=one.mark.turned(back, extent.shape)) for one in found)
    return coco.Annotated(name, back.shape(extent.shape), marks)


def remove(cases: Iterable[Case], source: str, annotations: AnnotationArchive) -> int:
    """Remove what a source says of cases; gives how many annotations that were.

    Raises
    ------
    ValueError
        If annotations of a case are damaged; one sentence without a full stop.
    """
    removed = 0
    for case in cases:
        own = [one for one in annotations.describe(case.image_sha256) if one.source == source]
        if own:
            annotations.revise(
                case.image_sha256, lambda old: (one for one in old if one.source != source)
            )
            removed += len(own)
    return removed
