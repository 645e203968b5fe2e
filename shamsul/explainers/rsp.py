"""Relative sectional propagation: features of a label against those of hostile labels [1]_.

Relevance does not start at the outputs but at the last feature map, where labels are told apart,
and goes back through the traced graph in two sections: that of the target, which is positive, and
that of the hostile labels, which is negative.

Of the paper's text the abstract and, quoted, the caption of figure 3 were at hand; the rest is read
from its authors' code, which has no licence and of which nothing is copied.

- *The paper's:* hostile labels' factors get negative relevance. The start, its "relative gradient
  activation map", is the target's comparative gradients, purged of what conflicts with the channel
  attribution map; relevance is purged so on its way back, too.
- *The published code's:* the start is made of each label's terms of Grad-CAM's sum over channels,
  the target's against those of the other labels found, 2 for the one and -1 for the others in all.
  :class:`Sectional` is its rule for convolutions. Batch normalisation passes relevance on, and
  pixels get theirs by the box rule.
- *Ours:* in the code purging changes nothing, and the start with hostile labels is never called.
  Here a place keeps its sum when it is purged: what goes is taken from what stays, in proportion.
  The start is on the map that is pooled (of a VGG behind the last maximum, not before it). It keeps
  the channels apart, over which the code spreads each place's sum evenly. A label's terms are
  divided by their largest absolute value, not by their largest, which a label that everything
  speaks against lacks. Inputs and summands below zero, which the code drops, count by their
  absolute values.

.. [1] Nam, Choi, Lee. Interpreting Deep Neural Networks with Relative Sectional Propagation by
   Analyzing Comparative Gradients and Hostile Activations. AAAI 2021, arXiv 2012.03434
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor, nn

from shamsul.explainers.grad_cam import at_layer
from shamsul.explainers.graph import last_feature_map, trace
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Method, Parameter, Relevance, Task
from shamsul.explainers.propagation import handed_back, prepared
from shamsul.explainers.rap import Shifted
from shamsul.explainers.rules import (
    Box,
    Composite,
    Flow,
    Pass,
    Route,
    Way,
    in_order,
    inverse,
    pull_back,
    with_weights,
)

#: Relevance of the target and of the hostile labels that the way back starts with.
TARGET: Final = 2.0
HOSTILE: Final = 1.0
#: Differences of labels' terms, which lie between -1 and 1, that are rounding.
_ROUNDING: Final = 1e-6
#: Added to sizes, so that values which are all zero share evenly.
_LEAST: Final = 1e-9


def purged(relevance: Tensor) -> Tensor:
    """What has the sign of the sum over channels at its place; the sums stay.

    Parameters
    ----------
    relevance : Tensor of shape (n, C, ...)

    Returns
    -------
    Tensor of shape (n, C, ...)
        What was purged is taken from the units that are kept, in proportion to what they have.
    """
    whole = relevance.sum(1, keepdim=True)
    kept = relevance * (relevance.sign() == whole.sign())
    sums = kept.sum(1, keepdim=True)
    return kept * torch.where(sums == 0, 0.0, whole / sums)


def balanced(relevance: Tensor, target: float, hostile: float) -> Tensor:
    """The same with a positive part of sum `target` and a negative one of sum minus `hostile`."""
    positive, negative = relevance.clamp(min=0), -relevance.clamp(max=0)
    axes = tuple(range(1, relevance.ndim))
    up, down = (inverse(part.sum(axes, keepdim=True), 0.0) for part in (positive, negative))
    return positive * (target * up) - negative * (hostile * down)


def comparative(terms: Tensor, rivals: Sequence[tuple[int, Sequence[int]]]) -> Tensor:
    """Relevance of the last feature map: a target's terms against those of its hostile labels.

    Parameters
    ----------
    terms : Tensor of shape (L, C, h', w')
        What Grad-CAM sums over channels, for each label.
    rivals : sequence of (int, sequence of int)
        Targets, each with its hostile labels; without any it is the target's own terms that are
        for it and against it.

    Returns
    -------
    Tensor of shape (targets, C, h', w')
        Of sum 1: 2 for the target, 1 against it. Where nothing is against it the sum is 2, where
        nothing is for it -1, and where labels do not differ all is 0.
    """
    scaled = terms * inverse(terms.abs().amax((1, 2, 3), keepdim=True), 0.0)
    apart = torch.stack(
        [
            scaled[target] - scaled[list(hostile)].mean(0) if hostile else scaled[target]
            for target, hostile in rivals
        ]
    )
    apart = apart.masked_fill(apart.abs() <= _ROUNDING, 0.0)
    return balanced(purged(balanced(apart, 1.0, 1.0)), TARGET, HOSTILE)


@dataclass(frozen=True, eq=False)
class Sections:
    """Back through a layer, purged, in a section for each sign.

    Attributes
    ----------
    layer : nn.Module
        A convolution or dense layer.
    size : Tensor of shape (1, ...)
        Absolute values of its input.
    gain : float
        By how much what comes out is multiplied.
    """

    layer: nn.Module
    size: Tensor
    gain: float

    def follow(self, relevance: Flow) -> Flow:
        """Relevance of the input from that of the output."""
        whole = purged(relevance.total())
        target, hostile = (self._section(part) for part in (whole, -whole))
        return Flow((target - hostile) * (self.gain * self.size), own=True)

    def _section(self, relevance: Tensor) -> Tensor:
        """Of the positive part of each distribution, for each unit of size."""
        probe = with_weights(self.layer, lambda weight: weight)
        weight = next(probe.parameters()).requires_grad_()
        with torch.enable_grad():
            outputs = probe(self.size)
            parts = torch.split(relevance.clamp(min=0), 1)
            agreements = [(outputs * part).sum() for part in parts]
        weights = [torch.autograd.grad(one, weight, retain_graph=True)[0] for one in agreements]
        return torch.cat(list(map(self._shared, parts, weights)))

    def _shared(self, relevance: Tensor, weight: Tensor) -> Tensor:
        """Of one distribution, by the weights that it has."""
        layer = with_weights(self.layer, lambda _: weight)
        sums = layer(self.size)
        # Not by an inverse, which of the smallest sums would be infinite.
        shares = torch.where(sums > 0, relevance / sums, 0.0)
        return pull_back(layer, self.size, shares)


@dataclass(frozen=True)
class Sectional:
    """A neuron's relevance goes to the inputs that are active where its channel is relevant.

    ``R_i = sum_k |x_i| g_ik R_k / sum_j |x_j| g_jk``, where the weights g are the gradient of
    ``sum_k R_k z_k``, z being what the layer makes of ``|x|``, by the layer's weights: for each of
    them, the relevance of the neurons that use it times the size of the inputs that they use it on.
    So the layer's own weights and biases take no part, and inhibiting inputs count like exciting
    ones. Positive relevance and negative go back by
    themselves, each with its own g, after purging.

    Of convolutions wider than a pixel twice of that is given, and all inputs that got any then give
    back the same amount until the sum is right again.
    """

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Route, ...]:
        wide = isinstance(layer, nn.Conv2d) and layer.kernel_size != (1, 1)
        return (Shifted((Sections(layer, x.abs(), 2.0 if wide else 1.0),)),)


@dataclass(frozen=True)
class Sizes:
    """Relevance of averages and sums is shared in proportion to absolute values.

    No share is negative, so that what is the target's does not become hostile. For layers without
    negative weights.
    """

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Route, ...]:
        size = x.abs() + _LEAST
        return (Way(inverse(layer(size), 0.0), layer, size),)

    def shares(self, summands: Sequence[Tensor], z: Tensor) -> list[Tensor]:
        """What each summand gets of the relevance of their sum `z`, as factors."""
        sizes = [summand.abs() + _LEAST for summand in summands]
        whole = functools.reduce(torch.add, sizes)
        return [size / whole for size in sizes]


COMPOSITE: Final = Composite(
    first=Box,
    convolution=Sectional(),
    dense=Sectional(),
    norm=Pass(),
    activation=Pass(),
    proportion=Sizes(),
    factors=None,
)


def rsp(task: Task, *, hostile: str) -> Relevance:
    """Explain by relative sectional propagation.

    Parameters
    ----------
    task : Task
    hostile : str
        Which labels are hostile to the one that is explained: "others", all of them; "likely",
        those whose probability reaches their operating point; "none".

    Notes
    -----
    The sum of a map is 1: 2 for the target, 1 against it (see :func:`comparative` for the
    exceptions). It does not depend on the output, so that maps of different labels cannot be
    compared in size, and whether the logit or the probability is explained makes no difference.

    References
    ----------
    Nam, Choi, Lee 2021, arXiv 2012.03434
    """
    every = tuple(range(len(task.classifier.manifest.labels)))
    run = prepared(task.classifier, task.batch(), COMPOSITE)
    activation, gradient = at_layer(replace(task, outputs=every, target=Target.LOGIT))
    layer = last_feature_map(trace(task.classifier.module))
    chosen = {"others": every, "likely": _likely(task, run.outputs), "none": ()}[hostile]
    rivals = [(one, [other for other in chosen if other != one]) for one in task.outputs]
    starts = comparative(gradient.mean((2, 3), keepdim=True) * activation, rivals)
    # Forward for the gradients, back for them, and forward for what is handed back.
    return handed_back(task, run, in_order(starts), layer, spent=3)


def _likely(task: Task, logits: Tensor) -> tuple[int, ...]:
    """The outputs whose probability reaches their label's operating point."""
    manifest = task.classifier.manifest
    points = logits.new_tensor([manifest.thresholds[label] for label in manifest.labels])
    reached = torch.sigmoid(task.classifier.calibrated(logits)) >= points
    return tuple(reached.nonzero()[:, 0].tolist())


METHOD = Method(
    name="rsp",
    title="RSP",
    function=rsp,
    parameters=(
        Parameter(
            "hostile",
            "others",
            "Labels whose features count against: all others, those that the model finds, or none.",
            choices=("others", "likely", "none"),
        ),
    ),
    sampled=False,
    looks_inside=True,
    reading="Positive where features of this label are active, negative where those of the hostile "
    "labels are; the sum is 1 whatever the output, so it does not say how likely the finding is.",
    citation="Nam, Choi, Lee 2021, arXiv 2012.03434",
)
