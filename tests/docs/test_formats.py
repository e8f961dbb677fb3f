"""docs/formats.md names every format, and its example reads as it says."""

from __future__ import annotations

import re
from pathlib import Path

from taskatlas.ingest.decode import MAX_BYTES, PACKED
from taskatlas.ingest.delimited import LONG
from taskatlas.ingest.formats import SUFFIXES
from taskatlas.ingest.sources import read_source
from taskatlas.schemas.cards import DatasetCard
from tests.support.places import ROOT
from tests.support.projects import write_file

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
ROW = {"text": ["Good, and cheap"], "label": ["positive"]}


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
