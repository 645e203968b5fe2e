"""Vision transformers in steps, and relevance through attention, against slow second forms."""

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import SwinTransformer, VisionTransformer

from shamsul.classifiers import architecture
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers import attention, grad_cam, lrp, rap
from shamsul.explainers.graph import Add, trace
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError
from shamsul.explainers.propagation import Propagation
from shamsul.explainers.registry import METHODS
from shamsul.explainers.rules import (
    COMPOSITES,
    TINY,
    AlphaBeta,
    Epsilon,
    Flow,
    Gamma,
    Rule,
    WSquare,
    hand_back,
)
from shamsul.explainers.transformers import (
    AttentionWeights,
    MatrixProduct,
    PositionBias,
    SelfAttention,
    Tokens,
)
from shamsul.training import loop
from shamsul.training.loop import Examples
from shamsul.training.recipe import Augmentation, Recipe
from tests.explainers.conftest import SIZE, SWIN, VIT, manifest, radiograph, transformer
from tests.training.examples import MANIFEST, fresh, one_process

#: Odd maps, padded, moved along one axis only, and attention by cosines among them.
NETWORKS = {
    "vit": ("torchvision/vit", 32, VIT),
    "swin": ("torchvision/swin", 56, SWIN),
    "swin, odd": (
        "torchvision/swin",
        52,
        SWIN | {"window_size": (3, 7), "depths": (2, 2, 1), "num_heads": (1, 2, 4)},
    ),
    "swin_v2": ("torchvision/swin_v2", 56, SWIN),
}


@pytest.fixture(scope="module", params=NETWORKS.values(), ids=NETWORKS)
def network(request: pytest.FixtureRequest) -> tuple[nn.Module, Tensor]:
    """A network in double precision, and an image."""
    arch, size, options = request.param
    module = copy.deepcopy(transformer(arch, size, **options).module).double()
    generator = torch.Generator().manual_seed(1)
    return module, torch.randn(1, 3, size, size, generator=generator, dtype=torch.float64)


Network = tuple[nn.Module, Tensor]


@torch.no_grad()
def test_steps_give_torchvisions_outputs_and_leave_the_network_alone(network: Network) -> None:
    module, image = network
    names = [name for name, _ in module.named_modules()]
    images = torch.cat([image, image.flip(2) + 1])
    torch.testing.assert_close(trace(module)(images), module(images), rtol=1e-12, atol=1e-12)
    assert [name for name, _ in module.named_modules()] == names


@torch.no_grad()
def test_steps_have_the_networks_own_weights() -> None:
    """Also once it has been moved, as from a GPU."""
    module = copy.deepcopy(transformer("torchvision/vit", 32, **VIT).module)
    graph = trace(module)
    module.double()
    for weights in module.parameters():
        weights.mul_(0.5)
    image = torch.rand(1, 3, 32, 32, dtype=torch.float64)
    torch.testing.assert_close(graph(image), module(image))


@pytest.mark.long
@torch.no_grad()
@pytest.mark.parametrize("name", ["vit_b_32", "swin_v2_t"])
def test_published_sizes_are_traced(name: str) -> None:
    about = manifest(("Edema",), arch=f"torchvision/{name}", input_size=64, channels=1)
    module = architecture.build(about).eval()
    image = torch.rand(1, 1, 64, 64)
    torch.testing.assert_close(trace(module)(image), module(image), rtol=1e-4, atol=1e-5)


def relevance(module: nn.Module, image: Tensor, composite: str) -> tuple[Tensor, float]:
    run = Propagation(module, image, COMPOSITES[composite])
    return run.hand_back(torch.diag(run.outputs)[[1]]), float(run.outputs[1])


def test_lrp_0_is_gradient_times_input(network: Network) -> None:
    module, image = network
    image = image.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(module(image)[0, 1], image)
    found, _ = relevance(module, image.detach(), "zero")
    expected = gradient * image.detach()
    assert (found - expected).norm() / expected.norm() < 1e-9


