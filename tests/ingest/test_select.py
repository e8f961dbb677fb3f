import random
import shutil

import pyarrow as pa
import pytest

from taskatlas.hashing import text_id
from taskatlas.ingest.read import ROWS, read_corpus, read_dataset
from taskatlas.ingest.select import content_id, select_corpus, select_dataset
from taskatlas.schemas.tables import TABLES
from taskatlas.store.parts import fit
from tests.support.cards import corpus_card, dataset_card
from tests.support.failing import fault
from tests.support.projects import write_file

LONG = (
    "The ferry to the islands has been cancelled until Sunday because of the storm, says the harbour office of the town"
)


def rows_of(*rows, split="all", number=False):
    """(text, label[, split]) → rows as read_dataset gives them."""
    table = pa.table(
        [
            list(range(1, len(rows) + 1)),
            [row[2] if len(row) > 2 else split for row in rows],
            [row[0] for row in rows],
            [None] * len(rows),
        ],
        schema=ROWS,
    )
    table = table.append_column("label", pa.array([str(row[1]) for row in rows]))
    return table.append_column("value", pa.array([float(row[1]) for row in rows])) if number else table


def many(count, seed=0):
    rng = random.Random(seed)
    return [(f"{rng.random()} {rng.random()}", ("negative", "positive")[number % 2]) for number in range(count)]


def select(rows, card=None, train_limit=400, test_limit=300):
    return select_dataset(card or dataset_card("a.csv"), rows, train_limit=train_limit, test_limit=test_limit)


def texts(table, split):
    return {row["text"] for row in table.to_pylist() if row["split"] == split}


def test_examples_are_split_and_sampled_by_content():
    examples, counts = select(rows_of(*many(1000)), train_limit=100, test_limit=80)
    zeros = ("n_duplicates", "n_near_duplicates", "n_near_kept", "n_conflicting", "n_near_conflicting")
    assert counts == {"n_train": 100, "n_test": 80} | dict.fromkeys(zeros, 0)
    assert fit(examples, "examples").num_rows == 180
    assert examples.schema == TABLES["examples"].schema
    ids = examples["text_id"].to_pylist()
    assert ids == sorted(ids)
    assert ids[0] == text_id(examples["text"][0].as_py())
    assert set(examples["origin"].to_pylist()) == {"reviews"}
    _, counts = select(rows_of(*many(1000)), train_limit=1000, test_limit=1000)
    assert 350 < counts["n_test"] < 450
    assert counts["n_train"] + counts["n_test"] == 1000


def test_more_rows_move_none_to_the_other_split():
    few, _ = select(rows_of(*many(100)))
    more, _ = select(rows_of(*many(200)))
    assert texts(few, "train") <= texts(more, "train")
    assert texts(few, "test") <= texts(more, "test")


def test_numbers_have_values_and_no_labels():
    rows = rows_of(*((text, number) for number, (text, _) in enumerate(many(20))), number=True)
    examples, _ = select(rows, dataset_card("a.csv", labels="number"))
    assert examples["label"].null_count == 20
    assert examples["value"].null_count == 0


def test_exact_duplicates_and_labels_that_disagree():
    base = many(40)
    doubled = [*base, base[0], base[0], (base[1][0], "negative"), (base[3][0], "negative")]
    examples, counts = select(rows_of(*doubled))
    assert examples.num_rows == 40
    assert (counts["n_duplicates"], counts["n_conflicting"]) == (4, 2)
    backwards, _ = select(rows_of(*reversed(doubled)))
    assert backwards.equals(examples)


def test_train_rows_that_are_test_rows_or_near_them_are_removed():
    train = [(*row, "train") for row in many(10)]
    test = [(train[0][0], "positive", "test"), (LONG, "positive", "test")]
    rows = rows_of(*train, (LONG + "!", "positive", "train"), *test)
    examples, counts = select(rows, dataset_card("{split}.csv"))
    assert texts(examples, "test") == {train[0][0], LONG}
    assert texts(examples, "train") == {text for text, *_ in train[1:]}
    assert (counts["n_duplicates"], counts["n_near_duplicates"], counts["n_conflicting"]) == (1, 1, 1)


def test_near_duplicates_within_a_split_are_removed():
    rows = [(*row, "train") for row in many(10)] + [("t", "positive", "test")]
    rows += [(LONG + mark, "positive", "train") for mark in ("", ".", "!")]
    _, counts = select(rows_of(*rows), dataset_card("{split}.csv"))
    assert counts["n_train"] == 11
    assert (counts["n_duplicates"], counts["n_near_duplicates"], counts["n_near_kept"]) == (0, 2, 0)
    kept, counts = select(rows_of(*rows), dataset_card("{split}.csv", near_duplicates="keep"))
    assert (counts["n_train"], counts["n_near_duplicates"], counts["n_near_kept"]) == (13, 0, 0)
    assert {LONG, LONG + ".", LONG + "!"} <= texts(kept, "train")


