"""Where the relevance of a study's maps lies, on the demo study with maps that are drawn."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.marks import Boxes
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.heatmap import Heatmap
from shamsul.findings.labels import ANATOMY
from shamsul.phantom import render
from shamsul.phantom.structures import structures
from shamsul.radiographs import RadiographArchive
from shamsul.radiographs.geometry import Geometry
from shamsul.reading import Store
from shamsul.reading.demo import DEMO, demo_seeds, ensure_default_studies
from shamsul.reading.design.study import Case
from shamsul.settings import ASSETS
from shamsul.shortcuts.clusters import ENOUGH, SIDE, Part, Small
from shamsul.shortcuts.regions import Known
from shamsul.storage.result_cache import ResultCache
from shamsul.studies import shortcuts
from shamsul.studies.flagged import Flag, flags_of, keep_flags
from shamsul.studies.localisation import to_compare
from shamsul.studies.shortcuts import LookedMap, clustered, flags, look_at_maps, shares_of
from tests.studies.desk import desk_in

EFFUSION, DEVICES = "Pleural Effusion", "Support Devices"
GRID = (32, 27)


class Bench:
    """The demo study, with maps that are drawn."""

    def __init__(self, folder: Path) -> None:
        self.desk = desk_in(folder)
        self.store = Store(f"sqlite:///{folder / 'shamsul.db'}")
        archive = RadiographArchive(folder / "radiographs")
        self.annotations = AnnotationArchive(folder / "annotations")
        ensure_default_studies(self.store, archive, self.annotations, ASSETS)
        self.study, self.cases = self.store.study(DEMO.name), self.store.cases(DEMO.name)

    def wanted(self, *numbers: int):
        cases = [self.cases[number - 1] for number in numbers]
        return to_compare(self.study, cases, ["grad_cam"])

    def draw(self, *numbers: int, seed: int = 0) -> None:
        """Maps of every label of the model."""
        rng = np.random.default_rng(seed)
        for one in self.wanted(*numbers):
            rows, columns = self.desk.archive.extent(one.case.image_sha256).shape
            geometry = Geometry.window(
                (rows, columns), GRID, top=0, left=0, height=rows, width=columns
            )
            about = ({}, geometry, 1, 0.1, one.key.target, 3.0)
            maps = tuple(
                Heatmap(rng.normal(size=GRID).astype(np.float32), label, "grad_cam", *about)
                for label in Manifest.read(one.folder).labels
            )
            self.desk.maps.put(one.key, maps)

    def looked(self, *numbers: int) -> list[dict[str, LookedMap]]:
        return [
            {one.label: one for one in group}
            for group in look_at_maps(self.desk, self.wanted(*numbers))
        ]


@pytest.fixture
def bench(tmp_path: Path):
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_the_demos_seeds_are_those_that_it_was_rendered_from(bench: Bench) -> None:
    seeds = demo_seeds(ASSETS)
    case = bench.cases[4]
    labels = render(seeds[case.image_sha256], shape=(64, 54)).labels
    marked = {one.label for one in bench.annotations.get(case.image_sha256)}
    assert {label for label, present in labels.items() if present} == marked
    assert [seeds[one.image_sha256] for one in bench.cases] == list(range(50003110, 50003118))


def test_a_phantoms_map_is_shared_out_by_its_exact_anatomy(bench: Bench) -> None:
    bench.draw(5)
    (found,) = bench.looked(5)
    one = found[EFFUSION]
    assert one.found  # the drawn maps say an output of 3
    (kept,) = bench.desk.kept(bench.wanted(5)[0])[2:3]
    assert kept.label == EFFUSION
    positive = np.maximum(kept.values, 0)
    exact = structures(demo_seeds(ASSETS)[one.case.image_sha256])
    shares = {share.region: share for share in one.shares}
    for name in ("lungs", "heart", "marker", "outside the body"):
        # The grid's pixels are five by five of the structures' each, here cut into single ones.
        large = np.kron(positive, np.ones((5, 5)))
        expected = large[exact[name]].sum() / large.sum()
        assert shares[name].positive == pytest.approx(expected, abs=0.01)
        assert shares[name].known is Known.PHANTOM
    assert shares["annotation"].known is shares["devices"].known is Known.ANNOTATION
    assert found[DEVICES].shares != one.shares
    outside = shares["outside the chest"].positive
    assert one.small.outside.sum() == pytest.approx(outside, abs=1e-3)
    assert one.small.relevance.sum() == pytest.approx(1, abs=1e-3)


def test_without_a_known_seed_lungs_are_annotated_or_the_mean_field(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortcuts, "demo_seeds", lambda assets: {})
    bench.draw(6)
    (found,) = bench.looked(6)
    known = {share.region: share.known for share in found[EFFUSION].shares}
    assert known == dict.fromkeys(("lungs", "outside the chest"), Known.LUNG_FIELD)
    image = bench.cases[5].image_sha256
    rows, columns = bench.desk.archive.extent(image).shape
    box = Boxes(np.array([[0.0, 0.0, rows / 2, columns]]))
    bench.annotations.add(image, [Annotation(ANATOMY + "left lung", "test", box)])
    (found,) = bench.looked(6)
    (lungs,) = [share for share in found[EFFUSION].shares if share.region == "lungs"]
    assert lungs.known is Known.ANNOTATION and lungs.area == pytest.approx(0.5)


def test_what_was_looked_at_is_kept_until_a_map_is_another(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.draw(1)
    first = bench.looked(1, 2)
    assert first[1] == {}
    made: list[str] = []
    look = shortcuts._look

    def counted(source, heatmap, *rest):
        made.append(heatmap.label)
        return look(source, heatmap, *rest)

    monkeypatch.setattr(shortcuts, "_look", counted)
    again = bench.looked(1, 2)
    assert made == []
    assert again[0][EFFUSION].shares == first[0][EFFUSION].shares
    assert np.allclose(again[0][EFFUSION].small.outside, first[0][EFFUSION].small.outside)
    bench.draw(1, seed=1)
    assert bench.looked(1)[0][EFFUSION].shares != first[0][EFFUSION].shares and made
    table = shares_of(again[0].values())
    assert set(table["label"]) == set(again[0]) and (table["cases"] == 1).all()


def planted(count: int, tagged: int, found: int) -> list[LookedMap]:
    """Maps of which the first have a spot in a corner; in the first the model finds the label."""
    rng = np.random.default_rng(0)
    maps = []
    for n in range(count):
        relevance = rng.random((SIDE, SIDE))
        if n < tagged:
            relevance[:3, :3] += 30
        relevance /= relevance.sum()
        outside = np.zeros_like(relevance)
        outside[:6] = relevance[:6]
        case = Case(n + 1, "trial", f"case-{n}", f"{n:064x}", n + 1)
        small = Small(relevance, outside)
        maps.append(LookedMap(case, "Edema", "lrp", n < found, (), small))
    return maps


def test_cases_of_a_suspicious_cluster_are_flagged_with_the_reason() -> None:
    maps = planted(60, 20, 50)
    other = [replace(one, label="Fracture") for one in maps]
    made = clustered(other + maps, "Edema", "lrp")
    assert made.found and len(made.maps) == 50
    flagged = flags(made)
    assert {one.case for one in flagged} == {f"case-{n}" for n in range(20)}
    assert all("at the top left of the picture" in one.reason for one in flagged)
    assert clustered(maps, "Edema", "lrp", Part.WHOLE).clusters
    # Too few in which the model finds it: all are compared.
    few = clustered(planted(60, 0, ENOUGH - 1), "Edema", "lrp")
    assert not few.found and len(few.maps) == 60 and flags(few) == ()
    assert clustered(maps[:5], "Edema", "lrp").clusters == ()


def test_flags_are_kept_by_label_and_method_of_a_model(tmp_path: Path) -> None:
    kept = ResultCache(tmp_path)
    maps = planted(40, 20, 40)
    found = flags(clustered(maps, "Edema", "lrp"))
    about = ("Edema", "lrp")
    first, last = maps[0].case, maps[-1].case
    keep_flags(kept, DEMO, "model", about, found)
    other = Flag(first.image_sha256, first.name, "Fracture", "lrp", "Because.")
    keep_flags(kept, DEMO, "model", ("Fracture", "lrp"), [other])
    assert {one.label for one in flags_of(kept, DEMO, "model", first)} == {"Edema", "Fracture"}
    assert flags_of(kept, DEMO, "model", last) == ()
    assert flags_of(kept, DEMO, "another", first) == ()
    keep_flags(kept, DEMO, "model", about, [])
    assert flags_of(kept, DEMO, "model", first) == (other,)
