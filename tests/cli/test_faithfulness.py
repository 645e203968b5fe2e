"""``shamsul faithfulness`` as a program would call it."""

import csv
import hashlib
import json
import sys
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from shamsul.faithfulness.results import COLUMNS
from shamsul.phantom import render
from shamsul.radiographs import pseudonym
from tests.cli.command import Run, run_in

FEW = ("--set", "pixel_flipping.steps=4", "--set", "pixel_flipping.orders=1")


@pytest.fixture
def faithfulness(tmp_path: Path) -> Run:
    """Run the command in an empty installation."""
    return partial(run_in, tmp_path, "faithfulness")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "phantom.png"
    Image.fromarray((render(4, shape=(96, 81)).pixels * 255).astype("uint8")).save(path)
    return path


def test_methods_and_baselines_are_measured(faithfulness: Run, image: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    arguments = [image, broken, "--label", "Cardiomegaly", "--method", "grad_cam"]
    arguments += ["--method", "centred_gaussian", "--set", "centred_gaussian.sigma=0.1", *FEW]
    arguments += ["--measure", "pixel_flipping", "--measure", "repeatability"]
    done = faithfulness(*arguments, "--out", tmp_path / "out", "--keep-file-names", "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert found == json.loads((tmp_path / "out" / "faithfulness.json").read_text())
    assert found["model"] == "phantom"
    assert found["parameters"]["pixel_flipping"]["steps"] == 4
    assert [error["file"] for error in found["errors"]] == [str(broken)]
    rows = found["rows"]
    assert {tuple(row) for row in rows} <= {COLUMNS}
    assert len(rows) == 2 * (3 + 4)
    assert {(row["method"], row["measure"]) for row in rows} == {
        (method, measure)
        for method in ("grad_cam", "centred_gaussian")
        for measure in ("pixel_flipping", "repeatability")
    }
    for row in rows:
        assert row["image"] == str(image) and row["label"] == "Cardiomegaly"
        if row["measure"] == "repeatability":
            assert row["value"] == 1 and row["random"] is None
        else:
            assert row["random"] is not None
    with open(tmp_path / "out" / "faithfulness.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["statistic"] for row in table] == [row["statistic"] for row in rows]
    assert table[-1]["random"] == ""
    assert float(table[0]["value"]) == rows[0]["value"]
    # The second time, results come from the disk, and are the same.
    results = tmp_path / "data" / "measures"
    before = {path: path.stat().st_mtime_ns for path in results.iterdir()}
    assert len(before) == 4
    again = faithfulness(*arguments, "--json")
    assert json.loads(again.stdout)["rows"] == rows
    assert {path: path.stat().st_mtime_ns for path in results.iterdir()} == before


def test_what_is_written_has_pseudonyms_and_hashes(
    faithfulness: Run, image: Path, tmp_path: Path
) -> None:
    film, broken = tmp_path / "Lovelace^Ada.png", tmp_path / "Lovelace^Byron.dcm"
    image.rename(film)
    broken.write_bytes(b"nothing")
    arguments = [film, broken, "--label", "Cardiomegaly", "--method", "grad_cam", *FEW]
    arguments += ["--measure", "pixel_flipping", "--out", tmp_path / "out", "--json"]
    told = json.loads(faithfulness(*arguments).stdout)
    assert {row["image"] for row in told["rows"]} == {str(film)}
    for path in (tmp_path / "out").iterdir():
        assert "Lovelace" not in path.read_text()
    written = json.loads((tmp_path / "out" / "faithfulness.json").read_text())
    sha256 = hashlib.sha256(film.read_bytes()).hexdigest()
    named = {(row["image"], row["image_sha256"]) for row in written["rows"]}
    assert named == {(pseudonym(sha256), sha256)}
    assert written["errors"] == [
        {"image": "", "reason": "1 file could not be opened as radiographs."}
    ]
    assert [{**row, "image": ""} for row in written["rows"]] == [
        {**row, "image": ""} for row in told["rows"]
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--measure", "truth"], "There is no measure 'truth'; there are pixel_flipping, "),
        (["--method", "magic"], "There is no method 'magic'; there are "),
        (["--label", "Hernia"], "The model has no label 'Hernia'; it has "),
        (["--target", "loss"], "--target is logit or probability, not 'loss'."),
        (["--set", "noise.sigma=2"], "sigma is at most 1, not 2."),
        (["--set", "noise.color=2"], "noise has no parameter 'color'; it has sigma, draws."),
        (["--measure", "label_randomisation"], "label_randomisation needs --label-randomised"),
    ],
)
def test_bad_usage_is_one_sentence(
    arguments: list[str], sentence: str, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from shamsul.cli import main

    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as stopped:
        patch.setattr(sys, "argv", ["shamsul", "faithfulness", str(image), *arguments])
        main()
    assert stopped.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(sentence)
    assert len(printed.err.splitlines()) == 1
