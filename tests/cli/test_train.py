"""The whole way from a data set's folder to a model, by the command."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from filelock import FileLock

from shamsul import cli
from shamsul.classifiers.registry import load
from shamsul.cli.train import Preset
from shamsul.training.chexpert_layout import NAME, write_chexpert
from shamsul.training.datasets import chexpert, splits
from shamsul.training.datasets.table import Side
from tests.cli.command import run_in

PRESETS = Path(cli.__file__).parents[1] / "training" / "presets"
CONFIG = """
[dataset]
kind = "chexpert"
folder = "CheXpert-v1.0-small"
labels = ["Cardiomegaly", "Pleural Effusion", "Lung Lesion"]

[policy]
uncertain = "smoothed-one"
blank = "zero"

[model]
name = "tiny"
arch = "torchvision/densenet"
start = "nothing"
size = 32
channels = 1
normalisation = "unit"
options = { growth_rate = 4, block_config = [1, 1, 1, 1], num_init_features = 8 }

[training]
epochs = 2
batch = 14
optimiser = "sgd"
rate = 0.05
frozen_statistics = true
weights = "balanced"
precision = "64-true"

[augmentation]
shift = 0.05
noise = 0.02
"""


#: The classifier of a U-Net, led to where people looked.
GUIDED = (
    CONFIG.replace("torchvision/densenet", "unet/densenet").replace(
        "num_init_features = 8", "num_init_features = 8, decoder = [8, 8], gated = true"
    )
    + """
[guidance]
annotations = "fixations.csv"
losses = { "mask-bce" = 1.0, "grad-cam-correlation" = 0.5 }
"""
)


def write_gaze(phantoms: Path, file: Path) -> None:
    """Fixations on most of the training images, as EGD-CXR has them."""
    rows = ["DICOM_ID,X_ORIGINAL,Y_ORIGINAL,FPOGD"]
    for number, image in enumerate(sorted((phantoms / "train").rglob("*.jpg"))):
        if number % 3:
            name = "_".join(image.with_suffix("").parts[-3:])
            rows += [f"{name},{40 + 7 * number},{60 + 5 * number},0.3", f"{name},200,150,0.2"]
    file.write_text("\n".join(rows) + "\n")


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Phantoms as CheXpert is shipped, small."""
    folder = tmp_path_factory.mktemp("phantoms")
    list(write_chexpert(36, folder))
    return folder / NAME


@pytest.fixture
def shamsul(tmp_path: Path, phantoms: Path):
    """Run ``shamsul`` in an installation beside a configuration."""
    (tmp_path / NAME).symlink_to(phantoms)
    (tmp_path / "tiny.toml").write_text(CONFIG)
    write_gaze(phantoms, tmp_path / "fixations.csv")
    return partial(run_in, tmp_path)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load_file(folder / "model" / "weights.safetensors")


