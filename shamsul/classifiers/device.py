"""Where networks run: a GPU where there is one, else the processor."""

import ctypes
import os
import platform
from functools import cache
from typing import Final

import torch

from shamsul.settings import SettingsError, settings

PROCESSOR: Final = torch.device("cpu")
# Numbers of mallopt's parameters in glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


@cache
def device() -> torch.device:
    """The device of this process, chosen once: the setting's, by default a GPU if there is one.

    Raises
    ------
    SettingsError
        If the setting names a device that is not there.
    """
    asked = settings().device
    if asked == "cpu" or (asked == "auto" and not torch.cuda.is_available()):
        use_processor()
        return PROCESSOR
    if not torch.cuda.is_available():
        raise SettingsError(f"SHAMSUL_DEVICE is {asked}, but torch sees no such GPU here.")
    return torch.device("cuda")


@cache
def use_processor() -> None:
    """Let torch use every core this process may run on, unless told otherwise, and its memory well.

    Layers of large images fill buffers of many megabytes, and the C library by default gives each
    back to the system after use: the next one's pages are then set up anew, a quarter of a forward
    pass's time.
    """
    if hasattr(os, "sched_getaffinity") and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(len(os.sched_getaffinity(0)))
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, 2**30)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def give_back_memory() -> None:
    """Give freed memory to the system, which :func:`use_processor` keeps from it."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


@cache
def has_bfloat16(kind: str) -> bool:
    """Whether a device of this kind computes in bfloat16 itself; emulated, it would be slow."""
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
