import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco

SHAPE = (300, 260)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def chexlocalize_case() -> Path:
    """A case of CheXlocalize with its maps and what that project's own scripts give for it."""
    directory = Path(__file__).resolve().parents[3] / "shared" / "data" / "chexlocalize"
    if not directory.is_dir():
        pytest.skip("no shared data beside this checkout")
    return directory


def run_lengths(mask: np.ndarray) -> dict[str, Any]:
    runs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(runs["size"]), "counts": runs["counts"].decode()}


def square(top: int, left: int, side: int) -> list[list[float]]:
    """A polygon of columns and rows."""
    right, bottom = left + side, top + side
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


@pytest.fixture
def polygons(tmp_path: Path) -> Path:
    """Two images with a finding each, of three labels."""
    content = {
        "one": {"img_size": list(SHAPE), "Edema": [square(50, 30, 80)]},
        "two": {"img_size": list(SHAPE), "Mass": [square(120, 100, 60), square(10, 10, 20)]},
    }
    file = tmp_path / "polygons.json"
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
def write_maps(tmp_path: Path) -> Callable[[str, Mapping[str, np.ndarray]], Path]:
    """Write ``maps/IMAGE.npz``; gives the folder."""

    def write(image: str, maps: Mapping[str, np.ndarray]) -> Path:
        folder = tmp_path / "maps"
        folder.mkdir(exist_ok=True)
        np.savez(folder / f"{image}.npz", **maps)
        return folder

    return write
