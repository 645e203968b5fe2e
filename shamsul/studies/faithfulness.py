"""The maps of studies measured without annotations, in the background and kept on disk."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby, islice
from typing import Any, Final

from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest
from shamsul.computing.jobs import Computation, State
from shamsul.faithfulness.measure import Measure
from shamsul.reading.design.study import Study
from shamsul.storage.result_cache import ResultCache, Rows
from shamsul.studies.desk import SEED, Desk, Part
from shamsul.studies.panels import Source

#: Computations that wait at a time.
AT_ONCE: Final = 8


@dataclass(frozen=True)
class Wanted:
    """What is measured of a study.

    Attributes
    ----------
    study : Study
    manifest : Manifest
        Of the study's model.
    sources : tuple of Source
        The maps, case by case.
    measures : tuple of Measure
    """

    study: Study
    manifest: Manifest
    sources: tuple[Source, ...]
    measures: tuple[Measure, ...]

    @classmethod
    def of(cls, study: Study, sources: Sequence[Source], measures: Sequence[Measure]) -> "Wanted":
        """Some measures of a study's maps.

        Raises
        ------
        shamsul.classifiers.manifest.ModelError
            If the study's model cannot be used.
        """
        manifest = Manifest.read(registry.folder_of(study.model))
        return cls(study, manifest, tuple(sources), tuple(measures))

    @cached_property
    def choice(self) -> tuple[str, ...]:
        """What was chosen, so that it is known again."""
        methods = dict.fromkeys(source.key.method for source in self.sources)
        return (self.study.name, *methods, *(measure.name for measure in self.measures))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Case by case, then measure by measure, in the order of the sources."""
        # Which labels a case is measured for depends on the operating points.
        points = dict(self.manifest.thresholds)
        digests = {id(source): source.key.digest for source in self.sources}
        settled = [(measure, measure.settle({})) for measure in self.measures]
        return tuple(
            Part(
                source,
                measure,
                ResultCache.digest([digests[id(source)], measure.name, parameters, SEED, points]),
            )
            for _, of_case in groupby(self.sources, lambda source: source.case.id)
            for sources in [list(of_case)]
            for measure, parameters in settled
            for source in sources
        )


@dataclass(frozen=True)
class Failure:
    """What will not come.

    Attributes
    ----------
    case : str
        Its name.
    reason : str
        One sentence, with what failed before it.
    """

    case: str
    reason: str


@dataclass(frozen=True)
class Standing:
    """How far the measuring of a study is.

    Attributes
    ----------
    cases, measured : int
        All, and those of which nothing is left to come.
    share : float
        Of all maps and results, those that are there or will not come.
    now : str
        What is being computed; empty where nothing is.
    """

    cases: int
    measured: int
    share: float
    now: str = ""


@dataclass
class _Run:
    """What is known of the measuring of a choice since the server started."""

    going: bool = False
    asked: list[Computation[Any]] = field(default_factory=list)
    failed: dict[str, Failure] = field(default_factory=dict)  # by digest, of maps and results
    over: list[Computation[Any]] = field(default_factory=list)  # what failed


