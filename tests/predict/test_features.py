from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.hashing import text_id
from taskatlas.predict import features as module
from taskatlas.predict.encode import Encoder
from taskatlas.predict.features import features_for
from taskatlas.predict.model import Example


def _examples(*texts: str | tuple[str, str]) -> list[Example]:
    pairs = [(text, None) if isinstance(text, str) else text for text in texts]
    return [Example(text_id(*pair), *pair) for pair in pairs]


@pytest.fixture
def encoded(monkeypatch):
    """The texts that were really encoded, in order."""
    seen: list[str] = []
    before = Encoder.timed

    def spy(self, texts, **options):
        seen.extend(text for text, _ in texts)
        return before(self, texts, **options)

    monkeypatch.setattr(Encoder, "timed", spy)
    return seen


def test_nothing_is_encoded_twice(tmp_path, tiny, parts, encoded):
    weights = tiny()
    first = features_for(weights, _examples("a dog", "a cat"), parts, tmp_path, "cpu")
    again = features_for(weights, _examples("the mat", "a cat", "a dog", "a cat"), parts, tmp_path, "cpu")
    assert sorted(encoded) == ["a cat", "a dog", "the mat"]
    assert first.shape == (2, 3, 8)
    assert again.shape == (4, 3, 8)
    np.testing.assert_array_equal(again[[2, 1]], first)
    np.testing.assert_array_equal(again[1], again[3])
    assert not np.allclose(again[0], again[1])


def test_a_reader_keeps_nothing(tmp_path, tiny, parts, encoded):
    weights, texts = tiny(), _examples("a dog", "a cat")
    known = features_for(weights, texts[:1], parts, tmp_path, "cpu")
    before = sorted(parts.root.rglob("*"))
    features = features_for(weights, texts, parts, tmp_path, "cpu", keep=False)
    assert encoded == ["a dog", "a cat"]
    assert sorted(parts.root.rglob("*")) == before
    np.testing.assert_array_equal(features[:1], known)


def test_a_pair_is_not_its_first_text(tmp_path, tiny, parts):
    one, two = features_for(tiny(), _examples("a dog", ("a dog", "a cat")), parts, tmp_path, "cpu")
    assert not np.allclose(one, two)


def test_the_last_layer_alone(tmp_path, tiny, parts, encoded):
    weights = tiny()
    whole = features_for(weights, _examples("a dog"), parts, tmp_path, "cpu")
    last_layer = features_for(weights, _examples("a dog", "a cat"), parts, tmp_path, "cpu", layer=-1)
    assert last_layer.shape == (2, 1, 8)
    np.testing.assert_array_equal(last_layer[0, 0], whole[0, -1])
    assert encoded == ["a dog", "a cat"]
    features_for(weights, _examples("a cat"), parts, tmp_path, "cpu")
    assert encoded == ["a dog", "a cat", "a cat"], "all layers cannot be had from the last one"


def test_one_layer_alone(tmp_path, tiny, parts, encoded):
    weights = tiny()
    one = features_for(weights, _examples("a dog"), parts, tmp_path, "cpu", layer=1)
    assert one.shape == (1, 1, 8)
    for layer in (1, -2):
        again = features_for(weights, _examples("a dog"), parts, tmp_path, "cpu", layer=layer)
        np.testing.assert_array_equal(again, one)
    assert encoded == ["a dog"], "1 and -2 are the same of three"
    whole = features_for(weights, _examples("a dog", "a cat"), parts, tmp_path, "cpu")
    np.testing.assert_allclose(whole[:1, [1]], one, atol=1e-6)
    for layer in (0, 1, 2, -1):
        of_whole = features_for(weights, _examples("a cat"), parts, tmp_path, "cpu", layer=layer)
        np.testing.assert_array_equal(of_whole, whole[1:, [layer]])
    assert encoded == ["a dog", "a cat", "a dog"]
    files = sorted((parts.root / "features").glob("*.npz"))
    assert [file.stem.split("-")[1] for file in files] == ["all", "layer1of3"]
    assert features_for(weights, [], parts, tmp_path, "cpu", layer=1).shape == (0, 1, 8)


@pytest.mark.parametrize("whole", [True, False])
def test_a_layer_that_is_not_there(tmp_path, tiny, parts, encoded, whole):
    weights = tiny()
    if whole:
        features_for(weights, _examples("a dog"), parts, tmp_path, "cpu")
    for layer in (3, -4):
        with pytest.raises(IndexError):
            features_for(weights, _examples("a dog"), parts, tmp_path, "cpu", layer=layer)
    assert len(encoded) == whole, "that is told before anything is encoded"


def test_an_encoder_is_checked_before_it_encodes(tmp_path, tiny, parts, encoded):
    def check(encoder):
        raise ModelError(f"{encoder.layers} layers", where=str(encoder.folder))

    weights = tiny()
    for texts in ([], _examples("a dog")):
        with pytest.raises(ModelError, match="tiny: 3 layers"):
            features_for(weights, texts, parts, tmp_path, "cpu", check=check)
    assert encoded == []
    features_for(weights, _examples("a dog"), parts, tmp_path, "cpu")
    features_for(weights, _examples("a dog"), parts, tmp_path, "cpu", check=check)


def test_other_weights_or_another_cut_are_other_features(tmp_path, tiny, parts, encoded):
    weights = tiny()
    for other in (weights, weights.model_copy(update={"max_length": 9}), tiny("weights/other", seed=1)):
        features_for(other, _examples("a dog"), parts, tmp_path, "cpu")
    assert len(encoded) == 3


def test_what_is_there_needs_no_weights(tmp_path, tiny, parts):
    weights = tiny()
    features = features_for(weights, _examples("a dog"), parts, tmp_path, "cpu")
    elsewhere = weights.model_copy(update={"source": "gone"})
    np.testing.assert_array_equal(features_for(elsewhere, _examples("a dog"), parts, tmp_path, "cpu"), features)
    with pytest.raises(ModelError):
        features_for(elsewhere, _examples("a cat"), parts, tmp_path, "cpu")


def test_an_interrupted_run_resumes(tmp_path, tiny, parts, encoded, monkeypatch):
    monkeypatch.setattr(module, "_PART_TEXTS", 2)
    weights, texts = tiny(), _examples("a", "the", "dog", "cat", "sat")
    before, calls = parts.write_arrays, []

    def stops(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        before(*args)

    monkeypatch.setattr(parts, "write_arrays", stops)
    with pytest.raises(KeyboardInterrupt):
        features_for(weights, texts, parts, tmp_path, "cpu")
    features_for(weights, texts, parts, tmp_path, "cpu")
    assert len(encoded) == 2 + 2 + 3


def test_threads_do_not_encode_the_same(tmp_path, tiny, parts, encoded):
    weights, texts = tiny(), _examples("a dog", "a cat")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: features_for(weights, texts, parts, tmp_path, "cpu"), range(8)))
    assert len(encoded) == 2


def test_of_no_texts(tmp_path, tiny, parts):
    assert features_for(tiny(), [], parts, tmp_path, "cpu").shape == (0, 3, 8)
