"""The study view of an evaluation: every table that its scores give."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from types import MappingProxyType

import pandas as pd

import shamsul
from shamsul.explainers.baselines import BASELINES
from shamsul.explainers.registry import METHODS
from shamsul.localisation import tables
from shamsul.localisation.score import HUMAN, Score
from shamsul.localisation.summary import Mean
from shamsul.metrics.bootstrap import interval
from shamsul.reporting.differences import against, in_words
from shamsul.reporting.resampling import LEVEL

#: What the numbers depend on, besides this software.
PACKAGES = ("numpy", "scipy", "pandas", "opencv-python-headless")
#: What an evaluation is told by, where it is known; otherwise by the first metric that is.
HEADLINE = ("iou", "hit")


@dataclass(frozen=True, kw_only=True)
class Results:
    """An evaluation as tidy tables.

    Attributes
    ----------
    protocol, threshold : str
        As the command line has them.
    software : mapping of str to str
        Versions by package.
    replicates, seed : int
        Of the bootstrap.
    titles : mapping of str to str
        Of the methods by name: those that explain a model, in the order of the registry, others by
        name, then baselines, then people. Tables and figures keep the order.
    compared, references, people : tuple of str
        Names of the methods that are none of the following; of the baselines; of people.
    metrics : tuple of str
        Those that any map has.
    headline : tuple of str
        Those that are told and drawn; the first of them most of all.
    images : int
    tables : mapping of str to DataFrame
        By name: scores, summary, overall, wins, correlations, findings, against_baselines,
        against_people, cases; see :mod:`shamsul.localisation.tables`. The two about references also
        have each row in words. Scores against gaze have no correlations and findings, but the
        scores of each of the readers.
    notes : tuple of (str, str)
        What else is to be said of what was evaluated, and its name.
    """

    protocol: str
    threshold: str
    software: Mapping[str, str]
    replicates: int
    seed: int
    titles: Mapping[str, str]
    compared: tuple[str, ...]
    references: tuple[str, ...]
    people: tuple[str, ...]
    metrics: tuple[str, ...]
    headline: tuple[str, ...]
    images: int
    tables: Mapping[str, pd.DataFrame]
    notes: tuple[tuple[str, str], ...] = ()


def collect(
    scores: Iterable[Score],
    means: Sequence[Mean],
    *,
    protocol: str,
    threshold: str,
    people: Sequence[str] = (HUMAN,),
    replicates: int = 1000,
    seed: int = 0,
) -> Results:
    """Make the tables.

    Parameters
    ----------
    scores : iterable of Score
    means : sequence of Mean
        Of the same scores, as :mod:`shamsul.localisation.summary` gives them.
    protocol, threshold : str
        What the scores were made with, to be told.
    people : sequence of str
        Names of methods that are people's points, or the masks of a further annotator.
    replicates, seed : int
        Of the bootstrap.

    Raises
    ------
    ValueError
        If an image has two scores of a label and method.
    """
    scores = list(scores)
    table = tables.frame(scores)
    metrics = tables.defined(table)
    headline = tuple(name for name in HEADLINE if name in metrics) or metrics[:1]
    more = {}
    if any(one.curve for one in scores):
        resample = functools.partial(interval, replicates=replicates, level=LEVEL, seed=seed)
        more["curves"] = tables.curves(scores, resample)
    return of_table(
        table,
        means,
        metrics,
        headline,
        protocol=protocol,
        threshold=threshold,
        people=people,
        replicates=replicates,
        seed=seed,
        more=more,
    )


def of_table(
    table: pd.DataFrame,
    means: Sequence[Mean],
    metrics: tuple[str, ...],
    headline: tuple[str, ...],
    *,
    protocol: str,
    threshold: str,
    people: Sequence[str],
    replicates: int,
    seed: int,
    notes: tuple[tuple[str, str], ...] = (),
    more: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> Results:
    """Make the tables of scores of any kind.

    Parameters
    ----------
    table : DataFrame
        With the columns image, label, method and the metrics. What scores depend on is looked at
        where it has the features of findings.
    means : sequence of Mean
        Of the same scores.
    metrics, headline : tuple of str
        As of `Results`.
    protocol, threshold, people, replicates, seed
        As of `collect`.
    notes : tuple of (str, str)
        As of `Results`.
    more : mapping of str to DataFrame
        Further tables by name.

    Raises
    ------
    ValueError
        As `collect` does.
    """
    key = ["image", "label", "method"]
    twice = table[table.duplicated(key)]
    if len(twice):
        raise ValueError("several scores of " + ", ".join(twice.iloc[0][key]))
    titles = _titles(set(table["method"]), people)
    references = tuple(name for name in titles if name in BASELINES)
    human = tuple(name for name in titles if name in people)
    compared = tuple(name for name in titles if name not in {*references, *human})
    described, depending = (
        (table, headline) if set(tables.FEATURES) <= set(table) else (tables.frame(()), ())
    )
    resample = functools.partial(interval, replicates=replicates, level=LEVEL, seed=seed)
    names = list(titles)
    return Results(
        protocol=protocol,
        threshold=threshold,
        software={"shamsul": shamsul.__version__, **{name: version(name) for name in PACKAGES}},
        replicates=replicates,
        seed=seed,
        titles=titles,
        compared=compared,
        references=references,
        people=human,
        metrics=metrics,
        headline=headline,
        images=table["image"].nunique(),
        tables={
            "scores": table,
            "summary": tables.summary(table, means),
            "overall": tables.overall(table, metrics, names, resample),
            "wins": tables.wins(table, headline, names),
            "correlations": tables.correlations(described, depending, names, resample),
            "findings": tables.findings(described, depending, names, resample),
            "against_baselines": _worded(
                against(table, metrics, compared, references, resample, tables.DISTANCES),
                titles | {name: _with_article(titles[name]) for name in references},
            ),
            "against_people": _worded(
                against(table, metrics, compared, human, resample, tables.DISTANCES),
                titles | {HUMAN: "people"},
            ),
            "cases": tables.cases(table, headline[0] if headline else "iou", names),
            **more,
        },
        notes=notes,
    )


def _titles(found: set[str], people: Sequence[str]) -> dict[str, str]:
    given = {name: method.title for name, method in METHODS.items()}
    baselines = {name: method.title for name, method in BASELINES.items()}
    others = sorted(found - {*given, *baselines, *people})
    human = {name: "People" if name == HUMAN else name for name in people}
    ordered = {**given, **{name: name for name in others}, **baselines, **human}
    return {name: title for name, title in ordered.items() if name in found}


def _with_article(title: str) -> str:
    return f"the {title[0].lower()}{title[1:]}"


def _worded(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    words = [in_words(row, titles) for row in table.to_dict("records")]
    return table.assign(words=pd.Series(words, dtype=object))
