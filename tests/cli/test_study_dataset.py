"""``study dataset``: a study as a data set to train with."""

import json
from pathlib import Path

from shamsul.phantom import LABELS
from shamsul.reading import Store
from shamsul.reading.database.findings import GivenFindings
from shamsul.training.datasets.registry import DATASETS
from tests.cli.command import run_in


def test_the_demo_becomes_a_data_set_with_all_that_its_phantoms_have(tmp_path: Path) -> None:
    done = run_in(tmp_path, "study", "dataset", "phantom-demo", "--out", "out", "--json")
    told = json.loads(done.stdout)
    store = Store(f"sqlite:///{tmp_path / 'data' / 'shamsul.db'}")
    given = GivenFindings(store.database).of("phantom-demo")
    store.close()
    table, _ = DATASETS["csv"].read(tmp_path / "out").located()
    assert told["images"] == len(table) == len(given)
    assert table.labels == tuple(sorted(LABELS))
    assert told["left_out"] == [] == list(table.skipped)
    for index in range(len(table)):
        row = table.row(index)
        assert {label: bool(said) for label, said in row.labels.items()} == given[row.patient]
    assert told["labels"]["Cardiomegaly"]["present"] == sum(
        findings["Cardiomegaly"] for findings in given.values()
    )


def test_people_are_told_the_labels_and_a_folder_that_is_there_is_left_alone(
    tmp_path: Path,
) -> None:
    first, second = (
        run_in(tmp_path, "study", "dataset", "phantom-demo", "--out", "out") for _ in range(2)
    )
    assert first.returncode == 0
    assert first.stdout.splitlines()[0].endswith("radiographs of phantom-demo in out")
    assert len(first.stdout.splitlines()) == 1 + len(LABELS)
    assert (second.returncode, second.stderr) == (2, "out is there already.\n")


def test_what_is_no_data_set_is_one_sentence(tmp_path: Path) -> None:
    for study, reason in (("my-radiographs", "has no case to train with."), ("none", "no study")):
        done = run_in(tmp_path, "study", "dataset", study, "--out", "out")
        assert (done.returncode, done.stdout) == (2, "")
        assert reason in done.stderr.splitlines()[-1]
        assert not (tmp_path / "out").exists()
