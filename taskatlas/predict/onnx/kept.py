"""Which encoders run in onnxruntime: those that it gives the same features in less time, where the texts are many.

An encoder is exported once and held to torch on some of the texts that are to be encoded. What came of it is the part
`exports/<key>`: in a .parquet how far the features were apart and how long either took, and why torch stays, if it
does; else in an .npz, which is written before it, the graph. The key hashes what features hang on, the versions of the
packages, and what the processor can do. Features have the same key as torch's, so it does not matter who made them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from taskatlas import progress
from taskatlas.errors import DamagedPartError, ModelError
from taskatlas.predict import packs
from taskatlas.predict.encode import CPU_TOKENS, Encoder, Floats
from taskatlas.predict.onnx.export import graph_of
from taskatlas.predict.onnx.session import LONGEST, Session
from taskatlas.schemas.graph import GRAPH
from taskatlas.store.parts import Parts

if TYPE_CHECKING:
    import torch

KIND = "exports"
AGREE = 1e-4
"""How far a number of a feature may be from torch's, as a share of the largest of its layer where that is above 1."""
FASTER = 1.1
"""How many times as fast as torch it is at least: less is not worth the memory of a second copy of the weights."""
PAYS, LOADS = 5e12, 1e11
"""Products, texts' tokens times weights of layers, from which on an export pays back, and the loading of one that is
there: docs/decisions/0012-measured-constants.md."""
_NEEDED = ("onnxruntime", "onnxscript", "torch", "transformers")
_SAMPLE = 256
_CHECKED_TOKENS = 2_048
_ROUNDS = 2
Texts = Sequence[tuple[str, str | None]]
Batches = Sequence["dict[str, torch.Tensor]"]


@dataclass(frozen=True)
class ExportVerdict:
    """What came of holding an export to torch.

    Attributes:
        refusal: why torch stays; None where it does not.
        difference: the largest between two numbers of features, as `AGREE` counts it.
        seconds: that onnxruntime took for the texts.
        torch_seconds: that torch took.
    """

    refusal: str | None
    difference: float | None = None
    seconds: float | None = None
    torch_seconds: float | None = None


def quicken(encoder: Encoder, texts: Texts, parts: Parts, key: str, *, keep: bool, pays: float = PAYS) -> None:
    """Have an encoder run in onnxruntime from now on, where that gives the same sooner, and the texts are so many that
    it pays.

    Args:
        encoder: it is changed; where it stays in torch, it is not.
        texts: all that are to be encoded, in an order that says nothing of them.
        parts: where exports are kept.
        key: what features hang on besides the text.
        keep: whether an export may be made and written; readers of a project write nothing.
        pays: products from which on an export is made, and one that is there is loaded if this is less than `LOADS`.
    """
    if encoder.session or not _suits(encoder):
        return
    weights = layer_weights(encoder)
    if not texts or len(texts) * encoder.max_length * weights < min(LOADS, pays):
        return  # without a look at the texts
    work = len(texts) * _mean_tokens(encoder, texts[:_SAMPLE]) * weights
    versions = _versions()
    if work < min(LOADS, pays) or versions is None:
        return
    part = GRAPH[KIND].key(key, *versions)
    try:
        graph = _found(parts, part)
    except LookupError:
        graph = _made(encoder, texts[:_SAMPLE], parts, part) if keep and work >= pays else None
    if graph is not None:
        encoder.session = Session(graph, encoder.where)


def held(encoder: Encoder, session: Session, texts: Texts) -> ExportVerdict:
    """Hold an export to torch: by the features of the texts, in batches as they come and the shortest by itself, and
    by the time that either takes for them."""
    import torch

    with torch.inference_mode():
        batches = _batches(encoder, texts)
        difference = max(_difference(session(batch), encoder.by_torch(batch)) for batch in batches)
        if not difference <= AGREE:
            return ExportVerdict(f"its features would be off by {difference:.1g} in onnxruntime", difference)
        rounds = [[_seconds(way, batches) for way in (session, encoder.by_torch)] for _ in range(_ROUNDS)]
    ours, torchs = map(min, zip(*rounds, strict=True))
    slower = None if ours * FASTER <= torchs else f"onnxruntime takes {ours / torchs:.2f} of its time"
    return ExportVerdict(slower, difference, ours, torchs)


