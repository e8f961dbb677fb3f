"""Encoded texts, kept by content, so that no text is encoded twice with the same weights.

The surrogate, encoder models and probes on the same weights, run in the same manner, share the parts
`features/<encoder>-<layers>-<texts>`: ids in a .parquet and their vectors in an .npz beside it, written before it. A
part holds only texts that no part before it held. Its layers are `all`, `last`, or one, as `layer4of7`: both numbers,
so that it is found by 4 and by -3 alike without the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import pyarrow as pa

from taskatlas.hashing import digest
from taskatlas.predict.encode import Encoder, Floats, encoder_for
from taskatlas.predict.identity import weights_content
from taskatlas.predict.manner import PLAIN, Manner
from taskatlas.predict.model import Example
from taskatlas.schemas.cards import Weights
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
    layer: int | None = None,
    manner: Manner = PLAIN,
    check: Callable[[Encoder], None] | None = None,
    keep: bool = True,
) -> Floats:
    """The pooled layers of texts; texts that no part holds are encoded and kept.

    Args:
        weights: the encoder's weights.
        texts: n texts; equal ids are encoded once.
        parts: where features are kept.
        project: the project's folder.
        device: as in `device.choose_device`; the features do not depend on it but for rounding.
        layer: keep and return this one only, 0 being the embeddings' and -1 the last; for texts that nobody else will
            ask for (rendered prompts), as all layers of them would fill the disk.
        manner: how the weights are run.
        check: is shown the encoder before anything is encoded, and raises what it does not like.
        keep: whether what is encoded is written; readers of a project write nothing.

    Returns:
        float32 [n, L, d], not normalised; [n, 1, d] of one layer. `encode.last` makes φ of either.

    Raises:
        ModelError: the weights cannot be loaded. Not raised where every text is there already.
        IndexError: they have no such layer, and `check` did not say so.

    """
    asked = list(texts)
    wanted = {example.text_id: example for example in asked}
    prefix = encoder_key(weights, manner)

    def load() -> Encoder:
        encoder = encoder_for(weights, project, device, manner)
        if check:
            check(encoder)
        return encoder

    found = _held(parts, prefix, wanted.keys(), layer)
    if len(found) < len(wanted):
        with _encoding:  # one at a time, or two subjects would encode the same texts
            found = _held(parts, prefix, wanted.keys(), layer)
            missing = [example for text_id, example in sorted(wanted.items()) if text_id not in found]
            if missing:
                found |= _encoded(missing, parts if keep else None, prefix, load(), layer)
    if not asked:
        encoder = load()
        return np.empty((0, encoder.layers if layer is None else 1, encoder.dim), np.float32)
    return np.stack([found[example.text_id] for example in asked])


def encoder_key(weights: Weights, manner: Manner = PLAIN) -> str:
    """What features depend on besides the text: the weights' content, the cut, the pooling and how they are run."""
    return digest(KIND, *weights_content(weights), *manner.content)


def _held(parts: Parts, prefix: str, wanted: Iterable[str], layer: int | None) -> dict[str, Floats]:
    """Vectors [L, d] by text id, or [1, d] of one layer, of those wanted texts that parts hold."""
    left, found = set(wanted), dict[str, Floats]()
    for index in sorted((parts.root / KIND).glob(f"{prefix}-*.parquet")):
        if not left:
            break
        layers = index.stem.split("-")[1]
        if not _holds(layers, layer):
            continue
        ids = _ids(parts.root, index.stem)
        hits = [(row, text_id) for row, text_id in enumerate(ids) if text_id in left]
        if not hits:
            continue
        vectors = parts.read_arrays(KIND, index.stem)["features"][[row for row, _ in hits]]
        if layers == "all" and layer is not None:
            if not -vectors.shape[1] <= layer < vectors.shape[1]:
                break  # no part has it; that is told when the encoder is there
            vectors = vectors[:, [layer]]
        found |= dict(zip((text_id for _, text_id in hits), vectors, strict=True))
        left.difference_update(found)
    return found


def _holds(layers: str, layer: int | None) -> bool:
    """Whether a part of these layers may hold this one, or all of them."""
    if layers == "all" or layer is None:
        return layers == "all"
    if layers == "last":
        return layer == -1
    place, count = map(int, layers.removeprefix("layer").split("of"))
    return layer in (place, place - count)


@lru_cache(maxsize=4_096)
def _ids(root: Path, key: str) -> tuple[str, ...]:
    """The text ids of a part, which never changes; read once, as every request looks into every part."""
    return tuple(Parts(root).read(KIND, key)["text_id"].to_pylist())


def _encoded(
    missing: Sequence[Example],
    parts: Parts | None,
    prefix: str,
    encoder: Encoder,
    layer: int | None,
) -> dict[str, Floats]:
    """Encode and, where there are parts to write, keep, part by part, so that an interrupted run resumes where it
    was."""
    match layer:
        case None:
            layers = "all"
        case -1:
            layers = "last"
        case _:
            layers = f"layer{range(encoder.layers)[layer]}of{encoder.layers}"
    found: dict[str, Floats] = {}
    for start in range(0, len(missing), _PART_TEXTS):
        some = missing[start : start + _PART_TEXTS]
        vectors = encoder.encode([(example.text, example.text_pair) for example in some])
        kept = vectors if layer is None else np.ascontiguousarray(vectors[:, [layer]])
        ids = [example.text_id for example in some]
        if parts:
            key = f"{prefix}-{layers}-{digest(ids)}"
            parts.write_arrays(KIND, key, {"features": kept})
            parts.write(KIND, key, pa.table({"text_id": pa.array(ids, pa.string())}))
        found |= dict(zip(ids, kept, strict=True))
    return found
