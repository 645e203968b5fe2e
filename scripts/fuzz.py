"""Spoil small files of every kind, and see that each is read or refused in a sentence.

usage: python scripts/fuzz.py [--count 1000] [--seed 0] [--keep FOLDER]

Radiographs and annotations are made by the tests of this repository, spoiled by a seeded generator
and read as an upload or an import is. Told are exceptions that no user should see, and whatever
takes more than 20 seconds; status 1 if there is any. The same seed spoils the same way.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

# First, see there.
import shamsul.radiographs  # noqa: E402, F401, I001
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from pydicom import dcmread, uid  # noqa: E402
from tqdm import tqdm  # noqa: E402

from shamsul.annotations.archive import AnnotationArchive  # noqa: E402
from shamsul.annotations.formats import registry  # noqa: E402
from shamsul.annotations.image_names import Images  # noqa: E402
from shamsul.findings.labels import BUILT_IN  # noqa: E402
from shamsul.annotations.matching import Annotators  # noqa: E402
from shamsul.radiographs import (  # noqa: E402
    Radiograph,
    RadiographArchive,
    RadiographError,
    read_radiograph,
)
from shamsul.studies import annotation_files  # noqa: E402
from tests.annotations import writers  # noqa: E402
from tests.radiographs.conftest import dataset_of, file_of, ramp, transcoded  # noqa: E402

PATIENCE = 20
LABELS = ("Cardiomegaly", "Edema", "Lung Lesion", "Pneumonia", "Pneumothorax")
SHA = "0" * 64
#: What the annotations call the image.
NAMES = ("chest.png", "1.2.3", "patient1_study1_view1_frontal", "a1", "p1", "d1")
#: In place of a value of JSON.
ODD = (None, True, -1, 0, 7, 1e300, float("nan"), 2**70, "", "x", "é\0", [], {}, [[]], [1, "2"])
#: In place of a cell of a table, or anywhere in a text.
WORDS = ("", "-1", "1e999", "nan", "x", '"', ";", ",", "\n", "\0", "é", "9" * 400, "[", "{}")


class Slow(BaseException):
    """Reading takes too long; no reader may catch it."""


def radiographs(folder: Path) -> Iterator[tuple[str, bytes]]:
    """A small file of each kind."""
    gray = Image.fromarray(ramp(8))
    for name, image, kind, options in (
        ("gray.png", gray, "PNG", {}),
        ("deep.png", Image.fromarray(ramp(16)), "PNG", {}),
        ("palette.png", gray.convert("P"), "PNG", {}),
        ("clear.png", gray.convert("RGBA"), "PNG", {}),
        ("plain.jpg", gray, "JPEG", {}),
        ("progressive.jpg", gray.convert("RGB"), "JPEG", {"progressive": True}),
        ("cmyk.jpg", gray.convert("CMYK"), "JPEG", {}),
    ):
        stream = BytesIO()
        image.save(stream, kind, **options)
        yield name, stream.getvalue()
    plain = dataset_of(ramp(12), 12, WindowCenter=2000, WindowWidth=900, PixelSpacing=[0.2, 0.1])
    for syntax in (
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    ):
        yield f"{syntax.name}.dcm", file_of(dataset_of(ramp(12), 12, syntax=syntax))
    for syntax in (uid.RLELossless, uid.JPEG2000Lossless, uid.JPEGLSLossless):
        dataset = dcmread(BytesIO(file_of(plain)))
        dataset.compress(syntax, generate_instance_uid=False)
        yield f"{syntax.name}.dcm", file_of(dataset)
    import gdcm

    kinds = gdcm.TransferSyntax
    for name, number, bits in (
        ("JPEG lossless.dcm", kinds.JPEGLosslessProcess14_1, 12),
        ("JPEG baseline.dcm", kinds.JPEGBaselineProcess1, 8),
    ):
        data = file_of(dataset_of(ramp(bits), bits))
        yield name, transcoded(data, number, folder, lossy=bits == 8)


def annotations(folder: Path) -> Iterator[tuple[str, bytes]]:
    """A small file of each format that is one file."""
    ring = [[10, 2], [20, 2], [20, 8]]
    mask = np.zeros(writers.SHAPE, bool)
    mask[3:9, 5:20] = True
    rectangle = {"x": 10, "y": 5, "width": 20, "height": 10, "rectanglelabels": ["Edema"]}
    box = {"image_id": 1, "category_id": 1, "bbox": [2, 1, 4, 3]}
    path = folder / "made"
    image = writers.radiograph_dicom()
    texts = {
        "nih.csv": "Image Index,Finding Label,Bbox [x,y,w,h],,,\nchest.png,Mass,25.5,7,6,9,,,\n",
        "vindr.csv": "image_id,rad_id,class_name,x_min,y_min,x_max,y_max\n"
        "a1,R9,Nodule/Mass,1,2,11,12\na1,R10,No finding,,,,\n",
        "rsna.csv": "patientId,x,y,width,height,Target\np1,4.0,2.0,13.0,9.0,1\np2,,,,,0\n",
        "siim.csv": "ImageId,EncodedPixels\n1.2.3,387620 23 996 33 986 43\n1.2.4,-1\n",
        "egd.csv": "DICOM_ID,FPOGD,FPOGV,X_ORIGINAL,Y_ORIGINAL\nd1,0.25,1,30,10\nd1,0.5,1,3,1\n",
        "gaze.csv": "DICOM_ID,CNT,Time (in secs),FPOGX,FPOGY,FPOGD,FPOGID,X_ORIGINAL,Y_ORIGINAL\n"
        "d1,1,0.1,0.5,0.5,0.25,1,30,10\nd1,2,0.4,0.4,0.5,0.5,2,,\n",
        "anatomy.csv": "dicom_id,bbox_name,x1,x2,y1,y2\nd1,left lung,3,9,2,8\n",
        "reflacx.csv": "timestamp_start_fixation,timestamp_end_fixation,x_position,y_position,"
        "angular_resolution_x_pixels_per_degree,angular_resolution_y_pixels_per_degree,"
        "xmin_shown_from_image,ymin_shown_from_image,xmax_shown_from_image,ymax_shown_from_image\n"
        "0.1,0.4,30,10,5,6,0,0,60,40\n0.5,0.9,20,10,5,6,0,0,60,40\n",
        "padchest.json": json.dumps(
            [
                {
                    "ImageID": "chest.png",
                    "findings": [{"labels": ["nodule"], "boxes": [[0.1, 0.2, 0.3, 0.4]]}],
                }
            ]
        ),
        "coco.json": json.dumps(
            {
                "images": [{"id": 1, "file_name": "chest.png", "height": 40, "width": 60}],
                "categories": [{"id": 1, "name": "Cardiomegaly"}],
                "annotations": [
                    box | {"id": 1},
                    box | {"id": 2, "segmentation": [[10, 2, 20, 2, 20, 8]]},
                    box | {"id": 3, "segmentation": {"size": [40, 60], "counts": [90, 9, 2301]}},
                ],
            }
        ),
    }
    yield from ((name, text.encode()) for name, text in texts.items())
    for name, made in (
        ("chexlocalize.json", writers.chexlocalize(path, Edema=[ring])),
        ("points.json", writers.chexlocalize(path.with_suffix(".p"), Edema=[[10, 2], [20.5, 3]])),
        ("labelme.json", writers.labelme(path.with_suffix(".l"), ("Edema", "polygon", ring),
                                         mask=mask[:4, :6])),
        ("label-studio.json", writers.label_studio(path.with_suffix(".s"),
                                                   ("rectanglelabels", rectangle), by=(1, 2))),
        ("seg.dcm", writers.segmentation(path.with_suffix(".g"), image, {"Edema": mask})),
        ("sr.dcm", writers.report(path.with_suffix(".r"), image, [("POLYLINE", [*ring, ring[0]])])),
    ):  # fmt: skip
        yield name, made.read_bytes()


def spoiled(name: str, data: bytes, rng: np.random.Generator) -> bytes:
    """The file with one to four faults."""
    for _ in range(rng.integers(1, 5)):
        if not data:
            break
        if name.endswith(".json") and rng.random() < 0.7:
            data = _odd_value(data, rng)
        elif name.endswith((".csv", ".json")) and rng.random() < 0.7:
            at = int(rng.integers(len(data)))
            word = WORDS[rng.integers(len(WORDS))].encode()
            data = data[:at] + word + data[at + int(rng.integers(4)) :]
        else:
            data = _odd_bytes(data, rng)
    return data


def _odd_value(data: bytes, rng: np.random.Generator) -> bytes:
    """JSON with another value somewhere, or without one."""
    try:
        content = json.loads(data)
    except ValueError:
        return _odd_bytes(data, rng)
    node, depth = content, 0
    while isinstance(node, dict | list) and node:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = keys[rng.integers(len(keys))]
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.15 * depth:
            if rng.random() < 0.2:
                del node[key]
            else:
                node[key] = ODD[rng.integers(len(ODD))]
            break
        node, depth = inner, depth + 1
    return json.dumps(content).encode()


def _odd_bytes(data: bytes, rng: np.random.Generator) -> bytes:
    """Bytes changed, doubled or missing."""
    at = int(rng.integers(len(data)))
    length = int(2 ** rng.integers(0, 8))
    match rng.integers(6):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + data[at + length :]
        case 2:
            return data[:at] + data[at : at + length] * int(rng.integers(2, 5)) + data[at:]
        case 3:
            limit = [b"\0" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0\1"][rng.integers(4)]
            return data[:at] + limit + data[at + len(limit) :]
        case _:
            return data[:at] + bytes([int(rng.integers(256))]) + data[at + 1 :]


def read_image(path: Path) -> None:
    """As an upload is read."""
    try:
        _ = read_radiograph(path.read_bytes()).pixels
    except RadiographError as error:
        _check(str(error))


def read_marks(path: Path) -> None:
    """As an import is read, given to a case and drawn."""
    archive = RadiographArchive(path.parent / "radiographs")
    archive.put(Radiograph(np.zeros(writers.SHAPE, np.float32), (0.0, 1.0), None, "", SHA))
    try:
        brought = annotation_files.give(
            registry.read(path).entries,
            Images({SHA: NAMES}),
            LABELS,
            BUILT_IN,
            Annotators.UNION,
            "",
            archive=archive,
            annotations=AnnotationArchive(path.parent / "annotations"),
        )
    except ValueError as error:
        _check(str(error))
        return
    for fault in brought.faults:
        _check(fault.reason)
    for marks in brought.annotations.values():
        for mark in marks:
            mark.mask(writers.SHAPE)


def _check(sentence: str) -> None:
    assert "object has no attribute" not in sentence, sentence
    assert len(sentence.splitlines()) == 1, sentence


@contextmanager
def patience() -> Iterator[None]:
    """Give up what takes too long."""

    def give_up(*_: object) -> None:
        raise Slow

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)


def fault_of(read: Callable[[Path], None], path: Path) -> str:
    """What is wrong with how a file is read, "" where nothing is."""
    try:
        with patience():
            read(path)
    except Slow:
        return f"takes more than {PATIENCE} seconds"
    except Exception:
        return traceback.format_exc()
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="Files to spoil.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="Folder for files that are read wrongly.")
    given = parser.parse_args()
    faults = 0
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound = [(*file, read_image) for file in radiographs(folder)]
        sound += [(*file, read_marks) for file in annotations(folder)]
        for number in tqdm(range(given.count), unit="file"):
            rng = np.random.default_rng([given.seed, number])
            kind, data, read = sound[number % len(sound)]
            path = folder / f"spoiled{Path(kind).suffix}"
            path.write_bytes(spoiled(kind, data, rng))
            if fault := fault_of(read, path):
                faults += 1
                print(f"{kind}, seed {given.seed}, file {number}: {fault}")
                if given.keep:
                    given.keep.mkdir(parents=True, exist_ok=True)
                    (given.keep / f"{given.seed}-{number}-{kind}").write_bytes(path.read_bytes())
    seconds = time.monotonic() - begin
    print(f"{given.count} files, {faults} read wrongly, {seconds:.0f} s")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
