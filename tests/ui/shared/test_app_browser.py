"""The main job in a real browser: upload, look, rate, export; and nothing saved is ever lost."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

from tests.ui.conftest import eventually

pytestmark = pytest.mark.browser

METHODS = ("LIME", "SHAP", "Grad-CAM", "LRP")
LOCATION = "The map highlights the correct location of the finding."
PATIENT = "Doe^Jane"
SAVED = re.compile(r"Saved at \d\d:\d\d")


def dicom() -> bytes:
    """A small phantom as a DICOM of a named patient."""
    from shamsul.phantom import Grade, render

    pixels = render(5, findings={"Cardiomegaly": Grade.OBVIOUS}, shape=(512, 432)).pixels
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID
    dataset.PatientName, dataset.PatientID, dataset.Modality = PATIENT, "P-4711", "DX"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = np.rint(pixels * 4095).astype("<u2").tobytes()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], data_dir: Path) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(data_dir)})


def panel(page: Page, method: str, label: str):
    return page.get_by_role("img", name=f"{method} heatmap for {label}", exact=True)


def wait_for_maps(page: Page, label: str) -> None:
    for method in METHODS:
        expect(panel(page, method, label)).to_be_visible()
        expect(panel(page, method, label)).not_to_have_attribute(
            "aria-busy", "true", timeout=240_000
        )


def shown_label(page: Page) -> str:
    first = page.get_by_role("img", name=re.compile("^Grad-CAM heatmap for ")).first
    return str(first.get_attribute("aria-label")).removeprefix("Grad-CAM heatmap for ")


def rate(page: Page) -> None:
    """Have the questions below the pictures."""
    page.get_by_test_id("stButtonGroup").get_by_text("Rate", exact=True).click()


def scale(page: Page, method: str):
    return page.get_by_role("radiogroup", name=f"{method}: {LOCATION}", exact=True)


def export(page: Page) -> list[dict[str, str]]:
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download ratings (CSV)").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_upload_look_rate_and_export(page: Page, url: str, data_dir: Path, tmp_path: Path) -> None:
    page.goto(url)
    expect(page.get_by_text("Research use only").filter(visible=True).first).to_be_visible()
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()

    (tmp_path / "DOE_JANE.dcm").write_bytes(dicom())
    (tmp_path / "letter.txt").write_text("not a radiograph")
    page.get_by_label("Upload radiographs").locator("input[type=file]").set_input_files(
        [tmp_path / "DOE_JANE.dcm", tmp_path / "letter.txt"]
    )
    expect(page.get_by_text("1 radiograph added")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="1 file not added")).to_be_visible()

    # The newest: a test that is run once more meets what it uploaded before.
    page.get_by_role("link", name=re.compile("CXR-")).last.click()
    expect(page.get_by_role("img", name="Radiograph", exact=True)).to_be_visible()
    expect(page.get_by_text("never saw a patient")).to_be_visible()
    label = shown_label(page)
    wait_for_maps(page, label)
    rate(page)
    expect(page.get_by_text("Type a reader's name at the top of the page to rate")).to_be_visible()
    page.get_by_role("textbox", name="Reader").fill("Ada")
    page.keyboard.press("Enter")

    before = panel(page, "SHAP", label).screenshot()
    page.get_by_role("slider", name="SHAP opacity", exact=True).fill("0")
    eventually(page, lambda: panel(page, "SHAP", label).screenshot() != before)

    expect(scale(page, "Grad-CAM").get_by_role("radio")).to_have_count(6)
    for radio in scale(page, "Grad-CAM").get_by_role("radio").all():
        expect(radio).not_to_be_checked()
    scale(page, "Grad-CAM").get_by_role("radio", name="4", exact=True).click()
    expect(page.get_by_text(SAVED)).to_be_visible()
    (row,) = export(page)
    assert (row["label"], row["method"], row["item"], row["score"]) == (
        label,
        "grad_cam",
        "location",
        "4",
    )
    assert row["case"].startswith("CXR-")
    assert json.loads(row["blinded"]) is False

    for file in data_dir.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for name in (PATIENT.encode(), b"DOE_JANE", b"P-4711"):
                assert name not in content


def test_what_was_shown_as_saved_survives_a_killed_server(
    page: Page,
    start_app,
    tmp_path: Path,
) -> None:
    env = {"SHAMSUL_DATA_DIR": str(tmp_path)}
    url = start_app("app.py", env)
    page.goto(f"{url}/review?case=1&reader=Ada")
    label = shown_label(page)
    wait_for_maps(page, label)
    rate(page)
    expect(scale(page, "LIME")).to_be_visible()
    scale(page, "Grad-CAM").get_by_role("radio", name="2", exact=True).click()
    expect(page.get_by_text(SAVED)).to_be_visible()
    start_app.kill(url)

    page.goto(f"{start_app('app.py', env)}/review?case=1&reader=Ada")
    wait_for_maps(page, label)
    rate(page)
    checked = scale(page, "Grad-CAM").get_by_role("radio", name="2", exact=True)
    expect(checked).to_be_checked()
    (row,) = export(page)
    assert (row["score"], row["revision"]) == ("2", "1")


def test_answers_given_while_maps_arrive_are_kept(page: Page, start_app, tmp_path: Path) -> None:
    url = start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path)})
    page.goto(f"{url}/review?case=1&reader=Ada")
    label = shown_label(page)
    rate(page)
    clicks = 0
    while page.locator("[role=img][aria-busy=true]").count() or clicks < 10:
        clicks += 1
        score = "12345"[clicks % 5]
        scale(page, "Grad-CAM").get_by_role("radio", name=score, exact=True).click()
        page.wait_for_timeout(150)
    wait_for_maps(page, label)
    expect(page.get_by_text(SAVED)).to_be_visible()
    (row,) = export(page)
    assert (row["score"], row["revision"]) == (score, str(clicks))


def test_answer_given_while_the_server_is_away_is_saved_when_it_is_back(
    page: Page, start_app, tmp_path: Path
) -> None:
    env = {"SHAMSUL_DATA_DIR": str(tmp_path)}
    url = start_app("app.py", env)
    page.goto(f"{url}/review?case=1&reader=Ada")
    rate(page)
    expect(scale(page, "LRP")).to_be_visible(timeout=240_000)
    start_app.kill(url)
    scale(page, "LRP").get_by_role("radio", name="Cannot judge", exact=True).click()
    page.wait_for_timeout(1000)
    expect(page.get_by_text(SAVED)).to_have_count(0)
    start_app("app.py", env, port=int(url.rsplit(":", 1)[1]))
    expect(page.get_by_text(SAVED)).to_be_visible(timeout=240_000)
    # A map that comes draws the page anew, and Streamlit drops what is about to be downloaded.
    wait_for_maps(page, shown_label(page))
    (row,) = export(page)
    assert (row["method"], row["cannot_judge"]) == ("lrp", "true")


def test_keys_answer_the_questionnaire(page: Page, url: str) -> None:
    page.goto(f"{url}/review?case=2&reader=Ada")
    rate(page)
    first = scale(page, "Grad-CAM")
    first.get_by_role("radio", name="1", exact=True).focus()
    page.keyboard.press("3")
    expect(first.get_by_role("radio", name="3", exact=True)).to_be_checked()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")  # moves, does not answer
    second = page.get_by_role("radiogroup", name="Grad-CAM: The map covers the whole finding.")
    expect(second.get_by_role("radio", name="4", exact=True)).to_be_focused()
    expect(second.get_by_role("radio", checked=True)).to_have_count(0)
    page.keyboard.press("Enter")
    expect(second.get_by_role("radio", name="4", exact=True)).to_be_checked()
    page.keyboard.press("Delete")
    expect(second.get_by_role("radio", checked=True)).to_have_count(0)
    expect(page.get_by_text("Answer taken back at")).to_be_visible()
    expect(first.get_by_role("radio", name="3", exact=True)).to_be_checked()
