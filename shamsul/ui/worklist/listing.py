"""The list of a study's cases: what is asked of it, what is shown, and what is done with a case."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, TypeVar

import streamlit as st

from shamsul.reading import StoreError
from shamsul.reading.database.accounts import Role
from shamsul.reading.demo import DEMO
from shamsul.reading.design.listing import Ask, Entry, Listed, Order, Seen, Show
from shamsul.reading.design.study import Origin, Study
from shamsul.ui.shared import scrolling, session, sign_in
from shamsul.ui.shared.address import on_the_way
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.worklist import table
from shamsul.ui.worklist.background import background

E = TypeVar("E", bound=Enum)

#: Cases on a page.
SIZE: Final = 50
#: Seconds between two looks at what was appraised meanwhile.
EVERY: Final = 2.0

_ORIGINS: Final = {Origin.UNKNOWN: "", Origin.DEMO: "demo", Origin.UPLOAD: "upload"}
#: Of each part of what is asked, its name in the address.
_ADDRESS: Final = {"text": "find", "order": "sort", "show": "show", "label": "finding"}
_PAGE: Final = "page"


def model_choice(study: Study, usable: Sequence[str]) -> None:
    """Let the reader choose which model a study is read with."""
    index = usable.index(study.model) if study.model in usable else None
    chosen = st.selectbox("Model", usable, index=index, key=f"model-{study.name}", width=340)
    if chosen and chosen != study.model:
        session.store().set_model(study.name, chosen)
        st.rerun()


def cases(study: Study) -> None:
    """The table of a study's cases, which asks again by itself while they are appraised."""
    looked = st.session_state.get("looked", ())[:2] == (study.name, study.model)
    again = st.session_state["asking_again"] = background().busy or not looked
    st.fragment(_cases, run_every=EVERY if again else None)(study)


