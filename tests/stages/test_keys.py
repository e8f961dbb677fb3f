"""Keys are content: the same project elsewhere has the same keys, and a change moves exactly what depends on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskatlas.plan.plan import Plan
from tests.support.cards import change_card
from tests.support.stage_runs import METHODS, benchmarked, keys


def changed(before: dict[str, str], plan: Plan) -> set[str]:
    after = keys(plan)
    assert after.keys() == before.keys()
    return {name for name, key in after.items() if key != before[name]}


@pytest.fixture(scope="module")
def before(finished: Plan) -> dict[str, str]:
    found = keys(finished)
    assert len(found) > 40
    return found


# what hangs on all subjects' answers to the corpus
ALL_SUBJECTS = ("enc/plain", "enc/warm", "probe")
LAST = {"forecasts", "benchmark", "neighbors crosscov", "neighbors student"}


def of_subject(name: str, *, corpus: bool = True) -> set[str]:
    """What is made from a subject's answers to the corpus."""
    made = {f"crosscov {name}", f"student {name}", f"raw_forecasts {name}"}
    return made | ({f"answers {name} web"} if corpus else set())


def of_dataset(name: str) -> set[str]:
    """What is made from a dataset's examples, whoever answers them."""
    made = {f"{step} {name}" for step in ("examples", "id", *METHODS)}
    answers = {f"{step} {subject} {name}" for step in ("answers", "scores") for subject in ALL_SUBJECTS}
    return made | answers | {f"raw_forecasts {subject}" for subject in ALL_SUBJECTS} | {"neighbors text"}


def test_another_folder_and_another_day_give_the_same_keys(before: dict[str, str], copied: Callable[..., Path]):
    again = copied("another folder, wïth ünusual characters", work=False)
    for file in (again / "data").iterdir():
        file.touch()
    assert changed(before, benchmarked(again)) == set()


def test_the_name_of_a_file_and_the_order_of_its_rows_do_not_count(before: dict[str, str], copied: Callable[..., Path]):
    folder = copied()
    rows = (folder / "data/mood.jsonl").read_text().splitlines(keepends=True)
    (folder / "data/other name.jsonl").write_text("".join(reversed(rows)))
    change_card(folder / "datasets/mood.yaml", source="data/other name.jsonl")
    # the bytes are others, so they are read and checked again, and come to the same examples
    moved = changed(before, benchmarked(folder))
    assert moved == {"rows mood", "quality mood", "examples mood"}


NOTHING: set[str] = set()
CHANGES: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "words about a dataset": ("datasets/mood", {"description": "Other words", "license": "MIT"}, NOTHING),
    "words about a model": ("models/enc", {"description": "Other words"}, NOTHING),
    "a family": ("datasets/mood", {"family": "sentiment", "domain": "elsewhere"}, NOTHING),
    "a prompt": (
        "prompts/warm",
        {"choices": {"negative": "cruel", "positive": "kind"}},
        of_subject("enc/warm")
        | {f"{step} enc/warm {name}" for step in ("answers", "scores") for name in ("mood", "feel")}
        | LAST,
    ),
    "a prompt's mapping": (
        "prompts/warm",
        {"mapping": {"mood": {"negative": "negative"}}},
        {"scores enc/warm mood", "raw_forecasts enc/warm", "forecasts", "benchmark"},
    ),
    "a probe's strength": (
        "models/probe",
        {"strength": 0.5},
        of_subject("probe")
        | {f"{step} probe {name}" for step in ("answers", "scores") for name in ("mood", "feel")}
        | LAST,
    ),
    "a corpus' limit": (
        "corpora/web",
        {"sources": [{"source": "data/web.jsonl", "limit": 50}]},
        {"rows web", "quality web", "examples web", "id web"} | LAST
        | {key for subject in ALL_SUBJECTS for key in of_subject(subject)},
    ),
    "train_limit": (
        "atlas",
        {"train_limit": 35},  # mood has 33, so only feel's 38 are cut
        of_dataset("feel") | {"examples mood", "examples web"} | LAST,
    ),
    "neighbours": ("atlas", {"neighbors": 3}, {f"neighbors {method}" for method in METHODS}),
    "axes": (
        "atlas",
        {"output_axes": 3},
        # a space of its own each; text has no output axes
        {f"{method} {entity}" for method in METHODS[1:] for entity in ("mood", "feel", *ALL_SUBJECTS)}
        | {f"raw_forecasts {subject}" for subject in ALL_SUBJECTS} | LAST,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_moves_what_depends_on_it(what: str, before: dict[str, str], copied: Callable[..., Path]):
    card, fields, moved = CHANGES[what]
    folder = copied()
    change_card(folder / f"{card}.yaml", **fields)
    assert changed(before, benchmarked(folder)) == moved


def test_a_changed_label_moves_its_dataset_and_the_probe_on_it(before: dict[str, str], copied: Callable[..., Path]):
    folder = copied()
    path = folder / "data/mood.jsonl"
    first, *others = path.read_text().splitlines()
    flipped = json.loads(first) | {"label": "positive"}
    assert json.loads(first)["label"] == "negative"
    path.write_text("\n".join([json.dumps(flipped), *others]))
    moved = changed(before, benchmarked(folder))
    probe = {f"{step} probe feel" for step in ("answers", "scores")} | of_subject("probe")
    assert moved == of_dataset("mood") | {"rows mood", "quality mood", "examples web"} | probe | LAST
