"""What a run, `recommend` and the report say of datasets on which there is little or nothing to choose by."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import taskatlas
from taskatlas.cli.recommending import INTERVAL
from tests.support.command_line import Result, run_cli
from tests.support.projects import (
    moods,
    sentences,
    write_card,
    write_dataset,
    write_project,
    write_recorded,
    write_rows,
)

Answer = Callable[[int, str], str]
HOT = ("cold", "hot")


def labelled(n: int, seed: int, labels: tuple[str, ...]) -> list[dict[str, str]]:
    """Sentences with labels in turn."""
    return [
        {"text": text, "label": labels[place % len(labels)]} for place, text in enumerate(sentences(n, seed, labels))
    ]


def answering(folder: Path, name: str, family: str, labels: tuple[str, ...], answer: Answer) -> None:
    """A recorded model that answers every text of the project."""
    texts = {}
    for path in sorted((folder / "data").glob("*.jsonl")):
        rows = path.read_text(encoding="utf-8").splitlines() if not path.stem.startswith("by-") else []
        texts.update({match.group(1): row for row in rows if (match := re.search(r'"text": "(.*?)"', row))})
    rows = [{"text": text, "output": answer(place, row)} for place, (text, row) in enumerate(texts.items())]
    write_recorded(folder, f"by-{name}", rows, families=[family], labels=[*labels])


def right(labels: tuple[str, ...], off: int) -> Answer:
    """What the row says, but for one text in so many."""
    return lambda place, row: labels[("cold" not in row) ^ (place % off == 0)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a dataset of each kind that leaves little to choose."""
    folder = write_project(tmp_path_factory.mktemp("edges") / "project")
    write_dataset(folder, "lonely", labelled(60, 21, HOT), family="weather", labels=[*HOT])
    write_dataset(folder, "tied", labelled(60, 22, HOT), family="ties", labels=[*HOT])
    write_dataset(folder, "flat", labelled(60, 23, HOT), family="flats", labels=[*HOT])
    write_dataset(folder, "strange", labelled(60, 24, ("left", "right")), family="turns", labels=["left", "right"])
    write_rows(folder, "onesided-train", moods(40, 25))
    write_rows(folder, "onesided-test", [{**row, "label": "negative"} for row in moods(30, 26)])
    split = {"source": "data/onesided-{split}.jsonl", "labels": ["negative", "positive"]}
    write_card(folder, "datasets", "onesided", family="sentiment", domain="made up", **split)
    answering(folder, "alone", "weather", HOT, right(HOT, 7))
    for name in ("one", "other"):
        answering(folder, name, "ties", HOT, right(HOT, 5))
    for label in HOT:
        answering(folder, f"always-{label}", "flats", HOT, lambda *_, label=label: label)
    answering(folder, "negative", "sentiment", ("negative", "positive"), lambda *_: "negative")
    return folder


@pytest.fixture(scope="module")
def run(project: Path, prefect_server: str) -> Result:
    return run_cli("run", "--project", project, "--device", "cpu")


ONE_CLASS = "othing can be told: the test split holds one class alone, negative, so scores there tell nothing"
NOBODY = "o subject answers its labels (left, right); a `mapping` on a card says which answers mean them"


def recommended(project: Path, dataset: str, question: str = "prompt") -> tuple[str, list[list[str]]]:
    """What `taskatlas recommend` says in words, and the cells of its rows."""
    result = run_cli("recommend", question, dataset, "-p", project)
    assert (result.code, result.err) == (0, "")
    words, _, table = result.out.partition(f"\n{INTERVAL}\nrank")
    return " ".join(words.split()), [re.split(r"\s{2,}", line.strip()) for line in table.splitlines()[1:]]


def test_one_class_in_the_test_split_is_told_and_nobody_is_right_on_all_of_it(project: Path, run: Result):
    assert f"  choose   n{ONE_CLASS}" in run.out.splitlines()
    for question in ("prompt", "model"):
        words, rows = recommended(project, "onesided", question)
        assert words == f"N{ONE_CLASS}."
        assert {row[2] for row in rows} == {"unknown"}
        assert "measured" not in {row[3] for row in rows}, "nobody was measured"
    atlas = taskatlas.open(project)
    assert atlas.recommend("prompt", "onesided", max_cost=1.0, max_seconds=60.0).text == f"n{ONE_CLASS}"
    assert atlas.recommend("prompt", "strange", max_cost=1.0).text == f"n{NOBODY}"
    assert atlas.sql("FROM scores WHERE dataset = 'onesided'").num_rows == 0
    answered = atlas.sql(
        "SELECT e.label = p.label AS is_right FROM examples AS e JOIN predictions AS p ON p.text_id = e.text_id "
        "WHERE e.origin = 'onesided' AND e.split = 'test' AND p.subject = 'by-negative'"
    )
    assert answered["is_right"].to_pylist() == [True] * 30, "it was answered, and rightly"


def test_one_subject_is_held_against_the_commoner_class_alone(project: Path, run: Result):
    words, rows = recommended(project, "lonely")
    assert "always answering" in words
    assert [row[1] for row in rows if row[3] == "measured"] == ["by-alone"]
    assert rows[0][1] == "by-alone", "what was measured comes before what was only forecast"


def test_those_that_answer_alike_share_one_verdict(project: Path, run: Result):
    words, rows = recommended(project, "tied")
    one, other = (row for row in rows if row[3] == "measured")
    assert (one[1], other[1]) == ("by-one", "by-other")
    assert one[2:] == other[2:]
    assert "by-one" in words


def test_constants_are_never_better_than_the_commoner_class(project: Path, run: Result):
    words, rows = recommended(project, "flat")
    assert words.startswith("Nothing here is known to be better than always answering")
    measured = [row for row in rows if row[3] == "measured"]
    assert {row[1] for row in measured} == {"by-always-cold", "by-always-hot"}
    assert all(row[2].startswith("no better than always answering") for row in measured)


def test_labels_that_nobody_answers_get_the_mapping_offered(project: Path, run: Result):
    assert f"  choose   n{NOBODY}" in run.out.splitlines()
    assert recommended(project, "strange") == (f"N{NOBODY}.", [])


def test_the_report_says_the_same(project: Path, run: Result, tmp_path: Path):
    assert run_cli("report", "--output", tmp_path / "report.html", "-p", project).code == 0
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", (tmp_path / "report.html").read_text())).split())
    assert ONE_CLASS in text
    assert NOBODY in text.replace("` mapping `", "`mapping`").replace(" mapping on", " `mapping` on")
