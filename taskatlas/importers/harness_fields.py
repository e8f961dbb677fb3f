"""lm-evaluation-harness: what becomes of each field of a file, so that none that changes a prompt vanishes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.files import Tagged

KEPT = frozenset({
    "description", "doc_to_choice", "doc_to_target", "doc_to_text", "fewshot_config", "fewshot_delimiter",
    "fewshot_split", "gen_prefix", "include", "num_fewshot", "output_type", "target_delimiter",
})  # fmt: skip
"""What a prompt is made of."""
HARMLESS = frozenset({
    "dataset_kwargs", "dataset_name", "dataset_path", "doc_to_decontamination_query", "metadata", "metric_list",
    "process_results", "should_decontaminate", "tag", "task", "task_alias", "test_split", "training_split",
    "unsafe_code", "validation_split",
})  # fmt: skip
"""Names, where rows are from, and how answers are scored."""
REFUSED: Mapping[str, str] = {
    "class": "a Python class asks it (class)",
    "doc_to_audio": "it plays a sound (doc_to_audio)",
    "doc_to_image": "it shows an image (doc_to_image)",
    "use_prompt": "its text is in another collection (use_prompt): import that one's file",
}
"""What no prompt can show."""


def field_notes(fields: Mapping[str, Any]) -> list[str]:
    """Return what a person should know of the fields that are neither kept nor harmless.

    Raises:
        InputError: one of them is nothing that a prompt can show.

    """
    present = {name: value for name, value in fields.items() if value is not None}
    for name, why in REFUSED.items():
        if name in present:
            raise InputError(why)
    notes = [_TOLD[name](present) for name in _TOLD if name in present]
    unknown = sorted(str(name) for name in present.keys() - KEPT - HARMLESS - _TOLD.keys())
    if unknown:
        notes.append(f"fields that are not known here, and may change what is asked: {', '.join(unknown)}")
    return [note for note in notes if note]


def text_field(fields: Mapping[str, Any], name: str, default: str = "") -> str:
    """Return a field that is text.

    Raises:
        InputError: it is something else.

    """
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise InputError(f"its {name} is no text")
    return value


def writes(fields: Mapping[str, Any]) -> bool:
    """Return whether answers are written; `generate_until` is what the format takes where nothing is said."""
    return bool(fields.get("output_type", "generate_until") == "generate_until")


def as_written(value: object) -> str:
    """Return a value as a card would hold it, on one line."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _made_columns(name: str) -> Callable[[Mapping[str, Any]], str]:
    def note(fields: Mapping[str, Any]) -> str:
        return f"columns are those that its {name} makes" if isinstance(fields[name], Tagged) else ""

    return note


def _repeats(fields: Mapping[str, Any]) -> str:
    return "" if fields["repeats"] == 1 else f"each text is asked once, not {fields['repeats']} times (repeats)"


def _filters(fields: Mapping[str, Any]) -> str:
    if not writes(fields) or not fields["filter_list"]:
        return ""
    filters = fields["filter_list"]
    of_list = filters if isinstance(filters, list) else []
    names = [each["name"] for each in of_list if isinstance(each, dict) and isinstance(each.get("name"), str)]
    named = f": {', '.join(names)}" if names else ""
    return f"what is written is read as a label as it stands, not by its filter_list{named}"


def _writing(fields: Mapping[str, Any]) -> str:
    given = fields["generation_kwargs"]
    if not writes(fields) or not isinstance(given, dict):
        return ""
    until = given.get("until")
    stop = [until] if isinstance(until, str) else until
    cards = {"stop": stop, "max_tokens": given.get("max_gen_toks") or given.get("max_new_tokens")}
    settings = [f"{name}: {as_written(value)}" for name, value in cards.items() if value]
    notes = [f"for the model's card: {', '.join(settings)}"] if settings else []
    if given.get("do_sample"):
        notes.append("answers are the likeliest ones, not drawn by chance (do_sample)")
    return "; ".join(notes)


_TOLD: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "process_docs": _made_columns("process_docs"),
    "custom_dataset": _made_columns("custom_dataset"),
    "repeats": _repeats,
    "filter_list": _filters,
    "generation_kwargs": _writing,
}
"""What is not on a prompt's card, and is said where it differs from what happens here."""
