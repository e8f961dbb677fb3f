"""lm-evaluation-harness: a YAML file per test, with doc_to_text, doc_to_choice and doc_to_target, or an include."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.columns import rename_columns
from taskatlas.importers.draft import Draft, Template
from taskatlas.importers.files import Tagged, read_tagged_yaml
from taskatlas.importers.harness_answers import HarnessAnswers, answers_of
from taskatlas.importers.harness_fields import field_notes, text_field, writes
from taskatlas.importers.harness_shots import HarnessShots, shots_of
from taskatlas.importers.harness_text import BLANK, delimiter_note, question_template, whole_template, with_delimiter
from taskatlas.importers.lists import list_columns
from taskatlas.importers.loops import plain_loops
from taskatlas.importers.paths import folded_paths
from taskatlas.importers.rowchoices import RowChoices, are_letters
from taskatlas.importers.syntax import tree_of
from taskatlas.predict.sandbox import LIST
from taskatlas.schemas.inputs import CHOICE_LABELS

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


def whole_fields(file: Path) -> dict[str, Any]:
    """Return the fields of a file and of those that it includes.

    Raises:
        InputError: a file cannot be read, or there are too many.
        CardError: a file is no YAML.

    """
    return _with_includes(read_tagged_yaml(file), file, [])


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
        if Path(name).is_absolute():
            raise InputError("its include is no name of a file beside it")
        visited.append(included)
        if len(visited) > _MAX_INCLUDES:
            raise InputError(f"it includes more than {_MAX_INCLUDES} files, or some that include each other")
        fields |= _with_includes(read_tagged_yaml(included), included, visited)
    return fields | own


def _draft(fields: Mapping[str, Any]) -> Draft:
    if "group" in fields or isinstance(fields.get("task"), list):
        raise InputError("it is a group: import the files of its members")
    for field in ("description", "doc_to_text", "doc_to_choice", "doc_to_target", "gen_prefix"):
        if isinstance(fields.get(field), Tagged):
            raise InputError(f"its {field} is a Python function (!function)")
    notes = field_notes(fields)
    answers = answers_of(fields)
    shots = shots_of(fields, answers.choices)
    template, delimiter = _question(fields, answers, shots)
    draft = Draft(
        folded_paths(plain_loops(whole_template(text_field(fields, "description") + shots.written + template))),
        answers.choices,
        answers.columns,
        answers.in_order,
        "; ".join(filter(None, [*shots.notes, delimiter, *_prefix_note(fields), answers.note, *notes])),
        shots.demonstrations,
        shots.separator,
    )
    return _with_own_choices(draft, answers.own)


def _with_own_choices(draft: Draft, own: RowChoices | None) -> Draft:
    """Return a template whose answers are each row's own, or letters of a list that it shows, as a card names them."""
    if own is not None:
        template = rename_columns(draft.template, own.roles)
        return replace(draft, template=template, row_columns=own.columns, asks_rows=True)
    lists = sorted(list_columns(tree_of(draft.template)))
    if len(lists) != 1 or not are_letters(draft.choices):
        return draft
    template, labels = rename_columns(draft.template, {lists[0]: LIST}), CHOICE_LABELS[: len(draft.choices)]
    answers = draft.answer_columns - set(lists)
    return replace(draft, template=template, row_columns=tuple(lists), labels=labels, answer_columns=answers)


def _question(fields: Mapping[str, Any], answers: HarnessAnswers, shots: HarnessShots) -> tuple[str, str]:
    """Return the template of what is asked, and a note where a model's card has to say what stands before answers."""
    template, delimiter = question_template(fields), text_field(fields, "target_delimiter", BLANK)
    if not writes(fields):
        return with_delimiter(template, delimiter + answers.space)
    return template, delimiter_note(delimiter) if shots.demonstrations else ""


def _prefix_note(fields: Mapping[str, Any]) -> list[str]:
    prefix = text_field(fields, "gen_prefix")
    return [f"the beginning of the answer ends the template: {prefix}"] if prefix else []
