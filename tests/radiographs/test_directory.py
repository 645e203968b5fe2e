"""DICOMDIR, made by pydicom: the list of files it is, and never a radiograph."""

import io
import logging
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

from shamsul.radiographs import RadiographError, read_radiograph
from shamsul.radiographs.directory import Directory
from shamsul.radiographs.file import read_file


def radiograph(number: int) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.PatientName, dataset.PatientID, dataset.Modality = "Doe^Jane", "P-4711", "DX"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2.4"
    dataset.StudyDate, dataset.StudyTime, dataset.StudyID = "20260101", "120000", "1"
    dataset.SeriesNumber, dataset.InstanceNumber = 1, number
    pixels = np.random.default_rng(number).integers(0, 4096, (40, 32)).astype("<u2")
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = pixels.tobytes()
    return dataset


def medium(folder: Path, count: int = 2) -> dict[str, bytes]:
    """A medium with so many radiographs and their DICOMDIR: bytes by path."""
    files = FileSet()
    for number in range(1, count + 1):
        files.add(radiograph(number))
    files.write(folder)
    files._stage["t"].cleanup()  # else it warns that it had to do it itself
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_lists_the_files_beside_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = medium(tmp_path)
    directory = files.pop("DICOMDIR")
    with caplog.at_level(logging.DEBUG):
        read = read_file(directory)
    assert read == Directory(tuple(files))
    assert "Doe" not in caplog.text
    with pytest.raises(RadiographError, match="is a DICOMDIR, which lists images"):
        read_radiograph(directory)
    assert read_radiograph(files[read.files[0]]).shape == (40, 32)


def test_one_that_was_cut_short_lists_what_is_left(tmp_path: Path) -> None:
    files = medium(tmp_path, 3)
    directory = files.pop("DICOMDIR")
    read = read_file(directory[: len(directory) - 200])
    assert isinstance(read, Directory)
    assert set(read.files) < set(files)


def test_its_files_are_found_by_path_or_by_name_where_folders_were_lost() -> None:
    directory = Directory(("PT0/IM1", "PT0/IM2", "PT1/IM1"))
    assert directory.among(["cd/DICOMDIR", "cd/pt0/im1", "cd/PT1/IM1"]) == 2
    assert directory.among(["DICOMDIR", "IM2"]) == 1
    assert directory.among([r"disc\PT0\IM1", "IM3"]) == 1
    assert Directory(()).among(["IM1"]) == 0


def test_a_radiograph_is_none(tmp_path: Path) -> None:
    data = io.BytesIO()
    radiograph(1).save_as(data, enforce_file_format=True)
    assert not isinstance(read_file(data.getvalue()), Directory)
