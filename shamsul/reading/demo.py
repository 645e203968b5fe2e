"""The studies that every installation starts with."""

from pathlib import Path

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.formats.masks import read_mask
from shamsul.radiographs import RadiographArchive, read_radiograph
from shamsul.reading.case_folder import LABELS_FILE, FolderCase, read_folder
from shamsul.reading.database.store import Store
from shamsul.reading.database.transactions import UnreadableError
from shamsul.reading.design.study import Study

#: Source of the demo's annotations.
EXACT = "phantom (exact)"

DEMO = Study(
    name="phantom-demo",
    title="Phantom demo",
    about="Synthetic radiographs whose findings are known exactly. No patient is shown.",
    model="phantom",
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
    for entry in read_folder(folder):
        sha256 = known.get(entry.name)
        if sha256 is None or sha256 not in archive or sha256 not in annotations:
            _add(store, archive, annotations, entry, sha256)


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
    store.add_case(DEMO.name, radiograph.sha256, entry.name)
