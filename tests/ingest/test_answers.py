"""Datasets whose labels are free answers: from files as people have them to examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.errors import InputError
from taskatlas.ingest.read import dataset_key, read_dataset
from taskatlas.ingest.select import content_id, select_dataset
from taskatlas.schemas.cards import DatasetCard
from taskatlas.validate import validate_rows
from taskatlas.validate.verdict import UnmetError
from tests.support.cards import dataset_card
from tests.support.projects import write_file

QA = [
    {"context": f"In {year} the bridge of town {year} fell.", "question": "When?", "answers": {"text": texts}}
    for year, texts in [(1801, ["1801"]), (1802, ["1802", "in 1802", "1802"]), (1803, []), (1804, ["1804"])]
]
COLUMNS = {"text": "context", "text_pair": "question", "label": "answers.text"}


def card(source: str, **fields: Any) -> DatasetCard:
    return dataset_card(source, **{"labels": "text", "columns": COLUMNS, **fields})


def answers_of(rows: pa.Table) -> list[list[str]]:
    return rows["answers"].to_pylist()


EXPECTED = [["1801"], ["1802", "in 1802"], [""], ["1804"]]


def test_lists_within_objects_are_all_right(tmp_path: Path):
    write_file(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in QA))
    pq.write_table(pa.Table.from_pylist(QA), tmp_path / "a.parquet")
    for source in ("a.jsonl", "a.parquet"):
        rows = read_dataset(card(source), tmp_path)
        assert answers_of(rows) == EXPECTED, source
        assert rows["label"].to_pylist() == ["1801", "1802", "", "1804"]


def test_a_cell_is_an_answer_or_a_list_of_them(tmp_path: Path):
    cells = ["Paris", '["Rome", "Roma"]', "['Bern']", "[see above", "", "two\nlines"]
    content = "text,label\n" + "".join(
        't{},"{}"\n'.format(at, cell.replace('"', '""')) for at, cell in enumerate(cells)
    )
    write_file(tmp_path, "a.csv", content)
    rows = read_dataset(card("a.csv", columns={}), tmp_path)
    assert answers_of(rows) == [["Paris"], ["Rome", "Roma"], ["Bern"], ["[see above"], [], ["two\nlines"]]


def test_rows_without_an_answer_are_bad_and_so_are_long_ones(tmp_path: Path):
    cells = ["fine", "", "x" * 101, json.dumps([str(at) for at in range(101)])]
    rows = [{"text": f"text {at}", "label": cell} for at, cell in enumerate(cells)]
    write_file(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    own = card("a.jsonl", columns={}, max_chars=100)
    verdict = validate_rows(read_dataset(own, tmp_path), own, quarantine_limit=0.9)
    assert verdict.good["text"].to_pylist() == ["text 0"]
    reasons = verdict.quarantine["reason"].to_pylist()
    assert [reason.split(",")[0] for reason in reasons] == [
        "the number of its answers is 0",
        "an answer has 101 characters",
        "the number of its answers is 101",
    ]
    with pytest.raises(UnmetError, match="3 of 4 rows are bad"):
        validate_rows(read_dataset(own, tmp_path), own, quarantine_limit=0.1)


def selected(tmp_path: Path, rows: list[dict[str, Any]], **fields: Any) -> tuple[pa.Table, dict[str, int]]:
    write_file(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    own = card("a.jsonl", columns={}, **fields)
    good = validate_rows(read_dataset(own, tmp_path), own, quarantine_limit=0.0).good
    return select_dataset(own, good, train_limit=100, test_limit=100)


WORDS = "one two three four five six seven eight nine ten".split()  # noqa: SIM905
ROWS = [{"text": f"{word} {word} {word} counts {at}", "label": f"answer {word}"} for at, word in enumerate(WORDS)]


def test_rows_of_one_text_give_all_that_is_right(tmp_path: Path):
    more = [{"text": ROWS[0]["text"], "label": "uno"}, {"text": ROWS[0]["text"], "label": "eins"}]
    found, counts = selected(tmp_path, [*ROWS, *more])
    turned, _ = selected(tmp_path, [*more, *ROWS])
    by_text = dict(zip(found["text"].to_pylist(), answers_of(found), strict=True))
    assert {*by_text[ROWS[0]["text"]]} == {"answer one", "uno", "eins"}
    assert (counts["n_duplicates"], counts["n_conflicting"]) == (2, 0)
    assert found.equals(turned), "whatever the order of the rows"
    assert {*found["split"].to_pylist()} == {"train", "test"}
    assert (found["label"].null_count, found["value"].null_count) == (10, 10)


def test_the_content_hangs_on_the_answers(tmp_path: Path):
    one, _ = selected(tmp_path, ROWS)
    other, _ = selected(tmp_path, [*ROWS[:-1], {**ROWS[-1], "label": "another"}])
    assert content_id(one) != content_id(other)


def test_one_answer_to_everything_teaches_nothing(tmp_path: Path):
    with pytest.raises(InputError, match=r"all train rows have the answer 'yes'.*other answers"):
        selected(tmp_path, [{**row, "label": "yes"} for row in ROWS])


def test_by_what_subjects_are_ranked_changes_no_rows(tmp_path: Path):
    write_file(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS))
    plain, ranked = card("a.jsonl", columns={}), card("a.jsonl", columns={}, metric="chrf")
    assert dataset_key(plain, tmp_path) == dataset_key(ranked, tmp_path)
    assert (plain.ranked_by, ranked.ranked_by) == ("f1", "chrf")
    assert dataset_card("a.jsonl").ranked_by == "accuracy"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"labels": ["a", "b"], "metric": "f1"}, "metric is for labels: text"),
        ({"labels": "number", "metric": "f1"}, "metric is for labels: text"),
        ({"label_map": {"x": "y"}}, "label_map is for classes"),
        ({"value_range": [0, 1]}, "value_range is for labels: number"),
        ({"columns": {"choices": "options"}}, "labels of rows with their own choices"),
        ({"metric": "bleu"}, "exact_match"),
    ],
)
def test_cards_that_mean_nothing_are_refused(fields: dict[str, Any], why: str):
    with pytest.raises(ValueError, match=why):
        card("a.jsonl", **{"columns": {}, **fields})
