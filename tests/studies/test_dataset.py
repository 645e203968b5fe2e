"""A study written as a data set: what is known of its cases, and exactly what the app shows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.marks import Boxes
from shamsul.classifiers.grid import resample
from shamsul.classifiers.manifest import Resize
from shamsul.radiographs import Radiograph, RadiographArchive
from shamsul.reading import Answer, Shown, Store
from shamsul.reading.database.findings import GivenFindings
from shamsul.reading.design.questionnaire import Questionnaire, Value
from shamsul.reading.design.study import Case, SavedAnswer, Study
from shamsul.studies.dataset import majority, write_dataset
from shamsul.studies.taking_in import StudyError
from shamsul.training.datasets.registry import DATASETS
from shamsul.training.datasets.table import Label, Table, View
from shamsul.training.images import images

PRESENT, ABSENT, UNCERTAIN, MISSING = Label
NAMES = ("one", "two", "three", "four")


class Installation:
    """A study of four cases, "trial", and where its parts are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(f"sqlite:///{folder / 'ratings.db'}")
        self.archive = RadiographArchive(folder / "radiographs")
        self.annotations = AnnotationArchive(folder / "annotations")
        self.store.ensure_study(Study("trial", "Trial"))
        for number, name in enumerate(NAMES):
            self.archive.put(radiograph(number))
            self.store.add_case("trial", radiograph(number).sha256, name)

    def case(self, name: str) -> Case:
        return next(case for case in self.store.cases("trial") if case.name == name)

    def give(self, **findings: dict[str, bool]) -> None:
        for name, told in findings.items():
            GivenFindings(self.store.database).add(self.case(name).id, told)

    def mark(self, name: str, label: str, source: str = "expert") -> None:
        box = Boxes(np.array([[1.0, 1.0, 4.0, 4.0]]))
        self.annotations.add(self.case(name).image_sha256, [Annotation(label, source, box)])

    def answer(self, name: str, label: str, reader: str, value: Value) -> None:
        shown = Shown(label=label, model="phantom", blinded=True)
        self.store.record(
            [Answer(case=self.case(name), reader=reader, shown=shown, item=ITEM, value=value)]
        )

    def write(self, readers: bool = False) -> Table:
        return write_dataset(
            "trial",
            self.folder / "out",
            store=self.store,
            archive=self.archive,
            annotations=self.annotations,
            readers=readers,
        )


ITEM = "finding_present"


def radiograph(number: int) -> Radiograph:
    """Of twelve bits, nowhere bright, with pixels that are not square."""
    values = np.random.default_rng(number).integers(0, 1500, (40, 30 + number))
    return Radiograph(
        values.astype(np.float32),
        (100.0, 4000.0),
        (0.2, 0.1),
        ("PA", "LL", "AP", "")[number],
        f"{number:064x}",
    )


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.store.close()


def labels(table: Table) -> dict[str, dict[str, Label]]:
    rows = [table.row(index) for index in range(len(table))]
    return {row.patient: dict(row.labels) for row in rows}


def test_what_is_written_is_read_as_a_table_of_ones_own(trial: Installation) -> None:
    trial.give(one={"Edema": True, "No Finding": False}, two={"Edema": False})
    trial.mark("three", "Mass")
    trial.mark("four", "Edema", DRAWN)
    written = trial.write()
    read, _ = DATASETS["csv"].read(trial.folder / "out").located()
    assert read.skipped == ()
    assert labels(read) == labels(written)
    assert labels(read) == {
        "one": {"Edema": PRESENT, "Mass": MISSING, "No Finding": ABSENT},
        "two": {"Edema": ABSENT, "Mass": MISSING, "No Finding": MISSING},
        "three": {"Edema": MISSING, "Mass": PRESENT, "No Finding": MISSING},
    }
    assert read.views.tolist() == [View.PA, View.LATERAL, View.AP]
    assert [str(one) for one in written.skipped] == [
        "trial, four: nothing is known of its findings"
    ]


def test_a_mark_elsewhere_says_that_the_expert_looked_here(trial: Installation) -> None:
    trial.mark("one", "Edema")
    trial.mark("one", "Mass")
    trial.mark("two", "Mass")
    trial.mark("three", "Mass", "another expert")
    assert labels(trial.write()) == {
        "one": {"Edema": PRESENT, "Mass": PRESENT},
        "two": {"Edema": ABSENT, "Mass": PRESENT},
        "three": {"Edema": MISSING, "Mass": PRESENT},
    }


def test_images_are_bit_for_bit_what_the_app_shows_and_what_its_models_are_shown(
    trial: Installation,
) -> None:
    trial.give(one={"Edema": True}, two={"Edema": False})
    table, files = trial.write().located()
    found = images(files, 24, Resize.LETTERBOX, trial.folder / "cache", processes=0)
    assert found.unreadable == ()
    for number, file in enumerate(files):
        kept, shown = trial.archive.get(file.stem), radiograph(number)
        assert (kept.values == shown.values).all()
        assert (RadiographArchive(file.parent).get(file.stem).pixels == shown.pixels).all()
        grid = resample(shown.pixels, 24, Resize.LETTERBOX, 2.0)
        assert (found.pixels[number] == np.rint(grid.values * 255)).all()
    assert table.images.tolist() == [f"images/{number:064x}.npz" for number in range(2)]


