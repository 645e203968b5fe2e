"""From a study file to a study, with real files."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.marks import Boxes
from shamsul.classifiers.prediction import LabelScore, Prediction
from shamsul.cli import main
from shamsul.radiographs import RadiographArchive
from shamsul.reading import Store
from shamsul.reading.database.findings import GivenFindings
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.screens import Happened, Screens
from shamsul.reading.demo import ensure_default_studies
from shamsul.reading.design.questionnaire import Questionnaire, Step
from shamsul.reading.design.study_file import Known, StudyFileError, read_study_file
from shamsul.reading.exports.transfer import remove
from shamsul.settings import ASSETS, settings
from shamsul.studies.opening import Made, create, extend, update
from shamsul.studies.taking_in import StudyError

DEMO = ASSETS / "demo"
LABELS = ("No Finding", "Cardiomegaly", "Pleural Effusion")
KNOWN = Known({"phantom": LABELS}, ("lime", "lrp"), (), {"phantom-demo": 8})


class Oracle:
    """Finds Cardiomegaly, and less surely an effusion, in everything."""

    def predict(self, radiograph: object) -> Prediction:
        logits = {"No Finding": 3.0, "Cardiomegaly": 2.0, "Pleural Effusion": 1.0}
        return Prediction(
            "phantom", tuple(LabelScore(name, x, 0.9, 0.5) for name, x in logits.items())
        )


@pytest.fixture
def store(tmp_path: Path):
    store = Store(f"sqlite:///{tmp_path / 'ratings.db'}")
    yield store
    store.close()


@pytest.fixture
def make(store: Store, tmp_path: Path) -> Callable[..., Made]:
    """Make a study of a file's text."""
    archive = RadiographArchive(tmp_path / "radiographs")
    annotations = AnnotationArchive(tmp_path / "annotations")
    ensure_default_studies(store, archive, annotations, ASSETS)

    def make(
        cases: str, rest: str = "", folder: Path = tmp_path, allowed: list[Path] | None = None
    ) -> Made:
        text = f"""
name = "pilot"
title = "Pilot"
model = "phantom"
methods = ["lime", "lrp"]
readers = ["Ada"]
[cases]
{cases}
{rest}
"""
        return create(
            read_study_file(text, KNOWN, folder=folder, allowed=allowed),
            folder,
            store=store,
            archive=archive,
            annotations=annotations,
            load=lambda name: Oracle(),  # type: ignore[arg-type,return-value]
            max_bytes=2**27,
            allowed=allowed,
        )

    return make


def labels(store: Store) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in Readings(store.database).of("pilot"):
        found.setdefault(one.case.name, set()).add(one.reading.label)
    return found


def test_cases_of_another_study_bring_their_annotations(make, store) -> None:
    made = make('study = "phantom-demo"', '[labels]\nfrom = "annotation"\nmost = 9')
    marked = labels(store)
    assert made.cases == len(marked)
    with open(DEMO / "labels.csv", newline="") as file:
        truth = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    for name, found in marked.items():
        present = {label for label in LABELS[1:] if truth[name][label] == "1"}
        assert found == present
    assert {name for name, _ in made.left_out} == set(truth) - set(marked)


def test_labels_that_readers_drew_are_not_the_experts(make, store, tmp_path) -> None:
    (case,) = [one for one in store.cases("phantom-demo") if one.name == "phantom-0005"]
    drawn = Annotation("Cardiomegaly", DRAWN, Boxes(np.array([[0.0, 0, 9, 9]])), "Ada")
    AnnotationArchive(tmp_path / "annotations").add(case.image_sha256, [drawn])
    only = 'study = "phantom-demo"\nonly = ["phantom-0005"]'
    make(only, '[labels]\nfrom = "annotation"\nmost = 9')
    assert labels(store) == {"phantom-0005": {"Pleural Effusion"}}


def test_labels_by_prediction_leave_no_finding_out(make, store) -> None:
    make('study = "phantom-demo"\nonly = ["phantom-0002"]')
    assert labels(store) == {"phantom-0002": {"Cardiomegaly"}}


