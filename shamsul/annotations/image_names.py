"""Which image a file of annotations means by a name."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

# Not any ending: an identifier of a DICOM image has full stops in it.
_ENDINGS = (".png", ".jpg", ".jpeg", ".dcm", ".dicom", ".tif", ".tiff", ".bmp")


def _parts(name: str) -> tuple[str, ...]:
    """Folders and file of a name, in lower case and without the file's ending."""
    parts = PurePosixPath(name.strip().replace("\\", "/").casefold()).parts
    parts = tuple(part for part in parts if part not in ("/", ".", ".."))
    if not parts:
        return ()
    ending = next((ending for ending in _ENDINGS if parts[-1].endswith(ending)), "")
    return (*parts[:-1], parts[-1].removesuffix(ending))


def _ends(name: str) -> tuple[str, ...]:
    """The name with its folders, the whole first, then one folder less each time."""
    parts = _parts(name)
    return tuple("_".join(parts[start:]) for start in range(len(parts)))


class Images:
    """Images by their names.

    Parameters
    ----------
    names : mapping of str to collection of str
        Of each image's SHA-256: its names, such as a case's name, a file with its folders, or the
        identifier of a DICOM image. The hash is a name, too.
    """

    def __init__(self, names: Mapping[str, Collection[str]]) -> None:
        self._whole: dict[str, set[str]] = defaultdict(set)
        self._ends: dict[str, set[str]] = defaultdict(set)
        for sha256, own in names.items():
            for name in (sha256, *own):
                ends = _ends(name)
                self._whole[ends[0] if ends else ""].add(sha256)
                for end in ends:
                    self._ends[end].add(sha256)

    def find(self, name: str) -> str:
        """The SHA-256 of the image that a name is for.

        Case, the ending, and folders that only one of the names has do not matter, and a folder may
        be set off by an underscore, as in CheXlocalize: ``patient1_study1_view1_frontal`` is
        ``valid/patient1/study1/view1_frontal.jpg``.

        Raises
        ------
        ValueError
            If there is none, or more than one; one sentence without a full stop.

        Examples
        --------
        >>> images = Images({"a" * 64: ["valid/patient1/study1/view1_frontal.jpg"]})
        >>> images.find("patient1_study1_view1_frontal") == "a" * 64
        True
        """
        ends = _ends(name)
        found = set(self._ends.get(ends[0], ())) if ends else set()
        for end in ends:
            found |= self._whole.get(end, set())
        if not found:
            raise ValueError("no case is of this image")
        if len(found) > 1:
            raise ValueError(f"{len(found)} cases may be of this image")
        return found.pop()
