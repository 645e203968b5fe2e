"""How a network is trained: the tables of a configuration file that say so."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from shamsul.storage.toml_file import TomlTable

#: Heads of Inception and GoogLeNet that only serve training, and are left as they are here.
AUXILIARY: Final = ("AuxLogits.", "aux1.", "aux2.")
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class Augmentation(TomlTable):
    """The ``[augmentation]`` table: the largest change of each kind; nothing changes by default.

    Attributes
    ----------
    flip : float
        Probability that left and right are exchanged. The heart changes sides: a finding that is
        known by its side should not be learned so.
    shift : float
        Share of the image's height and width.
    turn : float
        Degrees.
    scale, contrast, brightness : float
        Shares.
    gamma : float
        Natural logarithm of the exponent.
    blur : float
        Probability of a Gaussian blur of 0.8 pixels.
    noise : float
        Standard deviation, as a share of the range of brightness.
    """

    flip: Annotated[float, Field(ge=0, le=1)] = 0.0
    shift: Annotated[float, Field(ge=0, lt=1)] = 0.0
    turn: Annotated[float, Field(ge=0, le=180)] = 0.0
    scale: Annotated[float, Field(ge=0, lt=1)] = 0.0
    contrast: Annotated[float, Field(ge=0, lt=1)] = 0.0
    brightness: Annotated[float, Field(ge=0, lt=1)] = 0.0
    gamma: Annotated[float, Field(ge=0, le=3)] = 0.0
    blur: Annotated[float, Field(ge=0, le=1)] = 0.0
    noise: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Recipe(TomlTable):
    """The ``[training]`` table.

    Attributes
    ----------
    epochs : int
    batch : int
        Images of a step, of all processes together.
    optimiser : {"adam", "adamw", "sgd"}
    rate : float
        The largest learning rate.
    rates : mapping of str to float
        Factors of the rate for parameters whose names begin so; the longest beginning counts.
    frozen : tuple of str
        Beginnings of names of parameters that stay as they are, as do the statistics of batch
        normalisation below them.
    frozen_statistics : bool
        All batch normalisation keeps its statistics and its parameters.
    decay : float
        Of weights, not of biases and batch normalisation.
    momentum : float
        Of sgd, but for one-cycle, which moves the momentum between 0.85 and 0.95 itself.
    schedule : {"constant", "plateau", "cosine", "one-cycle"}
        Plateau: the rate is multiplied by `factor` after `patience` epochs without a smaller loss
        on validation, down to `floor`.
    loss : {"bce", "focal"}
        Of each label's logit, over the labels that are known.
    weights : {"none", "balanced"}
        Balanced: what is present weighs as the share of the absent, and the other way round
        (Rajpurkar et al. 2017, arXiv 1711.05225, section 2.1), by label.
    focus : float
        The focal loss's gamma (Lin et al. 2017, arXiv 1708.02002).
    precision : {"auto", "32-true", "bf16-mixed", "16-mixed", "64-true"}
        Auto: bfloat16 where the device has it and it is faster, else single precision.
    seed : int
        Of the initial weights, the order of images and what is drawn for each.
    """

    epochs: Annotated[int, Field(ge=1)] = 10
    batch: Annotated[int, Field(ge=1)] = 32
    optimiser: Literal["adam", "adamw", "sgd"] = "adam"
    rate: Positive = 1e-4
    rates: Mapping[str, NotNegative] = Field(default_factory=dict)
    frozen: tuple[str, ...] = Field(default=(), strict=False)
    frozen_statistics: bool = False
    decay: NotNegative = 0.0
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    schedule: Literal["constant", "plateau", "cosine", "one-cycle"] = "constant"
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    patience: Annotated[int, Field(ge=0)] = 1
    floor: NotNegative = 0.0
    loss: Literal["bce", "focal"] = "bce"
    weights: Literal["none", "balanced"] = "none"
    focus: NotNegative = 2.0
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed", "64-true"] = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
