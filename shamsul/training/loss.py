"""The loss of labels of which some are not known."""

import torch
from torch.nn import functional

from shamsul.training.recipe import Recipe


def balance(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Weights of what is present and of what is absent, by label.

    Parameters
    ----------
    values : Tensor of shape (N, L), float, in [0, 1]
    known : Tensor of shape (N, L), bool

    Returns
    -------
    Tensor of shape (2, L), float
        The share of the absent, which weighs the present, and the share of the present, which
        weighs the absent (Rajpurkar et al. 2017, arXiv 1711.05225, section 2.1); a half each where
        nothing is known.
    """
    count = known.sum(0)
    present = torch.where(count > 0, (values * known).sum(0) / count.clamp(min=1), 0.5)
    return torch.stack([1 - present, present])


def total_loss(
    logits: torch.Tensor,
    values: torch.Tensor,
    known: torch.Tensor,
    weights: torch.Tensor | None,
    recipe: Recipe,
) -> torch.Tensor:
    """The sum of the losses of all labels that are known.

    Parameters
    ----------
    logits : Tensor of shape (N, L), float
    values : Tensor of shape (N, L), float, in [0, 1]
    known : Tensor of shape (N, L), bool
    weights : Tensor of shape (2, L), float, optional
        As `balance` gives them.
    recipe : Recipe

    Returns
    -------
    Tensor
        A scalar.
    """
    losses = functional.binary_cross_entropy_with_logits(logits, values, reduction="none")
    if recipe.loss == "focal":
        probability = logits.sigmoid()
        agreement = probability * values + (1 - probability) * (1 - values)
        # The slope of a root at nothing has no end.
        losses = losses * (1 - agreement).clamp(min=1e-6) ** recipe.focus
    if weights is not None:
        losses = losses * (weights[0] * values + weights[1] * (1 - values))
    return (losses * known).sum()
