"""A second model for tests: a small DenseNet with random weights."""

from pathlib import Path
from typing import Any, Final

import safetensors.torch
import torch

from shamsul.classifiers import architecture, weights
from tests.classifiers.conftest import tiny

#: One by another name, one that the bundled model does not have, and two of its own left out.
LABELS: Final = ("No Finding", "Cardiomegaly", "Effusion", "Pneumothorax", "Consolidation", "Mass")


def install(models: Path, name: str = "second", **changes: Any) -> Path:
    """Put one into a models directory; keyword arguments change its manifest."""
    folder = models / name
    folder.mkdir(parents=True)
    values = {"labels": LABELS, "thresholds": {}, "input_size": 64, **changes}
    torch.manual_seed(3)
    state = architecture.build(tiny(name=name, **values)).state_dict()
    safetensors.torch.save_file(state, folder / weights.SAFETENSORS)
    digest = weights.sha256(folder / weights.SAFETENSORS)
    tiny(name=name, **values, sha256=digest).write(folder)
    return folder
