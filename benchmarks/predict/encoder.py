"""python -m benchmarks.predict.encoder [ROUNDS]: how fast texts are encoded, against sentence-transformers where it is
installed; what many prompts of one encoder cost; and how near it comes to what the matrix units can do.

Of taskatlas it takes `predict`, `store.parts`, which keeps features, and through benchmarks.report the intervals of
`analyze.metrics`; so a GPU machine needs torch, transformers and the small packages that `import taskatlas` wants, but
no Prefect, DuckDB, Iceberg or Great Expectations. Results go to results/predict_encoder_<device>.*.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch

from benchmarks.methods import surrogate
from benchmarks.report import Section, shown, write
from taskatlas.predict.device import fast_bfloat16
from taskatlas.predict.encode import Encoder, Floats, last_layer
from taskatlas.predict.kinds.encoder import ZeroShot
from taskatlas.predict.manner import Manner
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.onnx.export import graph_of
from taskatlas.predict.onnx.kept import held, layer_weights
from taskatlas.predict.onnx.session import Session
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.models import EncoderModel
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import Parts

TEXTS = {"cpu": 200, "cuda": 8_000}
SHORT_WORDS = 20
PROMPTS = (1, 8, 64)
BASE = {"hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3_072}
BASE_TEXTS, BASE_TOKENS = {"cpu": 24, "cuda": 4_096}, 128
SIDE = {"cpu": 2_048, "cuda": 8_192}
"""Of the square matrices whose product is timed."""
PRECISIONS = ("float32", "bfloat16")
AGAINST = (
    "Seconds (mean of the rounds) for all texts, tokenising included; how many times as fast as sentence-transformers' "
    "`encode` in float32 with its own batch size, ratio of the same round with 90% interval; the smallest cosine with "
    "its vectors. Goals: 1.6 times as fast in float32 on processors, and never slower elsewhere; 2.5 times in bfloat16."
)
MANY = (
    "Seconds (mean) of `ZeroShot.answer` with nothing encoded before, and over the time for one prompt plus that for "
    "the other prompts' answer texts alone, ratio of the same round with 90% interval. Prompts share a template and "
    "have three answers each. Goal: at most 1.10."
)
EXPORT = (
    "Seconds: of exporting the encoder, once for a project; of loading the export, once for a process; and of the "
    "texts that it is held to torch by, with the largest difference of features. An export pays back from as many "
    "products (tokens times weights of layers) on as torch does in the time of the export over the share of time that "
    "is saved."
)
PEAK = (
    "10¹² floating-point operations per second. Product: two square matrices of {side:,}, the best of the rounds. "
    "Encoder: BERT of base size with random weights, texts of {tokens} tokens, tokenising and pooling of all layers "
    "included; its operations are those of its matrix products."
)


@dataclass(frozen=True)
class Setting:
    """What all timings have in common."""

    device: str
    rounds: int
    scratch: Path

    def rows(self, ways: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, list[float]], dict[str, Any]]:
        """Seconds of each way in every round, each round in another order, after one that does not count; and what
        they found."""
        results = {name: work() for name, work in ways.items()}
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for round_number in range(self.rounds):
            names = list(ways) if round_number % 2 else list(reversed(ways))
            for name in names:
                self.wait()
                began = perf_counter()
                ways[name]()
                self.wait()
                seconds[name].append(perf_counter() - began)
        return seconds, results

    def wait(self) -> None:
        """Until the device has done what it was told."""
        if self.device == "cuda":
            torch.cuda.synchronize()


def peer(folder: Path, precision: str, device: str) -> Callable[[Sequence[str]], Floats]:
    """sentence-transformers' mean-pooled encoder on the same weights."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    read = Transformer(str(folder), max_seq_length=128, model_kwargs={"dtype": getattr(torch, precision)})
    model = SentenceTransformer(modules=[read, Pooling(read.get_embedding_dimension())], device=device)
    return lambda texts: np.asarray(model.encode(list(texts), normalize_embeddings=True), np.float32)


