"""How the numbers of an analysis are computed, in the words of its report, with sources."""

from shamsul.reporting.page import Statement

#: In the order of the report, with the fields level, replicates and seed.
PROCEDURE = (
    Statement(
        "Practice cases, repeated readings and control maps are left out of all but the results "
        "about them. “Cannot judge” is an answer without a score. Of a map that was computed and "
        "rated again the later rating counts. A label of a case that a reader read in several "
        "sessions is several readings.",
    ),
    Statement(
        "Methods are compared by the analysis of Obuchowski and Rockette in Hillis's form, in "
        "which readers and cases are drawn from larger populations: what is said of a difference "
        "holds for readers and cases like these. The figure of a reader and method is the mean "
        "over cases of what the reader said of the case with that method (all labels and sessions "
        "of a case are one value); covariances of its error are jackknifed over cases, each "
        "figure's own ones where some are missing. Readers with values in fewer than two cases of "
        "a method are left out and counted. Pairs of methods are adjusted after Holm for the "
        "pairs of an item.",
        (
            ("Obuchowski, Rockette 1995", "10.1080/03610919508813243"),
            ("Hillis 2007", "10.1002/sim.2532"),
            ("Hillis 2014", "10.1002/sim.5926"),
            ("Holm 1979", "https://www.jstor.org/stable/4615733"),
        ),
    ),
    Statement(
        "The {level} interval of a method's mean is made from its own readings alone, with the "
        "degrees of freedom of its readers and cases. With fewer than five cases there is neither "
        "interval nor test. With fewer than 20 cases or 5 readers 2,000 studies of this size are "
        "drawn from a model with the components of variance estimated here and without any "
        "difference; how often they would mislead stands below the table.",
    ),
    Statement(
        "For these very readers p is that of exchanging methods within cases, for all readers "
        "together: all exchanges where there are few, else 9,999 drawn ones.",
        (("Good 2005", "10.1007/b138696"),),
    ),
    Statement(
        "A method's place is 1 + the methods ranked before it; in mean ranks methods on one place "
        "share the mean of their ranks. Only readings that rank every method count.",
    ),
    Statement(
        "Whether the explanation helps: readers' probabilities of the finding are compared "
        "between the image alone, the model's probability in view, and its maps, by the area "
        "under the empirical ROC curve of each reader and by sensitivity and specificity, over "
        "cases of known truth that the reader answered for at every step. In a crossover the "
        "image alone is the reading of the session without maps. The truth is what cases were "
        "given with, else what experts marked. The steps are compared by the analysis of "
        "Obuchowski and Rockette in Hillis's form, readers and cases random, covariances of "
        "errors from the jackknife over cases, pairs adjusted after Holm. A case counts for one "
        "finding; where cases are read for several, each is analysed by itself. Sensitivity and "
        "specificity are of what the reader says, or of a probability from 50%; the Brier score "
        "is the mean squared error of the probability; the time of a step is the active time from "
        "the last answer at the step before.",
        (
            ("Obuchowski, Rockette 1995", "10.1080/03610919508813243"),
            ("Hillis 2007", "10.1002/sim.2532"),
            ("Hillis 2014", "10.1002/sim.5926"),
            ("Brier 1950", "10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2"),
        ),
    ),
    Statement(
        "Agreement between readers is Krippendorff's α for ordinal ratings, from all maps with two "
        "ratings or more; Fleiss' κ and the intraclass correlation ICC(2,1) from the maps rated by "
        "every reader. Its interval for readers and cases like these leaves out readers and cases "
        "in turn (jackknife); that for these readers is a bootstrap-t over cases from {replicates} "
        "replicates (seed {seed}).",
        (
            ("Krippendorff 2011", "https://repository.upenn.edu/asc_papers/43"),
            ("Fleiss 1971", "10.1037/h0031619"),
            ("Shrout, Fleiss 1979", "10.1037/0033-2909.86.2.420"),
            ("Gwet 2008", "10.1007/s11336-007-9054-8"),
            ("Efron, Tibshirani 1993", "10.1201/9780429246593"),
        ),
    ),
    Statement(
        "Agreement of a reader with themselves is Cohen's κ with quadratic weights between a "
        "repeated reading and the first one.",
        (("Cohen 1968", "10.1037/h0026256"),),
    ),
    Statement(
        "A control map fails when its mean item score is at least the mean of the real maps beside "
        "it in the same reading.",
    ),
    Statement(
        "The time of a case is the longest active time that any answer to it was recorded with, "
        "for each reader and session.",
    ),
    Statement(
        "The System Causability Scale is the sum of its ten answers by 50.",
        (("Holzinger, Carrington, Müller 2020", "10.1007/s13218-020-00636-z"),),
    ),
    Statement(
        "Scores are related to the IoU of map and annotation by Spearman's rank correlation within "
        "each reader, since readers use a scale at levels of their own. The mean over readers has "
        "an interval with readers and cases random, as one method of the analysis of Obuchowski "
        "and Rockette, errors by the jackknife over cases; of one reader it speaks of that reader.",
        (("Spearman 1904", "10.2307/1412159"), ("Hillis 2014", "10.1002/sim.5926")),
    ),
    Statement(
        "The figure of scores is a diverging stacked bar chart centred on the neutral point.",
        (("Heiberger, Robbins 2014", "10.18637/jss.v057.i05"),),
    ),
)