def _cases(study: Study) -> None:
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        open_case()
        if "removing" in st.session_state:
            st.rerun()  # the page asks whether that is meant
        key = f"worklist-{study.name}"
        noted, fault = _keep_notes(key)
        ask, page = _asked(key, study)
        session.keep_asked(study.name, ask)
        seen = session.seen(study)
        listed = session.worklist().page(seen, ask, (page - 1) * SIZE, SIZE)
        last = max(1, -(-listed.found // SIZE))
        if page > last:
            page = last
            listed = session.worklist().page(seen, ask, (page - 1) * SIZE, SIZE)
        st.session_state[f"page-{study.name}"] = page
        _draw(key, study, seen, ask, page, listed, noted, fault)
        scrolling.stand(f"worklist/{study.name}/{page}", is_list=True)
        _look(study, listed, page)


def _look(study: Study, listed: Listed, page: int) -> None:
    """Have the cases appraised, once for each page that is turned to."""
    looked = (study.name, study.model, page, listed.total)
    if st.session_state.get("looked") != looked:
        st.session_state["looked"] = looked
        background().look(study, [entry.case.id for entry in listed.entries])
    if st.session_state["asking_again"] != background().busy:
        st.rerun()  # how often it is drawn is settled with the page


def _draw(
    key: str,
    study: Study,
    seen: Seen,
    ask: Ask,
    page: int,
    listed: Listed,
    noted: Sequence[str],
    fault: str,
) -> None:
    table.mount(
        key=key,
        rows=[_row(entry, seen) for entry in listed.entries],
        ask={
            "text": ask.text,
            "order": ask.order.value,
            "descending": ask.descending,
            "show": ask.show.value,
            "label": ask.label,
            "page": page,
        },
        labels=list(seen.thresholds),
        size=SIZE,
        found=listed.found,
        total=listed.total,
        rated=listed.rated,
        removable=study.name != DEMO.name,
        noted=noted,
        fault=fault,
        on_open=lambda: _remember(key, "open", "opened"),
        on_remove=lambda: _remember(key, "remove", "removing"),
    )


def _row(entry: Entry, seen: Seen) -> table.Row:
    picture = session.thumbnails().get(entry.case.image_sha256)
    return table.Row(
        id=entry.case.id,
        name=entry.case.name,
        note=entry.note,
        picture=f"data:image/jpeg;base64,{b64encode(picture).decode()}" if picture else "",
        origin=_ORIGINS[entry.origin],
        added=entry.added_at.isoformat() if entry.added_at else "",
        finding=entry.finding,
        probability=entry.probability,
        threshold=seen.thresholds.get(entry.finding or "", 0.5),
        warnings=entry.warnings,
        maps=entry.maps,
        disagreement=entry.disagreement,
        answered=entry.answered,
    )


def _sent(key: str, name: str) -> Any:
    """What the browser has sent."""
    return (st.session_state.get(key) or {}).get(name)


def _remember(key: str, name: str, to: str) -> None:
    """A trigger lasts for one run, and what it asks for may be the next one's."""
    if (sent := _sent(key, name)) is not None:
        st.session_state[to] = sent


def open_case() -> None:
    """Go to the case that was chosen."""
    if (case_id := st.session_state.pop("opened", None)) is not None:
        st.session_state.pop("uploaded", None)
        st.session_state.pop("looked", None)  # its maps may be there when one comes back
        st.switch_page("pages/review.py", query_params=on_the_way(case=str(case_id)))


def _asked(key: str, study: Study) -> tuple[Ask, int]:
    """What is asked of the list, and which page: by its controls, the address, or before."""
    sent = _sent(key, "ask")
    if isinstance(sent, Mapping):
        return _read(sent)
    address = {name: st.query_params.get(word) for name, word in _ADDRESS.items()}
    page = st.query_params.get(_PAGE)
    if page is None and not any(address.values()):
        return session.asked(study.name), st.session_state.get(f"page-{study.name}", 1)
    order = address["order"] or ""
    told = address | {"order": order.removeprefix("-"), "descending": order.startswith("-")}
    return _read(told | {"page": int(page) if page and page.isdecimal() else 1})


def _read(told: Mapping[str, Any]) -> tuple[Ask, int]:
    """What somebody asks; what there is not counts as not asked."""
    page = told.get("page")
    ask = Ask(
        text=str(told.get("text") or "")[:200].replace("\0", ""),
        order=_member(Order, told.get("order")),
        descending=told.get("descending") is True,
        show=_member(Show, told.get("show")),
        label=str(told.get("label") or "")[:80].replace("\0", ""),
    )
    return ask, page if type(page) is int and 1 <= page < 2**24 else 1


def _member(kind: type[E], value: object) -> E:
    try:
        return kind(value)
    except ValueError:
        return next(iter(kind))


def _keep_notes(key: str) -> tuple[list[str], str]:
    """Keep the notes that the browser does not know to be saved.

    Returns
    -------
    noted : list of str
        Which are on the disk.
    fault : str
        Why another is not, one sentence; empty if all are.
    """
    kept: set[str] = st.session_state.setdefault("noted", set())
    fault = ""
    sent = _sent(key, "notes")
    notes = [one for one in sent if isinstance(one, dict)] if isinstance(sent, list) else []
    for one in notes:
        edit = str(one.get("edit"))
        if edit in kept:
            continue
        try:
            session.worklist().note(int(one["id"]), str(one["text"]))
            kept.add(edit)
        except StoreError as error:
            fault = f"A note is not saved. {error}"
        except (KeyError, TypeError, ValueError) as error:
            fault = f"A note is not saved: {error}."
    return [str(one["edit"]) for one in notes if str(one.get("edit")) in kept], fault


def first_start(demo: Study) -> None:
    """What this is, and the way to begin."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            "SHAMSUL shows, side by side, where four methods say that a classifier of chest "
            "radiographs has looked, and lets readers judge each map. Begin with a synthetic "
            "radiograph whose findings are known exactly, or upload your own."
        )
        if st.button("Open the first case", type="primary", icon=":material/radiology:"):
            found = session.worklist().page(session.seen(demo), Ask(), 0, 1).entries
            if found:
                st.session_state["opened"] = found[0].case.id
                open_case()
