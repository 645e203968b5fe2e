"""Small models that tests make themselves; nothing is downloaded."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import safetensors.torch
import torch

from shamsul.classifiers import architecture, registry, weights
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize, Scaling
from shamsul.settings import Settings

#: The first runs when it is imported, the second needs onnx.
collect_ignore = ["write_keras.py"] + ["onnx_graphs.py"] * (find_spec("onnx") is None)

TINY = {"growth_rate": 4, "block_config": (1, 2, 1, 1), "num_init_features": 8}


def tiny(**changes: object) -> Manifest:
    values: dict[str, object] = {
        "name": "tiny",
        "arch": "torchvision/densenet",
        "labels": ("Edema", "Cardiomegaly"),
        "input_size": 32,
        "channels": 1,
        "normalisation": Normalisation((0.5,), (0.25,)),
        "resize": Resize.STRETCH,
        "sha256": "0" * 64,
        "thresholds": {"Edema": 0.4},
        "trained_on": "nothing",
        "arch_options": TINY,
    }
    return Manifest(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a model folder with random weights; keyword arguments change its manifest."""

    def make(name: str = "tiny", **changes: object) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        manifest = tiny(**changes)
        torch.manual_seed(0)
        state = architecture.build(manifest).state_dict()
        safetensors.torch.save_file(state, folder / weights.SAFETENSORS)
        digest = weights.sha256(folder / weights.SAFETENSORS)
        tiny(**{**changes, "sha256": digest}).write(folder)
        return folder

    return make


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty models directory, and a bundled model."""
    directory = tmp_path / "installation"
    monkeypatch.setattr(registry, "settings", lambda: Settings(models_dir=directory))
    monkeypatch.setattr(registry, "ASSETS", tmp_path / "assets")
    bundled = tmp_path / "assets" / "models" / "phantom"
    bundled.mkdir(parents=True)
    tiny(name="phantom").write(bundled)
    yield directory


XRV = {"arch": "xrv/densenet", "normalisation": Scaling.XRV}
