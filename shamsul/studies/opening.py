"""From a study file to a study: made, changed, and extended by further cases."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from shamsul.annotations.archive import AnnotationArchive
from shamsul.classifiers import registry
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.presets import PRESETS
from shamsul.explainers.registry import METHODS
from shamsul.findings.labels import counterparts
from shamsul.radiographs import RadiographArchive
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.store import Store
from shamsul.reading.design.design import Control, Reading, assign
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.questionnaire import Questionnaire, Step
from shamsul.reading.design.study import Study
from shamsul.reading.design.study_file import Known, StudyFile, too_many_repeats
from shamsul.storage.toml_file import line_of
from shamsul.studies.taking_in import StudyError, gather

if TYPE_CHECKING:
    from shamsul.classifiers.classifier import Classifier


@dataclass(frozen=True)
class Made:
    """What became of a study file.

    Attributes
    ----------
    study : Study
    cases, readings : int
    left_out : tuple of (str, str)
        Files and cases that could not be taken, and why.
    """

    study: Study
    cases: int
    readings: int
    left_out: tuple[tuple[str, str], ...]


def known(store: Store) -> Known:
    """What a study file may name here."""
    manifests = {info.name: info.manifest for info in registry.models() if info.manifest}
    models = {name: manifest.labels for name, manifest in manifests.items()}
    refusals = {
        name: {one.name: said for one in EXPLAINERS.values() if (said := one.refusal(manifest))}
        for name, manifest in manifests.items()
    }
    apart = {
        name: {other for other, theirs in models.items() if not counterparts(labels, theirs)}
        for name, labels in models.items()
    }
    studies = {study.name: len(store.cases(study.name)) for study in store.studies()}
    return Known(models, tuple(METHODS), tuple(PRESETS), studies, refusals, apart)


def create(
    file: StudyFile,
    folder: Path,
    *,
    store: Store,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
    load: "Callable[[str], Classifier]",
    max_bytes: int,
    allowed: Sequence[Path] | None = None,
    progress: Callable[[int, int], None] = lambda done, planned: None,
) -> Made:
    """Make a study of a study file.

    Parameters
    ----------
    file : StudyFile
    folder : Path
        What its paths are relative to.
    store, archive, annotations
        Where things are kept.
    load : callable
        Gives the classifier of a name; called only where labels depend on it.
    max_bytes : int
        Largest radiograph file accepted.
    allowed : sequence of Path, optional
        Folders below which cases may lie, links followed; by default `folder`.
    progress : callable
        Called with the cases done and planned.

    Raises
    ------
    StudyError
        If no case is left, or the design asks for more cases than there are.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    plan = file.study.plan
    assert plan is not None
    if file.study.name in store.names():
        raise StudyError(f"There is a study named {file.study.name!r} already.")
    gathered = gather(
        file,
        folder,
        store=store,
        archive=archive,
        annotations=annotations,
        load=load,
        max_bytes=max_bytes,
        allowed=[folder] if allowed is None else allowed,
        progress=progress,
    )
    cases = len(gathered.cases)
    if Control.OTHER_PATIENT in plan.design.controls and cases == 1:
        raise StudyError("Control maps of another patient need a second case.")
    if not cases:
        raise StudyError(f"No case is left for the study {file.study.name}.")
    if reason := too_many_repeats(plan.design, cases):
        line = line_of(plan.source, ("design", "repeats"))
        raise StudyError(f"line {line}: design.repeats: {reason}.")
    try:
        readings = assign(plan.design, gathered.labels, plan.readers, plan.methods)
        Readings(store.database).create(file.study, gathered.cases, readings, gathered.findings)
    except ValueError as error:
        raise StudyError(f"The study cannot be made: {error}.") from error
    return Made(store.study(file.study.name), cases, len(readings), gathered.left_out)


