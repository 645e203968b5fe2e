"""Gaze in a reading is told when annotations are, and no earlier."""

import json
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.marks import Boxes, Gaze
from shamsul.findings.labels import ANATOMY, GAZE
from shamsul.reading import Store
from shamsul.settings import settings
from tests.ui.conftest import FakeBrowser, Reader, make_study, study_text


def look_at_all_cases() -> None:
    store = Store(settings().database)
    archive = AnnotationArchive(settings().data_dir / "annotations")
    gaze = Annotation(GAZE, "tracker", Gaze(np.array([[300.0, 200, 0.5]]), 20.0), "Dr. Gaze")
    heart = Annotation(ANATOMY + "heart", "tracker", Boxes(np.array([[200.0, 200, 500, 500]])))
    for case in store.cases("trial"):
        archive.add(case.image_sha256, [gaze, heart])
    store.close()


def told(reader: Reader) -> tuple[list[str], list[str]]:
    """Whose gaze and which parts of the body the viewer is told of."""
    besides = json.loads(reader.viewer_message())["gaze"]
    return tuple([one["name"] for one in besides[kind]] for kind in ("readings", "anatomy"))


@pytest.mark.parametrize("blinded", [True, False])
def test_gaze_comes_with_the_annotations(
    fake_browser: FakeBrowser, installation: Path, blinded: bool
) -> None:
    make_study(installation, study_text(blinded=blinded, debrief=True))
    look_at_all_cases()
    ada = Reader(fake_browser)
    ada.open()
    ada.fill_and_go_on()  # about the reader
    everything = (["tracker, Dr. Gaze"], ["heart"])
    nothing: tuple[list[str], list[str]] = ([], [])
    seen = []
    for _ in range(2):
        seen.append(told(ada))
        assert (seen[-1] == nothing) == ("Dr. Gaze" not in ada.viewer_message())
        ada.fill_and_go_on()
    if blinded:
        assert ada.form()["locked"]
        assert (*seen, told(ada)) == (nothing, nothing, everything)
    else:
        assert seen == [everything, everything]
