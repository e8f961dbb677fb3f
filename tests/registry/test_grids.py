"""Cards of encoders with several layers and dimensions: one model of each pair, one pass for all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import ModelError, TaskatlasError
from taskatlas.hashing import text_id
from taskatlas.predict.encode import Encoder
from taskatlas.predict.identity import model_id
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.phi import Phi
from taskatlas.registry.load import load
from taskatlas.schemas.models import EncoderModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.cards import write_cards
from tests.support.projects import write_card

TEXTS = [Example(text_id(text), text) for text in ("the dog sat", "a cat", "it was very bad .")]
PAIRS = ["grid-l0-d4", "grid-l0-d8", "grid-l2-d4", "grid-l2-d8"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose card `grid` stands for four models."""
    folder = tmp_path / "project"
    write_cards(folder)
    return folder


def grid(folder: Path, **fields: Any) -> None:
    weights = checkpoints.bert("BertModel", folder / "weights").model_dump(exclude_none=True)
    card = {"name": "grid", "description": "Cut short", "kind": "encoder", "weights": weights, "precision": "float32"}
    write_card(folder, "models", "grid", **{**card, "layers": [0, 2], "dims": [4, 8], **fields})


def test_each_pair_is_a_model_and_a_prompt_may_name_all(project: Path):
    grid(project)
    before = load(project)
    prompt = next(iter(before.prompts.values()))
    write_card(project, "prompts", prompt.name, **{**prompt.model_dump(mode="json"), "models": ["grid"]})
    registry = load(project)
    made = {name: registry.models[name] for name in registry.models if name.startswith("grid")}
    assert [*made] == PAIRS
    assert [(card.layer, card.dim) for card in made.values() if isinstance(card, EncoderModel)] == [
        (0, 4), (0, 8), (2, 4), (2, 8)
    ]  # fmt: skip
    assert registry.prompts[prompt.name].models == tuple(PAIRS)
    assert {registry.file("models", name) for name in PAIRS} == {"models/grid.yaml"}
    assert len({model_id(card) for card in made.values()}) == 4
    subjects = {subject.name for subject in registry.subjects()}
    assert {f"{name}/{prompt.name}" for name in PAIRS} <= subjects


def test_a_pair_is_the_model_that_a_card_of_its_own_would_be(project: Path):
    grid(project)
    card = load(project).models["grid-l2-d4"]
    assert isinstance(card, EncoderModel)
    own = EncoderModel.model_validate(
        {"name": "own", "description": "d", "kind": "encoder", "weights": card.weights, "layer": 2, "dim": 4}
    )
    assert model_id(card) == model_id(own)


def test_all_are_encoded_in_one_pass(project: Path, monkeypatch: pytest.MonkeyPatch):
    grid(project)
    timed, passes = Encoder.timed, []

    def counted(self: Encoder, texts: Any, **more: Any) -> Any:
        passes.append(len(texts))
        return timed(self, texts, **more)

    monkeypatch.setattr(Encoder, "timed", counted)
    registry, context = load(project), ModelContext(project, Parts(project / "parts"), "cpu")
    cards = [card for name in PAIRS if isinstance(card := registry.models[name], EncoderModel)]
    found = {card.name: Phi(card, context).encode(TEXTS) for card in cards}
    assert passes == [len(TEXTS)]
    alone = Encoder(cards[0].weights, project, "cpu").encode([(each.text, None) for each in TEXTS])
    for card in cards:
        cut = alone[:, card.layer if isinstance(card.layer, int) else -1, : card.dim]
        expected = cut / np.linalg.norm(cut, axis=1, keepdims=True)
        np.testing.assert_allclose(found[card.name], expected, atol=1e-6)


def test_dims_alone_and_layers_alone(project: Path):
    grid(project, layers=[], dims=[4, 8])
    assert [name for name in load(project).models if name.startswith("grid")] == ["grid-d4", "grid-d8"]
    grid(project, layers=[1], dims=[])
    assert [name for name in load(project).models if name.startswith("grid")] == ["grid-l1"]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"layer": 1}, "layer and layers are both there"),
        ({"dim": 4}, "dim and dims are both there"),
        ({"dims": [4, 4]}, "dims names one twice"),
        ({"layers": [-1]}, "layers"),
        ({"name": "n" * 49}, "at most 48 characters"),
    ],
)
def test_what_contradicts_itself_is_refused(project: Path, fields: dict[str, Any], what: str):
    grid(project, **fields)
    with pytest.raises(TaskatlasError, match=what):
        load(project)


def test_names_that_are_taken_and_layers_that_are_not_there_are_told(project: Path):
    grid(project)
    cards = load(project).models
    write_card(project, "models", "other", **{**cards["grid-l0-d4"].model_dump(mode="json"), "layers": []})
    with pytest.raises(TaskatlasError, match=r"models/grid.yaml.*one of its models is called 'grid-l0-d4', as another"):
        load(project)
    (project / "models" / "other.yaml").unlink()
    grid(project, layers=[0, 7])
    card = load(project).models["grid-l0-d4"]
    assert isinstance(card, EncoderModel)
    with pytest.raises(ModelError, match=r"layer 7: the weights have 3, 0 being the embeddings'"):
        Phi(card, ModelContext(project, Parts(project / "parts"), "cpu")).encode(TEXTS)
