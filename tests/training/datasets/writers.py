"""Small data sets with invented rows, laid out as their owners lay them out."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from shamsul.training.datasets.chexpert import LABELS

Rows = Sequence[Sequence[object]]


def write_csv(path: Path, header: Sequence[str], rows: Rows) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")


def write_images(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def findings(**said: str) -> list[str]:
    """Cells of CheXpert's labels, blank but for those that are given (_ for a space)."""
    return [said.get(name.replace(" ", "_"), "") for name in LABELS]


def chexpert(root: Path, release: str = "CheXpert-v1.0") -> None:
    header = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *LABELS)
    first, second, third = (
        "train/patient00001/study1/view1_frontal.jpg",
        "train/patient00001/study1/view2_lateral.jpg",
        "train/patient00002/study1/view1_frontal.jpg",
    )
    rows = [
        (f"{release}/{first}", "Female", 61, "Frontal", "AP", *findings(Edema="-1.0")),
        (f"{release}/{second}", "Female", 61, "Lateral", "", *findings(Edema="0.0")),
        (f"{release}/{third}", "Unknown", 0, "Frontal", "PA", *findings(Edema="1.0")),
    ]
    write_csv(root / "train.csv", header, rows)
    valid = "valid/patient64541/study1/view1_frontal.jpg"
    write_csv(
        root / "valid.csv",
        header,
        [(f"{release}/{valid}", "Male", 73, "Frontal", "AP", *["0.0"] * len(LABELS))],
    )
    write_images(root, first, second, third, valid)


def chexlocalize(root: Path, beginning: str = "") -> None:
    """The sides that CheXlocalize ships, with nothing but paths and labels."""
    lateral = "test/patient64742/study1/view2_lateral.jpg"
    for file, images in (
        ("val_labels.csv", ["val/patient64541/study1/view1_frontal.jpg"]),
        ("test_labels.csv", ["test/patient64741/study1/view1_frontal.jpg", lateral]),
    ):
        rows = [(beginning + image, *["0"] * (len(LABELS) - 1), "1") for image in images]
        write_csv(root / file, ("Path", *LABELS), rows)
        write_images(root, *images)


NIH_HEADER = (
    "Image Index",
    "Finding Labels",
    "Follow-up #",
    "Patient ID",
    "Patient Age",
    "Patient Gender",
    "View Position",
    # The owner does not quote the comma within these.
    "OriginalImage[Width",
    "Height]",
    "OriginalImagePixelSpacing[x",
    "y]",
)


def nih(root: Path) -> None:
    end = (2000, 2000, 0.1, 0.1)
    write_csv(
        root / "Data_Entry_2017_v2020.csv",
        NIH_HEADER,
        [
            ("1_000.png", "Hernia|Edema", 0, 1, 40, "M", "PA", *end),
            ("1_001.png", "No Finding", 1, 1, 41, "M", "AP", *end),
            ("2_000.png", "Mass", 0, 2, 414, "F", "PA", *end),
        ],
    )
    (root / "train_val_list.txt").write_text("1_000.png\n1_001.png\n")
    (root / "test_list.txt").write_text("2_000.png")
    write_images(root, "images_001/images/1_000.png", "images_001/images/1_001.png")
    write_images(root, "images_002/images/2_000.png")


def mimic(root: Path) -> None:
    start = root / "mimic-cxr-2.0.0-"
    write_csv(
        Path(f"{start}metadata.csv"),
        ("dicom_id", "subject_id", "study_id", "ViewPosition"),
        [
            ("aa", 10000001, 50000001, "PA"),
            ("bb", 10000001, 50000001, "LATERAL"),
            ("cc", 11000002, 50000002, "LPO"),
        ],
    )
    write_csv(
        Path(f"{start}chexpert.csv"),
        ("subject_id", "study_id", *sorted(LABELS)),
        [
            (10000001, 50000001, "1.0", *[""] * 13),
            (11000002, 50000002, "-1.0", *[""] * 13),
        ],
    )
    write_csv(
        Path(f"{start}split.csv"),
        ("dicom_id", "study_id", "subject_id", "split"),
        [
            ("aa", 50000001, 10000001, "train"),
            ("bb", 50000001, 10000001, "train"),
            ("cc", 50000002, 11000002, "validate"),
        ],
    )
    study = "files/p10/p10000001/s50000001"
    write_images(root, f"{study}/aa.jpg", f"{study}/bb.jpg")
    write_images(root, "files/p11/p11000002/s50000002/cc.jpg")


