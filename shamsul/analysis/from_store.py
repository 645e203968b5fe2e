"""The analysis of a study in the store."""

import io
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from shamsul.analysis.about import About
from shamsul.analysis.study import Analysis, analyse
from shamsul.reading.database.store import Store
from shamsul.reading.exports.ratings import export_ratings


def analyse_stored(
    store: Store,
    study: str,
    titles: Mapping[str, str],
    *,
    about: About | None = None,
    flow: pd.DataFrame | None = None,
    localisation: pd.DataFrame | None = None,
    truth: pd.DataFrame | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> Analysis:
    """Analyse the current answers of a study, as they would be exported.

    Parameters
    ----------
    store : Store
    study : str
    titles : mapping of str to str
        Of methods, by registered name. Those of the study's plan are analysed, without a plan those
        that were rated.
    about, flow : About, DataFrame, optional
        What the study was, and what became of its readings, as
        :func:`shamsul.studies.described.describe` gives; by default what the exported tables say.
    localisation, truth, replicates, seed
        As for :func:`shamsul.analysis.study.analyse`.

    Raises
    ------
    ValueError
        If there is no such study.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    stored = store.study(study)
    files = export_ratings(store, study)
    ratings, cases, readers = (
        # As text: "NA" may be a reader's name.
        pd.read_csv(io.BytesIO(data), keep_default_na=False, dtype=str)
        for data in (files.ratings, files.cases, files.readers)
    )
    rated = set(ratings["method"])
    methods = stored.plan.methods if stored.plan else [name for name in titles if name in rated]
    analysis = analyse(
        ratings,
        cases,
        readers,
        items=stored.questionnaire.items,
        methods={name: titles[name] for name in methods},
        localisation=localisation,
        truth=truth,
        replicates=replicates,
        seed=seed,
    )
    return replace(
        analysis,
        title=stored.title,
        about=analysis.about if about is None else about,
        flow=analysis.flow if flow is None else flow,
    )
