"""One unit: where it answers, what it brings to a label, what the outputs do without it."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image
from skimage.segmentation import find_boundaries

from shamsul.computing.jobs import Job
from shamsul.explainers.registry import METHODS
from shamsul.localisation.maps import on_image
from shamsul.radiographs.geometry import Geometry
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Case
from shamsul.reporting.overlay import png
from shamsul.studies.panels import Source, open_sources
from shamsul.ui.shared import maps, session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.viewer import Row, pictures, shown, viewer
from shamsul.ui.shared.wording import plain
from shamsul.ui.units.choice import Choice, Known, coming
from shamsul.units.field import receptive_field
from shamsul.units.ranking import most_relevant, strongest
from shamsul.units.survey import Survey

#: Radiographs in a row.
PICTURED = 6
#: Pixels of their longer side.
SIDE = 260
#: Share of its largest answer from which on a unit's answer is outlined.
OUTLINED = 0.5
OUTLINE = (80, 220, 240)


def show(chosen: Choice, known: Known, ranked: pd.DataFrame) -> None:
    """Let a coordinator choose a unit, and show it."""
    words = {
        int(row["unit"]): f"{row['unit']} · {row['share']:.1f} %"
        + (f" · {row['name']}" if row.get("name") else "")
        for _, row in ranked.iterrows()
    }
    st.markdown("##### One unit")
    # Of another key once units have names, which the browser would not put beside the number.
    about = f"{chosen.units.of.layer.step}-{chosen.label}"
    before = st.session_state.get(f"unit-before-{about}", next(iter(words)))
    unit = st.selectbox(
        "Unit, by its share",
        list(words),
        index=list(words).index(before),
        format_func=words.__getitem__,
        key=f"unit-{about}-{'name' in ranked}",
        width=420,
    )
    st.session_state[f"unit-before-{about}"] = unit
    surveys = [found for _, found in known]
    label = chosen.classifier.manifest.labels.index(chosen.label)
    _pictures(f"Unit {unit} answers most", chosen, known, unit, strongest(surveys, unit))
    _pictures(
        f"Unit {unit} brings most to {chosen.label}",
        chosen,
        known,
        unit,
        most_relevant(surveys, unit, label),
    )
    _effects(chosen, unit)
    _in_a_case(chosen, known, unit, strongest(surveys, unit))


def _pictures(
    title: str,
    chosen: Choice,
    known: Known,
    unit: int,
    places: Sequence[tuple[int, int, int]],
) -> None:
    """Radiographs cut to what the unit sees where it answers."""
    st.markdown(f"**{plain(title)}**")
    columns = st.columns(PICTURED)
    for column, (n, row, over) in zip(columns, places, strict=False):
        case, found = known[n]
        answer = float(found.activations[unit, row, over])
        about = (*chosen.units.of.about, case.image_sha256)
        picture = _picture(about, (unit, row, over), chosen, case.image_sha256, found)
        words = f"{case.name}, answer {answer:.2f}"
        column.image(picture, caption=plain(words), alt=f"{title}: {words}")


@st.cache_data(max_entries=256, show_spinner=False)
def _picture(
    about: tuple[object, ...],
    place: tuple[int, int, int],
    _chosen: Choice,
    _image_sha256: str,
    _found: Survey,
) -> bytes:
    unit, row, column = place
    radiograph = session.radiograph(_image_sha256)
    geometry = _chosen.units.image(_image_sha256).geometry
    answers = _on_grid(_found.activations[unit], geometry)
    seen = on_image(answers, geometry) >= OUTLINED * float(_found.activations[unit].max())
    field = receptive_field(
        _chosen.classifier.module, _chosen.units.of.layer, geometry.grid_shape[0]
    )
    top, left, bottom, right = field.box(row, column, geometry.grid_shape)
    corners = geometry.to_image([[top - 0.5, left - 0.5], [bottom - 0.5, right - 0.5]])
    (top, left), (bottom, right) = np.rint(corners + 0.5).astype(int).tolist()
    rows = slice(max(0, top), min(radiograph.shape[0], bottom))
    columns = slice(max(0, left), min(radiograph.shape[1], right))
    return png(_outlined(radiograph, seen, rows, columns))


def _outlined(radiograph: Radiograph, seen: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """A part of a radiograph, small, with an outline."""
    grey = np.rint(radiograph.pixels[rows, columns] * 255).astype(np.uint8)
    small = Image.fromarray(grey)
    factor = SIDE / max(small.size)
    size = (max(1, round(small.width * factor)), max(1, round(small.height * factor)))
    drawn = np.repeat(np.array(small.resize(size))[..., None], 3, axis=2)
    mask = np.array(Image.fromarray(seen[rows, columns]).resize(size))
    drawn[find_boundaries(mask, connectivity=2)] = OUTLINE
    return drawn


def _on_grid(answers: np.ndarray, geometry: Geometry) -> np.ndarray:
    """A layer's map on the model's grid, bilinearly."""
    small = Image.fromarray(answers.astype(np.float32))
    return np.asarray(
        small.resize(geometry.grid_shape[::-1], Image.Resampling.BILINEAR), np.float32
    )


def _effects(chosen: Choice, unit: int) -> None:
    """What the outputs do where the unit is set to its mean."""
    st.markdown(f"**Outputs without unit {unit}**")
    changes = chosen.units.effects(unit)
    if changes is None:
        coming(partial(chosen.units.request_effects, unit), f"effects-{unit}")
        return
    st.caption(
        "How logits change in each case where the unit has its mean over the study everywhere, "
        "others as they are."
    )
    st.dataframe(
        pd.DataFrame(
            {
                "Label": chosen.classifier.manifest.labels,
                "Mean change": changes.mean(0),
                "Least": changes.min(0),
                "Most": changes.max(0),
            }
        ),
        hide_index=True,
        width="content",
        column_config={
            name: st.column_config.NumberColumn(format="%+.2f")
            for name in ("Mean change", "Least", "Most")
        },
    )


def _in_a_case(
    chosen: Choice, known: Known, unit: int, places: Sequence[tuple[int, int, int]]
) -> None:
    """The unit's maps over a radiograph, beside LRP's."""
    st.markdown(f"**Unit {unit} in a case**")
    cases = {known[n][0].id: known[n][0] for n, _, _ in places}
    case = cases[
        st.selectbox(
            "Case, by the unit's answer",
            list(cases),
            format_func=lambda number: plain(cases[number].name),
            key=f"unit-case-{unit}",
            width=420,
        )
    ]
    wanted = (
        *chosen.units.sources(case, unit),
        *open_sources(chosen.study, [case], [METHODS["lrp"]]),
    )
    come = all(job.is_over for job in _asked(wanted))
    key = f"units-{case.id}"
    st.fragment(_film, run_every=None if come else 1.0)(chosen, case, wanted, come, key)
    pictures(session.radiograph(case.image_sha256), shown([_row(chosen, case, wanted)]), key=key)


def _film(chosen: Choice, case: Case, wanted: Sequence[Source], come: bool, key: str) -> None:
    """The viewer; maps come into it once all are there."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        if not come and all(job.is_over for job in _asked(wanted)):
            st.rerun()
        viewer(session.radiograph(case.image_sha256), [_row(chosen, case, wanted)], key=key)


def _row(chosen: Choice, case: Case, wanted: Sequence[Source]) -> Row:
    panels = tuple(maps.panel(job, chosen.label) for job in _asked(wanted))
    probability = session.prediction(chosen.study, case)[chosen.label].probability
    return Row(chosen.label, panels, (), maps.probability(probability))


def _asked(wanted: Sequence[Source]) -> list[Job]:
    return [session.desk().request(one, on_screen=True) for one in wanted]
