import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shamsul.reading import CANNOT_JUDGE, MapShown, Step, Study
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.exports.codebook import CASES, RATINGS
from shamsul.reading.exports.ratings import (
    export_ratings,
    write_ratings,
)
from shamsul.storage.spreadsheet import looks_like_formula

# Written out, since later work and outside checks rely on it.
CONTRACT = (
    "study, reader, session, case, image_sha256, label, method, method_name_shown, "
    "panel_position, case_order, repeat_of, warm_up, control, item, score, cannot_judge, "
    "failure_tags, comment, rank, model, model_sha256, probability, heatmap_sha256, opacity, "
    "normalisation, blinded, created_at, changed_at, revision, active_seconds"
)
#: What came later stands after these.
ADDED = ", window_centre, window_width, zoom, threshold"


@pytest.fixture
def url() -> str:
    return "sqlite://"  # in memory: these tests are not about disks


def table(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def ratings(store, **filters):
    return table(export_ratings(store, "pilot", **filters).ratings)


def without_apostrophe(text):
    """The codebook's rule for getting a text back."""
    return text[1:] if text.startswith("'") and looks_like_formula(text[1:]) else text


def test_columns_are_those_of_the_contract(store):
    header = export_ratings(store, "pilot").ratings
    assert header.decode() == (CONTRACT + ADDED).replace(", ", ",") + "\r\n"


def test_a_rating_is_one_row(store, rating):
    store.record([rating(value=5, active_seconds=12.34567)])
    (saved,) = store.record([rating(value=2, active_seconds=1 / 3)])
    assert ratings(store) == [
        {
            "study": "pilot",
            "reader": "Ada",
            "session": "1",
            "case": "case-001",
            "image_sha256": "a" * 64,
            "label": "Cardiomegaly",
            "method": "grad_cam",
            "method_name_shown": "A",
            "panel_position": "2",
            "case_order": "1",
            "repeat_of": "",
            "warm_up": "false",
            "control": "",
            "item": "location",
            "score": "2",
            "cannot_judge": "false",
            "failure_tags": "",
            "comment": "",
            "rank": "",
            "model": "phantom",
            "model_sha256": "c" * 64,
            "probability": "0.25",
            "heatmap_sha256": "b" * 64,
            "opacity": "0.5",
            "normalisation": "symmetric",
            "blinded": "true",
            "created_at": saved.created_at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "changed_at": saved.changed_at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "revision": "2",
            "active_seconds": "0.333",
            "window_centre": "",
            "window_width": "",
            "zoom": "",
            "threshold": "",
        }
    ]


def test_cannot_judge_has_no_score(store, rating):
    store.record([rating(value=CANNOT_JUDGE)])
    (row,) = ratings(store)
    assert (row["score"], row["cannot_judge"]) == ("", "true")


def test_tags_comment_and_rank_stand_in_each_row_of_their_map(store, rating):
    store.record(
        [
            rating("usefulness", 1),
            rating("comment", "Clavicle"),
            rating("location", 4),
            rating("rank", 2),
            rating("failure_tags", ["border", "device"]),
            rating("location", 3, method="lrp"),
        ]
    )
    rows = ratings(store)
    assert [(row["method"], row["item"]) for row in rows] == [
        ("grad_cam", "location"),
        ("grad_cam", "usefulness"),
        ("lrp", "location"),
    ]
    beside = [(row["failure_tags"], row["comment"], row["rank"]) for row in rows]
    assert beside == [("device;border", "Clavicle", "2")] * 2 + [("", "", "")]


def test_a_control_map_stands_beside_the_real_one(store, rating):
    store.record([rating("location", 4), rating("location", 1, control="other_patient")])
    assert [(row["control"], row["score"]) for row in ratings(store)] == [
        ("", "4"),
        ("other_patient", "1"),
    ]


def test_what_is_said_of_a_repeated_case_stands_apart(store, rating):
    repeated = {"repeat_of": "case-001"}
    store.record(
        [
            rating("location", 4),
            rating("comment", "At first"),
            rating("location", 2, **repeated),
            rating("comment", "Again", **repeated),
        ]
    )
    found = [(row["repeat_of"], row["score"], row["comment"]) for row in ratings(store)]
    assert found == [("", "4", "At first"), ("case-001", "2", "Again")]


def test_a_map_with_only_a_comment_is_not_lost(store, rating):
    store.record([rating("comment", "No map at all"), rating("rank", 4)])
    (row,) = ratings(store)
    assert (row["item"], row["score"], row["cannot_judge"]) == ("", "", "")
    assert (row["comment"], row["rank"], row["method"]) == ("No map at all", "4", "grad_cam")


def test_answers_taken_back_have_no_row(store, rating):
    store.record([rating(), rating("comment", "Hm")])
    store.record([rating(value=None), rating("comment", None)])
    assert ratings(store) == []


def test_a_reader_can_be_exported_alone(store, rating):
    store.record([rating(), rating(reader="Grace", value=1)])
    assert [row["reader"] for row in ratings(store)] == ["Ada", "Grace"]
    assert [row["reader"] for row in ratings(store, reader="Grace ")] == ["Grace"]


def test_answers_about_cases_have_their_own_table(store, opinion, rating):
    store.record([opinion("finding_probability", 62.5), opinion("agreement", "disagree")])
    store.record([opinion("confidence", 4), rating()])
    export = export_ratings(store, "pilot")
    rows = table(export.cases)
    assert list(rows[0]) == [column.name for column in CASES]
    assert [(row["item"], row["answer"]) for row in rows] == [
        ("finding_probability", "62.5"),
        ("agreement", "disagree"),
        ("confidence", "4"),
    ]
    assert len(table(export.ratings)) == 1


def test_an_empty_study_exports_headers_and_codebook(store):
    export = export_ratings(store, "pilot")
    assert table(export.ratings) == table(export.cases) == []
    assert json.loads(export.codebook)["rows"] == {"ratings": 0, "cases": 0, "readers": 0}


def test_an_unknown_study_is_refused(store, tmp_path):
    with pytest.raises(ValueError, match="no study named 'nowhere'"):
        write_ratings(store, "nowhere", tmp_path / "ratings.csv")
    assert not (tmp_path / "ratings.csv").exists()


# Text that is hard on tables

HARD = [
    'He said "no", twice; and\ttab',
    "first line\nsecond line\r\nthird",
    "Herzgröße 🫀 心臓",
    "NA",
    "'quoted'",
    "1e5",
    " padded ",
]


@pytest.mark.parametrize("comment", HARD)
def test_a_comment_comes_back_from_csv_and_pandas(store, rating, comment):
    store.record([rating(), rating("comment", comment)])
    data = export_ratings(store, "pilot").ratings
    assert table(data)[0]["comment"] == comment
    blank = {name: [""] for name in ("score", "rank", "probability")}
    frame = pd.read_csv(
        io.BytesIO(data), keep_default_na=False, na_values=blank, dtype={"comment": str}
    )
    assert frame.comment[0] == comment


def test_pandas_reads_the_types(store, rating):
    store.record([rating(), rating("trust", CANNOT_JUDGE), rating("coverage", 2, probability=None)])
    data = export_ratings(store, "pilot").ratings
    frame = pd.read_csv(io.BytesIO(data), parse_dates=["created_at", "changed_at"])
    assert frame.score.dropna().tolist() == [4, 2]
    assert frame.cannot_judge.dtype == bool and frame.blinded.dtype == bool
    assert str(frame.created_at.dt.tz) == "UTC"
    assert frame.probability.isna().sum() == 1


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\ttext",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "﹣1",
        " =1+1",
        "\u200b=1+1",
        "\ufeff=1+1",
        "'=1+1",
        '=HYPERLINK("http://example.org","x")',
    ],
)
def test_a_formula_becomes_text(store, rating, text):
    store.record([rating(), rating("comment", text)])
    (row,) = ratings(store)
    assert row["comment"] == f"'{text}"
    assert without_apostrophe(row["comment"]) == text


