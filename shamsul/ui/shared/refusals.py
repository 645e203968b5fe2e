"""What a model can be put to, and a sentence on what it cannot."""

from collections.abc import Mapping
from typing import TypeVar

from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.method import Method
from shamsul.faithfulness.measure import Measure
from shamsul.reading.design.study import Study

T = TypeVar("T", Method, Measure)


def possible(known: Mapping[str, T], manifest: Manifest) -> tuple[dict[str, T], str]:
    """Those of some methods or measures, by name, that can deal with a model.

    Returns
    -------
    possible : dict
    others : str
        Which the others are, and why; empty where there are none.
    """
    refusals = {name: one.refusal(manifest) for name, one in known.items()}
    titles: dict[str, list[str]] = {}
    for name, reason in refusals.items():
        if reason:
            titles.setdefault(reason, []).append(known[name].title)
    others = " ".join(f"Not here: {', '.join(those)}; {why}" for why, those in titles.items())
    return {name: one for name, one in known.items() if not refusals[name]}, others


def possible_in(known: Mapping[str, T], study: Study) -> tuple[dict[str, T], str]:
    """As :func:`possible`, with a study's model.

    All where that cannot be used, which is told where maps are asked for.
    """
    try:
        return possible(known, Manifest.read(registry.folder_of(study.model)))
    except registry.ModelError:
        return dict(known), ""
