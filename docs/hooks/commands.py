"""reference/commands.md: every command and option of the command line, as the program itself knows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from taskatlas.cli.app import app

PAGE = "reference/commands.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    files.append(File.generated(config, PAGE, content="\n".join(page())))
    return files


def page() -> Iterator[str]:
    """Its lines."""
    root: Any = typer.main.get_command(app)
    yield from ("# Commands", "", root.help, "")
    yield from ("An error is one line on standard error, with exit code 2.", "")
    for context in below(typer.Context(root, info_name="taskatlas", **root.context_settings)):
        yield from section(context)


def below(group: typer.Context) -> Iterator[typer.Context]:
    """Every command below a group, in the context that it is called in; commands of groups within it, too."""
    commands: dict[str, Any] = getattr(group.command, "commands", {})
    for name, command in sorted(commands.items()):
        context = typer.Context(command, parent=group, info_name=name)
        yield context
        yield from below(context)


def section(context: typer.Context) -> Iterator[str]:
    """What one command does, how it is called, and its options."""
    command: Any = context.command
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield from (f"## {context.command_path}", "", command.help, "", "```", " ".join(usage.split()), "```", "")
    yield from ("| argument or option | meaning |", "| --- | --- |")
    for parameter in command.get_params(context):
        if record := parameter.get_help_record(context):
            yield f"| `{cell(record[0])}` | {cell(record[1])} |"
    yield from ("", command.epilog or "", "")


def cell(text: str) -> str:
    """Text as it may stand in a cell."""
    return " ".join(text.split()).replace("|", "\\|")