def log(run: Path) -> list[dict[str, str]]:
    with (run / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def alone(folder: Path, *arguments: str) -> None:
    """Run a command in processes of its own."""
    environment = os.environ | {"SHAMSUL_DATA_DIR": str(folder / "data"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_a_configuration_becomes_a_model_that_predicts(shamsul, tmp_path: Path) -> None:
    done = shamsul("train", "tiny.toml", "--processes", 0, "--json")
    assert done.returncode == 0, done.stderr
    run = tmp_path / "data" / "runs" / "tiny"
    told = json.loads(done.stdout)
    assert told["model"] == str(run / "model")
    classifier = load(run / "model")
    assert classifier.manifest.labels == ("Cardiomegaly", "Pleural Effusion", "Lung Lesion")
    assert classifier.manifest.trained_on == "CheXpert."
    mean = classifier.training_mean
    assert mean is not None and 0.1 < mean.mean() < 0.9

    table = splits.read(chexpert.read(tmp_path / NAME), run / "split.csv")
    summary = json.loads((run / "run.json").read_text())
    assert summary["training_images"] == (table.sides == Side.TRAIN).sum()
    digest = hashlib.sha256((run / "split.csv").read_bytes()).hexdigest()
    assert summary["split_sha256"] == digest
    assert (run / "config.toml").read_text() == CONFIG
    assert [row["epoch"] for row in log(run)] == ["1", "2"]
    assert told["best_epoch"] == summary["best_epoch"]

    image = next((tmp_path / NAME / "valid").rglob("*.jpg"))
    predicted = shamsul("predict", image, "--model", run / "model", "--json")
    assert predicted.returncode == 0, predicted.stderr

    again = shamsul("train", "tiny.toml")
    assert again.returncode == 2 and "--resume goes on with it" in again.stderr
    assert shamsul("train", "tiny.toml", "--resume").returncode == 0
    kept = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for old, new in (('"unit"', '"xrv"'), ("smoothed-one", "zero"), ("epochs = 2", "epochs = 3")):
        (tmp_path / "tiny.toml").write_text(CONFIG.replace(old, new))
        other = shamsul("train", "tiny.toml", "--resume")
        assert other.returncode == 2 and "is another run's" in other.stderr
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize("config", [CONFIG, GUIDED], ids=["labels", "guided"])
def test_two_processes_give_the_weights_of_one(
    config: str, shamsul, tmp_path: Path, phantoms: Path
) -> None:
    images = len((phantoms / "train.csv").read_text().splitlines()) - 1
    # The last step has one image: the second process has none.
    batch = next(number for number in range(12, images) if images % number == 1)
    (tmp_path / "tiny.toml").write_text(config.replace("batch = 14", f"batch = {batch}"))
    usual = ("train", "tiny.toml", "--device", "cpu", "--processes", "0")
    alone(tmp_path, "shamsul", *usual, "--out", "one")
    launcher = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    alone(tmp_path, *launcher, "-m", "shamsul", *usual, "--out", "two")
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=0, atol=1e-5)
    for column in ("loss", "guidance", "validation_loss"):
        once, twice = (
            [float(row[column]) for row in log(tmp_path / run)] for run in ("one", "two")
        )
        assert twice == pytest.approx(once, rel=1e-4)


def test_a_guided_training_gives_a_model_that_shows_its_mask(shamsul, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(GUIDED)
    fixations = (tmp_path / "fixations.csv").read_text()
    name = fixations.splitlines()[1].partition(",")[0]
    (tmp_path / "fixations.csv").write_text(f"{fixations}{name},x,5,0.1\n{name},-900,5,0.1\n")
    done = shamsul("train", "tiny.toml", "--processes", 0, "--out", "run")
    assert done.returncode == 0, done.stderr
    assert sum(name in line or "X_ORIGINAL" in line for line in done.stderr.splitlines()) >= 1
    assert all(float(row["guidance"]) > 0 for row in log(tmp_path / "run"))
    image = next((tmp_path / NAME / "valid").rglob("*.jpg"))
    model = ("--model", "run/model", "--all-labels")
    done = shamsul("explain", image, *model, "--method", "own_mask", "--out", "maps")
    assert done.returncode == 0, done.stderr
    maps = np.load(tmp_path / "maps" / "heatmaps.npz")
    assert sorted(maps) == [
        f"own_mask/{one}" for one in ("Cardiomegaly", "Lung Lesion", "Pleural Effusion")
    ]
    assert all(0 <= maps[one].min() < maps[one].max() <= 1 for one in maps)
    assert shamsul("train", "tiny.toml", "--out", "run", "--resume").returncode == 0
    (tmp_path / "tiny.toml").write_text(GUIDED.replace("0.5 }", "0.6 }"))
    other = shamsul("train", "tiny.toml", "--out", "run", "--resume")
    assert other.returncode == 2 and "is another run's" in other.stderr


def test_annotations_of_other_images_are_a_sentence(shamsul, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(GUIDED)
    (tmp_path / "fixations.csv").write_text("DICOM_ID,X_ORIGINAL,Y_ORIGINAL,FPOGD\nx,1,2,3\n")
    done = shamsul("train", "tiny.toml", "--processes", 0)
    assert done.returncode == 2
    assert "Nothing in" in done.stderr and "is gaze in one of the images." in done.stderr


def test_a_model_of_shuffled_labels_says_so(shamsul, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(CONFIG.replace("[policy]", "[policy]\nshuffled = true"))
    assert shamsul("train", "tiny.toml", "--processes", 0).returncode == 0
    classifier = load(tmp_path / "data" / "runs" / "tiny" / "model")
    assert classifier.manifest.trained_on == "CheXpert. Its labels were shuffled: it knows nothing."


def test_a_bad_image_is_a_line_and_counts_for_nothing(shamsul, tmp_path: Path) -> None:
    copy = shutil.copytree((tmp_path / NAME).resolve(), tmp_path / "copy")
    (tmp_path / "tiny.toml").write_text(CONFIG.replace(NAME, "copy"))
    bad, missing = sorted((copy / "train").rglob("*.jpg"))[:2]
    bad.write_bytes(b"no picture")
    missing.unlink()
    done = shamsul("train", "tiny.toml", "--processes", 0, "--out", "run")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert sum(str(bad) in line for line in lines) == 1
    assert sum("there is no such image" in line for line in lines) == 1


def test_a_second_training_in_the_same_folder_is_refused(shamsul, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with FileLock(tmp_path / "run" / ".lock"):
        done = shamsul("train", "tiny.toml", "--processes", 0, "--out", "run")
    assert done.returncode == 2
    assert "Another training is at work in run." in done.stderr


def test_a_folder_with_a_model_that_is_no_runs_is_left_alone(shamsul, tmp_path: Path) -> None:
    (tmp_path / "run" / "model").mkdir(parents=True)
    done = shamsul("train", "tiny.toml", "--processes", 0, "--out", "run")
    assert done.returncode == 2 and "There is run/model already" in done.stderr


def test_every_fault_has_its_line_and_nothing_is_made(shamsul, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(CONFIG.replace("epochs = 2", "epochs = 2.5\nspeed = 1"))
    done = shamsul("train", "tiny.toml")
    assert done.returncode == 2
    assert "tiny.toml, line 21: training.epochs" in done.stderr
    assert "tiny.toml, line 22: training.speed" in done.stderr
    assert "tiny.toml has 2 faults." in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"Lung Lesion"]', '"Nodules"]', "has no label 'Nodules'; it has No Finding"),
        (
            'blank = "zero"',
            'blank = "zero"\n[policy.per_label]\nNodules = "one"',
            "no label Nodules",
        ),
        ('start = "nothing"', 'start = "tiny.toml"', "is not a readable file of weights"),
        ('kind = "chexpert"', 'kind = "nih"', "Data_Entry"),
        ("labels =", "validation = 0.1\nlabels =", "set a validation side aside"),
    ],
)
def test_what_only_the_data_tell_is_a_sentence(
    old: str, new: str, reason: str, shamsul, tmp_path: Path
) -> None:
    (tmp_path / "tiny.toml").write_text(CONFIG.replace(old, new))
    done = shamsul("train", "tiny.toml", "--processes", 0)
    assert done.returncode == 2
    assert reason in done.stderr and len(done.stderr.splitlines()) == 1


def test_presets_are_printed(shamsul) -> None:
    files = {path.stem: path for path in PRESETS.glob("*.toml")}
    assert {one.value for one in Preset} == set(files)
    for name, path in files.items():
        assert shamsul("train", "--example", name).stdout == path.read_text()
    assert shamsul("train").returncode == 2
