"""``study plan``: how many readers and cases a study needs."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from shamsul.cli import main
from shamsul.reading import Answer, MapShown, Store
from tests.cli.command import run_in

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "mrmc"
STATED = "--components=var_tr=0.0002,var=0.0008,cov1=0.00035,cov2=0.00034,cov3=0.00024,cases=114"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command; its status, and what it printed to stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["shamsul", "study", "plan", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def table(path: Path) -> Path:
    """A pilot of three methods, four readers and ten cases."""
    rows = [
        f"R{reader},{method},C{case},{case % 2},{3 * (case % 2) + (7 * reader + case * number) % 4}"
        for reader in range(4)
        for number, method in enumerate(("lime", "lrp", "shap"), 1)
        for case in range(10)
    ]
    path.write_text("\n".join(["reader,method,case,truth,score", *rows]) + "\n")
    return path


def test_van_dykes_study_as_a_pilot(run) -> None:
    """The numbers of cases that RJafroc publishes for the difference that was seen."""
    if not SHARED.exists():
        pytest.skip("the study's readings are not here")
    status, out, _ = run(SHARED / "vandyke.csv", "--difference", 0.0438003221, "--json")
    found = json.loads(out)
    assert status == 0
    assert (found["figure"], found["methods"], found["components"]["cases"]) == ("auc", 2, 114)
    cases = [row["cases"] for row in found["needed"]]
    assert cases == [None, 1089, 344, 251, 211, 188, 173, 163, 155, 149]


def test_stated_components_as_a_table_for_people_and_as_files(run, tmp_path: Path) -> None:
    out = tmp_path / "plan"
    status, said, _ = run(STATED, "--difference", 0.05, "--readers", "3-6", "--out", out)
    assert status == 0
    lines = said.splitlines()
    assert lines[0].startswith("With 6 readers 165 cases are needed to find a difference of 0.05")
    assert lines[1] == "  3 readers: not reachable with any number of cases"
    assert lines[4] == "  6 readers: 165 cases, power 0.801"
    assert {path.name for path in out.iterdir()} == {
        "power.csv",
        "needed.csv",
        "power.png",
        "power.svg",
    }


def test_a_pilots_figure_and_methods_can_be_others(run, tmp_path: Path) -> None:
    pilot = table(tmp_path / "pilot.csv")
    first, second = (
        json.loads(run(pilot, "--difference", 0.5, "--json", *options)[1])
        for options in (["--figure", "mean"], ["--figure", "mean", "--methods", 2])
    )
    assert (first["figure"], first["methods"], second["methods"]) == ("mean", 3, 2)
    assert first["components"] == second["components"]
    assert first["power_over_cases"] != second["power_over_cases"]
    status, out, _ = run(
        pilot, "--difference", 0.2, "--figure", "sensitivity", "--threshold", 4, "--json"
    )
    assert (status, json.loads(out)["figure"]) == (0, "sensitivity")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "A plan needs one of a pilot's table, --study and --components."),
        ([STATED, "--study", "my-study"], "A plan needs one of"),
        (["--study", "my-study"], "--study and --item, one of its scales, go together."),
        ([STATED, "--difference", "0"], "the difference to find is not above 0."),
        ([STATED, "--power", "1"], "a power lies between 0 and 1."),
        ([STATED, "--methods", "0"], "fewer than two methods cannot be compared."),
        ([STATED, "--readers", "12-3"], "--readers goes from 1 to 100"),
        ([STATED, "--readers", "three"], "--readers is a number or two, such as 3-12"),
        ([STATED, "--fixed", "both"], "--fixed is readers or cases"),
        ([STATED, "--threshold", "3"], "--threshold goes with"),
        ([f"{STATED},cov4=1"], "there is no component 'cov4'"),
    ],
)
def test_what_is_wrong_is_one_sentence(run, options: list[str], sentence: str) -> None:
    status, out, err = run("--difference", 0.05, *options)
    assert (status, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_a_pilot_that_cannot_be_analysed_says_why(run, tmp_path: Path) -> None:
    pilot = tmp_path / "pilot.csv"
    pilot.write_text("reader,method,case,score\nA,x,1,2\nA,x,2,3\nA,y,1,2\nA,y,2,3\n")
    status, _, err = run(pilot, "--difference", 0.05, "--figure", "mean")
    assert status == 2
    assert "This cannot be planned: there are fewer than two readers" in err


@pytest.mark.long
def test_a_stored_study_as_the_pilot(tmp_path: Path) -> None:
    def plan(item: str) -> tuple[int, str, str]:
        asked = ["--study", "phantom-demo", "--item", item, "--difference", 0.5, "--json"]
        done = run_in(tmp_path, "study", "plan", *asked)
        return done.returncode, done.stdout, done.stderr

    assert plan("location") == (
        2,
        "",
        "This cannot be planned: nothing has been rated on this scale yet.\n",
    )
    assert "the study has no scale 'beauty' about maps; it has location" in plan("beauty")[2]
    store = Store(f"sqlite:///{tmp_path / 'data' / 'shamsul.db'}")
    rng = np.random.default_rng(0)
    about = {"label": "Edema", "model": "phantom", "model_sha256": "c" * 64, "blinded": False}
    about |= {"probability": 0.5, "heatmap_sha256": "b" * 64, "opacity": 0.5}
    for reader, case, method in product("ABC", store.cases("phantom-demo"), ("lime", "lrp")):
        shown = MapShown(
            **about,
            method=method,
            method_name_shown=method,
            panel_position=1 + (method == "lrp"),
            normalisation="p99.5",
        )
        score = int(rng.integers(1, 6))
        answer = Answer(case=case, reader=reader, shown=shown, item="location", value=score)
        store.record([answer])
    cases = len(store.cases("phantom-demo"))
    store.close()
    status, out, _ = plan("location")
    found = json.loads(out)
    assert (status, found["figure"], found["methods"]) == (0, "mean", 2)
    assert found["components"]["cases"] == cases
    assert f"The pilot has 2 methods, 3 readers and {cases} cases." in found["notes"][1]
