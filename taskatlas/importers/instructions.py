"""Natural-Instructions: a JSON file with a definition in words and instances with their outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.closed import Labelled
from taskatlas.ingest.clean import clean_text


@dataclass(frozen=True)
class Instructions:
    """What a file says.

    Attributes:
        title: what the file is called, without its ending.
        definition: the instruction to a person.
        rows: inputs with their output; instances without an input, or without exactly one output, are not among them.
        n_instances: how many instances there are.
        category: the first of its categories; empty where it names none.
        domain: its domains.
        source: where its instances come from.
    """

    title: str
    definition: str
    rows: tuple[Labelled, ...]
    n_instances: int
    category: str
    domain: str
    source: str


def read_instructions(content: Mapping[str, Any], file: Path) -> Instructions:
    """Read what the fields of a file say.

    Raises:
        InputError: a field that is needed is missing, empty, or of another type.

    """
    definition = "\n".join(_texts(content, "Definition", file)).strip()
    if not definition:
        raise _fault("is missing or empty", "Definition", file)
    instances = content.get("Instances")
    if not isinstance(instances, list) or not instances:
        raise _fault("is no list, or an empty one", "Instances", file)
    rows = [_row(instance, number, file) for number, instance in enumerate(instances, 1)]
    return Instructions(
        title=file.stem,
        definition=definition,
        rows=tuple(row for row in rows if row is not None),
        n_instances=len(instances),
        category=next(iter(_texts(content, "Categories", file)), ""),
        domain=", ".join(_texts(content, "Domains", file)),
        source=", ".join(_texts(content, "Source", file)),
    )


def _texts(content: Mapping[str, Any], name: str, file: Path) -> list[str]:
    """Return the texts of a field that is a text or a list of texts; the blank ones are left out."""
    value = content.get(name, [])
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise _fault("is neither text nor a list of texts", name, file)
    return [text.strip() for text in texts if text.strip()]


def _row(instance: object, number: int, file: Path) -> Labelled | None:
    fields = instance if isinstance(instance, dict) else {}
    text, output = fields.get("input"), fields.get("output")
    outputs = [output] if isinstance(output, str) else output
    if not isinstance(text, str) or not isinstance(outputs, list):
        raise _fault("has no input that is text, or no output", f"Instances, number {number}", file)
    if not all(isinstance(each, str) for each in outputs):
        raise _fault("has an output that is no text", f"Instances, number {number}", file)
    label = clean_text(outputs[0]) if len(outputs) == 1 else ""
    return Labelled(text, label) if label and clean_text(text) else None


def _fault(what: str, field: str, file: Path) -> InputError:
    return InputError(what, where=f"{file}: {field}", todo="name a file of Natural-Instructions")
