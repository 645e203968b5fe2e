"""What is kept, and that nothing else is."""

import os
import zipfile

import numpy as np
import pytest

from shamsul.radiographs import ArchiveError, Radiograph, RadiographArchive, pseudonym
from shamsul.radiographs.archive import Extent
from shamsul.radiographs.radiograph import NamedWindow
from shamsul.radiographs.spacing import SpacingKind
from shamsul.radiographs.turn import AS_STORED

SHA = "0123456789abcdef" * 4


def radiograph(values: object, **fields: object) -> Radiograph:
    given = {"window": (0.0, 1.0), "spacing_mm": None, "view": "", "sha256": SHA, **fields}
    return Radiograph(np.asarray(values, dtype=np.float32), **given)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([[0, 255]], "uint8"),
        ([[0, 65535]], "uint16"),
        ([[-1024, 3071]], "int16"),
        ([[0, 0.1]], "float32"),
        ([[0, 70000]], "float32"),
        ([[-0.0, 1]], "float32"),
    ],
)
def test_values_return_bit_for_bit_from_the_smallest_type(tmp_path, values, kind):
    archive = RadiographArchive(tmp_path / "new")
    kept = radiograph(values, window=(0.1, 1 / 3), spacing_mm=(0.143, 0.2), view="PA")
    archive.put(kept)
    found = archive.get(SHA)
    assert found.values.tobytes() == kept.values.tobytes()
    assert found.values.dtype == np.float32
    assert (found.window, found.spacing_mm, found.view) == ((0.1, 1 / 3), (0.143, 0.2), "PA")
    assert (found.sha256, found.burned_in_annotation) == (SHA, False)
    with np.load(archive.directory / f"{SHA}.npz") as fields:
        assert fields["values"].dtype == kind


def test_all_other_fields_return(tmp_path):
    archive = RadiographArchive(tmp_path)
    told = ("One thing.", "Another, über alles.")
    archive.put(radiograph([[1, 2]], burned_in_annotation=True, declared_aspect=1.25, notes=told))
    found = archive.get(SHA)
    assert found.burned_in_annotation is True
    assert found.spacing_mm is None
    assert found.pixel_aspect == 1.25
    assert found.notes == told


TOLD = {
    "spacing_kind": SpacingKind.DETECTOR,
    "magnification": 1.1,
    "windows": (NamedWindow("Lung", -1350.0, 150.0), NamedWindow("Bone", 0.5, 2.25)),
    "unit": "HU",
    "reflection": 4095.0,
    "sides": ("L", "FA"),
}


def test_what_the_file_tells_of_its_values_returns(tmp_path):
    archive = RadiographArchive(tmp_path)
    archive.put(radiograph([[1, 2]], **TOLD))
    found = archive.get(SHA)
    assert {name: getattr(found, name) for name in TOLD} == TOLD


def test_file_of_an_earlier_release_tells_no_more_than_it_has(tmp_path):
    archive = RadiographArchive(tmp_path)
    archive.put(radiograph([[1, 2]], spacing_mm=(0.2, 0.2), notes=("One thing.",), **TOLD))
    path = tmp_path / f"{SHA}.npz"
    with np.load(path) as fields:
        earlier = {name: fields[name] for name in fields if name not in {"notes", *TOLD}}
    np.savez_compressed(path, **earlier)
    found = archive.get(SHA)
    assert (found.notes, found.spacing_kind, found.windows) == ((), SpacingKind.UNSTATED, ())
    assert (found.unit, found.reflection, found.sides) == ("", None, ("", ""))
    assert (found.spacing_mm, found.magnification) == ((0.2, 0.2), 1.0)


def test_file_holds_the_fields_of_a_radiograph_only(tmp_path):
    RadiographArchive(tmp_path).put(radiograph([[1, 2]]))
    with np.load(tmp_path / f"{SHA}.npz", allow_pickle=False) as fields:
        assert set(fields) == set(Radiograph.__dataclass_fields__)


