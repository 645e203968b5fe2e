"""Rules of layer-wise relevance propagation: relevance of a layer's output to that of its input.

A rule is called as ``rule(layer, x, z)`` with the layer's input `x` and its output
``z = layer(x)``, both of one image. It returns the ways on which relevance goes back, each of them
linear in it: so one forward pass serves all outputs, and what depends on the image alone is
computed once.
"""

import copy
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import singledispatch
from typing import Final, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(eq=False)
class Flow:
    """Relevance of n distributions, as a tensor times a factor.

    Steps that act on each neuron by itself change the factor alone, which is cheap; the product
    for all distributions is put off until a convolution or a sum needs it.

    Attributes
    ----------
    tensor : Tensor of shape (n, ...)
    factor : Tensor of shape (1, ...) or None
        None for 1.
    own : bool
        Whether nothing else holds the tensor, so that it may be changed in place.
    """

    tensor: Tensor
    factor: Tensor | None = None
    own: bool = False

    def times(self, share: Tensor) -> "Flow":
        """The flow with another factor, which is of one image."""
        factor = share if self.factor is None else self.factor * share
        return Flow(self.tensor, factor, self.own)

    def add(self, more: "Flow") -> None:
        """Take in what another step hands back to the same place."""
        if not self.own:
            self.tensor = self.tensor.clone() if self.factor is None else self.total()
        elif self.factor is not None:
            self.tensor.mul_(self.factor)
        self.factor, self.own = None, True
        if more.factor is None:
            self.tensor.add_(more.tensor)
        else:
            self.tensor.addcmul_(more.tensor, more.factor)

    def shared(self) -> "Flow":
        """The same, which several places are about to hold."""
        return Flow(self.tensor, self.factor)

    def split(self, sizes: list[int]) -> "list[Flow]":
        """Parts of so many channels."""
        tensors = torch.split(self.tensor, sizes, 1)
        if self.factor is None:
            return [Flow(tensor, None, self.own) for tensor in tensors]
        factors = torch.split(self.factor, sizes, 1)
        return [Flow(*part, self.own) for part in zip(tensors, factors, strict=True)]

    def reshape(self, shape: torch.Size) -> "Flow":
        """As neurons of shape (1, ...)."""
        factor = None if self.factor is None else self.factor.reshape(shape)
        return Flow(self.tensor.reshape(-1, *shape[1:]), factor, self.own)

    def total(self, shares: Tensor | None = None, axis: int = 1) -> Tensor:
        """The product, and times shares: of k times as many channels, k products side by side.

        `axis` is that of the channels.
        """
        if shares is None:
            return self.tensor if self.factor is None else self.tensor * self.factor
        # Channels last, as in memory.
        tensor, factor = self.tensor.movedim(axis, -1).unsqueeze(-2), shares.movedim(axis, -1)
        factor = factor.reshape(*factor.shape[:-1], -1, tensor.shape[-1])
        if self.factor is not None:
            factor = factor * self.factor.movedim(axis, -1).unsqueeze(-2)
        product: Tensor = tensor * factor
        return product.flatten(-2).movedim(-1, axis)


@dataclass(frozen=True, eq=False)
class Way:
    """One way back through a layer: ``gain * pull_back(layer, gain, share * relevance)``.

    Attributes
    ----------
    share : Tensor of shape (1, ...)
        What each output passes on of its relevance, most often one over a sum of contributions.
    layer : nn.Module or None
        The contributions' weights, an affine layer; None where every output has one input, in the
        same place, which takes all. One of k times as many channels is k layers side by side, and
        so are the shares: relevance goes back through each.
    gain : Tensor of shape (1, ...) or None
        What each input takes of what is pulled back to it, most often its own value.
    parts : int
        As many times the step's inputs are the layer's, side by side; each gets the sum.
    """

    share: Tensor
    layer: nn.Module | None = None
    gain: Tensor | None = None
    parts: int = 1

    def follow(self, relevance: Flow) -> Flow:
        """Relevance of the input from that of the output."""
        if self.layer is None or self.gain is None:
            return relevance.times(self.share)
        axis = channel_axis(self.layer)
        pulled = pull_back(self.layer, self.gain, relevance.total(self.share, axis))
        if self.parts == 1:
            return Flow(pulled, self.gain, own=True)
        return Flow(
            functools.reduce(torch.add, (pulled * self.gain).chunk(self.parts, axis)), own=True
        )


