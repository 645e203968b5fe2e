"""All explanation methods. Adding one: write its module, name it here."""

from typing import Final

from shamsul.explainers import (
    attention,
    cam,
    grad_cam,
    integrated_gradients,
    lime,
    lrp,
    occlusion,
    own_mask,
    rap,
    rise,
    rsp,
    score_cam,
    shap,
)
from shamsul.explainers.method import Method

#: By name, in the order in which panels are shown.
METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        lime.METHOD,
        shap.METHOD,
        grad_cam.METHOD,
        lrp.METHOD,
        rap.METHOD,
        rsp.METHOD,
        cam.METHOD,
        score_cam.METHOD,
        attention.METHOD,
        integrated_gradients.METHOD,
        occlusion.METHOD,
        rise.METHOD,
        own_mask.METHOD,
    )
}

#: Those of the SHAMSUL paper: shown where nobody chose.
USUAL: Final = ("lime", "shap", "grad_cam", "lrp")


#: In *Review*: those, and what the model itself marks where it does.
SHOWN: Final = (*USUAL, own_mask.METHOD.name)


def by_waiting_time() -> tuple[Method, ...]:
    """All methods, those that need few model evaluations first."""
    return tuple(sorted(METHODS.values(), key=lambda method: method.sampled))
