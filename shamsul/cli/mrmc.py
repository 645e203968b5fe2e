"""Multi-reader multi-case analysis of a table: ``mrmc``; and how such a table is told of."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shamsul.cli.base import Json, UserError, app, emit

if TYPE_CHECKING:
    from shamsul.metrics import mrmc as metrics


def _column(what: str) -> Any:
    return typer.Option(help=f"Column of the {what}, where it is not called so.")


ReaderColumn = Annotated[str, _column("reader")]
MethodColumn = Annotated[str, _column("method")]
CaseColumn = Annotated[str, _column("case")]
TruthColumn = Annotated[str, _column("truth")]
ScoreColumn = Annotated[str, _column("score")]
FigureName = Annotated[str, typer.Option("--figure", help="auc, mean, sensitivity or specificity.")]
Threshold = Annotated[
    float | None,
    typer.Option(help="Of sensitivity and specificity: scores from here on are positive."),
]
FixedName = Annotated[
    str,
    typer.Option("--fixed", help="readers or cases: the conclusion is about these very ones."),
]


def figure_of(name: str, threshold: float | None) -> "metrics.Figure":
    """The figure of merit of this name; UserError if there is none."""
    from shamsul.metrics.mrmc import AT_THRESHOLD, FIGURES

    if name not in (*FIGURES, *AT_THRESHOLD):
        raise UserError(f"--figure is {', '.join((*FIGURES, *AT_THRESHOLD))}, not {name!r}.")
    if (threshold is not None) != (name in AT_THRESHOLD):
        raise UserError("--threshold goes with --figure sensitivity and specificity, and only so.")
    return FIGURES[name] if threshold is None else AT_THRESHOLD[name](threshold)


def fixed_of(name: str) -> "metrics.Fixed":
    """What the conclusion is about; UserError if it is neither readers nor cases."""
    from shamsul.metrics.mrmc import Fixed

    if name not in ("", "readers", "cases"):
        raise UserError(f"--fixed is readers or cases, not {name!r}.")
    return Fixed(name) if name else Fixed.NEITHER


def readings_of(file: Path, *columns: str) -> "metrics.Readings":
    """A table's readings; UserError if it is not understood.

    Parameters
    ----------
    file : Path
    *columns : str
        Of reader, method, case, truth and score; empty where they are called so.
    """
    from shamsul.analysis.mrmc import COLUMNS, read

    given = dict(zip(COLUMNS, columns, strict=True))
    try:
        return read(file, {what: name for what, name in given.items() if name})
    except ValueError as error:
        raise UserError(f"{error}.") from None


@app.command()
def mrmc(
    file: Annotated[Path, typer.Argument(help="CSV with a row for each reader, method and case.")],
    reader: ReaderColumn = "",
    method: MethodColumn = "",
    case: CaseColumn = "",
    truth: TruthColumn = "",
    score: ScoreColumn = "",
    figure: FigureName = "auc",
    threshold: Threshold = None,
    covariance: Annotated[
        str, typer.Option(help="jackknife (over cases), or delong (of AUCs).")
    ] = "jackknife",
    fixed: FixedName = "",
    as_json: Json = False,
) -> None:
    """Compare methods that several readers used on several cases (Obuchowski-Rockette, Hillis)."""
    from shamsul.analysis.mrmc import to_json
    from shamsul.metrics.mrmc import analyse

    chosen = figure_of(figure, threshold)
    if covariance not in ("jackknife", "delong") or (covariance == "delong" and figure != "auc"):
        raise UserError("--covariance is jackknife or, for --figure auc, delong.")
    about = fixed_of(fixed)
    readings = readings_of(file, reader, method, case, truth, score)
    try:
        analysis = analyse(readings, chosen, delong=covariance == "delong", fixed=about)
    except ValueError as error:
        raise UserError(f"{file.name} cannot be analysed: {error}.") from None

    def text() -> Iterable[str]:
        for name, mean in analysis.methods.items():
            yield f"{name}: {mean.estimate:.4f} ({mean.low:.4f} to {mean.high:.4f})"
        yield (
            f"All the same: F = {analysis.f:.3f} with {analysis.df1:g} and {analysis.df2:.4g} "
            f"degrees of freedom, p = {analysis.p:.4f}"
        )
        for one in analysis.differences:
            difference = one.interval
            yield (
                f"{one.first} - {one.second}: {difference.estimate:.4f} ({difference.low:.4f} to "
                f"{difference.high:.4f}), p = {one.p:.4f}, after Holm {one.p_holm:.4f}"
            )

    asked = {"figure": figure, "covariance": covariance, "fixed": fixed or None}
    emit(asked | to_json(analysis), as_json, text)
