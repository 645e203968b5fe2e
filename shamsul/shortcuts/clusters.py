"""Clusters of a study's maps, as SpRAy finds them [1]_, and how suspicious each is.

Maps of one label and method are made small and compared; what a network decides by shows as groups
of maps that are alike. A group whose relevance gathers at one place outside of the chest, where
that of other cases does not, is what a network that reads a tag would give.

Notes
-----
Other than in [1]_, maps are compared by the Hellinger distance of their positive relevance, whose
sum is 1 in each, where the paper has the Euclidean distance of signed maps. Findings are now here,
now there: whole maps fall into clusters of places, in which a tag is lost. By default maps are
compared by what lies outside of the chest, all the rest being one number (`Part`), and clusters
that gather at one spot there are joined, since how much they do so has no steps. The number of
clusters before that is that of the largest gap between eigenvalues, as in [1]_; one cluster is a
possible answer.

References
----------
.. [1] Lapuschkin, Wäldchen, Binder, Montavon, Samek, Müller. Unmasking Clever Hans predictors and
   assessing what machines really learn. Nature Communications 10, 1096 (2019),
   doi 10.1038/s41467-019-08987-4
.. [2] von Luxburg. A tutorial on spectral clustering. Statistics and Computing 17 (2007), section 4
   and 8, doi 10.1007/s11222-007-9033-z
.. [3] Ng, Jordan, Weiss. On spectral clustering. NIPS 2001
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from sklearn.cluster import KMeans
from sklearn.neighbors import kneighbors_graph

from shamsul.shortcuts.regions import Weights

#: Rows and columns of maps as they are compared.
SIDE: Final = 24
#: Rows and columns of a spot: a sixth of the picture's side.
SPOT: Final = 4
#: Maps from which on there are clusters, and cases from which on one of them is judged.
ENOUGH: Final = 20
SMALLEST: Final = 5
#: The most clusters that are looked for.
MOST: Final = 8
#: From which suspicion on a cluster is flagged: a share of its maps' positive relevance, in one
#: spot of a 36th of the picture.
ALARM: Final = 0.15
#: By how much more than a map without order groups gather at a spot that are made one.
JOINED: Final = 0.025
#: Cases that stand for a cluster.
TYPICAL: Final = 4


class Part(Enum):
    """What maps are compared by."""

    OUTSIDE = "outside"
    """Relevance outside of the chest place by place, and how much is inside."""
    WHOLE = "whole"
    """All positive relevance place by place, as in the paper."""


@dataclass(frozen=True, eq=False)
class Small:
    """A map's positive relevance on few pixels.

    Attributes
    ----------
    relevance : ndarray of shape (SIDE, SIDE), float64
        Its sum is 1; 0 everywhere where the map has no positive relevance.
    outside : ndarray of shape (SIDE, SIDE), float64
        The part of it that lies outside of where evidence may be.
    """

    relevance: NDArray[np.float64]
    outside: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.floating], chest: Weights) -> "Small":
        """Make a map small.

        Parameters
        ----------
        values : ndarray of shape (h, w)
            Raw signed relevance.
        chest : ndarray of shape (h, w), in [0, 1]
            Where evidence may be.
        """
        positive = np.maximum(values, 0).astype(np.float64)
        whole, beyond = _small(positive), _small(positive * (1 - chest))
        total = whole.sum()
        if total > 0:
            whole, beyond = whole / total, beyond / total
        return cls(whole, beyond)

    def compared(self, part: Part) -> NDArray[np.float64]:
        """What maps are compared by: numbers of sum 1 that are not negative."""
        if part is Part.WHOLE:
            return self.relevance.ravel()
        return np.append(self.outside.ravel(), max(0.0, 1 - self.outside.sum()))


def _small(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over the parts of the picture."""
    return np.asarray(cv2.resize(values, (SIDE, SIDE), interpolation=cv2.INTER_AREA))