def test_more_labels_of_a_case_are_more_readings(make, store) -> None:
    made = make('study = "phantom-demo"\nonly = ["phantom-0002"]', "[labels]\nmost = 2")
    assert labels(store) == {"phantom-0002": {"Cardiomegaly", "Pleural Effusion"}}
    assert (made.cases, made.readings) == (1, 2)


@pytest.mark.long
def test_a_folder_of_cases_is_taken_in(make, store, tmp_path) -> None:
    shutil.copytree(DEMO, tmp_path / "cases")
    made = make('folder = "cases"', '[labels]\nfrom = "annotation"')
    assert made.cases > 3
    assert {case.name for case in store.cases("pilot")} <= {p.stem for p in DEMO.glob("*.png")}


def test_file_names_of_a_plain_folder_do_not_become_case_names(make, store, tmp_path) -> None:
    (tmp_path / "cases").mkdir()
    shutil.copy(DEMO / "phantom-0001.png", tmp_path / "cases" / "Ada Lovelace 1815.png")
    (tmp_path / "cases" / "notes.txt").write_text("not a radiograph")
    made = make('folder = "cases"', '[labels]\nfrom = "given"\ngiven = ["Cardiomegaly"]')
    (case,) = store.cases("pilot")
    assert "Ada" not in case.name
    ((name, reason),) = made.left_out
    assert name == "notes.txt" and reason


@pytest.mark.parametrize("named", [False, True])
def test_file_names_of_a_folder_of_cases_are_not_kept_but_names_of_cases_are(
    make, store, tmp_path, named: bool
) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    shutil.copy(DEMO / "phantom-0001.png", folder / "Ada Lovelace 1815.png")
    mask = next(DEMO.glob("phantom-0001--*.png"))
    shutil.copy(mask, folder / "Ada Lovelace 1815--Pleural_Effusion.png")
    shutil.copy(DEMO / "phantom-0002.png", folder / "other.png")
    stated = ("case,", "first,", "second,") if named else ("", "", "")
    (folder / "labels.csv").write_text(
        f"file,{stated[0]}Pleural Effusion\n"
        f"Ada Lovelace 1815.png,{stated[1]}1\nother.png,{stated[2]}0\n"
    )
    rest = '[labels]\nfrom = "annotation"'
    # A file may be chosen by its name all the same, which is of the study file's own words.
    only = "first" if named else "Ada Lovelace 1815"
    made = make(f'folder = "cases"\nonly = ["{only}"]', rest)
    assert made.left_out == ()
    (case,) = store.cases("pilot")
    assert (case.name == "first") if named else case.name.startswith("CXR-")
    assert labels(store) == {case.name: {"Pleural Effusion"}}


def test_a_list_names_files_cases_and_labels(make, store, tmp_path) -> None:
    for name in ("phantom-0001.png", "phantom-0002.png", "phantom-0003.png"):
        shutil.copy(DEMO / name, tmp_path / name)
    (tmp_path / "cases.csv").write_text(
        "file,case,labels\n"
        "phantom-0001.png,first,Cardiomegaly; Pleural Effusion\n"
        "phantom-0002.png,second,\n"
        "phantom-0002.png,again,\n"
        "missing.png,third,\n"
    )
    rest = '[labels]\nfrom = "given"\ngiven = ["Cardiomegaly"]\nmost = 2'
    made = make('list = "cases.csv"', rest)
    assert labels(store) == {
        "first": {"Cardiomegaly", "Pleural Effusion"},
        "second": {"Cardiomegaly"},
    }
    assert dict(made.left_out) == {
        "missing.png": "it cannot be opened: No such file or directory",
        "again": "its radiograph is in the study already",
    }


def findings(store: Store) -> dict[str, dict[str, bool]]:
    return GivenFindings(store.database).of("pilot")


