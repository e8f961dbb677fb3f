"""Instructions with their instances → datasets in a project, each with its data and prompts."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from taskatlas.cards.names import card_name, slug
from taskatlas.errors import InputError
from taskatlas.importers.closed import ClosedSet, Labelled, closed_set
from taskatlas.importers.instruction_prompts import PROMPT_KINDS, instruction_prompts
from taskatlas.importers.instructions import Instructions
from taskatlas.importers.report import Outcome, State
from taskatlas.importers.write import Addition, Additions, card_path, checked_card
from taskatlas.ingest.read import read_dataset
from taskatlas.ingest.select import select_dataset
from taskatlas.schemas.cards import MAX_LINE, DatasetCard
from taskatlas.schemas.project import ProjectCard


@dataclass(frozen=True)
class _DatasetDraft:
    """What one file with a closed set of outputs becomes, beside its prompts.

    Attributes:
        data: the lines of its file.
        card: its card.
        tested: the texts that a run would test.
        note: what a person should know of it.
    """

    data: bytes
    card: DatasetCard
    tested: tuple[str, ...]
    note: str


def add_dataset(
    instructions: Instructions,
    file: str,
    additions: Additions,
    *,
    project: ProjectCard,
    family: str | None,
    limit: int | None,
) -> list[Outcome]:
    """Write the dataset that instructions with their instances become, and its prompts, and return what became of each.

    Args:
        instructions: what a file says.
        file: the file.
        additions: the project that they come to.
        project: its card.
        family: of the dataset; None: the first category.
        limit: most rows; None: all.

    Raises:
        FreeTextError: the outputs are free text.
        InputError: they make no dataset that a run could use.
        CardError: a field does not hold, or another card has the name.
        StoreError: the project cannot be written.

    """
    name = card_name(instructions.title)
    closed = closed_set(instructions.instances, limit)
    draft = _dataset_draft(name, instructions, closed, family, project)
    prompts = instruction_prompts(name, instructions, closed, draft.tested)
    data = {draft.card.source: draft.data}
    return _write_all([(draft.card, draft.note), *prompts], data, file, instructions.title, additions)


def _dataset_draft(
    name: str, instructions: Instructions, closed: ClosedSet, family: str | None, project: ProjectCard
) -> _DatasetDraft:
    """Return the dataset that a run would take, as one that cannot be split would stop all runs of the project."""
    data, fields = b"".join(map(_line, closed.rows)), _dataset_fields(name, instructions, closed, family)
    left_out = "".join(f"; left out: {count} {why}" for why, count in closed.left_out.items())
    note = f"{len(closed.rows)} rows, {len(fields['labels'])} labels{left_out}"
    card = checked_card(DatasetCard, fields)
    try:
        return _DatasetDraft(data, card, _tested(card, data, project), note)
    except InputError:
        kept = checked_card(DatasetCard, {**fields, "near_duplicates": "keep"})
        note += "; near duplicates stay, as a label would be without rows"
        return _DatasetDraft(data, kept, _tested(kept, data, project), note)


def _dataset_fields(name: str, instructions: Instructions, closed: ClosedSet, family: str | None) -> dict[str, Any]:
    if not (family or instructions.category):
        raise InputError("it names no category; name the family of its dataset with --family")
    source = f"; instances from {instructions.source}" if instructions.source else ""
    fields: dict[str, Any] = {
        "name": name,
        "family": family or slug(instructions.category),
        "domain": (instructions.domain or "unknown")[:MAX_LINE],
        "description": f"{instructions.format}, {instructions.title}{source}"[:MAX_LINE],
        "source": f"data/{name}.jsonl",
        "labels": sorted({row.label for row in closed.rows}),
    }
    longest = max(len(row.text) for row in closed.rows)
    if longest > DatasetCard.model_fields["max_chars"].default:
        fields["max_chars"] = longest
    return fields


def _line(row: Labelled) -> bytes:
    # JSON can hold lone surrogates, which mean nothing, and UTF-8 cannot
    line = json.dumps({"text": row.text, "label": row.label}, ensure_ascii=False)
    return line.encode("utf-8", "replace") + b"\n"


def _tested(card: DatasetCard, data: bytes, project: ProjectCard) -> tuple[str, ...]:
    """Return the texts that a run would test.

    Raises:
        InputError: it would not take the dataset.

    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / card.source
        file.parent.mkdir()
        file.write_bytes(data)
        rows = read_dataset(card, Path(folder))
    examples, _ = select_dataset(card, rows, train_limit=project.train_limit, test_limit=project.test_limit)
    return tuple(examples.filter(pc.equal(examples["split"], "test"))["text"].to_pylist())


def _write_all(
    cards: Sequence[tuple[Addition, str]], data: Mapping[str, bytes], file: str, title: str, additions: Additions
) -> list[Outcome]:
    """Write all of a file's cards, or none: look for what stands in the way before anything is written.

    Args:
        cards: each with what a person should know of it.
        data: path → content of the files that cards name.
        file: where they are from.
        title: what the file is called.
        additions: the project.
    """
    for path, content in data.items():
        additions.file_state(path, content)
    for card, _ in cards:
        additions.state(card)
        if isinstance(card, DatasetCard):
            additions.require_own_source(card)
    states = [additions.write_file(path, content) for path, content in data.items()]  # first, as a card names them
    written = {card_path(card) for card, _ in cards}
    return [_written(card, note, states, file, title, additions, written) for card, note in cards]


def _stays(dataset: str, written: Set[str], additions: Additions) -> str:
    """Return, for a person, which prompts of an earlier import of a dataset the new one does not make."""
    paths = [f"prompts/{card_name(dataset, kind)}.yaml" for kind in PROMPT_KINDS]
    stay = [path for path in paths if path not in written and additions.has(path)]
    return f"of an earlier import stay: {', '.join(stay)}" if stay else ""


def _written(
    card: Addition, note: str, states: Sequence[State], file: str, title: str, additions: Additions, written: Set[str]
) -> Outcome:
    """Write a card; a dataset whose rows gave way is replaced, whatever its card says."""
    was = additions.replaced_content(card)
    state = additions.write(card)
    if isinstance(card, DatasetCard):
        if "replaced" in states:
            state, was = "replaced", was or "it had other rows"
        was = "; ".join(filter(None, [was, _stays(card.name, written, additions)]))
    return Outcome(file, title, state, card_path(card), "; ".join(filter(None, [note, was])))
