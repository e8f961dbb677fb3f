"""Folders that `save_to_disk` of the library `datasets` has written, a Dataset or a DatasetDict, → columns of strings.

Beside the data such a folder may hold caches of what was mapped or filtered since: only the files that its own state
names count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError
from taskatlas.ingest.cells import Columns, Lists, chosen_splits, in_turn, require_rows
from taskatlas.ingest.columnar import read_arrow

STATE, SPLITS = "state.json", "dataset_dict.json"


def is_saved(folder: Path) -> bool:
    """Return whether a folder was written by `save_to_disk`."""
    return (folder / STATE).is_file() or (folder / SPLITS).is_file()


def read_saved(
    folder: Path, display_name: str, column_names: Sequence[str], split: str | None, lists: Lists
) -> Columns:
    """Read columns of a saved Dataset or DatasetDict; class codes become class names.

    Args:
        folder: that holds it.
        display_name: the source as errors name it.
        column_names: the columns to read.
        split: name of the split; None for all of them, one after the other.
        lists: columns that may hold lists.

    Raises:
        InputError: its state is damaged, a file is missing or damaged, or it has no such split or column.
    """
    known = dict(_folders(folder, display_name))
    folders = [known[name] for name in chosen_splits(known, split, display_name)]
    files = (path for of_split in folders for path in _data_files(of_split, display_name))
    read = (
        read_arrow(path, f"{display_name}/{path.relative_to(folder).as_posix()}", column_names, lists) for path in files
    )
    return require_rows(in_turn(read, column_names), display_name)


def saved_files(folder: Path, display_name: str) -> list[Path]:
    """Return the files that the rows of a saved folder depend on.

    Raises:
        InputError: as of `read_saved`.
    """
    return [path for _, of_split in _folders(folder, display_name) for path in _data_files(of_split, display_name)]


def _folders(folder: Path, display_name: str) -> Iterator[tuple[str, Path]]:
    """Yield each split with its folder; a Dataset is one split."""
    if not (folder / SPLITS).is_file():
        yield str(_json(folder / STATE, display_name).get("_split") or "train"), folder
        return
    for name in _names(_json(folder / SPLITS, display_name).get("splits"), SPLITS, display_name):
        yield name, folder / name


def _data_files(folder: Path, display_name: str) -> list[Path]:
    entries = _json(folder / STATE, display_name).get("_data_files")
    named = [each.get("filename") for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return [folder / name for name in _names(named, STATE, display_name)]


def _names(names: object, file: str, display_name: str) -> list[str]:
    """Names of what is in the folder itself."""
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise _damaged(f"{file} names no data", display_name)
    if outside := next((name for name in names if Path(name).name != name), None):
        raise _damaged(f"{file} names {outside[:100]!r}, which is not in the folder", display_name)
    return names


def _json(path: Path, display_name: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(f"{path.name} cannot be read", display_name) from error
    if not isinstance(content, dict):
        raise _damaged(f"{path.name} holds no object", display_name)
    return content


def _damaged(what: str, display_name: str) -> InputError:
    todo = "save the dataset again with save_to_disk, or write it as Parquet"
    return InputError(f"this is no whole saved dataset: {what}", where=display_name, todo=todo)
