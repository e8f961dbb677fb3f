"""Sources that cannot be read, or whose rows are bad: `validate` says so; a run does, too, and publishes nothing."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.failing import fails
from tests.support.places import ROOT

CAFE, URGENCY = "data/cafe_reviews.csv", "data/ticket_urgency.jsonl"
TEN_MEGABYTES = "spam and eggs " * 750_000
Breakage = Callable[[Path], object]


def replaced(path: str, old: str, new: str, count: int = 1) -> Breakage:
    def breaks(project: Path) -> None:
        text = (project / path).read_text(encoding="utf-8")
        assert text.count(old) >= count
        (project / path).write_text(text.replace(old, new, count), encoding="utf-8")

    return breaks


def written(path: str, content: bytes) -> Breakage:
    return lambda project: (project / path).write_bytes(content)


def line_put(path: str, number: int, content: str) -> Breakage:
    """Replace a line of a file, counted from 1."""

    def breaks(project: Path) -> None:
        lines = (project / path).read_text(encoding="utf-8").splitlines()
        lines[number - 1] = content
        (project / path).write_text("\n".join(lines), encoding="utf-8")

    return breaks


def without_positives(project: Path) -> None:
    lines = (project / CAFE).read_text(encoding="utf-8").splitlines()
    (project / CAFE).write_text("\n".join(line for line in lines if not line.endswith("positive")), encoding="utf-8")


def no_parquet(project: Path) -> None:
    (project / CAFE).rename(project / "data" / "cafe.parquet")
    change_card(project / "datasets" / "cafe_reviews.yaml", source="data/cafe.parquet")


def one_line_parquet(project: Path) -> None:
    (project / "data" / "cafe.parquet").write_bytes(b"PAR1")
    change_card(project / "datasets" / "cafe_reviews.yaml", source="data/cafe.parquet")


SOURCES: dict[str, tuple[Breakage, str, str, str]] = {
    "missing file": (
        lambda project: (project / CAFE).rename(project / "data" / "cafe_review.csv"),
        CAFE,
        "there is no such file",
        "In data/, did you mean 'cafe_review.csv'?",
    ),
    "a name that is too long for a file": (
        lambda project: change_card(project / "datasets" / "cafe_reviews.yaml", source="x" * 900 + ".csv"),
        f"source {'x' * 100}...",
        "cannot be looked at (File name too long)",
        "Mend the path",
    ),
    "a folder whose name is too long": (
        lambda project: change_card(project / "datasets" / "cafe_reviews.yaml", source="hf:./" + "x" * 900),
        f"source hf:./{'x' * 95}...",
        "cannot be looked at (File name too long)",
        "Mend the path",
    ),
    "a pattern that is none": (
        lambda project: change_card(project / "datasets" / "cafe_reviews.yaml", source="data/cafe**.csv"),
        "source data/cafe**.csv",
        "cannot be looked at (Invalid pattern: '**' can only be an entire path component)",
        "Mend the path",
    ),
    "a source that would steer the terminal": (
        lambda project: change_card(project / "datasets" / "cafe_reviews.yaml", source="data/a\x1b(0b\x9b.csv"),
        "data/a\\x1b(0b\\x9b.csv",
        "there is no such file",
        "In data/",
    ),
    "columns that would steer the terminal": (
        replaced(CAFE, "text,label", "te\x1b]0;x\x07xt,label"),
        f"{CAFE}, line 1",
        "no column is called 'text'; there are: te\\x1b]0;x\\x07xt, label",
        "Did you mean 'te\\x1b]0;x\\x07xt'?",
    ),
    "an encoding that is none": (
        lambda project: change_card(project / "datasets" / "cafe_reviews.yaml", encoding="u\0tf"),
        CAFE,
        "no encoding is called 'u\\x00tf'",
        "Set encoding: in the card",
    ),
    "missing column": (
        replaced(CAFE, "text,label", "text,lable"),
        f"{CAFE}, line 1",
        "no column is called 'label'; there are: text, lable",
        "Did you mean 'lable'? Set columns: in the card",
    ),
    "missing key": (
        replaced(URGENCY, '"urgency"', '"priority"', 180),
        URGENCY,
        "no column is called 'urgency'; there are: text, priority",
        "et columns: in the card",
    ),
    "empty file": (written(CAFE, b""), CAFE, "the file is empty", "Fill it or remove its card"),
    "header only": (written(CAFE, b"text,label\n"), CAFE, "there are no rows", "Fill the file or remove its card"),
    "wrong encoding": (
        written(CAFE, "text,label\nplain,positive\nA café,positive\n".encode("latin-1")),
        f"{CAFE}, line 3",
        "byte 31 of the file is not utf-8",
        "Set encoding: in the card, for example windows-1252 or utf-16",
    ),
    "NUL bytes": (
        written(CAFE, b"text,label\nplain,positive\nA ca\0fe,positive\n"),
        f"{CAFE}, line 3",
        "there are NUL bytes",
        "Set encoding: in the card, or name a text file",
    ),
    "ragged CSV": (
        line_put(CAFE, 5, "Good, cheap and near,positive"),
        f"{CAFE}, line 5",
        "expected 2 fields, got 3",
        "Quote a cell that holds the separator",
    ),
    "open quote": (
        line_put(CAFE, 5, '"Good and near,positive'),
        f"{CAFE}, line 5",
        "text follows a closing quote",
        "Is a quote left open?",
    ),
    "malformed JSON line": (
        line_put(URGENCY, 7, '{"text": "The lift hums", "urgency": 2.'),
        f"{URGENCY}, line 7",
        "this is not JSON",
        "Write one JSON object per line",
    ),
    "CSV called Parquet": (no_parquet, "data/cafe.parquet", "this is not a whole Parquet file", "Write it again, or"),
    "cut Parquet": (one_line_parquet, "data/cafe.parquet", "this is not a whole Parquet file", "Write it again, or"),
    "one class only": (
        without_positives,
        f"dataset cafe_reviews ({CAFE})",
        "the only label of the card that any row has is 'negative'",
        "Add rows of the other labels, or set labels:",
    ),
    "10 MB between two quotes of a CSV": (
        line_put(CAFE, 9, '"' + "spam,and\neggs\n" * 750_000 + '",positive'),
        f"{CAFE}, line 9",
        "a cell has more than 1,000,000 characters and goes over several lines",
        "Is a quote left open?",
    ),
    "many NaN scores": (
        lambda project: (project / URGENCY).write_text(
            re.sub(r'"urgency": [89]\.\d', '"urgency": NaN', (project / URGENCY).read_text(encoding="utf-8"))
        ),
        "dataset ticket_urgency",
        "34 of 180 rows are bad (18.9%; quarantine_limit is 1.0%). Most frequent (34): row 2 of all: the label is not",
        "Mend the source or the card's labels, or raise quarantine_limit in atlas.yaml",
    ),
}


@pytest.mark.parametrize("case", SOURCES)
def test_a_bad_source_is_named_with_its_line_and_a_remedy(project: Path, case: str):
    breaks, where, what, todo = SOURCES[case]
    breaks(project)
    line = fails("validate", "--project", project, where=where, what=what, todo=todo).err
    assert len(line) < 1_000


@pytest.mark.parametrize("case", ["missing file", "ragged CSV", "malformed JSON line", "one class only"])
def test_a_run_stops_at_a_bad_source_with_the_same_line(project: Path, case: str):
    breaks, where, what, todo = SOURCES[case]
    breaks(project)
    fails("run", "--project", project, where=where, what=what, todo=todo)


def test_many_labels_that_the_card_does_not_know_stop_a_run_and_are_listed(project: Path):
    replaced(CAFE, ",positive\n", ",superb\n", 10)(project)
    what = "10 of 184 rows are bad (5.4%; quarantine_limit is 1.0%)"
    todo = "all bad rows are listed in warehouse/rejected/cafe_reviews.csv"
    for command in ("validate", "run"):
        fails(command, "--project", project, where="dataset cafe_reviews", what=what, todo=todo)
        with (project / "warehouse" / "rejected" / "cafe_reviews.csv").open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert [row["label"] for row in rows] == ["superb"] * 10
        assert all("superb" in row["reason"] and "negative, positive" in row["reason"] for row in rows)
        (project / "warehouse" / "rejected" / "cafe_reviews.csv").unlink()


def test_one_bad_row_goes_to_quarantine_and_the_run_passes(own_project: Path):
    replaced(CAFE, ",positive\n", ",superb\n")(own_project)
    line_put(URGENCY, 4, '{"text": "The printer on floor two is out of ink.", "urgency": NaN}')(own_project)
    done = run_cli("run", "--project", own_project, "--json")
    assert done.code == 0, done.err
    asked = "SELECT origin, row, label, reason, text FROM quarantine ORDER BY origin"
    shown = yaml.safe_load(run_cli("sql", asked, "--project", own_project, "--json").out)
    assert [(row["origin"], row["label"]) for row in shown] == [("cafe_reviews", "superb"), ("ticket_urgency", "NaN")]
    assert "superb" in shown[0]["reason"]
    assert "number" in shown[1]["reason"]
    assert (shown[1]["row"], shown[1]["text"]) == (4, "The printer on floor two is out of ink.")
    earlier = run_cli("sql", 'SELECT count(*) AS n FROM "quarantine@v1"', "--project", own_project, "--json")
    assert '"n": 0' in earlier.out


@pytest.mark.parametrize(
    ("origin", "breaks"),
    [
        ("cafe_reviews", line_put(CAFE, 9, f'"{TEN_MEGABYTES}",positive')),
        ("cafe_reviews", line_put(CAFE, 9, f"A fine place,{TEN_MEGABYTES}")),
        ("ticket_urgency", line_put(URGENCY, 9, f'{{"text": "{TEN_MEGABYTES}", "urgency": 1}}')),
        ("everyday", line_put("data/everyday_texts.txt", 9, TEN_MEGABYTES)),
    ],
)
def test_ten_megabytes_in_one_text_are_one_bad_row(project: Path, origin: str, breaks: Breakage):
    breaks(project)
    done = run_cli("validate", "--project", project, "--json")
    assert (done.code, done.err) == (0, "")
    assert [row["name"] for row in yaml.safe_load(done.out) if row["quarantined"] == 1] == [origin]
    assert len(done.out) < 10_000


def test_labels_and_columns_may_hold_slashes_dots_and_quotes(project: Path):
    odd = 'it\'s/so."good"'
    with (project / CAFE).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    rows = [["a.text/'of' \"ours\"", "../label"], *([text, label.replace("positive", odd)] for text, label in rows[1:])]
    with (project / CAFE).open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)
    columns = {"text": rows[0][0], "label": rows[0][1]}
    change_card(project / "datasets" / "cafe_reviews.yaml", columns=columns, labels=["negative", odd])
    done = run_cli("validate", "--project", project, "--json")
    assert done.code == 0
    assert all(line.startswith("note ") for line in done.err.splitlines()), "prompts that do not reach the odd label"
    assert {"kind": "dataset", "name": "cafe_reviews", "rows": 184, "quarantined": 0} in yaml.safe_load(done.out)


def test_the_taskbank_project_says_that_taskbank_is_not_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TASKBANK", raising=False)
    taskbank = ROOT / "benchmarks" / "taskbank"
    done = run_cli("validate", "--project", taskbank)
    assert done.code == 2
    cards = [*sorted((taskbank / "datasets").glob("*.yaml")), taskbank / "corpora" / "mixed.yaml"]
    first, *lines = done.err.splitlines()
    assert first == f"error: {len(cards)} faults:"
    for card, line in zip(cards, lines, strict=True):
        assert line.startswith(f"{card.parent.name}/{card.name}: source ${{TASKBANK}}/")
        assert "the environment variable TASKBANK is not set. Set it, for example: export TASKBANK=" in line
    assert not (ROOT / "benchmarks" / "taskbank" / "warehouse").exists()
