"""The 20 public datasets of the taskbank, where it is at hand: all formats, pairs, numbers and 77 classes."""

import csv
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from taskatlas.ingest.read import dataset_key, read_dataset
from taskatlas.ingest.select import select_dataset
from tests.support.cards import dataset_card

ROOT = Path(__file__).resolve().parents[2]
BANK = Path(os.environ.get("TASKBANK", ROOT.parent / "shared" / "taskbank"))
ENTRIES = json.loads((BANK / "tasks.json").read_text()) if (BANK / "tasks.json").is_file() else []
UNKNOWN_LABELS = {"chemprot": 4}  # rows of a label that tasks.json does not list

pytestmark = pytest.mark.skipif(not ENTRIES, reason=f"no taskbank in {BANK}; set TASKBANK to its folder")


def card_of(entry):
    labels = entry["labels"]
    if isinstance(labels, int):  # banking77 says only how many
        with (BANK / entry["name"] / "train.csv").open(newline="") as stream:
            labels = sorted({row["label"] for row in csv.DictReader(stream)})
        assert len(labels) == entry["labels"]
    source = f"${{TASKBANK}}/{entry['name']}/{{split}}.{entry['format']}"
    columns = {"text_pair": "text_pair"} if entry["pair"] else {}
    return dataset_card(source, name=entry["name"], labels="number" if labels == "float" else labels, columns=columns)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_a_dataset_of_the_taskbank(entry, tmp_path, monkeypatch):
    monkeypatch.setenv("TASKBANK", str(BANK))
    card = card_of(entry)
    rows = read_dataset(card, tmp_path)
    splits = rows["split"].to_pylist()
    assert (splits.count("train"), splits.count("test")) == (entry["train"], entry["test"])
    assert rows["text_pair"].null_count == (0 if entry["pair"] else rows.num_rows)
    if card.labels == "number":
        assert rows["value"].null_count == 0
    else:
        known = pc.is_in(rows["label"], pa.array(card.labels))
        assert rows.num_rows - pc.sum(known).as_py() == UNKNOWN_LABELS.get(card.name, 0)
        rows = rows.filter(known)
    examples, counts = select_dataset(card, rows, train_limit=400, test_limit=300)
    assert 100 < counts["n_train"] <= 400
    assert 100 < counts["n_test"] <= 300
    assert examples.num_rows == counts["n_train"] + counts["n_test"]
    assert len(dataset_key(card, tmp_path)) == 20
