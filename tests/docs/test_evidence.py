"""docs/evidence.md says what the results say, and what is missed or was not measured is told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.evidence.goals import goals
from benchmarks.evidence.page import PAGE, page
from benchmarks.evidence.results import Results

COLUMNS = ("way", "labels", "calls", "Spearman", "loss", "error")
FORECAST = ("forecast", "a third", "0", "0.90 [0.85, 0.95]", "2.6 [2.0, 3.0]", "5.0 [4.0, 6.0]")
TRYING = ("trying on 64 labels", "64", "64", "0.80 [0.70, 0.90]", "2.5 [2.0, 3.0]", "5.4 [5.0, 6.0]")
ELSEWHERE = ("mean elsewhere", "0", "0", "0.70 [0.60, 0.80]", "6.0 [5.0, 7.0]", "9.0 [8.0, 9.9]")
HELD = (
    "90% intervals of the forecasts hold the true accuracy in 0.85 [0.80, 0.90] of cases, of each task in 0.82 or more."
)


def written(folder: Path, rows: Sequence[Sequence[str]], figures: Mapping[str, Any] | None = None) -> Results:
    """Results of which there is only the table of language models."""
    section = {"title": "Which model?", "definition": "", "columns": COLUMNS, "rows": rows, "remarks": [HELD]}
    content = {"date": "2026-11-30", "sections": [section], "figures": figures or {}}
    (folder / "llms.json").write_text(json.dumps(content), encoding="utf-8")
    return Results(folder)


def test_the_page_is_that_of_the_results():
    assert PAGE.read_text(encoding="utf-8") == page(Results()), "run: python -m benchmarks.evidence"


def test_goals_are_told_as_reached_as_missed_and_as_not_measured(tmp_path: Path):
    figures = {
        "ways": {
            "forecast": {"a": {"spearman": 0.9}, "b": {"spearman": 0.9}},
            "mean elsewhere": {"a": {"spearman": 0.8}, "b": {"spearman": 0.95}},
        }
    }
    results = written(tmp_path, [FORECAST, TRYING, ELSEWHERE], figures)
    found = {goal.wanted: goal for goal in goals(results) if goal.question == "language models"}
    assert found["Spearman of the forecast ≥ 0.85"].reached is True
    assert found["loss of the forecast ≤ 2.5"].reached is False
    assert found["loss of the forecast ≤ 2.5"].measured == "2.6 [2.0, 3.0]"
    assert found["coverage of 90% intervals 0.87 to 0.93"].reached is False
    ahead = found["forecast ahead of mean elsewhere on 7 of 8 tasks or more"]
    assert (ahead.measured, ahead.reached) == ("1 of 2", False)
    assert found["error with 64 calls ≤ 4.4"].reached is None
    assert found["Spearman without labels and calls, .04 above mean elsewhere"].reached is None


def test_the_page_says_what_was_missed_and_what_was_not_measured(tmp_path: Path):
    text = page(written(tmp_path, [FORECAST, TRYING]))
    assert "| language models | loss of the forecast ≤ 2.5 | 2.6 [2.0, 3.0] | **missed** |" in text
    assert "| language models | coverage of 90% intervals 0.87 to 0.93 | 0.85 | **missed** |" in text
    assert "| language models | coverage on every target ≥ 0.8 | 0.82 | reached |" in text
    assert "| neither in both |" in text, "ahead in Spearman, behind in loss"
    assert "## Which dataset to learn from first?\n\nNot measured yet.\n" in text
    assert "None" not in text


def test_a_new_way_that_sees_no_labels_is_shown_and_held_against_mean_elsewhere(tmp_path: Path):
    nearby = ("mean elsewhere, by likeness", "0", "0", "0.75 [0.70, 0.80]", "4.1 [3.0, 5.0]", "8.0 [7.0, 9.0]")
    results = written(tmp_path, [FORECAST, ELSEWHERE, nearby])
    found = {goal.wanted: goal.reached for goal in goals(results)}
    assert found["Spearman without labels and calls, .04 above mean elsewhere ≥ 0.74"] is True
    assert found["loss without labels and calls, 2 points below mean elsewhere ≤ 4"] is False
    assert "| mean elsewhere, by likeness | 0 | 0 | 0.75 [0.70, 0.80] |" in page(results)
