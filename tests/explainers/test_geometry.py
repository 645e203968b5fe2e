"""What lies at a known place comes back there: every method, resize, shape, mirror image, model."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import VisionTransformer
from torchvision.ops import SqueezeExcitation

from shamsul.classifiers import registry
from shamsul.classifiers.architecture import build
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.manifest import Manifest, Resize, Scaling
from shamsul.classifiers.unet import Seen, UNet
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.explainers.method import Method
from shamsul.explainers.registry import METHODS
from shamsul.phantom import Grade, render
from tests.explainers.conftest import SIZE, manifest, radiograph

Point = tuple[float, float]


@pytest.fixture(params=METHODS.values(), ids=METHODS)
def method(request: pytest.FixtureRequest) -> Method:
    return request.param


def declared(method: Method, **wanted: object) -> dict[str, object]:
    """Those of the wanted parameters that the method has."""
    names = {parameter.name for parameter in method.parameters}
    return {name: value for name, value in wanted.items() if name in names}


def bright_square(shape: tuple[int, int], side: int) -> tuple[np.ndarray, Point]:
    """A bright square low and to the left in the centre crop, and its centre.

    So far from the middle that a map turned over, transposed or moved by a crop or a bar would
    lie more than a cell away.
    """
    edge = min(shape)
    top = (shape[0] - edge) // 2 + round(0.8 * edge - side / 2)
    left = (shape[1] - edge) // 2 + round(0.2 * edge - side / 2)
    pixels = np.full(shape, 0.1)
    pixels[top : top + side, left : left + side] = 1.0
    return pixels, (top + side / 2, left + side / 2)


def mirror_image(pixels: np.ndarray, centre: Point) -> tuple[np.ndarray, Point]:
    return pixels[:, ::-1], (centre[0], pixels.shape[1] - centre[1])


def off_centre(heatmap: Heatmap, centre: Point) -> float:
    """Grid pixels, along the worse axis, between the map's centre of mass and a place in the image.

    Only positive relevance counts. Masks drawn at random leave noise all over a map, which would
    draw its centre of mass to the middle: of such maps only what reaches half the maximum counts.
    """
    positive = np.clip(heatmap.values, 0, None)
    assert positive.max() > 0
    if "samples" in heatmap.parameters:
        positive[positive < positive.max() / 2] = 0
    indices = np.indices(positive.shape)
    found = heatmap.geometry.to_image([np.einsum("ij,kij->k", positive / positive.sum(), indices)])
    # A grid pixel covers another length of the image down than across where it is stretched.
    matrix = np.array(heatmap.geometry.grid_to_image)
    return float((np.abs(found[0] - centre) / np.diag(matrix)).max())


SEGMENTS = 64
#: Grid pixels along a method's cell in front of the hand-made detector, whose grid has 64 x 64.
CELL = {
    "lime": SIZE / math.sqrt(SEGMENTS),  # a superpixel
    "shap": SIZE / math.sqrt(SEGMENTS),
    "grad_cam": 2,  # the stride of the detector's feature map
    "lrp": 1,
    "rap": 1,
    "rsp": 2,  # where its relevance starts
    "cam": 2,
    "score_cam": 2,
    "attention_rollout": 8,  # a patch
    "integrated_gradients": 1,
    "occlusion": 0.14 * SIZE,  # its window
    "rise": SIZE / 7,  # a cell of its masks
    "own_mask": 2,  # the stride of the detector's feature map
}


class SquareMasker(UNet):
    """The hand-made detector with a mask beside it: where it finds the square."""

    def __init__(self, detector: nn.Module) -> None:
        nn.Module.__init__(self)
        self.detector, self.masks = detector, 1

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.detector(images)

    def whole(self, images: torch.Tensor) -> Seen:
        found = self.detector.features(images)
        return Seen(self(images), 200 * (found - 0.2), found)


@torch.no_grad()
def square_attender() -> nn.Module:
    """A vision transformer whose class token looks at bright patches and takes over how bright.

    Of a token's four numbers the last two hardly let the first two's normalisation depend on them.
    """
    network = VisionTransformer(SIZE, 8, 1, 1, 4, 1, num_classes=2)
    network.conv_proj = nn.Conv2d(1, 4, 8, 8)
    for weights in network.parameters():
        weights.zero_()
    for norm in (part for part in network.modules() if isinstance(part, nn.LayerNorm)):
        norm.weight.fill_(1)
    sign = torch.tensor([1.0, -1.0, 0.0, 0.0])
    far = torch.tensor([0.0, 0.0, 10.0, -10.0])
    network.conv_proj.weight.copy_((sign / 64).view(4, 1, 1, 1).expand(4, 1, 8, 8))
    network.conv_proj.bias.copy_(far - 0.5 * sign)
    network.class_token.copy_(far)
    attention = network.encoder.layers[0].self_attention
    queries, keys, values = range(0, 4), range(4, 8), range(8, 12)
    attention.in_proj_bias[queries[0]] = 1.0
    attention.in_proj_weight[keys[0], 0] = 100.0
    attention.in_proj_weight[values] = torch.eye(4) * sign.abs()
    attention.out_proj.weight.copy_(torch.eye(4))
    network.heads.head.weight.copy_(100 * torch.stack([sign, -sign]))
    return network


@pytest.mark.parametrize("shape", [(96, 96), (190, 101), (101, 190)], ids=str)
@pytest.mark.parametrize("resize", list(Resize))
def test_map_lies_on_the_square_and_on_its_mirror_image(
    method: Method, detector: Classifier, resize: Resize, shape: tuple[int, int]
) -> None:
    """The mirror image's probability is explained, so that both targets are seen."""
    about = replace(detector.manifest, resize=resize)
    classifier = Classifier(about, detector.module)
    if method.needs_masks:
        about = replace(about, arch="unet/made")
        classifier = Classifier(about, SquareMasker(detector.module))
    if method.needs_attention:
        classifier = Classifier(replace(about, arch="torchvision/vit"), square_attender())
    # A square may be a superpixel, and would not be hidden by its own mean.
    few = declared(method, samples=100, segments=SEGMENTS, background="black")
    upright = bright_square(shape, 24)
    versions = {Target.LOGIT: upright, Target.PROBABILITY: mirror_image(*upright)}
    for target, (pixels, centre) in versions.items():
        image = classifier.prepare(radiograph(pixels))
        (found,) = method.explain(classifier, image, ["Square"], target=target, **few)
        assert off_centre(found, centre) < CELL[method.name]


