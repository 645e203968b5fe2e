"""Readers' answers about a finding side by side, and the consensus about them."""

import pandas as pd
import streamlit as st

from shamsul.analysis.disagreement import Disagreement, Spread
from shamsul.reading import CANNOT_JUDGE
from shamsul.reading.design.consensus import Consensus
from shamsul.reading.design.questionnaire import MAX_TEXT, Question, Value
from shamsul.reading.design.study import MapShown, SavedAnswer
from shamsul.ui.adjudicate.listing import Adjudication, apart, in_order, titled
from shamsul.ui.shared import session
from shamsul.ui.shared.wording import plain

_ABSTAINS = "Cannot judge"


def panel(adjudication: Adjudication, about: Disagreement) -> None:
    """One scale at a time: all readers' answers under each other, and the form below them."""
    by_item: dict[str, list[Spread]] = {}
    for spread in about.spreads:
        by_item.setdefault(spread.question.id, []).append(spread)
    item = _chosen(about, by_item)
    order = in_order(spread.method for spread in by_item[item])
    spreads = sorted(by_item[item], key=lambda spread: order.index(spread.method))
    question = spreads[0].question
    st.caption(
        plain(", ".join(f"{point} = {word}" for point, word in enumerate(question.options, 1)))
    )
    st.table(_answers(spreads))
    kept = adjudication.consensus(about).get(item)
    _form(about, question, order, kept)


def _chosen(about: Disagreement, by_item: dict[str, list[Spread]]) -> str:
    """The scale that is looked at: at first the one on which readers are furthest apart."""

    def named(item: str) -> str:
        shares = [spread for spread in by_item[item] if spread.share is not None]
        widest = max(shares, key=lambda one: one.share or 0.0, default=None)
        how = f" ({apart(widest)})" if widest is not None else ""
        return f"{by_item[item][0].question.wording}{how}"

    items = list(by_item)
    return st.selectbox(
        "Question",
        items,
        index=items.index(about.worst.question.id),
        format_func=named,
        key=f"adjudicate-item-{about.case.id}-{about.label}",
    )


def _answers(spreads: list[Spread]) -> pd.DataFrame:
    """Readers by maps, as text; a table's cells and headings are Markdown."""
    readers = sorted({reader for spread in spreads for reader in spread.answers})
    return pd.DataFrame(
        {
            plain(titled(spread.method)): [_said(spread.answers.get(reader)) for reader in readers]
            for spread in spreads
        },
        index=pd.Index([plain(reader) for reader in readers], name="Reader"),
    )


def _said(value: Value) -> str:
    if value is None:
        return "–"
    return _ABSTAINS if value is CANNOT_JUDGE else str(value)


def _form(
    about: Disagreement, question: Question, methods: list[str], kept: Consensus | None
) -> None:
    place = f"{about.case.id}-{about.label}-{question.id}-{kept.revision if kept else 0}"
    points: list[Value] = [*range(1, len(question.options) + 1)]
    if question.may_abstain:
        points.append(CANNOT_JUDGE)
    author = session.reader()
    with st.form(f"consensus-{place}"):
        st.markdown("**Consensus**")
        scores: dict[str, object] = {
            method: st.segmented_control(
                plain(titled(method)),
                points,
                default=kept.scores.get(method) if kept else None,
                format_func=lambda point: "?" if point is CANNOT_JUDGE else str(point),
                key=f"consensus-{place}-{method}",
            )
            for method in methods
        }
        comment = st.text_area(
            "Comment",
            value=kept.comment if kept else "",
            max_chars=MAX_TEXT,
            height=80,
            key=f"consensus-{place}-comment",
        )
        if question.may_abstain:
            st.caption("? = Cannot judge")
        pressed = st.form_submit_button("Keep the consensus", type="primary", disabled=not author)
    if not author:
        st.info("Type your name at the top of the page: the consensus is kept under it.")
    elif pressed:
        try:
            session.consensuses().record(
                about.case, about.label, question.id, scores, comment, author
            )
        except ValueError as error:
            st.error(plain(f"This consensus was not kept: {error}."))
        else:
            st.rerun()
    if kept is not None:
        when = kept.changed_at.astimezone().strftime("%d %B %Y at %H:%M")
        st.caption(
            f"Kept by {plain(kept.author)} on {when}. It stays apart from readers' answers and "
            "changes none of the statistics."
        )


def other_answers(adjudication: Adjudication, about: Disagreement) -> None:
    """What readers said besides scores: about the case, and in words about its maps."""
    said = [
        saved
        for saved in adjudication.answers
        if saved.answer.case == about.case
        and saved.answer.shown.label == about.label
        and saved.answer.value is not None
        and not _is_scored(saved, about)
    ]
    if not said:
        return
    with st.expander("Other answers"):
        rows = [
            {
                "Reader": plain(saved.answer.reader),
                "About": plain(_subject(saved)),
                "Question": plain(_wording(adjudication, saved.answer.item)),
                "Answer": plain(_words(saved.answer.value)),
            }
            for saved in said
        ]
        st.table(pd.DataFrame(rows).set_index("Reader"))


def _is_scored(saved: SavedAnswer, about: Disagreement) -> bool:
    return any(spread.question.id == saved.answer.item for spread in about.spreads)


def _subject(saved: SavedAnswer) -> str:
    shown = saved.answer.shown
    if not isinstance(shown, MapShown):
        return "the case"
    return f"{titled(shown.method)}{', control' if shown.control else ''}"


def _wording(adjudication: Adjudication, item: str) -> str:
    asked = {one.id: one.wording for one in adjudication.study.questionnaire.questions}
    return asked.get(item, item)


def _words(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{part:g}" if isinstance(part, float) else str(part) for part in value)
    return _said(value) if not isinstance(value, float) else f"{value:g}"
