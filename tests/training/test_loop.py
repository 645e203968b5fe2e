import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from shamsul.training import loop
from shamsul.training.kept import CHECKPOINT
from shamsul.training.recipe import Augmentation, Recipe
from tests.training.examples import MANIFEST, fresh, one_process, squares

PLAIN = Augmentation()
SHIFTED = Augmentation(shift=0.1, brightness=0.1)


def trained(
    module: nn.Module,
    folder: Path,
    recipe: Recipe,
    changes: Augmentation = PLAIN,
    *,
    count: int = 64,
    resume: bool = False,
) -> loop.History:
    return loop.train(
        one_process(),
        module,
        MANIFEST.scaling,
        MANIFEST.labels,
        squares(count, 0),
        squares(200 if count > 100 else 32, 1),
        recipe,
        changes,
        folder,
        about={},
        resume=resume,
    )


def test_training_learns_logs_and_tells_each_epoch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = Recipe(epochs=4, optimiser="adamw", rate=3e-3, schedule="one-cycle")
    module = fresh()
    history = trained(module, tmp_path, recipe, SHIFTED, count=512)
    assert history.epochs[history.best - 1].auc > 0.9
    assert "epoch 4/4: loss" in capsys.readouterr().err
    assert not module.training
    assert not any(parameter.requires_grad for parameter in module.parameters())
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[-1]["auc Edema"]) == pytest.approx(history.epochs[-1].auc, abs=1e-5)
    assert (tmp_path / "curves.svg").read_text().lstrip().startswith("<?xml")


def test_one_epoch_of_plain_descent_is_that_of_torch(tmp_path: Path) -> None:
    recipe = Recipe(epochs=1, batch=24, optimiser="sgd", rate=0.05, momentum=0.5)
    module, slow = fresh(), fresh()
    trained(module, tmp_path, recipe)

    examples = squares(64, 0)
    optimiser = torch.optim.SGD(slow.parameters(), lr=0.05, momentum=0.5)
    order = np.random.default_rng([0, 1]).permutation(64)
    slow.train()
    for start in (0, 24, 48):
        rows = np.sort(order[start : start + 24])
        images = torch.from_numpy(examples.pixels[rows])[:, None].float() / 255
        logits = slow((images - 0.5) / 0.25)
        optimiser.zero_grad()
        target = torch.from_numpy(examples.values[rows])
        functional.binary_cross_entropy_with_logits(logits, target).backward()
        optimiser.step()
    for name, tensor in slow.state_dict().items():
        torch.testing.assert_close(module.state_dict()[name], tensor, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("schedule", ["one-cycle", "plateau", "cosine", "constant"])
def test_a_resumed_run_ends_exactly_like_an_uninterrupted_one(
    schedule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(epochs=3, optimiser="adamw", schedule=schedule, patience=0)  # type: ignore[arg-type]
    whole = fresh()
    expected = trained(whole, tmp_path, recipe, SHIFTED)
    (tmp_path / CHECKPOINT).unlink()

    augment, calls = loop.augment, []

    def interrupted(
        images: torch.Tensor, seeds: Sequence[int], largest: Augmentation
    ) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return augment(images, seeds, largest)

    monkeypatch.setattr(loop, "augment", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trained(fresh(), tmp_path, recipe, SHIFTED)
    monkeypatch.setattr(loop, "augment", augment)
    resumed = fresh()
    history = trained(resumed, tmp_path, recipe, SHIFTED, resume=True)
    assert [replace(epoch, seconds=0) for epoch in history.epochs] == [
        replace(epoch, seconds=0) for epoch in expected.epochs
    ]
    for name, tensor in resumed.state_dict().items():
        assert torch.equal(tensor, whole.state_dict()[name])


def test_the_weights_are_those_of_the_epoch_that_validation_chooses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.6, 0.9, 0.9, 0.7])
    states: list[dict[str, torch.Tensor]] = []
    module = fresh()

    def scored(*_: object) -> tuple[float, tuple[float, ...]]:
        states.append({name: t.clone() for name, t in module.state_dict().items()})
        score = next(scores)
        return score, (score,)

    monkeypatch.setattr(loop, "mean_auc", scored)
    assert trained(module, tmp_path, Recipe(epochs=4)).best == 2
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, states[1][name])


