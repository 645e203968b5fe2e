"""The nouns of a reading study: a study, its cases, what a reader saw and what they answered."""

import math
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.questionnaire import Questionnaire, Value

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def reader_name(text: str) -> str:
    """A reader's name as it is stored: trimmed, single spaces, Unicode NFC.

    Raises
    ------
    ValueError
        If it is empty, longer than 80 characters or not printable.

    Examples
    --------
    >>> reader_name("  Ada   Lovelace ")
    'Ada Lovelace'
    """
    return _name(text, "the reader's name")


def _name(text: str, what: str) -> str:
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name:
        raise ValueError(f"{what} is empty")
    if len(name) > 80:
        raise ValueError(f"{what} is longer than 80 characters")
    # Cs: lone surrogates cannot be stored; Cc: control characters cannot be seen.
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise ValueError(f"{what} contains characters that cannot be shown")
    return name


def _check_sha256(what: str, text: str | None) -> None:
    if text is not None and not _SHA256.fullmatch(text):
        raise ValueError(f"{what} must be 64 hexadecimal digits in lower case, not {text!r}")


def _check_utc(what: str, time: datetime) -> None:
    if time.utcoffset() is None:
        raise ValueError(f"{what} needs a time zone")


@dataclass(frozen=True)
class Study:
    """A reading study.

    Attributes
    ----------
    name : str
        Lower-case letters, digits and hyphens.
    title, about : str
        Shown to readers.
    model : str
        Name of the model whose maps are read.
    questionnaire : Questionnaire
        Kept with the study, so that a later wording cannot change what was asked.
    created_at : datetime
        With time zone.
    plan : Plan or None
        How it is read; None where everybody may review its cases openly.
    closed_at : datetime or None
        Since when nothing can be answered any more.
    beside : tuple of str
        Names of further models, which a review can show beside `model`; readings never do.
    """

    name: str
    title: str
    about: str = ""
    model: str = ""
    questionnaire: Questionnaire = DEFAULT
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    plan: Plan | None = None
    closed_at: datetime | None = None
    beside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.name) or len(self.name) > 64:
            raise ValueError(
                "a study's name is at most 64 of a-z, 0-9 and single hyphens between them, "
                f"not {self.name!r}"
            )
        if not self.title.strip():
            raise ValueError("a study needs a title")
        _check_utc("created_at", self.created_at)
        if self.closed_at is not None:
            _check_utc("closed_at", self.closed_at)


@dataclass(frozen=True)
class DamagedStudy:
    """A study that is there but cannot be opened.

    Attributes
    ----------
    name : str
    reason : str
        Why, in one sentence.
    """

    name: str
    reason: str


class Origin(Enum):
    """Where a case's radiograph came from, in a word that identifies nobody."""

    UNKNOWN = ""
    """It was there before this was kept."""
    DEMO = "demo"
    UPLOAD = "upload"


