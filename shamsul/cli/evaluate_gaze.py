"""Score maps against gaze: what ``evaluate --protocol gaze`` does."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from tqdm import tqdm

from shamsul.cli.base import UserError, emit, say
from shamsul.cli.evaluate import mean_in_words, names_in, plain, processes

if TYPE_CHECKING:
    from shamsul.annotations.formats.entry import Fault
    from shamsul.localisation.gaze import Gazed
    from shamsul.localisation.gaze_scores import GazeRules, GazeScore
    from shamsul.localisation.maps import MapFile
    from shamsul.localisation.reference import AnnotationFile, Reference
    from shamsul.localisation.summary import Mean
    from shamsul.localisation.written_names import WrittenNames


@dataclass(frozen=True)
class Asked:
    """What the command line asks for; see its options."""

    annotations: Path
    maps: Path
    images: Path | None
    people: Path | None
    image_id: str
    method: str
    labels: Path | None
    rules: "GazeRules"
    replicates: int
    seed: int
    out: Path | None
    jobs: int
    keep_file_names: bool
    as_json: bool


def evaluate_gaze(asked: Asked) -> None:
    """Score maps, write and print what comes of it.

    Raises
    ------
    UserError
        If no image has gaze.
    ValueError, OSError
        If a file cannot be used; one sentence.
    """
    from shamsul.annotations.formats.entry import Fault
    from shamsul.localisation.gaze_scores import score_gaze
    from shamsul.localisation.maps import find
    from shamsul.localisation.reference import AnnotationFile
    from shamsul.localisation.written_names import WrittenNames

    opened = {"": AnnotationFile.open(asked.annotations)}
    if asked.people:
        opened[asked.people.stem] = AnnotationFile.open(asked.people)
    named = frozenset[str]().union(*(one.images for one in opened.values()))
    radiographs = names_in(asked.images) if asked.images else {}
    # All images are other images to each, also where only one is scored.
    files = find(asked.maps, "", asked.method, named, radiographs)
    if len(files) == 1 and asked.image_id:
        files = [replace(files[0], image=asked.image_id)]
    written = None if asked.keep_file_names else WrittenNames.of(files, named, radiographs)
    gazed, faults = _gazed(opened, files, asked.labels)
    if not gazed:
        say(faults)
        raise UserError(f"{asked.annotations} has no gaze of an image that has maps.")
    wanted = [one for one in files if asked.image_id in ("", one.image)]
    if not wanted:
        raise UserError(f"There are no maps in {asked.maps} of {asked.image_id}.")
    say(faults)
    scores: list[GazeScore] = []
    found = list(faults)
    by_image = score_gaze(wanted, gazed, asked.rules, processes(asked.jobs, len(wanted)))
    for one in tqdm(by_image, total=len(wanted), unit="image", disable=len(wanted) <= 1):
        scores += one.scores
        for reason in one.faults:
            found.append(Fault(one.image, reason))
            print(f"{one.image}: {reason}", file=sys.stderr)
    _finish(asked, scores, found, written)
    if found and not scores:
        raise typer.Exit(2)


def _gazed(
    opened: "Mapping[str, AnnotationFile]", files: "Sequence[MapFile]", labels: Path | None
) -> "tuple[dict[str, Gazed], tuple[Fault, ...]]":
    """Where readers looked, by image, of all annotation files together.

    Files are by what their annotations' source is called; as they state it if that is empty.
    """
    from shamsul.annotations.matching import Annotators
    from shamsul.findings.labels import BUILT_IN
    from shamsul.localisation.gaze import Gazed

    table = BUILT_IN.with_csv(labels) if labels else BUILT_IN
    together: dict[str, Reference] = {}
    faults: tuple[Fault, ...] = ()
    for source, file in opened.items():
        references, more = file.references(files, table, Annotators.EACH, gaze=True)
        faults += more
        for image, reference in references.items():
            before = together.get(image)
            if before is not None and before.shape != reference.shape:
                raise UserError(f"The annotations are of {image} in two sizes.")
            marks = [replace(one, source=source or one.source) for one in reference.annotations]
            others = before.annotations if before else ()
            together[image] = replace(reference, annotations=(*others, *marks))
    looked = {image: Gazed.of(one) for image, one in together.items()}
    return {image: one for image, one in looked.items() if one is not None}, faults


def _finish(
    asked: Asked,
    scores: "list[GazeScore]",
    faults: "Sequence[Fault]",
    names: "WrittenNames | None",
) -> None:
    """Summarise the scores, write and print them."""
    from shamsul.localisation import gaze_results
    from shamsul.localisation.gaze_scores import PROTOCOL

    means = (
        gaze_results.summarise(scores, replicates=asked.replicates, seed=asked.seed)
        if scores
        else []
    )
    head: dict[str, Any] = {
        "protocol": PROTOCOL,
        "prior": asked.rules.prior.value,
        "by_duration": asked.rules.by_duration,
        "labels": gaze_results.labels_in_words(gaze_results.frame(scores)),
    }

    def document(scores: "Sequence[GazeScore]", faults: "Sequence[Fault]") -> dict[str, Any]:
        return head | {
            "scores": [one.to_json() for one in scores],
            "summary": [plain(asdict(one)) for one in means],
            "errors": [{"image": one.entry, "reason": one.reason} for one in faults],
        }

    result = written = document(scores, faults)
    written_scores = scores
    if names is not None:
        written_scores = [replace(one, image=names.names[one.image]) for one in scores]
        written = document(written_scores, names.faults(faults))
        written["images"] = [
            {"image": name, "sha256": sha256} for name, sha256 in names.sha256.items()
        ]
    if asked.out and scores:
        from shamsul.localisation.figures import draw
        from shamsul.localisation.report import write_evaluation

        results = gaze_results.collect(
            written_scores, means, asked.rules, replicates=asked.replicates, seed=asked.seed
        )
        write_evaluation(results, draw(results), written, asked.out)
    emit(result, asked.as_json, lambda: _lines(head["labels"], means))


def _lines(labels: str, means: "Sequence[Mean]") -> Sequence[str]:
    return [f"Labels: {labels or 'none'}.", *(mean_in_words(one) for one in means if one.n)]
