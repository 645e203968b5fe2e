"""What a coordinator decides about a study, besides its cases and its questions."""

import json
from dataclasses import asdict, dataclass, field
from functools import lru_cache

from shamsul.reading.design.design import Control, Design, Mode


@dataclass(frozen=True)
class Plan:
    """How a study is read.

    Attributes
    ----------
    methods : tuple of str
        Registered names of the methods whose maps are shown.
    readers : tuple of str
    design : Design
    preset : str
        Settings of the methods; empty: their defaults.
    target : str
        What the maps explain, "logit" or "probability".
    source : str
        The study file, as it was written.
    """

    methods: tuple[str, ...]
    readers: tuple[str, ...] = ()
    design: Design = field(default_factory=Design)
    preset: str = ""
    target: str = "logit"
    source: str = ""

    def __post_init__(self) -> None:
        texts = (*self.methods, *self.readers, self.preset, self.target, self.source)
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a plan names its methods, readers, preset and target by texts")
        if any("\0" in text for text in texts):
            raise ValueError("a plan holds a NUL, a character that cannot be kept")
        if not self.methods or len(set(self.methods)) != len(self.methods):
            raise ValueError("a study shows at least one method, each once")
        if len(set(self.readers)) != len(self.readers):
            raise ValueError("a reader is named twice")

    def to_json(self) -> str:
        """The plan as JSON text."""
        return json.dumps(asdict(self), default=lambda member: member.value, sort_keys=True)

    @classmethod
    @lru_cache(maxsize=64)
    def from_json(cls, text: str) -> "Plan":
        """The plan that :meth:`to_json` wrote."""
        content = json.loads(text)
        design = content["design"]
        return cls(
            **{
                **content,
                "methods": tuple(content["methods"]),
                "readers": tuple(content["readers"]),
                "design": Design(
                    **{
                        **design,
                        "mode": Mode(design["mode"]),
                        "controls": tuple(map(Control, design["controls"])),
                    }
                ),
            }
        )
