"""The cases of another study, to be chosen by their pictures; the choice is the file's ``only``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import streamlit as st
import tomlkit

from shamsul.classifiers.manifest import ModelError
from shamsul.classifiers.prediction import NO_FINDING, Prediction
from shamsul.radiographs import ArchiveError
from shamsul.reading.database.transactions import UnreadableError
from shamsul.reading.design.study import Case, Study
from shamsul.ui.setup.study_text import TEXT, write
from shamsul.ui.shared import session
from shamsul.ui.shared.thumbnails import thumbnail
from shamsul.ui.shared.wording import counted, plain

#: Cases side by side, and on a page.
_COLUMNS, _PAGE = 4, 12
#: Studies of more cases are not sorted by what the model says, which it would take minutes to say.
_MOST_SORTED: Final = 500
_IN_ORDER = "The study's order"


def pictures(document: Mapping[str, Any]) -> None:
    """The cases of the study that the file names, each with a box that takes it."""
    asked = document.get("cases", {})
    name, model = str(asked.get("study", "")), str(document.get("model", ""))
    try:
        study = session.store().study(name)
        cases = session.store().cases(name)
    except (ValueError, UnreadableError):
        return  # said beside the field
    only = _only(document)
    _summary(cases, only)
    found = _sought(cases, replace(study, model=model))
    pages = max(1, -(-len(found) // _PAGE))
    page = 1
    if pages > 1:
        page = st.number_input(
            f"Page of {pages}", min_value=1, max_value=pages, step=1, key=f"setup-page-{name}"
        )
    shown = found[(page - 1) * _PAGE : page * _PAGE]
    for start in range(0, len(shown), _COLUMNS):
        row = zip(st.columns(_COLUMNS), shown[start : start + _COLUMNS], strict=False)
        for column, case in row:
            with column:
                _card(case, replace(study, model=model), only)


def _only(document: Mapping[str, Any]) -> list[str]:
    """The cases that the file names."""
    named = document.get("cases", {}).get("only", [])
    return [str(one) for one in named if isinstance(one, str)] if isinstance(named, list) else []


def _summary(cases: Sequence[Case], only: Sequence[str]) -> None:
    said, every, none = st.columns([2.2, 1, 1], vertical_alignment="center")
    known = {case.name for case in cases}
    count = len(known.intersection(only))
    all_of_them = counted(len(cases), "case")
    said.markdown(
        f"**{count} of {all_of_them} chosen**" if count else f"None chosen: all {all_of_them} taken"
    )
    names = [case.name for case in cases]
    every.button("Choose all", on_click=write, args=(("cases",), "only", names), width="stretch")
    none.button(
        "Choose none",
        on_click=write,
        args=(("cases",), "only", None),
        disabled=not only,
        width="stretch",
    )


def _sought(cases: Sequence[Case], study: Study) -> list[Case]:
    """The cases that are looked for, in the order asked for."""
    left, right = st.columns(2)
    sought = left.text_input("Search cases", key=f"setup-search-{study.name}").strip().lower()
    orders = [_IN_ORDER]
    if len(cases) <= _MOST_SORTED:
        orders += _labels(study)
    order = right.selectbox(
        "Sort by",
        orders,
        format_func=lambda one: one if one == _IN_ORDER else f"Probability of {one}",
        key=f"setup-sort-{study.name}-{study.model}",
    )
    found = [case for case in cases if sought in case.name.lower()]
    if order == _IN_ORDER:
        return found
    said = {case.id: _prediction(study, case) for case in found}
    return sorted(found, key=lambda case: -_probability(said[case.id], order))


def _labels(study: Study) -> list[str]:
    try:
        return list(session.classifier(study.model).manifest.labels)
    except ModelError:
        return []  # said beside the field


def _prediction(study: Study, case: Case) -> Prediction | None:
    """What the model says; None where it cannot be asked."""
    try:
        return session.prediction(study, case)
    except (ModelError, ArchiveError):
        return None


def _probability(prediction: Prediction | None, label: str) -> float:
    return -1.0 if prediction is None else prediction[label].probability


def _card(case: Case, study: Study, only: Sequence[str]) -> None:
    try:
        st.image(thumbnail(case.image_sha256), width="stretch", alt="")
    except ArchiveError as error:
        st.error(plain(str(error)))
    key = f"setup-take-{study.name}-{case.id}"
    st.session_state[key] = case.name in only

    def change() -> None:
        # Of the text as it is by then: a click may come before the one before it is drawn.
        taken = [name for name in _only(tomlkit.parse(st.session_state[TEXT])) if name != case.name]
        if st.session_state[key]:
            taken.append(case.name)
        write(("cases",), "only", taken or None)

    st.checkbox(plain(case.name), key=key, on_change=change)
    prediction = _prediction(study, case)
    if prediction is not None:
        st.caption(plain(_most_probable(prediction)))


def _most_probable(prediction: Prediction) -> str:
    """The two findings that are most probable."""
    scores = [one for one in prediction.scores if one.label != NO_FINDING]
    scores.sort(key=lambda one: -one.probability)
    return ", ".join(f"{one.label} {one.probability:.2f}" for one in scores[:2])
