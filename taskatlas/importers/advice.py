"""What an error advises while there is no card yet: the option of the command instead of the field of the card."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from taskatlas.errors import TaskatlasError

OTHER_NAME = "name it otherwise with --name, or let what is there give way with --replace"
"""Where another card or file has the name."""
_OPTIONS: Mapping[str, str] = {
    "columns": "--text COLUMN and --label COLUMN", "encoding": "--encoding", "delimiter": "--delimiter",
    "labels": "--labels", "label_map": "--labels CODE=NAME,...",
}  # fmt: skip
"""Field of a dataset's card → the option that says it."""
_FIELD = re.compile(rf"\b({'|'.join(_OPTIONS)}):")

_SET = re.compile(r"\b([Ss])et (?=--)")
_PHRASES: Mapping[str, str] = {
    "mend this field": "mend it", " or remove its card": "", "the card's labels": "give other --labels",
}  # fmt: skip
"""What is said about a card → the same while there is none."""
_ARGUMENTS: Mapping[str, str] = {"url": "URL"}
"""Field of a card → the argument that says it."""
_FIELD_ALONE = re.compile(r"^: (\w+)$")
"""Where an error about a card that has no file yet is."""


@contextmanager
def by_options() -> Iterator[None]:
    """Let errors of the block name options instead of fields of a card."""
    try:
        yield
    except TaskatlasError as error:
        error.where = _FIELD_ALONE.sub(lambda match: _ARGUMENTS.get(match[1], f"--{match[1]}"), error.where)
        error.todo = _with_options(error.todo)
        raise


def _with_options(todo: str) -> str:
    """Return an advice about a card as one about the command.

    >>> _with_options("set encoding: in the card, for example windows-1252 or utf-16")
    'give --encoding, for example windows-1252 or utf-16'
    >>> _with_options("is it binary? Set encoding: in the card, or name a text file")
    'is it binary? Give --encoding, or name a text file'
    >>> _with_options("mend the path")
    'mend the path'
    """
    for phrase, instead in _PHRASES.items():
        todo = todo.replace(phrase, instead)
    if not _FIELD.search(todo):
        return todo
    named = _FIELD.sub(lambda match: _OPTIONS[match[1]], todo)
    return _SET.sub(lambda match: f"{'G' if match[1] == 'S' else 'g'}ive ", named).replace(" in the card", "")
