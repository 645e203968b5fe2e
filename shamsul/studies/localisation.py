"""The maps of studies, scored against the annotations of their cases."""

import functools
import hashlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shamsul.annotations.annotation import Annotation, Marked, of_findings, union
from shamsul.annotations.archive import Description
from shamsul.annotations.drawings import DRAWN, counted, in_studies
from shamsul.annotations.marks import Points
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.explainers.registry import METHODS
from shamsul.localisation.chexlocalize import point_hit
from shamsul.localisation.features import Features
from shamsul.localisation.human_benchmark import score_region
from shamsul.localisation.maps import LabelMap
from shamsul.localisation.protocol import Rules, score_map
from shamsul.localisation.score import Score
from shamsul.radiographs import ArchiveError
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.store import Store
from shamsul.reading.design.design import PanelPlan
from shamsul.reading.design.study import Case, Study
from shamsul.storage.result_cache import ResultCache
from shamsul.studies.desk import Desk
from shamsul.studies.panels import Source, open_sources, source, sources

M = TypeVar("M", bound=Marked)


@dataclass(frozen=True)
class MapScore:
    """A map of a study and its scores.

    Attributes
    ----------
    case : Case
        Whose radiograph is explained.
    heatmap_sha256 : str
        Empty of what a person marked.
    score : Score
        Its image is the case's name.
    """

    case: Case
    heatmap_sha256: str
    score: Score


def regions(annotations: Iterable[M], label: str, sources: Collection[str] = ()) -> tuple[M, ...]:
    """The annotations of a finding that say where it is and count: not single points.

    Parameters
    ----------
    annotations : iterable of Annotation or Description
    label : str
    sources : collection of str
        Only of these; of all experts if empty, not what readers have drawn in the viewer.
    """
    return tuple(
        one
        for one in of_findings(counted(annotations))
        if one.label == label
        and one.kind != Points.kind
        and (one.source in sources if sources else one.source != DRAWN)
    )


def to_compare(study: Study, cases: Sequence[Case], methods: Sequence[str]) -> list[Source]:
    """Where the maps of some methods and baselines come from, for every case of a study.

    As the study has them: a planned one's preset and target, else the defaults.

    Raises
    ------
    shamsul.classifiers.manifest.ModelError
        If the study's model cannot be used.
    """
    found = open_sources(study, cases, [EXPLAINERS[name] for name in methods])
    if study.plan is None:
        return found
    return [
        source(study, cases, one.case, PanelPlan(one.method.name))
        if one.method.name in METHODS
        else one
        for one in found
    ]


def map_scores(
    desk: Desk,
    wanted: Iterable[Source],
    rules: Rules,
    *,
    in_mm: bool = True,
    by: Collection[str] = (),
) -> Iterator[tuple[MapScore, ...]]:
    """Score the maps that are there, of labels that are annotated.

    Parameters
    ----------
    desk : Desk
        Scores that it has are not computed again; neither maps nor masks are read for them.
    wanted : iterable of Source
    rules : Rules
    in_mm : bool
        Whether distances are given in millimetres too, for which the radiographs are looked at.
    by : collection of str
        Sources of the annotations that count, as of :func:`regions`.

    Yields
    ------
    tuple of MapScore
        Of each source in turn; empty where its maps or annotations are missing.

    Raises
    ------
    ValueError
        If an annotation is damaged, or made on an image of another size.
    """
    cache, annotations, results = desk.maps, desk.annotations, desk.scores
    manifest = functools.cache(Manifest.read)
    extent = functools.cache(desk.archive.extent)

    def spacing(image_sha256: str) -> tuple[float, float] | None:
        try:
            return extent(image_sha256).spacing_mm if in_mm else None
        except ArchiveError:  # told where it is shown; its maps are on the grid all the same
            return None

    for one in wanted:
        marked = _by_label(annotations.describe(one.key.image_sha256), by)
        made = cache.changed(one.key) if marked else None
        if made is None:
            yield ()
            continue
        about = [one.key.digest, made, len(marked), spacing(one.key.image_sha256), repr(rules)]
        keys = {
            label: ResultCache.digest(["map", label, *about, [each.digest for each in own]])
            for label, own in marked.items()
            if label in manifest(one.folder).labels
        }
        kept = {label: results.get(key) for label, key in keys.items()}
        if None in kept.values():
            maps = {heatmap.label: heatmap for heatmap in cache.get(one.key) or ()}
            own = annotations.get(one.key.image_sha256)
        for label, key in keys.items():
            if kept[label] is None and label in maps:
                heatmap = maps[label]
                mask = union(regions(own, label, by), heatmap.geometry.image_shape)
                probability = heatmap.output
                if one.key.target is Target.LOGIT:
                    probability = manifest(one.folder).probability(label, heatmap.output)
                score = _score(
                    one, heatmap, probability, mask, spacing(one.key.image_sha256), rules
                )
                score = replace(score, labels_in_image=len(marked))
                rows = kept[label] = [_row(heatmap.sha256, score)]
                results.offer(key, rows)
        yield tuple(_kept(one.case, rows[0]) for rows in kept.values() if rows)


