"""A reading study as one TOML file, read with all its faults named by line."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from shamsul.reading.design.design import GAP, Control, Design, Mode, most_repeats
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.questionnaire import ASKED_AGAIN, Kind, Question, Questionnaire, Step
from shamsul.reading.design.study import Study, reader_name
from shamsul.storage.toml_file import Check, Place, TomlError, TomlTable, parsed

_STEPS = {step.name.lower(): step for step in Step if step not in ASKED_AGAIN}
#: When the questions about the image are asked once more.
_READ_AGAIN: Final[Mapping[Mode, tuple[Step, ...]]] = {
    Mode.WITH: (),
    Mode.WITHOUT_THEN_WITH: (Step.AGAIN,),
    Mode.IMAGE_PROBABILITY_MAPS: (Step.PROBABILITY, Step.AGAIN),
    Mode.CROSSOVER: (Step.AGAIN,),
}


class StudyFileError(TomlError):
    """A study file is wrong."""


class CaseSource(TomlTable):
    """Where the cases come from: one of study, folder, list.

    Attributes
    ----------
    study : str
        Name of another study, whose cases are taken over with their annotations.
    folder : str
        Radiographs (DICOM, PNG, JPEG), and masks where it has a ``labels.csv`` as phantoms do.
    list : str
        CSV file with a column ``file``, and optionally ``case`` (its name in the study),
        ``labels`` (separated by semicolons), and one of 0 and 1 for each finding, named as the
        model names it: which the cases have.
    only : list of str
        Names of the cases to take; empty: all.
    """

    study: str = ""
    folder: str = ""
    list: str = ""
    only: tuple[str, ...] = Field(default=(), strict=False)


class LabelSource(TomlTable):
    """Which labels of a case are read.

    Attributes
    ----------
    source : {"annotation", "prediction", "given"}
        Those that an expert marked, those that the model finds, or those named here or in the list.
    given : list of str
        For every case.
    most : int
        Labels of one case, at most; the most probable ones.
    """

    source: Literal["annotation", "prediction", "given"] = Field("prediction", alias="from")
    given: tuple[str, ...] = Field(default=(), strict=False)
    most: Annotated[int, Field(ge=1)] = 1


class Switches(TomlTable):
    """The ``[design]`` table; what each switch does is said beside it."""

    seed: int = Field(
        Design.seed, ge=0, title="Seed", description="All that is drawn is drawn from it."
    )
    blinded: bool = Field(
        Design.blinded,
        title="Blinded: maps under letters",
        description="Methods are shown as letters, annotations not before the lock.",
    )
    shuffled: bool = Field(
        Design.shuffled,
        title="Cases in an order of each reader's own",
        description="Each reader gets the cases in an order of their own.",
    )
    counterbalanced: bool = Field(
        Design.counterbalanced,
        title="Order of the maps balanced",
        description="The panels' order changes by Williams squares.",
    )
    repeats: int = Field(
        Design.repeats,
        ge=0,
        title="Repeated cases",
        description="Cases that each reader is given twice in a session.",
    )
    warm_up: int = Field(
        Design.warm_up,
        ge=0,
        title="Practice cases",
        description="Practice cases, first and left out of the analysis.",
    )
    controls: tuple[Literal["other_patient", "random_model"], ...] = Field(
        (),
        strict=False,
        title="Control maps",
        description="Maps that say nothing about the case, as attention checks.",
    )
    controlled: float = Field(
        Design.controlled,
        ge=0,
        le=1,
        title="Share of readings with a control map",
        description="Share of the readings with a control map.",
    )
    controls_replace: bool = Field(
        True,
        title="A control map takes its method's place",
        description="A control map takes the place of its method's own, so that the number of maps "
        "does not give it away; else it is one more.",
    )
    mode: Literal["with", "without_then_with", "image_probability_maps", "crossover"] = Field(
        "with",
        title="How a case is read",
        description="Maps at once; or the image alone, then again with maps; or the image alone, "
        "then with the model's probability, then with maps; or half of the cases with and half "
        "without, exchanged in a second session.",
    )
    sessions: int = Field(
        Design.sessions, ge=1, le=2, title="Sessions", description="How often each case is read."
    )
    washout_days: float = Field(
        Design.washout_days,
        ge=0,
        title="Days between sessions",
        description="Between a reader's sessions, at least.",
    )
    cases_per_reader: int = Field(
        Design.cases_per_reader,
        ge=0,
        title="Cases of a reader",
        description="0: all cases; else incomplete blocks of so many, as balanced as can be.",
    )
    drawing: bool = Field(
        Design.drawing,
        title="Readers may draw",
        description="On the image alone, readers may draw where the finding is: polygons, boxes, "
        "points.",
    )
    changes: bool = Field(
        Design.changes,
        title="Finished answers may change",
        description="Answers of a finished case may be changed; excludes debrief.",
    )
    back: bool = Field(
        Design.back,
        title="Readers may look at finished cases",
        description="Readers may look at finished cases again.",
    )
    debrief: bool = Field(
        Design.debrief,
        title="Names and annotation are revealed",
        description="Names and annotation are revealed once a case is locked; with repeats or two "
        "sessions, once all are.",
    )

    def to_design(self) -> Design:
        """The switches, or what contradicts in them as a `ValueError`."""
        content = self.model_dump()
        content["mode"] = Mode(self.mode)
        content["controls"] = tuple(map(Control, self.controls))
        content["controls_replace"] = self.controls_replace and bool(self.controls)
        return Design(**content)


class _Question(TomlTable):
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    wording: Annotated[str, Field(min_length=1)]
    kind: Literal["scale", "percent", "choice", "tags", "text", "number", "point", "rank"]
    step: Literal["start", "image", "reveal", "maps", "end"]
    measures: str = Field("", alias="construct")  # the other name is taken by pydantic
    source: str = ""
    options: tuple[str, ...] = Field(default=(), strict=False)
    may_abstain: bool = False
    help: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None

    def to_question(self) -> Question:
        """The question, or what contradicts in it as a `ValueError`."""
        content = self.model_dump(by_alias=True)
        return Question(**content | {"kind": Kind(self.kind), "step": _STEPS[self.step]})


class _Head(TomlTable):
    """What stands before the tables."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
    title: Annotated[str, Field(min_length=1)]
    about: str = ""
    model: str
    beside: tuple[str, ...] = Field(default=(), strict=False)
    methods: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    preset: str = ""
    target: Literal["logit", "probability"] = "logit"
    readers: tuple[str, ...] = Field(default=(), strict=False)


