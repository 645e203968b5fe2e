"""Write the lung-field prior: ``python -m scripts.lung_field``."""

import numpy as np
from PIL import Image

from shamsul.explainers.baselines import LUNG_FIELD, LUNG_SEEDS, mean_lung_field

if __name__ == "__main__":
    field = np.rint(mean_lung_field(LUNG_SEEDS) * 255).astype(np.uint8)
    Image.fromarray(field).save(LUNG_FIELD, optimize=True)
