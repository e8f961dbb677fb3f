"""Progress: bars with rate and time left in a terminal, one line per stage elsewhere."""

from __future__ import annotations

import io
from threading import Thread

import pytest
from rich.console import Console

from taskatlas import progress
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
