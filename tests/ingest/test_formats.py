import time

import pytest

from taskatlas.ingest.formats import Form
from taskatlas.ingest.sources import read_source
from tests.support.failing import fault
from tests.support.projects import write_file

BOTH = ["text", "label"]


def columns(project, name, content, names=BOTH, encoding="utf-8"):
    write_file(project, name, content)
    [rows] = read_source(name, project, names, Form(encoding))
    return rows.columns


def broken(project, name, content, names=BOTH, encoding="utf-8"):
    write_file(project, name, content)
    return fault(read_source, name, project, names, Form(encoding))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'id,text,label\n1,"one, ""two""",x\n2,three,\n'),
        ("a.CSV", '\ufeffid,text,label\r\n1,"one, ""two""",x\r\n\r\n2,three,\r\n'),
        ("a.tsv", 'id\t text \tlabel\n1\t"one, ""two"""\tx\n2\tthree\t'),
        ("a.jsonl", '{"text": "one, \\"two\\"", "label": "x"}\n\n{"label": "", "text": "three"}\r\n'),
    ],
)
def test_each_text_format_reads_the_same(tmp_path, name, content):
    assert columns(tmp_path, name, content) == {"text": ['one, "two"', "three"], "label": ["x", ""]}


def test_txt_holds_one_text_per_line(tmp_path):
    assert columns(tmp_path, "a.txt", "one\r\n\n  two\u2028still two\n", ["text"]) == {
        "text": ["one", "  two\u2028still two"]
    }


def test_quoted_cells_may_span_lines(tmp_path):
    assert columns(tmp_path, "a.csv", 'text,label\n"one\n\ntwo",x\n')["text"] == ["one\n\ntwo"]


def test_json_values_keep_the_digits_of_the_file(tmp_path):
    lines = [
        '{"text": 3.10, "label": 1}',
        '{"text": true, "label": NaN}',
        '{"text": null}',
        '{"text": 1e400, "label": 9}',
    ]
    cells = columns(tmp_path, "a.jsonl", "\n".join(lines))
    assert cells == {"text": ["3.10", "true", None, "1e400"], "label": ["1", "NaN", None, "9"]}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "windows-1252"])
