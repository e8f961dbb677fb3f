"""`taskatlas add dataset`: a card from a file as people have it, told, tried out and written beside its data."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.adding.dataset import AddedDataset, DatasetOptions, add_dataset
from taskatlas.errors import TaskatlasError
from taskatlas.registry.load import load
from taskatlas.schemas.cards import DatasetCard
from tests.support.command_line import run_cli
from tests.support.projects import moods, write_dataset, write_file

Table = Callable[..., Path]


def lines_of(added: AddedDataset) -> dict[str, str]:
    """What is told of each field."""
    return {field.field: field.line for field in added.guesses}


def test_a_card_is_drafted_told_and_written_with_a_copy_of_the_file(project: Path, table: Table):
    file = table()
    done = run_cli("add", "dataset", file, "--project", project)
    assert (done.code, done.err) == (0, "")
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[:7] == [
        f"project   {project}",
        "encoding  utf-8",
        "cells     separated by commas, which make 3 columns (--delimiter)",
        "text      review, as texts are called (--text)",
        "label     mood, the column with the fewest values (--label)",
        "labels    negative (30 rows), positive (30 rows), as the column has them (--labels)",
        "family    reviews, its own name: no dataset here has its labels (--family)",
    ]
    assert "The file is copied to data/reviews.csv." in lines
    assert "datasets/reviews.yaml is written; open it to change it:" in lines
    assert "  source: data/reviews.csv" in lines
    assert lines[-2:] == [
        f"next  taskatlas add endpoint URL -p {project}",
        f"      taskatlas import prompts FILE --dataset reviews -p {project}",
    ]
    assert (project / "data" / "reviews.csv").read_bytes() == file.read_bytes()
    card = load(project).datasets["reviews"]
    assert (card.columns.text, card.columns.label, card.labels) == ("review", "mood", ("negative", "positive"))


def test_the_same_file_again_changes_nothing_and_another_one_needs_a_name(project: Path, table: Table):
    assert run_cli("add", "dataset", table(), "-p", project, "--json").code == 0
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    again = json.loads(run_cli("add", "dataset", table(), "-p", project, "--json").out)
    assert (again["state"], again["copied"], again["rows"]) == ("there already", [], 60)
    assert (again["card"], again["fields"]["family"]) == ("datasets/reviews.yaml", "reviews")
    other = run_cli("add", "dataset", table(seed=2), "-p", project)
    assert other.code == 2
    assert other.err == (
        "error: data/reviews.csv: another file is in its place. "
        "Name it otherwise with --name, or let what is there give way with --replace\n"
    )
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
    assert run_cli("add", "dataset", table(seed=2), "-p", project, "--name", "more").code == 0
    assert {"reviews", "more"} == load(project).datasets.keys()


def test_what_was_guessed_wrong_is_replaced_and_told(project: Path, table: Table):
    add_dataset(project, table(), DatasetOptions(labels=("negative", "positive")))
    file = table(seed=2)
    done = run_cli("add", "dataset", file, "-p", project, "--labels", "positive,negative", "--replace")
    assert "datasets/reviews.yaml is written in place of another:" in done.out
    assert "It was labels: ['negative', 'positive']." in done.out
    assert load(project).datasets["reviews"].labels == ("positive", "negative")
    assert (project / "data" / "reviews.csv").read_bytes() == file.read_bytes()


def test_new_rows_alone_are_a_replacement_too(project: Path, table: Table):
    add_dataset(project, table(), DatasetOptions())
    added = add_dataset(project, table(seed=2), DatasetOptions(replace=True))
    assert (added.state, added.was, added.copied) == ("replaced", "", ("data/reviews.csv",))
    assert add_dataset(project, table(seed=2), DatasetOptions(replace=True)).state == "there already"


def test_rows_that_another_card_names_do_not_give_way(project: Path, table: Table):
    add_dataset(project, table(), DatasetOptions())
    (project / "datasets" / "reviews.yaml").rename(project / "datasets" / "ours.yaml")
    card = project / "datasets" / "ours.yaml"
    card.write_text(card.read_text().replace("name: reviews", "name: ours"))
    with pytest.raises(TaskatlasError, match=r"data/reviews.csv: datasets/ours.yaml names this file, too. Name it"):
        add_dataset(project, table(seed=2), DatasetOptions(replace=True))


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-16", "utf-8"),
        ("utf-16-le", "utf-16-le, as every second byte is zero (--encoding)"),
        ("windows-1252", "windows-1252, as it is not UTF-8 (--encoding)"),
    ],
)
def test_the_encoding_is_found_out(project: Path, table: Table, encoding: str, told: str):
    file = table(header=("id", "café", "mood"), separator=";", encoding=encoding)
    added = add_dataset(project, file, DatasetOptions())
    assert lines_of(added)["encoding"] == told
    assert lines_of(added)["cells"] == "separated by semicolons, which make 3 columns (--delimiter)"
    assert load(project).datasets["reviews"].columns.text == "café"
    assert added.counts["rows"] == 60


@pytest.mark.parametrize("typed", ["tab", "\\t", "\t"])
def test_a_tab_can_be_typed(project: Path, table: Table, typed: str):
    added = add_dataset(project, table(separator="\t"), DatasetOptions(delimiter=typed))
    assert (added.card.delimiter, added.counts["rows"]) == ("\t", 60)
    assert lines_of(added)["cells"] == "separated by tabs"


def test_a_packed_file_is_looked_at_unpacked(project: Path, table: Table):
    file = table(header=("id", "café", "mood"), encoding="windows-1252")
    packed = write_file(file.parent, "packed.csv.gz", gzip.compress(file.read_bytes()))
    added = add_dataset(project, packed, DatasetOptions())
    assert lines_of(added)["encoding"] == "windows-1252, as it is not UTF-8 (--encoding)"
    assert (added.card.name, added.copied) == ("packed", ("data/packed.csv.gz",))


def test_columns_without_a_name_of_their_own_are_passed_over(project: Path, table: Table):
    lines = table().read_text().splitlines()
    more = [f"{line},{'notes,notes,,' if at == 0 else 'x,y,,'}" for at, line in enumerate(lines)]
    added = add_dataset(project, write_file(table().parent, "more.csv", "\n".join(more)), DatasetOptions())
    assert (added.card.columns.text, added.card.columns.label) == ("review", "mood")
    assert lines_of(added)["not read"] == "2 columns are called 'notes' (columns 4, 5)"


def test_the_encoding_is_that_of_both_files(project: Path, table: Table, tmp_path: Path):
    (tmp_path / "bank").mkdir()
    table().rename(tmp_path / "bank" / "train.csv")
    rows = table(seed=2).read_text().replace("\n0,", "\n0,caf\xe9 ", 1)
    (tmp_path / "bank" / "test.csv").write_bytes(rows.encode("windows-1252"))
    added = add_dataset(project, tmp_path / "bank", DatasetOptions())
    assert lines_of(added)["encoding"] == "windows-1252, as it is not UTF-8 (--encoding)"


def test_a_file_within_the_project_stays_where_it_is(project: Path):
    write_file(project, "data/own/notes.jsonl", "".join(json.dumps(row) + "\n" for row in moods(60, 3)))
    added = add_dataset(project, project / "data" / "own" / "notes.jsonl", DatasetOptions())
    assert (added.card.source, added.copied) == ("data/own/notes.jsonl", ())


@pytest.mark.parametrize("argument", ["bank", "bank/{split}.parquet"])
def test_a_train_and_a_test_file_are_one_dataset(project: Path, tmp_path: Path, argument: str):
    (tmp_path / "bank").mkdir()
    for split, seed in (("train", 4), ("test", 7)):
        pq.write_table(pa.Table.from_pylist(moods(60, seed)), tmp_path / "bank" / f"{split}.parquet")
    added = add_dataset(project, tmp_path / argument, DatasetOptions())
    assert (added.card.name, added.card.source) == ("bank", "data/bank/{split}.parquet")
    assert added.copied == ("data/bank/train.parquet", "data/bank/test.parquet")
    assert (added.counts["n_train"], added.counts["n_test"]) == (60, 60)


def test_the_family_is_that_of_a_dataset_with_the_same_labels(project: Path, table: Table):
    write_dataset(project, "feel", moods(60, 5), family="sentiment", labels=["Positive", "negative"])
    added = add_dataset(project, table(), DatasetOptions())
    assert lines_of(added)["family"] == "sentiment, that of feel, which has the same labels (--family)"


def test_a_person_is_asked_for_the_family(project: Path, table: Table):
    write_dataset(project, "feel", moods(60, 5), family="sentiment")
    asked = []

    def ask(what: str, choices: object, usual: str) -> str:
        asked.append((what, choices, usual))
        return "opinion"

    assert add_dataset(project, table(), DatasetOptions(), ask).card.family == "opinion"
    assert asked == [("Family (datasets of one family share prompts)", ["sentiment"], "sentiment")]
    assert add_dataset(project, table(), DatasetOptions(name="b", family="mood"), ask).card.family == "mood"
    assert len(asked) == 1


def test_long_texts_are_let_in_where_they_are_many(project: Path, tmp_path: Path):
    rows = [
        {**row, "text": row["text"] + " and so on" * (900 if at % 9 == 0 else 1)} for at, row in enumerate(moods(60, 6))
    ]
    file = write_file(tmp_path, "long.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    added = add_dataset(project, file, DatasetOptions())
    assert added.card.max_chars > DatasetCard.model_fields["max_chars"].default
    assert added.counts["quarantined"] == 0
    assert "as 7 texts have more than 8,000 characters" in lines_of(added)["max_chars"]


def test_what_is_said_stands_on_the_card(project: Path, table: Table):
    done = run_cli(
        "add", "dataset", table(), "-p", project, "--text", "review", "--label", "mood", "--labels",
        "negative=bad,positive=good", "--family", "sentiment", "--domain", "shops", "--description", "Ours.",
        "--license", "CC0-1.0", "--name", "shop_reviews", "--delimiter", ",", "--encoding", "ascii",
    )  # fmt: skip
    assert done.code == 0, done.err
    card = load(project).datasets["shop_reviews"]
    assert (card.labels, card.label_map) == (("bad", "good"), {"negative": "bad", "positive": "good"})
    assert (card.family, card.domain, card.description, card.license) == ("sentiment", "shops", "Ours.", "CC0-1.0")
    assert (card.delimiter, card.encoding, card.source) == (",", "ascii", "data/shop_reviews.csv")


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (None, {}, "x.csv: there is no such file. In "),
        ("text,mood\na,b\n", {"text": "texts"}, "x.csv: no column is called 'texts'. Did you mean 'text'?"),
        ("text,mood\na,b\nc,d\n", {}, "x.csv: no column looks like labels"),
        (b"\x81\x8d,\xff\n", {}, "x.csv, line 1: byte 0 of the file is not utf-8. Give --encoding, for example"),
        ("text,mood\na b,x\nc d,x\n", {"label": "mood"}, "x.csv, column 'mood': all rows have the label 'x'."),
        ("text,mood\na b,x\n", {"delimiter": ";;"}, "--delimiter: ';;' is no single character. Give the one that"),
        ("text,mood\n", {}, "x.csv: there are no rows. Fill the file"),
        ("a,a\n1,2\n", {}, "x.csv: no column has a name of its own. Name the columns in the first row"),
        ("text,mood\na b,x\nc d,y,\n", {"label": "mood"}, "x.csv, line 3: expected 2 fields, got 3."),
        (
            "text,mood\na b,x\n,y\ne f,x\ng h,y\n",
            {},
            "dataset x: 1 of 4 rows are bad (25.0%; quarantine_limit is 1.0%)",
        ),
        ("text,mood\na b,x\nc d,y\ne f,x\ng h,y\n", {"name": "X"}, "--name: 'X' does not fit"),
    ],
)
def test_what_is_wrong_is_told_at_once_and_nothing_is_written(
    project: Path, tmp_path: Path, content: str | bytes | None, options: dict[str, str], message: str
):
    if content is not None:
        write_file(tmp_path, "x.csv", content)
    before = sorted(project.rglob("*"))
    with pytest.raises(TaskatlasError) as fault:
        add_dataset(project, tmp_path / "x.csv", DatasetOptions(**options))
    assert str(fault.value).removeprefix(f"{tmp_path}/").startswith(message)
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("hf:owner/name@v1", "hf:owner/name@v1: a dataset on the hub is not drafted. Save it as a file"),
        ("ours", "ours: in this folder are no train and test file, but README.md, atlas.yaml. Name a file in it"),
        ("*.csv", "*.csv: this is no single file. Name a file, or a train and a test file"),
    ],
)
def test_what_is_no_file_is_told(
    project: Path, table: Table, monkeypatch: pytest.MonkeyPatch, argument: str, message: str
):
    monkeypatch.chdir(table().parent)
    done = run_cli("add", "dataset", argument, "-p", project)
    assert done.code == 2
    assert done.err.startswith(f"error: {message}")
