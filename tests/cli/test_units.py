"""``shamsul units`` as a program would call it."""

import csv
import json
from pathlib import Path

import pytest

from tests.cli.command import run_in


def test_units_are_ranked_named_and_replaced(tmp_path: Path) -> None:
    call = ["units", "--phantoms", 3, "--label", "Cardiomegaly", "--top", 2, "--out", "found"]
    found = run_in(tmp_path, *call, "--json")
    assert found.returncode == 0, found.stderr
    result = json.loads(found.stdout)
    assert result["on"] == "3 phantoms" and result["units"] == 200
    table = result["labels"]["Cardiomegaly"]
    assert len(table) == 200
    shares = [row["share"] for row in table]
    assert shares == sorted(shares, reverse=True)
    assert ["change" in row for row in table[:3]] == [True, True, False]
    assert all(0.04 <= row["name_iou"] <= 1 for row in table if row["name"])
    with (tmp_path / "found" / "units.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [int(row["unit"]) for row in written] == [row["unit"] for row in table]
    assert written[0]["label"] == "Cardiomegaly"
    assert json.loads((tmp_path / "found" / "units.json").read_text()) == result
    # On a study the names are known then.
    on_study = run_in(
        tmp_path, "units", "--study", "phantom-demo", "--label", "Cardiomegaly", "--top", 1
    )
    assert on_study.returncode == 0, on_study.stderr
    lines = on_study.stdout.splitlines()
    assert lines[:2] == ["Layer of 14 × 14, 200 units.", "Cardiomegaly:"]
    assert "of the output" in lines[2] and "without it" in lines[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--study", "nowhere"], "There is no study 'nowhere'; there are "),
        (["--layer", "nowhere"], "has no layer 'nowhere' to look at; there are "),
        (["--label", "Nothing"], "The model has no label 'Nothing'"),
        (["--study", "my-radiographs"], "The study my-radiographs has no case."),
    ],
)
def test_what_is_not_there_is_told(tmp_path: Path, options: list[str], said: str) -> None:
    found = run_in(tmp_path, "units", *options)
    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr
