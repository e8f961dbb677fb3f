"""Progress: bars with rate and time left in a terminal, one line per stage elsewhere."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from threading import Thread

import pytest
from rich.console import Console

from taskatlas import progress
from taskatlas.cli import bars as bars_module
from taskatlas.cli.bars import Bars


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=100, force_terminal=terminal, legacy_windows=False)


def text(of: Console) -> str:
    assert isinstance(of.file, io.StringIO)
    return of.file.getvalue()


def test_without_a_terminal_there_is_one_line_per_stage():
    out = console(terminal=False)
    with Bars(out) as bars, progress.shown_by(bars):
        progress.expect("read", 2, "sources")
        progress.advance("read")
        progress.advance("read")
        assert text(out) == "", "nothing is drawn over and over into a file"
        progress.expect("encode", 1_500, "texts")
        progress.advance("encode", 1_500)
    lines = text(out).splitlines()
    assert [line.rsplit(" in ", 1)[0] for line in lines] == [
        "read       2 of 2 sources", "encode     1,500 of 1,500 texts",
    ]  # fmt: skip
    assert all(line.endswith(" s") for line in lines)


def test_in_a_terminal_there_is_a_bar_with_rate_and_time_left():
    out = console(terminal=True)
    with Bars(out) as bars, progress.shown_by(bars):
        progress.expect("predict", 4, "answer sets")
        progress.advance("predict", 2)
    printed = text(out)
    assert "predict" in printed
    assert "2/4" in printed
    assert "answer sets" in printed
    assert "left" in printed
    assert " of 4" not in printed


def test_a_stage_learns_of_more_work_as_it_goes():
    out = console(terminal=False)
    with Bars(out) as bars, progress.shown_by(bars):
        progress.expect("embed", 3, "vectors")
        progress.advance("embed", 3)
        progress.expect("embed", 2, "vectors")
        progress.advance("embed", 2)
        progress.expect("predict", 0, "answer sets")
        progress.advance("unheard of", 5)
    assert text(out).startswith("embed      5 of 5 vectors in ")
    assert len(text(out).splitlines()) == 1


def lines_of(of: Console) -> list[str]:
    """What was printed, without the seconds."""
    return [line.rsplit(" in ", 1)[0] for line in text(of).splitlines()]


def test_a_stages_line_is_there_as_soon_as_the_next_begins():
    out = console(terminal=False)
    with Bars(out) as bars, progress.shown_by(bars):
        progress.expect("predict", 2, "answer sets")
        progress.expect("encode", 10, "texts")
        progress.advance("encode", 10)
        progress.advance("predict")
        progress.expect("answer", 5, "texts")
        progress.advance("answer", 5)
        assert lines_of(out) == [], "steps of a stage that is at work are told at its end"
        progress.advance("predict")
        progress.expect("embed", 1, "vectors")
        assert lines_of(out) == ["predict    2 of 2 answer sets"]
        progress.expect("encode", 5, "texts")
        progress.advance("encode", 5)
        progress.advance("embed")
        progress.expect("publish", 1, "release")
        told = ["encode     15 of 15 texts", "answer     5 of 5 texts", "embed      1 of 1 vectors"]
        assert lines_of(out)[1:] == told
        progress.advance("publish")
    assert lines_of(out)[4:] == ["publish    1 of 1 release"]


def test_a_stage_that_is_at_work_tells_how_far_it_is_again_and_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bars_module, "_SECONDS", 0.02)
    out = console(terminal=False)
    with Bars(out) as bars, progress.shown_by(bars):
        progress.expect("predict", 2, "answer sets")
        progress.advance("predict")
        wait_for(lambda: lines_of(out).count("predict    1 of 2 answer sets") > 2)
        progress.advance("predict")
        wait_for(lambda: lines_of(out)[-1:] == ["predict    2 of 2 answer sets"])
        time.sleep(0.1)
    assert lines_of(out).count("predict    2 of 2 answer sets") == 1, "what has ended is told once"


def test_what_is_quick_leaves_no_line_where_ends_are_not_told(monkeypatch: pytest.MonkeyPatch):
    out = console(terminal=False)
    with Bars(out, tells_ends=False) as bars, progress.shown_by(bars):
        progress.expect("validate", 1, "sources")
        progress.advance("validate")
        progress.expect("select", 1, "sources")
    assert text(out) == ""
    monkeypatch.setattr(bars_module, "_SECONDS", 0.02)
    with Bars(out, tells_ends=False) as bars, progress.shown_by(bars):
        progress.expect("validate", 2, "sources")
        progress.advance("validate")
        wait_for(lambda: lines_of(out)[:1] == ["validate   1 of 2 sources"])


def test_half_a_minute_lies_between_two_lines():
    assert bars_module._SECONDS == 30


def test_a_narrow_terminal_shows_names_and_numbers_whole():
    out = Console(file=io.StringIO(), width=40, force_terminal=True, legacy_windows=False)
    with Bars(out) as bars, progress.shown_by(bars):
        progress.expect("benchmark", 12_345, "answer sets")
        progress.advance("benchmark", 2_000)
    assert "benchmark" in text(out)
    assert "2000/12345" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text(out))


def wait_for(done: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_stages_that_run_in_threads_are_counted_together():
    out = console(terminal=False)

    def work() -> None:
        for _ in range(100):
            progress.expect("read", 1, "sources")
            progress.advance("read")

    with Bars(out) as bars, progress.shown_by(bars):
        threads = [Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert text(out).startswith("read       800 of 800 sources")


def test_a_run_that_fails_leaves_its_lines_and_its_error():
    out = console(terminal=False)

    def run() -> None:
        with Bars(out) as bars, progress.shown_by(bars):
            progress.expect("read", 2, "sources")
            progress.advance("read")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run()
    assert text(out).startswith("read       1 of 2 sources")


def test_after_the_block_nobody_listens():
    out = console(terminal=False)
    with Bars(out) as bars, progress.shown_by(bars):
        pass
    progress.expect("read", 1, "sources")
    progress.advance("read")
    assert text(out) == ""


def test_work_that_begins_anew_takes_back_what_was_not_done():
    out = console(terminal=False)
    with Bars(out) as bars, progress.shown_by(bars):
        progress.expect("embed", 3, "vectors")
        progress.advance("embed", 2)
        progress.expect("publish", 1, "release")
        progress.withdraw()
        progress.expect("embed", 1, "vectors")
        progress.advance("embed")
        progress.expect("publish", 1, "release")
        progress.advance("publish")
        progress.withdraw()
    lines = [line.rsplit(" in ", 1)[0] for line in text(out).splitlines()]
    assert lines == ["embed      3 of 3 vectors", "publish    1 of 1 release"]
