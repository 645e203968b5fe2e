"""From a radiograph of any shape to the model's square grid, with the exact way back."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from shamsul.classifiers.manifest import Manifest, Resize
from shamsul.radiographs.geometry import Geometry
from shamsul.radiographs.radiograph import Radiograph


@dataclass(frozen=True, eq=False)
class GridImage:
    """A radiograph on a model's grid, before normalisation.

    Attributes
    ----------
    values : ndarray of shape (h, w), float32, in [0, 1]
        Displayed brightness.
    geometry : Geometry
        Where each grid pixel lies on the radiograph.
    """

    values: NDArray[np.float32]
    geometry: Geometry

    def __post_init__(self) -> None:
        if self.values.shape != self.geometry.grid_shape or self.values.dtype != np.float32:
            raise ValueError("values must be float32 and have the geometry's grid shape")
        self.values.setflags(write=False)


def resample(
    pixels: NDArray[np.float32], size: int, resize: Resize, pixel_aspect: float = 1.0
) -> GridImage:
    """Bring displayed brightness onto a square grid.

    Bilinear with anti-aliasing: each grid pixel is the mean of the pixels around its centre,
    weighted by a triangle as wide as the reduction. Squares are cut and padded by whole pixels
    before resampling, so that the geometry is exact. They are squares of the film: of more columns
    than rows where pixels are higher than wide.

    Parameters
    ----------
    pixels : ndarray of shape (H, W), float32, in [0, 1]
    size : int
        Rows and columns of the grid.
    resize : Resize
    pixel_aspect : float
        Height of a pixel divided by its width.

    Examples
    --------
    >>> grid = resample(np.zeros((100, 60), np.float32), 10, Resize.LETTERBOX)
    >>> grid.geometry.to_image([[-0.5, -0.5]]).tolist()
    [[0.0, -20.0]]
    """
    rows, columns = pixels.shape
    top, left, height, width = _window(rows, columns, resize, pixel_aspect)
    # A copy: torch warns about arrays that are not writable, as a radiograph's are.
    region = np.array(pixels, dtype=np.float32)
    if resize is Resize.CENTRE_CROP:
        region = np.ascontiguousarray(region[top : top + height, left : left + width])
    elif resize is Resize.LETTERBOX:
        region = np.pad(region, ((-top, height - rows + top), (-left, width - columns + left)))
    grid = torch.nn.functional.interpolate(
        torch.from_numpy(region)[None, None],
        (size, size),
        mode="bilinear",
        align_corners=False,
        antialias=True,
    )
    geometry = Geometry.window(
        (rows, columns), (size, size), top=top, left=left, height=height, width=width
    )
    return GridImage(grid[0, 0].clamp_(0, 1).numpy(), geometry)


def _window(
    rows: int, columns: int, resize: Resize, pixel_aspect: float
) -> tuple[int, int, int, int]:
    """Top, left, height and width in pixels of what becomes the grid."""
    if resize is Resize.CENTRE_CROP:
        height = min(rows, max(1, round(columns / pixel_aspect)))
        width = min(columns, max(1, round(rows * pixel_aspect)))
        return (rows - height) // 2, (columns - width) // 2, height, width
    if resize is Resize.LETTERBOX:
        height = max(rows, round(columns / pixel_aspect))
        width = max(columns, round(rows * pixel_aspect))
        return -((height - rows) // 2), -((width - columns) // 2), height, width
    return 0, 0, rows, columns


def geometry_of(radiograph: Radiograph, manifest: Manifest) -> Geometry:
    """Where the grid lies that :func:`prepare` brings a radiograph onto; nothing is resampled."""
    rows, columns = radiograph.shape
    top, left, height, width = _window(rows, columns, manifest.resize, radiograph.pixel_aspect)
    size = (manifest.input_size, manifest.input_size)
    return Geometry.window((rows, columns), size, top=top, left=left, height=height, width=width)


def prepare(radiograph: Radiograph, manifest: Manifest) -> GridImage:
    """Bring a radiograph onto the grid of a model, whose weights need not be loaded for it."""
    return resample(
        radiograph.pixels, manifest.input_size, manifest.resize, radiograph.pixel_aspect
    )
