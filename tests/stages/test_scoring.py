"""Scores by hand: labels that are mapped, labels that lead nowhere, numbers, and texts that were not answered."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from taskatlas.plan.answers import _scores_key, can_score
from taskatlas.plan.items import TextSet
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.models import RecordedModel
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.scoring import score
from tests.support.asking import examples

CLASSES = DatasetCard(
    name="reviews", description="d", family="f", domain="d", source="a.csv", labels=("bad", "fair", "good")
)
NUMBERS = DatasetCard(name="urgency", description="d", family="f", domain="d", source="a.csv", labels="number")


def subject(labels: tuple[str, ...] | str = ("bad", "fair", "good"), **fields: Any) -> Subject:
    known = {"name": "s", "description": "d", "kind": "recorded", "source": "a", "revision": "1", "sha256": "0" * 64}
    return Subject(RecordedModel(**known, labels=labels, **fields), None)


def labelled(labels: Sequence[str | float]) -> pa.Table:
    return examples([f"text {place}" for place in range(len(labels))], labels, origin_kind="dataset")


def answers(test: pa.Table, given: dict[int, str | float]) -> pa.Table:
    """Answers to the texts at these places, in another order than the texts."""
    rows = [
        {
            "subject": "s",
            "text_id": test["text_id"][place].as_py(),
            "output": str(answer),
            "label": answer if isinstance(answer, str) else None,
            "value": answer if isinstance(answer, float) else None,
            "probabilities": None,
        }
        for place, answer in reversed(given.items())
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["predictions"].schema)


def scores_of(card: DatasetCard, of: Subject, test: pa.Table, given: dict[int, str | float]) -> pa.Table:
    labels = () if isinstance(of.model.labels, str) else of.model.labels  # type: ignore[union-attr]
    project: Any = SimpleNamespace(registry=SimpleNamespace(labels=lambda _: labels))
    return score(project, card, of, test, answers(test, given))


def scored(card: DatasetCard, of: Subject, true: Sequence[str | float], given: Sequence[str | float]) -> dict[str, Any]:
    rows = scores_of(card, of, labelled(true), dict(enumerate(given))).to_pylist()
    assert all(row["subject"] == "s" and row["dataset"] == card.name for row in rows)
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    return {row["metric"]: row for row in rows}


TRUE = ["bad", "bad", "fair", "good"]


def test_accuracy_and_macro_f1():
    found = scored(CLASSES, subject(), TRUE, ["bad", "fair", "fair", "good"])
    assert found["accuracy"]["value"] == 0.75
    # F1 of bad 2/3 (one of two found), of fair 2/3 (one of two right), of good 1
    assert found["macro_f1"]["value"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert {row["n"] for row in found.values()} == {4}


def test_the_order_and_the_case_of_a_subjects_labels_do_not_count():
    shuffled = subject(("Good", "BAD", "fair"))
    assert can_score(CLASSES, shuffled, ("Good", "BAD", "fair"), "classes")
    found = scored(CLASSES, shuffled, TRUE, ["BAD", "fair", "fair", "Good"])
    assert found["accuracy"]["value"] == 0.75


def test_labels_are_mapped_as_the_card_says():
    mapped = subject(
        ("1", "2", "3", "4"), mapping={"reviews": {"1": "bad", "2": "bad", "3": "fair", "4": "good"}, "other": {}}
    )
    found = scored(CLASSES, mapped, TRUE, ["1", "2", "3", "4"])
    assert found["accuracy"]["value"] == found["macro_f1"]["value"] == 1.0


def test_an_answer_that_stands_for_no_label_is_wrong():
    more = subject(("bad", "fair", "good", "unsure"))
    found = scored(CLASSES, more, TRUE, ["unsure", "bad", "fair", "good"])
    assert found["accuracy"]["value"] == 0.75


@pytest.mark.parametrize(
    ("labels", "fields", "kind"),
    [
        (("bad", "good"), {}, "classes"),  # nothing leads to fair
        (("a", "b", "c"), {}, "classes"),
        (("a", "b", "c"), {"mapping": {"reviews": {"a": "bad", "b": "fair"}}}, "classes"),
        (("a", "b", "c"), {"mapping": {"elsewhere": {"a": "bad", "b": "fair", "c": "good"}}}, "classes"),
        ((), {}, "number"),
        ((), {}, "text"),
    ],
)
def test_a_subject_that_cannot_reach_every_label_is_not_scored(labels: tuple[str, ...], fields: Any, kind: str):
    given = labels or ("number" if kind == "number" else "text")
    assert not can_score(CLASSES, subject(given, **fields), labels, kind)


def test_numbers_are_scored_by_rank():
    assert can_score(NUMBERS, subject("number"), (), "number")
    assert not can_score(NUMBERS, subject(), ("bad", "fair", "good"), "classes")
    assert not can_score(NUMBERS, subject("text"), (), "text")
    found = scored(NUMBERS, subject("number"), [1.0, 2.0, 3.0, 4.0], [-1.0, 0.5, 90.0, 7.0])
    # one swap of neighbours in four: 1 - 6 * 2 / (4 * 15)
    assert found["spearman"]["value"] == pytest.approx(0.8)
    assert list(found) == ["spearman"]


def test_only_texts_that_were_answered_are_scored():
    test = labelled(TRUE)
    rows = scores_of(CLASSES, subject(), test, {0: "bad", 3: "bad"}).to_pylist()
    assert [(row["value"], row["n"]) for row in rows if row["metric"] == "accuracy"] == [(0.5, 2)]


def scores_key(predictions: str, card: DatasetCard, of: Subject) -> str:
    labels = {"labels": lambda _: of.model.labels, "output_kind": lambda _: "classes"}  # type: ignore[union-attr]
    project: Any = SimpleNamespace(registry=SimpleNamespace(datasets={card.name: card}, **labels))
    key = _scores_key(project, of, TextSet("dataset", card.name, "r", "q", "e", "c", {}), predictions)
    assert key is not None
    return key


def test_a_changed_mapping_or_label_list_is_another_score():
    plain, mapped = subject(), subject(mapping={"reviews": {"bad": "bad"}})
    fewer = CLASSES.model_copy(update={"labels": ("bad", "good")})
    keys = [scores_key("p", CLASSES, plain), scores_key("p", CLASSES, mapped), scores_key("p", fewer, plain)]
    assert len({*keys, scores_key("q", CLASSES, plain)}) == 4
    elsewhere = subject(mapping={"elsewhere": {"bad": "bad"}})
    assert scores_key("p", CLASSES, elsewhere) == keys[0]


def test_a_recorded_model_that_answered_nothing_of_a_dataset_has_no_score_there():
    test = labelled(TRUE)
    rows = scores_of(CLASSES, subject(), test, {})
    assert rows.num_rows == 0
    assert rows.schema.equals(TABLES["scores"].schema, check_metadata=False)
