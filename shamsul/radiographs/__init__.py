"""Bytes of a file to a :class:`Radiograph`, without anything that identifies a patient."""

# Pillow goes first. pydicom imports GDCM, which brings a zlib of its own under the usual names:
# loaded before the system's zlib, it takes over calls within that one, and the next to write a
# PNG corrupts memory (python-gdcm 3.2.6 on Linux). Pillow loads the system's.
from PIL import Image as _  # noqa: F401

from shamsul.radiographs.archive import ArchiveError, RadiographArchive
from shamsul.radiographs.file import read_radiograph
from shamsul.radiographs.geometry import Geometry
from shamsul.radiographs.pseudonym import pseudonym
from shamsul.radiographs.radiograph import Radiograph, RadiographError

__all__ = [
    "ArchiveError",
    "Geometry",
    "Radiograph",
    "RadiographArchive",
    "RadiographError",
    "pseudonym",
    "read_radiograph",
]
