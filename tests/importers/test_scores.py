"""Files of scores as cards of known scores: every format and layout, and what is made of units, holes and repeats."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.importers.report import Outcome
from taskatlas.importers.scores.importing import import_scores
from taskatlas.importers.scores.written import ScoreOptions
from taskatlas.ingest.known import read_known_scores
from taskatlas.registry.load import load
from tests.support.projects import write_file

ROWS = [
    {"model": "A/7B", "task": "mood", "accuracy": 0.5, "n": 200, "date": "2026-05"},
    {"model": "A/7B", "task": "feel", "accuracy": 0.75, "n": None, "date": None},
]
KNOWN = [
    {"subject": "A/7B", "dataset": "feel", "metric": "accuracy", "value": 0.75, "n": None, "date": None},
    {"subject": "A/7B", "dataset": "mood", "metric": "accuracy", "value": 0.5, "n": 200, "date": "2026-05"},
]
LINES = "model,task,accuracy,n,date\nA/7B,mood,0.5,200,2026-05\nA/7B,feel,0.75,,\n"
Importing = Callable[..., list[Outcome]]


@pytest.fixture
def importing(project: Path, tmp_path: Path) -> Importing:
    """Import one file of this content into the project."""

    def run(content: str | bytes, name: str = "board.csv", **options: Any) -> list[Outcome]:
        return import_scores(project, [write_file(tmp_path, name, content)], ScoreOptions(**options))

    return run


def known(project: Path, card: str = "board") -> list[dict[str, Any]]:
    """The known scores of a card, as a run reads them."""
    rows = read_known_scores(load(project).known_scores[card], project).to_pylist()
    assert {row.pop("card") for row in rows} == {card}
    return rows


def values(project: Path) -> dict[tuple[str, str], float]:
    return {(row["subject"], row["dataset"]): row["value"] for row in known(project)}


def parquet(path: Path) -> bytes:
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("board.csv", LINES),
        ("board.csv", "\ufeff" + LINES.replace("\n", "\r\n")),
        ("board.csv", LINES.encode("utf-16")),
        ("board.csv", LINES.encode("utf-32")),
        ("board.tsv", LINES.replace(",", "\t")),
        ("board.json", json.dumps(ROWS)),
        ("board.jsonl", "\n".join(map(json.dumps, ROWS)) + "\n\n"),
        ("Board.PARQUET", None),
    ],
)
def test_formats(importing: Importing, project: Path, tmp_path: Path, name: str, content: str | bytes | None):
    (outcome,) = importing(parquet(tmp_path / "x") if content is None else content, name)
    assert (outcome.state, outcome.card) == ("imported", "known_scores/board.yaml")
    assert outcome.note == "2 scores of 1 subject on 2 datasets: accuracy 2; accuracy in shares"
    assert known(project) == KNOWN
    card = load(project).known_scores["board"]
    assert card.description == f"Scores of {name}: accuracy"
    assert card.source == "known_scores/board.csv"


def test_another_encoding(importing: Importing, project: Path):
    text = LINES.replace("A/7B", "Größe")
    (refused,) = importing(text.encode("latin-1"))
    what = "line 2: byte 29 of the file is not utf-8. Name its encoding with --encoding"
    assert refused.note == f"{what}, for example windows-1252 or utf-16"
    assert importing(text.encode("latin-1"), encoding="latin-1")[0].state == "imported"
    assert {row["subject"] for row in known(project)} == {"Größe"}


MATRIX = "model,mood,feel\nA,0.5,\nB,-,0.75\nC,nan,0.25\n"
EXPECTED = {("A", "mood"): 0.5, ("B", "feel"): 0.75, ("C", "feel"): 0.25}


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("board.csv", MATRIX, {}),
        ("board.csv", MATRIX.replace("model", ""), {}),
        ("board.csv", MATRIX.replace("model", "name"), {"subject": "name"}),
        ("board.csv", "task,A,B,C\nmood,0.5,,\nfeel,,0.75,0.25\n", {}),
        ("board.csv", "who,A,B,C\nmood,0.5,,\nfeel,,0.75,0.25\n", {"dataset": "who"}),
        ("board.json", '{"A": {"mood": 0.5, "feel": null}, "B": {"feel": 0.75}, "C": {"mood": NaN, "feel": 0.25}}', {}),
    ],
)
def test_a_matrix_with_holes(importing: Importing, project: Path, name: str, content: str, options: dict[str, str]):
    (outcome,) = importing(content, name, metric="acc", **options)
    assert outcome.note.startswith("3 scores of 3 subjects on 2 datasets: accuracy 3; ")
    assert values(project) == EXPECTED


def test_columns_of_a_matrix_that_are_no_dataset_are_told(importing: Importing, project: Path):
    content = "model,date,mood,Mean (Task),license,feel,notes\nA,2026-05-01,50,60,MIT,70,\nB,2026-05-02,40,60,MIT,80,\n"
    done, *left = importing(content, metric="accuracy")
    assert done.note == "4 scores of 2 subjects on 2 datasets: accuracy 4; accuracy in percentages, as shares"
    assert [(each.state, each.title, each.note) for each in left] == [
        ("left out", "column 'Mean (Task)'", "sums up the others"),
        ("left out", "column 'license'", "holds no number"),
        ("left out", "column 'notes'", "is empty"),
    ]
    assert {row["date"] for row in known(project)} == {"2026-05-01", "2026-05-02"}


def test_other_metrics_are_kept_apart_and_as_they_are(importing: Importing, project: Path):
    lines = ["model,dataset,metric,score", "A,mood,Acc.,81.5", "A,mood,F1 (macro),0.8", "A,mood,Mean rank,12.5"]
    (outcome,) = importing("\n".join([*lines, "A,sim,spearmanr,-0.2"]))
    assert "accuracy in percentages, as shares; macro_f1 in shares; spearman in shares" in outcome.note
    assert {row["metric"]: row["value"] for row in known(project)} == {
        "accuracy": 0.815,
        "macro_f1": 0.8,
        "mean_rank": 12.5,
        "spearman": -0.2,
    }


def test_a_column_per_metric(importing: Importing, project: Path):
    importing("model,dataset,accuracy,macro_f1,params\nA,mood,0.8,0.7,7\nB,mood,0.9,,13\n")
    assert [(row["subject"], row["metric"], row["value"]) for row in known(project)] == [
        ("A", "accuracy", 0.8),
        ("A", "macro_f1", 0.7),
        ("B", "accuracy", 0.9),
    ]


def rows_of(*cells: str) -> str:
    return "model,dataset,accuracy\n" + "".join(f"m{place},mood,{cell}\n" for place, cell in enumerate(cells))


@pytest.mark.parametrize(
    ("cells", "unit", "expected"),
    [
        (("0", "0.5", "1"), None, [0, 0.5, 1]),
        (("0", "50", "100"), None, [0, 0.5, 1]),
        (("85%", "0.5", "5 %"), None, [0.85, 0.5, 0.05]),
        (("0.5", "50"), "percent", [0.005, 0.5]),
        (("1", "1"), "percent", [0.01, 0.01]),
        (("61.9742", "12"), None, [0.619742, 0.12]),
    ],
)
def test_shares_and_percentages(
    importing: Importing, project: Path, cells: tuple[str, ...], unit: str | None, expected: list[float]
):
    importing(rows_of(*cells), unit=unit)
    assert [row["value"] for row in known(project)] == expected


def test_shares_and_percentages_that_are_mixed_are_refused_with_both(importing: Importing, project: Path):
    (refused,) = importing(rows_of("0", "0.5", "85"))
    assert refused.state == "left out"
    assert refused.note == (
        "shares and percentages of accuracy are mixed: 0.5 in line 3, and 85 in line 4. "
        "Say --unit percent or --unit share if all are that, or write them alike"
    )
    assert not (project / "known_scores").exists()
    done, left = importing(rows_of("0", "0.5", "85"), unit="share")
    assert done.state == "imported"
    assert (left.title, left.note) == ("line 4", "accuracy is 85, which is no share")


def test_of_repeats_the_newest_counts(importing: Importing, project: Path):
    lines = ["model,dataset,accuracy,date", "A,mood,0.5,2025", "A,mood,0.7,2026-02", "A,mood,0.6,2026-01"]
    (outcome,) = importing("\n".join([*lines, "B,mood,0.3,", "B,mood,0.3,"]))
    assert outcome.note.endswith("repeated and left out: 3")
    assert values(project) == {("A", "mood"): 0.7, ("B", "mood"): 0.3}


@pytest.mark.parametrize("dates", [("", ""), ("2026", "2026-05"), ("2026-05", "2026-05"), ("2026-05-01", "2026-05")])
def test_repeats_of_which_none_is_the_newest_are_refused_with_both(
    importing: Importing, project: Path, dates: tuple[str, str]
):
    (refused,) = importing(f"model,dataset,accuracy,date\nA,mood,0.5,{dates[0]}\nA,mood,0.7,{dates[1]}\n")
    assert refused.note == (
        "two scores of 'A' on 'mood' differ (accuracy): 0.5 in line 2, and 0.7 in line 3. "
        "Take one of them away, or give each its date, of which the newest counts"
    )
    assert not (project / "known_scores").exists()


def test_names_that_nearly_are_the_projects_are_told_and_kept(importing: Importing, project: Path):
    subject = next(iter(subject.name for subject in load(project).subjects() if subject.prompt))
    near = subject.upper().replace("-", "_")
    (outcome,) = importing(
        f"subject,dataset,accuracy\n{near},Cafe-Reviews,0.5\n{subject},cafe_reviews,0.5\nx,story,0.5\n"
    )
    assert f"no subject is called '{near}': did you mean '{subject}'?" in outcome.note
    assert "no dataset is called 'Cafe-Reviews': did you mean 'cafe_reviews'?" in outcome.note
    assert "story" not in outcome.note
    assert (near, "Cafe-Reviews") in values(project)


def test_many_near_misses_are_counted(importing: Importing):
    rows = "".join(f"cafe{'-' * n}reviews,0.5\n" for n in range(5))
    (outcome,) = importing(f"dataset,A\n{rows}", metric="accuracy")
    assert outcome.note.count("did you mean") == 3
    assert outcome.note.endswith("and 2 names more that nearly are the project's")


def test_options_say_what_the_file_does_not(importing: Importing, project: Path):
    content = "who,what,figure\nA,mood,0.5\n"
    importing(content, subject="who", dataset="what", value="figure", metric="accuracy", date="2026-05-31")
    assert known(project) == [
        {"subject": "A", "dataset": "mood", "metric": "accuracy", "value": 0.5, "n": None, "date": "2026-05-31"}
    ]


def test_what_is_there_stays(importing: Importing, project: Path):
    assert importing(LINES)[0].state == "imported"
    before = {path.name: path.read_bytes() for path in (project / "known_scores").iterdir()}
    assert importing(LINES)[0].state == "there already"
    (other,) = importing(LINES.replace("0.5", "0.6"))
    why = (
        "known_scores/board.yaml: another card is called 'board'. Give the newer file another name, such as board-2.csv"
    )
    assert (other.state, other.note) == ("left out", why)
    assert importing(LINES.replace("0.5", "0.6"), "board-2.csv")[0].state == "imported", "what it advises works"
    (project / "known_scores" / "board-2.yaml").unlink()
    (project / "known_scores" / "board-2.csv").unlink()
    assert importing("model,dataset\n", "board.csv")[0].state == "left out"
    assert {path.name: path.read_bytes() for path in (project / "known_scores").iterdir()} == before


def test_a_file_in_the_cards_place_is_not_overwritten(importing: Importing, project: Path):
    write_file(project, "known_scores/board.csv", "mine")
    (outcome,) = importing(LINES)
    assert (outcome.state, outcome.note) == ("left out", "known_scores/board.csv: another file is in its place")
    assert (project / "known_scores/board.csv").read_text() == "mine"
    assert not (project / "known_scores/board.yaml").exists()


def test_a_leaderboard_of_hundreds_of_subjects_takes_seconds(importing: Importing, project: Path):
    head = ",".join(["model", *(f"d{column}" for column in range(250))])
    lines = [",".join([f"m{row}", *["0.5"] * 250]) for row in range(500)]
    (outcome,) = importing("\n".join([head, *lines]), metric="accuracy")
    assert outcome.note.startswith("125,000 scores of 500 subjects on 250 datasets")
    assert len(known(project)) == 125_000
