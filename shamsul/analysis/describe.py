"""What a study was, from what the store keeps of it or from its exported tables."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import pandas as pd

from shamsul.analysis.about import About, Fact, Origin
from shamsul.analysis.flow import COLUMNS
from shamsul.analysis.limits import limits, limits_of_size
from shamsul.reading.database.about_readers import AboutReader
from shamsul.reading.design.consensus import Consensus
from shamsul.reading.design.design import Control, Design
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.questionnaire import (
    CANNOT_JUDGE,
    Kind,
    Question,
    Questionnaire,
    Step,
    Value,
)
from shamsul.reading.design.study import Case, SavedAnswer, Study
from shamsul.reading.design.study_file import CaseSource, LabelSource
from shamsul.reading.exports.ratings import Truth

#: By what a mode is called in study files.
READING = {
    "with": "the maps at once, after any questions about the radiograph alone",
    "without_then_with": "the radiograph alone; then, with the maps, it is read again",
    "image_probability_maps": "the radiograph alone; again with the model's probability; again "
    "with the maps too",
    "crossover": "each case in two sessions, in one with the maps and in the other without",
}
_CONTROLS = {
    Control.OTHER_PATIENT: "the method's map of another case",
    Control.RANDOM_MODEL: "the method's map of the model with its weights shuffled",
}
#: By name of the step.
ASKED = {
    "START": "About the reader",
    "IMAGE": "On the radiograph alone",
    "PROBABILITY": "On the radiograph again, with the probability",
    "REVEAL": "On the model's probability",
    "MAPS": "On each map",
    "AGAIN": "On the radiograph again, with the maps",
    "END": "At the end",
}
_FINDINGS = {
    "annotation": "those that an expert marked",
    "prediction": "those that the model finds",
    "given": "those named in the study file or in its list of cases",
}


@dataclass(frozen=True)
class Installation:
    """What the installation adds to what the store knows.

    Attributes
    ----------
    facts : mapping
        Of the parts Model, Preprocessing and Explanations, by part and name.
    marked : mapping of str to set of (str, str)
        Label and source of the experts' annotations of each case, by its name.
    phantoms : set of str
        Names of the cases that are known to be phantoms.
    truth : tuple of Truth
        The reference standard of the findings that are read.
    limits : tuple of str
        That come of the model.
    """

    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    marked: Mapping[str, Collection[tuple[str, str]]] = field(default_factory=dict)
    phantoms: Collection[str] = ()
    truth: tuple[Truth, ...] = ()
    limits: tuple[str, ...] = ()


def described(
    study: Study,
    cases: Sequence[Case],
    answers: Sequence[SavedAnswer],
    readers: Sequence[AboutReader],
    flow: pd.DataFrame,
    here: Installation,
    consensus: Sequence[Consensus] = (),
) -> About:
    """What a stored study was.

    Parameters
    ----------
    study : Study
    cases : sequence of Case
    answers : sequence of SavedAnswer
        The current ones.
    readers : sequence of AboutReader
        What readers said about themselves.
    flow : DataFrame
        :func:`shamsul.analysis.flow.flow`; empty where nobody was assigned anything.
    here : Installation
    consensus : sequence of Consensus
        What was agreed on about readers' scores.
    """
    questionnaire = study.questionnaire
    synthetic = bool(cases) and all(case.name in here.phantoms for case in cases)
    names = {saved.answer.reader for saved in answers} | set(flow["reader"])
    known: dict[str, Mapping[str, str | Fact]] = {
        "Question": {"Title": study.title, "Question": study.about.strip()},
        "Design": _design(study),
        **here.facts,
        "Questionnaire": _questionnaire(questionnaire, {saved.wording for saved in answers}),
        "Cases": _cases(study.plan, cases, answers, here, synthetic=synthetic),
        "Readers": {
            "Number": str(len(names)),
            **_declared(questionnaire, readers, len(names)),
        },
        "Flow": _flow(flow, len({_reading(saved) for saved in answers})) | _agreed(consensus),
        "Dates": _dates(study, answers),
    }
    said = limits(study, answers, flow, annotated=any(here.marked.values()))
    if here.phantoms:
        said.append(
            f"Phantoms, not patients, are {len(here.phantoms)} of {len(cases)} cases: what is "
            "found on them need not hold for radiographs of patients."
        )
    return About.of(known, (*said, *here.limits), synthetic=synthetic)


def described_tables(
    ratings: pd.DataFrame,
    cases: pd.DataFrame,
    readers: pd.DataFrame,
    items: Sequence[Question],
    methods: Mapping[str, str],
) -> About:
    """What a study was, as far as its exported tables say.

    Parameters
    ----------
    ratings, cases, readers, items, methods
        As for :func:`shamsul.analysis.study.analyse`.
    """
    columns = ["case", "reader", "model", "model_sha256", "created_at", "changed_at"]
    rows = pd.concat([ratings.reindex(columns=columns), cases.reindex(columns=columns)])
    rows = rows.fillna("").astype(str)
    names = {*rows["reader"], *readers["reader"]}
    known = {
        "Question": {"Title": next(iter([*ratings["study"], *cases["study"]]), "")},
        "Model": {
            "Name": _joined(rows["model"]),
            "Weights (SHA-256)": _joined(rows["model_sha256"]),
        },
        "Explanations": {"Methods": ", ".join(methods.values())},
        "Questionnaire": {"On each map": _asked(items)},
        "Cases": {"Number": f"{rows['case'].nunique()} with an answer"},
        "Readers": {"Number": f"{len(names)} with an answer"},
        "Dates": {
            "First answer": min(rows["created_at"], default="")[:10],
            "Last answer": max(rows["changed_at"], default="")[:10],
        },
    }
    rated = ratings[ratings["item"].isin([item.id for item in items])]
    size = limits_of_size(rated["case"].nunique(), rated["reader"].nunique())
    return About.of(known, tuple(size))


def nothing_assigned() -> pd.DataFrame:
    """The flow of a study in which nobody was given anything to read."""
    return pd.DataFrame([], columns=list(COLUMNS))


def _design(study: Study) -> dict[str, str]:
    if study.plan is None:
        return {
            "Kind of study": "open review: whoever can sign in may rate any case",
            "Blinding": "none: names of the methods and annotations can be seen",
        }
    plan, design = study.plan, study.plan.design
    replaced = "in place of" if design.controls_replace else "beside"
    kinds = "; ".join(_CONTROLS[kind] for kind in design.controls)
    days = f"{design.washout_days:g} days"
    return {
        "Kind of study": f"reading study: readers judge the maps of {len(plan.methods)} "
        f"{'method' if len(plan.methods) == 1 else 'methods'} on the same cases",
        "Reading": READING[design.mode.value],
        "Blinding": (
            "methods shown as letters, no annotation before a case is finished"
            if design.blinded
            else "none: names of the methods and annotations can be seen"
        ),
        "Order of the cases": (
            "drawn for each reader" if design.shuffled else "that of the study, for all readers"
        ),
        "Order of the maps": (
            "counterbalanced in Williams squares (doi 10.1071/CH9490149)"
            if design.counterbalanced
            else "the same for all readers and cases"
        ),
        "Repeated cases": _per_reader(
            design.repeats, "for the agreement of readers with themselves"
        ),
        "Practice cases": _per_reader(design.warm_up, "read first and left out of the analysis"),
        "Control maps": (
            f"in {design.controlled:.0%} of the readings, {replaced} the method's own map: {kinds}"
            if design.controls
            else "none"
        ),
        "Sessions": "1" if design.sessions == 1 else f"2, at least {days} apart",
        "Cases of a reader": (
            f"{design.cases_per_reader}, in incomplete blocks"
            if design.cases_per_reader
            else "all cases"
        ),
        "Drawing": "offered on the radiograph alone" if design.drawing else "not offered",
        "Changes of answers": _changes(design),
        "Revealing": (
            "names and annotation, once nothing of the case is left to read"
            if design.debrief
            else "never"
        ),
        "Seed": str(design.seed),
    }


def _per_reader(count: int, purpose: str) -> str:
    return f"{count} for each reader and session, {purpose}" if count else "none"


def _changes(design: Design) -> str:
    changed = "allowed until the study closes" if design.changes else "not once a case is finished"
    return f"{changed}; finished cases can{'' if design.back else 'not'} be looked at again"


def _questionnaire(questionnaire: Questionnaire, versions: Collection[int]) -> dict[str, str]:
    asked = {
        ASKED[step.name]: _asked(questionnaire.at(step)) for step in Step if questionnaire.at(step)
    }
    return {"Version answered": ", ".join(map(str, sorted(versions))), **asked}


def _asked(questions: Iterable[Question]) -> str:
    """A line for each question; the options of a scale are said once."""
    lines: list[str] = []
    before: tuple[str, ...] = ()
    for one in questions:
        options = "as before" if one.options == before else "; ".join(one.options)
        lines.append(f"{one.wording} ({options})" if one.options else one.wording)
        before = one.options
    return "\n".join(lines)


def _cases(
    plan: Plan | None,
    cases: Sequence[Case],
    answers: Sequence[SavedAnswer],
    here: Installation,
    *,
    synthetic: bool,
) -> dict[str, str]:
    marked = here.marked
    annotated = [case.name for case in cases if marked.get(case.name)]
    sources = {source for marks in marked.values() for _, source in marks}
    if any(one.source == "given" for one in here.truth):
        sources.add("findings that the cases were given with")
    facts = {
        "Number": str(len(cases)),
        "Reference standard": "; ".join(sorted(sources)),
        "With annotation": f"{len(annotated)} of {len(cases)}",
        "De-identification": (
            "what could name a patient is not read from files; cases have pseudonyms, unless the "
            "coordinator named them"
        ),
    }
    if synthetic:
        facts["Source"] = "synthetic radiographs (phantoms), no patients"
        facts["Reference standard"] = "exact: the findings of phantoms are known by construction"
    if plan is not None:
        facts |= _chosen(plan)
    asked: dict[str, set[str]] = {}
    for saved in answers:
        asked.setdefault(saved.answer.shown.label, set()).add(saved.answer.case.name)
    labels = {*asked, *(label for marks in marked.values() for label, _ in marks)}
    for label in sorted(labels | {one.label for one in here.truth}):
        bearing = sum(label in {one for one, _ in marked.get(case.name, ())} for case in cases)
        present = [one.present for one in here.truth if one.label == label]
        known = f"present in {sum(present)} of the {len(present)} whose truth is known"
        facts[label] = ", ".join(
            part
            for part in (
                f"annotated in {bearing} of {len(cases)} cases ({bearing / len(cases):.0%})",
                f"{known} ({np.mean(present):.0%})" if present else "",
                f"answered about in {len(asked.get(label, ()))}",
            )
            if part
        )
    return facts


def _chosen(plan: Plan) -> dict[str, str]:
    """How the study file says that cases and their labels are chosen.

    No name of a file or folder is told: it may name a patient.
    """
    try:
        file = tomllib.loads(plan.source)
        source = CaseSource.model_validate(file["cases"])
        labels = LabelSource.model_validate(file.get("labels", {}))
    except (KeyError, ValueError):
        return {}  # a study that was made elsewhere need not have its file
    which = f"{len(source.only)} by name" if source.only else "all"
    files = "a list of files" if source.list else "a folder"
    whence = f"the study {source.study}" if source.study else files
    return {
        "How chosen": f"{which} of {whence}",
        "Findings read": f"{_FINDINGS[labels.source]}, at most {labels.most} of a case",
    }


def _declared(
    questionnaire: Questionnaire, said: Iterable[AboutReader], readers: int
) -> dict[str, str]:
    """What readers said about themselves, as counts and ranges."""
    asked = {question.id for question in questionnaire.at(Step.START)}
    values: dict[str, list[Value]] = {}
    who = set()
    for one in said:
        if one.item in asked and one.value is not None:
            values.setdefault(one.item, []).append(one.value)
            who.add(one.reader)
    if not values:
        return {}
    facts = {"Experience and specialty": f"declared by {len(who)} of {readers} readers, below"}
    for question in questionnaire.at(Step.START):
        if question.id in values:
            facts[question.wording] = _summary(question, values[question.id])
    return facts


def _summary(question: Question, values: Sequence[Value]) -> str:
    """Counts and ranges; free text, in which people may name themselves, is only counted."""
    numbers = [float(one) for one in values if isinstance(one, int | float)]
    if question.kind in (Kind.SCALE, Kind.CHOICE, Kind.TAGS):
        points = dict(enumerate(question.options, 1))  # of a scale
        words = [
            points.get(word, str(word))
            if isinstance(word, int)
            else "cannot judge"
            if word is CANNOT_JUDGE
            else str(word)
            for one in values
            for word in (one if isinstance(one, tuple) else (one,))
        ]
        return ", ".join(f"{word} {count}" for word, count in Counter(words).most_common())
    if numbers:
        middle = median(numbers)
        return f"{min(numbers):g} to {max(numbers):g}, median {middle:g} (n = {len(numbers)})"
    return f"answered by {len(values)}"


def _flow(flow: pd.DataFrame, begun: int) -> dict[str, str]:
    if flow.empty:
        return {"Readings assigned": f"none: every case was open to everybody; {begun} begun"}
    count = {name: int(flow[name].sum()) for name in COLUMNS[1:]}
    return {
        "Readings assigned": f"{count['assigned']} to {len(flow)} readers",
        "Finished": str(count["finished"]),
        "Partly read": str(count["partly"]),
        "Not begun": str(count["not_begun"]),
        "In the main analysis": f"{count['analysed']}; left out of those begun: practice cases "
        f"{count['practice']}, repeated cases {count['repeated']}, image alone "
        f"{count['image_only']}, without a score of a map {count['unscored']}",
    }


def _agreed(consensus: Sequence[Consensus]) -> dict[str, str]:
    """What was adjudicated, by whom and when."""
    if not consensus:
        return {}
    about = {(one.case.name, one.label) for one in consensus}
    people = ", ".join(sorted({one.author for one in consensus}))
    first = min(one.changed_at for one in consensus)
    last = max(one.changed_at for one in consensus)
    return {
        "Adjudicated": f"{len(consensus)} questions about {len(about)} cases and findings, kept by "
        f"{people}, {first:%Y-%m-%d} to {last:%Y-%m-%d}; apart from readers' answers and in none "
        "of the statistics"
    }


def _reading(saved: SavedAnswer) -> tuple[object, ...]:
    answer = saved.answer
    return answer.reader, answer.session, answer.case.name, answer.shown.label


def _dates(study: Study, answers: Sequence[SavedAnswer]) -> dict[str, str | Fact]:
    dates: dict[str, str | Fact] = {"Opened": f"{study.created_at:%Y-%m-%d}"}
    if answers:
        dates["First answer"] = f"{min(saved.created_at for saved in answers):%Y-%m-%d}"
        dates["Last answer"] = f"{max(saved.changed_at for saved in answers):%Y-%m-%d}"
    if study.closed_at is None:
        still = Fact("Closed", "the study is still open", Origin.ABSENT)
        return dates | {"Closed": still}
    return dates | {"Closed": f"{study.closed_at:%Y-%m-%d}"}


def _joined(values: pd.Series) -> str:
    return ", ".join(sorted({*values} - {""}))
