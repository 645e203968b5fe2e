"""No text of people becomes a formula, in whichever table it is written."""

import csv
import io
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shamsul.findings.labels import LabelTable
from shamsul.metrics.thresholds import Tuned
from shamsul.reporting import files
from shamsul.settings import HOME
from shamsul.storage.spreadsheet import as_cell, looks_like_formula, meant

HOSTILE = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "\u200b=1")


@given(st.text(alphabet="=+-@'\t\r a1"))
def test_a_cell_is_read_as_it_was_meant(text: str) -> None:
    assert meant(as_cell(text)) == text
    assert as_cell(text).startswith("'") or not looks_like_formula(text)


def cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


@pytest.mark.parametrize("text", HOSTILE)
def test_tables_hold_no_formula_and_are_read_back(tmp_path: Path, text: str) -> None:
    table = files.csv(pd.DataFrame({text: [text, "a"], "score": [-1.5, 2.0]})).decode()
    tuned, labels = Tuned({text: 0.5}), LabelTable((("Edema", text.strip()), (text.strip(), "A")))
    tuned.write(tmp_path / "tuned.csv")
    written = (table, (tmp_path / "tuned.csv").read_text(), labels.to_csv())
    for cell in [cell for one in written for cell in cells(one) if cell != "-1.5"]:
        assert cell.startswith("'") or not looks_like_formula(cell)
    assert "-1.5" in cells(table)  # a number is none
    if text == text.strip():
        assert Tuned.read(tmp_path / "tuned.csv") == tuned
        (tmp_path / "labels.csv").write_text(labels.to_csv())
        assert LabelTable(()).with_csv(tmp_path / "labels.csv").all_rows == labels.all_rows


def test_tables_on_pages_are_not_exported_by_streamlit() -> None:
    config = tomllib.loads((HOME / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["client"]["disableDataExport"] is True
