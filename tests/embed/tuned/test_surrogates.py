"""Every method on every kind of surrogate: a vector, or an error that says what to do; seeds and initialisations."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from taskatlas.embed.tuned import trainer
from taskatlas.embed.tuned.tunable import Tunable
from taskatlas.errors import InputError
from taskatlas.predict.encode import Encoder
from tests.support.tuned import (
    BRIEF,
    DIM,
    KINDS,
    NAMES,
    Surrogate,
    brief,
    cosine,
    embed,
    free,
    inputs,
    labels,
    numbers,
    soft,
    texts,
    training_job,
    vector,
)

REFUSED = {("bitfit", "modernbert"), ("bitfit", "t5")}
"""They have no biases."""
DIMS = {
    "bert": {"prefix": 512, "prompt": 256, "bitfit": 240, "lora": 1_024, "fisher": 3_920, "taskvector": 3_888},
    "roberta": {"prefix": 512, "prompt": 256, "bitfit": 240, "lora": 1_024, "fisher": 3_920, "taskvector": 3_888},
    "modernbert": {"prefix": 512, "prompt": 256, "lora": 1_024, "fisher": 4_416, "taskvector": 4_416},
    # two heads of 6, so prefixes are narrower than the model; and 18 word vectors of 16 that neither of two reads
    "t5": {"prefix": 384, "prompt": 256, "lora": 896, **dict.fromkeys(("fisher", "taskvector"), 3_456 - 18 * DIM)},
}
ALL = [(kind, name) for kind in KINDS for name in NAMES if (name, kind) not in REFUSED]
OWN = {"fisher", "taskvector"}
"""They tune the surrogate's own weights, which are pinned by their hash."""
PINNED = [name for name in NAMES if name not in OWN]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_vector_for_every_entity(surrogate: Surrogate, kind: str, name: str) -> None:
    entities = [labels(), labels(seed=1), soft(), numbers(), free()]
    results = [vector(one) for one in embed(brief(name), partial(surrogate, kind), entities)]
    for one in results:
        assert one.dtype == np.float32
        assert np.isfinite(one).all()
        assert np.linalg.norm(one) > 1e-3
    for index, one in enumerate(results):
        assert all(cosine(one, other) < 0.999 for other in results[:index])


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_dimensions(surrogate: Surrogate, kind: str, name: str) -> None:
    results = vector(embed(brief(name), partial(surrogate, kind), [labels()])[0])
    assert results.shape == (DIMS[kind][name],)


@pytest.mark.parametrize(("name", "kind"), sorted(REFUSED))
def test_what_cannot_be_tuned_is_told(surrogate: Surrogate, name: str, kind: str) -> None:
    method, texts_in = brief(name), inputs(partial(surrogate, kind), name="my-encoder")
    for attempt in (method.pin, partial(method.share, pinned={})):
        with pytest.raises(InputError) as caught:
            attempt(texts_in)
        message = str(caught.value)
        for part in (name, "surrogate my-encoder", kind, "'.bias'", "Choose another method", "student"):
            assert part in message


def test_lora_needs_modules_whose_names_are_known(surrogate: Surrogate) -> None:
    def load(kind: str) -> Encoder:
        encoder = surrogate()
        encoder.model.config.model_type = kind
        return encoder

    for kind, why in (("nobodys", "does not know the names"), ("modernbert", "it has no modules Wqkv")):
        with pytest.raises(InputError, match=f"surrogate tiny: lora cannot tune it: .*{why}.* Choose another method"):
            brief("lora").pin(inputs(partial(load, kind)))


def test_a_prefix_needs_an_attention_that_can_be_reached(surrogate: Surrogate) -> None:
    def load() -> Encoder:
        encoder = surrogate()
        for module in encoder.model.modules():
            vars(module).pop("layer_idx", None)
        return encoder

    with pytest.raises(InputError, match="surrogate tiny: prefix cannot tune it: its attention cannot be reached"):
        brief("prefix").pin(inputs(load))


@pytest.mark.parametrize(("kind", "most"), [("bert", 48), ("modernbert", 48), ("roberta", 48)])
def test_a_prompt_needs_places(surrogate: Surrogate, kind: str, most: int) -> None:
    """All have places for 64 tokens; RoBERTa's table has 66, of which it never uses the first two."""
    batch = [*texts(7), ("dog " * 60, None)]
    results = embed(brief("prompt"), partial(surrogate, kind, max_length=most), [labels(8)], batch)
    assert np.linalg.norm(vector(results[0])) > 1e-3
    for length in (most + 1, most + 2, most + 3):
        with pytest.raises(InputError, match=r"surrogate tiny: prompt cannot tune it: .* Choose another method"):
            embed(brief("prompt"), partial(surrogate, kind, max_length=length), [labels(8)], batch)


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert"])
def test_biases_are_all_but_those_that_softmax_does_not_see(surrogate: Surrogate, kind: str) -> None:
    method, encoder = brief("bitfit"), surrogate(kind)
    tunable = Tunable(encoder, "tiny")
    start, batch = method.adapt(tunable, 0), encoder.padded(encoder.tokenise(texts(6)))
    biases = {name: value for name, value in tunable.named_parameters() if name.endswith(".bias")}
    with torch.no_grad():
        before = tunable(batch)
        for name, value in biases.items():
            if ".embeddings." in name or ".pooler." in name:
                assert name not in start
                continue
            value[::2] += 0.5
            moved = float((tunable(batch) - before).abs().max())
            value[::2] -= 0.5
            assert (moved > 1e-3) == (name in start), name
            assert (moved < 1e-5) == (name not in start), name


