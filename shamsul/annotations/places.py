"""Tables of image coordinates, checked."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: In pixels. What is drawn farther off is a damaged file, and would overflow where it is drawn.
FARTHEST: Final = 1_000_000


def table(given: ArrayLike, width: int) -> NDArray[np.float64]:
    """Numbers as a read-only table of some columns.

    Raises
    ------
    ValueError
        If one is not finite or beyond `FARTHEST`; one sentence without a full stop.
    """
    numbers = np.array(given, float).reshape(-1, width)
    if not np.isfinite(numbers).all():
        raise ValueError("a coordinate is not a finite number")
    if (np.abs(numbers) > FARTHEST).any():
        raise ValueError(f"a coordinate is larger than {FARTHEST}")
    numbers.setflags(write=False)
    return numbers


def within(places: NDArray[np.float64], shape: tuple[int, int]) -> bool:
    """Whether rows and columns, of shape (n, 2), are all on an image or at its edge."""
    return bool(((places >= 0) & (places <= shape)).all())
