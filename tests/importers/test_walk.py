"""Folders and patterns are taken for the files in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskatlas.errors import InputError
from taskatlas.importers import walk
from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.walk import files_of
from tests.support.imported_files import harness, one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with prompts in it, and with other things."""
    place = tmp_path / "theirs"
    (place / "inner" / ".git").mkdir(parents=True)
    (place / "a.yaml").write_text(one())
    (place / "inner" / "b.yaml").write_text(harness())
    (place / "inner" / "notes.md").write_text("# Notes")
    (place / "inner" / "settings.yaml").write_text("colour: blue\n")
    (place / "inner" / "broken.json").write_text("{")
    (place / "inner" / ".git" / "c.yaml").write_text(one())
    (tmp_path / "outside.yaml").write_text(one())
    (place / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (place / "around").symlink_to(place)
    return place


def test_a_folder_is_all_its_files_and_what_is_no_prompt_is_one_line(project: Path, folder: Path):
    outcomes = import_files(project, [folder], ImportOptions())
    assert [(Path(each.file).name, each.state) for each in outcomes] == [
        ("a.yaml", "imported"),
        ("b.yaml", "imported"),
        ("broken.json", "left out"),
        ("theirs", "left out"),
    ]
    assert outcomes[-1].note == "2 files in it are in no format that is imported"


def test_a_pattern_is_the_files_that_are_called_so(folder: Path):
    found = files_of([folder / "*.yaml", folder / "**" / "b.*"])
    assert [each.path.relative_to(folder).as_posix() for each in found] == ["a.yaml", "link.yaml", "inner/b.yaml"]
    assert found[0].folder == folder / "*.yaml"
    (nothing,) = files_of([folder / "*.csv"])
    assert (nothing.path, nothing.folder) == (folder / "*.csv", None)
    (inner,) = files_of([folder / "inne[r]" / "b.yaml"])
    assert inner.path.name == "b.yaml"
    assert {each.path.name for each in files_of([folder / "inn*"])} == {
        "b.yaml",
        "notes.md",
        "settings.yaml",
        "broken.json",
    }


def test_a_name_with_a_bracket_is_a_name_where_there_is_such_a_file(folder: Path):
    (folder / "a[1].yaml").write_text(one())
    (found,) = files_of([folder / "a[1].yaml"])
    assert found.path.name == "a[1].yaml"


def test_an_empty_folder_is_told(project: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    (outcome,) = import_files(project, [tmp_path / "empty"], ImportOptions())
    assert outcome.note == "this is a folder or a device, not a file. Name the files in it"


def test_too_many_files(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(walk, "MAX_FILES", 2)
    with pytest.raises(InputError, match="there are more than 2 files"):
        files_of([folder])
