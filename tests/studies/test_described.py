"""What a study was, of a real study file with real cases, and what its checklist makes of it."""

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from shamsul.analysis.about import OUTLINE, About
from shamsul.analysis.checklist import checklist
from shamsul.analysis.flow import diagram
from shamsul.analysis.from_store import analyse_stored
from shamsul.analysis.guidelines import CLAIM_2020, GUIDELINES
from shamsul.analysis.report import files
from shamsul.analysis.study import Analysis
from shamsul.explainers.registry import METHODS
from shamsul.reading import Answer, MapShown, Store
from shamsul.reading.database.about_readers import AboutReaders
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.screens import Screens
from shamsul.reading.demo import ensure_default_studies
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.questionnaire import CANNOT_JUDGE, Step, Value
from shamsul.reading.design.study_file import Known, read_study_file
from shamsul.settings import ASSETS
from shamsul.studies.described import describe
from shamsul.studies.desk import Desk
from shamsul.studies.opening import create
from shamsul.studies.reference import reference_standard
from tests.studies.desk import desk_in

SHA = "f3c43a36b21b03c19c0ba97c4643ee32d6ae6925fe3991022ac3344e2dcf83e1"
READERS = ("ليلى حسن", "王秀英", "Ada")
FILE = f"""
name = "pilot"
title = "Which map?"
about = "Do readers tell the methods apart?"
model = "phantom"
methods = ["lime", "lrp"]
readers = {json.dumps(READERS)}
[cases]
study = "phantom-demo"
only = ["phantom-0002", "phantom-0003", "phantom-0005", "phantom-0006"]
[labels]
from = "given"
given = ["Cardiomegaly"]
[design]
seed = 3
repeats = 1
warm_up = 1
controls = ["random_model"]
controlled = 0.5
[[question]]
id = "experience"
wording = "For how many years?"
kind = "number"
step = "start"
[[question]]
id = "specialty"
wording = "Which specialty?"
kind = "choice"
step = "start"
options = ["radiology", "other"]
[[question]]
id = "name_of_clinic"
wording = "Where do you work?"
kind = "text"
step = "start"
[[question]]
id = "location"
wording = "The map is at the right place."
kind = "scale"
step = "maps"
options = ["no", "unsure", "yes"]
may_abstain = true
required = true
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo study, to be copied."""
    folder = tmp_path_factory.mktemp("installed")
    desk, store = desk_in(folder), Store(f"sqlite:///{folder / 'ratings.db'}")
    ensure_default_studies(store, desk.archive, desk.annotations, ASSETS)
    store.close()
    return folder


@pytest.fixture
def desk(tmp_path: Path, installed: Path) -> Desk:
    shutil.copytree(installed, tmp_path, dirs_exist_ok=True)
    return desk_in(tmp_path)


@pytest.fixture
def store(tmp_path: Path, desk: Desk) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'ratings.db'}")
    yield store
    store.close()


@pytest.fixture
def make(store: Store, desk: Desk, tmp_path: Path) -> Callable[..., None]:
    """Make the study of a file's text."""

    def make(text: str = FILE) -> None:
        known = Known({"phantom": ("Cardiomegaly",)}, tuple(METHODS), (), {"phantom-demo": 8})
        create(
            read_study_file(text, known, folder=tmp_path),
            tmp_path,
            store=store,
            archive=desk.archive,
            annotations=desk.annotations,
            load=lambda _: pytest.fail("no label depends on the model"),
            max_bytes=2**27,
        )

    return make


