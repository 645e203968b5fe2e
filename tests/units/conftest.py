"""Small classifiers, those of the explainers' tests."""

from tests.explainers.conftest import densenet, detector, grid_image, noise

__all__ = ["densenet", "detector", "grid_image", "noise"]
