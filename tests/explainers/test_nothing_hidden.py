"""Where hiding parts of a radiograph changes nothing, nothing is evaluated and the map says so."""

from dataclasses import replace

import numpy as np
import pytest

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers.method import Method
from shamsul.explainers.registry import METHODS

#: Methods that put something in the place of what they hide.
HIDING = [
    method
    for method in METHODS.values()
    if {"background", "baseline"} & {parameter.name for parameter in method.parameters}
]
#: Of each method: what hides a part, and few evaluations.
FEW = {
    "lime": ("background", {"samples": 60}),
    "shap": ("background", {"samples": 60}),
    "rise": ("baseline", {"samples": 20}),
    "occlusion": ("baseline", {"stride": 500, "window": 500}),
    "integrated_gradients": ("baseline", {"steps": 5}),
}


def alike(image: GridImage, value: float) -> GridImage:
    return replace(image, values=np.full_like(image.values, value))


def test_every_method_that_hides_is_looked_at() -> None:
    assert {method.name for method in HIDING} == FEW.keys()


@pytest.mark.parametrize("method", HIDING, ids=lambda method: method.name)
@pytest.mark.parametrize(
    ("hidden", "value"),
    [("image_mean", 0.3), ("blur", 0.7), ("black", 0.0), ("white", 1.0), ("segment_mean", 0.1)],
)
def test_hiding_nothing_gives_an_empty_map_at_once(
    densenet: Classifier, noise: GridImage, method: Method, hidden: str, value: float
) -> None:
    name, few = FEW[method.name]
    if hidden == "segment_mean" and name == "baseline":
        pytest.skip("is no baseline of this method")
    told: list[int] = []
    maps = method.explain(
        densenet,
        alike(noise, value),
        progress=lambda done, planned: told.append(done),
        **few,
        **{name: hidden},
    )
    for one in maps:
        assert not one.values.any() and one.evaluations == 0
        assert one.notice.startswith("The map is empty") and one.notice.count(".") == 1
    assert not told


@pytest.mark.parametrize("method", HIDING, ids=lambda method: method.name)
def test_one_pixel_is_enough_to_be_explained(
    densenet: Classifier, noise: GridImage, method: Method
) -> None:
    name, few = FEW[method.name]
    image = alike(noise, 0.5)
    image.values.setflags(write=True)
    image.values[10, 20] += 1 / 255
    for one in method.explain(densenet, image, **few, **{name: "image_mean"}):
        assert one.evaluations > 0 and not one.notice