def cluster(maps: NDArray[np.float64], seed: int = 0) -> tuple[NDArray[np.intp], ...]:
    """Find groups of maps that are alike.

    The k nearest neighbours of each map, k being the root of their number, make a graph, in which
    maps are neighbours if either is the other's. Its normalised Laplacian's eigenvectors [2]_,
    their rows made of length 1 [3]_, are clustered by k-means, with as many clusters as there are
    eigenvalues before the largest gap, `MOST` at most.

    Parameters
    ----------
    maps : ndarray of shape (N, F), float64
        Each of sum 1, and not negative.
    seed : int
        Of k-means.

    Returns
    -------
    tuple of ndarray of int
        Indices of each cluster's maps, in their order.

    Raises
    ------
    ValueError
        If there are fewer than `ENOUGH`.
    """
    count = len(maps)
    if count < ENOUGH:
        raise ValueError(f"{count} maps are too few for clusters; {ENOUGH} are needed")
    nearest = kneighbors_graph(_roots(maps), round(np.sqrt(count))).toarray()
    graph = np.maximum(nearest, nearest.T)
    degree = 1 / np.sqrt(graph.sum(1))
    laplacian = np.eye(count) - degree[:, None] * graph * degree
    values, vectors = linalg.eigh(laplacian, subset_by_index=(0, MOST))
    number = int(np.diff(values).argmax()) + 1
    rows = vectors[:, :number]
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    found = KMeans(number, n_init=10, random_state=seed).fit(rows).labels_
    # k-means may leave a cluster empty where rows are the same.
    return tuple(np.flatnonzero(found == one) for one in np.unique(found))


