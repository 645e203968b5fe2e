"""Where a pixel of the model's grid lies on the radiograph.

Two coordinate spaces, rows before columns:

- *pixel index*: (0, 0) is the centre of the first pixel;
- *image coordinate*: (0, 0) is the top-left corner of the first pixel, so that a pixel index
  (i, j) of the radiograph itself has image coordinate (i + 0.5, j + 0.5).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Geometry:
    """Affine map from the model grid's pixel index to the radiograph's image coordinate.

    Attributes
    ----------
    grid_to_image : tuple of 2 rows of 3 floats
        ``[row, column]_image = A @ [row, column, 1]_grid``.
    grid_shape : (int, int)
        Rows and columns of the model's grid.
    image_shape : (int, int)
        Rows and columns of the radiograph.
    """

    grid_to_image: tuple[tuple[float, float, float], tuple[float, float, float]]
    grid_shape: tuple[int, int]
    image_shape: tuple[int, int]

    def __post_init__(self) -> None:
        matrix = np.asarray(self.grid_to_image, dtype=float)
        if matrix.shape != (2, 3) or not np.isfinite(matrix).all():
            raise ValueError("grid_to_image must be a finite 2x3 matrix")
        if abs(np.linalg.det(matrix[:, :2])) < 1e-12:
            raise ValueError("grid_to_image cannot be inverted")
        if min(*self.grid_shape, *self.image_shape) < 1:
            raise ValueError("grid and image need at least one row and one column")

    @classmethod
    def window(
        cls,
        image_shape: tuple[int, int],
        grid_shape: tuple[int, int],
        *,
        top: float,
        left: float,
        height: float,
        width: float,
    ) -> "Geometry":
        """Grid that samples a rectangle of the radiograph.

        Parameters
        ----------
        image_shape, grid_shape : (int, int)
            Rows and columns.
        top, left, height, width : float
            The sampled rectangle in image coordinates; it may reach beyond the image (padding).

        Examples
        --------
        >>> g = Geometry.window((100, 50), (10, 10), top=0, left=0, height=100, width=50)
        >>> g.to_image([[0, 0]]).tolist()
        [[5.0, 2.5]]
        """
        down, across = height / grid_shape[0], width / grid_shape[1]
        matrix = ((down, 0.0, top + down / 2), (0.0, across, left + across / 2))
        return cls(matrix, grid_shape, image_shape)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Geometry":
        """The geometry that :meth:`to_json` gave, after its way through JSON."""
        return cls(
            tuple(map(tuple, stored["grid_to_image"])),  # type: ignore[arg-type]
            tuple(stored["grid_shape"]),
            tuple(stored["image_shape"]),
        )

    def to_json(self) -> dict[str, Any]:
        """All attributes, for JSON."""
        return asdict(self)

    def to_image(self, points: ArrayLike) -> NDArray[np.float64]:
        """Image coordinates of grid pixel indices, both of shape (n, 2)."""
        matrix = np.asarray(self.grid_to_image)
        image: NDArray[np.float64] = np.asarray(points, dtype=float) @ matrix[:, :2].T
        image += matrix[:, 2]
        return image

    def to_grid(self, points: ArrayLike) -> NDArray[np.float64]:
        """Grid pixel indices (fractional) of image coordinates, both of shape (n, 2)."""
        matrix = np.asarray(self.grid_to_image)
        shifted = np.asarray(points, dtype=float) - matrix[:, 2]
        grid: NDArray[np.float64] = np.linalg.solve(matrix[:, :2], shifted.T)
        return grid.T
