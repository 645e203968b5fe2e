"""PadChest-GR: boxes of the sentences of grounded reports.

References
----------
.. [1] Castro DC, et al. PadChest-GR: a bilingual chest X-ray dataset for grounded radiology report
   generation. NEJM AI. 2025. arXiv:2411.05085
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Found, each
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.values import name, names, numbers
from shamsul.annotations.marks import Boxes


def _fits(given: Given) -> bool:
    studies = given.json
    return (
        isinstance(studies, list)
        and bool(studies)
        and isinstance(studies[0], dict)
        and {"ImageID", "findings"} <= studies[0].keys()
    )


def _entries(given: Given) -> Iterator[Entry]:
    """Boxes of the sentences that state a finding, in shares of width and height.

    Two readers drew boxes independently of each other, the second not for every sentence.
    """

    def read(item: tuple[str, str, str, Any]) -> Iterator[Entry]:
        image, label, reader, box = item
        ((left, top, right, bottom),) = numbers([box], 4)
        mark = Boxes(np.array([[top, left, bottom, right]]))
        yield Found(image, Annotation(label, "PadChest-GR", mark, reader), relative=True)

    def findings(study: Any) -> Iterator[Entry]:
        image = name(study["ImageID"], "image")
        boxes = (
            (f"{image}, {label}, reader {reader}", (image, label, reader, box))
            for finding in study["findings"]
            for reader, key in (("1", "boxes"), ("2", "extra_boxes"))
            for box in finding.get(key) or ()
            for label in names(finding["labels"], "label")
        )
        return each(boxes, read)

    return each(((f"study {n}", study) for n, study in enumerate(given.json, 1)), findings)


PADCHEST_GR = Format(
    "padchest-gr",
    "PadChest-GR grounded reports",
    "Castro 2025, arXiv:2411.05085",
    "https://bimcv.cipf.es/bimcv-projects/padchest-gr/",
    (".json",),
    _fits,
    _entries,
)