def test_another_runs_checkpoint_is_refused(tmp_path: Path) -> None:
    trained(fresh(), tmp_path, Recipe(epochs=1))
    with pytest.raises(loop.TrainingError, match="is another run's"):
        trained(fresh(), tmp_path, Recipe(epochs=2), resume=True)
    (tmp_path / CHECKPOINT).write_bytes(b"")
    with pytest.raises(loop.TrainingError, match="cannot be read"):
        trained(fresh(), tmp_path, Recipe(epochs=1), resume=True)


def test_what_is_frozen_stays_and_rates_have_factors(tmp_path: Path) -> None:
    module, before = fresh(), fresh().state_dict()
    recipe = Recipe(
        epochs=1,
        batch=64,
        optimiser="sgd",
        momentum=0,
        rate=0.1,
        rates={"classifier": 0.0},
        frozen=("features.conv0", "features.norm0"),
    )
    trained(module, tmp_path, recipe)
    for name, tensor in module.state_dict().items():
        stays = name.startswith(("features.conv0", "features.norm0", "classifier"))
        assert torch.equal(tensor, before[name]) == stays, name


def test_an_image_of_which_nothing_is_known_is_in_no_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = squares(64, 0)
    known = whole.known.copy()
    known[::4] = False
    blanked = np.where(known[:, :, None], whole.pixels, 0).astype(np.uint8)
    ends = []
    for pixels in (whole.pixels, blanked):
        module = fresh()
        loop.train(
            one_process(), module, MANIFEST.scaling, MANIFEST.labels,
            loop.Examples(pixels, whole.values, known), squares(32, 1),
            Recipe(epochs=1, batch=16), PLAIN, tmp_path, about={}, resume=False,
        )  # fmt: skip
        ends.append(module.state_dict())
    for name, tensor in ends[0].items():
        assert torch.equal(tensor, ends[1][name]), name


def test_rates_fall_along_a_cosine_to_their_floor_and_nothing_stays_nothing(tmp_path: Path) -> None:
    recipe = Recipe(
        epochs=4, schedule="cosine", rate=1e-3, floor=2e-4, rates={"features": 0.0}, batch=64
    )
    module, before = fresh(), fresh()
    history = trained(module, tmp_path, recipe)
    rates = [epoch.rate for epoch in history.epochs]
    share = [(1 + np.cos(np.pi * epoch / 4)) / 2 for epoch in range(1, 5)]
    assert rates == pytest.approx([1e-3 * max(one, 0.2) for one in share])
    assert torch.equal(module.features.conv0.weight, before.features.conv0.weight)  # type: ignore[union-attr]


def test_nothing_left_to_train_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(loop.TrainingError, match="every parameter is frozen"):
        trained(fresh(), tmp_path, Recipe(epochs=1, frozen=("features", "classifier")))


def test_a_loss_that_is_no_number_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(loop.TrainingError, match="needs a smaller rate"):
        trained(fresh(), tmp_path, Recipe(epochs=3, optimiser="sgd", rate=1e30))


def test_areas_are_of_what_is_known_and_certain() -> None:
    logits = np.array([[3.0, 1.0], [2.0, 1.0], [1.0, 1.0], [0.0, 1.0]])
    values = np.array([[1, 1], [0.7, 1], [0, 1], [1, 1]], np.float32)
    known = np.array([[True, True], [True, True], [True, True], [False, True]])
    mean, each = loop.mean_auc(logits, values, known)
    assert mean == each[0] == 1
    assert np.isnan(each[1])
