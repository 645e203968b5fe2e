"""Score maps against expert annotations: ``evaluate``."""

import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm

from shamsul.cli.base import Json, KeepFileNames, Model, Ray, UserError, app, emit, say
from shamsul.settings import settings

if TYPE_CHECKING:
    from shamsul.annotations.formats.entry import Fault
    from shamsul.localisation.maps import MapFile
    from shamsul.localisation.protocol import Rules
    from shamsul.localisation.reference import Reference
    from shamsul.localisation.results import Results
    from shamsul.localisation.score import ImageScores
    from shamsul.localisation.summary import Mean
    from shamsul.localisation.written_names import WrittenNames
    from shamsul.metrics.thresholds import Split

#: Images for each process: fewer are done before another process has started.
WORTH_A_PROCESS = 5


@app.command()
def evaluate(
    annotations: Annotated[
        Path | None,
        typer.Option("--annotations", help="Of any format that `annotations formats` lists."),
    ] = None,
    maps: Annotated[
        Path | None, typer.Option("--maps", help="An .npz file, a folder of them, or of `explain`.")
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help="People's points (JSON) in place of maps: their hit rate.")
    ] = None,
    phantom: Annotated[
        int,
        typer.Option(min=0, help="Compute maps of so many phantoms and score them: a leaderboard."),
    ] = 0,
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the radiographs: annotations may call them by these names."),
    ] = None,
    model: Model = "phantom",
    people: Annotated[
        Path | None,
        typer.Option(help="Annotations by a further reader, scored beside the maps; their gaze."),
    ] = None,
    protocol: Annotated[
        str,
        typer.Option(help="shamsul, chexlocalize, nam-2021 (boxes), gaze (where readers looked)."),
    ] = "shamsul",
    threshold: Annotated[
        str, typer.Option(help="otsu, a share such as 0.4, top10%, a tuned .csv file, or none.")
    ] = "otsu",
    image_id: Annotated[
        str, typer.Option("--image-id", help="Only this image; of a single file, which it is.")
    ] = "",
    method: Annotated[
        str, typer.Option(help="Only this method; of maps named by label alone, their method.")
    ] = "",
    probabilities: Annotated[
        Path | None, typer.Option(help="JSON: by label, or by image and label.")
    ] = None,
    probability_cutoff: Annotated[
        str,
        typer.Option(help="Below it nothing is predicted: a number, or probability tuning (CSV)."),
    ] = "",
    true_positives_only: Annotated[
        bool,
        typer.Option("--true-positives-only/--all", help="Leave out findings that are not there."),
    ] = True,
    labels: Annotated[
        Path | None, typer.Option(help="CSV (annotated, model): labels that are named otherwise.")
    ] = None,
    annotators: Annotated[
        str, typer.Option(help="Of several per image: union, or majority of those who read it.")
    ] = "union",
    tolerance: Annotated[
        float, typer.Option(min=0, help="Pixels by which a tolerant hit may miss.")
    ] = 15.0,
    lenient_hits: Annotated[
        bool,
        typer.Option(
            "--lenient-hits",
            help="Of several greatest values one in the finding is a hit; else their share counts.",
        ),
    ] = False,
    by_duration: Annotated[
        bool,
        typer.Option("--by-duration", help="Fixations weigh as much as they lasted, not alike."),
    ] = False,
    prior: Annotated[
        str, typer.Option(help="Of the information gain: others (their fixations), or centre.")
    ] = "others",
    tune_out: Annotated[
        Path | None, typer.Option(help="Tune thresholds on the validation split; write them here.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Ids of the images to tune on, one a line; default all.")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="Ids of the images to score with what was tuned.")
    ] = None,
    replicates: Annotated[int, typer.Option(min=1, help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap, and of phantoms.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables, figures and a report.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=0, help="Processes; 0 for as many as there are cores and work for.")
    ] = 0,
    keep_file_names: KeepFileNames = False,
    ray: Ray = "",
    as_json: Json = False,
) -> None:
    """Score maps against expert annotations, with means and intervals by label and method."""
    # What needs the model, which takes seconds to import, is imported where there are phantoms.
    from shamsul.annotations.formats.chexlocalize import read_points
    from shamsul.annotations.formats.entry import Fault
    from shamsul.annotations.matching import Annotators
    from shamsul.findings.labels import BUILT_IN
    from shamsul.localisation.gaze_scores import PROTOCOL, GazeRules, Prior
    from shamsul.localisation.human_benchmark import score_people, score_points
    from shamsul.localisation.images import score_images
    from shamsul.localisation.maps import find
    from shamsul.localisation.protocol import Protocol, Rules
    from shamsul.localisation.reference import AnnotationFile
    from shamsul.localisation.score import NO_MAP
    from shamsul.localisation.written_names import WrittenNames
    from shamsul.metrics import thresholds

    if protocol not in {PROTOCOL, *(one.value for one in Protocol)}:
        raise UserError(f"--protocol is shamsul, chexlocalize, nam-2021 or gaze, not {protocol!r}.")
    if prior not in {one.value for one in Prior}:
        raise UserError(f"--prior is others or centre, not {prior!r}.")
    if annotators not in (Annotators.UNION.value, Annotators.MAJORITY.value):
        raise UserError(f"--annotators is union or majority, not {annotators!r}.")
    if [bool(maps), bool(points), bool(phantom)].count(True) != 1:
        raise UserError("One of --maps, --points and --phantom is needed.")
    if (annotations is None) != bool(phantom):
        raise UserError("--maps and --points need --annotations; phantoms have their own.")
    if tune_out is None and (validation or test):
        raise UserError("--validation and --test belong to --tune-out.")
    if tune_out and (points or (test and not validation)):
        raise UserError("--tune-out needs --maps, and with --test also --validation.")
    if tune_out and protocol == Protocol.NAM.value:
        raise UserError("--protocol nam-2021 tunes nothing: it has the IoU at every threshold.")
    if protocol == PROTOCOL:
        if annotations is None or maps is None or tune_out:
            raise UserError("--protocol gaze needs --maps and --annotations, and tunes nothing.")
        from shamsul.cli.evaluate_gaze import Asked, evaluate_gaze

        asked = Asked(
            annotations=annotations,
            maps=maps,
            images=images,
            people=people,
            image_id=image_id,
            method=method,
            labels=labels,
            rules=GazeRules(true_positives_only, by_duration, Prior(prior)),
            replicates=replicates,
            seed=seed,
            out=out,
            jobs=jobs,
            keep_file_names=keep_file_names,
            as_json=as_json,
        )
        evaluate_gaze(asked)
        return
    head: dict[str, Any] = {"protocol": protocol, "threshold": threshold}
    rules = Rules(Protocol(protocol), thresholds.parse(threshold))
    if phantom:
        files, references = _phantoms(model, phantom, seed, method, jobs)
        head |= {"phantoms": phantom, "model": model, "seed": seed}
        by_image = score_images(files, references, rules, processes(jobs, len(files)))
        _finish(_Work(head, by_image, len(files)), out, replicates, seed, as_json)
        return
    assert annotations is not None
    file = AnnotationFile.open(annotations)
    radiographs = names_in(images) if images else {}

    def names(files: "Sequence[MapFile]", further: Iterable[str] = ()) -> WrittenNames | None:
        if keep_file_names:
            return None
        return WrittenNames.of(files, {*file.images, *further}, radiographs)

    table = BUILT_IN.with_csv(labels) if labels else BUILT_IN
    if points:
        references = {one.image: one for one in file.read.values() if image_id in ("", one.image)}
        by_image = score_points(read_points(points), references)
        work = _Work(head, by_image, len(references), names=names([]))
        _finish(work, out, replicates, seed, as_json)
        return
    assert maps is not None
    if not maps.exists():
        raise UserError(f"{maps} is not there.")
    files = find(maps, image_id, method, file.images, radiographs)
    written = names(files)
    references, faults = file.references(files, table, Annotators(annotators))
    unnamed = all(one.sha256 and not one.names for one in files)
    if unnamed and not references.keys() & {one.image for one in files}:
        raise UserError(
            f"No map is of an image that {annotations} names; --images names the folder of the "
            "radiographs, which maps know by their hashes."
        )
    if image_id:
        references = {
            image: reference for image, reference in references.items() if image == image_id
        }
    elif rules.protocol is not Protocol.CHEXLOCALIZE:
        without = sorted(references.keys() - {file.image for file in files})
        faults += tuple(Fault(image, NO_MAP) for image in without)
    rules = replace(
        rules,
        true_positives_only=true_positives_only,
        cutoffs=_cutoffs(probability_cutoff),
        probabilities=_probabilities(probabilities, files),
        tolerance=tolerance,
        lenient=lenient_hits,
    )
    if tune_out:
        split = thresholds.Split(
            _ids(validation) if validation else frozenset(file.image for file in files),
            _ids(test) if test else frozenset(),
        )
        rules, told = _tune(files, references, rules, split, tune_out, jobs)
        head |= told
        files = [file for file in files if file.image in split.test]
        references = {
            image: reference for image, reference in references.items() if image in split.test
        }
    by_image = score_images(files, references, rules, processes(jobs, len(files)))
    work = _Work(head, by_image, len(files), faults, names=written)
    if people:
        theirs, more = AnnotationFile.open(people).references(files, table)
        work = _Work(
            head,
            chain(by_image, score_people(theirs, references, rules, people.stem)),
            len(files) + len(theirs.keys() & references.keys()),
            faults + more,
            people.stem,
            names(files, theirs),
        )
    _finish(work, out, replicates, seed, as_json)