def rate(store: Store, one: Assigned, value: Value = 3, *, real: bool = False) -> None:
    """Answer about all maps of a reading, or about the real ones only."""
    reading = one.reading
    for place, panel in enumerate(reading.panels, 1):
        if real and panel.control:
            continue
        shown = MapShown(
            label=reading.label,
            model="phantom",
            model_sha256=SHA,
            blinded=True,
            case_order=reading.case_order,
            repeat_of=one.case.name if reading.repeat else None,
            warm_up=reading.warm_up,
            method=panel.method,
            method_name_shown="AB"[place - 1],
            panel_position=place,
            heatmap_sha256="b" * 64,
            opacity=0.5,
            normalisation="symmetric",
            control=panel.control and panel.control.value,
        )
        about = {"case": one.case, "reader": reading.reader, "session": reading.session}
        store.record([Answer(**about, shown=shown, item="location", value=value)])


def finish(store: Store, one: Assigned, value: Value = 3) -> None:
    rate(store, one, value)
    Screens(store.database).lock(one.id, Step.MAPS, 9.0)


def read(store: Store) -> None:
    """The first reader finishes all, the second begins one case and abstains at another."""
    first, second = (Readings(store.database).of("pilot", reader) for reader in READERS[:2])
    for one in first:
        finish(store, one)
    practice, begun, abstained = [one for one in second if not one.reading.repeat][:3]
    assert practice.reading.warm_up
    rate(store, begun, real=True)
    finish(store, abstained, CANNOT_JUDGE)


def analysis_of(desk: Desk, store: Store) -> Analysis:
    about, flow = describe(desk, store, "pilot")
    titles = {name: method.title for name, method in METHODS.items()}
    return analyse_stored(store, "pilot", titles, about=about, flow=flow, replicates=5)


def said(about: About) -> dict[str, dict[str, str]]:
    return {part.title: {one.name: one.value for one in part.facts} for part in about.parts}


def test_flow_is_that_of_the_readings(make, desk: Desk, store: Store) -> None:
    make()
    read(store)
    about, flow = describe(desk, store, "pilot")
    rows = flow.set_index("reader")
    # Four cases, one of them practice, one of the others twice.
    assert rows["assigned"].tolist() == [5, 5, 5]
    full = dict(finished=5, partly=0, not_begun=0, practice=1, repeated=1, analysed=3)
    for name, count in full.items():
        assert rows.loc[READERS[0], name] == count, name
    part = dict(finished=1, partly=1, not_begun=3, practice=0, unscored=1, analysed=1)
    for name, count in part.items():
        assert rows.loc[READERS[1], name] == count, name
    assert rows.loc["Ada", ["finished", "partly", "not_begun"]].tolist() == [0, 0, 5]
    assert (rows["assigned"] == rows[["finished", "partly", "not_begun"]].sum(axis=1)).all()
    fates = ["practice", "repeated", "image_only", "unscored", "analysed"]
    assert (rows["finished"] + rows["partly"] == rows[fates].sum(axis=1)).all()
    assert said(about)["Flow"]["Finished"] == "6"
    assert said(about)["Flow"]["Readings assigned"] == "15 to 3 readers"


def test_facts_are_those_of_the_file_the_model_and_the_answers(make, desk, store) -> None:
    make()
    read(store)
    about = AboutReaders(store.database)
    about.record("pilot", READERS[0], {"experience": 20.0, "specialty": "radiology"})
    about.record("pilot", READERS[1], {"experience": 3, "specialty": "radiology"})
    about.record("pilot", "Ada", {"name_of_clinic": "Secret clinic"})
    facts = said(describe(desk, store, "pilot")[0])
    assert facts["Question"] == {
        "Title": "Which map?",
        "Question": "Do readers tell the methods apart?",
    }
    assert facts["Model"]["Weights (SHA-256)"] == SHA
    assert "never seen a patient" in facts["Model"]["Trained on"]
    assert facts["Preprocessing"]["Grid"] == "224 × 224 pixels, 1 channel"
    assert "samples = 1000" in facts["Explanations"]["LIME"]
    assert facts["Design"]["Seed"] == "3"
    assert facts["Design"]["Repeated cases"].startswith("1 for each reader")
    assert facts["Design"]["Control maps"].startswith("in 50% of the readings, in place of")
    assert facts["Cases"]["How chosen"] == "4 by name of the study phantom-demo"
    assert facts["Questionnaire"]["On each map"].endswith("(no; unsure; yes)")
    assert facts["Readers"]["For how many years?"] == "3 to 20, median 11.5 (n = 2)"
    assert facts["Readers"]["Which specialty?"] == "radiology 2"
    assert facts["Readers"]["Where do you work?"] == "answered by 1"  # who it was is nobody's


