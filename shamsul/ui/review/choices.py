"""Parts of the review page."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.prediction import NO_FINDING, Prediction
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Method, Parameter, Value
from shamsul.explainers.registry import METHODS, USUAL
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reading.demo import DEMO
from shamsul.reading.design.study import Case, Study
from shamsul.ui.shared import notes
from shamsul.ui.shared.wording import plain


def chosen_case(cases: Sequence[Case]) -> Case | None:
    """The case that the address names; without one that seen last, else the first.

    An address that names none ends the run with a sentence.
    """
    known = {str(case.id): case for case in cases}
    asked = st.query_params.get("case")
    if asked is not None and asked not in known:
        st.query_params["case"] = ""
        st.error("The address names no case to review: choose one on the worklist.")
        st.page_link("pages/worklist.py", label="Worklist", icon=":material/list:")
        st.stop()
    chosen = known.get(asked or st.session_state.get("case", "")) or next(iter(cases), None)
    if chosen is not None:
        # In the address too, so that a refreshed page shows the same case.
        st.session_state["case"] = st.query_params["case"] = str(chosen.id)
    return chosen


def heading(study: Study, case: Case, cases: Sequence[Case]) -> None:
    """The case's name and place in its study, with buttons to its neighbours."""
    place = [other.id for other in cases].index(case.id)
    title, before, after = st.columns([8, 1, 1], vertical_alignment="center")
    about = f"{plain(study.title)}, case {place + 1} of {len(cases)}"
    title.markdown(f"#### {plain(case.name)}  :gray[{about}]")

    def go(step: int) -> None:
        st.query_params["case"] = str(cases[place + step].id)

    before.button(
        "Previous",
        icon=":material/chevron_left:",
        disabled=place == 0,
        on_click=go,
        args=(-1,),
        width="stretch",
    )
    after.button(
        "Next",
        icon=":material/chevron_right:",
        disabled=place == len(cases) - 1,
        on_click=go,
        args=(1,),
        width="stretch",
    )


def warnings(study: Study, radiograph: Radiograph) -> None:
    """Say what a reader must know before believing anything on the page."""
    if study.model == registry.PHANTOM and study.name != DEMO.name:
        st.warning(
            "This model was trained on synthetic phantoms only and never saw a patient: what it "
            "says about this radiograph means nothing clinically.",
            icon=":material/warning:",
        )
    notes.show(radiograph)
    if radiograph.burned_in_annotation:
        st.warning(
            "The file says that text is burned into the image; it may name the patient.",
            icon=":material/warning:",
        )


def label_choice(case: Case, prediction: Prediction) -> tuple[str, ...]:
    """Let the reader choose the labels to look at, most probable first."""
    ranked = sorted(prediction.scores, key=lambda score: -score.probability)
    positive = set(prediction.shown_labels) - {NO_FINDING}
    usual = next((score.label for score in ranked if score.label in positive), ranked[0].label)
    chosen = st.pills(
        "Labels to explain",
        [score.label for score in ranked],
        selection_mode="multi",
        format_func=plain,
        default=[usual],
        key=f"labels-{case.id}-{prediction.model}",
        help="Each label gets a row of maps.",
        wrap=True,
    )
    return tuple(chosen) or (usual,)


def explanation_settings() -> tuple[Target, dict[str, dict[str, Value]]]:
    """Controls for what is explained, by which methods, and with which parameters.

    Returns
    -------
    target : Target
    parameters : dict
        Of the chosen methods, by name.
    """
    parameters: dict[str, dict[str, Value]] = {}
    with st.popover("Explanation settings", icon=":material/tune:", width="stretch"):
        chosen = st.pills(
            "Methods",
            list(METHODS),
            format_func=lambda name: METHODS[name].title,
            selection_mode="multi",
            default=list(USUAL),
            key="methods",
            persist_state="session",
            wrap=True,
        )
        target = st.radio(
            "Explain the model's",
            [member.value for member in Target],
            key="target",
            horizontal=True,
            persist_state="session",
        )
        for method in (METHODS[name] for name in METHODS if name in (chosen or USUAL)):
            st.markdown(f"**{method.title}**", help=f"{method.reading} {method.citation}")
            parameters[method.name] = {
                parameter.name: _control(method, parameter) for parameter in method.parameters
            }
    return Target(target), parameters


def _control(method: Method, parameter: Parameter) -> Value:
    """The widget that a declared parameter asks for, and what it holds."""
    label = f"{method.title} {parameter.name.replace('_', ' ')}"
    common: dict[str, Any] = {
        "key": f"{method.name}.{parameter.name}",
        "help": parameter.help,
        "persist_state": "session",
    }
    default = parameter.default
    value: Value
    if isinstance(default, bool):
        value = st.checkbox(label, default, **common)
    elif parameter.choices:
        choices = list(parameter.choices)
        value = st.selectbox(label, choices, choices.index(str(default)), **common)
    elif isinstance(default, str):
        value = st.text_input(label, default, **common)
    else:
        kind = type(default)
        limits: dict[str, Any] = {
            name: None if limit is None else kind(limit)
            for name, limit in (("min_value", parameter.minimum), ("max_value", parameter.maximum))
        }
        value = kind(st.number_input(label, value=default, **limits, **common))
    return value
