"""From a study file to a study: its cases taken in, their labels chosen, readings assigned."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import experts
from shamsul.annotations.formats.masks import read_mask
from shamsul.classifiers import registry
from shamsul.classifiers.prediction import NO_FINDING
from shamsul.explainers.presets import PRESETS
from shamsul.explainers.registry import METHODS
from shamsul.radiographs import RadiographArchive, pseudonym, read_radiograph
from shamsul.reading.case_folder import LABELS_FILE, read_folder
from shamsul.reading.database.findings import Findings, GivenFindings
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.store import Store
from shamsul.reading.demo import EXACT
from shamsul.reading.design.design import Control, assign
from shamsul.reading.design.questionnaire import Questionnaire, Step
from shamsul.reading.design.study import Study
from shamsul.reading.design.study_file import (
    Known,
    StudyFile,
    lies_below,
    line_of,
    too_many_repeats,
)
from shamsul.storage.text import Table

if TYPE_CHECKING:
    from shamsul.classifiers.classifier import Classifier


class StudyError(ValueError):
    """A study cannot be made; the message says why in one sentence."""


@dataclass(frozen=True)
class Taken:
    """A case taken in, before it belongs to a study.

    Attributes
    ----------
    name : str
        In the study.
    sha256 : str
        Of the stored radiograph.
    labels : tuple of str
        Given with the case.
    file : str
        Name of the file, for the study file's ``only``; it is not kept.
    findings : mapping of str to bool
        Whether it has each finding, as far as that was told with it.
    """

    name: str
    sha256: str
    labels: tuple[str, ...] = ()
    file: str = ""
    findings: Findings = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """What the study file may call it."""
        return frozenset((self.name, self.file, Path(self.file).stem)) - {""}


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
    models = {
        info.name: info.manifest.labels for info in registry.models() if info.manifest is not None
    }
    studies = {study.name: len(store.cases(study.name)) for study in store.studies()}
    return Known(models, tuple(METHODS), tuple(PRESETS), studies)


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
    left_out: list[tuple[str, str]] = []
    allowed = [folder] if allowed is None else allowed
    taken = _take_in(file, folder, allowed, store, archive, annotations, max_bytes, left_out)
    labels: dict[str, Sequence[str]] = {}
    for done, case in enumerate(taken):
        progress(done, len(taken))
        found = _labels(file, case, archive, annotations, load)
        if found:
            labels[case.name] = found
        else:
            left_out.append((case.name, f"no label to read (from = {file.labels.source})"))
    progress(len(taken), len(taken))
    if Control.OTHER_PATIENT in plan.design.controls and len(labels) == 1:
        raise StudyError("Control maps of another patient need a second case.")
    if not labels:
        raise StudyError(f"No case is left for the study {file.study.name}.")
    if reason := too_many_repeats(plan.design, len(labels)):
        line = line_of(plan.source, ("design", "repeats"))
        raise StudyError(f"line {line}: design.repeats: {reason}.")
    try:
        readings = assign(plan.design, labels, plan.readers, plan.methods)
        cases = {case.name: case.sha256 for case in taken if case.name in labels}
        # Of other columns nobody knows what they say of a patient.
        read = {label for found in labels.values() for label in found}
        findings = {
            case.name: {name: told for name, told in case.findings.items() if name in read}
            for case in taken
            if case.name in labels
        }
        Readings(store.database).create(file.study, cases, readings, findings)
    except ValueError as error:
        raise StudyError(f"The study cannot be made: {error}.") from error
    return Made(store.study(file.study.name), len(labels), len(readings), tuple(left_out))


def update(file: StudyFile, store: Store) -> Made:
    """Take over what a changed study file may change in a running study.

    Title, description and questions may change, and readers may be added at the end of the list.

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
    new = [reading for reading in every if reading.reader in added]
    asks = file.study.questionnaire
    if not before.questionnaire.at(Step.AGAIN):
        # A crossover of before the image was read again in it goes on without.
        asks = Questionnaire(tuple(q for q in asks.questions if q.step is not Step.AGAIN))
    study = readings.change(replace(file.study, questionnaire=asks, plan=plan), new)
    return Made(study, len(labels), len(old) + len(new), ())


