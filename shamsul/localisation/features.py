"""What a finding looks like: how large, in how many parts, of what shape.

References
----------
.. [1] Saporta et al. 2022, Benchmarking saliency methods for chest X-ray interpretation,
   doi 10.1038/s42256-022-00536-x, Methods; compute_pathology_features.py of
   https://github.com/rajpurkarlab/cheXlocalize
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

NAN = float("nan")


@dataclass(frozen=True)
class Features:
    """Of a mask, as CheXlocalize has them [1]_.

    Attributes
    ----------
    area_share : float
        Of the image, in [0, 1].
    regions : int
        Parts; pixels that touch at a corner are connected.
    elongation : float
        Long side by short side, 1 or more, of the rectangle of least area, turned in any way,
        around the longest outline.
    rectangularity : float
        What the longest outline encloses as share of that rectangle, in [0, 1].

    Notes
    -----
    Outlines run through the centres of a part's outermost pixels. One that encloses nothing, as of
    a line one pixel wide, has neither elongation nor rectangularity: they are NaN, as are those of
    an empty mask. The scripts divide by zero there, count holes as parts, and take the number of
    parts from what was drawn, where overlapping parts are several.
    """

    area_share: float
    regions: int
    elongation: float
    rectangularity: float

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> "Features":
        """Measure a mask of shape (H, W)."""
        outlines = _outlines(mask)
        share = float(np.count_nonzero(mask) / mask.size)
        longest = max(outlines, key=len, default=None)
        enclosed = 0.0 if longest is None else cv2.contourArea(longest)
        if longest is None or not enclosed:
            return cls(share, len(outlines), NAN, NAN)
        sides = cv2.minAreaRect(longest)[1]
        # OpenCV's sides are rounded to single precision.
        filled = min(1.0, enclosed / (sides[0] * sides[1]))
        return cls(share, len(outlines), max(sides) / min(sides), filled)


def _outlines(mask: NDArray[np.bool_]) -> list[NDArray[Any]]:
    """Each part's outer one, with every pixel on it, columns before rows."""
    pixels = mask.astype(np.uint8, copy=False)
    left, top, width, height = cv2.boundingRect(pixels)
    if not width:
        return []
    # Most of a radiograph is no finding; only the shape matters, not the place.
    found, hierarchy = cv2.findContours(
        pixels[top : top + height, left : left + width], cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
    )
    # On two levels a hole has a parent, a part in it has none.
    return [
        outline for outline, (*_, parent) in zip(found, hierarchy[0], strict=True) if parent < 0
    ]
