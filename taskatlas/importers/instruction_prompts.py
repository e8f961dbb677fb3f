"""The prompts of instructions with their instances: the definition, the text alone, and positive examples first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from taskatlas.cards.names import card_name
from taskatlas.errors import InputError
from taskatlas.importers.closed import ClosedSet, Instance
from taskatlas.importers.instructions import Instructions
from taskatlas.importers.messages import SYSTEM_NOTE
from taskatlas.importers.syntax import literal_template
from taskatlas.importers.write import checked_card
from taskatlas.ingest.clean import clean_text
from taskatlas.ingest.duplicates import NearIndex
from taskatlas.schemas.prompts import PromptCard

_LONGEST = 20_000
"""Of a demonstration's text and its answer, in characters."""
_MOST = 64
"""Demonstrations."""

PROMPT_KINDS = ("instruction", "plain", "examples")
"""How the names of a dataset's prompts end."""
NotedPrompt = tuple[PromptCard, str]
"""A prompt, and what a person should know of it; may be empty."""


def instruction_prompts(
    name: str, instructions: Instructions, closed: ClosedSet | None = None, tested: Sequence[str] = ()
) -> list[NotedPrompt]:
    """Return the prompts of a file.

    Args:
        name: of its dataset, or what it would be.
        instructions: what the file says.
        closed: the rows of its dataset; None where outputs are free text, which the text alone says nothing about.
        tested: the texts that its dataset tests, which no prompt may show.

    Raises:
        InputError: there is neither a definition nor a dataset.
        CardError: a field does not hold.
        PromptError: a prompt does not hold.

    """
    if not instructions.prompts:
        return []
    if not instructions.definition and closed is None:
        raise InputError("it has no instruction that could be a prompt, and its outputs make no dataset")
    labels = sorted({row.label for row in closed.rows}) if closed else []
    common = {"choices": dict(zip(labels, labels, strict=True)), "datasets": [name]} if closed else {}
    shown, prompts = _shown(instructions), list[dict[str, Any]]()
    if instructions.definition:
        prompts.append({"name": "instruction", "description": f"The definition of {name}", **shown})
    if closed:
        about = f"{name} without its definition" if instructions.definition else f"The text of {name} alone"
        prompts.append({"name": "plain", "description": about, "template": "{{ text }}"})
    examples, note = _examples(instructions, closed, tested)
    if examples:
        described = f"The definition of {name}, with its positive examples answered first"
        demonstrations = {"choose": "fixed", "examples": examples}
        prompts.append({"name": "examples", "description": described, **shown, "demonstrations": demonstrations})
    cards = [
        checked_card(PromptCard, {**each, "name": card_name(name, str(each["name"])), **common}) for each in prompts
    ]
    notes = [SYSTEM_NOTE if card.system else "" for card in cards]
    return [*zip(cards[:-1], notes[:-1], strict=True), (cards[-1], note or notes[-1])]


def _shown(instructions: Instructions) -> dict[str, str]:
    """Return the fields that show the definition: before the text, or as a chat's system message."""
    if instructions.as_system:
        return {"system": instructions.definition}
    return {"template": literal_template(instructions.definition) + "\n\n{{ text }}"}


def _examples(
    instructions: Instructions, closed: ClosedSet | None, tested: Sequence[str]
) -> tuple[list[dict[str, Any]], str]:
    """Return the positive examples that can be shown, and a note on how many those are."""
    if not instructions.examples:
        return [], ""
    texts, near = {clean_text(each.text) for each in instructions.instances}, NearIndex.of(tested)
    why_not: Counter[str] = Counter()
    examples: list[dict[str, Any]] = []
    for example in instructions.examples:
        label = closed.label_like(example.outputs) if closed else next(iter(example.outputs), None)
        text = clean_text(example.text)
        if closed and (text in texts or near.has_part_near(text)):
            why_not["among the instances"] += 1
        elif label is None or not _is_short(example, label) or len(examples) == _MOST:
            why_not["without a label, or too long"] += 1
        else:
            fields = {"fields": {"explanation": example.explanation}} if example.explanation else {}
            examples.append({"text": example.text, **fields, "label": label})
    notes = [f"positive examples: {len(examples)}", *(f"left out: {count} {why}" for why, count in why_not.items())]
    return examples, "; ".join(notes)


def _is_short(example: Instance, label: str) -> bool:
    return len(example.text) <= _LONGEST and len(label) <= _LONGEST