def test_no_name_of_a_file_is_told(make, store, desk, tmp_path: Path) -> None:
    """It may be a patient's."""
    text = FILE.replace('study = "phantom-demo"', 'folder = "Mrs Miller"')
    folder = tmp_path / "Mrs Miller"
    folder.mkdir()
    for name in ("phantom-0002", "phantom-0003", "phantom-0005", "phantom-0006"):
        (folder / f"Miller {name}.png").write_bytes((ASSETS / "demo" / f"{name}.png").read_bytes())
        text = text.replace(f'"{name}"', f'"Miller {name}.png"')
    make(text)
    about, _ = describe(desk, store, "pilot")
    assert said(about)["Cases"]["How chosen"] == "4 by name of a folder"
    assert "Miller" not in json.dumps(about.to_json())


def test_study_without_its_file_does_not_say_how_cases_were_chosen(make, desk, store) -> None:
    make()
    study = store.study("pilot")
    assert study.plan is not None
    for source in ("", "not TOML", 'cases = "all"', "[cases]\nstudy = 3"):
        Readings(store.database).change(replace(study, plan=replace(study.plan, source=source)))
        about, _ = describe(desk, store, "pilot")
        assert not about.knows("Cases", "How chosen"), source


def test_limits_are_those_of_this_study(make, desk, store) -> None:
    make()
    read(store)
    limits = " ".join(describe(desk, store, "pilot")[0].limits)
    assert "3 cases were rated, fewer than 20" in limits
    assert "2 readers rated, fewer than 5" in limits
    assert "Phantoms, not patients, are 4 of 4 cases" in limits and "never saw a patient" in limits
    assert "The study is open" in limits and "9 of 15 readings are not finished" in limits
    assert "repeated" not in limits and "control maps" not in limits  # it had both


def test_study_without_repeats_and_controls_says_what_is_not_known(make, desk, store) -> None:
    make(FILE.replace("repeats = 1", "").replace('controls = ["random_model"]', "blinded = false"))
    limits = " ".join(describe(desk, store, "pilot")[0].limits)
    assert "agree with themselves is not known" in limits and "no control maps" in limits
    assert "Readers saw the methods' names" in limits
    assert "Nothing was rated." in limits


def test_a_model_that_is_not_here_any_more_is_only_named(make, desk, store) -> None:
    make()
    store.set_model("pilot", "gone")
    about, _ = describe(desk, store, "pilot")
    assert said(about)["Model"]["Name"] == "gone"
    assert not about.knows("Model", "Architecture") and not about.knows("Preprocessing", "Grid")


def test_open_study_says_that_nobody_was_assigned_anything(desk, store) -> None:
    about, flow = describe(desk, store, "phantom-demo")
    assert flow.empty and said(about)["Flow"]["Readings assigned"].startswith("none")
    assert about.synthetic and "Readers chose what they rated" in " ".join(about.limits)
    # One of the demo's phantoms is healthy: nothing is annotated there.
    assert said(about)["Cases"]["Number"] == "8"
    assert said(about)["Cases"]["Cardiomegaly"].startswith("annotated in ")


def test_one_radiograph_that_may_be_a_patients_makes_the_study_one_of_patients(
    make, desk, store
) -> None:
    make()
    store.add_case("pilot", "e" * 64)
    about, _ = describe(desk, store, "pilot")
    assert not about.synthetic and not about.knows("Cases", "Source")
    assert any("Phantoms, not patients, are 4 of 5" in one for one in about.limits)


