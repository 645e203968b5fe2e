"""Simulated gaze on phantoms in the files of EGD-CXR [1]_, to try what learns from gaze without it.

Headers are those of release 1.0.0. What a simulation cannot know is empty in ``master_sheet.csv``
and 0 in ``fixations.csv``: pupils, blinks, the video; their flags of validity are 0, too.

.. [1] Karargyris 2021, doi:10.1038/s41597-021-00863-5; code: cxr-eye-gaze/eye-gaze-dataset
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from shamsul.phantom import Phantom
from shamsul.phantom.gaze import Scanpath, look
from shamsul.phantom.gaze.anatomy import boxes
from shamsul.phantom.patient import sample_patient
from shamsul.phantom.streams import Stream, generator
from shamsul.storage.atomic import write_atomically
from shamsul.training.chexpert_layout import PARENTS
from shamsul.training.datasets.chexpert import LABELS

_FIXATIONS = (
    "SESSION_ID,MEDIA_ID,DICOM_ID,CNT,Time (in secs),TIMETICK(f=10000000),FPOGX,FPOGY,FPOGS,FPOGD,"
    "FPOGID,FPOGV,BPOGX,BPOGY,BPOGV,LPCX,LPCY,LPD,LPS,LPV,RPCX,RPCY,RPD,RPS,RPV,BKID,BKDUR,BKPMIN,"
    "LPMM,LPMMV,RPMM,RPMMV,SACCADE_MAG,SACCADE_DIR,VID_FRAME,X_ORIGINAL,Y_ORIGINAL"
)
_PADS = "image_top_pad,image_bottom_pad,image_left_pad,image_right_pad"
_DIAGNOSES = ",".join(f"dx{number},dx{number}_icd" for number in range(1, 10))
_FOUND = (
    "consolidation,enlarged_cardiac_silhouette,linear__patchy_atelectasis,lobar__segmental_collapse,"
    "not_otherwise_specified_opacity___pleural__parenchymal_opacity__,"
    "pleural_effusion_or_thickening,pulmonary_edema__hazy_opacity,normal_anatomically,"
    "elevated_hemidiaphragm,hyperaeration,vascular_redistribution"
)
#: CheXpert's labels, each by its column.
_CHEXPERT = {f"{label.lower().replace(' ', '_')}__chx": label for label in sorted(LABELS)}
_MASTER = (
    f"dicom_id,path,study_id,patient_id,stay_id,gender,anchor_age,{_PADS},{_DIAGNOSES},"
    f"normal_reports,Normal,CHF,pneumonia,{_FOUND},{','.join(_CHEXPERT)},cxr_exam_indication"
)
FIXATIONS: Final = tuple(_FIXATIONS.split(","))
MASTER: Final = tuple(_MASTER.split(","))
BOXES: Final = ("dicom_id", "bbox_name", "x1", "x2", "y1", "y2")
#: Rows and columns of the screen, and the most of the picture's on it.
SCREEN: Final = (1080, 1920)
_PICTURE: Final = 1024
_HERTZ: Final = 60
_TICKS: Final = 10_000_000

_Row = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Reading:
    """What is written of a phantom and those who looked at it.

    Attributes
    ----------
    seed : int
        The phantom's.
    present : frozenset of str
        Its labels.
    shape : tuple of int
        Its rows and columns.
    boxes : mapping of str to tuple of float
        Top, left, bottom and right of its anatomy.
    paths : tuple of Scanpath
        Of reader 1, 2, ...
    """

    seed: int
    present: frozenset[str]
    shape: tuple[int, int]
    boxes: Mapping[str, tuple[float, float, float, float]]
    paths: tuple[Scanpath, ...]

    @property
    def pads(self) -> tuple[int, int, int, int]:
        """Screen above, below, left and right of the picture, in pixels of the screen.

        The longer side is shown with 1024 pixels, as EGD-CXR's was; the pads fill a screen of
        1080 x 1920, by which its authors go back from gaze to picture.
        """
        shown = [int(count * _PICTURE / max(self.shape)) for count in self.shape]
        above, left = ((all_ - own) // 2 for all_, own in zip(SCREEN, shown, strict=True))
        return above, SCREEN[0] - shown[0] - above, left, SCREEN[1] - shown[1] - left


def read(phantom: Phantom, *, readers: int = 1, seed: int = 0) -> Reading:
    """Have readers look at a phantom.

    Parameters
    ----------
    phantom : Phantom
    readers : int
        How many: 1, 2, ... of `shamsul.phantom.gaze.habits_of`.
    seed : int
        Of their looking.
    """
    return Reading(
        phantom.seed,
        frozenset(label for label, there in phantom.labels.items() if there),
        (phantom.pixels.shape[0], phantom.pixels.shape[1]),
        boxes(phantom),
        tuple(look(phantom, seed, reader=reader) for reader in range(1, readers + 1)),
    )


def write_egd(readings: Mapping[str, Reading], directory: Path) -> tuple[Path, ...]:
    """Write ``fixations.csv``, ``master_sheet.csv`` and ``bounding_boxes.csv``.

    Parameters
    ----------
    readings : mapping of str to Reading
        By the file of the picture, whose name without its ending becomes the ``dicom_id``; all of
        the same readers.
    directory : Path
        Made if missing; files of the same names are replaced. Of several readers each gets a
        folder in it, ``reader-1`` and so on: EGD-CXR is of one.

    Returns
    -------
    tuple of Path
        The folders written to.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    readers = max((len(reading.paths) for reading in readings.values()), default=1)
    every = tuple(directory / f"reader-{number}" for number in range(1, readers + 1))
    folders = every if readers > 1 else (directory,)
    for number, folder in enumerate(folders):
        folder.mkdir(parents=True, exist_ok=True)
        tables: tuple[tuple[str, tuple[str, ...], Iterable[_Row], object], ...] = (
            ("fixations.csv", FIXATIONS, _fixations(readings, number), 0),
            ("master_sheet.csv", MASTER, map(_master, readings, readings.values()), ""),
            ("bounding_boxes.csv", BOXES, _boxes(readings), ""),
        )
        for name, columns, rows, otherwise in tables:
            text = io.StringIO()
            writer = csv.DictWriter(text, columns, restval=otherwise)
            writer.writeheader()
            writer.writerows(rows)
            write_atomically(folder / name, text.getvalue().encode())
    return folders


