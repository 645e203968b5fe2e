"""A coordinator adjudicates what readers disagree on, by the page's logic."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from shamsul.reading import Store
from shamsul.reading.database.consensuses import Consensuses
from shamsul.reading.database.readings import Readings
from shamsul.settings import settings
from shamsul.ui.results import sections
from shamsul.ui.shared import session
from tests.reading.database.test_readings import answer
from tests.ui.conftest import as_read, make_study, study_text

APP = Path(__file__).resolve().parents[3] / "app.py"
FIRST, SECOND = "phantom-0001", "phantom-0005"


@pytest.fixture
def store(installation: Path) -> Iterator[Store]:
    """Of the first case Ada and Bo say 3 and 4, of the second 1 and 5, about Grad-CAM."""
    make_study(installation, study_text())
    store = Store(settings().database)
    readings = Readings(store.database)
    scores = {("Ada", FIRST): 3, ("Bo", FIRST): 4, ("Ada", SECOND): 1, ("Bo", SECOND): 5}
    for one in readings.of("trial"):
        store.record([answer(one, "location", scores[one.reading.reader, one.case.name], 0)])
        store.record([answer(one, "comment", f"by {one.reading.reader} *", 1)])
    yield store
    store.close()


class Page:
    """What a coordinator does there."""

    def __init__(self, name: str = "Cy") -> None:
        self.app = AppTest.from_file(str(APP), default_timeout=60).run()
        self.app.text_input(key="reader").set_value(name).run()
        self.app.switch_page("pages/adjudicate.py").run()
        assert not self.app.exception

    def said(self) -> str:
        app = self.app
        kinds = (app.error, app.warning, app.info, app.success, app.caption, app.markdown)
        return as_read("\n".join(element.value for kind in kinds for element in kind))

    def tables(self) -> list[dict[str, list[str]]]:
        return [table.value.reset_index().to_dict("list") for table in self.app.table]

    def keep(self, score: int, comment: str) -> None:
        control = next(one for one in self.app.button_group if one.label == "Grad-CAM")
        control.set_value(score)
        self.app.text_area[0].set_value(comment)
        next(one for one in self.app.button if one.label == "Keep the consensus").click().run()
        assert not self.app.exception


def test_the_worst_case_comes_first_with_all_answers_beside(store: Store) -> None:
    page = Page()
    (cases,) = page.app.radio
    assert [as_read(one) for one in cases.options] == [
        f"**{SECOND}**, Pleural Effusion",
        f"**{FIRST}**, Pleural Effusion",
    ]
    scores, other = page.tables()
    assert scores == {"Reader": ["Ada", "Bo"], "Grad-CAM": ["1", "5"]}
    assert [as_read(one) for one in other["Answer"]] == ["by Ada *", "by Bo *"]
    cases.set_value(next(key for key in [f"{store.cases('trial')[0].id}/Pleural Effusion"])).run()
    assert page.tables()[0]["Grad-CAM"] == ["3", "4"]


def test_a_consensus_is_kept_as_such_and_shown_again(store: Store) -> None:
    before = store.export_rows("trial")
    Page().keep(4, "seen *together*")
    (kept,) = Consensuses(store.database).of("trial")
    assert (kept.case.name, kept.scores, kept.author) == (SECOND, {"grad_cam": 4}, "Cy")
    assert store.export_rows("trial") == before
    again = Page("Di")
    assert "Kept by Cy on" in again.said()
    assert next(one for one in again.app.button_group if one.label == "Grad-CAM").value == 4
    assert again.app.text_area[0].value == "seen *together*"
    again.app.toggle(key="adjudicate-open").set_value(True).run()
    assert [as_read(one) for one in again.app.radio[0].options] == [
        f"**{FIRST}**, Pleural Effusion"
    ]


def test_nobody_keeps_a_consensus_without_a_name(store: Store) -> None:
    page = Page("")
    (button,) = [one for one in page.app.button if one.label == "Keep the consensus"]
    assert button.disabled
    assert "Type your name" in page.said()


def test_it_is_in_the_results_and_their_description(store: Store) -> None:
    before = sections.fingerprint(session.store().study("trial"))
    case = store.cases("trial")[0]
    Consensuses(store.database).record(case, "Pleural Effusion", "location", {"lrp": 2}, "", "Cy")
    now = sections.fingerprint(session.store().study("trial"))
    assert now != before
    found = sections.results("trial", now)
    assert b"lrp,location,2," in found.files["consensus.csv"]
    assert b"1 questions about 1 cases and findings, kept by Cy" in found.files["report.html"]


def test_it_says_so_where_there_is_nothing_to_adjudicate(installation: Path) -> None:
    page = Page()
    assert "there is nothing to adjudicate" in page.said()
    make_study(installation, study_text())
    store = Store(settings().database)
    one = Readings(store.database).of("trial", "Ada")[0]
    store.record([answer(one, "location", 3, 0)])
    store.close()
    page = Page()
    assert "No two readers have scored the same map yet." in page.said()
