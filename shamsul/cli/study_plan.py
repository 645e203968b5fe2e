"""How many readers and cases a study needs: ``study plan``."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shamsul.cli.base import Json, UserError, emit, stores, study_app
from shamsul.cli.mrmc import (
    CaseColumn,
    FigureName,
    FixedName,
    MethodColumn,
    ReaderColumn,
    ScoreColumn,
    Threshold,
    TruthColumn,
    figure_of,
    fixed_of,
    readings_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from shamsul.analysis.sample_size import Plan

#: Readers that can be planned for.
MOST_READERS = 100


@study_app.command("plan")
def plan_study(
    difference: Annotated[
        float,
        typer.Option(help="That is worth finding, between the best and the worst method."),
    ],
    pilot: Annotated[
        Path | None,
        typer.Argument(help="CSV with a row for each reader, method and case, as mrmc has it."),
    ] = None,
    study: Annotated[str, typer.Option(help="Or a study in the store as the pilot.")] = "",
    item: Annotated[str, typer.Option(help="Its scale, whose mean scores are compared.")] = "",
    components: Annotated[
        str,
        typer.Option(
            help="Or what is known: var_tr=X,var=X,cov1=X,cov2=X,cov3=X,cases=N; or r1 to r3."
        ),
    ] = "",
    figure: FigureName = "auc",
    threshold: Threshold = None,
    reader: ReaderColumn = "",
    method: MethodColumn = "",
    case: CaseColumn = "",
    truth: TruthColumn = "",
    score: ScoreColumn = "",
    methods: Annotated[
        int | None, typer.Option(help="To compare; as many as the pilot has, or two.")
    ] = None,
    readers: Annotated[str, typer.Option(help="One number, or from the least to the most.")] = (
        "3-12"
    ),
    power: Annotated[float, typer.Option(help="The probability of finding it.")] = 0.8,
    level: Annotated[float, typer.Option(help="Of the test of equal methods.")] = 0.05,
    fixed: FixedName = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for tables and the figure.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how many readers and cases a study needs (Hillis, Obuchowski, Berbaum 2011)."""
    from shamsul.analysis.power_figure import files
    from shamsul.analysis.sample_size import (
        Plan,
        notes,
        of_pilot,
        of_study,
        sentence,
        stated,
        worth,
    )
    from shamsul.reporting.files import write_files

    if sum(map(bool, (pilot, study, components))) != 1:
        raise UserError("A plan needs one of a pilot's table, --study and --components.")
    if bool(study) != bool(item):
        raise UserError("--study and --item, one of its scales, go together.")
    merit = figure_of("mean" if study else figure, threshold)
    about = fixed_of(fixed)
    numbers = _numbers(readers)
    said: list[str] = []
    try:
        if components:
            figure, known, compared = "", stated(components), 2
        else:
            if pilot:
                found = readings_of(pilot, reader, method, case, truth, score)
            else:
                figure, found = "mean", of_study(stores()[0], study, item)
            known, compared = of_pilot(found, merit), len(found.methods)
            said.append(worth(found))
        if methods is not None:
            compared = methods
        plan = Plan(known, difference, compared, numbers, power, level, about)
        needed = plan.needed()
        written = write_files(files(plan), out) if out else ()
    except ValueError as error:
        raise UserError(f"This cannot be planned: {error}.") from None
    said = [sentence(plan, needed), *said, *notes(plan, needed)]
    _emit(plan, needed, figure, said, [str(path) for path in written], as_json)


def _numbers(text: str) -> tuple[int, ...]:
    """Numbers of readers, from a text like ``3-12`` or ``6``."""
    least, dash, most = text.partition("-")
    if not (least.strip().isdecimal() and (most.strip().isdecimal() or not dash)):
        raise UserError(f"--readers is a number or two, such as 3-12, not {text!r}.")
    low, high = int(least), int(most or least)
    if not 1 <= low <= high <= MOST_READERS:
        raise UserError(f"--readers goes from 1 to {MOST_READERS} at most, upwards, not {text}.")
    return tuple(range(low, high + 1))


def _emit(
    plan: "Plan",
    needed: "pd.DataFrame",
    figure: str,
    said: list[str],
    files: list[str],
    as_json: bool,
) -> None:
    from shamsul.analysis.sample_size import to_json

    def text() -> Iterable[str]:
        yield said[0]
        for row in needed.itertuples():
            known = row.cases == row.cases  # not NaN
            yield (
                f"{row.readers:3} readers: {row.cases:,.0f} cases, power {row.power:.3f}"
                if known
                else f"{row.readers:3} readers: not reachable with any number of cases"
            )
        yield from said[1:]
        yield from files

    result = {"figure": figure or None, **to_json(plan, needed), "notes": said, "files": files}
    emit(result, as_json, text)