def test_findings_are_kept_from_wherever_cases_come(make, store, tmp_path) -> None:
    known = GivenFindings(store.database).of("phantom-demo")
    with (DEMO / "labels.csv").open(newline="") as file:
        assert known == {
            Path(row["file"]).stem: {label: row[label] == "1" for label in known["phantom-0001"]}
            for row in csv.DictReader(file)
        }
    read = '[labels]\nfrom = "given"\ngiven = ["Pleural Effusion"]'
    effusion = {name: {"Pleural Effusion": has["Pleural Effusion"]} for name, has in known.items()}
    make('study = "phantom-demo"', read)
    assert findings(store) == effusion
    assert len({has["Pleural Effusion"] for has in effusion.values()}) == 2
    remove(store, "pilot")
    shutil.copytree(DEMO, tmp_path / "folder")
    make('folder = "folder"', read)
    assert findings(store) == effusion


def test_findings_of_a_list_are_columns_of_0_and_1_of_what_is_read(make, store, tmp_path) -> None:
    for name in ("phantom-0001", "phantom-0002", "phantom-0003"):
        shutil.copy(DEMO / f"{name}.png", tmp_path)
    (tmp_path / "cases.csv").write_text(
        "file,case,Pleural Effusion,Cardiomegaly,male\n"
        "phantom-0001.png,a,1,1,1\nphantom-0002.png,b,0,0,1\nphantom-0003.png,c,,1,0\n"
    )
    make('list = "cases.csv"', '[labels]\nfrom = "given"\ngiven = ["Pleural Effusion"]')
    assert findings(store) == {"a": {"Pleural Effusion": True}, "b": {"Pleural Effusion": False}}


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16"])
def test_a_spreadsheets_list_is_read_but_for_faulty_rows(make, store, tmp_path, coding) -> None:
    shutil.copy(DEMO / "phantom-0001.png", tmp_path / "1.png")
    rows = ["file;case;labels", '1.png;7;"Cardiomegaly;Pleural Effusion"', "1.png;8", "1.png;9;a;b"]
    (tmp_path / "cases.csv").write_bytes("\r\n".join(rows).encode(coding))
    made = make('list = "cases.csv"', '[labels]\nfrom = "given"\nmost = 2')
    assert labels(store) == {"7": {"Cardiomegaly", "Pleural Effusion"}}
    assert dict(made.left_out) == {
        "row 3 of cases.csv": "it has too few cells, 2 of 3",
        "row 4 of cases.csv": "it has too many cells, 4 for 3 columns",
    }


def test_a_mask_that_is_none_is_told_and_other_cases_are_taken(make, store, tmp_path) -> None:
    shutil.copytree(DEMO, tmp_path / "cases")
    mask = next((tmp_path / "cases").glob("*--*.png"))
    shutil.copy(tmp_path / "cases" / f"{mask.stem.split('--')[0]}.png", mask)
    made = make('folder = "cases"')
    ((_, reason),) = made.left_out
    assert made.cases > 3 and "shades as a radiograph" in reason


def test_a_case_that_is_not_there_is_told(make) -> None:
    made = make('study = "phantom-demo"\nonly = ["phantom-0001", "phantom-9999"]')
    assert ("phantom-9999", "there is no such case") in made.left_out


@pytest.mark.long
@pytest.mark.parametrize(
    ("cases", "rest", "says"),
    [
        ('study = "phantom-demo"\nonly = ["x"]', "", "No case is left for the study pilot"),
        ('study = "phantom-demo"', "[design]\nwarm_up = 99", "99 warm-up cases leave none"),
        ('list = "cases.csv"', "", "cases.csv has no column named file"),
    ],
)
def test_what_cannot_be_made_says_why(make, store, tmp_path, cases, rest, says) -> None:
    (tmp_path / "cases.csv").write_text("image\na.png\n")
    with pytest.raises(StudyError, match=says):
        make(cases, rest)
    assert "pilot" not in {study.name for study in store.studies()}


def test_repeats_of_which_cases_were_left_out_are_refused_with_the_line(
    make, store, tmp_path
) -> None:
    (tmp_path / "cases").mkdir()
    for number in range(1, 5):
        name = f"phantom-000{number}.png"
        shutil.copy(DEMO / name, tmp_path / "cases" / name)
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        (tmp_path / "cases" / name).write_text("not a radiograph")
    with pytest.raises(StudyError, match=r"^line \d+: design.repeats: of 4 cases .* at most 2 can"):
        make('folder = "cases"', "[design]\nrepeats = 3")
    assert "pilot" not in {study.name for study in store.studies()}
    assert make('folder = "cases"', "[design]\nrepeats = 2").cases == 4


