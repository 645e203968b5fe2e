"""A loaded classifier: preprocessing and fast batched inference."""

import logging
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit

from shamsul.classifiers.device import (
    PROCESSOR,
    device,
    give_back_memory,
    has_bfloat16,
    use_processor,
)
from shamsul.classifiers.grid import GridImage, prepare
from shamsul.classifiers.inference import RUNNING, InferenceEngine, Torch
from shamsul.classifiers.manifest import Manifest, ModelError
from shamsul.classifiers.prediction import LabelScore, Prediction
from shamsul.radiographs.radiograph import Radiograph

#: Larger batches are hardly faster on a processor, and need more memory.
BATCH_SIZE: Final = 8
#: Smaller ones leave a GPU idle.
GPU_BATCH_SIZE: Final = 128

Logits = TypeVar("Logits", NDArray[np.floating], torch.Tensor)

log = logging.getLogger(__name__)


class Classifier:
    """A model in evaluation mode, with its manifest.

    Parameters
    ----------
    manifest : Manifest
    network : torch.nn.Module or InferenceEngine
        Takes normalised images, float32 of shape (N, channels, h, w); gives logits (N, L). A module
        is put into evaluation mode, its parameters no longer ask for gradients. An engine, of which
        nothing but that is known, runs on the processor.
    training_mean : ndarray of shape (h, w), float32 in [0, 1], optional
        Mean of the images that the model was trained on, on its grid.
    """

    def __init__(
        self,
        manifest: Manifest,
        network: torch.nn.Module | InferenceEngine,
        training_mean: NDArray[np.float32] | None = None,
    ) -> None:
        self.training_mean = training_mean
        #: What the user should know about where the network is; most often nothing.
        self.notice = ""
        self.manifest = manifest
        self._last: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
        self._module: torch.nn.Module | None = None
        #: Where the network is.
        self.device = PROCESSOR
        #: The fastest in half precision, where that is faster than in single precision.
        self.half: InferenceEngine | None = None
        #: What gives the logits that are shown and kept.
        self.reference: InferenceEngine
        if isinstance(network, torch.nn.Module):
            self.device = device()
            module = network.eval().requires_grad_(False)
            self._module = module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
            self.reference = Torch(module)
            if has_bfloat16(self.device.type):
                self.half = Torch(module, half=True)
        else:
            use_processor()
            self.reference = network
        #: The fastest in single precision; of both see
        #: :func:`~shamsul.classifiers.inference.equip`.
        self.exact: InferenceEngine = self.reference
        scaling = manifest.scaling
        self._mean = torch.tensor(scaling.mean).view(1, -1, 1, 1)
        self._std = torch.tensor(scaling.std).view(1, -1, 1, 1)

    @property
    def module(self) -> torch.nn.Module:
        """The network, to look into.

        Raises
        ------
        ModelError
            Nothing is known of it but its outputs; one sentence.
        """
        if self._module is None:
            raise ModelError(self.manifest.opaque)
        return self._module

    @property
    def batch_size(self) -> int:
        """Images that are best evaluated together."""
        return BATCH_SIZE if self.device.type == "cpu" else GPU_BATCH_SIZE

    def retreat(self) -> bool:
        """Move to the processor for good, where a GPU's memory was not enough.

        Returns
        -------
        bool
            Whether that changes anything.
        """
        if self.device == PROCESSOR:
            return False
        self.notice = f"The GPU's memory is too small; {self.manifest.name} runs on the processor."
        log.warning(self.notice)
        with RUNNING:
            self.device = PROCESSOR
            self.module.to(PROCESSOR)
            if not has_bfloat16(PROCESSOR.type):
                self.half = None
        use_processor()
        return True

    def rest(self) -> None:
        """Give back the memory that images were evaluated in."""
        for engine in (self.exact, self.half):
            if engine is not None:
                engine.rest()
        give_back_memory()

    def prepare(self, radiograph: Radiograph) -> GridImage:
        """Bring a radiograph's displayed brightness onto the model's grid."""
        return prepare(radiograph, self.manifest)

    def normalise(self, grids: torch.Tensor) -> torch.Tensor:
        """Scale brightness to what the module takes; differentiable.

        Parameters
        ----------
        grids : Tensor of shape (N, h, w) or (N, 1, h, w), float, in [0, 1]

        Returns
        -------
        Tensor of shape (N, channels, h, w)
            A new tensor on the classifier's device, channels last in memory.
        """
        grids = grids.to(self.device)
        if grids.ndim == 3:
            grids = grids[:, None]
        if grids.ndim != 4 or grids.shape[1] != 1:
            raise ValueError("grids must have shape (N, h, w) or (N, 1, h, w)")
        scaled = (grids - self._mean.to(grids)) / self._std.to(grids)
        return scaled.contiguous(memory_format=torch.channels_last)

    def logits(
        self,
        grids: NDArray[np.floating] | torch.Tensor,
        *,
        progress: Callable[[int], None] | None = None,
        engine: InferenceEngine | None = None,
    ) -> NDArray[np.float32]:
        """Evaluate images on the model's grid.

        Parameters
        ----------
        grids : ndarray or Tensor of shape (N, h, w), in [0, 1]
            Not written to.
        progress : callable, optional
            Called after each batch with the number of images done so far.
        engine : InferenceEngine, optional
            `reference`, `exact` or `half`; by default `exact`.

        Returns
        -------
        ndarray of shape (N, L), float32
        """
        logits = np.empty((len(grids), len(self.manifest.labels)), np.float32)
        run = engine or self.exact
        done = 0
        for batch in self._batches(grids):
            logits[done : done + len(batch)] = run(batch)
            done += len(batch)
            if progress is not None:
                progress(done)
        return logits

    def cells(
        self, grids: NDArray[np.floating] | torch.Tensor, *, engine: InferenceEngine | None = None
    ) -> NDArray[np.float32]:
        """What each cell of the last feature map adds to the logits of images.

        Parameters
        ----------
        grids, engine
            As for `logits`; at least one image.

        Returns
        -------
        ndarray of shape (N, L, rows, columns), float32
            As :meth:`InferenceEngine.cells` gives it.
        """
        run = engine or self.exact
        return np.concatenate([run.cells(batch) for batch in self._batches(grids)])

    def _batches(self, grids: NDArray[np.floating] | torch.Tensor) -> Iterator[torch.Tensor]:
        """Images as the network takes them, as many at a time as are best evaluated together."""
        if grids.ndim != 3:
            raise ValueError("grids must have shape (N, h, w)")
        for start in range(0, len(grids), self.batch_size):
            batch = grids[start : start + self.batch_size]
            if not isinstance(batch, torch.Tensor):
                # A copy: torch warns about arrays that are not writable.
                batch = torch.from_numpy(np.array(batch, dtype=np.float32))
            with torch.inference_mode():
                normalised = self.normalise(batch.float())
            # For a batch at a time: predictions go between those of SHAP.
            yield normalised

    def calibrated(self, logits: Logits) -> Logits:
        """Logits of which the sigmoid is the probability that is shown.

        Parameters
        ----------
        logits : ndarray or Tensor of shape (..., L)
            As the module gives them.

        Returns
        -------
        ndarray or Tensor of shape (..., L)
            Differentiable; the same object where the model is not calibrated.
        """
        calibration = self.manifest.calibration
        if calibration is None:
            return logits
        slopes, offsets = zip(*map(calibration.scaling, self.manifest.labels), strict=True)
        if isinstance(logits, torch.Tensor):
            return logits * logits.new_tensor(slopes) + logits.new_tensor(offsets)
        return np.asarray(logits * np.array(slopes) + np.array(offsets))

    def outputs(self, image: GridImage) -> NDArray[np.float32]:
        """The logits that are shown and kept, shape (1, L), of one radiograph.

        Those of the last one are remembered: each of its maps has them.
        """
        last = self._last
        if last is None or not np.array_equal(last[0], image.values):
            grid = image.values[None]
            try:
                logits = self.logits(grid, engine=self.reference)
            except torch.OutOfMemoryError:
                if not self.retreat():
                    raise
                logits = self.logits(grid, engine=self.reference)
            self._last = last = image.values.copy(), logits
        return last[1].copy()

    def predict(self, radiograph: Radiograph) -> Prediction:
        """Logit, probability and operating point of every label for one radiograph."""
        return self.predict_grid(self.prepare(radiograph))

    def predict_grid(self, image: GridImage) -> Prediction:
        """What :meth:`predict` gives, for a radiograph that is on the model's grid already."""
        (logits,) = self.outputs(image).astype(float)
        probabilities = expit(self.calibrated(logits))
        return Prediction(
            self.manifest.name,
            tuple(
                LabelScore(label, float(logit), float(probability), self.manifest.thresholds[label])
                for label, logit, probability in zip(
                    self.manifest.labels, logits, probabilities, strict=True
                )
            ),
        )
