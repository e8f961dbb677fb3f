"""What a person is told while something runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from taskatlas.progress import shown_by


class Lines:
    """A sink that keeps what a person is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def expect(self, stage: str, amount: int, unit: str) -> None:
        pass

    def advance(self, stage: str, amount: int) -> None:
        pass

    def note(self, line: str) -> None:
        self.lines.append(line)


@contextmanager
def told() -> Iterator[list[str]]:
    """The lines that a person is told within the block."""
    sink = Lines()
    with shown_by(sink):
        yield sink.lines