@pytest.mark.parametrize("name", NAMES)
def test_seeds(surrogate: Surrogate, name: str) -> None:
    one, again, other = (
        [vector(result) for result in embed(brief(name, seed=seed), surrogate, [labels(), soft()])]
        for seed in (0, 0, 1)
    )
    for index in range(2):
        np.testing.assert_array_equal(one[index], again[index])
        assert cosine(one[index], other[index]) < 0.9999


@pytest.mark.parametrize("name", NAMES)
def test_an_entity_says_which_seed_and_how_long(surrogate: Surrogate, name: str) -> None:
    results = embed(brief(name, seed=5), surrogate, [labels(), soft()])
    assert [one.seeds for one in results] == [(5,), (5,)]
    assert all(one.seconds > 0 and not one.reason for one in results)


@pytest.mark.parametrize("name", PINNED)
def test_vectors_are_seen_from_the_pinned_start(surrogate: Surrogate, name: str) -> None:
    """With other seeds, too: all that they change is the order of the texts."""
    method, texts_in = brief(name), inputs(surrogate)
    moved = {key: value + np.float32(0.05) for key, value in method.pin(texts_in).items()}
    for seed in (0, 1):
        shared = method.with_seed(seed).share(texts_in, moved)
        learnt = trainer.train(training_job(shared, [labels()]))
        change = {key: value[0].numpy() - moved[key] for key, value in learnt.tuned.items()}
        results = vector(next(shared.embed_many([labels()])))
        np.testing.assert_allclose(results, method.flatten(change), atol=1e-6)
        assert np.abs(results).max() < 0.1  # six steps of about 0.01, and not the distance from another start
    still = brief(name, replace(BRIEF, epochs=0)).share(texts_in, moved)
    assert not vector(next(still.embed_many([labels()]))).any()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_pinned_is_float32_and_nothing_of_the_surrogates_weights(surrogate: Surrogate, name: str) -> None:
    pinned = brief(name).pin(inputs(surrogate))
    assert (name in OWN) == (not pinned)
    again, other = brief(name).pin(inputs(surrogate)), brief(name, seed=1).pin(inputs(surrogate))
    for key, value in pinned.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, again[key])
    drawn = any(not np.array_equal(value, other[key]) for key, value in pinned.items())
    assert drawn == (name in {"prefix", "prompt", "lora"})


@pytest.mark.parametrize("name", NAMES)
def test_another_surrogates_initialisation_is_refused(surrogate: Surrogate, name: str) -> None:
    method, texts_in = brief(name), inputs(surrogate)
    pinned = method.pin(texts_in)
    wrong = [pinned | {"other": np.zeros(3, np.float32)}]
    if pinned:
        first = min(pinned)
        wrong += [{}, pinned | {first: pinned[first][:-1]}]
    for one in wrong:
        with pytest.raises(InputError, match=f"pinned initialisation of {name} does not fit the surrogate"):
            method.share(texts_in, one)


def test_what_is_pinned_is_not_changed_by_training(surrogate: Surrogate) -> None:
    method, texts_in = brief("bitfit"), inputs(surrogate)
    pinned = method.pin(texts_in)
    kept = {key: value.copy() for key, value in pinned.items()}
    shared = method.share(texts_in, pinned)
    first, again = (vector(next(shared.embed_many([labels()]))) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    for key, value in kept.items():
        np.testing.assert_array_equal(pinned[key], value)


@pytest.mark.parametrize(("kind", "max_positions"), [("bert", 64), ("roberta", 64), ("modernbert", 64), ("t5", None)])
def test_positions_are_those_that_texts_can_use(surrogate: Surrogate, kind: str, max_positions: int | None) -> None:
    """RoBERTa's table has two more, which it never uses; T5's positions are relative."""
    assert surrogate(kind).max_positions == max_positions


def test_only_an_encoder_decoder_has_a_decoder_to_load(surrogate: Surrogate) -> None:
    assert surrogate("bert").load_writer() is None
    assert surrogate("t5").load_writer().get_decoder() is not None