class Runs:
    """Has studies measured, a few computations at a time, while a page asks for it.

    One for all pages of a server: a page that is loaded anew finds what goes on.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._runs: defaultdict[tuple[str, ...], _Run] = defaultdict(_Run)
        # Results never change: what was whole once needs no second look.
        self._seen: set[str] = set()

    def going(self, wanted: Wanted) -> bool:
        """Whether this is being measured."""
        return self._runs[wanted.choice].going

    def failures(self, wanted: Wanted) -> list[Failure]:
        """What will not come, since measuring was last started."""
        return list(dict.fromkeys(list(self._runs[wanted.choice].failed.values())))

    def start(self, wanted: Wanted) -> None:
        """Have this measured from now on; what failed before is tried again."""
        run = self._runs[wanted.choice]
        # What was asked for last may have failed since nobody looked.
        self._desk.retry([*run.over, *run.asked])
        run.failed, run.over, run.going = {}, [], True

    def stop(self, wanted: Wanted) -> None:
        """Give up what is being computed for this; what is there stays."""
        run = self._runs[wanted.choice]
        run.going = False
        self._desk.give_up(run.asked)

    def there(self, wanted: Wanted) -> list[Part]:
        """The results that are on the disk."""
        return [one for one in wanted.parts if self._is_there(one)]

    def rows(self, parts: Iterable[Part]) -> Rows:
        """What parts say, as the command line has it; the image is the case's name."""
        return [
            {"image": one.source.case.name, "image_sha256": one.source.key.image_sha256, **row}
            for one in parts
            for row in self._desk.measures.get(one.digest) or ()
        ]

    def standing(self, wanted: Wanted) -> Standing:
        """How far a study is."""
        left = list(self._left(wanted))
        sources = {one.source.key.digest: one.source for one in left}
        missing = sum(source not in self._desk for source in sources.values())
        total = len(wanted.parts) + len(wanted.sources)
        cases = {source.case.id for source in wanted.sources}
        measured = cases - {source.case.id for source in sources.values()}
        return Standing(len(cases), len(measured), 1 - (len(left) + missing) / max(1, total))

    def ask(self, wanted: Wanted) -> Standing:
        """Keep the next computations wanted, without waiting.

        Returns
        -------
        Standing
            Once nothing is left to come, it is no longer :meth:`going`.
        """
        run = self._runs[wanted.choice]
        if not run.going:  # stopped on another page
            return self.standing(wanted)
        asked: list[tuple[str, Computation[Any]]] = []
        for due in islice(self._due(wanted), AT_ONCE):
            job: Computation[Any]
            if isinstance(due, Source):
                job, case, digests = self._desk.request(due), due.case.name, [due.key.digest]
            else:
                job, case = self._desk.request_measure(due), due[0].source.case.name
                digests = [one.digest for one in due]
            if job.stopped:
                run.over.append(job)
            elif reason := self._desk.failure(job):
                # Some sentences name what failed already.
                said = reason if reason.startswith(job.title) else f"{job.title}: {reason}"
                run.failed |= dict.fromkeys(digests, Failure(case, said))
                run.over.append(job)
            else:
                asked.append((f"{case}, {job.progress}", job))
        run.asked = [job for _, job in asked]
        run.going = next(self._left(wanted), None) is not None
        if any(job.stopped for job in run.over):
            self.stop(wanted)
        running = [words for words, job in asked if job.state is State.RUNNING]
        now = next(iter(running), "waiting for other work" if asked else "")
        return replace(self.standing(wanted), now=now)

    def _due(self, wanted: Wanted) -> Iterator[Source | tuple[Part, ...]]:
        """What is to be computed, case by case: maps that are missing, then measures of all.

        Measures wait until every map of their case is there or has failed: maps of an image are
        measured together, on the same altered images.
        """
        for _, of_case in groupby(self._left(wanted), lambda one: one.source.case.id):
            parts = list(of_case)
            sources = {one.source.key.digest: one.source for one in parts}
            missing = [source for source in sources.values() if source not in self._desk]
            yield from missing
            if not missing:
                for _, of_measure in groupby(parts, lambda one: one.measure.name):
                    yield tuple(of_measure)

    def _left(self, wanted: Wanted) -> Iterator[Part]:
        """Results that are not there and have not failed, nor have their maps."""
        failed = self._runs[wanted.choice].failed
        for one in wanted.parts:
            gone = failed and (one.digest in failed or one.source.key.digest in failed)
            if not gone and not self._is_there(one):
                yield one

    def _is_there(self, part: Part) -> bool:
        if part.digest not in self._seen and self._desk.measures.get(part.digest) is not None:
            self._seen.add(part.digest)
        return part.digest in self._seen
