"""A link for each reader of a study."""

import csv
import io
from collections.abc import Mapping
from urllib.parse import urlencode, urljoin

import streamlit as st

from shamsul.reading.design.study import Study
from shamsul.settings import settings
from shamsul.storage.spreadsheet import as_cell
from shamsul.ui.shared.downloads import for_coordinators
from shamsul.ui.shared.wording import counted, plain

#: The buttons that copy are seen without a pointer over them: a finger has none.
_STYLE = """<style>
.st-key-reader-links div:has(> div > [data-testid="stElementToolbarButton"]) {
  opacity: 1;
  visibility: visible;
}
</style>"""


def address(page: str, study: str, reader: str) -> str:
    """Where a reader finds the study; by name where nobody signs in.

    Parameters
    ----------
    page : str
        The address of this page.
    study, reader : str

    Examples
    --------
    >>> address("https://here.org/rooms/setup?of=Trial", "trial", "Ada L")
    'https://here.org/rooms/reading?study=trial&reader=Ada+L'
    """
    asked = {"study": study}
    if settings().sign_in == "open":
        asked["reader"] = reader
    return f"{urljoin(page, 'reading')}?{urlencode(asked)}"


def panel(study: Study) -> None:
    """The links, each with a button that copies it, and all of them as CSV."""
    assert study.plan is not None
    page = st.context.url or "http://localhost/"
    links = {reader: address(page, study.name, reader) for reader in study.plan.readers}
    with (
        st.container(key="reader-links"),
        st.expander(f"Links for {counted(len(links), 'reader')}"),
    ):
        st.html(_STYLE)
        st.caption(
            "Whoever opens a link reads under its name: this works on this machine only."
            if settings().sign_in == "open"
            else "Readers sign in with their own accounts, whatever the link."
        )
        for reader, link in links.items():
            name, code = st.columns([1, 3], vertical_alignment="center")
            name.markdown(plain(reader))
            code.code(link, language=None, wrap_lines=True)
        st.download_button(
            "Links (CSV)",
            data=for_coordinators(lambda: _csv(links)),
            file_name=f"{study.name}.links.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _csv(links: Mapping[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["reader", "link"])
    writer.writerows([as_cell(reader), link] for reader, link in links.items())
    return text.getvalue().encode()
