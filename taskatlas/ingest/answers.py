"""Right answers that are texts: a cell as one of them, or as several."""

from __future__ import annotations

from taskatlas.ingest.choices import read_list
from taskatlas.ingest.clean import clean_text


def read_answers(cell: str | None) -> list[str]:
    """Return the right answers of a row, cleaned, each once: those of the list in its cell, or the cell itself.

    An empty list says that no answer is right, as for questions that a text does not answer: right is then to say
    nothing, ''. A cell in which nothing is visible has no answer.

    >>> read_answers("Paris"), read_answers('["Paris", "paris", "Paris"]'), read_answers("[]"), read_answers(" ")
    (['Paris'], ['Paris', 'paris'], [''], [])
    """
    if cell is None:
        return []
    if cell.strip() == "[]":
        return [""]
    cleaned = (clean_text(each) for each in read_list(cell) or [cell])
    return list(dict.fromkeys(text for text in cleaned if text))
