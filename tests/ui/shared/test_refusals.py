"""What a model cannot be put to is told by its reasons."""

from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.registry import METHODS
from shamsul.ui.shared.refusals import possible


def test_methods_are_told_apart_by_why_they_are_not_here() -> None:
    known, others = possible(METHODS, Manifest.read(registry.folder_of(registry.PHANTOM)))
    assert METHODS.keys() - known.keys() == {"attention_rollout", "own_mask"}
    assert others == (
        "Not here: Attention Rollout; phantom has no attention to look at. Not here: Model's own "
        "mask; phantom has no decoder, and so no masks of its own."
    )
