"""From a model folder and a table of one's own to an assessment."""

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scipy.special import expit, logit

from shamsul.assessment import assess as module
from shamsul.assessment.assess import Ask, Workshop, assess
from shamsul.assessment.calibrating import Method, fitted
from shamsul.assessment.scored import Scored
from shamsul.classifiers import architecture
from shamsul.classifiers.classifier import Classifier
from shamsul.metrics.calibration import platt, temperature
from shamsul.radiographs import read_radiograph
from shamsul.training.config import read_dataset
from tests.assessment.made import made
from tests.classifiers.conftest import tiny

COUNT = 60
SIDES = ["train"] * 10 + ["validation"] * 25 + ["test"] * 25


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    torch.manual_seed(0)
    manifest = tiny()
    return Classifier(manifest, architecture.build(manifest))


@contextmanager
def quiet(title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda done, planned: None


class Folder:
    """A data set of small pictures; findings follow what the model says of them."""

    def __init__(self, root: Path, classifier: Classifier) -> None:
        self.root = root
        root.mkdir()
        rng = np.random.default_rng(1)
        logits = []
        for number in range(COUNT):
            picture = rng.integers(0, 256, (32, 32)) * rng.random() + 20 * rng.random()
            Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(self.file(number))
            radiograph = read_radiograph(self.file(number).read_bytes())
            logits.append([score.logit for score in classifier.predict(radiograph).scores])
        values = np.array(logits)
        noisy = values + rng.normal(0, values.std(0), values.shape)
        self.table = pd.DataFrame(
            {
                "image": [self.file(number).name for number in range(COUNT)],
                "patient": [f"secret-{number // 2}" for number in range(COUNT)],
                "sex": ["F", "F", "M", "M"] * 15,
                "age": rng.integers(18, 95, COUNT),
                "view": ["PA", "AP"] * 30,
                "split": SIDES,
                "Cardiomegaly": (noisy[:, 1] > np.median(values[:, 1])).astype(int),
                "Edema": (noisy[:, 0] > np.median(values[:, 0])).astype(int),
                "Fracture": 0,
            }
        )
        # A patient is on one side.
        self.table.loc[34:35, "patient"] = ["secret-a", "secret-b"]
        self.write()

    def file(self, number: int) -> Path:
        return self.root / f"film-{number:02}.png"

    def write(self) -> None:
        self.table.to_csv(self.root / "dataset.csv", index=False)

    @property
    def text(self) -> str:
        names = "patient = 'patient'\nview = 'view'\nsex = 'sex'\nage = 'age'\nsplit = 'split'"
        return (
            f"[dataset]\nkind = 'csv'\nfolder = '{self.root.name}'\nvalidation = 0\n"
            f"[dataset.columns]\n{names}\n"
        )


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory, classifier: Classifier) -> Folder:
    return Folder(tmp_path_factory.mktemp("assess") / "films", classifier)


@pytest.fixture
def folder(films: Folder, tmp_path: Path) -> Folder:
    """One to change."""
    mine = copy.deepcopy(films)
    mine.root = shutil.copytree(films.root, tmp_path / "films")
    return mine


def assessed(folder: Folder, classifier: Classifier, **asked: object):
    ask = Ask("2026-01-02", **({"replicates": 20} | asked))  # type: ignore[arg-type]
    file = read_dataset(folder.text, folder.root.parent)
    workshop = Workshop(folder.root.parent / "images", 0, quiet)
    return assess(classifier, file, ask, workshop)


def test_probabilities_are_those_that_the_app_shows(folder: Folder, classifier: Classifier) -> None:
    found, looked = assessed(folder, classifier)
    assert found.scored.labels == ("Edema", "Cardiomegaly")  # in the model's order
    assert list(looked.scored.numbers) == list(range(36, 61))
    for place, number in enumerate(looked.scored.numbers):
        radiograph = read_radiograph(folder.file(number - 1).read_bytes())
        told = [score.probability for score in classifier.predict(radiograph).scores]
        # Pictures on the model's grid are kept with 8 bits.
        np.testing.assert_allclose(looked.scored.probabilities[place], told, atol=1e-4)
    row = folder.table.iloc[35:]
    assert list(looked.scored.present[:, 0]) == list(row["Edema"] == 1)
    assert list(looked.scored.groups["view"]) == list(row["view"])
    assert found.data.images == 25
    assert found.data.patients == row["patient"].nunique()


def test_the_test_side_never_reaches_the_fit(
    folder: Folder, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Scored] = []

    def looked_at(validation: Scored, method: Method, fitted_on: str):
        seen.append(validation)
        return fitted(validation, method, fitted_on)

    monkeypatch.setattr(module, "fitted", looked_at)
    first, _ = assessed(folder, classifier, calibrate=Method.PLATT)
    assert list(seen[0].numbers) == list(range(11, 36))
    # Other labels and pictures there change nothing.
    for label in ("Edema", "Cardiomegaly"):
        folder.table.loc[35:, label] = 1 - folder.table.loc[35:, label]
    folder.write()
    for number in range(35, COUNT):
        Image.new("L", (32, 32), number).save(folder.file(number))
    second, _ = assessed(folder, classifier, calibrate=Method.PLATT)
    assert second.manifest == first.manifest
    assert second.manifest.calibration is not None
    assert second.manifest.calibration.images == 25


