"""Small pictures of radiographs, made once and kept on the disk."""

import io
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from shamsul.radiographs.pseudonym import is_sha256
from shamsul.radiographs.radiograph import Radiograph
from shamsul.storage.atomic import write_atomically

#: Longest side, in pixels.
LONGEST_SIDE: Final = 96


class Thumbnails:
    """Small pictures in a directory, ``SHA256.jpg`` each; they can be made again any time.

    Parameters
    ----------
    directory : Path
        Made when the first is put.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __contains__(self, sha256: str) -> bool:
        return self._path(sha256).exists()

    def get(self, sha256: str) -> bytes | None:
        """The JPEG file of a radiograph; None where there is none."""
        try:
            return self._path(sha256).read_bytes()
        except OSError:
            return None

    def put(self, radiograph: Radiograph) -> None:
        """Keep a small picture, as the radiograph is shown at first.

        Raises
        ------
        OSError
            If the disk is full or read-only.
        """
        (rows, columns), aspect = radiograph.shape, radiograph.pixel_aspect
        scale = min(1.0, LONGEST_SIDE / max(rows * aspect, columns))
        size = max(1, round(columns * scale)), max(1, round(rows * aspect * scale))
        picture = Image.fromarray(np.rint(radiograph.pixels * 255).astype(np.uint8))
        file = io.BytesIO()
        picture.resize(size, Image.Resampling.BOX).save(file, "JPEG", quality=80)
        self._directory.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path(radiograph.sha256), file.getvalue())

    def delete(self, sha256: str) -> None:
        """Forget a picture; nothing happens if there is none."""
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        if not is_sha256(sha256):
            raise ValueError("a SHA-256 has 64 lower-case hexadecimal digits")
        return self._directory / f"{sha256}.jpg"
