"""The pages' logic, with one-line explainers and no browser."""

import csv
import io
import itertools
import json
import re
import shutil
import threading
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from shamsul.classifiers.manifest import Manifest
from shamsul.classifiers.prediction import LabelScore, Prediction
from shamsul.explainers.method import ExplainerError, Method, Relevance, Task
from shamsul.explainers.registry import METHODS
from shamsul.reading import Store, StoreError
from shamsul.reading.design.listing import Ask, Order
from shamsul.reading.exports.ratings import export_ratings
from shamsul.settings import settings
from shamsul.studies import panels
from shamsul.ui.shared import session, viewer
from shamsul.ui.shared.wording import plain
from tests.ui.conftest import LOCATION, ROOT, Pages, as_read, components

pytestmark = pytest.mark.usefixtures("installation")


def refuse(task: Task) -> Relevance:
    raise ExplainerError("This network has no rule.")


def png(shape: tuple[int, int] = (60, 40), seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, shape).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def rows() -> list[dict[str, str]]:
    store = Store(settings().database)
    text = export_ratings(store, "phantom-demo").ratings.decode()
    store.close()
    return list(csv.DictReader(io.StringIO(text)))


def test_first_start_shows_the_demo_and_the_line(pages: Pages) -> None:
    assert not pages.app.exception
    assert "Research use only, not for diagnosis." in pages.texts()
    assert "shows, side by side, where four methods say" in pages.texts()
    assert [row["name"] for row in pages.listed()][:2] == ["phantom-0001", "phantom-0002"]
    assert {row["origin"] for row in pages.listed()} == {"demo"}
    assert list(pages.app.button_group[0].options) == ["Phantom demo", "My radiographs"]
    assert str(settings().data_dir) in pages.texts()


def test_batch_goes_through_but_for_what_cannot_be_read(pages: Pages, tmp_path: Path) -> None:
    pages.upload(
        ("DOE_JANE.png", png()), ("notes.txt", b"not a radiograph"), ("b.png", png(seed=1))
    )
    assert not pages.app.exception
    assert "2 radiographs added" in pages.texts()
    assert [error.value for error in pages.app.error] == ["1 file not added; the table says why."]
    (table,) = pages.app.dataframe
    names = [row["name"] for row in pages.listed()]
    assert list(table.value["File"]) == ["DOE_JANE.png", "notes.txt", "b.png"]
    assert list(table.value["Case"]) == [names[0], "", names[1]]
    assert list(table.value["What became of it"]) == ["new case", "not added", "new case"]
    assert table.value["Why"][1] == "The file is not a DICOM, PNG or JPEG image."
    assert {row["origin"] for row in pages.listed()} == {"upload"}
    assert all(row["picture"].startswith("data:image/jpeg;base64,") for row in pages.listed())
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in kept if "DOE" in path.name or b"DOE_JANE" in path.read_bytes()]


def test_same_file_twice_is_one_case(pages: Pages) -> None:
    pages.upload(("a.png", png()))
    pages.upload(("b.png", png()))
    (row,) = pages.listed()
    assert "radiograph added" not in pages.texts()
    assert "1 file here already: nothing was added for that." in pages.texts()
    assert list(pages.app.dataframe[0].value["Case"]) == [row["name"]]


def test_one_upload_with_a_file_twice_counts_it_once(pages: Pages) -> None:
    pages.upload(("a.png", png()), ("b.png", png()), ("c.png", png(seed=1)))
    assert "2 radiographs added" in pages.texts()
    assert "1 file here already" in pages.texts()


