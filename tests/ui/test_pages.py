"""The pages' logic, with one-line explainers and no browser."""

import csv
import io
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
from shamsul.reading.exports.ratings import export_ratings
from shamsul.settings import settings
from shamsul.studies import panels
from shamsul.ui.shared import session, viewer
from tests.ui.conftest import LOCATION, ROOT, Pages, components

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
    assert len([b for b in pages.app.button if b.label.startswith("phantom-")]) >= 6
    assert list(pages.app.button_group[0].options) == ["Phantom demo", "My radiographs"]
    assert str(settings().data_dir) in pages.texts()


def test_batch_goes_through_but_for_what_cannot_be_read(pages: Pages, tmp_path: Path) -> None:
    pages.upload(
        ("DOE_JANE.png", png()), ("notes.txt", b"not a radiograph"), ("b.png", png(seed=1))
    )
    assert not pages.app.exception
    assert "2 radiographs added" in pages.texts()
    (error,) = pages.app.error
    assert error.value.startswith("notes.txt: ")
    assert error.value.count(".") <= 3
    assert len([b for b in pages.app.button if b.label.startswith("CXR-")]) == 2
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in kept if "DOE" in path.name or b"DOE_JANE" in path.read_bytes()]


def test_same_file_twice_is_one_case(pages: Pages) -> None:
    pages.upload(("a.png", png()))
    pages.upload(("b.png", png()))
    assert len([b for b in pages.app.button if b.label.startswith("CXR-")]) == 1
    assert "radiograph added" not in pages.texts()
    (name,) = [b.label for b in pages.app.button if b.label.startswith("CXR-")]
    assert f"1 file was here already, as {name}: nothing was added for that." in pages.texts()


def test_one_upload_with_a_file_twice_counts_it_once(pages: Pages) -> None:
    pages.upload(("a.png", png()), ("b.png", png()), ("c.png", png(seed=1)))
    assert "2 radiographs added" in pages.texts()
    assert "1 file was here already" in pages.texts()


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
    assert pages.app.session_state["labels-1-phantom"] == ["Pleural Effusion"]


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


def test_answer_is_not_shown_for_another_map(pages: Pages) -> None:
    """Another target gives other maps, which nobody has rated yet."""
    pages.review()
    pages.answer("LIME", 3)
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
    chooser = next(group for group in pages.app.button_group if group.label == "Methods")
    chooser.set_value(["RISE", "LRP"]).run()
    pages.settle()
    assert [column.title for column in pages.form()["maps"]] == ["LRP", "RISE"]
    pages.answer("RISE", 4)
    (row,) = rows()
    assert (row["method"], row["panel_position"], row["score"]) == ("rise", "2", "4")


def test_several_labels_and_choosing_which_to_rate(pages: Pages) -> None:
    pages.review()
    labels = next(g for g in pages.app.button_group if g.label == "Labels to explain")
    labels.set_value(["Cardiomegaly", "Lung Lesion"]).run()
    pages.settle()
    chooser = next(g for g in pages.app.button_group if g.label == "Finding to rate")
    chooser.set_value("Lung Lesion").run()
    pages.answer("SHAP", 2)
    (row,) = rows()
    assert row["label"] == "Lung Lesion"


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
    (drawer,) = [one for one in pages.app.expander if one.label == "Compare the maps"]
    assert not drawer.children
    pages.app.session_state["compare"] = True
    pages.app.run()
    (label,) = pages.app.session_state["labels-1-phantom"]
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
    for word in ("−1 reversed", "identical", "by chance", "may still be wrong"):
        assert word in pages.texts()


def test_each_label_shown_has_its_comparison(pages: Pages) -> None:
    pages.review()
    pages.app.session_state["compare"] = True
    labels = next(g for g in pages.app.button_group if g.label == "Labels to explain")
    labels.set_value(["Cardiomegaly", "Lung Lesion"]).run()
    pages.settle()
    assert len(compared(pages)) == 6


def test_single_map_is_compared_with_nothing_and_says_so(pages: Pages) -> None:
    pages.review()
    pages.app.session_state["compare"] = True
    chooser = next(group for group in pages.app.button_group if group.label == "Methods")
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
    assert len([b for b in pages.app.button if b.label.startswith("phantom-")]) >= 6
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


def test_download_without_a_network_is_a_sentence(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shamsul.classifiers import registry

    def offline(name: str, progress: Callable[..., None] | None = None) -> Path:
        raise registry.ModelError("The server cannot be reached.")

    monkeypatch.setattr(registry, "download", offline)
    pages.app.switch_page("pages/models.py").run()
    pages.app.button(key="download-xrv/densenet121-res224-all").click().run()
    assert not pages.app.exception
    assert [error.value for error in pages.app.error] == ["The server cannot be reached."]


def test_pages_are_not_parsed_into_syntax_trees() -> None:
    # CPython 3.11 fails with a SystemError where two threads make them at once.
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["runner"]["magicEnabled"] is False
