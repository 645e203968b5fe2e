"""A study as a data set to train with: its radiographs, and what is known of their findings."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from shamsul.analysis.steps import THRESHOLD
from shamsul.annotations.archive import AnnotationArchive
from shamsul.radiographs import ArchiveError, Radiograph, RadiographArchive
from shamsul.reading.database.store import Store
from shamsul.reading.design.questionnaire import Value
from shamsul.reading.design.study import SavedAnswer
from shamsul.storage.atomic import new_folder
from shamsul.studies.reference import known_findings
from shamsul.studies.taking_in import StudyError
from shamsul.training.datasets import own_csv
from shamsul.training.datasets.table import (
    Label,
    Sex,
    Side,
    Skipped,
    Table,
    View,
    constant,
    objects,
)

#: Of `Radiograph.view`.
_VIEWS: Final = {"PA": View.PA, "AP": View.AP, "LL": View.LATERAL, "RL": View.LATERAL}
_NOTHING: Final = "nothing is known of its findings"
_PRESENT, _PROBABILITY = "finding_present", "finding_probability"
_SAID: Final[Mapping[Value, bool]] = {"yes": True, "no": False}

#: What is known of cases, by the case's name and the finding.
Labels = Mapping[str, Mapping[str, Label]]


def write_dataset(
    study: str,
    folder: Path,
    *,
    store: Store,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
    readers: bool = False,
    progress: Callable[[int, int], None] = lambda done, planned: None,
) -> Table:
    """Write a study as `shamsul.training.datasets.own_csv` reads it.

    The radiographs lie in ``images`` as the app keeps them, so that each is bit for bit what it
    shows, with nothing that identifies a patient. The patient is the case's name.

    Parameters
    ----------
    study : str
    folder : Path
        Is made; there whole or not at all.
    store, archive, annotations
        Where things are kept.
    readers : bool
        Ask the readers where nothing else is known of a finding; see `majority`.
    progress : callable
        Called with the cases done and planned.

    Returns
    -------
    Table
        What was written; a row for each case but those that are skipped: whose radiograph is
        missing, damaged or may hold a text that identifies the patient, and of which no finding is
        known.

    Raises
    ------
    StudyError
        If no case is left, or readers are asked who were not asked for findings.
    ValueError
        If there is no such study, an annotation is damaged, or a finding is called as a column is;
        one sentence.
    OSError
        If the folder cannot be written, or is there already.
    shamsul.reading.database.transactions.StoreError
        If the database fails.

    See Also
    --------
    shamsul.studies.reference.known_findings : what is known of cases.
    """
    cases = store.cases(study)
    known = _known(study, store, annotations, readers)
    labels = sorted(set().union(*known.values()))
    names, images, views, values, skipped = [], [], [], [], []
    with new_folder(folder) as made:
        pictures = RadiographArchive(made / "images")
        for done, case in enumerate(cases):
            progress(done, len(cases))
            told = known.get(case.name, {})
            found = _radiograph(archive, case.image_sha256) if told else _NOTHING
            if isinstance(found, str):
                skipped.append(Skipped(study, case.name, found))
                continue
            pictures.put(found)
            names.append(case.name)
            images.append(f"images/{case.image_sha256}.npz")
            views.append(_VIEWS.get(found.view, View.UNKNOWN))
            values.append([told.get(label, Label.MISSING) for label in labels])
        progress(len(cases), len(cases))
        if not names:
            first = f": {skipped[0].place}, {skipped[0].reason}" if skipped else ""
            raise StudyError(f"The study {study} has no case to train with{first}.")
        table = Table(
            folder,
            tuple(labels),
            objects(images),
            np.array(values, np.int8),
            objects(names),
            objects(views),
            constant(Sex.UNKNOWN, len(names)),
            np.full(len(names), np.nan, np.float32),
            constant(Side.OPEN, len(names)),
            tuple(skipped),
        )
        own_csv.write(made, table)
    return table


def _radiograph(archive: RadiographArchive, sha256: str) -> Radiograph | str:
    """A radiograph as it is kept, or why it is not written."""
    try:
        radiograph = archive.get(sha256)
    except ArchiveError:
        return "its radiograph is missing or damaged"
    if radiograph.burned_in_annotation:
        return "a text in its picture may identify the patient"
    return radiograph


def majority(answers: Iterable[SavedAnswer]) -> dict[str, dict[str, Label]]:
    """What most readers say of the radiograph alone, by the case's name and the finding.

    A finding is present if more than half of those who said something of it say so, uncertain if
    exactly half do. Answers to `finding_present` count (yes or no), where a reader gave none
    `finding_probability`, 50 % or more for present. Of each reader the first reading counts, not
    practice.
    """
    given: defaultdict[tuple[str, str], defaultdict[str, dict[str, Value]]]
    given = defaultdict(lambda: defaultdict(dict))
    for answer in (saved.answer for saved in answers):
        shown = answer.shown
        if answer.session == 1 and not (shown.repeat_of or shown.warm_up):
            given[answer.case.name, shown.label][answer.reader][answer.item] = answer.value
    found: defaultdict[str, dict[str, Label]] = defaultdict(dict)
    for (case, label), by_reader in given.items():
        votes = [vote for said in by_reader.values() if (vote := _vote(said)) is not None]
        if votes:
            twice = 2 * sum(votes)
            found[case][label] = (
                Label.UNCERTAIN if twice == len(votes) else Label(twice > len(votes))
            )
    return dict(found)


def _vote(said: Mapping[str, Value]) -> bool | None:
    """Whether a reader says that a finding is there; None if they say neither."""
    present, probability = said.get(_PRESENT), said.get(_PROBABILITY)
    if present is None and isinstance(probability, float):
        return probability >= 100 * THRESHOLD
    return _SAID.get(present)


def _known(study: str, store: Store, annotations: AnnotationArchive, readers: bool) -> Labels:
    """What is known of a study's cases, and where nothing else is, what readers say."""
    known: defaultdict[str, dict[str, Label]] = defaultdict(dict)
    for one in known_findings(store, annotations, study):
        known[one.case][one.label] = Label(one.present)
    if readers:
        asked = {question.id for question in store.study(study).questionnaire.questions}
        if asked.isdisjoint((_PRESENT, _PROBABILITY)):
            raise StudyError(
                f"The study {study} does not ask its readers whether a finding is there "
                f"({_PRESENT} or {_PROBABILITY})."
            )
        for case, said in majority(store.export_rows(study)).items():
            known[case] = said | known[case]
    return known
