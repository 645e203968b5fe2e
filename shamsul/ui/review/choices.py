"""Parts of the review page."""

from typing import Any

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Method, Parameter, Value
from shamsul.explainers.registry import METHODS, SHOWN
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reading.demo import DEMO
from shamsul.reading.design.listing import Place
from shamsul.reading.design.study import Case, Study
from shamsul.studies.flagged import flags_of
from shamsul.ui.shared import notes, session
from shamsul.ui.shared.address import on_the_way
from shamsul.ui.shared.frame import bar
from shamsul.ui.shared.refusals import possible
from shamsul.ui.shared.wording import plain


def chosen_case() -> Case | None:
    """The case that the address names; without one that seen last, else the first.

    An address that names none ends the run with a sentence.
    """
    asked = st.query_params.get("case")
    wanted = asked or st.session_state.get("case", "")
    chosen = session.open_case(int(wanted)) if wanted.isdecimal() and len(wanted) < 10 else None
    if asked is not None and chosen is None:
        st.query_params["case"] = ""
        st.error("The address names no case to review: choose one on the worklist.")
        st.page_link(
            "pages/worklist.py", label="Worklist", icon=":material/list:", query_params=on_the_way()
        )
        st.stop()
    chosen = chosen or session.first_case()
    if chosen is not None:
        # In the address too, so that a refreshed page shows the same case.
        st.session_state["case"] = st.query_params["case"] = str(chosen.id)
    return chosen


def heading(study: Study, case: Case, place: Place) -> None:
    """In the bar: the case's name and place in its list, with buttons to its neighbours."""

    def go(to: Case) -> None:
        st.query_params["case"] = str(to.id)

    with bar().here:
        if study.plan is None:
            st.page_link(
                "pages/worklist.py", label="List", icon=":material/list:", query_params=on_the_way()
            )
        else:
            st.page_link(
                "pages/setup.py",
                label="Study",
                icon=":material/edit_note:",
                query_params=on_the_way(),
            )
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            type="tertiary",
            key="case-before",
            help="Previous case ([ or PageUp)",
            disabled=not place.before,
            on_click=go,
            args=place.before[-1:],
        )
        st.button(
            "Next",
            icon=":material/chevron_right:",
            type="tertiary",
            key="case-after",
            help="Next case (] or PageDown)",
            disabled=not place.after,
            on_click=go,
            args=place.after[:1],
        )
        about = f"case {place.number} of {place.count}, {plain(study.title)}"
        st.markdown(f"**{plain(case.name)}** :gray[{about}]")


def warnings(study: Study, case: Case, manifest: Manifest, radiograph: Radiograph) -> None:
    """Say in a line what a reader must know before believing anything on the page."""
    phantom = study.model in registry.BUNDLED and study.name != DEMO.name
    flags = flags_of(session.desk().scores, study, manifest.fingerprint, case)
    if not (phantom or flags or radiograph.notes or radiograph.burned_in_annotation):
        return
    with st.container(
        key="notes", horizontal=True, wrap=False, gap="small", vertical_alignment="center"
    ):
        if phantom:
            if study.plan is None:  # others keep theirs
                st.page_link(
                    "pages/models.py",
                    label="Choose a model",
                    icon=":material/network_node:",
                    query_params=on_the_way(),
                )
            st.warning(
                "This model was trained on synthetic phantoms only and never saw a patient: what "
                "it says about this radiograph means nothing clinically.",
                icon=":material/warning:",
            )
        notes.show(radiograph)
        for one in flags:
            of = f"{EXPLAINERS[one.method].title} map of {one.label}"
            st.warning(
                plain(f"The {of} belongs to a suspicious cluster of the study. {one.reason}"),
                icon=":material/flag:",
            )
        if radiograph.burned_in_annotation:
            st.warning(
                "The file says that text is burned into the image; it may name the patient.",
                icon=":material/warning:",
            )


def dock(study: Study) -> str:
    """In the bar: what is open below the pictures: "Rate", "Compare" or nothing.

    Nothing is rated in a study that was planned, and is closed.
    """
    rates = study.plan is None
    with bar().tools:
        chosen = st.segmented_control(
            "Below the pictures",
            ["Rate", "Compare"] if rates else ["Compare"],
            key="dock" if rates else "dock-of-closed",
            label_visibility="collapsed",
            persist_state="session",
        )
    return chosen or ""


def explanation_settings(manifest: Manifest) -> tuple[Target, dict[str, dict[str, Value]]]:
    """What is explained, by which methods, and with which parameters; controls for them in the bar.

    The controls are drawn while they are open: from case to case they would take as long as all
    the rest of the bar.

    Parameters
    ----------
    manifest : Manifest
        Of the model that is explained.

    Returns
    -------
    target : Target
    parameters : dict
        Of the chosen methods, by name, whether or not they can explain the model.
    """
    with bar().tools:
        settings = st.popover(
            "Settings",
            icon=":material/tune:",
            type="tertiary",
            help="What is explained, and how",
            key="settings",
            on_change="rerun",
        )
    if settings.open:
        with settings:
            st.session_state["explained"] = _explained(manifest)
    usual = {name: METHODS[name].settle({}) for name in SHOWN}
    target: Target
    chosen: dict[str, dict[str, Value]]
    target, chosen = st.session_state.get("explained", (Target.LOGIT, usual))
    return target, chosen


def _explained(manifest: Manifest) -> tuple[Target, dict[str, dict[str, Value]]]:
    chosen = st.pills(
        "Methods",
        list(METHODS),
        format_func=lambda name: METHODS[name].title,
        selection_mode="multi",
        default=list(SHOWN),
        key="methods",
        persist_state="session",
        wrap=True,
    )
    # Offered all the same: the choice is kept for studies with other models.
    _, others = possible(METHODS, manifest)
    if others:
        st.caption(plain(others))
    target = st.radio(
        "Explain the model's",
        [member.value for member in Target],
        key="target",
        horizontal=True,
        persist_state="session",
    )
    parameters: dict[str, dict[str, Value]] = {}
    for method in (METHODS[name] for name in METHODS if name in (chosen or SHOWN)):
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
