"""Beside the film that is reviewed: another case, or the same one as another model sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from shamsul.classifiers.manifest import Manifest
from shamsul.classifiers.prediction import Prediction
from shamsul.classifiers.registry import ModelError
from shamsul.computing.jobs import Job
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Method, Value
from shamsul.findings.labels import counterparts
from shamsul.radiographs import ArchiveError
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Case, Study
from shamsul.studies.panels import open_sources
from shamsul.ui.review.labels import Opinion
from shamsul.ui.review.strip import BESIDE
from shamsul.ui.shared import drawings, maps, session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.viewer import Panel, Row, pictures, shown, viewer, viewer_progress
from shamsul.ui.shared.wording import plain


@dataclass(frozen=True)
class Beside:
    """What stands beside the film that is reviewed.

    Attributes
    ----------
    study : Study
        The one that is reviewed, with the model that explains what stands beside.
    case : Case
    name : str
        The other case's, or the other model's.
    is_model : bool
        Whether it is the same film, as another model sees it.
    """

    study: Study
    case: Case
    name: str
    is_model: bool


def chosen(study: Study, case: Case) -> Beside | None:
    """What is to be shown beside a case: another one of its study, or another model; or nothing."""
    match st.session_state.get(BESIDE):
        case int(number) if number != case.id:
            other = session.open_case(number)
            if other is not None and other.study == case.study:
                return Beside(study, other, other.name, False)
        case str(model) if model != study.model:
            return Beside(replace(study, model=model), case, model, True)
    return None


def opinion(beside: Beside | None, study: Study, manifest: Manifest) -> Opinion | None:
    """What another model says of the findings of the study's own, whose manifest is given.

    None where no other model is shown, or it cannot be used, which its column says.
    """
    if beside is None or not beside.is_model:
        return None
    try:
        theirs = session.classifier(beside.study.model).manifest
        prediction = session.prediction(beside.study, beside.case)
    except ModelError:
        return None
    names = counterparts(manifest.labels, theirs.labels)
    scores = {label: prediction[name] for label, name in names.items()}
    return Opinion(beside.name, study.model, theirs.about_probabilities, scores)


def show(
    beside: Beside,
    of: Manifest,
    labels: Sequence[str],
    methods: Sequence[Method],
    parameters: Mapping[str, Mapping[str, Value]],
    target: Target,
) -> tuple[Job, ...]:
    """Draw its film and maps of the same labels, linked to the other's zoom and window.

    Parameters
    ----------
    beside : Beside
    of : Manifest
        Of the model that is reviewed.
    labels : sequence of str
    methods : sequence of Method
        Those that were chosen; those that can explain neither model are left out.
    parameters, target
        As the maps of the case that is reviewed.

    Returns
    -------
    tuple of Job
        The maps that were asked for.
    """
    study, case = beside.study, beside.case
    try:
        radiograph = session.radiograph(case.image_sha256)
        manifest = session.classifier(study.model).manifest
        prediction = session.prediction(study, case)
    except ArchiveError as error:
        st.error(plain(f"{case.name} cannot be shown: {error}"))
        return ()
    except ModelError as error:
        st.error(plain(f"The model {study.model} cannot be used: {error}"))
        return ()
    names = counterparts(of.labels, manifest.labels)
    methods = [one for one in methods if not (one.refusal(of) and one.refusal(manifest))]
    explained = [names[label] for label in labels if label in names]
    able = [one for one in methods if explained and not one.refusal(manifest)]
    with st.spinner("Finding the fastest way to run this model here, once: some seconds …"):
        sources = open_sources(study, [case], able, parameters=parameters, target=target)
    asked = maps.request(session.desk(), sources, explained)
    settled = maps.settled(asked)
    annotations = drawings.seen(case.image_sha256)
    rows = [
        Row(
            label,
            _panels(beside, names.get(label), methods, manifest, asked),
            tuple(one for one in annotations if one.label == label),
            _caption(beside, label, names.get(label), prediction),
        )
        for label in labels
    ]
    key = f"beside-{case.id}-{study.model}"
    viewer(
        radiograph,
        rows,
        key=key,
        beside=beside.name,
        model=study.model,
        annotations=annotations,
    )
    pictures(radiograph, shown(rows), key=key)

    @st.fragment(run_every=maps.next_look(asked, settled))
    def progress() -> None:
        """While maps are still to come."""
        with error_boundary():
            sign_in.require(Role.COORDINATOR)
            now = maps.request(session.desk(), sources, explained)
            viewer_progress(maps.progress(now, labels), key=key)
            if maps.settled(now) != settled:
                st.rerun()

    progress()
    return tuple(asked.values())


def _panels(
    beside: Beside,
    label: str | None,
    methods: Sequence[Method],
    manifest: Manifest,
    asked: Mapping[str, Job],
) -> tuple[Panel, ...]:
    """A panel for each method, also where there will be no map: it says why."""

    def panel(method: Method) -> Panel:
        if label is None:
            return Panel(method.title, None, failed=f"{beside.name} does not know this finding.")
        if refusal := method.refusal(manifest):
            return Panel(method.title, None, failed=refusal)
        return maps.panel(asked[method.name], label)

    return tuple(map(panel, methods))


def _caption(beside: Beside, label: str, name: str | None, prediction: Prediction) -> str:
    if name is None:
        return beside.name
    called = "" if name == label else f" (there: {name})"
    return maps.probability(prediction[name].probability, f"{beside.name}{called}")
