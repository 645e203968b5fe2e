"""The ``model.toml`` of a model folder: everything about a classifier except its weights."""

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shamsul.classifiers import calibration as calibrations
from shamsul.classifiers.calibration import Calibration, sigmoid
from shamsul.storage.atomic import write_atomically
from shamsul.storage.text import read_text

FILE = "model.toml"
#: As `Manifest.arch`: the network is whatever an ONNX file holds.
ONNX = "onnx"
#: What a normalisation has to be.
NORMALISATIONS = (
    'must be "imagenet", "xrv", "unit" or { mean = [...], std = [...] } with std above 0'
)
#: The family of :mod:`shamsul.classifiers.unet`.
UNET = "unet"


class ModelError(Exception):
    """A model cannot be used; the message is one sentence for the reader."""


class ManifestError(ModelError):
    """A ``model.toml`` has faults; ``faults`` lists every one of them."""

    def __init__(self, path: Path, faults: tuple[str, ...]) -> None:
        super().__init__(f"{path}: " + "; ".join(faults))
        self.faults = faults


class Resize(Enum):
    """How a radiograph of any shape becomes the model's square grid."""

    STRETCH = "stretch"
    """All of the radiograph, its proportions given up."""
    LETTERBOX = "letterbox"
    """All of the radiograph, its proportions kept, black bars beside it."""
    CENTRE_CROP = "centre-crop"
    """The largest centred square."""


class Scaling(Enum):
    """Named scalings of brightness in [0, 1]."""

    IMAGENET = "imagenet"
    """ImageNet's mean and standard deviation per channel."""
    XRV = "xrv"
    """torchxrayvision's [-1024, 1024]."""
    UNIT = "unit"
    """Unchanged."""


