"""PNG and JPEG: pictures of radiographs."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from shamsul.radiographs import refusal
from shamsul.radiographs.radiograph import Radiograph, RadiographError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff"


def read_picture(data: bytes, sha256: str) -> Radiograph:
    """Radiograph of a PNG or JPEG file.

    Parameters
    ----------
    data : bytes
        The file.
    sha256 : str
        Its hash, carried along.

    Raises
    ------
    RadiographError
        Too many pixels, or an animation.
    Exception
        Whatever Pillow raises for a damaged file; :func:`~shamsul.radiographs.read_radiograph`
        turns it into a sentence.

    Notes
    -----
    Colours become luma (ITU-R BT.601), transparent pixels black. The Exif orientation is
    applied. An 8-bit picture is shown as it is; a 16-bit one with the full range of the bits
    that it uses as its window, since many archives keep 12-bit radiographs in 16-bit PNG.
    Pillow reads 16-bit colour with 8 bits.
    """
    try:
        image: Image.Image = Image.open(BytesIO(data), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError:
        raise RadiographError(refusal.TOO_MANY_PIXELS) from None
    if image.width * image.height > refusal.MAX_PIXELS:
        raise RadiographError(refusal.TOO_MANY_PIXELS)
    # A photograph with previews behind it (MPO) is read as its first picture.
    if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise RadiographError(refusal.SEVERAL)
    values = _gray(image)
    # Bits in use: 8, or up to 16 (mode I;16).
    bits = 8 if values.dtype == np.uint8 else max(8, int(values.max()).bit_length())
    return Radiograph(values.astype(np.float32), (0.0, float(2**bits - 1)), None, "", sha256)


def _gray(image: Image.Image) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Upright gray levels, shape (H, W)."""
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        return np.asarray(upright).astype(np.uint16)
    if upright.has_transparency_data and upright.mode != "L":
        ground = Image.new("RGBA", upright.size, "black")
        upright = Image.alpha_composite(ground, upright.convert("RGBA"))
    if upright.mode not in ("1", "L"):
        upright = upright.convert("RGB")
    return np.asarray(upright.convert("L"))
