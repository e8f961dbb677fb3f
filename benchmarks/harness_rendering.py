"""What lm-evaluation-harness shows a model without a chat template, after its own rules: to hold imported prompts to.

Written from its documentation and its behaviour (version 0.4): Jinja2 without bounds, for files that are known.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined

Row = Mapping[str, Any]
_environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701


def harness_texts(fields: Mapping[str, Any], row: Row) -> list[str]:
    """What is shown of a row, with each answer where answers are chosen from."""
    delimiter = _given(fields, "target_delimiter", " ")
    shown = _field(fields.get("description") or "", row) + _samples(fields)
    shown += _begun(_field(fields["doc_to_text"], row), _prefix(fields, row), delimiter)
    if fields.get("output_type") != "multiple_choice":
        return [shown]
    return [shown + delimiter + choice for choice in _choices(fields["doc_to_choice"], row)]


def _samples(fields: Mapping[str, Any]) -> str:
    config, names = fields.get("fewshot_config") or {}, ("target_delimiter", "fewshot_delimiter", "gen_prefix")
    own = {name: fields.get(name) for name in (*names, "doc_to_text", "doc_to_choice", "doc_to_target")} | config
    samples, count = own.get("samples"), fields.get("num_fewshot") or 0
    if own.get("split", fields.get("fewshot_split")) is not None or not isinstance(samples, list):
        return ""
    return "".join(_answered(own, sample) for sample in samples[:count])


def _answered(own: Mapping[str, Any], sample: Row) -> str:
    text, prefix, answer = _field(own["doc_to_text"], sample), _prefix(own, sample), _answer(own, sample)
    delimiter = _given(own, "target_delimiter", " ")
    if not answer:
        return _begun(text, prefix, delimiter)
    if prefix:
        text = _begun(text, prefix, delimiter)
        delimiter = "" if text[-1].isspace() or answer[0].isspace() else " "
    return text + delimiter + answer + _given(own, "fewshot_delimiter", "\n\n")


def _answer(own: Mapping[str, Any], sample: Row) -> str:
    target: Any = own["doc_to_target"]
    if isinstance(target, str):
        is_column = target in sample
        target = _value(target, sample)
        if not is_column and target.isdigit() and own["doc_to_choice"]:
            target = int(target)
    if isinstance(target, list):
        target = target[0]
    if isinstance(target, int):
        target = _choices(own["doc_to_choice"], sample)[target]
    return str(target)


def _begun(text: str, prefix: str, delimiter: str) -> str:
    is_joined = not prefix or not text or text[-1].isspace() or prefix[0].isspace()
    return text + ("" if is_joined else delimiter) + prefix


def _choices(choices: Any, row: Row) -> list[str]:
    if isinstance(choices, str):
        value = _value(choices, row)
        choices = ast.literal_eval(value) if isinstance(value, str) else value
    return list(choices.values()) if isinstance(choices, dict) else list(choices)


def _prefix(fields: Mapping[str, Any], row: Row) -> str:
    return _field(fields.get("gen_prefix") or "", row)


def _field(template: str, row: Row) -> str:
    return str(_value(template, row))


def _value(template: str, row: Row) -> Any:
    return row[template] if template in row else _environment.from_string(template).render(**row)


def _given(fields: Mapping[str, Any], name: str, default: str) -> str:
    value = fields.get(name)
    return default if value is None else str(value)
