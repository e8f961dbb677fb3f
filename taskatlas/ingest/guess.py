"""The encoding of a text file that nobody names, told with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from taskatlas.errors import InputError
from taskatlas.ingest.decode import PACKED, decode

_BEGINNING = 4096
_USUAL = "utf-8"


@dataclass(frozen=True)
class GuessedEncoding:
    """The encoding of a file.

    Attributes:
        name: as Python calls it.
        why: what it rests on; '' for UTF-8, which needs no reason.
    """

    name: str
    why: str = ""


def guess_encoding(files: Mapping[str, Path]) -> GuessedEncoding:
    """Return the first encoding in which files are text: UTF-8, UTF-16 where they have bytes of zeros, Windows' own.

    Args:
        files: what errors call a file → where it is; one or more.

    Raises:
        InputError: there is none, as the error with UTF-8 says.
    """
    candidates = {_USUAL: "", **_wide(next(iter(files.values()))), "windows-1252": "as it is not UTF-8"}
    faults: list[InputError] = []
    for name, why in candidates.items():
        try:
            for shown, path in files.items():
                decode(path, shown, name)
        except InputError as error:
            faults.append(error)
        else:
            return GuessedEncoding(name, why)
    raise faults[0]


def _wide(path: Path) -> dict[str, str]:
    try:
        with pa.input_stream(path, compression=PACKED.get(path.suffix.lower())) as file:
            beginning = file.read(_BEGINNING)
    except OSError:
        return {}  # what is wrong with it is told where it is decoded
    if b"\0" not in beginning:
        return {}
    return {"utf-16-be" if beginning.index(b"\0") % 2 == 0 else "utf-16-le": "as every second byte is zero"}
