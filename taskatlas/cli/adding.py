# ruff: noqa: ARG001 - --verbose is read by its callback
"""The commands below `taskatlas add`: a dataset from a file, and a model from the address of its server."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from taskatlas.cli.options import Json, Replace, Verbose, err, listed, named_file, out
from taskatlas.errors import printable
from taskatlas.project.find import find_project, project_option
from taskatlas.project.starter import can_be_written, write_empty

if TYPE_CHECKING:
    from taskatlas.adding.dataset import AddedDataset
    from taskatlas.adding.endpoint import AddedEndpoint
    from taskatlas.adding.guesses import Ask, DraftedField

    Added = AddedDataset | AddedEndpoint


class SelfSupervised(StrEnum):
    """Which pairs are cut."""

    INVERSE_CLOZE = "inverse-cloze"
    NEXT_SENTENCE = "next-sentence"
    FIRST_SELECTION = "first-selection"


adding = typer.Typer(
    help="Draft a card from what is there: `dataset` from a file of labelled rows, `endpoint` from a server's address, "
    "`self-supervised` from the texts of a corpus. All take --project DIR, which is begun where it is new or empty, "
    "and --json. What is guessed is told, with the option that says it otherwise; a card that is there is changed only "
    "with --replace.",
    epilog="Example: `taskatlas add dataset reviews.csv --project my-atlas`",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        "-p",
        metavar="DIR",
        help="Folder of the project, begun where it is new. Default: the starter project.",
    ),
]
Name = Annotated[str | None, typer.Option(help="Of the card. Default: what the file or the model is called.")]
Description = Annotated[str | None, typer.Option(help="Of the card, in a line.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take the guesses.")]


@adding.command(epilog="Example: `taskatlas add dataset reviews.csv --text review --label stars --family sentiment`")
def dataset(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            parser=named_file,
            help="CSV, Excel, JSON, Parquet; or a folder with a train and a test file.",
        ),
    ],
    project: Project = None,
    name: Name = None,
    family: Annotated[
        str | None, typer.Option(help="Datasets of one family share prompts. Default: asked in a terminal, or guessed.")
    ] = None,
    domain: Annotated[str | None, typer.Option(help="What its texts are about.")] = None,
    description: Description = None,
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of texts. Default: guessed.")] = None,
    text_pair: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of second texts.")] = None,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of labels. Default: guessed.")] = None,
    choices: Annotated[
        str,
        typer.Option(
            metavar="COLUMN[,COLUMN...]",
            help="Column with a list of each row's own choices, or a column for each; none: there are none. "
            "Default: guessed.",
        ),
    ] = "",
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COLUMN", help="A further text that prompts show by NAME; may be repeated."),
    ] = None,
    labels: Annotated[
        str,
        typer.Option(
            help="Comma-separated; CODE=NAME where the file has codes; number for scores; text for answers that are "
            "written freely. Default: guessed."
        ),
    ] = "",
    encoding: Annotated[str | None, typer.Option(help="Of the file's text. Default: guessed.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Between cells. Default: found by the header.")] = None,
    terms: Annotated[str | None, typer.Option("--license", help="Of the data.")] = None,
    replace: Replace = False,
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Draft a dataset's card from a file of labelled rows, and hold the rows to it."""
    from taskatlas.adding.dataset import DatasetOptions, add_dataset

    folder = _project(project, as_json)
    named = tuple(filter(None, listed(labels)))
    options = DatasetOptions(
        text=text, text_pair=text_pair, label=label, choices=tuple(filter(None, listed(choices))),
        fields=tuple(_named_column(each) for each in field or ()), labels=named, name=name, family=family,
        domain=domain, description=description, license=terms, encoding=encoding, delimiter=delimiter, replace=replace,
    )  # fmt: skip
    added = add_dataset(folder, file, options, _ask(yes, as_json))
    if as_json:
        _print_json(folder, added, copied=list(added.copied), **added.counts)
        return
    _print_guesses(folder, added.guesses)
    for path in added.copied:
        out.print(Text(f"The file is copied to {path}."), soft_wrap=True)
    _print_card(added)
    out.print(Text(_in_words(added.counts)))
    _print_next(folder)


