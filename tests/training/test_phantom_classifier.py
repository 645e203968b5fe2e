import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.classifiers.registry import load
from shamsul.phantom import LABELS
from shamsul.training import phantom_classifier

MANIFEST = Manifest(
    name="tiny",
    arch="torchvision/densenet",
    labels=("Edema",),
    input_size=32,
    channels=1,
    normalisation=Normalisation((0.5,), (0.25,)),
    resize=Resize.STRETCH,
    sha256="0" * 64,
    arch_options={"growth_rate": 4, "block_config": (1, 1, 1, 1), "num_init_features": 8},
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command trains a much smaller network."""
    manifest = replace(phantom_classifier.MANIFEST, arch_options=MANIFEST.arch_options)
    monkeypatch.setattr(phantom_classifier, "MANIFEST", manifest)


@pytest.mark.usefixtures("small")
def test_the_command_writes_a_model_that_loads(fake: ModuleType, tmp_path: Path) -> None:
    out = tmp_path / "model"
    counts = "--train-count 33 --validation-count 12 --test-count 20 --full-test-count 20"
    options = f"{counts} --epochs 1 --processes 0 --threads 1 --out {out} --cache {tmp_path}/cache"
    assert phantom_classifier.main(options.split(), render=fake.render) == 0

    classifier = load(out)
    assert classifier.manifest.labels == LABELS
    assert "never seen a patient" in classifier.manifest.trained_on
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["thresholds"] == dict(classifier.manifest.thresholds)
    assert set(metrics["auc"]) == {"test", "full-size test"}
    assert metrics["auc"]["test"]["Mean"]["all"].keys() >= {"value", "low", "high"}
    ranges = sorted(tuple(split["seeds"]) for split in metrics["splits"].values())
    assert all(stop <= start for (_, stop), (start, _) in pairwise(ranges))

    card = (out / "card.md").read_text()
    assert metrics["command"] in card and "It has never seen a patient" in card
    for label in LABELS:
        assert len(re.findall(rf"^\| {label} \|", card, re.MULTILINE)) == 2

    # All phantoms are cached and all epochs done: the same command again only evaluates.
    assert phantom_classifier.main([*options.split(), "--resume"], render=fake.fail) == 0
    assert json.loads((out / "metrics.json").read_text()) == metrics


@pytest.mark.usefixtures("small")
def test_another_runs_options_are_one_sentence(
    fake: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = "--train-count 2 --validation-count 2 --test-count 2 --full-test-count 1"
    options = (
        f"{counts} --processes 0 --threads 1 --out {tmp_path}/model --cache {tmp_path}".split()
    )
    assert phantom_classifier.main([*options, "--epochs", "1"], render=fake.render) == 0
    assert phantom_classifier.main([*options, "--epochs", "2", "--resume"], render=fake.render) == 2
    assert "is another run" in capsys.readouterr().err


@pytest.mark.usefixtures("small")
def test_labels_are_shuffled_on_request(
    fake: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = "--train-count 33 --validation-count 12 --test-count 20 --full-test-count 20"
    options = f"{counts} --epochs 1 --processes 0 --threads 1 --cache {tmp_path}/cache"
    right, shuffled = tmp_path / "right", tmp_path / "shuffled"
    arguments = [*options.split(), "--shuffle-labels", "--out", str(shuffled)]
    assert phantom_classifier.main(arguments, render=fake.render) == 0
    # The same phantoms and weights to start with, yet another run.
    arguments = [*options.split(), "--resume", "--out", str(right)]
    assert phantom_classifier.main(arguments, render=fake.fail) == 0
    models = load(right), load(shuffled)
    assert [model.manifest.name for model in models] == ["phantom", "phantom-shuffled-labels"]
    assert "labels were shuffled" in models[1].manifest.trained_on
    assert models[0].manifest.sha256 != models[1].manifest.sha256
    assert "--shuffle-labels" in (shuffled / "card.md").read_text()
    assert "--shuffle-labels" not in (right / "card.md").read_text()

    capsys.readouterr()
    assert phantom_classifier.main([*options.split(), "--shuffle-labels"], render=fake.fail) == 2
    assert "--shuffle-labels needs --out" in capsys.readouterr().err
