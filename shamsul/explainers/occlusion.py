"""Occlusion: how much the output falls when a window of the radiograph is covered."""

import numpy as np
import torch
from torch import Tensor, nn

from shamsul.explainers.method import Method, Parameter, Relevance, Task
from shamsul.explainers.superpixels import BASELINES, background_of, hides_nothing


class _Counted(nn.Module):
    """The explained outputs, with progress."""

    def __init__(self, task: Task, planned: int) -> None:
        super().__init__()
        self.task, self.planned, self.done = task, planned, 0

    def forward(self, grids: Tensor) -> Tensor:
        # In single precision: a window's fall is shown as it is, nothing averages rounding out.
        outputs = self.task.explained(self.task.classifier.logits(grids[:, 0]))
        self.done += len(grids)
        self.task.progress(min(self.done, self.planned), self.planned)
        return torch.from_numpy(outputs.astype(np.float32))


def occlusion(task: Task, *, window: int, stride: int, baseline: str) -> Relevance:
    """Explain by captum's Occlusion, every output from the same covered radiographs.

    Parameters
    ----------
    task : Task
    window, stride : int
        Side of the window and its step, in thousandths of the grid's side.
    baseline : str
        What a covered window shows, as :func:`background_of` makes it.

    Notes
    -----
    A pixel shows the mean fall of the output over the windows that cover it.

    References
    ----------
    Zeiler, Fergus 2014, doi 10.1007/978-3-319-10590-1_53
    """
    from captum.attr import Occlusion

    values = task.image.values
    background = background_of(task.classifier, values, baseline)
    if hides_nothing(values, background):
        return Relevance.empty(task)
    sides = [max(1, round(side * window / 1000)) for side in values.shape]
    steps = [
        min(max(1, round(size * stride / 1000)), side)  # no gap between two windows
        for size, side in zip(values.shape, sides, strict=True)
    ]
    counts = [
        1 + -(-(size - side) // step)
        for size, side, step in zip(values.shape, sides, steps, strict=True)
    ]
    planned = 1 + counts[0] * counts[1]
    network = _Counted(task, planned)
    found = Occlusion(network).attribute(
        torch.from_numpy(values.copy())[None, None],
        sliding_window_shapes=(1, *sides),
        strides=(1, *steps),
        baselines=torch.from_numpy(background)[None, None],
        perturbations_per_eval=task.classifier.batch_size,
    )
    return Relevance(found[:, 0].numpy(), network.done)


METHOD = Method(
    name="occlusion",
    title="Occlusion",
    function=occlusion,
    parameters=(
        Parameter("window", 140, "Side of the window, in thousandths of the image's.", 10, 1000),
        Parameter("stride", 70, "Step of the window, in thousandths of the image's side.", 5, 1000),
        Parameter("baseline", "blur", "What a covered window shows.", choices=BASELINES),
    ),
    sampled=True,
    reading="Where covering the radiograph lowers the output; edges are as blurred as the window "
    "is wide.",
    citation="Zeiler, Fergus 2014, doi 10.1007/978-3-319-10590-1_53",
)
