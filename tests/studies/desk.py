"""A desk of one's own."""

from pathlib import Path

from shamsul.annotations.archive import AnnotationArchive
from shamsul.computing.engine import Engine, Here
from shamsul.computing.jobs import Claims
from shamsul.explainers.cache import MapCache
from shamsul.radiographs import RadiographArchive
from shamsul.storage.result_cache import ResultCache
from shamsul.studies.desk import Desk


def desk_in(folder: Path, engine: Engine | None = None, claims: Claims | None = None) -> Desk:
    """Keeps everything in a folder, as an installation does; computes in this process."""
    return Desk(
        RadiographArchive(folder / "radiographs"),
        AnnotationArchive(folder / "annotations"),
        MapCache(folder / "maps"),
        ResultCache(folder / "scores"),
        ResultCache(folder / "measures"),
        engine or Here(),
        claims=claims,
    )
