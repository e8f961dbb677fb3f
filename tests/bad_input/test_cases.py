"""Small inputs that failed once: tests/cases holds a project for each."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.failing import fails
from tests.support.places import ROOT
from tests.support.projects import write_card
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
    assert done.code == 0, done.err
    (lack,) = done.err.splitlines()
    assert lack.startswith("there are no prompts yet: `taskatlas import prompts FILE")
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


def test_every_fault_is_told_with_its_card(tmp_path: Path):
    project = case("three_faults", tmp_path)
    done = run_cli("validate", "--project", project)
    assert done.code == 2
    first, *lines = done.err.splitlines()
    assert first == "error: 3 faults:"
    assert [line.partition(": ")[0] for line in lines] == ["datasets/a.yaml", "datasets/d.yaml", "datasets/z.yaml"]
    assert "there is no such file" in lines[0]
    assert "60 of 60 rows are bad" in lines[1]
    assert "Write `label_map: {negative: neg, positive: pos}` in the card" in lines[1]
    assert "no column is called 'txt'" in lines[2]
    (project / "datasets" / "a.yaml").unlink()
    change_card(project / "datasets" / "d.yaml", label_map={"negative": "neg", "positive": "pos"})
    change_card(project / "datasets" / "z.yaml", columns=None, labels=["negative", "positive"])
    assert run_cli("validate", "--project", project).code == 0


def test_faults_of_cards_are_told_together_with_those_of_names(tmp_path: Path):
    project = case("three_faults", tmp_path)
    change_card(project / "datasets" / "a.yaml", domian="d", domain=None, labels=["yes", True])
    change_card(project / "atlas.yaml", surrogate="minlm")
    lines = run_cli("validate", "--project", project).err.splitlines()
    assert lines[:4] == [
        "error: 5 faults:",
        "datasets/a.yaml: domian: there is no such field. Did you mean 'domain'?",
        "datasets/a.yaml: labels.1: expected text, got True. Put quotes around yes, no, on, off",
        "atlas.yaml: surrogate: no surrogate is called 'minlm'. Did you mean 'minilm'?",
    ]
    assert [line.partition(": ")[0] for line in lines[4:]] == ["datasets/d.yaml", "datasets/z.yaml"], "of sources, too"


def test_a_card_that_names_a_broken_one_is_no_fault(tmp_path: Path):
    project = case("three_faults", tmp_path)
    change_card(project / "datasets" / "d.yaml", family=None)
    write_card(project, "models", "probe", kind="probe", encoder="minilm", dataset="d", families=["f"])
    lines = run_cli("validate", "--project", project).err.splitlines()
    assert lines[1] == "datasets/d.yaml: family: this field is missing. Add it"
    assert not any("models/probe.yaml" in line for line in lines)


def test_labels_that_differ_by_case_are_led_back(tmp_path: Path):
    project = case("label_mixed_case", tmp_path)
    todo = "Write `label_map: {NEGATIVE: negative, POSITIVE: positive}` in the card"
    what = "20 of 60 rows are bad (33.3%; quarantine_limit is 1.0%). Most frequent (20): row 1 of all: label 'NEGATIVE'"
    fails("validate", "--project", project, where="dataset d", what=what, todo=todo)
    change_card(project / "datasets" / "d.yaml", label_map={"NEGATIVE": "negative", "POSITIVE": "positive"})
    assert run_cli("validate", "--project", project).code == 0
