"""Which formats there are, and which one a file has."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from shamsul.annotations.formats import boxes, chexlocalize, dicom, dicom_seg, masks
from shamsul.annotations.formats.coco import COCO
from shamsul.annotations.formats.egd import EGD
from shamsul.annotations.formats.entry import Entry, Fault
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.label_studio import LABEL_STUDIO
from shamsul.annotations.formats.labelme import LABELME
from shamsul.annotations.formats.padchest_gr import PADCHEST_GR
from shamsul.annotations.formats.reflacx import REFLACX
from shamsul.annotations.formats.siim import SIIM

#: By name. Where a file fits several, the first one is meant.
FORMATS = {
    one.name: one
    for one in (
        chexlocalize.POLYGONS,
        chexlocalize.MASKS,
        chexlocalize.POINTS,
        boxes.NIH,
        boxes.VINDR,
        boxes.RSNA,
        SIIM,
        PADCHEST_GR,
        COCO,
        REFLACX,
        EGD,
        dicom_seg.SEG,
        dicom.SR,
        LABELME,
        LABEL_STUDIO,
        masks.MASKS,
    )
}
#: Files in a folder that would be annotations; others may be images or notes.
_TEXTS = (".json", ".csv", ".tsv")


@dataclass(frozen=True)
class Contents:
    """What a file or folder of annotations says.

    Attributes
    ----------
    formats : tuple of str
        Names of the formats that were read.
    entries : tuple of Entry
    """

    formats: tuple[str, ...]
    entries: tuple[Entry, ...]


def recognise(path: Path) -> Format:
    """The format of a file or folder, by its content.

    Raises
    ------
    OSError
        If it cannot be opened.
    ValueError
        If it has none of the formats; one sentence without a full stop.
    """
    given = Given(path)
    if not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    for one in FORMATS.values():
        if one.fits(given):
            return one
    raise ValueError(f"{path.name} has none of the known formats")


def read(path: Path, format: str | None = None) -> Contents:
    """What a file says, or all files of a folder.

    Parameters
    ----------
    path : Path
        A folder may be of a format itself, or have files that are. Tables and JSON files in it that
        have no format are faults; other files are passed over.
    format : str, optional
        Name of the only format that is read; by default each file's own.

    Raises
    ------
    OSError
        If it cannot be opened.
    ValueError
        If there is no such format, or nothing of it; one sentence without a full stop.
    """
    if format is not None and format not in FORMATS:
        raise ValueError(f"there is no format {format!r}; there are {', '.join(FORMATS)}")
    if not path.is_dir():
        one = recognise(path) if format is None else FORMATS[format]
        return Contents((one.name,), _named(one.read(path), path.name))
    wanted = FORMATS.values() if format is None else (FORMATS[format],)
    for one in wanted:
        if one.fits(Given(path)):
            return Contents((one.name,), one.read(path))
    return _folder(path, format)


def _named(entries: Iterable[Entry], file: str) -> tuple[Entry, ...]:
    """Entries that know which file they are of."""
    return tuple(replace(one, file=file) for one in entries)


def _folder(path: Path, format: str | None) -> Contents:
    names: dict[str, None] = {}
    entries: list[Entry] = []
    for file in sorted(path.rglob("*")):
        if not file.is_file():
            continue
        try:
            one = recognise(file)
            if format in (None, one.name):
                entries += _named(one.read(file), file.relative_to(path).as_posix())
                names[one.name] = None
        except ValueError as error:
            if file.suffix.lower() in _TEXTS:
                reason = str(error).removeprefix(f"{file.name} ")
                entries.append(Fault(file.relative_to(path).as_posix(), f"it {reason}"))
    if not names:
        raise ValueError(
            f"no file in {path.name} has {'a known' if format is None else 'that'} format"
        )
    return Contents(tuple(names), tuple(entries))
