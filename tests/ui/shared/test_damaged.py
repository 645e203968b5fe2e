"""A study that cannot be opened is named on every page that lists studies; the others go on."""

from pathlib import Path

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from shamsul.reading import Store
from shamsul.settings import settings
from tests.ui.conftest import make_study, study_text

APP = Path(__file__).resolve().parents[3] / "app.py"
SAID = "The study broken cannot be opened"


@pytest.fixture
def damaged(installation: Path) -> None:
    for name in ("broken", "trial"):
        make_study(installation, study_text(name=name))
    store = Store(settings().database)
    change = text("UPDATE study SET plan = 'x', title = 'Broken' WHERE name = 'broken'")
    store.database.write(lambda session: session.execute(change))
    store.close()


@pytest.mark.usefixtures("damaged")
@pytest.mark.parametrize(
    ("page", "other"),
    [("worklist", "Phantom demo"), ("results", "Trial"), ("setup", "Trial"), ("reading", "Trial")],
)
def test_it_is_named_and_the_others_go_on(page: str, other: str) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    app.text_input(key="reader").set_value("Ada").run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception and not app.error
    (warning,) = [one.value for one in app.warning if SAID in one.value]
    assert ("shamsul study remove" in warning) == (page != "reading")
    listed = [option for box in app.selectbox for option in box.options]
    listed += [option for group in app.button_group for option in group.options]
    listed += [one.value for one in app.markdown]
    assert any(other in entry for entry in listed)
    assert not any("Broken" in entry for entry in listed)
