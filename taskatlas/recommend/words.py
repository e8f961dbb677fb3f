"""What to do, in words: one sentence on the candidates of a question on a dataset, told alike wherever it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taskatlas.recommend.verdicts import NO_BETTER, TIED, UNKNOWN

Row = Mapping[str, Any]
"""A row of the table `recommendations`."""
GAINS = "gains "
"""How the note on a source begins that was measured: what learning it first gains over learning the dataset alone."""
REPORTED = "reported elsewhere: "
"""How the note on a source begins of which somebody else measured what it gains."""
DESCRIPTION = "description"
"""The evidence on a dataset without a text: what scores on others lead one to expect by their descriptions."""
QUESTIONS = ("prompt", "model", "source")
"""Which subject should I use, which model, and which labelled dataset?"""


def in_words(
    rows: Sequence[Row],
    *,
    labels: Sequence[str] = (),
    question: str = "prompt",
    passed_over: tuple[Row, str] | None = None,
) -> str:
    """Return what to do, without a full stop.

    Args:
        rows: of one question and dataset, by rank: all of them, or those that one can afford.
        labels: the dataset's class names, for where nobody answers them.
        question: one of QUESTIONS, which matters where there are no rows.
        passed_over: the first of all, where it is not among the rows, and why.
    """
    if not rows:
        return _nobody(labels) if question != "source" else "there is no other dataset that could be a source"
    first = rows[0]
    if first.get("evidence") == DESCRIPTION:
        dearer = "" if passed_over is None else _dearer(*passed_over)
        return f"first comes {_named(first)}: {_score(first)}{dearer}; {first['note']}"
    if first["expected"] is None and str(first.get("note")).startswith(REPORTED):
        return f"nothing was measured here; first comes {first['candidate']}, {first['note']}"
    if first["verdict"] == UNKNOWN and (None in (first["baseline"], first["expected"]) or not _has_answers(rows)):
        return _unknown(first)
    if not is_worth_using(rows):
        return _nothing(rows)
    place = _place(rows) if passed_over is None else f"the first of {len(rows)}"
    dearer = "" if passed_over is None else _dearer(*passed_over)
    label = first["baseline_label"]
    beaten = "" if label is None else f"; always answering {label} reaches {first['baseline']:.2f}"
    if str(first.get("note")).startswith(GAINS):
        beaten = f"; it {first['note']}{beaten}"
    return f"use {_named(first)}: {_score(first)}, {place}{dearer}{beaten}"


def _dearer(row: Row, why: str) -> str:
    return f"; {row['candidate']}, {_score(row)}, {why}"


def is_worth_using(rows: Sequence[Row]) -> bool:
    """Return whether the first of the rows is known to be better than what is reached without any of them."""
    return bool(rows) and rows[0]["verdict"] != UNKNOWN and not rows[0]["verdict"].startswith(NO_BETTER)


def change_in_words(dataset: str, before: Row, now: Row) -> str:
    """Return in words that another subject is recommended on a dataset than before, without a full stop.

    Args:
        dataset: its name.
        before: the first of its rows in the release before.
        now: the first of its rows.
    """
    was, is_now = (_best(row) for row in (before, now))
    return f"the best on {dataset} was {was}, is now {is_now}"


def _best(row: Row) -> str:
    if not is_worth_using([row]):
        return "nothing that is known to beat the baseline"
    return f"{row['candidate']} ({row['expected']:.2f})"


def _has_answers(rows: Sequence[Row]) -> bool:
    """Whether anybody was called on the dataset."""
    return any(row["measured"] is not None or row["tried"] is not None for row in rows)


def _nobody(labels: Sequence[str]) -> str:
    if not labels:
        return (
            "no subject answers its labels; it takes one that answers numbers, or one that writes where they are texts"
        )
    return f"no subject answers its labels ({', '.join(labels)}); a `mapping` on a card says which answers mean them"


def _unknown(first: Row) -> str:
    if first["baseline"] is None:
        return f"nothing can be told: {first['note']}"
    if first["expected"] is None and first.get("question") == "source":
        return f"no subject shows what another dataset is good for here; first by likeness comes {first['candidate']}"
    if first["expected"] is None:
        note = f" ({first['candidate']}: {first['note']})" if first.get("note") else ""
        return f"nothing is known: nobody was measured, and nothing is forecast{note}"
    known = f"first comes {_named(first)}: {_score(first)}"
    what = "no forecast" if first["known"] is None else "nothing that is known from elsewhere"
    return f"nothing was measured, and {what} can be told from {_baseline(first)}; {known}"


def _nothing(rows: Sequence[Row]) -> str:
    untold = next((row for row in rows if row["verdict"] == UNKNOWN and row["expected"] is not None), None)
    rest = "" if untold in (None, rows[0]) else f"; {_named(untold)} may be: {_score(untold)}"
    known = f"first comes {_named(rows[0])}: {_score(rows[0])}"
    return f"nothing here is known to be better than {_baseline(rows[0])}; {known}{rest}"


def _baseline(row: Row) -> str:
    label = row["baseline_label"]
    return "chance" if label is None else f"always answering {label} ({row['baseline']:.2f})"


def _named(row: Row) -> str:
    """The candidate, with the subject that speaks for it."""
    is_itself = row["subject"] is None or row["subject"] == row["candidate"]
    return str(row["candidate"]) if is_itself else f"{row['candidate']} (by {row['subject']})"


def _score(row: Row) -> str:
    interval = f"{row['expected']:.2f} (90%: {row['low']:.2f} to {row['high']:.2f})"
    if row.get("evidence") == DESCRIPTION:
        return f"expected {interval}"
    kinds = {"measured": "measured", "tried": f"tried on {row['n']} texts", "known": f"known from {row['known_from']}"}
    there = [each for each in (*kinds, "forecast") if row[each] is not None]
    told = kinds.get(there[0], "forecast")
    return f"{told} {interval}" if len(there) == 1 else f"{told} {row[there[0]]:.2f}, expected {interval}"


def _place(rows: Sequence[Row]) -> str:
    known = sum(row["expected"] is not None for row in rows)
    place = "the only one" if len(rows) == 1 else f"the best of {known}" if known > 1 else "the only one that is known"
    tied = [str(row["candidate"]) for row in rows if row["verdict"] == TIED]
    if not tied:
        return place
    more = f" and {len(tied) - 1} more" if len(tied) > 1 else ""
    return f"{place}, tied with {tied[0]}{more}"
