"""What a study's maps lie on that no person would decide by: ``shortcuts``."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shamsul.cli.base import Json, UserError, app, bar_of, check_labels, emit, methods_of, stores

if TYPE_CHECKING:
    import pandas as pd

    from shamsul.studies.desk import Desk
    from shamsul.studies.panels import Source
    from shamsul.studies.shortcuts import Clustered, LookedMap


@app.command("shortcuts")
def find_shortcuts(
    study: Annotated[str, typer.Option(help="Whose cases and model.")],
    method: Annotated[
        list[str] | None,
        typer.Option("--method", help="Whose maps; by default those of lrp."),
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option("--label", help="Of which labels; by default every label.")
    ] = None,
    part: Annotated[
        str, typer.Option(help="What maps are compared by: outside (of the chest) or whole.")
    ] = "outside",
    seed: Annotated[int, typer.Option(min=0, help="Of clusters and of the bootstrap.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for shares.csv, cases.csv and shortcuts.json."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say where the relevance of a study's maps lies, and which maps form suspicious clusters.

    Maps that are missing are computed. Flagged cases are flagged on the pages too.
    """
    from shamsul.classifiers import registry
    from shamsul.explainers.baselines import BASELINES
    from shamsul.shortcuts.clusters import Part
    from shamsul.studies.desk import Desk
    from shamsul.studies.flagged import keep_flags
    from shamsul.studies.localisation import to_compare
    from shamsul.studies.shortcuts import clustered, flags, look_at_maps, shares_of

    known_parts = [one.value for one in Part]
    if part not in known_parts:
        raise UserError(f"--part is one of {', '.join(known_parts)}, not {part!r}.")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # before minutes are spent
    store, archive, annotations = stores()
    known = {one.name: one for one in store.studies()}
    if study not in known:
        raise UserError(f"There is no study {study!r}; there are {', '.join(known)}.")
    about = known[study]
    classifier = registry.load(about.model)
    check_labels(label or (), classifier)
    labels = label or list(classifier.manifest.labels)
    methods = [one.name for one in methods_of(method or ["lrp"], BASELINES)]
    cases = store.cases(study)
    if not cases:
        raise UserError(f"The study {study} has no case.")
    desk = Desk.of_installation(archive, annotations)
    looked: list[LookedMap] = []
    wanted = to_compare(about, cases, methods)
    _compute(desk, wanted)
    with bar_of("looking", "maps") as progress:
        for done, group in enumerate(look_at_maps(desk, wanted), 1):
            looked += [one for one in group if one.label in labels]
            progress(done, len(wanted))
    if not looked:
        raise UserError("None of the maps could be computed.")
    table = shares_of(looked, seed=seed)
    made = [clustered(looked, one, name, Part(part), seed) for one in labels for name in methods]
    if part == Part.OUTSIDE.value:
        fingerprint = classifier.manifest.fingerprint
        for one in made:
            keep_flags(desk.scores, about, fingerprint, (one.label, one.method), flags(one))
    result = {
        "study": study,
        "model": about.model,
        "part": part,
        "seed": seed,
        "shares": _rows(table),
        "clusters": [_described(one) for one in made],
    }
    if out is not None:
        _write(result, table, made, out)
    emit(result, as_json, lambda: _lines(result))


def _compute(desk: "Desk", wanted: "Sequence[Source]") -> None:
    """Have the maps computed that are missing; those that cannot be are told."""
    from shamsul.explainers.method import ExplainerError

    missing = [one for one in wanted if one not in desk]
    with bar_of("explaining", "maps") as progress:
        for done, one in enumerate(missing):
            progress(done, len(missing))
            try:
                desk.compute(one, lambda done, planned: None)
            except ExplainerError as error:
                print(f"{one.case.name}, {one.method.name}: {error}", file=sys.stderr)
        progress(len(missing), len(missing))


def _rows(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """A table as JSON has it; NaN becomes null."""
    return [
        {name: None if value != value else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _described(made: "Clustered") -> dict[str, Any]:
    """Clusters as JSON has them."""
    return {
        "label": made.label,
        "method": made.method,
        "maps": len(made.maps),
        "where_found": made.found,
        "clusters": [
            {
                "cases": [made.maps[n].case.name for n in one.members],
                "typical": [made.maps[n].case.name for n in one.typical],
                "outside_chest": one.outside,
                "suspicion": one.suspicion.excess if one.suspicion else None,
                "suspicious": one.alarms,
                "reason": one.suspicion.reason if one.suspicion and one.alarms else "",
                "mean": one.mean.round(6).tolist(),
            }
            for one in made.clusters
        ],
    }


def _write(
    result: Mapping[str, Any], table: "pd.DataFrame", made: "Sequence[Clustered]", out: Path
) -> None:
    import json

    import pandas as pd

    from shamsul.reporting.files import csv, write_files

    rows = [
        {
            "label": one.label,
            "method": one.method,
            "case": one.maps[n].case.name,
            "cluster": number,
            "outside_chest": float(one.maps[n].small.outside.sum()),
            "suspicious": group.alarms,
        }
        for one in made
        for number, group in enumerate(one.clusters, 1)
        for n in group.members
    ]
    columns = ["label", "method", "case", "cluster", "outside_chest", "suspicious"]
    content = {
        "shares.csv": csv(table),
        "cases.csv": csv(pd.DataFrame(rows, columns=columns)),
        "shortcuts.json": json.dumps(result).encode(),
    }
    write_files(content, out)


def _lines(result: Mapping[str, Any]) -> list[str]:
    from shamsul.shortcuts.clusters import ENOUGH

    lines = []
    for made in result["clusters"]:
        label, method = made["label"], made["method"]
        lines.append(f"{label}, {method}, {made['maps']} maps:")
        for row in result["shares"]:
            if (row["label"], row["method"]) != (label, method) or row["positive"] is None:
                continue
            interval = "" if row["low"] is None else f" ({row['low']:.1%} to {row['high']:.1%})"
            lines.append(
                f"  {row['region']}: {row['positive']:.1%}{interval} of the positive relevance, "
                f"{row['area']:.1%} of the picture; from: {row['known']}"
            )
        if not made["clusters"]:
            lines.append(f"  no clusters: {ENOUGH} maps with positive relevance are needed")
        for number, one in enumerate(made["clusters"], 1):
            flag = f" SUSPICIOUS: {one['reason']}" if one["suspicious"] else ""
            lines.append(
                f"  cluster {number}: {len(one['cases'])} cases, {one['outside_chest']:.0%} "
                f"outside of the chest, such as {', '.join(one['typical'])}.{flag}"
            )
    return lines
