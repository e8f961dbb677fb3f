"""How far the work is, reported to whoever shows it.

Stages call `expect` when they know of work and `advance` as it gets done, from any thread. Nothing is shown unless a
sink is installed with `shown_by`; the CLI installs a rich progress display. Work that is to end, as after Ctrl-C, ends
where it reports next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import Protocol


class Sink(Protocol):
    """Something that shows progress. Its methods are called from several threads."""

    def expect(self, stage: str, amount: int, unit: str) -> None:
        """Note that so much more work of a stage is known of; or less, where the amount is negative."""

    def advance(self, stage: str, amount: int) -> None:
        """Note that so much of it is done."""

    def note(self, line: str) -> None:
        """Something that a person should know, in one line."""


class _Silent:
    def expect(self, stage: str, amount: int, unit: str) -> None:
        pass

    def advance(self, stage: str, amount: int) -> None:
        pass

    def note(self, line: str) -> None:
        pass


_sink: Sink = _Silent()
_ending = Event()
_lock = Lock()
_outstanding: dict[str, tuple[int, str]] = {}
"""What is not done yet of each stage's work, and its unit."""


def expect(stage: str, amount: int, unit: str) -> None:
    """Announce `amount` more of a stage's work, counted in `unit` ("texts", "vectors", ...).

    Raises:
        KeyboardInterrupt: the work is to end.
    """
    _go_on_or_end()
    with _lock:
        _outstanding[stage] = (_outstanding.get(stage, (0, unit))[0] + amount, unit)
    _sink.expect(stage, amount, unit)


def advance(stage: str, amount: int = 1) -> None:
    """Report that `amount` of a stage's work is done.

    Raises:
        KeyboardInterrupt: the work is to end.
    """
    _go_on_or_end()
    with _lock:
        left, unit = _outstanding.get(stage, (amount, ""))
        _outstanding[stage] = (left - amount, unit)
    _sink.advance(stage, amount)


def withdraw() -> None:
    """Take back what was announced and is not done, as the work begins anew and announces it again."""
    with _lock:
        outstanding = dict(_outstanding)
        _outstanding.clear()
    for stage, (left, unit) in outstanding.items():
        if left > 0:
            _sink.expect(stage, -left, unit)


def note(line: str) -> None:
    """Tell a person something in one line."""
    _sink.note(line)


@contextmanager
def ended_by_interrupts() -> Iterator[None]:
    """End the work of all threads when the block is left by an interrupt (Ctrl-C, SIGTERM), which reaches the main
    thread alone: Prefect's runner would wait for theirs, however long it takes."""
    _ending.clear()
    try:
        yield
    except Exception:
        raise
    except BaseException:
        _ending.set()
        raise


def _go_on_or_end() -> None:
    if _ending.is_set():
        raise KeyboardInterrupt


@contextmanager
def shown_by(sink: Sink) -> Iterator[None]:
    """Send progress to `sink` within the block. A process shows one run at a time, so the sink is the process's own:
    a context variable would not reach the threads that Prefect's runner starts.
    """
    global _sink  # noqa: PLW0603
    before, _sink = _sink, sink
    _outstanding.clear()
    try:
        yield
    finally:
        _sink = before
