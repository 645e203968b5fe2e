"""Annotations on the model's grid."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.training import annotated
from shamsul.training.annotated import guides
from shamsul.training.datasets.asked import Data
from shamsul.training.datasets.own_csv import Names
from shamsul.training.datasets.own_csv import read as read_csv
from shamsul.training.datasets.policies import Policy, targets
from shamsul.training.guidance import Guidance

LABELS = ("Cardiomegaly", "Lung Lesion")
MANIFEST = Manifest(
    "m", "unet/resnet18", LABELS, 32, 1, Normalisation((0.5,), (0.25,)), Resize.STRETCH, "0" * 64
)


@pytest.fixture
def data(tmp_path: Path) -> Data:
    """Two pictures, 40 rows by 80 columns, and one that cannot be read."""
    for name in "ab":
        Image.fromarray(np.full((40, 80), 90, np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "c.png").write_bytes(b"no picture")
    (tmp_path / "dataset.csv").write_text(
        "image,Cardiomegaly,Lung Lesion\na.png,1,0\nb.png,,1\nc.png,1,1\n"
    )
    table, files = read_csv(tmp_path, Names(file="dataset.csv", image="image")).located()
    return Data(table, tuple(files), targets(table, Policy(), 0))


def brought(
    data: Data,
    place: Path,
    use: str,
    said: list[str],
    processes: int = 0,
    sigma: float | None = None,
):
    guidance = Guidance(annotations="marks.csv", use=use, sigma=sigma, losses={"mask-bce": 1.0})
    return guides(
        data, guidance, place, MANIFEST, 8, place / "cache", processes=processes, say=said.append
    )


BOXES = """image_id,rad_id,class_name,x_min,y_min,x_max,y_max
a,R1,Cardiomegaly,0,0,40,20
a,R2,Cardiomegaly,40,0,80,20
b,R1,Nodule/Mass,20,10,40,30
c,R1,Cardiomegaly,0,0,9,9
other,R1,Cardiomegaly,0,0,9,9
b,R1,Martian,0,0,9,9
"""


@pytest.mark.parametrize("processes", [0, 2])
def test_boxes_are_masks_of_their_label_and_absent_labels_are_empty(
    data: Data, tmp_path: Path, processes: int
) -> None:
    (tmp_path / "marks.csv").write_text(BOXES)
    said: list[str] = []
    found = brought(data, tmp_path, "findings", said, processes)
    assert found.maps.shape == (3, 2, 8, 8)
    assert found.given.tolist() == [[True, True], [False, True], [False, False]]
    # What any of the two annotators marked: the upper half.
    assert (found.maps[0, 0, :3] == 255).all() and not found.maps[0, 0, 5:].any()
    assert not found.maps[0, 1].any()
    lesion = found.maps[1, 1].astype(float)
    assert lesion[2:6, 2:4].mean() > 200 and lesion.sum() < 1.2 * 255 * 8
    assert found.empty.tolist() == [[False, True], [True, False], [True, True]]
    assert [line.rpartition(": ")[0].rpartition(" ")[2] for line in said] == ["Martian"]


def test_gaze_is_seconds_of_all_who_looked_up_to_one(data: Data, tmp_path: Path) -> None:
    (tmp_path / "marks.csv").write_text(
        "DICOM_ID,X_ORIGINAL,Y_ORIGINAL,FPOGD\na,20,20,0.1\na,60,20,0.3\n"
    )
    found = brought(data, tmp_path, "gaze", [])
    assert found.maps.shape == (3, 1, 8, 8)
    assert found.given.tolist() == [[True], [False], [False]]
    assert found.maps[0].max() > 250
    # The Gaussian of EGD-CXR is wider than these pictures: what is seen is on which side more is.
    assert found.maps[0, 0, :, 6].mean() > found.maps[0, 0, :, 1].mean()
    sharp = brought(data, tmp_path, "gaze", [], sigma=0.05).maps[0, 0].astype(float)
    # Two rows and ten columns to a cell: each fixation lies between four.
    first, second = sharp[3:5, 1:3].sum(), sharp[3:5, 5:7].sum()
    assert second == pytest.approx(3 * first, rel=0.05)
    assert first + second == pytest.approx(sharp.sum(), rel=0.05)


def test_a_second_time_opens_no_image(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "marks.csv").write_text(BOXES.replace("c,R1", "other,R1"))
    first = brought(data, tmp_path, "findings", [])

    def fail(_: Path) -> None:
        raise AssertionError

    monkeypatch.setattr(annotated, "opened", fail)
    again = brought(data, tmp_path, "findings", [])
    assert (again.maps == first.maps).all() and (again.given == first.given).all()


@pytest.mark.parametrize(
    ("text", "use", "reason"),
    [
        (BOXES, "gaze", "Nothing in .* is gaze in one of the images"),
        ("a,b\n1,2\n", "findings", "none of the known formats"),
    ],
)
def test_what_cannot_guide_is_one_sentence(
    data: Data, tmp_path: Path, text: str, use: str, reason: str
) -> None:
    (tmp_path / "marks.csv").write_text(text)
    with pytest.raises(ValueError, match=rf"{reason}.*\.$"):
        brought(data, tmp_path, use, [])
