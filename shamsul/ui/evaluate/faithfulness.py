"""The view "Faithfulness" of the Evaluate page: what maps are worth without annotations."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from shamsul.classifiers.registry import ModelError
from shamsul.explainers.baselines import BASELINES, EXPLAINERS
from shamsul.faithfulness.measure import Measure
from shamsul.faithfulness.registry import MEASURES, USUAL
from shamsul.faithfulness.sanity import LABEL_RANDOMISATION
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Study
from shamsul.storage.result_cache import Rows
from shamsul.studies import localisation
from shamsul.studies.desk import SEED, Part
from shamsul.studies.faithfulness import Runs, Wanted
from shamsul.ui.evaluate import charts, selection
from shamsul.ui.evaluate.selection import NO_CASES
from shamsul.ui.shared import address, session, sign_in
from shamsul.ui.shared.downloads import offer
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.refusals import possible_in
from shamsul.ui.shared.wording import counted, plain

#: Offered and not chosen: they compute maps anew. Label randomisation needs a second model.
SLOW = tuple(
    measure.name
    for measure in MEASURES.values()
    if measure.explains_again and measure is not LABEL_RANDOMISATION
)
#: Kinds of failure that are told.
TOLD = 3
#: Cases from which on intervals are taken as they are.
ENOUGH = 10
#: Columns of the table below a figure.
SHOWN = {
    "method": "Method",
    "statistic": "Number",
    "detail": "At",
    "mean": "Mean",
    "low": "95% from",
    "high": "95% to",
    "random": "Without order",
    "reversed": "Turned around",
    "n": "Maps",
    "cases": "Cases",
    "left_out": "Undefined",
    "why": "Note",
}
#: Those with decimals.
DECIMALS = tuple(SHOWN[name] for name in ("mean", "low", "high", "random", "reversed"))


@dataclass(frozen=True)
class Choice:
    """What is measured.

    Attributes
    ----------
    study : Study
    methods : tuple of str
        Methods and baselines, in the registry's order.
    measures : tuple of Measure
    """

    study: Study
    methods: tuple[str, ...]
    measures: tuple[Measure, ...]


def choice() -> Choice:
    """Let a coordinator choose."""
    left, right = st.columns([3, 2])
    with left:
        study = selection.study()
    usual = selection.methods_of(study)
    explainers, refused = possible_in(EXPLAINERS, study)
    # Offered all the same: the choice is kept from study to study.
    measures, too_refused = possible_in({name: MEASURES[name] for name in (*USUAL, *SLOW)}, study)
    with right.popover("What is measured", icon=":material/tune:", width="stretch"):
        methods = _pills(
            "Methods and baselines",
            tuple(explainers),
            lambda one: explainers[one].title,
            tuple(one for one in (*usual, *BASELINES) if one in explainers),
            f"measured-methods-{study.name}",
            "method",
        )
        quick = _pills("Measures", USUAL, _title, USUAL, "measures", "measure")
        slow = _pills(
            "Measures that compute maps anew: minutes for each case",
            SLOW,
            _title,
            (),
            "measures-again",
            "measure",
        )
        for others in filter(None, (refused, too_refused)):
            st.caption(plain(others))
        st.caption(
            "All parameters have their defaults. Others, and label randomisation, which needs a "
            "second model, are on the command line: `shamsul faithfulness`."
        )
    return Choice(
        study,
        tuple(one for one in explainers if one in methods),
        tuple(measure for one, measure in measures.items() if one in (*quick, *slow)),
    )


def _pills(
    label: str,
    options: Sequence[str],
    title: Callable[[str], str],
    default: Sequence[str],
    key: str,
    noun: str,
) -> list[str]:
    known = [title(one) for one in options]
    address.check(key, ["", *known], noun, "pages/evaluate.py")
    return st.pills(
        label,
        options,
        format_func=title,
        selection_mode="multi",
        default=default,
        key=key,
        bind="query-params",
        wrap=True,
    )


def _title(measure: str) -> str:
    return MEASURES[measure].title


@st.cache_resource(show_spinner=False)
def _runs() -> Runs:
    """What is measured in the background, one for all pages."""
    return Runs(session.desk())


def view(chosen: Choice) -> None:
    """How far measuring is, and what it has shown so far."""
    cases = session.store().cases(chosen.study.name)
    if not cases:
        st.info(NO_CASES)
        return
    if not chosen.methods or not chosen.measures:
        st.info("Choose at least one method and one measure under *What is measured*.")
        return
    try:
        sources = localisation.to_compare(chosen.study, cases, chosen.methods)
        wanted = Wanted.of(chosen.study, sources, chosen.measures)
    except ModelError as error:
        st.error(plain(f"The study's model cannot be used: {error}"))
        st.page_link("pages/models.py", label="Models", icon=":material/network_node:")
        return
    _computing(wanted)
    _failures(wanted)
    there = _runs().there(wanted)
    if there:
        _results(wanted, there)


# ---- Computing -----------------------------------------------------------------------------------


def _computing(wanted: Wanted) -> None:
    """How far measuring is, with a button that starts it, or a bar and one that stops it."""
    runs = _runs()
    before = runs.standing(wanted)
    if runs.going(wanted):
        bar, button = st.columns([5, 1], vertical_alignment="center")
        button.button(
            "Stop",
            icon=":material/stop:",
            on_click=runs.stop,
            args=(wanted,),
            width="stretch",
            help="What has been measured stays; measuring can be resumed.",
        )
        with bar:
            _going(wanted, before.measured)
        return
    if before.share == 1:
        return
    text, button = st.columns([4, 1.3], vertical_alignment="center")
    with text:
        if not runs.there(wanted):
            st.info(
                "Nothing of this has been measured yet. *Measure the maps* changes each radiograph "
                "step by step and looks at what the model then says: minutes for each case, in the "
                "background. It can be stopped and resumed."
            )
        else:
            st.caption(f"{before.measured} of {counted(before.cases, 'case')} are measured.")
        again = [measure.title for measure in wanted.measures if measure.explains_again]
        if again:
            st.caption(f"Computed anew, several times for each map: {', '.join(again)}.")
    button.button(
        "Measure the maps",
        icon=":material/play_arrow:",
        type="primary",
        on_click=runs.start,
        args=(wanted,),
        width="stretch",
    )


@st.fragment(run_every=2.0)
def _going(wanted: Wanted, measured: int) -> None:
    """Keep the next computations wanted; the page is drawn anew whenever a case is measured."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        now = _runs().ask(wanted)
        words = f"{now.measured} of {counted(now.cases, 'case')} measured"
        st.progress(now.share, text=plain(f"{words}: {now.now}" if now.now else words))
        if not _runs().going(wanted) or now.measured != measured:
            st.rerun()


