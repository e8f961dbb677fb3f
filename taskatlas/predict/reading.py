"""From what a model wrote to the label that it means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from taskatlas.schemas.prompts import PromptCard

_AROUND = " \t\n\r.,;:!?\"'`*()[]{}“”‘’"


def cut_at_stop(text: str, stops: Sequence[str]) -> str:
    r"""Cut a text at its first stop, and strip white space around it.

    >>> cut_at_stop(" yes, it is\nText: more", ["\n", "###"])
    'yes, it is'
    """
    return text[: min((position for position in map(text.find, stops) if position >= 0), default=None)].strip()


def label_of(written: str, prompt: PromptCard) -> str | None:
    """Return the label whose answer was written, or None where that is not clear.

    The rule: without case, and without punctuation around, the whole text is an answer or a label; or else exactly one
    label's answers stand in it as whole words, the earliest line that holds any deciding. A text that holds answers of
    two labels there means neither. Words beside an answer, such as "not", are not looked at: rules about them would be
    guesses.
    """
    answers = _answers(tuple((label, text) for label, texts in prompt.answers.items() for text in (*texts, label)))
    stripped = written.strip(_AROUND).casefold()
    if stripped in answers:
        return answers[stripped]
    for line in written.casefold().splitlines():
        labels = {label for text, label in answers.items() if _word(text).search(line)}
        if labels:
            return labels.pop() if len(labels) == 1 else None
    return None


@lru_cache(maxsize=256)
def _answers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map answers without case to labels; an answer that two labels share maps to neither."""
    labels_by_answer: dict[str, set[str]] = {}
    for label, text in pairs:
        labels_by_answer.setdefault(text.strip(_AROUND).casefold(), set()).add(label)
    return {text: labels.copy().pop() for text, labels in labels_by_answer.items() if len(labels) == 1 and text}


@lru_cache(maxsize=4_096)
def _word(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
