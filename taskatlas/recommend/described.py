"""Recommendations on a dataset of which there is a description alone, and no text was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from taskatlas.recommend.posterior import Estimate
from taskatlas.recommend.verdicts import UNKNOWN
from taskatlas.recommend.words import DESCRIPTION


def rows_by_description(
    dataset: str, expected: Mapping[str, Estimate | None], models: Mapping[str, str], note: str, unmeasured: str
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the questions 'prompt' and 'model'.

    There is no test split, so there is neither a baseline nor a verdict but 'unknown'.

    Args:
        dataset: name of the dataset.
        expected: what each subject that answers its labels may reach; None where it was measured nowhere.
        models: the model of every subject.
        note: what the expected scores rest on, and what their intervals are worth.
        unmeasured: why nothing is expected of a subject.
    """
    best_first = sorted(expected, key=lambda name: (-_value(expected[name]), name))
    seen: set[str] = set()
    for rank, subject in enumerate(best_first, start=1):
        row = {"dataset": dataset, "verdict": UNKNOWN, "subject": subject, "metric": "accuracy", "n": 0}
        if (estimate := expected[subject]) is None:
            row["note"] = unmeasured
        else:
            row |= {"evidence": DESCRIPTION, "expected": estimate.value, "low": estimate.low, "high": estimate.high}
            row |= {"n": estimate.n, "note": note}
        yield {**row, "question": "prompt", "candidate": subject, "rank": rank}
        if models[subject] not in seen:
            seen.add(models[subject])
            yield {**row, "question": "model", "candidate": models[subject], "rank": len(seen)}


def _value(estimate: Estimate | None) -> float:
    return -1.0 if estimate is None else estimate.value
