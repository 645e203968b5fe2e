"""Rules of layer-wise relevance propagation: relevance of a layer's output to that of its input.

A rule is called as ``rule(layer, x, z, relevance)`` with the layer's input `x`, its output
``z = layer(x)`` and the relevance of `z`; it returns the relevance of `x`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn


class Rule(Protocol):
    """Relevance of a layer's output to relevance of its input."""

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor, relevance: Tensor) -> Tensor: ...


def stabilised(z: Tensor, epsilon: float) -> Tensor:
    """Denominator moved away from zero by `epsilon`, keeping its sign (zero counts as positive)."""
    return z + torch.where(z >= 0, epsilon, -epsilon)


def share(relevance: Tensor, z: Tensor, epsilon: float) -> Tensor:
    """``relevance / z``, and 0 where an output of exactly 0 has nothing to give."""
    z = stabilised(z, epsilon)
    return torch.where(z == 0, 0.0, relevance / torch.where(z == 0, 1.0, z))


def pull_back(function: Callable[[Tensor], Tensor], x: Tensor, weights: Tensor) -> Tensor:
    """Vector-Jacobian product of `function` at `x`."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(function(x), x, weights)[0]


def with_weights(
    layer: nn.Module, change: Callable[[Tensor], Tensor]
) -> Callable[[Tensor], Tensor]:
    """The layer's map with changed weights and no bias; the layer itself is left alone."""
    weight = change(layer.weight.detach())  # type: ignore[operator]
    if isinstance(layer, nn.Conv2d):
        return lambda x: layer._conv_forward(x, weight, None)
    return lambda x: nn.functional.linear(x, weight)


@dataclass(frozen=True)
class Epsilon:
    """``R_j = x_j sum_k w_jk R_k / (z_k + epsilon sign z_k)``; with 0 it is LRP-0.

    Biases are part of z, so that they absorb their share. For any affine layer, pooling by averages
    and batch normalisation in evaluation mode among them.
    """

    epsilon: float

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor, relevance: Tensor) -> Tensor:
        return x * pull_back(layer, x, share(relevance, z, self.epsilon))


@dataclass(frozen=True)
class AlphaBeta:
    """Positive contributions get `alpha` of the relevance, negative ones minus ``alpha - 1``.

    Biases are left out, so that relevance is conserved wherever a neuron has a positive
    contribution (and a negative one, if ``alpha > 1``). ``AlphaBeta(1)`` is the z+ rule.
    """

    alpha: float

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor, relevance: Tensor) -> Tensor:
        result = self.alpha * self._half(layer, x, relevance, +1)
        if self.alpha != 1:
            result = result - (self.alpha - 1) * self._half(layer, x, relevance, -1)
        return result

    @staticmethod
    def _half(layer: nn.Module, x: Tensor, relevance: Tensor, sign: int) -> Tensor:
        """Relevance shared over the contributions ``x_j w_jk`` of one sign."""
        up = with_weights(layer, lambda weight: weight.clamp(min=0))
        down = with_weights(layer, lambda weight: weight.clamp(max=0))
        inputs = [(x.clamp(min=0), up if sign > 0 else down)]
        if (x < 0).any():  # only at the network's input: later layers follow a ReLU
            inputs.append((x.clamp(max=0), down if sign > 0 else up))
        total = torch.stack([half(part) for part, half in inputs]).sum(0)
        shared = share(relevance, total, 0.0)
        return torch.stack([part * pull_back(half, part, shared) for part, half in inputs]).sum(0)


@dataclass(frozen=True)
class Flat:
    """Relevance is shared evenly over a neuron's inputs, whatever they hold."""

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor, relevance: Tensor) -> Tensor:
        ones = with_weights(layer, torch.ones_like)
        even = torch.ones_like(x)
        return pull_back(ones, even, share(relevance, ones(even), 0.0))


@dataclass(frozen=True)
class Pass:
    """Relevance goes through unchanged: for layers that act on each neuron by itself."""

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor, relevance: Tensor) -> Tensor:
        return relevance


@dataclass(frozen=True)
class Composite:
    """Which rule a layer gets.

    Attributes
    ----------
    first : Rule
        The first convolution or dense layer.
    convolution, dense, norm : Rule
        The later ones, and batch normalisation.
    epsilon : float
        Of average pooling and of sums, which share in proportion.
    """

    first: Rule
    convolution: Rule
    dense: Rule
    norm: Rule
    epsilon: float


#: Composites by name. Batch normalisation shares in proportion, its shift absorbing its part:
#: passing relevance through it unchanged put a third less of it on the phantoms' findings.
COMPOSITES = {
    "zero": Composite(Epsilon(0.0), Epsilon(0.0), Epsilon(0.0), Epsilon(0.0), 0.0),
    "epsilon": Composite(Epsilon(1e-6), Epsilon(1e-6), Epsilon(1e-6), Epsilon(1e-6), 1e-6),
    "epsilon_plus_flat": Composite(Flat(), AlphaBeta(1.0), Epsilon(1e-6), Epsilon(1e-6), 1e-6),
    "alpha2beta1": Composite(AlphaBeta(2.0), AlphaBeta(2.0), Epsilon(1e-6), Epsilon(1e-6), 1e-6),
}
