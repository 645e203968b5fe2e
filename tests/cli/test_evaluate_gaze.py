"""``shamsul evaluate --protocol gaze`` as a program would call it."""

import csv
import json
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.localisation.gaze_scores import METRICS
from shamsul.metrics import saliency
from tests.cli.command import Run, run_in
from tests.cli.test_evaluate import result
from tests.localisation.conftest import square

SHAPE = (90, 60)
HEADER = "DICOM_ID,FPOGV,X_ORIGINAL,Y_ORIGINAL,FPOGD"
#: Columns, rows and seconds of each fixation.
ONE = [(10, 20, 0.2), (40, 70, 0.5), (42, 71, 0.1)]
TWO = [(30, 45, 0.4), (15, 30, 0.3)]


def egd(path: Path, **images: list[tuple[float, float, float]]) -> Path:
    """Fixations as EGD-CXR has them."""
    rows = [f"{name},1,{x},{y},{s}" for name, looked in images.items() for x, y, s in looked]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


@pytest.fixture
def evaluate(tmp_path: Path) -> Run:
    """Run ``shamsul evaluate --protocol gaze`` in an empty folder."""
    return partial(run_in, tmp_path, "evaluate", "--protocol", "gaze")


@pytest.fixture
def explained(tmp_path: Path) -> Callable[..., None]:
    """Write maps as ``explain`` does, of images of 90 x 60 pixels."""

    def write(*images: str) -> None:
        for number, image in enumerate(images):
            folder = tmp_path / "maps" / image
            folder.mkdir(parents=True)
            rng = np.random.default_rng(number)
            maps = {
                f"{method}/{label}": rng.normal(size=SHAPE).astype(np.float32)
                for method in ("lime", "lrp")
                for label in ("Edema", "Mass")
            }
            np.savez(folder / "heatmaps.npz", **maps)
            whole = [[1, 0, 0.5], [0, 1, 0.5]]
            facts = {"file": f"{image}.png", "grid_to_image": whole, "grid_shape": SHAPE}
            facts |= {"image_shape": SHAPE, "maps": [{"key": key} for key in maps]}
            (folder / "explanation.json").write_text(json.dumps(facts))

    return write


@pytest.mark.long
def test_maps_are_scored_against_fixations(
    evaluate: Run, explained: Callable[..., None], tmp_path: Path
) -> None:
    explained("a", "b")
    egd(tmp_path / "fixations.csv", a=ONE, b=TWO)
    asked = ("--maps", "maps", "--annotations", "fixations.csv", "--out", "out", "--json")
    found = result(evaluate(*asked, "--keep-file-names"))
    assert (found["protocol"], found["errors"]) == ("gaze", [])
    assert found["labels"] == "all that have maps in 2 images whose findings are not known"
    rows = {(one["image"], one["label"], one["method"]): one for one in found["scores"]}
    methods = {"lime", "lrp", "centred_gaussian", "lung_field"}
    assert rows.keys() == set(product("ab", ("Edema", "Mass"), methods))
    with np.load(tmp_path / "maps" / "a" / "heatmaps.npz") as maps:
        values = np.maximum(maps["lrp/Mass"], 0)
    own, others = ([(y, x) for x, y, _ in looked] for looked in (ONE, TWO))
    row = rows["a", "Mass", "lrp"]
    assert row["nss"] == pytest.approx(saliency.nss(values, own), rel=1e-5)
    assert row["auc_shuffled"] == pytest.approx(saliency.auc_shuffled(values, own, others))
    assert (row["reader"], row["fixations"], row["annotated"]) == ("EGD-CXR", 3, None)
    means = {(one["label"], one["method"], one["metric"]): one for one in found["summary"]}
    assert len(means) == 2 * len(methods) * len(METRICS)
    expected = np.mean([rows[image, "Mass", "lrp"]["nss"] for image in "ab"])
    mean = means["Mass", "lrp", "nss"]
    assert mean["mean"] == pytest.approx(expected) and mean["n"] == 2
    assert mean["low"] <= mean["mean"] <= mean["high"]
    assert found == json.loads((tmp_path / "out" / "evaluation.json").read_text())
    with (tmp_path / "out" / "readers.csv").open() as file:
        written = list(csv.DictReader(file))
    assert len(written) == len(found["scores"])
    assert float(written[0]["nss"]) == found["scores"][0]["nss"]
    assert "<title>Maps against gaze" in (tmp_path / "out" / "report.html").read_text()


def test_second_file_is_a_second_reader(
    evaluate: Run, explained: Callable[..., None], tmp_path: Path
) -> None:
    explained("a", "b")
    egd(tmp_path / "fixations.csv", a=ONE, b=TWO)
    egd(tmp_path / "bob.csv", a=TWO)
    asked = ("--maps", "maps", "--annotations", "fixations.csv", "--people", "bob.csv", "--json")
    found = result(evaluate(*asked, "--keep-file-names"))
    people = [one for one in found["scores"] if one["method"] == "human"]
    assert {(one["image"], one["reader"]) for one in people} == {("a", "EGD-CXR"), ("a", "bob")}
    maps = [one for one in found["scores"] if (one["image"], one["method"]) == ("a", "lime")]
    assert [one["reader"] for one in maps if one["label"] == "Edema"] == ["EGD-CXR", "bob"]
    first = {one["reader"]: one for one in people}
    assert first["bob"]["fixations"] == 2 and first["EGD-CXR"]["fixations"] == 3
    mean = next(
        one
        for one in found["summary"]
        if (one["label"], one["method"], one["metric"]) == ("Edema", "human", "cc")
    )
    assert (mean["n"], mean["mean"]) == (1, pytest.approx(first["bob"]["cc"]))  # the same both ways


