"""Make a small data folder as this release leaves one behind, and what it exports from it.

Later releases have to open it, resume its readings and export it alike, which the tests named
test_frozen look at.

usage: python scripts/freeze.py tests/frozen/RELEASE

Writes data.zip (the folder, its database SQLite), postgres.sql (the same rows, as pg_dump writes
them), exports and logits.json. Needs PostgreSQL's server and the tests of this repository.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import safetensors.torch
import torch
from PIL import Image
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from shamsul.annotations.annotation import Occasion  # noqa: E402
from shamsul.annotations.archive import AnnotationArchive  # noqa: E402
from shamsul.annotations.drawings import added, mark_of  # noqa: E402
from shamsul.annotations.formats import registry as formats  # noqa: E402
from shamsul.annotations.image_names import Images  # noqa: E402
from shamsul.annotations.matching import Annotators  # noqa: E402
from shamsul.classifiers import architecture, registry, weights  # noqa: E402
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize  # noqa: E402
from shamsul.explainers.registry import METHODS  # noqa: E402
from shamsul.faithfulness.registry import MEASURES  # noqa: E402
from shamsul.findings.labels import BUILT_IN  # noqa: E402
from shamsul.localisation.protocol import Rules  # noqa: E402
from shamsul.radiographs import RadiographArchive, read_radiograph  # noqa: E402
from shamsul.reading import Answer, MapShown, Shown, Store  # noqa: E402
from shamsul.reading.database.about_readers import AboutReaders  # noqa: E402
from shamsul.reading.database.accounts import Accounts, Role  # noqa: E402
from shamsul.reading.database.readings import Readings  # noqa: E402
from shamsul.reading.database.screens import Happened, Screens  # noqa: E402
from shamsul.reading.database.tables import Base  # noqa: E402
from shamsul.reading.demo import ensure_default_studies  # noqa: E402
from shamsul.reading.design.progress import Assigned  # noqa: E402
from shamsul.reading.design.questionnaire import CANNOT_JUDGE, Step  # noqa: E402
from shamsul.reading.design.study_file import read_study_file  # noqa: E402
from shamsul.reading.exports import ratings  # noqa: E402
from shamsul.reading.exports.transfer import dump  # noqa: E402
from shamsul.settings import ASSETS, settings  # noqa: E402
from shamsul.studies import annotation_files, localisation, opening, panels  # noqa: E402
from shamsul.studies.desk import Desk  # noqa: E402
from shamsul.studies.faithfulness import Runs, Wanted  # noqa: E402
from shamsul.studies.precompute import precompute  # noqa: E402
from tests.questions import asked  # noqa: E402
from tests.reading.database.postgres import OWNER, Postgres, program  # noqa: E402

LABELS = ("Pleural Effusion", "Cardiomegaly")
LABEL = LABELS[0]
#: The smallest DenseNet that can be explained by every method.
TINY = {"growth_rate": 4, "block_config": (1, 2, 1, 1), "num_init_features": 8}
CASES = ("phantom-0001", "phantom-0005", "phantom-0004", "phantom-0007")
#: Of the demo's radiographs, which would make the fixture large.
SHRUNK = 8
PASSWORDS = {"Coordinator": "correct horse battery", "Ada": "staple of the ward"}
QUESTIONS = asked(
    "years", "present", "point", "agreement", "location", "failure_tags", "comment", "useful"
)


def study_file(name: str, readers: str, design: str) -> str:
    return f"""
name = "{name}"
title = "{name.capitalize()} – “quoted” & <marked>"
about = "A study that is frozen."
model = "own"
methods = ["grad_cam", "lrp"]
readers = {readers}

[cases]
study = "my-radiographs"

[labels]
from = "given"
given = ["{LABEL}"]

