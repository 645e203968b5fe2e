from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from shamsul.classifiers.grid import resample
from shamsul.classifiers.manifest import Resize
from shamsul.phantom import LABELS
from shamsul.training.cases import GRADES, Split, cases

SPLIT = Split("training", range(100, 106), ((60, 50), (90, 75)))


@pytest.mark.long
@pytest.mark.parametrize("processes", [0, 2])
def test_cases_are_the_rendered_phantoms(fake: ModuleType, tmp_path: Path, processes: int) -> None:
    data = cases(SPLIT, tmp_path, processes=processes, render=fake.render)
    assert data.images.shape == (6, 224, 224)
    for index, seed in enumerate(SPLIT.seeds):
        phantom = fake.render(seed, shape=SPLIT.shapes[index % 2])
        grid = resample(phantom.pixels, 224, Resize.STRETCH).values
        np.testing.assert_allclose(data.images[index] / 255, grid, atol=0.51 / 255)
        assert data.present[index].tolist() == [phantom.labels[label] for label in LABELS]
        expected = {finding.label: 1 + GRADES.index(finding.grade) for finding in phantom.findings}
        assert data.grades[index].tolist() == [expected.get(label, 0) for label in LABELS]


def test_a_second_call_renders_nothing(fake: ModuleType, tmp_path: Path) -> None:
    first = cases(SPLIT, tmp_path, processes=0, render=fake.render)
    again = cases(SPLIT, tmp_path, processes=0, render=fake.fail)
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.grades, again.grades)


def test_an_interrupted_rendering_goes_on(fake: ModuleType, tmp_path: Path) -> None:
    rendered: list[int] = []

    def interrupted(seed: int, *, shape: tuple[int, int]) -> object:
        if len(rendered) == 4:
            raise KeyboardInterrupt
        rendered.append(seed)
        return fake.render(seed, shape=shape)

    with pytest.raises(KeyboardInterrupt):
        cases(SPLIT, tmp_path, processes=0, render=interrupted)

    def counting(seed: int, *, shape: tuple[int, int]) -> object:
        rendered.append(seed)
        return fake.render(seed, shape=shape)

    data = cases(SPLIT, tmp_path, processes=0, render=counting)
    assert rendered == list(SPLIT.seeds)
    assert (data.images.max(axis=(1, 2)) > 0).all()