def _failures(wanted: Wanted) -> None:
    reasons = Counter(one.reason for one in _runs().failures(wanted))
    for reason, count in reasons.most_common(TOLD):
        st.error(plain(f"{reason} ({counted(count, 'case')})"))
    if len(reasons) > TOLD:
        st.error(f"The JSON file has {counted(len(reasons) - TOLD, 'further kind')} of failure.")


# ---- Results -------------------------------------------------------------------------------------


def _results(wanted: Wanted, there: Sequence[Part]) -> None:
    """For each measure what it says, a figure and a table; files of all rows."""
    found = _computed(wanted.study.name, tuple(one.digest for one in there), wanted.measures, there)
    rows = partial(_runs().rows, there)
    _downloads(wanted, rows)
    st.caption(
        "Means over the maps of the labels that the model finds in each case (of the most probable "
        "one where it finds none), every map counting alike, with 95% intervals of whole cases "
        "drawn again."
    )
    cases = len({one.source.case.id for one in there})
    if cases < ENOUGH:
        st.caption(
            f"From {counted(cases, 'case')} only: intervals of so few are too narrow, and another "
            "set of cases may put the methods in another order."
        )
    for measure in wanted.measures:
        if measure.name not in found:
            continue
        summary, sentences = found[measure.name]
        st.markdown(f"##### {measure.title}")
        st.markdown(f"{measure.about} :gray[{measure.caveat}]", help=measure.citation)
        for sentence in sentences:
            st.markdown(f"- {plain(sentence)}")
        st.plotly_chart(
            charts.means_of(summary, measure),
            config={"displayModeBar": False},
            key=f"measured-{measure.name}",
            alt=f"{measure.title} of methods and baselines; the table below has the numbers",
        )
        table = _table(summary, measure)
        st.dataframe(
            table,
            hide_index=True,
            placeholder="",  # what is undefined
            height=min(320, 38 + 35 * len(table)),
            column_config={name: st.column_config.NumberColumn(format="%.3f") for name in DECIMALS},
        )


@st.cache_data(show_spinner="Computing the means …", max_entries=8)
def _computed(
    study: str,
    digests: tuple[str, ...],
    _measures: Sequence[Measure],
    _there: Sequence[Part],
) -> dict[str, tuple[pd.DataFrame, list[str]]]:
    """The means of each measure that is there and what they say, by its name."""
    # Imported here: statistics take seconds, which other views do not need.
    from shamsul.faithfulness import results

    table = results.table(_runs().rows(_there))
    named = set(table["measure"])
    return {
        measure.name: (
            results.summary(table, measure),
            results.sentences(table, measure),
        )
        for measure in _measures
        if measure.name in named
    }


def _table(summary: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    titles = {one.name: one.title for one in measure.statistics}
    named = summary.assign(
        method=[EXPLAINERS[one].title for one in summary["method"]],
        statistic=[titles[one] for one in summary["statistic"]],
    )
    # Columns in which there is nothing for this measure say nothing.
    filled = [name for name in SHOWN if (named[name].notna() & named[name].ne("")).any()]
    return named[filled].rename(columns=SHOWN)


def _downloads(wanted: Wanted, rows: Callable[[], Rows]) -> None:
    failed = [{"file": one.case, "reason": one.reason} for one in _runs().failures(wanted)]

    def as_csv() -> bytes:
        from shamsul.faithfulness import results

        return results.as_csv(rows())

    def as_json() -> bytes:
        from shamsul.faithfulness import results

        parameters = {measure.name: measure.settle({}) for measure in wanted.measures}
        target = wanted.sources[0].key.target.value
        return results.as_json(
            results.document(wanted.manifest, target, SEED, parameters, rows(), failed)
        )

    # One row for each map, measure, statistic and detail, as on the command line.
    offer(
        wanted.study,
        {
            "Measures (CSV)": ("faithfulness.csv", as_csv),
            "Measures (JSON)": ("faithfulness.json", as_json),
        },
    )
