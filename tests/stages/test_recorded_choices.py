"""Recorded outputs that are indices of choices count as the card of their dataset says, from the file to the score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from taskatlas.plan.plan import Plan
from tests.support.cards import change_card
from tests.support.projects import NOUNS, sentences, write_dataset, write_recorded
from tests.support.stage_runs import answer_missing, ingested

LABELS = ["A", "B", "C"]
FROM_ONE = {"1": "A", "2": "B", "3": "C"}
COLUMNS = {"text": "text", "choices": "options", "label": "key"}


def rows(n: int, first: int) -> list[dict[str, object]]:
    """n rows of three choices, each right as often, whose keys count from `first`."""
    made = enumerate(sentences(n, 40 + first))
    return [{"text": text, "options": NOUNS[at % 7 : at % 7 + 3], "key": at % 3 + first} for at, text in made]


def accuracies(plan: Plan) -> dict[str, float]:
    found = {}
    for each in plan.answer_sets["known"]:
        if each.scores:
            scores = plan.project.parts.read("scores", each.scores).to_pylist()
            found |= {row["dataset"]: row["value"] for row in scores if row["metric"] == "accuracy"}
    return found


def test_each_dataset_has_its_own_way_of_counting(copied: Callable[..., Path]):
    folder = copied()
    from_zero, from_one = rows(40, 0), rows(40, 1)
    about = {"family": "exam", "columns": COLUMNS, "labels": LABELS}
    write_dataset(folder, "zero", from_zero, **about)
    write_dataset(folder, "one", from_one, label_map=FROM_ONE, **about)
    said = [{**row, "said": row["key"]} for row in [*from_zero, *from_one]]
    columns = {**COLUMNS, "label": "said"}
    write_recorded(folder, "known", said, labels=LABELS, families=["exam"], columns=columns)
    plan = ingested(folder)
    answer_missing(plan)
    assert accuracies(plan) == {"zero": 1.0, "one": 1.0}


def test_answers_are_read_anew_where_a_card_counts_otherwise(copied: Callable[..., Path]):
    folder = copied()
    letters = [{**row, "key": "ABC"[int(str(row["key"]))]} for row in rows(40, 0)]
    write_dataset(folder, "exam", letters, family="exam", columns=COLUMNS, labels=LABELS)
    # every third row is not answered, so no output says whether it counts from 0 or from 1
    said = [{**row, "said": LABELS.index(row["key"]) + 1} for row in letters if row["key"] != "C"]
    columns = {**COLUMNS, "label": "said"}
    write_recorded(folder, "known", said, labels=LABELS, families=["exam"], columns=columns)
    before = ingested(folder)
    answer_missing(before)
    assert accuracies(before) == {"exam": 0.0}, "as indices from 0"
    change_card(folder / "datasets/exam.yaml", label_map=FROM_ONE)
    after = ingested(folder)
    assert after.datasets["exam"].content_id == before.datasets["exam"].content_id
    answer_missing(after)
    assert accuracies(after) == {"exam": 1.0}
