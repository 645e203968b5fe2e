"""Whether a map depends on what the model has learnt, and on nothing else.

References
----------
.. [1] Adebayo et al. 2018, Sanity checks for saliency maps, arXiv 1810.03292
"""

import itertools
from collections.abc import Sequence

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.randomised import randomised, stages
from shamsul.explainers.method import ExplainerError, Parameter
from shamsul.faithfulness.measure import Measure, Result, Subject, Variant
from shamsul.faithfulness.similarity import STATISTICS, similarities


def _similarity_to(
    subject: Subject, measure: str, models: Sequence[tuple[str, Classifier]]
) -> list[tuple[Result, ...]]:
    found = subject.explain_again([Variant(model, subject.image) for _, model in models])
    return [
        tuple(
            row
            for (detail, _), maps in zip(models, found, strict=True)
            for row in similarities(measure, detail, [(heatmap.values, maps[index].values)])
        )
        for index, heatmap in enumerate(subject.maps)
    ]


def cascading_randomisation(subject: Subject) -> list[tuple[Result, ...]]:
    """Similarity to the maps of models whose weights are shuffled from the output down [1]_.

    Parameters
    ----------
    subject : Subject

    Returns
    -------
    list of tuple of Result
        The detail is the last stage shuffled; see
        :func:`~shamsul.classifiers.randomised.stages`. Its order is that of the rows.

    Notes
    -----
    Weights are shuffled within their layer rather than drawn anew, as in the study's control maps;
    batch normalisation and biases stay.
    """
    names = list(stages(subject.classifier))
    models = [
        (name, randomised(subject.classifier, names[: index + 1], subject.seed))
        for index, name in enumerate(names)
    ]
    return _similarity_to(subject, "cascading_randomisation", models)


def independent_randomisation(subject: Subject) -> list[tuple[Result, ...]]:
    """Similarity to the maps of models of which one stage's weights are shuffled [1]_.

    As :func:`cascading_randomisation`, one stage at a time.
    """
    models = [
        (name, randomised(subject.classifier, [name], subject.seed))
        for name in stages(subject.classifier)
    ]
    return _similarity_to(subject, "independent_randomisation", models)


def label_randomisation(subject: Subject) -> list[tuple[Result, ...]]:
    """Similarity to the map of a model that was trained on shuffled labels [1]_.

    Parameters
    ----------
    subject : Subject
        With `label_randomised`.

    Returns
    -------
    list of tuple of Result

    Raises
    ------
    ExplainerError
        If there is no such model, or it has other labels or another grid.
    """
    other = subject.label_randomised
    if other is None:
        raise ExplainerError("Label randomisation needs a model trained on shuffled labels.")
    ours, theirs = subject.classifier.manifest, other.manifest
    if (ours.labels, ours.input_size, ours.resize) != (
        theirs.labels,
        theirs.input_size,
        theirs.resize,
    ):
        raise ExplainerError(f"{theirs.name} has other labels or another grid than {ours.name}.")
    return _similarity_to(subject, "label_randomisation", [(theirs.name, other)])


def repeatability(subject: Subject, *, seeds: int) -> list[tuple[Result, ...]]:
    """Similarity of maps that differ in their seed alone: the mean over all pairs.

    Parameters
    ----------
    subject : Subject
    seeds : int
        In all, the map's own among them.

    Returns
    -------
    list of tuple of Result
        Exactly 1 for methods that draw nothing; NaN where a map is constant.
    """
    variants = [Variant(subject.classifier, subject.image, step) for step in range(1, seeds)]
    found = subject.explain_again(variants)
    return [
        similarities(
            "repeatability",
            f"{seeds} seeds",
            list(
                itertools.combinations([heatmap.values, *(maps[index].values for maps in found)], 2)
            ),
        )
        for index, heatmap in enumerate(subject.maps)
    ]


_CITATION = "Adebayo et al. 2018, arXiv 1810.03292"

CASCADING_RANDOMISATION = Measure(
    name="cascading_randomisation",
    title="Cascading randomisation",
    function=cascading_randomisation,
    parameters=(),
    statistics=STATISTICS,
    explains_again=True,
    about="How alike the map stays while the network forgets, from the output layer down: a map "
    "that stays alike shows the image rather than the model.",
    caveat="A dissimilar map need not be faithful; blank maps have no order, so that their rank "
    "correlation is undefined.",
    citation=_CITATION,
    looks_inside=True,
)

INDEPENDENT_RANDOMISATION = Measure(
    name="independent_randomisation",
    title="Independent randomisation",
    function=independent_randomisation,
    parameters=(),
    statistics=STATISTICS,
    explains_again=True,
    about="How alike the map stays when one stage of the network forgets: where it stays alike, "
    "the map does not depend on that stage.",
    caveat="A map that depends on every stage need not be faithful.",
    citation=_CITATION,
    looks_inside=True,
)

LABEL_RANDOMISATION = Measure(
    name="label_randomisation",
    title="Label randomisation",
    function=label_randomisation,
    parameters=(),
    statistics=STATISTICS,
    explains_again=True,
    about="How alike the map is to that of a model that learnt shuffled labels by heart: alike "
    "maps do not show what findings look like.",
    caveat="It needs a model that has learnt its nonsense; look at the loss of its training.",
    citation=_CITATION,
)

REPEATABILITY = Measure(
    name="repeatability",
    title="Repeatability",
    function=repeatability,
    parameters=(Parameter("seeds", 3, "Seeds compared.", 2, 100),),
    statistics=STATISTICS,
    explains_again=True,
    about="How alike maps are that differ in their seed alone.",
    caveat="A method can repeat its mistake: 1 for every method that draws nothing.",
    citation="Visani et al. 2020, arXiv 2001.11757 (stability of LIME)",
)