[design]
{design}
{QUESTIONS}
"""


def own_model(models: Path) -> None:
    """A model folder as somebody adds one: random weights, which are enough to be explained."""
    folder = models / "own"
    folder.mkdir(parents=True)
    about = {
        "name": "own",
        "arch": "torchvision/densenet",
        "labels": LABELS,
        "input_size": 32,
        "channels": 1,
        "normalisation": Normalisation((0.5,), (0.25,)),
        "resize": Resize.STRETCH,
        "thresholds": {LABEL: 0.4},
        "trained_on": "nothing",
        "arch_options": TINY,
    }
    torch.manual_seed(3)
    state = architecture.build(Manifest(**about, sha256="0" * 64)).state_dict()
    safetensors.torch.save_file(state, folder / weights.SAFETENSORS)
    Manifest(**about, sha256=weights.sha256(folder / weights.SAFETENSORS)).write(folder)


def shrunk(name: str) -> bytes:
    with Image.open(ASSETS / "demo" / f"{name}.png") as picture:
        small = picture.resize((picture.width // SHRUNK, picture.height // SHRUNK), Image.BOX)
    png = io.BytesIO()
    small.save(png, "PNG")
    return png.getvalue()


class Installation:
    """Everything that is made, in one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(settings().database)
        self.archive = RadiographArchive(settings().radiographs)
        self.annotations = AnnotationArchive(folder / "annotations")
        self.readings = Readings(self.store.database)
        self.screens = Screens(self.store.database)
        self.about_readers = AboutReaders(self.store.database)
        self.desk = Desk.of_installation(self.archive, self.annotations)
        ensure_default_studies(self.store, self.archive, self.annotations, folder / "no-assets")
        self.classifier = registry.load(str(folder / "models" / "own"))

    def fill(self) -> None:
        self.store.set_model("my-radiographs", "own")
        for name in CASES:
            radiograph = read_radiograph(shrunk(name))
            self.archive.put(radiograph)
            self.store.add_case("my-radiographs", radiograph.sha256, name)
        self.annotate()
        self.create("finished", '["Ada", "Bo"]', "seed = 1\nchanges = false\ndrawing = true")
        self.create(
            "half-read",
            '["Ada", "Bo"]',
            "seed = 2\nrepeats = 1\nwarm_up = 1\ndrawing = true\nsessions = 2\nwashout_days = 1\n"
            'controls = ["random_model", "other_patient"]\ncontrolled = 0.5\nmode = "with"',
        )
        self.compute()
        self.review()
        self.finish()
        self.read_half()
        self.accounts()

    def create(self, name: str, readers: str, design: str) -> None:
        content = study_file(name, readers, design)
        made = opening.create(
            read_study_file(content, opening.known(self.store)),
            self.folder,
            store=self.store,
            archive=self.archive,
            annotations=self.annotations,
            load=lambda name: self.classifier,
            max_bytes=10**9,
        )
        assert not made.left_out, made.left_out

    def annotate(self) -> None:
        """A file of polygons and boxes by two radiologists, imported."""
        cases = self.store.cases("my-radiographs")
        shape = self.archive.extent(cases[0].image_sha256).shape
        rows, columns = shape
        content = {
            "images": [
                {"id": number, "file_name": f"{case.name}.png", "height": rows, "width": columns}
                for number, case in enumerate(cases[:2])
            ],
            "categories": [{"id": 7, "name": "pleural effusion"}],
            "annotations": [
                {
                    "id": 10 + number,
                    "image_id": number,
                    "category_id": 7,
                    "iscrowd": 0,
                    "bbox": [10, 60, 30, 40],
                    "area": 900,
                    "segmentation": [[10, 60, 40, 60, 40, 100, 12.5, 100]],
                    "attributes": {"author": f"Radiologist {number}"},
                }
                for number in range(2)
            ],
        }
        path = self.folder / "given.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        brought = annotation_files.give(
            formats.read(path).entries,
            Images({case.image_sha256: [f"{case.name}.png"] for case in cases}),
            LABELS,
            BUILT_IN,
            Annotators.UNION,
            "Hospital",
            archive=self.archive,
            annotations=self.annotations,
        )
        path.unlink()
        assert len(brought.annotations) == 2, brought

    def draw(self, reader: str, image: str, label: str, occasion: Occasion | None) -> None:
        """A polygon and a point, as a reader draws them."""
        shape = self.archive.extent(image).shape
        now = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
        for drawing in (
            {"kind": "polygon", "corners": [[20, 20], [20.5, 60], [80, 40]]},
            {"kind": "point", "corners": [[50.25, 40]]},
        ):
            mark = mark_of(drawing, shape)
            self.annotations.revise(
                image, lambda old, mark=mark: added(old, label, reader, mark, now, occasion)
            )

    def compute(self) -> None:
        """Maps, scores and measures."""
        for name in ("finished", "half-read"):
            study, cases = self.store.study(name), self.store.cases(name)
            wanted = panels.sources(study, cases, self.readings.of(name))
            for step in precompute(self.desk, wanted):
                assert not step.reason, step
        study, cases = self.store.study("finished"), self.store.cases("finished")
        sources = localisation.to_compare(study, cases, ["grad_cam", "lrp"])
        found = list(localisation.map_scores(self.desk, sources, Rules()))
        assert sum(map(len, found)) == 4, found
        runs = Runs(self.desk)
        wanted = Wanted.of(study, sources, [MEASURES["pixel_flipping"]])
        runs.start(wanted)
        while runs.going(wanted):
            runs.ask(wanted)
            time.sleep(0.1)
        assert not runs.failures(wanted)

    def sources(self, study: str, one: Assigned) -> list[panels.Source]:
        about, cases = self.store.study(study), self.store.cases(study)
        return [panels.source(about, cases, one.case, panel) for panel in one.reading.panels]

    def shown(self, one: Assigned, panel: int | None = None) -> Shown:
        reading = one.reading
        about = {
            "label": reading.label,
            "model": "own",
            "model_sha256": self.classifier.manifest.sha256,
            "probability": 0.5,
            "blinded": True,
            "case_order": reading.case_order,
            "repeat_of": reading.case if reading.repeat else None,
            "warm_up": reading.warm_up,
        }
        if panel is None:
            return Shown(**about)
        plan = reading.panels[panel]
        source = self.sources(one.case.study, one)[panel]
        found = {heatmap.label: heatmap for heatmap in self.desk.kept(source)}
        return MapShown(
            **about,
            method=plan.method,
            method_name_shown=f"Map {'ABCDE'[panel]}",
            panel_position=panel + 1,
            heatmap_sha256=found[reading.label].sha256,
            opacity=0.25,
            normalisation="p99.5",
            control=plan.control and plan.control.value,
        )

    def answer(self, one: Assigned, item: str, value: object, panel: int | None = None) -> None:
        self.store.record(
            [
                Answer(
                    case=one.case,
                    reader=one.reading.reader,
                    shown=self.shown(one, panel),
                    item=item,
                    value=value,  # type: ignore[arg-type]
                    session=one.reading.session,
                    active_seconds=4.5,
                )
            ]
        )

    def image_screen(self, one: Assigned, *, lock: bool = True) -> None:
        self.answer(one, "present", "no")
        self.answer(one, "present", "yes")
        self.answer(one, "point", [30.5, 20.25])
        reading = one.reading
        occasion = Occasion(one.case.study, reading.session, reading.repeat, reading.warm_up)
        self.draw(reading.reader, one.case.image_sha256, reading.label, occasion)
        if lock:
            self.screens.lock(one.id, Step.IMAGE, 12.0)

    def maps_screen(self, one: Assigned) -> None:
        self.answer(one, "agreement", "agree")
        for panel in range(len(one.reading.panels)):
            self.answer(one, "location", 1, panel)
            self.answer(one, "location", CANNOT_JUDGE if panel == 1 else 4, panel)
            self.answer(one, "failure_tags", ["too large"], panel)
            self.answer(one, "comment", '=1+1; "ü", \n second line', panel)
        self.screens.lock(one.id, Step.MAPS, 30.25)

    def finish(self) -> None:
        for reader in ("Ada", "Bo"):
            self.about_readers.record("finished", reader, {"years": 7})
            for one in self.readings.of("finished", reader):
                self.screens.note(one.id, Happened.OPENED, 0.0)
                self.image_screen(one)
                self.maps_screen(one)
            self.about_readers.record("finished", reader, {"years": 8, "useful": "yes"})
        self.readings.close("finished")

    def read_half(self) -> None:
        """Ada has the practice and a case behind her, and stopped in the middle of a screen."""
        self.about_readers.record("half-read", "Ada", {"years": 12})
        mine = self.readings.of("half-read", "Ada")
        for one in mine[:2]:
            self.image_screen(one)
            self.maps_screen(one)
        here = mine[2]
        self.image_screen(here)
        self.answer(here, "location", 2, 0)
        self.answer(here, "comment", "not finished yet", 0)
        self.screens.note(here.id, Happened.PAUSED, 21.5)

    def review(self) -> None:
        """Openly, with a rating changed, one taken back, and a drawing."""
        case, other, *_ = self.store.cases("my-radiographs")
        (source,) = localisation.to_compare(self.store.study("finished"), [case], ["lrp"])
        found = {heatmap.label: heatmap for heatmap in self.desk.kept(source)}
        for item, value in (("location", 2), ("location", 5), ("comment", "a"), ("comment", None)):
            shown = MapShown(
                label=LABEL,
                model="own",
                model_sha256=self.classifier.manifest.sha256,
                probability=0.5,
                blinded=False,
                method="lrp",
                method_name_shown=METHODS["lrp"].title,
                panel_position=4,
                heatmap_sha256=found[LABEL].sha256,
                opacity=0.0,
                normalisation="p99.5",
            )
            self.store.record(
                [Answer(case=case, reader="Reader 1", shown=shown, item=item, value=value)]
            )
        self.draw("Reader 1", other.image_sha256, LABELS[1], None)

    def accounts(self) -> None:
        accounts = Accounts(self.store.database)
        accounts.add("Coordinator", Role.COORDINATOR, PASSWORDS["Coordinator"])
        accounts.add("Ada", Role.READER, PASSWORDS["Ada"])
        accounts.add("Left", Role.READER, "has left the hospital")
        accounts.disable("Left")
        accounts.sign_in("Ada", PASSWORDS["Ada"])


