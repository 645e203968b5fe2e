"""The form of the set-up page: each control writes into the study file, the rest stays."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin

import pandas as pd
import streamlit as st
import tomlkit
from tomlkit.exceptions import TOMLKitError

from shamsul.classifiers import registry
from shamsul.explainers.presets import PRESETS
from shamsul.explainers.registry import METHODS, USUAL
from shamsul.reading.design.study import Study
from shamsul.reading.design.study_file import Switches
from shamsul.settings import settings
from shamsul.ui.setup import case_choice, words
from shamsul.ui.setup.study_text import TEXT, Checked, write
from shamsul.ui.shared import session
from shamsul.ui.shared.wording import counted, plain

#: What may change in a study that was made.
_CHANGES = {("title",), ("about",), ("readers",), ("beside",), ("cases", "only")}

#: The parts of the form, and the tables of the file that they are of.
_PARTS: Final = {
    "Study": ("",),
    "Cases and findings": ("cases", "labels"),
    "Design": ("design",),
    "Questions": ("question",),
}


@dataclass(frozen=True)
class Form:
    """The form of a text that is TOML.

    Attributes
    ----------
    document : mapping
        What the text says.
    checked : Checked
    made : Study or None
        The study of this name, of which not everything may change.
    """

    document: MutableMapping[str, Any]
    checked: Checked
    made: Study | None

    def draw(self) -> None:
        """One part at a time, and where there are faults."""
        part = st.segmented_control(
            "Part of the file",
            list(_PARTS),
            default=next(iter(_PARTS)),
            required=True,
            key="setup-part",
            label_visibility="collapsed",
        )
        counts = {name: self.checked.count(*tables) for name, tables in _PARTS.items()}
        said = [f"{counted(n, 'fault')} in {name}" for name, n in counts.items() if n]
        if said:
            st.markdown(f":red[:material/error: {', '.join(said)}]")
        match part:
            case "Study":
                self._study()
            case "Cases and findings":
                self._labels()
                self._cases()
            case "Design":
                self._faults(self.checked.of_table("design"))
                for name, about in Switches.model_fields.items():
                    self._switch(name, about)
            case "Questions":
                self._questions()

    def _faults(self, faults: Iterable[str]) -> None:
        for fault in faults:
            st.markdown(f":red[:material/error: {plain(fault)}]")

    def _study(self) -> None:
        models = [info.name for info in registry.models() if info.manifest is not None]
        self._field((), "title", "", st.text_input)
        self._field((), "name", "", st.text_input, help="Small letters, digits, hyphens.")
        self._field((), "about", "", st.text_area, height=100)
        self._lines((), "readers", "One a line, in the order of the assignment.")
        self._field((), "model", models[0], st.selectbox, options=models)
        self._field(
            (),
            "beside",
            [],
            st.multiselect,
            options=[name for name in models if name != self.document.get("model")],
            help="For coordinators, once the study is closed; readers never see them.",
        )
        self._field((), "methods", list(USUAL), st.multiselect, options=list(METHODS))
        self._field((), "preset", "", st.selectbox, options=["", *PRESETS])
        self._field((), "target", "logit", st.selectbox, options=["logit", "probability"])

    def _cases(self) -> None:
        kinds = ["study", "folder", "list"]
        kind = next((one for one in kinds if one in self.document.get("cases", {})), "study")
        others = {study.name: study.title for study in session.store().studies()} or {"": ""}
        key = "setup-cases-kind"
        st.session_state[key] = kind

        def change() -> None:
            for one in (*kinds, "only"):
                write(("cases",), one, None)
            chosen = st.session_state[key]
            write(("cases",), chosen, next(iter(others)) if chosen == "study" else "")

        st.radio(
            "Cases from",
            kinds,
            format_func=words.VALUES["cases",].__getitem__,
            horizontal=True,
            key=key,
            on_change=change,
            disabled=self.made is not None,
        )
        self._faults(self.checked.of_table("cases"))
        if kind == "study":
            first = next(iter(others))
            self._field(
                ("cases",), "study", first, st.selectbox, options=list(others), titles=others
            )
            case_choice.pictures(self.document)
            self._faults(self.checked.at("cases", "only"))
            return
        what = "A folder" if kind == "folder" else "A file with the columns file, case, labels"
        where = ", ".join(map(str, settings().study_folders)) or "SHAMSUL_STUDY_FOLDERS: none yet"
        self._field(("cases",), kind, "", st.text_input, help=f"{what}, below {where}.")
        self._lines(("cases",), "only", "Names of the cases to take, one a line; empty: all.")

    def _labels(self) -> None:
        sources = ["annotation", "prediction", "given"]
        self._field(("labels",), "from", "prediction", st.selectbox, options=sources)
        source = self.document.get("labels", {}).get("from")
        if source == "given" or self.checked.at("labels", "given"):
            self._lines(("labels",), "given", "Of every case, one a line.")
        self._field(("labels",), "most", 1, st.number_input, min_value=1, step=1)

    def _questions(self) -> None:
        self._faults(
            f"question {number + 1}: {fault}" for number, fault in _by_question(self.checked)
        )
        if self.checked.file is None:
            st.caption("The questions are listed once the file is in order.")
            return
        st.table(
            pd.DataFrame(
                {
                    "Asked": words.STEPS[one.step],
                    "Question": plain(one.wording),
                    "Answered by": words.KINDS[one.kind],
                    "Required": "yes" if one.required else "no",
                }
                for one in self.checked.file.study.questionnaire.questions
            ).set_index("Asked")
        )

    def _switch(self, name: str, about: Any) -> None:
        """The control that a switch's type asks for."""
        common: dict[str, Any] = {"help": about.description}
        kind, default = about.annotation, about.default
        if kind is bool:
            self._field(("design",), name, default, st.checkbox, **common)
        elif kind in (int, float):
            limits = {
                "min_value": kind(0),
                "step": 1 if kind is int else 0.05 if name == "controlled" else 1.0,
            }
            self._field(("design",), name, default, st.number_input, **common, **limits)
        elif get_origin(kind) is tuple:
            options = list(get_args(get_args(kind)[0]))
            self._field(("design",), name, [], st.multiselect, **common, options=options)
        else:
            options = list(get_args(kind))
            self._field(("design",), name, default, st.selectbox, **common, options=options)

    def _field(
        self,
        table: tuple[str, ...],
        name: str,
        default: object,
        widget: Callable[..., object],
        titles: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """A control that shows what the text says and writes what is chosen; its faults below."""
        place = (*table, name)
        key = "-".join(("setup", *place))
        holder = self.document.get(table[0], {}) if table else self.document
        # Before the control is drawn: what it shows is the text's, however that came about.
        st.session_state[key] = _shown(holder.get(name, default), default, options.get("options"))

        def change() -> None:
            write(table, name, st.session_state[key])

        called = words.VALUES.get(place, {}) if titles is None else titles
        if "options" in options:
            options["format_func"] = lambda value: called.get(value, value)
        widget(
            words.TITLES[place],
            key=key,
            on_change=change,
            disabled=self.made is not None and place not in _CHANGES,
            **options,
        )
        self._faults(self.checked.at(*place))

    def _lines(self, table: tuple[str, ...], name: str, help: str) -> None:
        """A list of texts, one a line; its faults below."""
        place = (*table, name)
        key = "-".join(("setup", *place))
        holder = self.document.get(table[0], {}) if table else self.document
        st.session_state[key] = "\n".join(map(str, as_list(holder.get(name, []))))

        def change() -> None:
            lines = [line.strip() for line in st.session_state[key].splitlines() if line.strip()]
            write(table, name, lines or None)

        st.text_area(
            words.TITLES[place],
            key=key,
            on_change=change,
            help=help,
            height=100,
            disabled=self.made is not None and place not in _CHANGES,
        )
        self._faults(self.checked.at(*place))


def form(checked: Checked, made: Study | None) -> None:
    """Controls for the file's settings; each writes into the text and leaves the rest alone."""
    try:
        document = tomlkit.parse(st.session_state[TEXT])
    except (TOMLKitError, RecursionError, ValueError):
        st.info("The form is back as soon as the text is TOML again.")
        return
    Form(document, checked, made).draw()


def as_list(value: object) -> list[Any]:
    """The entries of a list; none of anything else."""
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else []


def _shown(value: Any, default: object, known: list[Any] | None) -> object:
    """A setting as its control can show it."""
    value = value.unwrap() if hasattr(value, "unwrap") else value
    if known is not None:
        if isinstance(default, list):
            return [one for one in as_list(value) if one in known]
        if value not in known:
            value = default if default in known else known[0]
    elif not isinstance(value, type(default)) and not isinstance(value, int):
        value = default
    return float(value) if isinstance(default, float) else value


def _by_question(checked: Checked) -> list[tuple[int, str]]:
    return [
        (fault.place[1], fault.reason)
        for fault in checked.faults
        if fault.place[:1] == ("question",)
        and len(fault.place) > 1
        and isinstance(fault.place[1], int)
    ]
