"""What the commands share: the application, its groups, and how results and errors are said."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from tqdm import tqdm

from shamsul.parallel.cluster import nodes
from shamsul.settings import ASSETS, settings

if TYPE_CHECKING:
    # Imported where they are used: torch takes seconds, which --help should not.
    from shamsul.annotations.archive import AnnotationArchive
    from shamsul.annotations.formats.entry import Fault
    from shamsul.classifiers.classifier import Classifier
    from shamsul.explainers.method import Method, Parameter
    from shamsul.radiographs import Radiograph, RadiographArchive
    from shamsul.reading.database.store import Store

app = typer.Typer(
    help="Explain chest radiograph classifiers. For research use only, not for diagnosis.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(
    help="List, show, download and import models.", invoke_without_command=True
)
phantom_app = typer.Typer(help="Synthetic radiographs with exactly known findings.")
study_app = typer.Typer(help="Make, check and follow reading studies.")
annotations_app = typer.Typer(help="Expert annotations of a study.", no_args_is_help=True)
users_app = typer.Typer(help="Who may sign in, and as what.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(study_app, name="study")
app.add_typer(phantom_app, name="phantom")
app.add_typer(annotations_app, name="annotations")
app.add_typer(users_app, name="users")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Model = Annotated[str, typer.Option("--model", help="A registered model or a model folder.")]
KeepFileNames = Annotated[
    bool,
    typer.Option(
        "--keep-file-names",
        help="Write names of files, which may be names of patients; by default pseudonyms.",
    ),
]


def _to_cluster(context: typer.Context, address: str) -> str:
    """Have everything after this compute on a cluster, as if the environment said so."""
    if address:
        os.environ["SHAMSUL_RAY_ADDRESS"] = address
        settings.cache_clear()
    if settings().ray_address:
        # Ray tells of lost machines on stdout, which is for the result.
        _results.append(sys.stdout)
        context.with_resource(redirect_stdout(sys.stderr))
        context.call_on_close(_results.pop)
    return address


#: Where results go while stdout is not for others; the last one counts.
_results: list[TextIO] = []

Ray = Annotated[
    str,
    typer.Option(
        "--ray",
        callback=_to_cluster,
        metavar="ADDRESS",
        help="Ray cluster that computes: HOST:PORT, auto for the one that runs here, or "
        "ray://HOST:PORT from outside of it.",
    ),
]

#: Faults that a person is told one by one; a program gets them all.
SAID = 20


class UserError(Exception):
    """What the user has to put right, in one sentence."""


def emit(result: dict[str, Any], as_json: bool, text: Callable[[], Iterable[str]]) -> None:
    """Print the result, for a program or for a person, and what each machine of a cluster did."""
    by_node = nodes()
    if by_node:
        result = {**result, "nodes": by_node}
    with redirect_stdout(_results[-1] if _results else sys.stdout):
        for line in [json.dumps(result, ensure_ascii=False)] if as_json else text():
            print(line)
    if not as_json:
        for name, tasks in by_node.items():
            print(f"{name}: {tasks} {'task' if tasks == 1 else 'tasks'}", file=sys.stderr)


def read(file: Path) -> "Radiograph":
    """A file's radiograph; what must be known of how it is shown goes to stderr.

    Raises
    ------
    UserError
        If it cannot be opened or is not a radiograph.
    """
    return _told(file, _read(file))


def read_ahead(files: Sequence[Path]) -> "Iterator[tuple[Path, Callable[[], Radiograph]]]":
    """Each file with what gives its radiograph as :func:`read` does.

    The first is read at once, the next one always meanwhile: a process of its own does it.
    """
    import shamsul.radiographs  # noqa: F401  # before a second thread does

    thread = ThreadPoolExecutor(1)
    first = thread.submit(_read, files[0])

    def each() -> "Iterator[tuple[Path, Callable[[], Radiograph]]]":
        reading: Future[Radiograph] = first
        for file, following in zip(files, [*files[1:], None], strict=True):
            now = reading
            if following is not None:
                reading = thread.submit(_read, following)
            yield file, partial(_awaited, file, now)

    return each()


def _read(file: Path) -> "Radiograph":
    from shamsul.radiographs import RadiographError, read_radiograph

    limit = settings().max_upload_mb * 2**20
    try:
        return read_radiograph(file.read_bytes(), max_bytes=limit)
    except OSError as error:
        raise UserError(f"{file} cannot be opened: {error.strerror}.") from None
    except RadiographError as error:
        raise UserError(str(error)) from None


def _awaited(file: Path, reading: "Future[Radiograph]") -> "Radiograph":
    return _told(file, reading.result())


def _told(file: Path, radiograph: "Radiograph") -> "Radiograph":
    for note in radiograph.notes:
        print(f"{file}: {note}", file=sys.stderr)
    return radiograph


def methods_of(
    names: Iterable[str], baselines: "Mapping[str, Method] | None" = None
) -> "list[Method]":
    """The methods of these names, those that need few model evaluations first; then baselines."""
    from shamsul.explainers.registry import by_waiting_time

    wanted = list(names)
    known = {method.name: method for method in by_waiting_time()} | dict(baselines or {})
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UserError(f"There is no method {unknown[0]!r}; there are {', '.join(known)}.")
    return [method for name, method in known.items() if name in wanted]


def check_labels(labels: Iterable[str], classifier: "Classifier") -> None:
    """Refuse labels that are not the model's."""
    known = classifier.manifest.labels
    missing = [name for name in labels if name not in known]
    if missing:
        raise UserError(f"The model has no label {missing[0]!r}; it has {', '.join(known)}.")


