"""Losses that lead a U-Net to where people looked, or to what they marked.

Watanabe et al. 2022 (doi 10.3389/fradi.2022.991683) call what they train with heatmap generators;
what their abstract does not say of them is our reading, and said where it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.nn import functional

from shamsul.classifiers.unet import Seen
from shamsul.storage.toml_file import TomlTable
from shamsul.training.recipe import NotNegative

#: From here on a pixel of a heatmap is looked at: our choice, the baseline does not say its own.
LOOKED_AT: Final = 0.5
#: Numerical guard of a correlation and of a logarithm.
_SMALL: Final = 1e-6

Flags = NDArray[np.bool_]
Value = Callable[[Seen, torch.Tensor], torch.Tensor]


class Guidance(TomlTable):
    """The ``[guidance]`` table.

    Attributes
    ----------
    annotations : str
        A file or folder in any format of annotations; relative to the configuration file.
    format : str
        Its name; empty: told by the content.
    use : {"gaze", "findings"}
        Where people looked, which is of an image; or what they marked, which is of its labels.
    sigma : float, optional
        Of the Gaussian around each fixation, as a share of the image's height; by default as the
        annotations say.
    losses : mapping of str to float
        Weights of `LOSSES` beside the classification's loss.
    """

    annotations: str
    format: str = ""
    sigma: Annotated[float, Field(gt=0, lt=1)] | None = None
    use: Literal["gaze", "findings"] = "gaze"
    losses: Mapping[str, NotNegative] = Field(min_length=1)


@dataclass(frozen=True, eq=False)
class Guides:
    """Where people looked in N images, or what they marked.

    Attributes
    ----------
    maps : ndarray of shape (N, M, g, g), uint8
        In 255ths, on a grid over the model's; M is 1 (of the image), or the number of labels. May
        be a memory map.
    given : ndarray of shape (N, M), bool
        Which of them are known; those of labels that are absent are, and empty.
    """

    maps: NDArray[np.uint8]
    given: Flags

    @property
    def empty(self) -> Flags:
        """Which maps have nothing in them, shape (N, M)."""
        return np.stack([~one.reshape(len(one), -1).any(1) for one in self.maps])


@dataclass(frozen=True)
class Loss:
    """A loss of what a U-Net shows, against guides.

    Attributes
    ----------
    name : str
    about : str
        One sentence.
    of_mask : bool
        Of the decoder's masks; else of the classifier's own evidence.
    value : callable
        From `Seen` of N images and their guides (N, M, g, g) in [0, 1] to losses (N, K), K being
        the number of masks or of labels.
    """

    name: str
    about: str
    of_mask: bool
    value: Value

    def counts(
        self, values: NDArray[np.float32], known: Flags, guides: Guides, masks: int
    ) -> Flags:
        """Which losses count, shape (N, K).

        Parameters
        ----------
        values, known : ndarray of shape (N, L)
        guides : Guides
        masks : int
            That the network has.

        Notes
        -----
        A mask is taught by all guides that are known. The evidence for a label is taught where the
        label is present and its guide is not empty: a map that has nothing to show cannot be led
        anywhere.
        """
        given = guides.given
        if self.of_mask:
            return given if given.shape[1] == masks else np.asarray(given.any(1, keepdims=True))
        return np.asarray((values == 1) & known & given & ~guides.empty)


def _masks_and_guides(seen: Seen, guides: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both on one grid; one mask of several labels is of what is marked for any of them."""
    masks = seen.masks
    assert masks is not None
    if masks.shape[1] < guides.shape[1]:
        guides = guides.amax(1, keepdim=True)
    return masks, _pooled(guides, masks)


