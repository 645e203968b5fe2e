"""Maps against gaze: whether maps point where readers looked.

Gaze belongs to an image, not to a finding: a map of any label is scored against each reader of its
image.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import cached_property, partial
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.explainers.baselines import without_model
from shamsul.localisation.gaze import Elsewhere, Gazed, Viewing
from shamsul.localisation.images import each_image
from shamsul.localisation.maps import LabelMap, MapFile, on_image
from shamsul.localisation.score import HUMAN, NAN, NO_RELEVANCE, Stored
from shamsul.metrics import fixations, saliency
from shamsul.radiographs.geometry import Geometry

#: What scoring against gaze is called where protocols are.
PROTOCOL: Final = "gaze"
#: Pixels of the longer side that maps and gaze are brought to, where the image has more. Gaussians
#: of one degree of visual angle, such as EGD-CXR's, are some 25 of them wide.
LONGEST: Final = 512

#: Why scores are undefined, or there are none.
NO_GAZE = "the image has no gaze"
NO_FIXATION = "no fixation is on the image"
NO_OTHERS = "no other image has gaze"
CONSTANT = "the map is the same everywhere"


class Prior(Enum):
    """What is known of gaze without the image, for the information gain."""

    OTHERS = "others"
    """Fixations on the other images."""
    CENTRE = "centre"
    """A Gaussian in the middle."""


@dataclass(frozen=True)
class GazeRules:
    """How maps are scored.

    Attributes
    ----------
    annotated_only : bool
        Leave out labels that are not annotated in an image, where that is known: an image without
        any annotation but gaze is scored with all maps.
    by_duration : bool
        A fixation weighs as much as it lasted. By default all weigh the same, as in the papers.
    prior : Prior
    """

    annotated_only: bool = True
    by_duration: bool = False
    prior: Prior = Prior.OTHERS


@dataclass(frozen=True)
class GazeScore(Stored):
    """One map's scores against one reader's gaze; NaN where undefined.

    Attributes
    ----------
    image, label, method : str
        The method `HUMAN` is the gaze of the image's other readers in place of a map; its label is
        that of the maps that it stands beside.
    reader : str
        Whose gaze it is.
    annotated : float
        Whether the label is annotated in the image, 1 or 0; NaN where nothing but gaze is.
    fixations, seconds : float
        Of those on the image: how many, and how long together.
    auc_judd, auc_shuffled, nss, cc, sim, kl_divergence, information_gain : float
        See `shamsul.metrics.saliency`.
    reason : str
        Why scores are undefined; empty where all are defined.
    """

    image: str
    label: str
    method: str
    reader: str
    annotated: float = NAN
    fixations: float = NAN
    seconds: float = NAN
    auc_judd: float = NAN
    auc_shuffled: float = NAN
    nss: float = NAN
    cc: float = NAN
    sim: float = NAN
    kl_divergence: float = NAN
    information_gain: float = NAN
    reason: str = ""


_COLUMNS = tuple(one.name for one in fields(GazeScore))
#: The scores proper, which have a mean.
METRICS: Final = _COLUMNS[_COLUMNS.index("auc_judd") : -1]


@dataclass(frozen=True)
class GazeScores:
    """All scores of one image.

    Attributes
    ----------
    image : str
    scores : tuple of GazeScore
    faults : tuple of str
        What could not be scored, a sentence each.
    """

    image: str
    scores: tuple[GazeScore, ...]
    faults: tuple[str, ...] = ()


class Scene:
    """An image's gaze on a grid of at most `LONGEST` pixels, to score its maps against.

    Parameters
    ----------
    gazed : Gazed
    geometry : Geometry or None
        From the maps' grid to the image; None where each covers all of it.
    rules : GazeRules
    elsewhere : Elsewhere

    Raises
    ------
    ValueError
        If maps and gaze are of an image of two sizes.
    """

    def __init__(
        self, gazed: Gazed, geometry: Geometry | None, rules: GazeRules, elsewhere: Elsewhere
    ) -> None:
        if geometry is not None and geometry.image_shape != gazed.shape:
            (height, width), (rows, columns) = geometry.image_shape, gazed.shape
            raise ValueError(
                f"the maps are of an image of {height} x {width} pixels, the gaze on one of {rows} "
                f"x {columns}"
            )
        self._gazed, self._geometry = gazed, geometry
        factor = min(1.0, LONGEST / max(gazed.shape))
        rows, columns = (max(1, round(side * factor)) for side in gazed.shape)
        self._grid = rows, columns
        self._by_duration = rules.by_duration
        self._weights = slice(3 if rules.by_duration else 2)
        others = fixations.brought(elsewhere.without(gazed.image), (1, 1), self._grid)
        self._others = others[:, self._weights]
        self._looks = [self._look(viewing) for viewing in gazed.viewings]
        if rules.prior is Prior.CENTRE:
            self._prior = fixations.centre_prior(self._grid)
        else:
            sigma = factor * float(np.mean(np.concatenate([one.sigmas for one in gazed.viewings])))
            self._prior = fixations.prior(self._others, self._grid, sigma)

    def _look(self, viewing: Viewing) -> "_Look":
        placed = fixations.brought(viewing.fixations, self._gazed.shape, self._grid)
        seen = fixations.on_image(placed, self._grid).weights
        weighed = placed[:, self._weights]
        density = viewing.density(self._gazed.shape, self._grid, self._by_duration)
        return _Look(viewing.reader, weighed, density, len(seen), float(seen.sum()))

    def map_scores(self, found: LabelMap) -> Iterator[GazeScore]:
        """Score a map against each reader.

        Parameters
        ----------
        found : LabelMap
            Positive relevance counts, negative as none.

        Raises
        ------
        ValueError
            If the map is not on the grid.
        """
        values = np.maximum(on_image(found.values, self._placed(found)), 0)
        for look in self._looks:
            yield self._score(found.label, found.method, values, look)

    def beside(self, label: str, made: Collection[str]) -> Iterator[GazeScore]:
        """Score what maps of a label are to be compared with.

        These are the baselines that need no model, and the image's other readers: the density of
        their gaze against each reader, as if it were a map, each of them counting alike.

        Parameters
        ----------
        label : str
        made : collection of str
            Methods that have one. What is among them is not made here.
        """
        annotated = self._annotated(label)
        for one in (*self._baselines, *self._people):
            if one.method not in made:
                yield replace(one, label=label, annotated=annotated)

    @cached_property
    def _baselines(self) -> tuple[GazeScore, ...]:
        """The same for every label."""
        placed = self._geometry or self._whole(self._grid)
        return tuple(
            score
            for method, values in without_model(placed).items()
            for score in self.map_scores(LabelMap("", method, values))
        )

    @cached_property
    def _people(self) -> tuple[GazeScore, ...]:
        """The same for every label; none where there is one reader."""
        found = []
        densities = [look.density / (look.density.sum() or 1) for look in self._looks]
        for number, look in enumerate(self._looks):
            others = [one for place, one in enumerate(densities) if place != number and one.any()]
            if others:
                found.append(self._score("", HUMAN, np.sum(others, axis=0), look))
        return tuple(found)

    def _whole(self, grid: tuple[int, int]) -> Geometry:
        """A grid all over the image."""
        rows, columns = self._gazed.shape
        return Geometry.window((rows, columns), grid, top=0, left=0, height=rows, width=columns)

    def _annotated(self, label: str) -> float:
        return NAN if self._gazed.labels is None else float(label in self._gazed.labels)

    def _placed(self, found: LabelMap) -> Geometry:
        """Where the map lies on this grid."""
        rows, columns = found.values.shape
        placed = self._geometry or self._whole((rows, columns))
        factors = np.divide(self._grid, self._gazed.shape)
        scaled = np.asarray(placed.grid_to_image) * factors[:, None]
        (a, b, c), (d, e, f) = scaled.tolist()
        return Geometry(((a, b, c), (d, e, f)), placed.grid_shape, self._grid)

    def _score(
        self, label: str, method: str, values: NDArray[np.floating], look: "_Look"
    ) -> GazeScore:
        flat = values.min() == values.max()
        reasons = (
            NO_FIXATION * (not look.count),
            NO_OTHERS * (not len(self._others)),
            NO_RELEVANCE * (not values.any()) or CONSTANT * bool(flat),
        )
        return GazeScore(
            self._gazed.image,
            label,
            method,
            look.reader,
            self._annotated(label),
            look.count,
            look.seconds,
            auc_judd=saliency.auc_judd(values, look.fixations),
            auc_shuffled=saliency.auc_shuffled(values, look.fixations, self._others),
            nss=saliency.nss(values, look.fixations),
            cc=saliency.cc(values, look.density),
            sim=saliency.sim(values, look.density),
            kl_divergence=saliency.kl_divergence(values, look.density),
            information_gain=saliency.information_gain(values, look.fixations, self._prior),
            reason="; ".join(filter(None, reasons)),
        )


@dataclass(frozen=True, eq=False)
class _Look:
    """A reader's gaze on the grid of a `Scene`."""

    reader: str
    fixations: NDArray[np.float64]
    density: NDArray[np.float64]
    count: int
    seconds: float


