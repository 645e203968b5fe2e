"""Names of images in files that are kept or shared: a file's own name may be a patient's."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shamsul.annotations.formats.entry import Fault
from shamsul.annotations.image_names import Images
from shamsul.localisation.maps import FACTS, MapFile
from shamsul.localisation.score import Score
from shamsul.radiographs import pseudonym


@dataclass(frozen=True)
class WrittenNames:
    """What each image is called in what is written.

    Attributes
    ----------
    names : mapping of str to str
        By the name that the caller knows: the pseudonym where the radiograph's hash is known, else
        a number.
    sha256 : mapping of str to str
        Of the radiograph, by the written name; those that are known.
    paths : mapping of str to str
        What is said in place of a path of the caller's.
    """

    names: Mapping[str, str]
    sha256: Mapping[str, str]
    paths: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        files: Sequence[MapFile],
        images: Iterable[str],
        radiographs: Mapping[str, Collection[str]],
    ) -> "WrittenNames":
        """Name the images of maps, and others that are spoken of.

        Parameters
        ----------
        files : sequence of MapFile
        images : iterable of str
            Further images, such as those that annotations name.
        radiographs : mapping of str to collection of str
            Names of radiographs, by their SHA-256.
        """
        known = {sha256: list(own) for sha256, own in radiographs.items()}
        for file in files:
            if file.sha256:
                known.setdefault(file.sha256, []).append(file.image)
        by_name = Images(known)
        names: dict[str, str] = {}
        hashes: dict[str, str] = {}
        # Maps of one radiograph in two files stay two images, with scores of their own.
        for mapped, image in [(True, one.image) for one in files] + [
            (False, one) for one in sorted(set(images) - {file.image for file in files})
        ]:
            try:
                sha256 = by_name.find(image)
            except ValueError:
                names[image] = f"image {len(names) + 1}"
                continue
            name = pseudonym(sha256)
            if mapped and name in hashes:
                name = f"{name} ({len(names) + 1})"
            names[image], hashes[name] = name, sha256
        paths = {str(file.facts): FACTS for file in files if file.facts is not None}
        return cls(names, hashes, paths | {str(file.path): "its file of maps" for file in files})

    def score(self, score: Score) -> Score:
        """The same score of the image by its written name."""
        return replace(score, image=self.names[score.image])

    def faults(self, faults: Iterable[Fault]) -> tuple[Fault, ...]:
        """Faults by written names; those that are of no known image are only counted.

        A fault is of an image if its entry is the image's name, with or without what follows a
        comma.
        """
        named = []
        others = 0
        for fault in faults:
            of = [
                name
                for name in self.names
                if fault.entry == name or fault.entry.startswith(f"{name}, ")
            ]
            if not of:
                others += 1
                continue
            image = max(of, key=len)
            reason = fault.reason
            for path, instead in self.paths.items():
                reason = reason.replace(path, instead)
            reason = re.sub(rf"(?<!\w){re.escape(image)}(?!\w)", self.names[image], reason)
            named.append(Fault(self.names[image] + fault.entry[len(image) :], reason))
        if others:
            entries = "1 entry" if others == 1 else f"{others} entries"
            named.append(Fault("", f"{entries} of the annotations could not be used"))
        return tuple(named)
