"""Engines agree with torch, are found once, and fall back to torch where they cannot be had."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from shamsul.classifiers import inference, registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.inference import equip, half_by, half_engine, is_measured
from shamsul.classifiers.manifest import Manifest, ModelError, Normalisation
from shamsul.settings import ASSETS, settings
from tests.explainers.conftest import SIZE, manifest

PHANTOM = ASSETS / "models" / "phantom"
openvino = pytest.importorskip("openvino")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory of this test's own."""
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    yield tmp_path / "data"
    settings.cache_clear()


def prefers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an engine be the fastest: which one is differs from machine to machine."""

    def slow(engine: object, call: object) -> object:
        def run(self: object, images: torch.Tensor) -> np.ndarray:
            if not self.name.startswith(name):  # type: ignore[attr-defined]
                inference.time.sleep(0.3)
            return call(self, images)  # type: ignore[operator]

        return run

    for engine in (inference.Torch, inference.OpenVINO):
        monkeypatch.setattr(engine, "__call__", slow(engine, engine.__call__))


def grids(classifier: Classifier) -> np.ndarray:
    size = classifier.manifest.input_size
    return np.random.default_rng(0).random((9, size, size), np.float32)


@pytest.mark.parametrize("name", ["torch", "openvino"])
def test_either_engine_gives_torchs_logits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    prefers(name, monkeypatch)
    classifier = registry.load("phantom")
    images = grids(classifier)
    expected = classifier.logits(images)
    equip(classifier)
    assert classifier.exact.name == f"{name} float32"
    np.testing.assert_allclose(classifier.logits(images), expected, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(classifier.logits(images, engine=classifier.reference), expected)
    if classifier.half is not None:
        assert classifier.half.name == f"{name} bfloat16"
        rounded = classifier.logits(images, engine=classifier.half)
        np.testing.assert_allclose(rounded, expected, atol=0.05 * expected.std())


def test_what_was_found_is_kept(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefers("openvino", monkeypatch)
    first = registry.load("phantom")
    equip(first)

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(inference, "_measured", never)
    monkeypatch.setattr(openvino, "convert_model", never)
    second = registry.load("phantom")
    equip(second)
    assert second.exact.name == "openvino float32"
    assert (second.half and second.half.name) == (first.half and first.half.name)
    images = grids(first)
    np.testing.assert_array_equal(second.logits(images), first.logits(images))
    name = half_engine(PHANTOM, Manifest.read(PHANTOM))
    assert name == (first.half.name if first.half else "")


def test_asking_for_the_name_measures(data: Path) -> None:
    manifest = Manifest.read(PHANTOM)
    assert not is_measured(manifest)
    name = half_engine(PHANTOM, manifest)
    assert is_measured(manifest)
    (kept,) = data.glob("engines/*/choice.json")
    assert json.loads(kept.read_bytes())["half"] == name


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b"[" * 10_000, b'{"exact": 3, "half": ""}', b"\xff"]
)
def test_a_damaged_choice_is_made_again(data: Path, damage: bytes) -> None:
    equip(registry.load("phantom"))
    (kept,) = data.glob("engines/*/choice.json")
    whole = json.loads(kept.read_bytes())
    kept.write_bytes(damage)
    equip(registry.load("phantom"))
    assert json.loads(kept.read_bytes()).keys() == whole.keys()


def test_a_data_directory_that_cannot_be_written_is_no_hindrance(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.mkdir()
    (data / "engines").write_text("in the way")
    classifier = registry.load("phantom")
    equip(classifier)
    monkeypatch.setattr(inference, "_measured", None)  # once a process
    again = registry.load("phantom")
    equip(again)
    assert again.exact.name == classifier.exact.name


def test_a_network_kept_with_other_weights_is_not_used(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefers("openvino", monkeypatch)
    classifier = registry.load("phantom")
    expected = classifier.logits(grids(classifier))
    equip(classifier)
    (kept,) = data.glob("engines/*/cells/network.bin")
    changed = np.frombuffer(kept.read_bytes(), np.uint8).copy()
    changed[len(changed) // 3 : 2 * len(changed) // 3] ^= 8
    kept.write_bytes(changed)
    again = registry.load("phantom")
    equip(again)
    np.testing.assert_allclose(again.logits(grids(again)), expected, atol=1e-5)


@pytest.mark.parametrize("part", ["network.xml", "network.bin"])
def test_a_damaged_network_is_converted_again(
    data: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefers("openvino", monkeypatch)
    classifier = registry.load("phantom")
    expected = classifier.logits(grids(classifier))
    equip(classifier)
    (kept,) = data.glob(f"engines/*/cells/{part}")
    size = kept.stat().st_size
    kept.write_bytes(kept.read_bytes()[: size // 2])
    again = registry.load("phantom")
    equip(again)
    np.testing.assert_allclose(again.logits(grids(again)), expected, atol=1e-5)
    assert kept.stat().st_size > 0.9 * size  # XML is not the same to the byte


def test_without_openvino_torch_runs_it_which_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(inference, "_has_openvino", lambda: False)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            classifier = registry.load("phantom")
            equip(classifier)
            assert classifier.exact.name == "torch float32"
    assert [one.getMessage() for one in caplog.records] == [
        "phantom: OpenVINO is not installed; torch runs the network."
    ]


def test_a_choice_that_cannot_be_had_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data directory of another machine, or OpenVINO was removed."""
    prefers("openvino", monkeypatch)
    equip(registry.load("phantom"))
    monkeypatch.setattr(inference, "_has_openvino", lambda: False)
    classifier = registry.load("phantom")
    equip(classifier)
    assert classifier.exact.name == "torch float32"


