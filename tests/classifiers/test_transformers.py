"""Vision transformers as models: built by their options, imported, opened, randomised."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from shamsul.classifiers import architecture
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.importing import import_weights
from shamsul.classifiers.manifest import Manifest, ModelError
from shamsul.classifiers.randomised import randomised_folder, stages
from shamsul.classifiers.registry import load
from tests.classifiers.conftest import tiny
from tests.explainers.conftest import SWIN, VIT

MODELS = {"vit": VIT, "swin": SWIN, "swin_v2": SWIN}


@pytest.fixture(params=MODELS)
def about(request: pytest.FixtureRequest) -> Manifest:
    options = MODELS[request.param]
    return tiny(arch=f"torchvision/{request.param}", input_size=64, arch_options=options)


def test_a_transformer_comes_back_from_its_folder(about: Manifest, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = architecture.build(about).eval()
    for weights in network.parameters():
        weights.data.normal_(0, 0.2)
    safetensors.torch.save_file(network.state_dict(), tmp_path / "theirs.safetensors")
    import_weights(tmp_path / "theirs.safetensors", about, tmp_path / "mine")
    classifier = load(tmp_path / "mine")
    image = np.random.default_rng(0).random((1, 64, 64)).astype(np.float32)
    with torch.no_grad():
        expected = network(classifier.normalise(torch.from_numpy(image))).numpy()
    np.testing.assert_allclose(classifier.logits(image), expected, atol=1e-5)
    twin = load(randomised_folder(tmp_path / "mine", tmp_path))
    assert not np.allclose(twin.logits(image), expected, atol=1e-2)
    for name, buffer in classifier.module.named_buffers():
        assert torch.equal(twin.module.get_buffer(name), buffer)


def test_stages_of_a_transformer_are_its_blocks() -> None:
    about = tiny(arch="torchvision/vit", input_size=64, arch_options=VIT)
    assert list(stages(Classifier(about, architecture.build(about)))) == [
        "heads.head",
        "encoder.layers.encoder_layer_1",
        "encoder.layers.encoder_layer_0",
        "encoder",
        "conv_proj",
        "class_token",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_size": 60}, "indivisible by patch size"),
        ({"arch_options": VIT | {"num_heads": 3}}, "divisible by num_heads"),
        ({"arch_options": {"patch_size": 8}}, "missing 4 required"),
        ({"arch": "torchvision/vit_b_16"}, "multiple values"),
    ],
)
def test_options_that_do_not_fit_are_a_sentence(changes: dict[str, object], message: str) -> None:
    about = tiny(arch="torchvision/vit", input_size=64, arch_options=VIT)
    with pytest.raises(ModelError, match=message):
        architecture.build(replace(about, **changes))  # type: ignore[arg-type]


@pytest.mark.long
def test_published_vision_transformers_take_the_grid_of_the_manifest() -> None:
    about = tiny(arch="torchvision/vit_b_32", input_size=96, arch_options={})
    network = architecture.build(about)
    assert network.encoder.pos_embedding.shape == (1, 10, 768)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("arch", "spans"),
    [
        ("torchvision/vit_b_16", "image"),
        ("torchvision/vit", "image"),
        ("torchvision/swin_v2_t", "windows"),
        ("torchvision/densenet121", ""),
        ("torchvision/maxvit_t", ""),
        ("onnx", ""),
    ],
)
def test_a_manifest_says_what_attention_spans(arch: str, spans: str) -> None:
    assert tiny(arch=arch).attention == spans
