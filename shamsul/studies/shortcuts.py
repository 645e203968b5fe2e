"""Whether a study's maps lie on what no person would decide by: shares and clusters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from shamsul.annotations.annotation import Annotation, union
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.findings.labels import ANATOMY
from shamsul.radiographs.geometry import Geometry
from shamsul.reading.demo import demo_seeds
from shamsul.reading.design.study import Case
from shamsul.settings import ASSETS
from shamsul.shortcuts.clusters import ENOUGH, SIDE, Cluster, Part, Small, clusters
from shamsul.shortcuts.regions import (
    ANNOTATED,
    DEVICES,
    HEART,
    LUNGS,
    MARGIN,
    MEDIASTINUM,
    OUTSIDE_CHEST,
    Known,
    MapShares,
    Region,
    Share,
    chest,
    covered,
    of_lung_field,
    of_phantom,
    outside,
    shares,
    summary,
)
from shamsul.storage.result_cache import ResultCache
from shamsul.studies.desk import Desk
from shamsul.studies.flagged import Flag
from shamsul.studies.localisation import regions
from shamsul.studies.panels import Source

#: What devices are annotated as.
_DEVICES: Final = "Support Devices"
#: Parts of the body as they are annotated, by region.
_PARTS: Final = {
    LUNGS: ("left lung", "right lung"),
    HEART: ("cardiac silhouette",),
    MEDIASTINUM: ("mediastinum", "upper mediastinum"),
}


@dataclass(frozen=True, eq=False)
class LookedMap:
    """A map of a study and where its relevance lies.

    Attributes
    ----------
    case : Case
    label, method : str
    found : bool
        Whether the model finds the label in the case.
    shares : tuple of Share
    small : Small
        To be compared with others.
    """

    case: Case
    label: str
    method: str
    found: bool
    shares: tuple[Share, ...]
    small: Small

    def to_json(self) -> dict[str, Any]:
        """As JSON has it, without the case and the method."""
        return {
            "label": self.label,
            "found": self.found,
            "shares": [one.to_json() for one in self.shares],
            "relevance": self.small.relevance.ravel().round(6).tolist(),
            "outside": self.small.outside.ravel().round(6).tolist(),
        }

    @classmethod
    def from_json(cls, case: Case, method: str, stored: Mapping[str, Any]) -> "LookedMap":
        """From what :meth:`to_json` gives."""
        whole, beyond = (
            np.array(stored[name], np.float64).reshape(SIDE, SIDE)
            for name in ("relevance", "outside")
        )
        found = tuple(map(Share.from_json, stored["shares"]))
        return cls(case, stored["label"], method, stored["found"], found, Small(whole, beyond))


def look_at_maps(desk: Desk, wanted: Iterable[Source]) -> Iterator[tuple[LookedMap, ...]]:
    """Where the relevance of maps lies, of those that are there.

    Parameters
    ----------
    desk : Desk
        What it has of this is not computed again.
    wanted : iterable of Source
        Those of one case after each other: what is known of a case is found once.

    Yields
    ------
    tuple of LookedMap
        Of each source in turn, of all labels; empty where its maps are missing.

    Raises
    ------
    ValueError
        If an annotation is damaged, or made on an image of another size.
    """
    seeds = demo_seeds(ASSETS)
    known: dict[tuple[str, Geometry], dict[str, Region]] = {}
    for one in wanted:
        made = desk.maps.changed(one.key)
        if made is None:
            yield ()
            continue
        image = one.key.image_sha256
        marked = [each.digest for each in desk.annotations.describe(image)]
        about = [one.key.digest, made, marked, seeds.get(image), SIDE, MARGIN]
        key = ResultCache.digest(["shortcuts", *about])
        rows = desk.scores.get(key)
        if rows is None:
            maps = desk.kept(one)
            if not maps:
                yield ()
                continue
            annotations = desk.annotations.get(image)
            where = image, maps[0].geometry
            if where not in known:
                known = {where: _anatomy(annotations, maps[0].geometry, seeds.get(image))}
            manifest = Manifest.read(one.folder)
            looked = [_look(one, each, manifest, annotations, known[where]) for each in maps]
            rows = [each.to_json() for each in looked]
            desk.scores.offer(key, rows)
        yield tuple(LookedMap.from_json(one.case, one.method.name, row) for row in rows)


def _anatomy(
    annotations: Sequence[Annotation], geometry: Geometry, seed: int | None
) -> dict[str, Region]:
    """What is known of a radiograph whatever the label."""
    known = of_lung_field(geometry) if seed is None else of_phantom(seed, geometry)
    for name, parts in _PARTS.items():
        own = [one for one in annotations if one.label.removeprefix(ANATOMY) in parts]
        if own and seed is None:
            known[name] = _marked(own, geometry)
    devices = regions(annotations, _DEVICES)
    if devices:
        known[DEVICES] = _marked(devices, geometry)
    return known


def _marked(annotations: Iterable[Annotation], geometry: Geometry) -> Region:
    return Region(covered(union(annotations, geometry.image_shape), geometry), Known.ANNOTATION)


def _look(
    source: Source,
    heatmap: Heatmap,
    manifest: Manifest,
    annotations: Sequence[Annotation],
    known: Mapping[str, Region],
) -> LookedMap:
    named = dict(known)
    own = regions(annotations, heatmap.label)
    if own:
        named[ANNOTATED] = _marked(own, heatmap.geometry)
    inside = chest(named)
    named[OUTSIDE_CHEST] = outside(inside)
    probability = heatmap.output
    if heatmap.target is Target.LOGIT:
        probability = manifest.probability(heatmap.label, heatmap.output)
    return LookedMap(
        source.case,
        heatmap.label,
        heatmap.method,
        probability >= manifest.thresholds[heatmap.label],
        shares(heatmap.values, named),
        Small.of(heatmap.values, inside.weights),
    )


def shares_of(found: Iterable[LookedMap], *, replicates: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Mean shares of relevance with intervals, see :func:`shamsul.shortcuts.regions.summary`."""
    maps = [MapShares(one.case.name, one.label, one.method, one.shares) for one in found]
    return summary(maps, replicates=replicates, seed=seed)


