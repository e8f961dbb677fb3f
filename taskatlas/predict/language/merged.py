"""Likelihoods for several prompts at once: a text that they show alike is read once, for the answers of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from taskatlas import progress
from taskatlas.predict import stopwatch
from taskatlas.predict.language.engine import Answer, Engine, Floats

Tokenised = tuple[list[list[int]], list[list[Answer]]]
"""The tokens of n texts as a prompt shows them, and for each text those of the prompt's answers."""


class _Asked:
    """Different texts, each with the different answers that a prompt asks for."""

    def __init__(self) -> None:
        self._columns: dict[tuple[int, ...], dict[tuple[int, ...], int]] = {}
        self._rows: dict[tuple[int, ...], int] = {}

    def add(self, text: list[int], answers: Sequence[Answer]) -> tuple[int, list[int]]:
        """Ask for answers after a text: its row, and for each answer its column."""
        key = tuple(text)
        columns = self._columns.setdefault(key, {})
        row = self._rows.setdefault(key, len(self._rows))
        return row, [columns.setdefault(tuple(answer), len(columns)) for answer in answers]

    def scores(self, engine: Engine) -> tuple[list[Floats], stopwatch.Seconds]:
        """Return by row the log-likelihood of every answer, by column; and the seconds that the texts took."""
        answers = [[list(answer) for answer in columns] for columns in self._columns.values()]
        with stopwatch.running() as seconds:
            found = engine.likelihoods([list(text) for text in self._columns], answers)
        return found, seconds


def likelihoods(engine: Engine, prompts: Sequence[Tokenised]) -> tuple[list[list[Floats]], list[stopwatch.Seconds]]:
    """Return for each prompt and text the log-likelihood of its answers there, float64 [answers of the text]; and the
    seconds that the texts took.

    Texts are one where their tokens are, cut to the room there is, so that a score is what the prompt alone would get.
    Prompts that show the first text alike are asked in one call, and each is told the seconds of all of it: alone it
    would have read the texts as well.

    Raises:
        ModelError: the model cannot tell, or memory does not hold one text.
    """
    asked: dict[tuple[int, ...], _Asked] = {}
    places = []
    for texts, answers in prompts:
        first = tuple(texts[0])
        alike = asked.setdefault(first, _Asked())
        places.append((first, [alike.add(*each) for each in zip(texts, answers, strict=True)]))
    scores = {first: alike.scores(engine) for first, alike in asked.items()}
    read = sum(len(found) for found, _ in scores.values())
    progress.advance("answer", sum(len(rows) for _, rows in places) - read)
    by_text = [[scores[first][0][row][columns] for row, columns in rows] for first, rows in places]
    return by_text, [scores[first][1] for first, _ in places]
