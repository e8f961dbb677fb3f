"""A prompt card has no columns: what is said of columns is refused for it, and not left out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from tests.support.projects import write_card, write_file, write_project

CARD = {"template": "Review: {{ text }} Mood:", "choices": {"negative": "bad", "positive": "good"}}


@pytest.mark.parametrize("options", [{"text": "sentence"}, {"text": "text", "text_pair": "other"}])
def test_a_column_is_refused_for_a_card_alone(tmp_path: Path, options: dict[str, str]):
    project = write_project(tmp_path / "project")
    write_card(tmp_path, "given", "mood", **CARD)
    table = write_file(tmp_path, "table.csv", "name,template,choices\nours,So: {{sentence}}{{text}} is,bad|good\n")
    card = tmp_path / "given/mood.yaml"
    refused, *_ = import_files(project, [card, table], ImportOptions(**options))
    assert (refused.file, refused.state) == (str(card), "left out")
    assert "it is a prompt card" in refused.note
    assert refused.note.endswith("Import it without --text and --text-pair")
    [taken] = import_files(project, [card], ImportOptions())
    assert (taken.state, taken.card) == ("imported", "prompts/mood.yaml")


def test_its_own_name_may_be_said(tmp_path: Path):
    write_card(tmp_path, "given", "mood", **CARD)
    project = write_project(tmp_path / "project")
    [taken] = import_files(project, [tmp_path / "given/mood.yaml"], ImportOptions(text="text"))
    assert taken.state == "imported"