def test_a_calibrated_model_decides_as_before(folder: Folder, classifier: Classifier) -> None:
    before, _ = assessed(folder, classifier)
    after, _ = assessed(folder, classifier, calibrate=Method.PLATT)
    np.testing.assert_array_equal(before.scored.positive, after.scored.positive)
    np.testing.assert_array_equal(before.scored.logits, after.scored.logits)
    assert not np.allclose(before.scored.probabilities, after.scored.probabilities)
    assert classifier.manifest.calibration is None
    names = ["auroc", "sensitivity", "specificity"]
    pd.testing.assert_frame_equal(before.tables["metrics"][names], after.tables["metrics"][names])


def test_a_side_that_is_not_there_is_said_with_one_that_is(
    folder: Folder, classifier: Classifier
) -> None:
    folder.table["split"] = ["train"] * 10 + ["validation"] * 50
    folder.write()
    with pytest.raises(ValueError, match=r"no test side; --side validation asks for") as caught:
        assessed(folder, classifier)
    assert str(caught.value).count(".") == 1
    assert assessed(folder, classifier, side="validation")[0].data.images == 50
    assert assessed(folder, classifier, side="all")[0].data.images == 60


def test_what_is_left_out_is_said(folder: Folder, classifier: Classifier) -> None:
    folder.file(40).write_bytes(b"no picture")
    folder.file(41).unlink()
    folder.table["sex"] = ""
    folder.write()
    found, looked = assessed(folder, classifier)
    said = " ".join(found.notes)
    assert "the data set has and the model has not: Fracture." in said
    assert "without their image: 1." in said
    assert "cannot be read: 1." in said
    assert "Subgroups by sex" in said and "Subgroups by age" not in said
    assert found.data.images == 23
    assert [one.file for one in looked.unreadable] == [folder.file(40)]
    # Counted in the table of what is there: 42, whose file is gone, is not among them.
    assert 41 not in looked.scored.numbers


def test_labels_that_nobody_shares_are_one_sentence(folder: Folder, classifier: Classifier) -> None:
    folder.table = folder.table.drop(columns=["Edema", "Cardiomegaly"])
    folder.write()
    with pytest.raises(ValueError, match="share no label"):
        assessed(folder, classifier)


def test_smoothed_targets_are_left_out(folder: Folder, classifier: Classifier) -> None:
    folder.table.loc[36:39, "Edema"] = -1
    folder.write()
    text = folder.text + "[policy]\nuncertain = 'smoothed-one'\n"
    file = read_dataset(text, folder.root.parent)
    workshop = Workshop(folder.root.parent / "images", 0, quiet)
    found, looked = assess(classifier, file, Ask("2026-01-02", replicates=5), workshop)
    assert (~looked.scored.known).sum(0).tolist() == [4, 0]
    assert any("neither yes nor no, taken as unknown: 4" in note for note in found.notes)


@pytest.mark.parametrize(
    ("method", "fit"), [(Method.PLATT, platt), (Method.TEMPERATURE, temperature)]
)
def test_a_fit_is_that_of_the_known_images(method: Method, fit: Callable) -> None:
    scored = made()
    calibration, notes = fitted(scored, method, "CheXpert")
    assert not notes
    rows = scored.known[:, 1]
    expected = fit(scored.logits[rows, 1], scored.present[rows, 1])
    assert calibration.scaling("Pneumonia") == (expected.slope, expected.offset)
    assert (calibration.fitted_on, calibration.images) == ("CheXpert", 200)


def test_a_fit_makes_made_up_probabilities_right() -> None:
    rng = np.random.default_rng(0)
    right = rng.uniform(0.02, 0.98, 20_000)
    scored = made(20_000, ("Edema",))
    object.__setattr__(scored, "present", (rng.random(20_000) < right)[:, None])
    object.__setattr__(scored, "logits", (3 * logit(right) - 1)[:, None])
    calibration, _ = fitted(scored, Method.PLATT, "x")
    slope, offset = calibration.scaling("Edema")
    np.testing.assert_allclose(expit(slope * scored.logits[:, 0] + offset), right, atol=0.02)


def test_labels_that_cannot_be_calibrated_are_said_and_left() -> None:
    scored = made()
    scored.present[:, 0] = True
    calibration, notes = fitted(scored, Method.PLATT, "x")
    assert len(notes) == 1 and notes[0].startswith("Edema is not calibrated: there are not both")
    assert list(calibration.slopes) == ["Pneumonia"]
    _, notes = fitted(made(20), Method.PLATT, "x")
    assert "Calibrated on fewer than 10 images" in notes[0]
    scored.logits[:, 1] = np.where(scored.present[:, 1], 3, -3)
    scored.logits[np.flatnonzero(scored.known[:, 1])[0], 1] *= -1e-6
    with pytest.raises(ValueError, match="told apart almost completely"):
        fitted(scored, Method.TEMPERATURE, "x")
    scored.logits[:, 1] += np.random.default_rng(0).normal(0, 3, len(scored))
    scored.logits[:, 1] *= -1
    with pytest.raises(ValueError, match=r"No label can be calibrated \(Edema: .*fewer findings"):
        fitted(scored, Method.PLATT, "x")
