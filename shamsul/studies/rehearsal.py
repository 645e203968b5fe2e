"""What a reader would be given, made up so that a study can be tried without an answer kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shamsul.annotations.archive import AnnotationArchive
from shamsul.radiographs import RadiographArchive
from shamsul.reading.database.store import Store
from shamsul.reading.design.design import assign
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.study_file import StudyFile
from shamsul.studies.taking_in import StudyError, gather

if TYPE_CHECKING:
    from shamsul.classifiers.classifier import Classifier

#: Whom made-up readings are given to; no reader's drawings are theirs.
NOBODY: Final = "Preview"
#: Cases of a study that is not made yet, besides those for practice.
_CASES: Final = 3


def of_file(
    file: StudyFile,
    *,
    store: Store,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
    load: "Callable[[str], Classifier]",
) -> tuple[Assigned, ...]:
    """Readings of the first cases of a study that is not made yet.

    Parameters
    ----------
    file : StudyFile
    store, archive, annotations, load
        As for :func:`shamsul.studies.opening.create`.

    Raises
    ------
    StudyError
        If its cases are not here yet, or too few for the design.
    """
    plan = file.study.plan
    assert plan is not None
    if not file.cases.study:
        raise StudyError(
            "The cases of a folder or list are taken in when the study is made: look at it then."
        )
    gathered = gather(
        file,
        Path(),
        store=store,
        archive=archive,
        annotations=annotations,
        load=load,
        max_bytes=0,
        allowed=(),
        most=plan.design.warm_up + _CASES,
    )
    cases = {case.name: case for case in store.cases(file.cases.study)}
    design = replace(plan.design, repeats=0, cases_per_reader=0)
    try:
        readings = assign(design, gathered.labels, [NOBODY], plan.methods)
    except ValueError as error:
        raise StudyError(f"There is nothing to look at: {error}.") from None
    return tuple(
        Assigned(-number, reading, cases[reading.case])
        for number, reading in enumerate(readings, 1)
    )


def of_readings(readings: Sequence[Assigned]) -> tuple[Assigned, ...]:
    """One reader's readings once more, none of them begun."""
    return tuple(
        Assigned(-one.id, replace(one.reading, reader=NOBODY), one.case) for one in readings
    )
