"""Which image a file of annotations means by a name."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

# Not any ending: an identifier of a DICOM image has full stops in it.
_ENDINGS = (".png", ".jpg", ".jpeg", ".dcm", ".dicom", ".tif", ".tiff", ".bmp")
#: Characters of the longest name that may be an image's, as of a path on Linux (PATH_MAX): of a
#: name with many folders each end is looked for.
_LONGEST = 4096

# What Label Studio puts before the names of uploaded files, in its COCO exports too.
_PREFIX = re.compile(r"(^|[/\\])[0-9a-f]{8}-(?=[^/\\]+$)")


def without_prefix(name: str) -> str:
    """A file's name, folders before it or not, as it was before it was uploaded to Label Studio.

    Examples
    --------
    >>> without_prefix("images/cb0618f6-img_a.png")
    'images/img_a.png'
    """
    return _PREFIX.sub(r"\1", name)


def _parts(name: str) -> tuple[str, ...]:
    """Folders and file of a name, in lower case and without the file's ending."""
    if len(name) > _LONGEST:
        return ()
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
        ``valid/patient1/study1/view1_frontal.jpg``. Where no image has the name with the eight
        digits that Label Studio puts before a file's, the one without them is meant.

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
        found = self._of(name)
        if not found:
            found = self._of(without_prefix(name.strip()))
        if not found:
            raise ValueError("no case is of this image")
        if len(found) > 1:
            raise ValueError(f"{len(found)} cases may be of this image")
        return found.pop()

    def may_be_one(self, name: str, other: str) -> bool:
        """Whether two names that were found for one image may be, since they contradict each other
        in no folder or prefix, or one is the image's whole name.

        Examples
        --------
        >>> images = Images({"a" * 64: ["img"]})
        >>> images.may_be_one("img.png", "a/img.png"), images.may_be_one("b/img.png", "a/img.png")
        (True, False)
        """
        ends, others = _ends(name), _ends(other)
        whole = any(end[0] in self._whole for end in (ends, others))
        return whole or ends[0] in others or others[0] in ends

    def _of(self, name: str) -> set[str]:
        ends = _ends(name)
        found = set(self._ends.get(ends[0], ())) if ends else set()
        for end in ends:
            found |= self._whole.get(end, set())
        return found