@pytest.mark.parametrize("spacing", [None, (0.2, 0.15)])
@pytest.mark.parametrize("largest", [1, 2**20])  # kept in one byte, or as they are
def test_extent_is_told_without_pixels(tmp_path, spacing, largest):
    archive = RadiographArchive(tmp_path)
    archive.put(radiograph([[0, 1, largest], [0, 0, 0]], spacing_mm=spacing))
    assert archive.extent(SHA) == Extent((2, 3), spacing, AS_STORED)
    with pytest.raises(ArchiveError, match="not in the archive"):
        archive.extent("f" * 64)


def test_contains_and_delete(tmp_path):
    archive = RadiographArchive(tmp_path)
    assert SHA not in archive
    archive.put(radiograph([[1, 2]]))
    assert SHA in archive
    archive.delete(SHA)
    archive.delete(SHA)
    assert SHA not in archive


def test_putting_again_changes_nothing(tmp_path):
    archive = RadiographArchive(tmp_path)
    archive.put(radiograph([[1, 2]]))
    archive.put(radiograph([[3, 4]]))
    assert archive.get(SHA).values.tolist() == [[1, 2]]
    assert len(list(tmp_path.iterdir())) == 1


def test_missing_radiograph_is_a_key_error_in_plain_words(tmp_path):
    with pytest.raises(KeyError) as caught:
        RadiographArchive(tmp_path).get(SHA)
    assert str(caught.value) == "The radiograph is not in the archive."


def test_damaged_file_is_reported_and_replaced(tmp_path):
    archive = RadiographArchive(tmp_path)
    archive.put(radiograph([[1, 2]]))
    path = tmp_path / f"{SHA}.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ArchiveError, match=r"^The radiograph's file in the archive is damaged\.$"):
        archive.get(SHA)
    archive.put(radiograph([[1, 2]]))
    assert archive.get(SHA).values.tolist() == [[1, 2]]
    whole = path.read_bytes()
    path.write_bytes(whole[:70] + bytes([whole[70] ^ 0xFF]) + whole[71:])  # still a zip
    with pytest.raises(ArchiveError, match="damaged"):
        archive.get(SHA)
    archive.put(radiograph([[1, 2]]))
    assert archive.get(SHA).values.tolist() == [[1, 2]]


def test_file_under_another_name_is_reported(tmp_path):
    archive = RadiographArchive(tmp_path)
    archive.put(radiograph([[1, 2]]))
    other = "f" * 64
    (tmp_path / f"{SHA}.npz").rename(tmp_path / f"{other}.npz")
    with pytest.raises(ArchiveError, match="another radiograph"):
        archive.get(other)


def test_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        RadiographArchive(tmp_path).put(radiograph([[1, 2]]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", "../secret", SHA.upper(), SHA + "\n", SHA[:-1] + "/", "0" * 63]
)
def test_only_a_hash_names_a_file(tmp_path, name):
    archive = RadiographArchive(tmp_path)
    assert name not in archive
    for use in (archive.get, archive.delete):
        with pytest.raises(ValueError, match="64 lower-case hexadecimal"):
            use(name)
    with pytest.raises(ValueError, match="64 lower-case hexadecimal"):
        archive.put(radiograph([[1, 2]], sha256=name))


def test_pickles_are_not_loaded(tmp_path):
    path = tmp_path / f"{SHA}.npz"
    np.savez(path, values=np.array([{}], dtype=object))
    assert zipfile.is_zipfile(path)
    with pytest.raises(ArchiveError, match="damaged"):
        RadiographArchive(tmp_path).get(SHA)


def test_pseudonym_is_short_stable_and_needs_a_hash():
    assert pseudonym(SHA) == pseudonym(SHA.upper()) == "CXR-0123-4567"
    for bad in ("", "7F3A", "x" * 64):
        with pytest.raises(ValueError, match="64 hexadecimal"):
            pseudonym(bad)
