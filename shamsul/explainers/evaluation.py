"""Outputs for hundreds of versions of one radiograph, as fast as accuracy allows."""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from shamsul.classifiers.classifier import Classifier

#: Half precision is used where its rounding is at most this share of the spread of each logit over
#: the versions: a 100th of its variance, which counts as noise where accuracy is judged.
AGREEMENT: Final = 0.1
#: Versions that agreement is judged on.
PROBE: Final = 8


class Evaluator:
    """Evaluates versions of a radiograph in half precision, once that was seen to agree.

    The first versions are evaluated in both precisions, and the better one returned: a model whose
    logits hardly differ between versions would drown in rounding, whatever they are.

    Parameters
    ----------
    classifier : Classifier
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        #: Whether half precision agrees; None while that is not known.
        self._agrees: bool | None = None if classifier.half else False
        self._probe: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    def __call__(
        self, grids: NDArray[np.floating] | torch.Tensor, *, exact: bool = False
    ) -> NDArray[np.float32]:
        """The model's logits, grids of shape (n, h, w) to (n, L); `exact`: in single precision."""
        return np.asarray(self.cells(grids, exact=exact).sum((2, 3)))

    def cells(
        self, grids: NDArray[np.floating] | torch.Tensor, *, exact: bool = False
    ) -> NDArray[np.float32]:
        """What each cell of the last feature map adds to them, (n, L, rows, columns)."""
        if self._agrees is None and len(grids) >= PROBE and not exact:
            cells = self._judge(grids[:PROBE])
            rest = grids[PROBE:]
            return np.concatenate([cells, self.cells(rest)]) if len(rest) else cells
        engine = self._classifier.half if self._agrees and not exact else self._classifier.exact
        return self._classifier.cells(grids, engine=engine)

    @property
    def engine(self) -> str:
        """Name of the engine that most versions are evaluated by."""
        half = self._classifier.half
        return half.name if half and self._agrees else self._classifier.exact.name

    def _judge(self, grids: NDArray[np.floating] | torch.Tensor) -> NDArray[np.float32]:
        few = (grids[: PROBE // 2], grids[PROBE // 2 :])  # of single precision, for its memory
        cells = np.concatenate([self._classifier.cells(some) for some in few])
        logits = cells.sum((2, 3))
        rounded = self._classifier.logits(grids, engine=self._classifier.half)
        self._agrees = bool(((rounded - logits).std(0) <= AGREEMENT * logits.std(0)).all())
        self._probe = (logits, rounded) if self._agrees else None
        self._classifier.rest()  # one of both engines is not needed again
        return cells

    def rounding(
        self, explained: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Variance of rounding in half precision, of outputs computed from logits; 0 without it."""
        if self._probe is None:
            logits = np.zeros((1, len(self._classifier.manifest.labels)), np.float32)
            return np.zeros(explained(logits).shape[1])
        exact, rounded = map(explained, self._probe)
        return np.asarray((rounded - exact).var(0))
