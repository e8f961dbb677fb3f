"""Encoded texts, kept by content, so that no text is encoded twice with the same weights.

The surrogate, encoder models and probes on the same weights, run in the same manner, share the parts
`features/<encoder>-<layers>-<texts>`: ids in a .parquet, with the seconds that each text took, and their vectors in an
.npz beside it, written before it. A part holds only texts that no part before it held. Its layers are `all`, `last`, or
one, as `layer4of7`: both numbers, so that 4 and -3 name it alike without the weights; or the mean of several, as
`layer1+4of7`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import pyarrow as pa

from taskatlas.hashing import digest
from taskatlas.predict import stopwatch
from taskatlas.predict.encode import Encoder, Floats, encoder_for
from taskatlas.predict.identity import weights_content
from taskatlas.predict.layers import has_layer, indices, pick
from taskatlas.predict.manner import PLAIN, Manner
from taskatlas.predict.model import Example
from taskatlas.predict.onnx.kept import quicken
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.encoding import Layer
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.inputs import second_text
from taskatlas.store.parts import Parts

KIND = "features"
_PART_TEXTS = 4_096
_encoding = Lock()


def features_for(
    weights: Weights,
    texts: Iterable[Example],
    parts: Parts,
    project: Path,
    device: str = "auto",
    *,
    layer: Layer | None = None,
    beside: Sequence[int] = (),
    manner: Manner = PLAIN,
    check: Callable[[Encoder], None] | None = None,
    keep: bool = True,
) -> Floats:
    """Return the pooled layers of texts; encode and keep those that no part holds.

    Args:
        weights: the encoder's weights.
        texts: n texts; equal ids are encoded once.
        parts: where features are kept.
        project: the project's folder.
        device: as in `device.choose_device`; the features do not depend on it but for rounding.
        layer: keep and return this one only, 0 being the embeddings' and -1 the last, or the mean of several; for texts
            that nobody else will ask for (rendered prompts), as all layers of them would fill the disk.
        beside: other layers that somebody will ask for: what is encoded for one is kept for all of them.
        manner: how the weights are run.
        check: called with the encoder before anything is encoded; raises ModelError where it does not suit.
        keep: whether what is encoded is written; readers of a project write nothing.

    Returns:
        float32 [n, L, d], not normalised; [n, 1, d] of one layer. `encode.last` makes φ of either.

    Raises:
        ModelError: the weights cannot be loaded. Not raised where every text is there already.
        IndexError: they have no such layer, and `check` did not say so.

    """
    examples = list(texts)
    examples_by_id = {example.text_id: example for example in examples}
    prefix = encoder_key(weights, manner)

    def load() -> Encoder:
        encoder = encoder_for(weights, project, device, manner)
        if check:
            check(encoder)
        return encoder

    vectors_by_id = _stored_vectors(parts, prefix, examples_by_id.keys(), layer)
    _recall_seconds(parts, prefix, vectors_by_id, layer)
    if len(vectors_by_id) < len(examples_by_id):
        with _encoding:  # one at a time, or two subjects would encode the same texts
            vectors_by_id = _stored_vectors(parts, prefix, examples_by_id.keys(), layer)
            missing = [example for text_id, example in sorted(examples_by_id.items()) if text_id not in vectors_by_id]
            if missing:
                vectors_by_id |= _encode_missing(missing, parts, prefix, load(), layer, beside, keep=keep)
    if not examples:
        encoder = load()
        return np.empty((0, encoder.layers if layer is None else 1, encoder.dim), np.float32)
    return np.stack([vectors_by_id[example.text_id] for example in examples])


def encoder_key(weights: Weights, manner: Manner = PLAIN) -> str:
    """Hash what features depend on besides the text: the weights' content, the cut, the pooling and how they are
    run."""
    return GRAPH[KIND].key(*weights_content(weights), *manner.content)


def _stored_vectors(parts: Parts, prefix: str, text_ids: Iterable[str], layer: Layer | None) -> dict[str, Floats]:
    """Return vectors [L, d], or [1, d] of one layer, by text id; of texts that parts hold."""
    missing, vectors_by_id = set(text_ids), dict[str, Floats]()
    for index in sorted((parts.root / KIND).glob(f"{prefix}-*.parquet")):
        if not missing:
            break
        layers = index.stem.split("-")[1]
        if not _part_has_layer(layers, layer):
            continue
        ids = _ids(parts.root, index.stem)
        hits = [(row, text_id) for row, text_id in enumerate(ids) if text_id in missing]
        if not hits:
            continue
        vectors = parts.read_arrays(KIND, index.stem)["features"][[row for row, _ in hits]]
        if layers == "all" and layer is not None:
            if not has_layer(layer, vectors.shape[1]):
                break  # no part has it; the error is raised when the encoder is there
            vectors = pick(vectors, layer)
        vectors_by_id |= dict(zip((text_id for _, text_id in hits), vectors, strict=True))
        missing.difference_update(vectors_by_id)
    return vectors_by_id


def _recall_seconds(parts: Parts, prefix: str, text_ids: Iterable[str], layer: Layer | None) -> None:
    """Count what stored texts took when they were encoded: whoever answers with them alone waits as long. Nobody knows
    it of texts that were encoded before it was kept."""
    wanted = set(text_ids)
    for index in sorted((parts.root / KIND).glob(f"{prefix}-*.parquet")):
        if not wanted:
            break
        if _part_has_layer(index.stem.split("-")[1], layer):
            taken = _seconds(parts.root, index.stem)
            for text_id in wanted.intersection(_ids(parts.root, index.stem)):
                if text_id in taken:
                    stopwatch.took(taken[text_id])
                wanted.discard(text_id)


def _part_has_layer(layers: str, layer: Layer | None) -> bool:
    """Return whether a part of these layers may hold this one; with None, whether it holds all of them."""
    if layers == "all" or layer is None:
        return layers == "all"
    if layers == "last":
        return layer == -1
    held, count = layers.removeprefix("layer").split("of")
    return has_layer(layer, int(count)) and indices(layer, int(count)) == [int(each) for each in held.split("+")]


@lru_cache(maxsize=4_096)
def _ids(root: Path, key: str) -> tuple[str, ...]:
    """Return the text ids of a part, which never changes; read once, as every request looks into every part."""
    return tuple(Parts(root).read(KIND, key)["text_id"].to_pylist())


@lru_cache(maxsize=64)
def _seconds(root: Path, key: str) -> dict[str, float]:
    """Return the seconds that each text of a part took; empty for parts from before they were kept."""
    rows = Parts(root).read(KIND, key)
    known = rows["seconds"].to_pylist() if "seconds" in rows.column_names else []
    return dict(zip(rows["text_id"].to_pylist(), known, strict=False))


def _encode_missing(
    missing: Sequence[Example],
    parts: Parts,
    prefix: str,
    encoder: Encoder,
    layer: Layer | None,
    beside: Sequence[int],
    *,
    keep: bool,
) -> dict[str, Floats]:
    """Encode and, where that is wanted, keep, part by part, so that an interrupted run resumes where it was."""
    one = None if layer is None else indices(layer, encoder.layers)
    others = [each for each in beside if one is not None and indices(each, encoder.layers) != one]
    named = {_named(each, encoder): each for each in (layer, *others)}
    texts = [(example.text, second_text(example)) for example in missing]
    quicken(encoder, texts, parts, prefix, keep=keep)
    vectors_by_id: dict[str, Floats] = {}
    for start in range(0, len(missing), _PART_TEXTS):
        batch = missing[start : start + _PART_TEXTS]
        vectors, seconds = encoder.timed(texts[start : start + _PART_TEXTS])
        ids = [example.text_id for example in batch]
        for layers, each in named.items() if keep else ():
            key = f"{prefix}-{layers}-{digest(ids)}"
            parts.write_arrays(KIND, key, {"features": _of_layer(vectors, each)})
            columns = {"text_id": pa.array(ids, pa.string()), "seconds": pa.array(seconds, pa.float64())}
            parts.write(KIND, key, pa.table(columns))
        vectors_by_id |= dict(zip(ids, _of_layer(vectors, layer), strict=True))
    return vectors_by_id


def _named(layer: Layer | None, encoder: Encoder) -> str:
    """Return what a part's key calls its layer; all where there is none.

    Raises:
        IndexError: the encoder has no such layer.
    """
    if layer is None:
        return "all"
    if layer == -1:
        return "last"
    if not has_layer(layer, encoder.layers):
        raise IndexError(f"layer {layer} of {encoder.layers}")
    return f"layer{'+'.join(map(str, indices(layer, encoder.layers)))}of{encoder.layers}"


def _of_layer(vectors: Floats, layer: Layer | None) -> Floats:
    return vectors if layer is None else np.ascontiguousarray(pick(vectors, layer))
