"""Run as ``python write_keras.py DIR``: a DenseNet121 as Keras saves it, and what it answers.

In a process of its own, since Keras settles its backend when it is imported.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
os.environ["KERAS_HOME"] = sys.argv[1]

import keras
import numpy as np

#: Rows and columns of the pictures that it is asked about.
SIZE = 64


def densenet(rng: np.random.Generator) -> keras.Model:
    """keras.applications' DenseNet121 with statistics of batches that matter.

    The variances are as small as what is added to them, the scales make up for it.
    """
    model = keras.applications.DenseNet121(
        weights=None, include_top=False, pooling="avg", input_shape=(None, None, 3)
    )
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.gamma.shape
            variance = rng.uniform(0.2e-5, 2e-5, shape)
            layer.moving_variance.assign(variance)
            layer.moving_mean.assign(rng.normal(0, 0.1, shape) * np.sqrt(variance))
            layer.gamma.assign(rng.uniform(0.5, 1.5, shape) * np.sqrt(variance + 1e-5))
            layer.beta.assign(rng.normal(0, 0.1, shape))
    return model


def main(folder: Path) -> None:
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    body = densenet(rng)
    dropout = keras.layers.Dropout(0.5)
    # Large, so that logits differ where weights do.
    kernel = keras.initializers.RandomNormal(stddev=1, seed=0)
    head = keras.layers.Dense(3, activation="sigmoid", kernel_initializer=kernel, name="findings")
    flat = keras.Model(body.input, head(dropout(body.output)))
    nested = keras.Sequential([body, dropout, head])
    nested.build((None, None, None, 3))
    flat.compile(keras.optimizers.Adam(), "binary_crossentropy")
    flat.optimizer.build(flat.trainable_variables)
    for name, model in (("flat", flat), ("nested", nested)):
        model.save_weights(folder / f"{name}.weights.h5")
        model.save(folder / f"{name}.h5")
    flat.save(folder / "flat.keras")
    grids = rng.random((2, SIZE, SIZE), np.float32)
    head.activation = keras.activations.linear
    pictures = keras.applications.densenet.preprocess_input(
        np.repeat(grids[..., None] * 255, 3, axis=-1)
    )
    np.savez(folder / "answers.npz", grids=grids, logits=flat.predict(pictures, verbose=0))


main(Path(sys.argv[1]))
