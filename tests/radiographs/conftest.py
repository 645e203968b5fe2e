"""Small DICOM files made on the spot."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import gdcm
import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.config import disable_value_validation
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
    generate_uid,
)

MakeDicom = Callable[..., bytes]

_KINDS = {1: np.uint8, 2: np.uint16, 4: np.uint32}


def dataset_of(
    pixels: np.ndarray, bits: int | None = None, syntax: str = ExplicitVRLittleEndian, **given: Any
) -> Dataset:
    """A digital radiograph of these stored values; attributes given as None are left out."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["shamsul"])
    allocated = 8 * pixels.dtype.itemsize
    bits = bits or allocated
    attributes = {
        "SOPClassUID": DigitalXRayImageStorageForPresentation,
        "SOPInstanceUID": dataset.file_meta.MediaStorageSOPInstanceUID,
        "Modality": "DX",
        "SamplesPerPixel": 1 if pixels.ndim == 2 else 3,
        "PhotometricInterpretation": "MONOCHROME2" if pixels.ndim == 2 else "RGB",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": allocated,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        **({"PlanarConfiguration": 0} if pixels.ndim == 3 else {}),
        **given,
    }
    with disable_value_validation():
        for keyword, value in attributes.items():
            if value is not None:
                setattr(dataset, keyword, value)
    little = dataset.file_meta.TransferSyntaxUID.is_little_endian
    cells = pixels.astype(pixels.dtype.newbyteorder("<" if little else ">")).tobytes()
    dataset.PixelData = cells + b"\0" * (len(cells) % 2)
    dataset["PixelData"].VR = "OW" if allocated > 8 else "OB"
    return dataset


def file_of(dataset: Dataset) -> bytes:
    stream = BytesIO()
    with disable_value_validation():
        dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()


@pytest.fixture(scope="session")
def make_dicom() -> MakeDicom:
    """Bytes of a DICOM file of the given stored values and attributes."""
    return lambda pixels, bits=None, **given: file_of(dataset_of(pixels, bits, **given))


def ramp(bits: int, shape: tuple[int, int] = (40, 48)) -> np.ndarray:
    """Values from 0 to the largest of so many bits, smooth enough for lossy codecs."""
    values = np.linspace(0, 2**bits - 1, shape[0] * shape[1]).round()
    return values.reshape(shape).astype(np.uint8 if bits <= 8 else np.uint16)


def transcoded(data: bytes, syntax: int, directory: Path, lossy: bool = False) -> bytes:
    """The file compressed by GDCM."""
    plain, packed = str(directory / "plain.dcm"), str(directory / "packed.dcm")
    Path(plain).write_bytes(data)
    reader = gdcm.ImageReader()
    reader.SetFileName(plain)
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    change.SetInput(reader.GetImage())
    if lossy:
        codec = gdcm.JPEGCodec()
        codec.SetLossless(False)
        codec.SetQuality(100)
        change.SetUserCodec(codec)
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(packed)
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return Path(packed).read_bytes()


@pytest.fixture(scope="session")
def compressed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, np.ndarray]]:
    """By name, a file in each compressed transfer syntax that can be written, and its pixels."""
    directory = tmp_path_factory.mktemp("compressed")
    files: dict[str, tuple[bytes, np.ndarray]] = {}
    for bits in (8, 12, 16):
        pixels = ramp(bits)
        for name, syntax in {
            "rle": RLELossless,
            "jpeg-2000": JPEG2000Lossless,
        }.items():
            dataset = dcmread(BytesIO(file_of(dataset_of(pixels, bits))))
            dataset.compress(syntax, generate_instance_uid=False)
            files[f"{name} {bits}"] = file_of(dataset), pixels
        plain = file_of(dataset_of(pixels, bits))
        for name, number in {
            "jpeg-ls": gdcm.TransferSyntax.JPEGLSLossless,
            "jpeg-lossless": gdcm.TransferSyntax.JPEGLosslessProcess14,
            "jpeg-lossless-sv1": gdcm.TransferSyntax.JPEGLosslessProcess14_1,
        }.items():
            files[f"{name} {bits}"] = transcoded(plain, number, directory), pixels
    return files


@pytest.fixture(scope="session")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, np.ndarray]]:
    """The same of JPEG Baseline and of JPEG Extended with 12 bits."""
    directory = tmp_path_factory.mktemp("lossy")
    files: dict[str, tuple[bytes, np.ndarray]] = {}
    for name, bits, number in (
        ("jpeg-baseline 8", 8, gdcm.TransferSyntax.JPEGBaselineProcess1),
        ("jpeg-extended 8", 8, gdcm.TransferSyntax.JPEGExtendedProcess2_4),
        ("jpeg-extended 12", 12, gdcm.TransferSyntax.JPEGExtendedProcess2_4),
    ):
        plain = file_of(dataset_of(ramp(bits), bits))
        files[name] = transcoded(plain, number, directory, lossy=True), ramp(bits)
    return files


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real radiographs beside the checkout; tests that need them are skipped without."""
    directory = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not directory.is_dir():
        pytest.skip("no shared data beside this checkout")
    return directory
