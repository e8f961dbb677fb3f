"""Texts in the order in which they are learnt, packed so that little is padded.

A step learns from `batch` texts at once. Their gradient is summed over smaller packs of texts of like length, which is
the same gradient, but computes on few padding tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from taskatlas.embed.tuned.tunable import Inputs
from taskatlas.predict.encode import Encoder
from taskatlas.predict.packs import pack_by_length

Rows = npt.NDArray[np.int64]
CPU_TOKENS, ACCELERATOR_TOKENS = 512, 8_192
"""Tokens of a pack, padding included, per subject trained at once. They depend on the device alone, so that vectors do
not depend on how many subjects fit into memory. Larger packs pad more and leave the cache:
docs/decisions/0012-measured-constants.md."""


@dataclass(frozen=True)
class Pack:
    """Texts of like length.

    Attributes:
        rows: their indices among all texts, int64 [b].
        inputs: their tokens.
    """

    rows: Rows
    inputs: Inputs


class TokenisedTexts:
    """Tokenised texts on a device."""

    def __init__(self, encoder: Encoder, texts: Sequence[tuple[str, str | None]]) -> None:
        self._encoder = encoder
        self._tokens = encoder.tokenise(texts)
        self.lengths = [len(text_tokens["input_ids"]) for text_tokens in self._tokens]
        self._budget = CPU_TOKENS if encoder.device == "cpu" else ACCELERATOR_TOKENS

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def device(self) -> torch.device:
        """Where the tokens go."""
        return torch.device(self._encoder.device)

    def packs(self, rows: Rows) -> list[Pack]:
        """Return some of the texts, each once, in packs of like length."""
        lengths = [self.lengths[row] for row in rows]
        return [self._pack(rows[pack_rows]) for pack_rows in pack_by_length(lengths, self._budget)]

    def even_packs(self, rows: Rows, texts: int) -> Iterator[Pack]:
        """Yield some of the texts, each once, in packs of one length and of at most so many. They need no attention
        mask: `vmap` over texts cannot run the code that reads one."""
        lengths = np.asarray(self.lengths)[rows]
        order = np.argsort(lengths, kind="stable")
        for alike in np.split(rows[order], np.flatnonzero(np.diff(lengths[order])) + 1):
            for start in range(0, len(alike), texts):
                pack = self._pack(alike[start : start + texts])
                yield Pack(pack.rows, {name: v for name, v in pack.inputs.items() if name != "attention_mask"})

    def _pack(self, rows: Rows) -> Pack:
        return Pack(rows, self._encoder.padded([self._tokens[row] for row in rows]))

    def steps(self, rows: Rows, batch: int, seed: Sequence[int] | None) -> Iterator[list[Pack]]:
        """Yield one epoch: every text once, `batch` of them a step, in an order that the seed decides; without one as
        they come."""
        order = rows if seed is None else np.random.default_rng(seed).permutation(rows)
        for start in range(0, len(order), batch):
            yield self.packs(order[start : start + batch])
