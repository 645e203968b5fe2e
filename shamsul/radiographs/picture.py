"""PNG and JPEG: pictures of radiographs."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from shamsul.radiographs import refusal
from shamsul.radiographs.codec import check_scans
from shamsul.radiographs.radiograph import Radiograph, RadiographError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff"

# How Pillow unpacks PNG samples of 16 bits, and how they come whole: the upper bytes, and the
# lower ones as the upper of the other byte order; or all four of gray and alpha as one pixel's.
_DEEP: dict[object, tuple[str, ...]] = {
    "RGB;16B": ("RGB;16B", "RGB;16L"),
    "RGBA;16B": ("RGBA;16B", "RGBA;16L"),
    "LA;16B": ("RGBA",),
}
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def read_picture(
    data: bytes, sha256: str, on_size: Callable[[int], None] = lambda pixels: None
) -> Radiograph:
    """Radiograph of a PNG or JPEG file.

    Parameters
    ----------
    data : bytes
        The file.
    sha256 : str
        Its hash, carried along.
    on_size : callable
        Told the number of pixels before they are decoded.

    Raises
    ------
    RadiographError
        Too many pixels or scans, or an animation.
    Exception
        Whatever Pillow raises for a damaged file; :func:`~shamsul.radiographs.read_radiograph`
        turns it into a sentence.

    Notes
    -----
    Colours become luma (ITU-R BT.601), transparent pixels black. The Exif orientation is
    applied. An 8-bit picture is shown as it is; a 16-bit one with the full range of the bits
    that it uses as its window, since many archives keep 12-bit radiographs in 16-bit PNG (whose
    samples have 16 bits in colour, too: PNG 11.2.1). CMYK is inverted where Adobe wrote it, and
    only there (libjpeg.txt, "Special color spaces").
    """
    try:
        image = Image.open(BytesIO(data), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError:
        raise RadiographError(refusal.TOO_MANY_PIXELS) from None
    if image.width * image.height > refusal.MAX_PIXELS:
        raise RadiographError(refusal.TOO_MANY_PIXELS)
    if image.format == "JPEG":
        check_scans(data, image.width * image.height)
    on_size(image.width * image.height)
    # A photograph with previews behind it (MPO) is read as its first picture.
    if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise RadiographError(refusal.SEVERAL)
    if image.mode == "CMYK" and "adobe" not in image.info:
        image = _unpacked(image, ("CMYK", ""))
    values = _deep_gray(data, image) if image.tile[0][3] in _DEEP else _gray(image)
    # Bits in use: 8, or up to 16 (mode I;16).
    bits = 8 if values.dtype == np.uint8 else max(8, int(values.max()).bit_length())
    return Radiograph(values.astype(np.float32), (0.0, float(2**bits - 1)), None, "", sha256)


def _gray(image: Image.Image) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Upright gray levels, shape (H, W)."""
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        deep = np.asarray(upright).astype(np.uint16)
        deep[deep == upright.info.get("transparency")] = 0
        return deep
    if upright.has_transparency_data and upright.mode != "L":
        ground = Image.new("RGBA", upright.size, "black")
        upright = Image.alpha_composite(ground, upright.convert("RGBA"))
    if upright.mode not in ("1", "L"):
        upright = upright.convert("RGB")
    return np.asarray(upright.convert("L"))


def _deep_gray(data: bytes, image: ImageFile.ImageFile) -> NDArray[np.uint16]:
    """The same of colours or transparency of 16 bits, of which Pillow keeps the upper 8."""
    planes = []
    for raw in _DEEP[image.tile[0][3]]:
        plane = _unpacked(Image.open(BytesIO(data), formats=("PNG",)), raw)
        plane.load()
        planes.append(np.asarray(ImageOps.exif_transpose(plane)).astype(np.uint16))
    if len(planes) == 1:
        planes = [planes[0][..., ::2], planes[0][..., 1::2]]
    samples = planes[0] << 8 | planes[1]
    *colours, alpha = np.moveaxis(samples, -1, 0)
    if len(colours) == 2:
        colours, alpha = [*colours, alpha], np.full_like(alpha, 0xFFFF)
        clear = image.info.get("transparency")
        if clear is not None:
            alpha[(samples == np.array(clear)).all(axis=-1)] = 0
    shares = _LUMA if len(colours) == 3 else (1.0,)
    luma = np.zeros(alpha.shape, dtype=np.float32)
    for share, colour in zip(shares, colours, strict=True):
        luma += np.float32(share) * colour
    luma *= alpha.astype(np.float32) / np.float32(0xFFFF)
    return np.rint(luma).astype(np.uint16)


def _unpacked(image: ImageFile.ImageFile, raw: str | tuple[str, str]) -> ImageFile.ImageFile:
    """The image, its samples to be taken from the file in another way (Pillow's raw mode)."""
    image.tile = [tile._replace(args=raw) for tile in image.tile]
    return image
