"""What a training runs on: one device or many, on this machine or by ``torchrun`` on several."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import nn

from shamsul.training.recipe import Recipe

#: While one process decodes all images, the others wait.
_PATIENCE: Final = timedelta(days=3)
_IMAGES: Final = 32


def fabric(accelerator: str, devices: int | None, precision: str) -> Fabric:
    """The devices that are asked for, not yet launched.

    Parameters
    ----------
    accelerator : {"auto", "cpu", "cuda"}
    devices : int, optional
        Processes of this machine; by default all GPUs, or one process without any. Under
        ``torchrun``, which says it itself, it does not count.
    precision : str
        As Fabric names it.
    """
    if by_torchrun():
        here = int(os.environ["LOCAL_WORLD_SIZE"])
        machines = int(os.environ["WORLD_SIZE"]) // here
    else:
        cuda = torch.cuda.device_count() if kind(accelerator) == "cuda" else 0
        here, machines = devices or max(cuda, 1), 1
    strategy = DDPStrategy(timeout=_PATIENCE) if here * machines > 1 else "auto"
    return Fabric(
        accelerator=kind(accelerator),
        devices=here,
        num_nodes=machines,
        strategy=strategy,
        precision=precision,  # type: ignore[arg-type]
    )


def by_torchrun() -> bool:
    """Whether ``torchrun`` started this process, beside others."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_first() -> bool:
    """Whether this process is the first of all, also before they are launched."""
    return int(os.environ.get("RANK", 0)) == 0 == int(os.environ.get("LOCAL_RANK", 0))


def kind(accelerator: str) -> str:
    """What "auto" stands for: a GPU of CUDA where there is one, else the processor."""
    if accelerator != "auto":
        return accelerator
    return "cuda" if torch.cuda.is_available() else "cpu"


def precision(
    recipe: Recipe,
    module: nn.Module,
    channels: int,
    size: int,
    accelerator: str = "cpu",
    devices: int | None = None,
) -> str:
    """What the recipe asks for, or what is faster here.

    bfloat16 mixed with single precision on a GPU that has arithmetic for it, and on a processor
    where two steps take less time so. Several processes of processors, whose times would differ,
    stay in single precision.
    """
    if recipe.precision != "auto":
        return recipe.precision
    if kind(accelerator) == "cuda":
        has = torch.cuda.is_bf16_supported(including_emulation=False)
        return "bf16-mixed" if has else "32-true"
    if by_torchrun() or (devices or 1) > 1:
        return "32-true"
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    module.train()
    images = torch.rand(min(_IMAGES, recipe.batch), channels, size, size)
    seconds = {}
    for half in (False, True):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                output = module(images)
            output.float().square().mean().backward()
            times.append(time.perf_counter() - start)
        seconds[half] = min(times[1:])
    module.zero_grad()
    module.load_state_dict(state)  # the statistics of batch normalisation
    return "bf16-mixed" if seconds[True] < seconds[False] else "32-true"


def remembered(checkpoint: Path) -> str | None:
    """The precision of a run that is to be gone on with; None where there is none."""
    if not checkpoint.exists():
        return None
    try:
        saved = torch.load(checkpoint, weights_only=True, map_location="cpu")
        return str(saved["run"]["recipe"]["precision"])
    except Exception:
        return None  # the loop says what is wrong with it