def app_at(page: str, query: dict[str, str | list[str]]) -> AppTest:
    """The app as a fresh browser finds it at an address."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update({"reader": "Reader 1", **query})
    return app.run() if page == "worklist" else app.switch_page(f"pages/{page}.py").run()


@pytest.mark.parametrize(
    ("page", "query", "sentence"),
    [
        ("review", {"case": "9999"}, "names no case to review"),
        ("review", {"case": ""}, "names no case to review"),
        ("review", {"case": "one"}, "names no case to review"),
        ("worklist", {"study": "nonsense"}, "no study “nonsense” here"),
        ("worklist", {"study": ""}, "no study named in the address"),
        ("evaluate", {"study": "no*where*"}, r"no study “no\*where\*” here"),
        ("worklist", {"study": r"no\*where\*"}, r"no study “no\*where\*” here"),
        ("evaluate", {"view": "Nothing"}, "no view “Nothing” here"),
        (
            "evaluate",
            {"view": "Faithfulness", "measures": ["Sensitivity-n", "Nothing"]},
            "no measure “Nothing” here",
        ),
        (
            "evaluate",
            {"view": "Faithfulness", "measured-methods-phantom-demo": "None"},
            "no method “None” here",
        ),
        ("results", {"results-of": "nobody's"}, "no study “nobody's” here"),
        ("reading", {"study": "phantom-demo"}, "a study that is none of yours"),
    ],
)
def test_an_address_that_names_what_is_not_there_says_so(
    pages: Pages, page: str, query: dict[str, str | list[str]], sentence: str
) -> None:
    pages.app = app_at(page, query)
    assert sentence in pages.texts()
    assert not components(pages.app)
    before = {"method": 1, "measure": 2}  # its views, and what is chosen before
    assert len(pages.app.button_group) <= (page == "evaluate") * before.get(sentence.split()[1], 1)
    assert not [one for one in pages.app.markdown if "phantom-0001" in one.value]


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("worklist", {"case": "12"}),
        ("worklist", {"study": "My radiographs"}),
        ("evaluate", {"view": "Study", "study": "Phantom demo"}),
        ("evaluate", {"view": "Faithfulness", "measures": "", "measures-again": ""}),
        ("results", {"results-of": "My radiographs"}),
    ],
)
def test_an_address_that_names_what_is_there_is_shown(
    pages: Pages, page: str, query: dict[str, str]
) -> None:
    pages.app = app_at(page, query)
    assert not pages.app.error and "link may be old" not in pages.texts()


def test_results_begin_with_what_the_study_was(pages: Pages) -> None:
    app = app_at("results", {"results-of": "Phantom demo"})
    assert [one.label for one in app.expander] == ["What the study was"]
    (told,) = [one.proto.body for one in app.get("html") if "<table" in one.proto.body]
    assert "<th scope='row'>Trained on</th><td>Synthetic radiographs" in told
    assert "<td class=blank>[the author must supply: sources of funding" in told
    assert any("never saw a patient" in one.value for one in app.markdown)


def test_results_are_charts_that_say_in_words_what_they_show(pages: Pages) -> None:
    assert not app_at("results", {"results-of": "Phantom demo"}).get("plotly_chart")
    pages.review()
    pages.answer("LIME", 4)
    app = app_at("results", {"results-of": "Phantom demo"})
    alts = [chart.proto.alt for chart in app.get("plotly_chart")]
    titles = [alt.split(". ")[0] for alt in alts]
    assert titles == [
        "Scores by item and method",
        "Mean scores",
        "Mean scores of each reader",
        "Time per case",
        "Learning curve",
        "Score and localisation",
    ]
    assert "n = 1 ratings" in alts[0]
    for alt in alts:
        assert any(plain(alt.split(". ", 1)[1]) == one.value for one in app.caption)


@pytest.mark.parametrize("chosen", ["trial", None])
def test_what_was_chosen_on_another_page_is_no_study_of_the_worklist(
    pages: Pages, chosen: str | None
) -> None:
    pages.app.session_state["study"] = chosen
    pages.app.query_params["case"] = "12"
    pages.app.run()
    assert not pages.app.error
    assert pages.app.button_group[0].value == "phantom-demo"


def test_review_opens_on_the_most_probable_finding_above_its_operating_point(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on the first in the model's order, nor on one below, nor on No Finding."""
    named = ("No Finding", "Cardiomegaly", "Pleural Effusion", "Pneumothorax", "Consolidation")
    probable = (0.95, 0.6, 0.8, 0.9, 0.1)
    operating = (0.5, 0.5, 0.5, 0.99, 0.5)
    scores = tuple(
        LabelScore(label, 0.0, probability, threshold)
        for label, probability, threshold in zip(named, probable, operating, strict=True)
    )
    prediction = Prediction("phantom", scores)
    monkeypatch.setattr(session, "prediction", lambda study, case: prediction)
    pages.review()
    assert pages.app.session_state["labels-shown"] == {"labels-1-phantom": ["Pleural Effusion"]}


