"""A study read step by step, from its file to what it says of the explanation."""

import csv
import json
from pathlib import Path

import pytest

from shamsul.cli import main
from shamsul.reading import Answer, Shown, Store
from shamsul.reading.database.readings import Readings
from shamsul.settings import ASSETS, settings

LABEL = "Pleural Effusion"
STUDY = f"""
name = "steps"
title = "Steps"
model = "phantom"
methods = ["lrp"]
readers = ["Ada", "Bo"]
[cases]
study = "phantom-demo"
[labels]
from = "given"
given = ["{LABEL}"]
[design]
mode = "image_probability_maps"
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys, tmp_path: Path):
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["shamsul", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    file = tmp_path / "study.toml"
    file.write_text(STUDY)
    assert run("study", "create", file)[0] == 0
    yield run
    settings.cache_clear()


def read_all(gain: float) -> None:
    """Everybody reads everything, surer of what is so from step to step."""
    store = Store(settings().database)
    truth = _truth()
    for number, one in enumerate(Readings(store.database).of("steps")):
        for step, ending in enumerate(("", "_with_probability", "_with_maps")):
            sign = 1 if truth[one.case.name] else -1
            probability = 50.0 + sign * gain * step + 7 * (number % 5 - 2)
            shown = Shown(
                label=LABEL,
                model="phantom",
                model_sha256=None,
                probability=0.5,
                blinded=True,
                case_order=one.reading.case_order,
            )
            item = f"finding_probability{ending}"
            answer = Answer(
                case=one.case,
                reader=one.reading.reader,
                shown=shown,
                item=item,
                value=probability,
                active_seconds=10.0 * (step + 1),
            )
            store.record([answer])
    store.close()


def _truth() -> dict[str, bool]:
    with (ASSETS / "demo" / "labels.csv").open(newline="") as file:
        return {Path(row["file"]).stem: row[LABEL] == "1" for row in csv.DictReader(file)}


def test_readers_whom_the_maps_help_are_seen_to_be_helped(run, tmp_path: Path) -> None:
    read_all(10.0)
    out = tmp_path / "out"
    assert run("analyse", "steps", "--out", out)[0] == 0
    tables = json.loads((out / "analysis.json").read_text())["tables"]
    means = {
        row["step"]: row["mean"] for row in tables["helped_means"] if row["statistic"] == "auc"
    }
    assert means["image"] < means["probability"] < means["maps"] == 1.0
    moved = [row for row in tables["helped_change"] if row["reader"] == "all readers"]
    assert {(row["n"], row["towards"], row["away"]) for row in moved} == {(16, 16, 0)}
    report = (out / "report.html").read_text()
    assert "Does the explanation help?" in report
    assert "ROC curves of the readers at each step" in report
    exported = tmp_path / "ratings.csv"
    files = json.loads(run("export", "--study", "steps", "--out", exported, "--json")[1])["files"]
    assert [Path(file).name for file in files][-1] == "ratings.truth.csv"
    with open(files[-1], newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["case"]: row["present"] == "true" for row in rows} == _truth()
    assert {row["source"] for row in rows} == {"given"}


def test_a_truth_that_is_brought_goes_before_what_the_study_knows(run, tmp_path: Path) -> None:
    read_all(10.0)
    file, out = tmp_path / "truth.csv", tmp_path / "out"
    rows = [f"{case},{LABEL},{int(not present)}" for case, present in _truth().items()]
    file.write_text("\n".join(["case,label,present", *rows]) + "\n")
    assert run("analyse", "steps", "--out", out, "--truth", file)[0] == 0
    tables = json.loads((out / "analysis.json").read_text())["tables"]
    (last,) = [
        row["mean"]
        for row in tables["helped_means"]
        if (row["statistic"], row["step"]) == ("auc", "maps")
    ]
    assert last == 0.0
    file.write_text("case,label\na,b\n")
    status, _, said = run("analyse", "steps", "--out", out, "--truth", file)
    assert (status, said.count("\n")) == (2, 1)
    assert "present" in said
