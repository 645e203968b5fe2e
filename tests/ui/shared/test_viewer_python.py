import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from skimage.draw import polygon2mask
from streamlit.testing.v1 import AppTest

import shamsul.ui.shared.viewer as viewer
from shamsul.annotations.annotation import Annotation
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.explainers.registry import METHODS
from shamsul.metrics.curve import overlap_curve
from shamsul.radiographs.geometry import Geometry
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reporting import colormaps
from shamsul.ui.shared.viewer import (
    CURVE_LEVELS,
    About,
    AnnotationShown,
    Display,
    Normalisation,
    Panel,
    Row,
    ViewerState,
    packing,
)
from tests.ui.shared import scene


def radiograph(values, window=(0.0, 1.0)):
    return Radiograph(np.asarray(values, dtype=np.float32), window, None, "", "")


def unpack(data):
    (length,) = struct.unpack_from("<I", data)
    return json.loads(data[4 : 4 + length]), data[4 + length :]


def unpack_pixels(parcel):
    """The browser's way back, written again with a running sum instead of a loop."""
    header, payload = unpack(parcel.data)
    dtype = np.uint8 if header["bits"] == 8 else np.dtype("<u2")
    stored = np.frombuffer(zlib.decompress(payload), dtype).reshape(
        header["height"], header["width"]
    )
    pixels = np.cumsum(stored, axis=1, dtype=dtype)
    return header, header["offset"] + header["scale"] * pixels.astype(float)


@pytest.mark.parametrize(
    ("values", "bits"),
    [
        (np.arange(256).reshape(16, 16), 8),
        (np.arange(256).reshape(16, 16) - 1024, 8),
        (np.array([[0, 4095], [65535, 7]]), 16),
        (np.full((3, 5), 7), 8),
    ],
)
def test_integers_travel_exactly(values, bits):
    header, found = unpack_pixels(packing.pack_pixels(radiograph(values)))
    assert header["bits"] == bits
    np.testing.assert_array_equal(found, values)


def test_fractions_are_kept_to_a_part_in_65535():
    values = np.random.default_rng(1).normal(size=(20, 30)).astype(np.float32)
    _, found = unpack_pixels(packing.pack_pixels(radiograph(values)))
    assert np.abs(found - values).max() <= np.ptp(values) / 65535


def test_constant_fraction_survives():
    _, found = unpack_pixels(packing.pack_pixels(radiograph(np.full((2, 2), 0.25))))
    np.testing.assert_array_equal(found, 0.25)


def test_large_radiograph_is_averaged_to_2048_pixels():
    values = np.zeros((4096, 1024))
    values[::2] = 100
    header, found = unpack_pixels(packing.pack_pixels(radiograph(values)))
    assert (header["height"], header["width"]) == (2048, 512)
    np.testing.assert_array_equal(found, 50)


def test_parcels_are_named_by_content():
    one, same = (packing.pack_pixels(radiograph([[1, 2], [3, 4]])) for _ in range(2))
    other = packing.pack_pixels(radiograph([[1, 2], [3, 5]]))
    assert one.id == same.id != other.id
    assert unpack(one.data)[0]["id"] == one.id


def test_map_travels_raw():
    values = np.array([[1e-30, -2.5, 0], [3, 4, 5]], dtype=np.float32)
    geometry = Geometry.window((10, 10), (2, 3), top=0, left=0, height=10, width=10)
    heatmap = Heatmap(values, "A", "LRP", {}, geometry, 1, 0.0, Target.LOGIT, 0.0)
    header, payload = unpack(packing.pack_map(heatmap).data)
    found = np.frombuffer(payload, "<f4").reshape(header["height"], header["width"])
    np.testing.assert_array_equal(found, values)


def test_contour_of_a_square_runs_along_its_pixel_edges():
    region = np.zeros((30, 40), dtype=bool)
    region[10:20, 5:25] = True
    (curve,) = packing.contours(Annotation.of_region("A", "test", region), region.shape)
    points = np.reshape(curve, (-1, 2))
    # Rows 10 to 19 reach from 10 to 20 in image coordinates.
    np.testing.assert_allclose(points.min(0), [10, 5])
    np.testing.assert_allclose(points.max(0), [20, 25])
    assert len(points) < 12


