"""Files of annotations as they are handed over: some files, or a ZIP archive of them."""

import errno
import lzma
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from shamsul.findings.labels import BUILT_IN, normalised

#: Most entries that an archive may have, and bytes that they may unpack to.
MOST_ENTRIES, MOST_BYTES = 50_000, 2**30
#: What unpacks to more than `FEW_BYTES` may grow so many times: JSON and tables grow about tenfold.
FEW_BYTES, MOST_TIMES = 2**26, 100
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)


def lay_out(
    files: Sequence[tuple[str, BinaryIO]], folder: Path, labels: Collection[str] = ()
) -> Path:
    """Put files into a folder, an archive unpacked, for :func:`.formats.registry.read`.

    Parameters
    ----------
    files : sequence of (str, file)
        Names, of which folders are dropped, and contents, open for reading in binary.
    folder : Path
        An empty one.
    labels : collection of str
        Those of the model. An archive's only folder is gone into, unless it is named by a label.

    Returns
    -------
    Path
        The file if there is but one, else the folder of all.

    Raises
    ------
    OSError
        If the folder cannot be written.
    ValueError
        If two files have one name, or an archive does not come by itself, is damaged, leads out of
        the folder, holds links or archives, or unpacks to too much; one sentence without a full
        stop.
    """
    named = [(PurePosixPath(name.replace("\\", "/")).name, file) for name, file in files]
    place = folder / "the upload"
    place.mkdir()
    for name, file in named:
        if name.lower().endswith(".zip") or zipfile.is_zipfile(file):
            if len(named) > 1:
                raise ValueError(f"{name} is an archive, which is imported by itself")
            _unpack(name, file, place)
            return _inside(place, {normalised(label) for label in labels})
    for name, file in named:
        file.seek(0)
        try:
            with open(place / name, "xb") as copy:
                shutil.copyfileobj(file, copy)
        except FileExistsError:
            raise ValueError(f"two files are named {name}; a ZIP archive keeps folders") from None
    if len(named) > 1 or name.lower().endswith(".png"):  # a mask, which is one of a folder
        return place
    return place / name


def _unpack(name: str, file: BinaryIO, place: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            size, packed = sum(one.file_size for one in entries), file.seek(0, os.SEEK_END)
            if len(entries) > MOST_ENTRIES or size > MOST_BYTES:
                raise ValueError(
                    f"{name} unpacks to more than {MOST_ENTRIES} files or {MOST_BYTES >> 30} GiB"
                )
            if size > max(FEW_BYTES, MOST_TIMES * packed):
                raise ValueError(f"{name} unpacks to more than {MOST_TIMES} times its size")
            paths = [PurePosixPath(entry.filename.replace("\\", "/")) for entry in entries]
            if any(path.is_absolute() or ".." in path.parts for path in paths):
                raise ValueError(f"{name} has entries that lead out of its folder")
            if any(stat.S_ISLNK(entry.external_attr >> 16) for entry in entries):
                raise ValueError(f"{name} has links in it; put the files themselves there")
            for path, entry in zip(paths, entries, strict=True):
                # What macOS and others add: not the annotators' files.
                if any(part[0] == "." or part == "__MACOSX" for part in path.parts):
                    continue
                if path.suffix.lower() == ".zip":
                    raise ValueError(f"{name} holds another archive, {path.name}; unpack it first")
                target = place / path
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    # No more than the size that was added up above comes out of an entry.
                    with archive.open(entry) as content, open(target, "xb") as copy:
                        shutil.copyfileobj(content, copy)
                except (FileExistsError, IsADirectoryError, NotADirectoryError):
                    raise ValueError(f"{name} has two entries named {path}") from None
                except OSError as error:
                    if error.errno != errno.ENAMETOOLONG:
                        raise
                    raise ValueError(f"{name} has an entry whose name is too long") from None
    except _DAMAGED:
        raise ValueError(f"{name} is damaged, or packed in no usual way") from None
    except RuntimeError:  # what the library raises where a password is asked for
        raise ValueError(f"{name} is encrypted") from None


def _inside(folder: Path, labels: Collection[str]) -> Path:
    """The folder, or the only one in it, if that is no label's."""
    inside = list(folder.iterdir())
    while len(inside) == 1 and inside[0].is_dir():
        name = inside[0].name
        if BUILT_IN.knows(name) or normalised(name) in labels:
            break
        folder = inside[0]
        inside = list(folder.iterdir())
    return folder
