"""A real server, `transformers serve`, with a tiny random chat model made on the spot."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.remote.ledger import spent
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.language import CausalModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, predict, prompt
from tests.support.servers import free_port, running_server

TEXTS = ["the film was good", "the dog sat on the mat", "it was terrible"]
ASKED = [prompt(system="you are kind"), prompt("other", template="review: {{ text }} answer:", choices={})]


class Real(NamedTuple):
    """A server, and the project whose weights it answers with."""

    url: str
    folder: Path
    weights: Weights

    def card(self, **fields: object) -> EndpointModel:
        card_fields = {"url": self.url, "model": str(self.folder / "llama"), "revision": "1", "max_tokens": 6, **fields}
        return EndpointModel(kind="endpoint", name="remote", description="d", **card_fields)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    folder = tmp_path_factory.mktemp("real")
    weights = checkpoints.causal(folder / "llama", chat=True)
    port = free_port()
    command = [Path(sys.executable).with_name("transformers"), "serve", folder / "llama"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    variables = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    with running_server(command, f"http://127.0.0.1:{port}/health", folder / "server.log", **variables):
        yield Real(f"http://127.0.0.1:{port}/v1", folder, weights)


def test_it_writes_in_chats_what_its_weights_write(real: Real, parts: Parts):
    card = real.card(prompt_price=1.0)
    tables = predict(card, ASKED, examples(TEXTS), real.folder, parts)
    here = CausalModel(
        kind="causal", name="here", description="d", weights=real.weights, chat=True, mode="generate", max_tokens=6,
        stop=(),
    )  # fmt: skip
    known = predict(here, ASKED, examples(TEXTS), real.folder, parts, "cpu")
    for name in ("plain", "other"):
        remote, local = tables[f"remote/{name}"].to_pylist(), known[f"here/{name}"].to_pylist()
        assert [row["output"] for row in remote] == [row["output"] for row in local]
        assert [row["label"] for row in remote] == [row["label"] for row in local]
    cost = spent(parts, card)
    assert set(cost) == {"remote/plain", "remote/other"}
    assert cost["remote/plain"].requests == 3
    assert 0 < cost["remote/plain"].completion_tokens <= 18
    assert cost["remote/plain"].cost == pytest.approx(cost["remote/plain"].prompt_tokens / 1e6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, r"gives no log-probabilities.*Set mode: generate on the card"),
        ({"api": "completions", "options": {"max_tokens": 1}}, r"gives no log-probabilities.*Set mode: generate"),
        # it cannot write nothing
        ({"api": "completions", "tries": 1}, r"answers 500 .*where it gives no log-probabilities, set mode: generate"),
    ],
)
def test_it_tells_of_no_likelihoods(real: Real, parts: Parts, fields: dict[str, Any], message: str):
    with pytest.raises(ModelError, match=message):
        predict(real.card(mode="choices", **fields), ASKED[:1], examples(TEXTS), real.folder, parts)


def test_it_is_pinned_to_its_model(real: Real, parts: Parts):
    with pytest.raises(ModelError, match=r"answers 400 \(Server is pinned to .*requested 'else'"):
        predict(real.card(model="else"), ASKED[:1], examples(TEXTS), real.folder, parts)
