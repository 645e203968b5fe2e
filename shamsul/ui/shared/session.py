"""What pages share: the store, the archives, the models and the reader's name."""

import threading
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.measurements import MeasurementArchive
from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest
from shamsul.radiographs import RadiographArchive
from shamsul.radiographs.radiograph import Radiograph
from shamsul.radiographs.thumbnails import Thumbnails
from shamsul.reading.database.about_readers import AboutReaders
from shamsul.reading.database.consensuses import Consensuses
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.screens import Screens
from shamsul.reading.database.store import Store
from shamsul.reading.database.transactions import UnreadableError
from shamsul.reading.database.worklist import Worklist
from shamsul.reading.demo import OWN, ensure_default_studies
from shamsul.reading.design.listing import Ask, Place, Seen
from shamsul.reading.design.study import Case, Study
from shamsul.settings import ASSETS, settings
from shamsul.storage.secret import secret
from shamsul.ui.shared import loading, sign_in

if TYPE_CHECKING:
    # Imported where they are used: torch takes seconds, which the worklist does not need.
    from shamsul.classifiers.classifier import Classifier
    from shamsul.classifiers.prediction import Prediction
    from shamsul.studies.desk import Desk
    from shamsul.studies.precompute import Precomputing
    from shamsul.ui.shared.viewer import ViewerState

#: The study that uploads go to.
UPLOADS = OWN.name


@st.cache_resource(show_spinner="Opening the studies …")
def store() -> Store:
    """The ratings' store, its default studies in place."""
    opened = Store(settings().database)
    ensure_default_studies(opened, archive(), annotations(), ASSETS)
    return opened


def open_studies() -> tuple[Study, ...]:
    """The studies that are reviewed openly; planned ones are read on their own page, blinded."""
    return tuple(study for study in store().studies() if study.plan is None)


def open_case(case_id: int) -> Case | None:
    """A case that may be reviewed openly; None where there is none of this number.

    Those of a planned study may be once it is closed.
    """
    with suppress(UnreadableError):  # told where the study itself is chosen
        case = store().case(case_id)
        if case is not None:
            study = store().study(case.study)
            return case if study.plan is None or study.closed_at is not None else None
    return None


def first_case() -> Case | None:
    """The first case of the open studies."""
    for study in open_studies():
        if entries := worklist().page(Seen(study.name), Ask(), 0, 1).entries:
            return entries[0].case
    return None


@st.cache_resource(show_spinner=False)
def worklist() -> Worklist:
    """The cases of studies as a list."""
    return Worklist(store().database)


@st.cache_resource(show_spinner=False)
def thumbnails() -> Thumbnails:
    """Small pictures of the radiographs."""
    return Thumbnails(settings().thumbnails)


def seen(study: Study) -> Seen:
    """Who looks at a study's list, and with which model."""
    try:
        manifest = Manifest.read(registry.folder_of(study.model))
    except registry.ModelError:
        return Seen(study.name, reader())
    return Seen(study.name, reader(), manifest.fingerprint, manifest.thresholds)


def asked(study: str) -> Ask:
    """What this browser asked of a study's list last."""
    ask: Ask = st.session_state.get(f"asked-{study}", Ask())
    return ask


def keep_asked(study: str, ask: Ask) -> None:
    """Remember what this browser asks of a study's list."""
    st.session_state[f"asked-{study}"] = ask


def place(study: Study, case: Case, around: int) -> Place:
    """Where a case stands in its study's list, as this browser has it; else as the study has it.

    With so many neighbours on each side.
    """
    among = worklist().place(seen(study), asked(study.name), case.id, around)
    found = among or worklist().place(seen(study), Ask(), case.id, around)
    assert found is not None
    return found


def open_cases() -> tuple[Case, ...]:
    """The cases of every open study, study by study; those that can be opened."""
    found: list[Case] = []
    for study in open_studies():
        with suppress(UnreadableError):  # told where the study itself is chosen
            found += store().cases(study.name)
    return tuple(found)


@st.cache_resource(show_spinner=False)
def archive() -> RadiographArchive:
    """The stored radiographs."""
    return RadiographArchive(settings().radiographs)


