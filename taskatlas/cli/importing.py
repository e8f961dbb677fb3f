# ruff: noqa: ARG001 - --verbose is read by its callback
"""The commands below `taskatlas import`: prompts, instructions and scores that a team already has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.text import Text
from typer.core import TyperGroup

from taskatlas.cli.options import Json, Project, Replace, Verbose, listed, named_file, out
from taskatlas.project.find import find_project

if TYPE_CHECKING:
    from taskatlas.importers.report import Outcome


class _AnyFile(TyperGroup):
    """The commands below `import`; a first word that is none of them is a file, as `import prompts` takes it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words after `import`."""
        first = args[0] if args else "--help"
        if first not in {*self.commands, "--help", "-h"} and (first[:1] == "-" or _is_file_name(first)):
            args = ["prompts", *args]
        return super().parse_args(ctx, args)


def _is_file_name(word: str) -> bool:
    """Return whether a word is no misspelt command: a file that is there, or what only files and mteb's tasks are."""
    return Path(word).exists() or bool(set(word) & set("./*?[:"))


importing = typer.Typer(
    cls=_AnyFile,
    help="Turn what a team already has into cards: `taskatlas import FILES`, whatever their format, which is told by "
    "what they hold; `tasks` of the package mteb; `scores`; and `transfers`. `prompts`, `instructions` and "
    "`tasks` are the same, with fewer options each. "
    "All take --project DIR and --json, and change a card that is there only with --replace.",
    epilog="Example: `taskatlas import templates.yaml prompts.csv --project my-atlas --text sentence`",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Files = Annotated[list[Path], typer.Argument(metavar="FILE", parser=named_file, show_default=False)]
AnyFiles = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE", parser=named_file, help="Files, folders, patterns in quotes, mteb:NAME.", show_default=False
    ),
]
Encoding = Annotated[str | None, typer.Option(help="Of tables. Default: guessed.")]
Limit = Annotated[int | None, typer.Option(min=4, help="Most rows of a dataset that is made. Default: all.")]


@importing.command(
    epilog="Example: `taskatlas import prompts templates.yaml --text sentence --labels negative,positive`"
)
def prompts(
    files: AnyFiles,
    project: Project = None,
    text: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column that is the text. Default: guessed.")
    ] = None,
    text_pair: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column that is the second text.")] = None,
    labels: Annotated[
        str,
        typer.Option(
            help="Labels of the choices, comma-separated, one with a comma in double quotes: called like them or in "
            "their order. Default: the choices."
        ),
    ] = "",
    family: Annotated[str | None, typer.Option(help="Family whose datasets prompts with choices are for.")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Dataset that they are for: its columns, labels and family count.")
    ] = None,
    limit: Limit = None,
    encoding: Encoding = None,
    replace: Replace = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write a card for each prompt of the files, and a dataset with its prompts where instances come with them.

    Formats: tables of prompts, PromptSource, lm-evaluation-harness, promptfoo, LangChain, prompty,
    Natural-Instructions, OpenAI evals, Alpaca, ShareGPT, Bonito, and prompt cards of other projects.
    """
    from taskatlas.importers.importing import import_files
    from taskatlas.importers.options import ImportOptions

    options = ImportOptions(text, text_pair, listed(labels), family, dataset, encoding, limit, replace)
    folder = find_project(project)
    _print_outcomes(folder, import_files(folder, files, options), as_json)


@importing.command(epilog="Example: `taskatlas import instructions ours.json --family sentiment --limit 1000`")
def instructions(
    files: AnyFiles,
    project: Project = None,
    family: Annotated[str | None, typer.Option(help="Family of the datasets. Default: each file's category.")] = None,
    limit: Limit = None,
    replace: Replace = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write a dataset with its prompts for each file of instructions and instances; of free text, prompts alone."""
    from taskatlas.importers.importing import import_files
    from taskatlas.importers.options import ImportOptions

    options = ImportOptions(family=family, limit=limit, replace=replace)
    folder = find_project(project)
    _print_outcomes(folder, import_files(folder, files, options), as_json)


@importing.command(epilog="Example: `taskatlas import tasks mteb:Banking77Classification 'mteb:Massive*/en'`")
def tasks(
    names: Annotated[
        list[Path],
        typer.Argument(
            metavar="NAME", help="mteb:NAME or mteb:NAME/SUBSET, patterns in quotes, and files.", show_default=False
        ),
    ],
    project: Project = None,
    family: Annotated[
        str | None, typer.Option(help="Family of the datasets. Default: similarity for STS, else the task's name.")
    ] = None,
    labels: Annotated[
        str, typer.Option(help="Names of the labels, comma-separated, in the order of the codes that stand for them.")
    ] = "",
    replace: Replace = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write a dataset for each task of the package mteb, in each of its subsets, which mostly are languages.

    Its metadata make the card: place and revision on the hub, columns, labels, licence and description. Nothing is
    fetched; a run reads the rows on the hub. `pip install 'taskatlas[mteb]'` installs what this needs.
    """
    from taskatlas.importers.importing import import_files
    from taskatlas.importers.options import ImportOptions

    options = ImportOptions(family=family, labels=listed(labels), replace=replace)
    folder = find_project(project)
    _print_outcomes(folder, import_files(folder, names, options), as_json)


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

    folder, options = find_project(project), ScoreOptions(metric, unit, date, subject, dataset, value, encoding)
    _print_outcomes(folder, import_scores(folder, files, options), as_json)


@importing.command(epilog="Example: `taskatlas import transfers bank.csv --setup 't5-base, all weights'`")
def transfers(
    files: Files,
    project: Project = None,
    setup: Annotated[
        str | None, typer.Option(help="The model and how it was trained, where the file does not say it.")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the sources' names.")] = None,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the targets' names.")] = None,
    gain: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the gains.")] = None,
    value: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the scores.")] = None,
    cells: Annotated[
        Literal["gain", "score"] | None,
        typer.Option(help="What a matrix holds. Default: gains where one is below zero."),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the file's text. Default: UTF-8.")] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write a card of known transfers for each file: what a model gained on a dataset by learning another one first.

    A file has a row per transfer, or is a matrix of sources × targets (CSV, TSV, JSON, Parquet). Scores become gains
    over the row whose source is `none`, or over the mean of the target's sources.
    """
    from taskatlas.importers.transfers.importing import import_transfers
    from taskatlas.importers.transfers.written import TransferOptions

    folder, options = find_project(project), TransferOptions(setup, source, target, gain, value, cells, encoding)
    _print_outcomes(folder, import_transfers(folder, files, options), as_json)


def _print_outcomes(folder: Path, outcomes: list[Outcome], as_json: bool) -> None:
    """Print the outcomes, and what of them fits nowhere; exit with 1 where nothing could be taken."""
    from taskatlas.cli import show
    from taskatlas.cli.mismatches import MOST_IN_SUMMARY, print_mismatches
    from taskatlas.importers.report import line_of, reasons_of, summary_of

    if as_json:
        show.print_json([outcome.row() for outcome in outcomes])
    else:
        for outcome in outcomes:
            out.print(Text(line_of(outcome)), soft_wrap=True)
        out.print(summary_of(outcomes))
        for count, reason in reasons_of(outcomes):
            out.print(Text(f"{count:>8,}  {reason}"), soft_wrap=True)
        written = {outcome.card for outcome in outcomes if outcome.card}
        print_mismatches(out, folder, most=MOST_IN_SUMMARY, files=written)
    if all(outcome.state == "left out" for outcome in outcomes):
        raise typer.Exit(1)
