"""What makes a model's probabilities those that were observed: a slope and an offset a label."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

#: By which a calibration may have been fitted; see :mod:`shamsul.metrics.calibration`.
METHODS: Final = ("platt", "temperature")
_KEYS: Final = ("method", "fitted_on", "images", "slopes", "offsets")


@dataclass(frozen=True)
class Calibration:
    """Probabilities are the sigmoid of `slope` times the logit plus `offset`.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    fitted_on : str
        The data set's title.
    images : int
        Of its validation side.
    slopes, offsets : mapping of str to float
        Of the labels that could be calibrated; slopes are positive. The others are left as they
        are.
    """

    method: str
    fitted_on: str
    images: int
    slopes: Mapping[str, float] = field(default_factory=dict)
    offsets: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("slopes", "offsets"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def to_table(self) -> dict[str, object]:
        """The same as a table of ``model.toml``, which its arguments are, too."""
        return {key: getattr(self, key) for key in _KEYS}

    def scaling(self, label: str) -> tuple[float, float]:
        """Slope and offset of a label."""
        return self.slopes.get(label, 1.0), self.offsets.get(label, 0.0)


def fault(table: object, labels: Collection[str] | None) -> str:
    """What is wrong with a ``calibration`` table; empty where nothing is.

    Parameters
    ----------
    table : object
        As TOML gives it.
    labels : collection of str or None
        The model's; None where they are at fault themselves.
    """
    if not isinstance(table, dict) or set(table) != set(_KEYS):
        return f"must be a table with {', '.join(_KEYS)}"
    title, images = table["fitted_on"], table["images"]
    if table["method"] not in METHODS:
        return f"must have a method, {' or '.join(METHODS)}"
    if not isinstance(title, str) or not title.strip() or "\0" in title:
        return "must say in words what it was fitted on"
    if type(images) is not int or images < 1:
        return "must have a whole number of images from 1"
    slopes, offsets = table["slopes"], table["offsets"]
    if not _numbers(slopes) or not _numbers(offsets) or set(slopes) != set(offsets):
        return "must give the same labels a slope and an offset"
    if not all(slope > 0 for slope in slopes.values()):
        return "must have slopes above 0"
    stranger = next((one for one in slopes if labels is not None and one not in labels), None)
    return f"names {stranger!r}, which is no label" if stranger is not None else ""


def _numbers(table: object) -> bool:
    return isinstance(table, dict) and all(
        isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
        for one in table.values()
    )


def sigmoid(logit: float) -> float:
    """The probability of a logit, whatever its size.

    Examples
    --------
    >>> sigmoid(0.0), sigmoid(-1000.0)
    (0.5, 0.0)
    """
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    power = math.exp(logit) if logit > -700 else 0.0
    return power / (1 + power)
