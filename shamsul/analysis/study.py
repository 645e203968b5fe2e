"""The statistics of a reading study, from its exported tables."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.metadata import version

import pandas as pd

import shamsul
from shamsul.analysis import (
    causability,
    consistency,
    controls,
    helped,
    ranking,
    reading_times,
    selection,
)
from shamsul.analysis.about import About
from shamsul.analysis.describe import described_tables, nothing_assigned
from shamsul.analysis.localisation import correlations, hits, localised, map_scores
from shamsul.analysis.ratings import (
    comparisons,
    differences,
    distribution,
    means,
    reader_means,
    tests,
)
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.resampling import LEVEL

#: What the numbers depend on, besides this software.
PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "scikit-learn")


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The results of a reading study, as tidy tables.

    Where a number is undefined it is NaN, and the row's `why` says why. `n` is what a number was
    computed from, `left_out` what could not be used for it, `undefined` the bootstrap replicates
    left out of an interval (`low`, `high`); `worth` is what a number from few readers or cases is
    worth. The columns of each table stand with the function that
    makes it.

    Attributes
    ----------
    study : str
        Its name; empty without ratings.
    software : mapping of str to str
        Versions by package.
    items : tuple of Question
    methods : mapping of str to str
        Titles by registered name, in the order of the tables.
    replicates, seed : int
        Of the bootstrap.
    rows : DataFrame
        :attr:`shamsul.analysis.selection.Selection.rows`.
    completeness, times, learning : DataFrame
        :mod:`shamsul.analysis.reading_times`.
    distribution, means, reader_means, tests, differences : DataFrame
        :mod:`shamsul.analysis.ratings`.
    places, mean_ranks, rank_test, rank_differences : DataFrame
        :mod:`shamsul.analysis.ranking`.
    agreement, repeats : DataFrame
        :mod:`shamsul.analysis.consistency`.
    control_failures, control_effects : DataFrame
        :mod:`shamsul.analysis.controls`.
    causability, mean_causability : DataFrame
        :mod:`shamsul.analysis.causability`.
    localisation, hits, localised_maps : DataFrame
        :mod:`shamsul.analysis.localisation`; empty where no localisation is given.
    flow : DataFrame
        :func:`shamsul.analysis.flow.flow`; empty where that is not known.
    about : About
        What the study was, as far as the tables or the store say.
    helped : Helped
        Whether the explanation helps readers, :mod:`shamsul.analysis.helped`.
    title : str
        What people call the study; empty where it is known by its name only.
    """

    study: str
    software: Mapping[str, str]
    items: tuple[Question, ...]
    methods: Mapping[str, str]
    replicates: int
    seed: int
    rows: pd.DataFrame
    completeness: pd.DataFrame
    distribution: pd.DataFrame
    means: pd.DataFrame
    reader_means: pd.DataFrame
    tests: pd.DataFrame
    differences: pd.DataFrame
    places: pd.DataFrame
    mean_ranks: pd.DataFrame
    rank_test: pd.DataFrame
    rank_differences: pd.DataFrame
    agreement: pd.DataFrame
    repeats: pd.DataFrame
    control_failures: pd.DataFrame
    control_effects: pd.DataFrame
    times: pd.DataFrame
    learning: pd.DataFrame
    causability: pd.DataFrame
    mean_causability: pd.DataFrame
    localisation: pd.DataFrame
    hits: pd.DataFrame
    localised_maps: pd.DataFrame
    flow: pd.DataFrame
    about: About
    helped: helped.Helped
    title: str = ""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        everything = {field.name: getattr(self, field.name) for field in fields(self)}
        tables = {name: x for name, x in everything.items() if isinstance(x, pd.DataFrame)}
        return tables | self.helped.tables

    def to_json(self) -> str:
        """Everything as JSON text: a table is a list of its rows, NaN is null."""
        content = {
            "study": self.study,
            "about": self.about.to_json(),
            "software": dict(self.software),
            "items": {item.id: item.wording for item in self.items},
            "methods": dict(self.methods),
            "replicates": self.replicates,
            "level": LEVEL,
            "seed": self.seed,
            "tables": {
                name: json.loads(table.to_json(orient="records", double_precision=15))
                for name, table in self.tables.items()
            },
        }
        return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)


def analyse(
    ratings: pd.DataFrame,
    cases: pd.DataFrame,
    readers: pd.DataFrame,
    *,
    items: Sequence[Question],
    methods: Mapping[str, str],
    localisation: pd.DataFrame | None = None,
    truth: pd.DataFrame | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> Analysis:
    """Analyse a reading study.

    Parameters
    ----------
    ratings, cases : DataFrame
        The exported tables of one study, with the columns of
        :data:`shamsul.reading.exports.codebook.RATINGS` and
        :data:`shamsul.reading.exports.codebook.CASES`.
    readers : DataFrame
        Answers about the study as a whole: columns study, reader, item, answer, created_at,
        changed_at, revision. `scs_1` to `scs_10` are the System Causability Scale.
    items : sequence of Question
        The scales to analyse, such as `Questionnaire.items`.
    methods : mapping of str to str
        The methods to analyse: titles by registered name.
    localisation : DataFrame or None
        How well each map meets the expert's annotation: columns heatmap_sha256, iou, hit.
    truth : DataFrame or None
        Which cases have which findings, as for :func:`shamsul.analysis.helped.helped`.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    Analysis

    Raises
    ------
    ValueError
        If a table lacks a column, contains a number off its scale or is of several studies.

    Notes
    -----
    Practice cases, repeated readings and control maps are left out of all but the tables about
    them, and counted in `rows`. A method's map that a control replaced is missing by design: what
    compares methods within a reading does without that reading, and does not count it as left out.
    What is read in several sessions is several readings.
    """
    chosen = selection.select(ratings, cases, items, methods)
    main, ranked, replaced = chosen.main, chosen.ranked, chosen.replaced
    met = localised(main, localisation)
    localised_items = items if localisation is not None else ()
    compared = comparisons(main, items, methods)
    compared_ranks = ranking.compared(ranked, replaced, methods)
    scales = causability.scales(readers)
    return Analysis(
        study=next(iter([*ratings["study"], *cases["study"]]), ""),
        software={"shamsul": shamsul.__version__, **{name: version(name) for name in PACKAGES}},
        items=tuple(items),
        methods=dict(methods),
        replicates=replicates,
        seed=seed,
        rows=chosen.rows,
        completeness=reading_times.completeness(main, chosen.screens),
        distribution=distribution(main, items, methods),
        means=means(compared),
        reader_means=reader_means(main, items, methods),
        tests=tests(compared),
        differences=differences(compared),
        places=ranking.places(ranked, replaced, methods),
        mean_ranks=ranking.mean_ranks(compared_ranks),
        rank_test=ranking.rank_test(compared_ranks),
        rank_differences=ranking.rank_differences(compared_ranks),
        agreement=consistency.agreement(main, items, replicates, seed),
        repeats=consistency.repeats(main, chosen.repeats, items),
        control_failures=controls.failures(chosen.beside),
        control_effects=controls.effects(chosen.beside),
        times=reading_times.times(chosen.screens),
        learning=reading_times.learning(main, chosen.screens),
        causability=scales,
        mean_causability=causability.mean_scale(scales),
        localisation=correlations(met, localised_items),
        hits=hits(met, localised_items),
        localised_maps=map_scores(met),
        flow=nothing_assigned(),
        about=described_tables(ratings, cases, readers, items, methods),
        helped=helped.helped(chosen.answers, truth),
    )
