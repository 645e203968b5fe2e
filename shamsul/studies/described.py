"""What a study was, with what this installation knows of its model, methods and annotations."""

import json
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from shamsul.analysis.about import About
from shamsul.analysis.describe import Installation, described
from shamsul.analysis.flow import flow
from shamsul.annotations.annotation import of_findings
from shamsul.annotations.drawings import experts
from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest, ModelError, Resize
from shamsul.explainers.presets import PRESETS
from shamsul.explainers.registry import METHODS
from shamsul.reading.database.about_readers import AboutReaders
from shamsul.reading.database.consensuses import Consensuses
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.store import Store
from shamsul.reading.database.transactions import UnreadableError
from shamsul.reading.demo import DEMO, EXACT
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.study import Case, MapShown, SavedAnswer, Study
from shamsul.studies.desk import Desk
from shamsul.studies.reference import reference_standard

_RESIZED = {
    Resize.STRETCH: "the whole radiograph, stretched to a square",
    Resize.LETTERBOX: "the whole radiograph, black bars beside it",
    Resize.CENTRE_CROP: "the largest centred square",
}


def describe(desk: Desk, store: Store, study: str) -> tuple[About, pd.DataFrame]:
    """What a stored study was, and the flow of its readings.

    Returns
    -------
    about : About
    flow : DataFrame
        :func:`shamsul.analysis.flow.flow`.

    Raises
    ------
    ValueError
        If there is no such study, or an annotation is damaged.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    kept, cases, answers = store.study(study), store.cases(study), store.export_rows(study)
    marked = {
        case.name: {
            (one.label, one.source)
            for one in of_findings(experts(desk.annotations.get(case.image_sha256)))
        }
        for case in cases
    }
    bundled = kept.model in registry.BUNDLED
    here = Installation(
        {
            **_model(kept, answers),
            "Explanations": _explanations(kept.plan, answers),
        },
        marked,
        _phantoms(store, cases, marked),
        reference_standard(store, desk.annotations, study),
        (
            "The model that comes with the program was trained on synthetic radiographs and never "
            "saw a patient.",
        )
        * bundled,
    )
    went = flow(Readings(store.database).of(study), answers, kept.questionnaire)
    said = AboutReaders(store.database).all(study)
    agreed = Consensuses(store.database).of(study)
    return described(kept, cases, answers, said, went, here, agreed), went


def _phantoms(
    store: Store, cases: Sequence[Case], marked: Mapping[str, Collection[tuple[str, str]]]
) -> set[str]:
    """Cases that are phantoms for certain: with exact annotations, or of the demo study.

    A phantom without findings has no annotation to tell it from a patient's radiograph.
    """
    try:
        demo = {case.image_sha256 for case in store.cases(DEMO.name)}
    except (ValueError, UnreadableError):
        demo = set()
    return {
        case.name
        for case in cases
        if case.image_sha256 in demo or EXACT in {source for _, source in marked[case.name]}
    }


def _model(study: Study, answers: Sequence[SavedAnswer]) -> dict[str, dict[str, str]]:
    """The model that answers are about; what it is, where it is the one that is here now."""
    shown = [saved.answer.shown for saved in answers]
    names = {one.model for one in shown} or {study.model}
    weights = {one.model_sha256 for one in shown if one.model_sha256}
    answered = {
        "Name": ", ".join(sorted(names)),
        "Weights (SHA-256)": "\n".join(sorted(weights)),
    }
    try:
        manifest = Manifest.read(registry.folder_of(study.model))
    except ModelError:
        return {"Model": answered}
    if names != {study.model} or not weights <= {manifest.sha256}:
        return {"Model": answered}
    options = [f"{name} {value}" for name, value in manifest.arch_options.items()]
    positive = [f"{label} from {least:g}" for label, least in manifest.thresholds.items()]
    scaling = manifest.scaling
    return {
        "Model": {
            "Name": study.model,
            "Weights (SHA-256)": manifest.sha256,
            "Architecture": ", ".join([manifest.arch, *options]),
            "Trained on": manifest.trained_on,
            "Outputs": f"a probability each, {manifest.about_probabilities}; positive "
            f"{', '.join(positive)}",
        },
        "Preprocessing": {
            "Grid": f"{manifest.input_size} × {manifest.input_size} pixels, {manifest.channels} "
            f"{'channel' if manifest.channels == 1 else 'channels'}",
            "Shape": _RESIZED[manifest.resize],
            "Brightness": "from 0 to 1, less the mean "
            f"{', '.join(f'{mean:g}' for mean in scaling.mean)}, by the standard deviation "
            f"{', '.join(f'{std:g}' for std in scaling.std)}",
        },
    }


def _explanations(plan: Plan | None, answers: Sequence[SavedAnswer]) -> dict[str, str]:
    """The methods with every parameter they ran with."""
    if plan is None:
        rated = {s.answer.shown.method for s in answers if isinstance(s.answer.shown, MapShown)}
        return {"Methods": ", ".join(one.title for one in METHODS.values() if one.name in rated)}
    preset = PRESETS.get(plan.preset)
    facts = {
        "Methods": ", ".join(_title(name) for name in plan.methods),
        "Output explained": plan.target,
        "Settings": f"{preset.name} ({preset.citation})" if preset else "the methods' defaults",
    }
    for name in plan.methods:
        if name in METHODS:
            given = preset.parameters.get(name, {}) if preset else {}
            settled = METHODS[name].settle(given)
            parameters = [f"{key} = {json.dumps(value)}" for key, value in settled.items()]
            facts[METHODS[name].title] = "\n".join(
                [", ".join(parameters) or "no parameters", METHODS[name].citation]
            )
    return facts


def _title(name: str) -> str:
    return METHODS[name].title if name in METHODS else name