@dataclass(frozen=True)
class _Work:
    """What is to be scored.

    Attributes
    ----------
    head : dict
        What is told about it beside the scores.
    by_image : iterable of ImageScores
        As they come.
    images : int
        How many come.
    faults : tuple of Fault
        What of the annotations cannot be used.
    reader : str
        Name of people's scores, in place of a method's.
    names : WrittenNames or None
        What images are called in what is written; None for as the caller calls them.
    """

    head: dict[str, Any]
    by_image: "Iterable[ImageScores]"
    images: int
    faults: "tuple[Fault, ...]" = ()
    reader: str = "human"
    names: "WrittenNames | None" = None


def _phantoms(
    model: str, count: int, seed: int, method: str, jobs: int
) -> "tuple[list[MapFile], dict[str, Reference]]":
    """Phantoms with their maps, of which those that are missing are computed."""
    from shamsul.classifiers.manifest import Manifest
    from shamsul.classifiers.registry import folder_of
    from shamsul.explainers.baselines import EXPLAINERS
    from shamsul.localisation.phantom_benchmark import Benchmark, method_of, references

    manifest = Manifest.read(folder_of(model))
    able = [name for name, one in EXPLAINERS.items() if not one.refusal(manifest)]
    methods = [method_of(method).name] if method else able
    fingerprint = manifest.fingerprint[:12]
    folder = settings().data_dir / "phantom-benchmark" / f"{fingerprint}-{seed}-{count}"
    benchmark = Benchmark(folder, folder_of(model), count, seed)
    with tqdm(total=count, unit="phantom") as bar:
        cases = benchmark.cases(lambda done: bar.update())
    with tqdm(total=len(cases) * len(methods), unit="map") as bar:
        bar.update(len(benchmark.files(cases, methods)))
        for image, name in benchmark.explain(cases, methods, processes(jobs, len(cases))):
            bar.set_postfix_str(f"{image}, {name}")
            bar.update()
    return benchmark.files(cases, methods), references(cases)


