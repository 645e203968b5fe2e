"""Files that came together: ZIP archives among them are opened, within limits."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from shamsul.radiographs import refusal
from shamsul.radiographs.radiograph import RadiographError

#: Files in an archive.
MOST_FILES: Final = 20_000
#: Bytes of all of them.
MOST_BYTES: Final = 32 * 2**30
#: How many times larger than the archive they may be altogether, beyond `SMALL`.
MOST_TIMES: Final = 100
#: Bytes of which an archive may be as well packed as it likes.
SMALL: Final = 100 * 2**20

_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")

DAMAGED: Final = "The ZIP archive is damaged and cannot be opened."
MEMBER_DAMAGED: Final = "This part of the ZIP archive is damaged and cannot be read."
TOO_MANY: Final = f"The ZIP archive has more than {MOST_FILES:,} files."
TOO_LARGE: Final = (
    "The ZIP archive would unpack to far more than radiographs need, so it is not opened."
)
NESTED: Final = "A ZIP archive within a ZIP archive is not opened."
ENCRYPTED: Final = "The ZIP archive is protected by a password; unpack it first."
OTHERWISE_PACKED: Final = "This part of the ZIP archive is packed in a way that is not known here."


@dataclass(frozen=True)
class Given:
    """A file that somebody gave, by itself or in an archive.

    Attributes
    ----------
    name : str
        For the eyes of who gave it: it may name a patient, so it is never kept.
    read : callable
        Gives its bytes, or raises `RadiographError` with one sentence.
    """

    name: str
    read: Callable[[], bytes]


def is_zip(data: bytes) -> bool:
    """Whether a file is a ZIP archive; its content decides, never its name."""
    return data.startswith(_SIGNATURES)


def unpacked(files: Iterable[Given], *, max_bytes: int) -> Iterator[Given]:
    """Files, with those in an archive in its place; nothing is unpacked before it is read.

    An archive that cannot be opened stays, and raises when it is read.

    Parameters
    ----------
    files : iterable of Given
    max_bytes : int
        Largest file in an archive that is unpacked.
    """
    for file in files:
        try:
            data = file.read()
            members = list(_members(file.name, data, max_bytes)) if is_zip(data) else None
        except RadiographError as error:
            yield Given(file.name, partial(_refuse, str(error)))
        else:
            yield from [file] if members is None else members


def _refuse(reason: str) -> bytes:
    raise RadiographError(reason)


def _members(name: str, data: bytes, max_bytes: int) -> Iterator[Given]:
    """The files in an archive, but for what systems put beside them.

    Raises
    ------
    RadiographError
        If it is not to be opened.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError) as error:
        raise RadiographError(DAMAGED) from error
    if len(infos) > MOST_FILES:
        raise RadiographError(TOO_MANY)
    # What an entry declares is all that is ever unpacked of it.
    total = sum(info.file_size for info in infos)
    if total > min(MOST_BYTES, max(SMALL, MOST_TIMES * len(data))):
        raise RadiographError(TOO_LARGE)
    if any(info.flag_bits & 1 for info in infos):
        raise RadiographError(ENCRYPTED)
    for info in infos:
        path = PurePosixPath(info.filename)
        if path.parts and path.parts[0] != "__MACOSX" and not path.name.startswith("."):
            read = partial(_read, archive, info, max_bytes)
            yield Given(f"{name}/{info.filename}", read)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> bytes:
    if info.file_size > max_bytes:
        raise RadiographError(refusal.too_many_bytes(max_bytes))
    try:
        with archive.open(info) as file:
            data = file.read(info.file_size)
    except NotImplementedError as error:
        raise RadiographError(OTHERWISE_PACKED) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise RadiographError(MEMBER_DAMAGED) from error
    if is_zip(data):
        raise RadiographError(NESTED)
    return data