def egd(root: Path) -> None:
    paths = [f"files/p10/p1000000{n}/s5000000{n}/{name}" for n, name in ((1, "aa"), (2, "bb"))]
    write_csv(
        root / "master_sheet.csv",
        (
            *("dicom_id", "path", "study_id", "patient_id", "gender", "anchor_age"),
            *("image_top_pad", "image_bottom_pad", "image_left_pad", "image_right_pad"),
            *("Normal", "CHF", "pneumonia", "cxr_exam_indication"),
        ),
        [
            ("aa", f"{paths[0]}.dcm", 50000001, 10000001, "F", 71, *[0] * 4, 1, 0, 0, "cough,"),
            ("bb", f"{paths[1]}.dcm", 50000002, 10000002, "M", 33, *[0] * 4, 0, 1, 1, "x"),
        ],
    )
    write_images(root, f"{paths[0]}.dcm", f"{paths[1]}.dcm")


def vindr(root: Path) -> None:
    labels = ("Cardiomegaly", "Other diseases", "No finding")
    write_csv(
        root / "annotations/image_labels_train.csv",
        ("image_id", "rad_id", *labels),
        [
            ("aa", "R1", 1, 0, 0),
            ("aa", "R2", 1, 1, 0),
            ("aa", "R3", 0, 0, 1),
            ("bb", "R1", 0, 0, 1),
            ("bb", "R4", 0, 1, 0),
        ],
    )
    write_csv(root / "annotations/image_labels_test.csv", ("image_id", *labels), [("cc", 0, 1, 0)])
    write_images(root, "train/aa.dicom", "train/bb.dicom", "test/cc.dicom")


def padchest(root: Path) -> None:
    header = (
        "",
        "ImageID",
        "ImageDir",
        "StudyDate_DICOM",
        "PatientID",
        "PatientBirth",
        "PatientSex_DICOM",
        "Projection",
        "Report",
        "Labels",
    )
    write_csv(
        root / "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv",
        header,
        [
            (0, "a.png", 3, 20150102, 7, "1950.0", "F", "AP_horizontal", "x, y", "['normal']"),
            (1, "b.png", 4, 20150102, 7, "1950.0", "F", "L", "", "[' edema', 'unchanged', '']"),
            (2, "c.png", 4, 20150102, 8, "0", "O", "PA", "", "nan"),
        ],
    )
    write_images(root, "3/a.png", "4/b.png", "4/c.png")


def rsna(root: Path) -> None:
    write_csv(
        root / "stage_2_train_labels.csv",
        ("patientId", "x", "y", "width", "height", "Target"),
        [("aa", "", "", "", "", 0), ("bb", 1, 2, 3, 4, 1), ("bb", 5, 6, 7, 8, 1)],
    )
    write_images(root, "stage_2_train_images/aa.dcm", "stage_2_train_images/bb.dcm")


def siim(root: Path) -> None:
    write_csv(
        root / "train-rle.csv",
        ("ImageId", " EncodedPixels"),
        [("1.2.3", " -1"), ("1.2.4", " 10 2 5 3"), ("1.2.4", " 90 1")],
    )
    write_images(root, "dicom-images-train/1/2/1.2.3.dcm", "dicom-images-train/3/4/1.2.4.dcm")


def phantoms(root: Path) -> None:
    write_csv(
        root / "labels.csv",
        ("file", "case", "Edema", "No Finding", "Edema grade"),
        [("a.png", "a", 1, 0, "subtle"), ("b.png", "b", 0, 1, "")],
    )
    write_images(root, "a.png", "b.png")


def own_csv(root: Path) -> None:
    write_csv(
        root / "dataset.csv",
        ("image", "patient", "view", "sex", "age", "split", "Edema", "Mass"),
        [
            ("x/a.png", "p", "pa", "F", "30", "train", 1, ""),
            ("x/b.png", "p", "oblique", "M", "", "", -1, 0),
        ],
    )
    write_images(root, "x/a.png", "x/b.png")


def study(root: Path) -> None:
    """As the app writes a study."""
    images = [f"images/{digit * 64}.npz" for digit in "ab"]
    cells = ("", "", "", "")
    write_csv(
        root / "dataset.csv",
        ("image", "patient", "view", "sex", "age", "split", "Edema", "Lung Lesion"),
        [(images[0], "case-001", *cells, 1, ""), (images[1], "case-002", *cells, -1, 0)],
    )
    write_images(root, *images)


WRITERS: Mapping[str, Callable[[Path], None]] = {
    "chexpert": chexpert,
    "nih": nih,
    "mimic-cxr-jpg": mimic,
    "egd-cxr": egd,
    "vindr-cxr": vindr,
    "padchest": padchest,
    "rsna-pneumonia": rsna,
    "siim-pneumothorax": siim,
    "phantoms": phantoms,
    "csv": own_csv,
}
