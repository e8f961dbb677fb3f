"""Kind vllm: what goes to vLLM and what is made of its answers. The engine is a fake with real likelihoods, but in
the last test, which asks vLLM itself where it is."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from taskatlas.errors import ModelError
from taskatlas.predict.identity import model_id
from taskatlas.predict.kinds import load_model
from taskatlas.predict.language.vllm_engine import VllmEngine, likelihood_in
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.outputs import Answers
from taskatlas.predict.weights import sha256_of
from taskatlas.schemas.language import CausalModel, LanguageModel, VllmModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints, fake_vllm
from tests.support.asking import prompt

TEXTS = ["the dog sat", "a cat", "the film was very bad . " * 12, "it was good", "one two three", "good"]
ANSWERS = {"negative": "bad", "positive": "very good film", "neither": "one"}
REAL = find_spec("vllm") is not None


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> type[fake_vllm.LLM]:
    monkeypatch.setitem(sys.modules, "vllm", fake_vllm)
    monkeypatch.setattr("taskatlas.predict.language.vllm_engine.choose_device", lambda _: "cuda")
    fake_vllm.LLM.instances.clear()
    return fake_vllm.LLM


def cards(weights: Any, **fields: Any) -> tuple[CausalModel, VllmModel]:
    """The same weights as both kinds."""
    card_fields = {"name": "lm", "description": "d", "weights": weights, **fields}
    return CausalModel(kind="causal", **card_fields), VllmModel(kind="vllm", **card_fields)


def answers(card: LanguageModel, folder: Path, device: str = "cpu", **fields: Any) -> Answers:
    one_prompt = prompt(**{"template": "a review of the film : {{ text }}", "choices": ANSWERS, **fields})
    texts = [Example(str(index), text) for index, text in enumerate(TEXTS)]
    return load_model(card, ModelContext(folder, Parts(folder / "parts"), device)).answer([one_prompt], texts)[0]


@pytest.mark.parametrize(
    "fields",
    [{}, {"length": "token"}, {"length": "character", "delimiter": ""}, {"baseline": "N/A"}, {"truncate": "right"}],
    ids=str,
)
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_choices_are_those_of_kind_causal(tmp_path: Path, engine: Any, kind: str, fields: dict[str, Any]) -> None:
    here, there = (answers(card, tmp_path) for card in cards(checkpoints.causal(tmp_path / kind, kind), **fields))
    assert there.probabilities is not None
    assert here.probabilities is not None
    np.testing.assert_allclose(there.probabilities, here.probabilities, atol=1e-4)
    assert here.probabilities.std(axis=0).max() > 0.01, "texts matter"
    assert (there.label, there.counts) == (here.label, here.counts)
    assert there.counts["cut"] == 1
    assert not engine.instances[0].settings["enable_prefix_caching"]


def test_chats_are_those_of_kind_causal(tmp_path: Path, engine: Any) -> None:
    both = cards(checkpoints.causal(tmp_path / "chat", chat=True, begins=True), chat=True)
    here, there = (answers(card, tmp_path, system="you are kind") for card in both)
    assert there.probabilities is not None
    np.testing.assert_allclose(there.probabilities, here.probabilities, atol=1e-4)
    begin = engine.instances[0].tokenizer.bos_token_id
    assert all(tokens[0] != begin for tokens in engine.instances[0].requests[: len(ANSWERS)]), (
        "the template has said it all"
    )


def test_what_is_written_is_that_of_kind_causal(tmp_path: Path, engine: Any) -> None:
    both = cards(checkpoints.causal(tmp_path / "llama"), mode="generate", max_tokens=6, stop=("a", "the"))
    here, there = (answers(card, tmp_path) for card in both)
    assert there == here
    assert len(set(here.output)) > 1
    assert engine.instances[0].settings["enable_prefix_caching"]


def test_after_nothing_it_writes_as_kind_causal(tmp_path: Path, engine: Any) -> None:
    both = cards(checkpoints.causal(tmp_path / "llama"), mode="generate", max_tokens=6, stop=())
    here, there = (answers(card, tmp_path, template="{{ text_pair }}") for card in both)
    assert there == here
    assert {*map(tuple, engine.instances[0].requests)} == {(engine.instances[0].tokenizer.bos_token_id,)}


def test_vllm_is_told_all_that_a_checkpoint_could_say(tmp_path: Path, engine: Any) -> None:
    _, card = cards(checkpoints.causal(tmp_path / "llama"), precision="float32")
    VllmEngine(card.model_copy(update={"tensor_parallel": 2, "gpu_memory": 0.5}), tmp_path)
    assert engine.instances[0].settings == {
        "tokenizer": str(tmp_path / "llama"), "trust_remote_code": False, "load_format": "safetensors",
        "generation_config": "vllm", "dtype": "float32", "max_model_len": 49, "seed": 0, "max_num_batched_tokens": 2048,
        "enable_prefix_caching": False, "tensor_parallel_size": 2, "gpu_memory_utilization": 0.5,
    }  # fmt: skip


def test_a_place_is_left_for_the_token_that_vllm_always_writes(tmp_path: Path, engine: Any) -> None:
    weights = checkpoints.causal(tmp_path / "llama").model_copy(update={"max_length": 64})
    here, there = (answers(card, tmp_path) for card in cards(weights))
    assert engine.instances[0].settings["max_model_len"] == 64, "as many places as the model has"
    assert there.counts == here.counts == {"cut": 1}


def test_how_it_computes_does_not_make_another_model(tmp_path: Path) -> None:
    here, there = cards(checkpoints.causal(tmp_path / "llama"))
    moved = there.model_copy(update={"tensor_parallel": 4, "gpu_memory": 0.5})
    assert model_id(moved) == model_id(there) != model_id(here)
    assert model_id(there.model_copy(update={"length": "token"})) != model_id(there)


def test_a_card_names_safetensors(tmp_path: Path) -> None:
    weights = checkpoints.causal(tmp_path / "llama").model_copy(update={"trust_pickle": True})
    with pytest.raises(ValidationError, match="trust_pickle is not for kind vllm, which reads safetensors only"):
        cards(weights)


def test_without_vllm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    _, card = cards(checkpoints.causal(tmp_path / "llama"))
    with pytest.raises(ModelError, match=r"model lm: kind vllm needs vLLM, .*Install it as docs/models\.md says"):
        answers(card, tmp_path)


def test_weights_are_verified_before_vllm_sees_them(tmp_path: Path, engine: Any) -> None:
    weights = checkpoints.causal(tmp_path / "llama").model_copy(update={"sha256": "0" * 64})
    with pytest.raises(ModelError, match="has another SHA-256"):
        answers(cards(weights)[1], tmp_path)
    assert not engine.instances


@pytest.mark.parametrize(
    ("named", "odd"),
    [
        (None, "other.safetensors is read, and not verified"),
        ("other.safetensors", "model.safetensors is not read, but verified"),
        ("model.safetensors", None),
    ],
)
def test_vllm_reads_what_was_verified_and_nothing_else(
    tmp_path: Path, engine: Any, named: str | None, odd: str | None
) -> None:
    """It reads every file of safetensors, or of them those that an index names."""
    _, card = cards(checkpoints.causal(tmp_path / "llama"))
    shutil.copy(tmp_path / "llama/model.safetensors", tmp_path / "llama/other.safetensors")
    if named:
        index = tmp_path / "llama/model.safetensors.index.json"
        index.write_text(json.dumps({"weight_map": {"lm_head.weight": named}}))
    if odd is None:
        VllmEngine(card, tmp_path)
        return
    with pytest.raises(ModelError, match=rf"llama holds several weights: {odd}\. Keep model\.safetensors, or"):
        VllmEngine(card, tmp_path)
    assert not engine.instances


def test_weights_of_vllm_in_several_files(tmp_path: Path, engine: Any) -> None:
    from transformers import AutoModelForCausalLM

    weights, auto = checkpoints.causal(tmp_path / "whole"), AutoModelForCausalLM
    shutil.copytree(tmp_path / "whole", tmp_path / "parts", ignore=shutil.ignore_patterns("*.safetensors"))
    auto.from_pretrained(tmp_path / "whole").save_pretrained(tmp_path / "parts", max_shard_size="4KB")
    files = sorted((tmp_path / "parts").glob("*.safetensors"))
    assert len(files) > 1
    _, card = cards(weights.model_copy(update={"source": "parts", "sha256": sha256_of(files)}))
    VllmEngine(card, tmp_path)
    assert len(engine.instances) == 1


def test_vllm_does_not_start_on_a_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take an accelerator all the same, which others may use."""
    monkeypatch.setitem(sys.modules, "vllm", fake_vllm)
    fake_vllm.LLM.instances.clear()
    _, card = cards(checkpoints.causal(tmp_path / "llama"))
    with pytest.raises(ModelError, match=r"model lm: kind vllm is for accelerators, and the device is cpu\. .*causal"):
        VllmEngine(card, tmp_path, "cpu")
    assert not fake_vllm.LLM.instances


