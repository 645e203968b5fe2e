"""Data folders that earlier releases left behind: what was answered is there, and goes on.

Made by ``scripts/freeze.py`` at each release. Cached maps may be computed again, answers never.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Occasion
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import own
from shamsul.annotations.marks import Points, Polygons
from shamsul.classifiers import registry
from shamsul.radiographs import RadiographArchive
from shamsul.reading import CANNOT_JUDGE, Store
from shamsul.reading.database.about_readers import AboutReaders
from shamsul.reading.database.accounts import Account, Accounts, Role, SignInError
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.screens import Screens
from shamsul.reading.design.questionnaire import Step
from shamsul.reading.exports.ratings import imrmc, wide, write_assignment, write_ratings
from shamsul.reading.exports.transfer import dump
from shamsul.studies import annotation_files
from tests.reading.database.postgres import Postgres

FROZEN = sorted(path for path in (Path(__file__).parents[1] / "frozen").iterdir() if path.is_dir())
STUDIES = ("my-radiographs", "finished", "half-read")


@dataclass
class Left:
    """What a release left behind, opened by this one."""

    frozen: Path
    data: Path
    store: Store
    archive: RadiographArchive
    annotations: AnnotationArchive

    @property
    def readings(self) -> Readings:
        return Readings(self.store.database)


@pytest.fixture(params=FROZEN, ids=lambda path: path.name)
def frozen(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def left(request: pytest.FixtureRequest, frozen: Path, tmp_path: Path) -> Iterator[Left]:
    with zipfile.ZipFile(frozen / "data.zip") as folder:
        folder.extractall(tmp_path / "data")
    url = f"sqlite:///{tmp_path / 'data' / 'shamsul.db'}"
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.loaded(frozen / "postgres.sql")
    store = Store(url)
    yield Left(
        frozen,
        tmp_path / "data",
        store,
        RadiographArchive(tmp_path / "data" / "radiographs"),
        AnnotationArchive(tmp_path / "data" / "annotations"),
    )
    store.close()


def without(text: str, *names: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(text)
    return {name: value for name, value in content.items() if name not in names}


@pytest.mark.long
@pytest.mark.parametrize("study", STUDIES)
def test_everything_is_exported_as_it_was(left: Left, study: str, tmp_path: Path) -> None:
    out, expected = tmp_path / "out", left.frozen / "exports" / study
    out.mkdir()
    write_ratings(left.store, study, out / "ratings.csv")
    (out / "study.json").write_text(dump(left.store, study), encoding="utf-8")
    cases = left.store.cases(study)
    marks = annotation_files.exported(cases, archive=left.archive, annotations=left.annotations)
    (out / "annotations.json").write_bytes(marks)
    if study != "my-radiographs":
        write_assignment(left.store, study, out / "assignment.csv")
        (out / "wide.csv").write_bytes(wide(left.store, study))
        (out / "imrmc.csv").write_bytes(imrmc(left.store, study, "location"))
    assert sorted(path.name for path in out.iterdir()) == sorted(
        path.name for path in expected.iterdir()
    )
    for path in out.iterdir():
        new, old = path.read_text("utf-8"), (expected / path.name).read_text("utf-8")
        if path.name in ("study.json", "ratings.codebook.json"):
            # Which release wrote it, and when.
            assert without(new, "software", "written_at") == without(old, "software", "written_at")
        else:
            assert new == old, path.name


def test_a_reading_is_resumed_where_it_was(left: Left) -> None:
    study = left.store.study("half-read")
    mine = left.readings.of("half-read", "Ada")
    at = [one.screen(study.questionnaire) for one in mine]
    assert at[:4] == [None, None, Step.MAPS, Step.IMAGE]
    assert mine[0].reading.warm_up
    here = mine[2]
    assert here.active_seconds == 21.5
    given = {
        (saved.answer.item, getattr(saved.answer.shown, "panel_position", None)): (
            saved.answer.value,
            saved.revision,
        )
        for saved in Screens(left.store.database).answers(here.id)
    }
    assert given == {
        ("present", None): ("yes", 2),
        ("point", None): ((30.5, 20.25), 1),
        ("location", 1): (2, 1),
        ("comment", 1): ("not finished yet", 1),
    }
    assert {one.screen(study.questionnaire) for one in left.readings.of("half-read", "Bo")} == {
        Step.IMAGE
    }
    (progress,) = [p for p in left.readings.progress(study, "Ada") if p.session == 1]
    assert (progress.finished, progress.readings) == (2, 5)
    assert AboutReaders(left.store.database).of("half-read", "Ada") == {"years": 12}


def test_a_finished_study_stays_finished(left: Left) -> None:
    study = left.store.study("finished")
    assert study.closed_at is not None
    assert {one.screen(study.questionnaire) for one in left.readings.of("finished")} == {None}
    assert AboutReaders(left.store.database).of("finished", "Bo") == {"years": 8, "useful": "yes"}
    values = [
        saved.answer.value
        for saved in left.store.export_rows("finished")
        if saved.answer.item == "location"
    ]
    assert sorted(map(str, values)) == ["4"] * 8 + [str(CANNOT_JUDGE)] * 8


def test_drawings_and_imported_annotations_stay(left: Left) -> None:
    case, other, *_ = left.store.cases("my-radiographs")
    (imported,) = [
        one for one in left.annotations.get(case.image_sha256) if one.source == "Hospital"
    ]
    assert (imported.label, imported.author) == ("Pleural Effusion", "Radiologist 0")
    assert imported.mask(left.archive.extent(case.image_sha256).shape).any()
    drawn = left.annotations.get(other.image_sha256)
    in_review = own("Reader 1", drawn)
    assert {type(one.mark) for one in in_review} == {Polygons, Points}
    (point,) = [one.mark for one in in_review if isinstance(one.mark, Points)]
    np.testing.assert_array_equal(point.places, [[50.25, 40]])
    assert len(own("Ada", drawn, Occasion("finished"))) == 2


def test_accounts_stay(left: Left) -> None:
    accounts = Accounts(left.store.database)
    assert accounts.all() == (
        Account("Ada", Role.READER, False),
        Account("Coordinator", Role.COORDINATOR, False),
        Account("Left", Role.READER, True),
    )
    assert accounts.who(accounts.sign_in("Ada", "staple of the ward")) == accounts.named("Ada")
    with pytest.raises(SignInError):
        accounts.sign_in("Left", "has left the hospital")


def test_an_own_model_still_says_the_same(left: Left) -> None:
    classifier = registry.load(left.data / "models" / "own")
    expected = json.loads((left.frozen / "logits.json").read_text("utf-8"))
    for case in left.store.cases("my-radiographs")[: len(expected)]:
        scores = classifier.predict(left.archive.get(case.image_sha256)).scores
        found = {score.label: score.logit for score in scores}
        assert found == pytest.approx(expected[case.name], rel=1e-4, abs=1e-5)
