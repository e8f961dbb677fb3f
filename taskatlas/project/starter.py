"""New projects: the starter project, whose cards and small data come with the package, and one without any of ours."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.cards.names import LONGEST, letters
from taskatlas.errors import CardError, StoreError

STARTER = Path(__file__).resolve().parent.parent / "starter"
_KEPT = (
    "corpora/everyday.yaml", "data/everyday_texts.txt", "data/everyday_pairs.jsonl", "surrogates/minilm.yaml",
)  # fmt: skip
"""What every project needs, whatever it is about: unlabelled texts, and the model in which all is embedded."""
_FOLDERS = ("datasets", "models", "prompts")
_CARD = """\
name: {name}
description: Our datasets, prompts and models
corpus: everyday      # unlabelled texts that every subject answers: corpora/everyday.yaml
surrogate: minilm     # the model in which all is embedded: surrogates/minilm.yaml
"""
_README = """\
# {name}

One YAML card per entry, in datasets/, prompts/ and models/; their files are in data/. What comes next:

    taskatlas add dataset reviews.csv           # labelled rows: CSV, Excel, JSON, Parquet
    taskatlas add endpoint http://HOST:PORT/v1  # a model behind an OpenAI-compatible server
    taskatlas import prompts.csv --dataset reviews
    taskatlas run                               # ask, compare, recommend

All of them work in this folder, and from elsewhere with `--project DIR`. `taskatlas validate` says what is missing.
corpora/ holds everyday texts that every model answers too, so that prompts can be compared beyond one dataset.
"""


def write_starter(folder: Path) -> None:
    """Write the starter project, cards and data, into a folder that is new or empty, and name it after the folder.

    Raises:
        CardError: the folder holds something already.
        StoreError: it cannot be written.

    """
    with _new(folder):
        # atlas.yaml comes last: a folder that was only half copied is not taken for a project
        leave_out = shutil.ignore_patterns("__init__.py", "__pycache__", "warehouse", PROJECT_FILE)
        shutil.copytree(STARTER, folder, dirs_exist_ok=True, ignore=leave_out)
        card = (STARTER / PROJECT_FILE).read_text(encoding="utf-8")
        (folder / PROJECT_FILE).write_text(
            card.replace("name: starter\n", f"name: {_name(folder)}\n"), encoding="utf-8"
        )


def write_empty(folder: Path) -> None:
    """Write a project without datasets, prompts and models into a folder that is new or empty; it has a corpus and a
    surrogate, so that it runs as soon as they are added.

    Raises:
        CardError: the folder holds something already.
        StoreError: it cannot be written.

    """
    with _new(folder):
        for kept in _KEPT:
            (folder / kept).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(STARTER / kept, folder / kept)
        for name in _FOLDERS:
            (folder / name).mkdir()
        (folder / "README.md").write_text(_README.format(name=_name(folder)), encoding="utf-8")
        (folder / PROJECT_FILE).write_text(_CARD.format(name=_name(folder)), encoding="utf-8")


def can_be_written(folder: Path) -> bool:
    """Whether a folder is new or empty."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


@contextmanager
def _new(folder: Path) -> Iterator[None]:
    try:
        if not can_be_written(folder):
            raise CardError("is not an empty folder", where=str(folder), todo="name a new one")
        yield
    except OSError as error:
        raise StoreError(f"cannot write ({error.strerror or error})", where=str(folder)) from error


def _name(folder: Path) -> str:
    return letters(folder.name)[:LONGEST] or "starter"
