"""The trainings on the models page."""

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from shamsul.settings import ASSETS, settings
from shamsul.training.epoch import Epoch
from shamsul.training.kept import Kept, kept
from shamsul.training.loop import write_log
from shamsul.ui.models.runs import figure
from tests.ui.conftest import Pages

CONFIG = '[dataset]\nkind = "nih"\nfolder = "NIH"\n[training]\nepochs = 4\n'
NAN = float("nan")


def epoch(number: int, *aucs: float) -> Epoch:
    return Epoch(number, 0.7 / number, 0.8 / number, float(np.nanmean(aucs)), aucs, 1e-4, 90)


def put(folder: Path, *epochs: Epoch, is_finished: bool = False, age: float = 0) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG)
    if epochs:
        write_log(folder / "log.csv", ("Mass", "Hernia"), list(epochs))
    if is_finished:
        (folder / "run.json").write_text("{}")
    for file in folder.iterdir():
        os.utime(file, (time.time() - age,) * 2)
    return folder


def found(directory: Path) -> dict[str, Kept]:
    return {one.name: one for one in kept(directory)}


def test_a_folder_tells_how_far_its_training_is(tmp_path: Path) -> None:
    put(tmp_path / "new", age=5)
    put(tmp_path / "half", epoch(1, 0.6, NAN), epoch(2, 0.5, NAN), age=9)
    put(tmp_path / "done", *(epoch(n, 0.6, 0.1 * n) for n in range(1, 5)), is_finished=True, age=30)
    put(tmp_path / "broken").joinpath("config.toml").write_text("[dataset")
    (tmp_path / "empty").mkdir()
    runs = found(tmp_path)
    assert list(runs) == ["new", "half", "done"]
    assert (runs["new"].epochs, runs["new"].best, runs["new"].model) == ((), None, None)
    half = runs["half"]
    assert (half.planned, half.labels, half.dataset) == (4, ("Mass", "Hernia"), "nih")
    assert half.seconds_left == 180 and half.best == half.epochs[0]
    assert 9 <= half.idle < 60 and not half.is_finished
    assert np.isnan(half.epochs[1].aucs[1])
    assert runs["done"].is_finished and runs["done"].seconds_left == 0
    assert kept(tmp_path / "nowhere") == []


def test_the_figure_leaves_out_what_is_not_defined(tmp_path: Path) -> None:
    put(tmp_path / "half", epoch(1, 0.6, NAN), epoch(2, 0.5, NAN))
    drawn = figure(found(tmp_path)["half"])
    names = [line.name for line in drawn.data]
    assert names == ["Mass", "loss, training", "loss, validation", "mean AUC"]
    assert drawn.data[-1].hovertext == ("Epoch 1<br>mean AUC 0.600", "Epoch 2<br>mean AUC 0.500")


def test_the_page_shows_trainings_and_takes_their_models(pages: Pages) -> None:
    pages.app.switch_page("pages/models.py").run()
    assert "Trainings" not in pages.texts()
    runs = settings().runs
    put(runs / "half", epoch(1, 0.6, NAN))
    put(runs / "left", epoch(1, 0.6, NAN), age=7200)
    done = put(runs / "done", epoch(1, 0.9, NAN), is_finished=True)
    shutil.copytree(ASSETS / "models" / "phantom", done / "model")
    text = (done / "model" / "model.toml").read_text()
    (done / "model" / "model.toml").write_text(text.replace('name = "phantom"', 'name = "mine"'))
    pages.app.run()
    texts = pages.texts()
    for words in (
        "**half** :blue-badge[going on] nih",
        "**left** :gray-badge[stopped]",
        "**done** :green-badge[finished]",
        "Best on validation: epoch 1, mean AUC 0.900.",
    ):
        assert words in texts
    assert [b.key for b in pages.app.button if b.key and b.key.startswith("add-")] == ["add-done"]
    pages.app.button(key="add-done").click().run()
    assert "mine is among the models from now on." in pages.texts()
    assert (settings().models / "mine" / "model.toml").is_file()
    pages.app.button(key="add-done").click().run()
    assert "There is a model named mine already." in [e.value for e in pages.app.error]


@pytest.mark.parametrize("log", ["", "epoch,loss\n1,high\n"])
def test_a_log_that_cannot_be_read_is_passed_over(log: str, tmp_path: Path) -> None:
    put(tmp_path / "odd").joinpath("log.csv").write_text(log)
    assert kept(tmp_path) == []
