"""DenseNets that Keras saved: whatever the layout, Keras's own logits."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from shamsul.classifiers import architecture, keras_files
from shamsul.classifiers.importing import import_weights
from shamsul.classifiers.manifest import Manifest, ModelError, Resize, Scaling
from shamsul.classifiers.matching import COUNTER
from shamsul.classifiers.registry import load

pytestmark = pytest.mark.long

SIZE = 64


def described(**changes: object) -> Manifest:
    values: dict[str, object] = {
        "name": "theirs",
        "arch": "torchvision/densenet121",
        "labels": ("Edema", "Fracture", "Pneumonia"),
        "input_size": SIZE,
        "channels": 3,
        "normalisation": Scaling.IMAGENET,
        "resize": Resize.STRETCH,
        "sha256": "",
    }
    return Manifest(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of one DenseNet121 in all layouts, with Keras's answers."""
    folder = tmp_path_factory.mktemp("keras")
    script = Path(__file__).with_name("write_keras.py")
    done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in ("flat", "nested"):
        write_as_keras_2(folder / f"{name}.h5", folder / f"{name}-2.h5")
    return folder


def write_as_keras_2(source: Path, target: Path) -> None:
    """Write weights as Keras 2 did: "conv1/conv" for a layer, ":0" behind a parameter."""
    with h5py.File(source) as file, h5py.File(target, "w") as made:

        def copy(place: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                made[re.sub("conv1_(conv|bn)", r"conv1/\1", place) + ":0"] = item[()]

        file["model_weights"].visititems(copy)


def test_logits_are_those_of_keras(saved: Path, tmp_path: Path) -> None:
    made = import_weights(saved / "flat.weights.h5", described(), tmp_path / "model")
    with np.load(saved / "answers.npz") as answers:
        grids, expected = answers["grids"], answers["logits"]
    assert expected.std() > 0.1
    model = load(tmp_path / "model")
    assert model.manifest == made
    np.testing.assert_allclose(model.logits(grids), expected, atol=1e-4)


@pytest.mark.parametrize(
    "name", ["flat.h5", "flat-2.h5", "flat.keras", "nested.h5", "nested-2.h5", "nested.weights.h5"]
)
def test_every_layout_holds_the_same_weights(saved: Path, name: str) -> None:
    module = architecture.build(described())
    expected = keras_files.read(saved / "flat.weights.h5", module)
    assert expected.keys() == {key for key in module.state_dict() if COUNTER not in key}
    found = keras_files.read(saved / name, module)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in expected)


def test_outputs_without_a_label_are_left_out(saved: Path, tmp_path: Path) -> None:
    manifest = described(labels=("Edema", "", "Pneumonia"))
    made = import_weights(saved / "flat.weights.h5", manifest, tmp_path / "model")
    assert made.labels == ("Edema", "Pneumonia")
    with np.load(saved / "answers.npz") as answers:
        logits = load(tmp_path / "model").logits(answers["grids"])
        np.testing.assert_allclose(logits, answers["logits"][:, [0, 2]], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("flat-2.h5", {"labels": ("Edema",)}, r"with 1 labels: classifier.weight has shape \(3"),
        ("flat-2.h5", {"arch": "torchvision/densenet169"}, "do not fit torchvision/densenet169"),
        ("flat.weights.h5", {"arch": "torchvision/densenet169"}, "do not fit"),
        ("flat.h5", {"arch": "torchvision/resnet18"}, "for DenseNets only"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    saved: Path, tmp_path: Path, name: str, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        import_weights(saved / name, described(**changes), tmp_path / "model")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def refused(path: Path, says: str) -> None:
    assert keras_files.is_keras(path)
    with pytest.raises(ModelError, match=says) as caught:
        keras_files.read(path, architecture.build(described()))
    assert "\n" not in str(caught.value)


def test_a_file_cut_short_is_damaged(saved: Path, tmp_path: Path) -> None:
    for name in ("flat.weights.h5", "flat-2.h5"):
        path = tmp_path / name
        path.write_bytes((saved / name).read_bytes()[:100_000])
        refused(path, "is damaged")


def test_a_table_of_something_else_holds_no_weights(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["names"] = ["one", "two"]
    refused(tmp_path / "table.h5", "holds no weights of Keras")
    with zipfile.ZipFile(tmp_path / "x.keras", "w") as archive:
        archive.writestr("model.weights.h5", b"nothing")
    refused(tmp_path / "x.keras", "is damaged")


def test_values_of_other_files_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(64))
    with h5py.File(tmp_path / "external.h5", "w") as file:
        file.create_dataset("bn/beta", (16,), "f4", external=[(str(secret), 0, 64)])
    refused(tmp_path / "external.h5", "is damaged")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["beta"] = np.zeros(16, np.float32)
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file["bn/beta"] = h5py.ExternalLink("other.h5", "beta")
    refused(tmp_path / "linked.h5", "holds no weights")


def test_two_networks_in_a_file_are_told(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "two.h5", "w") as file:
        for network in ("first", "second"):
            file[f"{network}/conv1_conv/kernel"] = np.zeros((7, 7, 3, 64), np.float32)
    refused(tmp_path / "two.h5", "Several layers are named conv1_conv")


def test_layers_are_placed_by_hand(tmp_path: Path) -> None:
    """Kernels have torch's axes, variances what Keras adds to them, numbers tell the place."""
    kernel = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    with h5py.File(tmp_path / "small.weights.h5", "w") as file:
        for number in ("", "_1", "_10", "_2"):
            layer = file.create_group(f"layers/conv2d{number}/vars")
            layer["0"] = kernel + int(number[1:] or 0)
        layer = file.create_group("layers/batch_normalization/vars")
        for number in range(4):
            layer[f"{number}"] = np.full(5, (number + 1) * 1e-6, np.float32)
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, np.uint32)
        file["optimizer/vars/2"] = kernel
        file["layers/dense/vars/0"] = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    state = keras_files.read(tmp_path / "small.weights.h5", architecture.build(described()))
    assert len(state) == 4 + 4 + 1
    assert state["features.conv0.weight"][4, 3, 1, 2] == kernel[1, 2, 3, 4]
    first = "features.denseblock1.denselayer"
    for number, name in ((1, "1.conv1"), (2, "1.conv2"), (10, "2.conv1")):
        np.testing.assert_array_equal(
            state[f"{first}{name}.weight"], kernel.transpose(3, 2, 0, 1) + number
        )
    statistics = [state[f"features.norm0.{name}"][0].item() for name in BATCH_NORM]
    assert statistics == pytest.approx([1e-6, 2e-6, 3e-6, 4.01e-6], rel=1e-5)
    assert state["classifier.weight"].tolist() == [[1, 3, 5], [2, 4, 6]]


BATCH_NORM = ("weight", "bias", "running_mean", "running_var")