def _tune(
    files: "Sequence[MapFile]",
    references: "Mapping[str, Reference]",
    rules: "Rules",
    split: "Split",
    path: Path,
    jobs: int,
) -> "tuple[Rules, dict[str, Any]]":
    """Rules with thresholds tuned on the validation split, written to a file, and what to tell."""
    from shamsul.localisation.tuning import tuned

    on = [file for file in files if file.image in split.validation]
    best = tuned(on, references, rules.protocol, processes(jobs, len(on)))
    best.write(path)
    print(f"Thresholds of {len(best.shares)} labels written to {path}", file=sys.stderr)
    told = {"threshold": "tuned", "tuned": dict(best.shares), "tuned_on": len(on)}
    return replace(rules, threshold=best), told


def _finish(work: _Work, out: Path | None, replicates: int, seed: int, as_json: bool) -> None:
    """Collect the scores as they come, summarise, write and print them."""
    from shamsul.annotations.formats.entry import Fault
    from shamsul.localisation.protocol import Protocol
    from shamsul.localisation.score import Score
    from shamsul.localisation.summary import summarise, summarise_chexlocalize

    scores: list[Score] = []
    head = work.head
    say(work.faults)
    faults = list(work.faults)
    for one in tqdm(work.by_image, total=work.images, unit="image", disable=work.images <= 1):
        scores += one.scores
        for fault in one.faults:
            faults.append(Fault(one.image, fault))
            print(f"{one.image}: {fault}", file=sys.stderr)
    theirs = head["protocol"] == Protocol.CHEXLOCALIZE.value
    summary = summarise_chexlocalize if theirs else summarise
    means = summary(scores, replicates=replicates, seed=seed) if scores else []
    in_words = [
        plain(asdict(one) | ({"reported": plain(one.reported())} if theirs else {}))
        for one in means
    ]

    def document(scores: Iterable[Score], faults: Iterable[Fault]) -> dict[str, Any]:
        return head | {
            "scores": [one.to_json() for one in scores],
            "summary": in_words,
            "errors": [{"image": one.entry, "reason": one.reason} for one in faults],
        }

    result = written = document(scores, faults)
    written_scores = scores
    if work.names is not None:
        written_scores = [work.names.score(one) for one in scores]
        written = document(written_scores, work.names.faults(faults))
        written["images"] = [
            {"image": name, "sha256": sha256} for name, sha256 in work.names.sha256.items()
        ]

    @cache
    def results() -> "Results":
        from shamsul.localisation.results import collect

        told = {name: head[name] for name in ("protocol", "threshold")}
        return collect(
            written_scores, means, **told, people=(work.reader,), replicates=replicates, seed=seed
        )

    if out:
        from shamsul.localisation.figures import draw
        from shamsul.localisation.report import write_evaluation

        write_evaluation(results(), draw(results()), written, out)
        if "phantoms" in head:
            from shamsul.localisation.leaderboard import Run, markdown

            command = f"shamsul evaluate --phantom {head['phantoms']} --seed {head['seed']}"
            if head["protocol"] != Protocol.SHAMSUL.value:
                command += f" --protocol {head['protocol']}"
            run = Run(command, head["model"], head["phantoms"], head["seed"], date.today())
            (out / "leaderboard.md").write_text(markdown(results(), run), encoding="utf-8")

    def text() -> Iterable[str]:
        if "phantoms" in head:
            from shamsul.localisation.leaderboard import board, sentences

            yield board(results()).to_string(index=False)
            yield from sentences(results())
            return
        yield from (mean_in_words(one) for one in means if one.n)

    emit(result, as_json, text)
    if faults and not scores:
        raise typer.Exit(2)


