# ruff: noqa: ARG001 - --verbose is read by its callback
"""The commands below `taskatlas import`: prompts, instructions and scores that a team already has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from taskatlas.cli.options import Json, Project, Verbose, out
from taskatlas.project.find import find_project

if TYPE_CHECKING:
    from taskatlas.importers.report import Outcome

importing = typer.Typer(
    help="Turn what a team already has into cards: `prompts`, `instructions` and `scores`. "
    "All take --project DIR and --json, and never change a card that is there.",
    epilog="Example: `taskatlas import prompts templates.yaml --project my-atlas --text sentence`",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Files = Annotated[list[Path], typer.Argument(metavar="FILE", show_default=False)]


@importing.command(
    epilog="Example: `taskatlas import prompts templates.yaml --text sentence --labels negative,positive`"
)
def prompts(
    files: Files,
    project: Project = None,
    text: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column that is the text. Default: guessed.")
    ] = None,
    text_pair: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column that is the second text.")] = None,
    labels: Annotated[
        str,
        typer.Option(
            help="Labels of the choices, comma-separated: called like them or in their order. Default: the choices."
        ),
    ] = "",
    family: Annotated[str | None, typer.Option(help="Family whose datasets prompts with choices are for.")] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write a prompt card for each template of PromptSource (templates.yaml) or lm-evaluation-harness (YAML)."""
    from taskatlas.importers.promptcard import ImportOptions
    from taskatlas.importers.prompts import import_prompts

    label_names = tuple(label.strip() for label in labels.split(",")) if labels else ()
    options = ImportOptions(text, text_pair, label_names, family)
    _print_outcomes(import_prompts(find_project(project), files, options), as_json)


@importing.command(epilog="Example: `taskatlas import instructions ours.json --family sentiment --limit 1000`")
def instructions(
    files: Files,
    project: Project = None,
    family: Annotated[str | None, typer.Option(help="Family of the datasets. Default: each file's category.")] = None,
    limit: Annotated[int | None, typer.Option(min=4, help="Most rows per dataset. Default: all.")] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write a dataset with its prompts for each file of Natural-Instructions (JSON); of free text, prompts alone."""
    from taskatlas.importers.datasets import import_instructions

    _print_outcomes(import_instructions(find_project(project), files, family=family, limit=limit), as_json)


@importing.command(epilog="Example: `taskatlas import scores leaderboard.csv --metric accuracy --date 2026-05-31`")
def scores(
    files: Files,
    project: Project = None,
    metric: Annotated[str | None, typer.Option(help="What was measured, where the file does not say it.")] = None,
    unit: Annotated[
        Literal["share", "percent"] | None,
        typer.Option(help="Of values of accuracy and the like. Default: told by them."),
    ] = None,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Of scores without a date.")] = None,
    subject: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the subjects' names.")] = None,
    dataset: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the datasets' names.")] = None,
    value: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the scores.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the file's text. Default: UTF-8.")] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write a card of known scores for each file of a leaderboard or an earlier evaluation (CSV, TSV, JSON, Parquet).

    A file has a row per score, or is a matrix of subjects × datasets.
    """
    from taskatlas.importers.scores.importing import import_scores
    from taskatlas.importers.scores.written import ScoreOptions

    options = ScoreOptions(metric, unit, date, subject, dataset, value, encoding)
    _print_outcomes(import_scores(find_project(project), files, options), as_json)


def _print_outcomes(outcomes: list[Outcome], as_json: bool) -> None:
    """Print the outcomes; exit with 1 where nothing could be taken."""
    from taskatlas.cli import show
    from taskatlas.importers.report import line_of, summary_of

    if as_json:
        show.print_json([outcome.row() for outcome in outcomes])
    else:
        for outcome in outcomes:
            out.print(Text(line_of(outcome)), soft_wrap=True)
        out.print(summary_of(outcomes))
    if all(outcome.state == "left out" for outcome in outcomes):
        raise typer.Exit(1)
