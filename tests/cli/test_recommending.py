"""What stands below the table of `recommend`."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

import taskatlas
from taskatlas.cli.recommending import notes_of_unknown
from taskatlas.plan.since import note_tried
from taskatlas.plan.state import State
from tests.support.command_line import run_cli
from tests.support.projects import write_file
from tests.support.releases import publish
from tests.support.tables import empty, rows


def row(
    candidate: str, evidence: str | None, note: str | None, question: str = "prompt", baseline: float | None = 0.5
) -> dict[str, object]:
    told = {"question": question, "candidate": candidate, "evidence": evidence, "note": note}
    return {**told, "baseline": baseline}


def test_who_is_unknown_is_told_with_the_reason():
    never = "none of its answers is a label here"
    rows = [
        row("good", "measured", "answers negative to every text"),
        row("prose", None, never),
        row("other", None, "no forecast: blind"),
        row("json", None, never),
        row("new", None, None),
        row("elsewhere", None, "no subject links the two", "source"),
        row("one", None, "the test split holds one class alone", baseline=None),
    ]
    assert notes_of_unknown(rows) == {never: ["prose", "json"]}


def release() -> dict[str, pa.Table]:
    """One dataset, on which one subject is known."""
    said = {"question": "prompt", "dataset": "d", "candidate": "a", "subject": "a", "rank": 1, "verdict": "best"}
    said |= {"measured": None, "tried": None, "known": None, "note": None}
    return empty() | {"datasets": rows("datasets", {"dataset": "d"}), "recommendations": rows("recommendations", said)}


def test_what_was_tried_since_the_release_is_told_beside_it_until_the_next(tmp_path: Path):
    write_file(tmp_path, "atlas.yaml", "")
    state = State(tmp_path / "warehouse" / "state")
    note_tried(state, "d", "use z")
    publish(tmp_path, release(), "one")
    assert "tried since" not in run_cli("recommend", "prompt", "d", "-p", tmp_path).out, "before there was a release"
    state.write("publish", {"release": "v1"})
    note_tried(state, "d", "use b: tried on 40 texts")
    said = " ".join(run_cli("recommend", "prompt", "d", "-p", tmp_path).out.split())
    assert said.startswith("Use a: forecast")
    assert "That is of release v1. By what was tried since: use b: tried on 40 texts. `taskatlas run" in said
    told = json.loads(run_cli("recommend", "prompt", "d", "-p", tmp_path, "--json").out)
    assert (told["release"], told["tried_since"]) == ("v1", "use b: tried on 40 texts")
    atlas = taskatlas.open(tmp_path)
    assert atlas.recommend("prompt", "d").tried_since == "use b: tried on 40 texts"
    assert atlas.recommend("model", "d").tried_since is None
    assert "tried since" not in run_cli("recommend", "model", "d", "-p", tmp_path).out, "it is of subjects"
    publish(tmp_path, release(), "two")
    assert json.loads(run_cli("recommend", "prompt", "d", "-p", tmp_path, "--json").out)["tried_since"] is None
    assert atlas.recommend("prompt", "d").tried_since is None


def test_a_dataset_that_came_after_the_release_is_told_from_one_that_is_not_there(tmp_path: Path):
    write_file(tmp_path, "atlas.yaml", "")
    publish(tmp_path, release(), "one")
    write_file(tmp_path, "datasets/new.yaml", "name: new")
    came = run_cli("recommend", "prompt", "new", "-p", tmp_path)
    assert came.code == 2
    assert "dataset new: it is in no release yet. Run `taskatlas run" in " ".join(came.err.split())
    assert "no dataset is called 'newer'" in run_cli("recommend", "prompt", "newer", "-p", tmp_path).err


def test_what_is_recommended_by_a_description_alone_is_told_as_such(tmp_path: Path):
    write_file(tmp_path, "atlas.yaml", "")
    said = {"question": "prompt", "dataset": "planned", "rank": 1, "verdict": "unknown", "evidence": "description"}
    said |= dict.fromkeys(("measured", "tried", "known", "known_from", "forecast", "baseline", "baseline_label"))
    best = said | {"candidate": "a", "subject": "a", "expected": 0.7, "low": 0.4, "high": 0.9}
    best |= {"note": "from its description alone, no text of it was read"}
    unmeasured = said | dict.fromkeys(("expected", "low", "high", "evidence"))
    unmeasured |= {"candidate": "b", "subject": "b", "rank": 2, "note": "it was measured on no dataset"}
    described = {"dataset": "planned", "labels": ["no", "yes"], "nearest": "d"}
    content = release() | {"described": rows("described", described)}
    publish(tmp_path, content | {"recommendations": rows("recommendations", best, unmeasured)}, "one")
    told = run_cli("recommend", "prompt", "planned", "-p", tmp_path)
    line = "First comes a: expected 0.70 (90%: 0.40 to 0.90); from its description alone, no text of it was read."
    assert (told.code, line in " ".join(told.out.split())) == (0, True)
    assert [each["candidate"] for each in json.loads(
        run_cli("recommend", "prompt", "planned", "-p", tmp_path, "--json").out)["rows"]] == ["a", "b"]  # fmt: skip
    cheap = " ".join(run_cli("recommend", "prompt", "planned", "--max-cost", "1", "-p", tmp_path).out.split())
    assert cheap.startswith("Nothing is known to cost at most 1 per 1,000 texts; nobody knows what 2 others cost")
    source = " ".join(run_cli("recommend", "source", "planned", "-p", tmp_path).out.split())
    assert (
        source == "A description alone does not say which source helps; the dataset with the nearest description is d."
    )
    write_file(tmp_path, "described/later.yaml", "name: later")
    assert "it is in no release yet" in " ".join(run_cli("recommend", "prompt", "later", "-p", tmp_path).err.split())
