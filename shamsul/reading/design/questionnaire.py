"""What a reader is asked: the questions of a study, as data that travels with its answers."""

import hashlib
import json
import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache
from typing import Final, TypeGuard

#: Longest comment accepted, in characters.
MAX_TEXT = 10_000
#: Numbers beyond this are none that anybody means.
MOST = 1e15


class Kind(Enum):
    """What an answer to a question looks like."""

    SCALE = "scale"
    """One of the points of a worded scale, int from 1."""
    PERCENT = "percent"
    """A number from 0 to 100."""
    CHOICE = "choice"
    """One of the options, str."""
    TAGS = "tags"
    """Any of the options, tuple of str in the questionnaire's order."""
    TEXT = "text"
    """Free text, str."""
    NUMBER = "number"
    """A number within the question's limits, float."""
    POINT = "point"
    """A place on the image: row and column in image coordinates, tuple of float."""
    RANK = "rank"
    """A place among the maps of one case and label, int from 1 (best); ties allowed."""


class Step(Enum):
    """When a question is asked while reading a case."""

    START = 0
    """Before the first case; about the reader."""
    IMAGE = 1
    """The image only, before anything of the model is shown."""
    PROBABILITY = 2
    """The questions about the image again, with the model's probability in view but no map."""
    REVEAL = 3
    """The model's probability is shown."""
    MAPS = 4
    """The maps are shown; asked once for each map."""
    AGAIN = 5
    """The questions about the image again, with the maps in view."""
    END = 6
    """After the last case; about the study as a whole."""


#: Steps that ask the questions about the image again, by what the questions' ids then end in.
ASKED_AGAIN: Final = {Step.PROBABILITY: "_with_probability", Step.AGAIN: "_with_maps"}


class CannotJudge(Enum):
    """An answer to a scale, apart from its points."""

    CANNOT_JUDGE = "cannot judge"
    """The reader looked and cannot tell; not the same as no answer."""


CANNOT_JUDGE = CannotJudge.CANNOT_JUDGE

#: The questions about a map that are no scales; each is a column of the exported ratings.
MAP_EXTRAS = {"failure_tags": Kind.TAGS, "comment": Kind.TEXT, "rank": Kind.RANK}

#: Steps whose questions are about the reader or the study, not about a case.
ABOUT_READER = (Step.START, Step.END)

#: An answer's value; None where an answer was taken back.
Value = int | float | str | tuple[str, ...] | tuple[float, ...] | CannotJudge | None


