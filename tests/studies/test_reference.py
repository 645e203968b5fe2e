"""Whether a case has what is read in it: as told with it, else as experts marked it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.marks import Boxes, Gaze, Mark, Points
from shamsul.findings.labels import ANATOMY
from shamsul.reading import Store
from shamsul.reading.database.findings import GivenFindings
from shamsul.reading.database.readings import Readings
from shamsul.reading.design.design import Reading
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.study import Study
from shamsul.reading.exports.ratings import Truth, export_truth, write_ratings
from shamsul.reading.exports.transfer import dump, load, remove
from shamsul.studies.reference import reference_standard

LABEL, OTHER = "Edema", "Mass"
BOX = Boxes(np.array([[1.0, 1.0, 4.0, 4.0]]))
POINT = Points(np.array([[2.0, 2.0]]))


@pytest.fixture
def store(tmp_path: Path):
    store = Store(f"sqlite:///{tmp_path / 'ratings.db'}")
    yield store
    store.close()


@pytest.fixture
def standard(store: Store, tmp_path: Path) -> Callable[..., dict[str, tuple[bool, str]]]:
    """The truth of `LABEL` in cases of which marks, or what was given, are known."""
    archive = AnnotationArchive(tmp_path / "annotations")

    def standard(
        marks: dict[str, list[tuple[str, str, Mark]]],
        given: dict[str, dict[str, bool]],
        name="trial",
    ) -> dict[str, tuple[bool, str]]:
        cases = {case: f"{number:064x}" for number, case in enumerate(marks)}
        readings = [
            Reading("Ada", 1, place, case, place, LABEL, ()) for place, case in enumerate(marks, 1)
        ]
        study = Study(name, "Trial", plan=Plan(("lrp",)))
        Readings(store.database).create(study, cases, readings, given)
        for case, sha256 in cases.items():
            if marks[case]:
                archive.put(sha256, [Annotation(label, by, m) for label, by, m in marks[case]])
        found = reference_standard(store, archive, name)
        assert all(one.label == LABEL for one in found)
        return {one.case: (one.present, one.source) for one in found}

    return standard


def test_what_was_given_with_a_case_comes_before_marks(standard) -> None:
    marked = [(LABEL, "expert", BOX)]
    found = standard({"a": marked, "b": [], "c": marked}, {"a": {LABEL: False}, "b": {LABEL: True}})
    assert found == {"a": (False, "given"), "b": (True, "given"), "c": (True, "annotation")}


def test_a_finding_is_absent_where_those_who_marked_it_elsewhere_marked_something_else(
    standard,
) -> None:
    found = standard(
        {
            "has it": [(LABEL, "expert", BOX), (OTHER, "expert", BOX)],
            "pointed at": [(LABEL, "expert", POINT)],
            "has another": [(OTHER, "expert", BOX)],
            "by others": [(OTHER, "who never looked", BOX)],
            "not annotated": [],
        },
        {},
    )
    assert found == {
        "has it": (True, "annotation"),
        "pointed at": (True, "annotation"),
        "has another": (False, "annotation"),
    }


def test_drawings_of_readers_gaze_and_anatomy_are_no_reference(standard) -> None:
    gaze = Gaze(np.array([[1.0, 1.0, 1.0]]), 5.0)
    heart = ANATOMY + "heart"
    found = standard(
        {"a": [(LABEL, DRAWN, BOX)], "b": [(LABEL, "gaze", gaze)], "c": [(heart, "by", BOX)]}, {}
    )
    assert found == {}
    # Nor did whoever marked anatomy look for a finding in vain.
    found = standard({"d": [(LABEL, "by", BOX)], "e": [(heart, "by", BOX)]}, {}, "other")
    assert found == {"d": (True, "annotation")}


def test_a_study_keeps_its_findings_when_it_moves_and_takes_them_along_when_it_goes(
    standard, store, tmp_path
) -> None:
    given = {"a": {LABEL: False, OTHER: True}}
    standard({"a": [], "b": []}, given)
    text = dump(store, "trial")
    remove(store, "trial")
    load(store, text)
    assert GivenFindings(store.database).of("trial") == given
    remove(store, "trial")
    with pytest.raises(ValueError, match="no study"):
        GivenFindings(store.database).of("trial")


def test_a_study_without_findings_is_written_as_before_there_were_any(standard, store) -> None:
    standard({"a": []}, {})
    assert '"finding"' not in dump(store, "trial")


def test_truth_is_exported_where_it_is_known(standard, store, tmp_path) -> None:
    standard({"a": []}, {})
    truth = (Truth("a", LABEL, False, "given"),)
    names = [path.name for path in write_ratings(store, "trial", tmp_path / "x.csv", truth)]
    assert names[-1] == "x.truth.csv"
    content = b"case,label,present,source\r\na,Edema,false,given\r\n"
    assert (tmp_path / "x.truth.csv").read_bytes() == export_truth(truth) == content
    names = [path.name for path in write_ratings(store, "trial", tmp_path / "y.csv")]
    assert not (tmp_path / "y.truth.csv").exists()
