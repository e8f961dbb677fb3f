"""The example cards hold what a card may hold, together with a project; their weights lie on the hub."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from taskatlas.predict.identity import model_id
from taskatlas.registry import load
from tests.conftest import ROOT
from tests.registry.project import write_cards

CARDS = sorted((ROOT / "examples" / "cards").glob("*.yaml"))


def test_there_are_examples():
    assert {path.stem for path in CARDS} >= {"roberta-sentiment", "flan-t5", "qwen-instruct", "llama-instruct", "e5"}


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_an_example_is_a_model_of_a_project(tmp_path: Path, path: Path):
    write_cards(tmp_path)
    shutil.copy(path, tmp_path / "models" / path.name)
    card = load(tmp_path).models[path.stem]
    assert card.license != "unknown"
    assert len(model_id(card)) == 20
    weights = getattr(card, "weights", None)
    if weights is not None:
        assert weights.source.startswith("hf:")
        assert len(weights.revision) == 40