class Route(Protocol):
    """How relevance goes back through a layer: a `Way`, or what takes several."""

    def follow(self, relevance: Flow) -> Flow:
        """Relevance of the input from that of the output."""


class Rule(Protocol):
    """The ways on which relevance of a layer's output goes back to its input."""

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Route, ...]:
        """Ways back from `z` to `x`, both of one image; relevance of `x` is their sum.

        No ways: relevance goes through unchanged.
        """


class Proportion(Rule, Protocol):
    """What averages, and sums, share relevance in proportion by."""

    def shares(self, summands: Sequence[Tensor], z: Tensor) -> list[Tensor]:
        """What each summand gets of the relevance of their sum `z`, as factors."""


def hand_back(ways: Iterable[Route], relevance: Tensor) -> Tensor:
    """Relevance of a layer's input for n distributions of relevance over its output.

    Parameters
    ----------
    ways : iterable of Route
        As a rule gives them.
    relevance : Tensor of shape (n, ...)

    Returns
    -------
    Tensor of shape (n, ...)
    """
    parts = [way.follow(Flow(relevance)).total() for way in ways]
    return functools.reduce(torch.add, parts) if parts else relevance


def inverse(z: Tensor, epsilon: float) -> Tensor:
    """``1 / z``, `z` moved away from zero by `epsilon`; 0 where an output of 0 has nothing to give.

    It keeps its sign, zero counts as positive. Outputs that have no finite inverse count as 0.
    """
    if epsilon:
        return (z + torch.copysign(torch.tensor(epsilon).to(z), z)).reciprocal_()
    return z.reciprocal().masked_fill_(z.abs() < torch.finfo(z.dtype).tiny, 0.0)


def in_order(images: Tensor) -> Tensor:
    """The same values, channels last in memory if they are images: convolutions are fast on it."""
    return images.contiguous(memory_format=torch.channels_last) if images.ndim == 4 else images


def channel_axis(layer: nn.Module) -> int:
    """Where a layer's channels are: after the image, but last where a dense one has tokens."""
    return -1 if isinstance(layer, nn.Linear) else 1


@singledispatch
def pull_back(layer: Callable[[Tensor], Tensor], x: Tensor, weights: Tensor) -> Tensor:
    """Products of vectors and the layer's Jacobian at `x`, for n vectors at once.

    Parameters
    ----------
    layer : callable
    x : Tensor of shape (1, ...)
    weights : Tensor of shape (n, ...)
        Shaped like n outputs of the layer.

    Returns
    -------
    Tensor of shape (n, ...)
    """
    with torch.enable_grad():
        repeated = x.detach().expand(len(weights), *x.shape[1:]).requires_grad_()
        # Of the sum: given the weights, autograd first imports sympy, which takes half a second.
        (result,) = torch.autograd.grad((layer(repeated) * weights).sum(), repeated)
    return in_order(result)


@pull_back.register
def _(layer: nn.Linear, x: Tensor, weights: Tensor) -> Tensor:
    return weights @ layer.weight


