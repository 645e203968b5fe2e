"""Whether the model's outputs change as maps say: pixel flipping, sensitivity-n, infidelity.

All maps of an image are measured on the same altered images, where these do not depend on the map.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.explainers.method import Parameter
from shamsul.explainers.superpixels import BASELINES, background_of, segment
from shamsul.faithfulness.measure import Better, Measure, Result, Statistic, Subject
from shamsul.metrics import faithfulness as metric

#: Shuffled maps whose mean is the reference of sensitivity-n and infidelity.
SHUFFLES: Final = 20
#: Largest subset of sensitivity-n, as a share of the cells; the paper's.
LARGEST: Final = 0.8

_BASELINE = Parameter("baseline", "blur", "What takes the place of pixels.", choices=BASELINES)


def _units(subject: Subject, kind: str) -> metric.Units:
    values = subject.image.values
    if kind == "pixels":
        return metric.single_pixels(values.shape)
    if kind == "squares":
        return metric.squares(values.shape, 14)
    return segment(values, segments=50, compactness=30.0, sigma=3.0)


def pixel_flipping(
    subject: Subject, *, steps: int, units: str, baseline: str, orders: int
) -> list[tuple[Result, ...]]:
    """Areas under the deletion and the insertion curve, and their difference.

    Parameters
    ----------
    subject : Subject
    steps : int
    units : {"pixels", "squares", "superpixels"}
    baseline : str
        As :func:`~shamsul.explainers.superpixels.background_of` makes it.
    orders : int
        Random orders whose mean area is the reference.

    Returns
    -------
    list of tuple of Result
        For each map ``deletion_auc``, ``insertion_auc`` (in the unit of the output that the map
        explains) and ``relevance_gain``, the latter less the former.

    Notes
    -----
    The paper of RISE deletes to black and inserts into a blurred image. Here both have the same
    background, with which one map's insertion area is its deletion area in the reversed order.

    References
    ----------
    Petsiuk et al. 2018, arXiv 1806.07421; Blücher et al. 2024, arXiv 2401.06654 (relevance gain)
    """
    image = subject.image.values
    background = background_of(subject.classifier, image, baseline)
    divided = _units(subject, units)
    count = int(divided.max()) + 1
    points = min(steps, count) + 1
    outputs = subject.outputs(points * (orders + 2 * len(subject.maps)))
    rng = np.random.default_rng(subject.seed)
    chance = np.mean(
        [
            metric.replacement(
                outputs, image, background, rng.permutation(count)[divided], steps
            ).area
            for _ in range(orders)
        ],
        axis=0,
    )
    result = []
    for index, heatmap in enumerate(subject.maps):
        order = metric.ranks(heatmap.values, divided, subject.seed)
        deletion, insertion = (
            float(metric.replacement(outputs, *ends, order, steps).area[index])
            for ends in ((image, background), (background, image))
        )
        gain = insertion - deletion
        rows = (
            ("deletion_auc", deletion, float(chance[index]), insertion),
            ("insertion_auc", insertion, float(chance[index]), deletion),
            ("relevance_gain", gain, 0.0, -gain),
        )
        result.append(
            tuple(Result("pixel_flipping", statistic, "", *row) for statistic, *row in rows)
        )
    return result


def sensitivity_n(
    subject: Subject, *, sizes: int, draws: int, cells: int, baseline: str
) -> list[tuple[Result, ...]]:
    """Correlation of the relevance of n random cells with the fall of the output without them.

    Parameters
    ----------
    subject : Subject
    sizes : int
        How many n, in equal ratios from one cell to 80% of them.
    draws : int
        Random sets of each size; the same for every map.
    cells : int
        Cells along each side of the image.
    baseline : str

    Returns
    -------
    list of tuple of Result
        For each map and n one ``correlation``, the detail being ``n=...``. The reference is the
        map with its cells' relevance shuffled.

    Notes
    -----
    The paper takes single pixels away; a network hardly answers to a few of fifty thousand.

    References
    ----------
    Ancona et al. 2018, arXiv 1711.06104
    """
    image = subject.image.values
    background = background_of(subject.classifier, image, baseline)
    units = metric.squares(image.shape, min(cells, *image.shape))
    count = int(units.max()) + 1
    chosen = np.unique(np.rint(np.geomspace(1, max(1, LARGEST * count), sizes)).astype(int))
    planned, rng = len(chosen) * (draws + 1), np.random.default_rng(subject.seed)
    members = units == np.arange(count)[:, None, None]
    relevance = [metric.removed_relevance(heatmap.values, members) for heatmap in subject.maps]
    shuffled = [rng.permutation(count) for _ in range(SHUFFLES)]
    rows: list[list[Result]] = [[] for _ in subject.maps]
    outputs = subject.outputs(planned)
    for size in chosen:
        sets = metric.subsets(count, int(size), draws, rng)
        fallen = metric.drops(outputs, image, background, sets[:, units])
        for index, own in enumerate(relevance):
            value = metric.sensitivity_n(sets @ own, fallen[:, index])
            chance = [
                metric.sensitivity_n(sets @ own[places], fallen[:, index]) for places in shuffled
            ]
            rows[index].append(
                Result(
                    "sensitivity_n",
                    "correlation",
                    f"n={size}",
                    value,
                    float(np.mean(chance)),
                    -value,
                )
            )
    return [tuple(of_map) for of_map in rows]


def infidelity(subject: Subject, *, draws: int, baseline: str) -> list[tuple[Result, ...]]:
    """How far the relevance of random squares is from the fall of the output without them.

    Parameters
    ----------
    subject : Subject
    draws : int
        Random squares, sides from a tenth to half of the image's; the same for every map.
    baseline : str

    Returns
    -------
    list of tuple of Result
        For each map ``mean_squared_error``, the paper's, and ``unexplained``, as
        :func:`~shamsul.metrics.faithfulness.relative_infidelity` defines it. The reference is the
        map with its pixels shuffled, which knows the size of a square and nothing else.

    References
    ----------
    Yeh et al. 2019, arXiv 1901.09392
    """
    image = subject.image.values
    background = background_of(subject.classifier, image, baseline)
    rng = np.random.default_rng(subject.seed)
    masks = metric.random_squares(image.shape, draws, rng)
    fallen = metric.drops(subject.outputs(draws + 1), image, background, masks)
    result = []
    for index, heatmap in enumerate(subject.maps):
        shuffle = np.random.default_rng(subject.seed)
        own = metric.removed_relevance(heatmap.values, masks)
        others = [_shuffled_relevance(heatmap.values, masks, shuffle) for _ in range(SHUFFLES)]
        rows = []
        for statistic, function in (
            ("mean_squared_error", metric.infidelity),
            ("unexplained", metric.relative_infidelity),
        ):
            value, turned = function(own, fallen[:, index]), function(-own, fallen[:, index])
            chance = float(np.mean([function(other, fallen[:, index]) for other in others]))
            rows.append(Result("infidelity", statistic, "", value, chance, turned))
        result.append(tuple(rows))
    return result


def _shuffled_relevance(
    values: NDArray[np.float32], masks: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    shuffled = rng.permutation(values.ravel()).reshape(values.shape)
    return metric.removed_relevance(shuffled, masks)


PIXEL_FLIPPING = Measure(
    name="pixel_flipping",
    title="Deletion and insertion",
    function=pixel_flipping,
    parameters=(
        Parameter("steps", 32, "Steps from the radiograph to the baseline.", 1, 1000),
        Parameter(
            "units",
            "pixels",
            "What is replaced at a time: pixels, squares of a 14 x 14 grid, or superpixels.",
            choices=("pixels", "squares", "superpixels"),
        ),
        _BASELINE,
        Parameter("orders", 4, "Random orders whose mean is the reference.", 1, 100),
    ),
    statistics=(
        Statistic("relevance_gain", "Relevance gain", Better.HIGHER),
        Statistic("deletion_auc", "Deletion area", Better.LOWER),
        Statistic("insertion_auc", "Insertion area", Better.HIGHER),
    ),
    explains_again=False,
    about="The mean output while the most relevant pixels are replaced first (deletion, low is "
    "good) or shown first (insertion, high is good); the relevance gain is insertion less "
    "deletion.",
    caveat="The output can also fall because the picture has become strange, and any blob in the "
    "chest beats a random order of pixels: compare with the baselines.",
    citation="Petsiuk et al. 2018, arXiv 1806.07421",
)

SENSITIVITY_N = Measure(
    name="sensitivity_n",
    title="Sensitivity-n",
    function=sensitivity_n,
    parameters=(
        Parameter("sizes", 4, "How many n, from one cell to 80% of them.", 1, 20),
        Parameter("draws", 100, "Random sets of each size.", 3, 10_000),
        Parameter("cells", 14, "Cells along each side of the image.", 2, 64),
        _BASELINE,
    ),
    statistics=(Statistic("correlation", "Correlation", Better.HIGHER),),
    explains_again=False,
    about="Whether what n random cells have of relevance goes with what the output loses without "
    "them: 1 in proportion, 0 unrelated.",
    caveat="It is blind to the map's scale, and few draws make it noisy.",
    citation="Ancona et al. 2018, arXiv 1711.06104",
)

INFIDELITY = Measure(
    name="infidelity",
    title="Infidelity",
    function=infidelity,
    parameters=(Parameter("draws", 200, "Random squares.", 3, 10_000), _BASELINE),
    statistics=(
        Statistic("unexplained", "Unexplained share", Better.LOWER),
        Statistic("mean_squared_error", "Mean squared error", Better.LOWER, comparable=False),
    ),
    explains_again=False,
    about="How badly the relevance of a square predicts what the output loses without it: 0 is "
    "perfect; unexplained is 1 where it predicts no more than nothing.",
    caveat="A map that only knows how large a square is can do well: compare with the map without "
    "order. The mean squared error means something only for maps that share out the output (LRP, "
    "Integrated Gradients).",
    citation="Yeh et al. 2019, arXiv 1901.09392",
)