@dataclass(frozen=True)
class Case:
    """One radiograph in a study, as the store knows it.

    Attributes
    ----------
    id : int
        Given by the store.
    study : str
        Name of the study.
    name : str
        Pseudonym, unique in the study.
    image_sha256 : str
        Which stored radiograph, unique in the study.
    order : int
        Place in the study, from 1. The place at which a reader met it is
        :attr:`Shown.case_order`.
    """

    id: int
    study: str
    name: str
    image_sha256: str
    order: int

    def __post_init__(self) -> None:
        if _name(self.name, "the case's name") != self.name:
            raise ValueError(f"the case's name has spaces to trim: {self.name!r}")
        _check_sha256("image_sha256", self.image_sha256)
        if self.order < 1:
            raise ValueError("order starts at 1")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What was on the screen when a question about a case and label was answered.

    Attributes
    ----------
    label : str
        The finding asked about.
    model : str
    model_sha256 : str or None
        Of the weights; None where the model has none.
    probability : float or None
        The model's for the label, in [0, 1], whether or not the reader saw it; None if it was
        not computed.
    blinded : bool
        False where method names or the expert annotation could be seen.
    case_order : int
        Place of the case in the order presented to this reader, from 1.
    repeat_of : str or None
        Name of the case where the reader meets it again in the session, to be compared.
    warm_up : bool
        Left out of the analysis.
    window_centre, window_width : float or None
        As the viewer was set when the answer was given, in stored values.
    zoom : float or None
        1 where the whole image is seen.
    threshold : float or None
        Part of each map's scale below which nothing was coloured, in [0, 1].
    """

    label: str
    model: str
    model_sha256: str | None = None
    probability: float | None = None
    blinded: bool
    case_order: int = 1
    repeat_of: str | None = None
    warm_up: bool = False
    window_centre: float | None = None
    window_width: float | None = None
    zoom: float | None = None
    threshold: float | None = None

    def __post_init__(self) -> None:
        if not self.label or not self.model:
            raise ValueError("label and model must be named")
        _check_sha256("model_sha256", self.model_sha256)
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError(f"probability must be in [0, 1], not {self.probability}")
        if self.case_order < 1:
            raise ValueError("case_order starts at 1")
        if self.repeat_of == "":
            raise ValueError("repeat_of is None where the case repeats none")


@dataclass(frozen=True, kw_only=True)
class MapShown(Shown):
    """The map that was rated, and how it was shown.

    Attributes
    ----------
    method : str
        Registered name, for example "grad_cam".
    method_name_shown : str
        As the reader saw it: "Grad-CAM", or "A" when blinded.
    panel_position : int
        Place among the panels, from 1 at the left.
    heatmap_sha256 : str
        :attr:`shamsul.explainers.heatmap.Heatmap.sha256`.
    opacity : float
        Of the map over the image when the answer was given, in [0, 1].
    normalisation : str
        How values became colours.
    control : str or None
        Kind of attention check, None for a real map.
    """

    method: str
    method_name_shown: str
    panel_position: int
    heatmap_sha256: str
    opacity: float
    normalisation: str
    control: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.method or not self.method_name_shown or not self.normalisation:
            raise ValueError("method, method_name_shown and normalisation must be named")
        if self.panel_position < 1:
            raise ValueError("panel_position starts at 1")
        _check_sha256("heatmap_sha256", self.heatmap_sha256)
        if not 0 <= self.opacity <= 1:
            raise ValueError(f"opacity must be in [0, 1], not {self.opacity}")
        if self.control == "":
            raise ValueError("control is None for a real map")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one reader answered to one question.

    Attributes
    ----------
    case : Case
    reader : str
        Made tidy with :func:`reader_name`.
    shown : Shown or MapShown
        A `MapShown` for the questions about maps, else a `Shown`.
    item : str
        Id of the question.
    value : Value
        As the question's kind says: int for a scale or rank, `CANNOT_JUDGE`, float for a
        percentage, str for a choice or text, tuple of str for tags; None takes the answer back.
        Checked by the store against the study's questionnaire.
    active_seconds : float
        How long the reader was active on this case before this answer, as the page counted.
    session : int
        From 1; a crossover study has several.
    """

    case: Case
    reader: str
    shown: Shown
    item: str
    value: Value
    active_seconds: float = 0.0
    session: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", reader_name(self.reader))
        if not (math.isfinite(self.active_seconds) and self.active_seconds >= 0):
            raise ValueError(f"active_seconds must not be negative, but is {self.active_seconds}")
        if self.session < 1:
            raise ValueError("session starts at 1")


@dataclass(frozen=True)
class SavedAnswer:
    """The current revision of an answer.

    Attributes
    ----------
    answer : Answer
    revision : int
        From 1.
    wording : int
        Version of the study's questionnaire that was answered.
    created_at, changed_at : datetime
        Of the first and of this revision, UTC.
    """

    answer: Answer
    revision: int
    created_at: datetime
    changed_at: datetime
    wording: int = 1

    def __post_init__(self) -> None:
        if self.revision < 1:
            raise ValueError("revision starts at 1")
        _check_utc("created_at", self.created_at)
        _check_utc("changed_at", self.changed_at)


@dataclass(frozen=True)
class CaseProgress:
    """How far a reader is with a case.

    Attributes
    ----------
    case : Case
    answered : int
        Scale items of maps answered, "Cannot judge" included.
    expected : int
        Scale items of the labels that were started, of one label where none was.
    labels : tuple of str
        Labels with an answered item, in alphabetical order.
    """

    case: Case
    answered: int
    expected: int
    labels: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every label that was started is finished, and at least one is."""
        return self.answered >= self.expected
