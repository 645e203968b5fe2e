"""No page has a fault that axe-core finds, in either theme.

axe-core is from npm's registry; without it these tests are skipped.

References
----------
.. [1] axe-core, https://github.com/dequelabs/axe-core
"""

import os
import subprocess
import sys

import pytest
from playwright.sync_api import Browser, Page

from tests.ui.conftest import ROOT, Apps, study_text
from tests.ui.npm import package

pytestmark = [pytest.mark.browser, pytest.mark.long]

PACKAGE = "axe-core@4.14.1"
#: Rules, and a part of what breaks them. Streamlit's uploader gives its drop zone both a role that
#: hides it and a name. Its link to the content is taken for one only where the page's first link
#: elsewhere is in no component.
NOT_OURS = (("presentation-role-conflict", ""), ("region", "stSkipToContent"))
PAGES = (
    "",
    "review",
    "reading",
    "reading?study=trial",
    "setup",
    "evaluate",
    "results",
    "units",
    "adjudicate",
    "models",
)


@pytest.fixture(scope="module")
def axe() -> str:
    """The script that looks."""
    _, folder = package(PACKAGE)
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def url(start_app: Apps, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("axe")
    made = folder / "study.toml"
    made.write_text(study_text(), encoding="utf-8")
    environment = {"SHAMSUL_DATA_DIR": str(folder / "data")}
    subprocess.run(
        [sys.executable, "-m", "shamsul", "study", "create", str(made)],
        check=True,
        cwd=ROOT,
        env=os.environ | environment,
    )
    return start_app(ROOT / "app.py", environment)


def faults(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        for node in one["nodes"]
        if not any(one["id"] == rule and part in node["html"] for rule, part in NOT_OURS)
    ]


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_no_page_has_a_fault(browser: Browser, axe: str, url: str, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.add_init_script(f"""localStorage.setItem("shamsul-theme", '"{theme}"')""")
    found: dict[str, list[str]] = {}
    for name in PAGES:
        page.goto(f"{url}/{name}{'&' if '?' in name else '?'}reader=Ada")
        page.get_by_role("button", name="Keys").wait_for()
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        page.locator("[data-stale=true]").first.wait_for(state="detached")
        # What is faded is about to be drawn anew.
        for _ in range(4):
            found[name] = faults(page, axe)
            if not found[name]:
                break
            page.wait_for_timeout(1500)
    context.close()
    assert not {name: ones for name, ones in found.items() if ones}
