import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from shamsul.annotations.archive import AnnotationArchive
from shamsul.phantom.phantom import Finding, Grade, Phantom
from shamsul.radiographs import RadiographArchive
from shamsul.reading import Store, demo
from shamsul.reading.case_folder import write_phantoms
from shamsul.reading.demo import ensure_default_studies


@pytest.fixture
def assets(tmp_path):
    rng = np.random.default_rng(3)
    phantoms = []
    for seed in range(3):
        mask = np.zeros((40, 50), dtype=bool)
        mask[10:20, 5 * seed : 5 * seed + 9] = True
        findings = (Finding("Cardiomegaly", Grade.OBVIOUS, mask),) if seed else ()
        pixels = rng.random((40, 50), dtype=np.float32)
        phantoms.append(Phantom(pixels, (0.5, 0.5), findings, (), seed))
    write_phantoms(phantoms, tmp_path / "assets" / "demo")
    return tmp_path / "assets"


@pytest.fixture
def empty(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'ratings.db'}")
    yield (
        store,
        RadiographArchive(tmp_path / "radiographs"),
        AnnotationArchive(tmp_path / "annotations"),
    )
    store.close()


def contents(places):
    store, archive, annotations = places
    return [
        (
            case,
            archive.get(case.image_sha256).shape,
            [
                (a.label, a.source, a.mask(archive.get(case.image_sha256).shape).sum())
                for a in annotations.get(case.image_sha256)
            ],
        )
        for case in store.cases("phantom-demo")
    ]


def test_the_demo_is_there_and_the_own_study_is_empty(empty, assets):
    ensure_default_studies(*empty, assets)
    store = empty[0]
    assert [(study.name, study.title) for study in store.studies()] == [
        ("phantom-demo", "Phantom demo"),
        ("my-radiographs", "My radiographs"),
    ]
    assert store.study("phantom-demo").model == "phantom"
    assert store.study("phantom-demo").beside == ("phantom-gaze",)
    assert store.cases("my-radiographs") == ()
    cases = contents(empty)
    assert [case.name for case, *_ in cases] == ["phantom-0001", "phantom-0002", "phantom-0003"]
    assert {shape for _, shape, _ in cases} == {(40, 50)}
    exact = [("Cardiomegaly", "phantom (exact)", 90)]
    assert [marks for *_, marks in cases] == [[], exact, exact]


def test_a_second_start_reads_no_image(empty, assets, monkeypatch):
    ensure_default_studies(*empty, assets)
    before = contents(empty)
    monkeypatch.setattr(demo, "read_radiograph", None)
    ensure_default_studies(*empty, assets)
    assert contents(empty) == before


def test_two_starts_at_once_make_one_demo(empty, assets):
    with ThreadPoolExecutor(4) as pool:
        for start in [pool.submit(ensure_default_studies, *empty, assets) for _ in range(4)]:
            start.result()
    assert len(contents(empty)) == 3
    assert len(empty[0].studies()) == 2


def test_a_lost_archive_is_filled_again(empty, assets, tmp_path):
    ensure_default_studies(*empty, assets)
    before = contents(empty)
    shutil.rmtree(tmp_path / "radiographs")
    ensure_default_studies(*empty, assets)
    assert contents(empty) == before


def test_a_changed_demo_leaves_the_rated_case(empty, assets, tmp_path):
    ensure_default_studies(*empty, assets)
    before = empty[0].cases("phantom-demo")
    shutil.rmtree(tmp_path / "radiographs")
    folder = assets / "demo"
    shutil.copy(folder / "phantom-0002--Cardiomegaly.png", folder / "phantom-0001.png")
    ensure_default_studies(*empty, assets)
    assert empty[0].cases("phantom-demo") == before


def test_without_the_folder_the_demo_is_empty(empty, tmp_path):
    ensure_default_studies(*empty, tmp_path / "nothing")
    assert empty[0].cases("phantom-demo") == ()
