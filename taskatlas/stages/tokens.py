"""Tokens: how the surrogate's tokenizer cuts the words of each text set, and which scripts it does not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa

from taskatlas.errors import ModelError
from taskatlas.plan.project import Project
from taskatlas.predict.static import encoder_tokenizer
from taskatlas.predict.tokens import by_script
from taskatlas.predict.weights import folder_of
from taskatlas.schemas.parts import TOKENS

MOST = 1_000
"""Texts of a text set that are looked at, evenly over all of them."""


def tokens(project: Project, inputs: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return, for each text set and script, how the surrogate's tokenizer cuts words; no rows where its weights are not
    there any more, as of a project whose features are all kept.

    Args:
        project: the project.
        inputs: keys of the parts that it is made from, by kind.
    """
    weights = project.registry.surrogate.weights
    try:
        tokenizer = encoder_tokenizer(folder_of(weights, project.folder), f"weights {weights.source}")
    except ModelError:
        return TOKENS.empty_table()
    rows = [row for key in inputs["examples"] for row in _rows(project.parts.read("examples", key), tokenizer)]
    return pa.Table.from_pylist(rows, schema=TOKENS)


def _rows(examples: pa.Table, tokenizer: Any) -> Iterator[dict[str, Any]]:
    chosen = np.unique(np.linspace(0, examples.num_rows - 1, min(MOST, examples.num_rows)).astype(int))
    read = examples.take(chosen.tolist()).select(["origin_kind", "origin", "text", "text_pair"]).to_pylist()
    found = by_script((f"{row['text']} {row['text_pair'] or ''}" for row in read), tokenizer)
    words = sum(each.words for each in found)
    for each in found:
        named = {name: read[0][name] for name in ("origin_kind", "origin")}
        yield {**named, "n": len(read), **asdict(each), "fault": each.fault(words, len(tokenizer))}
