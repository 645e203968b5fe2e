"""Numbers as they are read."""

import numpy as np
import pytest

from shamsul.reporting.pictures import two_decimals


@pytest.mark.parametrize(
    ("number", "text"), [(0.456, "0.46"), (-0.123, "−0.12"), (-0.001, "0.00"), (np.nan, "–")]
)
def test_two_decimals(number: float, text: str) -> None:
    assert two_decimals(number) == text
