"""Pairs that cost no labels: cut from documents, half of them right, nothing of a test document learnt."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from taskatlas.adding.corpuspairs import add_self_supervised
from taskatlas.adding.selfsupervised import LABELS, PASSAGE, Task, pairs, sentences
from taskatlas.errors import InputError, UnknownNameError
from taskatlas.registry.load import load
from tests.support.command_line import run_cli
from tests.support.projects import WORDS, write_card, write_project, write_rows

TASKS = get_args(Task)
PLAIN = [word for word in WORDS if word.isalpha()]


def documents(n: int, seed: int = 0, length: int = 12) -> list[str]:
    """Documents in which every sentence is its own."""
    drawn = random.Random(seed)
    return [
        " ".join(f"{' '.join(drawn.choices(PLAIN, k=6))} {n}x{place}x{at}." for at in range(length))
        for place in range(n)
    ]


def number(sentence: str) -> tuple[int, int]:
    """The document of a sentence, and its place there."""
    _, document, place = sentence.rstrip(".").split()[-1].split("x")
    return int(document), int(place)


@pytest.mark.parametrize("task", TASKS)
def test_half_of_the_pairs_are_right_and_no_document_is_in_two_splits(task: Task):
    made = pairs(documents(10), task, limit=100, seed=0)
    of = {split: {number(each)[0] for row in rows for each in (row.text, *sentences(row.text_pair))}
          for split, rows in made.items()}  # fmt: skip
    assert of["train"].isdisjoint(of["test"])
    for rows in made.values():
        counted = Counter(row.label for row in rows)
        assert counted.keys() == set(LABELS)
        assert counted["apart"] == counted["together"] >= 10
        assert len({(row.text, row.text_pair) for row in rows}) == len(rows)
        for row in rows:
            same = {number(each)[0] for each in (row.text, *sentences(row.text_pair))}
            assert (len(same) == 1) == (row.label == "together")
    assert sum(map(len, made.values())) <= 100


@pytest.mark.parametrize("task", TASKS)
def test_right_pairs_are_what_the_task_says(task: Task):
    for row in (row for rows in pairs(documents(6), task, limit=80, seed=1).values() for row in rows):
        place, passage = number(row.text)[1], [number(each)[1] for each in sentences(row.text_pair)]
        assert 1 <= len(passage) <= PASSAGE
        if row.label != "together":
            continue
        if task == "next-sentence":
            assert passage == [place + 1]
        elif task == "first-selection":
            assert place == 0
            assert 0 not in passage
        else:
            assert place not in passage


def test_they_hang_on_the_seed_and_not_on_the_order_of_the_documents():
    texts = documents(8)
    made = pairs(texts, "next-sentence", limit=60, seed=3)
    assert pairs([*reversed(texts), texts[0]], "next-sentence", limit=60, seed=3) == made
    assert pairs(texts, "next-sentence", limit=60, seed=4) != made


def test_texts_of_few_sentences_make_no_pairs_and_that_is_told():
    with pytest.raises(InputError, match=r"texts with 3 sentences or more: 0, and.*whole documents"):
        pairs(["One sentence.", "Two. Sentences."] * 10, "inverse-cloze", limit=100, seed=0)
    with pytest.raises(InputError, match="Give 8 to 100,000"):
        pairs(documents(8), "inverse-cloze", limit=2, seed=0)


def test_a_document_that_repeats_itself_ends():
    made = pairs([f"Yes {each}. No {each}. Perhaps {each}." for each in range(5)], "next-sentence", limit=1000, seed=0)
    assert 4 <= sum(map(len, made.values())) < 1000


def test_a_corpus_becomes_a_dataset_that_runs_read(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    write_rows(folder, "pages", ({"text": text} for text in documents(12)))
    write_card(folder, "corpora", "pages", sources=[{"source": "data/pages.jsonl"}])
    added = add_self_supervised(folder, "inverse-cloze", corpus="pages", name=None, limit=60, seed=0, replace=False)
    card = load(folder).datasets["pages-inverse-cloze"]
    assert card == added.card
    assert (card.family, card.columns.text_pair, set(card.class_labels)) == ("inverse-cloze", "text_pair", set(LABELS))
    assert added.counts["n_train"] > 10
    assert added.counts["n_test"] > 5
    assert (added.counts["quarantined"], added.counts["n_duplicates"]) == (0, 0)
    again = add_self_supervised(folder, "inverse-cloze", corpus="pages", name=None, limit=60, seed=0, replace=False)
    assert again.state == "there already"
    with pytest.raises(UnknownNameError, match="pages"):
        add_self_supervised(folder, "inverse-cloze", corpus="page", name=None, limit=60, seed=0, replace=False)


def test_the_command_says_what_it_wrote(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    write_rows(folder, "web", ({"text": text} for text in documents(12)))
    done = run_cli("add", "self-supervised", "next-sentence", "-p", str(folder), "--limit", "40", "--json")
    told = json.loads(done.out)
    assert told["card"] == "datasets/web-next-sentence.yaml"
    assert told["n_train"] + told["n_test"] <= 40
