"""An ONNX file on the command line: from ``models import`` to maps, and what is refused."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest, Normalisation
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.phantom import render
from shamsul.reading import Store
from tests.cli.command import Run, run_in

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from tests.classifiers.onnx_graphs import SIZE, Small, graph

LABELS = Manifest.read(registry.folder_of(registry.PHANTOM)).labels

REASON = "mine is an ONNX file, of which the outputs are known, but neither gradients, layers nor"


@pytest.fixture
def shamsul(tmp_path: Path) -> Run:
    """Run ``shamsul`` in an installation with a phantom, and an ONNX file made a model."""
    path = tmp_path / "phantom.png"
    Image.fromarray((render(4, shape=(96, 81)).pixels * 255).astype("uint8")).save(path)
    content = graph(Small(labels=len(LABELS)), after=("Sigmoid",)).SerializeToString()
    (tmp_path / "theirs.onnx").write_bytes(content)
    run = partial(run_in, tmp_path)
    usual = ("--labels", ",".join(LABELS), "--size", SIZE, "--channels", 1)
    done = run(
        "models", "import", "theirs.onnx", *usual, "--normalisation", "unit", "--out", "mine"
    )
    assert done.returncode == 0, done.stderr
    return run


def installed(folder: Path) -> None:
    """Put the model where the installation finds it."""
    (folder / "data" / "models").mkdir(parents=True, exist_ok=True)
    (folder / "mine").rename(folder / "data" / "models" / "mine")


def test_it_predicts_and_the_usual_methods_that_can_explain_it(
    shamsul: Run, tmp_path: Path
) -> None:
    manifest = Manifest.read(tmp_path / "mine")
    assert (manifest.arch, manifest.scaling) == ("onnx", Normalisation((0.0,), (1.0,)))
    done = shamsul("predict", "phantom.png", "--model", "mine", "--json")
    assert done.returncode == 0, done.stderr
    (only,) = json.loads(done.stdout)["images"]
    assert set(only["logits"]) == set(LABELS) and np.isfinite(list(only["logits"].values())).all()

    done = shamsul(
        "explain", "phantom.png", "--model", "mine", "--label", "Cardiomegaly", "--out", "maps"
    )
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "maps" / "heatmaps.npz") as maps:
        assert set(maps) == {"lime/Cardiomegaly", "shap/Cardiomegaly"}
    for title in ("Grad-CAM", "LRP"):
        assert f"{title}: {REASON}" in done.stderr


def test_what_looks_inside_is_refused_in_a_sentence(shamsul: Run) -> None:
    alone = ("phantom.png", "--model", "mine", "--label", "Cardiomegaly", "--method")
    for command in (
        ("explain", *alone, "integrated_gradients", "--out", "maps"),
        ("faithfulness", *alone, "random_model"),
        ("faithfulness", *alone, "lung_field", "--measure", "cascading_randomisation"),
        ("evaluate", "--phantom", 1, "--model", "mine", "--method", "lrp"),
    ):
        done = shamsul(*command)
        assert done.returncode == 2 and not done.stdout
        assert REASON in done.stderr.strip().splitlines()[-1]


def test_a_leaderboard_is_of_what_can_explain_it(
    shamsul: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lime", "shap", "rise"):
        monkeypatch.delitem(EXPLAINERS, name)
    call = ("evaluate", "--phantom", 1, "--model", "mine", "--jobs", 1, "--json")
    done = shamsul(*call)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["summary"]
    assert {row["method"] for row in rows} == {"occlusion", "centred_gaussian", "lung_field"}
    # The page that it writes says how it is made.
    for options in ((), ("--protocol", "nam-2021")):
        done = shamsul(*call, *options, "--out", tmp_path / f"out{len(options)}")
        assert done.returncode == 0, done.stderr
        page = (tmp_path / f"out{len(options)}" / "leaderboard.md").read_text(encoding="utf-8")
        command = " ".join(("shamsul evaluate --phantom 1 --seed 0", *options))
        assert f"`{command}`, " in page


def test_maps_of_a_study_are_computed_by_what_can_explain_it(shamsul: Run, tmp_path: Path) -> None:
    installed(tmp_path)
    assert shamsul("study", "status").returncode == 0  # makes the demo
    store = Store(f"sqlite:///{tmp_path / 'data' / 'shamsul.db'}")
    store.set_model("phantom-demo", "mine")
    cases = len(store.cases("phantom-demo"))
    store.close()
    done = shamsul("precompute", "phantom-demo", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["computed"], found["failures"]) == (2 * cases, [])
    done = shamsul("precompute", "phantom-demo", "--method", "lrp", "--json")
    assert done.returncode == 1
    reasons = {failed["reason"] for failed in json.loads(done.stdout)["failures"]}
    assert len(reasons) == 1 and reasons.pop().startswith(REASON)


def test_a_study_says_at_once_which_methods_it_cannot_have(shamsul: Run, tmp_path: Path) -> None:
    installed(tmp_path)
    text = 'name = "pilot"\ntitle = "Pilot"\nmodel = "mine"\nmethods = ["lime", "grad_cam"]\n'
    text += '[cases]\nstudy = "phantom-demo"\n'
    (tmp_path / "study.toml").write_text(text)
    done = shamsul("study", "validate", "study.toml")
    assert done.returncode == 2
    assert f"study.toml, line 4: methods: 'grad_cam' is not possible: {REASON}" in done.stderr


def test_options_that_do_not_belong_are_refused(shamsul: Run) -> None:
    said = shamsul("models", "import", "weights.pt", "--labels", "A", "--out", "other").stderr
    assert "The architecture is needed" in said
    usual = ("--labels", "A", "--out", "other", "--arch", "torchvision/resnet18", "--logits")
    assert "of ONNX files alone" in shamsul("models", "import", "theirs.onnx", *usual).stderr
