"""The maps of studies, scored against where readers looked at their cases."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from shamsul.annotations.annotation import of_gaze
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.heatmap import Heatmap
from shamsul.localisation.gaze import Elsewhere, Gazed, viewings
from shamsul.localisation.gaze_scores import GazeRules, GazeScore, Scene
from shamsul.localisation.maps import LabelMap
from shamsul.radiographs import ArchiveError
from shamsul.reading.database.store import Store
from shamsul.reading.design.study import Case
from shamsul.storage.result_cache import ResultCache
from shamsul.studies.desk import Desk
from shamsul.studies.panels import Source
from shamsul.studies.reference import known_findings


def with_gaze(desk: Desk, cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases that a reader's gaze is known of.

    Raises
    ------
    ValueError
        If annotations of a case are damaged.
    """
    return tuple(case for case in cases if of_gaze(desk.annotations.describe(case.image_sha256)))


def gazed(desk: Desk, store: Store, study: str) -> dict[str, Gazed]:
    """Where readers looked at the cases of a study, by the case's name.

    The findings of a case are those that :func:`.reference.known_findings` tells of it. Cases whose
    radiograph is missing are left out.

    Raises
    ------
    ValueError
        If there is no such study, or an annotation is damaged.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    known: dict[str, set[str]] = {}
    for one in known_findings(store, desk.annotations, study):
        present = known.setdefault(one.case, set())
        if one.present:
            present.add(one.label)
    found = {}
    for case in with_gaze(desk, store.cases(study)):
        try:
            shape = desk.archive.extent(case.image_sha256).shape
        except ArchiveError:  # told where it is shown
            continue
        labels = frozenset(known[case.name]) if case.name in known else None
        looked = viewings(desk.annotations.get(case.image_sha256))
        found[case.name] = Gazed(case.name, shape, looked, labels)
    return found


def gaze_scores(
    desk: Desk, wanted: Iterable[Source], looked: Mapping[str, Gazed], rules: GazeRules
) -> Iterator[tuple[GazeScore, ...]]:
    """Score the maps that are there, and what they are compared with.

    Parameters
    ----------
    desk : Desk
        Scores that it has are not computed again.
    wanted : iterable of Source
        Those of one case after each other.
    looked : mapping of str to Gazed
        By the case's name; each is another image to the rest.
    rules : GazeRules

    Yields
    ------
    tuple of GazeScore
        Of each case in turn; empty where its maps or its gaze are missing.
    """
    everywhere = Elsewhere.of(looked.values())
    about = [_digest(looked.values()), repr(rules)]
    for case, group in groupby(wanted, key=lambda one: one.case):
        made = [(one, desk.maps.changed(one.key)) for one in group]
        there = [(one, when) for one, when in made if when is not None]
        if case.name not in looked or not there:
            yield ()
            continue
        facts = [[one.key.digest, when] for one, when in there]
        key = ResultCache.digest(["gaze", case.name, *about, facts])
        rows = desk.scores.get(key)
        if rows is None:
            maps = [one for one, _ in there]
            scores = _of_case(desk, maps, looked[case.name], rules, everywhere)
            rows = [one.to_json() for one in scores]
            desk.scores.offer(key, rows)
        yield tuple(map(GazeScore.from_json, rows))


def _of_case(
    desk: Desk, maps: Sequence[Source], looked: Gazed, rules: GazeRules, elsewhere: Elsewhere
) -> list[GazeScore]:
    @cache
    def scene(geometry: Any) -> Scene:
        return Scene(looked, geometry, rules, elsewhere)

    scores: list[GazeScore] = []
    by_label: dict[str, list[Heatmap]] = {}
    for one in maps:
        wanted = _labels(Manifest.read(one.folder).labels, looked, rules)
        for heatmap in desk.maps.get(one.key) or ():
            if heatmap.label in wanted:
                by_label.setdefault(heatmap.label, []).append(heatmap)
    for label, group in by_label.items():
        for heatmap in group:
            found = LabelMap(label, heatmap.method, heatmap.values)
            scores += scene(heatmap.geometry).map_scores(found)
        methods = {heatmap.method for heatmap in group}
        scores += scene(group[0].geometry).beside(label, methods)
    return scores


def _labels(of_model: Collection[str], looked: Gazed, rules: GazeRules) -> Collection[str]:
    """The labels whose maps are scored."""
    if looked.labels is None or not rules.annotated_only:
        return of_model
    return looked.labels


def _digest(looked: Iterable[Gazed]) -> str:
    """Of all that is known of gaze, hexadecimal."""
    found = hashlib.sha256()
    for one in looked:
        labels = None if one.labels is None else sorted(one.labels)
        found.update(repr((one.image, one.shape, labels)).encode())
        for viewing in one.viewings:
            found.update(viewing.reader.encode())
            for gaze in viewing.gazes:
                found.update(json.dumps(gaze.to_json()).encode())
    return found.hexdigest()
