"""Taking cases out of an open study: what hangs on them, and what goes with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from shamsul.annotations.drawings import DRAWN
from shamsul.classifiers.manifest import ModelError
from shamsul.radiographs.thumbnails import Thumbnails
from shamsul.reading.database.worklist import Worklist
from shamsul.reading.design.study import Case, Study
from shamsul.studies.appraisal import COUNTED
from shamsul.studies.desk import Desk
from shamsul.studies.panels import Source, answers_at_once, open_sources


@dataclass(frozen=True)
class Hanging:
    """What hangs on cases.

    Attributes
    ----------
    answers, readers : int
        Answers about them, and how many readers gave them.
    drawings, annotations : int
        Drawings of readers, and what experts marked.
    maps : int
        Sets of maps on the disk, by the usual methods with their defaults.
    shared : int
        Radiographs that cases of other studies show too.
    """

    answers: int
    readers: int
    drawings: int
    annotations: int
    maps: int
    shared: int


def hanging(worklist: Worklist, desk: Desk, study: Study, cases: Sequence[Case]) -> Hanging:
    """What hangs on some cases of a study.

    Raises
    ------
    ValueError
        If an annotation cannot be read.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    numbers = [case.id for case in cases]
    marks = [one for case in cases for one in desk.annotations.describe(case.image_sha256)]
    drawings = sum(one.source == DRAWN for one in marks)
    maps = sum(source in desk for source in _sources(study, cases))
    answers, readers = worklist.hanging(numbers)
    return Hanging(
        answers, readers, drawings, len(marks) - drawings, maps, worklist.shared(numbers)
    )


def remove(
    worklist: Worklist, desk: Desk, thumbnails: Thumbnails, study: Study, cases: Sequence[Case]
) -> None:
    """Take cases out of a study.

    The radiograph, its small picture and its maps are deleted unless another case shows it.
    Answers and marks are kept: they are there again when the same file is.

    Raises
    ------
    ValueError
        If a case is not there, or the study is planned.
    OSError
        If a file cannot be deleted; the cases are out of the list then.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    unused = set(worklist.remove([case.id for case in cases]))
    gone = [case for case in cases if case.image_sha256 in unused]
    for source in _sources(study, gone):
        desk.maps.remove(source.key)
    for case in gone:
        thumbnails.delete(case.image_sha256)
        desk.archive.delete(case.image_sha256)


def _sources(study: Study, cases: Sequence[Case]) -> list[Source]:
    """What may be on the disk of the cases."""
    try:
        return open_sources(study, cases, COUNTED) if answers_at_once(study, COUNTED) else []
    except ModelError:
        return []
