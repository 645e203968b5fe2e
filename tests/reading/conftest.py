from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shamsul.reading import Answer, Case, MapShown, Shown, Store, Study
from shamsul.reading.design.questionnaire import Value
from tests.reading.database.postgres import Postgres, a_server


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'ratings.db'}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for all tests that need one."""
    with a_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def each_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new_database()
        yield url
        server.drop(url)
    else:
        yield f"sqlite:///{tmp_path / 'data' / 'ratings.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url)
    store.ensure_study(Study("pilot", "Pilot", model="phantom"))
    yield store
    store.close()


@pytest.fixture
def case(store: Store) -> Case:
    return store.add_case("pilot", "a" * 64)


@pytest.fixture
def rating(case: Case) -> Callable[..., Answer]:
    """Make an answer about a map of the case."""

    def make(item: str = "location", value: Value = 4, **changes: object) -> Answer:
        about: dict = {
            "label": "Cardiomegaly",
            "model": "phantom",
            "model_sha256": "c" * 64,
            "probability": 0.25,
            "blinded": True,
            "method": "grad_cam",
            "method_name_shown": "A",
            "panel_position": 2,
            "heatmap_sha256": "b" * 64,
            "opacity": 0.5,
            "normalisation": "symmetric",
        }
        who: dict = {"case": case, "reader": "Ada"}
        for name, change in changes.items():
            (about if name in MapShown.__dataclass_fields__ else who)[name] = change
        return Answer(shown=MapShown(**about), item=item, value=value, **who)

    return make


@pytest.fixture
def opinion(case: Case) -> Callable[..., Answer]:
    """Make an answer about the case itself."""

    def make(item: str, value: Value, **who: object) -> Answer:
        shown = Shown(label="Cardiomegaly", model="phantom", blinded=True)
        return Answer(**{"case": case, "reader": "Ada", **who}, shown=shown, item=item, value=value)

    return make
