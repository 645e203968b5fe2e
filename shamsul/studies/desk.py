"""The desk for maps: who wants a map or a measure of one asks here, and gets something to look at.

It alone knows where maps, scores and measures are kept, how a radiograph comes to the model's grid,
what computes, and what waits in the queue. Pages, the command line and precomputing know a
:class:`~shamsul.studies.panels.Source` and ask.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from shamsul.annotations.archive import AnnotationArchive
from shamsul.classifiers.grid import GridImage, prepare
from shamsul.classifiers.manifest import Manifest, ModelError
from shamsul.computing.cluster import OnCluster
from shamsul.computing.engine import Engine, Here
from shamsul.computing.jobs import (
    NOT_KEPT,
    AnyComputation,
    Claims,
    Computation,
    Job,
    Jobs,
    Queued,
    State,
)
from shamsul.computing.pace import Experience
from shamsul.explainers.cache import MapCache, MapKey, pack
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import ExplainerError, Progress
from shamsul.faithfulness.measure import Measure
from shamsul.parallel.cluster import cluster
from shamsul.radiographs import ArchiveError, RadiographArchive
from shamsul.settings import settings
from shamsul.storage.result_cache import ResultCache, Rows
from shamsul.studies.panels import Source

#: Maps of likely labels that are remembered, so that pages do not read them again and again.
_REMEMBERED: Final = 32
#: Of what measures draw, as the command line has it unless told otherwise.
SEED: Final = 0


@dataclass(frozen=True)
class Part:
    """One measure of one method's maps of a radiograph.

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


@dataclass
class MeasureJob(Computation[Rows]):
    """One measure of all maps of a radiograph, by whatever methods."""

    parts: tuple[Part, ...]
    cache: ResultCache

    @property
    def digest(self) -> str:
        return ResultCache.digest([one.digest for one in self.parts])

    @property
    def title(self) -> str:
        return self.parts[0].measure.title

    @property
    def counted(self) -> tuple[str, str]:
        return "measures", self.parts[0].measure.name

    @property
    def kind(self) -> str:
        keys = [one.source.key for one in self.parts]
        return f"{self.parts[0].measure.name} {keys[0].model} {[key.method for key in keys]}"

    @property
    def case(self) -> str:
        return self.parts[0].source.case.name

    @property
    def quick(self) -> bool:
        return False

    @property
    def unit(self) -> str:
        return self.parts[0].measure.unit

    def find(self) -> bool:
        return all(self.cache.get(one.digest) is not None for one in self.parts)

    def take(self, result: Rows) -> None:
        for one in self.parts:
            rows = [row for row in result if row["method"] == one.source.key.method]
            if rows:  # otherwise its maps were not there
                self.cache.put(one.digest, rows)

    def failure(self, error: Exception) -> str:
        if isinstance(error, OSError):
            return f"The results cannot be kept: {error.strerror}."
        return self.parts[0].measure.failure(error)


