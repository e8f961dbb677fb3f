"""Reading a file that somebody else's program wrote: whole, small enough, and with no tag that could do something."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from taskatlas.cards.loader import DEEPEST, Loader, parse_yaml
from taskatlas.errors import InputError

MAX_BYTES = 10_000_000
MAX_ROW_BYTES = 50_000_000
"""Of a JSON file, whose rows can be many."""


@dataclass(frozen=True)
class Tagged:
    """A value that stood behind a tag, as it was written: nothing is made of it and nothing is run.

    Attributes:
        tag: with its exclamation mark.
        value: the fields of a mapping, or the text.
    """

    tag: str
    value: Any


class _TaggedLoader(Loader):
    """Knows the tags of PromptSource and of lm-evaluation-harness, and refuses every other one."""


def _construct_tagged(loader: _TaggedLoader, node: yaml.Node) -> Tagged:
    if isinstance(node, yaml.MappingNode):
        return Tagged(node.tag, loader.construct_mapping(node, deep=True))
    if isinstance(node, yaml.ScalarNode):
        return Tagged(node.tag, loader.construct_scalar(node))
    raise yaml.MarkedYAMLError(problem=f"the tag {node.tag} is no list's", problem_mark=node.start_mark)


def _refuse_tag(_: _TaggedLoader, node: yaml.Node) -> None:
    raise yaml.MarkedYAMLError(problem=f"the tag {node.tag} is not known here", problem_mark=node.start_mark)


for _tag in ("!Template", "!TemplateMetadata", "!function"):
    _TaggedLoader.add_constructor(_tag, _construct_tagged)
_TaggedLoader.add_constructor(None, _refuse_tag)


def read_tagged_yaml(file: Path) -> dict[str, Any]:
    """Read the fields of a YAML file that may hold !Template, !TemplateMetadata and !function; they become `Tagged`.

    Raises:
        InputError: as `read_text`; it holds no fields.
        CardError: as `parse_tagged_yaml`.

    """
    return require_fields(parse_tagged_yaml(read_text(file), file), file)


def parse_tagged_yaml(text: str, file: Path) -> Any:
    """Return what YAML text stands for, with the same tags.

    Raises:
        CardError: it is not YAML, holds another tag or a field twice.

    """
    return parse_yaml(text, _TaggedLoader, str(file))


def read_yaml_or_json(file: Path) -> Any:
    """Read what a YAML or JSON file stands for, whatever that is.

    Raises:
        InputError: as `read_text` and `parse_json`.
        CardError: it is not YAML, or holds a tag or a field twice.

    """
    if file.suffix.lower() == ".json":
        return parse_json(read_text(file), file)
    return parse_yaml(read_text(file), Loader, str(file))


def read_json(file: Path) -> dict[str, Any]:
    """Read the fields of a JSON file.

    Raises:
        InputError: as `read_text`; it is not JSON, holds a field twice, or is no object.

    """
    return require_fields(parse_json(read_text(file), file), file)


def parse_json(text: str, file: Path, *, line: int = 1, number: Callable[[str], Any] | None = None) -> Any:
    """Return what JSON text stands for.

    Args:
        text: the JSON.
        file: where it stands.
        line: of the file in which it begins.
        number: makes something of a number as it is written; None: Python's numbers.

    Raises:
        InputError: it is not JSON, holds a field twice, or is nested too deeply.

    """
    decoder = json.JSONDecoder(
        object_pairs_hook=lambda pairs: _without_repeats(pairs, file),
        parse_int=number, parse_float=number, parse_constant=number,
    )  # fmt: skip
    try:
        return _within_bounds(decoder.decode(text), file)
    except json.JSONDecodeError as error:
        where = f"{file}, line {line - 1 + error.lineno}"
        raise InputError(f"is not JSON ({error.msg}, column {error.colno})", where=where, todo="mend it") from error
    except ValueError as error:
        raise InputError(f"holds a number that is none ({error})", where=str(file), todo="mend it") from error
    except RecursionError as error:
        raise _nested(file) from error


def read_text(file: Path, most: int | None = None) -> str:
    """Read the text of a file, without its byte order mark.

    Args:
        file: the file.
        most: bytes that it may hold; None: `MAX_BYTES`.

    Raises:
        InputError: as `read_bytes`; it is not UTF-8, or empty.

    """
    where = str(file)
    try:
        text = read_bytes(file, MAX_BYTES if most is None else most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 (byte {error.start})", where=where, todo="save it as UTF-8") from error
    if not text.strip():
        raise InputError("the file is empty", where=where, todo="name another one")
    return text


def read_bytes(file: Path, most: int) -> bytes:
    """Read a file of at most so many bytes.

    Raises:
        InputError: there is no such file, it cannot be read, or is larger.

    """
    where = str(file)
    try:
        if file.exists() and not file.is_file():
            raise InputError("this is a folder or a device, not a file", where=where, todo="name the files in it")
        with file.open("rb") as stream:
            raw = stream.read(most + 1)  # files that the system makes up do not say how long they are
    except FileNotFoundError as error:
        raise InputError("there is no such file", where=where, todo="mend its name") from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=where, todo="mend its permissions") from error
    if len(raw) > most:
        raise InputError(f"is over {most:,} bytes", where=where, todo="cut it into several files")
    return raw


def _within_bounds(content: Any, file: Path) -> Any:
    """Return what was read, if it is nested no deeper than what a person writes, so that nothing fails at it later."""
    level = [content]
    for _ in range(DEEPEST):
        nested = [each for each in level if isinstance(each, dict | list)]
        level = [inner for each in nested for inner in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return content
    raise _nested(file)


def _nested(file: Path) -> InputError:
    return InputError(f"is nested too deeply, in more than {DEEPEST} levels", where=str(file), todo="mend it")


def _without_repeats(pairs: list[tuple[str, Any]], file: Path) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise InputError(f"{name[:80]!r} is given twice", where=str(file), todo="take one of them away")
        fields[name] = value
    return fields


def require_fields(content: Any, file: Path) -> dict[str, Any]:
    """Return what was read, if it is fields.

    Raises:
        InputError: it is not.

    """
    if not isinstance(content, dict) or not content:
        raise InputError(
            "holds no fields", where=str(file), todo="name a file in one of the formats of docs/prompts.md"
        )
    return content