def exported(store: Store, annotations: AnnotationArchive, archive: RadiographArchive, out: Path):
    """What every later release has to export."""
    for name in ("my-radiographs", "finished", "half-read"):
        folder = out / name
        folder.mkdir(parents=True)
        ratings.write_ratings(store, name, folder / "ratings.csv")
        (folder / "study.json").write_text(dump(store, name), encoding="utf-8")
        cases = store.cases(name)
        document = annotation_files.exported(cases, archive=archive, annotations=annotations)
        (folder / "annotations.json").write_bytes(document)
        if store.study(name).plan is not None:
            ratings.write_assignment(store, name, folder / "assignment.csv")
            (folder / "wide.csv").write_bytes(ratings.wide(store, name))
            (folder / "imrmc.csv").write_bytes(ratings.imrmc(store, name, "location"))


def postgres_dump(store: Store) -> str:
    """The rows of an SQLite store as a dump of a PostgreSQL database."""
    server = Postgres()
    try:
        url = server.new_database()
        other = Store(url)
        engine = create_engine(url)
        tables = Base.metadata.sorted_tables
        with engine.begin() as connection:
            for table in tables:
                rows = store.database.read(
                    lambda session, table=table: [
                        dict(row) for row in session.execute(table.select()).mappings()
                    ]
                )
                connection.execute(table.delete())
                if rows:
                    connection.execute(table.insert(), rows)
            for table in tables:
                if "id" in table.columns:
                    connection.execute(
                        text(
                            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
                            f"(SELECT coalesce(max(id), 1) FROM {table.name}))"
                        )
                    )
        engine.dispose()
        other.close()
        where = make_url(url)
        found = subprocess.run(
            [
                str(program("pg_dump")),
                f"--host={where.query['host']}",
                f"--username={OWNER}",
                "--no-owner",
                "--inserts",
                str(where.database),
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    finally:
        server.stop()
    # Commands of newer clients, which older ones do not know.
    kept = [line for line in found.splitlines() if not line.startswith(("\\restrict", "\\unrest"))]
    return "\n".join(kept) + "\n"


def main(out: Path) -> None:
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        os.environ["SHAMSUL_DATA_DIR"] = str(data)
        settings.cache_clear()
        own_model(data / "models")
        installation = Installation(data)
        installation.fill()
        store = installation.store
        exported(store, installation.annotations, installation.archive, out / "exports")
        case = store.cases("my-radiographs")[0]
        radiograph = installation.archive.get(case.image_sha256)
        scores = installation.classifier.predict(radiograph).scores
        logits = {score.label: score.logit for score in scores}
        (out / "logits.json").write_text(json.dumps({case.name: logits}), encoding="utf-8")
        (out / "postgres.sql").write_text(postgres_dump(store), encoding="utf-8")
        store.close()
        with zipfile.ZipFile(out / "data.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            for path in sorted(data.rglob("*")):
                if path.is_file() and path.name != ".lock":
                    file.write(path, path.relative_to(data))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
