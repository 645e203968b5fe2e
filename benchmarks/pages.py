"""What a reader waits for in the browser: the film, and each of the four maps.

``python -m benchmarks.pages [--model phantom] [--cases 3]`` starts the app on a fresh data
directory, opens cases of the demo in Chromium and prints one JSON object, in seconds: from a link
straight to a case, of a server that has just started, to its film and its maps; from the click on
the next case, which nobody has opened yet, to each of its maps; and the same for two readers who
click at the same time on different cases. A map is there when its panel is not busy any more. The
model is the bundled one, or a DenseNet-121 of random weights with 14 labels.
"""

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.command import prepared
from benchmarks.explain import machine
from benchmarks.load import command, serving
from shamsul.explainers.registry import METHODS, USUAL
from shamsul.reading.database.store import Store
from shamsul.reading.demo import DEMO

TITLES = tuple(METHODS[name].title for name in USUAL)
# Notes when each map's panel was last seen to become busy and to be so no longer; a panel that is
# drawn anew may be busy for a moment again.
WATCH = """() => {
  const start = performance.now(), seen = {}, done = {};
  window.waited = {done, quiet: 0};
  clearInterval(window.watching);
  const within = (root) => [...root.querySelectorAll("*")].flatMap((one) => [
    ...(one.matches("[role=img][aria-label*=' heatmap for '][aria-busy]") ? [one] : []),
    ...(one.shadowRoot ? within(one.shadowRoot) : []),
  ]);
  const look = () => {
    const now = (performance.now() - start) / 1000;
    for (const panel of within(document)) {
      const title = panel.getAttribute("aria-label").split(" heatmap for ")[0];
      if (panel.getAttribute("aria-busy") === "true") { seen[title] = true; delete done[title]; }
      else if (seen[title] && !(title in done)) done[title] = now;
    }
    const times = TITLES.map((title) => done[title] ?? Infinity);
    window.waited.quiet = now - Math.max(...times);
  };
  look();
  // More often it would take the processor from what is measured.
  window.watching = setInterval(look, 100);
}"""


def maps_of(page: Page) -> dict[str, float]:
    """Seconds until each map stood, once all do."""
    page.wait_for_function("() => window.waited.quiet > 0.5")
    found: dict[str, float] = page.evaluate("() => window.waited.done")
    return {title: round(found[title], 2) for title in TITLES}


def next_case(*pages: Page) -> list[dict[str, float]]:
    """Click on the next case in each page at once; seconds until each of its maps stood."""
    for page in pages:
        page.evaluate(WATCH.replace("TITLES", json.dumps(TITLES)))
        page.get_by_role("button", name="Next", exact=True).click(no_wait_after=True)
    return [maps_of(page) for page in pages]


def straight(browser: Browser, url: str) -> tuple[Page, dict[str, Any]]:
    """Open a case by its address; seconds until its film stood, and until each map did."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.set_default_timeout(180_000)
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.get_by_role("img", name="Radiograph", exact=True).wait_for()
    film = time.perf_counter() - start
    maps = {}
    for title in TITLES:
        one = page.locator(f"[role=img][aria-label^='{title} heatmap'][aria-busy=false]").first
        one.wait_for()
        maps[title] = round(time.perf_counter() - start, 2)
    return page, {"film": round(film, 2), "maps": maps}


def measure(model: str, cases: int, folder: Path) -> dict[str, Any]:
    """Start the app and look at cases one after the other."""
    data, models = folder / "data", folder / "models"
    environment = {"SHAMSUL_DATA_DIR": str(data), "SHAMSUL_MODELS_DIR": str(models)}
    command("study", "status", **environment)  # makes the demo
    store = Store(f"sqlite:///{data / 'shamsul.db'}")
    if model != "phantom":
        models.mkdir()
        made, _ = prepared(folder)
        made.rename(models / model)
        store.set_model(DEMO.name, model)
    numbers = [case.id for case in store.cases(DEMO.name)]
    store.close()
    start = time.perf_counter()
    with serving(environment) as server, sync_playwright() as playwright:
        result: dict[str, Any] = {"server_started": round(time.perf_counter() - start, 2)}
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        address = f"http://{server.address}/review?case="
        page, fresh = straight(browser, f"{address}{numbers[0]}")
        result["straight_to_a_case_of_a_fresh_server"] = fresh
        result["next_case"] = [next_case(page)[0] for _ in range(cases)]
        other, _ = straight(browser, f"{address}{numbers[cases + 2]}")
        result["two_readers_at_once"] = next_case(page, other)
        browser.close()
    return result


def main() -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", choices=("phantom", "densenet121"), default="phantom")
    options.add_argument("--cases", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(given.model, given.cases, Path(folder))
    print(json.dumps({**machine(), "model": given.model} | found, indent=1))


if __name__ == "__main__":
    main()
