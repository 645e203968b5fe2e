"""The next case, sent to the browser while the reader looks at this one."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from shamsul.classifiers.registry import ModelError
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.explainers.method import Method, Value
from shamsul.radiographs import ArchiveError
from shamsul.reading.design.listing import Place
from shamsul.reading.design.study import Study
from shamsul.studies.panels import open_sources
from shamsul.ui.review.labels import usual
from shamsul.ui.shared import session
from shamsul.ui.shared.viewer import pictures


def send(
    study: Study,
    place: Place,
    methods: Sequence[Method],
    parameters: Mapping[str, Mapping[str, Value]],
    target: Target,
) -> None:
    """Send the film and the maps that are kept of the case after this one; none is computed.

    Parameters
    ----------
    study : Study
    place : Place
        Of the case that is shown.
    methods, parameters, target
        As the maps of this case.
    """
    for following in place.after[:1]:
        # What cannot be shown is told when it is opened.
        with suppress(ArchiveError, ModelError):
            label = usual(session.prediction(study, following))
            sources = open_sources(
                study, [following], methods, parameters=parameters, target=target
            )
            kept: list[Heatmap] = [
                one
                for source in sources
                for one in session.desk().kept(source, [label])
                if one.label == label
            ]
            film = session.radiograph(following.image_sha256)
            pictures(film, kept, key=f"viewer-{following.id}")
