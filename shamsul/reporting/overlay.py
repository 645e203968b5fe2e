"""A heatmap over its radiograph as a picture, the way the viewer shows it by default."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from shamsul.explainers.heatmap import Heatmap
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reporting.colormaps import SEQUENTIAL, display_scale, table

#: Longest side of the picture in pixels.
LONGEST = 1024


def overlay(radiograph: Radiograph, heatmap: Heatmap, *, opacity: float = 0.6) -> NDArray[np.uint8]:
    """Draw the positive part of a map over its radiograph.

    Parameters
    ----------
    radiograph : Radiograph
        The one that the map is of.
    heatmap : Heatmap
    opacity : float
        Of the highest relevance, in [0, 1]; a map fades to nothing with its relevance.

    Returns
    -------
    ndarray of shape (H', W', 3), uint8
        At most `LONGEST` pixels high and wide, in the film's own proportions.
    """
    rows, columns = radiograph.shape
    # In the smaller side of a pixel, so that nothing is lost where pixels are not square.
    height, width = (
        rows * max(1, radiograph.pixel_aspect),
        columns / min(1, radiograph.pixel_aspect),
    )
    reduction = max(1.0, max(height, width) / LONGEST)
    shape = max(1, round(height / reduction)), max(1, round(width / reduction))
    blur = [max(0.0, (rows / shape[0] - 1) / 2), max(0.0, (columns / shape[1] - 1) / 2)]
    # Pixel centres of the picture, in image coordinates and then on the model's grid.
    down = (np.arange(shape[0]) + 0.5) * rows / shape[0]
    across = (np.arange(shape[1]) + 0.5) * columns / shape[1]
    points = np.stack(np.meshgrid(down, across, indexing="ij"), -1).reshape(-1, 2)
    grid = heatmap.geometry.to_grid(points).T
    brightness = ndimage.map_coordinates(
        ndimage.gaussian_filter(radiograph.pixels, blur), (points - 0.5).T, order=1, mode="nearest"
    )
    # Beyond the grid nothing is known; its last half pixel still belongs to it.
    height, width = heatmap.geometry.grid_shape
    inside = (np.abs(grid[0] - (height - 1) / 2) <= height / 2) & (
        np.abs(grid[1] - (width - 1) / 2) <= width / 2
    )
    relevance = ndimage.map_coordinates(heatmap.values, grid, order=1, mode="nearest") * inside
    scale, _ = display_scale(heatmap.values)
    level = np.clip(relevance / scale if scale > 0 else relevance * 0, 0, 1)
    alpha = opacity * level[:, None]
    colours = table(SEQUENTIAL[0])[np.rint(level * 255).astype(int)] / 255
    picture = (1 - alpha) * np.clip(brightness, 0, 1)[:, None] + alpha * colours
    return np.asarray(np.rint(picture * 255), dtype=np.uint8).reshape(*shape, 3)