def absorbed(layer: nn.Module, sources: list[Tensor], z: Tensor, given: Tensor) -> float:
    """What a step keeps of the relevance given to its output, by the formulas of the rules."""
    ratio = given / (z + torch.copysign(torch.tensor(TINY), z))
    lost = TINY * ratio * torch.sign(z)  # by the stabiliser
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.LayerNorm):
        flat = torch.zeros_like(sources[0])
        return float((ratio * (z - linear(layer, sources[0], flat))).sum() + lost.sum())
    if isinstance(layer, Tokens):
        added = z - torch.cat([torch.zeros_like(z[:, :1]), sources[0]], 1)
        return float((ratio * added).sum() + lost.sum())
    if isinstance(layer, AttentionWeights):
        kept = sources[0] * (given - z * given.sum(-1, keepdim=True))
        return float(given.sum() - kept.sum())
    if isinstance(layer, PositionBias):
        return float(given.sum())
    if isinstance(layer, MatrixProduct | Add | nn.AdaptiveAvgPool2d):
        return float(lost.sum())
    return 0.0


def linear(layer: nn.Module, x: Tensor, zero: Tensor) -> Tensor:
    """A layer without its bias, deviations of a normalisation taken from x."""
    if isinstance(layer, nn.LayerNorm):
        return F.layer_norm(x, layer.normalized_shape, layer.weight, None, layer.eps)
    return layer(x) - layer(zero)  # type: ignore[no-any-return]


@torch.no_grad()
def test_every_step_keeps_what_its_rule_says_and_the_rest_is_handed_on(network: Network) -> None:
    """What biases, the class token, places, position biases and softmaxes absorb, step by step."""
    module, image = network
    run = Propagation(module, image, COMPOSITES["epsilon"])
    values = {}
    for node in run._graph.graph.nodes:
        if node.op == "placeholder":
            values[node] = image
        elif node.op == "call_module":
            values[node] = run._layer(node)(*(values[source] for source in node.args))
    gathered = {run._output: torch.diag(run.outputs)[[1]]}
    kept = 0.0
    for node in reversed(run._steps):
        given = gathered.pop(node)
        parts = run._backs[node](Flow(given))
        handed = sum(float(part.total().sum()) for _, part in parts)
        sources = [values[source] for source in node.all_input_nodes]
        lost = absorbed(run._layer(node), sources, values[node], given)
        scale = 1e-9 * max(1.0, float(given.abs().sum()))
        assert handed + lost == pytest.approx(float(given.sum()), rel=1e-9, abs=scale), node.target
        kept += lost
        for source, part in parts:
            gathered[source] = gathered.get(source, 0) + part.total()
    total = float(gathered[run._input].sum())
    assert total + kept == pytest.approx(float(run.outputs[1]), rel=1e-6)
    assert abs(kept) > 1e-3


@torch.no_grad()
@pytest.mark.parametrize("arch", ["vit", "swin", "swin_v2"])
def test_cp_lrp_conserves_all_where_nothing_is_added(arch: str) -> None:
    options = VIT if arch == "vit" else SWIN
    module = copy.deepcopy(transformer(f"torchvision/{arch}", **options).module).double()
    for name, weights in module.named_parameters():
        if name.endswith(("bias", "class_token", "pos_embedding")):
            weights.zero_()
    image = torch.randn(1, 3, SIZE, SIZE, dtype=torch.float64)
    found, logit = relevance(module, image, "cp_lrp")
    assert float(found.sum()) == pytest.approx(logit, rel=1e-3)
    linearised, _ = relevance(module, image, "attn_lrp")
    assert float(linearised.sum()) != pytest.approx(logit, rel=1e-3)


def halved(left: Tensor, right: Tensor) -> Tensor:
    """A product of which each factor gets half of the gradient."""
    return (left @ right.detach() + left.detach() @ right) / 2