def score_gaze(
    files: Sequence[MapFile], gazed: Mapping[str, Gazed], rules: GazeRules, jobs: int = 1
) -> Iterator[GazeScores]:
    """Score the maps of images against their readers' gaze, and readers against each other.

    Parameters
    ----------
    files : sequence of MapFile
    gazed : mapping of str to Gazed
        By image. Those without a file are other images to the rest, too.
    rules : GazeRules
    jobs : int
        Processes that work at once; 1 for none besides this.

    Yields
    ------
    GazeScores
        For each file, in their order.
    """
    work = partial(_score_file, rules=rules, elsewhere=Elsewhere.of(gazed.values()))
    yield from each_image(work, files, gazed, jobs)


def _score_file(
    file: MapFile, gazed: Gazed | None, rules: GazeRules, elsewhere: Elsewhere
) -> GazeScores:
    if gazed is None:
        return GazeScores(file.image, (), (NO_GAZE,))
    scores: list[GazeScore] = []
    faults: list[str] = []
    try:
        scene = Scene(gazed, file.geometry(), rules, elsewhere)
        for label, maps in groupby(file.read(), key=lambda one: one.label):
            if rules.annotated_only and gazed.labels is not None and label not in gazed.labels:
                continue
            made = set()
            for one in maps:
                try:
                    scores += scene.map_scores(one)
                except ValueError as error:
                    faults.append(f"{one.method}, {label}: {error}")
                else:
                    made.add(one.method)
            if made:
                scores += scene.beside(label, made)
        if not scores and not faults:
            faults.append("no map is of a finding that is annotated in the image")
    except ValueError as error:
        faults.append(str(error))
    return GazeScores(file.image, tuple(scores), tuple(faults))
