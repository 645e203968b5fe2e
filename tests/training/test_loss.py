from math import log

import pytest
import torch

from shamsul.training.loss import balance, total_loss
from shamsul.training.recipe import Recipe

VALUES = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
KNOWN = torch.tensor([[True, False], [True, True], [True, True], [True, False]])


def test_what_is_not_known_has_neither_loss_nor_gradient() -> None:
    logits = torch.zeros(4, 2, requires_grad=True)
    loss = total_loss(logits, VALUES, KNOWN, None, Recipe())
    assert loss.item() == pytest.approx(6 * log(2))
    loss.backward()
    assert logits.grad is not None
    assert torch.equal(logits.grad != 0, KNOWN)


def test_the_rarer_answer_weighs_as_much_as_the_more_frequent_one() -> None:
    weights = balance(VALUES, KNOWN)
    torch.testing.assert_close(weights, torch.tensor([[0.25, 0.5], [0.75, 0.5]]))
    loss = total_loss(torch.zeros(4, 2), VALUES, KNOWN, weights, Recipe())
    assert loss.item() == pytest.approx(log(2) * (3 * 0.25 + 0.75 + 2 * 0.5))


def test_a_label_of_which_nothing_is_known_weighs_the_same_either_way() -> None:
    assert balance(VALUES, torch.zeros_like(KNOWN)).tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_focal_loss_forgets_what_is_certain() -> None:
    logits = torch.tensor([[2.0]])
    right = 1 / (1 + torch.exp(torch.tensor(-2.0))).item()
    here = (logits, torch.ones(1, 1), torch.ones(1, 1, dtype=torch.bool), None)
    assert total_loss(*here, Recipe(loss="focal", focus=3)).item() == pytest.approx(
        -((1 - right) ** 3) * log(right)
    )
    plain = total_loss(*here, Recipe())
    torch.testing.assert_close(total_loss(*here, Recipe(loss="focal", focus=0)), plain)


def test_focal_loss_of_what_is_quite_certain_has_a_gradient() -> None:
    logits = torch.tensor([[40.0, -120.0]], requires_grad=True)
    known = torch.tensor([[True, False]])
    recipe = Recipe(loss="focal", focus=0.5)
    loss = total_loss(logits, torch.tensor([[1.0, 0.0]]), known, None, recipe)
    loss.backward()
    assert logits.grad is not None and torch.isfinite(logits.grad).all()
