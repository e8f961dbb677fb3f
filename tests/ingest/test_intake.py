"""Files as people bring them: separators, packed files, workbooks, patterns, and what Windows and Excel write."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.feather
import pytest

from taskatlas.ingest import decode, sheets
from taskatlas.ingest.formats import Form
from taskatlas.ingest.sources import fingerprint, read_source
from tests.support.failing import fault
from tests.support.projects import write_file

BOTH = ["text", "label"]


def columns(project: Path, name: str, content: str | bytes, form: Form | None = None) -> dict[str, list[str | None]]:
    write_file(project, name, content)
    [rows] = read_source(name, project, BOTH, form or Form())
    return rows.columns


@pytest.mark.parametrize("encoding", ["latin-1", "iso-8859-1", "iso-8859-15"])
def test_windows_characters_in_what_is_called_latin(tmp_path: Path, encoding: str):
    content = "text,label\nok,x\n“quoted” for 5 €,x\n".encode("windows-1252")
    write_file(tmp_path, "a.csv", content)
    error = fault(read_source, "a.csv", tmp_path, BOTH, Form(encoding))
    assert error.where == "a.csv, line 3"
    assert "'“' in windows-1252" in error.what
    assert "set encoding: windows-1252" in error.todo
    assert columns(tmp_path, "a.csv", content, Form("windows-1252"))["text"][1] == "“quoted” for 5 €"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_the_separator_is_found_by_the_columns(tmp_path: Path, name: str, separator: str):
    lines = ["id {s} label{s}text{s}note", '1{s}a{s}"good, or; not | but\t"{s}n', '2{s}"b"{s}fine{s}']
    content = "\n".join(line.replace("{s}", separator) for line in lines)
    assert columns(tmp_path, name, content) == {"text": ["good, or; not | but\t", "fine"], "label": ["a", "b"]}


def test_a_separator_of_the_card_holds(tmp_path: Path):
    write_file(tmp_path, "a.csv", "text;label~label\none;two~x\n")
    [rows] = read_source("a.csv", tmp_path, ["text;label", "label"], Form(delimiter="~"))
    assert rows.columns == {"text;label": ["one;two"], "label": ["x"]}


def test_excel_says_the_separator_itself(tmp_path: Path):
    content = "sep=;\r\ntext;label\r\none, two;x\r\n;\r\nthree;y\r\n"
    assert columns(tmp_path, "a.csv", content) == {"text": ["one, two", "three"], "label": ["x", "y"]}
    write_file(tmp_path, "a.csv", content + "four\r\n")
    assert fault(read_source, "a.csv", tmp_path, BOTH).where == "a.csv, line 6"


def test_a_header_in_which_no_separator_finds_the_columns(tmp_path: Path):
    write_file(tmp_path, "a.csv", "Text;Class\none;x\n")
    error = fault(read_source, "a.csv", tmp_path, BOTH)
    assert error.what == "no column is called 'text'; there are: Text, Class"
    assert error.where == "a.csv, line 1, separated by semicolons"
    assert "did you mean 'Text'?" in error.todo


def test_rows_of_separators_alone_hold_nothing(tmp_path: Path):
    content = "text,label\none,x\n,\n , \n,,,,\ntwo,\n"
    assert columns(tmp_path, "a.csv", content) == {"text": ["one", "two"], "label": ["x", ""]}


@pytest.mark.parametrize(("suffix", "packing"), [("gz", "gzip"), ("bz2", "bz2"), ("zst", "zstd")])
@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", "text,label\nné,x\n"), ("a.jsonl", '{"text": "né", "label": "x"}')]
)
def test_packed_files(tmp_path: Path, name: str, content: str, suffix: str, packing: str):
    with pa.output_stream(tmp_path / f"{name}.{suffix}", compression=packing) as stream:
        stream.write(content.encode())
    [rows] = read_source(f"{name}.{suffix}", tmp_path, BOTH)
    assert rows.columns == {"text": ["né"], "label": ["x"]}
    write_file(tmp_path, f"bad-{name}.{suffix}", content)
    assert f"not a whole .{suffix} file" in fault(read_source, f"bad-{name}.{suffix}", tmp_path, BOTH).what


def test_a_packed_file_that_is_cut_short(tmp_path: Path):
    path = tmp_path / "a.txt.gz"
    with pa.output_stream(path, compression="gzip") as stream:
        stream.write("\n".join(f"text {place * 7919}" for place in range(5_000)).encode())
    path.write_bytes(path.read_bytes()[:-2_000])
    assert "not a whole .gz file" in fault(read_source, "a.txt.gz", tmp_path, ["text"]).what


def test_a_packed_file_that_holds_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decode, "MAX_BYTES", 1_000_000)
    with pa.output_stream(tmp_path / "a.txt.gz", compression="gzip") as stream:
        stream.write(b"word\n" * 20_000_000)
    assert "holds more than" in fault(read_source, "a.txt.gz", tmp_path, ["text"]).what


def test_packed_parquet_is_told(tmp_path: Path):
    write_file(tmp_path, "a.parquet.gz", "x")
    assert fault(read_source, "a.parquet.gz", tmp_path, BOTH).what == "files of the format .parquet.gz cannot be read"


def test_a_json_array_reads_as_lines_do(tmp_path: Path):
    content = '[\n{"text": 3.10, "label": true},\n {"text": null}, {"text": "a\\nb", "label": "x"}]'
    assert columns(tmp_path, "a.json", content) == {"text": ["3.10", None, "a\nb"], "label": ["true", None, "x"]}
    assert columns(tmp_path, "a.json", '{"text": "one", "label": "x"}\n')["text"] == ["one"]


@pytest.mark.parametrize(
    ("content", "what", "where"),
    [
        ('[{"text": "one"}, 3]', "this is a single value, not an object", "a.json, element 2"),
        ('[{"text": "one"},\n}', "this is not JSON (Expecting value, line 2, column 1)", "a.json"),
        ('["text", "label"]', "this is a single value, not an object", "a.json, element 1"),
        ("[" * 100_000, "this is not JSON (nested too deeply)", "a.json"),
    ],
)
def test_a_json_array_that_is_none_of_objects(tmp_path: Path, content: str, what: str, where: str):
    write_file(tmp_path, "a.json", content)
    error = fault(read_source, "a.json", tmp_path, ["text"])
    assert (error.what, error.where) == (what, where)


@pytest.mark.parametrize("name", ["a.feather", "a.arrow", "stream.arrow"])
def test_arrow_files_and_streams(tmp_path: Path, name: str):
    table = pa.table({"text": ["one", None], "label": pa.array([1, 0], pa.int8()), "other": [[1], [2]]})
    if name == "a.feather":
        pyarrow.feather.write_feather(table, tmp_path / name)
    else:
        kind = pa.ipc.new_stream if name.startswith("stream") else pa.ipc.new_file
        with kind(tmp_path / name, table.schema) as file:
            file.write_table(table)
    [rows] = read_source(name, tmp_path, BOTH)
    assert rows.columns == {"text": ["one", None], "label": ["1", "0"]}
    write_file(tmp_path, f"bad-{name}", "text,label\n")
    assert "this is not a whole Arrow file" in fault(read_source, f"bad-{name}", tmp_path, BOTH).what


def test_a_workbook(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["id", "text ", "label", "on"], [1, "one\ntwo", 1, date(2024, 5, 6)], [None, " ", None, None]):
        sheet.append(row)
    for row in ([2, "=1+1", 1.5, datetime(2024, 5, 6, 7, 8)], [3, "NA", True, None], [4, "last"]):
        sheet.append(row)
    book.create_sheet("other").append(["text"])
    book.save(tmp_path / "a.xlsx")
    [rows] = read_source("a.xlsx", tmp_path, ["text", "label", "on"])
    assert rows.columns == {
        "text": ["one\ntwo", None, "NA", "last"],  # nobody has computed the formula yet
        "label": ["1", "1.5", "true", None],
        "on": ["2024-05-06", "2024-05-06 07:08:00", None, None],
    }
    assert "did you mean 'text'?" in fault(read_source, "a.xlsx", tmp_path, ["txt"]).todo


def test_a_workbook_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_file(tmp_path, "a.xlsx", "text,label\n")
    assert "not a whole Excel workbook" in fault(read_source, "a.xlsx", tmp_path, BOTH).what
    book = openpyxl.Workbook()
    book.active.append(["text"])
    book.save(tmp_path / "b.xlsx")
    assert fault(read_source, "b.xlsx", tmp_path, ["text"]).what == "there are no rows"
    book.active.append(["one"])
    book.save(tmp_path / "c.xlsx")
    monkeypatch.setattr(sheets, "MAX_ROWS", 1)
    assert "the sheet holds more than 1 rows" in fault(read_source, "c.xlsx", tmp_path, ["text"]).what
    monkeypatch.setattr(sheets, "MAX_BYTES", 100)
    assert "the workbook holds" in fault(read_source, "b.xlsx", tmp_path, ["text"]).what


def test_a_pattern_is_all_its_files_in_the_order_of_their_names(tmp_path: Path):
    write_file(tmp_path, "data/b.jsonl", '{"text": "two", "label": "y"}')
    write_file(tmp_path, "data/a.csv", "text;label\none;x\n")
    write_file(tmp_path, "data/deep/c.csv", "text,label\nthree,z\n")
    [rows] = read_source("data/*.*", tmp_path, BOTH)
    assert rows.columns == {"text": ["one", "two"], "label": ["x", "y"]}
    [deep] = read_source(f"{tmp_path}/data/**/*.csv", tmp_path, BOTH)
    assert deep.columns["text"] == ["one", "three"]
    before = fingerprint("data/*.*", tmp_path)
    write_file(tmp_path, "data/d.csv", "text,label\nfour,x\n")
    assert fingerprint("data/*.*", tmp_path) != before


def test_a_pattern_that_nothing_is_named_like(tmp_path: Path):
    write_file(tmp_path, "data/a.csv", "text,label\none,x\n")
    error = fault(read_source, "data/*.tsv", tmp_path, BOTH)
    assert (error.what, error.todo) == ("no file is named like that", "look at what is in data/")
    assert "did you mean 'data'?" in fault(read_source, "dat/*.tsv", tmp_path, BOTH).todo
    write_file(tmp_path, "data/a.doc", "x")
    assert "files of the format .doc cannot be read" in fault(read_source, "data/*", tmp_path, BOTH).what


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path):
    write_file(tmp_path, "data/[1].csv", "text,label\none,x\n")
    [rows] = read_source("data/[1].csv", tmp_path, BOTH)
    assert rows.columns["text"] == ["one"]
