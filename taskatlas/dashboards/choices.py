"""Say on which datasets another subject is recommended than in the release before."""

from __future__ import annotations

import pyarrow as pa

from taskatlas.recommend.words import change_in_words

_TOLD = {"candidate": "subject", "expected": "expected", "verdict": "verdict"}
"""Column of a recommendation → what begins its name in the query."""


def changed_choices(rows: pa.Table) -> list[str]:
    """Return a sentence for each row of the query overview_choices."""
    sentences = []
    for row in rows.to_pylist():
        before, now = ({column: row[f"{name}_{when}"] for column, name in _TOLD.items()} for when in ("before", "now"))
        text = change_in_words(row["dataset"], before, now)
        sentences.append(f"{text[:1].upper()}{text[1:]}.")
    return sentences