@pull_back.register
def _(layer: nn.Conv2d, x: Tensor, weights: Tensor) -> Tensor:
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        return pull_back.dispatch(nn.Module)(layer, x, weights)
    # What a stride leaves over at the far edge.
    left = [
        size - ((out - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1)
        for size, out, stride, padding, dilation, kernel in zip(
            x.shape[2:],
            weights.shape[2:],
            layer.stride,
            layer.padding,
            layer.dilation,
            layer.kernel_size,
            strict=True,
        )
    ]
    return functional.conv_transpose2d(
        in_order(weights),
        layer.weight,
        None,
        layer.stride,
        layer.padding,
        left,
        layer.groups,
        layer.dilation,
    )


@pull_back.register
def _(layer: nn.AvgPool2d, x: Tensor, weights: Tensor) -> Tensor:
    kernel, stride = (
        (size, size) if isinstance(size, int) else tuple(size)
        for size in (layer.kernel_size, layer.stride)
    )
    tiles = all(
        size == k * out for size, k, out in zip(x.shape[2:], kernel, weights.shape[2:], strict=True)
    )
    if kernel != stride or not tiles or layer.padding not in (0, (0, 0)):
        return pull_back.dispatch(nn.Module)(layer, x, weights)
    share = weights / (layer.divisor_override or kernel[0] * kernel[1])
    return functional.interpolate(share, x.shape[2:])


@pull_back.register
def _(layer: nn.BatchNorm2d, x: Tensor, weights: Tensor) -> Tensor:
    assert layer.running_var is not None  # in evaluation mode
    scale = torch.rsqrt(layer.running_var + layer.eps)
    scale = scale if layer.weight is None else scale * layer.weight
    return weights * scale[None, :, None, None]


def with_weights(layer: nn.Module, change: Callable[[Tensor], Tensor]) -> nn.Module:
    """A layer with changed weights and no bias; the one given is left alone."""
    weight = change(layer.weight.detach())  # type: ignore[operator]
    changed = copy.copy(layer)
    # A copy of the layer has the layer's own dictionary.
    changed._parameters = {"weight": nn.Parameter(weight, requires_grad=False), "bias": None}
    return changed


#: Layers that act on each neuron by itself.
_ELEMENT_WISE = (nn.BatchNorm2d, nn.ReLU, nn.SiLU, nn.GELU, nn.Sigmoid)


@dataclass(frozen=True)
class Epsilon:
    """``R_j = x_j sum_k w_jk R_k / (z_k + epsilon sign z_k)``; with 0 it is LRP-0.

    Biases are part of z, so that they absorb their share. For any affine layer, pooling by averages
    and batch normalisation in evaluation mode among them; for an activation function it shares as
    gradient x input does.
    """

    epsilon: float

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Way, ...]:
        share = inverse(z, self.epsilon)
        if isinstance(layer, _ELEMENT_WISE):
            return (Way(share * x * pull_back(layer, x, torch.ones_like(z))),)
        return (Way(share, layer, x),)

    def shares(self, summands: Sequence[Tensor], z: Tensor) -> list[Tensor]:
        """As the rule has it, of a sum."""
        share = inverse(z, self.epsilon)
        return [summand * share for summand in summands]


@dataclass(frozen=True)
class Gamma:
    """``R_j = sum_k x_j (w_jk + gamma w_jk^+) R_k / sum_j ...``, biases as in the denominator.

    For inputs that are not negative, as after a ReLU; others are treated by the generalised rule:
    a neuron whose output is positive favours positive contributions, one whose output is negative
    favours negative ones.

    References
    ----------
    Montavon et al. 2019, doi 10.1007/978-3-030-28954-6_10, table 10.1; Andéol et al. 2021,
    arXiv 2106.14301 (the generalised rule)
    """

    gamma: float

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Way, ...]:
        favoured = z >= 0
        signed = has_negative(x)
        ups, downs = (contributions(layer, x, sign, signed=signed) for sign in (+1, -1))
        up = total(ups)
        bias = layer.bias
        b = torch.zeros(()).to(z) if bias is None else _per_output(bias, layer, z)  # type: ignore[arg-type]
        down = z - b - up
        boost = torch.where(favoured, up + b.clamp(min=0), down + b.clamp(max=0))
        share = inverse(z + self.gamma * boost, 0.0)
        boosted = (1 + self.gamma) * share
        share_up = torch.where(favoured, boosted, share)
        share_down = torch.where(favoured, share, boosted)
        return side_by_side((share_up, ups), (share_down, downs))