def test_contours_enclose_the_mask_again():
    row, column = np.ogrid[:60, :50]
    region = (row - 30) ** 2 + (column - 20) ** 2 < 18**2
    (curve,) = packing.contours(Annotation.of_region("A", "test", region), region.shape)
    again = polygon2mask(region.shape, np.reshape(curve, (-1, 2)) - 0.5)
    assert (again != region).mean() < 0.01


def test_hole_has_a_curve_of_its_own():
    region = np.ones((20, 20), dtype=bool)
    region[8:12, 8:12] = False
    assert len(packing.contours(Annotation.of_region("A", "test", region), region.shape)) == 2


def test_empty_annotation_has_no_contour():
    region = np.zeros((5, 5), dtype=bool)
    assert packing.contours(Annotation.of_region("A", "test", region), region.shape) == []


def test_scale_is_the_percentile_of_magnitude():
    values = np.linspace(-1, 0.5, 2001, dtype=np.float32).reshape(1, -1)
    scale, words = colormaps.display_scale(values)
    assert scale == pytest.approx(np.sort(np.abs(values[0]))[1990], abs=1e-3)
    assert "99.5th percentile" in words


def test_sparse_map_is_scaled_to_its_maximum_and_zero_map_not_at_all():
    values = np.zeros((100, 100), dtype=np.float32)
    assert colormaps.display_scale(values) == (0, "")
    values[3, 3] = -2
    scale, words = colormaps.display_scale(values)
    assert scale == 2
    assert "maximum" in words


DEFAULT = ViewerState(opacity={"A": {"LIME": 0.6, "LRP": 0.6}}, window=(0.0, 255.0))


@pytest.mark.parametrize("reported", [None, "nonsense", [], {}, {"image": "another", "opacity": 1}])
def test_state_is_the_default_until_this_image_reports(reported):
    assert ViewerState.from_browser(reported, DEFAULT, "image") == DEFAULT


def test_reported_state_is_read():
    reported = {
        "image": "image",
        "opacity": {"A": {"LIME": 0.25, "Unknown": 1}, "B": {}},
        "window": [10, 99.5],
        "inverted": True,
        "display": "signed",
        "colour_map": "Blue to red",
        "normalisation": "p99.5-across-labels",
        "annotation": "fill",
    }
    assert ViewerState.from_browser(reported, DEFAULT, "image") == ViewerState(
        opacity={"A": {"LIME": 0.25, "LRP": 0.6}},
        window=(10.0, 99.5),
        inverted=True,
        display=Display.SIGNED,
        colour_map="Blue to red",
        normalisation=Normalisation.ACROSS_LABELS,
        annotation=AnnotationShown.FILL,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"opacity": {"A": "x"}},
        {"opacity": {"A": {"LIME": True}}},
        {"window": [5, 5]},
        {"window": "wide"},
        {"display": "rainbow"},
        {"annotation": None},
    ],
)
def test_senseless_entries_fall_back_to_the_default(wrong):
    assert ViewerState.from_browser({"image": "image", **wrong}, DEFAULT, "image") == DEFAULT


def test_two_panels_of_one_title_are_refused():
    with pytest.raises(ValueError, match="same title"):
        Row("A", (Panel("LIME", None), Panel("LIME", None)))


def test_curve_at_other_levels_than_the_slider_s_is_refused():
    curve = overlap_curve(np.zeros((2, 2)), np.ones((2, 2), bool), np.arange(100) / 100)
    with pytest.raises(ValueError, match="curve of LRP is not at the slider's levels"):
        Panel("LRP", None, curve=curve)


