"""The cases of a study file taken in, and the labels of each that are read."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import experts
from shamsul.annotations.formats.masks import read_mask
from shamsul.classifiers.prediction import NO_FINDING
from shamsul.radiographs import RadiographArchive, pseudonym, read_radiograph
from shamsul.reading.case_folder import LABELS_FILE, read_folder
from shamsul.reading.database.findings import Findings, GivenFindings
from shamsul.reading.database.store import Store
from shamsul.reading.demo import EXACT
from shamsul.reading.design.study_file import StudyFile, lies_below
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
class Gathered:
    """The cases that a study file names and that have a label to read.

    Attributes
    ----------
    cases : mapping of str to str
        SHA-256 of the stored radiograph by the case's name, in order.
    labels : mapping of str to sequence of str
        What is read, by the case's name.
    findings : mapping of str to mapping of str to bool
        Whether a case has each of the findings that are read in any, as far as that was told.
    left_out : tuple of (str, str)
        Files and cases that could not be taken, and why.
    """

    cases: Mapping[str, str]
    labels: Mapping[str, Sequence[str]]
    findings: Mapping[str, Findings]
    left_out: tuple[tuple[str, str], ...]


def gather(
    file: StudyFile,
    folder: Path,
    *,
    store: Store,
    archive: RadiographArchive,
    annotations: AnnotationArchive,
    load: "Callable[[str], Classifier]",
    max_bytes: int,
    allowed: Sequence[Path],
    but: Collection[str] = (),
    most: int | None = None,
    progress: Callable[[int, int], None] = lambda done, planned: None,
) -> Gathered:
    """Take the cases of a study file in and choose their labels.

    Parameters
    ----------
    file, folder, store, archive, annotations, load, max_bytes, allowed, progress
        As for :func:`shamsul.studies.opening.create`.
    but : collection of str
        SHA-256 of radiographs that are not wanted.
    most : int, optional
        How many cases are enough.

    Raises
    ------
    StudyError
        If the source cannot be read.
    """
    left_out: list[tuple[str, str]] = []
    taken = [
        case
        for case in _take_in(
            file, folder, allowed, store, archive, annotations, max_bytes, left_out
        )
        if case.sha256 not in but
    ]
    labels: dict[str, Sequence[str]] = {}
    for done, case in enumerate(taken):
        if most is not None and len(labels) >= most:
            break
        progress(done, len(taken))
        found = _labels(file, case, archive, annotations, load)
        if found:
            labels[case.name] = found
        else:
            left_out.append((case.name, f"no label to read (from = {file.labels.source})"))
    progress(len(taken), len(taken))
    # Of other columns nobody knows what they say of a patient.
    read = {label for found in labels.values() for label in found}
    chosen = [case for case in taken if case.name in labels]
    return Gathered(
        {case.name: case.sha256 for case in chosen},
        labels,
        {
            case.name: {name: told for name, told in case.findings.items() if name in read}
            for case in chosen
        },
        tuple(left_out),
    )


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
