"""Integrated Gradients, Occlusion and RISE against identities and slow second implementations."""

import numpy as np
import pytest
import torch

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers import integrated_gradients, occlusion, rise
from shamsul.explainers.heatmap import Target
from shamsul.explainers.superpixels import BASELINES, background_of
from tests.explainers.conftest import SIZE


def outputs(classifier: Classifier, values: np.ndarray, target: Target) -> np.ndarray:
    logits = classifier.logits(values[None].astype(np.float32))[0].astype(float)
    return logits if target is Target.LOGIT else 1 / (1 + np.exp(-logits))


@pytest.mark.long
@pytest.mark.parametrize("target", list(Target))
@pytest.mark.parametrize("baseline", BASELINES)
def test_integrated_gradients_sum_to_the_difference_to_the_baseline(
    densenet: Classifier, noise: GridImage, baseline: str, target: Target
) -> None:
    maps = integrated_gradients.METHOD.explain(
        densenet, noise, target=target, baseline=baseline, steps=200
    )
    start = background_of(densenet, noise.values, baseline)
    expected = outputs(densenet, noise.values, target) - outputs(densenet, start, target)
    sums = [float(found.values.sum(dtype=float)) for found in maps]
    np.testing.assert_allclose(sums, expected, atol=2e-3)


@pytest.mark.parametrize(("window", "stride"), [(250, 125), (300, 110), (200, 200)])
def test_occlusion_is_the_mean_fall_over_windows(
    densenet: Classifier, noise: GridImage, window: int, stride: int
) -> None:
    maps = occlusion.METHOD.explain(densenet, noise, window=window, stride=stride, baseline="black")
    side, step = round(SIZE * window / 1000), round(SIZE * stride / 1000)
    starts = list(range(0, SIZE - side, step))
    starts.append(starts[-1] + step)  # the last window reaches the border
    whole = outputs(densenet, noise.values, Target.LOGIT)
    fall, count = np.zeros((3, SIZE, SIZE)), np.zeros((SIZE, SIZE))
    for top in starts:
        for left in starts:
            place = np.s_[top : top + side, left : left + side]
            covered = noise.values.copy()
            covered[place] = 0
            drop = whole - outputs(densenet, covered, Target.LOGIT)
            fall[(slice(None), *place)] += drop[:, None, None]
            count[place] += 1
    assert maps[0].evaluations == 1 + len(starts) ** 2
    for found, expected in zip(maps, fall / count, strict=True):
        np.testing.assert_allclose(found.values, expected, atol=1e-5)


def test_rise_masks_are_smooth_and_show_what_they_should() -> None:
    drawn = rise.masks(np.random.default_rng(0), 400, (SIZE, SIZE), 7, 0.3)
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert drawn.mean() == pytest.approx(0.3, abs=0.02)
    assert np.abs(drawn.mean(0) - 0.3).max() < 0.12  # no pixel is favoured
    assert np.abs(np.diff(drawn, axis=1)).max() < 0.2


def test_rise_is_the_mean_output_where_a_pixel_is_shown(
    densenet: Classifier, noise: GridImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rounding has its own tests.
    monkeypatch.setattr(densenet, "half", None)
    maps = rise.METHOD.explain(densenet, noise, samples=50, seed=4)
    rng = np.random.default_rng(4)
    # Drawn batch by batch, as one stream of random numbers.
    drawn = rise.masks(rng, 50, (SIZE, SIZE), 7, 0.5)
    answers = np.array([outputs(densenet, mask * noise.values, Target.LOGIT) for mask in drawn])
    for label, found in enumerate(maps):
        total = sum(a * mask for a, mask in zip(answers[:, label], drawn, strict=True))
        expected = total / drawn.sum(0) - answers[:, label].mean()
        np.testing.assert_allclose(found.values, expected, atol=1e-4)


def test_gradient_methods_leave_no_graph_behind(densenet: Classifier, noise: GridImage) -> None:
    integrated_gradients.METHOD.explain(densenet, noise, steps=4)
    assert all(parameter.grad is None for parameter in densenet.module.parameters())
    assert torch.is_grad_enabled()
