"""Parts of the set-up page: a study file written by form or by hand, checked as one writes."""

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

import streamlit as st
import tomlkit
from streamlit.delta_generator import DeltaGenerator
from tomlkit.exceptions import TOMLKitError

from shamsul.classifiers import registry
from shamsul.explainers.presets import PRESETS
from shamsul.explainers.registry import METHODS, USUAL
from shamsul.reading.database.transactions import StoreError
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.questionnaire import Question
from shamsul.reading.design.study import Study
from shamsul.reading.design.study_file import StudyFile, StudyFileError, Switches, read_study_file
from shamsul.settings import settings
from shamsul.studies import opening
from shamsul.studies.opening import Made, StudyError
from shamsul.ui.shared import session
from shamsul.ui.shared.wording import plain

#: Session state: the study file that is being written.
TEXT = "study-file"
_PRESSED = "setup-pressed"
CLOSE_FOR_GOOD = "Close it for good"

_NEW = """\
name = "my-study"
title = "My study"
about = "What readers are told about it."
model = "phantom"
methods = {methods}
readers = ["Ada", "Bo"]

[cases]
study = "phantom-demo"

[labels]
from = "prediction"
most = 1

[design]
seed = 1
"""


def new() -> str:
    """The study file that one starts with."""
    return _NEW.format(methods=list(USUAL)).replace("'", '"')


def start(text: str) -> None:
    """Go on with another study file."""
    st.session_state[TEXT] = text


def folder() -> Path:
    """What paths in study files are relative to."""
    return settings().data_dir


def check() -> StudyFile | None:
    """The study that the text describes; its faults are listed otherwise."""
    try:
        return read_study_file(
            st.session_state[TEXT],
            opening.known(session.store()),
            folder=folder(),
            allowed=settings().study_folders,
        )
    except StudyFileError as error:
        st.error("\n".join(f"- {plain(str(fault))}" for fault in error.faults))
        return None


# ---- The form ------------------------------------------------------------------------------------


def form() -> None:
    """Controls for the file's settings; each writes into the text and leaves the rest alone."""
    try:
        document = tomlkit.parse(st.session_state[TEXT])
    except (TOMLKitError, RecursionError, ValueError):
        st.info("The form is back as soon as the text is TOML again.")
        return
    models = [info.name for info in registry.models() if info.manifest is not None]
    others = [study.name for study in session.store().studies()] or [""]
    with st.expander("Study", expanded=True):
        _field(document, (), "name", "", st.text_input, help="Small letters, digits, hyphens.")
        _field(document, (), "title", "", st.text_input)
        _field(document, (), "about", "", st.text_area, height=100, help="Readers see it first.")
        _lines(document, (), "readers", "One a line, in the order of the assignment.")
        _field(document, (), "model", models[0], st.selectbox, options=models)
        _field(document, (), "methods", list(USUAL), st.multiselect, options=list(METHODS))
        _field(document, (), "preset", "", st.selectbox, options=["", *PRESETS])
        _field(document, (), "target", "logit", st.selectbox, options=["logit", "probability"])
    with st.expander("Cases and labels"):
        _cases(document, others)
        sources = ["annotation", "prediction", "given"]
        _field(document, ("labels",), "from", "prediction", st.selectbox, options=sources)
        _lines(document, ("labels",), "given", 'Labels of every case, for from = "given".')
        _field(document, ("labels",), "most", 1, st.number_input, min_value=1, step=1)
    with st.expander("Design"):
        for name, about in Switches.model_fields.items():
            _switch(document, name, about)


def _cases(document: MutableMapping[str, Any], others: Sequence[str]) -> None:
    cases = document.get("cases", {})
    kinds = ["study", "folder", "list"]
    kind = next((one for one in kinds if one in cases), "study")
    key = "setup-cases-kind"
    st.session_state[key] = kind

    def change() -> None:
        _write(("cases",), "study", None)
        _write(("cases",), "folder", None)
        _write(("cases",), "list", None)
        chosen = st.session_state[key]
        _write(("cases",), chosen, others[0] if chosen == "study" else "")

    st.radio("Cases from", kinds, horizontal=True, key=key, on_change=change)
    if kind == "study":
        _field(document, ("cases",), "study", others[0], st.selectbox, options=others)
    else:
        what = "A folder" if kind == "folder" else "A CSV file with the columns file, case, labels"
        where = ", ".join(map(str, settings().study_folders)) or "SHAMSUL_STUDY_FOLDERS: none yet"
        _field(document, ("cases",), kind, "", st.text_input, help=f"{what}, below {where}.")
    _lines(document, ("cases",), "only", "Names of the cases to take; empty: all.")


def _switch(document: MutableMapping[str, Any], name: str, about: Any) -> None:
    """The control that a switch's type asks for."""
    common: dict[str, Any] = {"help": about.description}
    kind, default = about.annotation, about.default
    if kind is bool:
        _field(document, ("design",), name, default, st.checkbox, **common)
    elif kind in (int, float):
        limits = {
            "min_value": kind(0),
            "step": 1 if kind is int else 0.05 if name == "controlled" else 1.0,
        }
        _field(document, ("design",), name, default, st.number_input, **common, **limits)
    elif get_origin(kind) is tuple:
        options = list(get_args(get_args(kind)[0]))
        _field(document, ("design",), name, [], st.multiselect, **common, options=options)
    else:
        options = list(get_args(kind))
        _field(document, ("design",), name, default, st.selectbox, **common, options=options)


