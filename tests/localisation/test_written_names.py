"""What images are called in files that are kept or shared."""

from pathlib import Path

import pytest

from shamsul.annotations.formats.entry import Fault
from shamsul.localisation.maps import MapFile
from shamsul.localisation.score import Score
from shamsul.localisation.written_names import WrittenNames
from shamsul.radiographs import pseudonym

ONE, OTHER = "1" * 64, "2" * 64


@pytest.fixture
def names() -> WrittenNames:
    """Two maps of one radiograph, one of a radiograph in the folder, one of none."""
    folder = Path("Lovelace^Ada")
    files = [
        MapFile("Lovelace^Ada", folder / "heatmaps.npz", facts=folder / "explanation.json"),
        MapFile("a", folder / "a" / "heatmaps.npz", sha256=ONE),
        MapFile("b", folder / "b" / "heatmaps.npz", sha256=ONE),
        MapFile("Byron", folder / "Byron.npz"),
    ]
    return WrittenNames.of(files, ["Lovelace^Ada, 2nd"], {OTHER: ["films/byron.PNG"]})


def test_names_are_pseudonyms_or_numbers_and_two_maps_stay_two(names: WrittenNames) -> None:
    assert names.names == {
        "Lovelace^Ada": "image 1",
        "a": pseudonym(ONE),
        "b": f"{pseudonym(ONE)} (3)",
        "Byron": pseudonym(OTHER),
        "Lovelace^Ada, 2nd": "image 5",
    }
    assert names.sha256[names.names["b"]] == ONE
    assert names.score(Score("Byron", "Edema", "lime")).image == pseudonym(OTHER)


def test_faults_name_no_file(names: WrittenNames) -> None:
    told = names.faults(
        [
            Fault("Lovelace^Ada, 2nd, Edema", "Lovelace^Ada, 2nd has none"),
            Fault("Lovelace^Ada, Edema", "Lovelace^Ada/explanation.json is not JSON"),
            Fault("Lovelace^Mary, Edema", "it is of another size"),
            Fault("", "line 3 of Lovelace^Mary is none"),
        ]
    )
    assert told == (
        Fault("image 5, Edema", "image 5 has none"),
        Fault("image 1, Edema", "explanation.json is not JSON"),
        Fault("", "2 entries of the annotations could not be used"),
    )
