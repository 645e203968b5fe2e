from dataclasses import replace
from pathlib import Path

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


def test_imagenet_is_torchvisions_own_checked_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = torchvision.models.resnet18().state_dict()
    asked = {}

    def download(_: object, **options: object) -> dict[str, torch.Tensor]:
        asked.update(options)
        return state

    monkeypatch.setattr(torchvision.models.ResNet18_Weights, "get_state_dict", download)
    module = begin(MODEL, "imagenet", tmp_path, 0)
    assert asked["check_hash"] is True
    assert torch.equal(module.conv1.weight, state["conv1.weight"])


def test_without_a_network_a_sentence_says_which_file_to_bring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(torchvision.models.ResNet18_Weights, "get_state_dict", fail)
    with pytest.raises(ModelError, match=r"\(no route\): bring https://.*resnet18.* to .*checkp"):
        begin(MODEL, "imagenet", tmp_path, 0)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    folder(tmp_path / "other", replace(MODEL, arch="torchvision/resnet34"))
    with pytest.raises(ModelError, match="do not fit torchvision/resnet18"):
        begin(MODEL, "other", tmp_path, 0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="neither a model folder nor a file of weights"):
        begin(MODEL, "empty", tmp_path, 0)
