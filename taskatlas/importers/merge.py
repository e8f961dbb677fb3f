"""Cards of one import → files: equal contents are one card, which names the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taskatlas.errors import StoreError, TaskatlasError
from taskatlas.importers.report import Outcome, State, left_out
from taskatlas.importers.write import Additions, card_path, prompt_content
from taskatlas.schemas.cards import MAX_LINE
from taskatlas.schemas.prompts import PromptCard


@dataclass(frozen=True)
class NewPrompt:
    """A prompt card before it is written.

    Attributes:
        file: where it is from.
        title: what the file calls it.
        card: the card.
        note: what a person should know of it.
    """

    file: str
    title: str
    card: PromptCard
    note: str


def write_merged(entries: Sequence[Outcome | NewPrompt], additions: Additions) -> list[Outcome]:
    """Write the cards among the entries, one of each content, and return what became of each entry.

    Raises:
        StoreError: the project cannot be written.

    """
    names: dict[str, list[str]] = {}
    for entry in entries:
        if isinstance(entry, NewPrompt):
            names.setdefault(prompt_content(entry.card), []).append(entry.card.name)
    return [
        entry if isinstance(entry, Outcome) else _write(entry, names[prompt_content(entry.card)], additions)
        for entry in entries
    ]


def _write(new: NewPrompt, names: Sequence[str], additions: Additions) -> Outcome:
    equal = additions.equal_prompt(new.card)
    if equal is not None:
        state: State = "there already" if equal == card_path(new.card) else "the same"
        return Outcome(new.file, new.title, state, equal, new.note)
    card = new.card.model_copy(update={"description": _with_names(new.card, names)})
    try:
        was = additions.replaced_content(card)
        state = additions.write(card)
    except StoreError:
        raise
    except TaskatlasError as error:
        return left_out(new.file, new.title, error)
    return Outcome(new.file, new.title, state, card_path(card), "; ".join(filter(None, [new.note, was])))


def _with_names(card: PromptCard, names: Sequence[str]) -> str:
    """Return a card's description with the names of the cards that would have the same content, as far as they fit."""
    others = [name for name in dict.fromkeys(names) if name != card.name]
    for shown in range(len(others), 0, -1):
        more = f" and {len(others) - shown} more" if shown < len(others) else ""
        line = f"{card.description}; also: {', '.join(others[:shown])}{more}"
        if len(line) <= MAX_LINE:
            return line
    return card.description
