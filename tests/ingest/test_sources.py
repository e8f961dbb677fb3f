import shutil

import pytest

from taskatlas.ingest.sources import fingerprint, read_source, splits_of
from tests.support.failing import fault
from tests.support.projects import write_file

CSV = "text,label\none,x\n"


def test_split_stands_for_train_and_test(tmp_path):
    write_file(tmp_path, "data/train.csv", CSV)
    write_file(tmp_path, "data/test.csv", "text,label\ntwo,x\n")
    train, test = read_source("data/{split}.csv", tmp_path, ["text"])
    assert (train.split, train.display_name, train.columns) == ("train", "data/train.csv", {"text": ["one"]})
    assert (test.split, test.display_name, test.columns) == ("test", "data/test.csv", {"text": ["two"]})
    [whole] = read_source("data/train.csv", tmp_path, ["text", "text", "label"])
    assert (whole.split, list(whole.columns)) == ("all", ["text", "label"])


def test_environment_variables(tmp_path, monkeypatch):
    path = write_file(tmp_path, "elsewhere/a.csv", CSV)
    monkeypatch.setenv("BANK", str(path.parent))
    project = tmp_path / "project"
    project.mkdir()
    [rows] = read_source("${BANK}/a.csv", project, ["text"])
    assert rows.display_name == path.as_posix()
    monkeypatch.delenv("BANK")
    error = fault(read_source, "${BANK}/a.csv", project, ["text"])
    assert error.what == "the environment variable BANK is not set"
    assert error.where == "source ${BANK}/a.csv"
    assert "export BANK=" in error.todo


def test_a_missing_file_offers_its_neighbours(tmp_path):
    write_file(tmp_path, "data/reviews.csv", CSV)
    error = fault(read_source, "data/review.csv", tmp_path, ["text"])
    assert error.where == "data/review.csv"
    assert error.todo == "in data/, did you mean 'reviews.csv'?"
    assert "did you mean 'data'?" in fault(read_source, "dato/reviews.csv", tmp_path, ["text"]).todo
    assert fault(read_source, "data/{split}.csv", tmp_path, ["text"]).where == "data/train.csv"


def test_a_folder_in_place_of_a_file(tmp_path):
    write_file(tmp_path, "data.csv/reviews.csv", CSV)
    error = fault(read_source, "data.csv", tmp_path, ["text"])
    assert (error.what, error.where) == ("this is a folder, not a file", "data.csv")


@pytest.mark.parametrize("name", ["a.doc", "a.xls", "a", "a.parquet.gz"])
def test_a_format_that_cannot_be_read(tmp_path, name):
    write_file(tmp_path, name, CSV)
    error = fault(read_source, name, tmp_path, ["text"])
    assert "cannot be read" in error.what
    assert ".jsonl" in error.todo
    assert error.where == name


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("hf:owner/name", "the revision is missing"),
        ("hf:owner/name@", "the revision is missing"),
        ("hf:owner/name@main", "main is a branch"),
        ("hf:name@0123abc", "no Hugging Face dataset"),
        ("hf:owner/name@r:c:s:t", "no Hugging Face dataset"),
        ("hf:", "no Hugging Face dataset"),
    ],
)
def test_a_malformed_hub_dataset(tmp_path, source, what):
    error = fault(fingerprint, source, tmp_path)
    assert what in error.what
    assert error.where == f"source {source}"


def test_a_missing_folder(tmp_path):
    write_file(tmp_path, "bank/a.csv", CSV)
    error = fault(splits_of, "hf:./bonk", tmp_path)
    assert (error.what, error.where) == ("there is no such folder", "bonk")
    assert "did you mean 'bank'?" in error.todo


@pytest.mark.parametrize("source", ["data/{split}.csv", "data/train.csv", "hf:./data", "hf:./data:{split}"])
def test_a_fingerprint_is_of_bytes_and_not_of_places(tmp_path, source):
    for split in ("train", "test"):
        write_file(tmp_path, f"one/data/{split}.csv", CSV)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    before = fingerprint(source, tmp_path / "one")
    assert fingerprint(source, tmp_path / "two") == before
    (tmp_path / "two/data/train.csv").write_text(CSV + "two,x\n")
    assert fingerprint(source, tmp_path / "two") != before


def test_a_renamed_file_has_the_same_fingerprint_and_another_format_has_not(tmp_path):
    write_file(tmp_path, "a.csv", CSV)
    write_file(tmp_path, "b/c.csv", CSV)
    write_file(tmp_path, "a.tsv", CSV)
    assert fingerprint("a.csv", tmp_path) == fingerprint("b/c.csv", tmp_path) != fingerprint("a.tsv", tmp_path)


def test_the_fingerprint_of_a_hub_dataset_needs_no_network(tmp_path):
    sources = ["hf:o/n@1", "hf:o/n@2", "hf:o/n@1:en", "hf:o/n@1:en:{split}", "hf:o/n@1:{split}", "hf:o/n@1::train"]
    assert len({fingerprint(source, tmp_path) for source in sources}) == len(sources)
    assert fingerprint(sources[0], tmp_path) == fingerprint(sources[0], tmp_path / "elsewhere")
