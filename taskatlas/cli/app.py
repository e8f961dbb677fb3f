# ruff: noqa: ARG001 - --verbose is read by its callback
"""The command line. Every command says what it prints with --json, and fails in one line with exit code 2."""

from __future__ import annotations

import shlex
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperGroup
from typer.exceptions import TyperException

from taskatlas.cli.adding import adding
from taskatlas.cli.benchmarking import benchmarking
from taskatlas.cli.dashboards import dashboard, report
from taskatlas.cli.importing import importing
from taskatlas.cli.options import Json, Limit, Project, Verbose, err, error_display, out, replace_what_cannot_be_shown
from taskatlas.cli.recommending import recommend
from taskatlas.cli.subset import subset
from taskatlas.cli.transferring import transfer
from taskatlas.cli.trying import try_subjects
from taskatlas.errors import TaskatlasError, printable
from taskatlas.installed.extras import needed
from taskatlas.project.find import find_project
from taskatlas.project.folders import ProjectFolders
from taskatlas.project.starter import write_empty, write_starter


@contextmanager
def _printable_refusals() -> Iterator[None]:
    """Let what is wrong with the words of a command name them so that they cannot steer a terminal."""
    try:
        yield
    except TyperException as error:
        error.message = printable(error.message)
        raise


class _Commands(TyperGroup):
    """All commands; what they refuse of the words that were typed can be shown."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Read the options before the command."""
        with _printable_refusals():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Read the words of the command, and run it."""
        with _printable_refusals():
            return super().invoke(ctx)


app = typer.Typer(
    name="taskatlas",
    cls=_Commands,
    help="An atlas of tasks, models and prompts: one vector space, one catalog, answers in SQL.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(importing, name="import")
app.add_typer(adding, name="add")
app.add_typer(benchmarking, name="benchmark")


def _tell_version(asked: bool) -> None:
    if asked:
        out.print(f"taskatlas {version_of('taskatlas')}")
        raise typer.Exit


@app.callback()
def _before_all(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    pass


def _folders(project: Path | None) -> ProjectFolders:
    return ProjectFolders(find_project(project))


def _print(rows: Any, as_json: bool, title: str = "") -> None:
    import pyarrow as pa

    from taskatlas.cli import show

    if as_json:
        show.print_json(rows)
    else:
        show.table(out, pa.Table.from_pylist(rows) if isinstance(rows, list) else rows, title)


@app.command(epilog="Example: `taskatlas run --project my-atlas --methods crosscov,student --device cpu`")
def run(
    project: Project = None,
    methods: Annotated[str | None, typer.Option(help="Methods, comma-separated. Default: atlas.yaml's.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    measure_only: Annotated[
        bool, typer.Option("--measure-only", help="New subjects answer test splits alone: scores, no forecasts.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Servers may be asked for more than their spend_limit.")] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Ingest, validate, predict, embed and publish what is new, and say what came of it."""
    from taskatlas.cli.agreement import with_agreement
    from taskatlas.cli.bars import Bars
    from taskatlas.cli.mismatches import MOST_IN_SUMMARY, print_mismatches
    from taskatlas.cli.orchestrator import run_flow
    from taskatlas.cli.summary import print_summary
    from taskatlas.plan.plan import Plan
    from taskatlas.plan.project import Project as Opened
    from taskatlas.progress import shown_by
    from taskatlas.stages.coverage import without_vector
    from taskatlas.stages.lacks import require_work, tell_lacks
    from taskatlas.stages.runs import recorded
    from taskatlas.stages.unread import unread
    from taskatlas.stages.validate import check_beforehand
    from taskatlas.store.project_lock import project_lock

    began = time.time()
    folders = _folders(project)
    method_names = [name.strip() for name in methods.split(",")] if methods else None
    log = err if as_json else out
    with recorded(folders.folder), shown_by(Bars(log)):
        opened = Opened(folders.folder)
        require_work(opened)
        check_beforehand(opened, method_names)
        tell_lacks(opened)
        if folders.warehouse.is_dir():
            with project_lock(folders.warehouse):
                pass  # a run that would be turned away starts no server

    def run_all(agreed: bool) -> tuple[dict[str, Any], float]:
        return run_flow(opened, method_names, device, log, agreed=agreed, measure_only=measure_only, verbose=verbose)

    try:
        result, waited = with_agreement(run_all, agreed=yes)
    except KeyboardInterrupt as interrupt:
        err.print("interrupted; what is finished is kept, and `taskatlas run` goes on from there")
        raise typer.Exit(130) from interrupt
    durations = {"seconds": time.time() - began, "server_seconds": waited}
    if as_json:
        _print({**result, **durations, "catalog": str(folders.catalog)}, as_json)
    else:
        print_summary(out, folders, {**result, **durations})
        plan = Plan(Opened(folders.folder))
        first = [*without_vector(plan).values(), *unread(plan)]
        print_mismatches(out, folders.folder, most=MOST_IN_SUMMARY, first=first)


