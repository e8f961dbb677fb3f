"""Hugging Face datasets → columns of raw strings: of the hub, of a folder with data files, of a folder that was saved.

Which files a dataset is made of, the library `datasets` says; they are read as any file is, so that a cell is the same
text wherever it lies: the library's own readers guess, and take "NA" for nothing and 01 for 1. Nothing that comes with
the data is run: a folder with a script is an error.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError
from taskatlas.ingest.cells import Columns, chosen_splits, in_turn, require_rows
from taskatlas.ingest.formats import Form, read_file
from taskatlas.ingest.saved import is_saved, read_saved


def read_hub(
    dataset: str,
    display_name: str,
    column_names: Sequence[str],
    form: Form,
    *,
    revision: str | None,
    config: str | None,
    split: str | None,
) -> Columns:
    """Read columns of a Hugging Face dataset; class codes become class names.

    Args:
        dataset: `owner/name` on the hub, or a folder.
        display_name: the source as errors name it.
        column_names: the columns to read.
        form: of its text files.
        revision: commit or tag of the hub dataset; None for a folder, which is read anew each time.
        config: name of the configuration, where there are several.
        split: name of the split; None for all splits, one after the other.

    Raises:
        InputError: it cannot be loaded or reached, or has no such split or column.
    """
    if revision is None and is_saved(Path(dataset)):
        return read_saved(Path(dataset), display_name, column_names, split, form.lists)
    with tempfile.TemporaryDirectory() as scratch:
        cache = None if revision else scratch
        builder = _builder(dataset, display_name, revision=revision, config=config, cache=cache)
        found: Mapping[object, Sequence[str]] = builder.config.data_files or {}
        files = {str(name): of_split for name, of_split in found.items()}
        wanted = [each for name in chosen_splits(files, split, display_name) for each in files[name]]
        return _from_files(builder, wanted, display_name, column_names, form)


def _builder(dataset: str, display_name: str, *, revision: str | None, config: str | None, cache: str | None) -> Any:
    import datasets  # a second or more, and only needed here

    datasets.disable_progress_bars()
    try:
        return datasets.load_dataset_builder(dataset, config, revision=revision, cache_dir=cache)
    except Exception as error:  # the library raises errors of many packages, with no common base
        raise _unloadable(error, dataset, display_name) from error


def _unloadable(error: Exception, dataset: str, display_name: str) -> InputError:
    reason = " ".join(f"{type(error).__name__}: {error}".split()).replace(dataset, display_name)[:300]
    todo = "check its name, revision and files, and the network; offline, keep its files in a folder: hf:./folder"
    return InputError(f"the dataset cannot be loaded ({reason})", where=display_name, todo=todo)


def _from_files(
    builder: Any, files: Sequence[str], display_name: str, column_names: Sequence[str], form: Form
) -> Columns:
    classes = {
        name: feature.names for name, feature in (builder.info.features or {}).items() if hasattr(feature, "names")
    }
    read = (
        read_file(_local(file, display_name), f"{display_name}/{Path(file).name}", column_names, form) for file in files
    )
    columns = in_turn(read, column_names)
    columns |= {name: _named(columns[name], names) for name, names in classes.items() if name in columns}
    return require_rows(columns, display_name)


def _local(file: str, display_name: str) -> Path:
    """The file here, fetched where it is on the hub."""
    if "://" not in file:
        return Path(file)
    import datasets

    try:
        return Path(datasets.DownloadManager().download(file))  # which keeps the file's name
    except Exception as error:  # the library raises errors of many packages, with no common base
        raise _unloadable(error, file, display_name) from error


def _named(cells: list[str | None], names: Sequence[str]) -> list[str | None]:
    """Names of classes where cells hold their codes. As the library has it, a name is a name even if it is a number."""
    codes: dict[str | None, str | None] = {"-1": None, **{str(code): name for code, name in enumerate(names)}}
    return [cell if cell in names else codes.get(cell, cell) for cell in cells]
