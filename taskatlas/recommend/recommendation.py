"""What to use on a dataset, read from a release: the candidates by rank, and what to do in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from taskatlas.recommend.budget import Budget
from taskatlas.recommend.words import DESCRIPTION, in_words
from taskatlas.store.reader import Reader


@dataclass(frozen=True)
class Recommendation:
    """What to use on a dataset.

    Attributes:
        question: 'prompt', 'model' or 'source'.
        dataset: name of the dataset.
        text: what to do, in words.
        rows: of the table `recommendations`, by rank, with `cost` and `seconds`: of 1,000 answers of the subject, null
            where it is not known. Where a most was given, those that are known to keep to it.
        unpriced: the rows whose cost nobody knows, where a most was given: they are neither cheap nor dear.
        untimed: the rows whose seconds nobody knows, likewise.
        tried_since: what to do by what was tried since the release, in words; None where nothing was.
    """

    question: str
    dataset: str
    text: str
    rows: pa.Table
    unpriced: pa.Table
    untimed: pa.Table
    tried_since: str | None = None


def recommend(
    reader: Reader, question: str, dataset: str, max_cost: float | None = None, max_seconds: float | None = None
) -> Recommendation:
    """Return what a release recommends.

    Args:
        reader: of the release.
        question: 'prompt', 'model' or 'source'.
        dataset: name of the dataset.
        max_cost: the most that 1,000 answers may cost, in the currency of the cards; None for any.
        max_seconds: the most that 1,000 answers may take, at the median of the seconds per answer; None for any.

    Raises:
        UnknownNameError: there is no such question or dataset.
        InputError: `max_cost` is no cost, or `max_seconds` no time.
        StoreError: the catalog cannot be read, or the release is older than recommendations.
    """
    budget = Budget(max_cost, max_seconds)
    rows = reader.recommendations(question, dataset)
    labels: Sequence[str] = reader.labels(dataset)
    kept, (unpriced, untimed) = budget.kept(rows), (budget.unknown(rows, column) for column in ("cost", "seconds"))
    text = in_words(rows.to_pylist(), labels=labels, question=question)
    if question == "source" and dataset not in reader.names("dataset"):
        text = _nearest_in_words(reader, dataset)
    if budget.given and rows.num_rows and (rows["baseline"][0].is_valid or rows["evidence"][0].as_py() == DESCRIPTION):
        text = _affordable_in_words(rows, kept, budget, {"cost": unpriced.num_rows, "take": untimed.num_rows})
    return Recommendation(question, dataset, text, kept, unpriced, untimed)


def _nearest_in_words(reader: Reader, dataset: str) -> str:
    (nearest,) = reader.sql("SELECT nearest FROM described WHERE dataset = $1", (dataset,))["nearest"].to_pylist()
    told = f"; the dataset with the nearest description is {nearest}" if nearest else ""
    return f"a description alone does not say which source helps{told}"


def _affordable_in_words(rows: pa.Table, kept: pa.Table, budget: Budget, unknown: dict[str, int]) -> str:
    limit = f"{budget} per 1,000 texts"
    told = " nor ".join(f"what {_others(count, verb)}" for verb, count in unknown.items() if count)
    apart = f"; nobody knows {told}" if told else ""
    if not kept.num_rows:
        verb = "take" if budget.cost is None else "cost" if budget.seconds is None else "cost and take"
        return f"nothing is known to {verb} {limit}{apart}"
    first = rows.slice(0, 1).to_pylist()[0]
    passed_over = None if kept["rank"][0].as_py() == first["rank"] else (first, budget.broken(first))
    return f"{in_words(kept.to_pylist(), passed_over=passed_over)} ({limit}{apart})"


def _others(count: int, verb: str) -> str:
    """Return so many others as the subject of a verb.

    >>> _others(1, "cost"), _others(2, "take")
    ('1 other costs', '2 others take')
    """
    return f"1 other {verb}s" if count == 1 else f"{count} others {verb}"
