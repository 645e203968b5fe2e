"""Outputs for hundreds of versions of one radiograph, as fast as accuracy allows."""

from functools import cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from shamsul.explainers.method import Task

#: Half precision is used where its rounding is at most this share of the spread of each output over
#: the versions: a hundredth of its variance, where LIME's linear model leaves an eighth or more.
AGREEMENT: Final = 0.1
#: Versions that agreement is judged on.
PROBE: Final = 8


class Evaluator:
    """Evaluates versions of a radiograph in half precision, once that was seen to agree.

    The first batch is evaluated in both precisions, and the better one returned: a model whose
    outputs hardly differ between versions would drown in rounding, whatever its logits are.

    Parameters
    ----------
    task : Task
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._half: bool | None = None if has_bfloat16() else False

    def __call__(self, grids: NDArray[np.floating] | torch.Tensor) -> NDArray[np.float64]:
        """The task's explained outputs, grids of shape (n, h, w) to (n, outputs)."""
        task, logits = self._task, self._task.classifier.logits
        outputs = task.explained(logits(grids, half=bool(self._half)))
        if self._half is None and len(grids) >= PROBE:
            rounded = task.explained(logits(grids, half=True))
            error = np.sqrt(((rounded - outputs) ** 2).mean(0))
            self._half = bool((error <= AGREEMENT * outputs.std(0)).all())
        return outputs


@cache
def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 itself; emulated, it would be slow."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
