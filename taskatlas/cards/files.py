"""Reading a YAML card, and saying in a person's words what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from taskatlas.cards.loader import Loader, parse_yaml
from taskatlas.errors import CardError, TaskatlasError, did_you_mean
from taskatlas.schemas.cards import Columns, CorpusSource, Weights
from taskatlas.schemas.models import MODEL_KINDS
from taskatlas.schemas.prompts import Demonstrations, WrittenExample

PROJECT_FILE = "atlas.yaml"
MAX_BYTES = 1_000_000
_WITHIN: dict[str, type[BaseModel]] = {
    "columns": Columns, "sources": CorpusSource, "weights": Weights, "adapter": Weights,
    "demonstrations": Demonstrations, "examples": WrittenExample,
}  # fmt: skip
"""Fields that hold fields."""


def read_yaml(file: Path, where: str) -> Any:
    """Read the content of a YAML file.

    Args:
        file: the file.
        where: what to call it in an error.

    Raises:
        CardError: unreadable, not UTF-8, not YAML, too large, not a mapping, or what `parse_yaml` refuses.

    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CardError(f"is over {MAX_BYTES:,} bytes, too large for a card", where=where)
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise CardError(f"cannot be read ({error.strerror})", where=where) from error
    except UnicodeDecodeError as error:
        raise CardError(f"is not UTF-8 (byte {error.start})", where=where, todo="save it as UTF-8") from error
    content = parse_yaml(text, Loader, where)
    if not isinstance(content, dict):
        raise CardError("holds no fields", where=where, todo="write `name: ...` and the other fields of a card")
    return content


def faults_of(
    error: ValidationError, card: str, content: Any, fields: Sequence[str], kinds: Sequence[str] = tuple(MODEL_KINDS)
) -> list[CardError]:
    """Return the faults of a card, one of each field: file, field, what was expected and the nearest valid name.

    Args:
        error: of pydantic, of all faults.
        card: what to call the card; its file.
        content: the card as it was read.
        fields: the fields that it can have.
        kinds: the kinds of model that there are.
    """
    of_field: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for fault in error.errors():
        of_field.setdefault(_field(fault, content), []).append(fault)
    told = _to_report({field: faults[0]["type"] for field, faults in of_field.items()}, fields)
    return [_fault(of_field[field], card, content, fields, kinds) for field in told]


def _steps(fault: ErrorDetails, content: Any) -> list[str]:
    """Return the way to the field. One of several types names the type that was tried as a step: tuple[...]"""
    return [str(step) for step in fault["loc"] if step != content.get("kind") and "[" not in str(step)]


def _field(fault: ErrorDetails, content: Any) -> tuple[str, ...]:
    """Return the field that a fault is told of: one of several types is told once, whatever was tried."""
    tried = next((place for place, step in enumerate(fault["loc"]) if "[" in str(step)), None)
    return tuple(_steps({**fault, "loc": fault["loc"][:tried]}, content))


def _fault(
    faults: Sequence[ErrorDetails], card: str, content: Any, fields: Sequence[str], kinds: Sequence[str]
) -> CardError:
    """Return what is wrong with one field of a card."""
    fault = faults[0]
    steps = _steps(fault, content)
    where = f"{card}: {'.'.join(steps)}" if steps else card
    value = _short(fault["input"])
    match fault["type"]:
        case "extra_forbidden":
            known = [field for field in fields if field not in content] if len(steps) == 1 else _known_within(steps)
            todo = did_you_mean(steps[-1], known) if known else "take it away"
            return CardError("there is no such field", where=where, todo=todo)
        case "missing":
            return CardError("this field is missing", where=where, todo="add it")
        case "union_tag_not_found":
            return CardError("the field kind is missing", where=card, todo=f"give one of {', '.join(kinds)}")
        case "union_tag_invalid":
            tag = str(fault.get("ctx", {}).get("tag"))
            return CardError(f"there is no kind {tag!r}", where=f"{card}: kind", todo=did_you_mean(tag, kinds))
        case "string_pattern_mismatch":
            todo = "use a-z, 0-9, _ and -, starting with a letter or digit" if "a-z0-9_-" in fault["msg"] else ""
            return CardError(f"{value} does not fit ({fault['msg']})", where=where, todo=todo)
        case "tuple_type":
            words = [each["ctx"]["expected"] for each in faults if each["type"] == "literal_error"]
            return CardError(
                f"expected {' or '.join(['a list', *words[:1]])}, got {value}", where=where, todo="mend this field"
            )
        case "string_type" if read := _read_as(fault["input"], steps):
            return CardError(f"expected text, got {read[0]}", where=where, todo=f"put quotes around {read[1]}")
        case _:
            message = fault["msg"].removeprefix("Value error, ")
            if fault["type"] in {"model_type", "dict_type"}:
                message = "expected fields with their values"
            got = f", got {value}" if steps else ""
            return CardError(f"{message[:1].lower()}{message[1:]}{got}", where=where, todo="mend this field")


@contextmanager
def within(file: str) -> Iterator[None]:
    """Put the file of a card in front of where an error of the block is."""
    try:
        yield
    except TaskatlasError as error:
        error.where = f"{file}: {error.where}"
        raise


def _known_within(steps: Sequence[str]) -> list[str]:
    """Return the fields that stand beside an unknown one inside another field."""
    holder = next((step for step in reversed(steps[:-1]) if not step.isdigit()), "")
    return sorted(_WITHIN[holder].model_fields) if holder in _WITHIN else []


def _to_report(types: Mapping[tuple[str, ...], str], fields: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the fields to report, unknown ones first: a misspelt field is one unknown and one missing, and the missing
    one is not told."""
    unknown = [steps for steps, kind in types.items() if kind == "extra_forbidden"]
    meant = {name for steps in unknown for name in get_close_matches(steps[-1], fields, n=1, cutoff=0.5)}
    others = [steps for steps in types if steps not in unknown]
    return unknown + [steps for steps in others if types[steps] != "missing" or steps[-1] not in meant]


def _read_as(value: object, steps: Sequence[str]) -> tuple[str, str] | None:
    """Return what YAML made of a word that was meant as text, and which words it does that with; None of others."""
    match value:
        case bool():
            return repr(value), "yes, no, on, off"
        case int() | float():
            return f"the number {value}", "numbers"
        case date():  # and time
            return f"the date {value}", "dates"
        case None if steps and steps[-1].isdigit():  # of a field it is one that was left empty
            return "nothing", "null and ~"
        case _:
            return None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
