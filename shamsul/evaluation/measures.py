"""All measures of maps that need no annotation. Adding one: write its function, name it here."""

from typing import Final

from shamsul.evaluation import faithfulness, robustness, sanity
from shamsul.evaluation.measure import Measure

#: By name, the cheap ones first.
MEASURES: Final[dict[str, Measure]] = {
    measure.name: measure
    for measure in (
        faithfulness.PIXEL_FLIPPING,
        faithfulness.SENSITIVITY_N,
        faithfulness.INFIDELITY,
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
