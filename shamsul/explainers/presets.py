"""Settings of published studies, so that their figures can be reproduced."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Value


@dataclass(frozen=True)
class Preset:
    """What a study explained, and how.

    Attributes
    ----------
    name : str
    target : Target
    parameters : mapping
        By method's name; defaults for what is left out. Its keys are the study's methods.
    citation : str
    """

    name: str
    target: Target
    parameters: Mapping[str, Mapping[str, Value]]
    citation: str


#: By name.
PRESETS: Final = {
    preset.name: preset
    for preset in (
        # LIME as the package does by default; SHAP over 50 superpixels on white; the gradients of
        # Grad-CAM guided; LRP's z rule (its epsilon, alpha-beta and deep Taylor variants are
        # the composites epsilon_1, alpha2beta1 and deep_taylor).
        Preset(
            "shamsul-2023",
            Target.PROBABILITY,
            {
                "lime": {
                    "estimator": "package",
                    "samples": 1000,
                    "superpixels": "quickshift",
                    "background": "segment_mean",
                },
                "shap": {
                    "estimator": "package",
                    "samples": 1000,
                    "segments": 50,
                    "compactness": 30.0,
                    "sigma": 3.0,
                    "background": "white",
                    "selection": "aic",
                },
                "grad_cam": {"variant": "guided"},
                "lrp": {"composite": "zero"},
            },
            "Alam, Hollmén, Baldvinsson, Rahmani 2023, doi 10.5617/nmi.10471",
        ),
    )
}
