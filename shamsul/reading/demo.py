"""The studies that every installation starts with."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.formats.masks import read_mask
from shamsul.radiographs import RadiographArchive, read_radiograph
from shamsul.reading.case_folder import LABELS_FILE, FolderCase, read_folder
from shamsul.reading.database.findings import GivenFindings
from shamsul.reading.database.store import Store
from shamsul.reading.database.transactions import UnreadableError
from shamsul.reading.design.study import Origin, Study

#: Source of the demo's annotations.
EXACT = "phantom (exact)"
#: Seed that the demo's first phantom is rendered from; the others follow.
FIRST_SEED = 50_003_110

DEMO = Study(
    name="phantom-demo",
    title="Phantom demo",
    about="Synthetic radiographs whose findings are known exactly. No patient is shown.",
    model="phantom",
    beside=("phantom-gaze",),
)
OWN = Study(
    name="my-radiographs",
    title="My radiographs",
    about="Radiographs that you upload.",
    model="phantom",
)


def ensure_default_studies(
    store: Store, archive: RadiographArchive, annotations: AnnotationArchive, assets: Path
) -> None:
    """Make the demo study and the empty study for uploads where they are missing.

    Cheap when there is nothing to do, and safe for two processes at once.

    Parameters
    ----------
    store, archive, annotations
        Where to put them.
    assets : Path
        Directory with the folder ``demo`` of :mod:`shamsul.reading.case_folder`; without it the
        demo study has no cases.

    Raises
    ------
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    OSError, ValueError
        If the demo cannot be read or kept.
    """
    present = store.names()
    for study in (DEMO, OWN):
        if study.name not in present:
            store.ensure_study(study)
    folder = assets / "demo"
    if not (folder / LABELS_FILE).exists():
        return
    try:
        known = {case.name: case.image_sha256 for case in store.cases(DEMO.name)}
    except UnreadableError:
        return  # told where studies are listed; the others must not wait for it
    entries = read_folder(folder)
    for entry in entries:
        sha256 = known.get(entry.name)
        if sha256 is None or sha256 not in archive or sha256 not in annotations:
            _add(store, archive, annotations, entry, sha256)
    _tell_findings(store, entries)


@cache
def demo_seeds(assets: Path) -> dict[str, int]:
    """The seeds that the demo's phantoms were rendered from, by the SHA-256 of their files.

    Parameters
    ----------
    assets : Path
        As of :func:`ensure_default_studies`.

    Raises
    ------
    OSError, ValueError
        If the demo cannot be read.
    """
    folder = assets / "demo"
    entries = read_folder(folder) if (folder / LABELS_FILE).exists() else ()
    return {
        hashlib.sha256(entry.image.read_bytes()).hexdigest(): FIRST_SEED + place
        for place, entry in enumerate(entries)
    }


def _add(
    store: Store,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
    entry: FolderCase,
    known_sha256: str | None,
) -> None:
    radiograph = read_radiograph(entry.image.read_bytes())
    if known_sha256 not in (None, radiograph.sha256):
        return  # the demo has changed since; the ratings are about the old image
    archive.put(radiograph)
    annotations.put(
        radiograph.sha256,
        (
            Annotation.of_region(label, EXACT, read_mask(path))
            for label, path in entry.masks.items()
        ),
    )
    # Last, so that a case is only ever listed when it can be shown.
    store.add_case(DEMO.name, radiograph.sha256, entry.name, Origin.DEMO)


def _tell_findings(store: Store, entries: Sequence[FolderCase]) -> None:
    """Keep what the demo's cases have, also those of before that was kept."""
    given = GivenFindings(store.database)
    told = given.of(DEMO.name)
    if told.keys() >= {entry.name for entry in entries}:
        return
    cases = {case.name: case for case in store.cases(DEMO.name)}
    for entry in entries:
        # The demo may have changed since: a case of the same name is then another image.
        if (
            entry.name not in told
            and read_radiograph(entry.image.read_bytes()).sha256 == cases[entry.name].image_sha256
        ):
            given.add(cases[entry.name].id, entry.labels)
