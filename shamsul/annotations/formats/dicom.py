"""DICOM: regions of structured reports, which need highdicom, and what an image is called.

References
----------
.. [1] DICOM PS3.3, C.18.6 (spatial coordinates); PS3.16, TID 1410 (planar regions of interest).
   https://www.dicomstandard.org/current
.. [2] Bridge CP, et al. Highdicom. J Digit Imaging. 2022;35:1719-1737.
   doi:10.1007/s10278-022-00683-y
"""

import warnings
import zlib
from collections.abc import Callable, Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.filereader import read_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Found, each
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.marks import Ellipses, Mark, Points, Polygons

#: Enhanced, Comprehensive and Comprehensive 3D.
REPORTS = tuple(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (22, 33, 34))


#: Bytes that a deflated data set may have (PS3.5 A.5); a file of 1 MB could inflate to a gigabyte.
MOST_INFLATED = 2**28


def check_inflated(file: Path | BufferedIOBase) -> None:
    """Refuse a file that pydicom, which inflates all of it, would fill the memory with.

    Raises
    ------
    OSError
        If it cannot be opened.
    ValueError
        If it is deflated and larger than `MOST_INFLATED`; one sentence without a full stop.
    """
    if isinstance(file, Path):
        with file.open("rb") as opened:
            check_inflated(opened)
        return
    start = file.tell()
    try:
        if file.read(132)[128:] != b"DICM":
            return
        # File meta information is explicit little endian whatever follows (PS3.10 7.1).
        meta = read_dataset(file, False, True, stop_when=lambda tag, *_: tag >> 16 != 2)
        if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
            return
        inflater, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
        while packed := inflater.unconsumed_tail or file.read(2**16):
            size += len(inflater.decompress(packed, 2**20))
            if size > MOST_INFLATED:
                raise ValueError("it inflates to more than annotations can have")
    finally:
        file.seek(start)


def tag(file: Path | BufferedIOBase, keyword: str) -> str:
    """An attribute of a DICOM file; empty where it is none or has none."""
    if isinstance(file, Path) and not file.is_file():
        return ""
    try:
        with warnings.catch_warnings(action="ignore"):
            check_inflated(file)
            return str(
                pydicom.dcmread(file, stop_before_pixels=True, specific_tags=[keyword]).get(
                    keyword, ""
                )
            )
    except OSError:
        raise
    except Exception:  # a damaged file makes the library raise nearly anything
        return ""


def identifier(file: BufferedIOBase) -> tuple[str, ...]:
    """A DICOM image's SOP Instance UID, by which annotations name it; none of other files."""
    uid = tag(file, "SOPInstanceUID")
    return (uid,) if uid else ()


def _opened(path: Path, read: Callable[[Any], Any]) -> Any:
    """What highdicom makes of a file.

    Raises
    ------
    ValueError
        If highdicom is missing, or cannot read it.
    """
    try:
        import highdicom
    except ImportError:
        raise ValueError(
            "reports in DICOM need the package highdicom: pip install 'shamsul[dicomweb]'"
        ) from None
    try:
        with warnings.catch_warnings(action="ignore"):
            return read(highdicom)
    except Exception:
        # A damaged file makes the libraries raise nearly anything, and their words may quote it.
        raise ValueError(f"{path.name} is damaged, or states its regions in no usual way") from None


def _graphic(kind: str, data: NDArray[np.float64]) -> Mark:
    """The mark of spatial coordinates, which are columns and rows (PS3.3 C.18.6.1.2)."""
    places = np.asarray(data, float)[:, ::-1]
    match kind:
        case "POINT" | "MULTIPOINT":
            return Points(places)
        case "POLYLINE":
            if len(places) < 3 or not np.allclose(places[0], places[-1]):
                raise ValueError("its line is open, so that it encloses nothing")
            return Polygons((places,))
        case "CIRCLE":  # the centre, and a point of the line
            radius = float(np.hypot(*(places[1] - places[0])))
            return Ellipses(np.array([[*places[0], radius, radius, 0]]))
        case "ELLIPSE":  # the ends of the major axis, then of the minor
            along, upright = places[1] - places[0], places[3] - places[2]
            turn = np.degrees(np.arctan2(-along[0], along[1]))
            high, wide = np.hypot(*upright) / 2, np.hypot(*along) / 2
            return Ellipses(np.array([[*places[:2].mean(0), high, wide, turn]]))
    raise ValueError(f"regions of the graphic type {kind} are not read")


def _regions(given: Given) -> Iterator[Entry]:
    """The image regions of a report's planar measurement groups, labelled by their finding."""
    report = _opened(given.path, lambda library: library.sr.srread(given.path))
    groups = _opened(given.path, lambda _: report.content.get_planar_roi_measurement_groups())

    def read(group: Any) -> Iterator[Entry]:
        region = group.roi
        if region is None or region.value_type.value != "SCOORD":
            raise ValueError("its region is not drawn on an image")
        finding = group.finding_type
        label = finding.meaning if finding is not None else group.tracking_identifier
        if not label:
            raise ValueError("it has no finding")
        (selected,) = region.ContentSequence
        image = str(selected.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        mark = _graphic(region.graphic_type.value, region.value)
        yield Found(image, Annotation(label, "DICOM SR", mark))

    return each(((f"group {n}", g) for n, g in enumerate(groups, 1)), read)


SR = Format(
    "dicom-sr",
    "DICOM structured report (SR) with regions",
    "DICOM PS3.16 TID 1410",
    "https://dicom.nema.org/medical/dicom/current/output/chtml/part16/chapter_A.html",
    (".dcm",),
    lambda given: tag(given.path, "SOPClassUID") in REPORTS,
    _regions,
)