@dataclass(frozen=True)
class Normalisation:
    """Affine scaling of brightness: ``(brightness - mean) / std``, per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.mean) != len(self.std) or not all(std > 0 for std in self.std):
            raise ValueError("a normalisation needs as many means as positive standard deviations")

    @classmethod
    def of(cls, scaling: Scaling, channels: int) -> "Normalisation":
        """Write a named scaling as a mean and a standard deviation per channel."""
        if scaling is Scaling.IMAGENET:
            if channels != 3:
                raise ValueError('normalisation "imagenet" needs three channels')
            return cls((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        mean, std = (0.5, 1 / 2048) if scaling is Scaling.XRV else (0.0, 1.0)
        return cls((mean,) * channels, (std,) * channels)


@dataclass(frozen=True)
class Manifest:
    """A classifier's description.

    Attributes
    ----------
    name : str
        Shown to the reader and stored with ratings.
    arch : str
        ``torchvision/<classification model>``; ``torchvision/densenet``, ``vit``, ``swin`` and
        ``swin_v2`` (any size, by `arch_options`); ``xrv/densenet``; ``unet/<encoder>`` (see
        :mod:`shamsul.classifiers.unet`); or ``onnx``.
    labels : tuple of str
        One per output, in the order of the outputs.
    input_size : int
        Rows and columns of the model's grid.
    channels : int
        1, or 3 with the brightness repeated.
    normalisation : Scaling or Normalisation
    resize : Resize
    sha256 : str
        Of the file of weights, or the ONNX file, hexadecimal.
    thresholds : mapping of str to float
        Operating point on the probability for every label; 0.5 where the file is silent.
    trained_on : str
        Shown to the reader.
    arch_options : mapping of str to int, float, bool, str or tuple of int
        Further arguments of the architecture's constructor; for ONNX files see
        :mod:`shamsul.classifiers.onnx_files`.
    source_url, source_sha256 : str
        Where downloaded weights came from and the SHA-256 of that file; else empty.
    calibration : Calibration or None
        What makes probabilities of logits; None where that is the sigmoid alone. Operating points
        are on the probability as it is with it.

    Examples
    --------
    >>> manifest = Manifest("m", "torchvision/resnet18", ("Edema",), 224, 3, Scaling.IMAGENET,
    ...                     Resize.STRETCH, "0" * 64)
    >>> manifest.thresholds["Edema"]
    0.5
    """

    name: str
    arch: str
    labels: tuple[str, ...]
    input_size: int
    channels: int
    normalisation: Scaling | Normalisation
    resize: Resize
    sha256: str
    thresholds: Mapping[str, float] = field(default_factory=dict)
    trained_on: str = ""
    arch_options: Mapping[str, object] = field(default_factory=dict)
    source_url: str = ""
    source_sha256: str = ""
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        thresholds = {label: self.thresholds.get(label, 0.5) for label in self.labels}
        object.__setattr__(self, "thresholds", MappingProxyType(thresholds))
        object.__setattr__(self, "arch_options", MappingProxyType(dict(self.arch_options)))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that the outputs depend on, weights and preprocessing."""
        about = [
            self.arch,
            self.labels,
            self.input_size,
            self.channels,
            self.scaling.mean,
            self.scaling.std,
            self.resize.value,
            self.sha256,
            sorted(self.thresholds.items()),
            sorted((name, str(value)) for name, value in self.arch_options.items()),
        ]
        if self.calibration is not None:
            about += [sorted(self.calibration.slopes.items())]
            about += [sorted(self.calibration.offsets.items())]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()

    def probability(self, label: str, logit: float) -> float:
        """The probability that is shown for a label's logit."""
        slope, offset = self.calibration.scaling(label) if self.calibration else (1.0, 0.0)
        return sigmoid(slope * logit + offset)

    def calibrated(self, calibration: Calibration | None) -> "Manifest":
        """The same model with another calibration, or none.

        Operating points go along with the probabilities, so that what was positive stays so.
        """
        changed = replace(self, calibration=calibration)
        moved = {
            label: changed.probability(label, self._logit(label, point)) if 0 < point < 1 else point
            for label, point in self.thresholds.items()
        }
        return replace(changed, thresholds=moved)

    def _logit(self, label: str, probability: float) -> float:
        """The logit that has a probability; the inverse of `probability`."""
        slope, offset = self.calibration.scaling(label) if self.calibration else (1.0, 0.0)
        return (math.log(probability / (1 - probability)) - offset) / slope

    @property
    def about_probabilities(self) -> str:
        """Whether probabilities are calibrated, in a word, and on what."""
        if self.calibration is None:
            return "not calibrated"
        found = self.calibration
        left = [label for label in self.labels if label not in found.slopes]
        words = f"calibrated on {found.fitted_on} ({found.images} images)"
        return f"{words}, but not {', '.join(left)}" if left else words

    @property
    def opaque(self) -> str:
        """Why nobody can look into the network, one sentence; empty where one can."""
        if self.arch != ONNX:
            return ""
        return (
            f"{self.name} is an ONNX file, of which the outputs are known, but neither gradients, "
            "layers nor weights."
        )

    @property
    def masks(self) -> str:
        """What masks the network has of its own: "one" for all labels, "labels" for one each, or
        none, which is empty.
        """
        if self.arch.partition("/")[0] != UNET:
            return ""
        masks = str(self.arch_options.get("masks", "one"))
        return "" if masks == "none" else masks

    @property
    def attention(self) -> str:
        """What the network's attention spans: "image", "windows" of it, or none, which is empty."""
        family, _, name = self.arch.partition("/")
        spans = {"vit": "image", "swin": "windows"}
        return spans.get(name.partition("_")[0], "") if family == "torchvision" else ""

    @property
    def scaling(self) -> Normalisation:
        """The normalisation as numbers, whether or not it has a name."""
        if isinstance(self.normalisation, Normalisation):
            return self.normalisation
        return Normalisation.of(self.normalisation, self.channels)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read and check ``folder/model.toml``.

        Raises
        ------
        ManifestError
            The file is missing, is not TOML or has faults; all of them are listed.
        """
        path = Path(folder) / FILE
        try:
            text = read_text(path)
        except FileNotFoundError:
            raise ManifestError(path, ("the file is missing",)) from None
        except OSError as error:
            raise ManifestError(path, (f"the file cannot be read ({error.strerror})",)) from None
        except ValueError:
            raise ManifestError(path, ("the file is not text in UTF-8 or UTF-16",)) from None
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ManifestError(path, (f"the file is not TOML ({error})",)) from None
        except (RecursionError, ValueError):
            fault = "the file is not readable: nested too deep, or a figure is too long"
            raise ManifestError(path, (fault,)) from None
        return _parse(table, path)

    def write(self, folder: Path) -> None:
        """Write ``folder/model.toml``, so that `read` gives an equal manifest."""
        values: dict[str, object] = {item.name: getattr(self, item.name) for item in fields(self)}
        values["labels"] = list(self.labels)
        values["resize"] = self.resize.value
        values["thresholds"] = dict(self.thresholds)
        tables: dict[str, Mapping[str, object]] = {
            "arch_options": self.arch_options,
            "calibration": self.calibration.to_table() if self.calibration else {},
        }
        for name in tables:
            del values[name]
        scaling = values["normalisation"]
        values["normalisation"] = (
            scaling.value
            if isinstance(scaling, Scaling)
            else {"mean": list(self.scaling.mean), "std": list(self.scaling.std)}
        )
        lines = [f"{key} = {_toml(value)}" for key, value in values.items() if value != ""]
        for name, table in tables.items():
            if table:
                lines += ["", f"[{name}]"]
                lines += [f"{key} = {_toml(value)}" for key, value in table.items()]
        write_atomically(Path(folder) / FILE, ("\n".join(lines) + "\n").encode())


def _toml(value: object) -> str:
    """Write one value as TOML; JSON's strings, numbers and booleans are TOML's too."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(str(k))} = {_toml(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # TOML forbids a raw DEL, which JSON lets through.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def _sha256(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{64}", value) is not None


