"""The phantom benchmark, on small phantoms and with quick methods."""

import json
import os
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from shamsul.classifiers.registry import folder_of
from shamsul.localisation import phantom_benchmark
from shamsul.localisation.images import score_images
from shamsul.localisation.leaderboard import Run, board, markdown, sentences
from shamsul.localisation.phantom_benchmark import FIRST_SEED, Benchmark, method_of, references
from shamsul.localisation.protocol import Rules
from shamsul.localisation.results import Results, collect
from shamsul.localisation.score import Score
from shamsul.localisation.summary import summarise
from shamsul.phantom import render

METHODS = ("grad_cam", "centred_gaussian")


@pytest.fixture
def benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Benchmark:
    monkeypatch.setattr(phantom_benchmark, "render", partial(render, shape=(256, 216)))
    return Benchmark(tmp_path / "benchmark", folder_of("phantom"), count=4, seed=3)


@pytest.mark.long
def test_maps_are_scored_against_the_very_masks(benchmark: Benchmark) -> None:
    cases = benchmark.cases()
    rendered = [render(FIRST_SEED + 3 + number, shape=(256, 216)) for number in range(4)]
    known = {f"phantom-{n:04d}": one for n, one in enumerate(rendered, 1) if one.findings}
    assert [case.name for case in cases] == list(known)
    assert len(list(benchmark.explain(cases, METHODS))) == 2 * len(cases)
    found = [
        one
        for by_image in score_images(benchmark.files(cases, METHODS), references(cases), Rules())
        for one in by_image.scores
    ]
    wanted = {(name, f.label) for name, one in known.items() for f in one.findings}
    assert {(one.image, one.label) for one in found} == wanted
    assert len(found) == 2 * len(wanted)
    for one in found:
        assert one.mask_area == known[one.image].mask(one.label).sum()
        assert 0 <= one.probability <= 1


def test_what_is_there_is_not_computed_again(
    benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = benchmark.cases()
    list(benchmark.explain(cases, METHODS))
    first = benchmark.map_file("grad_cam", cases[0])
    first.unlink()
    kept = {path: path.stat().st_mtime_ns for path in benchmark.folder.rglob("*.npz")}
    monkeypatch.setattr(phantom_benchmark, "render", None)  # would fail if it were called
    assert benchmark.cases() == cases
    assert list(benchmark.explain(cases, METHODS)) == [(cases[0].name, "grad_cam")]
    assert first.is_file()
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())


@pytest.mark.long
def test_processes_that_share_the_cores_keep_to_their_share() -> None:
    code = """
import torch
from shamsul.classifiers.device import use_processor
from shamsul.localisation.images import score_images
from shamsul.parallel.each import limit_threads
limit_threads(1)
use_processor()
print(torch.get_num_threads())
"""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_unknown_method_is_named() -> None:
    with pytest.raises(ValueError, match=r"no method 'magic'; there are .*lime"):
        method_of("magic")


def scores() -> list[Score]:
    rng = np.random.default_rng(0)
    means = {"grad_cam": 0.6, "lrp": 0.1, "centred_gaussian": 0.3, "lung_field": 0.2}
    return [
        Score(f"p{n}", label, method, iou=float(np.clip(mean + rng.normal(0, 0.03), 0, 1)), hit=1.0)
        for n in range(12)
        for label in ("Cardiomegaly", "Lung Lesion")
        for method, mean in means.items()
    ]


@pytest.fixture
def results() -> Results:
    found = scores()
    return collect(found, summarise(found), protocol="shamsul", threshold="otsu")


def test_board_is_ordered_and_says_who_beats_the_baselines(results: Results) -> None:
    table = board(results)
    assert list(table["method"]) == ["Grad-CAM", "Centred Gaussian", "Lung-field prior", "LRP"]
    assert list(table["kind"]) == ["method", "baseline", "baseline", "method"]
    assert list(table["better_than_baselines"]) == ["yes", "", "", "no"]
    mean = np.mean([one.iou for one in scores() if one.method == "grad_cam"])
    assert table["iou"][0].startswith(f"{mean:.3f} (")
    assert [one.split(":")[0] for one in sentences(results)] == [
        "Grad-CAM beats the centred Gaussian",
        "LRP does not beat the centred Gaussian",
    ]


def test_page_says_how_it_was_made_and_what_it_does_not_prove(results: Results) -> None:
    run = Run("shamsul evaluate --phantom 12 --seed 0", "phantom", 12, 0, date(2026, 11, 22))
    text = markdown(results, run)
    assert "`shamsul evaluate --phantom 12 --seed 0`, 2026-11-22: 12 phantoms (seed 0)" in text
    assert "of which 12 have 24 findings in all" in text
    assert "It says nothing about patients." in text
    rows = [line for line in text.splitlines() if line.startswith("| 1 |")]
    assert rows[0].split("|")[2].strip() == "Grad-CAM"
    assert json.dumps(text)