def test_names_are_made_safe_too(store, rating):
    case = store.add_case("pilot", "d" * 64, "=case")
    store.record([rating(case=case, reader="@Ada", label="-Label", method="+method")])
    (row,) = ratings(store)
    assert [row[name] for name in ("case", "reader", "label", "method")] == [
        "'=case",
        "'@Ada",
        "'-Label",
        "'+method",
    ]


@given(st.text())
def test_the_apostrophe_can_be_undone(text):
    written = f"'{text}" if looks_like_formula(text) else text
    assert without_apostrophe(written) == text
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


# Codebook and files


def test_the_codebook_explains_every_column_and_item(store, rating):
    store.record([rating(), rating("trust", 2)])
    book = json.loads(export_ratings(store, "pilot").codebook)
    assert ", ".join(book["columns"]) == CONTRACT + ADDED
    assert all(column["type"] and column["meaning"] for column in book["columns"].values())
    assert all(book["case_columns"].values())
    assert list(book["items"]) == [question.id for question in DEFAULT.questions]
    location = book["items"]["location"]
    assert location["wording"] == "The map highlights the correct location of the finding."
    assert location["source"] == "Hicks 2024, pone.0304069"
    assert location["allowed"]["5"] == "Strongly agree"
    assert book["questionnaire"] == DEFAULT.version
    assert book["rows"] == {"ratings": 2, "cases": 0, "readers": 0}
    assert "apostrophe" in book["conventions"]["formulas"]