def _pooled(guides: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return functional.adaptive_avg_pool2d(guides, (like.shape[2], like.shape[3]))


def _cross_entropy(seen: Seen, guides: torch.Tensor) -> torch.Tensor:
    masks, goal = _masks_and_guides(seen, guides)
    losses = functional.binary_cross_entropy_with_logits(masks, goal, reduction="none")
    return losses.mean((2, 3))


def _generalised_dice(seen: Seen, guides: torch.Tensor) -> torch.Tensor:
    """Sudre et al. 2017, doi 10.1007/978-3-319-67558-9_28: both sides weigh as their size."""
    masks, goal = _masks_and_guides(seen, guides)
    inside = (goal >= LOOKED_AT).to(masks)
    both = zip((masks.sigmoid(), 1 - masks.sigmoid()), (inside, 1 - inside), strict=True)
    common, total = torch.zeros(()).to(masks), torch.zeros(()).to(masks)
    for predicted, actual in both:
        weight = 1 / actual.sum((2, 3)).clamp(min=1) ** 2
        common = common + weight * (predicted * actual).sum((2, 3))
        total = total + weight * (predicted + actual).sum((2, 3))
    return 1 - 2 * common / total


def _evidence_and_guides(seen: Seen, guides: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both of shape (N, L, places)."""
    evidence = seen.evidence
    goal = _pooled(guides, evidence)
    goal = goal.expand(*evidence.shape)
    return evidence.flatten(2), goal.flatten(2)


def _uncorrelated(seen: Seen, guides: torch.Tensor) -> torch.Tensor:
    """One minus Pearson's correlation, which knows no unit."""
    centred = [part - part.mean(2, keepdim=True) for part in _evidence_and_guides(seen, guides)]
    evidence, goal = (functional.normalize(part, dim=2, eps=_SMALL) for part in centred)
    return 1 - (evidence * goal).sum(2)


def _divergence(seen: Seen, guides: torch.Tensor) -> torch.Tensor:
    """Of the guide as a distribution from the evidence's softmax (our reading)."""
    evidence, goal = _evidence_and_guides(seen, guides)
    share = goal / goal.sum(2, keepdim=True).clamp(min=_SMALL)
    logarithm = torch.log(share.clamp(min=_SMALL))
    return (share * (logarithm - functional.log_softmax(evidence, 2))).sum(2)


LOSSES: Final = {
    one.name: one
    for one in (
        Loss(
            "mask-bce",
            "Cross entropy of the decoder's mask, pixel by pixel, with the heatmap as it is.",
            True,
            _cross_entropy,
        ),
        Loss(
            "mask-dice",
            f"Generalised Dice of the decoder's mask with the heatmap from {LOOKED_AT} on.",
            True,
            _generalised_dice,
        ),
        Loss(
            "grad-cam-correlation",
            "One minus the correlation of the classifier's Grad-CAM, before its ReLU, with the "
            "heatmap.",
            False,
            _uncorrelated,
        ),
        Loss(
            "grad-cam-kl",
            "Kullback-Leibler divergence of the heatmap from the softmax of the classifier's "
            "Grad-CAM.",
            False,
            _divergence,
        ),
    )
}


@dataclass(frozen=True, eq=False)
class Term:
    """A loss of a training, its weight, and where it counts, shape (N, K)."""

    loss: Loss
    weight: float
    counts: Flags


def terms(
    losses: Mapping[str, float],
    values: NDArray[np.float32],
    known: Flags,
    guides: Guides,
    masks: int,
) -> tuple[Term, ...]:
    """The losses of a training, of N images with L labels, by their weights.

    Parameters
    ----------
    losses : mapping of str to float
        By the names of `LOSSES`.
    values, known : ndarray of shape (N, L)
    guides : Guides
    masks : int
        That the network has.
    """
    return tuple(
        Term(LOSSES[name], weight, LOSSES[name].counts(values, known, guides, masks))
        for name, weight in losses.items()
    )


def total_guidance(
    terms: Sequence[Term],
    seen: Seen,
    guides: torch.Tensor,
    rows: NDArray[np.intp],
    mine: NDArray[np.intp],
) -> torch.Tensor:
    """A process's part of a step's losses: each loss's mean over the step, by its weight.

    Parameters
    ----------
    terms : sequence of Term
    seen : Seen
    guides : Tensor of shape (N, M, g, g), in [0, 1]
        Of the same images.
    rows : ndarray of int
        The images of the step, of all processes.
    mine : ndarray of int
        Those of `seen`; empty if what it shows is not to count.

    Returns
    -------
    Tensor
        A scalar.
    """
    seen = seen.like(guides)
    total = guides.new_zeros(())
    for term in terms:
        count = int(term.counts[rows].sum())
        if not count:
            continue
        each = term.loss.value(seen, guides)
        counted = torch.zeros(each.shape, dtype=torch.bool)
        counted[: len(mine)] = torch.from_numpy(term.counts[mine])
        total = total + term.weight * (each * counted.to(each.device)).sum() / count
    return total
