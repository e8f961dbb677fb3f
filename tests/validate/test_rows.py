"""Rows of a source: each fault is kept apart with its reason, and too many of them stop the run."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest

from taskatlas.errors import ValidationError
from taskatlas.schemas.cards import Columns, CorpusCard, CorpusSource, DatasetCard
from taskatlas.schemas.tables import TABLES
from taskatlas.validate import UnmetError, Verdict, suites, validate_rows, validate_table
from tests.support.source_rows import CLASSES, source

PAIRS = CLASSES.model_copy(update={"columns": Columns(text_pair="second")})
NUMBERS = CLASSES.model_copy(update={"labels": "number", "value_range": (0.0, 5.0)})
CORPUS = CorpusCard(name="everyday", description="d", sources=(CorpusSource(source="a.txt"),), max_chars=40)


def check(rows: pa.Table, card: DatasetCard | CorpusCard = CLASSES, limit: float = 0.5) -> Verdict:
    return validate_rows(rows, card, quarantine_limit=limit)


@pytest.mark.parametrize(
    ("card", "change", "reason"),
    [
        (CLASSES, {"text": ""}, "the text is empty"),
        (CLASSES, {"text": " \n\u3000\u00a0"}, "the text is empty"),
        (CLASSES, {"text": None}, "the text is empty"),
        (CLASSES, {"text": "x" * 41}, "the text has 41 characters, more than max_chars 40"),
        (PAIRS, {"text_pair": None}, "the second text is empty"),
        (PAIRS, {"text_pair": " "}, "the second text is empty"),
        (PAIRS, {"text_pair": "x" * 41}, "the second text has 41 characters, more than max_chars 40"),
        (CLASSES, {"label": None}, "the label is missing"),
        (CLASSES, {"label": "maybe"}, "label 'maybe' is not one of: negative, positive"),
        (CLASSES, {"label": "{row} {0}"}, "label '{row} {0}' is not one of: negative, positive"),
        (NUMBERS, {"value": None, "label": "five"}, "the label is not a number: 'five'"),
        (NUMBERS, {"value": float("nan"), "label": None}, "the label is not a number: it is missing"),
        (NUMBERS, {"value": float("inf"), "label": "inf"}, "the label is not a number: 'inf'"),
        (NUMBERS, {"value": 5.5, "label": "5.5"}, "5.5 is not between 0.0 and 5.0"),
    ],
)
def test_each_fault_is_kept_apart_with_its_reason(card: DatasetCard, change: dict[str, Any], reason: str) -> None:
    rows = source({}, change)
    verdict = check(rows, card)
    assert verdict.quarantine.schema.equals(TABLES["quarantine"].schema)
    assert verdict.quarantine.to_pylist() == [
        {
            "origin_kind": "dataset", "origin": "reviews", "split": "train", "row": 2, "reason": reason,
            "text": rows["text"][1].as_py(), "label": rows["label"][1].as_py(),
        }
    ]  # fmt: skip
    assert verdict.good.to_pylist() == [row for row in rows.to_pylist() if row["row"] != 2]
    assert verdict.result["success"] is False


@pytest.mark.parametrize("card", [CLASSES, PAIRS, NUMBERS, CORPUS])
def test_good_rows_are_all_kept(card: DatasetCard | CorpusCard) -> None:
    rows = source().append_column("source", pa.array([0] * 20))
    verdict = check(rows, card, limit=0)
    assert verdict.good == rows
    assert verdict.quarantine.num_rows == 0
    assert all(verdict.quality["success"].to_pylist())
    assert verdict.result["success"] is True


def test_what_a_card_does_not_promise_is_no_fault() -> None:
    assert check(source({"text_pair": None, "value": None}), limit=0).good.num_rows == 20
    free = NUMBERS.model_copy(update={"value_range": None})
    assert check(source({"value": 1e6, "label": None}), free, limit=0).good.num_rows == 20


def test_all_reasons_of_a_row_are_joined_and_its_text_is_cut() -> None:
    (bad,) = check(source({"text": "x" * 900, "label": "maybe"})).quarantine.to_pylist()
    assert bad["reason"].split("; ") == [
        "the text has 900 characters, more than max_chars 40",
        "label 'maybe' is not one of: negative, positive",
    ]
    assert bad["text"] == "x" * 500


def test_a_row_is_known_by_its_split() -> None:
    rows = pa.concat_tables([source({}, {"text": ""}, n=4), source(n=4)])
    rows = rows.set_column(1, "split", pa.array(["train"] * 4 + ["test"] * 4))
    verdict = check(rows)
    assert [(row["split"], row["row"]) for row in verdict.quarantine.to_pylist()] == [("train", 2)]
    assert verdict.good.num_rows == 7


def test_a_row_of_a_corpus_is_known_by_its_source() -> None:
    rows = pa.concat_tables([source({"text": ""}, n=4), source({}, {"text": " "}, n=4), source({}, {"text": ""}, n=4)])
    rows = rows.drop_columns(["label", "value"]).set_column(1, "split", pa.array(["all"] * 8 + ["test"] * 4))
    rows = rows.append_column("source", pa.array([0] * 4 + [1] * 8))
    verdict = check(rows, CORPUS.model_copy(update={"sources": CORPUS.sources * 2}))
    names = [(row["origin_kind"], row["split"], row["row"]) for row in verdict.quarantine.to_pylist()]
    assert names == [("corpus", "corpus:1", 1), ("corpus", "corpus:2", 2), ("corpus", "corpus:2:test", 2)]
    assert verdict.good.schema == rows.schema
    assert verdict.good.num_rows == 9
    assert validate_table("quarantine", verdict.quarantine).result["success"]


def test_the_split_of_a_corpus_of_one_source_is_corpus() -> None:
    rows = source({"text": ""}).append_column("source", pa.array([0] * 20))
    rows = rows.set_column(1, "split", pa.array(["all"] * 20))
    assert check(rows, CORPUS).quarantine["split"].to_pylist() == ["corpus"]


def test_the_limit_itself_is_tolerated() -> None:
    rows = source(*[{"label": "maybe"}] * 5)
    assert check(rows, limit=0.25).quarantine.num_rows == 5
    with pytest.raises(UnmetError) as caught:
        check(rows, limit=0.24)
    assert caught.value.verdict.quarantine.num_rows == 5
    assert caught.value.verdict.good.num_rows == 15
    assert not all(caught.value.verdict.quality["success"].to_pylist())


def test_the_message_names_the_most_frequent_reason_at_its_first_row() -> None:
    with pytest.raises(ValidationError) as caught:
        check(source({"text": ""}, {"label": "maybe"}, {"label": "perhaps"}), limit=0.01)
    assert str(caught.value) == (
        "dataset reviews: 3 of 20 rows are bad (15.0%; quarantine_limit is 1.0%). Most frequent (2): row 2 of train: "
        "label 'maybe' is not one of: negative, positive ('nice'). "
        "Mend the source or the card's labels, or raise quarantine_limit in atlas.yaml"
    )


def test_labels_of_a_source_that_a_card_with_codes_does_not_know_are_named_to_be_pasted() -> None:
    coded = CLASSES.model_copy(update={"labels": ("0", "1")})
    with pytest.raises(ValidationError) as caught:
        check(source({"label": "grün"}, {"label": None}), coded)
    assert str(caught.value).endswith(
        'Write `labels: ["grün", "positive"]` in the card, as no row has one of its own, or lead them there with '
        "label_map"
    )
    with pytest.raises(ValidationError, match="Mend the source or the card's labels, or raise"):
        check(source({"label": "0"}), coded)


def test_no_rows_are_an_error() -> None:
    with pytest.raises(UnmetError, match="dataset reviews: there are no rows"):
        check(source(n=0))


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "absent"}},
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "label", "regex": "("}},
    ],
)
def test_an_expectation_that_cannot_be_evaluated_is_no_bad_row(
    entry: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {"name": "rows", "expectations": [{**entry, "notes": "n", "meta": {"reason": "r"}}], "meta": {}}
    monkeypatch.setattr("taskatlas.validate.rows.suite", lambda name, flags: broken)
    with pytest.raises(
        ValidationError, match=f"^dataset reviews: the expectation {entry['type']} of .* could not"
    ) as caught:
        check(source())
    assert not isinstance(caught.value, UnmetError)
    assert "\n" not in str(caught.value)


def test_quality_counts_rows_per_expectation() -> None:
    verdict = check(source({"label": "maybe"}, {"label": None}))
    assert verdict.quality.schema.equals(TABLES["quality"].schema)
    quality = {(row["expectation"], row["column"]): row for row in verdict.quality.to_pylist()}
    row = quality["expect_column_values_to_be_in_set", "label"]
    assert (row["table_name"], row["origin_kind"], row["origin"]) == ("rows", "dataset", "reviews")
    assert (row["success"], row["n"], row["n_unexpected"]) == (False, 20, 1)
    assert quality["expect_column_values_to_not_be_null", "label"]["n_unexpected"] == 1
    assert quality["expect_table_row_count_to_be_between", ""]["n"] == 20


def test_it_works_in_threads_without_network_or_noise(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(lambda n: check(source({"text": ""}, n=n)), [4, 5, 6, 7]))
    assert [verdict.good.num_rows for verdict in verdicts] == [3, 4, 5, 6]
    assert capfd.readouterr() == ("", "")
    assert suites.great_expectations().__name__ == "great_expectations"
