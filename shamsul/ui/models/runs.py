"""The models page's trainings: how far each is, how it went, and what became of it."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from shamsul.classifiers import registry
from shamsul.computing.pace import in_time
from shamsul.reading.database.accounts import Role
from shamsul.reporting.pictures import look
from shamsul.settings import settings
from shamsul.training.kept import CURVES, Kept, kept
from shamsul.ui.shared import sign_in
from shamsul.ui.shared.charts import FAINT, PALE, STRONG, apart, finished, marker, written
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.wording import plain

_ADDED = "run_added"


def show() -> None:
    """Draw the section, where there is any training; those that go on are looked at again."""
    found = kept(settings().runs)
    if found:
        st.markdown("##### Trainings")
        going = any(one.is_going for one in found)
        st.fragment(_all, run_every=10.0 if going else None)()


def _all() -> None:
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        for one in kept(settings().runs):
            with st.container(border=True):
                _one(one)


def _one(run: Kept) -> None:
    done, best = len(run.epochs), run.best
    state = (
        ":green-badge[finished]"
        if run.is_finished
        else ":blue-badge[going on]"
        if run.is_going
        else ":gray-badge[stopped]"
    )
    st.markdown(f"**{plain(run.name)}** {state} {plain(run.dataset)}")
    if not run.is_finished:
        left = run.seconds_left
        words = f"{done} of {run.planned} epochs"
        if not run.is_going:
            words += f"; nothing was written for {in_time(run.idle)}: --resume goes on with it"
        elif not math.isnan(left):
            words += f", {in_time(left)} left"
        st.progress(min(done / run.planned, 1.0), text=words)
    if best is None:
        return
    st.markdown(f"Best on validation: epoch {best.number}, mean AUC {_score(best.auc)}.")
    with st.expander("How it went"):
        st.plotly_chart(figure(run), key=f"curves-{run.name}", config={"displayModeBar": False})
        st.dataframe(
            {"Label": list(run.labels), "AUC on validation": [_score(auc) for auc in best.aucs]},
            hide_index=True,
            width="content",
        )
        drawing = run.folder / CURVES
        if drawing.is_file():
            st.download_button(
                "Curves (SVG)",
                drawing.read_bytes(),
                f"{run.name}-curves.svg",
                "image/svg+xml",
                key=f"svg-{run.name}",
                icon=":material/download:",
                on_click="ignore",
            )
    if run.model is not None:
        st.button(
            "Add to the models",
            key=f"add-{run.name}",
            icon=":material/add:",
            on_click=_add,
            args=(run,),
        )
    name, added, text = st.session_state.get(_ADDED, ("", True, ""))
    if name == run.name:
        (st.success if added else st.error)(plain(text))


def _score(auc: float) -> str:
    return f"{auc:.3f}" if math.isfinite(auc) else "not defined"


def _add(run: Kept) -> None:
    assert run.model is not None
    try:
        name = registry.add(run.model)
        st.session_state[_ADDED] = (run.name, True, f"{name} is among the models from now on.")
    except registry.ModelError as error:
        st.session_state[_ADDED] = (run.name, False, str(error))


def figure(run: Kept) -> go.Figure:
    """Losses, and AUC on validation, by epoch; the best epoch is marked."""
    panels = [170.0, 200.0]
    drawn = make_subplots(2, 1, shared_xaxes=True, **apart(panels))
    for place, label in enumerate(run.labels):
        values = [epoch.aucs[place] for epoch in run.epochs]
        if np.isfinite(values).any():
            _line(drawn, 2, label, values, {"color": PALE}, mode="lines", showlegend=False)
    losses = [epoch.loss for epoch in run.epochs]
    _line(drawn, 1, "loss, training", losses, marker(look(0)))
    losses = [epoch.validation_loss for epoch in run.epochs]
    _line(drawn, 1, "loss, validation", losses, marker(look(1)))
    scores = [epoch.auc for epoch in run.epochs]
    _line(drawn, 2, "mean AUC", scores, {"color": STRONG, "symbol": "circle"})
    if run.best is not None:
        drawn.add_vline(run.best.number, line={"color": FAINT, "width": 2})
    drawn.update_yaxes(title="Loss", row=1, col=1)
    drawn.update_yaxes(title="AUC on validation", row=2, col=1)
    drawn.update_xaxes(dtick=math.ceil(len(run.epochs) / 12))
    drawn.update_xaxes(title="Epoch; the line marks the best", row=2, col=1)
    return finished(drawn, panels)


def _line(
    figure: go.Figure,
    row: int,
    name: str,
    values: Sequence[float],
    looked: Mapping[str, str],
    *,
    mode: str = "lines+markers",
    showlegend: bool = True,
) -> None:
    """What every epoch gave, in one panel."""
    numbers = range(1, len(values) + 1)
    told = [f"Epoch {number}<br>{written(name)} {v:.3f}" for number, v in enumerate(values, 1)]
    figure.add_scatter(
        x=list(numbers),
        y=values,
        mode=mode,
        marker=looked,
        line={"color": looked["color"], "width": 2 if showlegend else 1},
        name=name,
        hovertext=told,
        hoverinfo="text",
        showlegend=showlegend,
        row=row,
        col=1,
    )
