"""Relative attributing propagation: relevance told apart from irrelevance, layer by layer [1]_.

.. [1] Nam, Gur, Choi, Wolf, Lee. Relative Attributing Propagation: Interpreting the Comparative
   Contributions of Individual Units in Deep Neural Networks. AAAI 2020,
   doi 10.1609/aaai.v34i03.5632
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from shamsul.explainers.method import Method, Relevance, Task
from shamsul.explainers.propagation import decomposed
from shamsul.explainers.rules import (
    Box,
    Composite,
    Flow,
    Pass,
    Route,
    Way,
    contributions,
    has_negative,
    inverse,
    side_by_side,
    total,
    with_weights,
)

#: Share of the summands' absolute values that keeps a sum away from zero.
STABILISER: Final = 0.01


@dataclass(frozen=True, eq=False)
class Shifted:
    """Ways that give away more than there is, until all that got any gives back the same.

    Neurons that got little are left with less than nothing: they are irrelevant. What comes out is
    as much in all as what went in.

    Attributes
    ----------
    ways : tuple of Route
    """

    ways: tuple[Route, ...]

    def follow(self, relevance: Flow) -> Flow:
        """Relevance of the input from that of the output."""
        parts = [way.follow(relevance).total() for way in self.ways]
        given = functools.reduce(torch.add, parts)
        reached = given != 0
        too_much = _sums(given) - _sums(relevance.total())
        back = too_much / _sums(reached).clamp(min=1)
        return Flow(given - reached * back.to(given), own=True)


def _sums(values: Tensor) -> Tensor:
    """Of each distribution, shaped to go with it."""
    return values.sum(tuple(range(1, values.ndim)), keepdim=True, dtype=torch.float64)


@dataclass(frozen=True)
class Relative:
    """What spoke for a neuron gets its relevance, what spoke against it a part besides.

    ``R_i = sum_k (c_ik^+ / A_k + c_ik^- / (A_k + B_k)) R_k``, where ``c_ik = x_i w_ik``, A and B
    are the sums of its positive parts and of its negative parts' absolute values; then the uniform
    shift. So inhibiting neurons get ``B / (A + B)`` of the relevance, whatever its sign.

    Biases take no part. For inputs that are negative as well, where a contribution's sign is not
    its weight's, the same is done by the contributions: the published code has a branch for each
    sign of the input that hands on all of the relevance, and so doubles it.
    """

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Route, ...]:
        signed = has_negative(x)
        ups, downs = (contributions(layer, x, sign, signed=signed) for sign in (+1, -1))
        up, down = total(ups), -total(downs)
        kinds = (inverse(up, 0.0), ups), (-inverse(up + down, 0.0), downs)
        return (Shifted(side_by_side(*kinds)),)


@dataclass(frozen=True)
class Absolute:
    """Relevance is shared in proportion to absolute contributions: ``|x_i w_ik| / sum_i ...``

    In the layer of the outputs, where it is how much a neuron matters that counts. The paper gives
    the bias to the contributions in proportion, and normalises by absolute values then: the bias
    cancels.
    """

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Route, ...]:
        size, weights = x.abs(), with_weights(layer, torch.abs)
        return (Way(inverse(weights(size), 0.0), weights, size),)


@dataclass(frozen=True)
class Stabilised:
    """Relevance of averages and sums is shared in proportion, of those near zero more evenly.

    ``(c_i + s |c_i|) / sum_j (c_j + s |c_j|)`` with ``s`` the stabiliser and the sign of the sum:
    nothing is absorbed, and no summand gets more than ``1 + 1 / stabiliser`` times what there is,
    where the plain share is without bounds. Summands of one sign get the plain share. For layers
    without negative weights.

    Attributes
    ----------
    stabiliser : float
    """

    stabiliser: float

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Route, ...]:
        if not has_negative(x):
            return (Way(inverse(z, 0.0), layer, x),)
        size = x.abs()
        lean = self._lean(z)
        share = inverse(z + lean * layer(size), 0.0)
        return Way(share, layer, x), Way(lean * share, layer, size)

    def shares(self, summands: Sequence[Tensor], z: Tensor) -> list[Tensor]:
        """What each summand gets of the relevance of their sum `z`, as factors."""
        lean = self._lean(z)
        moved = [summand + lean * summand.abs() for summand in summands]
        share = inverse(functools.reduce(torch.add, moved), 0.0)
        return [part * share for part in moved]

    def _lean(self, z: Tensor) -> Tensor:
        return torch.full_like(z, self.stabiliser).copysign(z)


COMPOSITE: Final = Composite(
    first=Box,
    convolution=Relative(),
    dense=Relative(),
    norm=Pass(),
    activation=Pass(),
    proportion=Stabilised(STABILISER),
    last=Absolute(),
    factors=None,
)


def rap(task: Task) -> Relevance:
    """Explain by relative attributing propagation.

    Parameters
    ----------
    task : Task

    Notes
    -----
    The sum of a map is the explained output with its sign. As relevance begins as absolute
    influence with that sign, the map of an output below zero is the other way round: what
    mattered most for it is the most negative.

    References
    ----------
    Nam et al. 2020, doi 10.1609/aaai.v34i03.5632
    """
    return decomposed(task, COMPOSITE)


METHOD = Method(
    name="rap",
    title="RAP",
    function=rap,
    parameters=(),
    sampled=False,
    looks_inside=True,
    reading="What mattered more than most has the sign of the output, what mattered less the other "
    "one: for a finding that the model denies, the map is the other way round.",
    citation="Nam et al. 2020, doi 10.1609/aaai.v34i03.5632",
)