@adding.command(epilog="Example: `taskatlas add endpoint http://127.0.0.1:8000/v1 --api-key-env LLAMA_KEY`")
def endpoint(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Of an OpenAI-compatible server, such as http://host:8000/v1.")
    ],
    project: Project = None,
    name: Name = None,
    model: Annotated[
        str | None, typer.Option(help="What the server calls the model. Default: the server is asked.")
    ] = None,
    api_key_env: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="Environment variable that holds the key; never the key.")
    ] = None,
    description: Description = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask the server nothing; --model names the model.")
    ] = False,
    replace: Replace = False,
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Draft the card of a model behind a server, which is asked what models it has and no more."""
    from taskatlas.adding.endpoint import EndpointOptions, add_endpoint

    folder = _project(project, as_json)
    options = EndpointOptions(name, model, api_key_env, description, offline, replace)
    added = add_endpoint(folder, url, options, _ask(yes, as_json))
    if as_json:
        _print_json(folder, added)
        return
    _print_guesses(folder, added.guesses)
    _print_card(added)
    _print_next(folder)


@adding.command(
    "self-supervised", epilog="Example: `taskatlas add self-supervised inverse-cloze --corpus manuals --limit 500`"
)
def self_supervised(
    task: Annotated[
        SelfSupervised,
        typer.Argument(
            help="inverse-cloze: is the sentence out of the passage. next-sentence: does it follow. "
            "first-selection: is it the first of the passage's document."
        ),
    ],
    project: Project = None,
    corpus: Annotated[
        str | None, typer.Option(help="Whose texts are cut. Default: the one that every subject answers.")
    ] = None,
    name: Name = None,
    limit: Annotated[int, typer.Option(help="At most so many rows, those of both splits.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn.")] = 0,
    replace: Replace = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a dataset of pairs that cost no labels from the documents of a corpus."""
    from taskatlas.adding.corpuspairs import add_self_supervised

    folder = _project(project, as_json)
    added = add_self_supervised(folder, task.value, corpus=corpus, name=name, limit=limit, seed=seed, replace=replace)
    if as_json:
        _print_json(folder, added, copied=list(added.copied), **added.counts)
        return
    _print_card(added)
    out.print(Text(_in_words(added.counts)))
    _print_next(folder)


def _named_column(said: str) -> tuple[str, str]:
    """Return the name of a field and its column.

    Raises:
        typer.BadParameter: one of them is missing.
    """
    name, _, column = (part.strip() for part in said.partition("="))
    if not name or not column:
        raise typer.BadParameter(f"{said!r} is no NAME=COLUMN, such as question=asked", param_hint="--field")
    return name, column


def _project(named: Path | None, as_json: bool) -> Path:
    """Find the project; begin one in a folder that is named, and new or empty."""
    if named is not None and _is_new(named):
        write_empty(named.expanduser().resolve())
        (err if as_json else out).print(Text(f"A project is begun in {named}."), soft_wrap=True)
    return find_project(named)


def _is_new(folder: Path) -> bool:
    try:
        return can_be_written(folder.expanduser().resolve())
    except (OSError, ValueError):
        return False  # what is wrong with it is told where the project is looked for


def _ask(yes: bool, as_json: bool) -> Ask | None:
    """Return how a person is asked, where one is there."""
    if yes or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None

    def ask(what: str, choices: Sequence[str], usual: str) -> str:
        known = f", such as {', '.join(map(printable, choices))}" if choices else ""
        return str(typer.prompt(f"{what}{known}", default=usual))

    return ask


def _print_guesses(folder: Path, guesses: Sequence[DraftedField]) -> None:
    grid = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row("project", Text(str(folder)))
    for guess in guesses:
        grid.add_row(guess.field, Text(guess.line))
    out.print(grid)


def _print_card(added: Added) -> None:
    from taskatlas.importers.write import as_yaml, card_path

    told = {"there already": "is there already", "replaced": "is written in place of another"}
    out.print(
        Text(f"{card_path(added.card)} {told.get(added.state, 'is written; open it to change it')}:"), soft_wrap=True
    )
    for line in as_yaml(added.card).splitlines():
        out.print(Text(f"  {printable(line.lstrip()).rjust(len(line))}"), soft_wrap=True)
    if added.was:
        out.print(Text(printable(f"I{added.was[1:]}.")), soft_wrap=True)


def _in_words(counts: Mapping[str, int]) -> str:
    left = {
        "quarantined": "bad", "n_duplicates": "duplicates", "n_near_duplicates": "near duplicates",
    }  # fmt: skip
    told = [f"{counts[name]:,} {word}" for name, word in left.items() if counts[name]]
    out_of = f"; left out: {', '.join(told)}" if told else ""
    return f"{counts['rows']:,} rows: {counts['n_train']:,} to learn from, {counts['n_test']:,} to test on{out_of}."


def _print_next(folder: Path) -> None:
    from taskatlas.registry.lacking import lacking
    from taskatlas.registry.load import load

    commands = [lack.command for lack in lacking(load(folder))] or ["validate", "run"]
    for at, command in enumerate(commands):
        out.print(Text(f"{'' if at else 'next':<6}taskatlas {command}{project_option(folder)}"), soft_wrap=True)


def _print_json(folder: Path, added: Added, **further: Any) -> None:
    from dataclasses import asdict

    from taskatlas.cli import show
    from taskatlas.importers.write import card_path

    told = [asdict(guess) for guess in added.guesses]
    fields = added.card.model_dump(mode="json", exclude_defaults=True)
    about = {"project": str(folder), "card": card_path(added.card), "state": added.state, "was": added.was}
    show.print_json({**about, "fields": fields, "guesses": told, **further})
