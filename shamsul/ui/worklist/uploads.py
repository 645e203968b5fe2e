"""Files a reader uploads, taken into the study of uploads one by one."""

from collections.abc import Iterable
from dataclasses import dataclass

from shamsul.radiographs import RadiographArchive, RadiographError, pseudonym, read_radiograph
from shamsul.reading import Store, StoreError
from shamsul.reading.design.study import Case


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    file : str
        Its name, for the reader's eyes only: it may name a patient, so it is never kept.
    case : Case or None
    reason : str
        Why there is no case.
    made : bool
        Whether the case is new: the study may have had the radiograph, or got it twice.
    """

    file: str
    case: Case | None
    reason: str = ""
    made: bool = False


def take_in(
    files: Iterable[tuple[str, bytes]],
    *,
    study: str,
    store: Store,
    archive: RadiographArchive,
    max_bytes: int,
) -> tuple[Outcome, ...]:
    """Read, de-identify and keep files; one that cannot be read does not stop the others.

    Parameters
    ----------
    files : iterable of (name, bytes)
    study : str
        Name of the study that gets a case per radiograph.
    store, archive
        Where cases and radiographs are kept.
    max_bytes : int
        Largest file accepted.

    Returns
    -------
    tuple of Outcome
        In the order of `files`. A radiograph that the study has already gives the case it has.
    """

    there = {case.image_sha256 for case in store.cases(study)}

    def take(name: str, data: bytes) -> Outcome:
        try:
            radiograph = read_radiograph(data, max_bytes=max_bytes)
        except RadiographError as error:
            return Outcome(name, None, str(error))
        try:
            archive.put(radiograph)
            case = store.add_case(study, radiograph.sha256, pseudonym(radiograph.sha256))
        except OSError as error:
            return Outcome(name, None, f"It could not be kept on the disk: {error.strerror}.")
        except (ValueError, StoreError) as error:
            return Outcome(name, None, f"It could not be added to the study: {error}.")
        made = radiograph.sha256 not in there
        there.add(radiograph.sha256)
        return Outcome(name, case, made=made)

    return tuple(take(name, data) for name, data in files)
