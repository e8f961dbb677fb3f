"""Content hashes: the ids of everything that taskatlas makes.

An id is free of paths and times: the same weights, prompt, texts and settings give the same id on every machine, so
work that was done once is found again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

ID_CHARS = 20
_BLOCK = 1 << 20


def digest(*parts: object) -> str:
    """A 20-character id of JSON-serialisable parts; the order of parts counts, the order of dict keys does not.

    Raises:
        TypeError: a part is not JSON-serialisable.
        ValueError: a part holds NaN or infinity.

    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:ID_CHARS]


def digest_set(ids: Iterable[str]) -> str:
    """An id of a set of ids, whatever their order."""
    return digest(sorted(set(ids)))


def text_id(text: str, text_pair: str | None = None) -> str:
    """The id of one text, or of a pair of texts; a pair with an empty second text is not the text alone."""
    return digest("text", text, text_pair)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal (64 characters)."""
    sha = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            sha.update(block)
    return sha.hexdigest()
