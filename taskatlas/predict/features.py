"""Encoded texts, kept by content, so that no text is encoded twice with the same weights.

The surrogate, encoder models and probes on the same weights, run in the same manner, share the parts
`features/<encoder>-<layers>-<texts>`: ids in a .parquet and their vectors in an .npz beside it, written before it. A
part holds only texts that no part before it held.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import pyarrow as pa

from schemas.cards import Weights
from taskatlas.hashing import digest
from taskatlas.predict.encode import Floats, encoder_for
from taskatlas.predict.identity import weights_content
from taskatlas.predict.manner import PLAIN, Manner
from taskatlas.predict.model import Example
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
    last_layer: bool = False,
    manner: Manner = PLAIN,
) -> Floats:
    """The pooled layers of texts; texts that no part holds are encoded and kept.

    Args:
        weights: the encoder's weights.
        texts: n texts; equal ids are encoded once.
        parts: where features are kept.
        project: the project's folder.
        device: as in `device.choose_device`; the features do not depend on it but for rounding.
        last_layer: keep and return the last layer only; for texts that nobody else will ask for (rendered prompts),
            as all layers of them would fill the disk.
        manner: how the weights are run.

    Returns:
        float32 [n, L, d], not normalised; [n, 1, d] with `last_layer`. `encode.last` makes φ of either.

    Raises:
        ModelError: the weights cannot be loaded. Not raised where every text is there already.

    """
    asked = list(texts)
    wanted = {example.text_id: example for example in asked}
    prefix, source = encoder_key(weights, manner), (weights, project, device, manner)
    found = _held(parts, prefix, wanted.keys(), last_layer=last_layer)
    if len(found) < len(wanted):
        with _encoding:  # one at a time, or two subjects would encode the same texts
            found = _held(parts, prefix, wanted.keys(), last_layer=last_layer)
            missing = [example for text_id, example in sorted(wanted.items()) if text_id not in found]
            if missing:
                found |= _encoded(missing, parts, prefix, source, last_layer=last_layer)
    if not asked:
        encoder = encoder_for(*source)
        return np.empty((0, 1 if last_layer else encoder.layers, encoder.dim), np.float32)
    return np.stack([found[example.text_id] for example in asked])


def encoder_key(weights: Weights, manner: Manner = PLAIN) -> str:
    """What features depend on besides the text: the weights' content, the cut, the pooling and how they are run."""
    return digest(KIND, *weights_content(weights), *manner.content)


def _held(parts: Parts, prefix: str, wanted: Iterable[str], *, last_layer: bool) -> dict[str, Floats]:
    """Vectors [L, d] by text id, of those wanted texts that parts hold."""
    left, found = set(wanted), dict[str, Floats]()
    for layers in ("all", "last") if last_layer else ("all",):
        for index in sorted((parts.root / KIND).glob(f"{prefix}-{layers}-*.parquet")):
            if not left:
                break
            ids = _ids(parts.root, index.stem)
            hits = [(row, text_id) for row, text_id in enumerate(ids) if text_id in left]
            if not hits:
                continue
            vectors = parts.read_arrays(KIND, index.stem)["features"]
            chosen = vectors[[row for row, _ in hits], -1:] if last_layer else vectors[[row for row, _ in hits]]
            found |= dict(zip((text_id for _, text_id in hits), chosen, strict=True))
            left.difference_update(found)
    return found


@lru_cache(maxsize=4_096)
def _ids(root: Path, key: str) -> tuple[str, ...]:
    """The text ids of a part, which never changes; read once, as every request looks into every part."""
    return tuple(Parts(root).read(KIND, key)["text_id"].to_pylist())


def _encoded(
    missing: Sequence[Example],
    parts: Parts,
    prefix: str,
    source: tuple[Weights, Path, str, Manner],
    *,
    last_layer: bool,
) -> dict[str, Floats]:
    """Encode and keep, part by part, so that an interrupted run resumes where it was."""
    encoder = encoder_for(*source)
    found: dict[str, Floats] = {}
    for start in range(0, len(missing), _PART_TEXTS):
        some = missing[start : start + _PART_TEXTS]
        vectors = encoder.encode([(example.text, example.text_pair) for example in some])
        kept = np.ascontiguousarray(vectors[:, -1:]) if last_layer else vectors
        ids = [example.text_id for example in some]
        key = f"{prefix}-{'last' if last_layer else 'all'}-{digest(ids)}"
        parts.write_arrays(KIND, key, {"features": kept})
        parts.write(KIND, key, pa.table({"text_id": pa.array(ids, pa.string())}))
        found |= dict(zip(ids, kept, strict=True))
    return found
