"""Small pictures of radiographs."""

from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from shamsul.ui.shared import session

#: Rows and columns of a thumbnail's square.
THUMBNAIL: Final = 256


@st.cache_data(show_spinner=False, max_entries=512)
def thumbnail(sha256: str) -> NDArray[np.uint8]:
    """The radiograph in a black square, so that cards are of one height."""
    radiograph = session.archive().get(sha256)
    (rows, columns), aspect = radiograph.shape, radiograph.pixel_aspect
    scale = min(1.0, THUMBNAIL / max(rows * aspect, columns))
    size = max(1, round(columns * scale)), max(1, round(rows * aspect * scale))
    picture = Image.fromarray(np.rint(radiograph.pixels * 255).astype(np.uint8))
    picture = picture.resize(size, Image.Resampling.BOX)
    square = np.zeros((THUMBNAIL, THUMBNAIL), np.uint8)
    top, left = (THUMBNAIL - picture.height) // 2, (THUMBNAIL - picture.width) // 2
    square[top : top + picture.height, left : left + picture.width] = np.asarray(picture)
    return square