@dataclass(frozen=True)
class AlphaBeta:
    """Positive contributions get `alpha` of the relevance, negative ones minus ``alpha - 1``.

    Biases are left out, so that relevance is conserved wherever a neuron has a positive
    contribution (and a negative one, if ``alpha > 1``). ``AlphaBeta(1)`` is the z+ rule.
    """

    alpha: float

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Way, ...]:
        signs, signed = [], has_negative(x)
        for sign, weight in ((+1, self.alpha), (-1, 1 - self.alpha)):
            if weight:
                parts = contributions(layer, x, sign, signed=signed)
                signs.append((weight * inverse(total(parts), 0.0), parts))
        return side_by_side(*signs)


Contributions = list[tuple[Tensor, nn.Module]]
"""Inputs, and layers that give what they contribute."""


def side_by_side(*kinds: tuple[Tensor, Contributions]) -> tuple[Way, ...]:
    """Ways back through contributions of some kinds, each with the shares of its outputs.

    All kinds have the same inputs, in order. One convolution takes less time than one for each.
    """
    layers = [layer for _, parts in kinds for _, layer in parts]
    axis = channel_axis(layers[0])
    if len(layers) == 1 or getattr(layers[0], "groups", 1) > 1:
        return tuple(Way(share, layer, part) for share, them in kinds for part, layer in them)
    rows = [[torch.as_tensor(layer.weight) for _, layer in them] for _, them in kinds]
    weight = torch.cat([torch.cat(row, 1) for row in rows])
    share = torch.cat([share for share, _ in kinds], axis)
    inputs = [part for part, _ in kinds[0][1]]
    layer = with_weights(layers[0], lambda _: weight)
    return (Way(share, layer, torch.cat(inputs, axis), len(inputs)),)


def has_negative(x: Tensor) -> bool:
    """Whether any value is negative; after a ReLU none is."""
    return bool(x.min() < 0)


def contributions(layer: nn.Module, x: Tensor, sign: int, *, signed: bool) -> Contributions:
    """The contributions ``x_j w_jk`` of one sign, as inputs and layers that give them."""
    same = with_weights(layer, lambda weight: weight.clamp(*((0, None) if sign > 0 else (None, 0))))
    if not signed:
        return [(x, same)]
    other = with_weights(
        layer, lambda weight: weight.clamp(*((None, 0) if sign > 0 else (0, None)))
    )
    return [(x.clamp(min=0), same), (x.clamp(max=0), other)]


def total(parts: Contributions) -> Tensor:
    """Their sum for each output."""
    totals: list[Tensor] = [layer(part) for part, layer in parts]
    return functools.reduce(torch.add, totals)


def _per_output(bias: Tensor, layer: nn.Module, z: Tensor) -> Tensor:
    """A bias for each channel, shaped to go with the layer's output."""
    if channel_axis(layer) == -1:
        return bias.detach()
    return bias.detach().view(1, -1, *(1,) * (z.ndim - 2))


@dataclass(frozen=True)
class Flat:
    """Relevance is shared evenly over a neuron's inputs, whatever they hold."""

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Way, ...]:
        return _independent_of_input(with_weights(layer, torch.ones_like), x)


@dataclass(frozen=True)
class WSquare:
    """Relevance is shared in proportion to the squared weights, whatever the inputs hold.

    References
    ----------
    Montavon et al. 2017, doi 10.1016/j.patcog.2016.11.008, section 5.1
    """

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Way, ...]:
        return _independent_of_input(with_weights(layer, torch.square), x)


