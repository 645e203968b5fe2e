"""How the numbers of an evaluation are made, in the words of its report, with sources."""

from shamsul.localisation.protocol import Protocol
from shamsul.localisation.results import Results
from shamsul.reporting.page import Statement

_PROTOCOLS = {
    Protocol.SHAMSUL: Statement(
        "Protocol shamsul: each map is brought to the pixels of its radiograph by its own "
        "geometry. Positive relevance counts, negative counts as none. Labels that are not "
        "annotated in an image are left out unless all labels were asked for.",
        (("Alam et al. 2023, SHAMSUL", "10.5617/nmi.10471"),),
    ),
    Protocol.CHEXLOCALIZE: Statement(
        "Protocol chexlocalize: each map is stretched over the whole image and normalised from its "
        "least to its greatest value; regions are filled. IoU and hit rate by label, with their "
        "intervals, are computed as the authors' scripts do.",
        (("Saporta et al. 2022", "10.1038/s42256-022-00536-x"),),
    ),
}
_OTSU = Statement(
    "A pixel is predicted where the map is above Otsu's threshold.",
    (("Otsu 1979", "10.1109/TSMC.1979.4310076"),),
)
_NO_THRESHOLD = Statement("No threshold was set: only what needs none is scored.")
_OTHER_THRESHOLD = Statement(
    "A pixel is predicted where the map is above a threshold: {threshold} (a number is a share of "
    "the way from the map's least to its greatest value, a percentage the share of pixels taken, "
    "tuned or a file a share for each label)."
)
_PROCEDURE = (
    Statement(
        "Intervals are {level} percentile bootstrap intervals from {replicates} replicates (seed "
        "{seed}). Whole images are drawn, with all their labels and methods. “All labels” is the "
        "mean over all findings, so that frequent labels weigh more.",
        (
            ("Efron, Tibshirani 1993", "10.1201/9780429246593"),
            ("Davison, Hinkley 1997", "10.1017/CBO9780511802843"),
        ),
    ),
    Statement(
        "In box plots the box is from the first to the third quartile with the median in it; "
        "whiskers reach to the furthest score within 1.5 times the height of the box; every score "
        "is a point.",
        (("McGill, Tukey, Larsen 1978", "10.1080/00031305.1978.10479236"),),
    ),
    Statement(
        "A method is compared with the baseline that has the best mean score for that label and "
        "metric. Baselines know nothing of what the model found: a method is said to beat them "
        "where the whole interval of the difference lies on the better side of zero, and not to "
        "beat them where the difference itself does not. Fewer than 5 cases allow no verdict. The "
        "choice of the best baseline is not drawn again, and intervals are not adjusted for their "
        "number.",
        (("Judd, Durand, Torralba 2012", "http://hdl.handle.net/1721.1/68590"),),
    ),
    Statement(
        "Pairs of methods are compared over findings (image and label) by Wilcoxon's signed-rank "
        "test, two-sided, without equal pairs; p is exact for 50 differences or fewer and adjusted "
        "after Holm for the pairs of a label and metric. The test takes findings for independent "
        "of each other; those of one image are not quite, so that p is rather too small.",
        (
            ("Wilcoxon 1945", "10.2307/3001968"),
            ("Holm 1979", "https://www.jstor.org/stable/4615733"),
        ),
    ),
    Statement(
        "Scores are related to the finding's share of the image, its number of regions, the "
        "elongation and rectangularity of the rectangle of least area around its longest outline, "
        "and to the model's probability by Spearman's rank correlation over all labels.",
        (
            ("Spearman 1904", "10.2307/1412159"),
            ("Saporta et al. 2022", "10.1038/s42256-022-00536-x"),
        ),
    ),
)


def procedure(results: Results) -> tuple[Statement, ...]:
    """In the order of the report, with the fields threshold, level, replicates and seed."""
    protocol = Protocol(results.protocol)
    if results.compared or results.references:
        made = {"otsu": _OTSU, "none": _NO_THRESHOLD}.get(results.threshold, _OTHER_THRESHOLD)
        return (_PROTOCOLS[protocol], made, *_PROCEDURE)
    return _PROCEDURE