def attended(
    module: VisionTransformer,
    image: Tensor,
    product: Callable[[Tensor, Tensor], Tensor],
    constant: bool = False,
    norm: Callable[[nn.LayerNorm, Tensor], Tensor] = lambda layer, x: layer(x),
    gelu: Callable[[Tensor], Tensor] = F.gelu,
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """A vision transformer written out: outputs, attention weights, what each block looks at."""
    x = module.conv_proj(image).flatten(2).transpose(1, 2)
    x = torch.cat([module.class_token.expand(len(x), -1, -1), x], 1) + module.encoder.pos_embedding
    weights, looked_at = [], []
    for block in module.encoder.layers:
        seen = norm(block.ln_1, x)
        looked_at.append(seen)
        mha = block.self_attention
        joined = []
        projected = F.linear(seen, mha.in_proj_weight, mha.in_proj_bias).chunk(3, -1)
        for q, k, v in zip(*(part.chunk(mha.num_heads, -1) for part in projected), strict=True):
            a = torch.softmax(product(q, k.mT) / math.sqrt(q.shape[-1]), -1)
            if a.requires_grad:
                a.retain_grad()
            weights.append(a)
            joined.append(a.detach() @ v if constant else product(a, v))
        x = x + F.linear(torch.cat(joined, -1), mha.out_proj.weight, mha.out_proj.bias)
        hidden = block.mlp[0](norm(block.ln_2, x))
        x = x + block.mlp[3](gelu(hidden))
    return module.heads(norm(module.encoder.ln, x)[:, 0]), weights, looked_at


def constant_deviation(layer: nn.LayerNorm, x: Tensor) -> Tensor:
    deviation = (x.var(-1, correction=0, keepdim=True) + layer.eps).sqrt().detach()
    return (x - x.mean(-1, keepdim=True)) / deviation * layer.weight + layer.bias


def constant_slope(x: Tensor) -> Tensor:
    return x * (F.gelu(x) / x).detach()


@pytest.mark.parametrize("constant", [False, True], ids=["AttnLRP", "CP-LRP"])
def test_epsilon_rules_are_gradient_times_input_of_a_network_with_constants(
    constant: bool,
) -> None:
    """Achtibat et al. 2024 and Ali et al. 2022, in the other form that they give their rules."""
    module = copy.deepcopy(transformer("torchvision/vit", 32, **VIT).module).double()
    image = torch.randn(1, 3, 32, 32, dtype=torch.float64).requires_grad_()
    modified, *_ = attended(module, image, halved, constant, constant_deviation, constant_slope)  # type: ignore[arg-type]
    torch.testing.assert_close(modified, module(image))
    (gradient,) = torch.autograd.grad(modified[0, 1], image)
    expected = gradient * image.detach()
    composite = copy.copy(COMPOSITES["epsilon"])
    if constant:
        object.__setattr__(composite, "factors", COMPOSITES["cp_lrp"].factors)
    run = Propagation(module, image.detach(), composite)
    found = run.hand_back(torch.diag(run.outputs)[[1]])
    assert (found - expected).norm() / expected.norm() < 1e-3


class TwoTokens(nn.Module):
    """One head of attention of two numbers: each is its own key and value, queries are 1."""

    def __init__(self) -> None:
        super().__init__()
        whole = nn.MultiheadAttention(1, 1, batch_first=True).requires_grad_(False).double()
        whole.in_proj_weight.copy_(torch.tensor([[0.0], [1.0], [1.0]]))
        whole.in_proj_bias.copy_(torch.tensor([1.0, 0.0, 0.0]))
        whole.out_proj.weight.fill_(1)
        whole.out_proj.bias.fill_(0)
        self.attention = SelfAttention(whole)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x)  # type: ignore[no-any-return]


def test_two_tokens_by_hand() -> None:
    """Both rows of attention are softmax(ln 6, ln 2) = (3/4, 1/4); the first output is explained.

    Of z = 3/4 ln 6 + 1/4 ln 2 values get half, attention half: 3/8 ln 6 and 1/8 ln 2 each. Softmax
    hands on ln 6 (3/8 ln 6 - 3/4 z/2) = 3/32 ln 6 ln 3 and ln 2 (1/8 ln 2 - 1/4 z/2) =
    -3/32 ln 2 ln 3, of which keys get half; the other half goes to queries, whose bias absorbs it.
    """
    two, three, six = math.log(2), math.log(3), math.log(6)
    x = torch.tensor([[[six], [two]]], dtype=torch.float64)
    first = torch.tensor([[[1.0], [0.0]]], dtype=torch.float64)
    z = 3 / 4 * six + 1 / 4 * two
    for composite, expected in (
        ("epsilon", (3 / 8 * six + 3 / 64 * six * three, 1 / 8 * two - 3 / 64 * two * three)),
        ("cp_lrp", (3 / 4 * six, 1 / 4 * two)),
    ):
        run = Propagation(TwoTokens(), x, COMPOSITES[composite])
        assert run.outputs.flatten().tolist() == pytest.approx([z, z])
        found = run.hand_back(z * first).flatten().tolist()
        assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("rule", [Epsilon(0.25), AlphaBeta(2.0), Gamma(0.25), WSquare()])
