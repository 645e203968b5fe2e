"""What every page has around it: navigation, who is using it, and what it is for."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from shamsul.classifiers.registry import ModelError
from shamsul.radiographs import ArchiveError
from shamsul.reading import StoreError
from shamsul.reading.database.accounts import Account, Role
from shamsul.settings import ASSETS, SettingsError, settings
from shamsul.ui.shared import connection, sign_in
from shamsul.ui.shared.wording import plain

log = logging.getLogger(__name__)

RESEARCH_ONLY = "Research use only, not for diagnosis."

#: Of each page: its file, title, icon, and whom it is for.
PAGES = (
    ("worklist", "Worklist", "list", Role.COORDINATOR),
    ("review", "Review", "radiology", Role.COORDINATOR),
    ("reading", "Reading", "fact_check", Role.READER),
    ("setup", "Study set-up", "edit_note", Role.COORDINATOR),
    ("evaluate", "Evaluate", "target", Role.COORDINATOR),
    ("results", "Results", "bar_chart", Role.COORDINATOR),
    ("models", "Models", "network_node", Role.COORDINATOR),
)

_STYLE = """
<style>
.block-container { padding: 4rem 1.5rem 2rem; gap: 0.6rem; }
.st-key-connection { position: absolute; }
[data-testid="stConnectionStatus"] { display: none; }  /* connection.py says it */
</style>
"""


def _navigation(account: Account | None) -> Page:
    """The pages that somebody may open; gives the one that the address names.

    The others are there but not shown: they say themselves whom they are for.
    """
    allowed = [name for name, *_, role in PAGES if account is not None and account.may(role)]
    home = next(iter(allowed), PAGES[0][0])
    pages = {
        name: st.Page(
            f"pages/{name}.py",
            title=title,
            icon=f":material/{icon}:",
            default=name == home,
            url_path="" if name == home else name,
            visibility="visible" if name in allowed else "hidden",
        )
        for name, title, icon, _ in PAGES
    }

    def go_home() -> None:
        st.switch_page(pages[home])

    # An address is the same for everybody, also of the page that is somebody's first.
    also = st.Page(go_home, title=home, url_path=home, visibility="hidden")
    return st.navigation([*pages.values(), also], position="top" if allowed else "hidden")


def frame() -> Page:
    """Draw everything but the page's content.

    Returns
    -------
    Page
        The page that the address names; running it draws its content.
    """
    st.set_page_config(
        page_title="SHAMSUL",
        page_icon=str(ASSETS / "icon.png"),  # from this server, unlike Material icons
        layout="wide",
        menu_items={"About": f"Explanations of chest radiograph classifiers. {RESEARCH_ONLY}"},
    )
    try:
        account = sign_in.current()
    except StoreError:
        _navigation(None)  # or Streamlit would not know the address
        raise
    page = _navigation(account)
    st.html(_STYLE)
    connection.watch()
    typed = settings().sign_in == "open"
    line, name, further = st.columns(
        [8, 0.7, 2] if typed else [6.4, 3, 1.3], vertical_alignment="center"
    )
    line.markdown(f":orange-badge[:material/science: {RESEARCH_ONLY}]")
    if account is None:
        sign_in.screen()
        st.stop()
    sign_in.begin(account)
    if typed:
        _typed_name(name, further)
    else:
        _signed_in(account, name, further)
    return page


def _typed_name(word: DeltaGenerator, field: DeltaGenerator) -> None:
    """Where the reader types a name."""
    word.markdown("Reader")
    field.text_input(
        "Reader",
        max_chars=80,
        key="reader",
        bind="query-params",
        icon=":material/person:",
        placeholder="Reader's name",
        label_visibility="collapsed",
        help="Ratings are kept under this name.",
    )


def _signed_in(account: Account, name: DeltaGenerator, button: DeltaGenerator) -> None:
    """Who is signed in, and the way out."""
    name.text(account.name, text_alignment="right", width="stretch")  # a name is no Markdown
    button.button("Sign out", icon=":material/logout:", width="stretch", on_click=sign_in.sign_out)


@contextmanager
def error_boundary() -> Iterator[None]:
    """Say in a sentence what goes wrong inside; only its type where the message may be private.

    Streamlit's own exceptions, by which it stops and reruns a page, pass.
    """
    try:
        yield
    except StoreError as error:
        st.error(f"{plain(str(error))} Answers shown as saved are safe.")
    except (ArchiveError, ModelError, SettingsError) as error:
        st.error(plain(str(error)))
    except MemoryError:
        st.error(
            "The server has too little memory for this part of the page. Answers shown as saved "
            "are safe."
        )
    except OSError as error:
        log.error("A page failed at a file: %s", error.strerror or type(error).__name__)
        st.error(
            f"The disk or the network failed the server ({error.strerror or 'for no known reason'})"
            ". Answers shown as saved are safe."
        )
    except Exception as error:
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("A page failed with %s:\n%s", type(error).__name__, frames)
        st.error(
            f"This part of the page could not be drawn ({type(error).__name__}). Answers shown as "
            "saved are safe; the server's log says more."
        )


#: Pages whose modules are loaded.
_loaded: set[str] = set()


def run() -> None:
    """Draw the page that the address names, and what is around it, in a run of ``app.py``.

    The first page that needs torch takes seconds to load, while its frame says so.
    """
    with error_boundary():
        page = frame()
        loading = st.empty()  # always there, so that what comes after keeps its place
        if page.url_path not in _loaded:
            loading.caption("Loading the page …")
        page.run()
        loading.empty()
        _loaded.add(page.url_path)
