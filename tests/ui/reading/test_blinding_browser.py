"""What a blinded reader's browser is told, by whatever way, before the case is locked."""

import json
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from playwright.sync_api import ConsoleMessage, Page, Response, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from shamsul.explainers.registry import USUAL
from shamsul.reading import Store
from shamsul.reading.design.study import MapShown
from tests.ui.conftest import ROOT, make_study, study_text

pytestmark = pytest.mark.browser

#: Registered names, titles, kinds of control maps, and the source of the demo's annotations.
TELLING = re.compile(
    r"(?<![a-z0-9])(lime|shap|grad[_ -]?cam|lrp|other[_ -]patient|random[_ -]model)(?![a-z0-9])"
    r"|phantom \(exact\)|model evaluations",
    re.IGNORECASE,
)

#: Every text and attribute of the page, whatever shadow root it is in.
WHOLE_PAGE = """() => {
  const texts = [document.title, location.href];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) texts.push(node.data);
    for (const { name, value } of node.attributes ?? []) texts.push(`${name}=${value}`);
    if ("value" in node) texts.push(String(node.value));
    for (const child of node.childNodes) walk(child);
    if (node.shadowRoot) walk(node.shadowRoot);
  };
  walk(document);
  for (const storage of [localStorage, sessionStorage]) texts.push(JSON.stringify(storage));
  const kept = [...(globalThis.shamsulHub?.items.values() ?? [])];
  texts.push(JSON.stringify(kept.map(({ payload, ...facts }) => facts), (key, value) =>
    ArrayBuffer.isView(value) || value instanceof Node ? undefined : value));
  return texts.join("\\n");
}"""


def strings(message: Message) -> Iterator[str | bytes]:
    """Every text of a message of Streamlit's protocol, and every run of bytes."""
    for field, value in message.ListFields():
        many = value if field.is_repeated else [value]
        if field.message_type and field.message_type.GetOptions().map_entry:
            yield from map(str, value)
            many = value.values()
        for one in many:
            if isinstance(one, Message):
                yield from strings(one)
            elif isinstance(one, str | bytes):
                yield one


class Wire:
    """All that passes between the server and a page."""

    def __init__(self, page: Page) -> None:
        self.texts: list[str] = []
        self.parcels: list[dict[str, Any]] = []
        self.sizes: dict[str, int] = {}
        self.viewers: list[dict[str, Any]] = []
        self._bodies: list[Response] = []
        page.on("websocket", self._listen)
        page.on("response", lambda response: self._bodies.append(response))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        self.texts.append(message.text)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self._take(frame, BackMsg))
        socket.on("framereceived", lambda frame: self._take(frame, ForwardMsg))

    def _take(self, frame: str | bytes, kind: type[Message]) -> None:
        if isinstance(frame, str):
            self.texts.append(frame)
            return
        for one in strings(kind.FromString(frame)):
            if isinstance(one, str):
                self._text(one)
            else:
                self._parcel(one)

    def _text(self, text: str) -> None:
        self.texts.append(text)
        if text.startswith("{") and '"rows"' in text:
            self.viewers.append(json.loads(text))

    def _parcel(self, data: bytes) -> None:
        """A parcel says nothing but what its header says, which is checked here."""
        (length,) = struct.unpack_from("<I", data)
        header = json.loads(data[4 : 4 + length])
        self.texts.append(json.dumps(header))
        self.parcels.append(header)
        self.sizes[header["id"]] = len(data)

    def everything(self) -> list[str]:
        """With the bodies of HTTP answers, but for Streamlit's own files."""
        bodies = [one for one in self._bodies if "/static/" not in one.url and one.ok]
        addresses = [one.url for one in self._bodies]
        return [*self.texts, *addresses, *(one.text() for one in bodies)]


def told(texts: list[str]) -> set[str]:
    return {found[0] for text in texts for found in TELLING.finditer(text)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blinded")


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], folder: Path) -> str:
    text = study_text(
        methods=tuple(USUAL),
        controls=["other_patient"],
        controlled=1.0,
        controls_replace=False,
        counterbalanced=True,
    )
    make_study(folder, text)
    steps = {"name": "steps", "methods": ("grad_cam",), "mode": "image_probability_maps"}
    make_study(folder, study_text(**steps))  # type: ignore[arg-type]
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder)})