def test_a_study_of_before_controls_replaced_goes_on_adding_them(make, store) -> None:
    """Also if its file, which does not say, is read anew and a reader is added."""
    design = '[design]\ncontrols = ["random_model"]\ncontrolled = 1.0'
    made = make('study = "phantom-demo"', f"{design}\ncontrols_replace = false")
    before = Readings(store.database).of("pilot")
    plan = made.study.plan
    assert plan is not None and not plan.design.controls_replace
    assert plan.source.count("controls_replace") == 1
    text = plan.source.replace("controls_replace = false", "")
    added = read_study_file(text.replace('readers = ["Ada"]', 'readers = ["Ada", "Bo"]'), KNOWN)
    again = update(added, store)
    assert again.study.plan is not None and not again.study.plan.design.controls_replace
    theirs = Readings(store.database).of("pilot", "Bo")
    assert len(theirs) == len(before)
    assert {len(one.reading.panels) for one in theirs} == {
        len(one.reading.panels) for one in before
    }
    other = plan.source.replace("controls_replace = false", "controls_replace = true")
    with pytest.raises(StudyError, match="is running"):
        update(read_study_file(other, KNOWN), store)


def test_a_crossover_of_before_it_was_read_again_goes_on_without(make, store) -> None:
    design = '[design]\nmode = "crossover"\nsessions = 2'
    made = make('study = "phantom-demo"', design)
    (alone, again) = (made.study.questionnaire.at(step) for step in (Step.IMAGE, Step.AGAIN))
    assert len(again) == len(alone) > 0
    asked = tuple(q for q in made.study.questionnaire.questions if q not in again)
    before = replace(made.study, questionnaire=Questionnaire(asked))
    Readings(store.database).change(before)
    plan = made.study.plan
    assert plan is not None
    text = plan.source.replace('title = "Pilot"', 'title = "New"')
    study = update(read_study_file(text, KNOWN), store).study
    assert (study.title, study.questionnaire) == ("New", before.questionnaire)


def test_a_running_study_takes_words_and_readers_and_nothing_else(make, store) -> None:
    made = make('study = "phantom-demo"')
    plan = made.study.plan
    assert plan is not None
    before = Readings(store.database).of("pilot")

    def changed(**changes: object):
        of_study = ("title", "model", "beside")
        study = replace(made.study, **{k: v for k, v in changes.items() if k in of_study})
        of_plan = {k: v for k, v in changes.items() if k not in of_study}
        study = replace(study, plan=replace(plan, **of_plan))
        return update(read(study), store)

    def read(study):
        text = '[cases]\nstudy = "phantom-demo"\n'
        head = 'name = "pilot"\ntitle = "t"\nmodel = "phantom"\nmethods = ["lime"]\n'
        return replace(read_study_file(head + text, KNOWN), study=study)

    assert changed(title="New").study.title == "New"
    assert changed(beside=("other",)).study.beside == ("other",)
    again = changed(readers=("Ada", "Bo"))
    assert again.readings == 2 * len(before)
    assert Readings(store.database).of("pilot", "Ada") == before
    for changes in (
        {"model": "other"},
        {"methods": ("lrp",)},
        {"target": "probability"},
        {"design": replace(plan.design, seed=9)},
    ):
        with pytest.raises(StudyError, match="is running"):
            changed(readers=("Ada", "Bo"), **changes)
    with pytest.raises(StudyError, match="only be added at the end"):
        changed(readers=("Bo", "Ada"))


@pytest.fixture
def more(store: Store, tmp_path: Path) -> Callable[[str], Made]:
    """Extend the study by a changed text of its file."""

    def more(text: str) -> Made:
        return extend(
            read_study_file(text, KNOWN, folder=tmp_path),
            tmp_path,
            store=store,
            archive=RadiographArchive(tmp_path / "radiographs"),
            annotations=AnnotationArchive(tmp_path / "annotations"),
            load=lambda name: Oracle(),  # type: ignore[arg-type,return-value]
            max_bytes=2**27,
        )

    return more


