"""What a classifier says about one radiograph."""

from dataclasses import dataclass
from typing import Final

#: The label that says that there is nothing to explain.
NO_FINDING: Final = "No Finding"


@dataclass(frozen=True)
class LabelScore:
    """A classifier's output for one label.

    Attributes
    ----------
    label : str
    logit : float
        Output before the sigmoid.
    probability : float
        In [0, 1]: the sigmoid of the logit, calibrated where the model is.
    threshold : float
        Operating point on the probability; at or above it the label counts as present.
    """

    label: str
    logit: float
    probability: float
    threshold: float

    @property
    def positive(self) -> bool:
        """Whether the probability reaches the operating point."""
        return self.probability >= self.threshold


@dataclass(frozen=True)
class Prediction:
    """All labels' outputs of one model for one radiograph, in the model's order."""

    model: str
    scores: tuple[LabelScore, ...]

    def __getitem__(self, label: str) -> LabelScore:
        for score in self.scores:
            if score.label == label:
                return score
        raise KeyError(label)

    @property
    def shown_labels(self) -> tuple[str, ...]:
        """Labels at or above their operating point, else the most probable one."""
        positive = tuple(score.label for score in self.scores if score.positive)
        return positive or self._likeliest

    def likely(self, least: float) -> tuple[str, ...]:
        """Labels with at least some probability, else the most probable one."""
        found = tuple(score.label for score in self.scores if score.probability >= least)
        return found or self._likeliest

    @property
    def _likeliest(self) -> tuple[str]:
        return (max(self.scores, key=lambda score: score.probability).label,)
