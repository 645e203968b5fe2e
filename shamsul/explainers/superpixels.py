"""The radiograph cut into superpixels, switched on and off: what LIME and SHAP share."""

import itertools
import threading
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import quickshift, relabel_sequential, slic

from shamsul.classifiers.classifier import Classifier
from shamsul.explainers import designs
from shamsul.explainers.evaluation import Evaluator
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError, Parameter, Task
from shamsul.explainers.surrogate import Surrogate

#: Differences of brightness below this are rounding: a step of 16 bits is larger.
_UNSEEN = 1e-5
#: Coalitions of a design before its first block: the background alone, and the whole radiograph.
ENDS = 2

#: Standard errors were found a twentieth too small: shares that were chosen count as known.
_MARGIN = 0.95

#: What a hidden part of a radiograph can show that does not depend on superpixels.
BASELINES = ("blur", "image_mean", "black", "white", "training_mean")

#: How the model is asked: LIME's and SHAP's common parameters besides the cut.
SAMPLING = (
    Parameter(
        "estimator",
        "surrogate",
        "Few well-chosen evaluations and a statistical model of them, or the method's package.",
        choices=("surrogate", "package"),
    ),
    Parameter(
        "samples",
        1000,
        "As accurate as this many random evaluations; the surrogate needs fewer, the package all.",
        10,
        100_000,
    ),
)

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
    classifier: Classifier,
    image: NDArray[np.float32],
    kind: str,
    segments: NDArray[np.intp] | None = None,
) -> NDArray[np.float32]:
    """The radiograph with every superpixel switched off.

    Parameters
    ----------
    classifier : Classifier
    image : ndarray of shape (h, w), float32 in [0, 1]
    kind : {"segment_mean", "blur", "image_mean", "black", "white", "training_mean"}
        ``segment_mean`` is the `lime` package's default, ``white`` the SHAMSUL paper's for SHAP;
        ``blur`` smooths with a standard deviation of a tenth of the grid's rows.
    segments : ndarray of shape (h, w), optional
        Needed for ``segment_mean`` only.

    Notes
    -----
    ``segment_mean`` is the default because it put most relevance on the phantoms' findings.

    Returns
    -------
    ndarray of shape (h, w), float32 in [0, 1]

    Raises
    ------
    ExplainerError
        If the mean of the training images is asked of a model that does not have it.
    """
    if kind == "training_mean":
        if classifier.training_mean is None:
            raise ExplainerError(
                f"The model {classifier.manifest.name} does not come with the mean of its training "
                "images; choose another background."
            )
        return classifier.training_mean
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


def hides_nothing(image: NDArray[np.float32], background: NDArray[np.float32]) -> bool:
    """Whether a radiograph is its own background, so that every version of it is the same."""
    return bool(np.abs(image - background).max() < _UNSEEN)


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


class Enough(NamedTuple):
    """What the first coalitions of the design tell, as many of them as are enough.

    Attributes
    ----------
    surrogate : Surrogate
    errors : ndarray of shape (outputs, K)
        Standard errors of its main effects.
    asked : float
        The `doubt` that they had to reach.
    """

    surrogate: Surrogate
    errors: NDArray[np.float64]
    asked: float