def test_probability_and_map_come_to_the_page_at_their_steps_only(page: Page, url: str) -> None:
    """Also where a step is loaded anew."""
    wire = Wire(page)

    def known() -> tuple[bool, int]:
        """Whether a probability was told, and how many parcels have come."""
        texts = [*wire.texts, page.evaluate(WHOLE_PAGE)]
        told = any(re.search(r"probability\W{1,5}\d", text) for text in texts)
        return told, len({parcel["id"] for parcel in wire.parcels})

    def step(number: int) -> None:
        expect(page.get_by_text(re.compile(f"step {number} of 3"))).to_be_visible()
        expect(page.get_by_role("img", name="Radiograph")).not_to_have_attribute(
            "aria-busy", "true"
        )

    page.goto(f"{url}/reading?study=steps&reader=Ada")
    page.get_by_role("spinbutton", name="Years").fill("7")
    page.keyboard.press("Enter")
    step(1)
    page.get_by_role("radio", name="yes", exact=True).click()
    expect(page.get_by_text("Saved at")).to_be_visible()
    assert known() == (False, 1)
    page.reload()
    step(1)
    assert known() == (False, 1)
    page.get_by_role("button", name="Next").click()
    step(2)
    # What stands there for a moment yet is the form of the step before.
    page.locator("[role=radio][data-place*='/PROBABILITY/'][aria-label=no]").click()
    page.get_by_role("radio", name="agree", exact=True).click()
    expect(page.get_by_text("Saved at")).to_be_visible()
    assert known() == (True, 1)
    page.reload()
    step(2)
    expect(page.get_by_role("radio", name="no", exact=True)).to_be_checked()
    assert known() == (True, 1)
    page.get_by_role("button", name="Next").click()
    step(3)
    heatmap = page.get_by_role("img", name=re.compile("^Map A heatmap"))
    expect(heatmap).not_to_have_attribute("aria-busy", "true", timeout=240_000)
    assert known() == (True, 2)


def hashes(folder: Path) -> set[str]:
    """Of the maps that were rated: anybody who computes a method's map has its hash."""
    store = Store(f"sqlite:///{folder / 'shamsul.db'}")
    shown = [saved.answer.shown for saved in store.export_rows("trial")]
    store.close()
    return {one.heatmap_sha256 for one in shown if isinstance(one, MapShown)}


def test_nothing_names_a_method_before_the_case_is_locked(
    page: Page, url: str, folder: Path
) -> None:
    wire = Wire(page)
    seen = []

    def look() -> None:
        seen.append(page.evaluate(WHOLE_PAGE))

    page.goto(f"{url}/reading?study=trial&reader=Ada")
    page.get_by_role("spinbutton", name="Years").fill("7")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="yes", exact=True).click()
    look()
    page.keyboard.press("Enter")
    maps = page.get_by_role("img", name=re.compile("^Map [A-E] heatmap for "))
    expect(maps).to_have_count(5, timeout=240_000)  # once the last of them is there
    look()
    for one in maps.all():
        expect(one).not_to_have_attribute("aria-busy", "true", timeout=240_000)
    # What a reader can open, point at and set must not tell either.
    page.mouse.move(*centre(maps.first))
    page.get_by_role("slider", name="Map A opacity", exact=True).fill("0.3")
    page.keyboard.press("?")
    look()
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="agree", exact=True).click()
    for letter in "ABCDE":
        scale = page.get_by_role("radiogroup", name=f"Map {letter}: The map highlights")
        scale.get_by_role("radio", name="3", exact=True).click()
    expect(page.get_by_text("Saved at")).to_be_visible()
    look()
    assert told([*seen, *wire.everything()]) == set()
    rated = hashes(folder)
    assert len(rated) == 5
    assert not [
        sha256 for sha256 in rated for text in [*seen, *wire.everything()] if sha256 in text
    ]
    check_maps_are_alike(wire)
    # How a map was scaled would tell sparse methods from others.
    assert not [text for text in seen if "full colour at" in text]

    page.get_by_role("button", name="Finish case").click()
    expect(page.get_by_role("button", name="Next case")).to_be_visible()
    shown = page.evaluate(WHOLE_PAGE)
    for name in ("LIME", "SHAP", "Grad-CAM", "LRP", "other patient", "phantom (exact)"):
        assert name in shown
    assert {"LIME", "SHAP", "Grad-CAM", "LRP", "other patient"} <= told(wire.everything())


def centre(locator: Any) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def check_maps_are_alike(wire: Wire) -> None:
    """But for the pictures, what goes with one map is no different from what goes with others."""
    assert all(not row["annotations"] for viewer in wire.viewers for row in viewer["rows"])
    panels = [row["panels"] for viewer in wire.viewers for row in viewer["rows"] if row["panels"]]
    # Quick methods' maps would come first.
    there = [{panel["map"] is not None for panel in row} for row in panels]
    assert {False} in there
    assert {True} in there
    assert all(len(some) == 1 for some in there)
    last = panels[-1]
    told_apart = ("title", "map")
    alike = [{k: v for k, v in panel.items() if k not in told_apart} for panel in last]
    assert all(one == alike[0] for one in alike)
    assert {panel["scale"] for panel in last} == {1.0}
    assert len({wire.sizes[panel["map"]] for panel in last}) == 1
    headers = {header["id"]: header for header in wire.parcels}
    facts = [{k: v for k, v in headers[panel["map"]].items() if k != "id"} for panel in last]
    assert all(one == facts[0] for one in facts)


def test_scripts_and_styles_name_no_method() -> None:
    for folder in ("viewer", "questionnaire"):
        for file in (ROOT / "shamsul" / "ui" / folder).glob("*.*s*"):
            if file.suffix in (".js", ".css"):
                assert told([file.name, file.read_text(encoding="utf-8")]) == set()