TWO = 'study = "phantom-demo"\nonly = ["phantom-0001", "phantom-0002"]'
FOUR = TWO.replace('0002"]', '0002", "phantom-0003", "phantom-0004"]')


def test_added_cases_come_after_all_that_a_reader_has(make, more, store) -> None:
    made = make(TWO, "[design]\nwarm_up = 1\nrepeats = 1")
    before = Readings(store.database).of("pilot")
    text = made.study.plan.source
    again = more(text.replace(TWO, FOUR).replace('["Ada"]', '["Ada", "Bo"]'))
    assert again.cases == 4
    assert [case.name for case in store.cases("pilot")] == [f"phantom-000{n}" for n in "1234"]
    ada, bo = (Readings(store.database).of("pilot", name) for name in ("Ada", "Bo"))
    assert ada[: len(before)] == before
    assert again.readings == len(ada) + len(bo)
    assert len(ada) == len(bo) == len(before) + 2
    added = [one.reading for one in ada[len(before) :]]
    assert {one.case for one in added} == {"phantom-0003", "phantom-0004"}
    assert [one.place for one in added] == [len(before) + 1, len(before) + 2]
    assert [one.case_order for one in added] == [
        before[-1].reading.case_order + 1,
        before[-1].reading.case_order + 2,
    ]
    assert not [one for one in added if one.warm_up or one.repeat]
    assert "phantom-0004" in store.study("pilot").plan.source
    with pytest.raises(StudyError, match="names no further case"):
        more(text.replace(TWO, FOUR).replace('["Ada"]', '["Ada", "Bo"]'))


@pytest.mark.parametrize(
    ("design", "says"),
    [
        ("cases_per_reader = 1", "readers share them out"),
        ('controls = ["other_patient"]', "control maps are of other patients"),
    ],
)
def test_a_design_that_counts_cases_takes_no_more(make, more, store, design, says) -> None:
    made = make(TWO, f"[design]\n{design}")
    with pytest.raises(StudyError, match=says):
        more(made.study.plan.source.replace(TWO, FOUR))
    assert len(store.cases("pilot")) == 2


def test_a_closed_study_and_a_second_session_take_no_more(make, more, store) -> None:
    made = make(TWO, "[design]\nsessions = 2")
    text = made.study.plan.source.replace(TWO, FOUR)
    readings = Readings(store.database)
    readings.close("pilot")
    with pytest.raises(StudyError, match="is closed: reopen it"):
        more(text)
    assert readings.reopen("pilot").closed_at is None
    second = next(one for one in readings.of("pilot") if one.reading.session == 2)
    Screens(store.database).note(second.id, Happened.PAUSED, 3.0)
    with pytest.raises(StudyError, match="has begun the second session"):
        more(text)
    assert len(store.cases("pilot")) == 2


def test_readers_come_before_cases_where_there_is_practice(make, more, store) -> None:
    design = "[design]\nwarm_up = 1\nseed = 3"
    text = make(TWO, design).study.plan.source.replace(TWO, FOUR)
    more(text)
    with pytest.raises(StudyError, match="their practice cases would be others"):
        update(read_study_file(text.replace('["Ada"]', '["Ada", "Bo"]'), KNOWN), store)


