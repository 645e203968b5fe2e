"""A model's calibration, fitted on a data set's validation side."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

from shamsul.assessment.scored import Scored
from shamsul.assessment.tables import FEWEST
from shamsul.classifiers.calibration import Calibration
from shamsul.metrics import calibration as fits
from shamsul.metrics.calibration import Scaling

#: Standard deviation of calibrated logits beyond which images are told apart almost completely: no
#: more than rounding would keep probabilities, and operating points, off 0 and 1.
WIDEST: Final = 16.0


class Method(Enum):
    """How logits are scaled."""

    PLATT = "platt"
    """A slope and an offset for each label."""
    TEMPERATURE = "temperature"
    """A slope for each label."""


_FIT: Final[Mapping[Method, Callable[..., Scaling]]] = {
    Method.PLATT: fits.platt,
    Method.TEMPERATURE: fits.temperature,
}


def fitted(
    validation: Scored, method: Method, fitted_on: str
) -> tuple[Calibration, tuple[str, ...]]:
    """Fit a slope and an offset for each label.

    Parameters
    ----------
    validation : Scored
        Of images that the model neither learned from nor is to be tested on.
    method : Method
    fitted_on : str
        The data set's title.

    Returns
    -------
    calibration : Calibration
    notes : tuple of str
        Labels that cannot be calibrated, and those with few images, in sentences.

    Raises
    ------
    ValueError
        If no label can be calibrated; one sentence.
    """
    scalings: dict[str, Scaling] = {}
    refused: dict[str, str] = {}
    few = []
    for column, label in enumerate(validation.labels):
        rows = validation.known[:, column]
        present = validation.present[rows, column]
        try:
            scaling = _FIT[method](validation.logits[rows, column], present)
        except ValueError as error:
            refused[label] = str(error)
            continue
        if scaling.slope * validation.logits[rows, column].std() > WIDEST:
            refused[label] = "its images are told apart almost completely"
            continue
        scalings[label] = scaling
        if min(present.sum(), (~present).sum()) < FEWEST:
            few.append(label)
    if not scalings:
        reasons = "; ".join(f"{label}: {why}" for label, why in refused.items())
        raise ValueError(f"No label can be calibrated ({reasons}).")
    calibration = Calibration(
        method.value,
        fitted_on,
        len(validation),
        {label: scaling.slope for label, scaling in scalings.items()},
        {label: scaling.offset for label, scaling in scalings.items()},
    )
    notes = [f"{label} is not calibrated: {why}." for label, why in refused.items()]
    if few:
        notes.append(
            f"Calibrated on fewer than {FEWEST} images with the finding, or without it: "
            f"{', '.join(few)}."
        )
    return calibration, tuple(notes)
