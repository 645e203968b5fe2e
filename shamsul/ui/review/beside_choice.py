"""The control that says what stands beside the film: nothing, another case or another model."""

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest
from shamsul.findings.labels import counterparts
from shamsul.reading.design.listing import Place
from shamsul.reading.design.study import Case, Study
from shamsul.ui.review.beside import chosen
from shamsul.ui.review.strip import BESIDE
from shamsul.ui.shared.wording import plain

_KEY = "beside-choice"


def control(study: Study, case: Case, place: Place, manifest: Manifest) -> None:
    """Draw it; what it offers is looked for while it is open.

    Parameters
    ----------
    study, case, place
        What is reviewed.
    manifest : Manifest
        Of the study's model.
    """
    beside = chosen(study, case)
    menu = st.popover(
        plain(f"Beside: {beside.name if beside else 'nothing'}"),
        icon=":material/splitscreen_right:",
        help="Another case, or another model, beside this one",
        key="beside-menu",
        width="stretch",
        on_change="rerun",
    )
    if menu.open:
        neighbour = next(iter((*place.after, *reversed(place.before))), None)
        if beside is not None and not beside.is_model:
            neighbour = beside.case
        with menu:
            _choose(study, neighbour, manifest)


def _choose(study: Study, another: Case | None, manifest: Manifest) -> None:
    offered: dict[int | str, tuple[str, str]] = {"": ("Nothing", "")}
    if another is not None:
        offered[another.id] = (
            f"Another case: {another.name}",
            "◫ on a picture of the strip puts that one here",
        )
    others, missing = _models(study, manifest)
    offered |= {name: (f"The model {name}", about) for name, about in others.items()}
    kept = st.session_state.get(BESIDE)
    st.session_state[_KEY] = kept if kept in offered else ""

    def put() -> None:
        st.session_state[BESIDE] = st.session_state[_KEY] or None

    st.radio(
        "Beside this film",
        list(offered),
        format_func=lambda one: plain(offered[one][0]),
        captions=[plain(caption) for _, caption in offered.values()],
        key=_KEY,
        on_change=put,
    )
    for name in missing:
        st.caption(plain(f"The study names {name}, which is not here or cannot be used."))


def _models(study: Study, manifest: Manifest) -> tuple[dict[str, str], list[str]]:
    """The models that know one of the study's findings at least, with a few words on each.

    Those that the study names come first, and those that it names but are not here come apart.
    """
    there = {info.name: info.manifest for info in registry.models() if info.manifest is not None}
    count = len(manifest.labels)
    others = {}
    for name in dict.fromkeys((*study.beside, *there)):
        if name == study.model or name not in there:
            continue
        if common := len(counterparts(manifest.labels, there[name].labels)):
            of = "all" if common == count else f"{common} of the {count}"
            trained_on = there[name].trained_on
            trained = f"; trained on {trained_on}" if trained_on else ""
            others[name] = f"knows {of} findings{trained}"
    return others, [name for name in study.beside if name not in there]
