"""Examples before they are selected, and who picks them: texts that are not near duplicates of what was taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from taskatlas.hashing import digest
from taskatlas.ingest.duplicates import NearIndex, sketch
from taskatlas.schemas.inputs import Fields, texts_beside

Answer = tuple[str | None, float | None, tuple[str, ...]]
"""The label, the value and the right answers of an example."""


@dataclass(frozen=True)
class CleanedRow:
    """A row that may become an example.

    Attributes:
        text_id: content hash of its text, or pair.
        split: 'train', 'test', 'all' where that is still open.
        text: cleaned.
        text_pair: cleaned; None where there is none.
        label: its class; None in a corpus, and where it has a value.
        value: its number.
        fields: its further texts by name.
        choices: its own choices.
        answers: what is right, where that is text.
    """

    text_id: str
    split: str
    text: str
    text_pair: str | None
    label: str | None = None
    value: float | None = None
    fields: Fields = ()
    choices: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        """What is right of its text."""
        return self.label, self.value, self.answers

    @property
    def precedence(self) -> tuple[bool, str]:
        """Return the key by which the first of several rows with one text stays: test split, then content hash."""
        return self.split != "test", digest("precedence", self.text_id, self.label, self.value, *self.answers)


class Picker:
    """Takes texts and counts what it leaves: near duplicates of what was taken before that have the same label, and of
    barred texts. A near duplicate with another label is no duplicate: that one word makes the difference is what such
    pairs are written for.

    Args:
        barred: texts of which no near duplicate is taken.
        keep_near: take near duplicates of what was taken, too.

    Attributes:
        n_seen: texts that were looked at.
        n_near: near duplicates with the same label, which were left; 0 where all are kept.
        n_conflicting: near duplicates with another label alone, which were taken; 0 where all are kept.
        n_barred: near duplicates of barred texts.
    """

    def __init__(self, barred: NearIndex | None = None, *, keep_near: bool = False) -> None:
        self._barred, self._keep_near = barred, keep_near
        self._taken = NearIndex()
        self._seen: set[str] = set()
        self.n_near = self.n_conflicting = self.n_barred = 0

    @property
    def n_seen(self) -> int:
        """Return how many texts were looked at."""
        return len(self._seen)

    def pick(self, candidates: Iterable[CleanedRow], limit: int | None) -> list[CleanedRow]:
        """Return the first `limit` candidates that can be taken; one that was a candidate before is passed over."""
        picked: list[CleanedRow] = []
        for each in candidates:
            if limit is not None and len(picked) >= limit:
                break
            if each.text_id not in self._seen and self._take(each):
                picked.append(each)
        return picked

    def _take(self, each: CleanedRow) -> bool:
        self._seen.add(each.text_id)
        if self._barred is not None and self._barred.has_part_near(each.text, *texts_beside(each)):
            self.n_barred += 1
            return False
        if self._keep_near:
            return True
        new = sketch(each.text, *texts_beside(each))
        if self._taken.has_near(new, lambda answer: answer == each.answer):
            self.n_near += 1
            return False
        if self._taken.has_near(new):
            self.n_conflicting += 1
        self._taken.add(new, each.answer)
        return True