def test_neighbours_stand_in_the_order_of_the_list(pages: Pages) -> None:
    pages.app.session_state["asked-phantom-demo"] = Ask(order=Order.NAME, descending=True)
    pages.review(3)
    (strip,) = [one for one in components(pages.app) if one.key == "strip"]
    shown = json.loads(strip.proto.json)["cases"]
    assert [one["name"] for one in shown] == [f"phantom-000{n}" for n in range(8, 0, -1)]
    pages.app.button(key="case-after").click().run()
    assert pages.app.query_params["case"] == "2"


def test_film_stands_before_the_fastest_engine_is_looked_for(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "lime", replace(METHODS["lime"], half=True))
    happened: list[str] = []
    draw = viewer.viewer

    def drawn(*given: Any, key: str, **options: Any) -> viewer.ViewerState:
        happened.append(key)
        return draw(*given, key=key, **options)

    def measured(folder: Path, manifest: Manifest) -> str:
        happened.append("measured")
        return ""

    monkeypatch.setattr(viewer, "viewer", drawn)
    monkeypatch.setattr(panels, "half_engine", measured)
    monkeypatch.setattr(panels, "is_measured", lambda manifest: "measured" in happened)
    pages.review(1)
    assert happened[:3] == ["film-1", "measured", "viewer-1"]
    assert happened.count("film-1") == 1
    assert pages.column("LIME").token


def test_nobody_rates_before_a_name_is_typed(pages: Pages) -> None:
    fresh = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert fresh.text_input(key="reader").value == ""
    pages.browser.shown = None
    fresh.query_params["case"] = "1"
    fresh.session_state["dock"] = "Rate"
    fresh.switch_page("pages/review.py").run()
    assert pages.browser.shown is None
    assert any("Type a reader's name" in info.value for info in fresh.info)
    fresh.text_input(key="reader").set_value("Ada").run()
    assert pages.browser.shown is not None


def test_real_radiograph_with_the_phantom_model_is_warned_about(pages: Pages) -> None:
    pages.upload(("a.png", png()))
    store = Store(settings().database)
    (case,) = store.cases("my-radiographs")
    store.close()
    pages.review(case.id)
    assert any("never saw a patient" in warning.value for warning in pages.app.warning)
    pages.review(1)
    assert not pages.app.warning