@pytest.mark.parametrize("name", ["lrp", "grad_cam", "attention_rollout"])
def test_maps_of_a_vision_transformer_lie_on_the_square(name: str, detector: Classifier) -> None:
    about = replace(detector.manifest, arch="torchvision/vit")
    classifier = Classifier(about, square_attender())
    upright = bright_square((96, 96), 24)
    for pixels, centre in (upright, mirror_image(*upright)):
        image = classifier.prepare(radiograph(pixels))
        (found,) = METHODS[name].explain(classifier, image, ["Square"])
        assert off_centre(found, centre) < 8


@torch.no_grad()
def see_brightness(network: nn.Module, threshold: float) -> None:
    """Give a network weights that make its outputs the image's brightness beyond a threshold.

    Every convolution averages the first channel around each place, and nothing else is looked at;
    its layers, strides and paddings are those of the architecture.
    """
    convolutions = [part for part in network.modules() if isinstance(part, nn.Conv2d)]
    norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
    for part in (*convolutions, *norms):
        part.weight.zero_()
        if part.bias is not None:
            part.bias.zero_()
    for part in convolutions:
        seen = part.weight[0] if part is convolutions[0] else part.weight[0, :1]
        seen.fill_(1 / seen.numel())
    for part in norms:
        part.weight.fill_(1)
    (norms or convolutions)[0].bias.fill_(-threshold)
    for part in network.modules():
        if isinstance(part, nn.Linear):
            part.weight.fill_(1 / part.in_features)
            part.bias.zero_()
        elif isinstance(part, SqueezeExcitation):
            part.fc2.bias.fill_(4)  # an open gate


