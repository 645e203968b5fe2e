"""The study file that is being written: a text that forms and people change, and its faults."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import streamlit as st
import tomlkit

from shamsul.explainers.registry import USUAL
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.questionnaire import Question
from shamsul.reading.design.study_file import (
    StudyFile,
    StudyFileError,
    read_study_file,
)
from shamsul.settings import settings
from shamsul.storage.toml_file import Fault, Place
from shamsul.studies import opening
from shamsul.ui.shared import session

#: Session state: the study file that is being written, in its control and beside, and of which
#: study it was opened.
TEXT: Final = "study-file"
_KEPT: Final = "study-file-kept"
_OPENED: Final = "study-file-of"

_NEW = """\
name = "{name}"
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
    names = session.store().names()
    free = ("my-study", *(f"my-study-{number}" for number in range(2, len(names) + 3)))
    name = next(one for one in free if one not in names)
    return _NEW.format(name=name, methods=list(USUAL)).replace("'", '"')


def open_file(study: str, text: str | None) -> None:
    """Begin with a study's file, or a new one, unless that is being written already.

    Parameters
    ----------
    study : str
        Its name; empty: a new one.
    text : str or None
        Its file; None: the one that one starts with.
    """
    state = st.session_state
    if state.get(_OPENED) != study:
        state[_OPENED] = study
        state[TEXT] = new() if text is None else text
    elif TEXT not in state:  # Streamlit forgets what no control has shown
        state[TEXT] = state[_KEPT]
    state[_KEPT] = state[TEXT]


def folder() -> Path:
    """What paths in study files are relative to."""
    return settings().data_dir


@dataclass(frozen=True)
class Checked:
    """What the text says.

    Attributes
    ----------
    file : StudyFile or None
        None where it has faults.
    faults : tuple of Fault
    """

    file: StudyFile | None
    faults: tuple[Fault, ...] = ()

    def at(self, *place: str) -> list[str]:
        """What is wrong with a setting, or with an entry of it."""
        return [_bare(fault) for fault in self.faults if _named(fault.place)[: len(place)] == place]

    def of_table(self, table: str) -> list[str]:
        """What is wrong with a table as a whole."""
        return [_bare(fault) for fault in self.faults if _named(fault.place) == (table,)]

    def count(self, *tables: str) -> int:
        """How many faults some tables have; those before the first table are in `""`."""
        heads = [_named(fault.place) for fault in self.faults if fault.place]
        tabled = [head[0] if head[0] in _TABLES else "" for head in heads]
        return sum(table in tables for table in tabled)


_TABLES: Final = ("cases", "labels", "design", "question")


def _named(place: Place) -> tuple[str, ...]:
    return tuple(part for part in place if isinstance(part, str))


def _bare(fault: Fault) -> str:
    """The fault without the setting's name, beside which it stands."""
    return fault.reason.removeprefix(f"{'.'.join(_named(fault.place))}: ")


def check() -> Checked:
    """Read the text."""
    try:
        return Checked(
            read_study_file(
                st.session_state[TEXT],
                opening.known(session.store()),
                folder=folder(),
                allowed=settings().study_folders,
            )
        )
    except StudyFileError as error:
        return Checked(None, error.faults)


def write(table: tuple[str, ...], name: str, value: object) -> None:
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
