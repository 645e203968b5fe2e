"""The panel of the set-up page that says how many readers and cases a comparison needs."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.ui.shared import session, sign_in
from shamsul.ui.shared.downloads import for_coordinators, zipped
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.wording import plain

if TYPE_CHECKING:
    import pandas as pd

    from shamsul.analysis.sample_size import Plan
    from shamsul.metrics.power import Components

#: Session state: whether the panel is open.
OPEN: Final = "plan-open"
_STATED, _PILOT = "Stated components", "A study as the pilot"
#: Of each component: what it is called, and the example's: AUCs of five readers and 114 cases, Van
#: Dyke 1993, estimated by the jackknife.
_EXAMPLE: Final = {
    "var_tr": ("var_tr: readers × methods", 0.00020),
    "var": ("var: error", 0.00080),
    "cov1": ("cov1: same reader", 0.00035),
    "cov2": ("cov2: same method", 0.00034),
    "cov3": ("cov3: neither same", 0.00024),
}
_EXAMPLE_CASES: Final = 114


@st.fragment
def panel() -> None:
    """What is known and what is to be found, and how many readers and cases that needs."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        box = st.expander("Sample size", key=OPEN, on_change="rerun")
        if box.open:
            with box:
                _opened()


def _opened() -> None:
    try:
        plan, about = _asked()
        needed, curves = _planned(plan)
    except ValueError as error:
        st.info(plain(f"This cannot be planned: {error}."))
        return
    _show(plan, needed, curves, about)


def _asked() -> "tuple[Plan, tuple[str, ...]]":
    """What the controls say, and what there is to say of what is known."""
    # Imported here: statistics take seconds, which writing a study file does not need.
    from shamsul.analysis.sample_size import Plan

    known, difference, methods, about = _known()
    begun = f"{methods}-{difference}"  # where another pilot has other beginnings
    places = st.columns(4)
    wanted = places[0].number_input(
        "Difference worth finding",
        min_value=0.0,
        value=difference,
        step=difference / 10,
        format="%.3f",
        key=f"plan-difference-{begun}",
        help="Between the best and the worst method, in the figure of merit's own unit.",
    )
    compared = places[1].number_input(
        "Methods", min_value=2, max_value=20, value=methods, key=f"plan-methods-{begun}"
    )
    power = places[2].number_input(
        "Power (%)",
        min_value=50,
        max_value=99,
        value=80,
        step=5,
        key="plan-power",
        help="How often a study finds the difference if there is one, at a level of 0.05.",
    )
    return Plan(known, wanted, compared, power=power / 100), about


def _show(
    plan: "Plan", needed: "pd.DataFrame", curves: "pd.DataFrame", about: tuple[str, ...]
) -> None:
    """What a plan comes to: in one sentence, as a figure, as a table and as files."""
    from shamsul.analysis.sample_size import notes, sentence
    from shamsul.ui.setup import charts

    said = sentence(plan, needed)
    st.markdown(f"**{plain(said)}**")
    left, right = st.columns([2, 1])
    left.plotly_chart(
        charts.power(curves, plan.power),
        config={"displayModeBar": False},
        key="plan-figure",
        alt=f"Power over cases for 3 to 12 readers. {said}",
    )
    right.dataframe(
        needed.rename(
            columns={"readers": "Readers", "cases": "Cases needed", "readings": "Readings in all"}
        ).drop(columns="power"),
        hide_index=True,
        placeholder="not reachable",
        height="content",
        key="plan-needed",
        alt="Cases needed for each number of readers",
    )
    st.caption("  \n".join(plain(note) for note in (*about, *notes(plan, needed))))
    st.download_button(
        "Download tables and figure (ZIP)",
        data=for_coordinators(lambda: _archive(plan)),
        file_name="sample-size.zip",
        on_click="ignore",
    )


def _known() -> "tuple[Components, float, int, tuple[str, ...]]":
    """Components, a difference and a number of methods to begin with, and what to say of them."""
    from shamsul.metrics.power import Components

    if st.radio("What is known", [_STATED, _PILOT], horizontal=True, key="plan-from") == _STATED:
        places = st.columns(len(_EXAMPLE) + 1, vertical_alignment="bottom")
        values: dict[str, Any] = {
            name: place.number_input(
                title, value=value, step=0.00005, format="%.5f", key=f"plan-{name}"
            )
            for place, (name, (title, value)) in zip(places, _EXAMPLE.items(), strict=False)
        }
        cases = places[-1].number_input(
            "Cases they are of", min_value=2, value=_EXAMPLE_CASES, key="plan-cases"
        )
        example = (
            "The components that stand here first are an example: AUCs of five readers of 114 "
            "cases, estimated from the study of Van Dyke (1993). Yours may be quite others.",
            "var_tr: how differently readers take to methods. var: the error of a figure; cov1: "
            "what errors of one reader with two methods have in common, cov2: of two readers with "
            "one method, cov3: of two readers with two methods.",
        )
        return Components(**values, cases=cases), 0.05, 2, example
    studies = {
        study.name: study for study in session.store().studies() if study.questionnaire.items
    }
    left, right = st.columns(2)
    name = left.selectbox(
        "Pilot study",
        list(studies),
        format_func=lambda name: studies[name].title,
        key="plan-pilot",
    )
    items = {item.id: item.wording for item in studies[name].questionnaire.items}
    item = right.selectbox(
        "Its scale, whose mean scores are compared",
        list(items),
        format_func=items.__getitem__,
        key=f"plan-item-{name}",
    )
    components, methods, about = _pilot(name, item, studies[name].created_at)
    return components, 0.5, methods, (about,)


@st.cache_data(show_spinner="Reading the pilot …", max_entries=16, ttl=60)
def _pilot(study: str, item: str, made: datetime) -> "tuple[Components, int, str]":
    """Of a pilot study made at that time, as it was a minute ago at most."""
    from shamsul.analysis.sample_size import of_pilot, of_study, worth
    from shamsul.metrics.mrmc import mean

    readings = of_study(session.store(), study, item)
    return of_pilot(readings, mean), len(readings.methods), worth(readings)


@st.cache_data(show_spinner=False, max_entries=64)
def _planned(plan: "Plan") -> "tuple[pd.DataFrame, pd.DataFrame]":
    needed = plan.needed()
    return needed, plan.curves(needed)


def _archive(plan: "Plan") -> bytes:
    from shamsul.analysis.power_figure import files

    return zipped(files(plan))