def described(arch: str, size: int, **changes: object) -> Manifest:
    values = {"arch": arch, "input_size": size, "normalisation": Scaling.IMAGENET}
    return manifest(("Bright",), **(values | changes))


#: One model of each kind that can be registered: the bundled one, those to download, and those
#: whose layers every method knows. Narrow where the architecture can be: its strides are the same.
MODELS = {
    "phantom": Manifest.read(registry.folder_of(registry.PHANTOM)),
    "xrv/densenet": described(
        "xrv/densenet",
        224,
        channels=1,
        normalisation=Scaling.XRV,
        resize=Resize.CENTRE_CROP,
        arch_options={"growth_rate": 8, "block_config": (2, 2, 2, 2), "num_init_features": 16},
    ),
    "torchvision/densenet": described(
        "torchvision/densenet",
        128,
        resize=Resize.LETTERBOX,
        arch_options={"growth_rate": 8, "block_config": (2, 2, 2, 2), "num_init_features": 16},
    ),
    "torchvision/resnet18": described("torchvision/resnet18", 128, resize=Resize.LETTERBOX),
    "torchvision/vgg11": described("torchvision/vgg11", 128),
    "torchvision/efficientnet_b0": described("torchvision/efficientnet_b0", 128),
}
#: Grid pixels along a cell of the last feature map of each of them.
STRIDE = 32


@pytest.fixture(scope="module", params=MODELS.values(), ids=MODELS)
def seeing(request: pytest.FixtureRequest) -> Classifier:
    """A registered architecture that sees brightness, and nothing below 0.6."""
    about: Manifest = request.param
    scaling, network = about.scaling, build(about)
    see_brightness(network, (0.6 - np.mean(scaling.mean)) / np.mean(scaling.std))
    return Classifier(about, network)


@pytest.mark.long
def test_map_lies_on_the_square_for_every_registered_model(
    method: Method, seeing: Classifier
) -> None:
    if refusal := method.refusal(seeing.manifest):
        pytest.skip(refusal)
    if method.name == "cam" and "vgg" in seeing.manifest.arch:
        pytest.skip("has three dense layers after its features")
    size, label = seeing.manifest.input_size, seeing.manifest.labels[0]
    few = declared(
        method,
        samples=64,
        segments=25,
        background="black",
        steps=8,
        window=200,
        stride=200,
        hostile="none",  # all outputs are the same
    )
    # A pixel counts by how many of the cells above see it, which is uneven between strides.
    cells = {"lrp": STRIDE / 4, "integrated_gradients": STRIDE / 4, "grad_cam": STRIDE}
    upright = bright_square((260, 330), 80)
    for pixels, centre in (upright, mirror_image(*upright)):
        image = seeing.prepare(radiograph(pixels))
        (found,) = method.explain(seeing, image, [label], **few)
        # The others see windows or superpixels, of which five lie along a side here.
        assert off_centre(found, centre) < cells.get(method.name, size / 5)


@pytest.fixture(scope="module")
def bundled() -> Classifier:
    return registry.load(registry.PHANTOM)


@pytest.mark.long
@pytest.mark.parametrize(
    ("shape", "mirrored"), [((256, 216), False), ((180, 400), True)], ids=["upright", "mirrored"]
)
def test_map_of_the_bundled_model_lies_on_a_consolidation(
    method: Method, bundled: Classifier, shape: tuple[int, int], mirrored: bool
) -> None:
    """What the network has learned, not what was put into it by hand."""
    if refusal := method.refusal(bundled.manifest):
        pytest.skip(refusal)
    phantom = render(3, findings={"Consolidation": Grade.OBVIOUS}, shape=shape)
    rows, columns = np.nonzero(phantom.findings[0].mask)
    pixels, centre = phantom.pixels, (rows.mean() + 0.5, columns.mean() + 0.5)
    if mirrored:
        pixels, centre = mirror_image(pixels, centre)
    few = declared(method, samples=128, segments=30, steps=8)
    image = bundled.prepare(radiograph(pixels))
    (found,) = method.explain(bundled, image, ["Consolidation"], **few)
    assert off_centre(found, centre) < STRIDE