def test_near_duplicates_with_other_labels_stay_and_are_counted():
    openings = [text for text, _ in many(320, seed=2)]
    about = [" ".join(openings[place : place + 8]) for place in range(0, 320, 8)]
    words = (("good", "positive"), ("bad", "negative"))
    pairs = [(f"{text} All in all it was {word}.", label) for text in about for word, label in words]
    examples, counts = select(rows_of(*pairs, (LONG, "positive"), (LONG + "!", "positive"), (LONG + "?", "negative")))
    assert examples.num_rows == 80 + 2
    assert counts["n_near_conflicting"] == 40 + 1
    assert (counts["n_near_duplicates"], counts["n_conflicting"], counts["n_near_kept"]) == (1, 0, 0)


def test_numbers_of_near_duplicates_that_differ_stay():
    rows = [(text, place) for place, (text, _) in enumerate(many(30))] + [(LONG, 1), (LONG + "!", 2), (LONG + "?", 2)]
    _, counts = select(rows_of(*rows, number=True), dataset_card("a.csv", labels="number"))
    assert (counts["n_train"] + counts["n_test"], counts["n_near_duplicates"]) == (32, 1)


LETTERS = [
    (f"{LONG}. We ask you to look at the order with the number {100_000 + 37 * place}. Please {word} it.", word)
    for place in range(40)
    for word in ("cancel", "track")
]


def test_texts_that_are_alike_by_nature_stay():
    card = dataset_card("a.csv", labels=("cancel", "track"))
    examples, counts = select(rows_of(*LETTERS), card)
    assert examples.num_rows == 80
    assert counts["n_near_duplicates"] == 0
    assert counts["n_near_kept"] > 60
    error = fault(select, rows_of(*LETTERS), card.model_copy(update={"near_duplicates": "remove"}))
    assert error.what == "all train rows labelled 'cancel' equal or nearly equal other rows"
    assert "near_duplicates: keep" in error.todo
    kept, _ = select(rows_of(*LETTERS), card.model_copy(update={"near_duplicates": "keep"}))
    assert kept.num_rows == 80, "what it advises works"


@pytest.mark.parametrize("rare", [2, 3, 5])
def test_a_rare_class_is_in_both_splits(rare):
    for seed in range(10):
        common = [(text, "negative") for text, _ in many(400, seed)]
        rows = common + [(text, "positive") for text, _ in many(rare, seed=900 + seed)]
        examples, _ = select(rows_of(*rows), dataset_card("a.csv", test_fraction=0.1), test_limit=20)
        labels = {(row["split"], row["label"]) for row in examples.to_pylist()}
        assert labels == {(split, label) for split in ("train", "test") for label in ("negative", "positive")}


def test_a_class_of_one_row_is_in_train():
    for seed in range(10):
        rows = [(text, "negative") for text, _ in many(50, seed)] + [(f"only {seed}", "positive")]
        examples, _ = select(rows_of(*rows), dataset_card("a.csv", test_fraction=0.9))
        assert {row["split"] for row in examples.to_pylist() if row["label"] == "positive"} == {"train"}


def test_the_train_split_has_every_class_however_rare():
    rows = [(text, "negative") for text, _ in many(400)] + [(text, "positive") for text, _ in many(5, seed=9)]
    examples, counts = select(rows_of(*rows), dataset_card("a.csv", test_fraction=0.1), train_limit=3)
    assert counts["n_train"] == 3
    assert {row["label"] for row in examples.to_pylist() if row["split"] == "train"} == {"negative", "positive"}


def test_a_class_that_is_not_in_train():
    rows = [("a", "negative", "train"), ("b", "positive", "test")]
    error = fault(select, rows_of(*rows), dataset_card("{split}.csv"))
    assert error.what == "no row of the train split is labelled 'positive'"
    assert error.where == "dataset reviews"
    assert "add rows of it" in fault(select, rows_of(*((text, "negative") for text, _ in many(20)))).todo
    near = [(LONG, "positive", "test"), (LONG + "!", "positive", "train"), *((*row, "test") for row in many(20))]
    near += [("a", "negative", "train")]
    assert "nearly equal" in fault(select, rows_of(*near), dataset_card("{split}.csv")).what


def test_too_small_a_limit_and_empty_splits():
    labels = tuple("abcdef")
    error = fault(select, rows_of(*many(9)), dataset_card("a.csv", labels=labels), train_limit=5)
    assert "train_limit" in error.todo
    rows = rows_of(("a", "negative", "train"), ("b", "positive", "train"))
    assert fault(select, rows, dataset_card("{split}.csv")).what == "the test split has no examples"
    same = rows_of(*((text, 3) for text, _ in many(20)), number=True)
    assert fault(select, same, dataset_card("a.csv", labels="number")).what == "all train rows have the value 3.0"


