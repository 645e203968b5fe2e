import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.reading.annotations import AnnotationArchive

IMAGE = "a" * 64


def annotation(label, rng):
    return Annotation(label, "expert", rng.random((7, 9)) > 0.5)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_annotations_come_back(tmp_path, rng):
    archive = AnnotationArchive(tmp_path / "annotations")
    given = (annotation("Pneumothorax", rng), annotation("Herzgröße / 心臓", rng))
    assert IMAGE not in archive and archive.get(IMAGE) == ()
    archive.put(IMAGE, given)
    assert IMAGE in archive
    for kept, wanted in zip(archive.get(IMAGE), given, strict=True):
        assert (kept.label, kept.source) == (wanted.label, wanted.source)
        np.testing.assert_array_equal(kept.region, wanted.region)


def test_putting_again_replaces(tmp_path, rng):
    archive = AnnotationArchive(tmp_path)
    archive.put(IMAGE, [annotation("Pneumothorax", rng)])
    archive.put(IMAGE, ())
    assert IMAGE in archive and archive.get(IMAGE) == ()


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"annotations": [{"label": "x"}]}'])
def test_damage_is_reported(tmp_path, damage):
    archive = AnnotationArchive(tmp_path)
    archive.put(IMAGE, ())
    (tmp_path / f"{IMAGE}.json").write_bytes(damage)
    with pytest.raises(ValueError, match="damaged"):
        archive.get(IMAGE)


def test_a_lost_mask_is_reported(tmp_path, rng):
    archive = AnnotationArchive(tmp_path)
    archive.put(IMAGE, [annotation("Pneumothorax", rng)])
    for mask in (tmp_path / "masks").iterdir():
        mask.unlink()
    with pytest.raises(ValueError, match="damaged"):
        archive.get(IMAGE)


@pytest.mark.parametrize("sha256", ["", "../x", "A" * 64])
def test_only_a_hash_names_an_image(tmp_path, sha256):
    with pytest.raises(ValueError, match="no SHA-256"):
        AnnotationArchive(tmp_path).get(sha256)
