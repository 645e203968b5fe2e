"""What scores against gaze come to: means over readers, tables, and words about them."""

from collections.abc import Sequence
from dataclasses import asdict, fields

import pandas as pd

from shamsul.localisation.gaze_scores import METRICS, PROTOCOL, GazeRules, GazeScore
from shamsul.localisation.results import Results, of_table
from shamsul.localisation.score import HUMAN
from shamsul.localisation.summary import Mean, summarise_table

#: What is told and drawn, as far as it is defined.
HEADLINE = ("auc_shuffled", "nss", "information_gain")


def frame(scores: Sequence[GazeScore]) -> pd.DataFrame:
    """Scores as a table, a row for each map and reader."""
    names = [one.name for one in fields(GazeScore)]
    return pd.DataFrame([asdict(one) for one in scores], columns=names)


def over_readers(scores: Sequence[GazeScore]) -> pd.DataFrame:
    """Scores as a table, a row for each map.

    Returns
    -------
    DataFrame
        Columns image, label, method, annotated; readers, how many; fixations and seconds of all of
        them; then `METRICS`, the means over the readers for whom they are defined; reason, those of
        any of them.
    """
    table = frame(scores)
    groups = table.groupby(["image", "label", "method"], sort=False)
    numbers = groups.agg(
        annotated=("annotated", "first"),
        readers=("reader", "nunique"),
        fixations=("fixations", "sum"),
        seconds=("seconds", "sum"),
        **{name: (name, "mean") for name in METRICS},
        reason=("reason", lambda said: "; ".join(dict.fromkeys(filter(None, said)))),
    )
    return numbers.reset_index()


def summarise(scores: Sequence[GazeScore], *, replicates: int = 1000, seed: int = 0) -> list[Mean]:
    """Mean and interval of every score over images, by label and method.

    An image counts once, with the mean over its readers.
    """
    return summarise_table(over_readers(scores), METRICS, replicates=replicates, seed=seed)


def collect(
    scores: Sequence[GazeScore],
    means: Sequence[Mean],
    rules: GazeRules,
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> Results:
    """Make the tables of a report.

    Parameters
    ----------
    scores : sequence of GazeScore
    means : sequence of Mean
        Of the same scores, see :func:`summarise`.
    rules : GazeRules
        By which they were scored.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    Results
        Its scores are :func:`over_readers`, its further table readers has them apart.

    Raises
    ------
    ValueError
        If an image has two scores of a label, method and reader.
    """
    apart = frame(scores)
    key = ["image", "label", "method", "reader"]
    twice = apart[apart.duplicated(key)]
    if len(twice):
        raise ValueError("several scores of " + ", ".join(twice.iloc[0][key]))
    table = over_readers(scores)
    metrics = tuple(name for name in METRICS if table[name].notna().any())
    found = of_table(
        table,
        means,
        metrics,
        tuple(name for name in HEADLINE if name in metrics) or metrics[:1],
        protocol=PROTOCOL,
        threshold="none",
        people=(HUMAN,),
        replicates=replicates,
        seed=seed,
        notes=(
            ("Readers", readers_in_words(apart)),
            ("Labels scored", labels_in_words(apart)),
            ("Fixations weigh", "by their duration" if rules.by_duration else "all alike"),
            ("Prior of the information gain", f"{rules.prior.value}"),
        ),
        more={"readers": apart},
    )
    return found


def readers_in_words(apart: pd.DataFrame) -> str:
    """Whose gaze it is, and in how many images it is of several readers."""
    looked = apart.drop_duplicates(["image", "reader"])
    several = int((looked.groupby("image").size() > 1).sum())
    return (
        f"{looked['reader'].nunique()}; {int(looked['fixations'].sum()):,} fixations, "
        f"{looked['seconds'].sum():,.0f} s; {several} of {looked['image'].nunique()} images with "
        "several readers"
    )


def labels_in_words(apart: pd.DataFrame) -> str:
    """Which labels were scored: gaze itself says nothing of them.

    Examples
    --------
    >>> labels_in_words(pd.DataFrame({"image": ["a", "b"], "annotated": [1.0, float("nan")]}))
    'those annotated in 1 image; all that have maps in 1 image whose findings are not known'
    """
    of_images = apart.drop_duplicates("image")["annotated"].notna()
    parts = []
    if known := int(of_images.sum()):
        every = (apart["annotated"] == 0).any()
        parts.append(f"{'all that have maps' if every else 'those annotated'} in {_images(known)}")
    if unknown := int((~of_images).sum()):
        parts.append(f"all that have maps in {_images(unknown)} whose findings are not known")
    return "; ".join(parts)


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"
