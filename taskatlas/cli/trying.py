# ruff: noqa: ARG001 - --verbose is read by its callback
"""The command that calls subjects on some of a dataset's texts, where the decision is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from taskatlas.cli.options import Json, Limit, Project, Verbose, err, out
from taskatlas.errors import TaskatlasError
from taskatlas.project.find import find_project

if TYPE_CHECKING:
    from taskatlas.stages.expense import Expense
    from taskatlas.stages.trying import Trial
    from taskatlas.trying.race import Contender


def try_subjects(
    dataset: Annotated[str, typer.Argument(help="The dataset that a subject is wanted for.")],
    calls: Annotated[int, typer.Option("--calls", metavar="N", help="How many calls, with those made before.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Call servers without asking first.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    k: Limit = 10,
    project: Project = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Call the subjects that may be the best on a dataset which no run measures, and say which one is.

    Subjects are called in rounds, on the same texts, the best half of them after each; it ends early where the best is
    clear. Every answer is kept: the same command goes on where it was interrupted, and a higher N adds calls.
    """
    from taskatlas.cli.bars import Bars
    from taskatlas.plan.plan import Plan
    from taskatlas.plan.project import Project as Opened
    from taskatlas.predict.device import choose_device
    from taskatlas.progress import shown_by
    from taskatlas.recommend.words import in_words
    from taskatlas.stages.expense import expense
    from taskatlas.stages.recommendations import subjects_for
    from taskatlas.stages.trying import Bench
    from taskatlas.store.project_lock import project_lock

    opened = Opened(find_project(project))
    with project_lock(opened.folders.warehouse):
        plan = Plan(opened)
        bench = Bench(plan, dataset, choose_device(device))
        _agree(expense(plan, bench.subjects), calls, len(bench.subjects), agreed=yes)
        with shown_by(Bars(err)):
            trial = bench.try_out(calls)
        rows = subjects_for(Plan(opened), dataset)
    text = in_words(rows, labels=opened.registry.datasets[dataset].class_labels)
    if as_json:
        _write_json(trial, rows, text)
    else:
        _tell(trial, text, k)
    if trial.failed:
        raise typer.Exit(1)


def _agree(expected: Expense, calls: int, subjects: int, *, agreed: bool) -> None:
    """Say what it may cost, and ask where somebody is there to answer.

    Raises:
        TaskatlasError: servers would be called, and nobody can be asked.
        Exit: the answer was no.
    """
    if calls < 1:
        raise TaskatlasError(f"{calls} calls decide nothing", todo="give --calls 1 or more")
    err.print(Text(f"At most {calls:,} calls of {subjects} subject{'s' * (subjects != 1)}{_priced(expected, calls)}."))
    if not expected.asks_servers or agreed:
        return
    if not sys.stdin.isatty():
        raise TaskatlasError("servers would be called", todo="give --yes if they may be")
    if not typer.confirm("Call them?", err=True):
        raise typer.Exit(1)


def _priced(expected: Expense, calls: int) -> str:
    if not expected.asks_servers:
        return ", all of them here: they cost time alone"
    told = []
    if expected.dearest is not None:
        told.append(f"they cost at most {calls * expected.dearest:.4g}, by what answers cost so far")
    if expected.unknown:
        told.append(f"nobody knows what those of {expected.unknown} cost, as their cards have no prices")
    return "".join(f"; {each}" for each in told)


def _write_json(trial: Trial, rows: Sequence[dict[str, Any]], text: str) -> None:
    from taskatlas.cli import show

    contenders = [_row(each) for each in trial.outcome.contenders]
    told = {"text": text, "calls": trial.outcome.calls, "new_calls": trial.new, "is_clear": trial.outcome.is_clear}
    sys.stdout.write(show.as_json({**told, "failed": trial.failed, "tried": contenders, "rows": rows}) + "\n")


def _tell(trial: Trial, text: str, k: int) -> None:
    import pyarrow as pa

    from taskatlas.cli import show

    kept = trial.outcome.calls - trial.new
    ended = "it is clear which is the best" if trial.outcome.is_clear else "others may still be as good as the first"
    before = f", {kept} more were kept from before" if kept > 0 else ""
    out.print(Text(f"{trial.new} calls{before}; {ended}."))
    show.table(out, pa.Table.from_pylist([_row(each) for each in trial.outcome.contenders[:k]]))
    for reason in trial.failed.values():
        out.print(Text(f"Tried no further: {reason}"), soft_wrap=True)
    out.print(Text(f"\n{text[:1].upper()}{text[1:]}."), soft_wrap=True)
    out.print(Text("The next `taskatlas run` publishes it."))


def _row(each: Contender) -> dict[str, Any]:
    known, tried, forecast = each.known, each.tried, each.forecast
    return {
        "subject": each.name,
        "texts": tried.n if tried else 0,
        "tried": tried.value if tried else None,
        "forecast": forecast.value if forecast else None,
        "expected": known.expected if tried or forecast else None,
        "low": known.low if tried or forecast else None,
        "high": known.high if tried or forecast else None,
    }
