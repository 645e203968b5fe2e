"""How the numbers of an assessment are made, in the words of its report, with sources."""

from typing import Final

from shamsul.reporting.page import Statement

#: With the fields level, replicates and seed.
PROCEDURE: Final = (
    Statement(
        "Images are read as the app reads them, brought onto the model's grid and kept with 8 "
        "bits; of each label those count of which the data set says, by its policy, whether the "
        "finding is there. Targets between yes and no are left out."
    ),
    Statement(
        "The area under the ROC curve (AUROC) has two {level} intervals. DeLong's takes images for "
        "independent of each other, which several of one patient are not. The bootstrap's draws "
        "whole patients with all their images and labels, {replicates} replicates, seed {seed}, "
        "percentiles; where both differ, it is patients that count.",
        (
            ("DeLong et al. 1988", "10.2307/2531595"),
            ("Sun, Xu 2014", "10.1109/LSP.2014.2337313"),
            ("Davison, Hinkley 1997", "10.1017/CBO9780511802843"),
        ),
    ),
    Statement(
        "The area under the precision-recall curve (AUPRC) is average precision, without "
        "interpolation; its interval is the bootstrap's.",
        (("Davis, Goadrich 2006", "10.1145/1143844.1143874"),),
    ),
    Statement(
        "Sensitivity and specificity are those at the operating points that the model came with. "
        "Wilson's intervals are over images, the bootstrap's over patients; prevalence has "
        "Wilson's.",
        (("Wilson 1927", "10.1080/01621459.1927.10502953"),),
    ),
    Statement(
        "The expected calibration error is the mean distance of probability and observed share in "
        "ten bins of equal width; the Brier score is the mean squared error of the probability. A "
        "calibration multiplies a label's logit with a slope and adds an offset (Platt), or "
        "divides it by a temperature; it is fitted on the validation side alone, and changes no "
        "order and no decision: operating points go along.",
        (
            ("Guo et al. 2017", "https://arxiv.org/abs/1706.04599"),
            ("Brier 1950", "10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2"),
        ),
    ),
    Statement(
        "A subgroup is compared with all other images of which the group is known. With fewer than "
        "10 images with the finding, or without it, a group is not judged. Intervals are not "
        "adjusted for their number: of twenty differences one is expected to seem to be one."
    ),
    Statement(
        "Two models are compared on the same images by DeLong's test of paired areas; p (Holm) is "
        "adjusted for the number of labels. The bootstrap's interval of the difference stands "
        "beside.",
        (
            ("DeLong et al. 1988", "10.2307/2531595"),
            ("Holm 1979", "https://www.jstor.org/stable/4615733"),
        ),
    ),
)
