"""Choosing where torch computes."""

from __future__ import annotations

from taskatlas.errors import ModelError, did_you_mean

DEVICES = ("auto", "cuda", "mps", "cpu")


def choose_device(name: str = "auto") -> str:
    """The device to compute on: 'cuda', 'mps' or 'cpu'.

    Args:
        name: one of `DEVICES`; 'auto' takes the first of the others that is there.

    Raises:
        ModelError: no device is called that, or this machine does not have it.

    """
    if name not in DEVICES:
        raise ModelError(f"no device is called {name!r}", where="device", todo=did_you_mean(name, DEVICES))
    there = _available()
    if name == "auto":
        return there[0]
    if name not in there:
        raise ModelError(
            f"this machine has no {name}, as far as torch can see",
            where="device",
            todo=f"choose {' or '.join(there)}, or auto",
        )
    return name


def fast_bfloat16(device: str) -> bool:
    """Whether bfloat16 is faster than float32 there: CUDA devices that have it, and processors with AVX512-BF16 or AMX.

    Args:
        device: as `choose_device` says it.
    """
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    has = torch.cpu.get_capabilities() if device == "cpu" else {}
    return bool(has.get("avx512_bf16") or has.get("amx_bf16"))


def _available() -> list[str]:
    """The devices of this machine, the fastest first."""
    import torch

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, there in found.items() if there]
