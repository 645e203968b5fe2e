"""What would keep a reader busy is refused soon, and holds up nobody."""

import struct
import sys
import threading
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import ImplicitVRLittleEndian, JPEGExtended12Bit

from shamsul.radiographs import RadiographError, read_radiograph, readers, refusal
from tests.radiographs.conftest import dataset_of, file_of, ramp

SIDE = 3000


def refused(data: bytes) -> str:
    with pytest.raises(RadiographError) as caught:
        read_radiograph(data)
    return str(caught.value)


def progressive(more_scans: int) -> bytes:
    """A progressive JPEG, its last scan repeated."""
    stream = BytesIO()
    Image.new("L", (SIDE, SIDE), 90).save(stream, "JPEG", progressive=True)
    data = stream.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * (1 + more_scans) + data[-2:]


def in_dicom(frame: bytes) -> bytes:
    dataset = dcmread(BytesIO(file_of(dataset_of(np.zeros((8, 8), np.uint8)))))
    dataset.Rows = dataset.Columns = SIDE
    dataset.file_meta.TransferSyntaxUID = JPEGExtended12Bit
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    return file_of(dataset)


def nested(items: int) -> bytes:
    """A radiograph with so many empty items in a sequence of undefined length."""
    data = file_of(dataset_of(ramp(8), syntax=ImplicitVRLittleEndian))
    undefined = 0xFFFFFFFF
    begin = struct.pack("<HHI", 0x0008, 0x1140, undefined)
    item = struct.pack("<HHIHHI", 0xFFFE, 0xE000, undefined, 0xFFFE, 0xE00D, 0)
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    before = data.index(b"\x28\0\x02\0")  # Samples per Pixel
    return data[:before] + begin + item * items + end + data[before:]


@pytest.mark.parametrize("wrapped", [bytes, in_dicom], ids=["picture", "dicom"])
def test_progressive_jpeg_of_ordinary_scans_opens_and_of_thousands_does_not(wrapped):
    radiograph = read_radiograph(wrapped(progressive(10)))
    assert radiograph.shape == (SIDE, SIDE)
    np.testing.assert_allclose(radiograph.values, 90, atol=1)
    begin = time.monotonic()
    assert refused(wrapped(progressive(3000))) == refusal.TOO_DEMANDING
    assert time.monotonic() - begin < 5


@pytest.mark.long
def test_elements_without_end_are_refused_and_hold_up_nobody(make_dicom):
    np.testing.assert_array_equal(read_radiograph(nested(1000)).values, ramp(8))
    hostile, good = nested(5_000_000), make_dicom(ramp(8))
    told: list[str] = []
    busy = [threading.Thread(target=lambda: told.append(refused(hostile))) for _ in range(2)]
    for thread in busy:
        thread.start()
    time.sleep(0.5)
    for _ in range(20):
        read_radiograph(good)
    assert not told
    for thread in busy:
        thread.join()
    assert told == [refusal.TOO_DEMANDING] * 2


def test_process_that_ended_is_replaced(compressed):
    read_radiograph(compressed["rle 8"][0])
    (process,) = readers._idle
    process._process.kill()
    process._process.wait()
    np.testing.assert_array_equal(read_radiograph(compressed["rle 8"][0]).values, ramp(8))


def test_file_is_not_blamed_for_a_process_that_does_not_start(make_dicom, monkeypatch):
    readers._end_all()
    with monkeypatch.context() as without:
        without.setattr(sys, "path", [])
        without.setenv("PYTHONHOME", "/nowhere")
        assert refused(make_dicom(ramp(8))) == refusal.NOT_READ
    assert read_radiograph(make_dicom(ramp(8))).shape == (40, 48)


def test_process_has_little_memory_and_leaves_no_core(compressed):
    read_radiograph(compressed["rle 8"][0])
    (process,) = readers._idle
    limits = Path(f"/proc/{process._process.pid}/limits")
    if not limits.exists():
        pytest.skip("no /proc here")
    rows = [line.split() for line in limits.read_text().splitlines()]
    assert ["Max", "address", "space", str(5 * 2**30)] in [row[:4] for row in rows]
    assert ["Max", "core", "file", "size", "0"] in [row[:5] for row in rows]
