"""Progress of a run, one bar per stage, with rate and time left."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from taskatlas.errors import printable


class _Rate(ProgressColumn):
    """Units per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        unit = task.fields["unit"]
        return Text(f"{speed:,.0f} {unit}/s" if speed and speed >= 1 else unit, style="dim")


class Bars:
    """A sink for `taskatlas.progress` that draws a bar per stage as the stages make themselves known.

    Where the console is no terminal, one line is printed per finished stage instead.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if not self._console.is_terminal:
            for bar in self._progress.tasks:
                self._console.print(
                    f"{bar.description:<10} {bar.completed:,.0f} of {bar.total or 0:,.0f} {bar.fields['unit']} "
                    f"in {bar.finished_time or bar.elapsed or 0:.1f} s"
                )

    def expect(self, stage: str, amount: int, unit: str) -> None:
        """Widen a stage's bar, or begin it."""
        if not amount:
            return
        if stage not in self._bars:
            self._bars[stage] = self._progress.add_task(stage, total=0, unit=unit)
        bar = self._bars[stage]
        known = next(task for task in self._progress.tasks if task.id == bar)
        self._progress.update(bar, total=(known.total or 0) + amount)

    def advance(self, stage: str, amount: int) -> None:
        """Move a stage's bar."""
        if stage in self._bars:
            self._progress.update(self._bars[stage], advance=amount)

    def note(self, line: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(Text(printable(line)), soft_wrap=True)
