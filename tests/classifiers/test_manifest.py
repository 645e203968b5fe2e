from dataclasses import fields
from pathlib import Path

import pytest

from shamsul.classifiers.manifest import Manifest, ManifestError, Normalisation, Resize, Scaling

SOUND = """
name = "my-densenet"
arch = "torchvision/densenet121"
labels = ["No Finding", "Cardiomegaly"]
input_size = 224
channels = 3
normalisation = "imagenet"
resize = "letterbox"
thresholds = { "Cardiomegaly" = 0.4 }
sha256 = "ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"
trained_on = "CheXpert"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "model.toml").write_text(text)
    return folder


def test_the_contracts_example_is_read(tmp_path: Path) -> None:
    manifest = Manifest.read(write(tmp_path, SOUND))
    assert manifest.labels == ("No Finding", "Cardiomegaly")
    assert manifest.thresholds == {"No Finding": 0.5, "Cardiomegaly": 0.4}
    assert manifest.normalisation is Scaling.IMAGENET
    assert manifest.resize is Resize.LETTERBOX
    assert manifest.sha256 == "ab" * 32


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16"])
def test_an_editors_file_is_the_same(tmp_path: Path, coding: str) -> None:
    expected = Manifest.read(write(tmp_path, SOUND))
    (tmp_path / "model.toml").write_bytes(SOUND.replace("\n", "\r\n").encode(coding))
    assert Manifest.read(tmp_path) == expected


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    manifest = Manifest(
        name='a "quoted"\nname \x7f é \\',
        arch="torchvision/densenet",
        labels=("Edema", 'Q"uote'),
        input_size=64,
        channels=1,
        normalisation=Normalisation((0.5,), (1e-5,)),
        resize=Resize.CENTRE_CROP,
        sha256="0" * 64,
        thresholds={"Edema": 0.25},
        arch_options={"growth_rate": 8, "block_config": (1, 2), "drop_rate": 0.5, "x": True},
        source_url="http://example.org/a?b=c",
        source_sha256="1" * 64,
    )
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path) == manifest


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('name = "my-densenet"', "", "name is missing"),
        ('name = "my-densenet"', "name = 3", "name must be a text"),
        ('"torchvision/densenet121"', '"keras/x"', "arch must be"),
        ('["No Finding", "Cardiomegaly"]', '["Edema", "Edema"]', "labels must be a list"),
        ('["No Finding", "Cardiomegaly"]', '["Edema"]', "thresholds names 'Cardiomegaly'"),
        ("input_size = 224", "input_size = true", "input_size must be"),
        ("channels = 3", "channels = 2", "channels must be 1 or 3"),
        ("channels = 3", "channels = 1", "needs channels = 3"),
        ('"imagenet"', '"sqrt"', "normalisation must be"),
        ('"imagenet"', "{ mean = [0.5], std = [0.0] }", "normalisation must be"),
        ('"imagenet"', "{ mean = [0.5], std = [0.2] }", "one mean and one std per channel"),
        ('"letterbox"', '"zoom"', "resize must be"),
        ("0.4", "1.4", "thresholds must give"),
        ("ABAB", "XBAB", "sha256 must be 64"),
        ("trained_on", "trained_by", "trained_by is not a known key"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(ManifestError, match=fault):
        Manifest.read(write(tmp_path, SOUND.replace(old, new)))


@pytest.mark.parametrize(
    "value", ["3", "1.0", "nan", "true", '"x\\u0000"', "[1]", "{}", "1979-05-27"]
)
@pytest.mark.parametrize(
    "key", [one.name for one in fields(Manifest) if one.name not in ("trained_on", "arch_options")]
)
def test_a_value_of_another_kind_is_one_fault(tmp_path: Path, key: str, value: str) -> None:
    sound = {"channels": ["3"], "thresholds": ["{}"]}
    if value in sound.get(key, []):
        pytest.skip("is sound")
    others = [line for line in SOUND.splitlines() if not line.startswith(f"{key} ")]
    text = "\n".join([*others, f"{key} = {value}"])
    with pytest.raises(ManifestError) as caught:
        Manifest.read(write(tmp_path, text))
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith(key)


def test_every_fault_is_listed(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        Manifest.read(write(tmp_path, "channels = 7\nresize = 1\nsize = 3"))
    assert len(caught.value.faults) == 9
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"name = ",
        b"\xff",
        b"\xff\xfe\xff",
        b"name = " + b"[" * 20_000,
        b"input_size = " + b"1" * 5000,
    ],
    ids=["syntax", "bytes", "odd bytes", "brackets", "digits"],
)
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.toml").write_bytes(content)
    with pytest.raises(ManifestError, match="is not"):
        Manifest.read(tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="missing"):
        Manifest.read(tmp_path)