def test_other_encodings(tmp_path, encoding):
    assert columns(tmp_path, "a.csv", "text,label\nné,x\n".encode(encoding), encoding=encoding)["text"] == ["né"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_a_missing_column_lists_the_columns_and_offers_the_nearest(tmp_path, name):
    sep = "\t" if name == "a.tsv" else ","
    content = '{"txt": "one", "other": "x"}\n' if name == "a.jsonl" else f"txt{sep}other\none{sep}x\n"
    error = broken(tmp_path, name, content)
    assert "no column is called 'text'" in error.what
    assert "txt, other" in error.what
    assert "did you mean 'txt'?" in error.todo
    assert error.where.startswith(name)


def test_txt_has_no_labels(tmp_path):
    assert "no column is called 'label'; there are: text" in broken(tmp_path, "a.txt", "one\n").what


def test_a_column_that_is_there_twice(tmp_path):
    error = broken(tmp_path, "a.csv", "text,label,text\n1,2,3\n")
    assert (error.what, error.where) == ("2 columns are called 'text' (columns 1, 3)", "a.csv, line 1")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.txt"])
@pytest.mark.parametrize("content", ["", "\ufeff", "\n \r\n"])
def test_an_empty_file(tmp_path, name, content):
    assert broken(tmp_path, name, content, ["text"]).what == "the file is empty"


@pytest.mark.parametrize(("name", "content"), [("a.csv", "text,label\n"), ("a.tsv", "text\tlabel\r\n\r\n")])
def test_a_header_alone(tmp_path, name, content):
    assert broken(tmp_path, name, content).what == "there are no rows"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_the_wrong_encoding_names_line_and_byte(tmp_path, name):
    error = broken(tmp_path, name, b"text,label\nok,x\ncaf\xe9,x\n", ["text"])
    assert error.where == f"{name}, line 3"
    assert "byte 19 " in error.what
    assert "encoding:" in error.todo


def test_an_unknown_encoding(tmp_path):
    assert "'utf-88'" in broken(tmp_path, "a.csv", "text,label\n", encoding="utf-88").what
    assert "'base64'" in broken(tmp_path, "a.csv", "text,label\n", encoding="base64").what


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_nul_bytes(tmp_path, name):
    error = broken(tmp_path, name, b"text,label\nok,x\nno\0,x\n", ["text"])
    assert error.where == f"{name}, line 3"
    assert "NUL" in error.what
    assert "is it UTF-16 or binary?" in error.todo
    wide = broken(tmp_path, name, "text,label\nok,x\nno\0,x\n".encode("utf-16"), ["text"], "utf-16")
    assert wide.where == f"{name}, line 3"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_byte_order_mark_tells_what_utf_8_cannot_be(tmp_path, encoding):
    assert columns(tmp_path, "a.csv", "text,label\nné,x\n".encode(encoding)) == {"text": ["né"], "label": ["x"]}


def test_utf_16_without_its_mark_read_as_utf_8(tmp_path):
    error = broken(tmp_path, "a.csv", "text,label\nok,x\n".encode("utf-16-le"))
    assert "is it UTF-16 or binary?" in error.todo


@pytest.mark.parametrize(("name", "sep"), [("a.csv", ","), ("a.tsv", "\t")])
@pytest.mark.parametrize(("row", "count"), [("one{}two{}x", 3), ("one", 1)])
def test_a_ragged_line(tmp_path, name, sep, row, count):
    ragged = row.replace("{}", sep)
    error = broken(tmp_path, name, f'text{sep}label\n"a\nb"{sep}x\n{ragged}\n')
    assert (error.what, error.where) == (f"expected 2 fields, got {count}", f"{name}, line 4")


@pytest.mark.parametrize(("name", "sep"), [("a.csv", ","), ("a.tsv", "\t")])
def test_a_quote_that_is_never_closed(tmp_path, name, sep):
    error = broken(tmp_path, name, f'text{sep}label\nok{sep}x\n"open{sep}x\nnext{sep}x\n')
    assert "never closed" in error.what
    assert error.where == f"{name}, line 3"


def test_an_open_quote_that_another_one_closes(tmp_path):
    error = broken(tmp_path, "a.csv", 'text,label\n"open,x\n"next",x\n')
    assert error.where == "a.csv, line 2"
    assert "is a quote left open?" in error.todo


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"text": "open}', "this is not JSON"),
        ("text,label", "this is not JSON"),
        ('["text", "label"]', "this is an array, not an object"),
        ('"text"', "this is a single value, not an object"),
        ("null", "this is a single value, not an object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"text": ["a", "b"], "label": "x"}', "column 'text' holds a list"),
        ('{"text": "a", "label": {"is": "x"}}', "column 'label' holds an object"),
    ],
)
def test_a_line_that_is_no_object_of_texts(tmp_path, line, what):
    error = broken(tmp_path, "a.jsonl", f'{{"text": "ok", "label": "x"}}\n\n{line}\n')
    assert what in error.what
    assert error.where == "a.jsonl, line 3"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,label\nok,x\n{},x\n"),
        ("a.csv", 'text,label\nok,x\n"{}",x\nrest,x\n'),
        ("a.tsv", "text\tlabel\nok\tx\n{}\tx\n"),
        ("a.jsonl", '{{"text": "ok"}}\n\n{{"text": "{}"}}\n'),
        ("a.json", '[{{"text": "ok"}}, {{"text": "{}"}}]'),
        ("a.txt", "one\n{}\n"),
    ],
)
def test_a_cell_of_ten_megabytes_is_a_text_like_others(tmp_path, name, content):
    long = "word " * 2_000_000
    start = time.perf_counter()
    assert columns(tmp_path, name, content.format(long), ["text"])["text"][1] == long
    assert time.perf_counter() - start < 5


def test_a_quote_that_another_one_closes_much_later(tmp_path):
    lines = "".join(f"text {place},x\n" for place in range(90_000))
    error = broken(tmp_path, "a.csv", f'text,label\nok,x\n"open,x\n{lines}closed",x\n')
    assert error.where == "a.csv, line 3"
    assert "more than 1,000,000 characters and goes over several lines" in error.what
    assert "is a quote left open?" in error.todo
