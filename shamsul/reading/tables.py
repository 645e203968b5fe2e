"""The database's tables. Answers are kept as append-only revisions: no row is ever updated."""

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

from shamsul.reading.questionnaire import Questionnaire
from shamsul.reading.study import Answer, Case, MapShown, SavedAnswer, Shown, Study

_SHOWN = tuple(field.name for field in fields(Shown))
_MAP_SHOWN = tuple(field.name for field in fields(MapShown))
# Which map is part of what must be unique, hence not of a revision.
_KEY = ("label", "method", "control")


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
    questionnaire: Mapped[str] = mapped_column(Text)  # JSON
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def of(cls, study: Study) -> "StudyRow":
        """The row of a new study."""
        return cls(
            name=study.name,
            title=study.title,
            about=study.about,
            model=study.model,
            questionnaire=study.questionnaire.to_json(),
            created_at=study.created_at,
        )

    def to_study(self) -> Study:
        """The study of this row."""
        questionnaire = Questionnaire.from_json(self.questionnaire)
        return Study(self.name, self.title, self.about, self.model, questionnaire, self.created_at)


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
        return Case(self.id, self.study.name, self.name, self.image_sha256, self.position)


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
    AnswerRow.item,
    unique=True,
)


class RevisionRow(Base):
    """What was answered, and to what was shown. The highest number is the current one."""

    __tablename__ = "revision"

    # The primary key is what makes two current answers impossible.
    answer_id: Mapped[int] = mapped_column(ForeignKey("answer.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[str] = mapped_column(Text)  # JSON
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    active_seconds: Mapped[float]

    model: Mapped[str] = mapped_column(Text)
    model_sha256: Mapped[str | None] = mapped_column(String(64))
    probability: Mapped[float | None]
    blinded: Mapped[bool]
    case_order: Mapped[int]
    repeat_of: Mapped[str | None] = mapped_column(String(80))
    warm_up: Mapped[bool]

    # Of a map; NULL for a question about the case.
    method_name_shown: Mapped[str | None] = mapped_column(Text)
    panel_position: Mapped[int | None]
    heatmap_sha256: Mapped[str | None] = mapped_column(String(64))
    opacity: Mapped[float | None]
    normalisation: Mapped[str | None] = mapped_column(Text)

    answer: Mapped[AnswerRow] = relationship()

    @classmethod
    def of(cls, answer: Answer, value: str, changed_at: datetime) -> "RevisionRow":
        """What an answer says, without its number."""
        names = _MAP_SHOWN if isinstance(answer.shown, MapShown) else _SHOWN
        shown = {name: getattr(answer.shown, name) for name in names if name not in _KEY}
        return cls(
            value=value, changed_at=changed_at, active_seconds=answer.active_seconds, **shown
        )

    def repeats(self, earlier: "RevisionRow") -> bool:
        """Whether this says the same of the same map and model as another revision."""
        return (
            self.value == earlier.value
            and self.heatmap_sha256 == earlier.heatmap_sha256
            and self.model_sha256 == earlier.model_sha256
        )

    def to_saved(self, questionnaire: Questionnaire) -> SavedAnswer:
        """The answer of this row."""
        key = self.answer
        kind, names = (Shown, _SHOWN) if key.method is None else (MapShown, _MAP_SHOWN)
        shown = {name: getattr(key if name in _KEY else self, name) for name in names}
        answer = Answer(
            case=key.case.to_case(),
            reader=key.reader,
            shown=kind(**shown),
            item=key.item,
            value=questionnaire.question(key.item).from_json(self.value),
            active_seconds=self.active_seconds,
            session=key.session,
        )
        return SavedAnswer(answer, self.number, key.created_at, self.changed_at)
