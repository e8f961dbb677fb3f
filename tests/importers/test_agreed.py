"""With a family, its datasets say which column is the text and which one the second text."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.registry.load import load
from tests.support.places import ROOT
from tests.support.projects import write_file

SWAPPED = ROOT / "tests" / "cases" / "imports" / "swapped.yaml"
Importing = Callable[..., Outcome]


@pytest.fixture
def swapped(project: Path) -> Importing:
    """Import swapped.yaml for a family whose datasets have these columns."""

    def run(*columns: str, content: str | None = None) -> Outcome:
        for at, each in enumerate(columns):
            card = f"name: follows_{at}\nfamily: entailment\ndomain: d\ndescription: d\nsource: data/f.csv\n"
            write_file(project, f"datasets/follows_{at}.yaml", f"{card}labels: [a, b]\ncolumns: {{{each}}}\n")
        file = project / "swapped.yaml"
        shutil.copy(SWAPPED, file)
        if content is not None:
            file.write_text(file.read_text().replace("Claim: {{hypothesis}} Given: {{premise}} Follows:", content))
        (outcome,) = import_files(project, [file], ImportOptions(family="entailment"))
        return outcome

    return run


def test_columns_are_those_of_the_datasets(project: Path, swapped: Importing):
    outcome = swapped("text: premise, text_pair: hypothesis")
    card = load(project).prompts["follow-follow_swapped"]
    assert card.template == "Claim: {{text_pair}} Given: {{text}} Follows:"
    assert outcome.note.startswith("as its datasets have it: text is premise, text_pair is hypothesis; labels: ")


@pytest.mark.parametrize(
    ("columns", "expected", "note"),
    [
        (["text: premise"], "Claim: {{text_pair}} Given: {{text}} Follows:", "guessed: text is premise"),
        (["text: body"], "Claim: {{text}} Given: {{text_pair}} Follows:", "guessed: text is hypothesis"),
        (
            ["text: hypothesis", "text: premise, text_pair: hypothesis"],
            "Claim: {{text_pair}} Given: {{text}} Follows:",
            "as its datasets have it: text is premise",
        ),
    ],
)
def test_what_datasets_do_not_say_is_guessed(
    project: Path, swapped: Importing, columns: list[str], expected: str, note: str
):
    outcome = swapped(*columns)
    assert load(project).prompts["follow-follow_swapped"].template == expected
    assert outcome.note.startswith(note)


def test_one_column_can_be_the_second_text(project: Path, swapped: Importing):
    assert swapped("text: premise, text_pair: hypothesis", content="{{hypothesis}}?").state == "imported"
    assert load(project).prompts["follow-follow_swapped"].template == "{{text_pair}}?"


@pytest.mark.parametrize(
    "columns",
    [
        ["text: premise, text_pair: hypothesis", "text: hypothesis, text_pair: premise"],
        ["text: premise", "text: hypothesis"],
    ],
)
def test_datasets_that_disagree_are_named(swapped: Importing, columns: list[str]):
    outcome = swapped(*columns)
    assert outcome.state == "left out"
    assert "the family's datasets disagree on its columns: follows_0 has text premise" in outcome.note
    assert outcome.note.endswith("; name them with --text and --text-pair")
