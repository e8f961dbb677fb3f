"""lm-evaluation-harness: a YAML file per test, with doc_to_text, doc_to_choice and doc_to_target, or an include."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import nodes

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.draft import Draft, Template, checked_choices
from taskatlas.importers.files import Tagged, read_tagged_yaml
from taskatlas.importers.syntax import names_in, tree_of

FIELDS = frozenset({"task", "group", "include", "dataset_path", "doc_to_text", "doc_to_choice", "doc_to_target"})
"""A file that has one of them is of this format."""
_MAX_INCLUDES = 20


def harness_template(content: Mapping[str, Any], file: Path) -> Template:
    """Return the one template of a file with what it says, or why it cannot be taken."""
    name = content.get("task")
    title = name if isinstance(name, str) and name.strip() else file.stem
    about: tuple[str, ...] = (title,)
    draft_or_error: Draft | InputError
    try:
        fields = _with_includes(content, file, [])
        data_set = (fields.get("dataset_path"), fields.get("dataset_name"))
        about = (*(str(name) for name in data_set if isinstance(name, str | int | float)), title)
        draft_or_error = _draft(fields)
    except TaskatlasError as error:
        draft_or_error = InputError(error.what, where=error.where)
    return Template(title, about, draft_or_error)


def _with_includes(content: Mapping[str, Any], file: Path, visited: list[Path]) -> dict[str, Any]:
    """Return the fields of a file and of those that it includes; its own go before theirs, later ones before earlier.

    Args:
        content: the file's own fields.
        file: the file.
        visited: the files that were included so far, in all; it grows.

    Raises:
        InputError: an included file cannot be read, or there are too many, as where they include each other.
        CardError: an included file is no YAML.

    """
    own, includes = dict(content), content.get("include", [])
    own.pop("include", None)
    names = [includes] if isinstance(includes, str) else includes
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError("its include is no name of a file")
    fields: dict[str, Any] = {}
    for name in names:
        included = file.parent / name
        visited.append(included)
        if len(visited) > _MAX_INCLUDES:
            raise InputError(f"it includes more than {_MAX_INCLUDES} files, or some that include each other")
        fields |= _with_includes(read_tagged_yaml(included), included, visited)
    return fields | own


def _draft(fields: Mapping[str, Any]) -> Draft:
    if "group" in fields or isinstance(fields.get("task"), list):
        raise InputError("it is a group: import the files of its members")
    for field in ("description", "doc_to_text", "doc_to_choice", "doc_to_target"):
        if isinstance(fields.get(field), Tagged):
            raise InputError(f"its {field} is a Python function (!function)")
    changed = isinstance(fields.get("process_docs"), Tagged)
    note = "columns are those that its process_docs makes" if changed else ""
    if _is_free_text(fields):
        return Draft(
            _input_template(fields), (), _target_columns(fields.get("doc_to_target")), in_order=True, note=note
        )
    choices = checked_choices(_choices(fields.get("doc_to_choice")))
    columns, in_order = _target_columns_and_order(fields.get("doc_to_target"))
    return Draft(_input_template(fields), choices, columns, in_order, note)


def _is_free_text(fields: Mapping[str, Any]) -> bool:
    """Return whether its answers are free text; `generate_until` is what the format takes where nothing is said."""
    kind = fields.get("output_type", "generate_until")
    if kind not in ("generate_until", "multiple_choice"):
        named = kind[:40] if isinstance(kind, str) else "no text"  # and never shown: aliases can make it endless
        asks = named.startswith("loglikelihood")
        raise InputError("it asks for a likelihood, not for an answer" if asks else f"its output_type is {named}")
    return kind == "generate_until" and fields.get("doc_to_choice") is None


def _input_template(fields: Mapping[str, Any]) -> str:
    """Return what a model is shown: the description, then the row."""
    text, description = fields.get("doc_to_text"), fields.get("description") or ""
    if not isinstance(text, str) or not isinstance(description, str):
        raise InputError("its doc_to_text or description is no text")
    if not text.strip():
        raise InputError("its doc_to_text is empty: it shows no row")
    return (description + ("{{" + text + "}}" if text.isidentifier() else text)).strip()


def _choices(choices: object) -> list[str]:
    if choices is None:
        raise InputError("it has no answer choices (doc_to_choice)")
    if isinstance(choices, str):
        return _listed(choices)
    values = list(choices.values()) if isinstance(choices, dict) else choices
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError("its doc_to_choice is no list of texts: put quotes around yes, no and numbers")
    return values


def _listed(text: str) -> list[str]:
    """Return the texts of a list that is written within a text, as Jinja2 or alone."""
    tree = tree_of(text if "{{" in text else "{{" + text + "}}")
    if names := sorted(names_in(tree)):
        raise InputError(f"its answer choices depend on the row (column {names[0]!r})")
    match tree.body:
        case [nodes.Output(nodes=[nodes.List(items=[*items])])]:
            values = [item.value for item in items if isinstance(item, nodes.Const)]
            if len(values) == len(items) and all(isinstance(value, str) for value in values):
                return values
    raise InputError("its doc_to_choice is no list of texts")


def _target_columns_and_order(target: object) -> tuple[frozenset[str], bool]:
    """Return the columns that say which choice is right, and whether one alone does."""
    if isinstance(target, int):
        raise InputError("its target is the same for every row")
    if not isinstance(target, str) or not target.strip():
        raise InputError("its doc_to_target is no choice")
    if target.isidentifier():
        return frozenset({target}), True
    tree = tree_of(target)
    columns = frozenset(names_in(tree))
    if not columns:
        raise InputError("its target is the same for every row")
    match tree.body:
        case [nodes.Output(nodes=[nodes.Name()])]:
            return columns, True
    return columns, False


def _target_columns(target: object) -> frozenset[str]:
    """Return the columns that say the answer, where it is free text."""
    if target is None:
        return frozenset()
    if not isinstance(target, str):
        raise InputError("its doc_to_target is no text")
    return frozenset({target} if target.isidentifier() else names_in(tree_of(target)))
