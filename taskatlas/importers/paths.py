"""Columns within columns: `choices.text` in a template over somebody's data set is one column with a dotted name."""

from __future__ import annotations

from taskatlas.importers.syntax import Piece, pieces_of

_JOINT = "__dot__"


def folded_paths(template: str) -> str:
    """Return a template in which columns within columns are names, and numbers after dots are indices.

    >>> folded_paths("{{ choices.text | join }} {{ choices['text'][0] }} {{ options.0 }} {{ text.strip() }}")
    '{{ choices__dot__text | join }} {{ choices__dot__text[0] }} {{ options[0] }} {{ text.strip() }}'
    """
    pieces = pieces_of(template)
    for at in reversed(range(len(pieces))):
        match [text for _, text in pieces[at : at + 4]]:
            case [".", number, *_] if pieces[at + 1][0] == "integer" and _is_value(pieces, at):
                pieces[at : at + 2] = [("data", f"[{number}]")]
            case [".", name, *rest] if pieces[at + 1][0] == "name" and _is_value(pieces, at) and rest[:1] != ["("]:
                if pieces[at - 1][1] != "loop":
                    pieces[at : at + 2] = [("name", _JOINT + name)]
            case ["[", literal, "]", *_] if pieces[at + 1][0] == "string" and _is_value(pieces, at):
                if (name := literal[1:-1]).isidentifier():
                    pieces[at : at + 3] = [("name", _JOINT + name)]
    return "".join(text for _, text in pieces)


def dotted(name: str) -> str:
    """Return a column's name as its source has it.

    >>> dotted("choices__dot__text")
    'choices.text'
    """
    return name.replace(_JOINT, ".")


def is_path(name: str) -> bool:
    """Return whether a folded name is that of a column within another."""
    return _JOINT in name


def folded_name(column: str) -> str:
    """Return a column's name as folded templates have it."""
    return column.replace(".", _JOINT)


def _is_value(pieces: list[Piece], at: int) -> bool:
    """Return whether a name stands before a piece."""
    return at > 0 and pieces[at - 1][0] == "name"
