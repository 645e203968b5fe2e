"""What is adjudicated: the findings on which readers disagree, worst first, and one of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from shamsul.analysis.disagreement import Disagreement, Spread, disagreements
from shamsul.explainers.registry import METHODS
from shamsul.reading.design.consensus import Consensus
from shamsul.reading.design.study import SavedAnswer, Study
from shamsul.ui.shared import session
from shamsul.ui.shared.wording import counted, plain

#: Findings that the list shows; nobody adjudicates thousands.
MOST = 200
#: Session state: which one is looked at.
CHOSEN = "adjudicated"

#: List, film and answers beside each other, as many as there is room for; names read in their own
#: direction.
STYLE = """<style>
.st-key-adjudicate > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] {
  flex-wrap: wrap;
  > :nth-child(1) { min-width: min(14rem, 100%); }
  > :nth-child(2) { min-width: min(30rem, 100%); }
  > :nth-child(3) { min-width: min(21rem, 100%); }
}
.st-key-adjudicate-list { max-height: max(12rem, 70vh); overflow: auto; }
.st-key-adjudicate strong { unicode-bidi: plaintext; }
</style>"""


@dataclass(frozen=True)
class Adjudication:
    """What readers said in a study, and what was agreed on.

    Attributes
    ----------
    study : Study
    answers : tuple of SavedAnswer
    found : tuple of Disagreement
        Worst first.
    agreed : tuple of Consensus
    """

    study: Study
    answers: tuple[SavedAnswer, ...]
    found: tuple[Disagreement, ...]
    agreed: tuple[Consensus, ...]

    @classmethod
    def of(cls, study: Study) -> "Adjudication":
        """As the store has it now."""
        answers = session.store().export_rows(study.name)
        agreed = session.consensuses().of(study.name)
        return cls(study, answers, disagreements(answers, study.questionnaire), agreed)

    def consensus(self, about: Disagreement) -> dict[str, Consensus]:
        """What was agreed on about a finding of a case, by scale."""
        return {
            one.item: one
            for one in self.agreed
            if (one.case, one.label) == (about.case, about.label)
        }


def titled(method: str) -> str:
    """What a method is called."""
    return METHODS[method].title if method in METHODS else method


def in_order(methods: Iterable[str]) -> list[str]:
    """Methods once each, in the order of panels."""
    there = {*methods}
    return [*(name for name in METHODS if name in there), *sorted(there - METHODS.keys())]


def apart(spread: Spread) -> str:
    """How far readers are apart, in words.

    Examples
    --------
    >>> from shamsul.reading.design.questionnaire import Kind, Question, Step
    >>> scale = Question("a", "A?", Kind.SCALE, Step.MAPS, options=("1", "2", "3"))
    >>> apart(Spread("lime", scale, {"Ada": 1, "Bo": 3}))
    '1 to 3 of 3'
    """
    scores = [score for score in spread.answers.values() if isinstance(score, int)]
    low, high = min(scores), max(scores)
    span = f"{low} to {high}" if low < high else f"all {low}"
    return f"{span} of {len(spread.question.options)}"


def choose(adjudication: Adjudication) -> Disagreement | None:
    """The list, and the finding that is chosen in it; None where none is left to choose."""
    open_only = st.toggle("Without a consensus only", key="adjudicate-open")
    every = adjudication.found
    if open_only:
        every = tuple(one for one in every if not adjudication.consensus(one))
        if not every:
            st.success("There is a consensus about each of them.")
            return None
    shown = every[:MOST]
    if len(every) > len(shown):
        st.caption(f"The {MOST} of {len(every)} on which readers are furthest apart.")
    keys = [_key(one) for one in shown]
    if st.session_state.get(CHOSEN) not in keys:
        st.session_state[CHOSEN] = keys[0]
    with st.container(key="adjudicate-list"):
        chosen = st.radio(
            "Furthest apart first",
            keys,
            format_func=dict(zip(keys, map(_name, shown), strict=True)).__getitem__,
            captions=[_caption(adjudication, one) for one in shown],
            key=CHOSEN,
        )
    return shown[keys.index(chosen)]


def _key(one: Disagreement) -> str:
    return f"{one.case.id}/{one.label}"


def _name(one: Disagreement) -> str:
    return f"**{plain(one.case.name)}**, {plain(one.label)}"


def _caption(adjudication: Adjudication, one: Disagreement) -> str:
    worst = one.worst
    parts = [f"{titled(worst.method)} {apart(worst)}", counted(len(worst.answers), "reader")]
    if kept := adjudication.consensus(one):
        parts.append(f"consensus on {len(kept)} of {len({s.question.id for s in one.spreads})}")
    return plain(", ".join(parts))