def _independent_of_input(layer: nn.Module, x: Tensor) -> tuple[Way, ...]:
    ones = torch.ones_like(x)
    return (Way(inverse(layer(ones), 0.0), layer, ones),)


@dataclass(frozen=True, eq=False)
class Box:
    """The z^B rule for inputs known to lie between bounds, as pixels do.

    ``R_j = sum_k (x_j w_jk - l_j w_jk^+ - h_j w_jk^-) R_k / sum_j ...``

    Attributes
    ----------
    low, high : Tensor
        Bounds, of a shape that broadcasts to the input's.

    References
    ----------
    Montavon et al. 2017, doi 10.1016/j.patcog.2016.11.008, section 5.2
    """

    low: Tensor
    high: Tensor

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Way, ...]:
        # The same with w = w^+ + w^-: by how much a pixel is above the one bound, below the other.
        parts = [
            (x - self.low, with_weights(layer, lambda weight: weight.clamp(min=0))),
            (x - self.high, with_weights(layer, lambda weight: weight.clamp(max=0))),
        ]
        return side_by_side((inverse(total(parts), 0.0), parts))


@dataclass(frozen=True)
class Pass:
    """Relevance goes through unchanged: for layers that act on each neuron by itself."""

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Way, ...]:
        return ()


@dataclass(frozen=True)
class NormConstant:
    """Layer normalisation as the affine map that it is if its deviations are taken for constants.

    Relevance is shared as by :class:`Epsilon`: the mean subtracted is among the contributions, the
    shift absorbs its part, and the division takes none. Vectors divided by their length pass theirs
    on unchanged.

    References
    ----------
    Ali et al. 2022, arXiv 2202.07304 (LN-rule); Achtibat et al. 2024, arXiv 2402.05602,
    proposition 3.4
    """

    epsilon: float

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Way, ...]:
        if not isinstance(layer, nn.LayerNorm):
            return ()
        axes = tuple(range(-len(layer.normalized_shape), 0))
        scale = (x.var(axes, correction=0, keepdim=True) + layer.eps).rsqrt()
        scale = scale if layer.weight is None else scale * layer.weight.detach()
        return (Way(inverse(z, self.epsilon), _Centred(scale, axes), x),)


class _Centred(nn.Module):
    """Differences from the mean times constants."""

    def __init__(self, scale: Tensor, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.scale, self.axes = scale, axes

    def forward(self, x: Tensor) -> Tensor:
        return (x - x.mean(self.axes, keepdim=True)) * self.scale


@pull_back.register
def _(layer: _Centred, x: Tensor, weights: Tensor) -> Tensor:
    scaled = weights * layer.scale
    return scaled - scaled.mean(layer.axes, keepdim=True)


@dataclass(frozen=True)
class Softmax:
    """``R_i = x_i (R_i - s_i sum_j R_j)`` over the last axis, s being the softmax of x.

    Its Taylor expansion at the input itself, as gradient x input; nothing is divided by an output.
    What the expansion leaves of the outputs at an input of 0, a bias, absorbs the difference: of
    ``sum_i R_i`` all but ``sum_i x_i (R_i - s_i sum_j R_j)``.

    References
    ----------
    Achtibat et al. 2024, arXiv 2402.05602, proposition 3.1
    """

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Route, ...]:
        return (_OfSoftmax(x, z),)


@dataclass(frozen=True, eq=False)
class _OfSoftmax:
    x: Tensor
    z: Tensor

    def follow(self, relevance: Flow) -> Flow:
        given = relevance.total()
        return Flow(given - self.z * given.sum(-1, keepdim=True), self.x, own=True)


class Factors(Enum):
    """How a matrix product, of which both factors come from the image, shares relevance."""

    HALVES = "halves"
    """Each factor gets half, in proportion to its contributions (Achtibat et al. 2024, arXiv
    2402.05602, proposition 3.3): ``R_ij = sum_k a_ij b_jk R_ik / (2 z_ik)``."""
    VALUES = "values"
    """Attention is a constant: the values get all (Ali et al. 2022, arXiv 2202.07304)."""
    BOTH = "both"
    """Each factor gets all, as gradient x input has it."""


