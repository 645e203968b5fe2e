import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from shamsul.localisation import chexlocalize
from shamsul.localisation.maps import UNNAMED, find, on_image
from shamsul.radiographs.geometry import Geometry

MAP = np.arange(12, dtype=np.float32).reshape(3, 4)


def whole(image: tuple[int, int], grid: tuple[int, int]) -> Geometry:
    return Geometry.window(image, grid, top=0, left=0, height=image[0], width=image[1])


@pytest.mark.long
def test_map_of_the_whole_image_is_upsampled_as_torch_does(rng: np.random.Generator) -> None:
    for _ in range(20):
        grid, image = map(tuple, (rng.integers(1, 30, 2), rng.integers(1, 400, 2)))
        values = rng.normal(size=grid).astype(np.float32)
        expected = chexlocalize.upsampled(values, image)
        assert on_image(values, whole(image, grid)) == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize(
    "window",
    [
        {"top": 3, "left": -5, "height": 20, "width": 40},
        {"top": 18.5, "left": 3, "height": -15, "width": 12.5},  # upside down
    ],
)
def test_map_of_a_part_is_put_there_and_the_rest_is_zero(
    window: dict[str, float], rng: np.random.Generator
) -> None:
    geometry = Geometry.window((25, 30), (6, 7), **window)
    values = rng.normal(size=(6, 7)).astype(np.float32)
    slow = RegularGridInterpolator((np.arange(6), np.arange(7)), values)
    found = on_image(values, geometry)
    for row, column in np.ndindex(25, 30):
        ((i, j),) = geometry.to_grid([[row + 0.5, column + 0.5]])
        covered = -0.5 <= i <= 5.5 and -0.5 <= j <= 6.5
        expected = slow((np.clip(i, 0, 5), np.clip(j, 0, 6))) if covered else 0
        assert found[row, column] == pytest.approx(expected, abs=1e-5)


def test_other_grids_are_refused() -> None:
    with pytest.raises(ValueError, match="its grid"):
        on_image(MAP, whole((9, 9), (3, 3)))
    turned = Geometry(((0.0, 1.0, 0.5), (1.0, 0.0, 0.5)), (3, 4), (3, 4))
    with pytest.raises(ValueError, match="turned"):
        on_image(MAP, turned)