@app.command(epilog="Example: `taskatlas init my-atlas && taskatlas run --project my-atlas`")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    empty: Annotated[
        bool, typer.Option("--empty", help="Without its datasets, prompts and models, to add your own.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Write a project that runs as it is: the starter project's cards and data."""
    named = shlex.quote(str(folder))
    if empty:
        write_empty(folder.expanduser().resolve())
        out.print(Text(f"An empty project is in {folder}. Next:"), soft_wrap=True)
        out.print(Text(f"  taskatlas add dataset FILE --project {named}"), soft_wrap=True)
        return
    write_starter(folder.expanduser().resolve())
    out.print(Text(f"A project is in {folder}. Its cards are YAML files; change or add some, then:"), soft_wrap=True)
    out.print(Text(f"  taskatlas run --project {named}"), soft_wrap=True)


@app.command(epilog="Example: `taskatlas validate --project my-atlas`")
def validate(
    project: Project = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Ask every server whether it has its card's model; nothing is answered.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Check all cards and all rows of their sources, and say what a run will compute; nothing is predicted."""
    from taskatlas.cli.bars import Bars
    from taskatlas.cli.coming import print_coming, print_coverage
    from taskatlas.cli.mismatches import print_mismatches
    from taskatlas.plan.project import Project as Opened
    from taskatlas.progress import shown_by
    from taskatlas.stages.connect import connected, keys_not_there
    from taskatlas.stages.coverage import advice
    from taskatlas.stages.lacks import tell_lacks
    from taskatlas.stages.validate import validate_project

    folder = _folders(project).folder
    with Bars(err, tells_ends=False) as bars, shown_by(bars):
        rows, owed, covered = validate_project(folder)
        opened = Opened(folder)
        tell_lacks(opened)
        lines = connected(opened) if connect else keys_not_there(opened)
    _print(rows, as_json)
    if not as_json:
        print_coming(err, owed)
        print_coverage(err, covered)
    for line in lines:
        err.print(Text(line), soft_wrap=True)
    print_mismatches(err, folder, first=advice(opened, covered))


@app.command(epilog='Example: `taskatlas sql "SELECT subject, value FROM scores ORDER BY value DESC LIMIT 5"`')
def sql(
    query: Annotated[str, typer.Argument(help="One DuckDB query; it reads the catalog and no other file.")],
    project: Project = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Ask the newest release in SQL; older ones are there as views like "embeddings@v1"."""
    _print(_reader(project).sql(query), as_json)


@app.command(epilog="Example: `taskatlas nearest cafe_reviews -k 3`")
def nearest(
    name: Annotated[str, typer.Argument(help="A dataset or a subject.")],
    k: Limit = 5,
    project: Project = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show the datasets and subjects that are nearest to one, in every space."""
    _print(_reader(project).nearest(name, k), as_json)


@app.command(epilog="Example: `taskatlas releases`")
def releases(project: Project = None, as_json: Json = False, verbose: Verbose = False) -> None:
    """List the published releases, newest last; with --json the Iceberg snapshot of every table, too."""
    rows = _reader(project).releases()
    _print(rows if as_json else rows.drop_columns("snapshots"), as_json)


@app.command(epilog="Example: `taskatlas status --project my-atlas`")
def status(project: Project = None, as_json: Json = False, verbose: Verbose = False) -> None:
    """Show what a run would compute, and what the last one left."""
    from taskatlas.stages.status import status_of

    _print(status_of(_folders(project).folder), as_json)


@app.command(epilog="Example: `taskatlas invalidate vader`, then `taskatlas run`")
def invalidate(
    names: Annotated[list[str] | None, typer.Argument(help="Datasets, corpora, models, subjects or spaces.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them, but what servers answered.")] = False,
    paid_answers: Annotated[
        bool, typer.Option("--paid-answers", help="With --all: what servers answered, too. It is paid for again.")
    ] = False,
    project: Project = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Forget finished work, so that the next run makes it anew. Releases stay."""
    from taskatlas.stages.invalidate import forget

    if bool(names) == everything:
        raise TaskatlasError("name what to forget, or give --all", todo="see `taskatlas invalidate --help`")
    if paid_answers and not everything:
        raise TaskatlasError("--paid-answers goes with --all", todo="see `taskatlas invalidate --help`")
    _print(forget(_folders(project).folder, names or None, paid=paid_answers), as_json)


app.command(epilog="Example: `taskatlas dashboard --project my-atlas --port 8080`")(dashboard)
app.command(epilog="Example: `taskatlas recommend prompt gadget_reviews --max-seconds 60`")(recommend)
app.command(epilog="Example: `taskatlas report --output release.html`")(report)
app.command(epilog="Example: `taskatlas transfer my_dataset`")(transfer)
app.command(epilog="Example: `taskatlas subset -k 4 --scores leaderboard.csv --metric accuracy`")(subset)
app.command("try", epilog="Example: `taskatlas try gadget_reviews --calls 200`")(try_subjects)


def _reader(project: Path | None) -> Any:
    from taskatlas.store.reader import Reader

    return Reader(_folders(project).catalog)


def main() -> None:
    """Run the command line; a TaskatlasError, or an extra that is missing, becomes one line on standard error and exit
    code 2."""
    replace_what_cannot_be_shown()
    try:
        with needed():
            app(prog_name="taskatlas")
    except TaskatlasError as error:
        _fail(error)


def _fail(error: TaskatlasError) -> None:
    if error_display["traceback"]:
        for line in "".join(traceback.format_exception(error)).splitlines():
            indent = line[: len(line) - len(line.lstrip(" "))]
            sys.stderr.write(f"{indent}{printable(line)}\n")
    err.print(Text.assemble(("error: ", "bold red"), str(error)), soft_wrap=True)
    sys.exit(2)
