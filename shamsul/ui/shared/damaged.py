"""What a page says of studies that cannot be opened, while it goes on with the others."""

from collections.abc import Iterable

import streamlit as st

from shamsul.reading.design.study import DamagedStudy
from shamsul.ui.shared.wording import plain


def tell_reader(studies: Iterable[DamagedStudy]) -> None:
    """Name them."""
    for study in studies:
        st.warning(plain(study.reason))


def tell_coordinator(studies: Iterable[DamagedStudy]) -> None:
    """Name them, and the commands that keep what is left of them or take them away."""
    for study in studies:
        st.warning(
            f"{plain(study.reason)} What is left of it is kept by `shamsul export --format json`; "
            "`shamsul study remove` takes it away."
        )
