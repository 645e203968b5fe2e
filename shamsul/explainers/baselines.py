"""Maps that know nothing of what the model found, to be scored beside those of methods.

Each is an explanation method like any other, so that whatever takes a method takes a baseline.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from shamsul.classifiers.randomised import randomised, stages
from shamsul.explainers.method import Method, Parameter, Relevance, Task
from shamsul.explainers.registry import METHODS
from shamsul.phantom.scene import build
from shamsul.radiographs.geometry import Geometry
from shamsul.settings import ASSETS

#: Mean lung field of `LUNG_SEEDS`, 8-bit greyscale; its frame is the radiograph's.
LUNG_FIELD: Final = ASSETS / "lung_field.png"
LUNG_SEEDS: Final = range(50_000_000, 50_000_200)
LUNG_SHAPE: Final = (128, 108)
#: Width of the Gaussian in the middle as a share of the grid's side.
CENTRE_SIGMA: Final = 0.25


def mean_lung_field(seeds: range, shape: tuple[int, int] = LUNG_SHAPE) -> NDArray[np.float64]:
    """How often a place lies in the lungs of the phantom generator's patients.

    Parameters
    ----------
    seeds : range
        Of the patients.
    shape : (int, int)

    Returns
    -------
    ndarray of shape `shape`, in [0, 1]
        A ray is in the lungs where it passes through more than 20 mm of them.
    """
    lungs = [build(seed, shape).lungs.thickness > 20 for seed in seeds]
    return np.asarray(np.mean(lungs, axis=0))


def without_model(geometry: Geometry) -> dict[str, NDArray[np.float32]]:
    """The maps of the baselines that need no model, by name.

    Parameters
    ----------
    geometry : Geometry
        Of the grid that they are wanted on.

    Returns
    -------
    dict of str to ndarray of the grid's shape, float32
        As the methods of these names give them with their defaults.
    """
    return {
        "centred_gaussian": _gaussian(geometry.grid_shape, CENTRE_SIGMA).astype(np.float32),
        "lung_field": _field(geometry).astype(np.float32),
    }


def _gaussian(shape: tuple[int, ...], sigma: float) -> NDArray[np.float64]:
    away = [(np.arange(side) - (side - 1) / 2) / (sigma * side) for side in shape]
    return np.asarray(np.exp(-(away[0][:, None] ** 2 + away[1] ** 2) / 2))


def _centred_gaussian(task: Task, *, sigma: float) -> Relevance:
    return _for_every_output(task, _gaussian(task.image.values.shape, sigma))


def _field(geometry: Geometry) -> NDArray[np.float64]:
    """The lung field on a grid."""
    with Image.open(LUNG_FIELD, formats=["PNG"]) as picture:
        field = np.asarray(picture, np.float64) / 255
    grid = np.indices(geometry.grid_shape).reshape(2, -1).T
    share = geometry.to_image(grid) / geometry.image_shape
    places = share * field.shape - 0.5  # pixel indices of the field
    values = ndimage.map_coordinates(field, places.T, order=1, mode="grid-constant")
    return np.asarray(values.reshape(geometry.grid_shape))


def _lung_field(task: Task) -> Relevance:
    return _for_every_output(task, _field(task.image.geometry))


def _for_every_output(task: Task, values: NDArray[np.float64]) -> Relevance:
    task.progress(1, 1)
    return Relevance(np.repeat(values[None], len(task.outputs), axis=0), 0)


def _random_model(task: Task, *, method: str) -> Relevance:
    twin = randomised(task.classifier, stages(task.classifier), task.seed)
    labels = task.classifier.manifest.labels
    maps = METHODS[method].explain(
        twin,
        task.image,
        [labels[output] for output in task.outputs],
        target=task.target,
        seed=task.seed,
        progress=task.progress,
    )
    return Relevance(np.stack([found.values for found in maps]), maps[0].evaluations)


#: By name.
BASELINES: Final[dict[str, Method]] = {
    baseline.name: baseline
    for baseline in (
        Method(
            name="centred_gaussian",
            title="Centred Gaussian",
            function=_centred_gaussian,
            parameters=(
                Parameter("sigma", CENTRE_SIGMA, "Width as a share of the image's side.", 0.01, 10),
            ),
            sampled=False,
            reading="The same for every radiograph and label: what can be had by pointing at the "
            "middle.",
            citation="Judd, Durand, Torralba 2012, http://hdl.handle.net/1721.1/68590",
        ),
        Method(
            name="lung_field",
            title="Lung-field prior",
            function=_lung_field,
            parameters=(),
            sampled=False,
            reading="The same for every radiograph and label: how often a place lies in the lungs "
            "of 200 synthetic patients of the phantom generator, not of real ones.",
            citation="SHAMSUL's phantom generator",
        ),
        Method(
            name="random_model",
            title="Random model",
            function=_random_model,
            parameters=(
                Parameter("method", "grad_cam", "What explains it.", choices=tuple(METHODS)),
            ),
            sampled=False,
            looks_inside=True,
            reading="A method's map for the same network with all weights shuffled within their "
            "layers: what the architecture and the image alone give.",
            citation="Adebayo et al. 2018, arXiv 1810.03292",
        ),
    )
}
#: Whatever makes maps, by name.
EXPLAINERS: Final = {**METHODS, **BASELINES}