def _versions() -> list[str] | None:
    """Return the versions of what runs an encoder, and what the processor can do; None where the extra is missing."""
    try:
        versions = [version(name) for name in _NEEDED]
    except PackageNotFoundError:
        return None
    import torch

    return [*versions, torch.backends.cpu.get_cpu_capability()]


def _suits(encoder: Encoder) -> bool:
    """Return whether an encoder may be exported: in float32 on a processor, and by weights alone. Token prepending
    changes states between layers by a hook, of which a graph knows nothing."""
    manner = encoder.manner
    is_plain = manner.prepending is None and manner.adapter is None
    return encoder.device == "cpu" and manner.precision == "float32" and is_plain


def layer_weights(encoder: Encoder) -> int:
    """Return how many weights a token meets: those of all matrices but the embeddings'."""
    matrices = sum(each.numel() for each in encoder.model.parameters() if each.ndim == 2)
    embeddings = int(encoder.model.get_input_embeddings().weight.numel())
    return int(matrices) - embeddings


def _mean_tokens(encoder: Encoder, texts: Texts) -> float:
    """Return the mean of the tokens of texts, those too long for a session counted as nothing."""
    lengths = [len(tokens["input_ids"]) for tokens in encoder.tokenise(texts)]
    return sum(length for length in lengths if length <= LONGEST) / len(lengths)


def _batches(encoder: Encoder, texts: Texts) -> Batches:
    short = (each for each in encoder.tokenise(texts) if len(each["input_ids"]) <= LONGEST)
    tokens = sorted(short, key=lambda each: len(each["input_ids"]))
    lengths = [len(each["input_ids"]) for each in tokens]
    # shortest and longest are among them, and as many between as there is room for
    count = max(2, int(_CHECKED_TOKENS / np.mean(lengths)))
    rows = sorted(set(np.linspace(0, len(tokens) - 1, count).astype(int).tolist()))
    packed = packs.pack_by_length([lengths[row] for row in rows], CPU_TOKENS)
    return [encoder.padded([tokens[rows[index]] for index in pack]) for pack in packed] + [encoder.padded(tokens[:1])]


def _seconds(way: Callable[[dict[str, torch.Tensor]], object], batches: Batches) -> float:
    began = perf_counter()
    for batch in batches:
        way(batch)
    return perf_counter() - began


def _difference(found: Floats | None, expected: Floats) -> float:
    if found is None or found.shape != expected.shape:
        return float("inf")
    largest = np.maximum(1.0, np.abs(expected).max(axis=(0, 2), keepdims=True))
    difference = float((np.abs(found - expected) / largest).max())
    return difference if np.isfinite(difference) else float("inf")


def _found(parts: Parts, part: str) -> bytes | None:
    """Return a graph that is kept; None where torch stays.

    Raises:
        LookupError: nothing is known of it, or not any more.
    """
    if not parts.has(KIND, part):
        raise LookupError(part)
    try:
        [verdict] = parts.read(KIND, part).to_pylist()
        return None if verdict["refusal"] else parts.read_arrays(KIND, part)["graph"].tobytes()
    except DamagedPartError as error:
        progress.note(f"{error.what}: it is made anew")
        raise LookupError(part) from error


def _made(encoder: Encoder, texts: Texts, parts: Parts, part: str) -> bytes | None:
    """Export an encoder, hold the export to torch, and keep what came of it; return the graph, None where torch
    stays."""
    graph = b""
    try:
        graph = graph_of(encoder)
        verdict = held(encoder, Session(graph, encoder.where), texts)
    except InterruptedError as error:  # which says nothing of the encoder
        progress.note(f"{encoder.where}: torch goes on, as {error}")
        return None
    except ModelError as error:
        verdict = ExportVerdict(error.what)
    if verdict.refusal:
        progress.note(f"{encoder.where} stays in torch: {verdict.refusal}")
    else:
        parts.write_arrays(KIND, part, {"graph": np.frombuffer(graph, np.uint8)})
    parts.write(KIND, part, pa.Table.from_pylist([asdict(verdict)], schema=_VERDICTS))
    return None if verdict.refusal else graph


_VERDICTS = pa.schema(
    [("refusal", pa.string()), *((name, pa.float64()) for name in ("difference", "seconds", "torch_seconds"))]
)
