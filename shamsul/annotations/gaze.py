"""Where somebody looked: fixations in order, and heatmaps of them.

References
----------
.. [1] Karargyris A, et al. Creation and validation of a chest X-ray dataset with eye-tracking and
   report dictation for AI development. Sci Data. 2021;8:92. doi:10.1038/s41597-021-00863-5;
   its code: https://github.com/cxr-eye-gaze/eye-gaze-dataset
.. [2] Bigolin Lanfredi R, et al. REFLACX, a dataset of reports and eye-tracking data for
   localization of abnormalities in chest x-rays. Sci Data. 2022;9:350.
   doi:10.1038/s41597-022-01441-z
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter1d

from shamsul.annotations.places import FARTHEST, table, within
from shamsul.radiographs.turn import Turn

Shape = tuple[int, int]
#: Standard deviation of the published Gaussian, in pixels of the original image [1]_.
KARARGYRIS_SIGMA: Final = 150.0


def _unknown(width: int) -> Callable[[], NDArray[np.float64]]:
    return lambda: np.empty((0, width))


@dataclass(frozen=True, eq=False)
class Gaze:
    """Where somebody looked in one reading, and for how long.

    Attributes
    ----------
    fixations : ndarray of shape (n, 3), float64
        Row, column and seconds of each, in their order: that of their starts where all are known.
    sigma : float
        Standard deviation of the Gaussian around each, in pixels; about one degree of visual angle.
    level : float
        Share of the heatmap's maximum above which a pixel is covered, in (0, 1].
    starts : ndarray of shape (n,), float64
        Seconds from the reading's start to the fixation's; NaN where it is not known.
    phases : tuple of str
        The phase of the reading that each belongs to; empty where none are told apart.
    per_degree : ndarray of shape (n, 2) or (0, 2), float64
        Pixels of a degree of visual angle at each, along the rows' and the columns' axis, which
        depends on the zoom. It is the Gaussian's standard deviation there; `sigma` where it is
        empty, which means not known.
    shown : ndarray of shape (n, 4) or (0, 4), float64
        Top, left, bottom and right of the part of the image that was on the screen during each;
        empty where all of it was. Under zoom nobody sees what is beyond.

    Raises
    ------
    ValueError
        If there is no fixation, one lasts for no time, or another number of them is told about.
    """

    kind: ClassVar[str] = "gaze"
    fixations: NDArray[np.float64]
    sigma: float
    level: float = 0.5
    starts: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    phases: tuple[str, ...] = ()
    per_degree: NDArray[np.float64] = field(default_factory=_unknown(2))
    shown: NDArray[np.float64] = field(default_factory=_unknown(4))

    def __post_init__(self) -> None:
        fixations = table(self.fixations, 3)
        count = len(fixations)
        if count == 0 or (fixations[:, 2] <= 0).any():
            raise ValueError("a fixation lasts for some time")
        if not self.sigma > 0 or not 0 < self.level <= 1:
            raise ValueError("sigma must be positive, level in (0, 1]")
        starts = np.array(self.starts, float).ravel()
        starts = starts if len(starts) else np.full(count, np.nan)
        phases = tuple(map(str, self.phases))
        per_degree, shown = table(self.per_degree, 2), table(self.shown, 4)
        if {len(starts), *(len(one) or count for one in (phases, per_degree, shown))} != {count}:
            raise ValueError("as much is told about fixations as there are")
        if np.isinf(starts).any() or (per_degree <= 0).any():
            raise ValueError("starts must be finite, pixels of a degree positive")
        if (shown[:, 2:] <= shown[:, :2]).any():
            raise ValueError("the part that was shown has a height and a width")
        order = slice(None) if np.isnan(starts).any() else np.argsort(starts, kind="stable")
        for name, values in (
            ("fixations", fixations),
            ("starts", starts),
            ("per_degree", per_degree),
            ("shown", shown),
        ):
            ordered = values[order] if len(values) else values
            ordered.setflags(write=False)
            object.__setattr__(self, name, ordered)
        indices = np.arange(count)[order]
        object.__setattr__(self, "phases", tuple(phases[i] for i in indices) if phases else ())

    def during(self, phase: str) -> "Gaze":
        """The fixations of one phase.

        Raises
        ------
        ValueError
            If there are none; one sentence without a full stop.
        """
        own = np.array([one == phase for one in self.phases], bool)
        if not own.any():
            raise ValueError(f"there is no fixation of the phase {phase!r}")
        return replace(
            self,
            fixations=self.fixations[own],
            starts=self.starts[own],
            phases=(phase,) * int(own.sum()),
            per_degree=self.per_degree[own] if len(self.per_degree) else self.per_degree,
            shown=self.shown[own] if len(self.shown) else self.shown,
        )

    @property
    def spread(self) -> NDArray[np.float64]:
        """Standard deviations of the Gaussian around each, by rows and columns; shape (n, 2)."""
        return _or(self.per_degree, (self.sigma, self.sigma), len(self.fixations))

    def seen(self, shape: Shape) -> NDArray[np.bool_]:
        """Which fixations are on an image, of shape (n,), bool."""
        places = self.fixations[:, :2]
        return np.asarray(((places >= 0) & (places < shape)).all(1))

    def heatmap(self, shape: Shape) -> NDArray[np.float64]:
        """Seconds of gaze per pixel, as a sum of Gaussians cut to what was shown [2]_.

        Fixations off the image are left out; zero where nobody looked.

        Returns
        -------
        ndarray of shape (H, W), float64
            Of a fixation all around which the image is, the sum is its seconds.
        """
        seen = self.seen(shape)
        spread = self.spread[seen]
        shown = _or(self.shown, _ALL, len(self.fixations))[seen]
        row, column, seconds = self.fixations[seen].T
        down = _densities(row, spread[:, 0], shown[:, 0], shown[:, 2], shape[0])
        across = _densities(column, spread[:, 1], shown[:, 1], shown[:, 3], shape[1])
        return np.asarray((down * seconds[:, None]).T @ across)

    def on_grid(self, shape: Shape, grid: Shape) -> "Gaze":
        """The same on a grid over an image of some rows and columns."""
        factors = np.divide(grid, shape)
        return replace(
            self,
            fixations=self.fixations * (*factors, 1),
            per_degree=self.spread * factors,
            shown=self.shown * np.tile(factors, 2),
        )

    def mask(self, shape: Shape) -> NDArray[np.bool_]:
        """See `Mark`."""
        heatmap = self.heatmap(shape)
        highest = heatmap.max()
        return np.asarray(heatmap >= self.level * highest) if highest else np.zeros(shape, bool)

    def inside(self, shape: Shape) -> bool:
        """See `Mark`."""
        return within(self.fixations[:, :2], shape)

    def turned(self, turn: Turn, shape: Shape) -> "Gaze":
        """See `Mark`."""
        fixations = self.fixations.copy()
        fixations[:, :2] = turn.places(fixations[:, :2], shape)
        corners = turn.places(self.shown.reshape(-1, 2), shape).reshape(-1, 2, 2)
        return replace(
            self,
            fixations=fixations,
            per_degree=self.per_degree[:, ::-1] if turn.swapped else self.per_degree,
            shown=np.concatenate([corners.min(1), corners.max(1)], 1),
        )

    def to_json(self) -> dict[str, Any]:
        """What is known, for JSON; a start that is not is null."""
        content: dict[str, Any] = {"fixations": self.fixations.tolist(), "sigma": self.sigma}
        content["level"] = self.level
        if not np.isnan(self.starts).all():
            content["starts"] = [None if np.isnan(one) else one for one in self.starts.tolist()]
        if self.phases:
            content["phases"] = list(self.phases)
        for name, values in (("per_degree", self.per_degree), ("shown", self.shown)):
            if len(values):
                content[name] = values.tolist()
        return content


#: Beyond any image, and still no farther than a coordinate may be when the image is turned.
_ALL = (-FARTHEST / 2, -FARTHEST / 2, FARTHEST / 2, FARTHEST / 2)


def _or(known: NDArray[np.float64], otherwise: Sequence[float], count: int) -> NDArray[np.float64]:
    """A row for each of some fixations: what is known, or the same for all."""
    return known if len(known) else np.tile(np.array(otherwise, float), (count, 1))


def _densities(
    middles: NDArray[np.float64],
    sigmas: NDArray[np.float64],
    firsts: NDArray[np.float64],
    lasts: NDArray[np.float64],
    count: int,
) -> NDArray[np.float64]:
    """Each Gaussian at the middles of `count` pixels, zero beyond where it is cut; (n, count)."""
    places = np.arange(count) + 0.5
    sigmas = sigmas[:, None]
    densities = np.exp(-(((places - middles[:, None]) / sigmas) ** 2) / 2)
    kept = (places > firsts[:, None]) & (places < lasts[:, None])
    return np.asarray(densities * kept / (sigmas * np.sqrt(2 * np.pi)))


def together(gazes: Sequence[Gaze]) -> Gaze:
    """The fixations of several as one.

    Raises
    ------
    ValueError
        If their Gaussians or levels differ, or only some tell phases; without a full stop.
    """
    first = gazes[0]
    if len({(one.sigma, one.level, bool(one.phases)) for one in gazes}) > 1:
        raise ValueError("gaze with different Gaussians cannot be one gaze")

    def joined(name: str, otherwise: Sequence[float]) -> NDArray[np.float64]:
        told = [getattr(one, name) for one in gazes]
        if not any(map(len, told)):
            return np.empty((0, len(otherwise)))
        counts = (len(one.fixations) for one in gazes)
        return np.concatenate(
            [_or(*each) for each in zip(told, repeat(otherwise), counts, strict=False)]
        )

    return replace(
        first,
        fixations=np.concatenate([one.fixations for one in gazes]),
        starts=np.concatenate([one.starts for one in gazes]),
        phases=tuple(phase for one in gazes for phase in one.phases),
        per_degree=joined("per_degree", (first.sigma, first.sigma)),
        shown=joined("shown", _ALL),
    )


def heat(
    gaze: Gaze, shape: Shape, *, sigma: float | None = None, degrees: float | None = None
) -> NDArray[np.float32]:
    """How long each place was looked at, as a share of the place that was looked at longest.

    Linear in seconds: fixations count by their duration, and zero is zero.

    Parameters
    ----------
    gaze : Gaze
        Of a whole reading, or of a phase (`Gaze.during`).
    shape : (int, int)
        Rows and columns of the image.
    sigma : float, optional
        Standard deviation of the Gaussian in pixels, instead of the gaze's own.
    degrees : float, optional
        The same in degrees of visual angle, where the gaze knows how many pixels they have.

    Returns
    -------
    ndarray of shape (H, W), float32, in [0, 1]

    Raises
    ------
    ValueError
        If both are given, degrees are asked for and not known, or no fixation is on the image; one
        sentence without a full stop.

    Examples
    --------
    >>> gaze = Gaze([[0.5, 1.5, 0.2], [0.5, 6.5, 0.1]], sigma=0.5)
    >>> (100 * heat(gaze, (1, 8))).round().tolist()
    [[14.0, 100.0, 14.0, 0.0, 0.0, 7.0, 50.0, 7.0]]
    """
    if sigma is not None and degrees is not None:
        raise ValueError("the Gaussian is stated in pixels or in degrees, not in both")
    if sigma is not None:
        gaze = replace(gaze, sigma=sigma, per_degree=np.empty((0, 2)))
    if degrees is not None:
        if not len(gaze.per_degree):
            raise ValueError("how many pixels a degree has is not known of this gaze")
        gaze = replace(gaze, per_degree=gaze.per_degree * degrees)
    seconds = gaze.heatmap(shape)
    most = seconds.max()
    if not most:
        raise ValueError("no fixation is on the image")
    return np.asarray(seconds / most, np.float32)


def karargyris(gaze: Gaze, shape: Shape) -> NDArray[np.float32]:
    """The heatmap that the published baseline of EGD-CXR was trained with [1]_, faults and all.

    To compare with it. For anything else :func:`heat` is meant.

    Parameters
    ----------
    gaze : Gaze
        In the pixels of the original image.
    shape : (int, int)
        The original image's rows and columns; an odd number is made even, as there, and cut again.

    Returns
    -------
    ndarray of shape (H, W), float32, in [0, 1]
        From 0.12, where least was looked at, to 0.84.

    Raises
    ------
    ValueError
        If no fixation is on the image below its first row; one sentence without a full stop.

    Notes
    -----
    What is wrong with it, as its code has it:

    - every fixation counts 1, however long it was;
    - sigma is 150 pixels whatever the image's size, the zoom, or the distance from the screen;
    - at the image's edge the Gaussian is reflected, so that what was off the image is on it;
    - fixations in the first row are dropped, as its test of what is on the image has it;
    - it is scaled from its own least to its greatest value, saved through the colour map viridis
      with 8 bits, and read back as gray: no longer linear, and zero is 0.12.

    Its last image of each session had no heatmap, and its fixations were not chosen by whether they
    are valid; here every image has one, of the fixations that the gaze has. There the picture was
    made smaller while it was still in colour; here that is left to whoever makes it smaller.
    """
    import matplotlib  # late: no page needs it, and every one would wait for it

    rows, columns = (size + size % 2 for size in shape)
    row, column = np.floor(gaze.fixations[gaze.seen(shape), :2]).astype(int).T
    down, across = np.zeros((len(row), rows)), np.zeros((len(row), columns))
    down[np.arange(len(row)), row] = across[np.arange(len(row)), column] = 1
    down, across = down[row > 0], across[row > 0]
    if not len(down):
        raise ValueError("no fixation is on the image below its first row")
    # A Gaussian filter goes along one axis, then along the other: of one pixel that is a product.
    counts = gaussian_filter1d(down, KARARGYRIS_SIGMA).T @ gaussian_filter1d(
        across, KARARGYRIS_SIGMA
    )
    span = np.ptp(counts)
    share = (counts - counts.min()) / span if span else np.zeros_like(counts)
    coloured = matplotlib.colormaps["viridis"](share, bytes=True)[..., :3]
    gray = np.asarray(Image.fromarray(np.ascontiguousarray(coloured)).convert("L"), np.float32)
    return gray[: shape[0], : shape[1]] / np.float32(255)


#: Heatmaps that a model can be trained with, by name.
MODES: Final[Mapping[str, Callable[[Gaze, Shape], NDArray[np.float32]]]] = {
    "linear": heat,
    "karargyris": karargyris,
}
