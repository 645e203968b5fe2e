"""The database's tables. Answers are kept as append-only revisions: no row is ever updated."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime

from sqlalchemy import (
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shamsul.reading.database.transactions import UnreadableError
from shamsul.reading.design.consensus import Consensus
from shamsul.reading.design.design import Arm, Control, PanelPlan, Reading
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.questionnaire import Questionnaire, Step, Value
from shamsul.reading.design.study import Answer, Case, MapShown, SavedAnswer, Shown, Study
from shamsul.storage.damage import SENSELESS

_SHOWN = tuple(field.name for field in fields(Shown))
_MAP_SHOWN = tuple(field.name for field in fields(MapShown))
# Which map is part of what must be unique, hence not of a revision.
_KEY = ("label", "method", "control", "repeat_of")


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Where rows are turned into what they stand for: say of which nothing can be made.

    Raises
    ------
    UnreadableError
        For whatever damaged content, or that of a later version, makes go wrong inside.
    """
    try:
        yield
    except SENSELESS as error:
        raise UnreadableError(
            f"{what} cannot be opened: it is damaged, or was made by a later version of SHAMSUL."
        ) from error


class UtcTime(TypeDecorator[datetime]):
    """A moment, stored as UTC without a zone, which every database keeps alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Every table of ours."""


class StudyRow(Base):
    __tablename__ = "study"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    plan: Mapped[str | None] = mapped_column(Text)  # JSON
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)

    wordings: Mapped[list["WordingRow"]] = relationship(
        order_by="WordingRow.version", lazy="selectin"
    )
    beside: Mapped[list["BesideRow"]] = relationship(
        order_by="BesideRow.place", lazy="selectin", cascade="all, delete-orphan"
    )

    @classmethod
    def of(cls, study: Study) -> "StudyRow":
        """The row of a new study."""
        return cls(
            name=study.name,
            title=study.title,
            about=study.about,
            model=study.model,
            plan=study.plan and study.plan.to_json(),
            created_at=study.created_at,
            closed_at=study.closed_at,
            wordings=[WordingRow.of(study.questionnaire, 1, study.created_at)],
            beside=BesideRow.of(study),
        )

    def to_study(self) -> Study:
        """The study of this row, as its questions are worded now."""
        with understood(f"The study {self.name}"):
            return Study(
                self.name,
                self.title,
                self.about,
                self.model,
                self.wordings[-1].to_questionnaire(),
                self.created_at,
                plan=None if self.plan is None else Plan.from_json(self.plan),
                closed_at=self.closed_at,
                beside=tuple(row.model for row in self.beside),
            )

    def questionnaire(self, version: int) -> Questionnaire:
        """The questions as they were worded in a version."""
        return {row.version: row for row in self.wordings}[version].to_questionnaire()


class WordingRow(Base):
    """A study's questionnaire. Once answered it stays; a change is the next version."""

    __tablename__ = "wording"

    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)  # JSON
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def of(cls, questionnaire: Questionnaire, version: int, created_at: datetime) -> "WordingRow":
        """The row of a new version."""
        return cls(version=version, content=questionnaire.to_json(), created_at=created_at)

    def to_questionnaire(self) -> Questionnaire:
        """The questions of this version."""
        return Questionnaire.from_json(self.content)


class BesideRow(Base):
    """A further model that a study can be reviewed with; no row where it names none."""

    __tablename__ = "beside"

    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    model: Mapped[str] = mapped_column(Text)

    @classmethod
    def of(cls, study: Study) -> list["BesideRow"]:
        """The rows of a study, in its order."""
        return [cls(place=place, model=model) for place, model in enumerate(study.beside, start=1)]