def test_order_of_rows_and_place_of_the_project_change_nothing(tmp_path):
    base = [f"{text},{label}\n" for text, label in many(300)] + [f'"{LONG}",positive\n', f'"{LONG}!",negative\n']
    write_file(tmp_path, "one/a.csv", "text,label\n" + "".join(base))
    shutil.copytree(tmp_path / "one", tmp_path / "two/deep")
    random.Random(3).shuffle(base)
    write_file(tmp_path, "two/deep/a.csv", "text,label\n" + "".join(base))
    card = dataset_card("a.csv")
    one = select(read_dataset(card, tmp_path / "one"), train_limit=60, test_limit=40)
    two = select(read_dataset(card, tmp_path / "two/deep"), train_limit=60, test_limit=40)
    assert one[0].equals(two[0])
    assert one[1] == two[1]
    assert content_id(one[0]) == content_id(two[0])


def test_the_content_id_is_of_texts_splits_and_labels():
    examples, _ = select(rows_of(*many(50)))
    shuffled = examples.take(list(reversed(range(examples.num_rows))))
    renamed, _ = select(rows_of(*many(50)), dataset_card("b.csv", name="other"))
    assert content_id(examples) == content_id(shuffled) == content_id(renamed)
    swapped, _ = select(
        rows_of(*((text, "positive" if number % 3 else "negative") for number, (text, _) in enumerate(many(50))))
    )
    assert content_id(swapped) != content_id(examples)


def corpus_rows(project, *sources, **fields):
    card = corpus_card(*sources, **fields)
    return card, read_corpus(card, project)


def test_a_corpus_is_limited_per_source_and_freed_of_duplicates(tmp_path):
    write_file(tmp_path, "a.txt", "".join(f"{text}\n" for text, _ in many(50)))
    write_file(tmp_path, "b.txt", "".join(f"{text}\n" for text, _ in many(30)) + f"{LONG}\n{LONG}!\n{LONG}\n")
    card, rows = corpus_rows(tmp_path, {"source": "a.txt", "limit": 20}, "b.txt")
    examples, counts = select_corpus(card, rows, [])
    assert counts["n_leaked"] == 0
    whole = {text for text, _ in many(50)}
    picked = texts(examples, "corpus")
    assert len(picked & whole) == 20
    assert len(picked & {LONG, LONG + "!"}) == 1
    assert (counts["n_duplicates"], counts["n_near_duplicates"]) == (30 + 1, 1)
    assert counts["n_texts"] == examples.num_rows == 21
    assert set(examples["origin_kind"].to_pylist()) == {"corpus"}
    assert fit(examples, "examples")["label"].null_count == 21


def test_texts_of_the_test_splits_are_kept_out_of_a_corpus(tmp_path):
    write_file(tmp_path, "a.jsonl", f'{{"text": "{LONG}."}}\n{{"text": "kept"}}\n{{"text": "secret"}}\n')
    pairs = f'{{"text": "secret", "p": "x"}}\n{{"text": "x", "p": "{LONG}"}}\n{{"text": "kept", "p": "y"}}\n'
    write_file(tmp_path, "b.jsonl", pairs)
    card, rows = corpus_rows(tmp_path, "a.jsonl", {"source": "b.jsonl", "columns": {"text_pair": "p"}})
    tested = [("1", LONG, None), ("2", "secret", "y")]
    examples, counts = select_corpus(card, rows, tested)
    assert [(row["text"], row["text_pair"]) for row in examples.to_pylist()] in (
        [("kept", None), ("kept", "y")],
        [("kept", "y"), ("kept", None)],
    )
    assert counts == {"n_texts": 2, "n_duplicates": 0, "n_near_duplicates": 0, "n_leaked": 4}
    again, _ = select_corpus(card, rows, reversed(tested))
    assert again.equals(examples)


def test_a_corpus_with_nothing_left(tmp_path):
    write_file(tmp_path, "a.txt", "secret\n")
    card, rows = corpus_rows(tmp_path, "a.txt")
    error = fault(select_corpus, card, rows, [("1", "secret", None)])
    assert (error.what, error.where) == ("no text is left; 1 are test texts", "corpus texts")


def test_the_order_of_a_corpus_changes_nothing(tmp_path):
    lines = [f"{text}\n" for text, _ in many(200)] + [f"{LONG}{mark}\n" for mark in ("", "!", "?")]
    write_file(tmp_path, "one/a.txt", "".join(lines))
    random.Random(5).shuffle(lines)
    write_file(tmp_path, "two/a.txt", "".join(lines))
    selections = []
    for folder in ("one", "two"):
        card, rows = corpus_rows(tmp_path / folder, {"source": "a.txt", "limit": 70})
        selections.append(select_corpus(card, rows, [("1", many(200)[0][0], None)]))
    assert selections[0][0].equals(selections[1][0])
    assert selections[0][1] == selections[1][1]


@pytest.mark.parametrize("limit", [1, 5, 50])
def test_a_larger_limit_keeps_what_a_smaller_one_picked(limit):
    rows = rows_of(*many(300))
    small, _ = select(rows, train_limit=limit + 1, test_limit=limit)
    large, _ = select(rows, train_limit=limit + 9, test_limit=limit + 9)
    assert set(small["text_id"].to_pylist()) <= set(large["text_id"].to_pylist())
