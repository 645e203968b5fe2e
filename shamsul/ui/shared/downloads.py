"""Buttons that hand a study's ratings to the browser."""

import io
import zipfile
from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from shamsul.reading import Store
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Study
from shamsul.reading.exports.ratings import export_ratings
from shamsul.ui.shared import session, sign_in
from shamsul.ui.shared.frame import bar

#: Label, part of the export, end of the file's name, MIME type, icon and help of each button.
_FILES = (
    ("Download ratings (CSV)", "ratings", "csv", "text/csv", "download", "One row per item rated."),
    (
        "Download answers about cases (CSV)",
        "cases",
        "cases.csv",
        "text/csv",
        "download",
        "One row per question about a whole case.",
    ),
    (
        "Download codebook (JSON)",
        "codebook",
        "codebook.json",
        "application/json",
        "menu_book",
        "What each column and item of the tables means.",
    ),
)


def for_coordinators(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """What makes a file on the click, when a page's run and its checks may be long past."""
    visitor = sign_in.visitor()

    def checked() -> bytes:
        account = visitor()
        if account is None or not account.may(Role.COORDINATOR):
            raise PermissionError("Ratings are for coordinators.")
        return make()

    return checked


def _content(store: Store, study: str, part: str) -> bytes:
    content: bytes = getattr(export_ratings(store, study), part)
    return content


def download_ratings(study: Study) -> None:
    """A menu: the ratings, the case-level answers, and the codebook that explains them."""
    store = session.store()
    with _menu(study):
        for label, part, ending, mime, icon, words in _FILES:
            st.download_button(
                label,
                data=for_coordinators(partial(_content, store, study.name, part)),
                file_name=f"{study.name}.{ending}",
                mime=mime,
                on_click="ignore",
                help=words,
                icon=f":material/{icon}:",
                width="stretch",
            )


def offer(study: Study, files: Mapping[str, tuple[str, Callable[[], bytes]]]) -> None:
    """A menu in the bar.

    Parameters
    ----------
    study : Study
        Begins the files' names.
    files : mapping of str to (str, callable)
        By the button's label: the end of the file's name, and what makes it on the click.
    """
    with bar().tools, _menu(study):
        for label, (ending, make) in files.items():
            st.download_button(
                label,
                data=for_coordinators(make),
                file_name=f"{study.name}.{ending}",
                on_click="ignore",
                icon=":material/download:",
                width="stretch",
            )


def _menu(study: Study) -> DeltaGenerator:
    return st.popover("Export", icon=":material/download:", key=f"export-{study.name}")


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Files by name as one archive."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()
