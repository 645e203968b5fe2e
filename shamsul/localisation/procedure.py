"""How the numbers of an evaluation are made, in the words of its report, with sources."""

from shamsul.localisation.gaze_scores import PROTOCOL
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
    Protocol.NAM: Statement(
        "Protocol nam-2021: positive relevance is compared with the annotations' boxes, or with "
        "boxes around the connected parts of what else was drawn. IoU is with the union of a "
        "label's boxes, of all that is predicted and of its largest connected part (pixels that "
        "touch at a corner are connected); box IoU is of the box around that part and the box "
        "that it overlaps most; the outside-inside ratio is the mean relevance outside the boxes "
        "by that inside. The paper's threshold is not known: IoU is told at every one, from 0 to "
        "0.95 of the map's greatest value in steps of 0.05.",
        (
            ("Nam, Lee 2021", "https://arxiv.org/abs/2107.08767"),
            ("Lapuschkin et al. 2016", "10.1109/CVPR.2016.318"),
        ),
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
)
_DEPENDING = (
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
_GAZE = (
    Statement(
        "Gaze belongs to an image: a map of any label is scored against each reader who looked at "
        "the image, and the score of the map is the mean over these readers. Maps are brought to "
        "the radiograph by their geometry, and both to pixels of at most {longest} along the "
        "longer side; positive relevance counts, negative as none.",
    ),
    Statement(
        "AUC-Judd compares fixated pixels with all others, the shuffled AUC fixations with those "
        "on the other images, brought to the same shares of height and width; equal values count "
        "one half. NSS is the mean of the standardised map at fixations. CC (Pearson), SIM "
        "(intersection) and KL divergence (nats; less is better) compare the map with the density "
        "of gaze, a Gaussian around each fixation as wide as the annotations say. The information "
        "gain is in bits a fixation, beyond what is expected without the image: the other images' "
        "density with a hundredth spread over all pixels (prior others), or a Gaussian in the "
        "middle (prior centre). SIM, KL divergence and information gain take the map for a "
        "distribution; where people look and the map is zero the latter two are kept finite by "
        "2.2e-16, so that maps with many zeros are judged by these.",
        (
            ("Bylinskii et al. 2019", "10.1109/TPAMI.2018.2815601"),
            ("Kümmerer, Wallis, Bethge 2015", "10.1073/pnas.1510393112"),
        ),
    ),
    Statement(
        "People stands for the limit between readers: the density of the image's other readers, "
        "each counting alike, is scored against each reader in turn, as if it were a map. It is "
        "known only where an image has several readers.",
    ),
)


def procedure(results: Results) -> tuple[Statement, ...]:
    """In the order of the report, with the fields threshold, level, replicates, seed, longest."""
    if results.protocol == PROTOCOL:
        return (*_GAZE, *_PROCEDURE)
    protocol = Protocol(results.protocol)
    if results.compared or results.references:
        made = {"otsu": _OTSU, "none": _NO_THRESHOLD}.get(results.threshold, _OTHER_THRESHOLD)
        return (_PROTOCOLS[protocol], made, *_PROCEDURE, *_DEPENDING)
    return (*_PROCEDURE, *_DEPENDING)
