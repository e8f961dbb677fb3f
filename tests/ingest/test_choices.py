"""Rows with named fields and choices of their own, from every format that can hold them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from taskatlas.ingest.read import dataset_key, read_corpus, read_dataset
from taskatlas.ingest.select import select_dataset
from taskatlas.schemas.cards import CorpusCard, DatasetCard
from taskatlas.validate import validate_rows
from tests.support.projects import write_file

ROWS = [
    {"passage": "Rain fell.", "q": "What got wet?", "options": ["the road", " the sun", "a song"], "answer": 0},
    {"passage": "Rain fell.", "q": "Where from?", "options": ["the sky", "the road", "the sea"], "answer": 2},
    {"passage": "It froze.", "q": None, "options": ["fire", "ice"], "answer": 1},
]
COLUMNS = {"text": "passage", "label": "answer", "fields": {"question": "q"}, "choices": "options"}


def card(source: str, columns: dict[str, Any] = COLUMNS, **fields: Any) -> DatasetCard:
    about = {"name": "d", "description": "d", "family": "f", "domain": "d"} | {"labels": ["A", "B", "C"]}
    return DatasetCard(**{**about, **fields}, source=source, columns=columns)


def rows_of(folder: Path, one: DatasetCard) -> list[tuple[Any, ...]]:
    table = read_dataset(one, folder)
    names = ("text", "fields", "choices", "label")
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


READ = [
    ("Rain fell.", [("question", "What got wet?")], ["the road", "the sun", "a song"], "A"),
    ("Rain fell.", [("question", "Where from?")], ["the sky", "the road", "the sea"], "C"),
    ("It froze.", [], ["fire", "ice"], "B"),
]


def write(folder: Path, name: str) -> None:
    if name.endswith(".jsonl"):
        write_file(folder, name, "\n".join(map(json.dumps, ROWS)))
    elif name.endswith(".json"):
        write_file(folder, name, json.dumps(ROWS))
    elif name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), folder / name)
    elif name.endswith(".arrow"):
        table = pa.Table.from_pylist(ROWS)
        with pa.ipc.new_file(folder / name, table.schema) as file:
            file.write_table(table)
    else:
        cells = [[row["passage"], row["q"] or "", json.dumps(row["options"]), str(row["answer"])] for row in ROWS]
        lines = [
            "passage,q,options,answer",
            *(",".join('"' + c.replace('"', '""') + '"' for c in row) for row in cells),
        ]
        write_file(folder, name, "\n".join(lines))


@pytest.mark.parametrize("name", ["d.jsonl", "d.json", "d.parquet", "d.arrow", "d.csv"])
def test_lists_are_read_alike_from_every_format(tmp_path: Path, name: str):
    write(tmp_path, name)
    assert rows_of(tmp_path, card(name)) == READ


@pytest.mark.parametrize("name", ["d.jsonl", "d.parquet"])
def test_a_column_within_another_is_named_with_a_dot(tmp_path: Path, name: str):
    rows = [
        {"stem": {"text": f"Q{n}"}, "choices": {"text": ["a", "b"], "label": ["A", "B"]}, "key": "BAB"[int(n) - 1]}
        for n in "123"
    ]
    if name.endswith(".jsonl"):
        write_file(tmp_path, name, "\n".join(map(json.dumps, rows)))
    else:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
    columns = {"text": "stem.text", "choices": "choices.text", "label": "key"}
    assert rows_of(tmp_path, card(name, columns))[0] == ("Q1", [], ["a", "b"], "B")


def test_choices_in_columns_of_their_own_and_labels_as_texts(tmp_path: Path):
    write_file(tmp_path, "d.csv", "q,one,two,key\nWhat?,rain,snow,snow\nWho?,she,he,she\nWhich?,1,2,1\n")
    found = rows_of(tmp_path, card("d.csv", {"text": "q", "choices": ["one", "two"], "label": "key"}))
    # "1" may be the text of the first or the index of the second: nobody knows
    assert [row[2:] for row in found] == [(["rain", "snow"], "B"), (["she", "he"], "A"), (["1", "2"], "1")]


def test_a_label_map_says_where_counting_begins(tmp_path: Path):
    write_file(tmp_path, "d.csv", "q,one,two,key\nWhat?,rain,snow,1\nWho?,she,he,2\n")
    one = card("d.csv", {"text": "q", "choices": ["one", "two"], "label": "key"}, label_map={"1": "A", "2": "B"})
    assert [row[3] for row in rows_of(tmp_path, one)] == ["A", "B"]


def test_rows_without_choices_or_with_a_label_beyond_them_are_kept_apart(tmp_path: Path):
    bad = [
        {"passage": "One.", "q": "?", "options": ["alone"], "answer": 0},
        {"passage": "Two.", "q": "?", "options": ["a", "b"], "answer": "C"},
        {"passage": "Three.", "q": "?", "options": ["a", "b", "c", "d"], "answer": 0},
        {"passage": "Four.", "q": "?", "options": "a or b", "answer": 0},
    ]
    write_file(tmp_path, "d.jsonl", "\n".join(map(json.dumps, [*ROWS, *bad])))
    verdict = validate_rows(read_dataset(card("d.jsonl"), tmp_path), card("d.jsonl"), quarantine_limit=0.9)
    assert dict(zip(verdict.quarantine["text"].to_pylist(), verdict.quarantine["reason"].to_pylist(), strict=True)) == {
        "One.": "the row has 1 choices, and the card's labels are for 2 to 3",
        "Two.": "label 'C' is beyond the row's 2 choices",
        "Three.": "the row has 4 choices, and the card's labels are for 2 to 3",
        "Four.": "label '0' is not one of: A, B, C; the row has 0 choices, and the card's labels are for 2 to 3",
    }


def test_questions_about_one_passage_are_no_duplicates(tmp_path: Path):
    words = ("road", "sea", "bird", "stone", "river", "wind", "house", "field")
    rows = [
        {**ROWS[0], "q": f"What of the {word}, then?", "answer": place % 3, "options": [word, f"no {word}", "both"]}
        for place, word in enumerate(words * 2)
    ]
    write_file(tmp_path, "d.jsonl", "\n".join(map(json.dumps, rows)))
    one = card("d.jsonl")
    selected, counts = select_dataset(one, read_dataset(one, tmp_path), train_limit=20, test_limit=20)
    assert counts["n_train"] + counts["n_test"] == selected.num_rows == 8
    assert counts["n_duplicates"] == 8
    assert len(set(selected["text_id"].to_pylist())) == 8
    assert dict(selected["fields"][0].as_py())["question"].startswith("What of the ")


def test_a_corpus_may_have_fields_in_one_source_and_none_in_the_other(tmp_path: Path):
    write(tmp_path, "d.jsonl")
    write_file(tmp_path, "plain.txt", "A line.\n")
    sources = [{"source": "d.jsonl", "columns": COLUMNS}, {"source": "plain.txt"}]
    corpus = CorpusCard(name="c", description="d", sources=sources)
    rows = read_corpus(corpus, tmp_path)
    assert rows["choices"].to_pylist() == [*(row[2] for row in READ), []]
    assert validate_rows(rows, corpus, quarantine_limit=0.0).good.num_rows == 4


def test_keys_of_cards_without_fields_are_what_they_were(tmp_path: Path):
    write(tmp_path, "d.csv")
    plain = {"text": "passage", "label": "answer"}
    assert card("d.csv", plain).model_dump()["columns"] == {**plain, "text_pair": None}
    assert dataset_key(card("d.csv", plain), tmp_path) != dataset_key(card("d.csv"), tmp_path)


@pytest.mark.parametrize(
    ("columns", "labels", "what"),
    [
        (COLUMNS, ["yes", "no"], "A, B, C and so on"),
        (COLUMNS, "number", "A, B, C and so on"),
        ({"choices": ["one"]}, ["A", "B"], "at least 2 items"),
        ({"fields": {"text": "q"}}, ["A", "B"], "no word of templates"),
    ],
)
def test_a_card_that_does_not_hold_together_is_told(columns: dict[str, Any], labels: Any, what: str):
    with pytest.raises(ValidationError, match=what):
        card("d.csv", columns, labels=labels)
