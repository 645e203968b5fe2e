"""What scores against gaze come to."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shamsul.localisation.figures import NAMES, draw
from shamsul.localisation.gaze_results import (
    collect,
    frame,
    labels_in_words,
    over_readers,
    summarise,
)
from shamsul.localisation.gaze_scores import METRICS, GazeRules, GazeScore, Prior
from shamsul.localisation.report import files
from shamsul.localisation.score import HUMAN
from shamsul.localisation.tables import DISTANCES, UNBOUNDED


def score(image: str, method: str, reader: str = "Ada", **values: object) -> GazeScore:
    return GazeScore(image, "Edema", method, reader, fixations=10, seconds=2.5, **values)


def varied(images: int = 6) -> list[GazeScore]:
    """Two readers of each image; Grad-CAM is the worst, and another reader the best."""
    rng = np.random.default_rng(0)
    gains = {"grad_cam": 0.0, "centred_gaussian": 1.0, HUMAN: 2.0}
    return [
        score(
            f"i{image}",
            method,
            reader,
            **{
                name: -gain if name in DISTANCES else gain + rng.uniform(0, 0.1) for name in METRICS
            },
        )
        for image in range(images)
        for reader in ("Ada", "Bob")
        for method, gain in gains.items()
    ]


def test_image_counts_once_with_the_mean_over_its_readers() -> None:
    found = [
        score("one", "lime", "Ada", nss=1.0, cc=0.5),
        score("one", "lime", "Bob", nss=3.0, reason="the map is the same everywhere"),
        score("two", "lime", "Ada", nss=5.0),
    ]
    table = over_readers(found).set_index("image")
    assert table["nss"].tolist() == [2.0, 5.0]
    assert table["cc"].tolist() == pytest.approx([0.5, math.nan], nan_ok=True)
    assert table["readers"].tolist() == [2, 1]
    assert table["fixations"].tolist() == [20, 10]
    assert table["seconds"].tolist() == [5.0, 2.5]
    assert table["reason"].tolist() == ["the map is the same everywhere", ""]
    (nss,) = [one for one in summarise(found) if one.metric == "nss"]
    assert (nss.mean, nss.n, nss.left_out) == (3.5, 2, 0)
    assert (nss.low, nss.high) == (2.0, 5.0)
    (cc,) = [one for one in summarise(found) if one.metric == "cc"]
    assert (cc.mean, cc.n, cc.left_out) == (0.5, 1, 1)


def test_methods_are_compared_with_baselines_and_with_other_readers() -> None:
    found = varied()
    results = collect(found, summarise(found, replicates=50), GazeRules(), replicates=50)
    assert results.titles == {
        "grad_cam": "Grad-CAM",
        "centred_gaussian": "Centred Gaussian",
        HUMAN: "People",
    }
    assert (results.images, results.metrics) == (6, METRICS)
    assert results.headline == ("auc_shuffled", "nss", "information_gain")
    for name in ("against_baselines", "against_people"):
        table = results.tables[name]
        assert set(table["metric"]) == set(METRICS)
        assert not table["ahead"].any()  # also by the divergence, of which less is better
    assert len(results.tables["readers"]) == 36 and len(results.tables["scores"]) == 18
    notes = dict(results.notes)
    assert notes["Readers"] == "2; 120 fixations, 30 s; 6 of 6 images with several readers"
    assert notes["Prior of the information gain"] == "others"


def test_report_has_all_measures_and_says_what_they_are() -> None:
    found = varied()
    rules = GazeRules(by_duration=True, prior=Prior.CENTRE)
    results = collect(found, summarise(found, replicates=20), rules, replicates=20)
    made = files(results, draw(results), {"protocol": "gaze"})
    page = made["report.html"].decode()
    assert "<title>Maps against gaze</title>" in page
    for words in (*(NAMES[name] for name in METRICS), "by their duration", "10.1109/TPAMI"):
        assert words in page
    assert "Otsu" not in page and "annotated in an image are left out" not in page
    assert {"scores.csv", "readers.csv", "summary.csv", "boxes.svg"} <= made.keys()
    head = made["readers.csv"].decode().splitlines()[0].split(",")
    assert head[:4] == ["image", "label", "method", "reader"] and set(METRICS) <= set(head)


def test_only_one_image_is_told_without_what_needs_others() -> None:
    found = [score("one", "lime", auc_judd=0.7, nss=-1.5), score("one", HUMAN, nss=2.5)]
    results = collect(found, summarise(found), GazeRules())
    assert results.headline == ("nss",)
    made = files(results, draw(results), {})
    assert "NSS" in made["report.html"].decode()


def test_labels_that_were_scored_are_said() -> None:
    def words(*annotated: float) -> str:
        rows = [(f"i{number}", value) for number, value in enumerate(annotated)]
        return labels_in_words(pd.DataFrame(rows, columns=["image", "annotated"]))

    assert words(1, 1) == "those annotated in 2 images"
    assert words(1, 0) == "all that have maps in 2 images"
    assert words(math.nan) == "all that have maps in 1 image whose findings are not known"
    assert labels_in_words(frame([])) == ""


def test_two_scores_of_a_reader_are_refused() -> None:
    one = score("one", "lime", nss=1.0)
    with pytest.raises(ValueError, match="one, Edema, lime, Ada"):
        collect([one, replace(one, nss=2.0)], [], GazeRules())


def test_measures_that_leave_the_range_of_shares_are_known() -> None:
    assert {"nss", "cc", "kl_divergence", "information_gain"} <= UNBOUNDED
    assert not {"auc_judd", "auc_shuffled", "sim"} & UNBOUNDED