def against(
    setting: Setting, folder: Path, weights: Weights, texts: Mapping[str, list[str]], graph: bytes | None
) -> tuple[list[tuple[str, ...]], dict[str, Any]]:
    """Rows and figures of ours, as an exported graph, too, and where it is installed of the peer."""
    ours = {precision: Encoder(weights, setting.scratch, setting.device, Manner(precision)) for precision in PRECISIONS}
    if graph:
        ours["float32 in onnxruntime"] = Encoder(weights, setting.scratch, setting.device)
        ours["float32 in onnxruntime"].session = Session(graph, "benchmark")
    theirs = {}
    if find_spec("sentence_transformers"):
        theirs = {precision: peer(folder, precision, setting.device) for precision in PRECISIONS}
    rows, figures = [], {}
    for kind, each in texts.items():
        ways: dict[str, Callable[[], Floats]] = {
            **{f"sentence-transformers, {name}": lambda run=run, each=each: run(each) for name, run in theirs.items()},
            **{f"taskatlas, {name}": lambda one=one, each=each: last_layer(one.encode([(text, None) for text in each]))
               for name, one in ours.items()},
        }  # fmt: skip
        seconds, results = setting.rows(ways)
        first = next(iter(ways))
        for name, times in seconds.items():
            ratios = [peer / mine for peer, mine in zip(seconds[first], times, strict=True)]
            cosine = float((results[name] * results[first]).sum(axis=1).min())
            rows.append((kind, name, f"{np.mean(times):.2f}", shown(ratios), f"{cosine:.6f}"))
            figures[f"{kind}, {name}"] = {"seconds": times, "cosine": cosine}
    return rows, figures


def exported(
    setting: Setting, weights: Weights, texts: list[str]
) -> tuple[bytes | None, list[tuple[str, ...]], dict[str, float]]:
    """The encoder as a graph, with rows and figures of how it came about; none on accelerators or without the extra."""
    if setting.device != "cpu" or not find_spec("onnxruntime"):
        return None, [], {}
    encoder = Encoder(weights, setting.scratch, setting.device)
    began = perf_counter()
    graph = graph_of(encoder)
    exporting = perf_counter() - began
    began = perf_counter()
    session = Session(graph, "benchmark")
    loading = perf_counter() - began
    verdict = held(encoder, session, [(text, None) for text in texts])
    if verdict.seconds is None or verdict.torch_seconds is None or verdict.difference is None:
        raise SystemExit(f"the export is not used: {verdict.refusal}")
    tokens = sum(len(each["input_ids"]) for each in encoder.tokenise([(text, None) for text in texts]))
    began = perf_counter()
    encoder.encode([(text, None) for text in texts])
    rate = tokens * layer_weights(encoder) / (perf_counter() - began)
    saved = 1 - verdict.seconds / verdict.torch_seconds
    rows = [
        ("export", f"{exporting:.1f}", ""),
        ("load", f"{loading:.2f}", ""),
        ("texts in torch", f"{verdict.torch_seconds:.2f}", ""),
        ("texts in onnxruntime", f"{verdict.seconds:.2f}", f"{verdict.difference:.1e}"),
        ("products from which on an export pays back", f"{exporting * rate / saved:.1e}", ""),
        ("products from which on loading pays back", f"{loading * rate / saved:.1e}", ""),
    ]
    figures = {"export": exporting, "load": loading, "difference": verdict.difference, "products_per_second": rate}
    return graph, rows, {**figures, "share_saved": saved, "bytes": len(graph)}


def prompted(count: int) -> list[PromptCard]:
    """So many prompts with one template and answers of their own."""
    return [
        PromptCard(
            name=f"p{number}", description="d", template="Somebody wrote: {{ text }}",
            choices={label: f"{label} as number {number} has it" for label in ("bad", "good", "neither")},
        )
        for number in range(count)
    ]  # fmt: skip


def many(setting: Setting, weights: Weights, texts: list[str]) -> tuple[list[tuple[str, ...]], dict[str, Any]]:
    """Rows and figures of P prompts over the texts."""
    card = EncoderModel(kind="encoder", name="e", description="d", weights=weights)
    corpus = [Example(str(number), text) for number, text in enumerate(texts)]
    prompts = prompted(max(PROMPTS))

    def answer(cards: list[PromptCard], examples: list[Example]) -> None:
        with tempfile.TemporaryDirectory() as empty:
            ZeroShot(card, ModelContext(setting.scratch, Parts(Path(empty)), setting.device)).answer(cards, examples)

    ways = {f"{count}": lambda count=count: answer(prompts[:count], corpus) for count in PROMPTS}
    alone = {f"answers of {count}": lambda count=count: answer(prompts[1:count], []) for count in PROMPTS[1:]}
    seconds, _ = setting.rows(ways | alone)
    rows = []
    for count in PROMPTS:
        answers = seconds.get(f"answers of {count}", [0.0] * setting.rounds)
        shares = [
            each / (one + more) for each, one, more in zip(seconds[f"{count}"], seconds["1"], answers, strict=True)
        ]
        rows.append((f"{count}", f"{np.mean(seconds[f'{count}']):.2f}", f"{np.mean(answers):.2f}", shown(shares)))
    return rows, seconds


