"""What to use on a dataset, read from a release: the candidates by rank, and what to do in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.errors import InputError
from taskatlas.recommend.words import in_words
from taskatlas.store.reader import Reader

_LABELS = "SELECT labels FROM datasets WHERE dataset = $1"


@dataclass(frozen=True)
class Recommendation:
    """What to use on a dataset.

    Attributes:
        question: 'prompt', 'model' or 'source'.
        dataset: name of the dataset.
        text: what to do, in words.
        rows: of the table `recommendations`, by rank, with `cost`: of 1,000 answers of the subject, null where it is
            not known. Where a most was given, those that are known to cost no more.
        unpriced: the rows whose cost nobody knows, where a most was given: they are neither cheap nor dear.
    """

    question: str
    dataset: str
    text: str
    rows: pa.Table
    unpriced: pa.Table


def recommend(reader: Reader, question: str, dataset: str, max_cost: float | None = None) -> Recommendation:
    """Return what a release recommends.

    Args:
        reader: of the release.
        question: 'prompt', 'model' or 'source'.
        dataset: name of the dataset.
        max_cost: the most that 1,000 answers may cost, in the currency of the cards; None for any.

    Raises:
        UnknownNameError: there is no such question or dataset.
        InputError: `max_cost` is no cost.
        StoreError: the catalog cannot be read, or the release is older than recommendations.
    """
    if max_cost is not None and not 0 <= max_cost < math.inf:
        raise InputError(f"{max_cost} is no cost", todo="give the most that 1,000 answers may cost, such as 0.5")
    rows = reader.recommendations(question, dataset)
    labels = reader.sql(_LABELS, (dataset,))["labels"][0].as_py()
    if max_cost is None:
        return Recommendation(question, dataset, in_words(rows.to_pylist(), labels=labels), rows, rows.slice(0, 0))
    affordable = rows.filter(pc.fill_null(pc.less_equal(rows["cost"], max_cost), fill_value=False))
    unpriced = rows.filter(pc.is_null(rows["cost"]))
    text = _affordable_in_words(rows, affordable, unpriced, max_cost) if rows.num_rows else in_words([], labels=labels)
    return Recommendation(question, dataset, text, affordable, unpriced)


def _affordable_in_words(rows: pa.Table, affordable: pa.Table, unpriced: pa.Table, max_cost: float) -> str:
    limit = f"at most {max_cost:g} per 1,000 texts"
    apart = f"; nobody knows what {unpriced.num_rows} others cost" if unpriced.num_rows else ""
    if not affordable.num_rows:
        return f"nothing is known to cost {limit}{apart}"
    first = rows.slice(0, 1).to_pylist()[0]
    passed_over = None if affordable["rank"][0].as_py() == first["rank"] else first
    return f"{in_words(affordable.to_pylist(), passed_over=passed_over)} ({limit}{apart})"
