"""The cases before and after the one that is shown, as a strip of small pictures."""

from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import streamlit as st

from shamsul.radiographs.radiograph import Radiograph
from shamsul.reading.design.listing import Place
from shamsul.reading.design.study import Case
from shamsul.ui.shared import session

#: Cases shown on each side of the one that is looked at.
AROUND = 7
#: Session state: the number of the case, or the name of the model, that is shown beside, if any.
BESIDE = "beside"

_FOLDER = Path(__file__).parent
_strip = st.components.v2.component(
    "shamsul_strip",
    css=(_FOLDER / "strip.css").read_text(encoding="utf-8"),
    js="".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("stops.js", "strip.js")),
)


def show(case: Case, place: Place, radiograph: Radiograph) -> None:
    """Draw it; a click opens a case, its second button shows it beside this one.

    Parameters
    ----------
    case : Case
        The one that is shown.
    place : Place
        The case's, with `AROUND` neighbours on each side.
    radiograph : Radiograph
        The case's: its small picture is made where there is none yet.
    """
    if radiograph.sha256 not in session.thumbnails():
        with suppress(OSError):  # a full disk is told where something is to be kept
            session.thumbnails().put(radiograph)
    around = (*place.before, case, *place.after)
    beside = st.session_state.get(BESIDE)
    _strip(
        key="strip",
        data={
            "here": case.id,
            "beside": beside,
            "cases": [{"id": one.id, "name": one.name, "picture": _picture(one)} for one in around],
        },
        on_opened_change=_open,
        on_beside_change=_put_beside,
    )


def _picture(case: Case) -> str:
    thumbnail = session.thumbnails().get(case.image_sha256)
    return f"data:image/jpeg;base64,{b64encode(thumbnail).decode()}" if thumbnail else ""


def _sent(name: str) -> object:
    return (st.session_state.get("strip") or {}).get(name)


def _open() -> None:
    if isinstance(number := _sent("opened"), int):
        st.query_params["case"] = str(number)


def _put_beside() -> None:
    """The case beside; once more, or the one that is opened, takes it away."""
    number = _sent("beside")
    st.session_state[BESIDE] = None if number == st.session_state.get(BESIDE) else number
