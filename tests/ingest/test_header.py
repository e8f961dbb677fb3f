"""Which columns a file has, in every format."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from taskatlas.ingest.formats import Form
from taskatlas.ingest.header import Header, read_header
from tests.support.failing import fault
from tests.support.projects import write_file

NESTED = '{"id": 1, "q": {"stem": "s", "own": [{"text": "a", "more": {"x": [1]}}]}, "pairs": {"label": [1, 0]}}'
JSON = '{"id": 1, "text": "one", "tags": ["a"]}'


@pytest.mark.parametrize(
    ("name", "content", "form", "header"),
    [
        ("a.csv", " id ,text\n1,one\n", Form(), Header(("id", "text"), ",")),
        ("a.csv", "id;the text, whole;label\n1;one;x\n", Form(), Header(("id", "the text, whole", "label"), ";")),
        ("a.csv", "sep=|\nid|text\n1|one\n", Form(), Header(("id", "text"), "|")),
        ("a.csv", "id~text\n1~one\n", Form(delimiter="~"), Header(("id", "text"), "~")),
        ("a.tsv", "id\ttext, whole\n1\tone\n", Form(), Header(("id", "text, whole"), "\t")),
        ("a.csv", "id,\xe9t\xe9\n".encode("utf-16"), Form(), Header(("id", "\xe9t\xe9"), ",")),
        ("a.jsonl", f'{JSON}\n{{"label": "x"}}\n', Form(), Header(("id", "text", "label"), lists=("tags",))),
        ("a.json", f"[{JSON}]", Form(), Header(("id", "text"), lists=("tags",))),
        ("a.json", f"[{NESTED}]", Form(), Header(("id",), None, ("q.stem",), ("q.own.text", "pairs.label"))),
        ("a.txt", "one\n", Form(), Header(("text",))),
    ],
)
def test_of_text_files(tmp_path: Path, name: str, content: str | bytes, form: Form, header: Header):
    assert read_header(write_file(tmp_path, name, content), name, form) == header


def test_of_binary_files_without_columns_of_lists(tmp_path: Path):
    table = pa.table({"id": [1], "text": ["one"], "tags": [["a"]]})
    pq.write_table(table, tmp_path / "a.parquet")
    pyarrow.feather.write_feather(table, tmp_path / "a.feather")
    with pa.ipc.new_stream(tmp_path / "a.arrow", table.schema) as stream:
        stream.write_table(table)
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["id", " text ", None])
    book.save(tmp_path / "a.xlsx")
    names = ["a.parquet", "a.feather", "a.arrow"]
    assert {read_header(tmp_path / name, name, Form()) for name in names} == {Header(("id", "text"), lists=("tags",))}
    assert read_header(tmp_path / "a.xlsx", "a.xlsx", Form()) == Header(("id", "text"))


def test_what_is_within_columns_of_a_parquet_file_is_named_with_a_dot(tmp_path: Path):
    pq.write_table(pa.Table.from_pylist([json.loads(NESTED)]), tmp_path / "a.parquet")
    header = read_header(tmp_path / "a.parquet", "a.parquet", Form())
    assert (header.names, set(header.within), set(header.lists)) == (
        ("id",), {"q.stem"}, {"q.own.text", "pairs.label"},
    )  # fmt: skip


def test_objects_whose_names_say_something_of_a_row_are_no_columns(tmp_path: Path):
    rows = [
        json.dumps({"text": "x", "said": {f"word {n}.{m}" if n % 2 else f"w{n}": m}}) for n in range(600) for m in "12"
    ]
    header = read_header(write_file(tmp_path, "a.jsonl", "\n".join(rows)), "a.jsonl", Form())
    assert header == Header(("text",))
    few = write_file(tmp_path, "b.jsonl", "\n".join(rows[:20]))
    assert read_header(few, "b.jsonl", Form()).within == tuple(f"said.w{n}" for n in range(0, 10, 2))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.doc", b"x", "files of the format .doc cannot be read"),
        ("a.jsonl", "1\n", "this is a single value, not an object"),
        ("a.parquet", b"PAR1", "this is not a whole Parquet file"),
        ("a.arrow", b"ARROW1", "this is not a whole Arrow file"),
        ("a.xlsx", b"PK", "this is not a whole Excel workbook"),
        ("a.csv", b"\xff", "byte 0 of the file is not utf-8"),
    ],
)
def test_what_is_not_whole_is_told(tmp_path: Path, name: str, content: str | bytes, what: str):
    error = fault(read_header, write_file(tmp_path, name, content), name, Form())
    assert error.what.startswith(what)
