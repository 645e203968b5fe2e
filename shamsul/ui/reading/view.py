"""What a screen of a reading shows: its maps, their names, and what may be known of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shamsul.annotations.annotation import Occasion
from shamsul.classifiers.grid import geometry_of
from shamsul.computing.jobs import Job
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.registry import METHODS
from shamsul.reading.design.design import PanelPlan
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.questionnaire import Step
from shamsul.reading.design.study import Study
from shamsul.studies import panels
from shamsul.ui.shared import session


@dataclass(frozen=True)
class View:
    """What one screen of a reading shows.

    Attributes
    ----------
    study : Study
    assigned : Assigned
    screen : Step
        Whose questions are asked or shown.
    locked : bool
        Whether they can only be looked at.
    revealed : bool
        Whether methods' names and annotations are seen.
    """

    study: Study
    assigned: Assigned
    screen: Step
    locked: bool
    revealed: bool

    @property
    def place(self) -> str:
        """Begins the tokens of the screen; other questions are another place."""
        version = self.study.questionnaire.version
        return f"reading/{self.assigned.id}/{self.screen.name}/{version}"

    @property
    def may_draw(self) -> bool:
        """Whether the reader may draw: before the model says anything, which could lead the hand.

        In repeats and second sessions too, as missing tools would tell that the case comes again.
        """
        assert self.study.plan is not None
        return self.study.plan.design.drawing and self.screen is Step.IMAGE and not self.locked

    @property
    def occasion(self) -> Occasion:
        """Whose drawings are shown here and no others."""
        reading = self.assigned.reading
        return Occasion(self.study.name, reading.session, reading.repeat, reading.warm_up)


def request(study: Study, assigned: Assigned) -> dict[PanelPlan, Job]:
    """The jobs of a reading's maps, by panel from left to right."""
    # Where it is tried, maybe another's.
    cases, desk = session.store().cases(assigned.case.study), session.desk()
    asked = {
        panel: desk.request(panels.source(study, cases, assigned.case, panel), on_screen=True)
        for panel in assigned.reading.panels
    }
    # A reader's maps come, whoever stops what is computed.
    desk.retry(job for job in asked.values() if job.stopped)
    return asked


def together(view: View, asked: Mapping[PanelPlan, Job]) -> bool:
    """Whether maps may be shown: blinded ones all at once, as quick methods would come first."""
    return view.revealed or settled(asked)


def settled(asked: Mapping[PanelPlan, Job]) -> bool:
    """Whether no map is still to come."""
    return all(job.is_over for job in asked.values())


def heatmaps(view: View, asked: Mapping[PanelPlan, Job]) -> dict[PanelPlan, Heatmap | None]:
    """Each panel's map, laid over the radiograph that is read: a control may be another's."""
    if not together(view, asked):
        return dict.fromkeys(asked)
    label, radiograph = (
        view.assigned.reading.label,
        session.radiograph(view.assigned.case.image_sha256),
    )
    geometry = geometry_of(radiograph, session.classifier(view.study.model).manifest)
    found = {
        panel: next((one for one in job.maps if one.label == label), None)
        for panel, job in asked.items()
    }
    return {panel: one and replace(one, geometry=geometry) for panel, one in found.items()}


def name_of(view: View, position: int, panel: PanelPlan) -> str:
    """What a panel is called: its letter, and its method where that may be known."""
    letter = f"Map {chr(ord('A') + position)}"
    if not view.revealed:
        return letter
    title = METHODS[panel.method].title
    if panel.control is not None:
        title = f"{title}, {panel.control.value.replace('_', ' ')}"
    blinded = view.study.plan is not None and view.study.plan.design.blinded
    return f"{letter}: {title}" if blinded else title
