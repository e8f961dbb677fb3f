"""Small inputs that failed once: tests/cases holds a project for each."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.support.command_line import run_cli
from tests.support.failing import fails
from tests.support.places import ROOT
from tests.support.stage_runs import ingested


def case(name: str, folder: Path) -> Path:
    """A copy of the project of a case."""
    return Path(shutil.copytree(ROOT / "tests" / "cases" / name, folder / name))


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("semicolon", {"negative": 30, "positive": 30}),
        ("blank_rows_excel", {"negative": 30, "positive": 30}),
        ("hf_csv_NA", {"NA": 31, "null": 31}),
        ("classlabel_direct_parquet", {"negative": 30, "positive": 30}),
    ],
)
def test_every_row_is_read_as_it_stands(tmp_path: Path, name: str, labels: dict[str, int]):
    project = case(name, tmp_path)
    done = run_cli("validate", "--project", project, "--json")
    assert (done.code, done.err) == (0, "")
    plan = ingested(project)
    [source] = [source for source in plan.sources if source.name == "d"]
    rows = plan.project.parts.read("rows", source.rows)
    assert Counter(rows["label"].to_pylist()) == labels


def test_windows_1252_that_is_called_latin_1(tmp_path: Path):
    project = case("latin1_for_cp1252", tmp_path)
    todo = "Set encoding: windows-1252 in the card"
    what = "the character 0x93 is a control character in iso8859-1, and '“' in windows-1252"
    fails("validate", "--project", project, where="data/d.csv, line 2", what=what, todo=todo)
    card = project / "datasets" / "d.yaml"
    card.write_text(card.read_text(encoding="utf-8").replace("latin-1", "windows-1252"), encoding="utf-8")
    assert run_cli("validate", "--project", project).code == 0
    plan = ingested(project)
    [source] = [source for source in plan.sources if source.name == "d"]
    texts = plan.project.parts.read("rows", source.rows)["text"].to_pylist()
    assert all(text.startswith("“quoted” it’s café €5 ") for text in texts)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("conflict_near_sentiment", {"n_near_conflicting": 30, "n_near_duplicates": 0, "n_near_kept": 0}),
        ("template_long", {"n_near_conflicting": 0, "n_near_duplicates": 0}),
    ],
)
def test_texts_whose_last_words_differ_stay(tmp_path: Path, name: str, counts: dict[str, int]):
    project = case(name, tmp_path)
    found = ingested(project).datasets["d"].counts
    assert counts.items() <= found.items()
    assert found["n_train"] + found["n_test"] == len((project / "data" / "d.jsonl").read_text().splitlines())


def test_a_rare_class_is_in_both_splits(tmp_path: Path):
    plan = ingested(case("imbalanced", tmp_path))
    rows = plan.project.parts.read("examples", plan.datasets["d"].examples).select(["split", "label"]).to_pylist()
    labels = {(row["split"], row["label"]) for row in rows}
    assert labels == {(split, label) for split in ("train", "test") for label in ("negative", "positive")}
