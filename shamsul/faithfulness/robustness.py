"""Whether a map stays the same when the radiograph hardly changes."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.classifiers.grid import GridImage
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import ExplainerError, Parameter
from shamsul.faithfulness.measure import Measure, Result, Statistic, Subject, Variant
from shamsul.faithfulness.similarity import STATISTICS, similarities
from shamsul.metrics.agreement import WINDOW
from shamsul.metrics.faithfulness import max_sensitivity

_DIRECTIONS: Final = ((-1, 0), (1, 0), (0, -1), (0, 1))


def _maps_of(subject: Subject, images: list[GridImage]) -> list[tuple[Heatmap, ...]]:
    return subject.explain_again([Variant(subject.classifier, image) for image in images])


def shift(subject: Subject, *, pixels: int) -> list[tuple[Result, ...]]:
    """Similarity to the map of the shifted radiograph, shifted back; mean over four directions.

    Parameters
    ----------
    subject : Subject
    pixels : int
        On the model's grid. The border is repeated where nothing comes in, and left out of the
        comparison.

    Returns
    -------
    list of tuple of Result

    Raises
    ------
    ExplainerError
        If the grid is too small for such a shift.
    """
    values = subject.image.values
    if min(values.shape) - 2 * pixels < WINDOW:
        raise ExplainerError(f"A grid of {min(values.shape)} pixels cannot shift by {pixels}.")
    height, width = values.shape
    padded = np.pad(values, pixels, mode="edge")
    images = [
        replace(
            subject.image,
            values=padded[
                pixels * (1 - down) : pixels * (1 - down) + height,
                pixels * (1 - right) : pixels * (1 - right) + width,
            ].copy(),
        )
        for down, right in _DIRECTIONS
    ]
    found = _maps_of(subject, images)

    def inner(array: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
        top, left = pixels * (1 + down), pixels * (1 + right)
        return array[top : top + height - 2 * pixels, left : left + width - 2 * pixels]

    return [
        similarities(
            "shift",
            f"{pixels} pixels",
            [
                (inner(heatmap.values, 0, 0), inner(maps[index].values, *direction))
                for maps, direction in zip(found, _DIRECTIONS, strict=True)
            ],
        )
        for index, heatmap in enumerate(subject.maps)
    ]


def noise(subject: Subject, *, sigma: float, draws: int) -> list[tuple[Result, ...]]:
    """Similarity to the maps of the radiograph with Gaussian noise; mean over draws.

    Parameters
    ----------
    subject : Subject
    sigma : float
        Standard deviation; brightness goes from 0 to 1, and is cut there.
    draws : int

    Returns
    -------
    list of tuple of Result
    """
    rng = np.random.default_rng(subject.seed)
    found = _maps_of(
        subject,
        [_altered(subject, rng.normal(0, sigma, subject.image.values.shape)) for _ in range(draws)],
    )
    return [
        similarities(
            "noise", f"sigma={sigma:g}", [(heatmap.values, maps[index].values) for maps in found]
        )
        for index, heatmap in enumerate(subject.maps)
    ]


def sensitivity_max(subject: Subject, *, radius: float, draws: int) -> list[tuple[Result, ...]]:
    """Largest relative change of the map within a small cube around the radiograph.

    Parameters
    ----------
    subject : Subject
    radius : float
        Each pixel's brightness changes by at most this much, uniformly, and stays in [0, 1].
    draws : int
        Radiographs drawn; the largest change of so few is less than that of all.

    Returns
    -------
    list of tuple of Result

    References
    ----------
    Yeh et al. 2019, arXiv 1901.09392
    """
    rng = np.random.default_rng(subject.seed)
    found = _maps_of(
        subject,
        [
            _altered(subject, rng.uniform(-radius, radius, subject.image.values.shape))
            for _ in range(draws)
        ],
    )
    return [
        (
            Result(
                "max_sensitivity",
                "relative_change",
                f"radius={radius:g}",
                max_sensitivity(heatmap.values, [maps[index].values for maps in found]),
            ),
        )
        for index, heatmap in enumerate(subject.maps)
    ]


def _altered(subject: Subject, change: NDArray[np.float64]) -> GridImage:
    values = np.clip(subject.image.values + change, 0, 1).astype(np.float32)
    return replace(subject.image, values=values)


SHIFT = Measure(
    name="shift",
    title="Robustness to shifts",
    function=shift,
    parameters=(Parameter("pixels", 4, "Pixels of the model's grid.", 1, 64),),
    statistics=STATISTICS,
    explains_again=True,
    about="How alike the map and that of the slightly shifted radiograph are, once shifted back.",
    caveat="Coarse maps move in steps of a cell, the model's own answer may change too, and a map "
    "that is the same for every radiograph does not follow it.",
    citation="Alvarez-Melis, Jaakkola 2018, arXiv 1806.08049",
)

NOISE = Measure(
    name="noise",
    title="Robustness to noise",
    function=noise,
    parameters=(
        Parameter("sigma", 0.01, "Standard deviation; brightness goes from 0 to 1.", 0, 1),
        Parameter("draws", 3, "Noisy radiographs.", 1, 100),
    ),
    statistics=STATISTICS,
    explains_again=True,
    about="How alike the map and those of the radiograph with a little noise are.",
    caveat="A map that never changes is robust and useless: read it beside the randomisation "
    "tests.",
    citation="Alvarez-Melis, Jaakkola 2018, arXiv 1806.08049",
)

MAX_SENSITIVITY = Measure(
    name="max_sensitivity",
    title="Max-sensitivity",
    function=sensitivity_max,
    parameters=(
        Parameter("radius", 0.02, "Largest change of a pixel; brightness goes from 0 to 1.", 0, 1),
        Parameter("draws", 10, "Radiographs drawn.", 1, 1000),
    ),
    statistics=(Statistic("relative_change", "Largest relative change"),),
    explains_again=True,
    about="The largest change of the map, as a share of it, when pixels change a little.",
    caveat="The largest of a few draws is less than the largest there is, and a map that does not "
    "look is never sensitive.",
    citation="Yeh et al. 2019, arXiv 1901.09392",
)
