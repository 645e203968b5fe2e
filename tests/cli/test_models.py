"""``shamsul models import``: others' weights, from the file to a prediction."""

import json
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from shamsul.classifiers import architecture
from shamsul.classifiers.manifest import Manifest, Resize, Scaling
from tests.classifiers.conftest import tiny
from tests.cli.command import run_in


@pytest.fixture
def shamsul(tmp_path: Path):
    """Run ``shamsul`` in an empty installation."""
    return partial(run_in, tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Weights of a ResNet-18 with three outputs."""
    torch.manual_seed(0)
    manifest = tiny(
        arch="torchvision/resnet18", labels=("A", "B", "C"), channels=3, arch_options={}
    )
    path = tmp_path / "resnet.safetensors"
    safetensors.torch.save_file(architecture.build(manifest).state_dict(), path)
    return path


def test_an_imported_model_predicts(shamsul, file: Path, tmp_path: Path) -> None:
    arguments = ("models", "import", file, "--arch", "torchvision/resnet18", "--size", 64)
    done = shamsul(*arguments, "--labels", "Edema, ,Lung Lesion", "--out", "mine", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["name"] == found["folder"] == "mine"
    assert found["labels"] == ["Edema", "Lung Lesion"]

    manifest = Manifest.read(tmp_path / "mine")
    assert manifest.sha256 == found["sha256"]
    usual = (manifest.channels, manifest.normalisation, manifest.resize)
    assert usual == (3, Scaling.IMAGENET, Resize.STRETCH)

    Image.fromarray(np.full((90, 60), 80, np.uint8)).save(tmp_path / "film.png")
    predicted = shamsul("predict", "film.png", "--model", "mine", "--json")
    assert predicted.returncode == 0, predicted.stderr
    (only,) = json.loads(predicted.stdout)["images"]
    assert set(only["logits"]) == {"Edema", "Lung Lesion"}


def test_what_is_asked_for_is_described(shamsul, file: Path, tmp_path: Path) -> None:
    asked = "--name theirs --size 48 --normalisation unit --resize letterbox --trained-on phantoms"
    usual = ("models", "import", file, "--arch", "torchvision/resnet18", "--labels", "A,B,C")
    done = shamsul(*usual, "--out", "mine", *asked.split())
    assert done.returncode == 0, done.stderr
    manifest = Manifest.read(tmp_path / "mine")
    assert (manifest.name, manifest.input_size, manifest.trained_on) == ("theirs", 48, "phantoms")
    assert (manifest.normalisation, manifest.resize) == (Scaling.UNIT, Resize.LETTERBOX)


@pytest.mark.long
def test_labels_and_operating_points_of_a_published_file_are_known(shamsul, tmp_path: Path) -> None:
    entry = urls()["densenet121-res224-nih"]
    file = tmp_path / entry["weights_url"].rpartition("/")[2]
    outputs = tuple(entry["labels"])
    assert "" in outputs
    torch.manual_seed(0)
    module = architecture.build(
        tiny(arch="torchvision/densenet121", labels=outputs, arch_options={})
    )
    torch.save(module, file)
    done = shamsul("models", "import", file, "--arch", "xrv/densenet", "--out", "mine")
    assert done.returncode == 0, done.stderr
    manifest = Manifest.read(tmp_path / "mine")
    assert manifest.labels == tuple(label for label in outputs if label)
    points = dict(zip(outputs, entry["op_threshs"], strict=True))
    assert manifest.thresholds == pytest.approx({one: points[one] for one in manifest.labels})
    usual = (manifest.channels, manifest.normalisation, manifest.resize)
    assert usual == (1, Scaling.XRV, Resize.CENTRE_CROP)


def urls() -> dict:
    """torchxrayvision's own table; importing it would silence all warnings."""
    with warnings.catch_warnings():
        import torchxrayvision
    return torchxrayvision.models.model_urls


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--arch torchvision/resnet18 --labels A,B", "fc.weight has shape (3, 512)"),
        ("--arch torchvision/resnet18", "The labels of the outputs are needed"),
        ("--arch xrv/densenet", "The labels of the outputs are needed"),
        ("--arch torchvision/nothing --labels A,B,C", "There is no architecture"),
        ("--arch resnet18 --labels A,B,C", "arch must be"),
        ("--arch torchvision/resnet18 --labels A,B,C --channels 1", "needs channels = 3"),
        ("--arch torchvision/resnet18 --labels A,B,C --size 2", "input_size must be"),
        ("--arch torchvision/resnet18 --labels A,B,C --resize bend", "'bend' is not one of"),
    ],
)
def test_bad_input_is_one_sentence(
    shamsul, file: Path, tmp_path: Path, options: str, says: str
) -> None:
    done = shamsul("models", "import", file, "--out", "mine", *options.split())
    assert done.returncode == 2
    assert says in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "mine").exists()
