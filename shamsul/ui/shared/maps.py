"""From a case to the viewer's rows: maps asked for in the background, shown as they arrive."""

from collections.abc import Iterable, Mapping, Sequence

from shamsul.annotations.annotation import Annotation
from shamsul.classifiers.prediction import Prediction
from shamsul.computing.jobs import Job, State
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.registry import METHODS, by_waiting_time
from shamsul.studies.desk import Desk
from shamsul.studies.panels import Source
from shamsul.ui.shared.viewer import About, Panel, PanelProgress, Row

#: A map whose method's model accounts for less of the variance is said to fit poorly.
POOR_FIT = 0.5
#: A map whose standard error is a larger share of its values is said not to be stable.
UNSTABLE = 0.3


def request(desk: Desk, sources: Iterable[Source], labels: Sequence[str]) -> dict[str, Job]:
    """Ask for the maps of a case by some methods, those first that come soonest.

    Where those of all labels are not kept, those of the `labels` that are shown are enough.

    Returns
    -------
    dict of str to Job
        By method name, in the order of panels.
    """
    wanted = {source.method.name: source for source in sources}
    asked = {
        method.name: desk.request(wanted[method.name], on_screen=True, labels=labels)
        for method in by_waiting_time()
        if method.name in wanted
    }
    return {name: asked[name] for name in METHODS if name in asked}


def settled(asked: Mapping[str, Job]) -> frozenset[str]:
    """Names of the methods whose maps are there or will not come."""
    return frozenset(name for name, job in asked.items() if job.is_over)


def next_look(asked: Mapping[str, Job], settled: frozenset[str]) -> float | None:
    """Seconds until maps are looked for again, None if there is none to come.

    Maps of one pass are there before the page is; who has seen some waits for slow ones.
    """
    if settled == asked.keys():
        return None
    return 0.7 if len(settled) > 1 else 0.4


def heatmap(job: Job, label: str) -> Heatmap | None:
    """A label's map, None while it is not there."""
    return next((found for found in job.maps if found.label == label), None)


def rows(
    asked: Mapping[str, Job],
    labels: Sequence[str],
    prediction: Prediction,
    annotations: Sequence[Annotation],
    of: str = "",
) -> tuple[Row, ...]:
    """The viewer's rows, one per label; `of` is said of one of two that stand side by side."""
    return tuple(
        Row(
            label=label,
            caption=probability(prediction[label].probability, of),
            annotations=tuple(a for a in annotations if a.label == label),
            panels=tuple(panel(job, label) for job in asked.values()),
        )
        for label in labels
    )


def probability(value: float, of: str = "") -> str:
    """A row's caption; the number comes first where a name, which may be long, is told."""
    return f"{value:.2f}, {of}" if of else f"probability {value:.2f}"


def panel(job: Job, label: str) -> Panel:
    """A method's panel, with the map of a label as soon as that is there."""
    found = heatmap(job, label)
    facts = "" if found is None else _facts(found)
    failed = job.reason if job.state is State.FAILED else ""
    return Panel(
        job.method.title,
        found,
        failed=failed,
        facts=facts,
        warning="" if found is None else _warning(found),
        about=_about(job, found),
    )


def _facts(found: Heatmap) -> str:
    """What a map took, and how well its method's model fits where it has one."""
    facts = f"{found.evaluations} evaluations, {found.seconds:.1f} s"
    if found.fit is not None:
        facts = f"fit R² {_fit(found.fit)}, {facts}"
    if found.doubt is not None:
        facts = f"±{found.doubt:.0%}, {facts}"
    return facts


def _warning(found: Heatmap) -> str:
    """What should make a reader doubt the map."""
    if found.notice:
        return found.notice
    unstable = found.doubt is not None and found.doubt > UNSTABLE
    poor = found.fit is not None and found.fit < POOR_FIT
    return ", ".join(["not stable"] * unstable + ["poor fit"] * poor)


def _fit(fit: float) -> str:
    return f"{fit:.2f}{' (poor)' if fit < POOR_FIT else ''}"


def _about(job: Job, found: Heatmap | None) -> About:
    """A panel's method, and what this map took once it is there."""
    facts = []
    parameters: Mapping[str, object] = job.key.parameters if found is None else found.parameters
    if found is not None:
        if found.fit is not None:
            facts.append(("Fit R²", _fit(found.fit)))
        if found.doubt is not None:
            facts.append(("Standard error", f"{found.doubt:.0%} of the map"))
        facts.append(("Evaluations", f"{found.evaluations:,} (all labels)"))
        facts.append(("Seconds", f"{found.seconds:.1f} (all labels)"))
    return About(
        reading=job.method.reading,
        facts=tuple(facts),
        parameters=tuple(
            (name.replace("_", " ").capitalize(), _in_words(value))
            for name, value in parameters.items()
        ),
        citation=job.method.citation,
    )


def _in_words(value: object) -> str:
    """A parameter's value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "default"


def progress(asked: Mapping[str, Job], labels: Sequence[str]) -> tuple[PanelProgress, ...]:
    """How far the maps are that are still to come."""
    return tuple(
        PanelProgress(
            label, job.method.title, job.progress, job.done / job.planned if job.done else None
        )
        for label in labels
        for job in asked.values()
        if job.state in (State.WAITING, State.RUNNING)
    )
