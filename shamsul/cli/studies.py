"""Reading studies: made, checked, followed, and their maps computed beforehand."""

import functools
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm

from shamsul.cli.base import (
    Json,
    Ray,
    UserError,
    app,
    bar_of,
    emit,
    methods_of,
    stores,
    study_app,
    text_of,
    toml_faults,
)
from shamsul.settings import settings

if TYPE_CHECKING:
    from shamsul.reading.database.store import Store
    from shamsul.reading.design.study_file import StudyFile
    from shamsul.studies.opening import Made


@app.command("precompute")
def precompute_study(
    study: Annotated[str, typer.Argument(help="Name of the study.")],
    method: Annotated[
        list[str] | None,
        typer.Option("--method", help="Method; by default LIME, SHAP, Grad-CAM and LRP."),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            min=1,
            help="Processes that compute a radiograph each, with 1 to 2 GB of memory each; several "
            "are sooner done than one with all cores.",
        ),
    ] = 1,
    min_probability: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Explain only labels with at least this probability, and at least one; others are "
            "explained when they are wanted.",
        ),
    ] = 0.0,
    ray: Ray = "",
    as_json: Json = False,
) -> None:
    """Compute all maps of a study's cases; what is there already is skipped."""
    from shamsul.classifiers.manifest import Manifest
    from shamsul.classifiers.registry import folder_of
    from shamsul.explainers.registry import USUAL
    from shamsul.reading.database.claims import Claims
    from shamsul.reading.database.readings import Readings
    from shamsul.studies.desk import Desk
    from shamsul.studies.panels import open_sources, sources
    from shamsul.studies.precompute import Outcome, precompute, side_by_side

    methods = methods_of(method or USUAL)
    store, archive, annotations = stores()
    about, cases = store.study(study), store.cases(study)
    if about.plan is None:
        if not method:
            manifest = Manifest.read(folder_of(about.model))
            methods = [one for one in methods if not one.refusal(manifest)]
        wanted = open_sources(about, cases, methods)
    elif method:
        raise UserError(f"The study {study} has methods of its own; leave --method out.")
    elif min_probability:
        raise UserError(
            f"The study {study} asks its readers about labels that may be unlikely; leave "
            "--min-probability out."
        )
    else:
        wanted = list(sources(about, cases, Readings(store.database).of(study)))
    claims = Claims.of(store.database)
    desk = Desk.of_installation(archive, annotations, claims=claims)
    counts = dict.fromkeys(Outcome, 0)
    failed = []
    with (
        tqdm(total=len(wanted), unit="map", position=0) as bar,
        tqdm(unit=" evaluations", position=1, leave=False) as inner,
    ):

        def progress(done: int, planned: int) -> None:
            inner.total, inner.n = planned, done
            inner.refresh()

        if jobs > 1 and not settings().ray_address:
            steps = side_by_side(wanted, jobs, least=min_probability)
        else:
            steps = precompute(desk, wanted, least=min_probability, progress=progress)
        for step in steps:
            counts[step.outcome] += 1
            bar.update()
            if step.outcome is Outcome.FAILED:
                failed.append({"case": step.case, "method": step.method, "reason": step.reason})
                tqdm.write(f"{step.case}, {step.method}: {step.reason}", file=sys.stderr)
    if claims is not None:
        claims.close()
    store.close()
    result: dict[str, Any] = {"study": study, "cases": len(cases)}
    result |= {outcome.value: number for outcome, number in counts.items()} | {"failures": failed}
    emit(
        result,
        as_json,
        lambda: [", ".join(f"{number} {outcome.value}" for outcome, number in counts.items())],
    )
    if failed:
        raise typer.Exit(1)


def _study_file(file: Path, store: "Store") -> "StudyFile":
    """A study file, or each of its faults on stderr."""
    from shamsul.reading.design.study_file import read_study_file
    from shamsul.studies import opening

    with toml_faults(file):
        return read_study_file(
            text_of(file), opening.known(store), folder=file.parent, allowed=_allowed(file)
        )


def _allowed(file: Path) -> list[Path]:
    """Where the cases of a study file on the command line may lie."""
    return [file.parent, *settings().study_folders]