def test_single_file_of_maps_by_label(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", **{"Nodule/Mass": MAP, "Edema": MAP[None, None] + 1})
    (file,) = find(tmp_path / "one.npz", "image 7", "grad_cam")
    edema, mass = file.read()
    assert (file.image, edema.label, edema.method) == ("image 7", "Edema", "grad_cam")
    assert (edema.values == MAP + 1).all() and edema.values.dtype == np.float32
    assert mass.label == "Nodule/Mass"
    (unnamed,) = find(tmp_path / "one.npz")
    assert unnamed.image == "one" and next(unnamed.read()).method == UNNAMED


def test_folder_of_files_by_method_and_label(
    write_maps: Callable[..., Path], tmp_path: Path
) -> None:
    write_maps("b", {"lime/Edema": MAP, "shap/Edema": MAP, "lime/Mass": MAP})
    folder = write_maps("a", {"lime/Edema": MAP})
    first, second = find(folder)
    assert (first.image, second.image) == ("a", "b")
    found = [(one.label, one.method) for one in second.read()]
    assert found == [("Edema", "lime"), ("Edema", "shap"), ("Mass", "lime")]
    (only,) = find(folder, "b", "shap")
    assert [one.method for one in only.read()] == ["shap"]


def explained(folder: Path, file: str, **facts: object) -> None:
    folder.mkdir(parents=True)
    np.savez(folder / "heatmaps.npz", **{"lime/Edema": MAP})
    entry = {"key": "lime/Edema", "label": "Edema", "method": "lime", "probability": 0.7}
    geometry = whole((30, 40), (3, 4)).to_json()
    content = {"file": file, "sha256": "abc", **geometry, "maps": [entry], **facts}
    (folder / "explanation.json").write_text(json.dumps(content))


def test_what_explain_wrote_knows_its_place_and_probability(tmp_path: Path) -> None:
    explained(tmp_path / "x", "valid/patient1/study1/view1.jpg", spacing_mm=[0.2, 0.1])
    (file,) = find(tmp_path / "x")
    assert file.geometry() == whole((30, 40), (3, 4))
    assert file.spacing() == (0.2, 0.1)
    (one,) = file.read()
    assert (one.label, one.method, one.probability) == ("Edema", "lime", 0.7)


@pytest.mark.parametrize(
    ("known", "image"),
    [
        ("patient1_study1_view1", "patient1_study1_view1"),
        ("view1", "view1"),
        ("view1.jpg", "view1.jpg"),
        ("abc", "abc"),
        ("another", "view1"),
    ],
)
def test_explained_image_is_found_by_its_file_or_hash(
    tmp_path: Path, known: str, image: str
) -> None:
    explained(tmp_path / "x", "/data/valid/patient1/study1/view1.jpg")
    assert [file.image for file in find(tmp_path / "x", known={known})] == [image]


@pytest.mark.parametrize("named", ["x", "x/heatmaps.npz"])
def test_folder_of_one_image_and_its_file_are_the_same(tmp_path: Path, named: str) -> None:
    explained(tmp_path / "x", "view1.jpg")
    (file,) = find(tmp_path / named, known={"view1"})
    assert (file.image, file.geometry()) == ("view1", whole((30, 40), (3, 4)))
    (renamed,) = find(tmp_path / named, "patient1")
    assert (renamed.image, renamed.geometry()) == ("patient1", whole((30, 40), (3, 4)))


def test_tree_of_explanations(tmp_path: Path) -> None:
    explained(tmp_path / "a", "p1/view1.jpg")
    explained(tmp_path / "deep" / "b", "p2/view1.jpg")
    assert [file.image for file in find(tmp_path, known={"p1_view1"})] == ["p1_view1", "deep/b"]
    with pytest.raises(ValueError, match="view1 has maps in"):
        find(tmp_path, known={"view1"})


def test_nothing_to_score_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no maps in"):
        find(tmp_path)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.full((2, 2), np.nan), "not finite"),
        (np.zeros((0, 2)), "empty"),
        (np.zeros((3, 2, 2)), "not a map"),
        (np.array([["a"]]), "not a map"),
    ],
)
def test_what_is_no_map_is_refused(tmp_path: Path, array: np.ndarray, reason: str) -> None:
    np.savez(tmp_path / "one.npz", Edema=array)
    with pytest.raises(ValueError, match=reason):
        list(find(tmp_path / "one.npz")[0].read())


def test_pickled_objects_and_damaged_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", Edema=np.array([{}], object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        list(find(tmp_path / "one.npz")[0].read())
    np.savez_compressed(tmp_path / "one.npz", Edema=np.random.default_rng(0).random((9, 9)))
    whole = (tmp_path / "one.npz").read_bytes()
    assert len(list(find(tmp_path / "one.npz")[0].read())) == 1
    for place in range(40, len(whole), 7):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        (tmp_path / "one.npz").write_bytes(damaged)
        with suppress(ValueError):  # and nothing else
            list(find(tmp_path / "one.npz")[0].read())
    (tmp_path / "one.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(ValueError, match="cannot be read"):
        list(find(tmp_path / "one.npz")[0].read())


@pytest.mark.parametrize("facts", ["[" * 20_000, "[]", '{"maps": 3}', '{"maps": [{"no": "key"}]}'])
def test_facts_that_make_no_sense_are_refused(tmp_path: Path, facts: str) -> None:
    np.savez(tmp_path / "heatmaps.npz", **{"lime/Edema": np.ones((2, 2))})
    (tmp_path / "explanation.json").write_text(facts)
    with pytest.raises(ValueError, match=r"explanation\.json"):
        list(find(tmp_path / "heatmaps.npz")[0].read())
    (tmp_path / "explanation.json").write_text('{"maps": []}')
    assert len(list(find(tmp_path / "heatmaps.npz")[0].read())) == 1