def doubt(means: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
    """Root mean square of errors as a share of that of means, (outputs, K); mean over outputs."""
    size = np.linalg.norm(means, axis=1)
    size[size == 0] = 1.0
    return float(np.mean(np.linalg.norm(errors, axis=1) / size))


class Perturbation:
    """A radiograph whose superpixels can be switched on and off.

    LIME and SHAP use the same coalitions where they cut the same radiograph in the same way, so
    what was evaluated for one is kept for the other.

    Parameters
    ----------
    classifier : Classifier
    image : ndarray of shape (h, w), float32 in [0, 1]
    segments : ndarray of shape (h, w)
        Superpixel of each pixel, 0 to K - 1.
    background : ndarray of shape (h, w), float32 in [0, 1]
    seed : int
        Of the design.
    """

    def __init__(
        self,
        classifier: Classifier,
        image: NDArray[np.float32],
        segments: NDArray[np.intp],
        background: NDArray[np.float32],
        seed: int,
    ) -> None:
        self.image, self.segments, self.background = image, segments, background
        #: Number of superpixels K.
        self.count = int(segments.max()) + 1
        self._evaluator = Evaluator(classifier)
        #: Masked radiographs held in memory at a time.
        self._together = classifier.batch_size
        rng = np.random.default_rng(seed)
        self._ends = _Evaluated(iter([np.array([[False], [True]]).repeat(self.count, 1)]))
        self._blocks = _Evaluated(designs.fold_over(self.count, rng) for _ in itertools.count())
        self._alone = _Evaluated(iter([designs.alone(self.count)]))
        #: Rows and columns of cells, as the last evaluation had them.
        self._map = (1, 1)
        self._enough: dict[tuple[object, ...], Enough] = {}
        self._using = threading.RLock()

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
        return _cut(
            task.classifier,
            image.tobytes(),
            image.shape,
            superpixels,
            segments,
            compactness,
            sigma,
            background,
            task.seed,
        )

    @property
    def engine(self) -> str:
        """Name of the engine that most coalitions are evaluated by."""
        return self._evaluator.engine

    @property
    def hides_nothing(self) -> bool:
        """Whether all coalitions give the same radiograph."""
        return hides_nothing(self.image, self.background)

    def compose(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Masked radiographs of coalitions, (n, K) bool to (n, h, w) float32."""
        return np.where(coalitions[:, self.segments], self.image, self.background)

    def evaluate(
        self,
        task: Task,
        coalitions: NDArray[np.bool_],
        *,
        done: int,
        planned: int,
        exact: bool = False,
    ) -> NDArray[np.float64]:
        """The task's explained outputs for each coalition.

        Parameters
        ----------
        task : Task
        coalitions : ndarray of shape (n, K), bool
            True where a superpixel is shown.
        done, planned : int
            Evaluations before this call and in all, for the progress.
        exact : bool
            Never in half precision.

        Returns
        -------
        ndarray of shape (n, outputs), float64
        """
        chunks = self._cells(task, coalitions, done, planned, exact)
        return np.asarray(_explained(task, np.concatenate(list(chunks))).sum(2))

    def designed(
        self, task: Task, count: int, *, done: int, planned: int
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """The first `count` coalitions of the design, and for each the explained outputs in cells.

        The first is the background alone, the second the whole radiograph. Cells are those of the
        last feature map, shape (count, outputs, cells): a single one where the probability is
        explained, which is no sum, or where nothing is known of the cells.
        """
        # The ends exactly, since SHAP has to sum to their difference; and half precision would look
        # better than it is beside so large a difference.
        ends, their = self._known(self._ends, task, ENDS, done, planned, exact=True)
        done += ENDS
        coalitions, outputs = self._known(self._blocks, task, count - ENDS, done, planned)
        task.progress(done + len(coalitions), planned)
        return np.concatenate([ends, coalitions]), np.concatenate([their, outputs])

    def alone(
        self, task: Task, count: int, *, done: int, planned: int
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """The first `count` coalitions of one superpixel shown or hidden, and the same for them."""
        known = self._known(self._alone, task, count, done, planned)
        task.progress(done + count, planned)
        return known

    def enough(self, task: Task, samples: int, *, further: int = 0) -> Enough:
        """How many coalitions of the design tell as much as `samples` drawn at random.

        They are evaluated step by step, until the standard errors of the superpixels' main
        effects are at most `_MARGIN` times those of a linear fit to `samples` random coalitions;
        root mean square over superpixels, as shares of the effects, mean over outputs. At most
        `samples`.
        The progress counts what is expected from the errors so far, and `further` evaluations.
        """
        asked = (task.target, task.outputs, samples)
        if asked not in self._enough:
            self._enough[asked] = self._count_enough(task, samples, further)
        return self._enough[asked]

    def _count_enough(self, task: Task, samples: int, further: int) -> Enough:
        block = 2 << max(self.count - 1, 0).bit_length()
        planned = ENDS + 2 * block + further
        _, ends = self._known(self._ends, task, ENDS, 0, planned, exact=True)
        if ends.shape[2] > 1:
            # Few superpixels matter to a cell, so that half a block tells them apart.
            step = max(block // 16, 2)
            expected = ENDS + block // 2
        else:
            # A single block cannot tell an effect from an interaction of three superpixels, which
            # ones being drawn anew for each block: it is judged with half of the next one.
            step = max(block // 4, 2)
            expected = ENDS + block + 2 * step
        count = expected
        while True:
            count = min(count, samples)
            planned = min(max(expected, count), samples) + further
            coalitions, cells = self.designed(task, count, done=0, planned=planned)
            surrogate = self.surrogate(coalitions, cells)
            means, errors = surrogate.main_effects()
            ours = doubt(means, errors)
            theirs = _MARGIN * self._doubt_at_random(task, samples, surrogate, means, errors)
            if ours <= theirs or count == samples:
                return Enough(surrogate, errors, theirs)
            # Variances fall as evaluations grow; not even twice as many is foreseen from few.
            expected = round(count * min((ours / theirs) ** 2, 2.0)) if theirs else 2 * count
            # Two thirds of the way, since errors fall faster; judging stays a small part of it.
            count += max(step, count // 16, (expected - count) * 2 // 3)

    def _doubt_at_random(
        self,
        task: Task,
        samples: int,
        surrogate: Surrogate,
        means: NDArray[np.float64],
        errors: NDArray[np.float64],
    ) -> float:
        """Expected `doubt` of a linear fit to random coalitions, from main effects as known.

        Notes
        -----
        With v the variance that main effects leave over, less that of rounding, the effects of a
        linear fit to n random coalitions have variance ``4 v / (n - K)``. What main effects leave
        over is expected from the evaluations themselves: a difference of variances would be
        uncertain where they leave little.
        """
        signs, outputs = surrogate.signs[ENDS:], surrogate.cells[ENDS:].sum(2)
        beyond = outputs - outputs.mean(0) - signs @ means.T / 2
        left = (beyond**2).mean(0) + (errors**2).sum(1) / 4
        left = np.maximum(left - self._evaluator.rounding(task.explained), 0)
        linear = np.sqrt(4 * left[:, None] / max(samples - self.count, 1))
        return doubt(means, np.broadcast_to(linear, means.shape))

    def surrogate(self, coalitions: NDArray[np.bool_], cells: NDArray[np.float64]) -> Surrogate:
        """What is known from evaluations, given as `designed` gives them."""
        return Surrogate.fit(coalitions, cells, self._distances)

    @cached_property
    def _distances(self) -> NDArray[np.float64]:
        """Of cells' centres from superpixels', (cells, K), as shares of the grid's longer side."""
        height, width = self.segments.shape
        rows, columns = self._map
        down = (np.arange(rows) + 0.5) * height / rows - 0.5
        across = (np.arange(columns) + 0.5) * width / columns - 0.5
        centres = np.stack(np.meshgrid(down, across, indexing="ij"), 2).reshape(-1, 2)
        own = ndimage.center_of_mass(np.ones_like(self.image), self.segments, np.arange(self.count))
        apart = np.linalg.norm(centres[:, None] - np.array(own), axis=2)
        return np.asarray(apart / max(height, width))

    def _known(
        self,
        evaluated: "_Evaluated",
        task: Task,
        count: int,
        done: int,
        planned: int,
        exact: bool = False,
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        with self._using:
            coalitions = evaluated.first(count)
            old = len(evaluated.cells)
            for cells in self._cells(task, coalitions[old:], done + old, planned, exact):
                self._map = cells.shape[2:]
                evaluated.cells.extend(cells)
            return coalitions, _explained(task, np.stack(evaluated.cells[:count]))

    def _cells(
        self,
        task: Task,
        coalitions: NDArray[np.bool_],
        done: int,
        planned: int,
        exact: bool,
    ) -> Iterator[NDArray[np.float32]]:
        """The logits in cells for each coalition, as many at a time as are held in memory."""
        for start in range(0, len(coalitions), self._together):
            chunk = coalitions[start : start + self._together]
            yield self._evaluator.cells(self.compose(chunk), exact=exact)
            # Afterwards: who cancels here finds the chunk kept when coming back.
            task.progress(done + start + len(chunk), planned)

    def spread(self, weights: NDArray[np.floating]) -> NDArray[np.float32]:
        """Superpixels' weights as maps, (outputs, K) to (outputs, h, w)."""
        return weights.astype(np.float32)[:, self.segments]


class _Evaluated:
    """Coalitions in a fixed order, and the model's logits in cells for the first of them."""

    def __init__(self, blocks: Iterator[NDArray[np.bool_]]) -> None:
        self._blocks = blocks
        self._coalitions: list[NDArray[np.bool_]] = []
        self.cells: list[NDArray[np.float32]] = []

    def first(self, count: int) -> NDArray[np.bool_]:
        """The first `count` coalitions."""
        while len(self._coalitions) < count:
            self._coalitions.extend(next(self._blocks))
        return np.stack(self._coalitions[:count])


def _explained(task: Task, cells: NDArray[np.float32]) -> NDArray[np.float64]:
    """The explained outputs in cells, (n, L, rows, columns) to (n, outputs, cells)."""
    if task.target is Target.LOGIT:
        return cells[:, list(task.outputs)].reshape(len(cells), len(task.outputs), -1).astype(float)
    return task.explained(cells.sum((2, 3)))[:, :, None]


@lru_cache(maxsize=2)
def _cut(
    classifier: Classifier,
    image: bytes,
    shape: tuple[int, int],
    superpixels: str,
    segments: int,
    compactness: float,
    sigma: float,
    background: str,
    seed: int,
) -> Perturbation:
    values = np.frombuffer(image, np.float32).reshape(shape)
    if superpixels == "quickshift":
        found = quickshift_segment(values)
    else:
        found = segment(values, segments=segments, compactness=compactness, sigma=sigma)
    hidden = background_of(classifier, values, background, found)
    return Perturbation(classifier, values, found, hidden, seed)
