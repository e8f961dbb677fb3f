"""A server of our own, cards that name it, and a run that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tenacity.wait import wait_none

from taskatlas.predict.remote import client
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import Parts
from tests.support.asking import examples, predict, prompt
from tests.support.endpoint import TEXTS, Server, card_of, running

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as running_server:
        yield running_server


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waits but those that a server asks for."""
    monkeypatch.setattr(client, "_GROWING", wait_none())
    monkeypatch.setattr(client, "_JITTER", wait_none())


@pytest.fixture
def ask(tmp_path: Path, parts: Parts, server: Server) -> Ask:
    """Predictions of the server's model as Python rows, of one prompt after another."""

    def run(texts: Sequence[str] = TEXTS, prompts: Sequence[PromptCard] = (prompt(),), **fields: Any) -> list[Any]:
        running_server = predict(card_of(server, **fields), prompts, examples(texts), tmp_path, parts)
        return [row for table in running_server.values() for row in table.to_pylist()]

    return run
