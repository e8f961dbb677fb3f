"""python -m benchmarks.predict.choices: likelihoods of answers, against a plain transformers loop over choices, and
against lm-evaluation-harness where it is installed (`pip install -c constraints.txt lm-eval==0.4.13`).

The model is random, since only time and sameness of scores are looked at: a Llama of 8 layers, 384 wide, with the words
of all-MiniLM-L6-v2's tokenizer; texts are ag_news test texts of the taskbank.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.bank import load
from benchmarks.features import Features
from benchmarks.report import Section, write
from taskatlas.hashing import file_sha256
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.weights import locate
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.language import CausalModel

TEXTS, ROUNDS, BATCH = 32, 2, 16
SHOWN = (
    "Here is a short piece of news from an agency. Read it with care, and say which desk it belongs to.\n"
    "News: {}\nThe desks are world, sports, business and science. Desk:"
)
ANSWERS = {
    "one word": (" world", " sports", " business", " science"),
    "a sentence": (
        " it is for the desk of world politics", " it is for the desk of sports and games",
        " it is for the desk of business and money", " it is for the desk of science and machines",
    ),
}  # fmt: skip
Floats = npt.NDArray[np.float64]
SUMMARY = (
    f"{TEXTS} texts of the taskbank's ag_news in one template, four answers each, on a random Llama (8 layers, 384 "
    f"wide, float32). The fastest of {ROUNDS} rounds, taken in turns. Peers: transformers' model called once per text "
    f"and answer, alone or in batches of {BATCH} padded to the longest, as a pipeline does it; and "
    f"lm-evaluation-harness's HFLM.loglikelihood on the same model and the same items, in batches of {BATCH}."
)
DEFINITION = (
    "Seconds for all texts, tokenising included; how many times as fast as the peer of one at a time; the largest "
    "difference of a log-likelihood from it; and the share of texts whose likeliest answer is its."
)


def drawn_model(folder: Path) -> CausalModel:
    """The model's card; its weights are drawn into the folder."""
    from tokenizers.processors import TemplateProcessing
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    theirs = AutoTokenizer.from_pretrained(locate(Features().card.weights, folder)).backend_tokenizer
    begin = theirs.token_to_id("[CLS]")  # begins a text, as a causal model's does; nothing ends one
    theirs.post_processor = TemplateProcessing(single="[CLS] $A", pair=None, special_tokens=[("[CLS]", begin)])
    special = {"bos_token": "[CLS]", "eos_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    words = PreTrainedTokenizerFast(tokenizer_object=theirs, **special)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=384, num_hidden_layers=8, num_attention_heads=12, intermediate_size=1_024,
        max_position_embeddings=512, initializer_range=0.05,
    )  # fmt: skip
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder / "model")
    words.save_pretrained(folder / "model")
    sha256 = file_sha256(folder / "model" / "model.safetensors")
    weights = Weights(source="model", revision="1", sha256=sha256, max_length=512)
    return CausalModel(kind="causal", name="llama", description="random", weights=weights)


def ours(loaded: TransformersLanguageModel, texts: Sequence[str], answers: Sequence[str]) -> Floats:
    """Taskatlas' way, tokenising included: [n, answers]."""
    return np.stack(loaded.likelihoods(*loaded.tokenise(texts, answers)))


def plain(loaded: TransformersLanguageModel, texts: Sequence[str], answers: Sequence[str], batch: int) -> Floats:
    """The usual loop over answers, with whole sequences."""
    pairs = [(text, answer) for answer in answers for text in texts]
    likelihoods: list[float] = []
    with torch.inference_mode():
        for start in range(0, len(pairs), batch):
            likelihoods += _whole(loaded, pairs[start : start + batch])
    return np.array(likelihoods).reshape(len(answers), len(texts)).T


def _whole(loaded: TransformersLanguageModel, pairs: Sequence[tuple[str, str]]) -> list[float]:
    before = [len(loaded.tokenizer(text)["input_ids"]) for text, _ in pairs]
    rows = [loaded.tokenizer(text + answer)["input_ids"] for text, answer in pairs]
    given = loaded.batch(rows)
    likely = torch.log_softmax(loaded.model(**given).logits[:, :-1].float(), dim=-1)
    each = likely.gather(2, given["input_ids"][:, 1:, None]).squeeze(2)
    return [
        float(each[index, n - 1 : len(row) - 1].sum()) for index, (n, row) in enumerate(zip(before, rows, strict=True))
    ]


def harness(loaded: TransformersLanguageModel) -> Callable[[Sequence[str], Sequence[str]], Floats]:
    """lm-evaluation-harness's way, on the same model and tokenizer."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    theirs = HFLM(
        pretrained=loaded.model, tokenizer=loaded.tokenizer, backend="causal", batch_size=BATCH, max_length=512
    )

    def work(texts: Sequence[str], answers: Sequence[str]) -> Floats:
        instances = [Instance("loglikelihood", {}, (text, answer), 0) for text in texts for answer in answers]
        likelihoods = [likely for likely, _ in theirs.loglikelihood(instances, disable_tqdm=True)]
        return np.array(likelihoods).reshape(len(texts), len(answers))

    return work


def timed(work: Callable[[], Floats]) -> tuple[float, Floats]:
    """Seconds, and what came out."""
    began = perf_counter()
    likelihoods = work()
    return perf_counter() - began, likelihoods


def main() -> None:
    """Run, print and write results/predict_choices.*."""
    texts = [SHOWN.format(text) for text, _ in load()["ag_news"].test.texts[:TEXTS]]
    rows: list[tuple[str, ...]] = []
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        loaded = TransformersLanguageModel(drawn_model(Path(folder)), Path(folder), "cpu")
        peer = harness(loaded) if find_spec("lm_eval") else None
        for kind, answers in ANSWERS.items():
            ways: dict[str, Callable[[], Floats]] = {
                "one at a time": lambda answers=answers: plain(loaded, texts, answers, 1),
                f"batches of {BATCH}": lambda answers=answers: plain(loaded, texts, answers, BATCH),
                "taskatlas": lambda answers=answers: ours(loaded, texts, answers),
            }
            if peer:
                ways["lm-evaluation-harness"] = lambda answers=answers: peer(texts, answers)
            best: dict[str, tuple[float, Floats]] = {}
            for _ in range(ROUNDS):
                for name, work in ways.items():
                    now = timed(work)
                    best[name] = min(best.get(name, now), now, key=lambda one: one[0])
            usual, expected = best["one at a time"]
            for name, (seconds, likelihoods) in best.items():
                off = float(np.abs(likelihoods - expected).max())
                same = float((likelihoods.argmax(axis=1) == expected.argmax(axis=1)).mean())
                rows.append((kind, name, f"{seconds:.2f}", f"{usual / seconds:.1f}", f"{off:.0e}", f"{same:.0%}"))
                figures[f"{kind}, {name}"] = {"seconds": seconds, "difference": off, "same choice": same}
    columns = ("answers", "way", "seconds", "times", "difference", "same choice")
    write("predict_choices", SUMMARY, [Section("Choices", DEFINITION, columns, rows)], figures)


if __name__ == "__main__":
    main()
