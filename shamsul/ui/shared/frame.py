"""What every page has around it: navigation, who is using it, and what it is for."""

import logging
import secrets
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from shamsul.classifiers.registry import ModelError
from shamsul.operations.log import REQUEST
from shamsul.radiographs import ArchiveError
from shamsul.reading import StoreError
from shamsul.reading.database.accounts import Account, Role
from shamsul.settings import ASSETS, SettingsError, settings
from shamsul.ui.shared import computing, connection, keys, loading, sign_in
from shamsul.ui.shared.address import on_the_way
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
    ("units", "Units", "hub", Role.COORDINATOR),
    ("adjudicate", "Adjudicate", "balance", Role.COORDINATOR),
    ("models", "Models", "network_node", Role.COORDINATOR),
)
#: Those that are drawn before torch is loaded.
WITHOUT_TORCH = ("worklist", "models")
#: Those that fill the bar with what they show: there the links are in its menu alone.
WITH_CASES = ("review", "reading")

_STYLE = f"<style>{Path(__file__).with_name('frame.css').read_text(encoding='utf-8')}</style>"


@dataclass(frozen=True)
class Bar:
    """What a page may fill of the bar.

    Attributes
    ----------
    here : DeltaGenerator
        At its left: what is shown, and the way to what comes before and after.
    tools : DeltaGenerator
        At its right: exports and other things of the page.
    working : DeltaGenerator
        What is computed.
    """

    here: DeltaGenerator
    tools: DeltaGenerator
    working: DeltaGenerator


_bar: ContextVar[Bar] = ContextVar("bar")


def bar() -> Bar:
    """The bar of the page that is being drawn."""
    return _bar.get()


def _navigation(account: Account | None) -> tuple[Page, list[Page]]:
    """The page that the address names, and those that somebody may open.

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
        )
        for name, title, icon, _ in PAGES
    }

    def go_home() -> None:
        st.switch_page(pages[home])

    # An address is the same for everybody, also of the page that is somebody's first.
    also = st.Page(go_home, title=home, url_path=home, visibility="hidden")
    page = st.navigation([*pages.values(), also], position="hidden")
    return page, [pages[name] for name in allowed]


def frame() -> Page:
    """Draw everything but the page's content: one bar.

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
    if settings().sign_in == "open":
        st.session_state.setdefault("name", st.query_params.get("reader", "")[:80])
    try:
        account = sign_in.current()
    except StoreError:
        _navigation(None)  # or Streamlit would not know the address
        raise
    page, allowed = _navigation(account)
    st.html(_STYLE)
    connection.watch()
    with st.container(
        key="bar", horizontal=True, vertical_alignment="center", wrap=False, gap="small"
    ):
        _links(page, allowed)
        here = st.container(
            key="bar-here", horizontal=True, vertical_alignment="center", wrap=False, gap="small"
        )
        tools = st.container(
            key="bar-tools",
            horizontal=True,
            vertical_alignment="center",
            wrap=False,
            gap="small",
            width="content",
        )
        working = st.container(key="bar-working", width="content")
        for size, words in (("long", RESEARCH_ONLY), ("short", RESEARCH_ONLY.split(",")[0])):
            with st.container(key=f"bar-{size}", width="content"):
                st.markdown(f":orange-badge[:material/science: {words}]", width="content")
        who = st.container(
            key="bar-who",
            horizontal=True,
            vertical_alignment="center",
            wrap=False,
            gap="small",
            width="content",
        )
        keys.show(_name(page))
    _bar.set(Bar(here, tools, working))
    if account is None:
        sign_in.screen()
        st.stop()
    sign_in.begin(account)
    with who:
        if settings().sign_in == "open":
            _typed_name()
        else:
            _signed_in(account)
    return page


def _name(page: Page) -> str:
    """A page's name; that of somebody's first page is not in its address."""
    return page.url_path or next((name for name, title, *_ in PAGES if title == page.title), "")


def _links(page: Page, allowed: Sequence[Page]) -> None:
    """The pages: all in a menu, and beside it where a page leaves the bar to them."""
    with st.popover("SHAMSUL", icon=":material/menu:", type="tertiary", key="bar-pages"):
        for one in allowed:
            st.page_link(one, disabled=one == page, query_params=on_the_way())
    if _name(page) not in WITH_CASES:
        with st.container(
            key="bar-links",
            horizontal=True,
            vertical_alignment="center",
            wrap=False,
            gap=None,
            width="content",
        ):
            for one in allowed:
                st.page_link(one, query_params=on_the_way())


def _typed_name() -> None:
    """Where the reader types a name, which is in the address too.

    Not bound to it by Streamlit: what is bound is lost where one page leads to another. And kept
    apart from the field, which a browser empties where it missed the run that filled it.
    """
    typed = st.text_input(
        "Reader",
        value=st.session_state["name"],
        on_change=lambda: st.session_state.update(name=st.session_state["reader"]),
        max_chars=80,
        key="reader",
        icon=":material/person:",
        placeholder="Reader's name",
        label_visibility="collapsed",
        help="Ratings are kept under this name.",
        width=170,
    )
    if typed and st.query_params.get("reader") != typed:
        st.query_params["reader"] = typed
    elif not typed:
        st.query_params.pop("reader", None)


def _signed_in(account: Account) -> None:
    """Who is signed in, and the way out."""
    st.text(account.name, width="content")  # a name is no Markdown
    st.button(
        "Sign out",
        icon=":material/logout:",
        type="tertiary",
        key="bar-leave",
        on_click=sign_in.sign_out,
    )


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
        # That of an import names modules, and nobody.
        told = f" ({error})" if isinstance(error, ImportError) else ""
        log.error("A page failed with %s%s:\n%s", type(error).__name__, told, frames)
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
    began, name = time.monotonic(), ""
    REQUEST.set(secrets.token_hex(4))
    try:
        with error_boundary():
            page = frame()
            # What a part of the page does by itself, later, is of this run too.
            st.session_state["request"] = REQUEST.get()
            name = _name(page)
            _draw(page, name)
    finally:
        seconds = round(time.monotonic() - began, 3)
        log.info("A page was run.", extra={"page": name, "seconds": seconds})


def _draw(page: Page, name: str) -> None:
    """Draw a page's content, once what it is made of is loaded."""
    told = st.empty()  # always there, so that what comes after keeps its place
    if name not in _loaded:
        told.caption("Loading the page …")
        if name not in WITHOUT_TORCH:
            loading.wait()
        loading.load(f"shamsul.ui.{name}")
        _loaded.add(name)
        told.empty()  # now: nothing is sent any more once a page has stopped itself
    try:
        page.run()
    finally:  # whatever fails in it: it may have asked for something
        if page.title != "Reading":  # which may be blinded
            with bar().working:
                computing.indicator()
