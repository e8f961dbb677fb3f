from __future__ import annotations

import pytest

from taskatlas.predict.identity import model_id
from taskatlas.schemas.cards import DatasetCard, Weights
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.language import CausalModel
from taskatlas.schemas.models import MODEL_KINDS, CallableModel, ProbeModel, RecordedModel

ZEROS = "0" * 64


def test_is_free_of_names_and_places(encoder_card):
    elsewhere = encoder_card.weights.model_copy(update={"source": "models/minilm"})
    said = {"name": "other", "description": "x", "license": "y", "language": "en", "families": ("f",)}
    renamed = {**said, "weights": elsewhere}
    assert model_id(encoder_card.model_copy(update=renamed)) == model_id(encoder_card)


def test_changes_with_what_changes_the_outputs(encoder_card):
    changes = [{}, {"scale": 10.0}]
    changes += [
        {"weights": encoder_card.weights.model_copy(update=one)} for one in ({"sha256": ZEROS}, {"max_length": 64})
    ]
    assert len({model_id(encoder_card.model_copy(update=change)) for change in changes}) == 4


def test_of_a_probe_needs_what_it_is_fitted_on(encoder_card):
    card = ProbeModel(kind="probe", name="p", description="d", encoder="minilm", dataset="moods")
    fields = {"family": "f", "domain": "d", "source": "s.csv", "labels": ("a", "b")}
    dataset = DatasetCard(name="moods", description="d", **fields)
    whole = {"encoder": encoder_card, "dataset": dataset, "train_id": "1"}
    turned = dataset.model_copy(update={"labels": ("b", "a")})
    ids = [model_id(card, **{**whole, **change}) for change in ({}, {"train_id": "2"}, {"dataset": turned})]
    assert len(set(ids)) == 3
    with pytest.raises(ValueError, match="train data"):
        model_id(card)


def test_of_functions_and_files():
    function = CallableModel(
        kind="callable", name="f", description="d", entry_point="m:f", package="p", revision="1", labels=("a", "b")
    )
    changes = [{}, {"revision": "2"}, {"options": {"k": 1}}, {"labels": ("b", "a")}, {"entry_point": "m:g"}]
    assert len({model_id(function.model_copy(update=change)) for change in changes}) == 5
    file = RecordedModel(
        kind="recorded", name="r", description="d", source="a.csv", revision="1", sha256=ZEROS, labels="number"
    )
    assert model_id(file) == model_id(file.model_copy(update={"source": "b.csv", "revision": "2"}))
    assert model_id(file) != model_id(file.model_copy(update={"sha256": "1" * 64}))


def test_what_a_card_leaves_out_or_only_computes_by_does_not_count():
    weights = {"source": "hf:owner/name", "revision": "a" * 40}
    card = CausalModel(kind="causal", name="lm", description="d", weights=Weights(**weights))
    assert None not in card.content.values(), "so that a kind can get further optional fields"
    assert card.content["weights"] == {**weights, "max_length": 128, "pooling": "mean", "trust_pickle": False}
    assert model_id(card.model_copy(update={"device_map": "auto"})) == model_id(card)
    assert len({model_id(card.model_copy(update=one)) for one in ({}, {"baseline": "N/A"}, {"quantised": "int8"})}) == 3
    card_fields = {
        "kind": "endpoint",
        "name": "e",
        "description": "d",
        "url": "http://a/v1",
        "model": "m",
        "revision": "1",
    }
    plain, without = (EndpointModel(**card_fields, options=options) for options in ({}, {"max_tokens": None}))
    assert model_id(plain) != model_id(without), "null takes a field away from requests"
    for kind in MODEL_KINDS.values():
        assert kind.operation <= set(kind.model_fields)
