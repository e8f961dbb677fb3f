"""Rows with named fields and choices of their own, from every format that can hold them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from pydantic import ValidationError

from taskatlas.errors import InputError
from taskatlas.hashing import digest
from taskatlas.ingest.choicelabels import labels_of_choices
from taskatlas.ingest.choices import read_choices
from taskatlas.ingest.read import _UNREAD, corpus_key, dataset_key, read_corpus, read_dataset
from taskatlas.ingest.select import select_dataset
from taskatlas.ingest.sources import fingerprint
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
    # "1" could be the index of the second choice, too, but labels of one dataset are all of one kind
    assert [row[2:] for row in found] == [(["rain", "snow"], "B"), (["she", "he"], "A"), (["1", "2"], "A")]


RAIN, VITAMINS, DIGITS = ["rain", "snow"], ["B", "A", "K"], ["1", "2", "0"]


@pytest.mark.parametrize(
    ("labels", "choices", "places"),
    [
        (["rain", "A", "snow"], [RAIN, VITAMINS, RAIN], ["A", "B", "B"]),
        (["A", "B", "b"], [RAIN, VITAMINS, RAIN], ["A", "B", "B"]),
        (["0", "1", "1"], [RAIN, DIGITS, RAIN], ["A", "B", "B"]),
        (["A", "B", "1"], [RAIN, RAIN, RAIN], ["A", "B", "1"]),
        (["rain", "snow", "A"], [RAIN, RAIN, RAIN], ["A", "B", '"A"']),
        (["1", "0"], [DIGITS, DIGITS], ["1", "0"]),
        (["A", "B"], [["A", "C"], ["C", "B"]], ["A", "B"]),
        (["snow", "the sun", None], [RAIN, RAIN, RAIN], ["B", "the sun", None]),
        (["snow", "rain"], [RAIN, ["rain", "rain"]], ["B", "rain"]),
        (["(b)", "A.", "[B]", "b)", "a:"], [RAIN] * 5, ["B", "A", "B", "B", "A"]),
        (["1.0", "0.0", "1.5"], [RAIN] * 3, ["B", "A", "1.5"]),
        (["True", "SNOW"], [["true", "false"], RAIN], ["A", "B"]),
        (["true", "false"], [RAIN, RAIN], ["true", "false"]),
        (["[0, 1]", '["1", "0"]', "[1, 1]", "[0.0, 1.0, 0]"], [RAIN] * 4, ["B", "A", "[1, 1]", "B"]),
        (["yes", "a"], [["Yes", "yes"], ["A", "a"]], ["B", "B"]),
        (["[0, 1]", "[1, 0, 0]", "[0.5, 0.5]"], [RAIN, VITAMINS, RAIN], ["B", "A", "[0.5, 0.5]"]),
        (["[1, 2]", "[3, 4]"], [["[1, 2]", "[3, 4]"], ["[3, 4]", "[1, 2]"]], ["A", "A"]),
    ],
)
def test_labels_of_a_dataset_are_all_of_one_kind(labels: list[str], choices: list[list[str]], places: list[str]):
    assert labels_of_choices(labels, choices, "d") == places


def test_indices_that_begin_at_1_are_no_indices_from_0(tmp_path: Path):
    rows = "".join(f"What {n}?,rain,snow,fog,{n % 3 + 1}\n" for n in range(9))
    write_file(tmp_path, "d.csv", f"q,one,two,three,key\n{rows}")
    columns = {"text": "q", "choices": ["one", "two", "three"], "label": "key"}
    with pytest.raises(InputError, match="no label is 0, and 3 are as large") as caught:
        read_dataset(card("d.csv", columns), tmp_path)
    [mapping] = re.findall(r"`label_map: (.*)`", caught.value.todo)
    mended = card("d.csv", columns, label_map=yaml.safe_load(mapping))
    assert [row[3] for row in rows_of(tmp_path, mended)] == ["A", "B", "C"] * 3


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("[1.10, 2e3, true, null]", ["1.10", "2e3", "true"]),
        ("['a', 1.5, None, 'b']", ["a", "1.5", "", "b"]),
        ('[{"text": "a"}, {"text": "b"}]', []),
        ("[['a'], ['b']]", []),
        ("[" * 100_000, []),
        ("['{{ 7*7 }}', 'a\\nb']", ["{{ 7*7 }}", "a\nb"]),
    ],
)
def test_a_list_in_a_cell_holds_single_values_as_they_are_written(cell: str, read: list[str]):
    assert read_choices([cell]) == read


@pytest.mark.parametrize("name", ["d.jsonl", "d.parquet"])
def test_choices_that_are_objects_are_named_by_what_is_within(tmp_path: Path, name: str):
    listed = [[{"label": "A", "text": "a"}, {"label": "B", "text": "b"}], [{"label": "A", "text": "c"}]]
    rows = [{"q": f"Q{place}", "options": own, "key": "AB"[place]} for place, own in enumerate(listed)]
    if name.endswith(".jsonl"):
        write_file(tmp_path, name, "\n".join(map(json.dumps, rows)))
    else:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
    with pytest.raises(InputError, match="a list of objects") as caught:
        read_dataset(card(name, {"text": "q", "choices": "options", "label": "key"}), tmp_path)
    [advised] = re.findall(r"options\.\w+", caught.value.todo)
    named = card(name, {"text": "q", "choices": advised, "label": "key"})
    assert [row[2] for row in rows_of(tmp_path, named)] == [["a", "b"], ["c"]]
    by_place = card(name, {"text": "q", "choices": ["options.0.text", "options.1.text"], "label": "key"})
    assert rows_of(tmp_path, by_place) == rows_of(tmp_path, named)


def test_a_label_map_says_where_counting_begins(tmp_path: Path):
    write_file(tmp_path, "d.csv", "q,one,two,key\nWhat?,rain,snow,1\nWho?,she,he,2\n")
    one = card("d.csv", {"text": "q", "choices": ["one", "two"], "label": "key"}, label_map={"1": "A", "2": "B"})
    assert [row[3] for row in rows_of(tmp_path, one)] == ["A", "B"]


FEW = ", and the card's labels are for 2 to 3"
NONE = "is not one of: A, B, C, nor an index from 0 or the text of one choice, as others are"


def test_a_place_that_a_row_does_not_have_is_told(tmp_path: Path):
    rows = [{**row, "answer": "ACC"[place]} for place, row in enumerate(ROWS)]
    write_file(tmp_path, "d.jsonl", "\n".join(map(json.dumps, rows)))
    verdict = validate_rows(read_dataset(card("d.jsonl"), tmp_path), card("d.jsonl"), quarantine_limit=0.9)
    assert verdict.quarantine["reason"].to_pylist() == ["label 'C' is beyond the row's 2 choices"]


def test_rows_without_choices_or_with_a_label_beyond_them_are_kept_apart(tmp_path: Path):
    bad = [
        {"passage": "One.", "q": "?", "options": ["alone"], "answer": 0},
        {"passage": "Two.", "q": "?", "options": ["a", "b"], "answer": 2},
        {"passage": "Three.", "q": "?", "options": ["a", "b", "c", "d"], "answer": 0},
        {"passage": "Four.", "q": "?", "options": "a or b", "answer": 0},
        {"passage": "Five.", "q": "?", "options": ["a", "", "c"], "answer": 1},
        {"passage": "Six.", "q": "?", "options": ["a", "b", "b"], "answer": 2},
    ]
    write_file(tmp_path, "d.jsonl", "\n".join(map(json.dumps, [*ROWS, *bad])))
    verdict = validate_rows(read_dataset(card("d.jsonl"), tmp_path), card("d.jsonl"), quarantine_limit=0.9)
    assert dict(zip(verdict.quarantine["text"].to_pylist(), verdict.quarantine["reason"].to_pylist(), strict=True)) == {
        "One.": f"the number of its choices is 1{FEW}",
        "Two.": f"label '2' {NONE}",
        "Three.": f"the number of its choices is 4{FEW}",
        "Four.": f"the number of its choices is 0{FEW}; label '0' {NONE}",
        "Five.": "its right choice, 'B', is blank, or another one reads as it does",
        "Six.": "its right choice, 'C', is blank, or another one reads as it does",
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


def test_a_question_is_not_lost_beside_a_long_passage(tmp_path: Path):
    passage = " ".join(f"word{number}" for number in range(300))
    asked = ["What got wet?", "Where was the bird?", "Who sang?", "Where was the bird ?"] * 2
    rows = [{"task": "Read and answer.", "p": passage, "q": q, "mood": "ab"[n % 2]} for n, q in enumerate(asked)]
    rows += [
        {"task": f"Say of {word}", "p": word, "q": word, "mood": "ab"[len(word) % 2]}
        for word in ["rain", "sea", "bird", "fog"]
    ]
    write_file(tmp_path, "d.jsonl", "\n".join(map(json.dumps, rows)))
    columns = {"text": "task", "label": "mood", "fields": {"passage": "p", "question": "q"}}
    one = card("d.jsonl", columns, labels=["a", "b"], near_duplicates="remove")
    _, counts = select_dataset(one, read_dataset(one, tmp_path), train_limit=20, test_limit=20)
    assert (counts["n_duplicates"], counts["n_near_duplicates"]) == (4, 0)


def test_a_corpus_may_have_fields_in_one_source_and_none_in_the_other(tmp_path: Path):
    write(tmp_path, "d.jsonl")
    write_file(tmp_path, "plain.txt", "A line.\n")
    sources = [{"source": "d.jsonl", "columns": COLUMNS}, {"source": "plain.txt"}]
    corpus = CorpusCard(name="c", description="d", sources=sources)
    rows = read_corpus(corpus, tmp_path)
    assert rows["choices"].to_pylist() == [*(row[2] for row in READ), []]
    assert validate_rows(rows, corpus, quarantine_limit=0.0).good.num_rows == 4


def test_a_label_may_be_a_list_of_marks(tmp_path: Path):
    for name in ("d.jsonl", "d.parquet"):
        rows = [{"q": f"Q{n}", "t": {"choices": ["a", "b"], "labels": [n, 1 - n]}} for n in (0, 1)]
        if name.endswith("l"):
            write_file(tmp_path, name, "\n".join(map(json.dumps, rows)))
        else:
            pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
        one = card(name, {"text": "q", "choices": "t.choices", "label": "t.labels"})
        assert [row[3] for row in rows_of(tmp_path, one)] == ["B", "A"]


def test_indices_from_1_that_are_spelt_as_decimals_are_led_to_letters_by_the_advice(tmp_path: Path):
    write_file(tmp_path, "d.csv", "q,one,two,key\nWhat?,rain,snow,1.0\nWho?,she,he,2.0\n")
    columns = {"text": "q", "choices": ["one", "two"], "label": "key"}
    with pytest.raises(InputError, match="they count from 1") as caught:
        read_dataset(card("d.csv", columns), tmp_path)
    [mapping] = re.findall(r"`label_map: (.*)`", caught.value.todo)
    mended = card("d.csv", columns, label_map=yaml.safe_load(mapping))
    assert [row[3] for row in rows_of(tmp_path, mended)] == ["A", "B"]


def test_only_rows_with_choices_have_a_new_key_since_their_labels_are_read_otherwise(tmp_path: Path):
    write(tmp_path, "d.csv")
    for columns, version in ((COLUMNS, [2]), ({**COLUMNS, "choices": None}, [])):
        one = card("d.csv", columns)
        fields = one.model_dump(mode="json", exclude=_UNREAD | {"delimiter"})
        print_ = fingerprint("d.csv", tmp_path)
        assert dataset_key(one, tmp_path) == digest("dataset", 2, fields, print_, *version)
        sources = [{"source": "d.csv", "columns": one.columns}]
        corpus = CorpusCard(name="c", description="d", sources=sources)
        fields = corpus.sources[0].model_dump(mode="json", exclude={"source", "delimiter"})
        assert corpus_key(corpus, tmp_path) == digest("corpus", 2, "c", 8000, [fields], [print_], *version)


def test_a_place_that_is_right_nowhere_is_a_label_all_the_same(tmp_path: Path):
    rows = [
        {"q": f"What of {word}?", "options": [*"wxyz"[: 3 + (at == 3)]], "answer": at % 3}
        for at, word in enumerate(
            ("road", "sea", "bird", "stone", "river", "wind", "house", "field", "song", "lamp", "door", "cloud")
        )
    ]
    write_file(tmp_path, "d.jsonl", "\n".join(map(json.dumps, rows)))
    one = card("d.jsonl", {"text": "q", "choices": "options", "label": "answer"}, labels=[*"ABCD"])
    good = validate_rows(read_dataset(one, tmp_path), one, quarantine_limit=0.0).good
    selected, _ = select_dataset(one, good, train_limit=20, test_limit=20)
    assert selected.num_rows == 12
    assert set(selected["label"].to_pylist()) == {"A", "B", "C"}


def test_choices_of_which_the_first_is_always_right_are_told(tmp_path: Path):
    write_file(tmp_path, "d.jsonl", "\n".join(json.dumps({**row, "answer": 0}) for row in ROWS))
    with pytest.raises(InputError, match=r"the right choice of every row is A\. Mix the choices of each row") as caught:
        read_dataset(card("d.jsonl"), tmp_path)
    assert "labels" not in caught.value.todo


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
        ({"choices": ["one"]}, ["A", "B"], "two columns and more"),
        ({"choices": ["one", "one"]}, ["A", "B"], "each once"),
        ({"fields": {"text": "q"}}, ["A", "B"], "no word of templates"),
    ],
)
def test_a_card_that_does_not_hold_together_is_told(columns: dict[str, Any], labels: Any, what: str):
    with pytest.raises(ValidationError, match=what):
        card("d.csv", columns, labels=labels)
