"""The maps of studies measured without annotations, in the background and kept on disk."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby, islice
from typing import Any, Final

from shamsul.classifiers import registry
from shamsul.classifiers.grid import prepare
from shamsul.classifiers.manifest import Manifest
from shamsul.computing.jobs import NOT_KEPT, Computation, Job, Jobs, State
from shamsul.computing.worker import Worker
from shamsul.explainers.cache import MapCache
from shamsul.explainers.method import ExplainerError, Progress
from shamsul.faithfulness.measure import Measure
from shamsul.radiographs import ArchiveError, RadiographArchive
from shamsul.reading.design.study import Study
from shamsul.storage.result_cache import ResultCache, Rows
from shamsul.studies.panels import Source

#: Computations that wait at a time.
AT_ONCE: Final = 8
#: Of what measures draw, as the command line has it unless told otherwise.
SEED: Final = 0


@dataclass(frozen=True)
class Result:
    """What one measure gives for one method's maps of a radiograph.

    Attributes
    ----------
    source : Source
    measure : Measure
        With its parameters' defaults.
    digest : str
        Of all that the numbers depend on, so that nothing has to be opened to look for them.
    """

    source: Source
    measure: Measure
    digest: str


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
    def results(self) -> tuple[Result, ...]:
        """Case by case, then measure by measure, in the order of the sources."""
        # Which labels a case is measured for depends on the operating points.
        points = dict(self.manifest.thresholds)
        digests = {id(source): source.key.digest for source in self.sources}
        settled = [(measure, measure.settle({})) for measure in self.measures]
        return tuple(
            Result(
                source,
                measure,
                ResultCache.digest([digests[id(source)], measure.name, parameters, SEED, points]),
            )
            for _, of_case in groupby(self.sources, lambda source: source.case.id)
            for sources in [list(of_case)]
            for measure, parameters in settled
            for source in sources
        )


@dataclass
class Measurement(Computation[Rows]):
    """One measure of all maps of a radiograph, by whatever methods."""

    results: tuple[Result, ...]
    cache: ResultCache

    @property
    def digest(self) -> str:
        return ResultCache.digest([one.digest for one in self.results])

    @property
    def title(self) -> str:
        return self.results[0].measure.title

    @property
    def quick(self) -> bool:
        return False

    @property
    def unit(self) -> str:
        return self.results[0].measure.unit

    def find(self) -> bool:
        return all(self.cache.get(one.digest) is not None for one in self.results)

    def take(self, result: Rows) -> None:
        for one in self.results:
            rows = [row for row in result if row["method"] == one.source.key.method]
            if rows:  # otherwise its maps were not there
                self.cache.put(one.digest, rows)

    def failure(self, error: Exception) -> str:
        if isinstance(error, ArchiveError):
            return str(error)
        if isinstance(error, OSError):
            return f"The results cannot be kept: {error.strerror}."
        return self.results[0].measure.failure(error)


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


class Measuring:
    """Has studies measured, a few computations at a time, while a page asks for it.

    One for all pages of a server: a page that is loaded anew finds what goes on.

    Parameters
    ----------
    jobs : Jobs
    worker : Worker
    archive : RadiographArchive
    maps : MapCache
    results : ResultCache
    """

    def __init__(
        self,
        jobs: Jobs,
        worker: Worker,
        archive: RadiographArchive,
        maps: MapCache,
        results: ResultCache,
    ) -> None:
        self._jobs = jobs
        self._worker = worker
        self._archive = archive
        self._maps = maps
        self._results = results
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
        self._jobs.retry(run.over)
        run.failed, run.over, run.going = {}, [], True

    def stop(self, wanted: Wanted) -> None:
        """Give up what is being computed for this; what is there stays."""
        run = self._runs[wanted.choice]
        run.going = False
        self._jobs.give_up(run.asked)

    def there(self, wanted: Wanted) -> list[Result]:
        """The results that are on the disk."""
        return [one for one in wanted.results if self._is_there(one)]

    def rows(self, results: Iterable[Result]) -> Rows:
        """What results say, as the command line has it; the image is the case's name."""
        return [
            {"image": one.source.case.name, "image_sha256": one.source.key.image_sha256, **row}
            for one in results
            for row in self._results.get(one.digest) or ()
        ]

    def standing(self, wanted: Wanted) -> Standing:
        """How far a study is."""
        left = list(self._left(wanted))
        sources = {one.source.key.digest: one.source for one in left}
        missing = sum(source.key not in self._maps for source in sources.values())
        total = len(wanted.results) + len(wanted.sources)
        cases = {source.case.id for source in wanted.sources}
        measured = cases - {source.case.id for source in sources.values()}
        return Standing(len(cases), len(measured), 1 - (len(left) + missing) / max(1, total))

    def ask(self, wanted: Wanted, request: Callable[[Source], Job]) -> Standing:
        """Keep the next computations wanted, without waiting.

        Parameters
        ----------
        wanted : Wanted
        request : callable
            Asks for the maps of a source, as :func:`shamsul.ui.shared.maps.request_source` does.

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
                job, case, digests = request(due), due.case.name, [due.key.digest]
                # Looked for after the job has ended, which keeps its maps before that.
                lost = job.state is State.DONE and due.key not in self._maps
            else:
                job, case = self._measure(wanted.manifest, due), due[0].source.case.name
                # Of maps that failed it has been said why.
                left = [one for one in due if one.source.key.digest not in run.failed]
                digests, lost = [one.digest for one in left], False
            if job.state is State.FAILED or lost:
                reason = job.reason or NOT_KEPT
                # Some sentences name what failed already.
                said = reason if reason.startswith(job.title) else f"{job.title}: {reason}"
                run.failed |= dict.fromkeys(digests, Failure(case, said))
                run.over.append(job)
            else:
                asked.append((f"{case}, {job.progress}", job))
        run.asked = [job for _, job in asked]
        run.going = run.going and next(self._left(wanted), None) is not None
        running = [words for words, job in asked if job.state is State.RUNNING]
        now = next(iter(running), "waiting for other work" if asked else "")
        return replace(self.standing(wanted), now=now)

    def _measure(self, manifest: Manifest, results: tuple[Result, ...]) -> Measurement:
        source, measure = results[0].source, results[0].measure

        def compute(progress: Progress) -> Rows:
            # Asked twice where one has come or failed between two looks at what is left.
            left = [one for one in results if self._results.get(one.digest) is None]
            if not left:
                return []
            # The maps were asked for before, and have come or failed by now.
            keys = [one.source.key for one in left if one.source.key in self._maps]
            if not keys:
                raise ExplainerError("None of its maps is there.")
            image = prepare(self._archive.get(source.key.image_sha256), manifest)
            return self._worker.measure(
                source.folder, keys, self._maps.directory, image, measure.name, SEED, progress
            )

        return self._jobs.submit(Measurement(results, self._results), compute)

    def _due(self, wanted: Wanted) -> Iterator[Source | tuple[Result, ...]]:
        """What is to be computed, case by case: maps that are missing, then measures of all.

        Of all at once, since maps of an image are measured on the same altered images.
        """
        for _, of_case in groupby(self._left(wanted), lambda one: one.source.case.id):
            results = list(of_case)
            sources = {one.source.key.digest: one.source for one in results}
            yield from (source for source in sources.values() if source.key not in self._maps)
            for _, of_measure in groupby(results, lambda one: one.measure.name):
                yield tuple(of_measure)

    def _left(self, wanted: Wanted) -> Iterator[Result]:
        """Results that are not there and have not failed, nor have their maps."""
        failed = self._runs[wanted.choice].failed
        for one in wanted.results:
            gone = failed and (one.digest in failed or one.source.key.digest in failed)
            if not gone and not self._is_there(one):
                yield one

    def _is_there(self, result: Result) -> bool:
        if result.digest not in self._seen and self._results.get(result.digest) is not None:
            self._seen.add(result.digest)
        return result.digest in self._seen
