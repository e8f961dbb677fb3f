"""Files, folders and patterns → files: those of a folder with all of its folders, and none outside it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.errors import InputError

MAX_FILES = 50_000
SUFFIXES = frozenset({".yaml", ".yml", ".json", ".jsonl", ".csv", ".tsv", ".xlsx", ".prompty"})
"""How files of a folder end that are looked into."""


@dataclass(frozen=True)
class NamedFile:
    """A file to import.

    Attributes:
        path: the file.
        folder: the folder or the pattern that it was found by; None: it was named itself.
    """

    path: Path
    folder: Path | None = None


def files_of(paths: Sequence[Path]) -> list[NamedFile]:
    """Return the files that were named, those of the folders and those that patterns stand for, in their order.

    Raises:
        InputError: there are too many.

    """
    files: list[NamedFile] = []
    for path in paths:
        for file in _files(path):
            files.append(file)
            if len(files) > MAX_FILES:
                raise InputError(
                    f"there are more than {MAX_FILES:,} files", where=str(path), todo="name a folder in it"
                )
    return files


def _files(path: Path) -> Iterator[NamedFile]:
    if path.is_dir():
        below = [NamedFile(file, path) for file in _below(path)]
        yield from below or [NamedFile(path)]  # of which there is nothing to say but that it is no file
    elif set(str(path)) & set("*?[") and not path.exists():
        yield from _matching(path)
    else:
        yield NamedFile(path)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, but for hidden ones and those of projects, without following links out of it."""
    root = folder.resolve()
    for place, folders, names in os.walk(folder):
        if PROJECT_FILE in names and Path(place) != folder:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(place) / name
            if not name.startswith(".") and file.is_file() and file.resolve().is_relative_to(root):
                yield file


def _matching(pattern: Path) -> Iterator[NamedFile]:
    fixed = Path(*_fixed_parts(pattern))
    try:
        matched = sorted(fixed.glob(str(pattern.relative_to(fixed))))
    except (OSError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"this is no pattern ({error})", where=str(pattern), todo="write it as in 'prompts/*.yaml'"
        ) from error
    if not matched:
        yield NamedFile(pattern)
    for each in matched:
        if each.is_dir():
            yield from (NamedFile(file, pattern) for file in _below(each))
        else:
            yield NamedFile(each, pattern)


def _fixed_parts(pattern: Path) -> Iterator[str]:
    """Yield the parts of a pattern before the first that holds an asterisk or the like."""
    for part in pattern.parts:
        if set(part) & set("*?["):
            return
        yield part