def _roots(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Their Euclidean distance is the Hellinger distance of the maps, times the root of 2."""
    return np.sqrt(maps)


@dataclass(frozen=True)
class Suspicion:
    """How much a cluster's maps gather at one place outside of the chest.

    Attributes
    ----------
    excess : float, in [-1, 1]
        `here` minus `elsewhere`.
    here : float, in [0, 1]
        Share of the positive relevance in the spot, outside of the chest: the cluster's median.
    elsewhere : float, in [0, 1]
        The least median of another cluster; what a map without order has where there is none.
    alone : bool
        Whether there is no other cluster to compare with.
    row, column : float, in [0, 1]
        The spot's middle as a share of the picture's height and width.
    """

    excess: float
    here: float
    elsewhere: float
    alone: bool
    row: float
    column: float

    @property
    def alarms(self) -> bool:
        """Whether the cluster is to be looked at."""
        return self.excess >= ALARM

    @property
    def place(self) -> str:
        """Where the spot is in the picture, in words.

        Examples
        --------
        >>> Suspicion(0.3, 0.3, 0.0, False, 0.1, 0.9).place
        'top right'
        """
        down = ("top", "middle", "bottom")[min(2, int(3 * self.row))]
        across = ("left", "centre", "right")[min(2, int(3 * self.column))]
        return f"{down} {across}"

    @property
    def reason(self) -> str:
        """What is found there, in a sentence."""
        against = (
            "a map without order has" if self.alone else "half of another cluster's have at most"
        )
        return (
            f"Half of its maps have {self.here:.0%} or more of their positive relevance in one "
            f"spot at the {self.place} of the picture, outside of the chest; {against} "
            f"{self.elsewhere:.0%} there."
        )


Group = NDArray[np.intp] | Sequence[int]


def suspicion(
    outside: NDArray[np.float64], own: Group, others: Sequence[Group] = ()
) -> Suspicion | None:
    """How suspicious a cluster is.

    Of all spots of `SPOT` pixels' side, that one counts in which the cluster's median of relevance
    outside of the chest exceeds another cluster's most. Medians, since the typical case has to have
    it: the place of a single case's strongest relevance is chance. The least of the other clusters'
    medians, since several of them may have gathered at the spot.

    Parameters
    ----------
    outside : ndarray of shape (N, SIDE, SIDE)
        Of all maps of the study, as of :attr:`Small.outside`.
    own : sequence of int
        Indices of the cluster's.
    others : sequence of sequence of int
        Those of the other clusters; of fewer than `SMALLEST` maps they are not compared with.

    Returns
    -------
    Suspicion or None
        None for fewer than `SMALLEST` maps.
    """
    if len(own) < SMALLEST:
        return None
    here = _medians(outside, own)
    rest = [_medians(outside, one) for one in others if len(one) >= SMALLEST]
    even = np.full_like(here, (SPOT / SIDE) ** 2)
    elsewhere = np.min(rest, axis=0) if rest else even
    excess = here - elsewhere
    row, column = (int(one) for one in np.unravel_index(int(excess.argmax()), excess.shape))
    return Suspicion(
        float(excess[row, column]),
        float(here[row, column]),
        float(elsewhere[row, column]),
        not rest,
        (row + SPOT / 2) / SIDE,
        (column + SPOT / 2) / SIDE,
    )


def _medians(outside: NDArray[np.float64], own: Group) -> NDArray[np.float64]:
    """Of each spot, the median of relevance in it over some maps."""
    spots = np.lib.stride_tricks.sliding_window_view(
        outside[np.asarray(own)], (SPOT, SPOT), axis=(1, 2)
    )
    return np.asarray(np.median(spots.sum((3, 4)), axis=0))


@dataclass(frozen=True, eq=False)
class Cluster:
    """Maps that are alike.

    Attributes
    ----------
    members : tuple of int
        Indices of the maps, that nearest to the centre first.
    mean : ndarray of shape (SIDE, SIDE), float64
        Their mean.
    outside : float
        Mean share of their positive relevance outside of the chest.
    suspicion : Suspicion or None
        None where there are too few of them.
    """

    members: tuple[int, ...]
    mean: NDArray[np.float64]
    outside: float
    suspicion: Suspicion | None

    @property
    def typical(self) -> tuple[int, ...]:
        """Indices of the maps that stand for it."""
        return self.members[:TYPICAL]

    @property
    def alarms(self) -> bool:
        """Whether it is to be looked at."""
        return self.suspicion is not None and self.suspicion.alarms


def clusters(
    maps: Sequence[Small], part: Part = Part.OUTSIDE, seed: int = 0
) -> tuple[Cluster, ...]:
    """Clusters of a study's maps of one label and method, those most suspicious first.

    Parameters
    ----------
    maps : sequence of N Small
        Those without positive relevance belong to no cluster.
    part : Part
    seed : int

    Returns
    -------
    tuple of Cluster
        None where fewer than `ENOUGH` maps have positive relevance.
    """
    there = np.array([n for n, one in enumerate(maps) if one.relevance.any()], int)
    if len(there) < ENOUGH:
        return ()
    relevance = np.stack([maps[n].relevance for n in there])
    outside = np.stack([maps[n].outside for n in there])
    compared = np.stack([maps[n].compared(part) for n in there])
    groups = cluster(compared, seed)
    if part is Part.OUTSIDE:
        groups = _joined(outside, groups)
    found = []
    for place, group in enumerate(groups):
        points = _roots(compared[group])
        away = np.linalg.norm(points - points.mean(0), axis=1)
        own = group[np.argsort(away, kind="stable")]
        beyond = float(outside[own].sum((1, 2)).mean())
        members = tuple(there[own].tolist())
        judged = suspicion(outside, own, [*groups[:place], *groups[place + 1 :]])
        found.append(Cluster(members, relevance[own].mean(0), beyond, judged))
    return tuple(sorted(found, key=lambda one: -one.suspicion.excess if one.suspicion else np.inf))


def _joined(
    outside: NDArray[np.float64], groups: Sequence[NDArray[np.intp]]
) -> tuple[NDArray[np.intp], ...]:
    """Groups that gather at the same spot made one: they differ in how much they do so."""
    left = list(groups)
    while True:
        gather = [suspicion(outside, own) for own in left]
        pairs = combinations(range(len(left)), 2)
        both = next((pair for pair in pairs if _same(*(gather[n] for n in pair))), None)
        if both is None:
            return tuple(left)
        one, other = both
        left[one] = np.sort(np.concatenate([left[one], left.pop(other)]))


def _same(one: Suspicion | None, other: Suspicion | None) -> bool:
    """Whether two groups gather at one spot."""
    if one is None or other is None or min(one.excess, other.excess) < JOINED:
        return False
    return max(abs(one.row - other.row), abs(one.column - other.column)) <= SPOT / 2 / SIDE
