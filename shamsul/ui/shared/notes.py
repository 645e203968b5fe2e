"""What a reader must know of how a radiograph is shown."""

import streamlit as st

from shamsul.radiographs.radiograph import Radiograph


def show(radiograph: Radiograph) -> None:
    """Say each note of the radiograph."""
    for note in radiograph.notes:
        st.warning(note, icon=":material/warning:")
