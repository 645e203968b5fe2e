"""What an epoch of a training gave."""

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave.

    Attributes
    ----------
    number : int
        From 1.
    loss, validation_loss : float
        Means over the labels that are known.
    auc : float
        Mean over the labels that have both kinds of case on validation; NaN if none has.
    aucs : tuple of L float
    rate : float
        The largest learning rate at its end.
    seconds : float
    guidance : float
        Mean of the guidance's losses, each with its weight; 0 without guidance.
    """

    number: int
    loss: float
    validation_loss: float
    auc: float
    aucs: tuple[float, ...]
    rate: float
    seconds: float
    guidance: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The same for JSON, which has no NaN: null."""
        aucs = [value if math.isfinite(value) else None for value in self.aucs]
        return asdict(self) | {"auc": self.auc if math.isfinite(self.auc) else None, "aucs": aucs}