def test_an_engine_that_does_not_start(tmp_path: Path, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: Any, **__: Any) -> None:
        raise RuntimeError("Engine core initialization failed\nsee above")

    monkeypatch.setattr(fake_vllm, "LLM", no)
    with pytest.raises(ModelError, match=r"model lm: does not start in vLLM \(Engine core initialization failed\)"):
        answers(cards(checkpoints.causal(tmp_path / "llama"))[1], tmp_path)


def test_the_likelihood_of_the_last_tokens() -> None:
    def logprobs(**likely: float) -> dict[int, fake_vllm.Logprob]:
        return {int(token[1:]): fake_vllm.Logprob(value, 1) for token, value in likely.items()}

    reported = [None, logprobs(t5=-1.0), logprobs(t6=-2.0, t9=-0.5), logprobs(t7=-4.0)]
    assert likelihood_in(reported, [4, 5, 6, 7], 2, "model lm") == -6.0
    for short in (None, reported[:3], [*reported[:3], None], [*reported[:3], logprobs(t8=-1.0)]):
        with pytest.raises(ModelError, match=r"model lm: vLLM told the likelihood of . of an answer's 2 tokens"):
            likelihood_in(short, [4, 5, 6, 7], 2, "model lm")


@pytest.mark.skipif(not (REAL and torch.cuda.is_available()), reason="needs vLLM and a GPU, see docs/models.md")
@pytest.mark.filterwarnings("default")
def test_vllm_itself_gives_what_transformers_gives(tmp_path: Path) -> None:
    weights = checkpoints.wide(tmp_path / "llama", hidden_size=128, initializer_range=0.1)
    here, there = (answers(card, tmp_path, "auto") for card in cards(weights, precision="float32", baseline="N/A"))
    assert there.probabilities is not None
    np.testing.assert_allclose(there.probabilities, here.probabilities, atol=5e-3)
    assert there.counts == here.counts
