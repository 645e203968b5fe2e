"""DICOMDIR: the list of images on a medium (PS3.3 annex F), which holds none itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

# Media Storage SOP Class UID of a Media Storage Directory (PS3.10 7.1), in explicit little endian.
_STORAGE = b"\x02\x00\x02\x00UI\x14\x001.2.840.10008.1.3.10"
# File meta information comes first and is short.
_META = 1024


@dataclass(frozen=True)
class Directory:
    """What a DICOMDIR says.

    Attributes
    ----------
    files : tuple of str
        Paths of the files that it lists, beside itself, with slashes.
    """

    files: tuple[str, ...]

    def among(self, names: Iterable[str]) -> int:
        """How many of its files are among some names: paths, or names where folders were lost.

        Examples
        --------
        >>> Directory(("A/IM1", "B/IM1", "B/IM2")).among(["cd/A/im1", "IM2"])
        2
        """
        there: set[str] = set()
        flat: set[str] = set()
        for name in names:
            parts = PurePosixPath(name.replace("\\", "/").casefold()).parts
            there |= {"/".join(parts[start:]) for start in range(len(parts))}
            if len(parts) == 1:
                flat |= set(parts)
        listed = [file.casefold() for file in self.files]
        return sum(file in there or file.rpartition("/")[2] in flat for file in listed)


def is_directory(data: bytes) -> bool:
    """Whether a DICOM file is a DICOMDIR."""
    return _STORAGE in data[:_META]


def read_directory(data: bytes) -> Directory:
    """The files that a DICOMDIR lists.

    Raises
    ------
    Exception
        Whatever pydicom raises for a damaged file.
    """
    import pydicom  # half a second, which few files are worth

    dataset = pydicom.dcmread(BytesIO(data), specific_tags=["DirectoryRecordSequence"])
    files = []
    for record in dataset.get("DirectoryRecordSequence", ()):
        parts = record.get("ReferencedFileID")
        if parts:
            files.append(parts if isinstance(parts, str) else "/".join(parts))
    return Directory(tuple(files))
