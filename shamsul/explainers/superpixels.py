"""The radiograph cut into superpixels, switched on and off: what LIME and SHAP share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import quickshift, relabel_sequential, slic

from shamsul.explainers.evaluation import Evaluator
from shamsul.explainers.method import Parameter, Task

#: Masked radiographs held in memory at a time.
CHUNK = 16

#: What a hidden part of a radiograph can show that does not depend on superpixels.
BASELINES = ("blur", "image_mean", "black", "white")

PARAMETERS = (
    Parameter(
        "superpixels",
        "slic",
        "How the radiograph is cut; the settings below are SLIC's.",
        choices=("slic", "quickshift"),
    ),
    Parameter("segments", 50, "Superpixels asked of SLIC; it may return fewer.", 4, 400),
    Parameter("compactness", 30.0, "SLIC's weight of distance against brightness.", 0.01, 1000),
    Parameter("sigma", 3.0, "Width in pixels of the smoothing before SLIC.", 0, 20),
    Parameter(
        "background",
        "segment_mean",
        "What a switched-off superpixel shows.",
        choices=("segment_mean", *BASELINES),
    ),
)


def segment(
    image: NDArray[np.float32], *, segments: int, compactness: float, sigma: float
) -> NDArray[np.intp]:
    """SLIC superpixels of a grid image.

    Parameters
    ----------
    image : ndarray of shape (h, w), float32 in [0, 1]
    segments : int
        How many to ask for.
    compactness, sigma : float
        As in :func:`skimage.segmentation.slic` for an RGB image (it works in CIELAB).

    Returns
    -------
    ndarray of shape (h, w)
        Superpixel of each pixel, 0 to K - 1 without gaps.

    References
    ----------
    Achanta et al. 2012, doi 10.1109/TPAMI.2012.120
    """
    found = slic(
        np.repeat(image[..., None], 3, axis=2),
        n_segments=segments,
        compactness=compactness,
        sigma=sigma,
        start_label=1,
    )
    return np.asarray(relabel_sequential(found)[0] - 1, dtype=np.intp)


def background_of(
    image: NDArray[np.float32], segments: NDArray[np.intp] | None, kind: str
) -> NDArray[np.float32]:
    """The radiograph with every superpixel switched off.

    Parameters
    ----------
    image : ndarray of shape (h, w), float32 in [0, 1]
    segments : ndarray of shape (h, w), or None
        Needed for ``segment_mean`` only.
    kind : {"segment_mean", "blur", "image_mean", "black", "white"}
        ``segment_mean`` is the `lime` package's default, ``white`` the SHAMSUL paper's for SHAP;
        ``blur`` smooths with a standard deviation of a tenth of the grid's rows.

    Notes
    -----
    ``segment_mean`` is the default because it put most relevance on the phantoms' findings.

    Returns
    -------
    ndarray of shape (h, w), float32 in [0, 1]
    """
    if kind == "blur":
        blurred = ndimage.gaussian_filter(image, image.shape[0] / 10, mode="nearest")
        return np.asarray(blurred, dtype=np.float32)
    if kind == "segment_mean":
        if segments is None:
            raise ValueError("segment_mean needs superpixels")
        means = ndimage.mean(image, segments, np.arange(segments.max() + 1))
        return np.asarray(means, dtype=np.float32)[segments]
    fill = {"image_mean": float(image.mean()), "black": 0.0, "white": 1.0}[kind]
    return np.full_like(image, fill)


def quickshift_segment(image: NDArray[np.float32]) -> NDArray[np.intp]:
    """Quickshift superpixels with the settings of the `lime` package.

    Returns
    -------
    ndarray of shape (h, w)
        Superpixel of each pixel, 0 to K - 1 without gaps.

    References
    ----------
    Vedaldi, Soatto 2008, doi 10.1007/978-3-540-88693-8_52
    """
    found = quickshift(
        np.repeat(image[..., None], 3, axis=2).astype(float), kernel_size=4, max_dist=200, ratio=0.2
    )
    return np.asarray(relabel_sequential(found + 1)[0] - 1, dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Perturbation:
    """A radiograph whose superpixels can be switched on and off.

    Attributes
    ----------
    task : Task
    segments : ndarray of shape (h, w)
        Superpixel of each pixel, 0 to K - 1.
    background : ndarray of shape (h, w), float32 in [0, 1]
    evaluator : Evaluator
    """

    task: Task
    segments: NDArray[np.intp]
    background: NDArray[np.float32]
    evaluator: Evaluator

    @classmethod
    def of(
        cls,
        task: Task,
        *,
        superpixels: str,
        segments: int,
        compactness: float,
        sigma: float,
        background: str,
    ) -> "Perturbation":
        """Cut the task's radiograph and choose its background, as `PARAMETERS` declares."""
        image = task.image.values
        if superpixels == "quickshift":
            found = quickshift_segment(image)
        else:
            found = segment(image, segments=segments, compactness=compactness, sigma=sigma)
        return cls(task, found, background_of(image, found, background), Evaluator(task))

    @property
    def count(self) -> int:
        """Number of superpixels K."""
        return int(self.segments.max()) + 1

    def compose(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Masked radiographs of coalitions, (n, K) bool to (n, h, w) float32."""
        return np.where(coalitions[:, self.segments], self.task.image.values, self.background)

    def evaluate(
        self, coalitions: NDArray[np.bool_], *, done: int, planned: int
    ) -> NDArray[np.float64]:
        """The explained outputs for each coalition.

        Parameters
        ----------
        coalitions : ndarray of shape (n, K), bool
            True where a superpixel is shown.
        done, planned : int
            Evaluations before this call and in all, for the progress.

        Returns
        -------
        ndarray of shape (n, outputs), float64
        """
        outputs = []
        for start in range(0, len(coalitions), CHUNK):
            chunk = coalitions[start : start + CHUNK]
            outputs.append(self.evaluator(self.compose(chunk)))
            self.task.progress(done + start + len(chunk), planned)
        return np.concatenate(outputs)

    def spread(self, weights: NDArray[np.floating]) -> NDArray[np.float32]:
        """Superpixels' weights as maps, (outputs, K) to (outputs, h, w)."""
        return weights.astype(np.float32)[:, self.segments]
