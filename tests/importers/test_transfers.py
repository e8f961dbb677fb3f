"""Files of transfers as cards of known transfers: rows and matrices, gains and scores, seeds and holes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskatlas.errors import InputError
from taskatlas.hashing import file_sha256
from taskatlas.importers.report import Outcome
from taskatlas.importers.transfers.importing import import_transfers
from taskatlas.importers.transfers.written import TransferOptions
from taskatlas.ingest.known import read_known_transfers
from taskatlas.registry.load import load
from taskatlas.schemas.cards import KnownTransfersCard
from tests.support.command_line import run_cli
from tests.support.projects import write_file

Importing = Callable[..., list[Outcome]]
LINES = "target,source,setup,relative_change\nmood,feel,t5,0.02\nmood,amount,t5,-0.01\nfeel,mood,t5,0.03\n"
GAINS = {("t5", "mood", "feel"): 0.02, ("t5", "mood", "amount"): -0.01, ("t5", "feel", "mood"): 0.03}


@pytest.fixture
def importing(project: Path, tmp_path: Path) -> Importing:
    """Import one file of this content into the project."""

    def run(content: str, name: str = "bank.csv", **options: Any) -> list[Outcome]:
        return import_transfers(project, [write_file(tmp_path, name, content)], TransferOptions(**options))

    return run


def known(project: Path) -> dict[tuple[str, str, str], float]:
    rows = read_known_transfers(load(project).known_transfers["bank"], project).to_pylist()
    assert {row["card"] for row in rows} == {"bank"}
    return {(row["setup"], row["target"], row["source"]): row["gain"] for row in rows}


@pytest.mark.parametrize(
    ("content", "name", "options"),
    [
        (LINES, "bank.csv", {}),
        (LINES.replace(",", "\t"), "bank.tsv", {}),
        (LINES.replace("target,source", "to,from"), "bank.csv", {}),
        (
            LINES.replace("target", "which").replace("change", "y"),
            "bank.csv",
            {"target": "which", "gain": "relative_y"},
        ),
        (LINES.replace(",t5", "").replace(",setup", ""), "bank.csv", {"setup": "t5"}),
        (
            json.dumps([{"tgt": t, "src": s, "model": m, "gain": gain} for (m, t, s), gain in GAINS.items()]),
            "bank.json",
            {},
        ),
    ],
)
def test_rows_of_gains(importing: Importing, project: Path, content: str, name: str, options: dict[str, str]):
    (outcome,) = importing(content, name, **options)
    assert (outcome.state, outcome.card) == ("imported", "known_transfers/bank.yaml")
    assert outcome.note.startswith("3 transfers between 3 datasets in 1 setup")
    assert known(project) == pytest.approx(GAINS)
    assert importing(content, name, **options)[0].state == "there already"


def test_scores_become_gains_over_the_target_alone(importing: Importing, project: Path):
    rows = "source,target,model,score\nnone,mood,t5,0.5\nfeel,mood,t5,0.6\namount,mood,t5,0.4\n"
    (outcome,) = importing(rows)
    assert "; gains are scores less those without the source; " in outcome.note
    assert known(project) == pytest.approx({("t5", "mood", "feel"): 0.1, ("t5", "mood", "amount"): -0.1})


def test_a_column_says_the_score_alone(importing: Importing, project: Path):
    importing("source,target,score,baseline\nfeel,mood,0.6,0.5\namount,mood,0.4,0.5\n", setup="bert")
    assert known(project) == pytest.approx({("bert", "mood", "feel"): 0.1, ("bert", "mood", "amount"): -0.1})


def test_without_it_the_targets_other_sources_are_what_is_compared_with(importing: Importing, project: Path):
    (outcome,) = importing("source,target,score\nfeel,mood,0.6\namount,mood,0.4\n", setup="bert")
    assert "no score without a source for mood: gains are scores less the mean" in outcome.note
    assert known(project) == pytest.approx({("bert", "mood", "feel"): 0.1, ("bert", "mood", "amount"): -0.1})


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (",mood,feel\nmood,,0.03\nfeel,0.02,\namount,-0.01,-\n", {}),
        ("source,mood,feel\nmood,,0.03\nfeel,0.02,nan\namount,-0.01,\n", {}),
        ("target,mood,feel,amount\nmood,0.9,0.02,-0.01\nfeel,0.03,0.7,\n", {}),
        ("source,mood,feel\nscratch,0.5,0.5\nmood,0.9,0.53\nfeel,0.52,0.9\namount,0.49,\n", {"cells": "score"}),
    ],
)
def test_matrices(importing: Importing, project: Path, content: str, options: dict[str, Any]):
    importing(content, setup="t5", **options)
    assert known(project) == pytest.approx(GAINS), "what a dataset does for itself is no transfer"


def test_seeds_are_averaged(importing: Importing, project: Path):
    (outcome,) = importing("source,target,gain\nfeel,mood,0.1\nfeel,mood,0.3\n")
    assert "1 repeated, as of several seeds, were averaged" in outcome.note
    assert known(project) == pytest.approx({("one", "mood", "feel"): 0.2})


def test_what_cannot_be_taken_is_told(importing: Importing, project: Path):
    done, left = importing(LINES + "feel,moood,t5,much\n")
    assert (left.state, left.title) == ("left out", "line 5")
    assert left.note == "'much' is no finite number"
    (other,) = importing(LINES.replace("mood", "cafe_reviews").replace("feel", "cafe_reviws"), "other.csv")
    assert done.note == "3 transfers between 3 datasets in 1 setup; none of them here"
    assert "1 of them here; no dataset is called 'cafe_reviws': did you mean 'cafe_reviews'?" in other.note


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("source,target,setup\nfeel,mood,t5\n", "no column says the gain or the score.*Say --gain COLUMN"),
        ("a,b\n1,2\n", "no column says the source or the target"),
        ("source,gain\nfeel,0.1\n", "'gain' says a number, and none says its target.*Say --target COLUMN"),
        ("source,src,target,gain\nfeel,feel,mood,0.1\n", "may both be the source.*Say --source COLUMN"),
        ("source,target,gain\nfeel,mood,lots\n", "holds no transfer.*'lots' is no finite number"),
    ],
)
def test_what_says_nothing_is_refused(importing: Importing, content: str, what: str):
    (outcome,) = importing(content)
    assert outcome.state == "left out"
    assert re.search(what, outcome.note), outcome.note


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ("t5,mood,mood,0.1", "row 1: mood is its own source"),
        ("t5,mood,feel,0.1\nt5,mood,feel,0.2", "row 2: feel → mood stands there twice for t5"),
        ("t5,mood,feel,inf", "row 1: gain says 'inf', which is none"),
        ("t5,mood,,0.1", "row 1: source says '', which is none"),
    ],
)
def test_a_file_that_was_written_by_hand_is_checked(project: Path, rows: str, what: str):
    file = write_file(project, "known_transfers/bank.csv", f"setup,target,source,gain\n{rows}\n")
    fields = {"name": "bank", "description": "By hand", "source": "known_transfers/bank.csv"}
    with pytest.raises(InputError, match=what):
        read_known_transfers(KnownTransfersCard(**fields, sha256=file_sha256(file)), project)


def test_the_command(project: Path, tmp_path: Path):
    file = write_file(tmp_path, "bank.csv", LINES)
    done = run_cli("import", "transfers", file, "--project", project)
    assert done.code == 0
    assert "known_transfers/bank.yaml" in done.out
    assert run_cli("validate", "--project", project).out.count("known transfers") == 1
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    refused = run_cli("import", "transfers", file, "--project", project)
    assert (refused.code, "say the source" in refused.out or "says the source" in refused.out) == (1, True)