def test_note_of_a_radiograph_is_a_warning(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = session.radiograph
    monkeypatch.setattr(session, "radiograph", lambda sha: replace(kept(sha), notes=("Look out.",)))
    pages.review(1)
    assert [warning.value for warning in pages.app.warning] == ["Look out."]


def test_nothing_is_answered_before_the_reader_answers(pages: Pages) -> None:
    pages.review()
    assert not pages.app.exception
    for title in ("LIME", "SHAP", "Grad-CAM", "LRP"):
        assert pages.shown(title) is None
    assert rows() == []


def test_click_is_saved_and_shown_again(pages: Pages) -> None:
    pages.review()
    pages.answer("Grad-CAM", 4)
    assert pages.form()["notice"].startswith("Saved at")
    (row,) = rows()
    assert (row["method"], row["item"], row["score"], row["reader"]) == (
        "grad_cam",
        "location",
        "4",
        "Reader 1",
    )
    assert row["blinded"] == "false"
    assert row["panel_position"] == "3"
    again = Pages(pages.browser)
    again.review()
    assert again.shown("Grad-CAM") == 4


def test_cannot_judge_is_no_score(pages: Pages) -> None:
    pages.review()
    pages.answer("LRP", "cannot judge")
    (row,) = rows()
    assert (row["score"], row["cannot_judge"]) == ("", "true")


def test_changed_answer_is_a_revision(pages: Pages) -> None:
    pages.review()
    pages.answer("LRP", 2)
    pages.answer("LRP", 5)
    (row,) = rows()
    assert (row["score"], row["revision"]) == ("5", "2")


def test_another_reader_starts_empty(pages: Pages) -> None:
    pages.review()
    pages.answer("LIME", 1)
    pages.app.text_input(key="reader").set_value("Reader 2").run()
    assert pages.shown("LIME") is None


def test_no_reader_no_rating(pages: Pages) -> None:
    pages.review()
    pages.browser.shown = None
    pages.app.text_input(key="reader").set_value(" ").run()
    assert pages.browser.shown is None
    assert any("reader's name" in info.value for info in pages.app.info)


def full(self: Store, answers: object) -> None:
    raise StoreError("The disk of the ratings database is full.")


def test_failed_save_is_said_and_goes_with_the_next_click(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.review()
    with monkeypatch.context() as patch:
        patch.setattr(Store, "record", full)
        pages.answer("LIME", 3)
        assert pages.form()["error"] == "The disk of the ratings database is full."
        assert len(pages.browser.events) == 1
        assert rows() == []
    pages.answer("LRP", 5)
    assert pages.form()["error"] == ""
    assert pages.browser.events == []
    assert {(row["method"], row["score"]) for row in rows()} == {("lime", "3"), ("lrp", "5")}


def test_failed_save_is_sent_again_from_another_case(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.review(1)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "record", full)
        pages.answer("LIME", 3)
        pages.review(2)
        assert pages.form()["error"]
    pages.app.run()  # what the browser's outbox asks for by itself
    assert not pages.form()["error"]
    (row,) = rows()
    assert row["case"] == "phantom-0001"


def test_what_is_sent_twice_is_one_answer(pages: Pages) -> None:
    pages.review()
    pages.answer("LIME", 3)
    pages.browser.put(pages.column("LIME").token, LOCATION, 4)
    sent = list(pages.browser.events)
    pages.app.run()
    pages.browser.events = sent
    pages.app.run()
    (row,) = rows()
    assert (row["score"], row["revision"]) == ("4", "2")


def test_two_clicks_that_arrive_together_are_two_revisions(pages: Pages) -> None:
    pages.review()
    pages.browser.put(pages.column("LIME").token, LOCATION, 3)
    pages.answer("LIME", 5)
    (row,) = rows()
    assert (row["score"], row["revision"]) == ("5", "2")


def test_answers_of_a_lost_session_are_taken_by_the_next(pages: Pages) -> None:
    pages.review()
    token = pages.column("LIME").token
    again = Pages(pages.browser)
    pages.browser.put(token, LOCATION, 2)
    again.review()
    (row,) = rows()
    assert (row["score"], pages.browser.events) == ("2", [])


def test_answer_about_a_case_that_this_session_does_not_know_waits(pages: Pages) -> None:
    pages.review()
    pages.browser.put("Reader 1/2/No Finding/lime/" + "0" * 64, LOCATION, 2)
    pages.answer("LRP", 5)
    assert "opened again" in pages.form()["error"]
    assert len(pages.browser.events) == 2  # kept in the page
    (row,) = rows()
    assert (row["method"], row["score"]) == ("lrp", "5")


def test_event_that_no_page_of_ours_sends_is_dropped(pages: Pages) -> None:
    pages.review()
    for value in (17, "5", [1], {"a": 1}, True):
        pages.answer("LIME", value)
    pages.answer("LIME", 1, item="no such item")
    assert (rows(), pages.browser.events, pages.form()["error"]) == ([], [], "")


def open_settings(pages: Pages) -> None:
    pages.app.session_state["settings"] = True
    pages.app.run()


def test_answer_is_not_shown_for_another_map(pages: Pages) -> None:
    """Another target gives other maps, which nobody has rated yet."""
    pages.review()
    pages.answer("LIME", 3)
    open_settings(pages)
    pages.app.radio(key="target").set_value("probability").run()
    pages.settle()
    assert pages.shown("LIME") is None
    pages.app.radio(key="target").set_value("logit").run()
    pages.settle()
    assert pages.shown("LIME") == 3


def test_second_click_takes_the_answer_back_and_says_so(pages: Pages) -> None:
    pages.review()
    pages.answer("LIME", 3)
    pages.answer("LIME", None)
    assert pages.form()["notice"].startswith("Answer taken back at")
    assert rows() == []


def test_question_about_the_case_is_exported_apart(pages: Pages) -> None:
    pages.review()
    pages.browser.put(pages.form()["case"].token, "agreement", "disagree")
    pages.app.run()
    assert rows() == []
    store = Store(settings().database)
    assert b"disagree" in export_ratings(store, "phantom-demo").cases
    store.close()


def test_failed_map_is_a_sentence_and_the_others_are_rated(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "lrp", Method("lrp", "LRP", refuse, (), False, "", ""))
    pages.review(2)
    assert not pages.app.exception
    assert pages.column("LRP").waiting == "no map"
    assert any(button.label == "Compute failed maps again" for button in pages.app.button)
    pages.answer("SHAP", 3)
    assert pages.form()["notice"].startswith("Saved at")


def test_further_methods_are_chosen_in_the_settings(pages: Pages) -> None:
    pages.review()
    assert [column.title for column in pages.form()["maps"]] == ["LIME", "SHAP", "Grad-CAM", "LRP"]
    open_settings(pages)
    chooser = pages.app.button_group(key="methods")
    chooser.set_value(["RISE", "LRP"]).run()
    pages.settle()
    assert [column.title for column in pages.form()["maps"]] == ["LRP", "RISE"]
    pages.answer("RISE", 4)
    (row,) = rows()
    assert (row["method"], row["panel_position"], row["score"]) == ("rise", "2", "4")
    # What was chosen is kept when the settings are shut, also for other cases.
    pages.app.session_state["settings"] = False
    pages.app.run()
    pages.review(2)
    assert [column.title for column in pages.form()["maps"]] == ["LRP", "RISE"]


def test_several_labels_and_choosing_which_to_rate(pages: Pages) -> None:
    chosen = ["Cardiomegaly", "Lung Lesion"]
    pages.app.session_state["labels-shown"] = {"labels-1-phantom": chosen}
    pages.review()
    chooser = next(g for g in pages.app.button_group if g.label == "Finding to rate")
    chooser.set_value("Lung Lesion").run()
    pages.answer("SHAP", 2)
    (row,) = rows()
    assert row["label"] == "Lung Lesion"


def test_a_damaged_film_beside_another_is_named(pages: Pages, installation: Path) -> None:
    beside = session.store().cases("phantom-demo")[1]
    (installation / "radiographs" / f"{beside.image_sha256}.npz").write_bytes(b"PK")
    pages.app.session_state["beside"] = beside.id
    pages.review()
    assert "phantom-0002 cannot be shown\\: The radiograph's file in the archive" in pages.texts()


def ramp(task: Task) -> Relevance:
    shape = (len(task.outputs), *task.image.values.shape)
    return Relevance(np.broadcast_to(np.linspace(-1, 1, shape[-1]), shape), 1)


def compared(pages: Pages) -> dict[str, str]:
    """What the charts of the comparison say in words, by the measure."""
    texts = [chart.proto.alt for chart in pages.app.get("plotly_chart")]
    return dict(text.split(": ", 1) for text in texts if ": " in text)


def test_maps_are_compared_once_that_is_opened(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "lrp", Method("lrp", "LRP", ramp, (), False, "", ""))
    pages.review()
    assert not compared(pages)
    pages.app.session_state["dock"] = "Compare"
    pages.app.run()
    (label,) = pages.app.session_state["labels-shown"]["labels-1-phantom"]
    charts = compared(pages)
    assert set(charts) == {
        f"Rank correlation (Spearman) for {label}",
        f"Structural similarity (SSIM) for {label}",
        f"Overlap of the top 10% for {label}",
    }
    ssim = charts[f"Structural similarity (SSIM) for {label}"].split("; ")
    assert ssim[0] == "LIME and SHAP 1.00"
    assert ssim[-1].startswith("Grad-CAM and LRP 0.")
    # A constant map has no order.
    assert "LIME and SHAP –" in charts[f"Rank correlation (Spearman) for {label}"]
    assert "LRP alone points at a region; LIME, SHAP and Grad-CAM show nothing" in pages.texts()
    helps = " ".join(one.help for one in pages.app.markdown if one.help)
    for word in ("−1 reversed", "identical", "by chance"):
        assert word in helps
    for word in ("may still be wrong", "Krishna et al."):
        assert word in pages.texts()


def test_each_label_shown_has_its_comparison(pages: Pages) -> None:
    shown = {"labels-1-phantom": ["Cardiomegaly", "Lung Lesion"]}
    pages.app.session_state["labels-shown"] = shown
    pages.review()
    pages.review(dock="Compare")
    assert len(compared(pages)) == 6


def test_single_map_is_compared_with_nothing_and_says_so(pages: Pages) -> None:
    pages.review(dock="Compare")
    open_settings(pages)
    chooser = pages.app.button_group(key="methods")
    chooser.set_value(["LRP"]).run()
    pages.settle()
    assert compared(pages) == {}
    assert "nothing to compare before the maps of two methods are there" in pages.texts()


def test_faulty_model_is_a_sentence(pages: Pages) -> None:
    store = Store(settings().database)
    store.set_model("phantom-demo", "xrv/densenet121-res224-all")
    store.close()
    pages.app.query_params["case"] = "1"
    pages.app.switch_page("pages/review.py").run()
    assert not pages.app.exception
    assert any("not downloaded yet" in error.value for error in pages.app.error)


def test_database_that_fails_while_reading_is_a_sentence(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Store, *arguments: object) -> None:
        raise StoreError("The ratings database cannot be opened.")

    pages.review()
    monkeypatch.setattr(Store, "answers", broken)
    pages.app.run()
    assert not pages.app.exception
    assert any("cannot be opened" in error.value for error in pages.app.error)


def test_damaged_radiograph_is_a_sentence(pages: Pages) -> None:
    for file in settings().radiographs.rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged")
    st.cache_resource.clear()
    st.cache_data.clear()
    pages.app.run()
    assert "shows, side by side, where four methods say" in pages.texts()
    assert [row["name"] for row in pages.listed()][:2] == ["phantom-0001", "phantom-0002"]
    assert {row["origin"] for row in pages.listed()} == {"demo"}
    assert "damaged" in pages.texts() or pages.app.error
    pages.app.query_params["case"] = "1"
    pages.app.switch_page("pages/review.py").run()
    assert "could not be drawn" not in pages.texts()
    assert pages.app.error


def test_models_page_lists_every_model(pages: Pages) -> None:
    pages.app.switch_page("pages/models.py").run()
    assert not pages.app.exception
    assert "phantom" in pages.texts()
    assert "xrv/densenet121-res224-all" in pages.texts()


GENERAL = "xrv/densenet121-res224-all"


def wait_for_download(pages: Pages) -> None:
    """Look again until no download goes on, as the page does by itself."""
    deadline = time.monotonic() + 30
    while [one for one in pages.app.button if one.key == f"stop-{GENERAL}"]:
        assert time.monotonic() < deadline
        pages.app.run()


def test_download_says_how_far_it_is_and_can_be_stopped(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shamsul.classifiers import registry

    asked = threading.Event()

    def slow(name: str, progress: Callable[[int, int | None], None]) -> Path:
        for received in itertools.count(1):
            progress(received * 2**18, 28 * 2**20)
            if received == 8:
                asked.set()
            time.sleep(0.02 if received < 8 else 0.2)
        raise AssertionError

    monkeypatch.setattr(registry, "download", slow)
    pages.app.switch_page("pages/models.py").run()
    pages.app.button(key=f"download-{GENERAL}").click().run()
    assert asked.wait(30)
    pages.app.run()
    (bar,) = pages.app.get("progress")
    assert re.fullmatch(r"\d\.\d of 28\.0 MiB, about .* left", bar.proto.text)
    pages.app.button(key=f"stop-{GENERAL}").click().run()
    wait_for_download(pages)
    assert pages.app.button(key=f"download-{GENERAL}")
    assert not pages.app.error


def test_download_without_a_network_is_a_sentence_and_the_file_is_brought_by_hand(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shamsul.classifiers import registry

    brought: list[bytes] = []

    def offline(name: str, progress: Callable[..., None] | None = None) -> Path:
        raise registry.ModelError("It is damaged." if brought else "No network; put X into Y.")

    monkeypatch.setattr(registry, "download", offline)
    monkeypatch.setattr(registry, "bring", lambda name, content: brought.append(content))
    pages.app.switch_page("pages/models.py").run()
    pages.app.button(key=f"download-{GENERAL}").click().run()
    wait_for_download(pages)
    assert not pages.app.exception
    assert [error.value for error in pages.app.error] == ["No network; put X into Y."]
    (uploader,) = [one for one in pages.app.file_uploader if "saved file" in one.label]
    uploader.set_value([("model.pt", b"weights", "application/octet-stream")])
    pages.app.run()
    wait_for_download(pages)
    assert brought == [b"weights"]
    assert [error.value for error in pages.app.error] == ["It is damaged."]


def test_a_ready_model_is_used_for_a_study(pages: Pages) -> None:
    from shamsul.classifiers import registry

    own = settings().models / "own"
    shutil.copytree(registry.folder_of("phantom"), own)
    pages.app.switch_page("pages/models.py").run()
    assert "Used for Phantom demo, My radiographs." in as_read(pages.texts())
    # The one thing to do next is to use what is ready.
    assert [one.key for one in pages.app.button if one.proto.type == "primary"] == ["use-own"]
    assert pages.app.selectbox(key="use-for-own").value == "my-radiographs"
    pages.app.button(key="use-own").click().run()
    assert session.store().study("my-radiographs").model == "own"
    assert session.store().study("phantom-demo").model == "phantom"
    assert "Used for My radiographs." in as_read(pages.texts())
    assert not [one for one in pages.app.button if one.proto.type == "primary"]


def test_without_a_model_that_has_seen_patients_the_next_thing_is_to_get_one(pages: Pages) -> None:
    pages.app.switch_page("pages/models.py").run()
    primary = [one.key for one in pages.app.button if one.proto.type == "primary"]
    assert primary == [f"download-{GENERAL}"]
    assert "has never seen a patient" in pages.texts()


def test_models_have_their_reports_in_view(pages: Pages) -> None:
    folder = settings().reports / "phantom"
    folder.mkdir(parents=True)
    row = {
        "label": "Edema",
        "images": 40,
        "auroc": 0.91,
        "auroc_low": 0.85,
        "auroc_high": 0.96,
        "sensitivity": None,
        "specificity": 0.5,
    }
    about = {
        "Data": "CheXpert, its test side",
        "Assessed on": "2026-01-02",
        "Weights (SHA-256)": "0" * 64,
        "Images": "40",
        "Probabilities": "not calibrated",
    }
    content = {"about": about, "tables": {"metrics": [row]}}
    (folder / "report.json").write_text(json.dumps(content))
    (folder / "report.html").write_text("<p>")
    pages.app.switch_page("pages/models.py").run()
    assert not pages.app.exception
    (expander,) = [one for one in pages.app.expander if "CheXpert" in one.label]
    assert expander.label == plain("phantom: CheXpert, its test side, 2026-01-02")
    (table,) = expander.dataframe
    assert table.value["AUROC"].tolist() == ["0.910 (0.850 to 0.960)"]
    assert table.value["Sensitivity"].tolist() == ["–"]
    assert "other weights" in pages.texts()
    (folder / "report.json").write_text("[]")
    pages.app.run()
    assert not pages.app.exception
    assert "The report of phantom cannot be read" in pages.texts()


def test_pages_are_not_parsed_into_syntax_trees() -> None:
    # CPython 3.11 fails with a SystemError where two threads make them at once.
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["runner"]["magicEnabled"] is False
