"""Where the weights of a language model go, and how they are rounded while they are read."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import Any

from taskatlas.errors import ModelError
from taskatlas.predict.device import fast_bfloat16
from taskatlas.schemas.language import TransformersModel


def precision_on(device: str, precision: str) -> str:
    """Return the name of torch's type for a language model's weights on a device.

    Args:
        device: cpu, cuda or mps.
        precision: float32, bfloat16, or auto: bfloat16 on accelerators that have it.
    """
    if precision != "auto":
        return precision
    return "bfloat16" if device != "cpu" and fast_bfloat16(device) else "float32"


def placement(card: TransformersModel, device: str, dtype: Any) -> dict[str, Any]:
    """Return the arguments of `from_pretrained` by which weights are placed and rounded while they are read.

    Args:
        card: its `quantised` and `device_map` say how.
        device: cpu, cuda or mps, for weights that are not spread. On cpu none are: whoever chooses it may leave the
            accelerators to others.
        dtype: of torch, in which rounded weights are multiplied.

    Returns:
        Nothing for weights that are read as they are, and are then moved to the device.

    Raises:
        ModelError: bitsandbytes is not installed.

    """
    device_map = None if device == "cpu" else card.device_map
    if card.quantised is None:
        return {"device_map": device_map} if device_map else {}
    return {"device_map": device_map or {"": device}, "quantization_config": _rounding(card, dtype)}


def _rounding(card: TransformersModel, dtype: Any) -> Any:
    if find_spec("bitsandbytes") is None:
        raise ModelError(
            f"quantised: {card.quantised} needs bitsandbytes, which is not installed",
            where=f"model {card.name}",
            todo="pip install 'taskatlas[quantised]', or leave quantised out",
        )
    from transformers import BitsAndBytesConfig

    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it tells of every product that it rounds
    if card.quantised == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)  # type: ignore[no-untyped-call]
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
    )
