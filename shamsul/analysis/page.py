"""An analysis as a page to read and to print."""

from collections.abc import Mapping, Sequence
from html import escape

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
        (),
        {
            "rows": "Exported rows used in the main analysis, and left out of it",
            "completeness": "What each reader did",
        },
    ),
    Section(
        "Does the explanation help?",
        ("helped_readers", "helped_roc"),
        {
            "helped_test": "Test that readers' AUC is the same at all steps (Obuchowski-Rockette)",
            "helped_differences": "What was gained in AUC from one step to another",
            "helped_means": "Mean AUC at each step",
            "helped_readers": "Each reader at each step",
            "helped_confidence": "Each reader's confidence and time at each step",
            "helped_change": "Changes of answers towards the truth and away from it",
        },
    ),
    Section(
        "Scores",
        ("scores", "means"),
        {
            "means": "Mean scores",
            "friedman": "Friedman's test between the methods, with Kendall's W",
            "pairwise": "Wilcoxon's signed-rank tests between pairs of methods",
        },
    ),
    Section(
        "Ranks",
        ("ranks",),
        {"mean_ranks": "Mean ranks", "rank_test": "Friedman's test of the ranks"},
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

_STATISTICS = {
    "krippendorff_alpha": "Krippendorff's α (ordinal)",
    "fleiss_kappa": "Fleiss' κ",
    "icc_2_1": "ICC(2,1)",
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
    software = ", ".join(" ".join(pair) for pair in analysis.software.items())
    names = {**analysis.methods, **_STATISTICS}
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
        f"<p>Computed with {escape(software)}; {analysis.replicates} bootstrap replicates, seed "
        f"{analysis.seed}.</p>",
        common.listed("Items", ("item", "wording", "points"), items),
        "<p>n is what a number was computed from, left out what could not be used for it. All "
        "numbers, also those behind the figures, are in the CSV files and in analysis.json beside "
        "this page.</p>",
        *common.sections(SECTIONS, analysis.tables, pictures, drawings, names),
        common.methods(PROCEDURE, settings),
    ]
    return common.page(
        analysis.title or f"Reading study {analysis.study}".strip(),
        body,
    )