def test_maps_of_annotated_findings_count_unless_all_are_asked_for(
    evaluate: Run, explained: Callable[..., None], tmp_path: Path
) -> None:
    explained("a", "b")
    egd(tmp_path / "fixations.csv", a=ONE, b=TWO)
    truth = {"a": {"img_size": list(SHAPE), "Edema": [square(20, 10, 30)]}}
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    asked = ("--maps", "maps", "--annotations", "fixations.csv", "--people", "truth.json")
    found = result(evaluate(*asked, "--keep-file-names", "--json"))
    labels = {(one["image"], one["label"], one["annotated"]) for one in found["scores"]}
    assert labels == {("a", "Edema", 1), ("b", "Edema", None), ("b", "Mass", None)}
    assert found["labels"] == (
        "those annotated in 1 image; all that have maps in 1 image whose findings are not known"
    )
    every = result(evaluate(*asked, "--keep-file-names", "--all", "--json"))
    labels = {(one["label"], one["annotated"]) for one in every["scores"] if one["image"] == "a"}
    assert labels == {("Edema", 1), ("Mass", 0)}


def test_one_image_is_scored_with_all_others_known(
    evaluate: Run, explained: Callable[..., None], tmp_path: Path
) -> None:
    explained("a", "b")
    egd(tmp_path / "fixations.csv", a=ONE, b=TWO)
    asked = ("--maps", "maps", "--annotations", "fixations.csv", "--keep-file-names", "--json")
    every, one = result(evaluate(*asked)), result(evaluate(*asked, "--image-id", "a"))
    assert one["scores"] == [row for row in every["scores"] if row["image"] == "a"]


def test_durations_and_the_prior_change_what_they_should(
    evaluate: Run, explained: Callable[..., None], tmp_path: Path
) -> None:
    explained("a", "b")
    egd(tmp_path / "fixations.csv", a=ONE, b=TWO)
    asked = ("--maps", "maps", "--annotations", "fixations.csv", "--keep-file-names", "--json")
    plain, centre, lasting = (
        result(evaluate(*asked, *more)) for more in ((), ("--prior", "centre"), ("--by-duration",))
    )
    for one, other in zip(plain["scores"], centre["scores"], strict=True):
        differing = {name for name in METRICS if one[name] != other[name]}
        assert differing == {"information_gain"}
    assert centre["prior"] == "centre" and lasting["by_duration"] is True
    for one, other in zip(plain["scores"], lasting["scores"], strict=True):
        assert one["fixations"] == other["fixations"]
        assert one["cc"] != other["cc"]


@pytest.mark.long
def test_names_of_files_are_not_written(evaluate: Run, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    film = np.random.default_rng(0).integers(0, 255, SHAPE).astype(np.uint8)
    Image.fromarray(film).save(tmp_path / "films" / "Lovelace^Ada.png")
    arguments = ["explain", "films/Lovelace^Ada.png", "--out", "maps", "--label", "Cardiomegaly"]
    assert run_in(tmp_path, *arguments, "--method", "grad_cam").returncode == 0
    egd(tmp_path / "fixations.csv", **{"Lovelace^Ada": ONE, "Lovelace^Byron": TWO})
    asked = ("--maps", "maps", "--annotations", "fixations.csv", "--images", "films")
    found = result(evaluate(*asked, "--out", "out", "--json"))
    assert {one["image"] for one in found["scores"]} == {"Lovelace^Ada"}
    assert [one["image"] for one in found["errors"]] == ["Lovelace^Byron"]
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert files and not [path for path in files if b"Lovelace" in path.read_bytes()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--maps", "maps", "--annotations", "boxes.json"), "boxes.json has no gaze"),
        (("--maps", "maps", "--annotations", "elsewhere.csv"), "has no gaze of an image that has"),
        (("--maps", "none", "--annotations", "fixations.csv"), "none"),
        (("--maps", "maps", "--annotations", "fixations.csv", "--image-id", "c"), "no maps in"),
        (("--maps", "maps", "--annotations", "fixations.csv", "--prior", "mean"), "--prior is"),
        (("--points", "p.json", "--annotations", "fixations.csv"), "needs --maps"),
        (("--maps", "maps", "--annotations", "fixations.csv", "--tune-out", "t.csv"), "tunes"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_a_sentence(
    evaluate: Run,
    explained: Callable[..., None],
    tmp_path: Path,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    explained("a", "b")
    egd(tmp_path / "fixations.csv", a=ONE)
    egd(tmp_path / "elsewhere.csv", z=ONE)
    truth = {"a": {"img_size": list(SHAPE), "Edema": [square(20, 10, 30)]}}
    (tmp_path / "boxes.json").write_text(json.dumps(truth))
    done = evaluate(*arguments, "--json")
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert words in done.stderr.splitlines()[-1]


def test_lines_for_people_say_which_labels_were_scored(
    evaluate: Run, explained: Callable[..., None], tmp_path: Path
) -> None:
    explained("a")
    egd(tmp_path / "fixations.csv", a=ONE)
    done = evaluate("--maps", "maps", "--annotations", "fixations.csv", "--keep-file-names")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Labels: all that have maps in 1 image")
    assert any(line.startswith("Edema") and "auc_judd" in line for line in lines)
    assert not any("auc_shuffled" in line for line in lines)  # there is no other image
