"""What a model says of a data set's images, beside what the data set says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from shamsul.classifiers import registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.manifest import Manifest
from shamsul.parallel.cluster import SentFolder, cluster
from shamsul.training.datasets.asked import Data
from shamsul.training.datasets.policies import Targets
from shamsul.training.datasets.table import Sex, Table, View

#: Images that are read from the cache and evaluated together.
_CHUNK: Final = 128
#: Ages in years from which on a band reaches, with the band's name.
_BANDS: Final = ((0, "under 40"), (40, "40 to 59"), (60, "60 to 79"), (80, "80 and over"))
_SEXES: Final = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.OTHER: "other"}
_VIEWS: Final = {
    View.PA: "PA",
    View.AP: "AP",
    View.FRONTAL: "PA or AP",
    View.LATERAL: "lateral",
    View.OTHER: "other",
}
#: What subgroups are of, and their names in order.
FACTORS: Final[Mapping[str, tuple[str, ...]]] = {
    "sex": tuple(_SEXES.values()),
    "age": tuple(name for _, name in _BANDS),
    "view": tuple(_VIEWS.values()),
}


@dataclass(frozen=True, eq=False)
class Scored:
    """N images and L labels.

    Attributes
    ----------
    labels : tuple of str
    logits : ndarray of shape (N, L), float64
        As the model gives them, not calibrated.
    probabilities : ndarray of shape (N, L), float64
        As they are shown.
    thresholds : ndarray of shape (L,), float64
        Operating points on them.
    present, known : ndarray of shape (N, L), bool
        Whether a finding is there, and whether that is known.
    patients : ndarray of shape (N,), intp
        Numbers from 0; several images may be of one.
    groups : mapping of str to ndarray of shape (N,), object (str)
        Of each of `FACTORS`; empty where it is not told.
    numbers : ndarray of shape (N,), intp
        Of the images, from 1.
    """

    labels: tuple[str, ...]
    logits: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    present: NDArray[np.bool_]
    known: NDArray[np.bool_]
    patients: NDArray[np.intp]
    groups: Mapping[str, NDArray[np.object_]]
    numbers: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.logits)

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Whether a probability reaches its operating point, of shape (N, L)."""
        return np.asarray(self.probabilities >= self.thresholds)


def shared_labels(manifest: Manifest, table: Table) -> tuple[str, ...]:
    """Labels that the model and the data set call by the same name, in the model's order.

    Raises
    ------
    ValueError
        If there are none; one sentence.
    """
    found = tuple(label for label in manifest.labels if label in table.labels)
    if not found:
        raise ValueError(
            f"The model and the data set share no label: {', '.join(manifest.labels)}; "
            f"{', '.join(table.labels)}."
        )
    return found


def decided(targets: Targets) -> Targets:
    """Targets that say yes or no; smoothed ones, which do neither, are unknown."""
    clear = (targets.values == 0) | (targets.values == 1)
    return Targets(targets.values, targets.known & clear)


def logits_of(
    classifier: Classifier,
    pixels: NDArray[np.uint8],
    places: NDArray[np.intp],
    progress: Callable[[int, int], None],
    folder: Path | None = None,
) -> NDArray[np.float64]:
    """A model's logits of images on its grid, as the app evaluates them.

    On the cluster, where the settings name one and the model's folder is given.

    Parameters
    ----------
    classifier : Classifier
    pixels : ndarray of shape (M, h, w), uint8
        As :func:`shamsul.training.images.images` gives them; may be on the disk.
    places : ndarray of shape (N,), intp
        Which of them.
    progress : callable
        Called with the images done and planned.
    folder : Path, optional
        The model's.

    Returns
    -------
    ndarray of shape (N, L), float64

    Raises
    ------
    shamsul.parallel.cluster.ClusterError
        If the cluster cannot be used, or lost images time and again; one sentence.
    """
    machines = cluster() if folder else None
    chunks = (pixels[places[start : start + _CHUNK]] for start in range(0, len(places), _CHUNK))
    evaluated: Iterable[NDArray[np.float32]]
    if machines is None or folder is None:
        evaluated = (_logits(classifier, some) for some in chunks)
    else:
        sent = machines.send(folder)
        evaluated = machines.each(_logits_there, ((sent, some) for some in chunks), gpu=True)
    found = np.empty((len(places), len(classifier.manifest.labels)))
    done = 0
    for logits in evaluated:
        found[done : done + len(logits)] = logits
        done += len(logits)
        progress(done, len(places))
    return found


def _logits(classifier: Classifier, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    grids = pixels.astype(np.float32) / np.float32(255)
    return classifier.logits(grids, engine=classifier.reference)


def _logits_there(task: tuple[SentFolder, NDArray[np.uint8]]) -> NDArray[np.float32]:
    """On a machine of the cluster."""
    sent, pixels = task
    return _logits(_loaded(sent.here()), pixels)


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> Classifier:
    return registry.load(folder)


def scored(
    classifier: Classifier,
    data: Data,
    logits: NDArray[np.float64],
    labels: tuple[str, ...],
    numbers: NDArray[np.intp],
) -> Scored:
    """Put a model's outputs beside a data set's targets.

    Parameters
    ----------
    classifier : Classifier
        Its calibration and operating points are taken.
    data : Data
        Of N images.
    logits : ndarray of shape (N, all labels of the model)
    labels : tuple of str
        Of both.
    numbers : ndarray of shape (N,), intp
        Of the images, from 1.
    """
    manifest = classifier.manifest
    outputs = [manifest.labels.index(label) for label in labels]
    columns = [data.table.labels.index(label) for label in labels]
    targets = decided(data.targets)
    return Scored(
        labels,
        logits[:, outputs],
        expit(classifier.calibrated(logits))[:, outputs],
        np.array([manifest.thresholds[label] for label in labels]),
        targets.values[:, columns] == 1,
        targets.known[:, columns],
        np.unique(data.table.patients.astype(str), return_inverse=True)[1],
        _groups(data.table),
        numbers,
    )


def _groups(table: Table) -> dict[str, NDArray[np.object_]]:
    named = {
        "sex": [_SEXES.get(sex, "") for sex in table.sexes],
        "age": [_band(age) for age in table.ages],
        "view": [_VIEWS.get(view, "") for view in table.views],
    }
    return {factor: np.array(names, object) for factor, names in named.items()}


def _band(age: float) -> str:
    """Of an age in years; empty for NaN."""
    return next((name for least, name in reversed(_BANDS) if age >= least), "")
