"""A classifier as the function that gradient methods look at."""

import torch
from torch import nn

from shamsul.classifiers.classifier import Classifier
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Task


class Explained(nn.Module):
    """Brightness on the model's grid to the explained outputs; differentiable.

    Takes a Tensor of shape (n, 1, h, w) in [0, 1], gives one of shape (n, outputs).

    Parameters
    ----------
    classifier : Classifier
    outputs : tuple of int
        Indices of the model's outputs.
    target : Target
    """

    def __init__(self, classifier: Classifier, outputs: tuple[int, ...], target: Target) -> None:
        super().__init__()
        self.classifier = classifier
        self.outputs = list(outputs)
        self.target = target

    @classmethod
    def of(cls, task: Task) -> "Explained":
        """What a task explains."""
        return cls(task.classifier, task.outputs, task.target)

    def forward(self, grids: torch.Tensor) -> torch.Tensor:
        explained: torch.Tensor = self.classifier.module(self.classifier.normalise(grids))
        if self.target is Target.PROBABILITY:
            explained = torch.sigmoid(self.classifier.calibrated(explained))
        return explained[:, self.outputs]
