"""Which datasets `taskatlas subset` chooses: of a release, of a file and of a card of known scores."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.command_line import run_cli
from tests.support.projects import write_file
from tests.support.releases import publish, tables
from tests.support.tables import empty, rows

MEASURED = [
    {"subject": f"subject-{subject}", "dataset": f"{'ab'[group]}{number}", "metric": metric, "value": float(value)}
    for metric in ("accuracy", "macro_f1")
    for subject, skills in enumerate(np.random.default_rng(0).uniform(0.3, 0.9, (12, 2)))
    for group, value in enumerate(skills)
    for number in range(3)
]
"""Twelve subjects on two groups of three datasets that rank alike."""


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose release has scores, and those of a card, of which one subject is known on some datasets alone."""
    folder = tmp_path_factory.mktemp("ours")
    known = [{"card": "board", **row} for row in MEASURED]
    known.append({"card": "board", "subject": "new", "dataset": "c", "metric": "accuracy", "value": 0.5})
    names = sorted({str(row["dataset"]) for row in MEASURED})
    publish(
        folder,
        empty()
        | {
            "datasets": rows("datasets", *({"dataset": name} for name in names)),
            "scores": rows("scores", *MEASURED),
            "known_scores": rows("known_scores", *known),
        },
        "one",
    )
    return folder


def asked(folder: Path, *arguments: object) -> dict[str, Any]:
    done = run_cli("subset", *arguments, "-p", folder, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_what_is_measured(ours: Path):
    found = asked(ours, "-k", 2)
    assert sorted(row["dataset"][0] for row in found["datasets"]) == ["a", "b"]
    for row in found["datasets"]:
        assert len(row["stands_for"]) == 2
        assert {name[0] for name in row["stands_for"]} == {row["dataset"][0]}
    assert (found["metric"], found["subjects"], found["of_subjects"]) == ("accuracy", 12, 12)
    assert found["agreement"]["chosen"]["mean"] > found["agreement"]["random"]["mean"]
    assert asked(ours, "-k", 2, "--metric", "F1 (macro)")["metric"] == "macro_f1"


def test_it_is_told_in_words(ours: Path):
    done = run_cli("subset", "-k", 2, "-p", ours)
    assert (done.code, done.err) == (0, "")
    first, *_, last = done.out.splitlines()
    assert first == "2 of 6 datasets, by accuracy of 12 subjects."
    value = r"[01]\.\d\d \(-?[01]\.\d\d to [01]\.\d\d\)"
    said = "2 datasets that half of the subjects choose rank the other half as all 6 do with Spearman"
    assert re.fullmatch(rf"{said} {value}; 2 random ones with {value}\.", last)


def test_a_card_of_known_scores_with_holes(ours: Path):
    found = asked(ours, "-k", 2, "--scores", "board")
    assert found["left_out"] == ["c"]
    assert (found["subjects"], found["of_subjects"]) == (12, 13)
    told = run_cli("subset", "-k", 2, "--scores", "board", "-p", ours).out.splitlines()
    assert told[1] == "There are scores of 13 subjects on 7 datasets, with holes. Left out: c."


def test_a_file_says_the_same_as_its_card(ours: Path, tmp_path: Path):
    lines = [
        "model,task,metric,score",
        *(f"{r['subject']},{r['dataset']},{r['metric']},{r['value']}" for r in MEASURED),
    ]
    file = write_file(tmp_path, "board.csv", "\n".join([*lines, "new,c,accuracy,0.5", "broken,c,accuracy,x"]))
    done = run_cli("subset", "-k", 2, "--scores", file, "-p", ours, "--json")
    assert json.loads(done.out) == asked(ours, "-k", 2, "--scores", "board")
    assert "'x' is no finite number" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-k", 6], "error: -k: 6 of 6 datasets that can be compared is no choice. Give a number from 1 to 5"),
        (["-k", 2, "--scores", "bord"], "error: no card of known scores is called 'bord'. Did you mean 'board'?"),
        (["-k", 2, "--scores", "x.csv"], "error: x.csv: there is no such file. Name a file of scores, such as "),
        (["-k", 2, "--metric", "acuracy"], "error: no metric is called 'acuracy'. Did you mean 'accuracy'?"),
    ],
)
def test_a_mistake_is_one_line(ours: Path, arguments: list[object], told: str):
    done = run_cli("subset", *arguments, "-p", ours)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(told)
    assert len(done.err.splitlines()) == 1


def test_of_a_release_whose_subjects_have_few_scores_the_vectors_choose(tmp_path: Path):
    publish(tmp_path, tables(subjects=8), "one")
    found = asked(tmp_path, "-k", 2)
    assert len(found["datasets"]) == 2
    assert len(found["compared"]) == 8
    assert found["agreement"] is None
    assert "What is lost is not known" in run_cli("subset", "-k", 2, "-p", tmp_path).out


def test_a_card_that_no_run_has_read_is_told(tmp_path: Path, ours: Path):
    write_file(ours / "known_scores", "later.yaml", "name: later\n")
    done = run_cli("subset", "-k", 2, "--scores", "later", "-p", ours)
    assert done.err.startswith("error: known scores later: it is in no release yet. Run `taskatlas run")