def test_the_codebook_says_what_a_question_asked_again_is_and_what_was_in_view(store):
    asks = DEFAULT.read_again(Step.PROBABILITY, Step.AGAIN)
    store.ensure_study(Study("steps", "Steps", questionnaire=asks))
    items = json.loads(export_ratings(store, "steps").codebook)["items"]
    first = "finding_present"
    for ending, asked, in_view in (
        ("_with_probability", "probability", "the radiograph and the model's probability, no map"),
        ("_with_maps", "again", "the radiograph, the model's probability and the maps"),
    ):
        again = items[first + ending]
        assert again == items[first] | {"asked": asked} | {
            "asked_again_of": first,
            "in_view": in_view,
        }


def test_every_fact_about_a_map_has_a_column():
    assert set(MapShown.__dataclass_fields__) <= {column.name for column in RATINGS}


@pytest.mark.parametrize("name", ["ratings.csv", "Ratings.v2.CSV", "ratings"])
def test_four_files_are_written(store, rating, tmp_path, name):
    store.record([rating()])
    files = write_ratings(store, "pilot", tmp_path / name)
    stem = name.removesuffix(".csv").removesuffix(".CSV")
    beside = ["codebook.json", "cases.csv", "readers.csv"]
    assert [file.name for file in files] == [name, *(f"{stem}.{ending}" for ending in beside)]
    export = export_ratings(store, "pilot")
    assert [file.read_bytes() for file in files] == [
        export.ratings,
        export.codebook,
        export.cases,
        export.readers,
    ]
    assert sorted(tmp_path.glob("*atings*")) == sorted(files)


def test_a_file_that_cannot_be_written_leaves_the_old_one(store, tmp_path, monkeypatch):
    file = tmp_path / "ratings.csv"
    file.write_text("old")

    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_ratings(store, "pilot", file)
    assert file.read_text() == "old"
    assert [path.name for path in Path(tmp_path).iterdir() if path.is_file()] == ["ratings.csv"]


def test_studies_are_exported_apart(store, rating):
    store.ensure_study(Study("second", "Second"))
    other = store.add_case("second", "a" * 64)
    store.record([rating(), rating(case=other, value=1)])
    assert [row["score"] for row in ratings(store)] == ["4"]
