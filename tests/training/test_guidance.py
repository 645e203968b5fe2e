"""Losses that lead masks and evidence to where people looked."""

import numpy as np
import pytest
import torch

from shamsul.classifiers.unet import Seen
from shamsul.training.guidance import LOSSES, Guides, terms, total_guidance


def seen(masks: torch.Tensor | None, evidence: torch.Tensor) -> Seen:
    return Seen(torch.zeros(len(evidence), evidence.shape[1]), masks, evidence)


def shown(name: str, masks: torch.Tensor, guides: torch.Tensor) -> torch.Tensor:
    return LOSSES[name].value(seen(masks, masks), guides)


def slowly(name: str, own: np.ndarray, guide: np.ndarray) -> float:
    """The same for one map, (g, g), step by step."""
    p, t = 1 / (1 + np.exp(-own)), guide
    if name == "mask-bce":
        return float(
            np.mean(
                [
                    -(b * np.log(a) + (1 - b) * np.log(1 - a))
                    for a, b in zip(p.ravel(), t.ravel(), strict=True)
                ]
            )
        )
    if name == "mask-dice":
        common = total = 0.0
        for a, b in ((p, t >= 0.5), (1 - p, t < 0.5)):
            weight = 1 / max(b.sum(), 1) ** 2
            common += weight * (a * b).sum()
            total += weight * (a.sum() + b.sum())
        return 1 - 2 * common / total
    if name == "grad-cam-correlation":
        return 1 - float(np.corrcoef(own.ravel(), t.ravel())[0, 1])
    q = np.exp(own) / np.exp(own).sum()
    share = t / t.sum()
    return float(
        sum(a * np.log(a / b) for a, b in zip(share.ravel(), q.ravel(), strict=True) if a > 0)
    )


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_is_that_of_a_slow_one(name: str) -> None:
    rng = np.random.default_rng(0)
    own, guides = rng.normal(0, 1, (3, 2, 4, 4)), rng.random((3, 2, 4, 4))
    guides[0, 0, 0] = 0
    found = shown(name, torch.from_numpy(own), torch.from_numpy(guides))
    for image in range(3):
        for row in range(2):
            expected = slowly(name, own[image, row], guides[image, row])
            assert float(found[image, row]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", LOSSES)
def test_descent_brings_a_map_to_its_guide(name: str) -> None:
    guide = torch.zeros(1, 1, 6, 6)
    guide[0, 0, 1:3, 2:5] = 1
    own = torch.zeros(1, 1, 6, 6, requires_grad=True)
    with torch.no_grad():
        own += 0.1 * torch.randn(own.shape, generator=torch.Generator().manual_seed(0))
    optimiser = torch.optim.Adam([own], 0.1)
    before = float(shown(name, own, guide).detach())
    for _ in range(200):
        optimiser.zero_grad()
        shown(name, own, guide).sum().backward()
        optimiser.step()
    assert float(shown(name, own, guide).detach()) < before / 4
    assert own[guide == 1].min() > own[guide == 0].max()


@pytest.mark.parametrize("name", LOSSES)
def test_a_map_without_anything_to_show_gives_a_loss_that_is_a_number(name: str) -> None:
    own = torch.zeros(1, 1, 4, 4, requires_grad=True)
    loss = shown(name, own, torch.zeros(1, 1, 4, 4))
    loss.sum().backward()
    assert torch.isfinite(loss).all() and torch.isfinite(own.grad).all()


def test_one_mask_of_labels_is_of_what_any_of_them_marks_at_its_own_size() -> None:
    guides = torch.zeros(1, 2, 4, 4)
    guides[0, 0, :2, :2], guides[0, 1, 2:, 2:] = 1, 1
    masks = torch.tensor([[[[9.0, -9.0], [-9.0, 9.0]]]])
    assert float(shown("mask-bce", masks, guides)) < 1e-3
    assert float(shown("mask-bce", -masks, guides)) > 8


def guided(given: list[list[bool]], full: list[list[bool]]) -> Guides:
    maps = np.zeros((len(given), len(given[0]), 2, 2), np.uint8)
    maps[np.array(full), 0, 0] = 255
    return Guides(maps, np.array(given))


def test_masks_are_taught_by_all_that_is_known_and_evidence_where_the_label_is_present() -> None:
    values = np.array([[1, 0], [1, 1], [0, 0]], np.float32)
    known = np.array([[True, True], [True, False], [True, True]])
    of_labels = guided(
        [[True, True], [False, True], [True, False]], [[True, False], [False, True], [False, False]]
    )
    mask, evidence = LOSSES["mask-bce"], LOSSES["grad-cam-kl"]
    assert (mask.counts(values, known, of_labels, 2) == of_labels.given).all()
    assert mask.counts(values, known, of_labels, 1).tolist() == [[True], [True], [True]]
    assert evidence.counts(values, known, of_labels, 0).tolist() == [
        [True, False],
        [False, False],
        [False, False],
    ]
    gaze = guided([[True], [True], [False]], [[True], [False], [False]])
    assert mask.counts(values, known, gaze, 1).tolist() == gaze.given.tolist()
    assert evidence.counts(values, known, gaze, 0).tolist() == [
        [True, False],
        [False, False],
        [False, False],
    ]


def test_the_parts_of_two_processes_add_up_to_the_mean_of_a_step() -> None:
    rng = np.random.default_rng(1)
    given = rng.random((6, 1)) < 0.7
    guides = Guides(rng.integers(0, 256, (6, 1, 4, 4)).astype(np.uint8), given)
    values, known = np.ones((6, 2), np.float32), np.ones((6, 2), bool)
    losses = {"mask-bce": 0.5, "grad-cam-correlation": 2.0}
    made = terms(losses, values, known, guides, 1)
    masks, evidence = torch.randn(6, 1, 4, 4), torch.randn(6, 2, 2, 2)
    maps = torch.from_numpy(guides.maps).float() / 255
    rows = np.arange(6)

    def part(mine: np.ndarray) -> float:
        both = seen(masks[mine], evidence[mine])
        return float(total_guidance(made, both, maps[mine], rows, mine))

    each = {name: LOSSES[name].value(seen(masks, evidence), maps) for name in losses}
    expected = sum(
        weight * float(each[name][torch.from_numpy(given[:, 0])].mean())
        for name, weight in losses.items()
    )
    assert part(rows) == pytest.approx(expected, rel=1e-5)
    assert part(rows[::2]) + part(rows[1::2]) == pytest.approx(expected, rel=1e-5)
    stand_in = total_guidance(made, seen(masks[:1], evidence[:1]), maps[:1], rows, rows[:0])
    assert float(stand_in) == 0
