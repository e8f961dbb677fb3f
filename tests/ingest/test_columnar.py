import time
import zipfile
from pathlib import Path

import datasets
import huggingface_hub.constants
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.ingest.sources import fingerprint, read_source
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


def test_a_parquet_cell_of_ten_megabytes_is_a_text_like_others(tmp_path):
    source = parquet(tmp_path, text=["one", "word " * 2_000_000])
    start = time.perf_counter()
    assert columns(tmp_path, source, ["text"])["text"][1] == "word " * 2_000_000
    assert time.perf_counter() - start < 5


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
    """The library finds the files of a data set on the hub as it does in a folder, and fetches each by its address."""
    for split in ("train", "test", "extra"):
        write_file(tmp_path, f"fetched/{split}.csv", f"text,label\n{split},NA\n")
    calls, real = [], datasets.load_dataset_builder

    def load_dataset_builder(name, config, *, revision, cache_dir):
        assert cache_dir is None, "what is pinned is kept"
        calls.append((name, config, revision))
        builder = real(str(tmp_path / "fetched"))
        splits = {split: f"hf://datasets/{name}@{revision}/{split}.csv" for split in ("train", "test", "extra")}
        builder.config.data_files = {split: [address] for split, address in splits.items()}
        return builder

    def download(_, address):
        return str(tmp_path / "fetched" / address.rpartition("/")[2])

    monkeypatch.setattr(datasets, "load_dataset_builder", load_dataset_builder)
    monkeypatch.setattr(datasets.DownloadManager, "download", download)
    train, test = read_source("hf:owner/name@0123abc:en:{split}", tmp_path, BOTH)
    assert (train.columns["text"], test.columns["text"]) == (["train"], ["test"])
    assert columns(tmp_path, "hf:owner/name@v1.0")["text"] == ["train", "test", "extra"]
    assert columns(tmp_path, "hf:owner/name@v1.0::extra") == {"text": ["extra"], "label": ["NA"]}
    assert calls == [("owner/name", "en", "0123abc")] * 2 + [("owner/name", None, "v1.0")] * 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.csv", 'text,label\nNone,N/A\n01,1.10\nTrue,"null"\n"a\nb",\n'),
        ("train.tsv", 'text\tlabel\nNone\tN/A\n01\t1.10\nTrue\t"null"\n"a\nb"\t\n'),
        ("train.jsonl", '{"text": "None", "label": "N/A"}\n{"text": "01", "label": 1.10}\n'
         '{"text": "True", "label": "null"}\n{"text": "a\\nb", "label": ""}\n'),
    ],
)  # fmt: skip
def test_a_folder_reads_as_its_files_do(tmp_path, name, content):
    write_file(tmp_path, f"bank/{name}", content)
    expected = {"text": ["None", "01", "True", "a\nb"], "label": ["N/A", "1.10", "null", ""]}
    assert columns(tmp_path, "hf:./bank") == columns(tmp_path, f"bank/{name}") == expected


def test_names_of_classes_on_a_folders_own_card(tmp_path):
    classes = "class_label: {names: {'0': 'no', '1': 'yes'}}"
    features = f"[{{name: text, dtype: string}}, {{name: label, dtype: {{{classes}}}}}]"
    write_file(tmp_path, "bank/README.md", f"---\ndataset_info:\n  features: {features}\n---\n")
    write_file(tmp_path, "bank/train.csv", "text,label\none,1\ntwo,no\nthree,-1\nfour,9\n")
    assert columns(tmp_path, "hf:./bank")["label"] == ["yes", "no", None, "9"]


def test_a_folder_of_what_there_is_no_reader_for(tmp_path):
    (tmp_path / "bank").mkdir()
    with zipfile.ZipFile(tmp_path / "bank" / "train.zip", "w") as packed:
        packed.writestr("train.csv", "text,label\none,NA\n")
    error = fault(read_source, "hf:./bank", tmp_path, BOTH)
    assert (error.what, error.where) == ("files of the format .zip cannot be read", "bank/train.zip")


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_names_of_classes_in_a_file_itself(folder, suffix):
    table = pq.read_table(folder / "bank" / "train.parquet")
    if suffix == "arrow":
        with pa.ipc.new_file(folder / "a.arrow", table.schema) as file:
            file.write_table(table)
    else:
        pq.write_table(table, folder / "a.parquet")
    assert columns(folder, f"a.{suffix}")["label"] == ["yes", None]


