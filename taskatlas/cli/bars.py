"""Progress of a run, one bar per stage, with rate and time left."""

from __future__ import annotations

from threading import Event, RLock, Thread
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

_SECONDS = 30.0
"""Between two lines of a stage that is at work, where they go into a file."""
_OWN = frozenset({"read", "validate", "select", "predict", "embed", "seeds", "benchmark", "publish", "try"})
"""Work of one stage alone. All other is done for several, and nobody knows when it has ended before the last of them
has."""
_WIDE = 80
"""Columns of a terminal that has room for bars."""


class _Rate(ProgressColumn):
    """Units per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        unit = task.fields["unit"]
        return Text(f"{speed:,.0f} {unit}/s" if speed and speed >= 1 else unit, style="dim")


def _columns(width: int) -> list[ProgressColumn]:
    """Return what is shown of a stage: its name and how much is done whole, the rest where there is room for it."""
    name, done = TextColumn("{task.description:<10}"), MofNCompleteColumn()
    if width < _WIDE:
        return [name, done, TimeRemainingColumn()]
    bar, left = BarColumn(bar_width=24), TextColumn("left")
    return [name, bar, done, _Rate(), TimeElapsedColumn(), left, TimeRemainingColumn()]


class Bars:
    """A sink for `taskatlas.progress` that draws a bar per stage as the stages make themselves known.

    Where the console is no terminal, a line is printed when a stage ends, and every 30 s for each that is at work.

    Args:
        console: where to.
        tells_ends: whether there is a line when a stage ends; else what is quick leaves none.
    """

    def __init__(self, console: Console, *, tells_ends: bool = True) -> None:
        self._console, self._tells_ends = console, tells_ends
        self._bars: dict[str, TaskID] = {}
        self._progress = Progress(*_columns(console.width), console=console, disable=not console.is_terminal)
        self._printed: dict[str, str] = {}
        self._lock, self._ended = RLock(), Event()
        self._clock = Thread(target=self._print_now_and_then, name="taskatlas-progress", daemon=True)

    def __enter__(self) -> Self:
        self._progress.start()
        if not self._console.is_terminal:
            self._clock.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if not self._console.is_terminal:
            self._ended.set()
            self._clock.join()
            for bar in self._progress.tasks if self._tells_ends else ():
                self._print_line(bar)

    def expect(self, stage: str, amount: int, unit: str) -> None:
        """Widen a stage's bar, or begin it."""
        if not amount:
            return
        with self._lock:
            if stage not in self._bars:
                self._print_ended()
                self._bars[stage] = self._progress.add_task(stage, total=0, unit=unit)
            bar = self._bars[stage]
            known = next(task for task in self._progress.tasks if task.id == bar)
            self._progress.update(bar, total=(known.total or 0) + amount)

    def advance(self, stage: str, amount: int) -> None:
        """Move a stage's bar."""
        if stage in self._bars:
            self._progress.update(self._bars[stage], advance=amount)

    def _print_ended(self) -> None:
        """Print the lines of stages that are done, and before each those of the steps that came up before it."""
        if self._console.is_terminal or not self._tells_ends or not self._clock.is_alive():
            return
        bars = self._progress.tasks
        last = max((at for at, bar in enumerate(bars) if bar.finished and bar.description in _OWN), default=-1)
        for bar in bars[: last + 1]:
            if bar.finished:
                self._print_line(bar)

    def _print_line(self, bar: Task) -> None:
        """Print how far a stage is; of a step that is done once, although a later stage may do more of it."""
        if not (bar.finished and bar.description not in _OWN and bar.description in self._printed):
            self._print(bar)

    def _print_now_and_then(self) -> None:
        while not self._ended.wait(_SECONDS):
            with self._lock:
                for bar in self._progress.tasks:
                    self._print_line(bar)

    def _print(self, bar: Task) -> None:
        """Print how far a stage is, unless its end was told and it has done no more since."""
        with self._lock:
            done = f"{bar.description:<10} {bar.completed:,.0f} of {bar.total or 0:,.0f} {bar.fields['unit']}"
            if bar.finished and self._printed.get(bar.description) == done:
                return
            self._printed[bar.description] = done
            self._console.print(Text(f"{done} in {bar.finished_time or bar.elapsed or 0:.1f} s"), soft_wrap=True)

    def note(self, line: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(Text(printable(line)), soft_wrap=True)