StudyFileArgument = Annotated[Path, typer.Argument(help="A study file (TOML).")]


@study_app.callback()
def study_group() -> None:
    """Make, check and follow reading studies."""


@study_app.command("validate")
def validate_study(file: StudyFileArgument, as_json: Json = False) -> None:
    """Name every fault of a study file, with its line."""
    store, _, _ = stores()
    study = _study_file(file, store).study
    emit({"study": study.name, "faults": []}, as_json, lambda: [f"{file} is in order"])


@study_app.command("create")
def create_study(file: StudyFileArgument, as_json: Json = False) -> None:
    """Make a study of a study file: take its cases in and assign the readings."""
    from shamsul.studies import opening

    _emit_made(_take_in(file, opening.create), "made", as_json)


@study_app.command("extend")
def extend_study(file: StudyFileArgument, as_json: Json = False) -> None:
    """Add the cases of a study file that its study does not have yet."""
    from shamsul.studies import opening

    _emit_made(_take_in(file, opening.extend), "extended", as_json)


def _take_in(file: Path, make: "Callable[..., Made]") -> "Made":
    """Make or extend a study; what is left out is said on stderr."""
    from shamsul.classifiers import registry

    store, archive, annotations = stores()
    described = _study_file(file, store)
    with bar_of("Cases", "cases") as progress:
        made = make(
            described,
            file.parent,
            store=store,
            archive=archive,
            annotations=annotations,
            load=functools.cache(registry.load),
            max_bytes=settings().max_upload_mb * 2**20,
            allowed=_allowed(file),
            progress=progress,
        )
    for name, reason in made.left_out:
        print(f"{name}: left out, {reason}", file=sys.stderr)
    return made


@study_app.command("update")
def update_study(file: StudyFileArgument, as_json: Json = False) -> None:
    """Take over new words and added readers of a changed study file."""
    from shamsul.studies import opening

    store, _, _ = stores()
    _emit_made(opening.update(_study_file(file, store), store), "updated", as_json)


def _emit_made(made: "Made", what: str, as_json: bool) -> None:
    result = {
        "study": made.study.name,
        "cases": made.cases,
        "readings": made.readings,
        "left_out": [{"name": name, "reason": reason} for name, reason in made.left_out],
    }
    text = f"{made.study.name} {what}: {made.cases} cases, {made.readings} readings"
    emit(result, as_json, lambda: [text])


@study_app.command("status")
def study_status(
    study: Annotated[str, typer.Argument(help="Name of the study; without, all of them.")] = "",
    as_json: Json = False,
) -> None:
    """Say how far each reader is, or which studies there are."""
    from shamsul.reading.database.readings import Readings

    store, _, _ = stores()
    if not study:
        _emit_studies(store, as_json)
        return
    about = store.study(study)
    readings = Readings(store.database)
    active = readings.activity(study)
    rows = [
        {
            "reader": one.reader,
            "session": one.session,
            "readings": one.readings,
            "finished": one.finished,
            "active_minutes": round(one.active_seconds / 60, 1),
            "last_answer": one.last and one.last.isoformat(),
            "last_activity": last.isoformat() if last else None,
        }
        for one in readings.progress(about)
        for last in [active.get((one.reader, one.session))]
    ]
    closed = about.closed_at and about.closed_at.isoformat()
    result = {"study": study, "closed_at": closed, "readers": rows}

    def text() -> Iterable[str]:
        yield f"{about.title}: {'closed' if closed else 'open'}"
        for row in rows:
            yield (
                f"{row['reader']:24} session {row['session']}: {row['finished']} of "
                f"{row['readings']} readings, {row['active_minutes']} min"
            )

    emit(result, as_json, text)


def _emit_studies(store: "Store", as_json: bool) -> None:
    """Every study, also those that cannot be opened."""
    rows = [
        {"study": one.name, "state": "open" if one.closed_at is None else "closed", "fault": ""}
        for one in store.studies()
    ]
    rows += [
        {"study": one.name, "state": "damaged", "fault": one.reason} for one in store.damaged()
    ]

    def text() -> Iterable[str]:
        for row in rows:
            yield f"{row['state']:8} {row['fault'] or row['study']}"

    emit({"studies": rows}, as_json, text)


