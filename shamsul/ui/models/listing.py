"""Parts of the models page."""

import tempfile
from pathlib import Path

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.registry import ModelInfo, ModelState
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
        st.markdown(plain(info.trained_on))
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
        st.caption(
            plain(f"{manifest.arch}, {manifest.input_size} pixels, SHA-256 {manifest.sha256}")
        )
    card = info.folder / "card.md"
    if card.is_file():
        with st.expander("Model card"):
            st.markdown(card.read_text(encoding="utf-8", errors="replace"))


def download(info: ModelInfo) -> None:
    """A button that fetches a model, with its progress."""
    key = f"download-{info.name}"
    st.button("Download", key=key, icon=":material/download:", on_click=_ask, args=(key,))
    if not st.session_state.pop(f"{key}-asked", False):
        return
    bar = st.progress(0.0, text="Connecting …")

    def progress(received: int, total: int | None) -> None:
        text = f"{received / 2**20:.1f} MiB" + (f" of {total / 2**20:.1f}" if total else "")
        bar.progress(min(1.0, received / total) if total else 0.0, text=text)

    try:
        registry.download(info.name, progress=progress)
    except registry.ModelError as error:
        bar.empty()
        st.error(plain(str(error)))
    else:
        st.rerun()


def _ask(key: str) -> None:
    st.session_state[f"{key}-asked"] = True


def add_own() -> None:
    """An uploader that takes a model folder's files."""
    st.markdown("#### Add your own")
    files = st.file_uploader(
        "Model folder: model.toml and weights.safetensors",
        type=["toml", "safetensors"],
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
                    f"{name} is ready: choose it for a study on the worklist.",
                )
            except registry.ModelError as error:
                said = str(error).replace(directory, "the folder")
                st.session_state["model_added"] = (False, said)
        st.session_state["model_round"] += 1
        st.rerun()
    added, text = st.session_state.pop("model_added", (True, ""))
    if text:
        (st.success if added else st.error)(plain(text))