def test_a_class_without_a_name(folder):
    table = pq.read_table(folder / "bank" / "train.parquet")
    odd = table.set_column(1, table.schema.field("label"), pa.array([7, 0], pa.int64()))
    pq.write_table(odd.replace_schema_metadata(table.schema.metadata), folder / "a.parquet")
    error = fault(read_source, "a.parquet", folder, BOTH)
    assert error.what == "column 'label' holds the class 7, and 2 have names"


@pytest.mark.parametrize("metadata", [b"{", b"[]", b'{"info": {"features": {"label": {"_type": "ClassLabel"}}}}'])
def test_metadata_of_somebody_else(tmp_path, metadata):
    table = pa.table({"text": ["one"], "label": [1]}).replace_schema_metadata({b"huggingface": metadata})
    pq.write_table(table, tmp_path / "a.parquet")
    assert columns(tmp_path, "a.parquet")["label"] == ["1"]


@pytest.fixture
def saved(tmp_path):
    """A DatasetDict and its train split, saved; something was mapped and filtered since, which leaves caches."""
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    train = datasets.Dataset.from_dict({"text": ["one", "two"], "label": [1, 0]}, features=features, split="train")
    test = datasets.Dataset.from_dict({"text": ["three"], "label": [0]}, features=features, split="test")
    datasets.DatasetDict(train=train, test=test).save_to_disk(tmp_path / "both", num_shards={"train": 2, "test": 1})
    train.save_to_disk(tmp_path / "one")
    for folder in ("both/train", "one"):
        loaded = datasets.load_from_disk(str(tmp_path / folder))
        loaded.map(lambda row: {"text": row["text"].upper()}).filter(lambda row: row["label"] == 1)
    assert list((tmp_path / "one").glob("cache-*.arrow"))
    return tmp_path


def test_folders_that_were_saved(saved):
    assert columns(saved, "hf:./one") == {"text": ["one", "two"], "label": ["yes", "no"]}
    assert columns(saved, "hf:./one::train")["text"] == ["one", "two"]
    assert columns(saved, "hf:./both") == {"text": ["one", "two", "three"], "label": ["yes", "no", "no"]}
    train, test = read_source("hf:./both:{split}", saved, BOTH)
    assert (train.columns["text"], test.columns["text"]) == (["one", "two"], ["three"])
    error = fault(read_source, "hf:./one:{split}", saved, BOTH)
    assert "no split is called 'test'; there are: train" in error.what


def test_caches_of_a_saved_folder_change_nothing_of_its_key(saved):
    before = fingerprint("hf:./one", saved)
    (saved / "one" / "cache-more.arrow").write_bytes(b"more")
    assert fingerprint("hf:./one", saved) == before
    datasets.Dataset.from_dict({"text": ["other"], "label": ["x"]}).save_to_disk(saved / "one")
    assert fingerprint("hf:./one", saved) != before


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("one/state.json", "[]", "state.json holds no object"),
        ("one/state.json", "{", "state.json cannot be read"),
        ("one/state.json", "{}", "state.json names no data"),
        ("one/state.json", '{"_data_files": 3}', "state.json names no data"),
        ("one/state.json", '{"_data_files": [{"filename": "../both/train/x.arrow"}]}', "is not in the folder"),
        ("both/dataset_dict.json", '{"splits": []}', "dataset_dict.json names no data"),
        ("both/dataset_dict.json", '{"splits": ["train", "gone"]}', "state.json cannot be read"),
    ],
)
def test_a_saved_folder_that_is_damaged(saved, file, content, what):
    write_file(saved, file, content)
    error = fault(read_source, f"hf:./{file.partition('/')[0]}", saved, BOTH)
    assert "no whole saved dataset" in error.what
    assert what in error.what
    assert "save_to_disk" in error.todo
