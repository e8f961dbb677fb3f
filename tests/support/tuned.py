"""Tiny random surrogates of four kinds, made on the spot, and entities that answer a few short texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.embed import METHODS, Options
from taskatlas.embed.method import EntityOutputs, Inputs, VectorResult
from taskatlas.embed.outputs import from_labels, from_numbers, from_probabilities, from_texts
from taskatlas.embed.tuned import readout, trainer
from taskatlas.embed.tuned.method import SharedTuned, TunedMethod
from taskatlas.embed.tuned.schedule import Presets, Schedule, Tuning
from taskatlas.embed.tuned.trainer import TrainingJob, TrainingResult
from taskatlas.predict.encode import Encoder
from taskatlas.schemas.cards import Weights
from tests.support import checkpoints, random_data
from tests.support.checkpoints import BERT_WORDS

NAMES = ("prefix", "prompt", "bitfit", "lora", "fisher", "taskvector")
KINDS = ("bert", "roberta", "modernbert", "t5")
DIM = 16
Texts = Sequence[tuple[str, str | None]]
Surrogate = Callable[..., Encoder]
"""A kind of encoder → one of one's own, which may be changed."""
BRIEF = Schedule(1e-2, epochs=2, batch=8)
"""Six steps over 24 texts: enough that errors of a step add up."""
SPECIAL = {"roberta": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "t5": ["<pad>", "</s>", "<unk>"]}
"""Where they are not BERT's."""


def _config(kind: str, words: int) -> Any:
    """Two layers of two heads; weights are drawn wide, so that tokens, places and layers all show in the result."""
    from transformers import BertConfig, DistilBertConfig, ModernBertConfig, RobertaConfig, T5Config

    sizes: dict[str, Any] = {"vocab_size": words, "hidden_size": DIM, "num_hidden_layers": 2, "num_attention_heads": 2}
    wide: dict[str, Any] = {"intermediate_size": 24, "initializer_range": 0.3}
    if kind == "bert":
        return BertConfig(**sizes, **wide, max_position_embeddings=64)
    if kind == "roberta":
        return RobertaConfig(**sizes, **wide, max_position_embeddings=66, pad_token_id=1)
    if kind == "modernbert":
        # the second layer sees four tokens to each side only
        return ModernBertConfig(
            **sizes, intermediate_size=24, initializer_range=0.3, max_position_embeddings=64, local_attention=8,
            layer_types=["full_attention", "sliding_attention"], pad_token_id=0, bos_token_id=2, eos_token_id=3,
            cls_token_id=2, sep_token_id=3,
        )  # fmt: skip
    if kind == "distilbert":
        return DistilBertConfig(
            vocab_size=words, dim=DIM, n_layers=2, n_heads=2, hidden_dim=24, initializer_range=0.3,
            max_position_embeddings=64,
        )  # fmt: skip
    # d_kv × heads is not the width, as in T5's larger checkpoints
    return T5Config(
        vocab_size=words, d_model=DIM, d_kv=6, d_ff=24, num_layers=2, num_heads=2, initializer_factor=1.5,
        relative_attention_num_buckets=8, relative_attention_max_distance=16, decoder_start_token_id=0,
    )  # fmt: skip