class CaseRow(Base):
    __tablename__ = "study_case"  # "case" is a word of SQL
    __table_args__ = (
        UniqueConstraint("study_id", "name"),
        UniqueConstraint("study_id", "image_sha256"),
        UniqueConstraint("study_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    name: Mapped[str] = mapped_column(String(80))
    image_sha256: Mapped[str] = mapped_column(String(64))
    position: Mapped[int]

    study: Mapped[StudyRow] = relationship()

    def to_case(self) -> Case:
        """The case of this row."""
        with understood(f"The case {self.name} of the study {self.study.name}"):
            return Case(self.id, self.study.name, self.name, self.image_sha256, self.position)


class ListingRow(Base):
    """What the worklist says of a case besides its name; no row where nothing is known of it."""

    __tablename__ = "case_listing"

    case_id: Mapped[int] = mapped_column(ForeignKey("study_case.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(16))
    added_at: Mapped[datetime | None] = mapped_column(UtcTime)
    note: Mapped[str] = mapped_column(Text)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class AppraisalRow(Base):
    """What a model makes of a radiograph; computed, and again where there is no row."""

    __tablename__ = "appraisal"

    image_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    model: Mapped[str] = mapped_column(String(64), primary_key=True)  # its fingerprint
    warnings: Mapped[int]
    top_label: Mapped[str] = mapped_column(Text)
    top_probability: Mapped[float]
    maps: Mapped[int]
    disagreement: Mapped[float | None]


class ProbabilityRow(Base):
    """A label's probability in an appraisal."""

    __tablename__ = "probability"

    image_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    label: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[float]


class FindingRow(Base):
    """Whether a case has a finding, as it was told with it; no row where that is not known."""

    __tablename__ = "finding"

    case_id: Mapped[int] = mapped_column(ForeignKey("study_case.id"), primary_key=True)
    label: Mapped[str] = mapped_column(String(80), primary_key=True)
    present: Mapped[bool]

    case: Mapped[CaseRow] = relationship()


class AnswerRow(Base):
    """That a reader has answered a question: what must be unique."""

    __tablename__ = "answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("study_case.id"))
    reader: Mapped[str] = mapped_column(String(80))
    session: Mapped[int]
    label: Mapped[str] = mapped_column(Text)
    method: Mapped[str | None] = mapped_column(Text)
    control: Mapped[str | None] = mapped_column(Text)
    repeat_of: Mapped[str | None] = mapped_column(String(80))
    item: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    case: Mapped[CaseRow] = relationship()


# Coalesced, since NULLs differ from each other in a unique index.
Index(
    "one_answer_per_question",
    AnswerRow.case_id,
    AnswerRow.reader,
    AnswerRow.session,
    AnswerRow.label,
    func.coalesce(AnswerRow.method, text("''")),
    func.coalesce(AnswerRow.control, text("''")),
    func.coalesce(AnswerRow.repeat_of, text("''")),
    AnswerRow.item,
    unique=True,
)


class RevisionRow(Base):
    """What was answered, and to what was shown. The highest number is the current one."""

    __tablename__ = "revision"

    # The primary key is what makes two current answers impossible.
    answer_id: Mapped[int] = mapped_column(ForeignKey("answer.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wording: Mapped[int] = mapped_column(server_default="1")
    value: Mapped[str] = mapped_column(Text)  # JSON
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    active_seconds: Mapped[float]

    model: Mapped[str] = mapped_column(Text)
    model_sha256: Mapped[str | None] = mapped_column(String(64))
    probability: Mapped[float | None]
    blinded: Mapped[bool]
    case_order: Mapped[int]
    warm_up: Mapped[bool]
    window_centre: Mapped[float | None]
    window_width: Mapped[float | None]
    zoom: Mapped[float | None]
    threshold: Mapped[float | None]

    # Of a map; NULL for a question about the case.
    method_name_shown: Mapped[str | None] = mapped_column(Text)
    panel_position: Mapped[int | None]
    heatmap_sha256: Mapped[str | None] = mapped_column(String(64))
    opacity: Mapped[float | None]
    normalisation: Mapped[str | None] = mapped_column(Text)

    answer: Mapped[AnswerRow] = relationship()

    @classmethod
    def of(cls, answer: Answer, wording: int, value: str, changed_at: datetime) -> "RevisionRow":
        """What an answer says, without its number."""
        names = _MAP_SHOWN if isinstance(answer.shown, MapShown) else _SHOWN
        shown = {name: getattr(answer.shown, name) for name in names if name not in _KEY}
        return cls(
            wording=wording,
            value=value,
            changed_at=changed_at,
            active_seconds=answer.active_seconds,
            **shown,
        )

    def repeats(self, earlier: "RevisionRow") -> bool:
        """Whether this says the same of the same map and model as another revision."""
        return (
            self.value == earlier.value
            and self.wording == earlier.wording
            and self.heatmap_sha256 == earlier.heatmap_sha256
            and self.model_sha256 == earlier.model_sha256
        )

    def to_saved(self) -> SavedAnswer:
        """The answer of this row, read as its question was worded then."""
        key = self.answer
        kind, names = (Shown, _SHOWN) if key.method is None else (MapShown, _MAP_SHOWN)
        study = key.case.study
        with understood(f"An answer of {key.reader} in the study {study.name}"):
            shown = {name: getattr(key if name in _KEY else self, name) for name in names}
            question = study.questionnaire(self.wording).question(key.item)
            answer = Answer(
                case=key.case.to_case(),
                reader=key.reader,
                shown=kind(**shown),
                item=key.item,
                value=question.from_json(self.value),
                active_seconds=self.active_seconds,
                session=key.session,
            )
            return SavedAnswer(answer, self.number, key.created_at, self.changed_at, self.wording)


class ReaderAnswerRow(Base):
    """What a reader answered about themselves or the study as a whole, revision by revision."""

    __tablename__ = "reader_answer"

    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    reader: Mapped[str] = mapped_column(String(80), primary_key=True)
    item: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wording: Mapped[int]
    value: Mapped[str] = mapped_column(Text)  # JSON
    changed_at: Mapped[datetime] = mapped_column(UtcTime)

    def to_value(self, study: StudyRow) -> Value:
        """What this row says, read as its question was worded then."""
        with understood(f"An answer of {self.reader} in the study {study.name}"):
            return study.questionnaire(self.wording).question(self.item).from_json(self.value)


class ConsensusRow(Base):
    """What was agreed on about a question, revision by revision; never among readers' answers."""

    __tablename__ = "consensus"

    case_id: Mapped[int] = mapped_column(ForeignKey("study_case.id"), primary_key=True)
    label: Mapped[str] = mapped_column(Text, primary_key=True)
    item: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wording: Mapped[int]
    scores: Mapped[str] = mapped_column(Text)  # JSON, by method
    comment: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime] = mapped_column(UtcTime)

    case: Mapped[CaseRow] = relationship()

    def to_consensus(self) -> Consensus:
        """The consensus of this row, read as its question was worded then."""
        study = self.case.study
        with understood(f"A consensus about {self.case.name} in the study {study.name}"):
            question = study.questionnaire(self.wording).question(self.item)
            scores = {
                method: question.parse(score) for method, score in json.loads(self.scores).items()
            }
            return Consensus(
                self.case.to_case(),
                self.label,
                self.item,
                scores,
                self.comment,
                self.author,
                self.number,
                self.changed_at,
            )


class ReadingRow(Base):
    """What a reader is given to read. Made once; only a reader added later gets more rows."""

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("study_id", "reader", "session", "place"),
        UniqueConstraint("case_id", "reader", "session", "label", "repeat"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("study_case.id"))
    reader: Mapped[str] = mapped_column(String(80))
    session: Mapped[int]
    place: Mapped[int]
    case_order: Mapped[int]
    label: Mapped[str] = mapped_column(Text)
    panels: Mapped[str] = mapped_column(Text)  # JSON
    arm: Mapped[str] = mapped_column(String(16))
    warm_up: Mapped[bool]
    repeat: Mapped[bool]

    case: Mapped[CaseRow] = relationship()
    events: Mapped[list["ReadingEventRow"]] = relationship(order_by="ReadingEventRow.id")

    @classmethod
    def of(cls, reading: Reading, case: CaseRow) -> "ReadingRow":
        """The row of a new reading."""
        panels = [[p.method, p.control and p.control.value] for p in reading.panels]
        return cls(
            study_id=case.study_id,
            case=case,
            reader=reading.reader,
            session=reading.session,
            place=reading.place,
            case_order=reading.case_order,
            label=reading.label,
            panels=json.dumps(panels),
            arm=reading.arm.value,
            warm_up=reading.warm_up,
            repeat=reading.repeat,
        )

    def locked_at(self, screen: Step) -> datetime | None:
        """When a screen's answers were locked."""
        return next((event.at for event in self.events if event.step == screen.value), None)

    def to_reading(self) -> Reading:
        """The reading of this row."""
        with understood(f"A reading of the study {self.case.study.name}"):
            panels = tuple(
                PanelPlan(method, control and Control(control))
                for method, control in json.loads(self.panels)
            )
            return Reading(
                self.reader,
                self.session,
                self.place,
                self.case.name,
                self.case_order,
                self.label,
                panels,
                Arm(self.arm),
                self.warm_up,
                self.repeat,
            )

    def to_assigned(self) -> Assigned:
        """The reading of this row, and how far its reader is."""
        with understood(f"A reading of the study {self.case.study.name}"):
            return Assigned(
                self.id,
                self.to_reading(),
                self.case.to_case(),
                {Step(event.step): event.at for event in self.events if event.step is not None},
                max((event.active_seconds for event in self.events), default=0.0),
            )


class ReadingEventRow(Base):
    """What happened to a reading: opened, a step locked. Rows are only ever added."""

    __tablename__ = "reading_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    step: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcTime)
    active_seconds: Mapped[float]


class AccountRow(Base):
    """Who may sign in. Without a password: by another service only."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SignInRow(Base):
    """A browser that is signed in; of its secret only a hash is kept."""

    __tablename__ = "sign_in"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)

    account: Mapped[AccountRow] = relationship()


class FailedSignInRow(Base):
    """A wrong password: too many, and sign-in is refused for a while."""

    __tablename__ = "failed_sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