def _labels(value: object) -> bool:
    if not isinstance(value, list) or not value or not all(_text(label) for label in value):
        return False
    return len(set(value)) == len(value)


def _thresholds(value: object) -> bool:
    return isinstance(value, dict) and all(_number(p) and 0 <= p <= 1 for p in value.values())


def is_normalisation(value: object) -> bool:
    """Whether what a file says is one: a name of `Scaling`, or a table of means and deviations."""
    if isinstance(value, str):
        return value in {scaling.value for scaling in Scaling}
    if not isinstance(value, dict) or set(value) != {"mean", "std"}:
        return False
    mean, std = value["mean"], value["std"]
    if not isinstance(mean, list) or not isinstance(std, list) or len(mean) != len(std):
        return False
    return all(map(_number, mean)) and all(_number(one) and one > 0 for one in std)


def normalisation_of(value: Any) -> Scaling | Normalisation:
    """What a file says, if it is one."""
    if isinstance(value, str):
        return Scaling(value)
    mean, std = (tuple(map(float, value[name])) for name in ("mean", "std"))
    return Normalisation(mean, std)


#: Each key's check and what to say when it fails.
_CHECKS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "name": (_text, "must be a text"),
    "arch": (
        lambda v: (
            isinstance(v, str)
            and re.fullmatch(rf"(torchvision|xrv|unet)/\w+|{ONNX}", v) is not None
        ),
        'must be "torchvision/<model>", "xrv/densenet", "unet/<encoder>" or "onnx"',
    ),
    "labels": (_labels, "must be a list of different texts, at least one"),
    "input_size": (
        lambda v: isinstance(v, int) and not isinstance(v, bool) and 8 <= v <= 4096,
        "must be a whole number from 8 to 4096",
    ),
    "channels": (lambda v: type(v) is int and v in (1, 3), "must be 1 or 3"),
    "normalisation": (
        is_normalisation,
        NORMALISATIONS,
    ),
    "resize": (
        lambda v: v in [resize.value for resize in Resize],
        'must be "stretch", "letterbox" or "centre-crop"',
    ),
    "sha256": (_sha256, "must be 64 hexadecimal digits"),
    "thresholds": (_thresholds, "must give labels a number from 0 to 1"),
    "trained_on": (lambda v: isinstance(v, str), "must be a text"),
    "arch_options": (lambda v: isinstance(v, dict), "must be a table"),
    "source_url": (_text, "must be a text"),
    "source_sha256": (_sha256, "must be 64 hexadecimal digits"),
    # With a sentence for each of its faults, see `_faults`.
    "calibration": (lambda v: True, ""),
}
_REQUIRED = ("name", "arch", "labels", "input_size", "channels", "normalisation", "sha256")


def _faults(table: Mapping[str, object]) -> list[str]:
    faults = [f"{key} is missing" for key in _REQUIRED if key not in table]
    faults += [f"{key} is not a known key" for key in table if key not in _CHECKS]
    known = {key: _CHECKS[key] for key in table if key in _CHECKS}
    wrong = [key for key, (check, _) in known.items() if not check(table[key])]
    faults += [f"{key} {known[key][1]}" for key in wrong]
    sound = {key: value for key, value in table.items() if key not in wrong}
    labels, thresholds = sound.get("labels"), sound.get("thresholds")
    if isinstance(labels, list) and isinstance(thresholds, dict):
        strangers = [label for label in thresholds if label not in labels]
        faults += [f"thresholds names {label!r}, which is no label" for label in strangers]
    if "calibration" in table:
        known_labels = labels if isinstance(labels, list) else None
        wrong_there = calibrations.fault(table["calibration"], known_labels)
        faults += [f"calibration {wrong_there}"] * bool(wrong_there)
    channels, scaling = sound.get("channels"), sound.get("normalisation")
    if scaling == "imagenet" and channels == 1:
        faults.append('normalisation "imagenet" needs channels = 3')
    if isinstance(scaling, dict) and channels is not None and len(scaling["mean"]) != channels:
        faults.append("normalisation must have one mean and one std per channel")
    return faults


def _parse(table: Mapping[str, object], path: Path) -> Manifest:
    if faults := _faults(table):
        raise ManifestError(path, tuple(faults))
    values = dict(table)
    values["normalisation"] = normalisation_of(values["normalisation"])
    values["labels"] = tuple(values["labels"])  # type: ignore[arg-type]
    # Scripts written for the paper stretch; so does a file that does not say.
    values["resize"] = Resize(values.get("resize", "stretch"))
    values["sha256"] = str(values["sha256"]).lower()
    given = values.get("calibration")
    values["calibration"] = Calibration(**given) if isinstance(given, dict) else None
    options = values.get("arch_options", {})
    assert isinstance(options, dict)
    values["arch_options"] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in options.items()
    }
    return Manifest(**values)  # type: ignore[arg-type]
