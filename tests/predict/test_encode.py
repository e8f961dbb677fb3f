from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from taskatlas import progress
from taskatlas.errors import ModelError
from taskatlas.hashing import file_sha256
from taskatlas.predict.encode import Encoder, encoder_for, last_layer
from taskatlas.predict.weights import locate
from tests.support.asking import MIXED_TEXTS
from tests.support.checkpoints import MINILM


def test_is_the_mean_of_every_layer(tmp_path):
    """Against a plain forward pass, one text at a time, without padding."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = locate(MINILM, tmp_path)
    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    features = encoder_for(MINILM, tmp_path, "cpu").encode(MIXED_TEXTS)
    assert features.shape == (len(MIXED_TEXTS), 7, 384)
    assert features.dtype == np.float32
    for row, (text, pair) in enumerate(MIXED_TEXTS):
        with torch.no_grad():
            states = model(**tokenizer(text, pair, return_tensors="pt"), output_hidden_states=True).hidden_states
        expected = np.stack([state[0].mean(0).numpy() for state in states])
        np.testing.assert_allclose(features[row], expected, atol=1e-5)
    phi = last_layer(features)
    np.testing.assert_allclose(np.linalg.norm(phi, axis=1), 1, atol=1e-6)


def test_does_not_depend_on_the_batch(tmp_path):
    encoder = encoder_for(MINILM, tmp_path, "cpu")
    whole = encoder.encode(MIXED_TEXTS)
    np.testing.assert_allclose(encoder.encode(MIXED_TEXTS, batch_tokens=1), whole, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(MIXED_TEXTS[::-1], batch_tokens=64)[::-1], whole, atol=1e-5)


def test_reads_both_texts_of_a_pair(tmp_path, tiny):
    encoder = Encoder(tiny(), tmp_path, "cpu")
    both = encoder.encode([("a dog", "the cat"), ("a dog", None), ("a dog", "the mat"), ("a dog", "")])
    assert len({row.tobytes() for row in both}) == 4


def test_cuts_at_max_length(tmp_path, tiny):
    encoder = Encoder(tiny(max_length=8), tmp_path, "cpu")
    cut, longer = encoder.encode([("a the dog cat sat on", None), ("a the dog cat sat on mat mat", None)])
    np.testing.assert_allclose(cut, longer, atol=1e-6)


def test_of_no_texts(tmp_path, tiny):
    assert Encoder(tiny(), tmp_path, "cpu").encode([]).shape == (0, 3, 8)


def test_threads_share_an_encoder(tmp_path, tiny):
    weights = tiny()
    expected = Encoder(weights, tmp_path, "cpu").encode(MIXED_TEXTS)
    with ThreadPoolExecutor(4) as pool:
        features = list(pool.map(lambda _: encoder_for(weights, tmp_path, "cpu").encode(MIXED_TEXTS), range(16)))
    assert all(np.allclose(one, expected, atol=1e-5) for one in features)


def test_tells_its_progress(tmp_path, tiny):
    class Sink:
        done = 0

        def expect(self, stage, amount, unit):
            assert (stage, amount, unit) == ("encode", len(MIXED_TEXTS), "texts")

        def advance(self, stage, amount):
            self.done += amount

    sink = Sink()
    with progress.shown_by(sink):
        Encoder(tiny(), tmp_path, "cpu").encode(MIXED_TEXTS, batch_tokens=16)
    assert sink.done == len(MIXED_TEXTS)


def test_refuses_more_tokens_than_it_has_positions(tmp_path, tiny):
    with pytest.raises(ModelError, match="max_length 64 is more than the 32 tokens"):
        Encoder(tiny(max_length=64), tmp_path, "cpu")


def test_refuses_an_incomplete_file(tmp_path, tiny):
    """Transformers would fill the gap with random numbers."""
    weights = tiny()
    file = tmp_path / weights.source / "model.safetensors"
    tensors = load_file(file)
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, file, {"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks 1 tensors, first: encoder.layer.1.output.dense.weight"):
        Encoder(weights.model_copy(update={"sha256": file_sha256(file)}), tmp_path, "cpu")


def test_never_runs_code_of_the_folder(tmp_path, tiny):
    weights = tiny()
    folder = tmp_path / weights.source
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config", "AutoModel": "mine.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ModelError, match="cannot be loaded"):
        Encoder(weights, tmp_path, "cpu")
    assert not (tmp_path / "ran").exists()
