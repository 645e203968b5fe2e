import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from shamsul.classifiers import architecture, weights
from shamsul.classifiers.manifest import Manifest, ModelError, Resize, Scaling
from shamsul.classifiers.vision import torchvision
from shamsul.training.beginning import begin

MODEL = Manifest(
    "m", "torchvision/resnet18", ("Edema", "Nodule"), 32, 3, Scaling.UNIT, Resize.STRETCH, "0" * 64
)


def folder(path: Path, manifest: Manifest) -> dict[str, torch.Tensor]:
    path.mkdir()
    state = architecture.build(manifest).state_dict()
    replace(manifest, sha256=weights.write(state, path)).write(path)
    return state


def test_nothing_is_drawn_from_the_seed(tmp_path: Path) -> None:
    first, again, other = (begin(MODEL, "nothing", tmp_path, seed) for seed in (0, 0, 1))
    assert torch.equal(first.fc.weight, again.fc.weight)
    assert not torch.equal(first.fc.weight, other.fc.weight)


def test_labels_of_a_model_folder_keep_their_outputs(tmp_path: Path) -> None:
    state = folder(tmp_path / "before", replace(MODEL, labels=("Mass", "Edema", "Effusion")))
    module = begin(MODEL, "before", tmp_path, 0)
    drawn = begin(MODEL, "nothing", tmp_path, 0)
    assert torch.equal(module.conv1.weight, state["conv1.weight"])
    assert torch.equal(module.fc.weight[0], state["fc.weight"][1])
    assert torch.equal(module.fc.bias[0], state["fc.bias"][1])
    assert torch.equal(module.fc.weight[1], drawn.fc.weight[1])


def test_a_files_last_layer_is_drawn_anew_and_three_channels_become_one(tmp_path: Path) -> None:
    state = architecture.build(replace(MODEL, labels=tuple("abcdefg"))).state_dict()
    torch.save({"state_dict": state}, tmp_path / "weights.pt")
    module = begin(replace(MODEL, channels=1), "weights.pt", tmp_path, 0)
    torch.testing.assert_close(module.conv1.weight, state["conv1.weight"].sum(1, keepdim=True))
    assert torch.equal(module.layer4[1].conv2.weight, state["layer4.1.conv2.weight"])
    assert module.fc.weight.shape == (2, 512)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put weights where torch keeps those of torchvision, under the name that tells their hash."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()

    def put(name: str, state: Mapping[str, torch.Tensor], *, damaged: bool = False) -> Path:
        file = tmp_path / "written.pth"
        torch.save(state, file)
        digest = weights.sha256(file)[:8]
        place = tmp_path / "checkpoints" / f"{name}-{digest}.pth"
        shutil.move(file, place)
        if damaged:
            place.write_bytes(b"")
        known = torchvision.models.get_model_weights(name).DEFAULT
        monkeypatch.setattr(
            torchvision.models,
            "get_model_weights",
            lambda _: SimpleNamespace(
                DEFAULT=SimpleNamespace(url=f"{known.url.rpartition('/')[0]}/{place.name}")
            ),
        )
        return place

    return put


@pytest.mark.parametrize("name", ["resnet18", "inception_v3"])
def test_imagenet_is_what_torchvision_published(
    name: str, published: Callable[..., Path], tmp_path: Path
) -> None:
    quick = {"init_weights": False} if name == "inception_v3" else {}
    state = torchvision.models.get_model(name, weights=None, **quick).state_dict()
    published(name, state)
    manifest = replace(MODEL, arch=f"torchvision/{name}", input_size=96)
    module = begin(manifest, "imagenet", tmp_path, 0)
    first = next(key for key, tensor in state.items() if tensor.ndim == 4)
    assert torch.equal(module.state_dict()[first], state[first])
    assert module.fc.weight.shape[0] == 2


def test_a_file_of_another_hash_is_refused_before_it_is_read(
    published: Callable[..., Path], tmp_path: Path
) -> None:
    published("resnet18", torchvision.models.resnet18().state_dict(), damaged=True)
    with pytest.raises(ModelError, match="its SHA-256 is another one"):
        begin(MODEL, "imagenet", tmp_path, 0)


def test_without_a_network_a_sentence_says_which_file_to_bring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(ModelError, match=r"\(no route\): bring https://.*resnet18.* to .*checkp"):
        begin(MODEL, "imagenet", tmp_path, 0)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    folder(tmp_path / "other", replace(MODEL, arch="torchvision/resnet34"))
    with pytest.raises(ModelError, match="do not fit torchvision/resnet18"):
        begin(MODEL, "other", tmp_path, 0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="neither a model folder nor a file of weights"):
        begin(MODEL, "empty", tmp_path, 0)
