"""A heatmap over its radiograph as a picture, the way the viewer shows it by default."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from shamsul.explainers.heatmap import Heatmap
from shamsul.radiographs.interpolation import sampled
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reporting.colormaps import SEQUENTIAL, display_scale, table

#: Longest side of the picture in pixels.
LONGEST = 1024
#: Of the highest relevance; a map fades to nothing with its relevance.
OPACITY = 0.6


@dataclass(frozen=True, eq=False)
class Canvas:
    """A radiograph as a picture to draw its maps over; what they share is computed once.

    Attributes
    ----------
    brightness : ndarray of shape (H', W'), uint8
        At most `LONGEST` pixels high and wide, in the film's own proportions.
    down, across : ndarray of shape (H',) and (W',)
        Image coordinates of the picture's pixel centres.
    """

    brightness: NDArray[np.uint8]
    down: NDArray[np.float64]
    across: NDArray[np.float64]

    @classmethod
    def of(cls, radiograph: Radiograph) -> "Canvas":
        """The picture of a radiograph."""
        rows, columns = radiograph.shape
        # In the smaller side of a pixel, so that nothing is lost where pixels are not square.
        height, width = (
            rows * max(1, radiograph.pixel_aspect),
            columns / min(1, radiograph.pixel_aspect),
        )
        reduction = max(1.0, max(height, width) / LONGEST)
        shape = max(1, round(height / reduction)), max(1, round(width / reduction))
        blur = [max(0.0, (rows / shape[0] - 1) / 2), max(0.0, (columns / shape[1] - 1) / 2)]
        down = (np.arange(shape[0]) + 0.5) * rows / shape[0]
        across = (np.arange(shape[1]) + 0.5) * columns / shape[1]
        brightness = sampled(
            ndimage.gaussian_filter(radiograph.pixels, blur), down - 0.5, across - 0.5
        )
        return cls(np.rint(np.clip(brightness, 0, 1) * 255).astype(np.uint8), down, across)

    def draw(self, heatmap: Heatmap) -> NDArray[np.uint8]:
        """Draw the positive part of a map over the radiograph.

        Parameters
        ----------
        heatmap : Heatmap
            Of this radiograph, its grid's axes along the radiograph's.

        Returns
        -------
        ndarray of shape (H', W', 3), uint8
            Red, green and blue.
        """
        rows = heatmap.geometry.to_grid(
            np.column_stack([self.down, np.full_like(self.down, self.across[0])])
        )[:, 0]
        columns = heatmap.geometry.to_grid(
            np.column_stack([np.full_like(self.across, self.down[0]), self.across])
        )[:, 1]
        scale, _ = display_scale(heatmap.values)
        level = np.zeros(self.brightness.shape, np.uint16)
        if scale > 0:
            relevance = sampled(heatmap.values, rows, columns)
            level = np.rint(np.clip(relevance / scale, 0, 1) * 255).astype(np.uint16)
        return np.take(_blends(), level << 8 | self.brightness, axis=0)


def overlay(radiograph: Radiograph, heatmap: Heatmap) -> NDArray[np.uint8]:
    """The picture of one map over its radiograph, see :meth:`Canvas.draw`."""
    return Canvas.of(radiograph).draw(heatmap)


def png(picture: NDArray[np.uint8]) -> bytes:
    """A picture of red, green and blue as PNG, written fast rather than small."""
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG]
    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), fast)
    return data.tobytes()


@cache
def _blends() -> NDArray[np.uint8]:
    """Every colour that a picture can have: row 256 * level + brightness, both in [0, 255]."""
    alpha = OPACITY * np.arange(256)[:, None, None] / 255
    brightness = np.arange(256)[None, :, None]
    colours = table(SEQUENTIAL[0])[:, None]
    blends = np.rint((1 - alpha) * brightness + alpha * colours)
    return blends.astype(np.uint8).reshape(-1, 3)
