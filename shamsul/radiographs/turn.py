"""How the pixels of a file are turned so that a frontal film shows the patient upright."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind = TypeVar("Kind", bound=np.generic)

_FRONTAL = ("PA", "AP", "")
_OPPOSITE = dict(zip("LRAPHF", "RLPAFH", strict=True))
_AXIS = dict(zip("LRAPHF", "xxyyzz", strict=True))


def opposite(direction: str) -> str:
    """Where the other way leads.

    Examples
    --------
    >>> opposite("LA")
    'RP'
    """
    return "".join(_OPPOSITE[letter] for letter in direction)


class Turn(NamedTuple):
    """Rows and columns swapped or not, and then the order of either reversed or not.

    Attributes
    ----------
    swapped : bool
        Rows become columns.
    rows_reversed : bool
        Upside down, afterwards.
    columns_reversed : bool
        Mirrored, afterwards.

    Examples
    --------
    >>> turn = Turn.upright(["R", "F"], "PA")
    >>> turn.pixels(np.array([[1, 2], [3, 4]])).tolist(), turn.words
    ([[2, 1], [4, 3]], 'mirrored')
    """

    swapped: bool = False
    rows_reversed: bool = False
    columns_reversed: bool = False

    @classmethod
    def upright(cls, directions: Sequence[str], view: str) -> "Turn":
        """What brings rows to the patient's left and columns to the feet.

        Parameters
        ----------
        directions : sequence of str
            Patient Orientation (PS3.3 C.7.6.1.1.1): where rows and where columns lead. Of an
            oblique direction, such as "LA", the first letter is the principal one.
        view : str
            "PA", "AP", another one, or "" where unknown.

        Returns
        -------
        Turn
            None at all for a lateral film, and where the directions are not those of a frontal one.
        """
        letters = [one[:1] for one in directions]
        sides = set(letters)
        frontal = len(letters) == 2 and len(sides & set("LR")) == len(sides & set("HF")) == 1
        if view not in _FRONTAL or not frontal:
            return cls()
        return cls(letters[0] in "HF", "H" in sides, "R" in sides)

    @property
    def words(self) -> str:
        """How the file has it, "" where upright."""
        if self.swapped:
            on_its_side = self.rows_reversed != self.columns_reversed
            return "on its side" if on_its_side else "on its side and mirrored"
        both = self.rows_reversed and self.columns_reversed
        if both or not self.rows_reversed:
            return "upside down" if both else "mirrored" if self.columns_reversed else ""
        return "upside down and mirrored"

    @property
    def inverse(self) -> "Turn":
        """From upright pixels back to those of the file."""
        if not self.swapped:
            return self
        return Turn(True, self.columns_reversed, self.rows_reversed)

    def shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of what has these rows and columns before."""
        return (shape[1], shape[0]) if self.swapped else shape

    def pixels(self, pixels: NDArray[Kind]) -> NDArray[Kind]:
        """An array of shape (H, W), turned."""
        turned = pixels.T if self.swapped else pixels
        return np.ascontiguousarray(
            turned[:: -1 if self.rows_reversed else 1, :: -1 if self.columns_reversed else 1]
        )

    def directions(self, directions: Sequence[str]) -> tuple[str, str]:
        """Where rows and columns lead, turned.

        Parameters
        ----------
        directions : sequence of str
            Patient Orientation of the file's pixels (PS3.3 C.7.6.1.1.1), in capitals.

        Returns
        -------
        (str, str)
            Of L, R, A, P, H and F, several where oblique, the principal one first; "" and "" where
            it is none of a radiograph.

        Examples
        --------
        >>> Turn(columns_reversed=True).directions(["R", "F"])
        ('L', 'F')
        """
        axes = [{_AXIS.get(letter, "") for letter in one} for one in directions]
        if len(axes) != 2 or not all(axes) or "" in axes[0] | axes[1] or axes[0] & axes[1]:
            return "", ""
        rows, columns = directions[::-1] if self.swapped else directions
        return (
            opposite(rows) if self.columns_reversed else rows,
            opposite(columns) if self.rows_reversed else columns,
        )

    def places(self, places: ArrayLike, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Image coordinates, turned.

        Parameters
        ----------
        places : array_like of shape (n, 2)
            Rows and columns; (0, 0) is the top-left corner of the first pixel.
        shape : (int, int)
            Rows and columns of the image before.

        Returns
        -------
        ndarray of shape (n, 2), float64
        """
        turned = np.array(places, float).reshape(-1, 2)
        if self.swapped:
            turned = turned[:, ::-1].copy()
        rows, columns = self.shape(shape)
        if self.rows_reversed:
            turned[:, 0] = rows - turned[:, 0]
        if self.columns_reversed:
            turned[:, 1] = columns - turned[:, 1]
        return turned

    @classmethod
    def from_json(cls, stored: Any) -> "Turn":
        """The turn that :meth:`to_json` gave, after its way through JSON.

        Raises
        ------
        TypeError
            If it gave no such thing.
        """
        turn = cls(**stored)
        if not all(isinstance(one, bool) for one in turn):
            raise TypeError("a turn is told by true and false")
        return turn

    def to_json(self) -> dict[str, bool]:
        """All attributes, for JSON."""
        return self._asdict()


#: Nothing is turned.
AS_STORED = Turn()
