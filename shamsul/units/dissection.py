"""What units are called: how well their strongest answers lie on what is marked [1]_.

.. [1] Bau, Zhou, Khosla, Oliva, Torralba. Network Dissection. CVPR 2017, arXiv 1704.05796
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from shamsul.units.survey import Survey

#: The share of a unit's answers that are strong ([1]_, section 2.2).
STRONG: Final = 0.005
#: From which IoU on a unit has a name ([1]_, section 2.2).
NAMED: Final = 0.04


@dataclass(frozen=True, eq=False)
class Dissection:
    """How well units overlap with concepts.

    Attributes
    ----------
    concepts : tuple of K str
    iou : ndarray of shape (C, K)
        Over all radiographs together: NaN where a concept is in none of them.
    images : tuple of K int
        In how many radiographs each concept is.
    """

    concepts: tuple[str, ...]
    iou: NDArray[np.float64]
    images: tuple[int, ...]

    def name(self, unit: int) -> tuple[str, float] | None:
        """The concept of the largest IoU with that IoU; None where it is too small for a name."""
        found = np.nan_to_num(self.iou[unit])
        best = int(found.argmax())
        return (self.concepts[best], float(found[best])) if found[best] >= NAMED else None

    def to_json(self) -> dict[str, Any]:
        """As JSON has it; NaN becomes null."""
        rows = [[None if np.isnan(one) else float(one) for one in row] for row in self.iou]
        return {"concepts": list(self.concepts), "iou": rows, "images": list(self.images)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Dissection":
        """From what :meth:`to_json` gives."""
        iou = np.array([[np.nan if one is None else one for one in row] for row in stored["iou"]])
        return cls(tuple(stored["concepts"]), iou, tuple(stored["images"]))


def dissect(
    surveys: Sequence[Survey], masks: Sequence[Mapping[str, NDArray[np.bool_]]]
) -> Dissection:
    """Compare units with what is marked.

    A unit's strong answers are those above the value that 0.5 % of its answers exceed, over all
    positions of all radiographs; its maps are brought onto the masks' grid bilinearly.

    Parameters
    ----------
    surveys : sequence of N Survey
    masks : sequence of N mappings of str to ndarray of shape (H, W), bool
        Of each radiograph, on the model's grid, all of one shape; what is left out is not there.

    Raises
    ------
    ValueError
        If nothing is marked.
    """
    concepts = tuple(sorted({name for one in masks for name in one}))
    if not concepts:
        raise ValueError("Nothing is marked in these radiographs.")
    limits = _limits(surveys)
    shape = next(iter(next(one for one in masks if one).values())).shape
    both = np.zeros((len(limits), len(concepts)))
    strong, marked = np.zeros(len(limits)), np.zeros(len(concepts))
    for found, marks in zip(surveys, masks, strict=True):
        answers = torch.from_numpy(found.activations.astype(np.float32))[None]
        large = torch.nn.functional.interpolate(answers, shape, mode="bilinear")[0]
        there = (large.flatten(1) > limits[:, None]).float()
        nothing = np.zeros(shape, bool)
        marks_ = np.stack([marks.get(name, nothing).ravel() for name in concepts])
        both += (there @ torch.from_numpy(marks_.T.astype(np.float32))).numpy()
        strong += there.sum(1).numpy()
        marked += marks_.sum(1)
    either = strong[:, None] + marked - both
    iou = np.where(marked > 0, both / np.maximum(either, 1), np.nan)
    images = tuple(sum(bool(one[name].any()) for one in masks if name in one) for name in concepts)
    return Dissection(concepts, iou, images)


def _limits(surveys: Sequence[Survey]) -> torch.Tensor:
    """Of each unit: what the strong share of its answers exceeds."""
    every = np.concatenate(
        [one.activations.reshape(len(one.activations), -1) for one in surveys], axis=1
    )
    found = np.quantile(every.astype(np.float32), 1 - STRONG, axis=1)
    return torch.from_numpy(found.astype(np.float32))
