"""python -m benchmarks.methods.cost [COUNT ...]: what does a tuned vector cost, against a plain peft loop?

It imports nothing of taskatlas but `predict` and `embed`, so it runs on a GPU machine that has torch, transformers and
peft only; results go to results/methods_cost_<device>.*, or to the folder that $OUT names.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from benchmarks.methods import peer, surrogate
from benchmarks.report import Section, write
from taskatlas.embed import METHODS, Options
from taskatlas.embed.method import EntityOutputs, Inputs, unit
from taskatlas.embed.outputs import from_probabilities
from taskatlas.embed.tuned.memory import MOST
from taskatlas.embed.tuned.schedule import FUTE_SUBJECTS, Tuning
from taskatlas.predict.encode import Encoder

TEXTS, CLASSES = 1_000, 3
METHODS_TIMED = ("prefix", "bitfit", "lora")
CLOSED = {"crosscov": 300, "student": 300, "linearised": 300}
"""Methods without training, and how often each is timed."""
TUNED = (
    "Wall seconds per subject, loading and tokenising not counted, and how many times as fast as the peer. Peer: "
    "AutoModelForSequenceClassification with peft's adapter, AdamW, shuffled micro-batches of "
    f"{peer.MICRO} texts padded to the longest, gradients added up to the same batch, subject after subject."
)
FREE = "Wall time of one subject's vector (median), and the time of our prefix at the largest count over it."


@dataclass(frozen=True)
class Setting:
    """What all timings have in common."""

    texts: list[surrogate.Text]
    folder: Path
    encoder: Callable[[], Encoder]
    device: str

    def inputs(self) -> Inputs:
        """The texts, as methods see them."""
        return Inputs(self.texts, lambda: self.encoder().encode(self.texts), self.encoder, "surrogate")


def drawn_outputs(count: int, dim: int) -> list[EntityOutputs]:
    """So many subjects with random probabilities."""
    rng = np.random.default_rng(0)
    names = [f"class {number}" for number in range(CLASSES)]
    psi = unit(rng.normal(size=(CLASSES, dim)).astype(np.float32))
    return [
        EntityOutputs(from_probabilities(rng.dirichlet(np.full(CLASSES, 0.5), TEXTS), names), psi) for _ in range(count)
    ]


def tuned(setting: Setting, counts: list[int]) -> Iterator[tuple[str, float, dict[int, float]]]:
    """Seconds per subject of the peer and of ours by count, method by method."""
    dim = setting.encoder().dim
    for name in METHODS_TIMED:
        method = METHODS[name](Options(tuning=Tuning("fute", "class_head")))
        subject = drawn_outputs(1, dim)[0]
        plain = peer.seconds(
            name, setting.folder, setting.texts, subject.outputs.weights, FUTE_SUBJECTS, setting.device
        )
        ours = {}
        for count in counts:
            shared = method.share(setting.inputs(), method.pin(setting.inputs()))
            entities = drawn_outputs(count, dim)
            _wait(setting.device)
            began = perf_counter()
            results = list(shared.embed_many(entities))
            _wait(setting.device)
            ours[count] = (perf_counter() - began) / count
            assert all(one.vector is not None for one in results), "every subject got a vector"
            print(f"{name}, {count} at once: {ours[count]:.2f} s each, peer {plain:.2f} s", flush=True)
        yield name, plain, ours


def free(setting: Setting) -> Iterator[tuple[str, float]]:
    """Seconds of one subject's vector, by methods without training."""
    inputs = setting.inputs()
    features = inputs.encode()
    inputs = Inputs(inputs.texts, lambda: features, inputs.load, inputs.surrogate)
    for name, runs in CLOSED.items():
        method = METHODS[name](Options())
        shared = method.share(inputs, method.pin(inputs))
        seconds = [result.seconds for result in shared.embed_many(drawn_outputs(1, features.shape[2]) * runs)]
        yield name, float(np.median(seconds))


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def main() -> None:
    """Run, print and write the results."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    counts = [int(count) for count in sys.argv[1:]] or ([1, 8, 64] if device == "cuda" else [1, 8])
    texts, kind = surrogate.texts(TEXTS)
    with tempfile.TemporaryDirectory() as scratch:
        folder, weights, named = surrogate.folder(Path(scratch))
        setting = Setting(texts, folder, lambda: Encoder(weights, Path(scratch), device), device)
        rows = list(tuned(setting, counts))
        closed = list(free(setting))
    columns = ("method", "peer", *(f"ours, {count} at once" for count in counts))
    table = [
        (name, f"{plain:.2f} s", *(f"{ours[count]:.2f} s ({plain / ours[count]:.1f}×)" for count in counts))
        for name, plain, ours in rows
    ]
    prefix = next(ours[counts[-1]] for name, _, ours in rows if name == "prefix")
    cheap = [(name, f"{1e3 * one:.3f} ms", f"{prefix / one:,.0f}×") for name, one in closed]
    on = torch.cuda.get_device_name() if device == "cuda" else "the processor"
    summary = (
        f"{TEXTS:,} {kind}, {CLASSES} classes with random probabilities, {named}, on {on}. One epoch at the rate "
        f"{FUTE_SUBJECTS.rate} in batches of {FUTE_SUBJECTS.batch}, a class head. Goals: twice as fast as the peer on "
        "2 cores, 8 times on a GPU with 64 at once; crosscov 10,000 times and student 1,000 times as fast as prefix."
    )
    most = f"At most {MOST[device]} are trained at once on this device; more follow in groups of as many."
    load = f"Load average at the end: {os.getloadavg()[0]:.1f}."
    sections = [
        Section("Against a plain loop", TUNED, columns, table, [most, load]),
        Section("Without training", FREE, ("method", "time", "prefix takes"), cheap),
    ]
    figures = {name: {"peer": plain, "ours": ours} for name, plain, ours in rows} | {"closed": dict(closed)}
    write(f"methods_cost_{device}", summary, sections, figures)


if __name__ == "__main__":
    main()