def mean_in_words(one: "Mean") -> str:
    """A line of a table."""
    interval = f" ({one.low:.3f} to {one.high:.3f})" if one.low == one.low else ""
    return f"{one.label:28} {one.method:22} {one.metric:20} {one.mean:9.3f}{interval}, n = {one.n}"


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """For JSON, which has no NaN."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in row.items()
    }


def processes(jobs: int, images: int) -> int:
    """As many as are asked for, or as are worth it."""
    return jobs or max(1, min(os.cpu_count() or 1, images // WORTH_A_PROCESS))


def _cutoffs(text: str) -> float | Mapping[str, float] | None:
    """A number for every label, or those in a file."""
    from shamsul.localisation.chexlocalize import read_cutoffs

    if not text:
        return None
    if text.endswith(".csv"):
        return read_cutoffs(Path(text))
    try:
        return float(text)
    except ValueError:
        raise UserError(f"--probability-cutoff is a number or a .csv file, not {text!r}.") from None


def _probabilities(path: Path | None, files: "Sequence[MapFile]") -> dict[str, dict[str, float]]:
    """By image and label; a file that names labels alone is about the only image there is."""
    if path is None:
        return {}
    from shamsul.storage.text import number, read_json

    refusal = UserError(f"{path} holds no probabilities by label, or by image and label.")
    try:
        content = read_json(path)
        if not any(isinstance(value, dict) for value in content.values()):
            if len(files) != 1:
                raise UserError(f"{path} does not say of which image its probabilities are.")
            content = {files[0].image: content}
        return {
            image: {label: number(value) for label, value in by_label.items()}
            for image, by_label in content.items()
        }
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise refusal from None


def names_in(images: Path) -> dict[str, list[str]]:
    """What annotations may call the radiographs of a folder by, by SHA-256."""
    from shamsul.studies.annotation_files import names_in

    return names_in(images)


def _ids(path: Path) -> frozenset[str]:
    from shamsul.storage.text import read_text

    try:
        lines = read_text(path).splitlines()
    except ValueError as error:
        raise UserError(f"{error}.") from None
    return frozenset(line.strip() for line in lines if line.strip())
