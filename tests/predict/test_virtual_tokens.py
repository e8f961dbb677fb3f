"""Adapters of virtual tokens, and others on classifiers and encoders, answer as PEFT has them answer."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch
import transformers
from torch.nn import functional

from taskatlas.errors import ModelError
from taskatlas.hashing import file_sha256
from taskatlas.predict.encode import Encoder
from taskatlas.predict.features import encoder_key
from taskatlas.predict.identity import model_id
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.manner import PLAIN, Manner, manner_of
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.language import CausalModel, Seq2SeqModel
from taskatlas.schemas.models import ClassifierModel, EncoderModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, predict

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
VIRTUAL: dict[str, Any] = {
    "prompt": peft.PromptTuningConfig(num_virtual_tokens=3),
    "p": peft.PromptEncoderConfig(num_virtual_tokens=3, encoder_hidden_size=8),
    "prefix": peft.PrefixTuningConfig(num_virtual_tokens=3),
}
HEADS = {"bert": "query", "llama": "q_proj"}
TEXTS = ["the dog sat", "a cat", "the film was very bad .", "it was good", "good", "was it good ?"]
LONG = "the dog sat on the mat and the cat was good , so it was "


def tuned(base: Path, task: str, config: Any, **arguments: Any) -> tuple[Weights, Any]:
    """An adapter with random numbers beside its base, and the model that PEFT makes of both."""
    auto = getattr(transformers, f"AutoModel{task}")
    task_types = {"ForCausalLM": "CAUSAL_LM", "ForSequenceClassification": "SEQ_CLS", "": "FEATURE_EXTRACTION"}
    config = dataclasses.replace(config, task_type=task_types[task])
    torch.manual_seed(0)
    made: Any = peft.get_peft_model(auto.from_pretrained(base, **arguments), config)
    for name, value in made.named_parameters():
        if value.requires_grad and "modules_to_save" not in name:
            torch.nn.init.normal_(value, std=0.7)
    folder = base.parent / "tuned"
    made.save_pretrained(folder)
    weights = Weights(source="tuned", revision="1", sha256=file_sha256(folder / "adapter_model.safetensors"))
    return weights, made.eval()


def scored(theirs: Any, model: TransformersLanguageModel, text: str, answer: str) -> float:
    """The log-likelihood of an answer, by PEFT, of one text alone."""
    before, whole = (torch.tensor([model.tokens([each])[0]]) for each in (text, text + answer))
    with torch.no_grad():
        logits = theirs(input_ids=whole, attention_mask=torch.ones_like(whole)).logits[0, -whole.shape[1] :]
    likely = functional.log_softmax(logits, dim=-1)
    return sum(float(likely[at - 1, whole[0, at]]) for at in range(before.shape[1], whole.shape[1]))


@pytest.mark.parametrize("kind", VIRTUAL)
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_language_model_is_as_sure_of_answers_as_in_peft(tmp_path: Path, kind: str, family: str):
    weights = checkpoints.causal(tmp_path / "base", family)
    adapter, theirs = tuned(tmp_path / "base", "ForCausalLM", VIRTUAL[kind])
    card = CausalModel(kind="causal", name="lm", description="d", weights=weights, adapter=adapter)
    model = TransformersLanguageModel(card, tmp_path, "cpu")
    texts, answers = [*TEXTS, *(LONG + text for text in TEXTS)], [" good", " very bad"]
    ours = model.likelihoods(*model.tokenise(texts, answers))
    expected = [[scored(theirs, model, text, answer) for answer in answers] for text in texts]
    np.testing.assert_allclose(np.stack(ours), expected, atol=1e-4)
    plain = TransformersLanguageModel(card.model_copy(update={"adapter": None}), tmp_path, "cpu")
    before = plain.likelihoods(*plain.tokenise(texts, answers))
    assert np.abs(np.stack(before) - ours).max() > 0.1
    assert model_id(card) != model_id(plain.card)


@pytest.mark.filterwarnings("ignore:Position ids are not supported")  # of a text alone they are as they would be
@pytest.mark.parametrize("kind", VIRTUAL)
def test_it_writes_as_in_peft_whatever_else_is_written(tmp_path: Path, kind: str):
    weights = checkpoints.causal(tmp_path / "base")
    adapter, theirs = tuned(tmp_path / "base", "ForCausalLM", VIRTUAL[kind])
    card = CausalModel(
        kind="causal", name="lm", description="d", weights=weights, adapter=adapter, mode="generate", max_tokens=4
    )
    model = TransformersLanguageModel(card, tmp_path, "cpu")
    alone = []
    for text in TEXTS:
        tokens = torch.tensor([model.tokens([text])[0]])
        with torch.no_grad():
            new = theirs.generate(
                input_ids=tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=4, do_sample=False
            )
        alone.append(model.tokenizer.decode(new[0, tokens.shape[1] :], skip_special_tokens=True).strip())
    assert model.generate(TEXTS) == alone
    assert len(set(alone)) > 1


@pytest.mark.parametrize("kind", [*VIRTUAL, "lora"])
@pytest.mark.parametrize("family", HEADS)
def test_a_classifier_takes_an_adapter_with_its_own_head(tmp_path: Path, kind: str, family: str):
    base = tmp_path / "base"
    weights = checkpoints.bert("BertModel", base) if family == "bert" else checkpoints.causal(base)
    lora = peft.LoraConfig(r=2, target_modules=[HEADS[family]])
    adapter, theirs = tuned(
        base, "ForSequenceClassification", lora if kind == "lora" else VIRTUAL[kind], num_labels=3, pad_token_id=0
    )
    labels = ("bad", "middling", "good")
    card = ClassifierModel(
        kind="classifier", name="c", description="d", weights=weights, labels=labels, adapter=adapter
    )
    table = predict(card, [None], examples(TEXTS), tmp_path, Parts(tmp_path / "parts"))["c"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    with torch.no_grad():
        expected = [theirs(**tokenizer(text, return_tensors="pt")).logits.softmax(dim=-1)[0].numpy() for text in TEXTS]
    np.testing.assert_allclose(table["probabilities"].to_pylist(), expected, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 0.01
    assert model_id(card) != model_id(card.model_copy(update={"adapter": None}))


@pytest.mark.parametrize("kind", [*VIRTUAL, "lora"])
def test_an_encoder_pools_the_texts_own_tokens(tmp_path: Path, kind: str):
    weights = checkpoints.bert("BertModel", tmp_path / "base")
    config = peft.LoraConfig(r=2, target_modules=["query"]) if kind == "lora" else VIRTUAL[kind]
    adapter, theirs = tuned(tmp_path / "base", "", config)
    manner = Manner(adapter=adapter)
    ours = Encoder(weights, tmp_path, "cpu", manner).encode([(text, None) for text in TEXTS])
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "base")
    for text, found in zip(TEXTS, ours, strict=True):
        tokens = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            states = theirs(**tokens, output_hidden_states=True).hidden_states
        length = tokens["input_ids"].shape[1]
        np.testing.assert_allclose(found, [state[0, -length:].mean(dim=0).numpy() for state in states], atol=1e-5)
    assert encoder_key(weights, manner) != encoder_key(weights, PLAIN)
    card = EncoderModel(kind="encoder", name="e", description="d", weights=weights, adapter=adapter)
    assert manner_of(card, "cpu").adapter == adapter
    assert model_id(card) != model_id(card.model_copy(update={"adapter": None}))


def test_what_does_not_fit_is_told(tmp_path: Path):
    weights = checkpoints.bert("BertModel", tmp_path / "base")
    adapter, _ = tuned(tmp_path / "base", "", VIRTUAL["prompt"])
    too_long = weights.model_copy(update={"max_length": 62})
    with pytest.raises(ModelError, match=r"3 virtual tokens and max_length 62 are more than its 64 positions.*61"):
        Encoder(too_long, tmp_path, "cpu", Manner(adapter=adapter))
    Encoder(too_long.model_copy(update={"max_length": 61}), tmp_path, "cpu", Manner(adapter=adapter))
    with pytest.raises(ModelError, match="adapter: it is of virtual tokens, which neither prepending nor"):
        Encoder(weights, tmp_path, "cpu", Manner(adapter=adapter, attention="bidirectional"))
    (tmp_path / "tuned" / "adapter_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="adapter: cannot be loaded"):
        Encoder(weights, tmp_path, "cpu", Manner(adapter=adapter))


def test_an_encoder_decoder_takes_none(tmp_path: Path):
    weights = checkpoints.seq2seq(tmp_path / "base")
    config = peft.PromptTuningConfig(num_virtual_tokens=3, task_type="SEQ_2_SEQ_LM")
    auto: Any = transformers.AutoModelForSeq2SeqLM
    peft.get_peft_model(auto.from_pretrained(tmp_path / "base"), config).save_pretrained(tmp_path / "tuned")
    sha256 = file_sha256(tmp_path / "tuned" / "adapter_model.safetensors")
    adapter = Weights(source="tuned", revision="1", sha256=sha256)
    card = Seq2SeqModel(kind="seq2seq", name="lm", description="d", weights=weights, adapter=adapter)
    with pytest.raises(ModelError, match=r"it is of virtual tokens\. Use one that changes weights, or a causal"):
        TransformersLanguageModel(card, tmp_path)
