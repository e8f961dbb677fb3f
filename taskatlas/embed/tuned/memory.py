"""How many entities fit into memory at once; fewer after each time that they did not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import psutil
import torch

from taskatlas.embed.tuned.batches import ACCELERATOR_TOKENS, CPU_TOKENS
from taskatlas.embed.tuned.tunable import Tunable
from taskatlas.errors import ModelError
from taskatlas.predict.packs import out_of_memory

One = TypeVar("One")
Result = TypeVar("Result")
MOST = {"cpu": 8, "mps": 16, "cuda": 64}
"""On a processor, more at once are not faster: one keeps it busy."""
_COPIES = 6
"""Of what is tuned: it, its start, its gradient, two of the optimiser and one for its vector."""
SHARE = 0.5
"""Of the free memory; estimates are rough, and others use the machine, too."""
_FLOATS_PER_WIDTH = 34
"""Numbers that a layer keeps per token for its gradient, in widths of the layer: in- and output of its products, of
two normalisations and of the activation. It keeps fewer in fact, so there is room."""


def run_in_groups(
    work: Callable[[Sequence[One]], list[Result]], items: Sequence[One], tunable: Tunable, size: int
) -> Iterator[Result]:
    """Do the work in groups as large as memory allows; yield the results, in order.

    A group that does not fit is tried again in halves; smaller groups follow, too. Results do not depend on it.

    Raises:
        ModelError: not even one fits.
    """
    start = 0
    while start < len(items):
        group = items[start : start + size]
        try:
            results = work(group)
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            if len(group) == 1:
                raise ModelError(
                    "memory does not hold the training of one entity",
                    where=f"surrogate {tunable.surrogate}",
                    todo="lower max_length on its card, choose a smaller one, or another device",
                ) from error
        else:
            yield from results
            start += len(group)
            continue
        # not before the error is gone, as its traceback holds what the group had in memory
        size = len(group) // 2
        if tunable.device.type == "cuda":
            torch.cuda.empty_cache()


def group_size(tunable: Tunable, tuned: int) -> int:
    """Return how many entities with so many tuned numbers each to train at once: as many as half of the free memory
    holds."""
    config = tunable.config
    tokens = CPU_TOKENS if tunable.device.type == "cpu" else ACCELERATOR_TOKENS
    widths = _FLOATS_PER_WIDTH * config.hidden_size + 3 * config.num_attention_heads * tunable.encoder.max_length
    activations = 4 * tokens * config.num_hidden_layers * widths
    fits = SHARE * _free(tunable.device) // (activations + _COPIES * 4 * tuned)
    return int(max(1, min(MOST[tunable.device.type], fits)))


def _free(device: torch.device) -> int:
    """Return the free bytes on the device."""
    return int(torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available)
