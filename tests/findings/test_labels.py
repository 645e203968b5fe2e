from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shamsul.findings.labels import BUILT_IN, GAZE, LabelTable, counterparts, normalised

XRV = ("Effusion", "Pleural_Thickening", "Lung Opacity", "Mass", "Lung Lesion", "Fibrosis")
PHANTOM = ("Pleural Effusion", "Lung Lesion", "Support Devices")


@pytest.mark.parametrize(
    ("annotated", "labels", "model"),
    [
        ("Pleural Effusion", PHANTOM, "Pleural Effusion"),
        ("pleural_effusion", PHANTOM, "Pleural Effusion"),
        ("Pleural Effusion", XRV, "Effusion"),
        ("Effusion", PHANTOM, "Pleural Effusion"),
        ("Pleural thickening", XRV, "Pleural_Thickening"),
        ("Airspace Opacity", XRV, "Lung Opacity"),
        ("Mass", XRV, "Mass"),
        ("Mass", PHANTOM, "Lung Lesion"),
        ("Pulmonary fibrosis", XRV, None),
        ("Airspace Opacity", PHANTOM, None),
        (GAZE, PHANTOM, GAZE),
        ("Anatomy: left lung", PHANTOM, "Anatomy: left lung"),
    ],
)
def test_a_label_of_the_same_name_comes_before_the_table(annotated, labels, model) -> None:
    assert BUILT_IN.of_model(annotated, labels) == model


def test_the_users_rows_come_first_and_may_leave_a_label_out(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    text = "model,annotated\nFibrosis, pulmonary  FIBROSIS \n,Mass\nLung Lesion,Effusion\n"
    path.write_text(text, encoding="utf-8-sig")
    table = BUILT_IN.with_csv(path)
    assert table.of_model("Pulmonary fibrosis", XRV) == "Fibrosis"
    assert table.of_model("Mass", XRV) is None
    assert table.of_model("Effusion", XRV) == "Lung Lesion"
    assert table.of_model("Airspace Opacity", XRV) == "Lung Opacity"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "columns annotated and model"),
        ("annotated,label\n", "columns annotated and model"),
        ("annotated,model\nMass\n", "row 2 of labels.csv is wrong: it has too few cells"),
        ("annotated,model\nMass,Edema,Nodule\n", "too many cells, 3 for 2"),
        ("annotated,model\n\xff", "UTF-8"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=reason):
        BUILT_IN.with_csv(path)


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_spreadsheets_table_is_the_same(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes("model;annotated\r\nLung Lesion;3\r\n;Größe, 2\r\n".encode(coding))
    table = LabelTable(()).with_csv(path)
    assert table.all_rows == (("3", "Lung Lesion"), ("Größe, 2", ""))


words = st.text(st.characters(exclude_categories=["C"], exclude_characters="\r\n"), min_size=1)


@given(st.lists(st.tuples(words.map(str.strip).filter(bool), words.map(str.strip))))
def test_a_table_comes_back_from_its_csv(tmp_path_factory, rows) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    path.write_text(LabelTable(tuple(rows)).to_csv(), encoding="utf-8", newline="")
    assert LabelTable(()).with_csv(path).all_rows == tuple(rows)


def test_no_row_of_the_built_in_table_is_idle() -> None:
    for annotated, model in BUILT_IN.rows:
        assert BUILT_IN.of_model(annotated, (model,)) == model
        assert normalised(annotated) != normalised(model)


@pytest.mark.parametrize(
    ("labels", "others", "there"),
    [
        (["Edema"], ["Edema"], {"Edema": "Edema"}),
        (
            ["Pleural_Thickening"],
            ["Pleural thickening"],
            {"Pleural_Thickening": "Pleural thickening"},
        ),
        (["Effusion"], ["Pleural Effusion"], {"Effusion": "Pleural Effusion"}),
        (["Pleural Effusion"], ["Effusion"], {"Pleural Effusion": "Effusion"}),
        # One finding of several, in either direction.
        (["Nodule", "Mass"], ["Lung Lesion"], {}),
        (["Lung Lesion"], ["Nodule", "Mass"], {}),
        (["Nodule", "Lung Lesion"], ["Lung Lesion"], {"Lung Lesion": "Lung Lesion"}),
        (["Edema"], [], {}),
    ],
)
def test_counterparts_are_each_other_s(labels, others, there) -> None:
    assert counterparts(labels, others) == there
    assert counterparts(others, labels) == {other: label for label, other in there.items()}
