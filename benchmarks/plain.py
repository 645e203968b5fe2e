"""The plain stack: each library as its documentation shows, for all labels of one image.

LIME: ``LimeImageExplainer`` with its defaults and 1,000 samples. SHAP: ``KernelExplainer`` with
1,000 samples over 50 SLIC superpixels, hidden ones white. Grad-CAM and LRP: captum, label by label.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from shamsul.classifiers.classifier import Classifier

SAMPLES = 1000


def _predictor(classifier: Classifier) -> Callable[[np.ndarray], np.ndarray]:
    """Probabilities for RGB images of shape (n, h, w, 3) in [0, 255]."""

    def predict(images: np.ndarray) -> np.ndarray:
        grids = torch.from_numpy(images[..., 0]).float() / 255
        with torch.no_grad():
            return torch.sigmoid(classifier.module(classifier.normalise(grids))).numpy()

    return predict


def lime(classifier: Classifier, image: np.ndarray) -> None:
    """As in the package's image tutorial, all labels."""
    from lime import lime_image

    lime_image.LimeImageExplainer().explain_instance(
        image.astype("double"),
        _predictor(classifier),
        top_labels=len(classifier.manifest.labels),
        hide_color=0,
        num_samples=SAMPLES,
    )


def shap(classifier: Classifier, image: np.ndarray) -> None:
    """As in the package's notebook on superpixels."""
    from shap import KernelExplainer
    from skimage.segmentation import slic

    segments = slic(image, n_segments=50, compactness=30, sigma=3, start_label=0)
    superpixels = int(segments.max()) + 1
    predict = _predictor(classifier)

    def masked(coalitions: np.ndarray) -> np.ndarray:
        result = np.zeros((len(coalitions), *image.shape))
        for row, coalition in enumerate(coalitions):
            result[row] = image
            for superpixel in range(superpixels):
                if coalition[superpixel] == 0:
                    result[row][segments == superpixel] = 255
        return predict(result)

    explainer = KernelExplainer(masked, np.zeros((1, superpixels)))
    explainer.shap_values(np.ones((1, superpixels)), nsamples=SAMPLES, silent=True)


def _batch(classifier: Classifier, image: np.ndarray) -> torch.Tensor:
    return classifier.normalise(torch.from_numpy(image[None, ..., 0]).float() / 255)


def grad_cam(classifier: Classifier, image: np.ndarray) -> None:
    """captum's LayerGradCam on the last feature map, interpolated."""
    from captum.attr import LayerAttribution, LayerGradCam

    method = LayerGradCam(classifier.module, classifier.module.features.denseblock4)
    batch = _batch(classifier, image)
    for label in range(len(classifier.manifest.labels)):
        coarse = method.attribute(batch, target=label)
        LayerAttribution.interpolate(coarse, batch.shape[2:], "bilinear")


def lrp(classifier: Classifier, image: np.ndarray) -> None:
    """captum's LRP with its default rules, which needs activations that are not in place."""
    from captum.attr import LRP

    for part in classifier.module.modules():
        if isinstance(part, torch.nn.ReLU):
            part.inplace = False
    method = LRP(classifier.module)
    for label in range(len(classifier.manifest.labels)):
        method.attribute(_batch(classifier, image).requires_grad_(), target=label)


def measure(classifier: Classifier, grid: np.ndarray) -> dict[str, Any]:
    """Seconds by method, for a grid of shape (h, w) in [0, 1]."""
    image = np.repeat(np.round(grid * 255)[..., None], 3, 2).astype(np.uint8)
    seconds = {}
    for method in (lime, shap, grad_cam, lrp):
        start = time.perf_counter()
        method(classifier, image)
        seconds[method.__name__] = round(time.perf_counter() - start, 2)
    return {"seconds": seconds, "total_seconds": round(sum(seconds.values()), 2)}
