"""Pictures of masks: a folder of PNG files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Found, each
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.findings.labels import BUILT_IN

_SURE = "--"
#: Most of a mask that may be neither of its two commonest shades.
_SHADES = 0.25


def read_mask(path: Path) -> NDArray[np.bool_]:
    """A mask as it is in an image file.

    Returns
    -------
    ndarray of shape (H, W), bool
        True where the file is at least half bright.

    Raises
    ------
    OSError
        If it is no image.
    ValueError
        If it is no mask: in colours or shades as a radiograph is, or see-through in part; one
        sentence without a full stop.
    """
    try:
        opened = Image.open(path)
    except Image.DecompressionBombError:
        raise ValueError("it has more pixels than a mask can have") from None
    with opened as image:
        if image.mode == "1":
            return np.asarray(image, bool)
        if image.mode[0] == "I":  # 16 bits, of which a mask may use 8
            gray = np.asarray(image)
            gray = gray if gray.max() < 256 else gray // 257
        else:
            gray = _gray(np.asarray(image.convert("RGBA")))
    # Edges of a mask may be smoothed; a radiograph is shades all over.
    counts = np.bincount(gray.ravel(), minlength=2)
    if np.sort(counts)[:-2].sum() > _SHADES * gray.size:
        raise ValueError("it has shades as a radiograph has, but a mask is black and white")
    region: NDArray[np.bool_] = gray >= 128
    return region


def _gray(colours: NDArray[Any]) -> NDArray[Any]:
    """The brightness of a picture of shape (H, W, 4) that has no colours and is not see-through."""
    red, green, blue, opacity = (colours[..., channel] for channel in range(4))
    if (opacity < 255).any():
        raise ValueError("it is transparent in part, so that it cannot be told what is marked")
    if (red != green).any() or (red != blue).any():
        raise ValueError("it has colours, but a mask is black and white")
    return red


def image_and_label(path: Path, folder: Path) -> tuple[str, str]:
    """Which image and label a file of a folder of masks is for.

    ``LABEL/IMAGE.png``, ``IMAGE--LABEL.png`` or ``IMAGE_LABEL.png``. With one underscore the label
    is the longest ending that is a known label, else what follows the last underscore. In the
    label itself an underscore stands for a space.

    Raises
    ------
    ValueError
        If its name has no label.

    Examples
    --------
    >>> image_and_label(Path("m/a_1_Pleural_Effusion.png"), Path("m"))
    ('a_1', 'Pleural Effusion')
    >>> image_and_label(Path("m/Hernia/a_1.png"), Path("m"))
    ('a_1', 'Hernia')
    """
    if path.parent != folder:
        return path.stem, path.parent.name.replace("_", " ")
    image, sure, label = path.stem.rpartition(_SURE)
    if not sure:
        parts = path.stem.split("_")
        splits = [("_".join(parts[:n]), "_".join(parts[n:])) for n in range(1, len(parts))]
        if not splits:
            raise ValueError("its name has no label, as IMAGE_LABEL.png or LABEL/IMAGE.png have")
        known = [split for split in splits if BUILT_IN.knows(split[1])]
        image, label = (known or splits[-1:])[0]
    return image, label.replace("_", " ")


def _files(folder: Path) -> list[Path]:
    """The masks; where names with two hyphens are, the others are images."""
    flat = sorted(folder.glob("*.png"))
    sure = [path for path in flat if _SURE in path.stem]
    return sure or flat or sorted(folder.glob("*/*.png"))


def _entries(given: Given) -> Iterator[Entry]:
    def read(path: Path) -> Iterator[Entry]:
        image, label = image_and_label(path, given.path)
        try:
            region = read_mask(path)
        except OSError:
            raise ValueError("it is no image that can be read") from None
        if not region.any():
            raise ValueError("nothing in it is at least half bright, as a finding is")
        yield Found(image, Annotation.of_region(label, "masks", region), region.shape)

    files = _files(given.path)
    return each(((path.relative_to(given.path).as_posix(), path) for path in files), read)


def _fits(given: Given) -> bool:
    """A folder of pictures that are named as masks, or that has no other annotations."""
    if not given.path.is_dir():
        return False
    files = _files(given.path)
    if any(_SURE in path.stem for path in files):
        return True
    others = [path for path in given.path.rglob("*") if path.suffix.lower() in (".json", ".csv")]
    return bool(files) and not others


MASKS = Format(
    "masks",
    "a folder of mask pictures (PNG)",
    "LABEL/IMAGE.png, IMAGE--LABEL.png or IMAGE_LABEL.png, white where the finding is",
    "https://www.w3.org/TR/png-3/",
    (),
    _fits,
    _entries,
)
