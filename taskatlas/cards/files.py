"""Reading a YAML card, and saying in a person's words what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from taskatlas.errors import CardError, TaskatlasError, did_you_mean
from taskatlas.schemas.cards import Columns, CorpusSource, Weights
from taskatlas.schemas.prompts import Demonstrations, WrittenExample

PROJECT_FILE = "atlas.yaml"
MAX_BYTES = 1_000_000
_WITHIN: dict[str, type[BaseModel]] = {
    "columns": Columns, "sources": CorpusSource, "weights": Weights, "adapter": Weights,
    "demonstrations": Demonstrations, "examples": WrittenExample,
}  # fmt: skip
"""Fields that hold fields."""


class Loader(yaml.SafeLoader):
    """SafeLoader that does not let a field be given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The fields of a mapping, each given once and named by a word."""
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool):
                raise yaml.MarkedYAMLError(problem="a field's name must be a word", problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"{key!r} is given twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(file: Path, place: str) -> Any:
    """The content of a YAML file.

    Args:
        file: the file.
        place: what to call it in an error.

    Raises:
        CardError: unreadable, not UTF-8, not YAML, too large, or not a mapping.

    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CardError(f"is over {MAX_BYTES:,} bytes, too large for a card", where=place)
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise CardError(f"cannot be read ({error.strerror})", where=place) from error
    except UnicodeDecodeError as error:
        raise CardError(f"is not UTF-8 (byte {error.start})", where=place, todo="save it as UTF-8") from error
    content = parsed(text, Loader, place)
    if not isinstance(content, dict):
        raise CardError("holds no fields", where=place, todo="write `name: ...` and the other fields of a card")
    return content


def parsed(text: str, loader: type[Loader], place: str) -> Any:
    """What YAML text stands for.

    Args:
        text: the YAML.
        loader: says which tags there are.
        place: what to call the text in an error.

    Raises:
        CardError: it is not YAML, holds an unknown tag or an impossible number or date, or is nested too deeply.

    """
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise CardError(f"is not valid YAML: {problem}", where=place + line, todo="mend that line") from error
    except ValueError as error:
        raise CardError(f"holds a number or a date that is none ({error})", where=place, todo="mend it") from error
    except RecursionError as error:
        raise CardError("is nested too deeply", where=place) from error


def describe(error: ValidationError, place: str, content: Any, fields: Sequence[str]) -> CardError:
    """The first fault of a card: file, field, what was expected and the nearest valid name."""
    faults = error.errors()
    fault = _most_telling(faults)
    # a field of several types names the type that was tried as a step: tuple[...]
    steps = [str(step) for step in fault["loc"] if step != content.get("kind") and "[" not in str(step)]
    where = f"{place}: {'.'.join(steps)}" if steps else place
    given = _short(fault["input"])
    match fault["type"]:
        case "extra_forbidden":
            known = [field for field in fields if field not in content] if len(steps) == 1 else _known_within(steps)
            todo = did_you_mean(steps[-1], known) if known else "take it away"
            return CardError("there is no such field", where=where, todo=todo)
        case "missing":
            return CardError("this field is missing", where=where, todo="add it")
        case "union_tag_not_found":
            return CardError("the field kind is missing", where=place, todo=f"give one of {_expected(fault)}")
        case "union_tag_invalid":
            context = fault.get("ctx", {})
            tag, tags = str(context.get("tag")), str(context.get("expected_tags")).replace("'", "").split(", ")
            return CardError(f"there is no kind {tag!r}", where=f"{place}: kind", todo=did_you_mean(tag, tags))
        case "string_pattern_mismatch":
            todo = "use a-z, 0-9, _ and -, starting with a letter or digit" if "a-z0-9_-" in fault["msg"] else ""
            return CardError(f"{given} does not fit ({fault['msg']})", where=where, todo=todo)
        case "tuple_type":
            words = [each["ctx"]["expected"] for each in faults if each["type"] == "literal_error"]
            return CardError(
                f"expected {' or '.join(['a list', *words[:1]])}, got {given}", where=where, todo="mend this field"
            )
        case "string_type" if isinstance(fault["input"], bool):
            return CardError(f"expected text, got {given}", where=where, todo="put quotes around yes, no, on, off")
        case _:
            message = fault["msg"].removeprefix("Value error, ")
            if fault["type"] in {"model_type", "dict_type"}:
                message = "expected fields with their values"
            got = f", got {given}" if steps else ""
            return CardError(f"{message[:1].lower()}{message[1:]}{got}", where=where, todo="mend this field")


@contextmanager
def within(file: str) -> Iterator[None]:
    """Say in which file a card is, in an error that names the card."""
    try:
        yield
    except TaskatlasError as error:
        error.where = f"{file}: {error.where}"
        raise


def _known_within(steps: Sequence[str]) -> list[str]:
    """The fields that stand beside an unknown one inside another field."""
    holder = next((step for step in reversed(steps[:-1]) if not step.isdigit()), "")
    return sorted(_WITHIN[holder].model_fields) if holder in _WITHIN else []


def _most_telling(faults: list[ErrorDetails]) -> ErrorDetails:
    """A misspelt field shows as one unknown and one missing field; the unknown one tells more."""
    unknown = [fault for fault in faults if fault["type"] == "extra_forbidden"]
    return (unknown or faults)[0]


def _expected(fault: ErrorDetails) -> str:
    return str(fault.get("ctx", {}).get("expected_tags", "encoder, probe, callable, recorded"))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
