"""What readers draw: from the viewer's outbox to the disk, and who may see it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from shamsul.annotations import drawings, measurements
from shamsul.annotations.annotation import Annotation, Occasion
from shamsul.annotations.measurements import Measurement
from shamsul.reading import StoreError
from shamsul.reading.database.accounts import Role
from shamsul.settings import settings
from shamsul.ui.shared import outbox, session, sign_in
from shamsul.ui.shared.outbox import Event
from shamsul.ui.shared.viewer import MEASURE, REMOVE_MEASUREMENT, TAKE_BACK, Drawing

Revision = Callable[[tuple[Annotation, ...]], tuple[Annotation, ...]]
Remeasured = Callable[[tuple[Measurement, ...]], tuple[Measurement, ...]]
Allow = Callable[[Callable[[], None]], None]


@dataclass(frozen=True)
class Canvas:
    """What a token stands for: who draws, on which radiograph, what, and in which reading.

    Attributes
    ----------
    reader, image_sha256 : str
    shape : (int, int)
        The radiograph's rows and columns.
    label : str
    occasion : Occasion or None
        None outside of studies.
    """

    reader: str
    image_sha256: str
    shape: tuple[int, int]
    label: str
    occasion: Occasion | None = None


def seen(image_sha256: str) -> tuple[Annotation, ...]:
    """The annotations of a radiograph that who is using the page may see.

    A coordinator who has signed in sees all; others, and everybody where nobody signs in, see
    those of experts and their own drawings.
    """
    annotations = session.annotations().get(image_sha256)
    return annotations if _sees_all() else drawings.seen_by(session.reader(), annotations)


def measured(image_sha256: str, occasion: Occasion | None = None) -> tuple[Measurement, ...]:
    """The measurements of a radiograph that who is using the page may see.

    In a reading (`occasion`) the reader's own of that very reading, elsewhere as for :func:`seen`.

    Raises
    ------
    StoreError
        If they cannot be read.
    """
    try:
        kept = session.measurements().get(image_sha256)
    except ValueError as error:
        raise StoreError("The measurements of this radiograph cannot be read.") from error
    if occasion is None and _sees_all():
        return kept
    return measurements.own(session.reader(), kept, occasion)


def _sees_all() -> bool:
    account = sign_in.current()
    if settings().sign_in == "open" or account is None:
        return False
    return account.may(Role.COORDINATOR)


def offered(
    key: str, image_sha256: str, shape: tuple[int, int], labels: Sequence[str]
) -> Drawing | None:
    """Keep what was drawn in a viewer, and let the reader draw on.

    Parameters
    ----------
    key : str
        The viewer's.
    image_sha256 : str
    shape : (int, int)
        The radiograph's rows and columns.
    labels : sequence of str
        Of the viewer's rows.

    Returns
    -------
    Drawing or None
        For the viewer; None where nobody has typed a name.
    """
    reader = session.reader()
    if not reader:
        return None
    tokens = {label: f"{reader}/{image_sha256}/{label}" for label in labels}
    _canvases().update(
        {token: Canvas(reader, image_sha256, shape, label) for label, token in tokens.items()}
    )
    error = _take(key)
    notice = str(st.session_state.get(_notice(key), ""))
    return Drawing(
        reader,
        tokens,
        saved=outbox.saved(),
        notice=notice,
        error=error,
        measurements=measured(image_sha256),
    )


def _take(key: str) -> str:
    """Deal with what is new in a viewer's outbox; gives why some could not be, one sentence."""
    box = outbox.received(key)
    for event in outbox.new(box):
        # Known by any viewer of this session: what was drawn may come with the next case's viewer.
        canvas = _canvases().get(event.token)
        if canvas is None:
            return "The case that was drawn on has to be opened again."
        try:
            st.session_state[_notice(key)] = keep(event, canvas)
        except StoreError as error:
            return str(error)
        outbox.deal_with(box, event)
    return ""


def keep(
    event: Event,
    canvas: Canvas,
    allow: Allow = lambda write: write(),
) -> str:
    """Do what an event asks for.

    Parameters
    ----------
    event : Event
    canvas : Canvas
    allow : callable
        Is given what writes, and calls it or raises.

    Returns
    -------
    str
        What was done, in words; empty where it was nothing.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    if event.item in (MEASURE, REMOVE_MEASUREMENT):
        return _keep_measurement(event, canvas, allow)
    try:
        revision = _revision(event, canvas)
    except ValueError:
        return ""  # no page of ours could have sent it
    archive = session.annotations()

    def write() -> None:
        with _in_words():
            archive.revise(canvas.image_sha256, revision)

    with _in_words():
        before = archive.get(canvas.image_sha256)
    # What is sent again may have been kept before it was no longer allowed.
    if revision(before) != before:
        allow(write)
    done = "Removed" if event.item == TAKE_BACK else "Saved"
    what = "drawings" if event.item == TAKE_BACK else "drawing"
    return f"{done} at {datetime.now().astimezone():%H:%M:%S}: your {what} of {canvas.label}"


def _revision(event: Event, canvas: Canvas) -> Revision:
    """What an event makes of the annotations; a `ValueError` if it makes no sense."""
    label, reader, occasion = canvas.label, canvas.reader, canvas.occasion
    if event.item == TAKE_BACK:
        return lambda old: drawings.taken_back(old, label, reader, occasion)
    mark, now = drawings.mark_of(event.value, canvas.shape), datetime.now(UTC)
    return lambda old: drawings.added(old, label, reader, mark, now, occasion)


def _keep_measurement(event: Event, canvas: Canvas, allow: Allow) -> str:
    """As `keep`, of what was measured."""
    try:
        revision, what = _remeasured(event, canvas)
    except ValueError:
        return ""  # no page of ours could have sent it
    archive, image = session.measurements(), canvas.image_sha256

    def write() -> None:
        with _in_words():
            archive.revise(image, revision)

    with _in_words():
        before = archive.get(image)
    if revision(before) != before:
        allow(write)
    done = "Saved" if event.item == MEASURE else "Removed"
    return f"{done} at {datetime.now().astimezone():%H:%M:%S}: your {what}"


def _remeasured(event: Event, canvas: Canvas) -> tuple[Remeasured, str]:
    """What an event makes of the measurements, and what it is about; else a `ValueError`."""
    reader, occasion = canvas.reader, canvas.occasion
    if event.item == REMOVE_MEASUREMENT:
        name = str(event.value)
        return lambda old: measurements.removed(old, name, reader, occasion), "measurement"
    now = datetime.now(UTC)
    new = measurements.measurement_of(event.value, canvas.shape, reader, now, occasion)
    return lambda old: measurements.added(old, new), new.kind.words


@contextmanager
def _in_words() -> Iterator[None]:
    """Failures of the archive, in a sentence for the reader."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The annotations could not be written: {error.strerror or error}."
        ) from error
    except ValueError as error:
        raise StoreError(f"The drawing could not be added: {error}.") from error


def _canvases() -> dict[str, Canvas]:
    canvases: dict[str, Canvas] = st.session_state.setdefault("canvases", {})
    return canvases


def _notice(key: str) -> str:
    """Under which what became of a viewer's last drawing is kept."""
    return f"drawn-in-{key}"