class Desk:
    """Maps and measures of sources: asked for, looked at, kept.

    One a process. Whatever is asked for returns at once; several that ask for the same look at the
    same computation, and asking again keeps it wanted.

    Parameters
    ----------
    archive : RadiographArchive
    annotations : AnnotationArchive
    maps : MapCache
    scores, measures : ResultCache
        Of maps against annotations, and of measures that need none.
    engine : Engine
        What computes.
    experience : Experience, optional
        What computations took before.
    claims : Claims, optional
        Of several servers that keep maps in the same place: who computes what.
    """

    def __init__(
        self,
        archive: RadiographArchive,
        annotations: AnnotationArchive,
        maps: MapCache,
        scores: ResultCache,
        measures: ResultCache,
        engine: Engine,
        experience: Experience | None = None,
        claims: Claims | None = None,
    ) -> None:
        self.archive, self.annotations = archive, annotations
        self.maps, self.scores, self.measures = maps, scores, measures
        self.engine = engine
        self._experience, self._claims = experience, claims
        self._of_likely: dict[MapKey, Job] = {}

    @classmethod
    def of_installation(
        cls,
        archive: RadiographArchive,
        annotations: AnnotationArchive,
        engine: Engine | None = None,
        claims: Claims | None = None,
    ) -> "Desk":
        """A desk that keeps things where the settings say.

        If no engine is given it computes on the cluster that they name, else in this process.

        Raises
        ------
        shamsul.parallel.cluster.ClusterError
            If the cluster cannot be used; one sentence.
        """
        machines = None if engine else cluster()
        return cls(
            archive,
            annotations,
            MapCache(settings().maps, half=settings().map_storage == "float16"),
            ResultCache(settings().scores),
            ResultCache(settings().measures),
            engine or (OnCluster(machines) if machines else Here()),
            Experience(settings().data_dir / "experience.json"),
            claims,
        )

    @cached_property
    def _jobs(self) -> Jobs:
        """The queue, whose thread is started with the first that waits in it."""
        return Jobs(
            self.maps,
            experience=self._experience,
            at_once=lambda: self.at_once,
            claims=self._claims,
        )

    @cached_property
    def at_once(self) -> int:
        """How many things are computed at a time, as it was when that was first asked."""
        return self.engine.at_once

    def warm_up(self) -> None:
        """Have what computes load its libraries, before anything is asked for."""
        self.engine.start()

    def __contains__(self, source: Source) -> bool:
        """Whether the maps of a source are kept."""
        return source.key in self.maps

    def kept(self, source: Source, labels: Collection[str] = ()) -> tuple[Heatmap, ...]:
        """The maps of a source of all labels; none where they are not kept, or not whole.

        Where some `labels` are enough, maybe of likely ones only, see :class:`MapCache`.
        """
        found = self.maps.get(source.key)
        if found is None and labels:
            found = self.maps.get_likely(source.key, labels)
        return found or ()

    def request(
        self, source: Source, *, on_screen: bool = False, labels: Collection[str] = ()
    ) -> Job:
        """The maps of a source, which are computed where they are not kept; never waited for.

        Those that somebody looks at, `on_screen`, go before others as long as this is said.
        `labels` as for :meth:`kept`.
        """
        if labels and source not in self and (likely := self._likely(source, labels)):
            return likely
        engine = self.engine.urgent if on_screen else self.engine
        return self._jobs.request(
            source.key,
            source.method,
            lambda progress: self._explain(engine, source, progress),
            case=source.case.name,
            on_screen=on_screen,
        )

    def _likely(self, source: Source, labels: Collection[str]) -> Job | None:
        """A job that is done, of maps of likely labels; None where some are not there."""
        known = self._of_likely.get(source.key)
        if known is None:
            maps = self.maps.get_likely(source.key, labels)
            if maps is None:
                return None
            known = Job(source.key, source.method, self.maps, source.case.name, maps)
            known.state = State.DONE
            self._of_likely[source.key] = known
            while len(self._of_likely) > _REMEMBERED:
                self._of_likely.pop(next(iter(self._of_likely)), None)
        return known if {*labels} <= {one.label for one in known.maps} else None

    def request_measure(self, parts: Sequence[Part]) -> MeasureJob:
        """One measure of maps of one radiograph; never waited for.

        Parameters
        ----------
        parts : sequence of Part
            Of one case and measure, each of another source whose maps are there.
        """
        parts = tuple(parts)

        def compute(progress: Progress) -> Rows:
            # Asked twice where one has come or failed between two looks at what is left.
            left = [one for one in parts if self.measures.get(one.digest) is None]
            if not left:
                return []
            # Those whose maps were removed meanwhile are left out.
            keys = [one.source.key for one in left if one.source in self]
            if not keys:
                raise ExplainerError("None of its maps is there.")
            source, measure = parts[0].source, parts[0].measure
            image = self.prepared(source)
            return self.engine.measure(
                source.folder, keys, self.maps.directory, image, measure.name, SEED, progress
            )

        return self._jobs.submit(MeasureJob(parts, self.measures), compute)

    def request_work(
        self, computation: AnyComputation, compute: Callable[[Progress], Any]
    ) -> AnyComputation:
        """Something else that the queue computes; never waited for.

        Parameters
        ----------
        computation : Computation
            Keeps what comes, and finds what is kept.
        compute : callable
            Called in the queue's thread where nothing is kept.
        """
        return self._jobs.submit(computation, compute)

    def compute(self, source: Source, progress: Progress, *, least: float = 0.0) -> None:
        """Compute the maps of a source while the caller waits, and keep them.

        Those of labels with at least some probability, see :meth:`Prediction.likely`, or all.

        Raises
        ------
        ExplainerError
            The radiograph is missing, or the maps cannot be computed; one sentence.
        OSError
            They cannot be kept.
        """
        image = self.prepared(source)
        maps = self.engine.explain(source.folder, source.key, image, progress, least)
        packed = pack(maps, half=self.maps.half, least=least)
        self.maps.put_packed(source.key, packed, likely=least > 0)

    def take(self, source: Source) -> bool:
        """Claim to compute the maps of a source; False where another server does."""
        return self._claims is None or self._claims.take(source.key.digest)

    def give_back(self, source: Source) -> None:
        """Let others compute them."""
        if self._claims is not None:
            self._claims.give_back(source.key.digest)

    def failure(self, job: Computation[Any]) -> str:
        """Why what was asked for will not come, one sentence; empty where it may, or is there."""
        if job.state is State.FAILED:
            return job.reason
        # Looked for after the job has ended, which keeps its maps before that.
        lost = isinstance(job, Job) and job.state is State.DONE and job.key not in self.maps
        return NOT_KEPT if lost else ""

    def retry(self, failed: Iterable[Computation[Any]]) -> None:
        """Forget what failed, so that asking again starts it again."""
        self._jobs.retry(failed)

    def give_up(self, asked: Iterable[Computation[Any]]) -> None:
        """Stop what was asked for, unless somebody asks again."""
        self._jobs.give_up(asked)

    def queue(self) -> tuple[Queued, ...]:
        """What runs and what waits, in the order in which it is computed."""
        return self._jobs.queue() if "_jobs" in vars(self) else ()

    def stop(self, digests: Collection[str]) -> None:
        """Stop what runs or waits as a person's wish; only :meth:`retry` starts it again."""
        self._jobs.stop(digests)

    def move(self, digest: str, before: str) -> None:
        """Give what waits another turn, before something else or (``""``) at the end."""
        self._jobs.move(digest, before)

    def _explain(self, engine: Engine, source: Source, progress: Progress) -> tuple[Heatmap, ...]:
        return engine.explain(source.folder, source.key, self.prepared(source), progress)

    def prepared(self, source: Source) -> GridImage:
        return self.on_grid(source.key.image_sha256, source.folder)

    def on_grid(self, image_sha256: str, folder: Path) -> GridImage:
        """A radiograph on the grid of the model in a folder.

        Raises
        ------
        ExplainerError
            The radiograph is missing, or the model cannot be used; one sentence.
        """
        try:
            return prepare(self.archive.get(image_sha256), Manifest.read(folder))
        except (ArchiveError, ModelError) as error:
            raise ExplainerError(str(error)) from None
