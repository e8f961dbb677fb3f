import math

import pytest

from taskatlas.ingest.read import corpus_key, dataset_key, read_corpus, read_dataset
from tests.support.cards import corpus_card, dataset_card, pair_columns
from tests.support.failing import fault
from tests.support.projects import write_file

CSV = "text,label\ngood,positive\nbad,negative\n"


def test_a_dataset_is_read_and_cleaned(tmp_path):
    write_file(tmp_path, "train.csv", "text,label\n  very\tgood ,positive \nbad,negative\n")
    write_file(tmp_path, "test.csv", "text,label\ncafe\u0301,neutral\n,negative\nlong,\n")
    assert read_dataset(dataset_card("{split}.csv"), tmp_path).to_pylist() == [
        {"row": 1, "split": "train", "text": "very\tgood", "text_pair": None, "label": "positive"},
        {"row": 2, "split": "train", "text": "bad", "text_pair": None, "label": "negative"},
        {"row": 1, "split": "test", "text": "caf\u00e9", "text_pair": None, "label": "neutral"},
        {"row": 2, "split": "test", "text": "", "text_pair": None, "label": "negative"},
        {"row": 3, "split": "test", "text": "long", "text_pair": None, "label": None},
    ]


def test_codes_become_class_names_and_labels_are_spelt_as_on_the_card(tmp_path):
    write_file(tmp_path, "a.csv", "text,label\none,0\ntwo,1\nthree,cafe\u0301\nfour,5\n")
    card = dataset_card("a.csv", labels=("caf\u00e9", "negative"), label_map={"0": "negative", "1": "caf\u00e9"})
    assert read_dataset(card, tmp_path)["label"].to_pylist() == ["negative", "caf\u00e9", "caf\u00e9", "5"]


def test_pairs(tmp_path):
    write_file(
        tmp_path,
        "a.jsonl",
        '{"text": "a", "text_pair": "b", "label": "positive"}\n{"text": "c", "label": "negative"}\n',
    )
    card = dataset_card("a.jsonl", columns=pair_columns())
    assert read_dataset(card, tmp_path)["text_pair"].to_pylist() == ["b", None]


def test_numbers_keep_their_raw_label(tmp_path):
    raw = ["3.50", "-2e1", "nan", "inf", "high", "", "1_0"]
    write_file(tmp_path, "a.csv", "text,label\n" + "".join(f"{number},{label}\n" for number, label in enumerate(raw)))
    rows = read_dataset(dataset_card("a.csv", labels="number", label_map={"high": "9"}), tmp_path)
    assert rows["label"].to_pylist() == ["3.50", "-2e1", "nan", "inf", "9", None, "1_0"]
    assert rows["value"].to_pylist() == [3.5, -20.0, None, None, 9.0, None, None]
    assert not any(math.isnan(value) for value in rows["value"].drop_null().to_pylist())


def test_one_class_only(tmp_path):
    write_file(tmp_path, "a.csv", "text,label\ngood,positive\nfine,positive\nbad,Negative\n")
    error = fault(read_dataset, dataset_card("a.csv"), tmp_path)
    assert "'positive'" in error.what
    assert "Negative" in error.what
    assert error.where == "dataset reviews (a.csv)"
    assert "label_map" in error.todo


def test_the_cards_encoding_is_used(tmp_path):
    write_file(tmp_path, "a.csv", CSV.replace("good", "caf\u00e9").encode("latin-1"))
    assert read_dataset(dataset_card("a.csv", encoding="latin-1"), tmp_path)["text"][0].as_py() == "caf\u00e9"
    assert fault(read_dataset, dataset_card("a.csv"), tmp_path).where == "a.csv, line 2"


def test_a_corpus_of_several_sources(tmp_path):
    write_file(tmp_path, "a.txt", "one\ntwo\n")
    write_file(tmp_path, "b.jsonl", '{"premise": " three ", "hypothesis": "four"}\n')
    write_file(tmp_path, "c.csv", "text\ncaf\u00e9\n".encode("latin-1"))
    columns = pair_columns(text="premise", text_pair="hypothesis")
    pairs = {"source": "b.jsonl", "columns": columns}
    card = corpus_card("a.txt", pairs, {"source": "c.csv", "encoding": "latin-1", "limit": 1})
    assert [tuple(row.values()) for row in read_corpus(card, tmp_path).to_pylist()] == [
        (1, "all", "one", None, 0),
        (2, "all", "two", None, 0),
        (1, "all", "three", "four", 1),
        (1, "all", "caf\u00e9", None, 2),
    ]


@pytest.mark.parametrize(
    ("fields", "same"),
    [
        ({"description": "other", "family": "other", "domain": "other", "license": "MIT", "language": "en"}, True),
        ({"source": "b/c.csv"}, True),
        ({"name": "other"}, False),
        ({"labels": ("negative", "positive", "neutral")}, False),
        ({"label_map": {"1": "positive"}}, False),
        ({"max_chars": 10}, False),
        ({"test_fraction": 0.1}, False),
        ({"columns": {"text": "label"}}, False),
    ],
)
def test_a_dataset_key_follows_content(tmp_path, fields, same):
    write_file(tmp_path, "a.csv", CSV)
    write_file(tmp_path, "b/c.csv", CSV)
    key = dataset_key(dataset_card("a.csv"), tmp_path)
    assert (dataset_key(dataset_card(**{"source": "a.csv"} | fields), tmp_path) == key) is same
    write_file(tmp_path, "a.csv", CSV + "x,positive\n")
    assert dataset_key(dataset_card("a.csv"), tmp_path) != key


def test_a_corpus_key_follows_content(tmp_path):
    write_file(tmp_path, "a.txt", "one\n")
    write_file(tmp_path, "b.txt", "one\n")
    key = corpus_key(corpus_card("a.txt"), tmp_path)
    assert corpus_key(corpus_card("b.txt", description="other"), tmp_path) == key
    assert corpus_key(corpus_card({"source": "a.txt", "limit": 5}), tmp_path) != key
    assert corpus_key(corpus_card("a.txt", "b.txt"), tmp_path) != key
    assert "c.txt" in fault(corpus_key, corpus_card("c.txt"), tmp_path).where
