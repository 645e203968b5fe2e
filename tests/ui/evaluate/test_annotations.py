"""The view Annotations of the Evaluate page, by its logic."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.marks import Boxes
from shamsul.reading import Store
from shamsul.reading.database.accounts import Accounts, Role
from shamsul.reading.demo import EXACT
from shamsul.settings import ASSETS, settings
from shamsul.ui.evaluate.importing import LEAVE_OUT
from shamsul.ui.shared import sign_in
from tests.annotations.writers import png
from tests.ui.conftest import Visitor, make_study, study_text

APP = Path(__file__).resolve().parents[3] / "app.py"
IMAGE = ASSETS / "demo" / "phantom-0006.png"  # without a finding
SHA256 = hashlib.sha256(IMAGE.read_bytes()).hexdigest()
STUDY = "phantom-demo"
ANNOTATIONS, RADIOGRAPHS = "Annotation files", "Radiographs that the annotations name"


class Coordinator:
    """What a coordinator does in the view."""

    def __init__(self, study: str = "Phantom demo") -> None:
        # Not run before: from another page of the session the address would be lost.
        self.app = AppTest.from_file(str(APP), default_timeout=60)
        self.app.query_params["view"] = "Annotations"
        self.app.query_params["study"] = study
        self.app.switch_page("pages/evaluate.py").run()
        assert not self.app.exception

    def give(self, *files: tuple[str, bytes], to: str = ANNOTATIONS) -> None:
        uploader = next(one for one in self.app.file_uploader if one.label == to)
        uploader.set_value([(name, data, "application/octet-stream") for name, data in files])
        self.app.run()
        assert not self.app.exception

    def press(self, label: str) -> None:
        next(button for button in self.app.button if button.label == label).click().run()
        assert not self.app.exception

    def said(self) -> str:
        app = self.app
        assert not [error for error in app.error if "could not be drawn" in error.value]
        kinds = (app.error, app.warning, app.info, app.success, app.caption, app.markdown)
        return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")

    def table(self, column: str):
        """The table that has a column."""
        found = [one.value for one in self.app.dataframe if column in one.value.columns]
        return found[0] if found else None

    def set_labels(self, labels: dict[int, str]) -> None:
        """Choose labels of the model in some rows."""
        (editor,) = self.app.data_editor
        self.app.session_state[editor.key] = {
            "edited_rows": {row: {"Label of the model": label} for row, label in labels.items()},
            "added_rows": [],
            "deleted_rows": [],
        }
        self.app.run()
        assert not self.app.exception


@pytest.fixture
def coordinator(installation: Path) -> Coordinator:
    return Coordinator()


@pytest.fixture
def kept(installation: Path) -> AnnotationArchive:
    return AnnotationArchive(installation / "annotations")


def shape() -> tuple[int, int]:
    with Image.open(IMAGE) as image:
        return image.height, image.width


def polygons(image: str = "phantom-0006", **labels: list[list[float]]) -> tuple[str, bytes]:
    """A file of CheXlocalize, corners as columns and rows."""
    rings = {name.replace("_", " "): [ring] for name, ring in labels.items()}
    content = {image: {"img_size": list(shape())} | rings}
    return "gt_annotations.json", json.dumps(content).encode()


def vindr(*rows: str) -> tuple[str, bytes]:
    header = "image_id,rad_id,class_name,x_min,y_min,x_max,y_max"
    return "train.csv", "\n".join([header, *rows, ""]).encode()


def archive(**entries: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return data.getvalue()


SQUARE = [[10.0, 20.0], [30.0, 20.0], [30.0, 60.0], [10.0, 60.0]]


def test_what_is_annotated_is_listed(coordinator: Coordinator) -> None:
    table = coordinator.table("Finding")
    masks = list((ASSETS / "demo").glob("*--*.png"))
    assert len(table) == len(masks)
    assert set(table["Source"]) == {EXACT} and set(table["Kind"]) == {"mask"}
    assert set(table["Case"]) == {path.stem.split("--")[0] for path in masks}
    assert f"{len(masks)} annotations** on 7 of 8 cases" in coordinator.said()


def test_a_case_is_a_link_away(coordinator: Coordinator, installation: Path) -> None:
    coordinator.app.selectbox(key="annotated-case").set_value("phantom-0006").run()
    (link,) = [one for one in coordinator.app.get("page_link") if "case=" in one.proto.query_string]
    store = Store(settings().database)
    case = next(one for one in store.cases(STUDY) if one.image_sha256 == SHA256)
    store.close()
    assert (link.proto.page, link.proto.query_string) == ("review", f"case={case.id}")


def test_polygons_are_imported_with_the_label_that_was_set(
    coordinator: Coordinator, kept: AnnotationArchive
) -> None:
    coordinator.give(polygons(Pleural_Effusion=SQUARE, Airspace_Haze=SQUARE, Hernia_Sac=SQUARE))
    table = coordinator.table("Marks")
    # What the table of labels does not know comes first.
    assert table.values.tolist() == [
        ["Airspace Haze", 1, LEAVE_OUT],
        ["Hernia Sac", 1, LEAVE_OUT],
        ["Pleural Effusion", 1, "Pleural Effusion"],
    ]
    assert "CheXlocalize polygons: 1 of 1 image found" in coordinator.said()
    assert kept.get(SHA256) == ()
    coordinator.set_labels({0: "Consolidation", 2: LEAVE_OUT})
    coordinator.press("Import")
    (only,) = kept.get(SHA256)
    assert (only.label, only.source, only.kind) == ("Consolidation", "CheXlocalize", "polygons")
    np.testing.assert_array_equal(only.mark.rings[0], np.array(SQUARE)[:, ::-1])
    assert "1 annotation imported, on 1 case." in coordinator.said()
    assert set(coordinator.table("Reason")["Entry"]) == {"Hernia Sac", "Pleural Effusion"}
    assert "CheXlocalize" in set(coordinator.table("Finding")["Source"])


def test_several_annotators_vote(coordinator: Coordinator, kept: AnnotationArchive) -> None:
    coordinator.give(
        vindr(
            "phantom-0006,R1,Nodule/Mass,10,20,30,40",
            "phantom-0006,R2,Nodule/Mass,20,20,40,40",
            "phantom-0006,R3,No finding,,,,",
        )
    )
    (rule,) = [one for one in coordinator.app.button_group if one.label == "Several annotators"]
    rule.set_value("Majority").run()
    coordinator.app.text_input(key=f"source-{STUDY}").set_value(" Panel 2026 ").run()
    coordinator.press("Import")
    (only,) = kept.get(SHA256)
    expected = np.zeros(shape(), bool)
    expected[20:40, 20:30] = True  # two of three
    np.testing.assert_array_equal(only.mask(shape()), expected)
    assert (only.label, only.source) == ("Lung Lesion", "Panel 2026")


def test_every_fault_is_listed_and_can_be_downloaded(coordinator: Coordinator) -> None:
    coordinator.give(
        vindr(
            "phantom-0006,R1,Nodule/Mass,10,20,30,40",
            "phantom-0006,R1,Cardiomegaly,a,20,30,40",
            *(f"=elsewhere-{number},R1,Cardiomegaly,10,20,30,40" for number in range(30)),
        )
    )
    coordinator.press("Import")
    faults = coordinator.table("Reason")
    assert len(faults) == 31
    assert faults["Entry"][0] == "row 3" and "not a number" in faults["Reason"][0]
    assert set(faults["Reason"][1:]) == {"no case is of this image"}
    labels = [button.proto.label for button in coordinator.app.get("download_button")]
    assert labels == ["Annotations (JSON)", "Download messages (CSV)"]


def test_radiographs_tell_their_names_and_are_forgotten(
    coordinator: Coordinator, kept: AnnotationArchive, installation: Path
) -> None:
    name = "valid/patient7/study1/view1_frontal.png"
    coordinator.give(polygons("patient7_study1_view1_frontal", Pleural_Effusion=SQUARE))
    assert "0 of 1 image" in coordinator.said()
    coordinator.press("Import")
    assert "Nothing of the files was imported" in coordinator.said()
    assert list(coordinator.table("Reason")["Reason"]) == ["no case is of this image"]
    coordinator.give((name, b"another file"), to=RADIOGRAPHS)
    assert "None of these files is a case" in coordinator.said()
    coordinator.give((name, IMAGE.read_bytes()), to=RADIOGRAPHS)
    assert "File names of 1 of 8 cases are known." in coordinator.said()
    assert "1 of 1 image" in coordinator.said()
    coordinator.press("Import")
    assert [one.label for one in kept.get(SHA256)] == ["Pleural Effusion"]
    (uploader,) = [one for one in coordinator.app.file_uploader if one.label == RADIOGRAPHS]
    assert not uploader.value
    files = [path for path in installation.rglob("*") if path.is_file()]
    assert not [path for path in files if b"patient7" in path.read_bytes()]


def test_masks_come_in_an_archive(coordinator: Coordinator, kept: AnnotationArchive) -> None:
    region = np.zeros(shape(), bool)
    region[5:9, 7:30] = True
    packed = archive(**{"masks/phantom-0006--Pleural_Effusion.png": png(region)})
    coordinator.give(("masks.zip", packed))
    coordinator.press("Import")
    (only,) = kept.get(SHA256)
    assert only.label == "Pleural Effusion"
    np.testing.assert_array_equal(only.mask(shape()), region)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([("a.json", b'{"a": ')], "a.json is not valid JSON"),
        ([("a_b.json", b'{"a": 1}')], "a_b.json has none of the known formats."),
        ([("a.zip", archive(**{"../../a.json": b"{}"}))], "a.zip has entries that lead out"),
        ([("a.zip", archive(a=b"1" * 1000)[:-30])], "a.zip is damaged"),
        ([vindr(), vindr()], "two files are named train.csv"),
    ],
    ids=["damaged", "unknown", "traversal", "damaged archive", "same name"],
)
def test_files_are_refused_in_a_sentence(
    coordinator: Coordinator, kept: AnnotationArchive, files: list[tuple[str, bytes]], says: str
) -> None:
    coordinator.give(*files)
    (error,) = coordinator.app.error
    assert says in error.value.replace("\\", "")
    assert "Import" not in [button.label for button in coordinator.app.button]
    # Other files are taken as if nothing had been.
    coordinator.give(polygons(Pleural_Effusion=SQUARE))
    coordinator.press("Import")
    assert len(kept.get(SHA256)) == 1


def test_readers_drawings_are_not_replaced(
    coordinator: Coordinator, kept: AnnotationArchive
) -> None:
    own = Annotation("Pleural Effusion", DRAWN, Boxes(np.array([[1.0, 2, 3, 4]])), "Ada")
    kept.add(SHA256, [own])
    coordinator.give(polygons(Pleural_Effusion=SQUARE))
    coordinator.app.text_input(key=f"source-{STUDY}").set_value(DRAWN).run()
    coordinator.press("Import")
    assert "Nothing was imported: " in coordinator.said()
    assert [one.author for one in kept.get(SHA256)] == ["Ada"]


def test_a_source_is_removed_after_a_second_question(
    coordinator: Coordinator, kept: AnnotationArchive, installation: Path
) -> None:
    other = ASSETS / "demo" / "phantom-0002.png"
    sha256 = hashlib.sha256(other.read_bytes()).hexdigest()
    box = Boxes(np.array([[1.0, 2, 3, 4]]))
    kept.add(sha256, [Annotation("Lung Lesion", "Panel", box)])
    kept.add(sha256, [Annotation("Lung Lesion", DRAWN, box, "Ada")])
    coordinator.app.run()
    offered = coordinator.app.selectbox(key=f"removed-source-{STUDY}")
    assert offered.options == [EXACT, "Panel"]  # not what readers have drawn
    before = len(kept.get(sha256))
    coordinator.press("Remove …")
    assert "13 annotations of phantom (exact) on 7 cases of Phantom demo" in coordinator.said()
    assert len(kept.get(sha256)) == before
    coordinator.press("Remove them for good")
    assert {one.source for one in kept.get(sha256)} == {"Panel", DRAWN}
    assert set(coordinator.table("Finding")["Source"]) == {"Panel", DRAWN}
    assert "13 annotations of phantom (exact) removed." in coordinator.said()


def test_other_studies_of_the_same_radiographs_are_named(installation: Path) -> None:
    make_study(installation, study_text(cases=("phantom-0001",)))
    coordinator = Coordinator("Trial")
    assert list(coordinator.table("Finding")["Case"]) == ["phantom-0001"]
    coordinator.press("Remove …")
    assert "lose them in: Phantom demo." in coordinator.said()


def test_a_study_without_cases_says_so(installation: Path) -> None:
    coordinator = Coordinator("My radiographs")
    assert "This study has no cases yet." in coordinator.said()
    assert not coordinator.app.file_uploader


def test_damaged_annotations_are_a_sentence(coordinator: Coordinator, installation: Path) -> None:
    (installation / "annotations" / f"{SHA256}.json").write_bytes(b"{")
    coordinator.app.run()
    assert "What is annotated cannot be shown: the annotations in" in coordinator.said()


def test_readers_cannot_open_it(
    installation: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAMSUL_SIGN_IN", "accounts")
    settings.cache_clear()
    accounts: Accounts = sign_in._accounts()
    accounts.add("Ada", Role.READER, "correct horse")
    visitor.cookies[sign_in.COOKIE] = accounts.sign_in("Ada", "correct horse")
    coordinator = Coordinator()
    assert "This page is for coordinators." in coordinator.said()
    assert not coordinator.app.file_uploader and not coordinator.app.dataframe
