"""Parts of the models page: what each model is, and what it is used for."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.registry import ModelInfo, ModelState
from shamsul.reading.design.study import Study
from shamsul.ui.shared import session
from shamsul.ui.shared.wording import plain

_STATES = {
    ModelState.BUNDLED: ":green-badge[bundled]",
    ModelState.DOWNLOADED: ":green-badge[ready]",
    ModelState.AVAILABLE: ":gray-badge[not downloaded]",
}


def describe(info: ModelInfo) -> None:
    """A model's name, state, labels, operating points and card."""
    st.markdown(f"**{plain(info.name)}** {_STATES[info.state]}")
    if info.fault:
        st.error(plain(info.fault))
        return
    if info.trained_on:
        words = plain(info.trained_on)
        trained_on = info.state is ModelState.AVAILABLE
        st.markdown(f"Trained on {words}." if trained_on else words)
    if info.manifest is None or info.folder is None:
        _findings(info.name)
        return
    manifest = info.manifest
    with st.expander(f"{len(manifest.labels)} labels and their operating points"):
        st.dataframe(
            {
                "Label": list(manifest.labels),
                "Operating point": [manifest.thresholds[label] for label in manifest.labels],
            },
            hide_index=True,
            width="content",
            column_config={
                "Operating point": st.column_config.NumberColumn(format="%.3f"),
            },
        )
        st.caption(
            plain(
                f"Probabilities are {manifest.about_probabilities}. {manifest.arch}, "
                f"{manifest.input_size} pixels, SHA-256 {manifest.sha256}"
            )
        )
    card = info.folder / "card.md"
    if card.is_file():
        with st.expander("Model card"):
            st.markdown(card.read_text(encoding="utf-8", errors="replace"))


def _findings(name: str) -> None:
    """The labels of a model that is not here yet; its library takes seconds, so once opened."""
    drawer = st.expander("Labels", key=f"findings-{name}", on_change="rerun")
    if drawer.open:
        with drawer, st.spinner("Looking them up …"):
            st.markdown(plain(", ".join(registry.findings(name)).replace("_", " ")))


def use(info: ModelInfo, studies: Sequence[Study], *, primary: bool) -> None:
    """What a model is used for, and a choice of what else."""
    used = [study.title for study in studies if study.model == info.name]
    others = {study.name: study.title for study in studies if study.model != info.name}
    if used:
        st.markdown(f"Used for {plain(', '.join(used))}.")
    if not others:
        return
    choice, button = st.columns([4, 1], vertical_alignment="bottom")
    own = list(others).index(session.UPLOADS) if session.UPLOADS in others else 0
    study = choice.selectbox(
        f"Use {info.name} for",
        list(others),
        index=own,
        format_func=others.__getitem__,
        key=f"use-for-{info.name}",
        help="Its cases are explained with this model from then on; answers keep the model that "
        "they are about.",
    )

    def put_to_use() -> None:
        session.store().set_model(study, info.name)

    button.button(
        "Use it",
        key=f"use-{info.name}",
        type="primary" if primary else "secondary",
        on_click=put_to_use,
        width="stretch",
    )


def add_own() -> None:
    """An uploader that takes a model folder's files."""
    st.markdown("##### Your own")
    files = st.file_uploader(
        "Model folder: model.toml, and weights.safetensors or model.onnx",
        type=["toml", "safetensors", "onnx"],
        accept_multiple_files=True,
        key=f"own-model-{st.session_state.setdefault('model_round', 0)}",
    )
    if len(files) == 1:
        st.info("A model needs both files; choose the other one too.")
    if len(files) > 1:
        with tempfile.TemporaryDirectory() as directory, st.spinner("Checking …"):
            for file in files:
                (Path(directory) / Path(file.name).name).write_bytes(file.getvalue())
            try:
                name = registry.add(Path(directory))
                st.session_state["model_added"] = (
                    True,
                    f"{name} is ready: choose here what it is used for.",
                )
            except registry.ModelError as error:
                said = str(error).replace(directory, "the folder")
                st.session_state["model_added"] = (False, said)
        st.session_state["model_round"] += 1
        st.rerun()
    added, text = st.session_state.pop("model_added", (True, ""))
    if text:
        (st.success if added else st.error)(plain(text))
