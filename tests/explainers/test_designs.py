"""Designs of coalitions: balance, counted."""

import numpy as np
import pytest

from shamsul.explainers import designs


@pytest.mark.parametrize("superpixels", [1, 2, 3, 12, 32, 33, 49])
def test_fold_over_shows_superpixels_independently(superpixels: int) -> None:
    block = designs.fold_over(superpixels, np.random.default_rng(3))
    count = len(block)
    assert superpixels <= count / 2 < 2 * superpixels
    assert (block.sum(0) == count // 2).all()
    for left in range(superpixels):
        for right in range(left):
            assert (block[:, left] & block[:, right]).sum() == count // 4
    np.testing.assert_array_equal(block[::2], ~block[1::2])


def test_fold_over_cancels_interactions_of_two_in_main_effects() -> None:
    signs = np.where(designs.fold_over(6, np.random.default_rng(0)), 1, -1)
    for left in range(6):
        for right in range(left):
            np.testing.assert_array_equal(signs.T @ (signs[:, left] * signs[:, right]), 0)


def test_fold_overs_differ_and_follow_their_generator() -> None:
    rng = np.random.default_rng(0)
    first, second = designs.fold_over(12, rng), designs.fold_over(12, rng)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, designs.fold_over(12, np.random.default_rng(0)))


def test_alone_has_each_superpixel_shown_and_hidden_once() -> None:
    found = designs.alone(5)
    sizes = found.sum(1).tolist()
    assert sizes == [1, 4] * 5
    assert found[::2].argmax(1).tolist() == [0, 2, 4, 1, 3]  # halves lie all over the image
    np.testing.assert_array_equal(found[::2], ~found[1::2])


def test_every_is_each_coalition_once() -> None:
    found = designs.every(4)
    assert {tuple(row) for row in found.tolist()} == {
        (a, b, c, d)
        for a in (False, True)
        for b in (False, True)
        for c in (False, True)
        for d in (False, True)
    }
    assert len(found) == 16
    assert not found[0].any() and found[-1].all()
