"""One `source` string of a card → the rows it stands for, and a content hash of them that needs no reading of rows.

    data/reviews.csv                    a file, relative to the project, in one of `formats.SUFFIXES`
    data/reviews.csv.gz                 packed; .bz2 and .zst, too
    data/reviews/*.csv                  files, in the order of their names, as one; ** goes through folders
    data/reviews/{split}.csv            two files, train and test
    ${BANK}/reviews.csv                 an environment variable in the path
    hf:owner/name@revision              a dataset on the Hugging Face hub, at a commit or a tag: all splits, as one
    hf:owner/name@revision:config       one of its configurations
    hf:owner/name@revision:{split}      its splits train and test; with a configuration: @revision:config:{split}
    hf:owner/name@revision:config:name  one split; without a configuration: @revision::name
    hf:./folder                         a folder with data files, or one written by save_to_disk; :config and :{split}
                                        as above

A source without {split} has one split, 'all', which `select` divides by content hash.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from taskatlas.errors import InputError, did_you_mean
from taskatlas.hashing import digest, file_sha256
from taskatlas.ingest.cells import Columns, in_turn
from taskatlas.ingest.formats import Form, read_file, require_readable
from taskatlas.ingest.hub import read_hub
from taskatlas.ingest.saved import is_saved, saved_files

_PATTERN = re.compile(r"[*?\[]")
_UTF8 = Form()
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_HUB = re.compile(r"hf:(?P<name>[\w.-]+/[\w.-]+)(@(?P<revision>[^:]*))?(?P<rest>(:[^:]*){0,2})")
_FOLDER = re.compile(r"hf:(?P<path>[./][^:]*)(?P<rest>(:[^:]*){0,2})")
_SHOWN = 100
"""Characters of a source whose path cannot be looked at."""
_BRANCHES = ("main", "master", "HEAD")

Split = Literal["train", "test", "all"]


@dataclass(frozen=True)
class SourceSplit:
    """What a source stands for in one split.

    Attributes:
        split: 'train' or 'test' where the source has {split}, else 'all'.
        display_name: how errors name it: a path is relative to the project if it is within it.
        path: the file, or the folder of `hf:./folder`; None for several files, and for a dataset on the hub.
        files: of a pattern, in the order of their names.
        hub: `owner/name` on the hub; None for files and folders.
        revision: of the dataset on the hub.
        config: configuration of a Hugging Face dataset.
        hub_split: split of a Hugging Face dataset; None for all of them.
    """

    split: Split
    display_name: str
    path: Path | None = None
    files: tuple[Path, ...] = ()
    hub: str | None = None
    revision: str | None = None
    config: str | None = None
    hub_split: str | None = None


@dataclass(frozen=True)
class Rows:
    """The rows of one split of a source.

    Attributes:
        split: 'train', 'test' or 'all'.
        display_name: how errors name it.
        columns: column → its cells as raw text; all are equally long.
    """

    split: Split
    display_name: str
    columns: Columns


def read_source(source: str, project: Path, column_names: Sequence[str], form: Form = _UTF8) -> list[Rows]:
    """Read columns of a source: one `Rows` per split, train before test.

    Raises:
        InputError: the source cannot be read; says which file and line, and what to do.
    """
    unique_names = list(dict.fromkeys(column_names))
    return [
        Rows(each.split, each.display_name, _read(each, project, unique_names, form))
        for each in splits_of(source, project)
    ]


def fingerprint(source: str, project: Path) -> str:
    """Return the content hash of a source's bytes, free of paths and times; of a hub dataset, of its pinned name.

    Raises:
        InputError: the source is malformed or missing.
    """
    return digest("source", [_split_fingerprint(each) for each in splits_of(source, project)])


def splits_of(source: str, project: Path) -> list[SourceSplit]:
    """Return what a source stands for in each of its splits; files and folders are checked to exist.

    Raises:
        InputError: an environment variable is not set, or a file is missing, a folder, or of no known format.
    """
    splits: tuple[Split, ...] = ("train", "test") if "{split}" in source else ("all",)
    try:
        return [
            _source_split(_expanded(source.replace("{split}", split), source), split, source, project)
            for split in splits
        ]
    except (OSError, ValueError) as error:  # a name that is too long, a closed folder, or a pattern that is none
        where = f"source {source if len(source) <= _SHOWN else f'{source[:_SHOWN]}...'}"
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be looked at ({reason})", where=where, todo="mend the path") from error


def _expanded(text: str, source: str) -> str:
    for name in _VARIABLE.findall(text):
        if name not in os.environ:
            todo = f"set it, for example: export {name}=/path/to/data"
            raise InputError(f"the environment variable {name} is not set", where=f"source {source}", todo=todo)
    return _VARIABLE.sub(lambda match: os.environ[match[1]], text)


def _source_split(expanded: str, split: Split, source: str, project: Path) -> SourceSplit:
    if not expanded.startswith("hf:"):
        return _file_split(expanded, split, project)
    if match := _FOLDER.fullmatch(expanded):
        path = project / match["path"]
        display_name = _display_name(path, project)
        if not path.is_dir():
            raise InputError("there is no such folder", where=display_name, todo=_neighbour(path))
        config, hub_split = _config_and_split(match["rest"], split, source)
        return SourceSplit(split, display_name, path=path, config=config, hub_split=hub_split)
    match = _HUB.fullmatch(expanded)
    if not match:
        todo = "write hf:owner/name@revision or hf:./folder"
        raise InputError("this is no Hugging Face dataset", where=f"source {source}", todo=todo)
    if not match["revision"] or match["revision"] in _BRANCHES:
        what = f"{match['revision']} is a branch, which moves" if match["revision"] else "the revision is missing"
        todo = f"pin a commit or a tag: hf:{match['name']}@revision"
        raise InputError(what, where=f"source {source}", todo=todo)
    config, hub_split = _config_and_split(match["rest"], split, source)
    return SourceSplit(
        split, expanded, hub=match["name"], revision=match["revision"], config=config, hub_split=hub_split
    )


def _config_and_split(rest: str, split: Split, source: str) -> tuple[str | None, str | None]:
    """Return what `:config:split` stands for; a lone `:{split}` is a split."""
    names = [name or None for name in rest.split(":")[1:]]
    if len(names) == 1 and source.endswith(":{split}"):
        return None, split
    config, hub_split = (*names, None, None)[:2]
    return config, hub_split


def _file_split(text: str, split: Split, project: Path) -> SourceSplit:
    path = project / text
    display_name = _display_name(path, project)
    if _PATTERN.search(text) and not path.exists():
        return SourceSplit(split, display_name, files=_matching(text, project, display_name))
    if path.is_dir():
        todo = f"name a file in it, all of one kind ({text.rstrip('/')}/*.csv), or a Hugging Face dataset: hf:./folder"
        raise InputError("this is a folder, not a file", where=display_name, todo=todo)
    require_readable(path, display_name)
    if not path.is_file():
        raise InputError("there is no such file", where=display_name, todo=_neighbour(path))
    return SourceSplit(split, display_name, path=path)


def _matching(text: str, project: Path, display_name: str) -> tuple[Path, ...]:
    """The files that a pattern means, in the order of their names."""
    parts = Path(text).parts
    first = next(place for place, part in enumerate(parts) if _PATTERN.search(part))
    folder, pattern = project.joinpath(*parts[:first]), "/".join(parts[first:])
    files = sorted((path for path in folder.glob(pattern) if path.is_file()), key=Path.as_posix)
    if not files:
        todo = f"look at what is in {folder.name}/" if folder.is_dir() else _neighbour(folder)
        raise InputError("no file is named like that", where=display_name, todo=todo)
    for path in files:
        require_readable(path, _display_name(path, project))
    return tuple(files)


def _neighbour(path: Path) -> str:
    """Return advice for a path that does not exist: what is in the nearest folder that does."""
    missing, folder = path, path.parent
    while not folder.is_dir():
        missing, folder = folder, folder.parent
    names = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
    return f"in {folder.name}/, {did_you_mean(missing.name, names)}"


def _display_name(path: Path, project: Path) -> str:
    whole, root = Path(os.path.abspath(path)), Path(os.path.abspath(project))  # noqa: PTH100 (keeps symbolic links)
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()


def _read(source_split: SourceSplit, project: Path, column_names: Sequence[str], form: Form) -> Columns:
    path = source_split.path
    if path is not None and path.is_file():
        return read_file(path, source_split.display_name, column_names, form)
    if source_split.files:
        files = source_split.files
        read = (read_file(file, _display_name(file, project), column_names, form) for file in files)
        return in_turn(read, column_names)
    return read_hub(
        source_split.hub or str(path),
        source_split.display_name,
        column_names,
        form,
        revision=source_split.revision,
        config=source_split.config,
        split=source_split.hub_split,
    )


def _split_fingerprint(source_split: SourceSplit) -> list[object]:
    """Return what the rows of a split depend on, as JSON-serialisable values."""
    names: list[object] = [
        source_split.split,
        source_split.hub,
        source_split.revision,
        source_split.config,
        source_split.hub_split,
    ]
    path, display_name = source_split.path, source_split.display_name
    if source_split.files:
        return [*names, [[file.name, _hash(file, display_name)] for file in source_split.files]]
    if path is None:
        return names
    if path.is_file():
        return [*names, path.suffix.lower(), _hash(path, display_name)]
    return [
        *names,
        [[file.relative_to(path).as_posix(), _hash(file, display_name)] for file in _files_in(path, display_name)],
    ]


def _files_in(folder: Path, display_name: str) -> list[Path]:
    """The files that a folder's rows depend on, in the order of their names."""
    if is_saved(folder):
        return sorted(saved_files(folder, display_name))
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _hash(path: Path, display_name: str) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", where=display_name, todo="mend its permissions"
        ) from error
