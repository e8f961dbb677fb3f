"""`taskatlas benchmark transfer`: how near every way of ranking sources comes to what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from taskatlas.schemas.tables import TABLES
from taskatlas.stages.questions.transfer import TransferCase, transfer_rows
from tests.support.command_line import run_cli
from tests.support.releases import publish, tables

NAMES = [f"d{at}" for at in range(5)]
SCORES = {t: {s: 0.5 + 0.08 * at for at, s in enumerate(NAMES) if s != t} for t in NAMES}


def released(folder: Path, *, measured: bool) -> Path:
    case = TransferCase(SCORES, SCORES, dict.fromkeys(NAMES, 0), lambda: SCORES, dict, {})
    rows = [*transfer_rows(case)] if measured else []
    benchmarks = pa.Table.from_pylist(rows, schema=TABLES["benchmarks"].schema)
    publish(folder, tables(3, 4, awkward=False) | {"benchmarks": benchmarks}, "made")
    (folder / "atlas.yaml").touch()
    return folder


def test_the_ways_are_listed_best_first(tmp_path: Path):
    folder = released(tmp_path / "project", measured=True)
    done = run_cli("benchmark", "transfer", "--project", folder)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].strip() == "sources, all of them"
    assert lines[1].split() == ["method", "ndcg", "regret_1", "regret_3"]
    assert lines[2].split()[:2] == ["oracle", "1.000"] or lines[2].startswith(("likeness", "mean elsewhere"))
    assert [line.split()[0] for line in lines if line][-1] == "random"
    told = json.loads(run_cli("benchmark", "transfer", "--project", folder, "--json").out)
    assert {row["metric"] for row in told} == {"ndcg", "regret_1", "regret_3"}


def test_it_says_what_to_do_where_nothing_was_measured(tmp_path: Path):
    done = run_cli("benchmark", "transfer", "--project", released(tmp_path / "project", measured=False))
    assert done.code == 2
    assert "the release holds no ranking of sources. Measure with `taskatlas transfer`" in " ".join(done.err.split())
