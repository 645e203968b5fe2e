"""The command line as a program would call it."""

import csv
import hashlib
import json
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.explainers.registry import USUAL
from shamsul.radiographs import pseudonym
from tests.cli.command import run_in
from tests.radiographs.conftest import dataset_of, file_of

LABELS = {
    "No Finding",
    "Cardiomegaly",
    "Pleural Effusion",
    "Pneumothorax",
    "Consolidation",
    "Lung Lesion",
    "Support Devices",
}


@pytest.fixture
def shamsul(tmp_path: Path):
    """Run ``shamsul`` in an empty installation."""
    return partial(run_in, tmp_path)


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run ``shamsul`` in an empty installation, in a process of its own."""
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from shamsul.cli import main; main()"]
        return subprocess.run(
            [*command, *map(str, arguments)], capture_output=True, text=True, cwd=tmp_path
        )

    return run


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A small picture that is not square."""
    path = tmp_path / "image.png"
    pixels = np.random.default_rng(0).integers(0, 255, (90, 60)).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def result(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    return json.loads(done.stdout)


def test_predict(process, image: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.dcm"
    bad.write_bytes(b"nothing")
    found = result(process("predict", image, bad, "--json"))
    assert found["model"] == "phantom"
    (only,) = found["images"]
    assert set(only["logits"]) == set(only["probabilities"]) == LABELS
    for label, logit in only["logits"].items():
        assert only["probabilities"][label] == pytest.approx(1 / (1 + np.exp(-logit)))
    assert len(only["sha256"]) == 64
    (error,) = found["errors"]
    assert error["file"] == str(bad)
    assert error["reason"].endswith(".")


def test_predict_tells_how_a_radiograph_is_shown(shamsul, tmp_path: Path) -> None:
    pixels = np.linspace(0, 4095, 4096).astype(np.uint16).reshape(64, 64)
    for name, center in (("usual.dcm", 2048), ("hidden.dcm", 40000)):
        (tmp_path / name).write_bytes(
            file_of(dataset_of(pixels, 12, WindowCenter=center, WindowWidth=1000))
        )
    done = shamsul("predict", tmp_path / "usual.dcm", tmp_path / "hidden.dcm", "--json")
    usual, hidden = result(done)["images"]
    assert usual["notes"] == []
    (note,) = hidden["notes"]
    assert note.startswith("The window that the file states shows nothing")
    assert f"{tmp_path / 'hidden.dcm'}: {note}" in done.stderr


def test_explain(shamsul, image: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = result(
        shamsul(
            "explain",
            image,
            "--out",
            out,
            "--label",
            "Cardiomegaly",
            "--label",
            "Lung Lesion",
            "--set",
            "lime.samples=60",
            "--set",
            "shap.samples=60",
            "--json",
        )
    )
    written = json.loads((out / "explanation.json").read_text())
    assert found == {"file": str(image)} | written and "file" not in written
    assert written["image"] == pseudonym(hashlib.sha256(image.read_bytes()).hexdigest())
    assert found["image_shape"] == [90, 60]
    height, width = found["grid_shape"]
    assert found["grid_to_image"] == [
        [pytest.approx(90 / height), 0, pytest.approx(45 / height)],
        [0, pytest.approx(60 / width), pytest.approx(30 / width)],
    ]
    maps = {entry["key"]: entry for entry in found["maps"]}
    labels = ("Cardiomegaly", "Lung Lesion")
    assert set(maps) == {f"{method}/{label}" for method in USUAL for label in labels}
    with np.load(out / "heatmaps.npz") as arrays:
        assert set(arrays.files) == set(maps)
        for array in arrays.values():
            assert array.dtype == np.float32
            assert array.shape == (height, width)
    with np.load(out / "standard_errors.npz") as errors:
        assert set(errors.files) == {key for key in maps if key.startswith(("lime/", "shap/"))}
        for key, error in errors.items():
            assert error.shape == (height, width)
            assert maps[key]["relative_standard_error"] > 0
    for entry in maps.values():
        with Image.open(out / entry["overlay"]) as overlay:
            assert overlay.size == (60, 90)
    assert maps["lime/Cardiomegaly"]["parameters"]["samples"] == 60
    assert maps["lime/Cardiomegaly"]["evaluations"] == 60


def test_file_names_are_kept_where_that_is_asked_for_only(shamsul, tmp_path: Path) -> None:
    """Whatever is written: contents, names of files, and what a picture says of itself."""
    film = tmp_path / "Lovelace^Ada" / "Lovelace^Ada.png"
    film.parent.mkdir()
    Image.fromarray(np.eye(60, dtype=np.uint8) * 255).save(film)
    arguments = ["explain", film, "--label", "Cardiomegaly", "--method", "grad_cam", "--out"]
    found = result(shamsul(*arguments, tmp_path / "out", "--json"))
    assert found["file"] == str(film)
    written = sorted((tmp_path / "out").rglob("*"))
    assert len(written) == 4
    for path in written:
        assert "Lovelace" not in path.name and b"Lovelace" not in path.read_bytes()
    kept = result(shamsul(*arguments, tmp_path / "kept", "--keep-file-names", "--json"))
    assert json.loads((tmp_path / "kept" / "explanation.json").read_text()) == kept
    assert kept["file"] == str(film)


def test_several_radiographs_have_a_folder_each(shamsul, image: Path, tmp_path: Path) -> None:
    other, again, bad = (tmp_path / name for name in ("other.png", "again.png", "bad.dcm"))
    Image.fromarray(np.eye(60, dtype=np.uint8) * 255).save(other)
    again.write_bytes(image.read_bytes())
    bad.write_bytes(b"nothing")
    options = ["--label", "Cardiomegaly", "--method", "grad_cam", "--json"]
    done = shamsul(
        "explain", image, bad, again, tmp_path / "none", other, "--out", "maps", *options
    )
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert [one["file"] for one in found["images"]] == [str(image), str(other)]
    assert [one["file"] for one in found["failures"]] == [str(bad), str(tmp_path / "none")]
    for failure in found["failures"]:
        assert failure["reason"].endswith(".")
        assert f"{failure['file']}: {failure['reason']}" in done.stderr
    assert f"{again}: The same radiograph as {image}." in done.stderr
    names = {one["image"] for one in found["images"]}
    assert {path.name for path in (tmp_path / "maps").iterdir()} == names
    for one in found["images"]:
        folder = tmp_path / "maps" / one["image"]
        assert {"file": one["file"]} | json.loads((folder / "explanation.json").read_text()) == one
        # The same as alone, but for the time that it took.
        alone = result(shamsul("explain", one["file"], "--out", "alone", *options))
        assert [entry["sha256"] for entry in alone["maps"]] == [
            entry["sha256"] for entry in one["maps"]
        ]
        for path in (tmp_path / "alone").glob("*.png"):
            assert path.read_bytes() == (folder / path.name).read_bytes()


def test_several_radiographs_are_told_one_line_each(shamsul, image: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    Image.fromarray(np.eye(60, dtype=np.uint8) * 255).save(other)
    options = ["--label", "Cardiomegaly", "--method", "grad_cam", "--out", "maps"]
    done = shamsul("explain", image, other, *options)
    assert done.returncode == 0
    assert [line.split(" written to ")[0] for line in done.stdout.splitlines()] == [
        "1 maps of Cardiomegaly"
    ] * 2
    assert "2/2" in done.stderr
    assert shamsul("explain", "a.png", "b.png", *options).returncode == 2


def test_the_model_is_loaded_once(
    shamsul, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shamsul.classifiers import registry

    loaded = []
    load = registry.load
    monkeypatch.setattr(registry, "load", lambda name: loaded.append(name) or load(name))
    other = tmp_path / "other.png"
    Image.fromarray(np.eye(60, dtype=np.uint8) * 255).save(other)
    shamsul("explain", image, other, "--method", "grad_cam", "--out", "maps")
    assert loaded == ["phantom"]


def test_same_seed_same_maps(process, image: Path, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        arguments = ["explain", image, "--out", tmp_path / name, "--method", "shap"]
        done = process(*arguments, "--set", "shap.samples=40", "--seed", 5, "--json")
        found.append([entry["sha256"] for entry in result(done)["maps"]])
    assert found[0] == found[1]


def test_preset_of_the_paper(shamsul, image: Path, tmp_path: Path) -> None:
    arguments = ["explain", image, "--out", tmp_path / "maps", "--preset", "shamsul-2023"]
    done = shamsul(*arguments, "--set", "lime.samples=30", "--set", "shap.samples=60", "--json")
    maps = {entry["method"]: entry for entry in result(done)["maps"]}
    assert list(maps) == ["grad_cam", "lrp", "lime", "shap"]
    assert {entry["target"] for entry in maps.values()} == {"probability"}
    assert maps["shap"]["parameters"]["background"] == "white"
    assert maps["lime"]["parameters"]["superpixels"] == "quickshift"
    assert maps["lime"]["parameters"]["samples"] == 30
    assert maps["grad_cam"]["parameters"]["variant"] == "guided"


def test_further_methods_are_chosen_by_name(shamsul, image: Path, tmp_path: Path) -> None:
    arguments = ["explain", image, "--out", tmp_path / "maps", "--label", "Cardiomegaly"]
    for method in ("integrated_gradients", "occlusion", "rise"):
        arguments += ["--method", method]
    done = shamsul(
        *arguments,
        *("--set", "integrated_gradients.steps=4"),
        *("--set", "occlusion.stride=140"),
        *("--set", "rise.samples=32"),
        "--json",
    )
    assert {entry["method"] for entry in result(done)["maps"]} == {
        "integrated_gradients",
        "occlusion",
        "rise",
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["predict", "nowhere.png"], "nowhere.png"),
        (["predict", "image.png", "--model", "nothing"], "nothing"),
        (["predict"], "Missing"),
        (["nonsense"], "nonsense"),
        (["explain", "image.png", "--out", "o", "--label", "Hernia"], "no label 'Hernia'"),
        (["explain", "image.png", "--out", "o", "--method", "magic"], "no method 'magic'"),
        (["explain", "image.png", "--out", "o", "--set", "lime.samples"], "METHOD.PARAMETER=VALUE"),
        (["explain", "image.png", "--out", "o", "--set", "lime.what=1"], "no parameter 'what'"),
        (["explain", "image.png", "--out", "o", "--set", "lime.samples=1"], "at least 10"),
        (["explain", "image.png", "--out", "o", "--preset", "old"], "no preset 'old'"),
        (["explain", "image.png", "--out", "o", "--target", "rank"], "logit or probability"),
        (["models", "show", "xrv/densenet121-res224-all"], "not downloaded"),
        (["export", "--study", "nowhere", "--out", "x.csv"], "nowhere"),
        (["phantom", "render", "--count", "0", "--out", "x"], "--count"),
        (["phantom", "render", "--count", "1", "--out", "x", "--readers", "2"], "--gaze"),
        (
            ["phantom", "render", "--count", "1", "--out", "x", "--gaze", "--layout", "chexpert"],
            "--layout folder alone",
        ),
        (["explain", "image.png", "--out", "image.png"], "image.png"),
    ],
    ids=str,
)
def test_bad_input_is_one_sentence_and_status_2(
    shamsul,
    image: Path,
    arguments: list[str],
    says: str,
) -> None:
    done = shamsul(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert says in last
    assert "Traceback" not in done.stderr


def test_models(shamsul) -> None:
    states = {row["name"]: row["state"] for row in result(shamsul("models", "--json"))["models"]}
    assert states["phantom"] == "bundled"
    assert states["xrv/densenet121-res224-chex"] == "available"
    assert result(shamsul("models", "list", "--json"))["models"]
    assert set(result(shamsul("models", "show", "phantom", "--json"))["labels"]) == LABELS


def test_phantoms_as_chexpert_is_shipped(shamsul, tmp_path: Path) -> None:
    out = tmp_path / "data"
    given = ("--layout", "chexpert", "--count", 2, "--out", out, "--json")
    assert result(shamsul("phantom", "render", *given))["count"] == 2
    assert len(list(out.glob("CheXpert-v1.0-small/train/patient*/study*/view1_frontal.jpg"))) == 2
    table = (out / "CheXpert-v1.0-small" / "train.csv").read_text(encoding="utf-8")
    assert table.startswith("Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,")


def test_phantoms(shamsul, tmp_path: Path) -> None:
    out = tmp_path / "phantoms"
    result(shamsul("phantom", "render", "--count", 2, "--seed", 7, "--out", out, "--json"))
    with (out / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    for row in rows:
        with Image.open(out / row["file"]) as image:
            size = image.size
        present = [label for label in LABELS - {"No Finding"} if row[label] == "1"]
        assert (row["No Finding"] == "1") == (not present)
        for label in present:
            mask = out / f"{Path(row['file']).stem}--{label.replace(' ', '_')}.png"
            with Image.open(mask) as found:
                assert found.size == size
                assert np.asarray(found).any()


def test_phantoms_with_gaze(shamsul, tmp_path: Path) -> None:
    files = ("fixations.csv", "master_sheet.csv", "bounding_boxes.csv")
    given = ("phantom", "render", "--count", 1, "--seed", 7, "--gaze", "--json", "--out")
    result(shamsul(*given, tmp_path / "one"))
    result(shamsul(*given, tmp_path / "two", "--readers", 2))
    for name in files:
        alone = (tmp_path / "one" / name).read_bytes()
        assert alone == (tmp_path / "two" / "reader-1" / name).read_bytes()
        second = (tmp_path / "two" / "reader-2" / name).read_bytes()
        assert (alone == second) == (name != "fixations.csv")
    with (tmp_path / "one" / "fixations.csv").open(newline="") as file:
        assert {row["DICOM_ID"] for row in csv.DictReader(file)} == {"phantom-0001"}
    assert (tmp_path / "two" / "phantom-0001.png").is_file()


def test_export(shamsul, tmp_path: Path) -> None:
    from shamsul.reading import Store, Study

    store = Store(f"sqlite:///{tmp_path / 'data' / 'shamsul.db'}")
    store.ensure_study(Study("pilot", "Pilot"))
    store.close()
    done = shamsul("export", "--study", "pilot", "--out", tmp_path / "pilot.csv", "--json")
    files = result(done)["files"]
    assert [Path(file).name for file in files] == [
        "pilot.csv",
        "pilot.codebook.json",
        "pilot.cases.csv",
        "pilot.readers.csv",
    ]
    assert all(Path(file).exists() for file in files)


def test_precompute_fills_the_cache_skips_and_goes_on_after_a_failure(
    shamsul, tmp_path: Path
) -> None:
    arguments = ["precompute", "phantom-demo", "--method", "grad_cam", "--method", "lrp", "--json"]
    first = result(shamsul(*arguments))
    cases = first["cases"]
    assert (first["computed"], first["present"], first["failed"]) == (2 * cases, 0, 0)

    maps = sorted((tmp_path / "data" / "maps").glob("*.npz"))
    assert len(maps) == 2 * cases
    maps[0].unlink()  # as if it had been stopped there
    second = result(shamsul(*arguments))
    assert (second["computed"], second["present"]) == (1, 2 * cases - 1)

    for file in maps:
        file.unlink()
    image = next(path for path in (tmp_path / "data" / "radiographs").rglob("*.npz"))
    image.write_bytes(b"damaged")
    done = shamsul(*arguments)
    third = json.loads(done.stdout)
    assert done.returncode == 1
    assert (third["computed"], third["failed"]) == (2 * cases - 2, 2)
    assert len({failure["case"] for failure in third["failures"]}) == 1
    assert "damaged" in third["failures"][0]["reason"]


def test_several_processes_precompute_the_same_maps(shamsul, tmp_path: Path) -> None:
    folder, maps = tmp_path / "data" / "maps", {}
    for jobs in ("1", "2"):
        done = result(
            shamsul("precompute", "phantom-demo", "--method", "lrp", "--jobs", jobs, "--json")
        )
        assert done["computed"] == done["cases"]
        maps[jobs] = {}
        for file in folder.iterdir():
            with np.load(file) as arrays:
                maps[jobs][file.name] = arrays["values"]
            file.unlink()
    assert maps["1"].keys() == maps["2"].keys()
    for name, values in maps["1"].items():
        largest = np.abs(values).max()
        np.testing.assert_allclose(maps["2"][name], values, atol=1e-3 * largest)


def test_precomputed_maps_are_those_that_the_app_asks_for(shamsul, tmp_path: Path) -> None:
    from shamsul.computing.jobs import State
    from shamsul.explainers.registry import METHODS
    from shamsul.reading import Store
    from shamsul.studies.panels import open_sources
    from shamsul.ui.shared import maps
    from tests.studies.desk import desk_in

    shamsul("precompute", "phantom-demo", "--method", "grad_cam")
    data = tmp_path / "data"
    store = Store(f"sqlite:///{data / 'shamsul.db'}")
    study, case = store.study("phantom-demo"), store.cases("phantom-demo")[0]
    store.close()
    wanted = open_sources(study, [case], [METHODS["grad_cam"]])
    asked = maps.request(desk_in(data), wanted, [])
    assert asked["grad_cam"].state is State.DONE


def test_precompute_keeps_likely_labels_and_the_others_come_when_they_are_wanted(
    shamsul, tmp_path: Path
) -> None:
    from shamsul.classifiers import registry
    from shamsul.computing.jobs import State
    from shamsul.explainers.registry import METHODS
    from shamsul.radiographs import RadiographArchive
    from shamsul.reading import Store
    from shamsul.studies.panels import open_sources
    from shamsul.ui.shared import maps
    from tests.studies.desk import desk_in

    call = ["precompute", "phantom-demo", "--method", "grad_cam", "--json"]
    first = result(shamsul(*call, "--min-probability", "0.5"))
    assert first["computed"] == first["cases"]
    assert result(shamsul(*call, "--min-probability", "0.6"))["present"] == first["cases"]
    data = tmp_path / "data"
    store = Store(f"sqlite:///{data / 'shamsul.db'}")
    study, cases = store.study("phantom-demo"), store.cases("phantom-demo")
    store.close()
    classifier, archive = registry.load("phantom"), RadiographArchive(data / "radiographs")
    for case in cases:
        shown = classifier.predict(archive.get(case.image_sha256)).scores
        likely = {one.label for one in shown if one.probability >= 0.5}
        likely |= {max(shown, key=lambda one: one.probability).label}
        unlikely = {one.label for one in shown} - likely
        wanted = open_sources(study, [case], [METHODS["grad_cam"]])
        desk = desk_in(data)
        asked = maps.request(desk, wanted, [*likely])["grad_cam"]
        assert asked.state is State.DONE
        assert {one.label for one in asked.maps} == likely
        assert {one.label for one in desk.kept(wanted[0], [*likely])} == likely
        assert not desk.kept(wanted[0])
        assert not desk.kept(wanted[0], [*unlikely])
        assert wanted[0] not in desk
        assert maps.request(desk, wanted, [*likely])["grad_cam"] is asked  # not read again
    # Who wants another label waits for all; less is there than is asked for now; then all is.
    job = maps.request(desk, wanted, [*unlikely])["grad_cam"]
    deadline = time.monotonic() + 60
    while not job.is_over and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {one.label for one in job.maps} == likely | unlikely
    assert result(shamsul(*call, "--min-probability", "0.4"))["computed"] == len(cases) - 1
    assert result(shamsul(*call))["computed"] == len(cases) - 1
    assert not [*(data / "maps").glob("*.likely.npz")]
    assert result(shamsul(*call, "--min-probability", "0.4"))["present"] == len(cases)
    asked = maps.request(desk_in(data), wanted, [*likely])["grad_cam"]
    assert {one.label for one in asked.maps} == likely | unlikely


def test_a_study_that_cannot_be_opened_is_told_kept_and_removed(shamsul, tmp_path: Path) -> None:
    from sqlalchemy import text

    from shamsul.reading import Store, Study

    store = Store(f"sqlite:///{tmp_path / 'data' / 'shamsul.db'}")
    for name in ("pilot", "trial"):
        store.ensure_study(Study(name, name.title()))
    change = text("UPDATE study SET plan = '[' WHERE name = 'pilot'")
    store.database.write(lambda session: session.execute(change))
    store.close()
    rows = result(shamsul("study", "status", "--json"))["studies"]
    assert {row["study"]: row["state"] for row in rows}["pilot"] == "damaged"
    assert {row["study"]: row["state"] for row in rows}["trial"] == "open"
    done = shamsul("study", "status", "pilot")
    assert done.returncode == 2
    assert done.stderr.startswith("The study pilot cannot be opened")
    assert shamsul("study", "status", "trial").returncode == 0
    out = tmp_path / "pilot.json"
    assert shamsul("export", "--study", "pilot", "--format", "json", "--out", out).returncode == 0
    assert json.loads(out.read_text())["tables"]["study"][0]["plan"] == "["
    assert "--yes" in shamsul("study", "remove", "pilot").stderr
    assert result(shamsul("study", "remove", "pilot", "--yes", "--json")) == {"study": "pilot"}
    assert "no study named" in shamsul("study", "remove", "pilot", "--yes").stderr
    assert "damaged" not in shamsul("study", "status").stdout
    done = shamsul("study", "import", out)
    assert done.returncode == 2 and "not whole" in done.stderr
    (tmp_path / "latin.json").write_bytes(b"\xe9")
    assert "UTF-8" in shamsul("study", "import", tmp_path / "latin.json").stderr


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16"])
def test_a_study_file_of_any_editor_is_read(shamsul, tmp_path: Path, coding: str) -> None:
    text = """name = "size"\r\ntitle = "Größe"\r\nmodel = "phantom"\r\nmethods = ["lime"]\r\n"""
    path = tmp_path / "s.toml"
    path.write_bytes((text + '[cases]\r\nstudy = "phantom-demo"\r\n').encode(coding))
    done = shamsul("study", "validate", path)
    assert (done.returncode, done.stderr) == (0, "")
    path.write_bytes(text.encode("cp1252"))
    done = shamsul("study", "validate", path)
    assert (done.returncode, done.stderr) == (2, "s.toml is not text in UTF-8 or UTF-16.\n")
