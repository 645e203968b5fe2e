"""All measures of maps that need no annotation. Adding one: write its function, name it here."""

from typing import Final

from shamsul.faithfulness import perturbation, robustness, sanity
from shamsul.faithfulness.measure import Measure

#: By name, the cheap ones first.
MEASURES: Final[dict[str, Measure]] = {
    measure.name: measure
    for measure in (
        perturbation.PIXEL_FLIPPING,
        perturbation.SENSITIVITY_N,
        perturbation.INFIDELITY,
        robustness.SHIFT,
        robustness.NOISE,
        robustness.MAX_SENSITIVITY,
        sanity.REPEATABILITY,
        sanity.CASCADING_RANDOMISATION,
        sanity.INDEPENDENT_RANDOMISATION,
        sanity.LABEL_RANDOMISATION,
    )
}
#: Those that are taken where none are named: they compute no further maps.
USUAL: Final = tuple(name for name, measure in MEASURES.items() if not measure.explains_again)
