"""State files that somebody, or a disk, has changed: one line says what to do, and a run mends them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages.status import status_of
from taskatlas.stages.validate import write_data_docs

SHAPES = [
    "", "[]", "3", "null", "{}", "[" * 100_000, '{"origins": 3}', '{"origins": [3]}', '{"origins": ["ab"]}',
    '{"origins": []}', '{"origins": [{"kind": "corpus"}]}', '{"methods": 3}', '{"methods": [3]}', '{"methods": []}',
    '{"release": [1]}', '{"pages": 3}', '{"pages": {"a": []}}', '{"space_ids": 3}', '{"space_ids": [[]]}',
]  # fmt: skip


def spoil(folder: Path, stage: str, content: str) -> Plan:
    """Write what no stage has left."""
    (folder / "warehouse" / "state" / f"{stage}.json").write_text(content)
    return Plan(Project(folder))


@pytest.mark.parametrize("content", SHAPES)
def test_a_state_of_another_shape_is_told_and_status_goes_on(copied: Callable[..., Path], content: str):
    folder = copied()
    for stage, asked in (("ingest", "text_sets"), ("embed", "methods")):
        with pytest.raises(StoreError, match=r"cannot be read|holds no state of a stage|Run `taskatlas run`"):
            getattr(spoil(folder, stage, content), asked)
    for stage in ("publish", "renewed_spaces", "data_docs"):
        plan = spoil(folder, stage, content)
        assert isinstance(plan.renewed_spaces, list)
        write_data_docs(plan, [])
    assert {row["stage"] for row in status_of(folder)} >= {"ingest", "publish"}


@pytest.mark.parametrize("change", [{"name": 3}, {"counts": {}}, {"counts": {"n_train": "many"}}, {"kind": "source"}])
def test_an_entry_of_another_shape_is_told(copied: Callable[..., Path], change: dict[str, object]):
    folder = copied()
    state = json.loads((folder / "warehouse" / "state" / "ingest.json").read_text())
    state["origins"][0] |= change
    with pytest.raises(StoreError, match=r"what the ingest stage left cannot be read\. Run `taskatlas run`"):
        spoil(folder, "ingest", json.dumps(state)).text_sets  # noqa: B018


def test_text_sets_in_another_order_are_read(copied: Callable[..., Path]):
    folder = copied()
    state = json.loads((folder / "warehouse" / "state" / "ingest.json").read_text())
    state["origins"].reverse()
    assert spoil(folder, "ingest", json.dumps(state)).corpus.kind == "corpus"


def test_a_method_that_is_gone_is_told(copied: Callable[..., Path]):
    with pytest.raises(UnknownNameError, match="no method is called 'nope'"):
        spoil(copied(), "embed", '{"methods": ["nope"]}').methods  # noqa: B018