def status(analysis: Analysis, number: int) -> tuple[str, str]:
    row = checklist(analysis, CLAIM_2020).set_index("number").loc[str(number)]
    return row["status"], row["note"]


def test_closing_the_study_reports_when_it_was_read(make, desk, store) -> None:
    make()
    read(store)
    assert status(analysis_of(desk, store), 5)[0] == "author must supply"
    assert "Dates: Closed" in status(analysis_of(desk, store), 5)[1]
    Readings(store.database).close("pilot")
    assert status(analysis_of(desk, store), 5) == ("in the report", "Dates")


def test_readers_experience_is_reported_once_they_declare_it(make, desk, store) -> None:
    make()
    read(store)
    before = status(analysis_of(desk, store), 16)
    assert before[0] == "author must supply" and "Readers: Experience and specialty" in before[1]
    AboutReaders(store.database).record("pilot", READERS[0], {"experience": 20})
    assert status(analysis_of(desk, store), 16) == ("in the report", "Cases; Readers")


def test_a_study_without_its_question_lacks_it(make, desk, store) -> None:
    make(FILE.replace('about = "Do readers tell the methods apart?"', 'about = " "'))
    about, _ = describe(desk, store, "pilot")
    assert said(about)["Question"]["Question"].startswith("[the author must supply: ")
    assert "Question: Question" in status(analysis_of(desk, store), 4)[1]


def test_every_place_that_the_checklist_names_is_a_heading_of_the_report(make, desk, store) -> None:
    make()
    read(store)
    AboutReaders(store.database).record("pilot", READERS[0], {"experience": 20})
    Readings(store.database).close("pilot")
    analysis = analysis_of(desk, store)
    made = files(analysis, [diagram(analysis.flow)])
    page = made["report.html"].decode()
    rows = pd.concat([checklist(analysis, guideline) for guideline in GUIDELINES])
    reported = rows.loc[rows["status"] == "in the report", "note"]
    assert len(reported) > 40
    for note in reported:
        for heading in note.split("; "):
            assert f"<h2>{heading}</h2>" in page or f"<h3>{heading}</h3>" in page, heading
    for name in READERS:
        assert name in page
    assert page.index("<h3>Question</h3>") < page.index("<h2>What was read</h2>")
    assert page.index("<h2>What was read</h2>") < page.index("<h2>Limits</h2>")
    assert page.index("<h2>Limits</h2>") < page.index("<h2>Software</h2>")
    told = json.loads(made["analysis.json"])["about"]
    assert told["parts"]["Dates"]["Closed"] and ["From the author", "Funding"] in told["blank"]
    assert set(told["parts"]) == set(OUTLINE)
    written = made["checklist.html"].decode()
    assert all(guideline.doi in written for guideline in GUIDELINES)
    assert written.count("<tr class=blank>") == (
        pd.read_csv(io.BytesIO(made["checklist.csv"]))["status"].eq("author must supply").sum()
    )


def test_annotated_patients_are_asked_about(make, desk, store) -> None:
    """What does not apply to phantoms applies to them."""
    make()
    read(store)
    phantoms = analysis_of(desk, store)
    patients = replace(phantoms, about=replace(phantoms.about, synthetic=False))
    for number in (8, 12, 17, 34):
        assert status(phantoms, number)[0] == "not applicable", number
        assert status(patients, number)[0] != "not applicable", number


def test_how_many_cases_have_a_finding_is_told_by_the_reference_standard(make, desk, store) -> None:
    make()
    about, _ = describe(desk, store, "pilot")
    truth = reference_standard(store, desk.annotations, "pilot")
    present = [one.present for one in truth if one.label == "Cardiomegaly"]
    assert len(present) == 4 and {one.source for one in truth} == {"given"}
    words = said(about)["Cases"]["Cardiomegaly"]
    assert f"present in {sum(present)} of the 4 whose truth is known" in words
