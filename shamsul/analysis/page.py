"""An analysis as a page to read and to print."""

from collections.abc import Mapping, Sequence
from html import escape

from shamsul.analysis.about import About, Origin
from shamsul.analysis.procedure import PROCEDURE
from shamsul.analysis.study import Analysis
from shamsul.reporting import page as common
from shamsul.reporting.page import Section
from shamsul.reporting.pictures import Picture
from shamsul.reporting.resampling import LEVEL

#: Tables that a figure shows whole, or with a row for each map, are in their files only.
SECTIONS = (
    Section(
        "What was read",
        ("flow",),
        {
            "flow": "Readings of each reader, how far they are, and what became of them",
            "rows": "Exported rows used in the main analysis, and left out of it",
            "completeness": "What each reader did",
        },
    ),
    Section(
        "Does the explanation help?",
        ("helped_readers", "helped_roc"),
        {
            "helped_means": "AUC, sensitivity and specificity at each step, means of the readers",
            "helped_test": "Whether they are the same at all steps",
            "helped_differences": "What was gained from one step to another",
            "helped_readers": "Each reader at each step",
            "helped_confidence": "Each reader's confidence and time at each step",
            "helped_change": "Changes of answers towards the truth and away from it",
        },
    ),
    Section(
        "Scores",
        ("scores", "means", "readers", "differences"),
        {
            "means": "Mean scores",
            "tests": "Whether the methods differ",
            "differences": "Pairs of methods: the first less the second",
        },
    ),
    Section(
        "Ranks",
        ("ranks",),
        {
            "mean_ranks": "Mean ranks",
            "rank_test": "Whether the methods are ranked differently",
            "rank_differences": "Pairs of methods: the first's mean rank less the second's",
        },
    ),
    Section(
        "Agreement",
        ("agreement",),
        {
            "agreement": "Agreement between readers",
            "repeats": "Agreement of readers with themselves on repeated cases",
        },
    ),
    Section(
        "Control maps",
        (),
        {
            "control_failures": "Control maps that were rated as high as real ones",
            "control_effects": "Mean scores of control maps and of the real maps beside them",
        },
    ),
    Section("Time and learning", ("times", "learning"), {"times": "Active seconds per case"}),
    Section(
        "System Causability Scale",
        (),
        {"causability": "Each reader", "mean_causability": "All readers"},
    ),
    Section(
        "Scores and localisation",
        ("localisation",),
        {
            "localisation": "Spearman's correlation of score and IoU within readers",
            "hits": "Mean scores of maps that hit the annotation and of maps that miss it",
        },
    ),
)

#: Headings besides those of the sections and of the parts of what the study was.
ABOUT, METHODS, LIMITS, SOFTWARE = "What the study was", "Methods", "Limits", "Software"

#: What statistics are called.
STATISTICS = {
    "krippendorff_alpha": "Krippendorff's α (ordinal)",
    "fleiss_kappa": "Fleiss' κ",
    "icc_2_1": "ICC(2,1)",
    "auc": "AUC",
}


def page(analysis: Analysis, pictures: Sequence[Picture], drawings: Mapping[str, str]) -> str:
    """One page with everything in it: no script, nothing to load.

    Parameters
    ----------
    analysis : Analysis
    pictures : sequence of Picture
    drawings : mapping of str to str
        Each picture as SVG by its name. Their identifiers must differ.

    Returns
    -------
    str
        HTML.
    """
    names = {**analysis.methods, **STATISTICS}
    items = [
        (item.id, item.wording, "; ".join(f"{n} {word}" for n, word in enumerate(item.options, 1)))
        for item in analysis.items
    ]
    settings = {
        "level": f"{LEVEL:.0%}",
        "replicates": f"{analysis.replicates:,}",
        "seed": analysis.seed,
    }
    body = [
        f"<h2>{ABOUT}</h2>",
        *facts(analysis.about),
        common.listed("Items", ("item", "wording", "points"), items),
        "<p>n is what a number was computed from, left out what could not be used for it. "
        "Intervals and p are for readers and cases like these, unless they are said to be for "
        "these readers. All numbers, also those behind the figures, are in the CSV files and in "
        "analysis.json beside this page.</p>",
        *common.sections(SECTIONS, analysis.tables, pictures, drawings, names),
        common.methods(PROCEDURE, settings),
        *_limits(analysis),
        *_software(analysis),
    ]
    return common.page(
        analysis.title or f"Reading study {analysis.study}".strip(),
        body,
    )


def facts(about: About) -> list[str]:
    """What the study was as HTML, a heading and a table for each part, blanks of class blank."""
    return [
        common.facts(
            part.title,
            [(one.name, one.value, one.origin is not Origin.RECORDED) for one in part.facts],
        )
        for part in about.parts
    ]


def _limits(analysis: Analysis) -> list[str]:
    if not analysis.about.limits:
        return []
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in analysis.about.limits)
    return [f"<h2>{LIMITS}</h2>", f"<ul>{said}</ul>"]


def _software(analysis: Analysis) -> list[str]:
    software = ", ".join(" ".join(pair) for pair in analysis.software.items())
    return [
        f"<h2>{SOFTWARE}</h2>",
        f"<p>Computed with {escape(software)}; {analysis.replicates} bootstrap replicates, seed "
        f"{analysis.seed}.</p>",
    ]
