"""Study set-up and results, by their logic."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from shamsul.classifiers import registry
from shamsul.radiographs import RadiographArchive
from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from shamsul.reading.design.instrument import DEFAULT
from shamsul.settings import settings
from shamsul.ui.results import sections
from shamsul.ui.setup import words
from shamsul.ui.shared import session
from tests.reading.database.test_readings import answer
from tests.ui.conftest import as_read
from tests.ui.review.models import install

APP = Path(__file__).resolve().parents[3] / "app.py"


class SetUp:
    """What a coordinator does on a page."""

    def __init__(self, page: str) -> None:
        self.app = AppTest.from_file(str(APP), default_timeout=60).run()
        self.app.switch_page(f"pages/{page}.py").run()

    @property
    def text(self) -> str:
        return str(self.app.text_area(key="study-file").value)

    def write(self, text: str) -> None:
        self.app.text_area(key="study-file").set_value(text).run()
        assert not self.app.exception

    def press(self, label: str) -> None:
        next(button for button in self.app.button if button.label == label).click().run()
        assert not self.app.exception

    def view(self, name: str) -> None:
        self.app.button_group(key="setup-view").set_value(name).run()
        assert not self.app.exception

    def part(self, name: str) -> None:
        self.app.button_group(key="setup-part").set_value(name).run()
        assert not self.app.exception

    def choose(self, study: str) -> None:
        self.app.selectbox(key="setup-of").set_value(study).run()
        assert not self.app.exception

    def check(self, case: str, chosen: bool) -> None:
        box = next(one for one in self.app.checkbox if as_read(one.label) == case)
        box.set_value(chosen).run()
        assert not self.app.exception

    def labels(self) -> list[str]:
        return [button.label for button in self.app.button]

    def said(self) -> str:
        app = self.app
        kinds = (app.error, app.warning, app.info, app.success, app.caption, app.markdown)
        return as_read("\n".join(element.value for kind in kinds for element in kind))


@pytest.fixture
def setup(installation: Path) -> SetUp:
    return SetUp("setup")


def studies() -> dict[str, object]:
    store = Store(settings().database)
    found = {study.name: study for study in store.studies()}
    store.close()
    return found


def test_the_first_file_is_in_order_and_becomes_a_study(setup: SetUp) -> None:
    assert "The file is in order." in setup.said()
    setup.press("Create the study")
    assert "My study made: 6 cases, 12 readings." in setup.said()
    assert "my-study" in studies()


def test_every_fault_is_listed(setup: SetUp) -> None:
    setup.write(setup.text.replace('"phantom"', '"fantom"').replace("seed = 1", "seed = -1"))
    assert "line 4: model: there is no model 'fantom'" in setup.said()
    assert "line 16: design.seed: must be greater than or equal to 0" in setup.said()
    assert "Create the study" not in setup.labels()


def test_the_form_writes_into_the_text_and_leaves_the_rest(setup: SetUp) -> None:
    setup.write("# mine\n" + setup.text)
    app = setup.app
    app.text_input(key="setup-title").set_value('A "new" title').run()
    app.multiselect(key="setup-methods").set_value(["lrp"]).run()
    app.text_area(key="setup-readers").set_value("Cy\n\n Di \n").run()
    setup.part("Design")
    app.checkbox(key="setup-design-blinded").set_value(False).run()
    app.number_input(key="setup-design-repeats").set_value(3).run()
    app.multiselect(key="setup-design-controls").set_value(["random_model"]).run()
    setup.part("Study")
    app.selectbox(key="setup-target").set_value("probability").run()
    assert not app.exception
    assert setup.text.startswith('target = "probability"\n# mine\nname = "my-study"\n')
    for line in (
        'title = "A \\"new\\" title"',
        'methods = ["lrp"]',
        'readers = ["Cy", "Di"]',
        "blinded = false",
        "repeats = 3",
        'controls = ["random_model"]',
        'study = "phantom-demo"',
    ):
        assert line in setup.text
    assert "The file is in order." in setup.said()


def test_drawing_is_a_switch_of_blinded_studies(setup: SetUp) -> None:
    setup.part("Design")
    setup.app.checkbox(key="setup-design-drawing").set_value(True).run()
    assert "drawing = true" in setup.text
    assert "The file is in order." in setup.said()
    setup.app.checkbox(key="setup-design-blinded").set_value(False).run()
    assert "drawing needs blinded = true" in setup.said()


def test_the_form_shows_what_the_text_says(setup: SetUp) -> None:
    setup.write(setup.text.replace("seed = 1", 'seed = 7\nmode = "without_then_with"'))
    setup.part("Design")
    assert setup.app.number_input(key="setup-design-seed").value == 7
    assert setup.app.selectbox(key="setup-design-mode").value == "without_then_with"
    setup.write("title = ")
    assert "as soon as the text is TOML" in setup.said()
    assert "line 1: this is not TOML" in setup.said()


def test_cases_come_from_one_source(setup: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    setup.part("Cases and findings")
    setup.app.radio(key="setup-cases-kind").set_value("folder").run()
    setup.app.text_input(key="setup-cases-folder").set_value("nowhere").run()
    assert 'folder = "nowhere"' in setup.text and "study =" not in setup.text
    # Nothing may be taken from the server unless the installation says from where.
    assert "'nowhere' does not lie where cases may be taken from here" in setup.said()
    monkeypatch.setenv("SHAMSUL_STUDY_FOLDERS", str(settings().data_dir))
    settings.cache_clear()
    setup.app.run()
    assert "there is no folder 'nowhere'" in setup.said()


def test_the_usual_questions_can_be_changed(setup: SetUp) -> None:
    setup.press("Add questions")
    assert setup.text.count("[[question]]") == len(DEFAULT.questions)
    assert "The file is in order." in setup.said()
    setup.write(setup.text.replace("Is the finding present?", "Do you see it?"))
    setup.press("Create the study")
    store = Store(settings().database)
    asked = store.study("my-study").questionnaire
    store.close()
    assert asked.question("finding_present").wording == "Do you see it?"
    assert asked.questions[1:3] == DEFAULT.questions[1:3]


def test_what_is_written_is_there_when_one_comes_back(setup: SetUp) -> None:
    setup.write(setup.text.replace("My study", "Mine"))
    setup.app.switch_page("pages/worklist.py").run()
    setup.app.switch_page("pages/setup.py").run()
    assert 'title = "Mine"' in setup.text
    setup.press("Create the study")
    setup.choose("")
    assert 'name = "my-study-2"\ntitle = "My study"' in setup.text
    setup.choose("my-study")
    setup.app.switch_page("pages/worklist.py").run()
    setup.app.switch_page("pages/setup.py").run()
    assert setup.app.selectbox(key="setup-of").value == "my-study"


def test_a_running_study_is_updated(setup: SetUp) -> None:
    setup.press("Create the study")
    setup.view("Study file")
    setup.write(setup.text.replace('"Bo"]', '"Bo", "Cy"]'))
    assert "Create the study" not in setup.labels()
    assert setup.app.selectbox(key="setup-model").disabled
    assert not setup.app.text_input(key="setup-title").disabled
    setup.press("Update the study")
    assert "My study updated: 6 cases, 18 readings." in setup.said()
    setup.view("Study file")
    setup.write(setup.text.replace("seed = 1", "seed = 2"))
    setup.press("Update the study")
    assert "is running: its model, methods" in setup.said()


def test_a_study_is_closed_and_reopened(setup: SetUp) -> None:
    setup.press("Create the study")
    setup.press("Close the study")
    setup.press("Close it")
    assert studies()["my-study"].closed_at is not None  # type: ignore[attr-defined]
    again = SetUp("setup")
    again.choose("my-study")
    assert "closed on" in again.said()
    assert "Compute all maps" not in again.labels()
    again.view("Study file")
    assert "My study is closed; reopened, it can be changed." in again.said()
    again.view("Follow")
    again.press("Reopen the study")
    assert studies()["my-study"].closed_at is None  # type: ignore[attr-defined]


def test_cases_are_chosen_by_their_pictures_and_added_later(setup: SetUp) -> None:
    setup.part("Cases and findings")
    assert "None chosen: all 8 cases taken" in setup.said()
    assert "Pleural Effusion 1.00" in setup.said()
    setup.check("phantom-0005", True)
    setup.check("phantom-0001", True)
    assert 'only = ["phantom-0005", "phantom-0001"]' in setup.text
    assert "2 of 8 cases chosen" in setup.said()
    setup.check("phantom-0005", False)
    setup.press("Create the study")
    setup.view("Study file")
    setup.part("Cases and findings")
    setup.check("phantom-0005", True)
    setup.press("Add cases")
    assert "My study extended: 2 cases, 4 readings." in setup.said()
    setup.view("Study file")
    setup.press("Add cases")
    assert "names no further case" in setup.said()


def test_pictures_are_sought_and_sorted_by_a_finding(setup: SetUp) -> None:
    def names() -> list[str]:
        boxes = [one for one in setup.app.checkbox if str(one.key).startswith("setup-take")]
        return [as_read(one.label) for one in boxes]

    setup.part("Cases and findings")
    store = Store(settings().database)
    cases = {case.name: case for case in store.cases("phantom-demo")}
    store.close()
    assert names() == list(cases)
    (order,) = [one for one in setup.app.selectbox if one.label == "Sort by"]
    order.set_value("Cardiomegaly").run()
    classifier = registry.load(registry.folder_of("phantom"))
    archive = RadiographArchive(settings().radiographs)
    said = {
        name: classifier.predict(archive.get(case.image_sha256))["Cardiomegaly"].probability
        for name, case in cases.items()
    }
    assert names() == sorted(cases, key=lambda name: -said[name])
    (search,) = [one for one in setup.app.text_input if one.label == "Search cases"]
    search.set_value("0003").run()
    assert names() == ["phantom-0003"]


def test_a_fault_stands_beside_its_field_too(setup: SetUp) -> None:
    setup.write(setup.text.replace("seed = 1", 'repeats = 9\nmode = "crossover"'))
    assert ":red[:material/error: 1 fault in Design]" in setup.said()
    setup.part("Design")
    markdown = [as_read(one.value) for one in setup.app.markdown]
    assert ":red[:material/error: a crossover needs sessions = 2]" in markdown
    setup.write(setup.text.replace('mode = "crossover"', "warm_up = -1"))
    markdown = [as_read(one.value) for one in setup.app.markdown]
    (at,) = [n for n, one in enumerate(markdown) if "greater than or equal to 0]" in one]
    assert markdown[at].startswith(":red[:material/error: must be")
    setup.write(setup.text.replace("warm_up = -1", 'mode = "crossover"'))
    assert "line 15: design: a crossover needs sessions = 2" in setup.said()


def test_everything_that_people_choose_has_words(setup: SetUp) -> None:
    app, shown, labels = setup.app, [], []
    for part in ("Study", "Cases and findings", "Design"):
        setup.part(part)
        for kind in (app.selectbox, app.multiselect, app.radio):
            shown += [option for one in kind for option in one.options]
        for kind in (app.selectbox, app.multiselect, app.radio, app.checkbox, app.number_input):
            labels += [one.label for one in kind]
    assert [name for name in (*shown, *labels) if "_" in as_read(name)] == []
    assert "Image alone, then with the maps" in shown
    assert "Grad-CAM" in shown
    setup.part("Questions")
    (asked,) = [table.value for table in app.table if "Answered by" in table.value]
    assert set(asked["Answered by"]) <= set(words.KINDS.values())
    assert set(asked.index) <= set(words.STEPS.values())


def test_all_maps_are_computed_from_the_page(setup: SetUp) -> None:
    setup.press("Create the study")
    assert "0 of 24 maps are there; readers wait for the others." in setup.said()
    setup.press("Compute all maps")
    work = session.precomputing()["my-study"]
    deadline = time.monotonic() + 60
    while not work.is_over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    again = SetUp("setup")
    again.choose("my-study")
    assert "All 24 maps are there" in again.said()
    assert "Compute all maps" not in again.labels()


def test_each_reader_has_a_link(setup: SetUp) -> None:
    setup.write(setup.text.replace('"Bo"', '"Bo & Cy"'))
    setup.press("Create the study")
    found = [one.value for one in setup.app.code]
    assert [one.partition("/reading?")[2] for one in found] == [
        "study=my-study&reader=Ada",
        "study=my-study&reader=Bo+%26+Cy",
    ]
    (progress,) = setup.app.dataframe
    assert list(progress.value["Reader"]) == ["Ada", "Bo & Cy"]
    assert list(progress.value["Last activity"]) == ["none yet"] * 2
    store = Store(settings().database)
    store.record([answer(Readings(store.database).of("my-study", "Ada")[0], "location", 3, 0)])
    store.close()
    setup.app.run()
    assert list(setup.app.dataframe[0].value["Last activity"]) == ["just now", "none yet"]


def test_results_say_that_nothing_was_rated(installation: Path, setup: SetUp) -> None:
    setup.press("Create the study")
    results = SetUp("results")
    assert "Nothing has been rated in this study yet." in results.said()
    (progress,) = results.app.dataframe
    assert list(progress.value["Finished"]) == ["0 of 6", "0 of 6"]


def test_results_follow_the_answers(installation: Path, setup: SetUp) -> None:
    setup.press("Create the study")
    store = Store(settings().database)
    readings = Readings(store.database)

    def rate(score: int) -> None:
        for one in readings.of("my-study", "Ada")[:2]:
            for panel in range(4):
                store.record([answer(one, "location", score, panel)])

    rate(4)
    results = SetUp("results")
    assert not results.app.exception

    def means(results: SetUp) -> set[float]:
        tables = [frame.value for frame in results.app.dataframe]
        (found,) = (
            table
            for table in tables
            if "mean" in table
            and "score" not in table
            and "item" in table
            and "method" in table
            and "low" in table
        )
        return set(found["mean"].dropna())

    assert means(results) == {4.0}
    rate(2)
    results.app.run()
    assert means(results) == {2.0}
    store.close()
    labels = {button.proto.label for button in results.app.get("download_button")}
    assert {"Report (HTML)", "Ratings (CSV)", "Everything (JSON)"} <= labels
    files = sections.results("my-study", "now").files
    assert files["truth.csv"].startswith(b"case,label,present,source\r\n")


def test_models_beside_are_chosen_among_the_others_and_stay_changeable(setup: SetUp) -> None:
    install(settings().models, "gaze")
    install(settings().models, "stranger", labels=("Mass", "Hernia"))
    setup.write(setup.text)
    field = setup.app.multiselect(key="setup-beside")
    assert list(field.options) == ["phantom-gaze", "gaze", "stranger"]
    field.set_value(["gaze", "stranger"]).run()
    assert "beside: 'stranger' has no finding in common with 'phantom'" in setup.said()
    setup.app.multiselect(key="setup-beside").set_value(["gaze"]).run()
    assert 'beside = ["gaze"]' in setup.text
    setup.press("Create the study")
    store = session.store()
    assert store.study("my-study").beside == ("gaze",)
    setup.view("Study file")
    setup.app.multiselect(key="setup-beside").set_value([]).run()
    setup.press("Update the study")
    assert store.study("my-study").beside == ()


def test_a_closed_study_leads_to_its_review(setup: SetUp) -> None:
    setup.press("Create the study")

    def links() -> list[str]:
        found = setup.app.get("page_link")
        return [str(one.proto) for one in found if one.proto.label == "Review its cases"]

    assert not links()
    Readings(session.store().database).close("my-study")
    setup.app.run()
    first = session.store().cases("my-study")[0]
    (link,) = links()
    assert f"case={first.id}" in link
