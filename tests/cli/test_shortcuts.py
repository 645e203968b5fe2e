"""``shamsul shortcuts`` as a program would call it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from shamsul.explainers.heatmap import Heatmap
from shamsul.reading.design.study import Case
from shamsul.shortcuts.clusters import SIDE, Small
from shamsul.shortcuts.regions import LUNGS, Known, Share
from shamsul.studies import shortcuts
from shamsul.studies.desk import Desk
from shamsul.studies.shortcuts import LookedMap
from tests.cli.command import run_in


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study of 40 cases, half of whose maps gather in a corner, in place of maps that take
    minutes."""
    rng = np.random.default_rng(0)

    def look(desk: Desk, wanted: object):
        for n in range(40):
            relevance = rng.random((SIDE, SIDE))
            relevance[:3, :3] += 30 * (n % 2)
            relevance /= relevance.sum()
            outside = np.zeros_like(relevance)
            outside[:6] = relevance[:6]
            case = Case(n + 1, "phantom-demo", f"case-{n}", f"{n:064x}", n + 1)
            shares = (Share(LUNGS, Known.LUNG_FIELD, 0.2, 0.3, 0.4),)
            for label in ("Cardiomegaly", "Pneumothorax"):
                small = Small(relevance, outside)
                yield (LookedMap(case, label, "lrp", True, shares, small),)

    def nothing(self: Desk, *_: object) -> tuple[Heatmap, ...]:
        return ()

    monkeypatch.setattr(shortcuts, "look_at_maps", look)
    monkeypatch.setattr(Desk, "compute", nothing)


@pytest.mark.usefixtures("planted")
def test_shares_and_suspicious_clusters_are_told_and_written(tmp_path: Path) -> None:
    call = ["shortcuts", "--study", "phantom-demo", "--label", "Cardiomegaly", "--out", "found"]
    done = run_in(tmp_path, *call, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    (share,) = result["shares"]
    assert [share["positive"], share["low"]] == pytest.approx([0.2, 0.2])
    assert share["cases"] == 40
    (made,) = result["clusters"]
    assert [one["suspicious"] for one in made["clusters"]] == [True, False]
    tagged = {f"case-{n}" for n in range(1, 40, 2)}
    assert set(made["clusters"][0]["cases"]) == tagged
    assert json.loads((tmp_path / "found" / "shortcuts.json").read_text()) == result
    with (tmp_path / "found" / "cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["case"] for row in rows if row["suspicious"] == "true"} == tagged
    assert len(rows) == 40
    assert (tmp_path / "found" / "shares.csv").read_text().startswith("label,method,region,known,")
    said = run_in(tmp_path, *call, "--part", "whole").stdout.splitlines()
    assert said[0] == "Cardiomegaly, lrp, 40 maps:"
    assert "lungs: 20.0% (20.0% to 20.0%) of the positive relevance, 40.0% of" in said[1]
    assert "SUSPICIOUS: Half of its maps have" in said[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--study", "nowhere"], "There is no study 'nowhere'; there are "),
        (["--study", "my-radiographs"], "The study my-radiographs has no case."),
        (["--study", "phantom-demo", "--label", "Nothing"], "The model has no label 'Nothing'"),
        (["--study", "phantom-demo", "--method", "none"], "There is no method 'none'; there are "),
        (["--study", "phantom-demo", "--part", "half"], "--part is one of outside, whole, not"),
    ],
)
def test_what_is_not_there_is_told(tmp_path: Path, options: list[str], said: str) -> None:
    found = run_in(tmp_path, "shortcuts", *options)
    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr
