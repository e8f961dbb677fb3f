"""What fits nowhere is told with its card, and what is to be pasted mends it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from taskatlas.registry.load import load
from taskatlas.registry.mismatches import mismatches
from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.projects import write_card, write_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def told(project: Path) -> list[str]:
    return [str(each) for each in mismatches(load(project))]


def pasted(project: Path, card: str, line: str) -> None:
    """Follow the advice of a line: what stands between backticks becomes part of the card."""
    [advice] = re.findall(r"`(.*?)`", line)
    change_card(project / card, **yaml.safe_load(advice))


def test_a_project_that_fits_is_told_nothing(project: Path):
    assert told(project) == []


@pytest.mark.parametrize(
    ("choices", "mapping"),
    [
        ({"neg": "bad", "pos": "good"}, {"neg": "negative", "pos": "positive"}),
        ({"Positive.": "good", "negativ": "bad"}, {"Positive.": "positive", "negativ": "negative"}),
        ({"good": "good", "negative": "bad"}, {"negative": "negative", "good": "positive"}),
    ],
)
def test_labels_that_reach_no_dataset_of_the_family(project: Path, choices: dict[str, str], mapping: dict[str, str]):
    write_card(project, "prompts", "other", choices=choices, families=["sentiment"])
    [line] = told(project)
    assert line.startswith(
        f"prompts/other.yaml: it is never scored on feel, mood: its labels ({', '.join(choices)}) do not reach all "
        "that there are (negative, positive). Write "
    )
    assert ("by order: check it" in line) is ("good" in choices)
    pasted(project, "prompts/other.yaml", line)
    assert load(project).prompts["other"].mapping == {"feel": mapping, "mood": mapping}
    assert told(project) == []


def test_labels_that_differ_by_case_fit(project: Path):
    write_card(project, "prompts", "loud", choices={"NEGATIVE": "bad", "Positive": "good"}, families=["sentiment"])
    assert told(project) == []


def test_too_few_labels_cannot_be_led_anywhere(project: Path):
    change_card(project / "datasets/mood.yaml", labels=["negative", "neutral", "positive"])
    write_card(project, "prompts", "other", choices={"bad": "bad", "good": "good"}, datasets=["mood"])
    lines = [line for line in told(project) if "other" in line]
    assert lines[0].endswith(
        "Write choices for each of its labels, or take the family sentiment or the dataset mood from its card"
    )


def test_numbers_are_not_scored_by_choices(project: Path):
    change_card(project / "datasets/mood.yaml", labels="number")
    assert any("prompts/plain.yaml: it is never scored on mood, which holds numbers" in line for line in told(project))


def test_demonstrations_that_nobody_shows(project: Path):
    demonstrations = {"choose": "random", "dataset": "mood", "count": 2}
    choices = {"negative": "bad", "positive": "good"}
    write_card(project, "prompts", "shots", choices=choices, families=["sentiment"], demonstrations=demonstrations)
    assert told(project) == [
        "prompts/shots.yaml: its demonstrations are never shown, as no model here shows any. "
        "Add a language model or an endpoint, or take demonstrations from the card"
    ]


def test_prompts_without_a_model_that_takes_any(project: Path):
    for name in ("enc", "probe"):
        (project / f"models/{name}.yaml").unlink()
    write_card(project, "models", "rules", kind="callable", entry_point="a:b", package="a", revision="1",
               labels=["negative", "positive"])  # fmt: skip
    assert len(told(project)) == 2
    assert "no model is asked by it, as none takes prompts" in told(project)[0]


def without_choices(project: Path, **fields: Any) -> None:
    write_card(project, "prompts", "free", template="Describe: {{ text }}", **fields)


def test_a_free_prompt_that_no_model_can_write_to(project: Path):
    without_choices(project)
    [line] = told(project)
    assert line.startswith("prompts/free.yaml: no model is asked by it: it has no choices, and the model enc chooses")


def test_validate_says_it_beside_its_table(project: Path):
    without_choices(project)
    done = run_cli("validate", "--project", project, "--json")
    assert done.code == 0
    assert done.err.startswith("note prompts/free.yaml: no model is asked by it")


def served(project: Path) -> None:
    write_card(project, "models", "served", kind="endpoint", url="http://127.0.0.1:9/v1", model="m", revision="1")


def test_models_that_write_are_shown_the_choices_or_it_is_told(project: Path):
    served(project)
    [line] = [line for line in told(project) if "not shown the choices" in line]
    assert line.startswith(
        "models/served.yaml: it writes, and is not shown the choices of 2 prompts (plain, warm). Write"
    )
    change_card(project / "prompts/plain.yaml", template="Awful or great? {{ text }}")
    assert "of 1 prompts (warm)" in told(project)[0]
    pasted(project, "prompts/warm.yaml", line)
    assert told(project) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"system": "Say negative or positive."},
        {"demonstrations": {"choose": "random", "dataset": "mood", "count": 2}},
    ],
)
def test_a_system_text_or_demonstrations_show_them_too(project: Path, fields: dict[str, Any]):
    served(project)
    for name in ("plain", "warm"):
        (project / f"prompts/{name}.yaml").unlink()
    write_card(project, "prompts", "told", choices={"negative": "awful", "positive": "great"}, **fields)
    assert told(project) == []


def test_prompts_that_are_worded_alike_are_told_with_the_model(project: Path):
    served(project)
    [line] = [line for line in told(project) if "worded alike" in line]
    assert line.startswith("models/served.yaml: 2 prompts are worded alike for it (plain, warm), so it is asked once")
    change_card(project / "prompts/plain.yaml", system="Be kind.")
    assert not any("worded alike" in line for line in told(project))
