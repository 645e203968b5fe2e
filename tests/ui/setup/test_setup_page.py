"""Study set-up and results, by their logic."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from shamsul.reading.design.instrument import DEFAULT
from shamsul.settings import settings
from shamsul.ui.results import sections
from tests.reading.database.test_readings import answer
from tests.ui.conftest import as_read

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
    app.checkbox(key="setup-design-blinded").set_value(False).run()
    app.number_input(key="setup-design-repeats").set_value(3).run()
    app.multiselect(key="setup-design-controls").set_value(["random_model"]).run()
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
    setup.app.checkbox(key="setup-design-drawing").set_value(True).run()
    assert "drawing = true" in setup.text
    assert "The file is in order." in setup.said()
    setup.app.checkbox(key="setup-design-blinded").set_value(False).run()
    assert "drawing needs blinded = true" in setup.said()


def test_the_form_shows_what_the_text_says(setup: SetUp) -> None:
    setup.write(setup.text.replace("seed = 1", 'seed = 7\nmode = "without_then_with"'))
    assert setup.app.number_input(key="setup-design-seed").value == 7
    assert setup.app.selectbox(key="setup-design-mode").value == "without_then_with"
    setup.write("title = ")
    assert "as soon as the text is TOML" in setup.said()
    assert "line 1: this is not TOML" in setup.said()


def test_cases_come_from_one_source(setup: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_running_study_is_updated_and_closed(setup: SetUp) -> None:
    setup.press("Create the study")
    setup.write(setup.text.replace('"Bo"]', '"Bo", "Cy"]'))
    assert "Create the study" not in setup.labels()
    setup.press("Update the study")
    assert "My study updated: 6 cases, 18 readings." in setup.said()
    setup.write(setup.text.replace("seed = 1", "seed = 2"))
    setup.press("Update the study")
    assert "is running: its model, methods" in setup.said()
    setup.press("Close the study")
    setup.press("Close it for good")
    assert studies()["my-study"].closed_at is not None  # type: ignore[attr-defined]
    again = SetUp("setup")
    again.write(setup.text)
    assert "My study is closed." in again.said()


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