def peak(setting: Setting) -> tuple[list[tuple[str, ...]], dict[str, Any]]:
    """Rows and figures of a matrix product and of an encoder of base size, in either precision."""
    weights = surrogate.random_weights(setting.scratch / "base", num_attention_heads=12, **BASE)
    count, side = BASE_TEXTS[setting.device], SIDE[setting.device]
    words = np.random.default_rng(0).integers(0, 30_000, (count, BASE_TOKENS - 2))
    texts = [(" ".join(f"w{word}" for word in row), None) for row in words]
    rows, figures = [], {}
    for precision in PRECISIONS:
        encoder = Encoder(weights, setting.scratch, setting.device, Manner(precision))
        matrix = torch.randn(side, side, device=setting.device, dtype=getattr(torch, precision))
        seconds, _ = setting.rows(
            {"product": lambda matrix=matrix: matrix @ matrix, "encoder": lambda e=encoder: e.encode(texts)}
        )
        rates = {
            "product": 2 * side**3 / min(seconds["product"]) / 1e12,
            "encoder": count * operations(BASE_TOKENS) / min(seconds["encoder"]) / 1e12,
        }
        share = rates["encoder"] / rates["product"]
        rows.append((precision, f"{rates['product']:.2f}", f"{rates['encoder']:.2f}", f"{share:.0%}"))
        figures[precision] = rates | {"seconds": seconds}
    return rows, figures


def operations(tokens: int) -> float:
    """Of the matrix products of one text of so many tokens in an encoder of base size."""
    width, layers, inner = BASE["hidden_size"], BASE["num_hidden_layers"], BASE["intermediate_size"]
    return 2.0 * tokens * layers * (4 * width**2 + 2 * width * inner + 2 * tokens * width)


def main() -> None:
    """Run, print and write the results."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rounds = int(next(islice(sys.argv, 1, None), "7"))
    pairs, kind = surrogate.texts(TEXTS[device])
    mixed = [text for text, _ in pairs]
    texts = {"short": [" ".join(text.split()[:SHORT_WORDS]) for text in mixed], "as they are": mixed}
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(device, rounds, Path(folder))
        folder_of, weights, named = surrogate.folder(setting.scratch)
        graph, exports, export_figures = exported(setting, weights, texts["as they are"])
        peers, peer_figures = against(setting, folder_of, weights, texts, graph)
        prompts, prompt_figures = many(setting, weights, texts["short"])
        rates, rate_figures = peak(setting)
    on = torch.cuda.get_device_name() if device == "cuda" else f"the processor, {torch.get_num_threads()} threads"
    fast = "is" if fast_bfloat16(device) else "is not"
    summary = (
        f"{len(mixed):,} {kind}, as they are or their first {SHORT_WORDS} words, {named}, on {on}; {rounds} rounds, "
        f"taken in turns. bfloat16 {fast} what `precision: auto` takes on this machine."
    )
    load = f"Load average at the end: {os.getloadavg()[0]:.1f}."
    columns = ("texts", "way", "seconds", "times as fast", "least cosine")
    peak_text = PEAK.format(side=SIDE[device], tokens=BASE_TOKENS)
    sections = [
        Section("Against sentence-transformers", AGAINST, columns, peers, [load]),
        Section("Exports", EXPORT, ("step", "seconds", "difference"), exports),
        Section("Many prompts", MANY, ("prompts", "seconds", "answer texts alone", "over their sum"), prompts),
        Section("Matrix units", peak_text, ("precision", "product", "encoder", "share"), rates),
    ]
    figures = {"against": peer_figures, "export": export_figures, "prompts": prompt_figures, "peak": rate_figures}
    write(f"predict_encoder_{device}", summary, sections, figures)


if __name__ == "__main__":
    main()
