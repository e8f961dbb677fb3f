"""From what a model wrote to the label that it means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from taskatlas.schemas.prompts import PromptCard

_AROUND = " \t\n\r.,;:!?\"'`*()[]{}“”‘’"


def until(text: str, stops: Sequence[str]) -> str:
    """A text up to its first stop, without white space around it."""
    return text[: min((place for place in map(text.find, stops) if place >= 0), default=None)].strip()


def label_of(written: str, prompt: PromptCard) -> str | None:
    """The label whose answer was written, or None where that cannot be said.

    The rule: without case, and without punctuation around, the whole text is an answer or a label; or else exactly one
    label's answers stand in it as whole words, the earliest line that holds any deciding. A text that holds answers of
    two labels there means neither. Words beside an answer, such as "not", are not looked at: rules about them would be
    guesses.
    """
    answers = _answers(tuple((label, text) for label, texts in prompt.answers.items() for text in (*texts, label)))
    plain = written.strip(_AROUND).casefold()
    if plain in answers:
        return answers[plain]
    for line in written.casefold().splitlines():
        held = {label for text, label in answers.items() if _word(text).search(line)}
        if held:
            return held.pop() if len(held) == 1 else None
    return None


@lru_cache(maxsize=256)
def _answers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Answer without case → label; what two labels share means neither."""
    found: dict[str, set[str]] = {}
    for label, text in pairs:
        found.setdefault(text.strip(_AROUND).casefold(), set()).add(label)
    return {text: labels.copy().pop() for text, labels in found.items() if len(labels) == 1 and text}


@lru_cache(maxsize=4_096)
def _word(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
