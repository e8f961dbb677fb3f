"""Choosing where torch computes."""

from __future__ import annotations

import sys
from pathlib import Path

from taskatlas.errors import ModelError, did_you_mean

DEVICES = ("auto", "cuda", "mps", "cpu")
DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/kfd"), Path("/dev/dxg"))
"""What Linux shows of NVIDIA's driver, of AMD's, and of the Windows that it runs in."""


def choose_device(name: str = "auto") -> str:
    """Return the device to compute on: 'cuda', 'mps' or 'cpu'.

    Args:
        name: one of `DEVICES`; 'auto' takes the first of the others that is there.

    Raises:
        ModelError: no device is called that, or this machine does not have it.

    """
    if name not in DEVICES:
        raise ModelError(f"no device is called {name!r}", where="device", todo=did_you_mean(name, DEVICES))
    if name == "cpu":
        return name  # without torch, which takes seconds to import
    available = _available()
    if name == "auto":
        return available[0]
    if name not in available:
        raise ModelError(
            f"this machine has no {name}, as far as torch can see",
            where="device",
            todo=f"choose {' or '.join(available)}, or auto",
        )
    return name


def fast_bfloat16(device: str) -> bool:
    """Return whether bfloat16 is faster than float32 on a device: CUDA devices that have it, and processors with
    AVX512-BF16 or AMX.

    Args:
        device: as `choose_device` says it.
    """
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities() if device == "cpu" else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _may_have_accelerator() -> bool:
    """Return whether there is a driver of an accelerator; where that cannot be seen, torch has to be asked."""
    return sys.platform != "linux" or any(path.exists() for path in DRIVERS)


def _available() -> list[str]:
    """Return the devices of this machine, the fastest first; without torch where it would find none."""
    if not _may_have_accelerator():
        return ["cpu"]
    import torch

    availability = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, available in availability.items() if available]
