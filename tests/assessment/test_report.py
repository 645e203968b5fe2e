"""An assessment as files."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from shamsul.assessment import figures, gallery
from shamsul.assessment.report import files
from shamsul.assessment.results import Assessment, Evaluated
from shamsul.assessment.tables import tables
from shamsul.classifiers.calibration import Calibration
from tests.assessment.made import made
from tests.classifiers.conftest import tiny

LABELS = ("Edema", "A <b>& label")


@pytest.fixture(scope="module")
def found() -> Assessment:
    scored = made(120, LABELS)
    other = replace(scored, logits=-scored.logits)
    calibration = Calibration("platt", "CheXpert", 40, {"Edema": 1.5}, {"Edema": 0.1})
    return Assessment(
        manifest=tiny(labels=LABELS, calibration=calibration, trained_on=""),
        data=Evaluated("CheXpert", "test", "uncertain ones are left out", 120, 50),
        scored=scored,
        tables=tables(scored, other, calibration=calibration, replicates=30),
        date="2026-01-02",
        replicates=30,
        seed=0,
        notes=("Images that cannot be read: 3.",),
        other=tiny(name="other", labels=LABELS),
        other_scored=other,
    )


@pytest.fixture(scope="module")
def made_files(found: Assessment) -> dict[str, bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 32, 32), np.uint8)
    shown = tuple(gallery.plates(found.scored, pixels, np.arange(50, 170)))
    return files(found, figures.draw(found), shown)


def test_every_table_and_figure_is_a_file(made_files: dict[str, bytes]) -> None:
    for name in ("metrics", "subgroups", "calibration", "reliability", "comparison"):
        assert made_files[f"{name}.csv"].count(b"\r\n") > 2
    for name in ("roc", "precision_recall", "reliability", "subgroups"):
        assert made_files[f"{name}.png"].startswith(b"\x89PNG")
        assert b"<svg" in made_files[f"{name}.svg"]
    assert list(made_files)[-1] == "report.html"


def test_the_page_loads_nothing_and_escapes_what_others_named(
    made_files: dict[str, bytes],
) -> None:
    page = made_files["report.html"].decode()
    assert "<b>" not in page and "A &lt;b&gt;&amp; label" in page
    assert not re.findall(r'src="(?!data:)|<script|<link', page)
    assert "default-src 'none'" in page
    for word in ("DeLong", "Wilson", "bootstrap", "calibrated on CheXpert (40 images)"):
        assert word in page
    assert "Images that cannot be read: 3." in page


def test_the_card_has_the_sections_of_mitchell(made_files: dict[str, bytes]) -> None:
    card = made_files["card.md"].decode()
    assert re.findall(r"^## (.+)$", card, re.M) == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ]
    assert "10.1145/3287560.3287596" in card
    assert "## Training data\n- Not known." in card
    assert "{" not in card
    assert card.count("| Edema | ") == 1


def test_undefined_numbers_are_null(made_files: dict[str, bytes], found: Assessment) -> None:
    content = json.loads(made_files["report.json"])
    assert content["about"]["Probabilities"].startswith("calibrated on CheXpert")
    row = content["tables"]["metrics"][0]
    assert row["auroc"] == pytest.approx(found.tables["metrics"]["auroc"][0])
    assert "NaN" not in made_files["report.json"].decode()


def test_the_gallery_has_the_surest_errors_of_the_right_images(found: Assessment) -> None:
    scored = found.scored
    false_positives, false_negatives = gallery.worst(scored, 0)
    assert 0 < len(false_positives) <= gallery.MOST
    wrong = [
        (scored.probabilities[image, 0], image)
        for image in range(len(scored))
        if scored.known[image, 0] and not scored.present[image, 0] and scored.positive[image, 0]
    ]
    assert list(false_positives) == [image for _, image in sorted(wrong, reverse=True)[:6]]
    missed = [
        (scored.probabilities[image, 0], image)
        for image in range(len(scored))
        if scored.known[image, 0] and scored.present[image, 0] and not scored.positive[image, 0]
    ]
    assert list(false_negatives) == [image for _, image in sorted(missed)[:6]]


def test_a_model_without_errors_has_no_gallery() -> None:
    scored = made(30)
    right = replace(scored, present=scored.positive)
    assert list(gallery.plates(right, np.zeros((30, 8, 8), np.uint8), np.arange(30))) == []


def test_findings_that_no_image_has_are_in_the_tables_only(found: Assessment) -> None:
    scored = replace(found.scored, present=np.zeros_like(found.scored.present))
    empty = replace(
        found, scored=scored, tables=tables(scored, replicates=3), other=None, other_scored=None
    )
    assert figures.draw(empty) == ()
    written = files(empty, ())
    assert "All images are with the finding, or all without it." in written["report.html"].decode()
    assert "comparison.csv" not in written
    few = scored.present.copy()
    few[np.flatnonzero(scored.known[:, 0])[:3], 0] = True
    scored = replace(scored, present=few)
    some = replace(empty, scored=scored, tables=tables(scored, replicates=3))
    assert "subgroups" not in {picture.name for picture in figures.draw(some)}


def test_limits_follow_from_the_facts(found: Assessment) -> None:
    everything = replace(
        found,
        manifest=tiny(labels=LABELS),
        data=replace(found.data, side="all", each_its_own=True),
    )
    said = " ".join(everything.limits)
    for words in ("may have learned from", "does not tell patients", "not calibrated"):
        assert words in said
        assert words not in " ".join(found.limits)