def test_nothing_but_the_table_and_radiographs_is_in_the_folder(trial: Installation) -> None:
    trial.give(one={"Edema": True})
    trial.answer("one", "Mass", "Ada Lovelace", "yes")
    trial.write(readers=True)
    out = trial.folder / "out"
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert names == ["dataset.csv", f"images/{0:064x}.npz"]
    assert "Ada" not in (out / "dataset.csv").read_text()


def test_what_cannot_be_written_is_named(trial: Installation) -> None:
    trial.give(**{name: {"Edema": True} for name in NAMES})
    trial.archive.delete(trial.case("one").image_sha256)
    (trial.folder / "radiographs" / f"{1:064x}.npz").write_bytes(b"damaged")
    trial.archive.delete(trial.case("three").image_sha256)
    trial.archive.put(replace(radiograph(2), burned_in_annotation=True))
    table = trial.write()
    assert table.patients.tolist() == ["four"]
    assert [(one.place, one.reason) for one in table.skipped] == [
        ("one", "its radiograph is missing or damaged"),
        ("two", "its radiograph is missing or damaged"),
        ("three", "a text in its picture may identify the patient"),
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, r"has no case to train with: one, nothing is known of its findings\.$"),
        ({"age": True}, r"^A finding cannot be called age, .*\.$"),
    ],
)
def test_a_study_without_labels_leaves_no_folder(
    trial: Installation, given: dict[str, bool], reason: str
) -> None:
    trial.give(one=given)
    with pytest.raises(ValueError, match=reason):
        trial.write()
    assert not [path for path in trial.folder.iterdir() if "out" in path.name]


def test_readers_are_asked_where_nothing_else_is_known(trial: Installation) -> None:
    trial.give(one={"Edema": False})
    for reader in ("Ada", "Grace"):
        trial.answer("one", "Edema", reader, "yes")
        trial.answer("one", "Mass", reader, "yes")
    trial.answer("two", "Edema", "Ada", "yes")
    trial.answer("two", "Edema", "Grace", "no")
    assert labels(trial.write(readers=True)) == {
        "one": {"Edema": ABSENT, "Mass": PRESENT},
        "two": {"Edema": UNCERTAIN, "Mass": MISSING},
    }


def test_readers_who_were_not_asked_for_findings_say_nothing(trial: Installation) -> None:
    trial.store.ensure_study(Study("maps", "Maps", questionnaire=Questionnaire(())))
    with pytest.raises(StudyError, match=r"does not ask its readers .*finding_present.*\.$"):
        write_dataset(
            "maps",
            trial.folder / "out",
            store=trial.store,
            archive=trial.archive,
            annotations=trial.annotations,
            readers=True,
        )


def saved(
    reader: str, value: Value, item: str = ITEM, session: int = 1, **shown: object
) -> SavedAnswer:
    about = Shown(label="Edema", model="phantom", blinded=True, **shown)
    case, now = Case(1, "trial", "one", "0" * 64, 1), datetime(2026, 1, 1, tzinfo=UTC)
    answer = Answer(case=case, reader=reader, shown=about, item=item, value=value, session=session)
    return SavedAnswer(answer, 1, now, now)


@pytest.mark.parametrize(
    ("answers", "label"),
    [
        ("yes", PRESENT),
        ("no", ABSENT),
        ("yes yes no", PRESENT),
        ("no no yes", ABSENT),
        ("yes no", UNCERTAIN),
        ("yes no no yes", UNCERTAIN),
    ],
)
def test_more_than_half_of_the_readers_decide(answers: str, label: Label) -> None:
    given = [saved(f"R{number}", answer) for number, answer in enumerate(answers.split())]
    assert majority(given) == {"one": {"Edema": label}}


def test_a_probability_counts_where_a_reader_was_not_asked_yes_or_no() -> None:
    def probability(reader: str, percent: float) -> SavedAnswer:
        return saved(reader, percent, "finding_probability")

    assert majority([probability("A", 50.0)]) == {"one": {"Edema": PRESENT}}
    assert majority([probability("A", 49.9)]) == {"one": {"Edema": ABSENT}}
    assert majority([probability("A", 90.0), saved("A", "no")]) == {"one": {"Edema": ABSENT}}


def test_a_readers_first_look_at_the_image_alone_counts() -> None:
    others = [
        saved("A", "no", warm_up=True),
        saved("A", "no", repeat_of="one"),
        saved("A", "no", session=2),
        saved("A", "no", "finding_present_with_maps"),
        saved("B", None),
    ]
    assert majority(others) == {}
    assert majority([*others, saved("A", "yes")]) == {"one": {"Edema": PRESENT}}
