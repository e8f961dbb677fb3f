# ruff: noqa: ARG001 - --verbose is read by its callback
"""The command that measures what datasets are worth as sources for each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from taskatlas.cli.options import Json, Project, Verbose, err, out
from taskatlas.project.find import find_project

if TYPE_CHECKING:
    from taskatlas.stages.transfers import TransferBench


def transfer(
    dataset: Annotated[
        list[str] | None, typer.Argument(help="Datasets that a source is wanted for. Default: all.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    project: Project = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Measure how much better the surrogate does at each dataset after it has learnt another one first.

    Every pair is kept: after an interrupt the same command goes on, and a new dataset costs its own pairs. How they are
    measured is said in atlas.yaml, under transfers. The next `taskatlas run` publishes them as the table transfers.
    """
    from taskatlas.cli import show
    from taskatlas.cli.bars import Bars
    from taskatlas.plan.plan import Plan
    from taskatlas.plan.project import Project as Opened
    from taskatlas.predict.device import choose_device
    from taskatlas.progress import shown_by
    from taskatlas.stages.transfers import TransferBench
    from taskatlas.store.project_lock import project_lock

    opened = Opened(find_project(project))
    with project_lock(opened.folders.warehouse):
        bench = TransferBench(Plan(opened), choose_device(device), dataset or ())
        _tell_before(bench)
        try:
            with Bars(err) as bars, shown_by(bars):
                new = bench.measure()
        except KeyboardInterrupt as interrupt:
            err.print("interrupted; what was measured is kept, and the same command goes on from there")
            raise typer.Exit(130) from interrupt
        rows = bench.rows().to_pylist()
    if as_json:
        show.print_json({"setup": bench.setup.name, "new": new, "left_out": bench.left_out, "rows": rows})
        return
    show.table(out, _by_target(rows), "gain")
    out.print(Text(f"\n{_in_words(rows)} The next `taskatlas run` publishes it."), soft_wrap=True)


def _tell_before(bench: TransferBench) -> None:
    missing = len(bench.missing)
    there = len(bench.keys) - missing
    known = f"; {there:,} are there" if there else ""
    err.print(
        Text(f"{missing:,} of {len(bench.keys):,} scores to measure{known} ({bench.setup.name})."), soft_wrap=True
    )
    for name, reason in bench.left_out.items():
        err.print(Text(f"{name} is left out: {reason}."), soft_wrap=True)


def _by_target(rows: Sequence[dict[str, Any]]) -> Any:
    """For each target the source that gains most and the one that gains least."""
    import pyarrow as pa

    targets = dict.fromkeys(row["target"] for row in rows)
    told = []
    for target in targets:
        own = sorted((row for row in rows if row["target"] == target), key=lambda row: (-row["gain"], row["source"]))
        best, worst = own[0], own[-1]
        told.append(
            {
                "target": target, "alone": best["alone"], "best source": best["source"], "gain": best["gain"],
                "low": best["low"], "high": best["high"], "worst source": worst["source"], "its gain": worst["gain"],
            }
        )  # fmt: skip
    return pa.Table.from_pylist(told)


def _in_words(rows: Sequence[dict[str, Any]]) -> str:
    better, worse = (sum(row["low"] > 0 for row in rows), sum(row["high"] < 0 for row in rows))
    return f"Of {len(rows):,} pairs {better:,} gain and {worse:,} lose by more than their 90% interval."
