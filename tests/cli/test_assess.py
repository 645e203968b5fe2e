"""``shamsul assess``: from phantoms as CheXpert is shipped to a report and a calibrated model."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from shamsul.classifiers.manifest import Manifest
from shamsul.settings import ASSETS
from tests.cli.command import run_in

TOML = """\
[dataset]
kind = "chexpert"
folder = "chex/CheXpert-v1.0-small"
test = 0.5
seed = 1

[policy]
uncertain = "one"
blank = "zero"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Phantoms, a configuration file, and a copy of the bundled model."""
    folder = tmp_path_factory.mktemp("assess")
    rendering = ("phantom", "render", "--layout", "chexpert", "--count", 60, "--out", "chex")
    done = run_in(folder, *rendering, "--seed", 5_000_000)
    assert done.returncode == 0, done.stderr
    (folder / "data.toml").write_text(TOML)
    shutil.copytree(ASSETS / "models" / "phantom", folder / "mine")
    return folder


@pytest.fixture
def shamsul(place: Path):
    return partial(run_in, place)


@pytest.mark.long
def test_a_registered_model_gets_its_report_where_the_page_looks(shamsul, place: Path) -> None:
    done = shamsul("assess", "phantom", "--dataset", "data.toml", "--replicates", 50, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    folder = place / "data" / "reports" / "phantom"
    assert set(found["files"]) == {path.name for path in folder.iterdir()}
    metrics = {row["label"]: row for row in found["tables"]["metrics"]}
    assert metrics["Cardiomegaly"]["auroc"] > 0.95
    assert "Edema" not in metrics and "Edema" in " ".join(found["left_out"])
    for part in ("reading images", "phantom, test", "bootstrap"):
        assert part in done.stderr
    page = (folder / "report.html").read_text(encoding="utf-8")
    everything = page + "".join(
        (folder / name).read_text(encoding="utf-8")
        for name in found["files"]
        if not name.endswith(".png")
    )
    for secret in ("patient0", str(place), "view1", ".jpg", "chex/"):
        assert secret not in everything, secret
    assert page.count("data:image/png;base64,") > 2


@pytest.mark.long
def test_a_calibration_is_kept_and_shown(shamsul, place: Path) -> None:
    image = next((place / "chex").rglob("*.jpg"))
    before = json.loads(shamsul("predict", image, "--model", "mine", "--json").stdout)
    assert before["probabilities"] == "not calibrated"
    arguments = ("assess", "mine", "--dataset", "data.toml", "--out", "out", "--no-gallery")
    options = ("--against", "phantom", "--replicates", 20)
    done = shamsul(*arguments, *options, "--calibrate", "platt")
    assert done.returncode == 0, done.stderr
    manifest = Manifest.read(place / "mine")
    assert manifest.calibration is not None and manifest.calibration.images == 6
    assert "Both models put all images into the same order" in (
        place / "out" / "report.html"
    ).read_text(encoding="utf-8")
    assert "data:image/png" not in (place / "out" / "report.html").read_text(encoding="utf-8")

    after = json.loads(shamsul("predict", image, "--model", "mine", "--json").stdout)
    assert after["probabilities"].startswith("calibrated on CheXpert (6 images)")
    (old,), (new,) = before["images"], after["images"]
    assert old["logits"] == new["logits"]
    for label, probability in new["probabilities"].items():
        assert probability == pytest.approx(manifest.probability(label, new["logits"][label]))
    assert old["probabilities"] != new["probabilities"]

    assert shamsul(*arguments, "--replicates", 5, "--calibrate", "none").returncode == 0
    original = Manifest.read(ASSETS / "models" / "phantom")
    again = Manifest.read(place / "mine")
    assert again.calibration is None
    assert again.thresholds == pytest.approx(dict(original.thresholds))


@pytest.mark.long
def test_what_is_wrong_is_one_sentence(shamsul, place: Path) -> None:
    def refused(*arguments: object) -> str:
        done = shamsul("assess", *arguments)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        return done.stderr

    usual = ("--dataset", "data.toml")
    assert "--out" in refused("mine", *usual)
    assert "only calibrated by its folder" in refused("phantom", *usual, "--calibrate", "platt")
    assert "neither a model folder" in refused("nothing", *usual)
    (place / "wrong.toml").write_text('[dataset]\nkind = "x"\nfolder = "y"\nsize = 3\n')
    said = refused("phantom", "--dataset", "wrong.toml")
    assert "wrong.toml, line 4: dataset.size: there is no such setting" in said
    assert "has 1 fault" in said
    (place / "no-test.toml").write_text(TOML.replace("test = 0.5\n", ""))
    assert "no test side" in refused("phantom", "--dataset", "no-test.toml")
    assert "absent.toml" in refused("phantom", "--dataset", "absent.toml")


@pytest.mark.long
def test_published_weights_stay_as_they_were_published(shamsul, place: Path) -> None:
    published = place / "data" / "models" / "xrv" / "densenet121-res224-all"
    shutil.copytree(ASSETS / "models" / "phantom", published)
    for name in ("xrv/densenet121-res224-all", published):
        done = shamsul(
            "assess", name, "--dataset", "data.toml", "--out", "no", "--calibrate", "platt"
        )
        assert done.returncode == 2 and "stays as it was published" in done.stderr
    assert Manifest.read(published).calibration is None