@pytest.mark.long
def test_the_commands(tmp_path, monkeypatch, capsys, request) -> None:
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    request.addfinalizer(settings.cache_clear)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["shamsul", "study", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    file = tmp_path / "study.toml"
    file.write_text('name = "pilot"\ntitle = "Pilot"\nmodel = "fantom"\nmethods = ["lyme"]\n')
    status, out, err = run("validate", str(file))
    assert (status, out) == (2, "")
    assert [line.split(": ", 1)[0] for line in err.splitlines()[:3]] == [
        f"{file}, line 1",
        f"{file}, line 3",
        f"{file}, line 4",
    ]
    assert err.endswith(f"{file} has 3 faults.\n")

    file.write_text(
        'name = "pilot"\ntitle = "Pilot"\nmodel = "phantom"\nmethods = ["lime", "lrp"]\n'
        'readers = ["Ada", "Bo"]\n[cases]\nstudy = "phantom-demo"\n[labels]\nfrom = "annotation"\n'
    )
    assert run("validate", str(file))[:2] == (0, f"{file} is in order\n")
    made = json.loads(run("create", str(file), "--json")[1])
    assert (made["cases"], made["readings"]) == (7, 14)
    assert run("create", str(file))[0] == 2
    status, out, _ = run("status", "pilot", "--json")
    readers = json.loads(out)["readers"]
    assert [(r["reader"], r["readings"], r["finished"]) for r in readers] == [
        ("Ada", 7, 0),
        ("Bo", 7, 0),
    ]
    assert "Ada" in run("status", "pilot")[1]
    assert run("assignment", "pilot", "--out", str(tmp_path / "who.csv"))[0] == 0
    with open(tmp_path / "who.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    assert [row["place"] for row in rows] == [str(n) for n in range(1, 8)] * 2
    assert {row["panels"] for row in rows} == {"lime;lrp", "lrp;lime"}
    file.write_text(file.read_text().replace('"Bo"', '"Bo", "Cy"'))
    assert json.loads(run("update", str(file), "--json")[1])["readings"] == 21
    closed = json.loads(run("close", "pilot", "--json")[1])["closed_at"]
    assert json.loads(run("status", "pilot", "--json")[1])["closed_at"] == closed
    assert run("reopen", "pilot")[:2] == (0, "pilot is open again\n")
    assert json.loads(run("status", "pilot", "--json")[1])["closed_at"] is None
    assert "no further case" in run("extend", str(file))[2]
    assert run("status", "nowhere")[::2] == (2, "there is no study named 'nowhere'\n")


GIVEN = '[labels]\nfrom = "given"\ngiven = ["Cardiomegaly"]'


def test_cases_from_elsewhere_are_refused_unless_allowed(make, store, tmp_path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
    shutil.copy(DEMO / "phantom-0001.png", outside / "a.png")
    (outside / "cases.csv").write_text("file\na.png\n")
    (inside / "link").symlink_to(outside)
    (inside / "list.csv").write_text("file\n../outside/a.png\n")
    for cases in (
        'folder = "../outside"',
        f'folder = "{outside}"',
        'folder = "link"',
        'list = "../outside/cases.csv"',
        'list = "link/cases.csv"',
    ):
        with pytest.raises(StudyFileError, match="does not lie where cases may be taken from"):
            make(cases, GIVEN, inside)
    with pytest.raises(StudyFileError, match="does not lie"):  # nor is it told what is there
        make('folder = "../nowhere"', GIVEN, inside)
    with pytest.raises(StudyError, match="No case is left"):
        make('list = "list.csv"', GIVEN, inside)
    assert make('folder = "../outside"', GIVEN, inside, allowed=[inside, outside]).cases == 1


def test_a_link_to_a_file_elsewhere_is_left_out(make, store, tmp_path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    shutil.copy(DEMO / "phantom-0001.png", inside / "a.png")
    (inside / "b.png").symlink_to(DEMO / "phantom-0002.png")
    (inside / "c.png").symlink_to(inside / "c.png")
    made = make('folder = "."', GIVEN, inside)
    assert made.cases == 1
    assert ("b.png", "it does not lie where cases may be taken from here") in made.left_out


def test_a_list_that_is_no_csv_is_one_sentence(make, store, tmp_path) -> None:
    (tmp_path / "list.csv").write_bytes(b"file\n\xff\n")
    with pytest.raises(StudyError, match="not text in UTF-8 or UTF-16"):
        make('list = "list.csv"', GIVEN)
    (tmp_path / "list.csv").write_text("case,file\nx\ny,a\x00b.png\n")
    with pytest.raises(StudyError, match=r"No case is left|not text"):
        make('list = "list.csv"', GIVEN)
