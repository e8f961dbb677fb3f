"""docs/formats.md names every format, and its example reads as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.ingest.decode import MAX_BYTES, PACKED
from taskatlas.ingest.delimited import LONG
from taskatlas.ingest.formats import SUFFIXES
from taskatlas.ingest.sources import read_source
from taskatlas.project.starter import write_starter
from taskatlas.registry.load import load
from taskatlas.schemas.cards import DatasetCard
from tests.support.places import ROOT
from tests.support.projects import write_file

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
ROW = {"text": ["Good, and cheap"], "label": ["positive"]}
IMPORTED = [
    (name, suffix, example.replace(r"\|", "|").replace("⏎", "\n"))
    for name, suffix, example in re.findall(r"^\| ([^`|]+) \| `(\.\w+)` \| `(.+)` \|$", PAGE, re.MULTILINE)
]


def test_every_format_and_packing_is_named():
    assert [suffix for suffix in SUFFIXES if f"`{suffix}`" not in PAGE] == []
    assert [suffix for suffix in PACKED if f"{suffix}`" not in PAGE] == []


def test_one_row_of_each_text_format_reads_as_it_stands(tmp_path: Path):
    rows = dict(re.findall(r"^\| `(\.\w+)` \|.*\| `(.+?)`[^`]*\|$", PAGE, re.MULTILINE))
    assert rows.keys() == {".csv", ".tsv", ".jsonl", ".json", ".txt"}
    header = {".csv": "text,label\n", ".tsv": "text\tlabel\n"}
    for suffix, row in rows.items():
        write_file(tmp_path, f"a{suffix}", header.get(suffix, "") + row.replace("→", "\t"))
        columns = ["text"] if suffix == ".txt" else ["text", "label"]
        [found] = read_source(f"a{suffix}", tmp_path, columns)
        assert found.columns == {name: ROW[name] for name in columns}, suffix


def test_the_example_from_excel(tmp_path: Path):
    [(name, content)] = re.findall(r"^`([\w.]+)`\n\n```csv\n(.+?)```", PAGE, re.MULTILINE | re.DOTALL)
    write_file(tmp_path, name, content)
    [found] = read_source(name, tmp_path, ["text", "label"])
    assert found.columns["text"] == ["Good, and cheap", 'It said "new", and was not']


def test_its_bounds_are_those_of_the_code():
    assert f"more than {LONG:,} characters" in PAGE.replace("\n", " ")
    assert f"{MAX_BYTES / 1e9:.1f} GB" in PAGE
    assert f"({DatasetCard.model_fields['max_chars'].default:,} unless" in PAGE


@pytest.mark.parametrize(("name", "suffix", "example"), IMPORTED, ids=[name for name, _, _ in IMPORTED])
def test_the_example_of_a_format_is_imported(tmp_path: Path, name: str, suffix: str, example: str):
    write_starter(tmp_path / "project")
    file = write_file(tmp_path, f"mood{suffix}", example)
    outcomes = import_files(tmp_path / "project", [file], ImportOptions())
    if name == "Bonito":  # of one row nothing could be made: it brings no instruction
        assert [each.state for each in outcomes] == ["left out"]
        return
    (outcome,) = outcomes
    assert (outcome.state, (outcome.card or "").split("/")[0]) == ("imported", "prompts"), outcome.note
    assert Path(outcome.card or "").stem in load(tmp_path / "project").prompts


def test_rows_like_those_of_the_examples_become_datasets(tmp_path: Path):
    write_starter(tmp_path / "project")
    of_rows = [each for each in IMPORTED if "Lovely soup" in each[2] and "few-shot" not in each[0]]
    assert len(of_rows) == 6
    for name, suffix, example in of_rows:
        rows = [
            example.replace("Lovely soup", f"Soup number {at} at table {at * 7}").replace(
                "glad", ("glad", "cross")[at % 2]
            )
            for at in range(60)
        ]
        file = write_file(tmp_path, f"{name.split()[0].lower()}{suffix}", _together(rows))
        outcomes = import_files(tmp_path / "project", [file], ImportOptions())
        assert {each.state for each in outcomes} == {"imported"}, (name, outcomes)
        dataset = load(tmp_path / "project").datasets[Path(outcomes[0].card or "").stem]
        assert dataset.labels == ("cross", "glad")


def _together(rows: list[str]) -> str:
    """One file of several: lists and instances are put together, lines stand one below the other."""
    contents = [json.loads(row) for row in rows]
    if isinstance(contents[0], list):
        return json.dumps([each for content in contents for each in content])
    if "Instances" in contents[0]:
        return json.dumps({**contents[0], "Instances": [content["Instances"][0] for content in contents]})
    return "\n".join(rows)
