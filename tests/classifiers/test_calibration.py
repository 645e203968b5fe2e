"""Calibrated probabilities: kept in ``model.toml``, shown by the classifier, told in words."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from shamsul.classifiers.calibration import Calibration, sigmoid
from shamsul.classifiers.manifest import Manifest, ManifestError
from shamsul.classifiers.registry import load
from shamsul.radiographs.radiograph import Radiograph
from tests.classifiers.conftest import tiny

PLATT = Calibration("platt", "CheXpert", 250, {"Edema": 2.0}, {"Edema": -0.5})


@pytest.mark.parametrize("logit", [-800.0, -3.0, 0.0, 3.0, 800.0])
def test_the_sigmoid_is_scipys(logit: float) -> None:
    assert sigmoid(logit) == pytest.approx(float(expit(logit)), rel=1e-14)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    manifest = tiny(calibration=PLATT)
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path) == manifest
    tiny().write(tmp_path)
    assert Manifest.read(tmp_path).calibration is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('method = "platt"', 'method = "isotonic"', "must have a method, platt or temperature"),
        ('method = "platt"\n', "", "must be a table with method, fitted_on"),
        ('fitted_on = "CheXpert"', 'fitted_on = " "', "must say in words"),
        ("images = 250", "images = 0", "whole number of images"),
        ("images = 250", "images = true", "whole number of images"),
        ("2.0", "0.0", "must have slopes above 0"),
        ("-0.5", "nan", "must give the same labels"),
        ('offsets = { "Edema"', 'offsets = { "Cardiomegaly"', "must give the same labels"),
        ('{ "Edema"', '{ "Hernia"', "names 'Hernia', which is no label"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    tiny(calibration=PLATT).write(tmp_path)
    file = tmp_path / "model.toml"
    head, found, table = file.read_text().partition("[calibration]")
    assert found and old in table
    file.write_text(head + found + table.replace(old, new))
    with pytest.raises(ManifestError, match=fault) as caught:
        Manifest.read(tmp_path)
    assert len(caught.value.faults) == 1


def test_probabilities_are_the_formulas_and_logits_stay(make_folder: Callable[..., Path]) -> None:
    values = np.random.default_rng(0).random((40, 30), np.float32)
    radiograph = Radiograph(values, (0.0, 1.0), None, "PA", "0" * 64)
    plain = load(make_folder("plain")).predict(radiograph)
    told = load(make_folder("calibrated", calibration=PLATT)).predict(radiograph)
    for label in ("Edema", "Cardiomegaly"):
        assert told[label].logit == plain[label].logit
    assert told["Edema"].probability == pytest.approx(expit(2 * plain["Edema"].logit - 0.5))
    assert told["Cardiomegaly"].probability == plain["Cardiomegaly"].probability


def test_operating_points_go_along_with_the_probabilities() -> None:
    manifest = tiny(thresholds={"Edema": 0.3, "Cardiomegaly": 1.0})
    calibrated = manifest.calibrated(PLATT)
    logits = np.random.default_rng(0).normal(0, 3, 200)
    for label in manifest.labels:
        before, after = (
            [one.probability(label, logit) >= one.thresholds[label] for logit in logits]
            for one in (manifest, calibrated)
        )
        assert before == after
    assert calibrated.thresholds["Edema"] == pytest.approx(expit(2 * np.log(0.3 / 0.7) - 0.5))
    again = calibrated.calibrated(Calibration("temperature", "x", 1, {"Edema": 0.1}, {"Edema": 0}))
    assert again.calibrated(None).thresholds == pytest.approx(dict(manifest.thresholds))


def test_other_probabilities_are_another_model_to_the_caches() -> None:
    """A model that is not calibrated keeps the maps it has."""
    plain = tiny()
    prints = {
        one.fingerprint
        for one in (
            plain,
            replace(plain, calibration=PLATT),
            replace(plain, calibration=replace(PLATT, slopes={"Edema": 3.0})),
            replace(plain, calibration=replace(PLATT, offsets={"Edema": 0.0})),
        )
    }
    assert len(prints) == 4
    # Computed before there were calibrations.
    assert plain.fingerprint.startswith("e45d7a376cb5c7b4")


def test_it_is_told_in_words() -> None:
    assert tiny().about_probabilities == "not calibrated"
    told = "calibrated on CheXpert (250 images), but not Cardiomegaly"
    assert tiny(calibration=PLATT).about_probabilities == told
