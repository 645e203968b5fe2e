"""RISE: the outputs for randomly masked radiographs, averaged over what the masks showed."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from shamsul.explainers.evaluation import Evaluator
from shamsul.explainers.method import Method, Parameter, Relevance, Task
from shamsul.explainers.superpixels import BASELINES, background_of, hides_nothing


def masks(
    rng: np.random.Generator, count: int, shape: tuple[int, int], cells: int, shown: float
) -> NDArray[np.float32]:
    """Smooth random masks: coarse grids of zeros and ones, enlarged and shifted at random.

    Parameters
    ----------
    rng : Generator
    count : int
    shape : (int, int)
    cells : int
        Cells along each side of the coarse grid.
    shown : float
        Probability of a cell to be shown.

    Returns
    -------
    ndarray of shape (count, h, w), float32 in [0, 1]
    """
    cell = [-(-side // cells) for side in shape]
    result = np.empty((count, *shape), np.float32)
    for mask in result:
        coarse = (rng.random((cells + 1, cells + 1)) < shown).astype(np.float32)
        top, left = (int(rng.integers(0, side)) for side in cell)
        fine = ndimage.zoom(coarse, cell, order=1, grid_mode=True, mode="nearest")
        mask[:] = fine[top : top + shape[0], left : left + shape[1]]
    return result


def rise(task: Task, *, samples: int, cells: int, shown: float, baseline: str) -> Relevance:
    """Explain by RISE, every output from the same masked radiographs.

    Parameters
    ----------
    task : Task
    samples, cells : int
    shown : float
    baseline : str
        What a mask hides, as :func:`background_of` makes it; black in the paper.

    Notes
    -----
    The paper averages probabilities. Here each output's mean over the masks is taken off first,
    and each pixel's sum divided by what was shown of it: a pixel then shows by how much its being
    shown raises the output, and a logit's offset is no part of the map.

    References
    ----------
    Petsiuk, Das, Saenko 2018, arXiv 1806.07421
    """
    values = task.image.values
    background = background_of(task.classifier, values, baseline)
    if hides_nothing(values, background):
        return Relevance.empty(task)
    rng, evaluate = np.random.default_rng(task.seed), Evaluator(task.classifier)
    weighted = np.zeros((len(task.outputs), *values.shape))
    mean_mask = np.zeros(values.shape)
    total = np.zeros(len(task.outputs))
    together = task.classifier.batch_size
    for done in range(0, samples, together):
        some = masks(rng, min(together, samples - done), values.shape, cells, shown)
        grids = background + some * (values - background)
        outputs = task.explained(evaluate(grids))
        weighted += np.einsum("nl,nhw->lhw", outputs, some)
        mean_mask += some.sum(0)
        total += outputs.sum(0)
        task.progress(done + len(some), samples)
    mean = total[:, None, None] / samples
    shown_by = weighted / np.maximum(mean_mask, 1e-6) - mean
    return Relevance(shown_by, samples, engine=evaluate.engine)


METHOD = Method(
    name="rise",
    title="RISE",
    function=rise,
    parameters=(
        Parameter("samples", 1000, "Masked radiographs evaluated.", 10, 100_000),
        Parameter("cells", 7, "Cells along each side of a mask.", 2, 50),
        Parameter("shown", 0.5, "Probability of a cell to be shown.", 0.05, 0.95),
        Parameter("baseline", "black", "What a mask hides.", choices=BASELINES),
    ),
    sampled=True,
    half=True,
    reading="Where showing the radiograph raises the output on average over random masks; smooth, "
    "and noisy where few masks were drawn.",
    citation="Petsiuk, Das, Saenko 2018, arXiv 1806.07421",
)
