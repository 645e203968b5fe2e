"""What the identifiers of a study file are called on the set-up page; the file keeps them."""

from collections.abc import Mapping
from typing import Final

from shamsul.explainers.presets import PRESETS
from shamsul.explainers.registry import METHODS
from shamsul.reading.design.questionnaire import Kind, Step
from shamsul.reading.design.study_file import Switches

#: Of settings, by table and name; those of the design have theirs where they are declared.
TITLES: Final[Mapping[tuple[str, ...], str]] = {
    ("name",): "Short name, for addresses and files",
    ("title",): "Title",
    ("about",): "What readers are told first",
    ("model",): "Model",
    ("beside",): "Models shown beside it on Review",
    ("methods",): "Methods whose maps are shown",
    ("preset",): "Settings of the methods",
    ("target",): "What the maps explain",
    ("readers",): "Readers",
    ("cases", "study"): "Study whose cases are taken",
    ("cases", "folder"): "Folder",
    ("cases", "list"): "List of files (CSV)",
    ("cases", "only"): "Cases by name",
    ("labels", "from"): "Findings that are read",
    ("labels", "given"): "Their names",
    ("labels", "most"): "Findings of a case, at most",
    **{("design", name): str(one.title) for name, one in Switches.model_fields.items()},
}

#: Of values, by the setting.
VALUES: Final[Mapping[tuple[str, ...], Mapping[str, str]]] = {
    ("methods",): {name: method.title for name, method in METHODS.items()},
    ("preset",): {"": "The methods' defaults"}
    | {name: f"{name} ({preset.citation})" for name, preset in PRESETS.items()},
    ("target",): {"logit": "The logit", "probability": "The probability"},
    ("cases",): {
        "study": "Another study",
        "folder": "A folder",
        "list": "A list of files",
    },
    ("labels", "from"): {
        "annotation": "Those that an expert marked",
        "prediction": "Those that the model finds",
        "given": "Those named here or in the list",
    },
    ("design", "mode"): {
        "with": "With the maps at once",
        "without_then_with": "Image alone, then with the maps",
        "image_probability_maps": "Image alone, then the probability, then the maps",
        "crossover": "Crossover: half with and half without maps, then exchanged",
    },
    ("design", "controls"): {
        "other_patient": "Map of another patient",
        "random_model": "Map of the model with shuffled weights",
    },
}

#: When a question is asked.
STEPS: Final[Mapping[Step, str]] = {
    Step.START: "Before the first case",
    Step.IMAGE: "On the image alone",
    Step.PROBABILITY: "Again, with the probability",
    Step.REVEAL: "With the model's probability",
    Step.MAPS: "For each map",
    Step.AGAIN: "Again, with the maps",
    Step.END: "After the last case",
}

#: How a question is answered.
KINDS: Final[Mapping[Kind, str]] = {
    Kind.SCALE: "A point of a scale",
    Kind.PERCENT: "A percentage",
    Kind.CHOICE: "One of several words",
    Kind.TAGS: "Any of several words",
    Kind.TEXT: "Free text",
    Kind.NUMBER: "A number",
    Kind.POINT: "A place on the image",
    Kind.RANK: "A rank among the maps",
}
