"""The benchmark of transfers reads other data of the same form, says what is wrong with it, and leaves targets out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import taskweb, transfer_ways
from benchmarks.transfer_measure import measure
from taskatlas.errors import InputError
from taskatlas.transfer.measured import Transfers

NAMES = ("copying", "naming", "sorting", "spelling")
TABLE = "target,source,setup,relative_change\nnaming,copying,small,0.1\nnaming,sorting,small,-0.1\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the data's two files."""

    def write_files(examples: str | None = None, transfers: str = TABLE) -> Path:
        rows = [json.dumps({"task": name, "input": f"{name} \u2028 {i}", "output": "a"}, ensure_ascii=False)
                for name in NAMES for i in range(3)]  # fmt: skip
        (tmp_path / "examples.jsonl").write_text("\n".join(rows) if examples is None else examples, encoding="utf-8")
        (tmp_path / "transfer.csv").write_text(transfers, encoding="utf-8")
        return tmp_path

    return write_files


def test_tasks_are_those_with_transfers_in_the_order_of_their_names(write: Write):
    tasks, transfers = taskweb.load(write(), limit=2)
    assert [task.name for task in tasks] == ["copying", "naming", "sorting"] == list(transfers.datasets)
    assert {len(task.inputs) for task in tasks} == {2}
    assert "\u2028" in tasks[0].inputs[0]


@pytest.mark.parametrize(
    ("examples", "transfers", "message"),
    [
        (None, "target,source\n", "transfer.csv: it lacks one of the columns relative_change, setup, source, target"),
        (None, TABLE + "naming,spelling,small,much\n", "transfer.csv, line 4: relative_change is no number"),
        (None, TABLE + "naming,counting,small,1\n", "counting of transfer.csv has no example"),
        ("{", TABLE, "examples.jsonl, line 1: it is no JSON"),
        ('{"task": "naming"}', TABLE, "examples.jsonl, line 1: an example lacks task, input or output"),
    ],
)
def test_what_cannot_be_read_is_told(write: Write, examples: str | None, transfers: str, message: str):
    with pytest.raises(InputError, match=message):
        taskweb.load(write(examples, transfers))


def test_a_folder_without_data_is_told(tmp_path: Path):
    with pytest.raises(InputError, match="Name the folder of the data by --taskweb or TASKWEB"):
        taskweb.load(tmp_path)


@pytest.fixture
def transfers() -> Transfers:
    """Eight datasets in two setups; the last is a source only, and one cell is missing."""
    change = np.random.default_rng(0).normal(scale=0.1, size=(2, 8, 8))
    change[:, range(8), range(8)] = np.nan
    change[:, 7] = change[0, 0, 1] = np.nan
    return Transfers(tuple("abcdefgh"), ("small", "large"), change)


def test_the_oracle_is_perfect_and_its_opposite_is_not(transfers: Transfers):
    best, worst = (measure(sign * np.nan_to_num(transfers.change), transfers) for sign in (1, -1))
    assert best.by_target("ndcg") == pytest.approx(np.full(7, 100.0))
    assert best.by_target("regret") == pytest.approx(np.zeros(7))
    assert worst.by_target("ndcg").mean() < 50


def test_a_target_is_left_out_of_all_that_is_chosen_elsewhere(transfers: Transfers):
    rng = np.random.default_rng(1)
    sides, candidates = rng.normal(size=(2, 8, 8)), list(rng.normal(size=(3, 2, 8, 8)))
    changed = Transfers(transfers.datasets, transfers.setups, transfers.change.copy())
    changed.change[:, 2, [0, 1, 3]], changed.change[:, [0, 1, 3], 2] = 5.0, -0.9
    for guess in (
        lambda known: transfer_ways.forecast_nested([sides, sides[:1]], np.zeros(8), known, transfer_ways.GRID[:4]),
        lambda known: transfer_ways.chosen_elsewhere(candidates, known),
        lambda known: transfer_ways.pivots(known, sides[0]),
    ):
        assert np.array_equal(guess(transfers)[:, 2], guess(changed)[:, 2], equal_nan=True)


def test_fewer_targets_are_as_many_as_asked_for(transfers: Transfers):
    left = transfer_ways.fewer(transfers, 3, 2, seed=0)
    assert len(left.targets) == 3
    assert 3 in left.targets


def test_other_setups_are_a_ceiling_without_the_setup_itself(transfers: Transfers):
    ceiling = transfer_ways.other_setups(transfers)
    assert ceiling[1, 2, 3] == transfers.change[0, 2, 3]
