"""Tiny random surrogates, each made once, and one thread for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from taskatlas.predict.encode import Encoder
from taskatlas.schemas.cards import Weights
from tests.support.tuned import Surrogate, checkpoint


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """Matrices of 16 numbers gain nothing from two threads, which wait for each other on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def surrogate(tmp_path_factory: pytest.TempPathFactory) -> Surrogate:
    """Loads a surrogate of a kind, on the CPU."""
    folder = tmp_path_factory.mktemp("surrogates")
    weights: dict[str, Weights] = {}

    def load(kind: str = "bert", **fields: object) -> Encoder:
        if kind not in weights:
            weights[kind] = checkpoint(kind, folder)
        return Encoder(weights[kind].model_copy(update=fields), folder, "cpu")

    return load
