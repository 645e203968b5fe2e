"""Others' weights become a model folder that gives their logits, or nothing at all."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from shamsul.classifiers import architecture
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.importing import import_weights
from shamsul.classifiers.manifest import Manifest, ModelError, Resize, Scaling
from shamsul.classifiers.registry import load
from tests.classifiers.conftest import tiny

GRIDS = np.random.default_rng(0).random((2, 32, 32), np.float32)
LABELS = ("Edema", "Fracture", "Pneumonia")
THREE = tiny(labels=LABELS, thresholds={"Edema": 0.4})


class Own(torch.nn.Module):
    """A class that nobody else has."""

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner


@pytest.fixture
def module() -> torch.nn.Module:
    torch.manual_seed(1)
    return architecture.build(THREE)


def answers(manifest: Manifest, module: torch.nn.Module) -> np.ndarray:
    return Classifier(manifest, module).logits(GRIDS)


def with_operating_points(module: torch.nn.Module) -> torch.nn.Module:
    """As torchxrayvision keeps them."""
    module.register_buffer("op_threshs", torch.tensor([0.1, torch.nan, 0.3]))
    return module


FILES: dict[str, Callable[[torch.nn.Module, Path], object]] = {
    "state.pt": lambda module, path: torch.save(module.state_dict(), path),
    "trained.ckpt": lambda module, path: torch.save(
        {"epoch": 3, "state_dict": torch.nn.DataParallel(module).state_dict()}, path
    ),
    "parameters.pth": lambda module, path: torch.save(
        {"net": dict(module.named_parameters()) | dict(module.named_buffers())}, path
    ),
    "x.safetensors": lambda module, path: safetensors.torch.save_file(module.state_dict(), path),
    "module.pt": torch.save,
    "before-1.6.pt": lambda module, path: torch.save(
        module, path, _use_new_zipfile_serialization=False
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_folder_gives_the_logits_of_the_source(
    module: torch.nn.Module, tmp_path: Path, name: str
) -> None:
    FILES[name](module, tmp_path / name)
    made = import_weights(tmp_path / name, THREE, tmp_path / "models" / "mine")
    (folder,) = (tmp_path / "models").iterdir()
    assert {path.name for path in folder.iterdir()} == {"model.toml", "weights.safetensors"}
    model = load(folder)
    assert model.manifest == made
    assert made.labels == LABELS and made.thresholds["Edema"] == 0.4
    np.testing.assert_array_equal(model.logits(GRIDS), answers(made, module))


def test_an_output_of_torchxrayvision_without_a_label_is_left_out(
    module: torch.nn.Module, tmp_path: Path
) -> None:
    manifest = tiny(
        arch="xrv/densenet",
        labels=("Edema", "", "Pneumonia"),
        normalisation=Scaling.XRV,
        resize=Resize.CENTRE_CROP,
    )
    torch.save(with_operating_points(module), tmp_path / "published.pt")
    made = import_weights(tmp_path / "published.pt", manifest, tmp_path / "mine")
    assert made.thresholds == pytest.approx({"Edema": 0.1, "Pneumonia": 0.3})
    assert made.labels == ("Edema", "Pneumonia")
    expected = answers(tiny(labels=LABELS, normalisation=Scaling.XRV), module)
    np.testing.assert_allclose(load(tmp_path / "mine").logits(GRIDS), expected[:, [0, 2]], 1e-5)


REFUSED: dict[str, tuple[Callable[[torch.nn.Module], object], dict[str, object], str]] = {
    "own class": (Own, {}, r"so save model\.state_dict\(\)"),
    "no tensors": (lambda module: {"epoch": 3}, {}, "does not hold tensors by name"),
    "fewer labels": (
        torch.nn.Module.state_dict,
        {"labels": ("Edema",), "thresholds": {}},
        r"with 1 labels: classifier.weight has shape \(3, ",
    ),
    "infinite": (
        lambda module: {name: tensor / 0.0 for name, tensor in module.state_dict().items()},
        {},
        "not finite numbers",
    ),
    "too small": (
        torch.nn.Module.state_dict,
        {"input_size": 8},
        "cannot take 8 x 8 images",
    ),
    "no architecture": (
        torch.nn.Module.state_dict,
        {"arch": "densenet121"},
        'described so: arch must be "torchvision/<model>"',
    ),
    "twice a label": (
        torch.nn.Module.state_dict,
        {"labels": ("Edema", "Edema", "Mass")},
        "labels must be a list of different texts",
    ),
}


@pytest.mark.parametrize(("content", "changes", "says"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_used_is_one_sentence_and_leaves_nothing(
    module: torch.nn.Module,
    tmp_path: Path,
    content: Callable[[torch.nn.Module], object],
    changes: dict[str, object],
    says: str,
) -> None:
    file = tmp_path / "theirs.pt"
    torch.save(content(module), file)
    with pytest.raises(ModelError, match=says) as caught:
        import_weights(file, tiny(**({"labels": LABELS} | changes)), tmp_path / "models" / "mine")
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "models").iterdir())


def test_a_folder_that_exists_is_left_as_it_is(module: torch.nn.Module, tmp_path: Path) -> None:
    torch.save(module.state_dict(), tmp_path / "theirs.pt")
    import_weights(tmp_path / "theirs.pt", THREE, tmp_path / "mine")
    before = (tmp_path / "mine" / "model.toml").stat().st_mtime_ns
    with pytest.raises(ModelError, match="mine already"):
        import_weights(tmp_path / "theirs.pt", THREE, tmp_path / "mine")
    assert (tmp_path / "mine" / "model.toml").stat().st_mtime_ns == before
    with pytest.raises(ModelError, match="There is no file"):
        import_weights(tmp_path / "missing.pt", THREE, tmp_path / "other")
    with pytest.raises(ModelError, match=r"theirs\.pt: (File exists|Not a directory)"):
        import_weights(tmp_path / "theirs.pt", THREE, tmp_path / "theirs.pt" / "mine")
