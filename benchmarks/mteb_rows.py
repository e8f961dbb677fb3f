"""Whether a card reads what mteb reads: made-up rows, as they stand on the hub, go through mteb's own code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import datasets

from taskatlas.importers.mteb.kinds import columns_of
from taskatlas.importers.mteb.transform import RowsOnHub
from taskatlas.schemas.cards import Columns

ROWS = 60
QUOTED = re.compile(r"""['"]([\w :]+)['"]""")
"""What may be a column that is dropped."""


def has_own_transform(task: Any) -> bool:
    """Whether the task changes its rows after they are loaded."""
    return not type(task).dataset_transform.__module__.startswith("mteb.abstasks")


def reads_the_same(task: Any, on_hub: RowsOnHub) -> bool:
    """Whether mteb's own code finds the texts and the labels of made-up rows where the card's columns say."""
    splits = {*task.metadata.eval_splits, getattr(task, "train_split", None) or "train"}
    subsets = task.metadata.hf_subsets if task.metadata.is_multilingual else []
    made = datasets.DatasetDict({split: datasets.Dataset.from_dict(_rows(task, on_hub.columns)) for split in splits})
    datasets.disable_progress_bars()
    task.dataset = {subset: datasets.DatasetDict(made) for subset in subsets} or made
    task.dataset_transform()
    rows = (task.dataset[subsets[0]] if subsets else task.dataset)[task.metadata.eval_splits[0]]
    rows = rows[0] if isinstance(rows, list) else rows
    return _are_ours(rows, columns_of(task))


def _rows(task: Any, columns: Columns) -> dict[str, list[Any]]:
    numbers = [number % 2 for number in range(ROWS)]
    others = QUOTED.findall(inspect.getsource(type(task).dataset_transform))
    ours = {columns.text: [f"text {number}" for number in range(ROWS)], columns.label: numbers}
    if columns.text_pair:
        ours[columns.text_pair] = [f"pair {number}" for number in range(ROWS)]
    new = set(columns_of(task).model_dump().values())
    return {name: numbers for name in others if name not in new} | ours


def _are_ours(rows: Mapping[str, Any], columns: Columns) -> bool:
    numbers = [str(text).rpartition(" ")[2] for text in rows[columns.text]]
    wanted = [(f"text {number}", f"pair {number}", str(int(number) % 2)) for number in numbers]
    pairs = rows[columns.text_pair] if columns.text_pair else [pair for _, pair, _ in wanted]
    return list(zip(rows[columns.text], pairs, map(str, rows[columns.label]), strict=True)) == wanted
