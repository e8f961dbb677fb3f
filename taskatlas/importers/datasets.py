"""Files with instructions and instances → datasets in a project, each with its data and two prompts; or, where the
outputs are free text, the instruction as a prompt."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskatlas.cards.names import card_name, slug
from taskatlas.errors import InputError, StoreError, TaskatlasError
from taskatlas.importers.closed import FreeTextError, Labelled, closed_set_rows
from taskatlas.importers.files import read_json
from taskatlas.importers.instructions import Instructions, read_instructions
from taskatlas.importers.report import Outcome, left_out
from taskatlas.importers.syntax import literal_template
from taskatlas.importers.write import Addition, Additions, card_path, checked_card
from taskatlas.ingest.read import read_dataset
from taskatlas.ingest.select import select_dataset
from taskatlas.registry.load import load
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.project import ProjectCard
from taskatlas.schemas.prompts import PromptCard

_MAX_LINE = 500
"""Of a description or a domain."""


@dataclass(frozen=True)
class _DatasetDraft:
    """What one file with a closed set of outputs becomes: its data, its dataset and its prompts."""

    data: bytes
    dataset: DatasetCard
    prompts: tuple[PromptCard, ...]
    note: str


def import_instructions(
    folder: Path, files: Sequence[Path], *, family: str | None = None, limit: int | None = None
) -> list[Outcome]:
    """Write a dataset and its prompts for each file whose outputs are a closed set, and a prompt for each file whose
    outputs are free text; nothing that is there is changed.

    Args:
        folder: the project.
        files: JSON files of Natural-Instructions.
        family: of the datasets; None: the first category of each file.
        limit: most rows per dataset; None: all.

    Returns:
        What became of each file: of its dataset, if any, and its prompts, in the order of the files.

    Raises:
        CardError: the project does not hold together.
        StoreError: it cannot be written.

    """
    registry = load(folder)
    additions = Additions(registry)
    outcomes: list[Outcome] = []
    for file in files:
        try:
            instructions = read_instructions(read_json(file), file)
            outcomes += _import_one(instructions, str(file), additions, registry.project, family, limit)
        except StoreError:
            raise
        except TaskatlasError as error:
            outcomes.append(left_out(str(file), "", error))
    return outcomes


def _import_one(
    instructions: Instructions,
    file: str,
    additions: Additions,
    project: ProjectCard,
    family: str | None,
    limit: int | None,
) -> list[Outcome]:
    try:
        rows = closed_set_rows(instructions.rows, instructions.n_instances, limit)
    except FreeTextError as error:
        card = checked_card(PromptCard, _instruction_prompt(card_name(instructions.title), instructions.definition))
        note = f"a prompt alone, as {error.what}"
        return [Outcome(file, instructions.title, additions.write(card), card_path(card), note)]
    draft = _dataset_draft(instructions, rows, family)
    _require_selectable(draft, project)
    return _write_all(draft, file, instructions.title, additions)


def _dataset_draft(instructions: Instructions, rows: Sequence[Labelled], family: str | None) -> _DatasetDraft:
    if not (family or instructions.category):
        raise InputError("it names no category; name the family of its dataset with --family")
    name, labels = card_name(instructions.title), sorted({row.label for row in rows})
    source = f"; instances from {instructions.source}" if instructions.source else ""
    dataset: dict[str, Any] = {
        "name": name,
        "family": family or slug(instructions.category),
        "domain": (instructions.domain or "unknown")[:_MAX_LINE],
        "description": f"Natural-Instructions, {instructions.title}{source}"[:_MAX_LINE],
        "source": f"data/{name}.jsonl",
        "labels": labels,
    }
    longest = max(len(row.text) for row in rows)
    if longest > DatasetCard.model_fields["max_chars"].default:
        dataset["max_chars"] = longest
    left = instructions.n_instances - len(rows)
    return _DatasetDraft(
        data=b"".join(map(_line, rows)),
        dataset=checked_card(DatasetCard, dataset),
        prompts=tuple(checked_card(PromptCard, prompt) for prompt in _prompts(name, labels, instructions.definition)),
        note=f"{len(rows)} rows, {len(labels)} labels" + (f"; instances left out: {left}" if left else ""),
    )


def _prompts(dataset: str, labels: Sequence[str], definition: str) -> list[dict[str, Any]]:
    """Return the fields of the two prompts of a dataset: its text after the definition, and its text alone."""
    common = {"choices": dict(zip(labels, labels, strict=True)), "datasets": [dataset]}
    plain = {"template": "{{ text }}", "description": f"{dataset} without its definition"}
    return [
        {**_instruction_prompt(dataset, definition), **common},
        {"name": card_name(dataset, "plain"), **plain, **common},
    ]


def _instruction_prompt(name: str, definition: str) -> dict[str, Any]:
    """Return the fields of the prompt that shows a text after the definition; by itself, for free text."""
    fields = {"template": literal_template(definition) + "\n\n{{ text }}", "description": f"The definition of {name}"}
    return {"name": card_name(name, "instruction"), **fields}


def _line(row: Labelled) -> bytes:
    # JSON can hold lone surrogates, which mean nothing, and UTF-8 cannot
    line = json.dumps({"text": row.text, "label": row.label}, ensure_ascii=False)
    return line.encode("utf-8", "replace") + b"\n"


def _require_selectable(draft: _DatasetDraft, project: ProjectCard) -> None:
    """Check that a run would take the dataset, as one that cannot be split would stop all runs of the project.

    Raises:
        InputError: it would not.

    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / draft.dataset.source
        file.parent.mkdir()
        file.write_bytes(draft.data)
        rows = read_dataset(draft.dataset, Path(folder))
    select_dataset(draft.dataset, rows, train_limit=project.train_limit, test_limit=project.test_limit)


def _write_all(draft: _DatasetDraft, file: str, title: str, additions: Additions) -> list[Outcome]:
    """Write all of a file's cards, or none: look for what stands in the way before anything is written."""
    additions.file_state(draft.dataset.source, draft.data)
    cards: list[Addition] = [draft.dataset, *draft.prompts]
    for card in cards:
        additions.state(card)
    additions.write_file(draft.dataset.source, draft.data)  # first, as the card names it
    states = [additions.write(card) for card in cards]
    notes = [draft.note, *("" for _ in draft.prompts)]
    written = zip(cards, states, notes, strict=True)
    return [Outcome(file, title, state, card_path(card), note) for card, state, note in written]