def _is_number(value: object) -> TypeGuard[float]:
    # bool is a number to Python, never to a reader.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes
    ----------
    id : str
        Short name, the ``item`` of the exported ratings.
    wording : str
        As the reader sees it.
    kind : Kind
    step : Step
    construct : str
        What it measures.
    source : str
        Where it comes from; empty: this project.
    options : tuple of str
        The points of a scale from 1 upwards, the choices or the tags.
    may_abstain : bool
        Whether "Cannot judge" is offered.
    help : str
        More words on request.
    required : bool
        Whether a reading study goes on only when it is answered.
    minimum, maximum : float or None
        Limits of a number.
    """

    id: str
    wording: str
    kind: Kind
    step: Step
    construct: str = ""
    source: str = ""
    options: tuple[str, ...] = ()
    may_abstain: bool = False
    help: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        texts = (self.id, self.wording, self.construct, self.source, self.help, *self.options)
        limits = [limit for limit in (self.minimum, self.maximum) if limit is not None]
        if not all(isinstance(text, str) for text in texts) or not all(map(_is_number, limits)):
            raise ValueError("a question's words are texts, its limits numbers")
        if any("\0" in text for text in texts):
            raise ValueError("a question holds a NUL, a character that cannot be kept")
        if not self.id or not self.wording:
            raise ValueError("a question needs an id and a wording")
        if self.kind is not Kind.NUMBER and (self.minimum, self.maximum) != (None, None):
            raise ValueError(f"question {self.id!r}: only a number has limits")
        worded = self.kind in (Kind.SCALE, Kind.CHOICE, Kind.TAGS)
        if worded != bool(self.options) or len(set(self.options)) != len(self.options):
            raise ValueError(f"question {self.id!r}: wrong options for a {self.kind.value}")
        if self.may_abstain and self.kind is not Kind.SCALE:
            raise ValueError(f"question {self.id!r}: only a scale offers 'Cannot judge'")

    def clean(self, value: object) -> Value:
        """A value as it is stored.

        Empty text and no tags become None, as nothing distinguishes them from no answer.

        Raises
        ------
        ValueError
            If this question cannot be answered so.

        Examples
        --------
        >>> tags = Question("where", "Where?", Kind.TAGS, Step.MAPS, options=("device", "border"))
        >>> tags.clean(["border", "device"])
        ('device', 'border')
        """
        if value is None:
            return None
        if value is CANNOT_JUDGE and self.may_abstain:
            return CANNOT_JUDGE
        if self.kind in (Kind.SCALE, Kind.RANK):
            return self._whole_number(value)
        if self.kind is Kind.PERCENT:
            return self._percent(value)
        if self.kind is Kind.NUMBER:
            return self._number(value)
        if self.kind is Kind.POINT:
            return self._point(value)
        if self.kind is Kind.TAGS:
            return self._tags(value)
        return self._text(value)

    def _whole_number(self, value: object) -> int:
        # bool is an int to Python, never to a reader.
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            if self.kind is Kind.RANK and value <= 100:
                return value
            if self.kind is Kind.SCALE and value <= len(self.options):
                return value
        limit = len(self.options) if self.kind is Kind.SCALE else 100
        raise ValueError(f"{self.id} must be a whole number from 1 to {limit}, not {value!r}")

    def _percent(self, value: object) -> float:
        if _is_number(value) and 0 <= value <= 100:
            return float(value)
        raise ValueError(f"{self.id} must be a number from 0 to 100, not {value!r}")

    def _number(self, value: object) -> float:
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if _is_number(value) and low <= value <= high and math.isfinite(value):
            return float(value)
        raise ValueError(f"{self.id} must be a number from {low:g} to {high:g}, not {value!r}")

    def _point(self, value: object) -> tuple[float, ...]:
        if isinstance(value, list | tuple):
            place = tuple(
                float(part) for part in value if _is_number(part) and 0 <= part < math.inf
            )
            if len(place) == len(value) == 2:
                return place
        raise ValueError(f"{self.id} must be a row and a column on the image, not {value!r}")

    def _tags(self, value: object) -> tuple[str, ...] | None:
        if isinstance(value, str) or not isinstance(value, Collection):
            raise ValueError(f"{self.id} must be a collection of tags, not {value!r}")
        unknown = [tag for tag in value if tag not in self.options]
        if unknown:
            raise ValueError(f"{self.id}: {unknown[0]!r} is none of {', '.join(self.options)}")
        return tuple(tag for tag in self.options if tag in value) or None

    def _text(self, value: object) -> str | None:
        if not isinstance(value, str):
            raise ValueError(f"{self.id} must be text, not {value!r}")
        if self.kind is Kind.CHOICE:
            if value not in self.options:
                raise ValueError(f"{self.id} must be one of {', '.join(self.options)}")
            return value
        if len(value) > MAX_TEXT:
            raise ValueError(f"{self.id} is longer than {MAX_TEXT} characters")
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError(f"{self.id} contains characters that cannot be stored")
        return value if value.strip() else None

    def plain(self, value: Value) -> int | float | str | list[str | float] | None:
        """A clean value as JSON has it."""
        if isinstance(value, CannotJudge):
            return value.value
        return [*value] if isinstance(value, tuple) else value

    def parse(self, plain: object) -> Value:
        """The value that :meth:`plain` gave, or another of JSON's.

        Raises
        ------
        ValueError
            If this question cannot be answered so.
        """
        return self.clean(
            CANNOT_JUDGE if plain == CANNOT_JUDGE.value and self.may_abstain else plain
        )

    def to_json(self, value: Value) -> str:
        """A clean value as JSON text."""
        return json.dumps(self.plain(value))

    def from_json(self, text: str) -> Value:
        """The value that :meth:`to_json` wrote."""
        return self.parse(json.loads(text))


@dataclass(frozen=True)
class Questionnaire:
    """The questions of a study, in the order asked."""

    questions: tuple[Question, ...]

    def __post_init__(self) -> None:
        ids = [question.id for question in self.questions]
        if len(set(ids)) != len(ids):
            raise ValueError("two questions have the same id")
        for question in self.questions:
            about_map = question.step is Step.MAPS
            expected = MAP_EXTRAS.get(question.id, Kind.SCALE if about_map else question.kind)
            if question.kind is not expected or (question.kind is Kind.RANK and not about_map):
                raise ValueError(
                    f"question {question.id!r} about a map must be a scale; only "
                    f"{', '.join(MAP_EXTRAS)} are of other kinds"
                )

    @cached_property
    def version(self) -> str:
        """Fingerprint of the content: the first 12 hexadecimal digits of its SHA-256."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    @property
    def items(self) -> tuple[Question, ...]:
        """The scales answered for each map."""
        maps = self.at(Step.MAPS)
        return tuple(question for question in maps if question.kind is Kind.SCALE)

    def at(self, step: Step) -> tuple[Question, ...]:
        """The questions of one step."""
        return tuple(question for question in self.questions if question.step is step)

    def question(self, id: str) -> Question:
        """The question of that id.

        Raises
        ------
        ValueError
            If there is none.
        """
        for question in self.questions:
            if question.id == id:
                return question
        raise ValueError(f"the questionnaire has no item {id!r}")

    def screen_of(self, step: Step) -> Step:
        """The screen on which a step's questions stand, by its first step but for the maps'."""
        if step is Step.REVEAL and self.at(Step.PROBABILITY):
            return Step.PROBABILITY
        return Step.MAPS if step in (Step.REVEAL, Step.MAPS, Step.AGAIN) else step

    def about_case(self, screen: Step) -> tuple[Question, ...]:
        """What a screen asks about the case, not about each of its maps."""
        return tuple(
            question
            for step in Step
            if step is not Step.MAPS and self.screen_of(step) is screen
            for question in self.at(step)
        )

    def read_again(self, *steps: Step) -> "Questionnaire":
        """With the questions about the image asked once more at some steps of `ASKED_AGAIN`."""
        again = tuple(
            replace(question, id=f"{question.id}{ASKED_AGAIN[step]}", step=step)
            for step in steps
            for question in self.at(Step.IMAGE)
        )
        return Questionnaire(self.questions + again)

    def to_json(self) -> str:
        """The questionnaire as JSON text, the same text for the same content."""
        return json.dumps(
            [asdict(question) for question in self.questions],
            default=lambda member: member.value,
            sort_keys=True,
        )

    @classmethod
    @lru_cache(maxsize=64)  # asked for with every answer that is read
    def from_json(cls, text: str) -> "Questionnaire":
        """The questionnaire that :meth:`to_json` wrote."""
        return cls(
            tuple(
                Question(
                    **{
                        **entry,
                        "kind": Kind(entry["kind"]),
                        "step": Step(entry["step"]),
                        "options": tuple(entry["options"]),
                    }
                )
                for entry in json.loads(text)
            )
        )
