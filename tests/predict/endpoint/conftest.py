"""A server of our own, cards that name it, and a run that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tenacity.wait import wait_none

from taskatlas.predict.remote import client
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import Parts
from tests.predict.ask import predict
from tests.predict.conftest import examples, prompt
from tests.predict.endpoint.server import Server, running

TEXTS = ("it was good", "it was bad", "it was odd")
Ask = Callable[..., list[dict[str, Any]]]


def card_of(server: Server, **fields: Any) -> EndpointModel:
    card_fields = {"url": server.url, "model": "tiny", "revision": "1", "tries": 4, "timeout": 5, **fields}
    return EndpointModel(kind="endpoint", name="remote", description="d", **card_fields)


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
