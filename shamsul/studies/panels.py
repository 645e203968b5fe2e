"""What the maps of a planned study's panels are computed from, controls included."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from shamsul.classifiers import registry
from shamsul.classifiers.inference import half_engine, is_measured
from shamsul.classifiers.manifest import Manifest
from shamsul.classifiers.randomised import randomised_folder
from shamsul.explainers.cache import MapKey
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Method, Value
from shamsul.explainers.presets import PRESETS
from shamsul.explainers.registry import METHODS
from shamsul.reading.database.tables import understood
from shamsul.reading.design.design import Control, PanelPlan
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.study import Case, Study
from shamsul.settings import settings


@dataclass(frozen=True)
class Source:
    """What a panel's map is computed from.

    Attributes
    ----------
    key : MapKey
    method : Method
    folder : Path
        Of the model that is explained.
    case : Case
        Whose radiograph is explained.
    """

    key: MapKey
    method: Method
    folder: Path
    case: Case


def answers_at_once(study: Study, methods: Iterable[Method]) -> bool:
    """Whether maps by some methods can be named at once; the first ones of a model take seconds.

    Raises
    ------
    shamsul.classifiers.manifest.ModelError
        The study's model cannot be used.
    """
    if not any(method.half for method in methods):
        return True
    return is_measured(Manifest.read(registry.folder_of(study.model)))


def source(study: Study, cases: Sequence[Case], case: Case, panel: PanelPlan) -> Source:
    """Where a panel's map comes from.

    Parameters
    ----------
    study : Study
        With a plan.
    cases : sequence of Case
        All of the study's, in order.
    case : Case
        The one that is read.
    panel : PanelPlan

    Raises
    ------
    shamsul.classifiers.manifest.ModelError
        The study's model cannot be used.
    shamsul.reading.database.transactions.UnreadableError
        The study names a method, preset or target that there is not.
    """
    plan = study.plan
    assert plan is not None
    with understood(f"The study {study.name}"):
        method, target = METHODS[panel.method], Target(plan.target)
        parameters = method.settle(_parameters(plan, method))
    folder = registry.folder_of(study.model)
    explained = case
    if panel.control is Control.RANDOM_MODEL:
        folder = randomised_folder(folder, settings().data_dir / "randomised", plan.design.seed)
    elif panel.control is Control.OTHER_PATIENT:
        explained = _other(cases, case, plan.design.seed)
    key = _key(explained, folder, Manifest.read(folder), method, parameters, target)
    return Source(key, method, folder, explained)


def _key(
    case: Case,
    folder: Path,
    manifest: Manifest,
    method: Method,
    settled: Mapping[str, Value],
    target: Target,
) -> MapKey:
    return MapKey(
        image_sha256=case.image_sha256,
        model=manifest.fingerprint,
        method=method.name,
        parameters=settled,
        target=target,
        engine=half_engine(folder, manifest) if method.half else "",
    )


def _other(cases: Sequence[Case], case: Case, seed: int) -> Case:
    """Another case of the study, always the same for a case."""
    place = [one.id for one in cases].index(case.id)
    return cases[(place + 1 + seed % (len(cases) - 1)) % len(cases)]


def _parameters(plan: Plan, method: Method) -> dict[str, object]:
    return dict(PRESETS[plan.preset].parameters.get(method.name, {})) if plan.preset else {}


def open_sources(
    study: Study,
    cases: Sequence[Case],
    methods: Sequence[Method],
    *,
    parameters: Mapping[str, Mapping[str, Value]] = MappingProxyType({}),
    target: Target = Target.LOGIT,
) -> list[Source]:
    """Every map of some cases by some methods, case by case, whatever the study has planned.

    Parameters
    ----------
    study : Study
    cases : sequence of Case
    methods : sequence of Method
    parameters : mapping
        By name of the method; defaults for what is left out.
    target : Target

    Raises
    ------
    shamsul.classifiers.manifest.ModelError
        If the study's model cannot be used.
    """
    folder = registry.folder_of(study.model)
    manifest = Manifest.read(folder)
    settled = {one.name: one.settle(parameters.get(one.name, {})) for one in methods}
    return [
        Source(
            _key(case, folder, manifest, method, settled[method.name], target),
            method,
            folder,
            case,
        )
        for case in cases
        for method in methods
    ]


def sources(
    study: Study, cases: Sequence[Case], readings: Sequence[Assigned]
) -> tuple[Source, ...]:
    """Every map that a study's readings show, each once, case by case."""
    found = {
        one.key.digest: one
        for case in cases
        for panel in _panels(readings, case)
        for one in [source(study, cases, case, panel)]
    }
    return tuple(found.values())


def _panels(readings: Sequence[Assigned], case: Case) -> tuple[PanelPlan, ...]:
    """What is shown of a case, by whomever."""
    shown = (p for one in readings if one.case.id == case.id for p in one.reading.panels)
    return tuple(dict.fromkeys(shown))