@study_app.command("remove")
def remove_study(
    study: Annotated[str, typer.Argument(help="Name of the study.")],
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Take a study and all its answers out of the database, also one that cannot be opened."""
    from shamsul.reading.exports.transfer import remove

    store, _, _ = stores()
    if study not in store.names():
        raise UserError(f"There is no study named {study!r}.")
    if not sure:
        if not sys.stdin.isatty():
            raise UserError("There is no terminal to ask whether you are sure: use --yes.")
        typer.confirm(f"Remove {study} with all its answers, for good?", abort=True, err=True)
    remove(store, study)
    emit({"study": study}, as_json, lambda: [f"{study} is removed; its radiographs are kept"])


@study_app.command("close")
def close_study(
    study: Annotated[str, typer.Argument(help="Name of the study.")], as_json: Json = False
) -> None:
    """End a study: from now on nothing can be answered."""
    from shamsul.reading.database.readings import Readings

    store, _, _ = stores()
    closed = Readings(store.database).close(study).closed_at
    assert closed is not None
    result = {"study": study, "closed_at": closed.isoformat()}
    emit(result, as_json, lambda: [f"{study} is closed since {closed:%Y-%m-%d %H:%M} UTC"])


@study_app.command("reopen")
def reopen_study(
    study: Annotated[str, typer.Argument(help="Name of the study.")], as_json: Json = False
) -> None:
    """Let readers of a closed study go on where they were."""
    from shamsul.reading.database.readings import Readings

    store, _, _ = stores()
    Readings(store.database).reopen(study)
    emit({"study": study, "closed_at": None}, as_json, lambda: [f"{study} is open again"])


@study_app.command("import")
def import_study(
    file: Annotated[Path, typer.Argument(help="Written by shamsul export --format json.")],
    as_json: Json = False,
) -> None:
    """Put an exported study into a database that has none of its name."""
    from shamsul.reading.exports.transfer import load

    store, _, _ = stores()
    name = load(store, text_of(file))
    emit({"study": name}, as_json, lambda: [f"{name} imported, but for its radiographs"])


@study_app.command("assignment")
def export_assignment(
    study: Annotated[str, typer.Argument(help="Name of the study.")],
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    as_json: Json = False,
) -> None:
    """Write who reads what, when, and in which order of panels."""
    from shamsul.reading.exports.ratings import write_assignment

    store, _, _ = stores()
    count = write_assignment(store, study, out)
    emit({"file": str(out), "readings": count}, as_json, lambda: [f"{count} readings in {out}"])


@study_app.command("dataset")
def export_dataset(
    study: Annotated[str, typer.Argument(help="Name of the study.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write; must not be there.")],
    readers: Annotated[
        bool,
        typer.Option("--readers", help="Where nothing else is known, what most readers say."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a study as a data set to train with: radiographs, and what is known of each."""
    from shamsul.studies.dataset import write_dataset
    from shamsul.training.datasets.table import Label

    if out.exists():
        raise UserError(f"{out} is there already.")
    store, archive, annotations = stores()
    with bar_of("Cases", "cases") as progress:
        table = write_dataset(
            study,
            out,
            store=store,
            archive=archive,
            annotations=annotations,
            readers=readers,
            progress=progress,
        )
    for one in table.skipped:
        print(f"{one.place}: left out, {one.reason}", file=sys.stderr)
    counts = {
        label: {value.name.lower(): table.count(label, value) for value in Label}
        for label in table.labels
    }
    result = {
        "study": study,
        "folder": str(out),
        "images": len(table),
        "labels": counts,
        "left_out": [{"name": one.place, "reason": one.reason} for one in table.skipped],
    }

    def text() -> Iterable[str]:
        yield f"{len(table)} radiographs of {study} in {out}"
        for label, number in counts.items():
            yield f"{label:28} " + ", ".join(f"{count} {value}" for value, count in number.items())

    emit(result, as_json, text)
