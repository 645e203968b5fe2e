"""Parts of the models page."""

import tempfile
from pathlib import Path

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.registry import ModelInfo, ModelState

_STATES = {
    ModelState.BUNDLED: ":green-badge[bundled]",
    ModelState.DOWNLOADED: ":green-badge[ready]",
    ModelState.AVAILABLE: ":gray-badge[not downloaded]",
}


def describe(info: ModelInfo) -> None:
    """A model's name, state, labels, operating points and card."""
    st.markdown(f"**{info.name}** {_STATES[info.state]}")
    if info.fault:
        st.error(info.fault)
        return
    if info.trained_on:
        st.markdown(info.trained_on)
    if info.manifest is None or info.folder is None:
        return
    manifest = info.manifest
    with st.expander("Labels and operating points"):
        st.dataframe(
            {
                "Label": list(manifest.labels),
                "Operating point": [manifest.thresholds[label] for label in manifest.labels],
            },
            hide_index=True,
            width="content",
        )
        st.caption(f"{manifest.arch}, {manifest.input_size} pixels, SHA-256 {manifest.sha256}")
    card = info.folder / "card.md"
    if card.is_file():
        with st.expander("Model card"):
            st.markdown(card.read_text(encoding="utf-8"))


def download(info: ModelInfo) -> None:
    """A button that fetches a model, with its progress."""
    if not st.button("Download", key=f"download-{info.name}", icon=":material/download:"):
        return
    bar = st.progress(0.0, text="Connecting …")

    def progress(received: int, total: int | None) -> None:
        text = f"{received / 2**20:.1f} MiB" + (f" of {total / 2**20:.1f}" if total else "")
        bar.progress(min(1.0, received / total) if total else 0.0, text=text)

    try:
        registry.download(info.name, progress=progress)
    except registry.ModelError as error:
        bar.empty()
        st.error(str(error))
    else:
        st.rerun()


def add_own() -> None:
    """A form that takes a model folder's two files."""
    st.markdown("#### Add your own")
    with st.form("own-model", clear_on_submit=True):
        files = st.file_uploader(
            "model.toml and weights.safetensors of a model folder",
            type=["toml", "safetensors"],
            accept_multiple_files=True,
        )
        sent = st.form_submit_button("Add model")
    if not sent:
        return
    with tempfile.TemporaryDirectory() as directory:
        for file in files:
            (Path(directory) / Path(file.name).name).write_bytes(file.getvalue())
        try:
            name = registry.add(Path(directory))
        except registry.ModelError as error:
            st.error(str(error))
        else:
            st.success(f"{name} is ready. Choose it on the worklist.")