def _tokenizer(kind: str) -> Any:
    """Words split at white space; [CLS] text [SEP] pair [SEP] and the like."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = SPECIAL.get(kind, BERT_WORDS[:5])
    vocabulary = [*special, *BERT_WORDS[5:]]
    unknown, pad = (next(word for word in special if part in word.lower()) for part in ("unk", "pad"))
    plain = Tokenizer(models.WordLevel({word: index for index, word in enumerate(vocabulary)}, unknown))
    plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    begin, end = {"roberta": ("<s> ", "</s>"), "t5": ("", "</s>")}.get(kind, ("[CLS] ", "[SEP]"))
    second = "1" if kind == "bert" else "0"
    plain.post_processor = processors.TemplateProcessing(
        single=f"{begin}$A {end}",
        pair=f"{begin}$A {end} $B:{second} {end}:{second}",
        special_tokens=[(word, vocabulary.index(word)) for word in (begin.strip(), end) if word],
    )
    names = ["input_ids", "token_type_ids", "attention_mask"] if kind == "bert" else ["input_ids", "attention_mask"]
    kind_of: Any = PreTrainedTokenizerFast
    return kind_of(
        tokenizer_object=plain, pad_token=pad, unk_token=unknown, model_max_length=64, model_input_names=names
    )


def checkpoint(kind: str, folder: Path, **fields: Any) -> Weights:
    """A random encoder of this kind in a folder of its own; `fields` are other ones of its configuration."""
    from transformers import AutoModel

    kind_of: Any = AutoModel
    words = _tokenizer(kind)
    config = _config(kind, len(words))
    config.update(fields)
    return checkpoints.save(checkpoints.drawn(kind_of.from_config, config), folder / kind, words, max_length=24)


def brief(name: str, schedule: Schedule = BRIEF, datasets: Schedule | None = None, **tuning: Any) -> TunedMethod:
    """A method that trains as briefly as this, whatever its preset says."""
    full = METHODS[name](Options(tuning=Tuning(**tuning)))
    assert isinstance(full, TunedMethod)
    presets = Presets({full.tuning.preset: schedule}, {full.tuning.preset: datasets or schedule})
    kind: type[TunedMethod] = type(f"Brief{name}", (type(full),), {"presets": presets})
    return kind(full.tuning)


def texts(n: int = 24, seed: int = 0) -> Texts:
    """Random texts of one to nine words; every fifth has a second text."""
    rng = np.random.default_rng(seed)
    drawn = [" ".join(rng.choice(BERT_WORDS[5:], size=rng.integers(1, 10))) for _ in range(n)]
    return [(text, "the dog was good" if index % 5 == 4 else None) for index, text in enumerate(drawn)]


def inputs(load: Callable[[], Encoder], own_texts: Texts | None = None, name: str = "tiny") -> Inputs:
    """Texts for a method that trains, which never asks for the encoded layers."""

    def encode() -> np.ndarray:
        raise AssertionError("methods that train read the texts themselves")

    return Inputs(texts() if own_texts is None else own_texts, encode, load, name)


def labels(n: int = 24, classes: int = 3, seed: int = 0, *, is_dataset: bool = False) -> EntityOutputs:
    """An entity that gives classes at random."""
    names = [f"c{index}" for index in range(classes)]
    drawn = np.random.default_rng(seed).integers(0, classes, n)
    drawn[:2] = 0, 1  # never the same everywhere
    outputs = from_labels([names[index] for index in drawn], names)
    return EntityOutputs(outputs, random_data.vectors(classes, DIM, seed=100 + seed), is_dataset)


def soft(n: int = 24, classes: int = 3, seed: int = 0) -> EntityOutputs:
    """An entity that gives probabilities."""
    drawn = np.random.default_rng(seed).dirichlet(np.ones(classes), n)
    outputs = from_probabilities(drawn, [f"c{index}" for index in range(classes)])
    return EntityOutputs(outputs, random_data.vectors(classes, DIM, seed=100 + seed))


def numbers(n: int = 24, seed: int = 0) -> EntityOutputs:
    """An entity that gives numbers."""
    return EntityOutputs(from_numbers(np.random.default_rng(seed).normal(size=n)), random_data.vectors(2, DIM, seed=7))


def free(n: int = 24, seed: int = 0) -> EntityOutputs:
    """An entity that writes freely: as many output texts as texts, nearly."""
    outputs = from_texts([f"{word} {seed}" for word in np.random.default_rng(seed).choice(BERT_WORDS, n)])
    return EntityOutputs(outputs, random_data.vectors(len(outputs.texts), DIM, seed=100 + seed))


def embed(method: TunedMethod, load: Callable[[], Encoder], entities: Sequence[EntityOutputs],
          own_texts: Texts | None = None) -> list[VectorResult]:  # fmt: skip
    """The vectors of entities in a new space."""
    own_inputs = inputs(load, own_texts)
    return list(method.share(own_inputs, method.pin(own_inputs)).embed_many(entities))


def vector(result: VectorResult) -> np.ndarray:
    """An entity's vector, which there has to be."""
    assert result.vector is not None, result.reason
    return result.vector


def training_job(shared: SharedTuned, entities: Sequence[EntityOutputs], schedule: Schedule = BRIEF) -> TrainingJob:
    """What `shared` would let these entities learn."""
    pairs = [(entity.outputs, entity.vectors) for entity in entities]
    stacked = readout.stack_outputs(pairs, shared.tunable.device, shared.tunable.tokenise)
    method = shared.method
    return TrainingJob(
        shared.tunable, shared.start, shared.texts, stacked, method.reading, schedule, method.tuning.seed
    )


def watched(monkeypatch: pytest.MonkeyPatch) -> list[TrainingJob]:
    """The lessons that are trained from now on."""
    jobs: list[TrainingJob] = []
    train = trainer.train

    def watch(job: TrainingJob) -> TrainingResult:
        jobs.append(job)
        return train(job)

    monkeypatch.setattr(trainer, "train", watch)
    return jobs


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """In double precision, as we look at its last digits."""
    return random_data.cosine(a.astype(np.float64), b.astype(np.float64))