@dataclass(frozen=True)
class Known:
    """What an installation has, which a study file may name.

    Attributes
    ----------
    models : mapping of str to collection of str
        Labels of each model that can be used.
    methods, presets : collection of str
    studies : mapping of str to int
        How many cases each study has.
    refusals : mapping of str to mapping of str to str
        By model, why methods and controls cannot be had of it.
    apart : mapping of str to collection of str
        By model, those that have no finding in common with it.
    """

    models: Mapping[str, Collection[str]]
    methods: Collection[str]
    presets: Collection[str] = ()
    studies: Mapping[str, int] = field(default_factory=dict)
    refusals: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    apart: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyFile:
    """What a study file says.

    Attributes
    ----------
    study : Study
        With its plan.
    cases : CaseSource
    labels : LabelSource
    """

    study: Study
    cases: CaseSource
    labels: LabelSource


def lies_below(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a path, its links followed, is one of some folders or lies below one."""
    try:
        place = path.resolve()
        return any(place.is_relative_to(folder.resolve()) for folder in folders)
    except (OSError, RuntimeError, ValueError):  # links in a circle, no path at all
        return False


def read_study_file(
    text: str, known: Known, *, folder: Path | None = None, allowed: Iterable[Path] | None = None
) -> StudyFile:
    """Read a study file.

    Parameters
    ----------
    text : str
        TOML.
    known : Known
    folder : Path, optional
        What paths in the file are relative to; the current one by default.
    allowed : iterable of Path, optional
        Folders below which cases may lie; by default `folder`.

    Raises
    ------
    StudyFileError
        With every fault, not the first one.
    """
    try:
        content, check = parsed(text)
    except TomlError as error:
        raise StudyFileError(error.faults) from None
    tables = {name: content.pop(name, {}) for name in ("cases", "labels", "design")}
    asked = content.pop("question", [])
    head = check.table(_Head, content, ())
    cases = check.table(CaseSource, tables["cases"], ("cases",))
    labels = check.table(LabelSource, tables["labels"], ("labels",))
    switches = check.table(Switches, tables["design"], ("design",))
    design = switches and check.built(switches.to_design, ("design",))
    questionnaire = _questionnaire(asked, check)
    _check_names(content, known, check)
    _check_beside(content, known, check)
    _check_possible(content, tables["design"], known, check)
    if cases is not None:
        folder = folder or Path()
        _check_cases(cases, known, folder, [folder] if allowed is None else [*allowed], check)
    if labels is not None:
        _check_labels(labels, cases, known.models.get(str(content.get("model"))), check)
    if design and cases is not None and content.get("name") not in known.studies:
        # One that is there already is read as it was made.
        _check_repeats(design, cases, known, folder or Path(), check)
    if design and questionnaire and not questionnaire.at(Step.IMAGE):
        for switch, on in (("mode", design.mode is not Mode.WITH), ("drawing", design.drawing)):
            if on:
                reason = 'needs questions about the image alone (step = "image")'
                check.say(("design", switch), reason)
    if not check.faults and head and design and cases and labels and questionnaire:
        questionnaire = questionnaire.read_again(*_READ_AGAIN[design.mode])
        plan = Plan(
            head.methods,
            tuple(map(reader_name, head.readers)),
            design,
            head.preset,
            head.target,
            text,
        )
        study = Study(
            head.name,
            head.title,
            head.about,
            head.model,
            questionnaire,
            plan=plan,
            beside=head.beside,
        )
        return StudyFile(study, cases, labels)
    raise StudyFileError(check.faults)


def _questionnaire(asked: object, check: Check) -> Questionnaire | None:
    """The file's questions, or the usual ones."""
    if not isinstance(asked, list):
        check.say(("question",), "questions are written as [[question]]")
        return None
    tables = [check.table(_Question, one, ("question", n)) for n, one in enumerate(asked)]
    questions = [
        None if one is None else check.built(one.to_question, ("question", n))
        for n, one in enumerate(tables)
    ]
    seen: set[str] = set()
    for number, question in enumerate(questions):
        if question is None:
            continue
        if question.id in seen:
            check.say(("question", number, "id"), f"there is another question {question.id!r}")
        seen.add(question.id)
        # Alone, so that each question's own fault is told.
        check.built(partial(Questionnaire, (question,)), ("question", number))
    if check.faults:
        return None
    return Questionnaire(tuple(q for q in questions if q)) if questions else DEFAULT


def _check_names(content: Mapping[str, object], known: Known, check: Check) -> None:
    """Names of what an installation has; also where other values of the table are faulty."""
    for key, there in (("model", known.models), ("preset", known.presets)):
        if (name := content.get(key)) and isinstance(name, str):
            _one_of((key,), name, there, key, check)
    methods, readers = _texts(content.get("methods")), _texts(content.get("readers"))
    for method in methods:
        _one_of(("methods",), method, known.methods, "method", check)
    if len(set(methods)) < len(methods):
        check.say(("methods",), "a method is named twice")
    tidy = [check.built(partial(reader_name, name), ("readers",)) for name in readers]
    if len(set(tidy)) < len(tidy):
        check.say(("readers",), "a reader is named twice")


def _check_beside(content: Mapping[str, object], known: Known, check: Check) -> None:
    """Whether further models are others than the study's, and comparable with it."""
    model, names = str(content.get("model")), _texts(content.get("beside"))
    for name in names:
        _one_of(("beside",), name, known.models, "model", check)
        if name == model:
            check.say(("beside",), f"{name!r} is the study's own model")
        elif name in known.apart.get(model, ()):
            check.say(("beside",), f"{name!r} has no finding in common with {model!r}")
    if len(set(names)) < len(names):
        check.say(("beside",), "a model is named twice")


def _check_possible(
    content: Mapping[str, object], design: object, known: Known, check: Check
) -> None:
    """Whether the model can be explained by the methods and controls."""
    refusals = known.refusals.get(str(content.get("model")), {})
    controls = design.get("controls") if isinstance(design, dict) else None
    asked = {("methods",): content.get("methods"), ("design", "controls"): controls}
    for place, names in asked.items():
        for name in _texts(names):
            if name in refusals:
                check.say(place, f"{name!r} is not possible: {refusals[name].rstrip('.')}")


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _check_cases(
    cases: CaseSource, known: Known, folder: Path, allowed: Sequence[Path], check: Check
) -> None:
    given = [name for name in ("study", "folder", "list") if getattr(cases, name)]
    if len(given) != 1:
        check.say(("cases",), "must name one of study, folder and list")
    if cases.study:
        _one_of(("cases", "study"), cases.study, known.studies, "study", check)
    for kind, name in (("folder", cases.folder), ("list", cases.list)):
        # First, so that nobody learns what is elsewhere.
        if name and not lies_below(folder / name, allowed):
            check.say(("cases", kind), f"{name!r} does not lie where cases may be taken from here")
        elif kind == "folder" and name and not (folder / name).is_dir():
            check.say(("cases", "folder"), f"there is no folder {name!r}")
        elif kind == "list" and name and not (folder / name).is_file():
            check.say(("cases", "list"), f"there is no file {name!r}")


def _check_repeats(
    design: Design, cases: CaseSource, known: Known, folder: Path, check: Check
) -> None:
    """Repeats that could not keep their distance, as far as the cases can be counted beforehand."""
    if cases.only:
        count = len(set(cases.only))
    elif cases.study in known.studies:
        count = known.studies[cases.study]
    elif cases.list and (folder / cases.list).is_file():
        count = len((folder / cases.list).read_bytes().splitlines()) - 1
    elif cases.folder and (folder / cases.folder).is_dir():
        count = sum(1 for _ in (folder / cases.folder).iterdir())
    else:
        return
    if reason := too_many_repeats(design, count):
        check.say(("design", "repeats"), reason)


def too_many_repeats(design: Design, cases: int) -> str:
    """Why a study of so many cases, at most, cannot have its repeats; empty if it can."""
    most = most_repeats(design, cases)
    if design.repeats <= most:
        return ""
    return (
        f"of {cases - design.warm_up} cases besides practice at most {most} can come again with "
        f"{GAP} others, or half of a reader's cases, between"
    )


def _check_labels(
    labels: LabelSource,
    cases: CaseSource | None,
    of_model: Collection[str] | None,
    check: Check,
) -> None:
    for label in labels.given:
        if of_model is not None:
            _one_of(("labels", "given"), label, of_model, "label", check)
    if labels.source == "given" and not labels.given and not (cases and cases.list):
        check.say(("labels", "given"), "must name the labels to read")
    if labels.source != "given" and labels.given:
        check.say(("labels", "given"), 'needs from = "given"')


def _one_of(place: Place, name: str, known: Collection[str], what: str, check: Check) -> None:
    if name not in known:
        check.say(place, f"there is no {what} {name!r}; there are {', '.join(known) or 'none'}")
