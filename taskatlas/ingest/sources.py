"""One `source` string of a card → the rows it stands for, and a content hash of them that needs no reading of rows.

    data/reviews.csv                    a file, relative to the project: .csv .tsv .jsonl .parquet .txt
    data/reviews/{split}.csv            two files, train and test
    ${BANK}/reviews.csv                 an environment variable in the path
    hf:owner/name@revision              a dataset on the Hugging Face hub, at a commit or a tag: all splits, as one
    hf:owner/name@revision:config       one of its configurations
    hf:owner/name@revision:{split}      its splits train and test; with a configuration: @revision:config:{split}
    hf:owner/name@revision:config:name  one split; without a configuration: @revision::name
    hf:./folder                         a folder with data files; :config and :{split} as above

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
from taskatlas.ingest.columnar import read_hub, read_parquet
from taskatlas.ingest.formats import Columns, read_csv, read_jsonl, read_txt

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet", ".txt")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_HUB = re.compile(r"hf:(?P<place>[\w.-]+/[\w.-]+)(@(?P<revision>[^:]*))?(?P<rest>(:[^:]*){0,2})")
_FOLDER = re.compile(r"hf:(?P<place>[./][^:]*)(?P<rest>(:[^:]*){0,2})")
_BRANCHES = ("main", "master", "HEAD")

Split = Literal["train", "test", "all"]


@dataclass(frozen=True)
class Part:
    """What a source stands for in one split.

    Attributes:
        split: 'train' or 'test' where the source has {split}, else 'all'.
        shown: how errors name it: a path is relative to the project if it is within it.
        path: the file, or the folder of `hf:./folder`; None for a dataset on the hub.
        hub: `owner/name` on the hub; None for files and folders.
        revision: of the dataset on the hub.
        config: configuration of a Hugging Face dataset.
        hub_split: split of a Hugging Face dataset; None for all of them.
    """

    split: Split
    shown: str
    path: Path | None = None
    hub: str | None = None
    revision: str | None = None
    config: str | None = None
    hub_split: str | None = None


@dataclass(frozen=True)
class Rows:
    """The rows of a part: its split, its name in errors, and its columns as raw text, all equally long."""

    split: Split
    shown: str
    columns: Columns


def read_source(source: str, project: Path, wanted: Sequence[str], encoding: str = "utf-8") -> list[Rows]:
    """The `wanted` columns of a source: one `Rows` per split, train before test.

    Raises:
        InputError: the source cannot be read; says which file and line, and what to do.
    """
    names = list(dict.fromkeys(wanted))
    return [Rows(part.split, part.shown, _read(part, names, encoding)) for part in parts_of(source, project)]


def fingerprint(source: str, project: Path) -> str:
    """The content hash of a source's bytes, free of paths and times; of a hub dataset, of its pinned name.

    Raises:
        InputError: the source is malformed or missing.
    """
    return digest("source", [_part_print(part) for part in parts_of(source, project)])


def parts_of(source: str, project: Path) -> list[Part]:
    """What a source stands for, checked to exist (on the hub: not yet).

    Raises:
        InputError: an environment variable is not set, or a file is missing, a folder, or of no known format.
    """
    splits: tuple[Split, ...] = ("train", "test") if "{split}" in source else ("all",)
    return [_part(_expanded(source.replace("{split}", split), source), split, source, project) for split in splits]


def _expanded(text: str, source: str) -> str:
    for name in _VARIABLE.findall(text):
        if name not in os.environ:
            todo = f"set it, for example: export {name}=/path/to/data"
            raise InputError(f"the environment variable {name} is not set", where=f"source {source}", todo=todo)
    return _VARIABLE.sub(lambda found: os.environ[found[1]], text)


def _part(text: str, split: Split, source: str, project: Path) -> Part:
    if not text.startswith("hf:"):
        return _file_part(text, split, project)
    if found := _FOLDER.fullmatch(text):
        path = project / found["place"]
        shown = _shown(path, project)
        if not path.is_dir():
            raise InputError("there is no such folder", where=shown, todo=_neighbour(path))
        config, hub_split = _config_and_split(found["rest"], split, source)
        return Part(split, shown, path=path, config=config, hub_split=hub_split)
    found = _HUB.fullmatch(text)
    if not found:
        todo = "write hf:owner/name@revision or hf:./folder"
        raise InputError("this is no Hugging Face dataset", where=f"source {source}", todo=todo)
    if not found["revision"] or found["revision"] in _BRANCHES:
        what = f"{found['revision']} is a branch, which moves" if found["revision"] else "the revision is missing"
        todo = f"pin a commit or a tag: hf:{found['place']}@revision"
        raise InputError(what, where=f"source {source}", todo=todo)
    config, hub_split = _config_and_split(found["rest"], split, source)
    return Part(split, text, None, found["place"], found["revision"], config, hub_split)


def _config_and_split(rest: str, split: Split, source: str) -> tuple[str | None, str | None]:
    """What `:config:split` stands for; a lone `:{split}` is a split."""
    names = [name or None for name in rest.split(":")[1:]]
    if len(names) == 1 and source.endswith(":{split}"):
        return None, split
    config, hub_split = (*names, None, None)[:2]
    return config, hub_split


def _file_part(text: str, split: Split, project: Path) -> Part:
    path = project / text
    shown = _shown(path, project)
    if path.is_dir():
        todo = "name a file in it, or load it as a Hugging Face dataset: hf:./folder"
        raise InputError("this is a folder, not a file", where=shown, todo=todo)
    if path.suffix.lower() not in SUFFIXES:
        what = f"files of the format {path.suffix or '(none)'} cannot be read"
        raise InputError(what, where=shown, todo=f"turn it into one of {' '.join(SUFFIXES)}")
    if not path.is_file():
        raise InputError("there is no such file", where=shown, todo=_neighbour(path))
    return Part(split, shown, path=path)


def _neighbour(path: Path) -> str:
    """Advice for a path that does not exist: what is in the nearest folder that does."""
    missing, folder = path, path.parent
    while not folder.is_dir():
        missing, folder = folder, folder.parent
    names = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
    return f"in {folder.name}/, {did_you_mean(missing.name, names)}"


def _shown(path: Path, project: Path) -> str:
    whole, root = Path(os.path.abspath(path)), Path(os.path.abspath(project))  # noqa: PTH100 (keeps symbolic links)
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()


def _read(part: Part, wanted: Sequence[str], encoding: str) -> Columns:
    if part.path is None or part.path.is_dir():
        return read_hub(
            part.hub or str(part.path),
            part.shown,
            wanted,
            revision=part.revision,
            config=part.config,
            split=part.hub_split,
        )
    match part.path.suffix.lower():
        case ".parquet":
            return read_parquet(part.path, part.shown, wanted)
        case ".jsonl":
            return read_jsonl(part.path, part.shown, wanted, encoding)
        case ".txt":
            return read_txt(part.path, part.shown, wanted, encoding)
        case suffix:
            return read_csv(part.path, part.shown, wanted, encoding, "\t" if suffix == ".tsv" else ",")


def _part_print(part: Part) -> list[object]:
    """JSON-serialisable content of a part: what its rows depend on."""
    names: list[object] = [part.split, part.hub, part.revision, part.config, part.hub_split]
    if part.path is None:
        return names
    if part.path.is_file():
        return [*names, part.path.suffix.lower(), _hash(part.path, part.shown)]
    files = sorted(path for path in part.path.rglob("*") if path.is_file() and not path.name.startswith("."))
    return [*names, [[path.relative_to(part.path).as_posix(), _hash(path, part.shown)] for path in files]]


def _hash(path: Path, shown: str) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=shown, todo="mend its permissions") from error
