"""Bytes of a file → its text: unpacked, decoded, without its byte order mark. Nothing is replaced or dropped silently.

A file that begins with the byte order mark of UTF-16 or UTF-32 is read as that where the card leaves the encoding at
utf-8, which it cannot be.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple, NoReturn

import pyarrow as pa

from taskatlas.errors import InputError

PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
"""How the name of a packed file ends → how it is packed, as pyarrow calls it."""
MAX_BYTES = 1 << 31
"""Of a file, unpacked. A packed file of some kilobytes can hold any number."""
_CHUNK = 1 << 24
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Longer marks first: that of UTF-32 begins with that of UTF-16."""


class Remedy(NamedTuple):
    """What a person can do about a text that cannot be read.

    Attributes:
        set_encoding: where its encoding is said, with a place for one.
        fill: what to do about an empty file.
    """

    set_encoding: str
    fill: str


ON_CARD = Remedy("set encoding:{} in the card", "fill it or remove its card")
_CONTROL = re.compile("[\x80-\x9f]")


def decode(path: Path, display_name: str, encoding: str) -> str:
    """Read the text of a file, without its byte order mark.

    Raises:
        InputError: the file is empty, unreadable, too large, not packed as its name says, holds NUL bytes, or is not in
            that encoding.
    """
    return decode_bytes(_unpacked(path, display_name), display_name, encoding)


def decode_bytes(raw: bytes, display_name: str, encoding: str, remedy: Remedy = ON_CARD) -> str:
    """Read the text of bytes, without its byte order mark.

    Raises:
        InputError: there are none, they hold NUL bytes, or are not in that encoding.
    """
    encoding = _marked(raw, encoding, display_name, remedy)
    wide = encoding.startswith(("utf-16", "utf-32"))
    if not wide and b"\0" in raw:
        _refuse_nul(display_name, 1 + raw[: raw.index(0)].count(b"\n"), remedy)
    try:
        text = raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = 1 + raw[:at].count(b"\n")
        todo = f"{remedy.set_encoding.format('')}, for example windows-1252 or utf-16"
        what = f"byte {at} of the file is not {encoding}"
        raise InputError(what, where=f"{display_name}, line {line}", todo=todo) from error
    if "\0" in text:
        _refuse_nul(display_name, 1 + text[: text.index("\0")].count("\n"), remedy)
    if encoding.startswith("iso8859"):
        _refuse_controls(text, encoding, display_name, remedy)
    if not text.strip():
        raise InputError("the file is empty", where=display_name, todo=remedy.fill)
    return text


def _unpacked(path: Path, display_name: str) -> bytes:
    packing = PACKED.get(path.suffix.lower())
    chunks, size = [], 0
    try:
        with pa.input_stream(path, compression=packing) as stream:
            while chunk := stream.read(_CHUNK):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BYTES:
                    what = f"the file holds more than {MAX_BYTES / 1e9:.1f} GB"
                    raise InputError(what, where=display_name, todo="cut it, or save it as Parquet")
    except OSError as error:
        if packing and not error.errno:
            what = f"this is not a whole {path.suffix} file"
            raise InputError(what, where=display_name, todo="pack it again, or unpack it") from error
        reason = error.strerror or " ".join(str(error).split())[:200]
        raise InputError(f"cannot be read ({reason})", where=display_name, todo="mend its permissions") from error
    return b"".join(chunks)


def is_text_encoding(name: str) -> bool | None:
    """Return whether an encoding is one of text; None where none is called so.

    >>> is_text_encoding("latin-1"), is_text_encoding("base64"), is_text_encoding("klingon")
    (True, False, None)
    """
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    try:
        b" ".decode(name, "replace")
    except (LookupError, ValueError):
        return False
    return True


def _marked(raw: bytes, encoding: str, display_name: str, remedy: Remedy) -> str:
    """The encoding's own name in Python; that of the byte order mark instead of UTF-8."""
    if not (is_text := is_text_encoding(encoding)):
        what = f"no encoding is called {encoding!r}" if is_text is None else f"{encoding!r} is no encoding of text"
        raise InputError(what, where=display_name, todo=remedy.set_encoding.format(""))
    known = codecs.lookup(encoding)
    marked = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), None)
    return marked if marked and known.name.startswith("utf-8") else known.name


def _refuse_controls(text: str, encoding: str, display_name: str, remedy: Remedy) -> None:
    """Windows' own encoding is often called latin-1: where it has quotes, dashes and the euro sign, ISO 8859 has
    control characters, which no text holds."""
    if found := _CONTROL.search(text):
        line = 1 + text[: found.start()].count("\n")
        meant = found[0].encode("latin-1").decode("windows-1252", "replace")
        what = f"the character {ord(found[0]):#x} is a control character in {encoding}, and {meant!r} in windows-1252"
        todo = remedy.set_encoding.format(" windows-1252")
        raise InputError(what, where=f"{display_name}, line {line}", todo=todo)


def _refuse_nul(display_name: str, line: int, remedy: Remedy) -> NoReturn:
    set_encoding = remedy.set_encoding.format("")
    todo = f"is it UTF-16 or binary? {set_encoding[0].upper()}{set_encoding[1:]}, or name a text file"
    raise InputError("there are NUL bytes", where=f"{display_name}, line {line}", todo=todo)
