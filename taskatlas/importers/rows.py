"""Rows that say what is asked, of what and what comes out → instructions with their instances, as formats of tuning
write them: one file, and the instruction in each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.closed import Instance
from taskatlas.importers.draft import names_of
from taskatlas.importers.instructions import Instructions
from taskatlas.ingest.clean import clean_text

FEW_ROWS = 20
"""Fewer rows are too few to tell free text from a closed set, and for a dataset."""
MAX_INSTRUCTIONS = 200
"""Of a file: those with the most rows."""
_TITLE = 40
_Asked = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class AskedRow:
    """One row of such a file.

    Attributes:
        instruction: what is asked of every text, in words; may be empty.
        text: the text.
        outputs: what may come out.
        shown: texts that are shown first, each with its answer.
    """

    instruction: str
    text: str
    outputs: tuple[str, ...]
    shown: tuple[tuple[str, str], ...] = ()

    @property
    def asked(self) -> _Asked:
        """What is asked, and what is shown first."""
        return self.instruction.strip(), self.shown


def grouped(
    rows: Sequence[AskedRow | None], file: Path, form: str, *, as_system: bool = False, titles: bool = False
) -> tuple[list[Instructions], str]:
    """Return the instructions of a file with their instances, and what a person should know of the others.

    Args:
        rows: None stands for a row that says no text, or no output.
        file: the file.
        form: what the format is called.
        as_system: whether the instruction is a chat's system message.
        titles: whether what rows share is no instruction but the title of their task.

    Raises:
        InputError: no row has a text, or they have few for each instruction.

    """
    by_instruction: dict[_Asked, list[AskedRow]] = {}
    for row in rows:
        if row is not None:
            by_instruction.setdefault(row.asked, []).append(row)
    if not by_instruction:
        what = "no row has a text and an output"
        raise InputError(what, where=str(file), todo="name another file")
    enough = _with_enough_rows(by_instruction)
    if not enough:
        what = f"holds {len(by_instruction):,} instructions with few rows each: they tune a model, and measure none"
        todo = "give the rows of one question one instruction, or write the inputs into a file that a corpus card names"
        raise InputError(what, where=str(file), todo=todo)
    unread = sum(row is None for row in rows) if len(by_instruction) == 1 else 0
    instructions = []
    for (asked, shown), found in enough.items():
        title = _name(file) if len(enough) == 1 and not titles else _title(file, asked)
        instances = tuple(Instance(row.text, row.outputs) for row in found) + (Instance("", ()),) * unread
        examples = tuple(Instance(text, (answer,)) for text, answer in shown)
        each = Instructions(title, asked, instances, examples, title, "", "", form, as_system)
        instructions.append(replace(each, definition="", category=asked) if titles else each)
    others = len(by_instruction) - len(enough)
    return instructions, f"{others:,} further instructions have too few rows to measure a model" if others else ""


def _with_enough_rows(by_instruction: Mapping[_Asked, list[AskedRow]]) -> dict[_Asked, list[AskedRow]]:
    """Return the instructions with enough rows, those with the most; a single instruction in any case."""
    most = sorted(by_instruction, key=lambda asked: (-len(by_instruction[asked]), asked))[:MAX_INSTRUCTIONS]
    kept = {asked for asked in most if len(by_instruction[asked]) >= FEW_ROWS or len(by_instruction) == 1}
    return {asked: found for asked, found in by_instruction.items() if asked in kept}


def _name(file: Path) -> str:
    return " ".join(names_of(file))


def _title(file: Path, asked: str) -> str:
    return f"{_name(file)} {asked[:_TITLE].strip() or 'without instruction'}"


def outputs_of(value: Any) -> tuple[str, ...]:
    """Return the right answers of a row, which are a text or a list of texts; none where there is something else."""
    values = value if isinstance(value, list) else [value]
    return tuple(filter(None, map(clean_text, values))) if all(isinstance(each, str) for each in values) else ()


def text_of(value: Any) -> str:
    """Return a value that is text, or a list of one text; '' for others."""
    only = value[0] if isinstance(value, list) and len(value) == 1 else value
    return only.strip() if isinstance(only, str) else ""
