# ruff: noqa: ARG001 - --verbose is read by its callback
"""The commands that hold ways of choosing against what a project has measured."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from taskatlas.cli.options import Json, Project, Verbose, out
from taskatlas.project.find import find_project

benchmarking = typer.Typer(
    help="Hold ways of choosing against what this project measured: of `prompts`, and of sources for a `transfer`. "
    "Both take --project DIR and --json.",
    epilog="Example: `taskatlas benchmark prompts --project my-atlas`",
    no_args_is_help=True,
)
_MEASURES = ("accuracy", "ndcg", "regret", "share")
_TRANSFER = {
    "transfer": "sources, all of them",
    "transfer_in_class": "sources of the target's kind of task",
    "known_transfer": "sources by transfers on cards, all of them",
    "known_transfer_in_class": "sources by transfers on cards, of the target's kind of task",
}


@benchmarking.command("prompts", epilog="Example: `taskatlas benchmark prompts --without-family`")
def prompts(
    without_family: Annotated[
        bool, typer.Option("--without-family", help="Use nothing that was measured on the dataset's family.")
    ] = False,
    project: Project = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Choose each dataset's prompt in every way, as if none had been tried there, and say what that reaches.

    A table for every model of three prompts or more, and for all: the accuracy of the chosen prompt, NDCG of the order,
    regret and the share of the best prompt's accuracy, with 90% intervals over datasets.
    """
    from taskatlas.cli import show
    from taskatlas.plan.plan import Plan
    from taskatlas.plan.project import Project as Opened
    from taskatlas.stages.promptchoice import prompt_choices

    rows = prompt_choices(Plan(Opened(find_project(project))), without_family=without_family)
    if as_json:
        show.print_json(rows)
        return
    import pyarrow as pa

    for model in dict.fromkeys(row["model"] for row in rows):
        of_model = sorted((row for row in rows if row["model"] == model), key=lambda row: -row["accuracy"])
        show.table(out, pa.Table.from_pylist([_shown(row) for row in of_model]), f"prompts of {model}")


@benchmarking.command("transfer", epilog="Example: `taskatlas benchmark transfer --json`")
def ranked_sources(project: Project = None, as_json: Json = False, verbose: Verbose = False) -> None:
    """Rank each dataset's sources in every way, and say how near that comes to what `taskatlas transfer` measured.

    A table over all sources, and one over those of the target's kind of task: NDCG of the order, and what the best of
    the first source, and of the first three, costs against the best of all, with 90% intervals over datasets.
    """
    from taskatlas.cli import show
    from taskatlas.errors import StoreError
    from taskatlas.project.folders import ProjectFolders
    from taskatlas.store.reader import Reader

    query = "SELECT * FROM benchmarks WHERE contains(benchmark, 'transfer')"
    rows = Reader(ProjectFolders(find_project(project)).catalog).sql(query).to_pylist()
    if not rows:
        what = "the release holds no ranking of sources"
        between = "between four datasets or more, then `taskatlas run`"
        todo = f"measure with `taskatlas transfer`, or `taskatlas import transfers FILE`, {between}"
        raise StoreError(what, todo=todo)
    if as_json:
        show.print_json(rows)
        return
    import pyarrow as pa

    for benchmark, title in _TRANSFER.items():
        ways: dict[str, dict[str, Any]] = {}
        for row in (row for row in rows if row["benchmark"] == benchmark):
            value = f"{row['value']:.3f} ({row['low']:.3f} – {row['high']:.3f})"
            ways.setdefault(row["method"], {"method": row["method"]})[row["metric"]] = value
        if ways:
            best_first = sorted(ways.values(), key=lambda way: way["ndcg"], reverse=True)
            show.table(out, pa.Table.from_pylist(best_first), title)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    measures = {name: f"{row[name]:.3f} ({row[f'{name}_low']:.3f} – {row[f'{name}_high']:.3f})" for name in _MEASURES}
    return {
        "method": row["method"],
        **measures,
        "n": row["n"],
        "labels": row["labels_used"],
        "calls": row["calls_used"],
    }
