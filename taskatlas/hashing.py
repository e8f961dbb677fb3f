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


def digest(*values: object) -> str:
    """Return a 20-character id of JSON-serialisable values; their order counts, the order of dict keys does not.

    Raises:
        TypeError: a value is not JSON-serialisable.
        ValueError: a value holds NaN or infinity.

    >>> digest("text", "Good", None)
    '703bb7a2914d9882920f'
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True

    """
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:ID_CHARS]


def digest_set(ids: Iterable[str]) -> str:
    """Return the id of a set of ids, whatever their order.

    >>> digest_set(["b", "a", "a"]) == digest_set(["a", "b"])
    True
    """
    return digest(sorted(set(ids)))


def text_id(
    text: str, text_pair: str | None = None, fields: Iterable[tuple[str, str]] = (), choices: Iterable[str] = ()
) -> str:
    """Return the id of one text, or of a pair of texts, with the fields and choices that go with it; a pair with an
    empty second text is not the text alone.

    >>> text_id("Good") == digest("text", "Good", None)
    True
    """
    further = [dict(fields), list(choices)]
    return digest("text", text, text_pair, *(further if any(further) else ()))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal (64 characters)."""
    sha = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            sha.update(block)
    return sha.hexdigest()