def extend(
    file: StudyFile,
    folder: Path,
    *,
    store: Store,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
    load: "Callable[[str], Classifier]",
    max_bytes: int,
    allowed: Sequence[Path] | None = None,
    progress: Callable[[int, int], None] = lambda done, planned: None,
) -> Made:
    """Add the cases of a study file that its study does not have yet.

    Each reader is given them after all that the reader has, by the same design and without further
    practice cases or repeats; what was given before stays as it is.

    Parameters
    ----------
    file, folder, store, archive, annotations, load, max_bytes, allowed, progress
        As for :func:`create`. What else was changed in the file is taken over as by
        :func:`update`.

    Returns
    -------
    Made
        With the numbers of cases and readings of the whole study.

    Raises
    ------
    StudyError
        If the study is closed, its design does not allow it, or there is no further case; nothing
        is changed then.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    readings = Readings(store.database)
    _check_extensible(store.study(file.study.name), readings.of(file.study.name))
    there = store.cases(file.study.name)
    gathered = gather(
        file,
        folder,
        store=store,
        archive=archive,
        annotations=annotations,
        load=load,
        max_bytes=max_bytes,
        allowed=[folder] if allowed is None else allowed,
        but={case.image_sha256 for case in there},
        progress=progress,
    )
    if not gathered.cases:
        raise StudyError(f"The file names no further case for the study {file.study.name}.")
    study = update(file, store).study
    plan, old = study.plan, readings.of(study.name)
    assert plan is not None
    # Drawn anew: with the first cases' seed they would come in the first cases' order.
    seed = plan.design.seed + len(there)
    design = replace(plan.design, seed=seed, warm_up=0, repeats=0)
    added = assign(design, gathered.labels, plan.readers, plan.methods)
    try:
        readings.extend(study.name, gathered.cases, _after(old, added), gathered.findings)
    except ValueError as error:
        raise StudyError(f"The cases cannot be added: {error}.") from error
    counts = len(there) + len(gathered.cases), len(old) + len(added)
    return Made(store.study(study.name), *counts, gathered.left_out)


def _check_extensible(study: Study, readings: Sequence[Assigned]) -> None:
    """A `StudyError` says why cases may not be added to a study."""
    plan = study.plan
    if plan is None:
        raise StudyError(f"The study {study.name} was not made of a study file.")
    if study.closed_at is not None:
        raise StudyError(f"The study {study.name} is closed: reopen it before cases are added.")
    if plan.design.cases_per_reader:
        raise StudyError("Cases cannot be added where readers share them out.")
    if Control.OTHER_PATIENT in plan.design.controls:
        raise StudyError(
            "Cases cannot be added where control maps are of other patients: which patient's "
            "depends on how many cases there are."
        )
    if any(one.reading.session > 1 and one.active_seconds for one in readings):
        raise StudyError("Cases cannot be added once a reader has begun the second session.")


def _after(old: Sequence[Assigned], added: Sequence[Reading]) -> list[Reading]:
    """Added readings in their places after those that each reader has in a session."""
    last: dict[tuple[str, int], tuple[int, int]] = {}
    for one in old:
        reading = one.reading
        place, order = last.get((reading.reader, reading.session), (0, 0))
        last[reading.reader, reading.session] = (
            max(place, reading.place),
            max(order, reading.case_order),
        )
    return [
        replace(one, place=place + one.place, case_order=order + one.case_order)
        for one in added
        for place, order in [last.get((one.reader, one.session), (0, 0))]
    ]


def update(file: StudyFile, store: Store) -> Made:
    """Take over what a changed study file may change in a running study.

    Title, description, questions and models beside the study's own may change, and readers may be
    added at the end of the list.

    Raises
    ------
    StudyError
        If anything else was changed; nothing is then.
    """
    readings = Readings(store.database)
    before = store.study(file.study.name)
    plan = file.study.plan
    if before.plan is None or plan is None:
        raise StudyError(f"The study {before.name} was not made of a study file.")
    if "controls_replace" not in tomllib.loads(plan.source).get("design", {}):
        # Nobody chose: a study goes on as it began, also from before there was a choice.
        replaces = before.plan.design.controls_replace
        plan = replace(plan, design=replace(plan.design, controls_replace=replaces))
    same = replace(plan, readers=before.plan.readers, source=before.plan.source) == before.plan
    if not same or before.model != file.study.model:
        raise StudyError(
            f"The study {before.name} is running: its model, methods, target, preset and design "
            "stay as they are; make a new study for others."
        )
    if plan.readers[: len(before.plan.readers)] != before.plan.readers:
        raise StudyError("Readers can only be added at the end of the list.")
    added = plan.readers[len(before.plan.readers) :]
    if added and plan.design.cases_per_reader:
        raise StudyError("Readers cannot be added where they share the cases out.")
    old = readings.of(before.name)
    if added and not old:
        raise StudyError("Readers cannot be added to a study that began without any.")
    labels: dict[str, list[str]] = {case.name: [] for case in store.cases(before.name)}
    for one in old:
        if one.reading.label not in labels[one.case.name]:
            labels[one.case.name].append(one.reading.label)
    every = assign(plan.design, labels, plan.readers, plan.methods) if added else ()
    practice = {one.reading.case for one in old if one.reading.warm_up}
    if added and practice != {reading.case for reading in every if reading.warm_up}:
        raise StudyError(
            "Readers cannot be added after cases were: their practice cases would be others."
        )
    new = [reading for reading in every if reading.reader in added]
    asks = file.study.questionnaire
    if not before.questionnaire.at(Step.AGAIN):
        # A crossover of before the image was read again in it goes on without.
        asks = Questionnaire(tuple(q for q in asks.questions if q.step is not Step.AGAIN))
    study = readings.change(replace(file.study, questionnaire=asks, plan=plan), new)
    return Made(study, len(labels), len(old) + len(new), ())
