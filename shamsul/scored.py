"""The maps of studies, scored against the annotations of their cases."""

import hashlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shamsul.annotations.annotation import Annotation, union
from shamsul.annotations.drawn import DRAWN, counted
from shamsul.annotations.marks import Gaze, Points
from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest
from shamsul.evaluation.chexlocalize import point_hit
from shamsul.evaluation.features import Features
from shamsul.evaluation.maps import LabelMap
from shamsul.evaluation.measure import EXPLAINERS
from shamsul.evaluation.result_cache import ResultCache
from shamsul.evaluation.scoring import Rules, Score, score_map, score_region
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.registry import METHODS
from shamsul.panels import Source, open_sources, source, sources
from shamsul.reading.annotations import AnnotationArchive
from shamsul.reading.design import PanelPlan
from shamsul.reading.readings import Readings
from shamsul.reading.store import Store
from shamsul.reading.study import Case, Study


@dataclass(frozen=True)
class ScoredMap:
    """A map of a study and its scores.

    Attributes
    ----------
    case : Case
        Whose radiograph is explained.
    heatmap_sha256 : str
    score : Score
        Its image is the case's name.
    """

    case: Case
    heatmap_sha256: str
    score: Score


def regions(
    annotations: Iterable[Annotation], label: str, sources: Collection[str] = ()
) -> tuple[Annotation, ...]:
    """The annotations of a label that say where it is and count: not single points, nor gaze.

    Parameters
    ----------
    annotations : iterable of Annotation
    label : str
    sources : collection of str
        Only of these; of all experts if empty, not what readers have drawn in the viewer.
    """
    return tuple(
        one
        for one in counted(annotations)
        if one.label == label
        and not isinstance(one.mark, Points | Gaze)
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
    folder = registry.folder_of(study.model)
    model = Manifest.read(folder).fingerprint
    found = []
    for case in cases:
        for name in methods:
            if study.plan is not None and name in METHODS:
                found.append(source(study, cases, case, PanelPlan(name)))
            else:
                method = EXPLAINERS[name]
                key = MapKey(case.image_sha256, model, name, method.settle({}))
                found.append(Source(key, method, folder, case))
    return found


def scored(
    wanted: Iterable[Source],
    cache: MapCache,
    annotations: AnnotationArchive,
    rules: Rules,
    results: ResultCache,
    *,
    spacings: Mapping[str, tuple[float, float] | None] | None = None,
    by: Collection[str] = (),
) -> Iterator[tuple[ScoredMap, ...]]:
    """Score the maps that are there, of labels that are annotated.

    Parameters
    ----------
    wanted : iterable of Source
    cache : MapCache
    annotations : AnnotationArchive
    rules : Rules
    results : ResultCache
        Scores that it has are not computed again.
    spacings : mapping of str to (float, float) or None, optional
        Millimetres from pixel to pixel, rows before columns, by the image's SHA-256.
    by : collection of str
        Sources of the annotations that count, as of :func:`regions`.

    Yields
    ------
    tuple of ScoredMap
        Of each source in turn; empty where its maps or annotations are missing.

    Raises
    ------
    ValueError
        If an annotation is damaged, or made on an image of another size.
    """
    for one in wanted:
        marked = annotations.get(one.key.image_sha256)
        maps = (cache.get(one.key) or ()) if marked else ()
        spacing = (spacings or {}).get(one.key.image_sha256)
        findings = len({each.label for each in marked if regions([each], each.label, by)})
        yield tuple(
            ScoredMap(one.case, heatmap.sha256, found)
            for heatmap in maps
            for own in [regions(marked, heatmap.label, by)]
            if own
            for found in [_score(one, heatmap, own, findings, spacing, rules, results)]
        )


def people(
    cases: Sequence[Case],
    annotations: AnnotationArchive,
    shapes: Mapping[str, tuple[int, int]],
    by: Collection[str],
) -> list[ScoredMap]:
    """Annotations by others than those that count, scored like maps: the human benchmark.

    Parameters
    ----------
    cases : sequence of Case
    annotations : AnnotationArchive
    shapes : mapping of str to (int, int)
        Rows and columns of the radiographs, by SHA-256.
    by : collection of str
        Sources of the annotations that count.

    Returns
    -------
    list of ScoredMap
        The method is the source. Regions have the scores of overlap, single points a hit where one
        of them is in the finding.
    """
    found = []
    for case in cases:
        marked, shape = counted(annotations.get(case.image_sha256)), shapes[case.image_sha256]
        labels = {one.label for one in marked}
        findings = len({label for label in labels if regions(marked, label, by)})
        others = sorted({one.source for one in marked} - set(by))
        for label, other in itertools.product(sorted(labels), others):
            truth = union(regions(marked, label, by), shape)
            own = union(regions(marked, label, [other]), shape)
            pointed = [
                one.mark.places
                for one in marked
                if (one.label, one.source) == (label, other) and isinstance(one.mark, Points)
            ]
            if not truth.any() or not (own.any() or pointed):
                continue
            score = Score(case.name, label, other, mask_area=int(truth.sum()))
            if own.any():
                score = score_region(case.name, label, other, own, truth, Rules())
            if pointed:
                score = replace(score, hit=point_hit(np.concatenate(pointed), truth))
            score = replace(score, labels_in_image=findings, **vars(Features.of(truth)))
            found.append(ScoredMap(case, digest(own), score))
    return found


def _score(
    about: Source,
    heatmap: Heatmap,
    own: Sequence[Annotation],
    findings: int,
    spacing: tuple[float, float] | None,
    rules: Rules,
    results: ResultCache,
) -> Score:
    mask = union(own, heatmap.geometry.image_shape)
    key = ResultCache.digest([heatmap.sha256, digest(mask), findings, spacing, repr(rules)])
    kept = results.get(key)
    if kept is not None:
        return Score.from_json(kept[0] | {"image": about.case.name})
    probability = 1 / (1 + np.exp(-heatmap.output)) if about.key.target.value == "logit" else None
    found = LabelMap(
        heatmap.label,
        heatmap.method,
        heatmap.values,
        heatmap.output if probability is None else float(probability),
    )
    scored = score_map(about.case.name, found, mask, heatmap.geometry, spacing, rules)
    score = replace(scored, labels_in_image=findings, **vars(Features.of(mask)))
    results.put(key, [score.to_json()])
    return score


def digest(mask: NDArray[np.bool_]) -> str:
    """Of a mask's pixels, hexadecimal."""
    return hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()


def located(
    store: Store,
    study: str,
    cache: MapCache,
    annotations: AnnotationArchive,
    results: ResultCache,
) -> pd.DataFrame:
    """IoU (Otsu's threshold) and hit of the maps that readers of a study see, control maps too.

    Only of maps that are in the cache.

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
        one.heatmap_sha256: (one.heatmap_sha256, one.score.iou, one.score.hit == 1)
        for group in scored(wanted, cache, annotations, Rules(), results)
        for one in group
    }
    return pd.DataFrame(list(rows.values()), columns=["heatmap_sha256", "iou", "hit"])
