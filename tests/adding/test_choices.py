"""Files of multiple choice, as they are found: each becomes a card whose rows show the right choices and labels."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.ingest.read import read_dataset
from taskatlas.registry.load import load
from tests.support.command_line import Result, run_cli
from tests.support.projects import write_file

THINGS = (
    "road", "sea", "bird", "stone", "river", "wind", "house", "field", "song", "lamp", "door", "cloud", "boat", "horse",
    "tower", "garden", "market", "winter", "letter", "mirror",
)  # fmt: skip
Row = dict[str, Any]
Made = Callable[[int, int], Row]
"""A question's number and its right index → a row of the file."""


def asked(n: int) -> str:
    return f"Which of them is the {THINGS[n % 20]} of {THINGS[(n // 20 + 3 * n) % 20]}, number {n}?"


def own(n: int, count: int = 4) -> list[str]:
    return [f"the {THINGS[(n + 3 * place) % 20]} no {n * 7 + place}" for place in range(count)]


def spread(n: int, names: Sequence[str]) -> Row:
    return dict(zip(names, own(n, len(names)), strict=True))


def rows_of(made: Made, count: int, n: int = 48) -> list[Row]:
    return [made(number, (number * 7 + number // 4) % count) for number in range(n)]


def written(folder: Path, name: str, rows: list[Row]) -> Path:
    path = folder / name
    if name.endswith(".jsonl"):
        return write_file(folder, name, "\n".join(map(json.dumps, rows)))
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif name.endswith(".xlsx"):
        book = openpyxl.Workbook()
        assert book.active is not None
        for line in [[*rows[0]], *([*row.values()] for row in rows)]:
            book.active.append(line)
        book.save(path)
    else:
        text = io.StringIO()
        writer = csv.DictWriter(text, [*rows[0]])
        writer.writeheader()
        writer.writerows(rows)
        return write_file(folder, name, text.getvalue())
    return path


def add(project: Path, file: Path, *options: str) -> Result:
    return run_cli("add", "dataset", file, "-p", project, "--name", "exam", *options)


def arc(n: int, right: int) -> Row:
    """Every eighth row counts where others have letters."""
    names = [*"1234"] if n % 8 == 0 else [*"ABCD"]
    return {"id": f"Q{n}", "question": asked(n), "choices": {"text": own(n), "label": names}, "answerKey": names[right]}


def arc_as_published(n: int, right: int) -> Row:
    row = arc(n, right)
    held = [{"text": text, "label": name} for text, name in zip(own(n), row["choices"]["label"], strict=True)]
    return {"id": row["id"], "question": {"stem": asked(n), "choices": held}, "answerKey": row["answerKey"]}


def passage(n: int) -> str:
    return f"A {THINGS[n % 20]} stood by the {THINGS[(n * 3 + 1) % 20]}. " * 6 + f"It was day {n // 2}."


KINDS: dict[str, tuple[str, int, Made, dict[str, Any]]] = {
    "letters": (
        "csv", 4, lambda n, r: {"question": asked(n), **spread(n, "ABCD"), "answer": "ABCD"[r]},
        {"text": "question", "choices": [*"ABCD"], "label": "answer"},
    ),
    "a workbook": (
        "xlsx", 4, lambda n, r: {"question": asked(n), **spread(n, "ABCD"), "answer": "ABCD"[r].lower()},
        {"text": "question", "choices": [*"ABCD"], "label": "answer"},
    ),
    "numbers from 1": (
        "csv", 2, lambda n, r: {"sentence": asked(n), **spread(n, ("option1", "option2")), "answer": r + 1},
        {"text": "sentence", "choices": ["option1", "option2"], "label": "answer"},
    ),
    "decimals from 1": (
        "csv", 3,
        lambda n, r: {"q": asked(n), **spread(n, ("option_1", "option_2", "option_3")), "label": f"{r + 1}.0"},
        {"text": "q", "choices": ["option_1", "option_2", "option_3"], "label": "label"},
    ),
    "solutions from 0": (
        "csv", 2, lambda n, r: {"goal": asked(n), **spread(n, ("sol1", "sol2")), "label": r},
        {"text": "goal", "choices": ["sol1", "sol2"], "label": "label"},
    ),
    "endings": (
        "csv", 4,
        lambda n, r: {"id": n, "startphrase": asked(n), "sent1": THINGS[n % 20],
                      **spread(n, [f"ending{place}" for place in range(4)]), "label": r},
        {"text": "startphrase", "choices": [f"ending{place}" for place in range(4)], "label": "label"},
    ),
    "endings as a list": (
        "parquet", 4,
        lambda n, r: {"ind": n, "activity_label": THINGS[n % 5], "ctx": asked(n), "endings": own(n), "label": str(r)},
        {"text": "ctx", "choices": "endings", "label": "label"},
    ),
    "answers about a context": (
        "csv", 3,
        lambda n, r: {"context": passage(n), "question": asked(n),
                      **spread(n, ("answerA", "answerB", "answerC")), "label": r + 1},
        {"text": "context", "fields": {"question": "question"}, "choices": ["answerA", "answerB", "answerC"],
         "label": "label"},
    ),
    "texts": (
        "csv", 3,
        lambda n, r: {"question": asked(n), **spread(n, ("choice_a", "choice_b", "choice_c")), "answer": own(n, 3)[r]},
        {"text": "question", "choices": ["choice_a", "choice_b", "choice_c"], "label": "answer"},
    ),
    "letters in brackets": (
        "csv", 4,
        lambda n, r: {"question": asked(n), **spread(n, ("opt0", "opt1", "opt2", "opt3")), "correct": f"({'abcd'[r]})"},
        {"text": "question", "choices": ["opt0", "opt1", "opt2", "opt3"], "label": "correct"},
    ),
    "names of columns": (
        "csv", 4,
        lambda n, r: {"question": asked(n), **spread(n, ("opa", "opb", "opc", "opd")), "cop": "op" + "abcd"[r]},
        {"text": "question", "choices": ["opa", "opb", "opc", "opd"], "label": "cop"},
    ),
    "a list": (
        "jsonl", 4, lambda n, r: {"question": asked(n), "subject": "x", "choices": own(n), "answer": r},
        {"text": "question", "choices": "choices", "label": "answer"},
    ),
    "a list in JSON": (
        "csv", 4, lambda n, r: {"question": asked(n), "choices": json.dumps(own(n)), "answer": "ABCD"[r]},
        {"text": "question", "choices": "choices", "label": "answer"},
    ),
    "a list in Python": (
        "csv", 4, lambda n, r: {"question": asked(n), "options": str(own(n)), "answer": r},
        {"text": "question", "choices": "options", "label": "answer"},
    ),
    "an article": (
        "parquet", 4,
        lambda n, r: {"example_id": f"{n}.txt", "article": passage(n), "answer": "ABCD"[r], "question": asked(n),
                      "options": own(n)},
        {"text": "article", "fields": {"question": "question"}, "choices": "options", "label": "answer"},
    ),
    "choices with what they are called": (
        "parquet", 4, arc, {"text": "question", "choices": "choices.text", "label": "answerKey"},
    ),
    "the same in lines": (
        "jsonl", 4, arc, {"text": "question", "choices": "choices.text", "label": "answerKey"},
    ),
    "objects in lines": (
        "jsonl", 4, arc_as_published,
        {"text": "question.stem", "choices": "question.choices.text", "label": "answerKey"},
    ),
    "objects": (
        "parquet", 4, arc_as_published,
        {"text": "question.stem", "choices": "question.choices.text", "label": "answerKey"},
    ),
    "what choices are called comes first": (
        "jsonl", 5,
        lambda n, r: {"question": asked(n), "question_concept": THINGS[n % 20],
                      "choices": {"label": [*"ABCDE"], "text": own(n, 5)}, "answerKey": "ABCDE"[r]},
        {"text": "question", "choices": "choices.text", "label": "answerKey"},
    ),
    "a column for each letter within": (
        "jsonl", 4,
        lambda n, r: {"question": asked(n), "answer": own(n)[r], "options": spread(n, "ABCD"), "answer_idx": "ABCD"[r]},
        {"text": "question", "choices": [f"options.{place}" for place in "ABCD"], "label": "answer_idx"},
    ),
    "a dialogue": (
        "jsonl", 3,
        lambda n, r: {"dialogue": ["W: Hello.", f"M: {passage(n)}"], "question": asked(n), "choice": own(n, 3),
                      "answer": own(n, 3)[r]},
        {"text": "question", "fields": {"dialogue": "dialogue"}, "choices": "choice", "label": "answer"},
    ),
    "what may have happened between": (
        "csv", 2,
        lambda n, r: {"obs1": asked(n), "obs2": f"{passage(n)[:9]} {n}", **spread(n, ("hyp1", "hyp2")), "label": r + 1},
        {"text": "obs1", "text_pair": "obs2", "choices": ["hyp1", "hyp2"], "label": "label"},
    ),
    "marks": (
        "jsonl", 4,
        lambda n, r: {"question": asked(n),
                      "mc1_targets": {"choices": own(n), "labels": [int(place == r) for place in range(4)]}},
        {"text": "question", "choices": "mc1_targets.choices", "label": "mc1_targets.labels"},
    ),
    "scores": (
        "jsonl", 3,
        lambda n, r: {"inputs": asked(n), "multiple_choice_targets": own(n, 3),
                      "multiple_choice_scores": [int(place == r) for place in range(3)]},
        {"text": "inputs", "choices": "multiple_choice_targets", "label": "multiple_choice_scores"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_drafted_whose_rows_have_the_right_choices_and_labels(project: Path, tmp_path: Path, kind: str):
    form, count, made, columns = KINDS[kind]
    done = add(project, written(tmp_path, f"d.{form}", rows_of(made, count)))
    assert (done.code, done.err) == (0, "")
    card = load(project).datasets["exam"]
    assert card.columns.model_dump(mode="json", exclude_none=True) == {
        name: value for name, value in columns.items() if value
    }
    assert card.labels == tuple("ABCDE"[:count])
    rows = read_dataset(card, project)
    assert rows["choices"].to_pylist() == [own(n, count) for n in range(48)]
    assert rows["label"].to_pylist() == ["ABCDE"[(n * 7 + n // 4) % count] for n in range(48)]
    assert "--choices none: no choices (--choices)" in re.sub(r"\s+", " ", done.out)
    assert "(--label)" in re.sub(r"\s+", " ", done.out[done.out.index("\nlabel ") :])
    assert re.search(r"^48 rows: \d+ to learn from, \d+ to test on\.$", done.out, flags=re.MULTILINE)


PLAIN: dict[str, Made] = {
    "two flags": lambda n, r: {"text": asked(n), "a": "yn"[n % 2], "b": "yn"[n % 3 > 0], "label": r},
    "flags that are called as labels are": lambda n, r: {
        "text": asked(n), "a": "yn"[n % 2], "b": "ny"[n % 2], "label": "ab"[r],
    },
    "two texts": lambda n, r: {"id": n, "a": asked(n), "b": asked(n + 3), "label": r},
    "shares of classes": lambda n, r: {
        "text": asked(n), "a": f"0.{n % 9}1", "b": f"0.{n % 7}2", "c": f"0.{n % 5}3", "label": "ab"[r],
    },
    "two answers": lambda n, r: {"text": asked(n), "answer1": asked(n + 1), "answer2": asked(n + 2), "label": r},
    "answers to a survey": lambda n, r: {
        "text": asked(n), **{f"answer{place}": f"{THINGS[n % 20]} {n + place}" for place in (1, 2, 3)}, "label": r,
    },
    "two annotators": lambda n, r: {
        "text": asked(n), "annotator1": "ab"[r], "annotator2": "ab"[n % 3 > 0], "label": "ab"[r],
    },
    "tags": lambda n, r: {"text": asked(n), "tags": str([THINGS[n % 20], THINGS[n % 7]]), "label": r},
    "options that nobody chose": lambda n, r: {
        "text": asked(n), "options": str([THINGS[n % 20], THINGS[n % 7]]), "label": ("good", "bad")[r],
    },
    "a pair": lambda n, r: {"sentence1": asked(n), "sentence2": asked(n + 3), "label": r},
}  # fmt: skip


@pytest.mark.parametrize("kind", PLAIN)
def test_a_file_of_classes_is_no_multiple_choice(project: Path, tmp_path: Path, kind: str):
    done = add(project, written(tmp_path, "d.csv", rows_of(PLAIN[kind], 2)))
    assert (done.code, done.err) == (0, "")
    card = load(project).datasets["exam"]
    assert (card.columns.choices, card.columns.fields, card.columns.label) == (None, {}, "label")
    assert len(card.labels) == 2


CHOSEN = KINDS["letters"][2]


def test_what_was_guessed_can_be_said_otherwise(project: Path, tmp_path: Path):
    file = written(tmp_path, "d.csv", rows_of(lambda n, r: {"hint": f"It is no {THINGS[n % 9]}.", **CHOSEN(n, r)}, 4))
    plain = add(project, file, "--choices", "none")
    assert plain.code == 0
    assert load(project).datasets["exam"].columns.choices is None
    done = add(project, file, "--replace", "--choices", "A, B,C,D", "--text", "hint", "--field", "asked=question")
    assert (done.code, done.err) == (0, "")
    card = load(project).datasets["exam"]
    assert (card.columns.text, card.columns.fields) == ("hint", {"asked": "question"})
    assert "choices   A, B, C, D\n" in re.sub(" +\n", "\n", done.out)


def test_a_class_may_have_fields(project: Path, tmp_path: Path):
    done = add(
        project,
        written(
            tmp_path,
            "d.csv",
            rows_of(lambda n, r: {"text": asked(n), "title": THINGS[n % 20], "mood": ("good", "bad")[r]}, 2),
        ),
        "--field",
        "title=title",
    )
    assert (done.code, done.err) == (0, "")
    assert load(project).datasets["exam"].columns.fields == {"title": "title"}


def test_indices_that_may_begin_at_0_or_1_are_not_guessed_and_the_advice_says_them(project: Path, tmp_path: Path):
    file = written(
        tmp_path, "d.jsonl", rows_of(lambda n, r: {"question": asked(n), "choices": own(n), "answer": 1 + n % 2}, 4)
    )
    done = add(project, file)
    assert done.code == 2
    assert "column 'answer' counts choices, and may as well begin at 0 as at 1" in done.err
    assert not load(project).datasets
    zero, one = re.findall(r"--labels (\S+?)(?: or|$|\n)", done.err)
    for said, labels in ((zero, ["B", "C"]), (one, ["A", "B"])):
        assert add(project, file, "--labels", said, "--replace").code == 0
        assert read_dataset(load(project).datasets["exam"], project)["label"].to_pylist()[:2] == labels


def test_numbers_of_columns_decide_where_indices_begin(project: Path, tmp_path: Path):
    names = [f"option{n}" for n in (1, 2, 3, 4)]
    done = add(
        project,
        written(
            tmp_path,
            "d.csv",
            rows_of(lambda n, r: {"question": asked(n), **spread(n, names), "answer": 2 + n % 2}, 4, 16),
        ),
    )
    assert done.code == 0, done.err
    assert read_dataset(load(project).datasets["exam"], project)["label"].to_pylist()[:2] == ["B", "C"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--choices", "question"], "no row of question holds a list of two choices or more. Name the column of the"),
        (["--choices", "A,E"], "no column is called 'E'"),
        (["--choices", "A,B,C,D", "--label", "question"], "column 'question' does not say which choice is right"),
        (["--choices", "A,B,C,D", "--labels", "yes,no"], "--labels: labels of rows with their own choices are A, B, C"),
        (["--field", "asked"], "'asked' is no NAME=COLUMN"),
        (["--field", "text=question"], "--field: 'text' is no name for a field"),
        (["--field", "asked=quest"], "no column is called 'quest'"),
        (["--choices", "A,B"], "no column says which choice is right: by its letter, its index, its text or a mark"),
        (["--choices", "A,B", "--label", "answer"], "24 of 48 rows are bad"),
    ],
)  # fmt: skip
def test_what_is_said_wrong_writes_nothing_and_is_told(project: Path, tmp_path: Path, options: list[str], what: str):
    file = written(tmp_path, "d.csv", rows_of(CHOSEN, 4))
    before = sorted(project.rglob("*"))
    done = add(project, file, *options)
    assert done.code == 2
    assert what in " ".join(re.sub("[│╭╮╰╯─]", " ", done.err).split())
    assert sorted(project.rglob("*")) == before


def test_the_family_is_that_of_questions_with_the_same_fields_alone(project: Path, tmp_path: Path):
    classes = run_cli(
        "add",
        "dataset",
        written(tmp_path, "grades.csv", rows_of(lambda n, r: {"text": asked(n), "grade": "ABCD"[r]}, 4)),
        "-p",
        project,
    )
    assert classes.code == 0
    assert add(project, written(tmp_path, "d.csv", rows_of(CHOSEN, 4)), "--family", "exams").code == 0
    again = run_cli("add", "dataset", written(tmp_path, "two.csv", rows_of(CHOSEN, 4)[::-1]), "-p", project)
    assert again.code == 0
    assert load(project).datasets["two"].family == "exams"


def test_what_was_added_is_validated_as_it_was_told(project: Path, tmp_path: Path):
    form, count, made, _ = KINDS["an article"]
    assert add(project, written(tmp_path, f"d.{form}", rows_of(made, count))).code == 0
    done = run_cli("validate", "-p", project)
    assert done.code == 0, done.err
    parts = [pq.read_table(path) for path in (project / "warehouse" / "parts" / "rows").rglob("*.parquet")]
    [rows] = [part.to_pylist() for part in parts if "choices" in part.column_names]
    assert len(rows) == 48
    for n, row in enumerate(sorted(rows, key=lambda each: each["row"])):
        assert (row["text"], dict(row["fields"])) == (passage(n), {"question": asked(n)})
        assert (row["choices"], row["label"]) == (own(n), "ABCD"[(n * 7 + n // 4) % 4])
