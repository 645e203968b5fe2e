"""Files a reader uploads, taken into the study of uploads one by one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum

from shamsul.radiographs import RadiographArchive, RadiographError, pseudonym
from shamsul.radiographs.directory import Directory
from shamsul.radiographs.file import read_file
from shamsul.radiographs.radiograph import Radiograph
from shamsul.radiographs.thumbnails import Thumbnails
from shamsul.radiographs.unpacking import Given, unpacked
from shamsul.reading import Store, StoreError
from shamsul.reading.design.study import Case, Origin


class Became(Enum):
    """What became of a file, in a word."""

    ADDED = "new case"
    KNOWN = "here already"
    DIRECTORY = "list of images"
    REFUSED = "not added"


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    file : str
        Its name, for the reader's eyes only: it may name a patient, so it is never kept.
    became : Became
        A radiograph that the study had already, or that came twice, is no new case.
    case : Case or None
    reason : str
        Why there is no case.
    """

    file: str
    became: Became
    case: Case | None = None
    reason: str = ""


def take_in(
    files: Iterable[Given],
    *,
    study: str,
    store: Store,
    archive: RadiographArchive,
    thumbnails: Thumbnails,
    max_bytes: int,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Outcome, ...]:
    """Read, de-identify and keep files; one that cannot be read does not stop the others.

    Parameters
    ----------
    files : iterable of Given
        ZIP archives among them are opened.
    study : str
        Name of the study that gets a case per radiograph.
    store, archive, thumbnails
        Where cases, radiographs and their small pictures are kept.
    max_bytes : int
        Largest radiograph's file accepted.
    progress : callable
        Told how many files are done, of how many.

    Returns
    -------
    tuple of Outcome
        In the order of `files`. A radiograph that the study has already gives the case it has.
    """
    there = {case.image_sha256 for case in store.cases(study)}

    def keep(name: str, radiograph: Radiograph) -> Outcome:
        try:
            archive.put(radiograph)
            thumbnails.put(radiograph)
            sha256 = radiograph.sha256
            case = store.add_case(study, sha256, pseudonym(sha256), Origin.UPLOAD)
        except OSError as error:
            reason = f"It could not be kept on the disk: {error.strerror}."
            return Outcome(name, Became.REFUSED, reason=reason)
        except (ValueError, StoreError) as error:
            reason = f"It could not be added to the study: {error}."
            return Outcome(name, Became.REFUSED, reason=reason)
        new = sha256 not in there
        there.add(sha256)
        return Outcome(name, Became.ADDED if new else Became.KNOWN, case)

    given = list(unpacked(files, max_bytes=max_bytes))
    outcomes = []
    directories: dict[int, Directory] = {}
    for number, file in enumerate(given):
        progress(number, len(given))
        try:
            read = read_file(file.read(), max_bytes=max_bytes)
        except RadiographError as error:
            outcomes.append(Outcome(file.name, Became.REFUSED, reason=str(error)))
            continue
        if isinstance(read, Directory):
            directories[number] = read
            outcomes.append(Outcome(file.name, Became.DIRECTORY))
        else:
            outcomes.append(keep(file.name, read))
    progress(len(given), len(given))
    names = [file.name for file in given]
    for number, listed in directories.items():
        reason = f"{listed.among(names)} of the {len(listed.files)} files it lists came with it."
        outcomes[number] = replace(outcomes[number], reason=reason)
    return tuple(outcomes)
