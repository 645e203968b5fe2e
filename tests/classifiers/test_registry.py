import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from shamsul.classifiers import weights
from shamsul.classifiers.manifest import Manifest
from shamsul.classifiers.registry import ModelError, ModelState, add, download, load, models

MakeFolder = Callable[..., Path]


def reseal(folder: Path, **changes: object) -> None:
    """Change a manifest and give it the SHA-256 of the weights as they are."""
    path = next(folder / name for name in weights.FILES if (folder / name).is_file())
    fields = {name: getattr(Manifest.read(folder), name) for name in Manifest.__dataclass_fields__}
    if "labels" in changes:
        fields["thresholds"] = {}
    Manifest(**{**fields, **changes, "sha256": weights.sha256(path)}).write(folder)


def refused(folder: Path, match: str) -> None:
    with pytest.raises(ModelError, match=match) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_registering_does_not_import_torch() -> None:
    code = (
        "import sys, shamsul.classifiers.registry as registry; registry.models(); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_models_are_bundled_downloaded_or_available(
    installation: Path, make_folder: MakeFolder
) -> None:
    installation.mkdir()
    make_folder("mine").rename(installation / "mine")
    (installation / "broken").mkdir()
    (installation / "broken" / "model.toml").write_text("name = 3")
    for name, text in (("deep", "name = " + "[" * 20_000), ("odd", "resize = []\nchannels = {}")):
        (installation / name).mkdir()
        (installation / name / "model.toml").write_text(text)
    found = {info.name: info for info in models()}
    assert next(iter(found)) == "phantom"
    assert found["phantom"].state is ModelState.BUNDLED
    assert found["mine"].state is ModelState.DOWNLOADED
    assert found["mine"].trained_on == "nothing"
    assert "name must be a text" in found["broken"].fault
    assert "nested too deep" in found["deep"].fault
    assert "resize must be" in found["odd"].fault
    assert found["xrv/densenet121-res224-all"].state is ModelState.AVAILABLE
    assert len([name for name in found if name.startswith("xrv/")]) == 7
    assert load("mine").manifest.name == "tiny"


def test_unknown_and_missing_models_are_one_sentence(installation: Path) -> None:
    with pytest.raises(ModelError, match="neither a model folder nor one of the registered"):
        load("nonsense")
    with pytest.raises(ModelError, match="not downloaded yet"):
        load("xrv/densenet121-res224-chex")
    with pytest.raises(ModelError, match="not a model that can be downloaded"):
        download("phantom")


def test_changed_weights_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    content = bytearray((folder / weights.SAFETENSORS).read_bytes())
    content[-1] ^= 1
    (folder / weights.SAFETENSORS).write_bytes(content)
    refused(folder, "SHA-256")


def test_truncated_weights_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    content = (folder / weights.SAFETENSORS).read_bytes()
    (folder / weights.SAFETENSORS).write_bytes(content[: len(content) // 2])
    refused(folder, "SHA-256")
    reseal(folder)
    refused(folder, "not a readable file of weights")


def test_missing_weights_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    (folder / weights.SAFETENSORS).unlink()
    refused(folder, "holds no weights.safetensors")


def test_labels_that_do_not_fit_the_head_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    reseal(folder, labels=("A", "B", "C"))
    refused(folder, r"classifier.weight has shape \(2, \d+\) instead of \(3, \d+\)")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"arch": "torchvision/nonsense"}, "no architecture torchvision/nonsense"),
        ({"arch": "xrv/resnet"}, "no architecture xrv/resnet"),
        ({"arch_options": {"growth": 3}}, "cannot be built as described"),
        ({"arch_options": {"num_classes": 3}}, "cannot be built as described"),
        ({"arch_options": {}}, "do not fit"),
        ({"input_size": 8}, "cannot take 8 x 8 images"),
    ],
)
def test_faulty_descriptions_are_refused(
    make_folder: MakeFolder, changes: dict[str, object], match: str
) -> None:
    folder = make_folder()
    reseal(folder, **changes)
    refused(folder, match)


def test_weights_that_are_not_numbers_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    state = safetensors.torch.load_file(folder / weights.SAFETENSORS)
    state["classifier.bias"][0] = float("nan")
    safetensors.torch.save_file(state, folder / weights.SAFETENSORS)
    reseal(folder)
    refused(folder, "not finite")


def test_a_torch_file_of_tensors_is_read(make_folder: MakeFolder) -> None:
    folder = make_folder()
    grids = np.zeros((1, 32, 32), np.float32)
    expected = load(folder).logits(grids)
    state = safetensors.torch.load_file(folder / weights.SAFETENSORS)
    (folder / weights.SAFETENSORS).unlink()
    for content in (state, {"state_dict": state}):
        torch.save(content, folder / "weights.pt")
        reseal(folder)
        np.testing.assert_array_equal(load(folder).logits(grids), expected)


def test_mean_of_the_training_images_comes_with_the_folder(make_folder: MakeFolder) -> None:
    folder = make_folder()
    assert load(folder).training_mean is None
    mean = np.arange(32 * 32, dtype=np.uint32).reshape(32, 32) // 4
    Image.fromarray(mean.astype(np.uint8)).save(folder / "training_mean.png")
    np.testing.assert_allclose(load(folder).training_mean, mean / 255, rtol=1e-6)


def test_mean_of_another_size_or_kind_is_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    Image.new("L", (8, 8)).save(folder / "training_mean.png")
    refused(folder, "not of the model's size, 32 x 32")
    (folder / "training_mean.png").write_bytes(b"no picture")
    refused(folder, "not a PNG image")


def test_bundled_model_has_the_mean_of_its_training_images() -> None:
    mean = load("phantom").training_mean
    assert mean is not None
    assert mean.shape == (224, 224)
    # Lungs are darker than what lies between and below them.
    assert mean[110, 60] < mean[110, 112] > mean[110, 165]
    assert mean[200, 60] > 2 * mean[110, 60]


class Marker:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_a_torch_file_that_runs_code_is_refused(make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder()
    (folder / weights.SAFETENSORS).unlink()
    torch.save({"classifier.bias": Marker(tmp_path / "marker")}, folder / "weights.pt")
    reseal(folder)
    refused(folder, "not a readable file of weights")
    assert not (tmp_path / "marker").exists()


def test_own_folder_is_added_under_its_name(installation: Path, make_folder: MakeFolder) -> None:
    folder = make_folder("upload")
    reseal(folder, name="My DenseNet / v2")
    assert add(folder) == "my-densenet-v2"
    assert load("my-densenet-v2").manifest.name == "My DenseNet / v2"
    with pytest.raises(ModelError, match="already"):
        add(folder)
    assert sorted(path.name for path in installation.iterdir()) == ["my-densenet-v2"]


@pytest.mark.parametrize("name", ["phantom", "..", "///"])
def test_name_that_is_taken_or_no_name_is_refused(
    installation: Path, make_folder: MakeFolder, name: str
) -> None:
    folder = make_folder("upload")
    reseal(folder, name=name)
    with pytest.raises(ModelError, match="cannot be added"):
        add(folder)
    assert not installation.exists()


def test_faulty_folder_is_not_added(installation: Path, make_folder: MakeFolder) -> None:
    folder = make_folder("upload")
    (folder / weights.SAFETENSORS).write_bytes(b"changed")
    with pytest.raises(ModelError):
        add(folder)
    assert not installation.exists()