def _take_in(
    file: StudyFile,
    folder: Path,
    allowed: Sequence[Path],
    store: Store,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
    max_bytes: int,
    left_out: list[tuple[str, str]],
) -> list[Taken]:
    """The cases of the file's source; what cannot be read is noted."""
    source = file.cases
    if source.study:
        told = GivenFindings(store.database).of(source.study)
        taken = [
            Taken(case.name, case.image_sha256, findings=told.get(case.name, {}))
            for case in store.cases(source.study)
        ]
    else:
        place = folder / (source.list or source.folder)
        if not lies_below(place, allowed):
            raise StudyError(f"{place.name} does not lie where cases may be taken from here.")
        files = _listed(place, left_out) if source.list else _in_folder(place)
        taken = []
        for name, path, labels, masks, findings in files:
            if not all(lies_below(one, allowed) for one in (path, *masks.values())):
                left_out.append((path.name, "it does not lie where cases may be taken from here"))
                continue
            try:
                radiograph = read_radiograph(path.read_bytes(), max_bytes=max_bytes)
                exact = [
                    Annotation.of_region(label, EXACT, radiograph.turn.pixels(read_mask(mask)))
                    for label, mask in masks.items()
                ]
            except OSError as error:
                left_out.append((path.name, f"it cannot be opened: {error.strerror}"))
                continue
            except ValueError as error:
                left_out.append((path.name, str(error)))
                continue
            try:
                archive.put(radiograph)
                if exact:
                    annotations.add(radiograph.sha256, exact)
            except OSError as error:  # not left out: the study would be another one
                raise StudyError(f"The cases cannot be kept: {error.strerror}.") from error
            except ValueError as error:
                left_out.append((path.name, str(error)))
                continue
            name = name or pseudonym(radiograph.sha256)
            taken.append(Taken(name, radiograph.sha256, labels, path.name, findings))
    chosen = []
    seen: set[str] = set()
    for case in taken:
        if source.only and case.names.isdisjoint(source.only):
            continue
        if case.sha256 in seen:
            left_out.append((case.name, "its radiograph is in the study already"))
            continue
        seen.add(case.sha256)
        chosen.append(case)
    names = frozenset().union(*(case.names for case in chosen))
    left_out += [(name, "there is no such case") for name in source.only if name not in names]
    return chosen


_Entry = tuple[str, Path, tuple[str, ...], Mapping[str, Path], Findings]


def _in_folder(folder: Path) -> list[_Entry]:
    """Every file of a folder; with masks, and the names it states, where it is a folder of cases.

    The name of a file may name a patient: cases without a stated name get pseudonyms.
    """
    if (folder / LABELS_FILE).is_file():
        try:
            cases = read_folder(folder)
        except ValueError as error:
            raise StudyError(f"{error}.") from None
        return [(entry.case, entry.image, (), entry.masks, entry.labels) for entry in cases]
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    return [("", path, (), {}, {}) for path in files]


def _listed(path: Path, left_out: list[tuple[str, str]]) -> list[_Entry]:
    """The cases of a list; a row with too few or too many cells is noted."""
    try:
        table = Table.read(path)
    except ValueError as error:
        raise StudyError(f"{error}.") from None
    if "file" not in table.columns:
        raise StudyError(f"{path.name} has no column named file.")
    found: list[_Entry] = []
    for place, cells in table.lines():
        try:
            row = table.row(cells)
        except ValueError as error:
            left_out.append((f"{place} of {path.name}", str(error)))
            continue
        labels = tuple(filter(None, map(str.strip, row.get("labels", "").split(";"))))
        findings = {name: cell == "1" for name, cell in row.items() if cell in ("0", "1")}
        found.append((row.get("case", ""), path.parent / row["file"], labels, {}, findings))
    return found


def _labels(
    file: StudyFile,
    case: Taken,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
    load: "Callable[[str], Classifier]",
) -> tuple[str, ...]:
    """The labels of a case that are read."""
    source = file.labels
    if source.source == "given":
        return (case.labels or source.given)[: source.most]
    prediction = load(file.study.model).predict(archive.get(case.sha256))
    ranked = [s.label for s in sorted(prediction.scores, key=lambda score: -score.probability)]
    wanted = set(prediction.shown_labels) - {NO_FINDING}
    if source.source == "annotation":
        wanted = {annotation.label for annotation in experts(annotations.get(case.sha256))}
    return tuple(label for label in ranked if label in wanted)[: source.most]