@dataclass(frozen=True, eq=False)
class Clustered:
    """The clusters of one label's maps by one method.

    Attributes
    ----------
    label, method : str
    maps : tuple of LookedMap
        That were compared; indices of the clusters' members are into these.
    found : bool
        Whether they are of the cases only in which the model finds the label; otherwise those are
        too few, and all cases were compared.
    clusters : tuple of Cluster
        The most suspicious first; none where there are too few maps.
    """

    label: str
    method: str
    maps: tuple[LookedMap, ...]
    found: bool
    clusters: tuple[Cluster, ...]


def clustered(
    looked: Iterable[LookedMap],
    label: str,
    method: str,
    part: Part = Part.OUTSIDE,
    seed: int = 0,
) -> Clustered:
    """Find clusters of a study's maps.

    Of the cases in which the model finds the label, as in the paper on SpRAy; of all cases where
    these are fewer than `ENOUGH`.

    Parameters
    ----------
    looked : iterable of LookedMap
        Of whatever labels and methods.
    label, method : str
    part : Part
    seed : int
    """
    every = [one for one in looked if (one.label, one.method) == (label, method)]
    there = [one for one in every if one.found]
    enough = len(there) >= ENOUGH
    maps = tuple(there if enough else every)
    made = clusters([one.small for one in maps], part, seed)
    return Clustered(label, method, maps, enough, made)


def flags(found: Clustered) -> tuple[Flag, ...]:
    """The cases of suspicious clusters."""
    return tuple(
        Flag(case.image_sha256, case.name, found.label, found.method, one.suspicion.reason)
        for one in found.clusters
        if one.suspicion is not None and one.alarms
        for case in (found.maps[n].case for n in one.members)
    )
