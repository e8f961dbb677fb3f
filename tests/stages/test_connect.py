"""Whether servers can be asked is told before a run asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.endpoint import Act, Server, gives, running
from tests.support.projects import write_card

VARIABLE = "TASKATLAS_TEST_KEY"


def has(*models: str) -> Act:
    """The server's list of models."""
    return gives({"object": "list", "data": [{"id": model, "object": "model"} for model in models]})


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as running_server:
        yield running_server


@pytest.fixture
def served(copied: Callable[..., Path], server: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = copied()
    write_card(folder, "models", "served", kind="endpoint", url=server.url, model="m", revision="1",
               key=f"env:{VARIABLE}", spend_limit={"requests": None})  # fmt: skip
    monkeypatch.setenv(VARIABLE, "key-that-nobody-sees")
    return folder


def test_a_server_that_has_the_model(served: Path, server: Server):
    server.models = has("m", "other")
    done = run_cli("validate", "--connect", "--project", served)
    assert done.code == 0
    assert "models/served.yaml: the server answers, and has the model m" in done.err.splitlines()
    assert "key-that-nobody-sees" not in done.out + done.err
    assert server.asked == [], "no text was sent"


def test_one_that_has_another(served: Path, server: Server):
    server.models = has("mm")
    done = run_cli("validate", "--connect", "--project", served)
    assert done.code == 2
    where = f"error: models/served.yaml: model served: the server at {server.url}"
    assert done.err.startswith(f"{where} has no model called 'm'. Did you mean 'mm'?")


def test_one_that_is_not_there(served: Path):
    change_card(served / "models/served.yaml", url="http://127.0.0.1:9/v1")
    done = run_cli("validate", "--connect", "--project", served)
    assert done.code == 2
    assert done.err.startswith("error: models/served.yaml: model served: the server at http://127.0.0.1:9/v1 ")


@pytest.mark.parametrize(("option", "code"), [([], 0), (["--connect"], 2)])
def test_a_key_that_is_not_set(served: Path, monkeypatch: pytest.MonkeyPatch, option: list[str], code: int):
    monkeypatch.delenv(VARIABLE)
    done = run_cli("validate", *option, "--project", served)
    assert done.code == code
    line = f"models/served.yaml: model served: its key env:{VARIABLE} is not there. Set it where runs start"
    assert line in [each.removeprefix("error: ") for each in done.err.splitlines()]