class Branching(nn.Module):
    """What it computes depends on how bright the batch is: traced, it takes one way always."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[0] == 2:
            return x.mean((2, 3))
        return -x.mean((2, 3))


def judged(caplog: pytest.LogCaptureFixture, module: nn.Module) -> str:
    """Equip a network that has to stay with torch; gives what was said."""
    unit = Normalisation((0.0,), (1.0,))
    classifier = Classifier(manifest(("A",), channels=1, normalisation=unit), module)
    images = np.random.default_rng(0).random((9, SIZE, SIZE), np.float32)
    expected = classifier.logits(images)
    with caplog.at_level(logging.WARNING):
        equip(classifier)
    assert classifier.exact.name == "torch float32"
    assert classifier.half is None or classifier.half.name == "torch bfloat16"
    np.testing.assert_allclose(classifier.logits(images), expected, rtol=1e-6)
    (said,) = caplog.records
    return said.getMessage()


def test_a_network_that_openvino_gets_wrong_stays_with_torch(caplog) -> None:
    assert "OpenVINO does not give this network's logits" in judged(caplog, Branching())


def test_a_network_that_openvino_cannot_convert_stays_with_torch(
    caplog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def convert(*_: object, **__: object) -> None:
        raise RuntimeError("Operation aten::own is unknown\n at line 3")

    monkeypatch.setattr(openvino, "convert_model", convert)
    said = judged(caplog, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    assert said == "test: OpenVINO cannot convert this network (RuntimeError); torch runs it."


def test_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    """OpenVINO by itself sends that it was imported, and makes a folder to remember whose it is."""
    code = """
import socket, sys
def refuse(*_): raise AssertionError("it calls somebody")
socket.socket.connect = refuse
from shamsul.classifiers import registry
from shamsul.classifiers.inference import equip
equip(registry.load("phantom"))
assert "openvino" in sys.modules
assert sys.modules["openvino_telemetry"] is None
"""
    environment = os.environ | {"HOME": str(tmp_path), "SHAMSUL_DATA_DIR": str(tmp_path / "data")}
    environment.pop("CI", None)  # which keeps it quiet
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "intel").exists()


def test_maps_of_another_engine_change_what_evaluates_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    classifier = registry.load("phantom")
    usual = inference.Torch(classifier.module, half=True)
    monkeypatch.setattr(classifier, "half", usual)
    with half_by(classifier, ""):
        assert classifier.half is None
    assert classifier.half is usual
    with half_by(classifier, usual.name):
        assert classifier.half is usual
    with (
        pytest.raises(ModelError, match="This machine has no Abacus"),
        half_by(classifier, "Abacus"),
    ):
        pass
    assert classifier.half is usual
