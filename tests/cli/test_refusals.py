"""Words that no command takes are shown so that they cannot steer a terminal, nor hide what was typed."""

from __future__ import annotations

import pytest

from tests.support.command_line import run_cli

STEERING = "\x1b[31m\x07\x9b\u202e\u200b"
SHOWN = r"\x1b[31m\x07\x9b\u202e\u200b"


@pytest.mark.parametrize(
    "words",
    [
        ["run", f"--x{STEERING}"],
        [f"--x{STEERING}"],
        [STEERING],
        ["nearest", "a", STEERING],
        ["recommend", STEERING, "d"],
        ["import", "scores", "a", "--unit", STEERING],
        ["add", f"--x{STEERING}"],
        ["add", "dataset", "a", f"--x{STEERING}"],
    ],
)
def test_what_is_refused_is_written_out(words: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "300")
    said = run_cli(*words)
    assert said.code == 2
    assert SHOWN in said.err
    assert not {*said.err + said.out} & {*"\x1b\x07\x9b\u202e\u200b"}
