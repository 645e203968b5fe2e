"""Multi-reader multi-case analysis of a table: ``mrmc``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from shamsul.cli.base import Json, UserError, app, emit


def _column(what: str) -> Any:
    return typer.Option(help=f"Column of the {what}, where it is not called so.")


@app.command()
def mrmc(
    file: Annotated[Path, typer.Argument(help="CSV with a row for each reader, method and case.")],
    reader: Annotated[str, _column("reader")] = "",
    method: Annotated[str, _column("method")] = "",
    case: Annotated[str, _column("case")] = "",
    truth: Annotated[str, _column("truth")] = "",
    score: Annotated[str, _column("score")] = "",
    figure: Annotated[str, typer.Option(help="auc, mean, sensitivity or specificity.")] = "auc",
    threshold: Annotated[
        float | None,
        typer.Option(help="Of sensitivity and specificity: scores from here on are positive."),
    ] = None,
    covariance: Annotated[
        str, typer.Option(help="jackknife (over cases), or delong (of AUCs).")
    ] = "jackknife",
    fixed: Annotated[
        str, typer.Option(help="readers or cases: the conclusion is about these very ones.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Compare methods that several readers used on several cases (Obuchowski-Rockette, Hillis)."""
    from shamsul.analysis.mrmc import COLUMNS, read, to_json
    from shamsul.metrics.mrmc import AT_THRESHOLD, FIGURES, Fixed, analyse

    if figure not in (*FIGURES, *AT_THRESHOLD):
        raise UserError(f"--figure is {', '.join((*FIGURES, *AT_THRESHOLD))}, not {figure!r}.")
    if (threshold is not None) != (figure in AT_THRESHOLD):
        raise UserError("--threshold goes with --figure sensitivity and specificity, and only so.")
    if covariance not in ("jackknife", "delong") or (covariance == "delong" and figure != "auc"):
        raise UserError("--covariance is jackknife or, for --figure auc, delong.")
    if fixed not in ("", "readers", "cases"):
        raise UserError(f"--fixed is readers or cases, not {fixed!r}.")
    given = dict(zip(COLUMNS, (reader, method, case, truth, score), strict=True))
    try:
        readings = read(file, {what: name for what, name in given.items() if name})
    except ValueError as error:
        raise UserError(f"{error}.") from None
    try:
        analysis = analyse(
            readings,
            FIGURES[figure] if threshold is None else AT_THRESHOLD[figure](threshold),
            delong=covariance == "delong",
            fixed=Fixed(fixed) if fixed else Fixed.NEITHER,
        )
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

    about = {"figure": figure, "covariance": covariance, "fixed": fixed or None}
    emit(about | to_json(analysis), as_json, text)
