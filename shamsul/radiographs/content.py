"""Bytes of a file to a radiograph or a DICOMDIR, or the sentence with which it is refused."""

import hashlib
from collections.abc import Callable

from shamsul.radiographs import refusal
from shamsul.radiographs.dicom import is_dicom, read_dicom
from shamsul.radiographs.directory import Directory, is_directory, read_directory
from shamsul.radiographs.picture import JPEG_SIGNATURE, PNG_SIGNATURE, read_picture
from shamsul.radiographs.radiograph import Radiograph, RadiographError


def read_content(
    data: bytes, on_size: Callable[[int], None] = lambda pixels: None
) -> Radiograph | Directory | str:
    """Read a DICOM, PNG or JPEG file in this process, which a damaged one can end.

    Parameters
    ----------
    data : bytes
        The file.
    on_size : callable
        Told the number of pixels as soon as it is known, before they are decoded.
    """
    try:
        if data.startswith((PNG_SIGNATURE, JPEG_SIGNATURE)):
            return read_picture(data, hashlib.sha256(data).hexdigest(), on_size)
        if is_directory(data):
            return read_directory(data)
        if is_dicom(data):
            return read_dicom(data, hashlib.sha256(data).hexdigest(), on_size)
    except RadiographError as error:
        return str(error)
    except (MemoryError, RecursionError):
        return refusal.TOO_DEMANDING
    except Exception:
        # A damaged file makes three decoding libraries raise nearly anything.
        return refusal.DAMAGED
    return refusal.NOT_AN_IMAGE
