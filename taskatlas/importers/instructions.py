"""Natural-Instructions: a JSON file with a definition in words and instances with their outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.closed import Instance
from taskatlas.ingest.clean import clean_text


@dataclass(frozen=True)
class Instructions:
    """What a file says.

    Attributes:
        title: what the file is called, without its ending.
        definition: the instruction to a person.
        instances: inputs with their outputs, in one form; one without an input has no outputs either.
        examples: the positive examples, alike.
        category: the first of its categories; empty where it names none.
        domain: its domains.
        source: where its instances come from.
        format: what the format is called.
        as_system: whether the definition is a chat's system message.
        prompts: whether prompts are made of the definition; not where the file brings its own.
    """

    title: str
    definition: str
    instances: tuple[Instance, ...]
    examples: tuple[Instance, ...]
    category: str
    domain: str
    source: str
    format: str = "Natural-Instructions"
    as_system: bool = False
    prompts: bool = True


def read_instructions(content: Mapping[str, Any], file: Path) -> Instructions:
    """Read what the fields of a file say.

    Raises:
        InputError: a field that is needed is missing, empty, or of another type.

    """
    definition = "\n".join(_texts(content, "Definition", file)).strip()
    if not definition:
        raise _fault("is missing or empty", "Definition", file)
    if not content.get("Instances"):
        raise _fault("is no list, or an empty one", "Instances", file)
    return Instructions(
        title=file.stem,
        definition=definition,
        instances=_instances(content, "Instances", file),
        examples=_instances(content, "Positive Examples", file),
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


def _instances(content: Mapping[str, Any], name: str, file: Path) -> tuple[Instance, ...]:
    values = content.get(name) or []
    if not isinstance(values, list):
        raise _fault("is no list, or an empty one", name, file)
    return tuple(_instance(value, f"{name}, number {number}", file) for number, value in enumerate(values, 1))


def _instance(value: object, where: str, file: Path) -> Instance:
    fields = value if isinstance(value, dict) else {}
    text, output = fields.get("input"), fields.get("output")
    outputs = [output] if isinstance(output, str) else output
    if not isinstance(text, str) or not isinstance(outputs, list):
        raise _fault("has no input that is text, or no output", where, file)
    if not all(isinstance(each, str) for each in outputs):
        raise _fault("has an output that is no text", where, file)
    labels = dict.fromkeys(filter(None, map(clean_text, outputs))) if clean_text(text) else ()
    explanation = fields.get("explanation")
    return Instance(text, tuple(labels), clean_text(explanation) if isinstance(explanation, str) else "")


def _fault(what: str, field: str, file: Path) -> InputError:
    return InputError(what, where=f"{file}: {field}", todo="name a file of Natural-Instructions")
