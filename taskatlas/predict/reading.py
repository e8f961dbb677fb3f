"""From what a model wrote to the label that it means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from taskatlas.predict.render import has_choice, row_choices
from taskatlas.schemas.inputs import Input
from taskatlas.schemas.prompts import PromptCard

_AROUND = " \t\n\r.,;:!?\"'`*()[]{}“”‘’"


def cut_at_stop(text: str, stops: Sequence[str]) -> str:
    r"""Cut a text at its first stop, and strip white space around it.

    >>> cut_at_stop(" yes, it is\nText: more", ["\n", "###"])
    'yes, it is'
    """
    return text[: min((position for position in map(text.find, stops) if position >= 0), default=None)].strip()


def label_of(written: str, prompt: PromptCard, row: Input) -> str | None:
    """Return the label whose answer to a row was written, or None where that is not clear.

    The rule: without case, and without punctuation around, the whole text is an answer or a label; or else exactly one
    label's answers stand in it as whole words (a letter as "b) ..." or "answer: b"), the earliest line that holds any
    deciding. A text that holds answers of two labels there means neither. Words beside an answer, such as "not", are
    not looked at: rules about them would be guesses.
    """
    answers = _answers(_pairs(prompt, row))
    stripped = written.strip(_AROUND).casefold()
    if stripped in answers:
        return answers[stripped]
    for line in written.casefold().splitlines():
        labels = {label for text, label in answers.items() if _word(text).search(line)}
        if labels:
            return labels.pop() if len(labels) == 1 else None
    return None


def _pairs(prompt: PromptCard, row: Input) -> tuple[tuple[str, str], ...]:
    """Return all answers with their labels, each label an answer itself."""
    named = [(label, text) for label, texts in prompt.answers.items() for text in texts]
    if prompt.asks_rows:
        there = [(label, text) for (label, _), text in zip(named, row_choices(prompt, row), strict=True) if text]
        return (*there, *((label, label) for label in dict(there)))
    there = [(label, text) for label, text in named if has_choice(prompt, row, label)]
    return (*there, *((label, label) for label in dict(there)))


@lru_cache(maxsize=256)
def _answers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map answers without case to labels; an answer that two labels share maps to neither."""
    labels_by_answer: dict[str, set[str]] = {}
    for label, text in pairs:
        labels_by_answer.setdefault(text.strip(_AROUND).casefold(), set()).add(label)
    return {text: labels.copy().pop() for text, labels in labels_by_answer.items() if len(labels) == 1 and text}


@lru_cache(maxsize=4_096)
def _word(text: str) -> re.Pattern[str]:
    """Match an answer as a whole word; a letter as the name of an option, for "a" and "I" are words, too."""
    if len(text) == 1 and text.isalpha() and text.isascii():
        return re.compile(rf"^\W*{text}(?:\s*[.):,\]]|\W*$)|\({text}\)|\b(?:answer|choice|option)(?:\W+is)?\W+{text}\b")
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
