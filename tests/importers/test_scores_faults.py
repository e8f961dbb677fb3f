"""Files of scores that are refused, as a whole or in part: what is wrong, where, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.errors import CardError, InputError, TaskatlasError
from taskatlas.hashing import file_sha256
from taskatlas.importers.report import Outcome
from taskatlas.importers.scores import sheet
from taskatlas.importers.scores.importing import import_scores
from taskatlas.importers.scores.written import ScoreOptions
from taskatlas.ingest.known import read_known_scores
from taskatlas.registry.load import load
from tests.support.cards import change_card
from tests.support.projects import write_file

GOOD = "model,dataset,accuracy\nA,mood,0.5\n"
REFUSED: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "empty": ("b.csv", " \n", {}, "the file is empty. Name another one"),
    "a header alone": ("b.csv", "model,dataset,accuracy\n", {}, "there are no rows. Name another file"),
    "holes alone": ("b.csv", "model,mood\nA,\n", {"metric": "accuracy"}, "holds no score. Name another file, or say"),
    "text alone": ("b.csv", "model,dataset,accuracy\nA,mood,good\n", {}, "holds no score ('good' is no finite number)"),
    "another format": ("b.xlsx", "x", {}, "files of the format .xlsx hold no scores that can be read. Save it"),
    "semicolons": ("b.csv", "model;mood\nA;0,5\n", {}, "line 1: there is one column, and its cells hold ';'. Separate"),
    "ragged": ("b.csv", GOOD + "B,mood\n", {}, "line 3: expected 3 fields, got 2. Quote a cell that holds"),
    "an open quote": ("b.csv", GOOD + '"B,mood,0.5\n', {}, "line 3: a quote is opened and never closed"),
    "a column twice": ("b.csv", "model,mood,mood\nA,0.5,0.6\n", {"metric": "acc"}, "2 columns are called 'mood'"),
    "no JSON": ("b.json", "{", {}, "line 1: is not JSON (Expecting property name"),
    "no objects": ("b.json", "[1, 2]", {}, "is neither a list of objects nor an object of objects. Write [{"),
    "no object": ("b.jsonl", '{"model": "A"}\n[1]\n', {}, "line 2: is no object. Write one JSON object per line"),
    "an object for a name": (
        "b.json", '[{"model": {"x": 1}, "dataset": "mood", "accuracy": 0.5}]', {},
        "holds no score (a name is missing, or longer than 200 characters)",
    ),
    "a date to come": (
        "b.csv", "model,dataset,accuracy,date\nA,mood,0.5,2999-01-01\n", {},
        "holds no score (the date 2999-01-01 is still to come)",
    ),
    "no JSONL": ("b.jsonl", '{"model": "A"}\n{\n', {}, "line 2: is not JSON"),
    "no Parquet": ("b.parquet", "PAR1", {}, "is not a whole Parquet file"),
    "binary": ("b.csv", "\udc80", {}, "byte 0 of the file is not utf-8. Name its encoding with --encoding"),
    "no such encoding": ("b.csv", GOOD, {"encoding": "utf-9"}, "no encoding is called 'utf-9'. Name its encoding with"),
    "no encoding of text": ("b.csv", GOOD, {"encoding": "base64"}, "'base64' is no encoding of text. Name its"),
    "no metric": ("b.csv", "model,dataset,score\nA,mood,0.5\n", {}, "nothing says what was measured. Say --metric"),
    "a matrix without a metric": ("b.csv", "model,mood\nA,0.5\n", {}, "nothing says what was measured. Say --metric"),
    "the metric twice": (
        "b.csv", "model,dataset,metric,score\nA,mood,acc,0.5\n", {"metric": "acc"},
        "--metric: the column 'metric' says the metric. Leave --metric away, or rename the column",
    ),
    "no names": ("b.csv", "who,what,0.5\nA,mood,0.5\n", {}, "no column says the subject or the dataset; there are: w"),
    "no dataset": (
        "b.csv", "model,score\nA,0.5\n", {"metric": "acc"},
        "the column 'score' says a score, and none says its dataset. Say --dataset COLUMN, or rename 'score'",
    ),
    "no value": ("b.csv", "model,dataset,how\nA,mood,0.5\n", {}, "no column says the score; there are: model, data"),
    "two subjects": (
        "b.csv", "model,system,dataset,accuracy\nA,B,mood,0.5\n", {},
        "the columns 'model' and 'system' may both be the subject. Say --subject COLUMN",
    ),
    "no such column": (
        "b.csv", GOOD, {"subject": "modle"}, "--subject: no column is called 'modle'. Did you mean 'model'?",
    ),
}  # fmt: skip


def outcomes(project: Path, file: Path, **options: Any) -> list[Outcome]:
    return import_scores(project, [file], ScoreOptions(**options))


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_is_refused_in_a_persons_words(project: Path, tmp_path: Path, case: str):
    name, content, options, why = REFUSED[case]
    file = write_file(tmp_path, name, content.encode("utf-8", "surrogateescape"))
    before = sorted(project.rglob("*"))
    (outcome,) = outcomes(project, file, **options)
    assert (outcome.state, outcome.card) == ("left out", None)
    assert why in outcome.note
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("B,mood,inf,,", "'inf' is no finite number"),
        ("B,mood,1e999,,", "'1e999' is no finite number"),
        ('B,mood,"0,8",,', "'0,8' is no finite number"),
        ("B,mood,0.8*,,", "'0.8*' is no finite number"),
        ("B,mood,1_0,,", "'1_0' is no finite number"),
        ("B,mood,-0.5,,", "accuracy is -0.5, which is no share"),
        (",mood,0.5,,", "a name is missing, or longer than 200 characters"),
        (f"B,{'x' * 201},0.5,,", "a name is missing, or longer than 200 characters"),
        ("B,mood,0.5,many,", "n is 'many', which is no number of examples"),
        ("B,mood,0.5,0,", "n is '0', which is no number of examples"),
        ("B,mood,0.5,,31/05/2026", "the date '31/05/2026' is not of the form YYYY-MM-DD"),
        ("B,mood,0.5,,2026-02-30", "the date '2026-02-30' is not of the form YYYY-MM-DD"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_and_the_others_are_taken(project: Path, tmp_path: Path, row: str, why: str):
    file = write_file(tmp_path, "b.csv", f"model,dataset,accuracy,n,date\nA,mood,0.5,,\n{row}\n{row}\n")
    done, left = outcomes(project, file)
    assert done.note.startswith("1 score of 1 subject on 1 dataset: accuracy 1")
    assert (left.state, left.title, left.card, left.note) == ("left out", "line 3", None, f"{why}; so are 1 more")


def test_a_row_without_its_metric_is_told(project: Path, tmp_path: Path):
    file = write_file(tmp_path, "b.csv", "model,dataset,metric,score\nA,mood,accuracy,0.5\nB,mood,,0.5\n")
    assert outcomes(project, file)[1].note == "the metric is missing"


def test_what_is_too_large_is_not_read(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files = [write_file(tmp_path, "b.csv", GOOD), write_file(tmp_path, "b.json", '[{"model": "A", "mood": 0.5}]')]
    pq.write_table(pa.table({"model": ["A"], "mood": [0.5]}), tmp_path / "b.parquet")
    files.append(tmp_path / "b.parquet")
    monkeypatch.setattr(sheet, "MAX_CELLS", 1)
    for file in files:
        assert "cells are read at most. Cut it into several files" in outcomes(project, file)[0].note
    monkeypatch.setattr(sheet, "MAX_BYTES", 10)
    for file in files:
        assert outcomes(project, file)[0].note == "is over 10 bytes. Cut it into several files"


def test_columns_of_parquet_that_are_lists_are_no_columns(project: Path, tmp_path: Path):
    pq.write_table(
        pa.table({"model": ["A"], "dataset": ["mood"], "accuracy": [0.5], "runs": [[1, 2]]}), tmp_path / "b.parquet"
    )
    assert outcomes(project, tmp_path / "b.parquet")[0].state == "imported"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"date": "yesterday"}, "--date: 'yesterday' is no date. Write it as 2026-05-31"),
        ({"date": "2999-12"}, "--date: 2999-12 is still to come. Say when the scores were measured"),
        ({"metric": "?"}, "--metric: '?' is no metric. Say accuracy, or whatever it is"),
    ],
)
def test_an_option_that_means_nothing(project: Path, tmp_path: Path, options: dict[str, str], why: str):
    with pytest.raises(InputError) as raised:
        outcomes(project, write_file(tmp_path, "b.csv", GOOD), **options)
    assert str(raised.value) == why


def test_a_file_that_is_not_there(project: Path, tmp_path: Path):
    assert outcomes(project, tmp_path / "gone.csv")[0].note == "there is no such file. Mend its name"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            "subject,dataset,metric,value,n,date\nA,mood,accuracy,50,,\n",
            "row 1: accuracy lies between 0 and 1, and is 50",
        ),
        ("subject,dataset,metric,value,n,date\nA,mood,accuracy,high,,\n", "row 1: value says 'high', which is none"),
        ("subject,dataset,metric,value,n,date\nA,,accuracy,0.5,,\n", "row 1: dataset says '', which is none"),
        ("subject,dataset,metric,value,n,date\nA,mood,accuracy,0.5,0,\n", "row 1: n says '0', which is none"),
        ("subject,dataset,metric,value,n\nA,mood,accuracy,0.5,\n", "line 1: no column is called 'date'"),
    ],
)
def test_a_file_that_somebody_wrote_by_hand_is_held_to_the_same(project: Path, tmp_path: Path, content: str, why: str):
    outcomes(project, write_file(tmp_path, "b.csv", GOOD))
    written = write_file(project, "known_scores/b.csv", content)
    change_card(project / "known_scores/b.yaml", sha256=file_sha256(written))
    with pytest.raises(InputError) as raised:
        read_known_scores(load(project).known_scores["b"], project)
    assert f"known_scores/b.csv, {why}" in str(raised.value)


def test_a_file_that_is_not_the_pinned_one_is_told(project: Path, tmp_path: Path):
    outcomes(project, write_file(tmp_path, "b.csv", GOOD))
    card = load(project).known_scores["b"]
    write_file(project, "known_scores/b.csv", "other")
    with pytest.raises(
        InputError, match=r"known scores b: known_scores/b\.csv has another SHA-256: expected .* put the new hash"
    ):
        read_known_scores(card, project)
    (project / "known_scores/b.csv").unlink()
    with pytest.raises(InputError, match=r"known_scores/b\.csv: there is no such file"):
        read_known_scores(card, project)
    with pytest.raises(InputError, match="is not one file"):
        read_known_scores(card.model_copy(update={"source": "hf:owner/name@v1"}), project)


def test_a_card_of_known_scores_is_held_to_its_form(project: Path):
    write_file(project, "known_scores/b.yaml", "name: b\ndescription: d\nsource: known_scores/b.csv\n")
    with pytest.raises(CardError, match=r"known_scores/b\.yaml: sha256: this field is missing"):
        load(project)
    with pytest.raises(TaskatlasError):
        outcomes(project, project / "atlas.yaml")
