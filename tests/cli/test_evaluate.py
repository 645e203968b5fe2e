"""``shamsul evaluate`` as a program would call it."""

import csv
import hashlib
import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.localisation.score import METRICS
from shamsul.radiographs import pseudonym
from shamsul.radiographs.turn import AS_STORED, Turn
from tests.cli.command import Run, run_in
from tests.localisation.conftest import SHAPE, square
from tests.radiographs.conftest import dataset_of, file_of


@pytest.fixture
def evaluate(tmp_path: Path) -> Run:
    """Run ``shamsul evaluate`` in an empty folder."""
    return partial(run_in, tmp_path, "evaluate")


def result(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    return json.loads(done.stdout)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("annotations", ["gt_annotations.json", "gt_segmentations.json"])
def test_chexlocalize_case(evaluate: Run, chexlocalize_case: Path, annotations: str) -> None:
    expected = json.loads((chexlocalize_case / "expected.json").read_text())
    found = result(
        evaluate(
            *("--maps", chexlocalize_case / "gradcam_maps.npz", "--method", "grad_cam"),
            *("--annotations", chexlocalize_case / annotations, "--protocol", "chexlocalize"),
            *("--image-id", "patient64541_study1_view1_frontal", "--json"),
        )
    )
    scores = {one["label"]: one for one in found["scores"]}
    assert len(scores) == 10 and found["errors"] == []
    for name, column in (("iou_otsu", "iou"), ("hit", "hit")):
        for label, value in expected[name].items():
            assert scores[label][column] == pytest.approx(value, abs=1e-9)
    means = {(one["label"], one["metric"]): one for one in found["summary"]}
    iou = means["Cardiomegaly", "iou"]
    rounded = round(expected["iou_otsu"]["Cardiomegaly"], 3)
    assert iou["reported"] == {"lower": rounded, "mean": rounded, "upper": rounded}
    assert means["Edema", "iou"]["n"] == 0 and means["Edema", "iou"]["mean"] is None


def test_what_explain_wrote_can_be_evaluated(evaluate: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (90, 60)).astype(np.uint8)).save(tmp_path / "film.png")
    arguments = ["explain", "film.png", "--out", "maps", "--label", "Cardiomegaly"]
    arguments += ["--method", "grad_cam"]
    assert run_in(tmp_path, *arguments, "--keep-file-names").returncode == 0
    content = {"film": {"img_size": [90, 60], "Heart": [square(20, 10, 30)]}}
    (tmp_path / "truth.json").write_text(json.dumps(content))
    (tmp_path / "labels.csv").write_text("annotated,model\nHeart,Cardiomegaly\n")
    found = result(
        evaluate(
            *("--maps", "maps", "--annotations", "truth.json", "--labels", "labels.csv"),
            *("--out", "out", "--keep-file-names", "--json"),
        )
    )
    (score,) = found["scores"]
    assert (score["image"], score["label"], score["method"]) == ("film", "Cardiomegaly", "grad_cam")
    assert 0 <= score["probability"] <= 1 and score["mask_area"] == 31 * 31
    assert found == json.loads((tmp_path / "out" / "evaluation.json").read_text())
    with (tmp_path / "out" / "scores.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["centre_distance_mm"] == "" and float(row["auroc"]) == score["auroc"]
    with (tmp_path / "out" / "summary.csv").open() as file:
        assert [one["metric"] for one in csv.DictReader(file)] == list(METRICS)


def test_what_explain_wrote_of_several_radiographs_is_found(evaluate: Run, tmp_path: Path) -> None:
    names = {}
    for number, name in enumerate(("one", "two")):
        film = np.random.default_rng(number).integers(0, 255, (90, 60)).astype(np.uint8)
        Image.fromarray(film).save(tmp_path / f"{name}.png")
        sha256 = hashlib.sha256((tmp_path / f"{name}.png").read_bytes()).hexdigest()
        names[name] = pseudonym(sha256)
    arguments = ["explain", "one.png", "two.png", "--out", "maps", "--label", "Cardiomegaly"]
    assert run_in(tmp_path, *arguments, "--method", "grad_cam").returncode == 0
    ring = {"img_size": [90, 60], "Cardiomegaly": [square(20, 10, 30)]}
    (tmp_path / "truth.json").write_text(json.dumps(dict.fromkeys(names.values(), ring)))
    found = result(evaluate("--maps", "maps", "--annotations", "truth.json", "--json"))
    assert {one["image"] for one in found["scores"]} == set(names.values())
    assert found["errors"] == []


@pytest.mark.parametrize("orientation", ["R\\H", "H\\L"])
@pytest.mark.parametrize("annotated", ["coco", "chexlocalize"])
def test_annotations_of_a_film_stored_otherwise_are_scored_as_upright_ones(
    evaluate: Run, tmp_path: Path, orientation: str, annotated: str
) -> None:
    film = np.random.default_rng(0).integers(0, 255, (90, 60)).astype(np.uint8)
    box = np.zeros(film.shape, bool)
    box[10:50, 20:35] = True
    turn = Turn.upright(orientation.split("\\"), "")
    scores = {}
    for name, back, stated in (("as_is", AS_STORED, "L\\F"), ("turned", turn.inverse, orientation)):
        dataset = dataset_of(back.pixels(film), PatientOrientation=stated.split("\\"))
        (tmp_path / f"{name}.dcm").write_bytes(file_of(dataset))
        rows, columns = map(np.flatnonzero, ((region := back.pixels(box)).any(1), region.any(0)))
        top, left, down, across = int(rows[0]), int(columns[0]), len(rows), len(columns)
        content: dict[str, object]
        if annotated == "coco":
            content = {
                "images": [
                    {
                        "id": 1,
                        "file_name": f"{name}.dcm",
                        "height": region.shape[0],
                        "width": region.shape[1],
                    }
                ],
                "categories": [{"id": 1, "name": "Cardiomegaly"}],
                "annotations": [
                    {"id": 1, "image_id": 1, "category_id": 1, "bbox": [left, top, across, down]}
                ],
            }
        else:
            columns = region.ravel(order="F")
            ends = [0, *(np.flatnonzero(np.diff(columns)) + 1).tolist(), columns.size]
            counts = np.diff(ends).tolist()
            encoded = {"size": list(region.shape), "counts": counts}
            content = {name: {"Cardiomegaly": encoded}}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
        arguments = ["explain", f"{name}.dcm", "--out", f"maps-{name}", "--label", "Cardiomegaly"]
        arguments += ["--method", "grad_cam", "--keep-file-names"]
        assert run_in(tmp_path, *arguments).returncode == 0
        asked = ("--maps", f"maps-{name}", "--annotations", f"{name}.json", "--out", f"out-{name}")
        (scores[name],) = result(evaluate(*asked, "--json", "--keep-file-names"))["scores"]
    assert scores["turned"] == scores["as_is"] | {"image": scores["turned"]["image"]}
    assert scores["turned"]["mask_area"] == 40 * 15
    assert scores["turned"]["auroc"] != 0.5


def test_an_image_is_found_by_its_hash_and_written_by_its_pseudonym(
    evaluate: Run, tmp_path: Path
) -> None:
    (tmp_path / "films").mkdir()
    film = tmp_path / "films" / "Lovelace^Ada.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 60)).astype(np.uint8)).save(film)
    arguments = ["explain", film, "--out", "maps", "--label", "Cardiomegaly"]
    assert run_in(tmp_path, *arguments, "--method", "grad_cam").returncode == 0
    ring = {"img_size": [90, 60], "Cardiomegaly": [square(20, 10, 30)]}
    beyond = {"img_size": [90, 60], "Cardiomegaly": [square(20, 10, 30)]}
    (tmp_path / "truth.json").write_text(
        json.dumps({"Lovelace^Ada": ring, "Lovelace^Byron": beyond})
    )
    asked = ("--maps", "maps", "--annotations", "truth.json", "--out", "out", "--json")
    assert "--images names the folder of the radiographs" in refusal(evaluate(*asked))
    assert "other is not a folder" in refusal(evaluate(*asked, "--images", "other"))
    found = result(evaluate(*asked, "--images", "films"))
    assert [one["image"] for one in found["scores"]] == ["Lovelace^Ada"]
    assert [one["image"] for one in found["errors"]] == ["Lovelace^Byron"]
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert files and not [path for path in files if b"Lovelace" in path.read_bytes()]
    written = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    sha256 = hashlib.sha256(film.read_bytes()).hexdigest()
    name = pseudonym(sha256)
    assert written["images"] == [{"image": name, "sha256": sha256}]
    assert written["scores"] == [found["scores"][0] | {"image": name}]
    assert written["errors"] == [{"image": "image 2", "reason": "the image has no map"}]
    assert written["summary"] == found["summary"]


def test_what_of_the_annotations_cannot_be_used_is_told_one_by_one(
    evaluate: Run, tmp_path: Path, write_maps: Callable[..., Path]
) -> None:
    beyond = [[[-20, 10], [30, 10], [30, 40]]]
    content = {
        "one": {"img_size": list(SHAPE), "Edema": [square(40, 50, 90)], "Mass": beyond},
        "two": {"img_size": list(SHAPE), "Edema": [square(40, 50, 90)]},
    }
    (tmp_path / "truth.json").write_text(json.dumps(content))
    values = np.eye(9, 7, dtype=np.float32)
    write_maps("one", {"Edema": values, "Mass": values})
    done = evaluate("--maps", "maps", "--annotations", "truth.json", "--json")
    found = result(done)
    assert found["errors"] == [
        {"image": "one, Mass", "reason": "it reaches beyond the image; what is on it was kept"},
        {"image": "two", "reason": "the image has no map"},
    ]
    assert "two: the image has no map." in done.stderr.splitlines()
    assert [one["label"] for one in found["scores"]] == ["Edema", "Mass"]
    only = result(
        evaluate("--maps", "maps", "--annotations", "truth.json", "--image-id", "one", "--json")
    )
    assert [one["image"] for one in only["errors"]] == ["one, Mass"]


@pytest.fixture
def many(tmp_path: Path, write_maps: Callable[..., Path]) -> Callable[[int], None]:
    """Write maps of six images; a seed for those of the last three."""
    content = {
        f"i{number}": {"img_size": list(SHAPE), "Edema": [square(40 + 20 * number, 50, 90)]}
        for number in range(6)
    }
    (tmp_path / "truth.json").write_text(json.dumps(content))
    (tmp_path / "validation.txt").write_text("i0\ni1\ni2\n")
    (tmp_path / "test.txt").write_text("i3\ni4\ni5\n")

    def write(seed: int) -> None:
        for number in range(6):
            rng = np.random.default_rng(number if number < 3 else seed)
            write_maps(f"i{number}", {"Edema": rng.random((9, 7)).astype(np.float32) ** 2})

    return write


FILES = ("--maps", "maps", "--annotations", "truth.json")
TUNED = (*FILES, "--tune-out", "tuned.csv", "--validation", "validation.txt", "--json")


def test_test_images_do_not_change_what_is_tuned(
    evaluate: Run, many: Callable[[int], None], tmp_path: Path
) -> None:
    written, scores = [], []
    for seed in (10, 11):
        many(seed)
        found = result(evaluate(*TUNED, "--test", "test.txt"))
        assert found["tuned_on"] == 3
        assert [one["image"] for one in found["scores"]] == ["i3", "i4", "i5"]
        written.append((tmp_path / "tuned.csv").read_text())
        scores.append(found["scores"])
    assert written[0] == written[1]
    assert scores[0] != scores[1]
    applied = result(evaluate(*FILES, "--threshold", "tuned.csv", "--json"))["scores"]
    assert [one for one in applied if one["image"] in ("i3", "i4", "i5")] == scores[1]
    assert result(evaluate(*TUNED))["scores"] == []


def test_images_in_both_splits_are_refused(
    evaluate: Run, many: Callable[[int], None], tmp_path: Path
) -> None:
    many(10)
    (tmp_path / "test.txt").write_text("i2\ni3\n")
    assert "i2 is in the validation and in the test split" in refusal(
        evaluate(*TUNED, "--test", "test.txt")
    )
    assert not (tmp_path / "tuned.csv").exists()


def test_points_of_people(evaluate: Run, polygons: Path, tmp_path: Path) -> None:
    content = {"one": {"Edema": [[31.5, 60.5]]}, "two": {"Mass": [[0, 0]]}}
    (tmp_path / "points.json").write_text(json.dumps(content))
    arguments = ("--points", "points.json", "--annotations", polygons)
    found = result(evaluate(*arguments, "--protocol", "chexlocalize", "--json"))
    means = {(one["label"], one["metric"]): one for one in found["summary"]}
    assert means["Edema", "hit"]["mean"] == 1 and means["Mass", "hit"]["mean"] == 0
    assert means["Edema", "hit"]["n"] == 1 and means["Edema", "hit"]["left_out"] == 1


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16"])
def test_files_of_any_editor_are_read(
    evaluate: Run, many: Callable[[int], None], tmp_path: Path, coding: str
) -> None:
    many(6)
    expected = result(evaluate(*TUNED, "--test", "test.txt"))
    for name in ("validation.txt", "test.txt", "truth.json"):
        text = (tmp_path / name).read_text().replace("\n", "\r\n")
        (tmp_path / name).write_bytes(text.encode(coding))
    assert result(evaluate(*TUNED, "--test", "test.txt")) == expected
    content = {f"i{number}": {"Edema": "0.25", "Mass": 1} for number in range(6)}
    (tmp_path / "scores.json").write_text(json.dumps(content), encoding=coding)
    found = result(evaluate(*FILES, "--probabilities", "scores.json", "--json"))
    assert {one["probability"] for one in found["scores"] if one["label"] == "Edema"} == {0.25}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--threshold", "half"), "a threshold is otsu"),
        (("--protocol", "mine"), "--protocol is shamsul, chexlocalize, nam-2021 or gaze"),
        (("--protocol", "chexlocalize", "--threshold", "top5%"), "no threshold top5%"),
        (("--threshold", "missing.csv"), "missing.csv: No such file"),
        (("--annotations", "missing.json"), "missing.json: No such file"),
        (("--maps", "missing"), "missing is not there"),
        (("--image-id", "nobody"), "no maps in maps of nobody"),
        (("--probability-cutoff", "high"), "--probability-cutoff is a number"),
        (("--probabilities", "truth.json"), "truth.json holds no probabilities"),
        (("--labels", "validation.txt"), "validation.txt does not have the columns annotated"),
        (("--test", "test.txt"), "belong to --tune-out"),
        (("--tune-out", "t.csv", "--test", "test.txt"), "with --test also --validation"),
        (("--points", "truth.json"), "One of --maps, --points and --phantom"),
    ],
)
def test_bad_input_is_one_sentence(
    evaluate: Run,
    many: Callable[[int], None],
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    many(10)
    assert reason in refusal(evaluate(*FILES, *arguments, "--json"))


def test_further_reader_is_scored_beside_the_maps(
    evaluate: Run, many: Callable[[int], None], tmp_path: Path
) -> None:
    many(10)
    reference = json.loads((tmp_path / "truth.json").read_text())
    moved = {
        image: {**one, "Edema": [[[x + 20, y] for x, y in ring] for ring in one["Edema"]]}
        for image, one in reference.items()
        if image != "i5"
    }
    (tmp_path / "second.json").write_text(json.dumps(moved))
    found = result(evaluate(*FILES, "--people", "second.json", "--out", "out", "--json"))
    theirs = [one for one in found["scores"] if one["method"] == "second"]
    assert [one["image"] for one in theirs] == ["i0", "i1", "i2", "i3", "i4"]
    both = 91 * 71
    for one in theirs[:2]:  # the others reach beyond the image
        assert one["iou"] == pytest.approx(both / (2 * 91 * 91 - both))
        assert one["hit"] is None and one["auroc"] is None
    with (tmp_path / "out" / "against_people.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "iou"]
    assert {(row["reference"], row["better"]) for row in rows} == {("second", "false")}
    assert "does not beat second" in rows[0]["words"]
