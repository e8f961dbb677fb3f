"""lm-evaluation-harness: what is shown before an answer, put together as the harness does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.harness_fields import as_written, text_field

BLANK = " "
"""What stands between a text and its answer where neither a file nor a model's card says anything else."""


def question_template(fields: Mapping[str, Any]) -> str:
    """Return the template of a row's text, and after it the beginning of the answer where the file gives one.

    Raises:
        InputError: there is no text.

    """
    text, prefix = text_field(fields, "doc_to_text"), text_field(fields, "gen_prefix")
    if not text.strip():
        raise InputError("its doc_to_text is empty: it shows no row")
    return join_prefix(as_template(text), prefix, text_field(fields, "target_delimiter", BLANK))


def as_template(text: str) -> str:
    """Return a field as a template: a word alone is a column."""
    return "{{" + text + "}}" if text.isidentifier() else text


def join_prefix(text: str, prefix: str, delimiter: str) -> str:
    """Join a text and the beginning of its answer, with a delimiter unless one of them has white space there."""
    if not prefix:
        return text
    return text + ("" if not text or text[-1].isspace() or prefix[0].isspace() else delimiter) + prefix


def with_delimiter(template: str, delimiter: str) -> tuple[str, str]:
    """Return a template after which a blank and an answer give what the harness shows, and a note where none does.

    Args:
        template: what is shown.
        delimiter: what the harness puts between it and an answer.
    """
    words = delimiter.rstrip()
    if (joined := template + delimiter).endswith(BLANK):
        return joined.removesuffix(BLANK), ""
    return template + words, delimiter_note(delimiter.removeprefix(words))


def delimiter_note(delimiter: str) -> str:
    """Say what belongs on a model's card, where prompts have no field for it."""
    if delimiter == BLANK:
        return ""
    written = as_written(delimiter)
    return (
        f"{written if delimiter else 'nothing'} stands before answers: write delimiter: {written} on the model's card"
    )


def whole_template(template: str) -> str:
    r"""Return a template whose last line break Jinja2 keeps, which it would take away.

    >>> whole_template("Answer:\n")
    "Answer:{{ '\\n' }}"
    """
    return template.removesuffix("\n") + "{{ '\\n' }}" if template.endswith("\n") else template
