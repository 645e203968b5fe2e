"""Which units carry a label's output: a figure, a table, a file."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from shamsul.studies.units import PHANTOMS, UnitStudy, carried
from shamsul.ui.shared import session
from shamsul.ui.shared.charts import ALONE, PALE, written
from shamsul.ui.shared.wording import counted, plain
from shamsul.ui.units.choice import Choice, Known, coming
from shamsul.units.dissection import NAMED, Dissection
from shamsul.units.ranking import Shares, rows, shares

#: Units in the figure.
DRAWN = 12
PERCENT = ["share", "low", "high"]


#: Columns of the table, from what rows call them.
COLUMNS = {
    "unit": "Unit",
    "share": "Share",
    "low": "95% from",
    "high": "95% to",
    "name": "Name",
    "name_iou": "IoU",
    "annotated": "Annotated as",
    "annotated_iou": "IoU with annotations",
}


def show(chosen: Choice, known: Known) -> pd.DataFrame:
    """Draw the ranking; returns its table."""
    manifest = chosen.classifier.manifest
    surveys = [found for _, found in known]
    counts, is_found = carried(surveys, manifest, chosen.label)
    found = shares([surveys[n] for n in counts], manifest.labels.index(chosen.label))
    named = chosen.units.names()
    ranked = pd.DataFrame(rows(found, named, _annotated(chosen.units, known)))
    ranked[PERCENT] *= 100
    if named is not None:
        ranked["name"] = ranked["name"].fillna("")
    st.markdown(f"##### Which units carry {plain(chosen.label)}")
    st.caption(plain(_about(chosen.label, found, len(counts) if is_found else 0)))
    st.plotly_chart(
        _figure(ranked.head(DRAWN)),
        config={"displayModeBar": False},
        key="unit-shares",
        alt=f"Shares of the {DRAWN} units that carry most of {chosen.label}; the table has them.",
    )
    with st.expander(f"All {counted(len(ranked), 'unit')}"):
        st.dataframe(
            ranked.dropna(axis=1, how="all").rename(columns=COLUMNS),
            hide_index=True,
            placeholder="",
            column_config={
                **{
                    COLUMNS[one]: st.column_config.NumberColumn(format="%.1f %%") for one in PERCENT
                },
                **{
                    COLUMNS[one]: st.column_config.NumberColumn(format="%.2f")
                    for one in ("name_iou", "annotated_iou")
                },
            },
        )
        st.download_button(
            "Table (CSV)",
            ranked.to_csv(index=False),
            f"units-{chosen.units.of.layer.name}.csv",
            "text/csv",
            icon=":material/download:",
        )
    _naming(chosen.units, named)
    return ranked


def _about(label: str, found: Shares, count: int) -> str:
    where = f"{counted(count, 'radiograph')} in which the model finds it"
    if not count:
        where = "the radiograph in which it is largest: the model finds it in none"
    lost = round(100 * (1 - found.total))
    rest = f" Biases on the way {'absorb' if lost > 0 else 'add'} {abs(lost)} %." if lost else ""
    return f"Shares of the output for {label}, by LRP, in {where}.{rest}"


def _annotated(units: UnitStudy, known: Known) -> Dissection | None:
    marks = tuple(
        one.digest for case, _ in known for one in session.annotations().describe(case.image_sha256)
    )
    return _dissected((*units.of.about, *units.looked, *marks), units, known)


@st.cache_resource(show_spinner="Comparing units with annotations …", max_entries=16)
def _dissected(about: tuple[object, ...], _units: UnitStudy, _known: Known) -> Dissection | None:
    return _units.annotated(_known)


def _figure(ranked: pd.DataFrame) -> go.Figure:
    words = [
        written(f"{row['unit']} · {row['name']}" if row.get("name") else str(row["unit"]))
        for _, row in ranked.iterrows()
    ]
    figure = go.Figure(
        go.Bar(
            x=ranked["share"],
            y=words,
            orientation="h",
            marker_color=ALONE,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": ranked["high"] - ranked["share"],
                "arrayminus": ranked["share"] - ranked["low"],
                "color": PALE,
            },
            hovertemplate="unit %{y}: %{x:.1f} %<extra></extra>",
        )
    )
    figure.update_layout(
        height=60 + 26 * len(ranked),
        margin={"l": 10, "r": 10, "t": 10, "b": 40},
        yaxis={"autorange": "reversed", "type": "category"},
        xaxis={"title": "Share of the output (%)", "zeroline": True},
    )
    return figure


def _naming(units: UnitStudy, named: Dissection | None) -> None:
    """What units are called, and how it is found out."""
    if named is not None:
        there = [one for unit in range(units.of.layer.units) if (one := named.name(unit))]
        st.caption(
            f"{len(there)} of {units.of.layer.units} units have a name: what their strongest "
            f"answers overlap with in {max(named.images)} phantoms, by an IoU of {NAMED} or more."
        )
        return
    going = f"naming-{units.of.manifest.fingerprint}-{units.of.layer.step}"
    if st.session_state.get(going):
        coming(units.request_names, "names")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Units get names on phantoms, where findings, ribs, heart, devices and markers are "
            "known exactly.",
            width="stretch",
        )
        st.button(
            f"Name the units on {PHANTOMS} phantoms",
            on_click=st.session_state.__setitem__,
            args=(going, True),
        )