def _fixations(readings: Mapping[str, Reading], reader: int) -> Iterator[_Row]:
    """A row for each fixation; each picture begins at 0 s."""
    for media, (image, reading) in enumerate(readings.items()):
        before = None
        for number, fixation in enumerate(reading.paths[reader].fixations.tolist(), 1):
            *_, start, seconds = fixation
            seen = _on_screen(reading, fixation[:2])
            end = start + seconds
            yield {
                "SESSION_ID": 1,
                "MEDIA_ID": media,
                "DICOM_ID": Path(image).stem,
                "CNT": round(end * _HERTZ),
                "Time (in secs)": f"{end:.5f}",
                "TIMETICK(f=10000000)": round(end * _TICKS),
                "FPOGS": f"{start:.5f}",
                "FPOGD": f"{seconds:.5f}",
                "FPOGID": number,
                "FPOGV": 1,
                "BPOGV": 1,
                **seen,
                **_saccade(before, seen),
            }
            before = seen


def _on_screen(reading: Reading, place: list[float]) -> dict[str, float | int]:
    """Where a fixation is: in shares of the screen, and from these in pixels of the picture."""
    pads = reading.pads
    cells: dict[str, float | int] = {}
    for axis, name in ((1, "X"), (0, "Y")):
        first, last = pads[2 * axis : 2 * axis + 2]
        shown = SCREEN[axis] - first - last
        share = round((first + place[axis] / reading.shape[axis] * shown) / SCREEN[axis], 5)
        cells |= {f"FPOG{name}": share, f"BPOG{name}": share}
        pixels = (share * SCREEN[axis] - first) * reading.shape[axis] / shown
        cells[f"{name}_ORIGINAL"] = int(pixels)
    return cells


def _saccade(before: Mapping[str, float] | None, now: Mapping[str, float]) -> dict[str, str]:
    """From the fixation before: pixels of the screen, and degrees counter-clockwise from right."""
    if before is None:
        return {}
    right = (now["FPOGX"] - before["FPOGX"]) * SCREEN[1]
    up = (before["FPOGY"] - now["FPOGY"]) * SCREEN[0]
    angle = np.degrees(np.arctan2(up, right)) % 360
    return {"SACCADE_MAG": f"{np.hypot(right, up):.5f}", "SACCADE_DIR": f"{angle:.5f}"}


def _master(image: str, reading: Reading) -> _Row:
    """A phantom's row. CHF and pneumonia, which it cannot have, stand for what shows alike."""
    present = reading.present | {
        parent for parent, children in PARENTS.items() if children & reading.present
    }
    patient = sample_patient(generator(reading.seed, Stream.PATIENT))
    decade = int(patient.age) // 10 * 10
    normal, pneumonia = "No Finding" in present, "Consolidation" in present
    failure = not pneumonia and bool(present & {"Cardiomegaly", "Pleural Effusion"})
    found = {
        "Normal": normal,
        "CHF": failure,
        "pneumonia": pneumonia,
        "normal_anatomically": normal,
        "consolidation": "Consolidation" in present,
        "enlarged_cardiac_silhouette": "Cardiomegaly" in present,
        "pleural_effusion_or_thickening": "Pleural Effusion" in present,
    } | {column: label in present for column, label in _CHEXPERT.items()}
    return {
        "dicom_id": Path(image).stem,
        "path": image,
        "study_id": reading.seed,
        "patient_id": reading.seed,
        "gender": "F" if patient.female else "M",
        "anchor_age": "> 80" if decade >= 80 else f"{decade} - {decade + 10}",
        **dict(zip(_PADS.split(","), reading.pads, strict=True)),
        **dict.fromkeys(_FOUND.split(","), 0),
        **{column: int(there) for column, there in found.items()},
        "cxr_exam_indication": "Synthetic radiograph, simulated gaze.",
    }


def _boxes(readings: Mapping[str, Reading]) -> Iterator[_Row]:
    for image, reading in readings.items():
        for name, edges in reading.boxes.items():
            top, left, bottom, right = (round(edge) for edge in edges)
            row = (Path(image).stem, name, left, right, top, bottom)
            yield dict(zip(BOXES, row, strict=True))
