"""Documents → labelled pairs that cost no labels: the tasks that encoders are pre-trained by.

Whether a sentence was taken out of a passage (the inverse cloze task) and whether a first sentence is of the document
of a passage (first selection) are of Chang et al. 2020 (arXiv 2002.03932), whether a sentence follows another one (next
sentence) of Devlin et al. 2019 (arXiv 1810.04805). The wrong second text is always of another document of the same
split, and the documents of the two splits are others, so nothing of a test pair is learnt.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from taskatlas.errors import InputError
from taskatlas.hashing import digest

Task = Literal["inverse-cloze", "next-sentence", "first-selection"]
LABELS = ("apart", "together")
FEWEST_SENTENCES = 3
FEWEST_DOCUMENTS = 4
"""Two for each split, as the wrong text is another document's."""
MOST_ROWS = 100_000
TEST_SHARE = 0.4
PASSAGE = 8
"""Sentences of a passage, at most."""
_END = re.compile(r"(?<=[.!?।。！？])\s+|\n+")
Document = Sequence[str]
"""The sentences of a document."""


@dataclass(frozen=True)
class Pair:
    """A row of the dataset: whether the two texts belong together."""

    text: str
    text_pair: str
    label: str


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, by what ends them and by lines.

    >>> sentences("It rained. Did we stay? We did")
    ['It rained.', 'Did we stay?', 'We did']
    """
    return [part.strip() for part in _END.split(text) if part.strip()]


def pairs(texts: Sequence[str], task: Task, *, limit: int, seed: int) -> dict[str, list[Pair]]:
    """Return pairs by split, half of them with the right second text; texts in another order give the same.

    Args:
        texts: documents; those of fewer than three sentences are left out, and equal ones count once.
        task: which pairs are made.
        limit: at most so many of both splits together.
        seed: of what is drawn.

    Raises:
        InputError: too few documents, or a limit that is none.
    """
    if not 8 <= limit <= MOST_ROWS:
        raise InputError(f"{limit:,} rows are no limit", todo=f"give 8 to {MOST_ROWS:,}")
    documents = _documents(texts, seed)
    if len(documents) < FEWEST_DOCUMENTS:
        what = f"texts with {FEWEST_SENTENCES} sentences or more: {len(documents)}, and it takes {FEWEST_DOCUMENTS}"
        raise InputError(what, todo="name a corpus of whole documents")
    n_test = max(2, round(TEST_SHARE * len(documents)))
    n_test = min(n_test, len(documents) - 2)
    test_rows = max(4, round(TEST_SHARE * limit))
    parts = {"train": (documents[n_test:], limit - test_rows), "test": (documents[:n_test], test_rows)}
    return {split: _pairs_of(part, _CUTS[task], rows, f"{seed} {split}") for split, (part, rows) in parts.items()}


def _documents(texts: Sequence[str], seed: int) -> list[Document]:
    """Documents in an order that hangs on their content and the seed alone."""
    distinct = sorted(set(texts), key=lambda text: digest(seed, text))
    cut = (sentences(text) for text in distinct)
    return [each for each in cut if len(set(each)) >= FEWEST_SENTENCES]


def _pairs_of(documents: Sequence[Document], cut: _Cut, rows: int, seed: str) -> list[Pair]:
    drawn = random.Random(seed)  # noqa: S311 - nothing secret
    made: dict[tuple[str, str], Pair] = {}
    rounds = max(map(len, documents))
    for _ in range(rounds):
        for place, document in enumerate(documents):
            text, right = cut(document, drawn)
            other = documents[(place + drawn.randrange(1, len(documents))) % len(documents)]
            _, wrong = cut(other, drawn)
            together, apart = Pair(text, right, "together"), Pair(text, wrong, "apart")
            keys = [(each.text, each.text_pair) for each in (together, apart)]
            if len(set(keys)) == len(keys) and not made.keys() & set(keys):
                made |= dict(zip(keys, (together, apart), strict=True))
            if len(made) + 2 > rows:
                return list(made.values())
    return list(made.values())


_Cut = Callable[[Document, random.Random], tuple[str, str]]


def _inverse_cloze(document: Document, drawn: random.Random) -> tuple[str, str]:
    """A sentence, and what stands about it without it."""
    place = drawn.randrange(len(document))
    first = max(0, min(place - PASSAGE // 2, len(document) - PASSAGE - 1))
    about = [each for at, each in enumerate(document[first : first + PASSAGE + 1], start=first) if at != place]
    return document[place], " ".join(about)


def _next_sentence(document: Document, drawn: random.Random) -> tuple[str, str]:
    place = drawn.randrange(len(document) - 1)
    return document[place], document[place + 1]


def _first_selection(document: Document, drawn: random.Random) -> tuple[str, str]:
    """The first sentence, and a passage from further on."""
    first = drawn.randrange(1, max(2, len(document) - PASSAGE + 1))
    return document[0], " ".join(document[first : first + PASSAGE])


_CUTS: dict[Task, _Cut] = {
    "inverse-cloze": _inverse_cloze,
    "next-sentence": _next_sentence,
    "first-selection": _first_selection,
}
