import time
from pathlib import Path

import datasets
import huggingface_hub.constants
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.ingest.sources import read_source
from tests.support.failing import fault
from tests.support.projects import write_file

BOTH = ["text", "label"]


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


def parquet(project: Path, name: str = "a.parquet", **columns: object) -> str:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), project / name)
    return name


def columns(project, source, names=BOTH):
    [rows] = read_source(source, project, names)
    return rows.columns


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array(["x", None]), ["x", None]),
        (pa.array(["x", None], pa.large_string()), ["x", None]),
        (pa.array(["x", "y"]).dictionary_encode(), ["x", "y"]),
        (pa.array([b"x", b"\xc3\xa9"]), ["x", "é"]),
        (pa.array([1, 0], pa.int8()), ["1", "0"]),
        (pa.array([3.9, float("nan")]), ["3.9", "nan"]),
        (pa.array([3.9, 2.0], pa.float32()), ["3.9", "2"]),
        (pa.array([True, None]), ["true", None]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_parquet_columns_become_text(tmp_path, values, expected):
    source = parquet(tmp_path, text=["one", "two"], label=values, other=[[1], [2]])
    assert columns(tmp_path, source) == {"text": ["one", "two"], "label": expected}


@pytest.mark.parametrize("values", [[["x"]], [{"is": "x"}]])
def test_a_column_of_lists_or_structs(tmp_path, values):
    error = fault(read_source, parquet(tmp_path, text=["one"], label=values), tmp_path, BOTH)
    assert "column 'label' holds" in error.what
    assert error.where == "a.parquet"


def test_bytes_that_are_no_text(tmp_path):
    error = fault(read_source, parquet(tmp_path, text=["one"], label=[b"\xff"]), tmp_path, BOTH)
    assert error.what == "column 'label' (binary) does not hold text"


@pytest.mark.parametrize("content", [b"", b"text,label\none,x\n", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_a_parquet_file_that_is_none(tmp_path, content):
    write_file(tmp_path, "a.parquet", content)
    error = fault(read_source, "a.parquet", tmp_path, BOTH)
    assert "this is not a whole Parquet file" in error.what
    assert error.where == "a.parquet"


def test_a_parquet_file_cut_short(tmp_path):
    path = tmp_path / parquet(tmp_path, text=["one"] * 999, label=["x"] * 999)
    path.write_bytes(path.read_bytes()[:-9])
    assert "not a whole Parquet file" in fault(read_source, "a.parquet", tmp_path, BOTH).what


def test_a_parquet_file_with_damaged_names(tmp_path):
    path = tmp_path / parquet(tmp_path, text=["one"], label=["x"])
    path.write_bytes(path.read_bytes().replace(b"label", b"l\xff\xffel"))
    assert "not a whole Parquet file" in fault(read_source, "a.parquet", tmp_path, BOTH).what


def test_parquet_without_rows_or_column(tmp_path):
    assert "no rows" in fault(read_source, parquet(tmp_path, text=pa.array([], pa.string())), tmp_path, ["text"]).what
    error = fault(read_source, parquet(tmp_path, text=["one"], labels=["x"]), tmp_path, BOTH)
    assert "there are: text, labels" in error.what
    assert "did you mean 'labels'?" in error.todo


def test_a_parquet_cell_of_ten_megabytes(tmp_path):
    source = parquet(tmp_path, text=["one", "word " * 2_000_000])
    start = time.perf_counter()
    error = fault(read_source, source, tmp_path, ["text"])
    assert time.perf_counter() - start < 5
    assert "more than 1,000,000 characters" in error.what
    assert error.where == "a.parquet, row 2"


@pytest.fixture
def folder(tmp_path):
    """A folder with the data files of a Hugging Face dataset whose labels are class codes."""
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    for split, texts, labels in (("train", ["one", "two"], [1, -1]), ("test", ["three"], [0])):
        dataset = datasets.Dataset.from_dict({"text": texts, "label": labels}, features=features)
        (tmp_path / "bank").mkdir(exist_ok=True)
        pq.write_table(dataset.data.table, tmp_path / "bank" / f"{split}.parquet")
    return tmp_path


def test_a_local_hugging_face_folder_is_one_split_or_train_and_test(folder):
    together = columns(folder, "hf:./bank")
    assert together == {"text": ["one", "two", "three"], "label": ["yes", None, "no"]}
    train, test = read_source("hf:./bank:{split}", folder, BOTH)
    assert (train.split, train.columns["label"]) == ("train", ["yes", None])
    assert (test.split, test.columns["label"]) == ("test", ["no"])
    assert columns(folder, "hf:./bank::test")["text"] == ["three"]


def test_a_local_folder_per_split(tmp_path):
    for split in ("train", "test"):
        write_file(tmp_path, f"bank/{split}/rows.jsonl", f'{{"text": "{split}", "label": 1}}\n')
    splits = read_source("hf:./bank/{split}", tmp_path, BOTH)
    assert [(rows.split, rows.columns["text"]) for rows in splits] == [("train", ["train"]), ("test", ["test"])]


def test_a_local_folder_is_read_anew(tmp_path):
    write_file(tmp_path, "bank/rows.csv", "text,label\none,1\n")
    assert columns(tmp_path, "hf:./bank")["text"] == ["one"]
    write_file(tmp_path, "bank/rows.csv", "text,label\ntwo,1\n")
    assert columns(tmp_path, "hf:./bank")["text"] == ["two"]


def test_a_split_that_the_folder_has_not(tmp_path):
    write_file(tmp_path, "bank/rows.csv", "text,label\none,1\n")
    error = fault(read_source, "hf:./bank:{split}", tmp_path, BOTH)
    assert "no split is called 'test'; there are: train" in error.what


def test_a_folder_with_a_script_is_not_run(tmp_path):
    write_file(tmp_path, "bank/bank.py", "raise SystemExit('run')")
    error = fault(read_source, "hf:./bank", tmp_path, BOTH)
    assert "scripts are no longer supported" in error.what
    assert error.where == "bank"


def test_a_column_of_lists_in_a_folder(tmp_path):
    write_file(tmp_path, "bank/rows.jsonl", '{"text": ["one"], "label": "x"}\n')
    assert "column 'text' holds" in fault(read_source, "hf:./bank", tmp_path, BOTH).what


@pytest.mark.usefixtures("offline")
def test_the_hub_offline(tmp_path):
    error = fault(read_source, "hf:owner/not-there@0123abc", tmp_path, BOTH)
    assert "the dataset cannot be loaded" in error.what
    assert error.where == "hf:owner/not-there@0123abc"
    assert "offline, keep its files in a folder" in error.todo


def test_what_the_hub_is_asked_for(tmp_path, monkeypatch):
    calls = []

    def load_dataset(*args, **options):
        calls.append((*args, options["revision"]))
        assert "trust_remote_code" not in options
        return {
            name: datasets.Dataset.from_dict({"text": [name], "label": ["x"]}) for name in ("train", "test", "extra")
        }

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    train, test = read_source("hf:owner/name@0123abc:en:{split}", tmp_path, BOTH)
    assert (train.columns["text"], test.columns["text"]) == (["train"], ["test"])
    assert columns(tmp_path, "hf:owner/name@v1.0")["text"] == ["train", "test", "extra"]
    assert columns(tmp_path, "hf:owner/name@v1.0::extra")["text"] == ["extra"]
    assert calls == [("owner/name", "en", "0123abc")] * 2 + [("owner/name", None, "v1.0")] * 2
