"""An evaluation as a page to read and to print."""

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from shamsul.localisation.figures import NAMES
from shamsul.localisation.gaze_scores import LONGEST, PROTOCOL
from shamsul.localisation.procedure import procedure
from shamsul.localisation.results import Results
from shamsul.localisation.tables import by_label, matrix
from shamsul.reporting import page as common
from shamsul.reporting.differences import ALL
from shamsul.reporting.page import Plate, Section
from shamsul.reporting.pictures import Picture
from shamsul.reporting.resampling import LEVEL

_NO_BASELINE = (
    "No baseline is among the methods: nothing here says whether a map is better than one that "
    "knows nothing of what the model found."
)


def page(
    results: Results,
    pictures: Sequence[Picture],
    drawings: Mapping[str, str],
    plates: Sequence[Plate] = (),
) -> str:
    """One page with everything in it: no script, no address, nothing to load.

    Parameters
    ----------
    results : Results
    pictures : sequence of Picture
    drawings : mapping of str to str
        Each picture as SVG by its name. Their identifiers must differ.
    plates : sequence of Plate
        A gallery, such as of the best and the worst maps.

    Returns
    -------
    str
        HTML. Of each table what is most asked for; all of it is in the files.
    """
    software = ", ".join(" ".join(pair) for pair in results.software.items())
    settings = {
        "threshold": results.threshold,
        "level": f"{LEVEL:.0%}",
        "replicates": f"{results.replicates:,}",
        "seed": results.seed,
        "longest": LONGEST,
    }
    shown, sections = shown_tables(results), sections_of(results, {one.name for one in pictures})
    body = [
        f"<p>Computed with {escape(software)}; {results.replicates} bootstrap replicates, seed "
        f"{results.seed}.</p>",
        common.listed("What was evaluated", (), _facts(results)),
        *_in_words(results),
        "<p>n is what a number was computed from, left out what could not be used for it. All "
        "numbers, also by label and for further metrics, are in the CSV files and in "
        "evaluation.json beside this page.</p>",
        *common.sections(sections, shown, pictures, drawings, {**results.titles, **NAMES}),
    ]
    if plates:
        body += ["<h2>Gallery</h2>", common.plates(plates)]
    body.append(common.methods(procedure(results), settings, linked=False))
    against = "gaze" if results.protocol == PROTOCOL else "expert annotations"
    return common.page(f"Maps against {against}", body, images=bool(plates))


def _facts(results: Results) -> list[tuple[str, str]]:
    def titles(names: Sequence[str]) -> str:
        return ", ".join(results.titles[name] for name in names) or "none"

    labels = sorted(results.tables["scores"]["label"].unique())
    return [
        ("Protocol", results.protocol),
        ("Threshold", results.threshold),
        ("Images", str(results.images)),
        ("Labels", ", ".join(labels)),
        ("Methods", titles(results.compared)),
        ("Baselines", titles(results.references)),
        ("People", titles(results.people)),
        *results.notes,
    ]


def _in_words(results: Results) -> list[str]:
    """What comes of it, over all labels."""
    words = []
    for metric in results.headline:
        found = [
            row
            for name in ("against_baselines", "against_people")
            for row in _whole(results.tables[name], [metric])["words"]
        ]
        if found:
            lines = "".join(f"<li>{escape(line)}</li>" for line in found)
            words.append(f"<p>{ALL}, {escape(NAMES[metric])}:</p><ul>{lines}</ul>")
    if not results.references and results.compared:
        words.append(f"<p>{_NO_BASELINE}</p>")
    return ["<h2>In words</h2>", *words] if words else []


def shown_tables(results: Results) -> dict[str, pd.DataFrame]:
    """The tables as far as a page has room for them."""
    found, names = results.tables, list(results.titles)
    shown = {
        f"by_label_{metric}": by_label(found["summary"], found["overall"], metric, names)
        for metric in results.headline
    }
    first = list(results.headline[:1])
    correlations, findings = (
        found[name][found[name]["metric"].isin(first)] for name in ("correlations", "findings")
    )
    shown["overall"] = matrix(found["overall"], "metric", "mean", names)
    shown["correlations"] = matrix(correlations, "feature", "rho", names)
    shown["findings"] = matrix(findings, "findings", "mean", names)
    for name, table in shown.items():
        # An interval is not broken over two lines.
        shown[name] = table.replace(" to ", "\u00a0to\u00a0", regex=True).rename(
            columns=results.titles
        )
    for name in ("against_baselines", "against_people"):
        shown[name] = _whole(found[name], results.headline).drop(columns=["label", "words"])
    shown["wins"] = _whole(found["wins"], first).drop(
        columns=["label", "metric", "median_difference", "statistic", "nonzero"]
    )
    return shown | {"cases": found["cases"]}


def _whole(table: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    return table[(table["label"] == ALL) & table["metric"].isin(metrics)]


def sections_of(results: Results, drawn: set[str]) -> list[Section]:
    """Those with something to show."""
    first = NAMES[results.headline[0]] if results.headline else "scores"
    interval = f"with {LEVEL:.0%} interval"
    means = {
        f"by_label_{one}": f"Mean {NAMES[one]} by label, {interval}" for one in results.headline
    }
    everything = (
        Section(
            "Scores",
            ("boxes",),
            means | {"overall": f"Mean of each metric over all labels, {interval}"},
        ),
        Section(
            "Against baselines",
            ("against_baselines",),
            {"against_baselines": "Differences to the best baseline, over all labels"},
        ),
        Section(
            "Against people",
            ("against_people",),
            {"against_people": "Differences to people, over all labels"},
        ),
        Section("Pairs of methods", ("wins",), {"wins": f"Pairs of methods, by {first}"}),
        Section(
            "What scores depend on",
            ("size",),
            {
                "correlations": f"Spearman's correlation with {first}, {interval}",
                "findings": f"Mean {first} in images with one finding, with several, {interval}",
            },
        ),
        Section("Best and worst", (), {"cases": f"Best and worst maps by {first}"}),
    )
    shown = shown_tables(results)
    return [
        part
        for part in everything
        if part.title == "Scores"
        or drawn & set(part.pictures)
        or any(len(shown[name]) for name in part.tables)
    ]
