"""Reports of how good models are, as ``shamsul assess`` leaves them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from shamsul.classifiers.registry import ModelInfo
from shamsul.settings import settings
from shamsul.storage.damage import SENSELESS
from shamsul.ui.shared.downloads import for_coordinators
from shamsul.ui.shared.wording import plain

#: Ends of files' names by what the buttons say.
_FILES = {
    "Report (HTML)": ("report.html", "text/html"),
    "Model card (Markdown)": ("card.md", "text/markdown"),
}


@dataclass(frozen=True)
class _Row:
    """A label, with numbers as they are read."""

    label: str
    images: int
    auroc: str
    sensitivity: str
    specificity: str


def show(infos: Sequence[ModelInfo]) -> None:
    """A section with the models' reports; nothing where there is none."""
    found = [(info, folder) for info in infos if (folder := _folder(info)) is not None]
    if not found:
        return
    st.markdown("##### Reports")
    for info, folder in found:
        _show(info, folder)


def _folder(info: ModelInfo) -> Path | None:
    """Where a model's report is: in the data folder, or else in its own."""
    places = [settings().reports / info.name]
    if info.folder is not None:
        places.append(info.folder / "report")
    return next((place for place in places if (place / "report.json").is_file()), None)


def _show(info: ModelInfo, folder: Path) -> None:
    try:
        content = json.loads((folder / "report.json").read_bytes())
        about: dict[str, str] = content["about"]
        title = f"{info.name}: {about['Data']}, {about['Assessed on']}"
        rows = [_row(row) for row in content["tables"]["metrics"]]
        other = info.manifest is not None and about["Weights (SHA-256)"] != info.manifest.sha256
        words = f"{about['Images']} images. Probabilities: {about['Probabilities']}."
    except (OSError, *SENSELESS):
        st.error(plain(f"The report of {info.name} cannot be read; run shamsul assess again."))
        return
    with st.expander(plain(title)):
        if other:
            st.warning("It is about other weights than those that are here now.")
        st.caption(plain(f"{words} AUROC with its 95% interval, whole patients drawn again."))
        st.dataframe(
            {
                "Label": [row.label for row in rows],
                "Images": [row.images for row in rows],
                "AUROC": [row.auroc for row in rows],
                "Sensitivity": [row.sensitivity for row in rows],
                "Specificity": [row.specificity for row in rows],
            },
            hide_index=True,
            width="content",
        )
        with st.container(horizontal=True):
            for label, (name, mime) in _FILES.items():
                if (folder / name).is_file():
                    st.download_button(
                        label,
                        data=for_coordinators((folder / name).read_bytes),
                        file_name=f"{info.name.replace('/', '-')}-{name}",
                        mime=mime,
                        on_click="ignore",
                        icon=":material/download:",
                        key=f"report-{info.name}-{name}",
                    )


def _row(row: dict[str, Any]) -> _Row:
    area = _number(row["auroc"])
    if row["auroc_low"] is not None:
        area += f" ({_number(row['auroc_low'])} to {_number(row['auroc_high'])})"
    shares = (_number(row["sensitivity"]), _number(row["specificity"]))
    return _Row(str(row["label"]), int(row["images"]), area, *shares)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
