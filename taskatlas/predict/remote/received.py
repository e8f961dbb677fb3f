"""The body of a server's answer: read to its end or to a limit, after unpacking, so that none fills the memory."""

from __future__ import annotations

import json
import zlib
from typing import Any, NamedTuple

import httpx

from taskatlas.ingest.decode import is_text_encoding
from taskatlas.predict.remote.failures import AskAgainError, AskError

MOST = 16_000_000
"""Bytes of an answer; log-probabilities of 100,000 tokens take half of it."""
_MOST_OF_FAILURE = 100_000
ACCEPTED = "gzip, deflate"
"""How a server may pack its answers; what others do to memory cannot be bounded."""
_WINDOW_BITS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""Of zlib; deflate comes with its header, and from some servers without."""
_MOST_CODINGS = 2
_BEGINNING = 1_000
"""Bytes by which a web page is known."""


class Received(NamedTuple):
    """What came back for a request."""

    response: httpx.Response
    body: bytes

    def payload(self) -> Any:
        """Return what its JSON says.

        Raises:
            AskError: it is a web page, or is said to be no text.
            AskAgainError: it is no JSON.

        """
        charset = self.response.charset_encoding or "utf-8"
        if is_text_encoding(charset) is False:  # what nobody knows may be: JSON is UTF-8 whatever is said
            raise AskError(f"sends its answer as {charset[:40]!r}, which is no encoding of text", "mend the server")
        if self.is_web_page() or "html" in self.response.headers.get("content-type", ""):
            raise AskError("answers with a web page", "mend url on the card; for most servers it ends with /v1")
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise AskAgainError("its answer is cut off, or is no JSON", "see why in the server's log") from None

    def is_web_page(self) -> bool:
        """Whether it begins as HTML does."""
        return self._decoded(self.body[:_BEGINNING]).lstrip().startswith("<")

    def failure(self) -> str:
        """Return what the server says about a failure, in one line, whole."""
        try:
            payload = json.loads(self.body)
        except (ValueError, RecursionError):
            payload = None
        error = payload.get("error", payload) if isinstance(payload, dict) else None
        message = error.get("message", error.get("detail")) if isinstance(error, dict) else error
        text = str(message) if message else "a web page" if self.is_web_page() else self._decoded(self.body)
        return " ".join(text.split()) or self.response.reason_phrase or "without a word"

    def _decoded(self, body: bytes) -> str:
        """Read bytes as the server says, or as UTF-8 where it says nothing that can be done."""
        try:
            return body.decode(self.response.charset_encoding or "utf-8", "replace")
        except (LookupError, ValueError):
            return body.decode("utf-8", "replace")


async def receive(response: httpx.Response) -> Received:
    """Read the body of a response; of one that tells of a failure, its beginning.

    Raises:
        AskError: it is larger than any answer, or packed as nobody asked for.
        AskAgainError: it is cut off.

    """
    if not response.is_success:
        return Received(response, await _beginning(response, _MOST_OF_FAILURE))
    body = await _beginning(response, MOST)
    if len(body) > MOST:
        raise AskError(f"its answer is over {MOST:,} bytes", "ask for less, or see why in the server's log")
    return Received(response, body)


async def _beginning(response: httpx.Response, most: int) -> bytes:
    """Return the body, unpacked; of a longer one, the first bytes, one more than `most`."""
    raw = b""
    async for piece in response.aiter_raw():
        raw += piece
        if len(raw) > most:
            break
    named = response.headers.get("content-encoding", "").lower().split(",")
    codings = [coding for coding in map(str.strip, named) if coding not in {"", "identity"}]
    if len(codings) > _MOST_CODINGS or not _WINDOW_BITS.keys() >= set(codings):
        if not response.is_success:
            return b""
        what = f"packs its answer as {', '.join(codings)[:40]!r}, which was not asked for"
        raise AskError(what, f"let it, and what stands before it, keep to Accept-Encoding: {ACCEPTED}")
    for coding in reversed(codings):
        raw = _unpacked(raw, coding, most) if raw else raw
    return raw[: most + 1]


def _unpacked(packed: bytes, coding: str, most: int) -> bytes:
    for bits in _WINDOW_BITS[coding]:
        unpacker = zlib.decompressobj(bits)
        try:
            body = unpacker.decompress(packed, most + 1)
        except zlib.error:
            continue
        if unpacker.eof or len(body) > most:
            return body
    raise AskAgainError(f"its answer is cut off, or is no {coding}", "see why in the server's log")
