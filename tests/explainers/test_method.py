"""Declared parameters and the map cache."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers.cache import MapCache, MapKey, pack
from shamsul.explainers.grad_cam import METHOD
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Parameter
from shamsul.explainers.presets import PRESETS
from shamsul.explainers.registry import METHODS, USUAL


def test_text_becomes_the_parameters_type() -> None:
    assert Parameter("n", 5, "").parse("12") == 12
    assert Parameter("x", 0.5, "").parse("2") == 2.0
    assert Parameter("b", True, "").parse("False") is False
    assert Parameter("s", "a", "", choices=("a", "b")).parse("b") == "b"


@pytest.mark.parametrize(
    ("parameter", "text", "says"),
    [
        (Parameter("n", 5, ""), "many", "n takes int, not 'many'"),
        (Parameter("n", 5, "", minimum=1), "0", "at least 1"),
        (Parameter("n", 5, "", maximum=9), "10", "at most 9"),
        (Parameter("x", 0.5, "", minimum=0), "nan", "at least 0"),
        (Parameter("s", "a", "", choices=("a", "b")), "c", "one of a, b"),
        (Parameter("b", True, ""), "perhaps", "b takes bool"),
    ],
)
def test_value_that_is_not_allowed_is_said(parameter: Parameter, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parameter.parse(text)


def test_bool_is_not_a_number() -> None:
    with pytest.raises(ValueError, match="n takes int"):
        Parameter("n", 5, "").check(True)


def key(**changes: object) -> MapKey:
    values: dict[str, object] = {
        "image_sha256": "a" * 64,
        "model": "b" * 64,
        "method": "grad_cam",
        "parameters": METHOD.settle({}),
    }
    return MapKey(**(values | changes))  # type: ignore[arg-type]


def test_maps_come_back_as_they_were_put(
    tmp_path: Path, densenet: Classifier, noise: GridImage
) -> None:
    maps = METHOD.explain(densenet, noise)
    MapCache(tmp_path / "maps").put(key(), maps)
    again = MapCache(tmp_path / "maps").get(key())
    assert again is not None
    for before, after in zip(maps, again, strict=True):
        np.testing.assert_array_equal(before.values, after.values)
        assert (before.label, before.output, before.geometry) == (
            after.label,
            after.output,
            after.geometry,
        )
        assert before.sha256 == after.sha256


@pytest.mark.parametrize("target", Target)
def test_likely_labels_are_those_that_are_shown_so(
    tmp_path: Path, densenet: Classifier, noise: GridImage, target: Target
) -> None:
    maps = METHOD.explain(densenet, noise, target=target)
    prediction = densenet.predict_grid(noise)
    order = sorted(prediction.scores, key=lambda one: one.probability)
    least = order[-2].probability
    assert {*prediction.likely(least)} == {order[-2].label, order[-1].label}
    assert prediction.likely(1.0) == (order[-1].label,)
    assert prediction.likely(0.0) == densenet.manifest.labels
    found = [one for one in maps if one.label in prediction.likely(least)]
    cache, two = MapCache(tmp_path), [one.label for one in found]
    cache.put_packed(key(target=target), pack(found, least=least), likely=True)
    assert cache.likely_from(key(target=target)) == least
    assert cache.get(key(target=target)) is None
    assert key(target=target) not in cache
    again = cache.get_likely(key(target=target), two[:1])
    assert again is not None
    assert [one.label for one in again] == two
    assert cache.get_likely(key(target=target), [order[0].label]) is None
    cache.put(key(target=target), maps)
    assert cache.get_likely(key(target=target), two) is None
    assert cache.likely_from(key(target=target)) is None


def test_maps_kept_as_float16_are_right_to_a_4096th_of_the_largest_value(
    tmp_path: Path, densenet: Classifier, noise: GridImage
) -> None:
    # Far from 1, beyond float16's range, and none at all.
    scales = (1e-9, 1e7, 0.0)
    labels = densenet.manifest.labels[:3]
    maps = tuple(
        replace(one, values=one.values * np.float32(scale), error=np.abs(one.values))
        for one, scale in zip(METHOD.explain(densenet, noise, labels), scales, strict=True)
    )
    cache = MapCache(tmp_path, half=True)
    given = cache.put(key(), maps)
    again = MapCache(tmp_path).get(key())
    assert again is not None
    for before, kept, after in zip(maps, given, again, strict=True):
        assert after.values.dtype == np.float32
        largest = np.abs(before.values).max()
        np.testing.assert_allclose(after.values, before.values, rtol=0, atol=largest / 4096)
        assert kept.sha256 == after.sha256
        assert after.error is not None and before.error is not None
        np.testing.assert_allclose(
            after.error, before.error, rtol=0, atol=before.error.max() / 4096
        )
    (whole,) = tmp_path.iterdir()
    size = whole.stat().st_size
    MapCache(tmp_path).put(key(), maps)
    assert size < 0.75 * whole.stat().st_size


@pytest.mark.parametrize(
    "change",
    [
        {"image_sha256": "c" * 64},
        {"model": "c" * 64},
        {"method": "lrp"},
        {"parameters": METHOD.settle({"relu": False})},
        {"target": Target.PROBABILITY},
        {"seed": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_maps_of_anything_else_are_not_found(
    tmp_path: Path, densenet: Classifier, noise: GridImage, change: dict[str, object]
) -> None:
    cache = MapCache(tmp_path)
    cache.put(key(), METHOD.explain(densenet, noise))
    assert cache.get(key(**change)) is None


def flipped(whole: bytes, place: int) -> bytes:
    return whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: b"not a zip",
        lambda whole: whole[:-200],
        lambda whole: flipped(whole, 60),  # in a compressed stream
        lambda whole: flipped(whole, len(whole) // 2),
        lambda whole: whole.replace(b"values.npy", b"valued.npy"),
        lambda whole: b"\x93NUMPY" + whole[6:],
    ],
    ids=["empty", "text", "cut", "first array", "second array", "another name", "no archive"],
)
def test_damaged_file_is_as_good_as_none(
    tmp_path: Path,
    densenet: Classifier,
    noise: GridImage,
    damage: Callable[[bytes], bytes],
) -> None:
    cache = MapCache(tmp_path)
    cache.put(key(), METHOD.explain(densenet, noise))
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert cache.get(key()) is None
    assert key() not in cache
    cache.put(key(), METHOD.explain(densenet, noise))
    assert cache.get(key()) is not None


@pytest.mark.parametrize(
    "about",
    ["[" * 20_000, "3", "{}", '{"labels": 3, "geometry": {}}', '{"labels": [], "geometry": []}'],
    ids=["brackets", "number", "nothing", "no geometry", "lists"],
)
def test_facts_that_make_no_sense_are_as_good_as_none(tmp_path: Path, about: str) -> None:
    cache = MapCache(tmp_path)
    with (tmp_path / f"{key().digest}.npz").open("wb") as file:
        np.savez_compressed(file, about=about, values=np.zeros((1, 2, 2), np.float32))
    assert cache.get(key()) is None


def test_presets_are_settings_that_their_methods_take() -> None:
    for name, preset in PRESETS.items():
        assert preset.name == name
        for method, parameters in preset.parameters.items():
            settled = METHODS[method].settle(parameters)
            assert {key: settled[key] for key in parameters} == dict(parameters)


def test_the_papers_preset_has_its_four_methods() -> None:
    preset = PRESETS["shamsul-2023"]
    assert tuple(preset.parameters) == USUAL
    assert preset.target is Target.PROBABILITY
