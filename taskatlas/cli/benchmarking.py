# ruff: noqa: ARG001 - --verbose is read by its callback
"""The commands that hold ways of choosing against what a project has measured."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from taskatlas.cli.options import Json, Project, Verbose, out
from taskatlas.project.find import find_project

benchmarking = typer.Typer(help="Hold ways of choosing against what this project measured.", no_args_is_help=True)
_MEASURES = ("accuracy", "ndcg", "regret", "share")


@benchmarking.callback()
def _group() -> None:
    """Hold ways of choosing against what this project measured."""


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


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    measures = {name: f"{row[name]:.3f} ({row[f'{name}_low']:.3f} – {row[f'{name}_high']:.3f})" for name in _MEASURES}
    return {
        "method": row["method"],
        **measures,
        "n": row["n"],
        "labels": row["labels_used"],
        "calls": row["calls_used"],
    }