def assigned_values(
    texts: Iterable[str], declared: "Mapping[str, Sequence[Parameter]]"
) -> dict[str, dict[str, object]]:
    """Texts like ``lime.samples=500`` as parameters by owner.

    Parameters
    ----------
    texts : iterable of str
    declared : mapping of str to sequence of Parameter
        The parameters that each owner, a method or a measure, has.
    """
    given: dict[str, dict[str, object]] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        owner, dot, parameter = name.partition(".")
        if not separator or not dot:
            raise UserError(f"--set takes METHOD.PARAMETER=VALUE, not {text!r}.")
        if owner not in declared:
            raise UserError(f"There is no method {owner!r}; there are {', '.join(declared)}.")
        own = {p.name: p for p in declared[owner]}
        if parameter not in own:
            raise UserError(f"{owner} has no parameter {parameter!r}; it has {', '.join(own)}.")
        given.setdefault(owner, {})[parameter] = own[parameter].parse(value)
    return given


@contextmanager
def bar_of(title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, as a callback for what is done and planned.

    Below another bar it goes when it is full.
    """
    with tqdm(desc=title, unit=f" {unit}", leave=None) as bar:

        def progress(done: int, planned: int) -> None:
            bar.total = planned
            bar.update(done - bar.n)

        yield progress


def stores() -> "tuple[Store, RadiographArchive, AnnotationArchive]":
    """The store with its usual studies, and the archives."""
    from shamsul.annotations.archive import AnnotationArchive
    from shamsul.radiographs import RadiographArchive
    from shamsul.reading.database.store import Store
    from shamsul.reading.demo import ensure_default_studies

    store, archive = Store(settings().database), RadiographArchive(settings().radiographs)
    annotations = AnnotationArchive(settings().data_dir / "annotations")
    ensure_default_studies(store, archive, annotations, ASSETS)
    return store, archive, annotations


def say(faults: "Iterable[Fault]") -> None:
    """Say on stderr what could not be used, the first `SAID` of them."""
    every = list(faults)
    for fault in every[:SAID]:
        print(f"{fault}.", file=sys.stderr)
    if len(every) > SAID:
        print(f"And {len(every) - SAID} more; --json lists all.", file=sys.stderr)


def text_of(file: Path) -> str:
    """A file's text.

    Raises
    ------
    UserError
        If it has none.
    """
    from shamsul.storage.text import read_text

    try:
        return read_text(file)
    except ValueError as error:
        raise UserError(f"{error}.") from None


@contextmanager
def toml_faults(file: Path) -> Iterator[None]:
    """Print each fault of a file with its line on stderr, then end with their number."""
    from shamsul.storage.toml_file import TomlError

    try:
        yield
    except TomlError as error:
        for fault in error.faults:
            print(f"{file}, {fault}", file=sys.stderr)
        count = len(error.faults)
        raise UserError(f"{file} has {count} {'fault' if count == 1 else 'faults'}.") from None
