# ruff: noqa: ARG001 - --verbose is read by its callback
"""The command that calls subjects on some of a dataset's texts, where the decision is."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from taskatlas.cli.options import Json, Limit, Project, Verbose, err, out
from taskatlas.cli.recommending import INTERVAL
from taskatlas.errors import TaskatlasError
from taskatlas.project.find import find_project

if TYPE_CHECKING:
    from taskatlas.stages.expense import Expense
    from taskatlas.stages.trying import Trial


def try_subjects(
    dataset: Annotated[str, typer.Argument(help="The dataset that a subject is wanted for.")],
    calls: Annotated[
        int, typer.Option("--calls", metavar="N", help="The most new calls; answers that are there cost none.")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Call servers without asking first.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    k: Limit = 10,
    project: Project = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Call the subjects that may be the best on a dataset which no run measures, and say which one is.

    Subjects are called in rounds, on the same texts, the best half of them after each; it ends early where the best is
    clear. Every answer is kept and used again: after an interrupt the same command goes on with the rest of its N
    calls, and after its end it makes at most N more.
    """
    from taskatlas.cli.bars import Bars
    from taskatlas.plan.plan import Plan
    from taskatlas.plan.project import Project as Opened
    from taskatlas.plan.since import note_tried
    from taskatlas.predict.device import choose_device
    from taskatlas.progress import shown_by
    from taskatlas.recommend.words import in_words
    from taskatlas.stages.expense import expense
    from taskatlas.stages.recommendations import subjects_for
    from taskatlas.stages.trying import Bench, require_calls
    from taskatlas.store.project_lock import project_lock

    opened = Opened(find_project(project))
    with project_lock(opened.folders.warehouse):
        plan = Plan(opened)
        bench = Bench(plan, dataset, choose_device(device))
        require_calls(calls)
        spent = bench.spent(calls)
        _tell_there(bench.answers - spent, spent, calls)
        _agree(expense(plan, bench.left(), calls - spent), len(bench.subjects), agreed=yes)
        with Bars(err) as bars, shown_by(bars), _interruptible():
            trial = bench.try_out(calls)
        rows = subjects_for(Plan(opened), dataset)
        text = in_words(rows, labels=opened.registry.datasets[dataset].class_labels)
        if trial.new:
            note_tried(plan.state, dataset, text)
    if as_json:
        _write_json(trial, rows, text)
    else:
        _tell(trial, rows, text, k)
    if trial.failed:
        raise typer.Exit(1)


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as interrupt:
        err.print("interrupted; what was answered is kept, and the same command goes on from there")
        raise typer.Exit(130) from interrupt


def _tell_there(before: int, spent: int, calls: int) -> None:
    """Say which answers are there already."""
    if spent:
        err.print(Text(f"It goes on: {spent:,} of its {_counted(calls, 'call')} were made before."), soft_wrap=True)
    if before:
        err.print(Text(f"There already: {_counted(before, 'answer')}; they cost no call."), soft_wrap=True)


def _agree(most: Expense, subjects: int, *, agreed: bool) -> None:
    """Say what it may cost, and ask where somebody is there to answer.

    Raises:
        TaskatlasError: servers would be called, and nobody can be asked.
        Exit: the answer was no.
    """
    told = f"At most {_counted(most.calls, 'call')} of {_counted(subjects, 'subject')}{_priced(most)}."
    err.print(Text(told if most.calls else "There are no calls to make."), soft_wrap=True)
    if not most.of_servers or agreed:
        return
    if not sys.stdin.isatty():
        raise TaskatlasError("servers would be called", todo="give --yes if they may be")
    if not typer.confirm("Call them?", err=True):
        raise typer.Exit(1)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _priced(most: Expense) -> str:
    if not most.of_servers:
        return ", all of them here: they cost time alone"
    told = []
    if most.dearest is not None:
        told.append(f"they cost at most {most.of_servers * most.dearest:.4g}, by what answers cost so far")
    if most.unknown:
        told.append(f"nobody knows what those of {most.unknown} cost, as their cards have no prices")
    return "".join(f"; {each}" for each in told)


def _write_json(trial: Trial, rows: Sequence[dict[str, Any]], text: str) -> None:
    from taskatlas.cli import show

    told = {"text": text, "answers": trial.answers, "new_calls": trial.new, "is_clear": trial.is_clear}
    show.print_json({**told, "failed": trial.failed, "tried": _contenders(trial, rows), "rows": rows})


def _tell(trial: Trial, rows: Sequence[dict[str, Any]], text: str, k: int) -> None:
    import pyarrow as pa

    from taskatlas.cli import show

    out.print(Text(f"{_spent(trial)}{_ended(trial, rows)}."), soft_wrap=True)
    told = pa.Table.from_pylist(_contenders(trial, rows)[:k])
    show.table(out, told if told["measured"].null_count < len(told) else told.drop_columns("measured"), INTERVAL)
    for reason in trial.failed.values():
        out.print(Text(f"Tried no further: {reason}"), soft_wrap=True)
    out.print(Text(f"\n{text[:1].upper()}{text[1:]}."), soft_wrap=True)
    out.print(Text("The next `taskatlas run` publishes it."))


def _spent(trial: Trial) -> str:
    there = trial.answers - trial.new
    before = f"{_counted(there, 'answer')} {'was' if there == 1 else 'were'} there, " if there else ""
    return f"{before}{_counted(trial.new, 'call')} made"


def _ended(trial: Trial, rows: Sequence[dict[str, Any]]) -> str:
    """Whether more calls may change what comes first; nothing where the sentence says that nothing is any good."""
    from taskatlas.recommend.words import is_worth_using

    if not is_worth_using(rows):
        return ""
    return f"; {'it is clear which is the best' if trial.is_clear else 'others may still be as good as the first'}"


def _contenders(trial: Trial, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of those that may be tried and those that were measured, in the order in which they are recommended: the
    table says what the sentence below it does."""
    names = {each.name for each in trial.standing}
    return [_row(row) for row in rows if row["candidate"] in names]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in ("tried", "measured", "forecast", "expected", "low", "high")}
    asked = row["tried"] is not None or row["measured"] is not None
    return {"subject": row["candidate"], "texts": row["n"] if asked else 0, **said}
