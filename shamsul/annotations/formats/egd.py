"""EGD-CXR: where a radiologist looked while reading MIMIC-CXR images.

References
----------
.. [1] Karargyris A, et al. Creation and validation of a chest X-ray dataset with eye-tracking and
   report dictation for AI development. Sci Data. 2021;8:92. doi:10.1038/s41597-021-00863-5
.. [2] https://github.com/cxr-eye-gaze/eye-gaze-dataset
"""

from collections.abc import Iterator

import numpy as np

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Found
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.marks import Gaze
from shamsul.findings.labels import GAZE
from shamsul.storage.text import Row

_VALID = "FPOGV"
_COLUMNS = ("X_ORIGINAL", "Y_ORIGINAL", "FPOGD")
#: In pixels of the original image; the authors' default for their heatmaps.
_SIGMA = 150.0


def _entries(given: Given) -> Iterator[Entry]:
    """The fixations; those that the eye tracker marked as not valid are left out."""

    def read(row: Row) -> Iterator[Entry]:
        valid = row.number(_VALID) if _VALID in row else 1
        if valid not in (0, 1):
            raise ValueError(f"{_VALID} is {row[_VALID]!r}, not 0 or 1")
        if not valid:
            return
        column, line, seconds = (row.number(name) for name in _COLUMNS)
        mark = Gaze(np.array([[line, column, seconds]]), _SIGMA)
        yield Found(row["DICOM_ID"], Annotation(GAZE, "EGD-CXR", mark))

    return given.each_row(read)


EGD = Format(
    "egd-cxr",
    "EGD-CXR gaze (fixations.csv)",
    "Karargyris 2021, doi:10.1038/s41597-021-00863-5",
    "https://physionet.org/content/egd-cxr/",
    (".csv",),
    lambda given: {"DICOM_ID", *_COLUMNS} <= given.columns,
    _entries,
)
