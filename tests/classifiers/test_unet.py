"""U-Nets: classifiers with masks of their own."""

import pytest
import torch
from torch import nn

from shamsul.classifiers import architecture
from shamsul.classifiers.manifest import Manifest, ModelError, Resize, Scaling
from shamsul.classifiers.unet import UNet

SMALL = {"growth_rate": 8, "block_config": (2, 2, 2), "num_init_features": 8, "decoder": (12, 8)}


def made(encoder: str = "densenet", size: int = 64, channels: int = 1, **options) -> UNet:
    given = (SMALL if encoder == "densenet" else {}) | options
    manifest = Manifest(
        "u",
        f"unet/{encoder}",
        ("Edema", "Mass"),
        size,
        channels,
        Scaling.UNIT,
        Resize.STRETCH,
        "0" * 64,
        arch_options=given,
    )
    torch.manual_seed(0)
    module = architecture.build(manifest)
    assert isinstance(module, UNet)
    for parameter in module.parameters():
        if parameter.ndim == 1:
            nn.init.normal_(parameter, 0.5, 0.2)
    return module.eval()


@pytest.mark.parametrize("encoder", ["densenet", "resnet18", "vgg11_bn", "efficientnet_b0"])
@pytest.mark.parametrize("gated", [False, True])
@torch.no_grad()
def test_whole_gives_the_logits_of_the_classifier_and_what_they_are_the_mean_of(encoder, gated):
    network = made(encoder, channels=3, gated=gated)
    images = torch.rand(2, 3, 64, 64)
    seen = network.whole(images)
    torch.testing.assert_close(seen.logits, network(images))
    mean = seen.evidence.mean((2, 3)) + network.classifier.bias
    torch.testing.assert_close(mean, seen.logits, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_the_mask_is_as_fine_as_the_decoder_has_steps():
    sizes = {steps: made(decoder=(8,) * steps).whole(torch.rand(1, 1, 64, 64)) for steps in (1, 3)}
    # Of the three blocks the last is a sixteenth of the image.
    assert sizes[1].masks.shape == (1, 1, 8, 8)
    assert sizes[3].masks.shape == (1, 1, 32, 32)
    assert made(masks="labels").whole(torch.rand(1, 1, 64, 64)).masks.shape == (1, 2, 16, 16)


@torch.no_grad()
def test_what_the_classifier_gets_of_a_gated_network_is_what_the_mask_lets_through():
    network = made(gated=True)
    images = torch.rand(2, 1, 64, 64)
    network.mask.weight.zero_()
    network.mask.bias.fill_(-1e4)
    torch.testing.assert_close(network(images), network.classifier.bias.expand(2, 2))
    network.mask.bias.fill_(1e4)
    opened = network(images)
    network.gated = False
    torch.testing.assert_close(opened, network(images))


@torch.no_grad()
def test_without_a_gate_the_decoder_changes_no_logit():
    network, images = made(), torch.rand(1, 1, 64, 64)
    before = network(images)
    for parameter in network.decoder.parameters():
        parameter.zero_()
    torch.testing.assert_close(network(images), before)


def test_making_one_leaves_its_statistics_as_they_are_at_first():
    fresh = architecture.build(
        Manifest("u", "unet/resnet18", ("a",), 64, 3, Scaling.UNIT, Resize.STRETCH, "0" * 64)
    )
    norms = [part for part in fresh.modules() if isinstance(part, nn.BatchNorm2d)]
    assert norms
    assert all(int(norm.num_batches_tracked) == 0 and norm.training for norm in norms)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder": "nothing"}, "no encoder 'nothing'"),
        ({"encoder": "vit_b_16"}, "no sequence of steps"),
        ({"masks": "two"}, 'masks must be "one", "labels" or "none"'),
        ({"masks": "labels", "gated": True}, 'gated needs masks = "one"'),
        ({"decoder": ()}, "from 1 to 3 numbers"),
        ({"decoder": (8,) * 4}, "from 1 to 3 numbers"),
        ({"size": 72}, "divided by 16"),
        ({"depth": 3}, "unexpected keyword"),
    ],
)
def test_what_does_not_fit_is_one_sentence(changes, said):
    with pytest.raises(ModelError, match=said) as raised:
        made(**changes)
    assert str(raised.value).endswith(".")
