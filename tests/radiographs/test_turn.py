"""Films are upright, whichever way the file has them."""

from itertools import product

import numpy as np
import pytest

from shamsul.radiographs import RadiographArchive, read_radiograph
from shamsul.radiographs.archive import Extent
from shamsul.radiographs.dicom import TURNED
from shamsul.radiographs.turn import AS_STORED, Turn

UPRIGHT = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20

#: Patient Orientation, how an upright film is brought to it, and what it is called.
STORED = {
    "L\\F": (lambda film: film, ""),
    "R\\F": (np.fliplr, "mirrored"),
    "L\\H": (np.flipud, "upside down and mirrored"),
    "R\\H": (lambda film: np.rot90(film, 2), "upside down"),
    # Rows lead to the feet, columns to the left: the film's first row becomes the first column.
    "F\\L": (np.transpose, "on its side and mirrored"),
    "H\\R": (lambda film: np.rot90(film, 2).T, "on its side and mirrored"),
    # A quarter turn: rows lead to the feet, and columns to the right.
    "F\\R": (lambda film: np.rot90(film, 1), "on its side"),
    "H\\L": (lambda film: np.rot90(film, -1), "on its side"),
}
ALL = [Turn(*each) for each in product((False, True), repeat=3)]


@pytest.mark.parametrize("view", ["PA", "AP", ""])
@pytest.mark.parametrize("orientation", STORED)
def test_a_frontal_film_is_turned_upright_and_that_is_told(make_dicom, orientation, view) -> None:
    store, words = STORED[orientation]
    stored = np.ascontiguousarray(store(UPRIGHT))
    swapped = stored.shape == (4, 3)
    data = make_dicom(
        stored,
        PatientOrientation=orientation.split("\\"),
        ViewPosition=view,
        PixelSpacing=[0.2, 0.1] if swapped else [0.1, 0.2],
    )
    film = read_radiograph(data)
    np.testing.assert_array_equal(film.values, UPRIGHT)
    assert film.notes == ((TURNED.format(words),) if words else ())
    assert film.spacing_mm == (0.1, 0.2)
    assert film.turn.words == words
    np.testing.assert_array_equal(film.turn.pixels(stored), UPRIGHT)
    np.testing.assert_array_equal(film.turn.inverse.pixels(UPRIGHT), stored)


def test_an_aspect_without_spacing_is_turned_too(make_dicom) -> None:
    film = read_radiograph(
        make_dicom(UPRIGHT.T.copy(), PatientOrientation=["F", "L"], PixelAspectRatio=["2", "1"])
    )
    assert (film.shape, film.pixel_aspect) == ((3, 4), 0.5)


@pytest.mark.parametrize(
    ("orientation", "view"),
    [
        (None, "PA"),
        ("", "PA"),
        ("A\\H", "LL"),  # lateral
        ("P\\H", "RL"),
        ("A\\H", ""),
        ("R\\F", "LL"),  # contradicts the view
        ("A\\H", "PA"),
        ("R\\F", "LLD"),  # lying on the side
        ("R\\L", "PA"),  # both the same way
        ("R", "PA"),
        ("R\\F\\H", "PA"),
        ("X\\Y", "PA"),
    ],
)
def test_other_films_are_left_as_stored(make_dicom, orientation, view) -> None:
    given = orientation and orientation.split("\\")
    film = read_radiograph(make_dicom(UPRIGHT, PatientOrientation=given, ViewPosition=view))
    np.testing.assert_array_equal(film.values, UPRIGHT)
    assert (film.turn, film.notes) == (AS_STORED, ())


@pytest.mark.parametrize("orientation", ["RA\\FP", "r\\f", " R \\F "])
def test_the_first_letter_is_the_principal_direction(make_dicom, orientation) -> None:
    film = read_radiograph(make_dicom(UPRIGHT, PatientOrientation=orientation.split("\\")))
    np.testing.assert_array_equal(film.values, np.fliplr(UPRIGHT))


@pytest.mark.parametrize("turn", ALL)
def test_places_go_where_their_pixels_go(turn: Turn) -> None:
    shape = UPRIGHT.shape
    turned = turn.pixels(UPRIGHT)
    assert turned.shape == turn.shape(shape)
    for row, column in np.ndindex(*shape):
        ((down, across),) = turn.places([[row + 0.5, column + 0.5]], shape)
        assert turned[int(down), int(across)] == UPRIGHT[row, column]
    np.testing.assert_array_equal(turn.inverse.pixels(turned), UPRIGHT)
    places = [[0.0, 1.5], [3.0, 4.0]]
    back = turn.inverse.places(turn.places(places, shape), turned.shape)
    np.testing.assert_allclose(back, places)
    assert Turn.from_json(turn.to_json()) == turn


def test_the_archive_knows_how_a_film_was_turned(make_dicom, tmp_path) -> None:
    film = read_radiograph(make_dicom(UPRIGHT.T.copy(), PatientOrientation=["F", "L"]))
    archive = RadiographArchive(tmp_path)
    archive.put(film)
    assert archive.get(film.sha256).turn == film.turn == Turn(swapped=True)
    assert archive.extent(film.sha256) == Extent((3, 4), None, film.turn)
    path = tmp_path / f"{film.sha256}.npz"
    with np.load(path) as fields:
        earlier = {name: fields[name] for name in fields if name != "turn"}
    np.savez_compressed(path, **earlier)  # as an earlier release kept it
    assert archive.get(film.sha256).turn == AS_STORED == archive.extent(film.sha256).turn
