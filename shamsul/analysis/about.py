"""What a study was, as its report begins with it: named facts, part by part.

What is known comes from the store. What only an author can know is a blank that says what belongs
there, and what the files do not say is called that: nothing is left out in silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final


class Origin(Enum):
    """Where a fact's words come from."""

    RECORDED = "recorded"
    """The store or the exported tables."""
    AUTHOR = "author"
    """Nowhere yet: the author must supply it."""
    ABSENT = "absent"
    """Nowhere: the files do not say."""


@dataclass(frozen=True)
class Fact:
    """One row of a part.

    Attributes
    ----------
    name, value : str
        Lines of the value stay lines.
    origin : Origin
    """

    name: str
    value: str
    origin: Origin = Origin.RECORDED


@dataclass(frozen=True)
class Part:
    """Facts under one heading."""

    title: str
    facts: tuple[Fact, ...]


#: The parts in their order, and what each says at least. Beside a fact that the program cannot know
#: stands what the author must supply.
OUTLINE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "Question": {
            "Title": "",
            "Question": "the question that the study answers",
        },
        "Design": dict.fromkeys(
            (
                "Kind of study",
                "Reading",
                "Blinding",
                "Order of the cases",
                "Order of the maps",
                "Repeated cases",
                "Practice cases",
                "Control maps",
                "Sessions",
                "Cases of a reader",
                "Drawing",
                "Changes of answers",
                "Revealing",
                "Seed",
            ),
            "",
        ),
        "Model": dict.fromkeys(
            ("Name", "Weights (SHA-256)", "Architecture", "Trained on", "Outputs"), ""
        ),
        "Preprocessing": dict.fromkeys(("Grid", "Shape", "Brightness"), ""),
        "Explanations": dict.fromkeys(("Methods", "Output explained", "Settings"), ""),
        "Questionnaire": dict.fromkeys(("Version answered",), ""),
        "Cases": {
            "Number": "",
            "Source": "where the radiographs come from",
            "How chosen": "",
            "Findings read": "",
            "Reference standard": "how it is known what each radiograph shows",
            "With annotation": "",
            "De-identification": "",
            "Left out when taken in": "files and cases that could not be taken in, and why",
        },
        "Readers": {
            "Number": "",
            "Experience and specialty": "the readers' experience and specialty",
        },
        "Flow": dict.fromkeys(
            ("Readings assigned", "Finished", "Partly read", "Not begun", "In the main analysis"),
            "",
        ),
        "Dates": dict.fromkeys(("Opened", "First answer", "Last answer", "Closed"), ""),
        "From the author": {
            "Intended use": "the intended use and the clinical role of model and maps",
            "Hypothesis and primary outcome": "the hypothesis and the primary outcome",
            "Ethics approval": "approval or waiver, by whom, its number, and consent",
            "Registration": "the registry and the number, or that there is none",
            "Protocol": "where the full protocol can be read",
            "Eligibility of patients": "whose radiographs could be chosen, where and when",
            "Recruitment of readers": "how readers were found, instructed and compensated",
            "Sample size": "how the numbers of cases and readers were decided",
            "Data access": "who can have the data and the program, and how",
            "Funding": "sources of funding and the funders' role",
            "Conflicts of interest": "the conflicts of interest, or that there are none",
        },
    }
)


@dataclass(frozen=True)
class About:
    """What a study was.

    Attributes
    ----------
    parts : tuple of Part
        As `OUTLINE` has them; a part may say more than it has to.
    limits : tuple of str
        One sentence each, only those that are true of the study.
    synthetic : bool
        Whether every case is known to be a phantom.
    """

    parts: tuple[Part, ...]
    limits: tuple[str, ...] = ()
    synthetic: bool = False

    @classmethod
    def of(
        cls,
        known: Mapping[str, Mapping[str, str | Fact]],
        limits: tuple[str, ...] = (),
        *,
        synthetic: bool = False,
    ) -> "About":
        """Fill the outline in with what is known, by part and name; empty text is not known.

        A `Fact` is taken as it is.
        """
        parts = []
        for title, outline in OUTLINE.items():
            given = known.get(title, {})
            names = [*outline, *(name for name in given if name not in outline)]
            facts = (_fact(name, given.get(name, ""), outline.get(name, "")) for name in names)
            parts.append(Part(title, tuple(facts)))
        return cls(tuple(parts), limits, synthetic)

    def knows(self, part: str, name: str) -> bool:
        """Whether a fact is recorded."""
        facts = next(one.facts for one in self.parts if one.title == part)
        return any(one.name == name and one.origin is Origin.RECORDED for one in facts)

    def to_json(self) -> dict[str, object]:
        """Values by part and name, and which of them are blank."""
        return {
            "parts": {
                part.title: {fact.name: fact.value for fact in part.facts} for part in self.parts
            },
            "blank": [
                [part.title, fact.name]
                for part in self.parts
                for fact in part.facts
                if fact.origin is not Origin.RECORDED
            ],
            "limits": list(self.limits),
        }


def _fact(name: str, value: str | Fact, asked: str) -> Fact:
    if isinstance(value, Fact):
        return value
    if value:
        return Fact(name, value)
    if asked:
        return Fact(name, f"[the author must supply: {asked}]", Origin.AUTHOR)
    return Fact(name, "not in the files", Origin.ABSENT)