def human_benchmark(desk: Desk, cases: Sequence[Case], by: Collection[str]) -> list[MapScore]:
    """Annotations by others than those that count, scored like maps.

    Parameters
    ----------
    desk : Desk
    cases : sequence of Case
    by : collection of str
        Sources of the annotations that count.

    Returns
    -------
    list of MapScore
        The method is the source. Regions have the scores of overlap, single points a hit where one
        of them is in the finding. What readers drew outside of studies is not among them.
    """
    annotations, results = desk.annotations, desk.scores
    found = []
    for case in cases:
        described = counted(annotations.describe(case.image_sha256))
        marked = _by_label(described, by)
        compared = [one for one in in_studies(described) if one.source not in by]
        others = sorted({one.source for one in compared})
        for label, other in itertools.product(marked, others):
            own = [one for one in compared if (one.label, one.source) == (label, other)]
            if not own:
                continue
            both = [[one.digest for one in side] for side in (marked[label], own)]
            key = ResultCache.digest(["people", label, other, len(marked), *both])
            rows = results.get(key)
            if rows is None:
                full = annotations.get(case.image_sha256)
                try:
                    size = desk.archive.extent(case.image_sha256).shape
                except ArchiveError:  # told where it is shown
                    continue
                score = _score_person(case, label, other, full, size, by)
                rows = [_row("", replace(score, labels_in_image=len(marked)))] if score else []
                results.offer(key, rows)
            found += [_kept(case, row) for row in rows]
    return found


def _by_label(
    described: Sequence[Description], by: Collection[str]
) -> dict[str, tuple[Description, ...]]:
    """The regions that count of each label that has any."""
    labels = sorted({one.label for one in described})
    return {label: own for label in labels if (own := regions(described, label, by))}


def _row(heatmap_sha256: str, score: Score) -> dict[str, Any]:
    return {"heatmap_sha256": heatmap_sha256, "score": score.to_json()}


def _kept(case: Case, row: Mapping[str, Any]) -> MapScore:
    score = Score.from_json(row["score"] | {"image": case.name})
    return MapScore(case, row["heatmap_sha256"], score)


def _score(
    about: Source,
    heatmap: Heatmap,
    probability: float,
    mask: NDArray[np.bool_],
    spacing: tuple[float, float] | None,
    rules: Rules,
) -> Score:
    found = LabelMap(heatmap.label, heatmap.method, heatmap.values, probability)
    score = score_map(about.case.name, found, mask, heatmap.geometry, spacing, rules)
    return replace(score, **vars(Features.of(mask)))


def _score_person(
    case: Case,
    label: str,
    other: str,
    marked: Sequence[Annotation],
    shape: tuple[int, int],
    by: Collection[str],
) -> Score | None:
    """What a person marked of a finding; None where either is no pixel."""
    reference = union(regions(marked, label, by), shape)
    theirs = in_studies(counted(marked))
    own = union(regions(theirs, label, [other]), shape)
    pointed = [
        one.mark.places
        for one in theirs
        if (one.label, one.source) == (label, other) and isinstance(one.mark, Points)
    ]
    if not reference.any() or not (own.any() or pointed):
        return None
    score = Score(case.name, label, other, mask_area=int(reference.sum()))
    if own.any():
        score = score_region(case.name, label, other, own, reference, Rules())
    if pointed:
        score = replace(score, hit=point_hit(np.concatenate(pointed), reference))
    return replace(score, **vars(Features.of(reference)))


def digest(mask: NDArray[np.bool_]) -> str:
    """Of a mask's pixels, hexadecimal."""
    return hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()


def located(desk: Desk, store: Store, study: str) -> pd.DataFrame:
    """IoU (Otsu's threshold) and hit of the maps that readers of a study see, control maps too.

    A map hits if at least half of its greatest values are in the finding.

    Only of maps that are there.

    Returns
    -------
    DataFrame
        Columns heatmap_sha256, iou, hit.

    Raises
    ------
    ValueError
        If there is no such study, or an annotation is damaged.
    shamsul.classifiers.manifest.ModelError
        If the study's model cannot be used.
    """
    about, cases = store.study(study), store.cases(study)
    wanted: Iterable[Source]
    if about.plan is None:
        wanted = open_sources(about, cases, list(METHODS.values()))
    else:
        wanted = sources(about, cases, Readings(store.database).of(study))
    rows = {
        one.heatmap_sha256: (one.heatmap_sha256, one.score.iou, one.score.hit >= 0.5)
        for group in map_scores(desk, wanted, Rules(), in_mm=False)
        for one in group
    }
    return pd.DataFrame(list(rows.values()), columns=["heatmap_sha256", "iou", "hit"])
