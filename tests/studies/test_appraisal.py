"""What the worklist says of a case before it is opened, and what is left of one that is removed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.drawings import DRAWN
from shamsul.classifiers import registry
from shamsul.classifiers.manifest import ModelError
from shamsul.classifiers.prediction import LabelScore, Prediction
from shamsul.explainers.heatmap import Heatmap
from shamsul.radiographs.radiograph import Radiograph
from shamsul.radiographs.thumbnails import LONGEST_SIDE, Thumbnails
from shamsul.reading import Store, Study
from shamsul.reading.database.appraisals import Appraisals
from shamsul.reading.database.worklist import Worklist
from shamsul.reading.design.study import Case
from shamsul.settings import settings
from shamsul.studies import appraisal, removal
from shamsul.studies.appraisal import Appraiser
from shamsul.studies.desk import Desk
from shamsul.studies.panels import Source, open_sources
from tests.studies.desk import desk_in


@dataclass
class Bench:
    """Two studies that share a radiograph."""

    store: Store
    desk: Desk
    thumbnails: Thumbnails
    cases: tuple[Case, ...]
    study: Study

    @property
    def worklist(self) -> Worklist:
        return Worklist(self.store.database)

    @property
    def appraisals(self) -> Appraisals:
        return Appraisals(self.store.database)

    def appraise(self, *first: int) -> list[str]:
        """Names of the cases of which something was found."""
        appraiser = Appraiser(self.appraisals, self.desk, self.thumbnails, registry.load)
        return [case.name for case in appraiser.appraise(self.study, first)]

    def sources(self, number: int) -> list[Source]:
        return open_sources(self.study, [self.cases[number]], appraisal.COUNTED)

    def keep_map(self, source: Source, values: np.ndarray, label: str) -> None:
        key = source.key
        geometry = self.desk.prepared(source).geometry
        shape = geometry.grid_shape
        full = np.resize(values, shape).astype(np.float32)
        about = (key.method, {"seed": 0}, geometry, 1, 0.0, key.target, 1.0)
        self.desk.maps.put(key, (Heatmap(full, label, *about),))


def film(number: int, **about: object) -> Radiograph:
    values = np.random.default_rng(number).uniform(0, 1, (300, 200)).astype(np.float32)
    return Radiograph(values, (0.0, 1.0), None, "PA", f"{number:064x}", **about)  # type: ignore[arg-type]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    # What is fastest here is not looked for.
    monkeypatch.setattr("shamsul.studies.panels.is_measured", lambda manifest: True)
    monkeypatch.setattr("shamsul.studies.panels.half_engine", lambda folder, manifest: "")
    store = Store(settings().database)
    study = Study("pilot", "Pilot", model="phantom")
    for one in (study, replace(study, name="other")):
        store.ensure_study(one)
    desk = desk_in(tmp_path)
    films = [film(1), film(2, burned_in_annotation=True, notes=("Look out.",)), film(3)]
    for one in films:
        desk.archive.put(one)
    cases = tuple(store.add_case("pilot", one.sha256) for one in films)
    store.add_case("other", films[0].sha256)
    yield Bench(store, desk, Thumbnails(tmp_path / "thumbnails"), cases, study)
    store.close()
    settings.cache_clear()


def test_each_case_is_appraised_once_those_on_the_screen_first(bench: Bench) -> None:
    third = bench.cases[2]
    assert bench.appraise(third.id, 9999) == ["case-003", "case-001", "case-002"]
    assert bench.appraise() == []
    classifier = registry.load(registry.folder_of("phantom"))
    kept = bench.appraisals.get(third.image_sha256, classifier.manifest.fingerprint)
    said = classifier.predict(film(3))
    assert kept is not None
    assert kept.probabilities == {one.label: one.probability for one in said.scores}
    assert kept.top == appraisal.top_finding(said)
    assert (kept.warnings, kept.maps, kept.disagreement) == (0, 0, None)
    doubtful = bench.appraisals.get(bench.cases[1].image_sha256, classifier.manifest.fingerprint)
    assert doubtful is not None and doubtful.warnings == 2
    picture = bench.thumbnails.get(third.image_sha256)
    assert picture is not None and picture.startswith(b"\xff\xd8")


def test_the_top_finding_is_a_finding() -> None:
    scores = (LabelScore("No Finding", 0, 0.9, 0.5), LabelScore("Edema", 0, 0.2, 0.5))
    assert appraisal.top_finding(Prediction("m", scores)) == "Edema"
    assert appraisal.top_finding(Prediction("m", scores[:1])) == "No Finding"


def test_maps_that_come_later_are_counted_and_compared(bench: Bench) -> None:
    bench.appraise()
    fingerprint = registry.load(registry.folder_of("phantom")).manifest.fingerprint
    sha256 = bench.cases[0].image_sha256
    first = bench.appraisals.get(sha256, fingerprint)
    assert first is not None
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 1000))
    lime, shap, *_ = bench.sources(0)
    bench.keep_map(lime, one, first.top)
    assert bench.appraise() == ["case-001"]
    alone = bench.appraisals.get(sha256, fingerprint)
    assert alone is not None and (alone.maps, alone.disagreement) == (1, None)
    bench.keep_map(shap, other, first.top)
    assert bench.appraise() == ["case-001"]
    both = bench.appraisals.get(sha256, fingerprint)
    assert both is not None and both.maps == 2
    maps = [bench.desk.kept(source)[0].values for source in (lime, shap)]
    expected = 1 - stats.spearmanr(*maps, axis=None).statistic
    assert both.disagreement is not None and math.isclose(both.disagreement, expected)
    assert bench.appraise() == []


def test_maps_without_an_order_do_not_disagree(bench: Bench) -> None:
    sources = bench.sources(0)[:2]
    for source in sources:
        bench.keep_map(source, np.ones(1), "Edema")
    assert appraisal.disagreement(bench.desk, sources, "Edema") is None


def test_a_case_whose_radiograph_is_lost_does_not_stop_the_others(bench: Bench) -> None:
    bench.desk.archive.delete(bench.cases[0].image_sha256)
    bench.appraise()
    fingerprint = registry.load(registry.folder_of("phantom")).manifest.fingerprint
    known = [maps for _, maps in bench.appraisals.of("pilot", fingerprint).values()]
    assert known == [None, 0, 0]


def test_a_model_that_cannot_be_used_appraises_nothing(bench: Bench) -> None:
    def load(name: str) -> object:
        raise ModelError("It is gone.")

    appraiser = Appraiser(bench.appraisals, bench.desk, bench.thumbnails, load)  # type: ignore[arg-type]
    assert list(appraiser.appraise(bench.study)) == []


@pytest.mark.parametrize(
    ("shape", "aspect", "size"),
    [
        ((300, 200), 1.0, (LONGEST_SIDE, 64)),
        ((30, 20), 1.0, (30, 20)),
        ((100, 200), 2.0, (96, 96)),
    ],
)
def test_a_small_picture_has_the_shape_of_the_film(
    tmp_path: Path, shape: tuple[int, int], aspect: float, size: tuple[int, int]
) -> None:
    import io

    from PIL import Image

    values = np.linspace(0, 1, math.prod(shape), dtype=np.float32).reshape(shape)
    one = Radiograph(values, (0.0, 1.0), None, "", "a" * 64, declared_aspect=aspect)
    pictures = Thumbnails(tmp_path / "new")
    assert pictures.get("a" * 64) is None and "a" * 64 not in pictures
    pictures.put(one)
    picture = np.asarray(Image.open(io.BytesIO(pictures.get("a" * 64) or b"")))
    assert picture.shape == size
    assert picture[0].mean() < 20 < 235 < picture[-1].mean()
    pictures.delete("a" * 64)
    assert "a" * 64 not in pictures
    with pytest.raises(ValueError, match="64"):
        pictures.get("../x")


def test_what_hangs_on_cases_is_counted(bench: Bench) -> None:
    bench.appraise()
    for number, method in ((0, 0), (1, 0), (1, 1)):
        bench.keep_map(bench.sources(number)[method], np.ones(1), "Edema")
    region = np.ones((300, 200), bool)
    sha256 = bench.cases[0].image_sha256
    bench.desk.annotations.put(
        sha256,
        [
            Annotation.of_region("Edema", "expert", region),
            Annotation.of_region("Edema", DRAWN, region),
        ],
    )
    found = removal.hanging(bench.worklist, bench.desk, bench.study, bench.cases[:2])
    assert found == removal.Hanging(0, 0, 1, 1, 3, 1)


def test_what_another_study_shows_stays_when_a_case_is_removed(bench: Bench) -> None:
    bench.appraise()
    for number in (0, 1):
        bench.keep_map(bench.sources(number)[0], np.ones(1), "Edema")
    removal.remove(bench.worklist, bench.desk, bench.thumbnails, bench.study, bench.cases[:2])
    shared, gone, left = bench.cases
    assert bench.store.cases("pilot") == (left,)
    assert [case.image_sha256 for case in bench.store.cases("other")] == [shared.image_sha256]
    for sha256, there in ((shared.image_sha256, True), (gone.image_sha256, False)):
        assert (sha256 in bench.desk.archive) == there
        assert (sha256 in bench.thumbnails) == there
    assert bench.sources(0)[0] in bench.desk
    assert bench.sources(1)[0] not in bench.desk