def test_curve_without_a_number_travels_as_null(monkeypatch):
    empty = overlap_curve(np.zeros((400, 300)), np.zeros((400, 300), bool), CURVE_LEVELS)
    monkeypatch.setattr(scene, "curve", lambda method: empty)
    (row,) = shown(curve="1")["rows"]
    assert row["panels"][0]["curve"] == {"iou": [None] * 101, "dice": [None] * 101}


def test_nothing_tells_how_a_scaled_map_was_scaled():
    """A sparse map has another percentile than a dense one, and the last digits differ."""
    sparse = np.zeros((20, 30), np.float32)
    sparse[0, 0] = 7
    dense = np.linspace(-1, 3, 600, dtype=np.float32).reshape(20, 30)
    kinds = {}
    for scaled in (False, True):
        for name, values in (("A", sparse), ("B", dense)):
            if scaled:
                values = values / np.float32(colormaps.display_scale(values)[0])
            geometry = Geometry.window((40, 60), (20, 30), top=0, left=0, height=40, width=60)
            drawn = Heatmap(values, "Edema", name, {}, geometry, 1, 0.0, Target.LOGIT, 0.0)
            panel = Panel(name, drawn, scaled=scaled)
            spec = viewer._panel(panel, {drawn.sha256: viewer._map(drawn.sha256, drawn)})
            told = spec["scale"], spec["scaled"], spec["ranked"]
            kinds.setdefault(scaled, set()).add(told)
    assert len(kinds[False]) == 2
    assert {ranked for *_, ranked in kinds[False]} == {True}
    # Nor is a percentile: among ties it would be another.
    assert kinds[True] == {(1.0, "on a scale of its own", False)}


@pytest.mark.parametrize(
    ("citation", "link"),
    [
        (
            "Zeiler, Fergus 2014, doi 10.1007/978-3-319-10590-1_53",
            "https://doi.org/10.1007/978-3-319-10590-1_53",
        ),
        ("Lundberg, Lee 2017, arXiv 1705.07874", "https://arxiv.org/abs/1705.07874"),
        ("A thesis of 2020", ""),
        ("", ""),
    ],
)
def test_citation_links_to_its_doi_or_preprint(citation, link):
    assert About("", citation=citation).link == link


@pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))
def test_every_method_is_cited_with_a_link_and_says_how_to_read_it(method):
    assert About("", citation=method.citation).link
    assert method.reading.endswith(".")


@pytest.mark.parametrize("name", colormaps.SEQUENTIAL)
def test_sequential_maps_grow_lighter(name):
    lightness = colormaps.table(name) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > -1).all()
    assert lightness[-1] - lightness[0] > 120


@pytest.mark.parametrize("name", colormaps.DIVERGING)
def test_diverging_maps_are_blue_below_and_red_above(name):
    table = colormaps.table(name, 33).astype(int)
    assert (table[:12, 2] > table[:12, 0]).all()
    assert (table[-12:, 0] > table[-12:, 2]).all()


def shown(**query):
    """What the page `viewer_app.py` sends to the viewer."""
    app = AppTest.from_file(str(Path(__file__).with_name("viewer_app.py")), default_timeout=30)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return json.loads(app.get("bidi_component")[0].proto.json)


def test_each_parcel_travels_once_and_apart_from_the_arrangement():
    app = AppTest.from_file(str(Path(__file__).with_name("viewer_app.py")), default_timeout=30)
    app.query_params["annotated"] = "1"
    app.run()
    assert not app.exception
    arrangement, *transfers = [element.proto for element in app.get("bidi_component")]
    message = json.loads(arrangement.json)
    (row,) = message["rows"]
    assert [panel["title"] for panel in row["panels"]] == ["LIME", "SHAP", "Grad-CAM", "LRP"]
    assert row["panels"][1]["scale"] == 0
    assert len(row["annotations"][0]["curves"]) == 1
    carried = [unpack(transfer.bytes)[0]["id"] for transfer in transfers]
    assert len(set(carried)) == len(carried)
    wanted = {message["image"]["id"], *(panel["map"] for panel in row["panels"])}
    assert set(carried) == wanted
    assert app.text[1].value == "grad-cam opacity 0.60"