def test_rule_on_tokens_is_that_on_each_token(rule: Rule) -> None:
    generator = torch.Generator().manual_seed(0)
    layer = nn.Linear(6, 4).double().requires_grad_(False)
    x, r = (torch.randn(1, 5, n, generator=generator).double() for n in (6, 4))
    found = hand_back(rule(layer, x, layer(x)), r)
    for token in range(5):
        alone = hand_back(rule(layer, x[:, token], layer(x[:, token])), r[:, token])
        torch.testing.assert_close(found[:, token], alone, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("composite", COMPOSITES)
def test_every_composite_runs(
    composite: str, vit: Classifier, swin: Classifier, noise: GridImage
) -> None:
    for classifier in (vit, swin):
        maps = lrp.METHOD.explain(classifier, noise, composite=composite)
        assert all(0 < np.abs(found.values).max() < 1e3 for found in maps)


def taken(classifier: Classifier, image: GridImage) -> Tensor:
    """What the network takes of an image; a leaf for gradients."""
    batch = torch.from_numpy(image.values.copy())[None]
    return classifier.normalise(batch).requires_grad_()


def enlarged(coarse: Tensor) -> np.ndarray:
    return F.interpolate(coarse[None, None], (SIZE, SIZE), mode="bilinear")[0, 0].detach().numpy()


@pytest.mark.parametrize("target", list(Target))
@pytest.mark.parametrize("variant", ["gradient", "attention"])
def test_rollout_is_the_papers_formula(
    vit: Classifier, noise: GridImage, variant: str, target: Target
) -> None:
    logits, weights, _ = attended(vit.module, taken(vit, noise), torch.matmul)  # type: ignore[arg-type]
    outputs = logits if target is Target.LOGIT else torch.sigmoid(logits)
    outputs[0, 1].backward()
    heads, tokens = VIT["num_heads"], weights[0].shape[-1]
    rolled = torch.eye(tokens)
    for start in range(0, len(weights), heads):
        if variant == "gradient":
            mean = sum((a.grad * a.detach())[0].clamp(min=0) for a in weights[start:][:heads])
            rolled = rolled + mean / heads @ rolled
        else:
            mean = sum(a.detach()[0] for a in weights[start:][:heads]) / heads
            rolled = (0.5 * mean + 0.5 * torch.eye(tokens)) @ rolled
    expected = enlarged(rolled[0, 1:].view(8, 8))
    found = attention.METHOD.explain(vit, noise, target=target, variant=variant)
    assert found[1].values.min() >= 0
    np.testing.assert_allclose(found[1].values, expected, rtol=1e-4, atol=1e-7)
    same = np.array_equal(found[0].values, found[1].values)
    assert same == (variant == "attention")
    assert found[0].evaluations == (2 if variant == "gradient" else 1)


def test_rollout_refuses_windows_and_networks_without_attention(
    swin: Classifier, densenet: Classifier, detector: Classifier, noise: GridImage
) -> None:
    method = attention.METHOD
    within = "test has attention within windows alone, not over the whole image."
    assert method.refusal(swin.manifest) == within
    assert method.refusal(densenet.manifest) == "test has no attention to look at."
    for classifier in (swin, densenet):
        with pytest.raises(ExplainerError, match="attention"):
            method.explain(classifier, noise)
    mistaken = Classifier(transformer("torchvision/vit", 64, **VIT).manifest, densenet.module)
    with pytest.raises(ExplainerError, match="no class token that attends to the whole image"):
        method.explain(mistaken, noise)


def test_cam_fits_a_swin_and_other_methods_say_that_they_do_not(
    vit: Classifier, swin: Classifier, noise: GridImage
) -> None:
    """CAM is Grad-CAM but for the number of cells where features are averaged."""
    maps = METHODS["cam"].explain(swin, noise)
    theirs = grad_cam.METHOD.explain(swin, noise, relu=False)
    for mine, other in zip(maps, theirs, strict=True):
        np.testing.assert_allclose(mine.values, other.values * 64, atol=1e-4)
    with pytest.raises(ExplainerError, match="There is no rule for"):
        rap.METHOD.explain(vit, noise)
    with pytest.raises(ExplainerError, match="CAM needs a network that averages"):
        METHODS["cam"].explain(vit, noise)


def test_grad_cam_of_tokens_is_its_formula(vit: Classifier, noise: GridImage) -> None:
    """Of what the last attention looks at, without the class token."""
    logits, _, looked_at = attended(vit.module, taken(vit, noise), torch.matmul)  # type: ignore[arg-type]
    tokens = looked_at[-1]
    (gradient,) = torch.autograd.grad(logits[0, 1], tokens)
    cells, slopes = (one[0, 1:].T.reshape(-1, 8, 8) for one in (tokens, gradient))
    expected = enlarged((slopes.mean((1, 2), keepdim=True) * cells).sum(0))
    (found,) = grad_cam.METHOD.explain(vit, noise, ["Cardiomegaly"], relu=False)
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    named = "encoder.layers.encoder_layer_1.ln_1"
    (same,) = grad_cam.METHOD.explain(vit, noise, ["Cardiomegaly"], relu=False, layer=named)
    assert np.array_equal(same.values, found.values)
    with pytest.raises(ExplainerError, match="gives no feature map"):
        grad_cam.METHOD.explain(vit, noise, layer="heads.head")
    with pytest.raises(ExplainerError, match="gives no feature map"):
        inner = "encoder.layers.encoder_layer_0.self_attention.out"
        grad_cam.METHOD.explain(vit, noise, layer=inner)


@pytest.mark.parametrize("layer", ["", "features.3.1.norm2", "features.0.0"])
def test_grad_cam_of_a_swin_finds_where_its_channels_are(
    layer: str, swin: Classifier, noise: GridImage
) -> None:
    module: SwinTransformer = swin.module  # type: ignore[assignment]
    seen: list[Tensor] = []
    part = module.get_submodule(layer or "norm")
    hook = part.register_forward_hook(lambda _, __, z: seen.append(z))
    logits = module(taken(swin, noise))
    hook.remove()
    (gradient,) = torch.autograd.grad(logits[0, 1], seen[0])
    axes = (1, 2) if layer == "features.0.0" else (0, 1)
    weighted = gradient[0].mean(axes, keepdim=True) * seen[0][0]
    expected = enlarged(weighted.sum(0 if layer == "features.0.0" else -1))
    (found,) = grad_cam.METHOD.explain(swin, noise, ["Cardiomegaly"], relu=False, layer=layer)
    np.testing.assert_allclose(found.values, expected, atol=1e-5)


def test_inside_windows_there_is_no_map(swin: Classifier, noise: GridImage) -> None:
    for layer in ("qkv", "softmax", "proj", "position"):
        with pytest.raises(ExplainerError, match="gives no feature map"):
            grad_cam.METHOD.explain(swin, noise, layer=f"features.1.1.attn.{layer}")


def sides(count: int, seed: int) -> Examples:
    """A bright square, to be told whether it is in the left half."""
    rng = np.random.default_rng(seed)
    images = rng.integers(60, 100, (count, 32, 32)).astype(np.uint8)
    left = rng.random((count, 1)) < 0.5
    for image, (here,) in zip(images, left, strict=True):
        row, column = rng.integers(0, 22), rng.integers(0, 6) + (0 if here else 16)
        image[row : row + 10, column : column + 10] += 110
    return Examples(images, left.astype(np.float32), np.ones_like(left))


@pytest.mark.long
def test_maps_lie_on_what_a_transformer_learnt_by_the_training_loop(tmp_path: Path) -> None:
    """A square in the left half has a tenth of the image, and more than a fifth of each map."""
    about = replace(MANIFEST, arch="torchvision/vit", arch_options=VIT)
    module = fresh(about)
    loop.train(
        one_process(),
        module,
        about.scaling,
        about.labels,
        sides(256, 0),
        sides(64, 1),
        Recipe(epochs=4, batch=16, optimiser="adamw", rate=5e-3, schedule="one-cycle"),
        Augmentation(),
        tmp_path,
        about={},
        resume=False,
    )
    classifier, seen = Classifier(about, module), sides(8, 5)
    pictures = [picture for picture, (left,) in zip(seen.pixels, seen.values, strict=True) if left]
    asked: dict[str, dict[str, str]] = {
        "lrp": {"composite": "attn_lrp"},
        "grad_cam": {},
        "attention_rollout": {},
    }
    for name, parameters in asked.items():
        shares = []
        for picture in pictures:
            image = classifier.prepare(radiograph(picture / 255))
            (found,) = METHODS[name].explain(classifier, image, **parameters)
            positive = found.values.clip(0)
            shares.append(positive[picture > 150].sum() / positive.sum())
        assert np.mean(shares) > 0.2, name