@st.cache_resource(show_spinner=False)
def annotations() -> AnnotationArchive:
    """The stored expert annotations."""
    return AnnotationArchive(settings().data_dir / "annotations")


@st.cache_resource(show_spinner=False)
def measurements() -> MeasurementArchive:
    """What readers have measured."""
    return MeasurementArchive(settings().data_dir / "annotations" / "measurements")


@st.cache_resource(show_spinner=False, max_entries=8)
def radiograph(sha256: str) -> Radiograph:
    """A stored radiograph."""
    return archive().get(sha256)


@st.cache_resource(show_spinner="Loading the model …", max_entries=4)
def _classifier(folder: Path, changed: float) -> "Classifier":
    return registry.load(folder)


def classifier(name: str) -> "Classifier":
    """A registered model, loaded once for all readers.

    Raises
    ------
    ModelError
        If it cannot be loaded.
    """
    folder = registry.folder_of(name)
    manifest = folder / "model.toml"
    # A folder that was replaced is another model, even if its name is the same.
    return _classifier(folder, manifest.stat().st_mtime if manifest.exists() else 0.0)


@st.cache_data(show_spinner=False, max_entries=256)
def _prediction(name: str, fingerprint: str, image_sha256: str) -> "Prediction":
    return classifier(name).predict(radiograph(image_sha256))


def prediction(study: Study, case: Case) -> "Prediction":
    """What the study's model says about a case."""
    return _prediction(study.model, classifier(study.model).manifest.fingerprint, case.image_sha256)


@st.cache_resource(show_spinner=False)
def desk() -> "Desk":
    """Where maps and measures are asked for, one for all readers; a process of its own computes."""
    from shamsul.computing import worker
    from shamsul.reading.database.claims import Claims
    from shamsul.studies.desk import Desk

    _desk["open"] = Desk.of_installation(
        archive(), annotations(), worker.Worker(), Claims.of(store().database)
    )
    return _desk["open"]


_desk: dict[str, "Desk"] = {}


def desk_if_open() -> "Desk | None":
    """The desk, None where nothing was asked of it yet: nothing is loaded to look."""
    return _desk.get("open")


@st.cache_resource(show_spinner=False)
def precomputing() -> "dict[str, Precomputing]":
    """What computes all maps of a study, by its name: it goes on when the page is left."""
    return {}


@st.cache_resource(show_spinner=False)
def warm_up(*modules: str) -> None:
    """Load in the background what the next page needs, while the reader chooses a case.

    Parameters
    ----------
    *modules : str
        Those of it that take long to load.
    """

    def work() -> None:
        loading.wait()
        desk().warm_up()
        for name in modules:
            import_module(name)

    threading.Thread(target=work, name="shamsul-warm-up", daemon=True).start()


def reader() -> str:
    """The name under which this reader's answers are kept; empty where nobody has typed one."""
    account = sign_in.current()
    return "" if account is None else account.name


@st.cache_resource(show_spinner=False)
def token_key() -> bytes:
    """What tokens are signed with: kept, so that one still has its meaning after a restart."""
    return secret(settings().data_dir / "token.key")


def viewer_state(case: Case) -> "ViewerState | None":
    """How the viewer of a case was set when the reader last let go of a control."""
    state: ViewerState | None = st.session_state.get(f"state-of-viewer-{case.id}")
    return state


def keep_viewer_state(case: Case, state: "ViewerState") -> None:
    """Remember how the viewer of a case is set."""
    st.session_state[f"state-of-viewer-{case.id}"] = state


@st.cache_resource(show_spinner=False)
def readings() -> Readings:
    """The readings of planned studies."""
    return Readings(store().database)


@st.cache_resource(show_spinner=False)
def consensuses() -> Consensuses:
    """What those who adjudicate agreed on."""
    return Consensuses(store().database)


@st.cache_resource(show_spinner=False)
def screens() -> Screens:
    """The screens of those readings, and what locks them."""
    return Screens(store().database)


@st.cache_resource(show_spinner=False)
def about_readers() -> AboutReaders:
    """What readers say about themselves."""
    return AboutReaders(store().database)