def _field(
    document: MutableMapping[str, Any],
    table: tuple[str, ...],
    name: str,
    default: object,
    widget: Callable[..., object],
    **options: Any,
) -> None:
    """A control that shows what the text says and writes what is chosen."""
    key = "-".join(("setup", *table, name))
    holder = document.get(table[0], {}) if table else document
    value = holder.get(name, default)
    value = value.unwrap() if hasattr(value, "unwrap") else value
    if "options" in options:
        known = options["options"]
        if isinstance(default, list):
            value = [one for one in _list(value) if one in known]
        elif value not in known:
            value = default if default in known else known[0]
    elif not isinstance(value, type(default)) and not isinstance(value, int):
        value = default
    if isinstance(default, float):
        value = float(value)
    # Before the control is drawn: what it shows is the text's, however that came about.
    st.session_state[key] = value

    def change() -> None:
        _write(table, name, st.session_state[key])

    widget(name.replace("_", " ").capitalize(), key=key, on_change=change, **options)


def _lines(
    document: MutableMapping[str, Any], table: tuple[str, ...], name: str, help: str
) -> None:
    """A list of texts, one a line."""
    key = "-".join(("setup", *table, name))
    holder = document.get(table[0], {}) if table else document
    st.session_state[key] = "\n".join(map(str, _list(holder.get(name, []))))

    def change() -> None:
        lines = [line.strip() for line in st.session_state[key].splitlines() if line.strip()]
        _write(table, name, lines or None)

    st.text_area(name.capitalize(), key=key, on_change=change, help=help, height=100)


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else []


def _write(table: tuple[str, ...], name: str, value: object) -> None:
    """Set one value of the text, None to leave it out; comments and the rest stay as they are."""
    document = tomlkit.parse(st.session_state[TEXT])
    holder: Any = document
    if table:
        if table[0] not in document:
            document.add(table[0], tomlkit.table())
        holder = document[table[0]]
    if value is None:
        if name in holder:
            del holder[name]
    elif name in holder or table:
        holder[name] = value
    else:
        # Before the first table, or it would become part of the last one.
        st.session_state[TEXT] = tomlkit.dumps({name: value}) + st.session_state[TEXT]
        return
    st.session_state[TEXT] = tomlkit.dumps(document)


def add_usual_questions() -> None:
    """Write the usual questionnaire into the text, to be changed there."""
    questions = tomlkit.aot()
    for question in DEFAULT.questions:
        questions.append(tomlkit.item(_question(question)))
    addition = tomlkit.document()
    addition.add("question", questions)
    st.session_state[TEXT] = f"{st.session_state[TEXT].rstrip()}\n\n{tomlkit.dumps(addition)}"


def _question(question: Question) -> dict[str, object]:
    content: dict[str, object] = {
        "id": question.id,
        "wording": question.wording,
        "kind": question.kind.value,
        "step": question.step.name.lower(),
        "construct": question.construct,
        "source": question.source,
        "options": list(question.options),
        "may_abstain": question.may_abstain,
        "help": question.help,
        "required": question.required,
        "minimum": question.minimum,
        "maximum": question.maximum,
    }
    return {
        name: value
        for name, value in content.items()
        if not (value is None or value is False or value in ("", []))
    }


# ---- What is done with the file ------------------------------------------------------------------


def button(place: DeltaGenerator, label: str, *, primary: bool = False) -> None:
    """A button whose press is told by :func:`pressed`, in whatever run comes next."""
    place.button(
        label,
        type="primary" if primary else "secondary",
        width="stretch",
        on_click=st.session_state.update,
        args=({_PRESSED: label},),
    )


def pressed() -> str:
    """The label of the button that was pressed, once."""
    return str(st.session_state.pop(_PRESSED, ""))


def create(file: StudyFile) -> None:
    """Make the study, with a progress bar."""
    bar = st.progress(0.0, text="Taking the cases in …")

    def progress(done: int, planned: int) -> None:
        bar.progress(done / max(planned, 1), text="Taking the cases in …")

    try:
        made = opening.create(
            file,
            folder(),
            store=session.store(),
            archive=session.archive(),
            annotations=session.annotations(),
            load=cache(session.classifier),
            max_bytes=settings().max_upload_mb * 2**20,
            allowed=settings().study_folders,
            progress=progress,
        )
    except (StudyError, StoreError) as error:
        st.error(plain(str(error)))
    else:
        _tell(made, "made")
        st.caption(
            f"Compute its maps before readers begin: `shamsul precompute {made.study.name}`."
        )
    bar.empty()


def update(file: StudyFile) -> None:
    """Take over new words and added readers."""
    try:
        _tell(opening.update(file, session.store()), "updated")
    except (StudyError, StoreError) as error:
        st.error(plain(str(error)))


def _tell(made: Made, what: str) -> None:
    st.success(plain(f"{made.study.title} {what}: {made.cases} cases, {made.readings} readings."))
    for name, reason in made.left_out:
        st.warning(plain(f"{name} was left out: {reason}."))


@st.dialog("Close the study?")
def close(study: Study) -> None:
    """Ask, and have the page end the study, where failures are said."""
    if _PRESSED in st.session_state:
        st.rerun()
    title = plain(study.title)
    st.write(f"From then on nobody can answer anything in {title}. It cannot be undone.")
    button(st.container(), CLOSE_FOR_GOOD, primary=True)


def close_for_good(study: Study) -> None:
    """End the study, and draw the page anew."""
    session.readings().close(study.name)
    st.rerun()
