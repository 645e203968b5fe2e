"""What single units of a model look for: ``units``."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shamsul.cli.base import Json, Model, UserError, app, bar_of, check_labels, emit, stores
from shamsul.settings import settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shamsul.classifiers.classifier import Classifier
    from shamsul.studies.units import UnitStudy
    from shamsul.units.dissection import Dissection
    from shamsul.units.survey import Survey


@app.command("units")
def look_at_units(
    model: Model = "phantom",
    layer: Annotated[
        str,
        typer.Option(help="Whose units; by default the last one but one that can be looked at."),
    ] = "",
    label: Annotated[
        list[str] | None, typer.Option("--label", help="Whose output; by default every label.")
    ] = None,
    phantoms: Annotated[
        int, typer.Option(min=1, help="On so many phantoms, which also give units their names.")
    ] = 60,
    study: Annotated[
        str, typer.Option(help="On the cases of a study instead, with the study's model.")
    ] = "",
    top: Annotated[int, typer.Option(min=1, help="Units of each label that are replaced.")] = 10,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for units.csv and units.json.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rank a layer's units by what they carry of labels' outputs, name them, replace them."""
    from shamsul.classifiers import registry
    from shamsul.studies.units import LayerOf
    from shamsul.units.layers import layer_of

    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # before minutes are spent
    store, archive, annotations = stores()
    if study:
        known = {one.name: one for one in store.studies()}
        if study not in known:
            raise UserError(f"There is no study {study!r}; there are {', '.join(known)}.")
        model = known[study].model
    classifier = registry.load(model)
    check_labels(label or (), classifier)
    of = LayerOf(registry.folder_of(model), classifier.manifest, layer_of(classifier, layer))
    from shamsul.studies.desk import Desk
    from shamsul.studies.units import UnitStudy

    cases = store.cases(study) if study else ()
    if study and not cases:
        raise UserError(f"The study {study} has no case.")
    desk = Desk.of_installation(archive, annotations)
    units = UnitStudy(desk, cases, of, settings().units)
    labels = label or list(classifier.manifest.labels)
    look = _in_study if study else _in_phantoms
    tables = look(classifier, units, labels, top, phantoms)
    result: dict[str, Any] = {
        "model": model,
        "layer": of.layer.name,
        "units": of.layer.units,
        "on": study or f"{phantoms} phantoms",
        "labels": tables,
    }
    if out is not None:
        _write(result, out)
    emit(result, as_json, lambda: _lines(of.layer.title, tables))


def _in_phantoms(
    classifier: "Classifier",
    units: "UnitStudy",
    labels: Sequence[str],
    top: int,
    count: int,
) -> dict[str, list[dict[str, Any]]]:
    from shamsul.units.dissection import dissect
    from shamsul.units.phantoms import look_at_phantoms
    from shamsul.units.ranking import means
    from shamsul.units.survey import replaced, survey

    place = units.of.layer
    with bar_of("looking", "phantoms") as progress:
        found = look_at_phantoms(
            classifier.manifest, lambda image: survey(classifier, image, place), count, progress
        )
    surveys = [one.survey for one in found]
    named = dissect(surveys, [one.marks for one in found])
    units.keep_names([named.to_json()])
    middle = means(surveys)

    def change(chosen: "Sequence[int]") -> "NDArray[Any]":
        import numpy as np

        values = [float(middle[unit]) for unit in chosen]
        changes = [replaced(classifier, one.image, place, chosen, values) for one in found]
        return np.asarray(np.mean(changes, axis=0))

    return _tables(classifier, surveys, labels, top, (named, None), change)


def _in_study(
    classifier: "Classifier",
    units: "UnitStudy",
    labels: Sequence[str],
    top: int,
    _: int,
) -> dict[str, list[dict[str, Any]]]:
    import numpy as np

    from shamsul.explainers.method import ExplainerError

    with bar_of("looking", "cases") as progress:
        missing = units.missing
        for done, case in enumerate(missing):
            progress(done, len(missing))
            try:
                units.look(case)
            except ExplainerError as error:
                print(f"{case.name}: {error}", file=sys.stderr)
        progress(len(missing), len(missing))
    looked = list(units.surveys())
    surveys = [found for _, found in looked]
    if not surveys:
        raise UserError("None of the study's radiographs could be looked at.")

    def change(chosen: "Sequence[int]") -> "NDArray[Any]":
        return np.asarray(units.replace(chosen).mean(0))

    compared = units.names(), units.annotated(looked)
    return _tables(classifier, surveys, labels, top, compared, change)


def _tables(
    classifier: "Classifier",
    surveys: "Sequence[Survey]",
    labels: Sequence[str],
    top: int,
    compared: "tuple[Dissection | None, Dissection | None]",
    change: Any,
) -> dict[str, list[dict[str, Any]]]:
    """Rows of units by label; of the first of each, how the label's logit changes without them."""
    from shamsul.studies.units import carried
    from shamsul.units.ranking import rows, shares

    manifest = classifier.manifest
    tables = {}
    for label in labels:
        index = manifest.labels.index(label)
        counts, is_found = carried(surveys, manifest, label)
        found = shares([surveys[n] for n in counts], index)
        table = rows(found, *compared)
        first = table[:top]
        changes = change([row["unit"] for row in first])[:, index]
        for row in table:
            row["radiographs"] = len(counts) if is_found else 0
        for row, one in zip(first, changes.tolist(), strict=True):
            row["change"] = one
        tables[label] = table
    return tables


def _write(result: dict[str, Any], out: Path) -> None:
    import json

    import pandas as pd

    from shamsul.reporting.files import write_files

    rows = [{"label": label, **row} for label, table in result["labels"].items() for row in table]
    content = {
        "units.csv": pd.DataFrame(rows).to_csv(index=False).encode(),
        "units.json": json.dumps(result).encode(),
    }
    write_files(content, out)


def _lines(title: str, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Sequence[str]:
    lines = [f"Layer of {title}."]
    for label, table in tables.items():
        lines.append(f"{label}:")
        for row in table[:5]:
            change = f", logit {row['change']:+.2f} without it" if "change" in row else ""
            name = f", {row['name']} (IoU {row['name_iou']:.2f})" if row.get("name") else ""
            lines.append(f"  unit {row['unit']}: {row['share']:.1%} of the output{name}{change}")
    return lines