#: Stabiliser that keeps a division from blowing up without being seen in a map.
TINY: Final = 1e-6


@dataclass(frozen=True)
class Composite:
    """Which rule a layer gets.

    Attributes
    ----------
    first : Rule or type of Box
        The first convolution or dense layer; :class:`Box` stands for the box rule with the bounds
        of the model's input.
    convolution, dense, norm : Rule
        The later ones, and batch normalisation.
    activation : Rule
        Activation functions; for a ReLU all rules are the same.
    proportion : Proportion
        Of average pooling and of sums.
    last : Rule or None
        The last convolution or dense layer, which gives the outputs; None: as its kind.
    projection : Rule
        The dense layers of attention: to queries, keys and values, and the one after them.
    layer_norm : Rule
        Normalisation of each token.
    factors : Factors or None
        Of attention's matrix products; None: networks with attention are refused.
    gates : bool
        Whether a product hands relevance to its gate (a sigmoid's output) too, as gradient x input
        does. If not, the signal takes all (Arras et al. 2017, doi 10.18653/v1/W17-5221).
    """

    first: Rule | type[Box]
    convolution: Rule
    dense: Rule
    norm: Rule = Epsilon(TINY)
    activation: Rule = Pass()
    proportion: Proportion = Epsilon(TINY)
    last: Rule | None = None
    projection: Rule = Epsilon(TINY)
    layer_norm: Rule = NormConstant(TINY)
    factors: Factors | None = Factors.HALVES
    gates: bool = False


_Z_PLUS = AlphaBeta(1.0)

#: Composites by name. Batch normalisation shares in proportion, its shift absorbing its part:
#: passing relevance through it unchanged put a third less of it on the phantoms' findings.
COMPOSITES: Final = {
    # Gradient x input.
    "zero": Composite(
        *(Epsilon(0.0),) * 3,
        norm=Epsilon(0.0),
        activation=Epsilon(0.0),
        proportion=Epsilon(0.0),
        projection=Epsilon(0.0),
        layer_norm=Epsilon(0.0),
        factors=Factors.BOTH,
        gates=True,
    ),
    "epsilon": Composite(Epsilon(TINY), Epsilon(TINY), Epsilon(TINY)),
    # The SHAMSUL paper's lrp.epsilon.
    "epsilon_1": Composite(Epsilon(1.0), Epsilon(1.0), Epsilon(1.0)),
    # Kohlbrenner et al. 2020, doi 10.1109/IJCNN48605.2020.9206975
    "epsilon_plus_flat": Composite(Flat(), _Z_PLUS, Epsilon(TINY)),
    # Montavon et al. 2019; gamma as there.
    "epsilon_gamma_box": Composite(Box, Gamma(0.25), Epsilon(TINY)),
    "alpha2beta1": Composite(AlphaBeta(2.0), AlphaBeta(2.0), Epsilon(TINY)),
    "alpha2beta1_flat": Composite(Flat(), AlphaBeta(2.0), Epsilon(TINY)),
    # Montavon et al. 2017: z+ in every hidden layer, bounded pixels.
    "deep_taylor": Composite(Box, _Z_PLUS, _Z_PLUS),
    "w_square": Composite(WSquare(), _Z_PLUS, Epsilon(TINY)),
    # Achtibat et al. 2024, arXiv 2402.05602, for vision transformers; gammas as there.
    "attn_lrp": Composite(Gamma(0.25), Gamma(0.25), Gamma(0.05)),
    # Ali et al. 2022, arXiv 2202.07304, with the same gammas.
    "cp_lrp": Composite(Gamma(0.25), Gamma(0.25), Gamma(0.05), factors=Factors.VALUES),
}
